"""The judge of schedules of task graphs: plain Python that shares no code with the kernel, the environment or a solver.

A schedule has one row for each task, in any order, and four integer columns:

* `task`, `pe`: which task runs where, both counted from 0;
* `start`, `end`: when, in us; end = start + true duration.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

from envs.core.schedules import ScheduleError, whole_rows

if TYPE_CHECKING:
    from envs.soc.instance import SocInstance

COLUMNS = ("task", "pe", "start", "end")


class Row(NamedTuple):
    """One task of a schedule."""

    task: int
    pe: int
    start: int
    end: int

    def __str__(self) -> str:
        return f"task {self.task} on PE {self.pe} ({self.start} to {self.end})"


def verify(instance: SocInstance, schedule: Any) -> int | float:
    """The mean latency of a schedule, (n, 4) integers or nested lists: from a job's entry to its last task's end.

    For a single job that arrives at 0 it is the makespan. With a span, it is the time that all jobs together are inside
    until then over the number of jobs that are done by then: the mean latency of a stream that does not grow.

    Raises ScheduleError, one sentence, unless each task of the jobs that enter stands in it once, on a PE that can run
    it, for its true duration, not before its job enters nor before the data of its predecessors is there, and with the
    PE to itself. A task of duration 0 also needs a moment at which its PE is free. With a span, tasks may be missing,
    but not those before one that is there.
    """
    rows = [Row(*row) for row in whole_rows(schedule, COLUMNS)]
    found = _by_task(rows, instance)
    first = instance.job_start.tolist()
    ends = [_end(found, range(*tasks)) for tasks in pairwise(first)]
    entries = _entries(instance, ends)
    for task in range(instance.tasks):
        job = bisect_right(first, task) - 1
        if task in found:
            _check_task(found[task], instance, job, entries)
        elif job < len(entries) and not instance.span:
            raise ScheduleError(f"task {task} is not scheduled")
    _check_precedence(found, instance)
    _check_capacity(rows)
    if not instance.span:
        total = sum(_known(ends[job], 0) - entry for job, entry in enumerate(entries))
        return total if instance.jobs == 1 else total / len(entries)
    area = sum(min(_known(ends[job], instance.span), instance.span) - entry for job, entry in enumerate(entries))
    return area / max(1, sum(_known(end, instance.span + 1) <= instance.span for end in ends))


def _by_task(rows: list[Row], instance: SocInstance) -> dict[int, Row]:
    found: dict[int, Row] = {}
    for row in rows:
        if not 0 <= row.task < instance.tasks:
            raise ScheduleError(f"{row}: there is no such task, they are 0 to {instance.tasks - 1}")
        if not 0 <= row.pe < instance.pes:
            raise ScheduleError(f"{row}: there is no such PE, they are 0 to {instance.pes - 1}")
        twin = found.setdefault(row.task, row)
        if twin is not row:
            raise ScheduleError(f"{row} is also scheduled from {twin.start} to {twin.end}, but runs once")
    return found


def _check_task(row: Row, instance: SocInstance, job: int, entries: list[int]) -> None:
    duration = int(instance.true_duration[row.task, row.pe])
    if duration < 0:
        raise ScheduleError(f"{row} is on a PE that cannot run it")
    if job >= len(entries):
        raise ScheduleError(f"{row} is of job {job}, but only {len(entries)} jobs enter")
    if row.start < entries[job]:
        raise ScheduleError(f"{row} starts before its job enters at {entries[job]}")
    if row.end != row.start + duration:
        raise ScheduleError(f"{row} takes {row.end - row.start}, but its true duration there is {duration}")


def _check_precedence(found: dict[int, Row], instance: SocInstance) -> None:
    bandwidth = instance.bandwidth.tolist()
    for (source, target), volume in zip(instance.edge.tolist(), instance.volume.tolist(), strict=True):
        after, before = found.get(target), found.get(source)
        if after is None:
            continue
        if before is None:
            raise ScheduleError(f"{after} needs the data of task {source}, which is not scheduled")
        width = bandwidth[before.pe][after.pe]
        transfer = volume // width if width else 0
        if after.start < before.end + transfer:
            raise ScheduleError(f"{after} starts before the data of {before} is there, which takes {transfer}")


def _check_capacity(rows: Iterable[Row]) -> None:
    ordered = sorted(rows, key=lambda row: (row.pe, row.start, row.end))
    for before, after in pairwise(ordered):
        if before.pe == after.pe and after.start < before.end:
            raise ScheduleError(f"PE {before.pe} runs {before} and {after} at once")


def _end(found: dict[int, Row], tasks: range) -> int | None:
    """When a job is done; None where a task of it is missing."""
    ends = [found[task].end for task in tasks if task in found]
    return max(ends) if len(ends) == len(tasks) else None


def _known(end: int | None, otherwise: int) -> int:
    return otherwise if end is None else end


def _entries(instance: SocInstance, ends: list[int | None]) -> list[int]:
    """When each job enters that does: at the next arrival, before the span, that finds fewer than `queue` inside."""
    entries: list[int] = []
    for arrival in instance.arrival.tolist():
        inside = sum(_known(end, arrival + 1) > arrival for end in ends[: len(entries)])
        if (not instance.span or arrival < instance.span) and (not instance.queue or inside < instance.queue):
            entries.append(arrival)
    return entries
