"""What all solvers share: a budget that is checked, a clock, OR-tools' CP-SAT on a model, and the `Solution`."""

import math
import time
from collections.abc import Callable

import numpy as np
from ortools.sat.python import cp_model

from baselines.solution import Improvement, Solution

MOST_WORKERS = 10_000
"""CP-SAT's own limit."""

Read = Callable[[Callable[[cp_model.IntVar], int]], tuple[float, np.ndarray]]
"""(the value of each variable) -> the objective and the schedule that they mean."""


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
        self.improvements: list[Improvement] = []

    def moment(self, share: float) -> float:
        """When this share of the seconds has passed, on `time.perf_counter`."""
        return self.wall + share * self.seconds

    def spent(self) -> float:
        """CPU seconds since the call began, over all threads."""
        return time.process_time() - self.cpu

    def record(self, objective: float, schedule: np.ndarray) -> None:
        """Keep a copy of a schedule that is in hand by now, with this moment, if none before was as good."""
        if not self.improvements or objective < self.improvements[-1].objective:
            self.improvements.append(Improvement(self.spent(), objective, schedule.copy()))

    def run(self, model: cp_model.CpModel, read: Read, **parameters: float) -> tuple[cp_model.CpSolver, bool]:
        """CP-SAT in the time that is left, and whether it has a solution; parameters are CP-SAT's, by name.

        What it finds on the way is read and recorded.
        """
        solver = cp_model.CpSolver()
        solver.parameters.num_workers = self.workers
        solver.parameters.random_seed = self.seed % 2**31
        solver.parameters.max_time_in_seconds = max(self.moment(1) - time.perf_counter(), 0.001)
        for name, value in parameters.items():
            setattr(solver.parameters, name, value)
        return solver, solver.solve(model, _Recorder(self, read)) in (cp_model.OPTIMAL, cp_model.FEASIBLE)

    def solution(self, objective: float, bound: float | None, schedule: np.ndarray, status: str) -> Solution:
        """What the call returns; it is "optimal" where the objective is the bound."""
        self.record(objective, schedule)
        status = "optimal" if bound == objective else status
        spent = time.perf_counter() - self.wall, self.spent()
        return Solution(objective, bound, schedule, status, *spent, tuple(self.improvements))


class _Recorder(cp_model.CpSolverSolutionCallback):
    """Records each solution of CP-SAT in the search."""

    def __init__(self, search: Search, read: Read) -> None:
        super().__init__()
        self.search, self.read = search, read

    def on_solution_callback(self) -> None:
        """CP-SAT has found a better one."""
        self.search.record(*self.read(self.value))


def check_budget(name: str, seconds: float, workers: int) -> None:
    """ValueError where a solver of that name cannot run with this."""
    if not seconds > 0 or not 1 <= workers <= MOST_WORKERS:
        most = f"1 to {MOST_WORKERS} workers"
        raise ValueError(f"{name} takes more than 0 seconds and {most}; got {seconds} and {workers}.")


def least(solver: cp_model.CpSolver) -> int:
    """The bound that it has proved of an objective in whole numbers."""
    return math.ceil(solver.best_objective_bound - 1e-6)
