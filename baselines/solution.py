"""What a solver returns."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Solution:
    """A schedule with what is known about it.

    objective: of the schedule, as `verify` computes it.
    bound: no schedule is below it; None where the solver knows none.
    schedule: the integer array that the problem's `verify` reads.
    status: "optimal" (proved), "feasible" (the time ran out) or "hint" (not even time for a solution of its own: the
        schedule is the one that the solver started from).
    wall_s, cpu_s: seconds the whole call took, modelling included; cpu_s is the sum over all threads.
    """

    objective: float
    bound: float | None
    schedule: np.ndarray
    status: str
    wall_s: float
    cpu_s: float
