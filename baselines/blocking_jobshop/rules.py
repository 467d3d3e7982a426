"""Dispatching rules of the blocking job shop: those of the job shop, each also with a cap on the jobs inside.

A rule scores each job's move to its next machine; the highest score goes first, ties go to the lowest job, and waiting
comes last. Scores are in mean durations or in operations, so that sampling from softmax(score / T) means the same on
every instance. Rules after Panwalkar and Iskander (1977), Operations Research 25(1).

Without room between machines, who lets every job in makes a jam. `capped` keeps jobs out while too many are inside:
constant work in process, Spearman, Woodruff and Hopp (1990), International Journal of Production Research 28(5).
"""

from collections.abc import Callable

import numpy as np

from envs.blocking_jobshop.env import View

Rule = Callable[[View], np.ndarray]

FAR = 1e6
"""Mean durations, or operations, by which what comes last is behind: more than any shop has."""


def by_job(scores: np.ndarray) -> np.ndarray:
    """(B, 1 + J): the scores (B, J) of the jobs' moves behind that of waiting, which comes last."""
    return np.concatenate([np.full((len(scores), 1), -FAR), scores], axis=1)


def fifo(view: View) -> np.ndarray:
    """First in, first out: the job that has been ready for longest; those outside are ready from the beginning."""
    return by_job(-view.job_ready / view.mean[:, None])


def spt(view: View) -> np.ndarray:
    """Shortest processing time."""
    return by_job(-view.of_next(view.duration) / view.mean[:, None])


def lpt(view: View) -> np.ndarray:
    """Longest processing time."""
    return by_job(view.of_next(view.duration) / view.mean[:, None])


def mwkr(view: View) -> np.ndarray:
    """Most work remaining, the operation itself included."""
    return by_job(view.of_next(view.rest) / view.mean[:, None])


def lwkr(view: View) -> np.ndarray:
    """Least work remaining."""
    return by_job(-view.of_next(view.rest) / view.mean[:, None])


def mopnr(view: View) -> np.ndarray:
    """Most operations remaining."""
    return by_job((view.job_end - view.next_operation).astype(float))


def lopnr(view: View) -> np.ndarray:
    """Least operations remaining."""
    return by_job((view.next_operation - view.job_end).astype(float))


def fdd_mwkr(view: View) -> np.ndarray:
    """Smallest ratio of flow due date (work of the job up to this operation) to work remaining.

    Sels, Gheysen and Vanhoucke (2012), International Journal of Production Research 50(15).
    """
    remaining = view.of_next(view.rest)
    due = view.job_length - remaining + view.of_next(view.duration)
    return by_job(-due / np.maximum(remaining, 1))


def longest_tail(view: View) -> np.ndarray:
    """Most work remaining after the operation."""
    return by_job((view.of_next(view.rest) - view.of_next(view.duration)) / view.mean[:, None])


def earliest_completion(view: View) -> np.ndarray:
    """The operation that would end first."""
    return by_job(-(view.earliest + view.of_next(view.duration)) / view.mean[:, None])


def capped(rule: Rule, share: float, non_delay: bool = True) -> Rule:
    """The rule without entries while so many jobs are inside, but for those on their last operation, which are in
    nobody's way: share x M, rounded, but at least one.

    non_delay: of the moves that are left, those that can start first. It needs a scheme that leaves all moves to it. By
    events it waits where only moves are left that may not be made; in the order view, who is inside is as of the moves
    so far, which are not in the order of time.
    """

    def scores(view: View) -> np.ndarray:
        """The rule, with what it must not do behind."""
        most = np.maximum(np.floor(share * view.machines + 0.5), 1)
        full = view.inside.sum(axis=1) >= most
        barred = full[:, None] & (view.inside == 0)
        legal = view.action_mask[:, 1:] == 1
        pool = legal & ~barred
        pool = np.where(pool.any(axis=1, keepdims=True), pool, legal)
        found = rule(view)
        found[:, 1:] -= 2 * FAR * barred
        if non_delay:
            first = view.earliest.min(axis=1, where=pool, initial=np.iinfo(np.int64).max)
            found[:, 1:] -= FAR * (view.earliest > first[:, None])
        return found

    scores.__doc__ = f"{(rule.__doc__ or '').splitlines()[0].rstrip('.')}; with at most {share:g} M jobs inside."
    return scores


def list_pilot(view: View) -> np.ndarray:
    """The pilot of three list rules: least makespan when one of them completes the schedule after the candidate.

    Duin and Voss (1999), Networks 34(3). It needs the option lookahead="pilot"; `envs.blocking_jobshop.pilot` has the
    rules.
    """
    return (view.bound[:, None] - view.pilot) / view.mean[:, None]


def random(view: View) -> np.ndarray:
    """All candidates alike: random play when sampled, the lowest job when greedy."""
    return by_job(np.zeros(view.job_ready.shape))


PLAIN: dict[str, Rule] = {
    "fifo": fifo,
    "spt": spt,
    "lpt": lpt,
    "mwkr": mwkr,
    "lwkr": lwkr,
    "mopnr": mopnr,
    "lopnr": lopnr,
    "fdd_mwkr": fdd_mwkr,
}
CAPS = {**dict.fromkeys(PLAIN, 0.6), "mwkr": 0.5, "mopnr": 0.5}
"""Of the capped rules, as a share of the machines: the best on validation instances, by `caps.py` beside this."""

RULES: dict[str, Rule] = {
    **PLAIN,
    **{f"{name}_cap": capped(rule, CAPS[name]) for name, rule in PLAIN.items()},
    "tail": capped(longest_tail, 0.6),
    "completion": capped(earliest_completion, 0.7, non_delay=False),
    "list_pilot": list_pilot,
    "random": random,
}
"""The list rules of the pilots are `tail`, `spt` and `completion`."""

DEFAULTS = {"scheme": "non_delay", "lookahead": "none"}
"""Options under which the rules are quoted in the literature."""

TEMPERATURES = {
    **{name: 3.0 for name in RULES if name != "random"},
    **dict.fromkeys(("fifo", "lpt", "mopnr", "fdd_mwkr", "fifo_cap"), 1.0),
    **dict.fromkeys(("spt_cap", "completion"), 0.3),
    "list_pilot": 0.1,
}
"""Of samples, the best on validation instances: results/blocking_jobshop/temperatures.md."""

NEEDS = {
    **{f"{name}_cap": {"view": "events", "scheme": "all"} for name in PLAIN},
    "tail": {"scheme": "all"},
    "completion": {"scheme": "all"},
    "list_pilot": {"lookahead": "pilot"},
}
"""Options without which a rule means nothing."""
