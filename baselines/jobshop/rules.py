"""Dispatching rules of the job shop, after the survey of Panwalkar and Iskander (1977), Operations Research 25(1).

A rule scores each job's next operation; the highest score is dispatched, ties go to the lowest job. Scores are in mean
durations or in operations, so that sampling from softmax(score / T) means the same on every instance.
"""

from collections.abc import Callable

import numpy as np

from envs.jobshop.env import View
from envs.jobshop.pilot import LINEAR


def fifo(view: View) -> np.ndarray:
    """First in, first out: the job that arrived at its machine first."""
    return -view.job_ready / view.mean[:, None]


def spt(view: View) -> np.ndarray:
    """Shortest processing time."""
    return -view.of_next(view.duration) / view.mean[:, None]


def lpt(view: View) -> np.ndarray:
    """Longest processing time."""
    return view.of_next(view.duration) / view.mean[:, None]


def mwkr(view: View) -> np.ndarray:
    """Most work remaining, the operation itself included."""
    return view.of_next(view.rest) / view.mean[:, None]


def lwkr(view: View) -> np.ndarray:
    """Least work remaining."""
    return -mwkr(view)


def mopnr(view: View) -> np.ndarray:
    """Most operations remaining."""
    return (view.job_end - view.next_operation).astype(float)


def lopnr(view: View) -> np.ndarray:
    """Least operations remaining."""
    return -mopnr(view)


def fdd_mwkr(view: View) -> np.ndarray:
    """Smallest ratio of flow due date (work of the job up to this operation) to work remaining.

    Sels, Gheysen and Vanhoucke (2012), International Journal of Production Research 50(15).
    """
    remaining = view.of_next(view.rest)
    due = view.job_length - remaining + view.of_next(view.duration)
    return -due / np.maximum(remaining, 1)


def linear(view: View) -> np.ndarray:
    """Six measures with weights that change over the schedule, learned on random shops for the scheme `active`.

    Early starts, short operations, much work remaining; a next machine that is free soon, has much left to do and few
    jobs waiting. `baselines.jobshop.linear` finds the weights.
    """
    late, early = np.array(LINEAR)
    left = np.where(view.next_operation < 0, 0, view.job_end - view.next_operation).sum(axis=1, keepdims=True)
    weights = late + left / np.maximum(view.operations, 1)[:, None] * early
    unit, duration = 1 / view.mean[:, None], view.of_next(view.duration)
    goes_on, free, load, waiting = _next_machine(view)
    measures = (
        view.earliest * unit,
        duration * unit,
        view.of_next(view.rest) * unit,
        goes_on * np.maximum(free - view.earliest - duration, 0) * unit,
        goes_on * load * view.machines[:, None] / np.maximum(view.machine_load.sum(axis=1, keepdims=True), 1),
        goes_on * waiting * view.machines[:, None] / np.maximum(view.jobs, 1)[:, None],
    )
    return np.asarray(sum(weights[:, k : k + 1] * measure for k, measure in enumerate(measures)))


def _next_machine(view: View) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """(B, J) each: whether the job goes on after its next operation; when the machine it then needs is free, the work
    that machine has left and how many jobs wait for it."""
    rows, unfinished = np.arange(len(view.mean))[:, None], view.next_operation >= 0
    waiting = np.zeros(view.machine_load.shape, np.int64)
    np.add.at(waiting, (rows, view.of_next(view.machine)), unfinished)
    goes_on = unfinished & (view.next_operation + 1 < view.job_end)
    then = np.take_along_axis(view.machine, np.where(goes_on, view.next_operation + 1, 0), axis=1)
    return goes_on, view.machine_free[rows, then], view.machine_load[rows, then], waiting[rows, then]


def linear_pilot(view: View) -> np.ndarray:
    """The pilot of the linear rule: least makespan when that rule completes the schedule after the candidate.

    Duin and Voss (1999), Networks 34(3). It needs the option lookahead="pilot".
    """
    return (view.bound[:, None] - view.pilot) / view.mean[:, None]


def random(view: View) -> np.ndarray:
    """All candidates alike: random play when sampled, the lowest job when greedy."""
    return np.zeros(view.action_mask.shape)


RULES: dict[str, Callable[[View], np.ndarray]] = {
    "fifo": fifo,
    "spt": spt,
    "lpt": lpt,
    "mwkr": mwkr,
    "lwkr": lwkr,
    "mopnr": mopnr,
    "lopnr": lopnr,
    "fdd_mwkr": fdd_mwkr,
    "linear": linear,
    "linear_pilot": linear_pilot,
    "random": random,
}

DEFAULTS = {"scheme": "non_delay"}
"""Options under which the rules are quoted in the literature."""

TEMPERATURES = {
    "fifo": 1.0,
    "spt": 0.3,
    "lpt": 3.0,
    "mwkr": 1.0,
    "lwkr": 3.0,
    "mopnr": 0.3,
    "lopnr": 3.0,
    "fdd_mwkr": 0.1,
    "linear": 0.1,
    "linear_pilot": 0.05,
}
"""Of samples, the best on validation instances: results/jobshop/temperatures.md and, of linear_pilot, choices.md."""

NEEDS = {"linear_pilot": {"lookahead": "pilot"}}
"""Options without which a rule means nothing."""
