"""DS3Gym's simulator in miniature: a loop over every microsecond, in plain Python, for streams without noise.

At each tick, tasks end, then jobs arrive (one that finds the queue full is lost), then every ready task gets a PE, then
PEs start. As in gym_ds3/envs/core/{job_generator,DASH_Sim_core,processing_element}.py.
"""

from collections.abc import Callable
from statistics import fmean

from baselines.soc.ranks import Plan
from envs.soc.instance import SocInstance

Assign = Callable[["Ticks"], list[tuple[int, int]]]
"""The PE of each ready task, in the order in which they join the PEs' queues."""


class Ticks:
    """One stream, from its first tick to its span."""

    def __init__(self, instance: SocInstance, assign: Assign, in_order: bool) -> None:
        """in_order: a PE starts the first task of its queue; False, as DS3Gym: the first whose data is there."""
        self.instance, self.assign, self.in_order = instance, assign, in_order
        self.plan = Plan(instance)
        self.now = 0
        self.ready: list[int] = []
        self.placed: dict[int, int] = {}  # task to PE
        self.ended: dict[int, int] = {}  # task to time
        self.available = [0] * instance.pes  # when what was assigned is expected to end
        self.running: dict[int, tuple[int, int, int]] = {}  # PE to (task, start, end)
        self.waiting: list[int] = []  # placed, not yet started, in order
        self.entries: list[int] = []  # of the jobs that entered
        self.latencies: list[int] = []  # of those that are done
        self.rows: list[tuple[int, int, int, int]] = []

    def run(self) -> "Ticks":
        """Play up to the span."""
        arrivals = self.instance.arrival.tolist()
        while self.now < self.instance.span:
            for pe in [pe for pe, (_, _, end) in self.running.items() if end <= self.now]:
                self._end(pe)
            while arrivals and arrivals[0] <= self.now:
                arrivals.pop(0)
                if len(self.entries) - len(self.latencies) < self.instance.queue:
                    self._enter()
            if self.ready:
                for task, pe in self.assign(self):
                    self.placed[task] = pe
                    self.waiting.append(task)
                self.ready.clear()
            self._start()
            self.now += 1
        return self

    def data(self, task: int, pe: int) -> int:
        """When the data of a task whose sources have ended is on a PE."""
        times = [
            self.ended[source] + self.plan.transfer(volume, self.placed[source], pe)
            for source, volume in self.plan.sources[task]
        ]
        return max([0, *times])

    def finish(self, task: int, pe: int) -> int:
        """When it would end, by what the scheduler knows."""
        return max(self.data(task, pe), self.available[pe], self.now) + self.plan.durations[task][pe]

    def latency(self) -> float:
        """The mean over the jobs that are done."""
        return fmean(self.latencies)

    def _tasks(self, job: int) -> range:
        return range(*self.instance.job_start[job : job + 2].tolist())

    def _enter(self) -> None:
        tasks = self._tasks(len(self.entries))
        self.entries.append(self.now)
        self.ready += [task for task in tasks if not self.plan.sources[task]]

    def _end(self, pe: int) -> None:
        task, start, end = self.running.pop(pe)
        self.ended[task] = end
        self.rows.append((task, pe, start, end))
        for target, _ in self.plan.targets[task]:
            if all(source in self.ended for source, _ in self.plan.sources[target]):
                self.ready.append(target)
        job = next(job for job in range(len(self.entries)) if task in self._tasks(job))
        if all(other in self.ended for other in self._tasks(job)):
            self.latencies.append(end - self.entries[job])

    def _start(self) -> None:
        blocked: set[int] = set()
        for task in list(self.waiting):
            pe = self.placed[task]
            if pe in self.running or pe in blocked:
                continue
            if self.data(task, pe) <= self.now:
                self.running[pe] = (task, self.now, self.now + self.plan.durations[task][pe])
                self.waiting.remove(task)
            elif self.in_order:
                blocked.add(pe)


def met(ticks: Ticks) -> list[tuple[int, int]]:
    """Each task to its fastest PE."""
    return [(task, min(times, key=lambda pe: (times[pe], pe))) for task, times in _ready(ticks)]


def eft(ticks: Ticks) -> list[tuple[int, int]]:
    """Each task in turn where it ends first."""
    return [
        _assigned(ticks, task, min(times, key=lambda pe: (ticks.finish(task, pe), pe))) for task, times in _ready(ticks)
    ]


def etf(ticks: Ticks) -> list[tuple[int, int]]:
    """Always the task and PE that end first."""
    left, found = dict(_ready(ticks)), []
    while left:
        task, pe = min(
            ((task, pe) for task in left for pe in left[task]),
            key=lambda pair: (ticks.finish(*pair), ticks.ready.index(pair[0])),
        )
        del left[task]
        found.append(_assigned(ticks, task, pe))
    return found


def _ready(ticks: Ticks) -> list[tuple[int, dict[int, int]]]:
    return [(task, ticks.plan.durations[task]) for task in ticks.ready]


def _assigned(ticks: Ticks, task: int, pe: int) -> tuple[int, int]:
    ticks.available[pe] = ticks.finish(task, pe)
    return task, pe
