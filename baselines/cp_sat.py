"""What all solvers share: a budget that is checked, a clock, OR-tools' CP-SAT on a model, and the `Solution`."""

import math
import time

import numpy as np
from ortools.sat.python import cp_model

from baselines.solution import Solution

MOST_WORKERS = 10_000
"""CP-SAT's own limit."""


class Search:
    """One call of a solver, from when it is made on.

    With one worker CP-SAT repeats itself for the same seed, up to where the time ends it; with more it depends on the
    timing of the threads.
    """

    def __init__(self, name: str, seconds: float, workers: int = 1, seed: int = 0) -> None:
        """seconds: of wall time for the whole call. ValueError, which names the solver, for a budget of nothing."""
        check_budget(name, seconds, workers)
        self.seconds, self.workers, self.seed = seconds, workers, seed
        self.wall, self.cpu = time.perf_counter(), time.process_time()

    def moment(self, share: float) -> float:
        """When this share of the seconds has passed, on `time.perf_counter`."""
        return self.wall + share * self.seconds

    def run(self, model: cp_model.CpModel, **parameters: int) -> tuple[cp_model.CpSolver, bool]:
        """CP-SAT in the time that is left, and whether it has a solution; parameters are CP-SAT's, by name."""
        solver = cp_model.CpSolver()
        solver.parameters.num_workers = self.workers
        solver.parameters.random_seed = self.seed % 2**31
        solver.parameters.max_time_in_seconds = max(self.moment(1) - time.perf_counter(), 0.001)
        for name, value in parameters.items():
            setattr(solver.parameters, name, value)
        return solver, solver.solve(model) in (cp_model.OPTIMAL, cp_model.FEASIBLE)

    def solution(self, objective: float, bound: float | None, schedule: np.ndarray, status: str) -> Solution:
        """What the call returns; it is "optimal" where the objective is the bound."""
        status = "optimal" if bound == objective else status
        wall_s, cpu_s = time.perf_counter() - self.wall, time.process_time() - self.cpu
        return Solution(objective, bound, schedule, status, wall_s, cpu_s)


def check_budget(name: str, seconds: float, workers: int) -> None:
    """ValueError where a solver of that name cannot run with this."""
    if not seconds > 0 or not 1 <= workers <= MOST_WORKERS:
        most = f"1 to {MOST_WORKERS} workers"
        raise ValueError(f"{name} takes more than 0 seconds and {most}; got {seconds} and {workers}.")


def least(solver: cp_model.CpSolver) -> int:
    """The bound that it has proved of an objective in whole numbers."""
    return math.ceil(solver.best_objective_bound - 1e-6)
