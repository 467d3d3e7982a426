"""Solvers of task graphs: the list schedulers as solvers, CP-SAT, and the local search of `search`.

All but the search are clairvoyant: they know every arrival and every true duration, so on streams they bound what can
be reached.
"""

import math
from collections.abc import Callable
from functools import partial
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from ortools.sat.python import cp_model

from baselines.cp_sat import Search, least
from baselines.soc.lists import LISTS
from baselines.soc.ranks import Plan
from baselines.soc.search import local_search, moves_per_second, warm_up
from baselines.solution import Improver, Solution
from envs.soc.instance import SocInstance
from envs.soc.verify import verify


def list_schedule(instance: SocInstance, seconds: float = 0, workers: int = 1, seed: int = 0, *, name: str) -> Solution:
    """One of `LISTS`; it takes the time that it takes, and knows no luck."""
    del seconds, workers, seed
    _check_no_span(instance)
    search = Search(name, math.inf)
    schedule = LISTS[name](instance)
    return search.solution(verify(instance, schedule), None, schedule, "feasible")


def cp_sat(
    instance: SocInstance, seconds: float, workers: int = 1, seed: int = 0, hint: np.ndarray | None = None
) -> Solution:
    """Minimise the mean latency (of a single graph: the makespan) with OR-tools' CP-SAT.

    Each task has an optional interval on each of its PEs, and intervals on a PE do not overlap. It starts from the
    schedule `hint` or, without one, from the best of the list schedulers: that is its horizon, and its answer where the
    time is too short for another. See `Search` of `baselines.cp_sat`.

    Raises:
        ValueError: no time, no worker, an instance with a span, or a hint that is no schedule of the instance.
    """
    search = Search("cp_sat", seconds, workers, seed)
    _check_no_span(instance)
    schedule = _best_list(instance) if hint is None else np.asarray(hint)
    objective, bound, status = verify(instance, schedule), instance.lower_bound(), "hint"
    schedule = schedule[np.argsort(schedule[:, 0])]
    search.record(objective, schedule)
    if bound < objective:
        model = Model(instance, schedule)
        solver, found = search.run(model.model, model.read)
        bound = max(bound, mean_latency(instance, least(solver)))
        if found:
            (objective, schedule), status = model.read(solver.value), "feasible"
    return search.solution(objective, bound, schedule, status)


SOLVERS: dict[str, Callable[..., Solution]] = {
    **{name: partial(list_schedule, name=name) for name in LISTS},
    "search": local_search,
    "cp_sat": cp_sat,
}

IMPROVERS = {"search": Improver(warm_up, moves_per_second)}

CONSTRUCTIVE = tuple(LISTS)


def mean_latency(instance: SocInstance, total: int) -> int | float:
    """The mean latency of jobs whose ends sum to `total`."""
    total -= int(instance.arrival.sum())
    return total if instance.jobs == 1 else total / instance.jobs


def _check_no_span(instance: SocInstance) -> None:
    if instance.span or instance.queue:
        raise ValueError(
            "A solver plans all jobs of an instance, but this one has a span or a queue: use a rule or search."
        )


def _best_list(instance: SocInstance) -> np.ndarray:
    schedules = [plan(instance) for plan in LISTS.values()]
    return min(schedules, key=lambda schedule: verify(instance, schedule))


class Place(NamedTuple):
    """A task that could run on a PE."""

    pe: int
    here: cp_model.IntVar  # whether it does
    interval: cp_model.IntervalVar


class Model:
    """The interval model of an instance."""

    def __init__(self, instance: SocInstance, hint: np.ndarray) -> None:
        """hint: a schedule (T, 4) sorted by task: where the search starts, and the last that it needs to look at."""
        self.instance, self.plan = instance, Plan(instance)
        self.model = cp_model.CpModel()
        self.starts: list[cp_model.IntVar] = []
        self.ends: list[cp_model.IntVar] = []
        self.places: list[list[Place]] = []
        # a better schedule of the jobs together may end one of them later, but none later than all the gain allows
        latest = [int(hint[first:end, 3].max()) for first, end in self._jobs()]
        heads, tails = self._heads(), self._tails()
        gain = sum(
            end - max(map(heads.__getitem__, range(*job))) for end, job in zip(latest, self._jobs(), strict=True)
        )
        self.horizon = max(latest) + (gain if instance.jobs > 1 else 0)
        for task, (_, pe, start, _) in enumerate(hint.tolist()):
            self._task(task, heads[task], self.horizon - tails[task], pe, start)
        for source, targets in enumerate(self.plan.targets):
            for target, volume in targets:
                self._transfer(source, target, volume)
        for pe in range(instance.pes):
            self.model.add_no_overlap([place.interval for row in self.places for place in row if place.pe == pe])
        self._minimize(latest)

    def read(self, value: Callable[[Any], int]) -> tuple[float, np.ndarray]:
        """The objective and the schedule (T, 4) int64 that these values mean."""
        rows = []
        for task, (start, places) in enumerate(zip(self.starts, self.places, strict=True)):
            pe = next(place.pe for place in places if value(place.here))
            begin = value(start)
            rows.append((task, pe, begin, begin + self.plan.durations[task][pe]))
        schedule = np.array(rows, np.int64)
        return verify(self.instance, schedule), schedule

    def _jobs(self) -> list[tuple[int, int]]:
        return list(pairwise(self.instance.job_start.tolist()))

    def _heads(self) -> list[int]:
        """Of each task, a time before which it cannot end."""
        head = [0] * self.instance.tasks
        for task in self.plan.order:
            before = max((head[source] for source, _ in self.plan.sources[task]), default=self.plan.arrival[task])
            head[task] = before + min(self.plan.durations[task].values())
        return head

    def _tails(self) -> list[int]:
        """Of each task, how long at least its job goes on after it."""
        tail = [0] * self.instance.tasks
        for task in reversed(self.plan.order):
            ways = (tail[target] + min(self.plan.durations[target].values()) for target, _ in self.plan.targets[task])
            tail[task] = max(ways, default=0)
        return tail

    def _task(self, task: int, head: int, latest: int, hint_pe: int, hint_start: int) -> None:
        durations = self.plan.durations[task]
        start = self.model.new_int_var(head - min(durations.values()), latest, f"start_{task}")
        end = self.model.new_int_var(head, latest, f"end_{task}")
        places = []
        for pe, duration in durations.items():
            here = self.model.new_bool_var(f"task_{task}_on_{pe}")
            name = f"run_{task}_on_{pe}"
            places.append(Place(pe, here, self.model.new_optional_fixed_size_interval_var(start, duration, here, name)))
            self.model.add_hint(here, pe == hint_pe)
        self.model.add_exactly_one(place.here for place in places)
        self.model.add(end == start + sum(durations[place.pe] * place.here for place in places))
        self.model.add_hint(start, hint_start)
        self.starts.append(start)
        self.ends.append(end)
        self.places.append(places)

    def _transfer(self, source: int, target: int, volume: int) -> None:
        """The target starts when the data is there: after the end of the source, a time that depends on both PEs."""
        before, after = ({place.pe: place.here for place in self.places[task]} for task in (source, target))
        times = {(p, q): self.plan.transfer(volume, p, q) for p in before for q in after}
        within, between = ({time for (p, q), time in times.items() if (p == q) == same} for same in (True, False))
        gap = self.starts[target] - self.ends[source]
        if len(within | between) == 1:
            self.model.add(gap >= min(within | between))
        elif len(within) == len(between) == 1:  # one Boolean, together or apart, is the stronger model
            together = self._together(before, after)
            self.model.add(gap >= min(within)).only_enforce_if(together)
            self.model.add(gap >= min(between)).only_enforce_if(together.negated())
        else:
            for p, here in before.items():
                moved = sum(times[p, q] * there for q, there in after.items() if times[p, q])
                self.model.add(gap >= moved).only_enforce_if(here)

    def _together(self, before: dict[int, cp_model.IntVar], after: dict[int, cp_model.IntVar]) -> cp_model.IntVar:
        """Whether two tasks, which have a Boolean for each PE, are on the same PE."""
        together = self.model.new_bool_var("")
        for pe in before.keys() & after.keys():
            self.model.add_bool_or(together.negated(), before[pe].negated(), after[pe])
            self.model.add_bool_or(together.negated(), before[pe], after[pe].negated())
            self.model.add_bool_or(together, before[pe].negated(), after[pe].negated())
        for one, other in ((before, after), (after, before)):
            for pe in one.keys() - other.keys():
                self.model.add_implication(one[pe], together.negated())
        return together

    def _minimize(self, latest: list[int]) -> None:
        """The sum of the jobs' ends; a PE's work is a bound of a single job's."""
        objective = []
        for job, (first, end) in enumerate(self._jobs()):
            last = self.model.new_int_var(0, self.horizon, f"job_{job}")
            for task in range(first, end):
                if not self.plan.targets[task]:
                    self.model.add(last >= self.ends[task])
            self.model.add_hint(last, latest[job])
            objective.append(last)
        if len(objective) == 1:
            for pe in range(self.instance.pes):
                work = [
                    self.plan.durations[task][pe] * place.here
                    for task, row in enumerate(self.places)
                    for place in row
                    if place.pe == pe
                ]
                self.model.add(sum(work) <= objective[0])
        self.model.minimize(sum(objective))
