"""The judge of job shop schedules: plain Python that shares no code with the kernel, the environment or a solver.

A schedule has one row for each operation, in any order, and five integer columns:

* `job`, `position`: which operation, both counted from 0;
* `machine`: where it runs, counted from 0;
* `start`, `end`: when, in the instance's time units; end = start + duration.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

from envs.core.schedules import ScheduleError, whole_rows

if TYPE_CHECKING:
    from envs.jobshop.instance import JobShopInstance

COLUMNS = ("job", "position", "machine", "start", "end")


class Row(NamedTuple):
    """One operation of a schedule."""

    job: int
    position: int
    machine: int
    start: int
    end: int

    def __str__(self) -> str:
        return f"operation {self.position} of job {self.job} ({self.start} to {self.end})"


def verify(instance: JobShopInstance, schedule: Any) -> int:
    """The makespan of a schedule, (O, 5) integers or nested lists.

    Raises ScheduleError, one sentence, unless each operation stands in it once, on its machine, for its duration, not
    before 0, after its predecessor in the job, and with the machine to itself. An operation of duration 0 also needs
    a moment at which its machine is free.
    """
    rows = [Row(*row) for row in whole_rows(schedule, COLUMNS)]
    jobs = _jobs(instance)
    found = _by_operation(rows, jobs)
    for job, operations in enumerate(jobs):
        for position, (machine, duration) in enumerate(operations):
            _check_operation(found.get((job, position)), job, position, machine, duration)
    _check_precedence(
        found[job, position] for job, operations in enumerate(jobs) for position in range(len(operations))
    )
    _check_capacity(rows)
    return max(row.end for row in rows)


def _jobs(instance: JobShopInstance) -> list[list[tuple[int, int]]]:
    """The (machine, duration) of each operation of each job, read from the arrays."""
    operations = list(zip(instance.machine.tolist(), instance.duration.tolist(), strict=True))
    return [operations[first:end] for first, end in pairwise(instance.job_start.tolist())]


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
            raise ScheduleError(f"{row} is also scheduled from {twin.start} to {twin.end}, but runs once")
    return found


def _check_operation(row: Row | None, job: int, position: int, machine: int, duration: int) -> None:
    if row is None:
        raise ScheduleError(f"operation {position} of job {job} is not scheduled")
    if row.machine != machine:
        raise ScheduleError(f"{row} is on machine {row.machine}, but needs machine {machine}")
    if row.start < 0:
        raise ScheduleError(f"{row} starts before time 0")
    if row.end != row.start + duration:
        raise ScheduleError(f"{row} takes {row.end - row.start}, but its duration is {duration}")


def _check_precedence(rows: Iterable[Row]) -> None:
    """rows: job by job, in the order of the positions."""
    for before, after in pairwise(rows):
        if before.job == after.job and after.start < before.end:
            raise ScheduleError(f"{after} starts before {before} has ended")


def _check_capacity(rows: list[Row]) -> None:
    ordered = sorted(rows, key=lambda row: (row.machine, row.start, row.end))
    for before, after in pairwise(ordered):
        if before.machine == after.machine and after.start < before.end:
            raise ScheduleError(f"machine {before.machine} holds {before} and {after} at once")
