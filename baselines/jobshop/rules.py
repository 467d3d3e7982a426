"""Dispatching rules of the job shop, after the survey of Panwalkar and Iskander (1977), Operations Research 25(1).

A rule scores each job's next operation; the highest score is dispatched, ties go to the lowest job. Scores are in mean
durations or in operations, so that sampling from softmax(score / T) means the same on every instance.
"""

from collections.abc import Callable

import numpy as np

from envs.jobshop.env import View


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
    "random": random,
}

DEFAULTS = {"scheme": "non_delay"}
"""Options under which the rules are quoted in the literature."""
