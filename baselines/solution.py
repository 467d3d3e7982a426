"""What a solver returns, and what is known of one that improves schedules."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np


class Improvement(NamedTuple):
    """A schedule that was better than all before it."""

    cpu_s: float
    """CPU seconds, over all threads, from the begin of the call until it was in hand."""
    objective: float
    schedule: np.ndarray


@dataclass(frozen=True)
class Solution:
    """A schedule with what is known about it.

    objective: of the schedule, as `verify` computes it.
    bound: no schedule is below it; None where the solver knows none.
    schedule: the integer array that the problem's `verify` reads.
    status: "optimal" (proved), "feasible" (the time ran out) or "hint" (not even time for a solution of its own: the
        schedule is the one that the solver started from).
    wall_s, cpu_s: seconds the whole call took, modelling included; cpu_s is the sum over all threads.
    improvements: what was in hand when, each better than the one before; the last is the schedule.
    """

    objective: float
    bound: float | None
    schedule: np.ndarray
    status: str
    wall_s: float
    cpu_s: float
    improvements: tuple[Improvement, ...] = ()


class Improver(NamedTuple):
    """What is known of a solver that goes on from any schedule, beside how it solves."""

    warm_up: Callable[[], object]
    """Compile it, or load it, so that this is not timed."""
    moves_per_second: Callable[[Any, float, bool], float]
    """(instance, CPU seconds, anew) -> moves that it judges per CPU second; `anew`: each by the objective that it leads
    to, computed from nothing."""
