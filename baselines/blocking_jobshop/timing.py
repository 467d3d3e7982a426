"""When operations start whose order on each machine is given, and what failures on the calendar do to them.

Everything that moves a start only makes it later, so that the earliest starts of an order are found by raising those
that are too early until none is: a cycle of jobs that swap machines ends up at one moment.
"""

from bisect import bisect_left, bisect_right
from collections import deque
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from envs.blocking_jobshop.instance import BlockingJobShopInstance


class Down(NamedTuple):
    """A machine's down time, [start, end)."""

    start: int
    end: int


class Calendar:
    """When each machine is down, and what that means for who is there: see `envs.blocking_jobshop.verify`."""

    def __init__(self, downs: Sequence[Sequence[Down]], resume: bool) -> None:
        """downs: of each machine, in their order."""
        self.downs, self.resume = downs, resume
        self._starts = [[down.start for down in of_machine] for of_machine in downs]

    @classmethod
    def of(cls, instance: BlockingJobShopInstance) -> "Calendar":
        """The failures of an instance whose machines fail on the calendar."""
        pairs = zip(instance.failure_start.tolist(), instance.failure_length.tolist(), strict=True)
        downs = [Down(start, start + length) for start, length in pairs]
        first = instance.failure_first.tolist()
        return cls([downs[a:b] for a, b in pairwise(first)], bool(instance.resume))

    def enter(self, machine: int, time: int) -> int:
        """The first moment from `time` on at which an operation may start on the machine."""
        before = bisect_right(self._starts[machine], time) - 1
        return max(time, self.downs[machine][before].end) if before >= 0 else time

    def leave(self, machine: int, time: int) -> int:
        """The first moment from `time` on at which a job may leave the machine."""
        before = bisect_left(self._starts[machine], time) - 1
        return max(time, self.downs[machine][before].end) if before >= 0 else time

    def end(self, machine: int, start: int, duration: int) -> int:
        """When the processing ends that begins at `start`."""
        time, left, downs = start, duration, self.downs[machine]
        for k in range(bisect_right(self._starts[machine], start), len(downs)):
            if downs[k].start >= time + left:
                break
            left = time + left - downs[k].start if self.resume else duration
            time = downs[k].end
        return time + left


class Shop:
    """The numbers of an instance as Python lists; operations are counted through all jobs."""

    def __init__(self, instance: BlockingJobShopInstance) -> None:
        self.duration: list[int] = instance.duration.tolist()
        self.machine: list[int] = instance.machine.tolist()
        self.first: list[int] = instance.job_start[:-1].tolist()
        self.last: list[int] = (instance.job_start[1:] - 1).tolist()
        self.job: list[int] = np.repeat(np.arange(instance.jobs), np.diff(instance.job_start)).tolist()
        self.position: list[int] = [o - self.first[job] for o, job in enumerate(self.job)]
        self.is_last: list[bool] = [o == self.last[job] for o, job in enumerate(self.job)]
        self.on_machine: list[list[int]] = [[] for _ in range(instance.machines)]
        for operation, machine in enumerate(self.machine):
            self.on_machine[machine].append(operation)

    def rows(self, calendar: Calendar, starts: Sequence[int]) -> np.ndarray:
        """(O, 6) the schedule with these starts."""
        ends = [calendar.end(self.machine[o], start, self.duration[o]) for o, start in enumerate(starts)]
        leaves = [end if self.is_last[o] else starts[o + 1] for o, end in enumerate(ends)]
        return np.array([self.job, self.position, self.machine, starts, ends, leaves], np.int64).T.copy()


def earliest(
    shop: Shop, calendar: Calendar, orders: Sequence[Sequence[int]], started: Sequence[int] = (), now: int = 0
) -> list[int]:
    """(O,) the earliest starts when each machine takes its operations in the order of `orders`.

    started: (O,) when operations that cannot be changed any more began, -1 of the others, which start from `now` on.
    ValueError where some job would wait for itself for ever.
    """
    operations = range(len(shop.duration))
    starts = [began if began >= 0 else now for began in started] if started else [now] * len(operations)
    fixed = [began >= 0 for began in started] if started else [False] * len(operations)
    before, after = [-1] * len(operations), [-1] * len(operations)
    for order in orders:
        for one, other in pairwise(order):
            before[other], after[one] = one, other
    ends = [calendar.end(shop.machine[o], starts[o], shop.duration[o]) for o in operations]
    latest = max([now, *(downs[-1].end for downs in calendar.downs if downs)]) + sum(shop.duration)
    due, waiting = deque(operations), [True] * len(operations)
    while due:
        o = due.popleft()
        waiting[o] = False
        if fixed[o]:
            continue
        start = _next_start(shop, calendar, o, before[o], starts, ends)
        if start > latest:
            raise ValueError(f"operation {o} waits for itself: the machines' orders do not go together")
        if start == starts[o]:
            continue
        starts[o], ends[o] = start, calendar.end(shop.machine[o], start, shop.duration[o])
        for other in (after[o] if shop.is_last[o] else o + 1, after[o - 1] if shop.position[o] else -1):
            if other >= 0 and not waiting[other]:
                waiting[other] = True
                due.append(other)
    return starts


def _next_start(shop: Shop, calendar: Calendar, o: int, before: int, starts: Sequence[int], ends: Sequence[int]) -> int:
    """The first moment at which operation o may start, as far as its predecessors in job and machine have got."""
    first = shop.position[o] == 0
    start = starts[o] if first else max(starts[o], ends[o - 1])
    if before >= 0:
        start = max(start, ends[before] if shop.is_last[before] else starts[before + 1])
    while True:
        moment = calendar.enter(shop.machine[o], start)
        moment = moment if first else calendar.leave(shop.machine[o - 1], moment)
        if moment == start:
            return start
        start = moment
