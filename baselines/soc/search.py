"""Local search for task graphs as a solver: a single graph is planned once, a stream again whenever jobs enter.

It reads no hidden field before what it says has happened: it plans with mean durations and the jobs that are there.
`baselines.soc.walk` is how it searches.
"""

import math
from collections.abc import Iterator
from functools import cache
from itertools import groupby
from time import process_time

import numpy as np

from baselines.cp_sat import Search, check_budget
from baselines.soc.walk import end, improve, spread, walk_on
from baselines.solution import Solution
from envs.soc.instance import SocInstance
from envs.soc.verify import verify


def local_search(
    instance: SocInstance,
    seconds: float,
    workers: int = 1,
    seed: int = 0,
    *,
    start: np.ndarray | None = None,
    moves: int | None = None,
) -> Solution:
    """Search from the schedule `start` of a single graph or, without one, from HEFT's order without insertion.

    It ends after `seconds` of CPU time, all included, after so many judged `moves`, or at a makespan that is the lower
    bound; `seconds` may be infinite. Of a stream each arrival has an equal share of both, and what it leaves: what has
    not started by then is planned anew, from the plan so far. The same seed and number of moves give the same schedule.
    It runs on one thread, whatever `workers` says.

    Raises:
        ValueError: no time, no worker, less than no moves, or a start that is none of the instance, or of a stream.
    """
    check_budget("search", seconds, workers)
    if moves is not None and moves < 0:
        raise ValueError(f"search judges at least 0 moves, but got {moves}.")
    if start is not None and instance.jobs > 1:
        raise ValueError(
            f"A start is the schedule of a single graph, but this instance has {instance.jobs} jobs and is planned "
            "again whenever one enters: leave the start out."
        )
    if start is not None:
        verify(instance, start)
    warm_up()
    call = Search("search", seconds, workers, seed)
    stream = Stream(instance, seed)
    certain = instance.jobs == 1 and not instance.span and np.array_equal(instance.duration, instance.true_duration)
    bound = instance.lower_bound() if certain else 0
    least, status = bound + int(instance.arrival[0]) if certain else 0, "hint"
    for share in stream.plans(start):
        known = math.inf
        for value in improve(stream.walk, math.inf if moves is None else int(share * moves), int(least)):
            status = "feasible" if known < math.inf else status
            if value < known and certain:
                call.record(value - int(instance.arrival[0]), stream.planned())
            known = value
            if call.spent() > share * seconds:
                break
        end(stream.walk)
    schedule = call.improvements[-1].schedule if certain else stream.schedule()
    objective = call.improvements[-1].objective if certain else verify(instance, schedule)
    return call.solution(objective, bound if certain and bound == objective else None, schedule, status)


class Stream:
    """Jobs that enter, a plan of what is there, and what has come of the plans so far.

    walk: where the plan is searched for. started, ended: (T,) int64, true times of what has started, else -1.
    """

    def __init__(self, instance: SocInstance, seed: int) -> None:
        self.instance, self.walk = instance, walk_on(instance, seed)
        self.started, self.ended = np.full((2, instance.tasks), -1)
        self._by_rank = self.walk.order[np.argsort(-self.walk.rank[self.walk.order], kind="stable")]
        self._waiting = np.zeros(0, np.int64)  # tasks that have not started, in the order of the plan
        self._entered, self._now = 0, 0  # jobs; when the plan was made

    def plans(self, start: np.ndarray | None) -> Iterator[float]:
        """Each time that jobs enter, with a plan to improve: the share of all arrivals that have come by then."""
        times, come = self.instance.arrival.tolist(), 0
        for now, some in groupby(time for time in times if not self.instance.span or time < self.instance.span):
            arrivals = len(list(some))
            come += arrivals
            self._execute(now)
            while arrivals and self._room(now):
                first = self._entered
                while arrivals and self._room(now):
                    self._entered, arrivals = self._entered + 1, arrivals - 1
                self._begin(now, first, start)
                yield come / len(times)
                self._keep()
                self._execute(now)  # a job whose tasks take no time may leave room
        self._execute(math.inf)

    def planned(self) -> np.ndarray:
        """(n, 4) int64: the schedule of the plan, as it is expected."""
        order = self.walk.order[: self.walk.walk[0].count]
        pe, ends = self.walk.where[order], self.walk.end[order]
        return np.stack([order, pe, ends - self.instance.duration[order, pe], ends], axis=1)

    def schedule(self) -> np.ndarray:
        """(n, 4) int64: what has started, before the span if there is one, with true times."""
        tasks = np.flatnonzero((self.started >= 0) & (not self.instance.span or self.started < self.instance.span))
        return np.stack([tasks, self.walk.where[tasks], self.started[tasks], self.ended[tasks]], axis=1)

    def _room(self, now: int) -> bool:
        """Whether the queue lets another job in: one of which a task has not ended is inside."""
        instance = self.instance
        if not instance.queue or not self._entered:
            return True
        ended = self.ended[: instance.job_start[self._entered]]
        last = np.maximum.reduceat(np.where(ended < 0, now + 1, ended), instance.job_start[: self._entered])
        return int((last > now).sum()) < instance.queue

    def _execute(self, until: float) -> None:
        """Play the plan with true durations: what starts before then, or ends by then, has happened."""
        s, instance = self.walk, self.instance
        free = np.zeros(instance.pes, np.int64)
        np.maximum.at(free, s.where[self.ended >= 0], self.ended[self.ended >= 0])
        ends, waiting = self.ended.copy(), []
        for t in self._waiting.tolist():
            p, begin = s.where[t], max(free[s.where[t]], self._now)
            for e in range(s.first_in[t], s.first_in[t + 1]):
                u = s.source[e]
                begin = max(begin, ends[u] + s.transfer[e, s.band[s.where[u], p]])
            ends[t] = free[p] = begin + instance.true_duration[t, p]
            if begin < until or ends[t] <= until:
                self.started[t], self.ended[t] = begin, ends[t]
            else:
                waiting.append(t)
        self._waiting = np.array(waiting, np.int64)

    def _begin(self, now: int, first: int, start: np.ndarray | None) -> None:
        """Make a plan of what is known now: the last one and the new jobs from `first` on, or all tasks by rank."""
        s, w = self.walk, self.walk.walk[0]
        self._now = now
        self._look(now)
        job_start = self.instance.job_start
        fresh = self._by_rank[(self._by_rank >= job_start[first]) & (self._by_rank < job_start[self._entered])]
        kept, w.count = len(self._waiting), len(self._waiting) + len(fresh)
        s.planned[fresh] = 1
        if start is not None:
            rows = np.asarray(start, np.int64)
            depth = np.empty(len(rows), np.int64)
            depth[self._by_rank] = np.arange(len(rows))
            rows = rows[np.lexsort((depth[rows[:, 0]], rows[:, 3], rows[:, 2]))]
            s.order[: w.count], s.where[rows[:, 0]] = rows[:, 0], rows[:, 1]
            return
        s.order[: w.count] = np.concatenate([self._waiting, fresh])
        value = spread(s, kept)
        if kept:
            order, where = s.order.copy(), s.where.copy()
            s.order[: w.count] = self._by_rank[s.planned[self._by_rank] == 1]
            if spread(s, 0) >= value:
                s.order[:], s.where[:] = order, where

    def _keep(self) -> None:
        self._waiting = self.walk.order[: self.walk.walk[0].count].copy()

    def _look(self, now: int) -> None:
        """What is known and expected now: what is overdue is expected to be as late again, as in the environment."""
        s, begun = self.walk, self.started >= 0
        s.planned[begun] = 0
        running = np.flatnonzero(begun & (self.ended > now))
        due = self.started[running] + self.instance.duration[running, s.where[running]]
        s.end[begun] = self.ended[begun]
        s.end[running] = np.where(due > now, due, now + np.maximum(now - due, 1))
        s.free[:] = now
        np.maximum.at(s.free, s.where[running], s.end[running])
        s.base[:] = 0
        np.maximum.at(s.base, s.job[begun], s.end[begun])


def moves_per_second(instance: SocInstance, seconds: float, anew: bool) -> float:
    """How many moves the search judges in a CPU second: by what they change or, `anew`, by planning all tasks."""
    warm_up()
    stream = Stream(instance, 0)
    next(stream.plans(None))
    stream.walk.walk["anew"] = anew
    began = process_time()
    for _ in improve(stream.walk, math.inf, 0):
        if process_time() - began > seconds:
            break
    return stream.walk.walk[0].moves / (process_time() - began)


@cache
def warm_up() -> None:
    """Compile the search, or load it: what the first call would spend its time on."""
    stream = Stream(SocInstance.graph([[1, 2], [2, 1]], [(0, 1, 1)]), 0)
    for _ in stream.plans(None):
        for _ in improve(stream.walk, 1, 0):
            pass
        end(stream.walk)
