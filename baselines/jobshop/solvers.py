"""Solvers of the job shop: CP-SAT, and the tabu search of `baselines.jobshop.tabu`."""

from collections.abc import Callable
from functools import partial
from itertools import pairwise

import numpy as np
from ortools.sat.python import cp_model

from baselines.cp_sat import Search, least
from baselines.jobshop.rules import DEFAULTS, RULES
from baselines.jobshop.tabu import moves_per_second, tabu, warm_up
from baselines.play import finish
from baselines.solution import Improver, Solution
from envs.core.vector import DispatchVectorEnv
from envs.jobshop.env import JobShop
from envs.jobshop.instance import JobShopInstance
from envs.jobshop.verify import verify


def cp_sat(
    instance: JobShopInstance, seconds: float, workers: int = 1, seed: int = 0, hint: np.ndarray | None = None
) -> Solution:
    """Solve the job shop with OR-tools' CP-SAT: an interval for each operation, no overlap on a machine.

    It starts from the schedule `hint` or, without one, from the best schedule of the rules: that is its horizon, and
    its answer where the time is too short for another. See `Search`; its `seconds` include the rules.

    Raises:
        ValueError: no time, no worker, or a hint that is no schedule of the instance.
    """
    search = Search("cp_sat", seconds, workers, seed)
    schedule = best_rule_schedule(instance) if hint is None else hint
    makespan, bound, status = verify(instance, schedule), int(instance.lower_bound()), "hint"
    schedule = schedule[np.lexsort((schedule[:, 1], schedule[:, 0]))]
    search.record(makespan, schedule)
    if bound < makespan:
        model, starts = _model(instance, schedule[:, 3], makespan)
        alone = {"linearization_level": 0} if workers == 1 else {}  # it finds more without linear relaxations
        read = partial(_read, instance, schedule, starts)
        solver, found = search.run(model, read, **alone)
        bound = max(bound, least(solver))
        if found:
            (makespan, schedule), status = read(solver.value), "feasible"
    return search.solution(makespan, bound, schedule, status)


SOLVERS: dict[str, Callable[..., Solution]] = {"cp_sat": cp_sat, "tabu": tabu}
IMPROVERS = {"tabu": Improver(warm_up, moves_per_second)}


def best_rule_schedule(instance: JobShopInstance) -> np.ndarray:
    """The schedule (O, 5) of smallest makespan among those of all rules: one environment each, played together."""
    rows = np.arange(len(RULES))
    env = DispatchVectorEnv(JobShop(**DEFAULTS), len(rows), [instance], copy=False, autoreset=False)
    env.reset(seed=0, options={"instances": [instance], "repeat": len(rows)})
    finish(env, lambda env: np.stack([rule(env.view()) for rule in RULES.values()])[rows, rows])
    return env.schedule(int(env.objective.argmin()))


def _read(
    instance: JobShopInstance,
    schedule: np.ndarray,
    starts: list[cp_model.IntVar],
    value: Callable[[cp_model.IntVar], int],
) -> tuple[int, np.ndarray]:
    """The makespan and the schedule (O, 5) when the operations of another one, in its order, start at these values."""
    schedule = schedule.copy()
    schedule[:, 3] = [value(start) for start in starts]
    schedule[:, 4] = schedule[:, 3] + instance.duration
    return int(schedule[:, 4].max()), schedule


def _model(instance: JobShopInstance, hint: np.ndarray, horizon: int) -> tuple[cp_model.CpModel, list[cp_model.IntVar]]:
    """The interval model with the start times `hint` (O,), and the start variables, one for each operation."""
    model = cp_model.CpModel()
    makespan = model.new_int_var(0, horizon, "makespan")
    model.add_hint(makespan, horizon)
    starts: list[cp_model.IntVar] = []
    on_machine: list[list[cp_model.IntervalVar]] = [[] for _ in range(instance.machines)]
    for first, last in pairwise(instance.job_start.tolist()):
        durations = instance.duration[first:last].tolist()
        head, tail = 0, sum(durations)
        for operation, duration in enumerate(durations, start=first):
            start = model.new_int_var(head, horizon - tail, f"start_{operation}")
            if operation > first:
                model.add(start >= starts[-1] + durations[operation - first - 1])
            model.add_hint(start, int(hint[operation]))
            interval = model.new_fixed_size_interval_var(start, duration, f"operation_{operation}")
            on_machine[instance.machine[operation]].append(interval)
            starts.append(start)
            head, tail = head + duration, tail - duration
        model.add(makespan >= starts[-1] + durations[-1])
    for intervals in on_machine:
        model.add_no_overlap(intervals)
    model.minimize(makespan)
    return model, starts
