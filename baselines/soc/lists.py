"""List schedulers for task graphs: HEFT, CPOP and PEFT, with insertion.

They plan the jobs one after the other in the order of arrival, each into the gaps that the earlier ones left.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Callable, Iterable
from heapq import heappop, heappush
from itertools import pairwise

import numpy as np

from baselines.soc.ranks import Plan
from envs.soc.instance import SocInstance


class Timelines:
    """Tasks placed on PEs, each in the first gap that holds it."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.rows: dict[int, tuple[int, int, int]] = {}
        """Task to (PE, start, end)."""
        self._busy: list[list[tuple[int, int]]] = [[] for _ in range(plan.instance.pes)]

    def finish(self, task: int, pe: int) -> int:
        """When the task would end on the PE; its sources are placed."""
        return self._start(task, pe) + self.plan.durations[task][pe]

    def place(self, task: int, pe: int) -> None:
        """Put the task where `finish` says."""
        start = self._start(task, pe)
        end = start + self.plan.durations[task][pe]
        self.rows[task] = pe, start, end
        insort(self._busy[pe], (start, end))

    def schedule(self) -> np.ndarray:
        """(T, 4) int64 as `envs.soc.verify` reads it, sorted by task."""
        return np.array([(task, *self.rows[task]) for task in sorted(self.rows)], np.int64)

    def _start(self, task: int, pe: int) -> int:
        ready, duration = self._ready(task, pe), self.plan.durations[task][pe]
        for start, end in self._busy[pe]:
            if ready + duration <= start:
                break
            ready = max(ready, end)
        return ready

    def _ready(self, task: int, pe: int) -> int:
        ready = self.plan.arrival[task]
        for source, volume in self.plan.sources[task]:
            there, _, end = self.rows[source]
            ready = max(ready, end + self.plan.transfer(volume, there, pe))
        return ready


def heft(instance: SocInstance) -> np.ndarray:
    """Heterogeneous earliest finish time: by falling upward rank, each task where it ends first.

    Topcuoglu, Hariri and Wu (2002), IEEE Transactions on Parallel and Distributed Systems 13(3), figure 3.
    """
    plan = Plan(instance)
    lines = Timelines(plan)
    for tasks in _jobs(instance):
        for task in _by_rank(plan, tasks, plan.upward):
            lines.place(task, _earliest(lines, task))
    return lines.schedule()


def cpop(instance: SocInstance) -> np.ndarray:
    """Critical path on a processor: its tasks go to the PE that runs them fastest, the others where they end first.

    Topcuoglu, Hariri and Wu (2002), figure 5. A task of the path that cannot run on that PE goes where it ends first.
    """
    plan = Plan(instance)
    lines = Timelines(plan)
    for tasks in _jobs(instance):
        path = critical_path(plan, tasks)
        slow = 1 + sum(max(times.values()) for times in plan.durations)  # longer than any other way
        pe = min(range(instance.pes), key=lambda pe: sum(plan.durations[task].get(pe, slow) for task in path))
        for task in _by_rank(plan, tasks, plan.priority):
            lines.place(task, pe if task in path and pe in plan.durations[task] else _earliest(lines, task))
    return lines.schedule()


def peft(instance: SocInstance) -> np.ndarray:
    """Predict earliest finish time: by falling mean of the optimistic cost table, each task where end + table is least.

    Arabnejad and Barbosa (2014), IEEE Transactions on Parallel and Distributed Systems 25(3), algorithm 1.
    """
    plan = Plan(instance)
    lines = Timelines(plan)
    for tasks in _jobs(instance):
        for task in _by_rank(plan, tasks, plan.rank_oct):
            table = plan.optimistic[task]
            lines.place(task, min(table, key=lambda pe: (lines.finish(task, pe) * plan.scale + table[pe], pe)))
    return lines.schedule()


LISTS: dict[str, Callable[[SocInstance], np.ndarray]] = {"heft": heft, "cpop": cpop, "peft": peft}


def critical_path(plan: Plan, tasks: range) -> set[int]:
    """The longest way through the tasks of a job: from the first of the highest priority along targets of the same."""
    rank = plan.priority
    path = [max((task for task in tasks if not plan.sources[task]), key=lambda task: (rank[task], -task))]
    while plan.targets[path[-1]]:
        path.append(next(target for target, _ in plan.targets[path[-1]] if rank[target] == rank[path[-1]]))
    return set(path)


def _jobs(instance: SocInstance) -> Iterable[range]:
    return [range(first, end) for first, end in pairwise(instance.job_start.tolist())]


def _by_rank(plan: Plan, tasks: range, rank: list[int]) -> Iterable[int]:
    """Always the task of the highest rank among those whose sources have gone, the lowest index among equals."""
    missing = {task: len(plan.sources[task]) for task in tasks}
    ready = [(-rank[task], task) for task in tasks if not missing[task]]
    ready.sort()
    while ready:
        task = heappop(ready)[1]
        yield task
        for target, _ in plan.targets[task]:
            missing[target] -= 1
            if not missing[target]:
                heappush(ready, (-rank[target], target))


def _earliest(lines: Timelines, task: int) -> int:
    return min(lines.plan.durations[task], key=lambda pe: (lines.finish(task, pe), pe))
