"""The judge of single-machine schedules: plain Python that shares no code with the kernel, the environment or a solver.

A schedule has one row for each job, in any order, and three integer columns:

* `job`: counted from 0;
* `start`, `end`: when it holds the machine, in the instance's time units; end = start + processing time.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

from envs.core.schedules import ScheduleError, whole_rows

if TYPE_CHECKING:
    from envs.tardiness.instance import TardinessInstance

COLUMNS = ("job", "start", "end")


class Row(NamedTuple):
    """One job of a schedule."""

    job: int
    start: int
    end: int

    def __str__(self) -> str:
        return f"job {self.job} ({self.start} to {self.end})"


def verify(instance: TardinessInstance, schedule: Any) -> int:
    """The total weighted tardiness of a schedule, (n, 3) integers or nested lists.

    Raises ScheduleError, one sentence, unless each job stands in it once, for its processing time, not before 0, and
    with the machine to itself. The machine may idle.
    """
    rows = [Row(*row) for row in whole_rows(schedule, COLUMNS)]
    processing, due, weight = (array.tolist() for array in (instance.processing, instance.due, instance.weight))
    found = _by_job(rows, len(processing))
    for job, length in enumerate(processing):
        _check_job(found.get(job), job, length)
    for before, after in pairwise(sorted(rows, key=lambda row: (row.start, row.end))):
        if after.start < before.end:
            raise ScheduleError(f"the machine holds {before} and {after} at once")
    return sum(weight[row.job] * max(0, row.end - due[row.job]) for row in rows)


def _by_job(rows: list[Row], jobs: int) -> dict[int, Row]:
    found: dict[int, Row] = {}
    for row in rows:
        if not 0 <= row.job < jobs:
            raise ScheduleError(f"{row}: there is no such job, they are 0 to {jobs - 1}")
        twin = found.setdefault(row.job, row)
        if twin is not row:
            raise ScheduleError(f"{row} is also scheduled from {twin.start} to {twin.end}, but runs once")
    return found


def _check_job(row: Row | None, job: int, processing: int) -> None:
    if row is None:
        raise ScheduleError(f"job {job} is not scheduled")
    if row.start < 0:
        raise ScheduleError(f"{row} starts before time 0")
    if row.end != row.start + processing:
        raise ScheduleError(f"{row} takes {row.end - row.start}, but its processing time is {processing}")
