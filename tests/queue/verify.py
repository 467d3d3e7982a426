"""The judge of served queues: plain Python that shares no code with the kernel or the environment.

A schedule has one row for each job, in any order, and three integer columns: `job`, counted from 0, and `start` and
`end` of its service in us. Jobs that start together are one batch: at most `capacity`, as long as the longest takes.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

from envs.core.schedules import ScheduleError, whole_rows

if TYPE_CHECKING:
    from tests.queue.instance import QueueInstance

COLUMNS = ("job", "start", "end")


def verify(instance: QueueInstance, schedule: Any) -> int:
    """The total time of all jobs from arrival to end; ScheduleError, one sentence, where a rule is broken."""
    arrival, service = instance.arrival.tolist(), instance.service.tolist()
    batches: dict[tuple[int, int], list[int]] = {}
    for job, start, end in whole_rows(schedule, COLUMNS):
        if not 0 <= job < len(arrival):
            raise ScheduleError(f"there is no job {job}: they are 0 to {len(arrival) - 1}")
        if start < arrival[job]:
            raise ScheduleError(f"job {job} starts at {start}, but comes at {arrival[job]}")
        batches.setdefault((start, end), []).append(job)
    served = sorted(job for jobs in batches.values() for job in jobs)
    if served != list(range(len(arrival))):
        raise ScheduleError(f"each of {len(arrival)} jobs is served once, but these are served: {served}")
    for (start, end), jobs in batches.items():
        longest = max(service[job] for job in jobs)
        if end - start != longest or len(jobs) > instance.capacity:
            raise ScheduleError(
                f"jobs {jobs} are served from {start} to {end}, but at most {instance.capacity} are at once, "
                f"and the longest takes {longest}"
            )
    for (_, end), (start, _) in pairwise(sorted(batches)):
        if start < end:
            raise ScheduleError(f"a batch starts at {start}, but the one before it ends at {end}")
    return sum(end - arrival[job] for (_, end), jobs in batches.items() for job in jobs)
