"""The judge of blocking job shop schedules: plain Python that shares no code with kernel, environment or solver.

A schedule has one row for each operation, in any order, and six integer columns:

* `job`, `position`: which operation, both counted from 0;
* `machine`: where it runs, counted from 0;
* `start`: when it enters the machine, in the instance's time units;
* `end`: when its processing ends: start + duration, later by the down time in between;
* `leave`: when it leaves the machine: the start of the job's next operation, of the last one its end.

The operation occupies its machine in [start, leave). Mascis and Pacciarelli (2002), European Journal of Operational
Research 143(3), have the two rules for moves at the same moment: with swaps jobs may rotate over a cycle of machines,
without them each move has to find its machine empty.

How failures act is ours: a machine that fails at s for n units is down in [s, s + n). It processes nothing then, no
operation starts at one of these moments, and no job leaves after s and before s + n. Where machines fail only while
they are busy, s is the moment at which the machine has processed as many units as the instance says.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

from envs.core.schedules import ScheduleError, whole_rows

if TYPE_CHECKING:
    from envs.blocking_jobshop.instance import BlockingJobShopInstance

COLUMNS = ("job", "position", "machine", "start", "end", "leave")


class Row(NamedTuple):
    """One operation of a schedule."""

    job: int
    position: int
    machine: int
    start: int
    end: int
    leave: int

    def __str__(self) -> str:
        return f"operation {self.position} of job {self.job} ({self.start} to {self.leave})"


class Down(NamedTuple):
    """A machine's down time: [start, end)."""

    start: int
    end: int


def verify(instance: BlockingJobShopInstance, schedule: Any) -> int:
    """The makespan of a schedule, (O, 6) integers or nested lists.

    Raises ScheduleError, one sentence, unless each operation stands in it once, on its machine, not before 0, for its
    duration and the down time that falls into it, and until the job's next operation starts; each machine is occupied
    by one operation at a time and neither accepts nor releases a job while it is down; and without swaps, the moves of
    each moment have an order in which each enters an empty machine. An operation that takes no time also needs a moment
    at which its machine is free.
    """
    rows = [Row(*row) for row in whole_rows(schedule, COLUMNS)]
    jobs = _jobs(instance)
    found = _by_operation(rows, jobs)
    for job, operations in enumerate(jobs):
        for position, (machine, _) in enumerate(operations):
            _check_row(found.get((job, position)), job, position, machine)
        _check_job([found[job, position] for position in range(len(operations))])
    failures = _failures(instance)
    for machine, group in _by_machine(rows).items():
        _check_capacity(machine, group)
        durations = [jobs[row.job][row.position][1] for row in group]
        _check_machine(group, durations, failures[machine], bool(instance.resume), bool(instance.busy_only))
    if not instance.swap:
        _check_no_swaps(rows, [len(operations) - 1 for operations in jobs])
    return max(row.leave for row in rows)


def _jobs(instance: BlockingJobShopInstance) -> list[list[tuple[int, int]]]:
    """The (machine, duration) of each operation of each job, read from the arrays."""
    operations = list(zip(instance.machine.tolist(), instance.duration.tolist(), strict=True))
    return [operations[first:end] for first, end in pairwise(instance.job_start.tolist())]


def _failures(instance: BlockingJobShopInstance) -> list[list[tuple[int, int]]]:
    """The (start, length) of each machine's failures, in their order."""
    failures = list(zip(instance.failure_start.tolist(), instance.failure_length.tolist(), strict=True))
    return [failures[first:end] for first, end in pairwise(instance.failure_first.tolist())]


def _by_operation(rows: list[Row], jobs: list[list[tuple[int, int]]]) -> dict[tuple[int, int], Row]:
    found: dict[tuple[int, int], Row] = {}
    for row in rows:
        if not 0 <= row.job < len(jobs):
            raise ScheduleError(f"{row}: there is no such job, they are 0 to {len(jobs) - 1}")
        last = len(jobs[row.job]) - 1
        if not 0 <= row.position <= last:
            raise ScheduleError(f"{row}: there is no such operation, those of job {row.job} are 0 to {last}")
        twin = found.setdefault((row.job, row.position), row)
        if twin is not row:
            raise ScheduleError(f"{row} is also scheduled from {twin.start} to {twin.leave}, but runs once")
    return found


def _check_row(row: Row | None, job: int, position: int, machine: int) -> None:
    if row is None:
        raise ScheduleError(f"operation {position} of job {job} is not scheduled")
    if row.machine != machine:
        raise ScheduleError(f"{row} is on machine {row.machine}, but needs machine {machine}")
    if row.start < 0:
        raise ScheduleError(f"{row} starts before time 0")
    if row.leave < row.end:
        raise ScheduleError(f"{row} leaves before its processing ends at {row.end}")


def _check_job(rows: list[Row]) -> None:
    """Nobody is between two machines, and who is done leaves at once."""
    for before, after in pairwise(rows):
        if after.start != before.leave:
            raise ScheduleError(f"{before} leaves at {before.leave}, but {after} starts at {after.start}")
    last = rows[-1]
    if last.leave != last.end:
        raise ScheduleError(f"{last} is the last of its job, which leaves at its end, {last.end}")


def _by_machine(rows: Iterable[Row]) -> dict[int, list[Row]]:
    """The rows of each machine, in their order on it."""
    groups: dict[int, list[Row]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: (row.start, row.leave)):
        groups[row.machine].append(row)
    return groups


def _check_capacity(machine: int, group: list[Row]) -> None:
    for before, after in pairwise(group):
        if after.start < before.leave:
            raise ScheduleError(f"machine {machine} holds {before} and {after} at once")


def _check_machine(
    group: list[Row], durations: list[int], failures: list[tuple[int, int]], resume: bool, busy_only: bool
) -> None:
    """The rows of one machine, in their order: processed as long as they have to be, and moved while it is up."""
    downs = [] if busy_only else [Down(start, start + length) for start, length in failures]
    processed = 0
    for row, duration in zip(group, durations, strict=True):
        for down in downs:
            if down.start <= row.start < down.end:
                raise ScheduleError(f"{row} starts while machine {row.machine} is down, {down.start} to {down.end}")
        if busy_only:
            found, processed = _struck(row.start, duration, processed, failures, resume)
            downs += found
        _check_processing(row, duration, _end(row.start, duration, downs, resume))
    for row in group:
        for down in downs:
            if down.start < row.leave < down.end:
                raise ScheduleError(f"{row} leaves while machine {row.machine} is down, {down.start} to {down.end}")


def _end(start: int, duration: int, downs: list[Down], resume: bool) -> int:
    """When the processing ends that begins at `start`."""
    time, left = start, duration
    for down in downs:
        if time < down.start < time + left:
            left = time + left - down.start if resume else duration
            time = down.end
    return time + left


def _struck(
    start: int, duration: int, processed: int, failures: list[tuple[int, int]], resume: bool
) -> tuple[list[Down], int]:
    """The failures that `duration` units of processing bring about on a machine that has processed so many before, and
    how many it has processed afterwards. One that comes with the last unit comes after it."""
    time, left, downs = start, duration, []
    for count, length in failures:
        if processed < count <= processed + left:
            down = Down(time + count - processed, time + count - processed + length)
            downs.append(down)
            if count == processed + left:
                return downs, count
            left = left - (count - processed) if resume else duration
            time, processed = down.end, count
    return downs, processed + left


def _check_processing(row: Row, duration: int, end: int) -> None:
    if row.end != end:
        down = end - row.start - duration
        rule = f"its duration is {duration}" + (f" and {down} units are lost to failures" if down else "")
        raise ScheduleError(f"{row} is processed from {row.start} to {row.end}, but {rule}")


OUT = -1
"""Where jobs go that are done."""

Ways = dict[int, tuple[int, ...]]
"""Of each job that moves, the machines that it still enters at this moment."""


def _check_no_swaps(rows: list[Row], last: list[int]) -> None:
    """last: the position of each job's last operation."""
    moments: dict[int, dict[int, tuple[int, ...]]] = defaultdict(dict)
    holders: dict[int, dict[int, int]] = defaultdict(dict)
    for row in sorted(rows):
        moves, out = moments[row.start], moments[row.leave]
        moves[row.job] = (*moves.get(row.job, ()), row.machine)
        if row.position == last[row.job]:
            out[row.job] = (*out.get(row.job, ()), OUT)
        if row.start < row.leave:
            holders[row.leave][row.machine] = row.job
    for moment, ways in sorted(moments.items()):
        if not _has_order(holders[moment], ways):
            who = " and ".join(map(str, sorted(ways)))
            raise ScheduleError(f"jobs {who} move at {moment}, but in no order does each find its machine empty")


def _has_order(holders: Mapping[int, int], ways: Ways) -> bool:
    """Whether the jobs can move one at a time, each into a machine that nobody else holds.

    holders: of machines that somebody leaves at this moment, who that is.
    """
    seen: set[tuple[object, ...]] = set()
    states = [(dict(holders), ways)]
    while states:
        held, ways = states.pop()
        if not ways:
            return True
        if (key := tuple(sorted(ways.items()))) in seen:
            continue
        seen.add(key)
        entered = Counter(machine for way in ways.values() for machine in way)
        possible = [job for job, way in ways.items() if held.get(way[0], job) == job]
        # A machine that nobody else enters at this moment is in nobody's way: nothing but that move has to be tried.
        harmless = [job for job in possible if ways[job][0] == OUT or entered[ways[job][0]] == 1]
        states += [_moved(held, ways, job) for job in harmless[:1] or possible]
    return False


def _moved(holders: Mapping[int, int], ways: Ways, job: int) -> tuple[dict[int, int], Ways]:
    """The state after the first move of a job."""
    first, *rest = ways[job]
    held = {machine: holder for machine, holder in holders.items() if holder != job}
    if first != OUT:
        held[first] = job
    others = {other: way for other, way in ways.items() if other != job}
    return held, {**others, job: tuple(rest)} if rest else others
