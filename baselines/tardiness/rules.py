"""Priority rules for one machine and total tardiness; those marked (w) know weights, the others take all as equal.

A rule scores the jobs of which one is to be next; the highest score is, ties go to the earliest due date, then to the
shortest job. Scores are in mean processing times or without a unit, so that sampling from softmax(score / T) means the
same on every instance. But for `mdd_pilot` they are meant for the form `next`: see `NEEDS`.
"""

from collections.abc import Callable

import numpy as np

from envs.tardiness.env import View


def edd(view: View) -> np.ndarray:
    """Earliest due date: Jackson (1955)."""
    return -view.due / view.mean[:, None]


def spt(view: View) -> np.ndarray:
    """Shortest processing time: Smith (1956)."""
    return -view.processing / view.mean[:, None]


def mdd(view: View) -> np.ndarray:
    """Smallest modified due date: the job's due date or, if that is later, its end as the next job.

    Baker and Bertrand (1982), Journal of Operations Management 3(1).
    """
    return -np.maximum(view.due, view.time[:, None] + view.processing) / view.mean[:, None]


def psk(view: View) -> np.ndarray:
    """Panwalkar, Smith and Koulamas (1993), European Journal of Operational Research 70(3).

    Their scan of the jobs, shortest first, ends at the smallest modified due date, and at the shortest job that has it.
    """
    return mdd(view) - _share(view) / view.mean[:, None]


def wilkerson_irwin(view: View) -> np.ndarray:
    """Of two jobs the earlier due if both would end by the later due date, otherwise the shorter.

    Wilkerson and Irwin (1971), AIIE Transactions 3(3), without going back to jobs that have been placed. The job that
    loses to no other is then the one with the smallest modified due date, and the earliest due one that has it.
    """
    return mdd(view)


def atc(view: View) -> np.ndarray:
    """Apparent tardiness cost (w), the logarithm of w / p exp(-slack / (2 mean p of the jobs left)).

    Vepsalainen and Morton (1987), Management Science 33(8).
    """
    left = np.maximum(view.unscheduled.sum(axis=1), 1)
    scale = 2 * np.maximum(view.work, 1) / left
    return np.log(_density(view)) - _slack(view) / scale[:, None]


def covert(view: View) -> np.ndarray:
    """Cost over time (w): w / p max(0, 1 - slack / (2 p)). Carroll (1965), thesis, MIT."""
    twice = 2.0 * _length(view)
    urgency = np.maximum(view.weight, 1) * np.maximum(twice - _slack(view), 0) / (twice * _length(view))  # one quotient
    return urgency * view.mean[:, None]


def mddc(view: View) -> np.ndarray:
    """The MDD challenger that a language model found: Cetinkaya et al., arXiv 2510.24013, Algorithm 2."""
    time, length = view.time[:, None], _length(view)
    left = np.maximum(view.unscheduled.sum(axis=1), 1)[:, None]
    share = np.minimum(length / (time + _longest(view)), 1)
    urgency = np.maximum(1.1 * length + time, view.due) * (1 + share**2 / (1 + share**2))
    return -(urgency + length / (time + np.maximum(view.work[:, None], 1) / left)) / view.mean[:, None]


def mdd_pilot(view: View) -> np.ndarray:
    """The pilot of MDD in the form that is played: least tardiness when MDD completes the block after the candidate.

    With `lookahead` other than "pilot" nothing is completed, and all candidates are alike.
    """
    return -view.pilot / view.mean[:, None]


def random(view: View) -> np.ndarray:
    """All jobs alike: random play when sampled, the order of due dates when greedy."""
    return np.zeros(view.action_mask.shape)


def _length(view: View) -> np.ndarray:
    return np.maximum(view.processing, 1)  # of a slot without a job it may be 0


def _slack(view: View) -> np.ndarray:
    return np.maximum(view.due - view.processing - view.time[:, None], 0)


def _density(view: View) -> np.ndarray:
    """Weight for each mean processing time of work; the quotient comes first: equal ratios have the same."""
    return np.maximum(view.weight, 1) / _length(view) * view.mean[:, None]


def _longest(view: View) -> np.ndarray:
    return np.max(_length(view), axis=1, where=view.unscheduled, initial=1)[:, None]


def _share(view: View) -> np.ndarray:
    """Processing times as fractions below 1: they decide between equal whole numbers."""
    return _length(view) / (1 + _longest(view))


RULES: dict[str, Callable[[View], np.ndarray]] = {
    "edd": edd,
    "spt": spt,
    "mdd": mdd,
    "psk": psk,
    "wilkerson_irwin": wilkerson_irwin,
    "atc": atc,
    "covert": covert,
    "mddc": mddc,
    "mdd_pilot": mdd_pilot,
    "random": random,
}

DEFAULTS = {"form": "next", "dominance": False, "skip_forced": False, "lookahead": "none"}
"""Options under which the rules are quoted in the literature."""

TEMPERATURES: dict[str, float | dict[str, float]] = {
    "edd": 1.0,
    "spt": 0.3,
    "mdd": 0.1,
    "psk": 0.1,
    "wilkerson_irwin": 0.1,
    "atc": 0.1,
    "covert": 0.03,
    "mddc": 0.3,
    "mdd_pilot": {"form=next": 0.3, "form=last": 0.1, "form=position": 1.0},
}
"""Of samples, the best on validation instances: results/tardiness/temperatures.md and, of mdd_pilot, choices.md."""

NEEDS: dict[str, dict[str, str]] = {
    **{name: {"form": "next"} for name in RULES if name not in ("mdd_pilot", "random")},
    "mdd_pilot": {"lookahead": "pilot"},
}
"""Options without which the scores of a rule mean nothing."""
