"""Exact answers: the model with HiGHS, from the plan of a rule on, and what it proves."""

import time

import highspy
import numpy as np

from baselines.cp_sat import Search
from baselines.vm_rescheduling.model import Model
from baselines.vm_rescheduling.order import Ordering
from baselines.vm_rescheduling.plan import outcome, schedule_of
from envs.vm_rescheduling.instance import VMReschedulingInstance


class Answer:
    """The best plan so far; each is recorded in the search."""

    def __init__(self, instance: VMReschedulingInstance, moves: np.ndarray, search: Search) -> None:
        self.instance, self.search = instance, search
        self.moves, self.objective = moves, outcome(instance, moves)
        search.record(self.objective, schedule_of(moves))

    def offer(self, moves: np.ndarray) -> None:
        """Keep the migrations (n, 5) if they are better."""
        objective = outcome(self.instance, moves)
        if objective < self.objective:
            self.moves, self.objective = moves, objective
            self.search.record(objective, schedule_of(moves))


def run(model: Model, answer: Answer, search: Search) -> float | None:
    """HiGHS from the answer's plan on, in the time that is left; what it proves of the model's objective, or None."""
    solver, goal = highspy.Highs(), bool(model.instance.goal)
    options = {"output_flag": False, "log_to_console": False, "threads": 1, "mip_rel_gap": 0.0}
    options |= {"random_seed": search.seed % 2**31, "time_limit": max(0.001, search.moment(1) - time.perf_counter())}
    for name, value in options.items():
        solver.setOptionValue(name, value)
    solver.passModel(model.program.highs(maximise=not goal))
    start = highspy.HighsSolution()
    start.col_value = model.start(answer.moves).tolist()
    solver.setSolution(start)

    def read(values: object) -> None:
        counts = model.counts(np.array(values))
        answer.offer(Ordering(model.instance, model.classes.of, model.count, counts).run())

    solver.cbMipImprovingSolution += lambda event: read(event.data_out.mip_solution)
    solver.run()
    info = solver.getInfo()
    if info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible:
        read(solver.getSolution().col_value)
    return info.mip_dual_bound if np.isfinite(info.mip_dual_bound) else None


def proved(instance: VMReschedulingInstance, dual: float | None, objective: float) -> float | int | None:
    """The bound of the objective that a bound of the full model means; `objective` itself if it is as good as equal."""
    if dual is None:
        return None
    if instance.goal:
        return int(np.ceil(dual - 1e-6))
    free = int(instance.free()[0].sum())
    if not free:
        return 0.0
    if len(instance.slot_cores) == 1:
        size = int(instance.slot_cores[0])
        least = 1 - size * int(np.floor(dual / size + 1e-6)) / free
    else:
        least = 1 - dual / free
    return objective if abs(least - objective) < 1e-9 else least
