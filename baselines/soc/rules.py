"""Rules for task graphs on unlike processing elements: they read means and what has happened, never what will.

A rule scores each ready task on each PE; the highest score is placed, ties go to the first row: the oldest job, then
the largest upward rank. What ranks tasks and what ranks PEs are one score: a task's rank, less what the PE costs
against the best one for the task. Scores are in mean durations, so that sampling from softmax(score / T) means the same
on every instance. The row that waits has the lowest score.
"""

from collections.abc import Callable

import numpy as np

from envs.soc.env import View


def met(view: View) -> np.ndarray:
    """Minimum execution time: each task goes to the PE that runs it fastest, of equal ones to the first free.

    Braun et al. (2001), Journal of Parallel and Distributed Computing 61(6).
    """
    over = _over_best(view, view.duration + TIE * _from_now(view, view.start))
    return _scores(view, -over)


def eft(view: View) -> np.ndarray:
    """Earliest finish time: in the order of rows, each task goes where it ends first."""
    return _scores(view, -_over_best(view, view.finish))


def etf(view: View) -> np.ndarray:
    """Earliest task first: the task and PE that end first of all, as in DS3.

    Hwang et al. (1989), SIAM Journal on Computing 18(2), take the earliest start.
    """
    return _scores(view, -_from_now(view, view.finish))


def stf(view: View) -> np.ndarray:
    """Shortest task first: the least duration of all; of equal PEs the first free.

    DS3Gym's keeps the order of rows, which makes it `met`.
    """
    return _scores(view, -view.duration - TIE * _from_now(view, view.start))


def heft_rank(view: View) -> np.ndarray:
    """The task of the largest upward rank in all jobs inside, where it ends first; without insertion.

    Topcuoglu, Hariri and Wu (2002), IEEE Transactions on Parallel and Distributed Systems 13(3). What arrives takes its
    place among what is not yet placed: the plan is made anew at each arrival and each decision.
    """
    return _scores(view, _rounded(view.of_task(view.rank_u)) - _over_best(view, view.finish))


def peft_rank(view: View) -> np.ndarray:
    """The task of the largest mean optimistic cost in all jobs inside, where its end and what follows end first.

    Arabnejad and Barbosa (2014), IEEE Transactions on Parallel and Distributed Systems 25(3); planned as `heft_rank`.
    """
    rows = np.arange(len(view.task))[:, None]
    ends = _rounded(view.finish + view.oct[rows, view.task, view.pe])
    return _scores(view, _rounded(view.of_task(view.rank_oct)) - _over_best(view, ends))


def heft_rt(view: View) -> np.ndarray:
    """DS3Gym's HEFT: of the ready tasks the longest in the mean, where it would end first if its data were there.

    It sees neither what follows a task nor transfers (`HEFT_RT` in gym_ds3/schedulers/heuristic/list_sched.py, which
    may also insert a task before others that wait; here it comes behind them).
    """
    free = np.take_along_axis(view.pe_free, np.maximum(view.pe, 0), axis=1)
    ends = np.maximum(free, view.now[:, None]) + view.duration
    return _scores(view, view.of_task(view.mean_duration) - _over_best(view, ends))


def greedy_pilot(view: View) -> np.ndarray:
    """The pilot of two greedy rules, blind to the future: least sum of the jobs' ends when either places all the rest.

    Duin and Voss (1999), Networks 34(3). It needs the option lookahead="pilot".
    """
    return _scores(view, -view.pilot)


def random(view: View) -> np.ndarray:
    """All candidates alike: random play when sampled, the first row when greedy."""
    return _scores(view, np.zeros(view.action_mask.shape))


RULES: dict[str, Callable[[View], np.ndarray]] = {
    "met": met,
    "eft": eft,
    "etf": etf,
    "stf": stf,
    "heft_rank": heft_rank,
    "peft_rank": peft_rank,
    "heft_rt": heft_rt,
    "greedy_pilot": greedy_pilot,
    "random": random,
}

DEFAULTS = {"commit": "ready", "cut": "none", "lookahead": "none"}
"""Options under which the rules are quoted in the literature: a task is placed when its sources have ended."""

TEMPERATURES: dict[str, float | dict[str, float]] = {
    "met": 0.1,
    "eft": 0.01,
    "etf": 0.03,
    "stf": 0.1,
    "heft_rank": 0.03,
    "peft_rank": 0.03,
    "heft_rt": 0.03,
    "greedy_pilot": {"cut=none": 0.02, "cut=first_finish": 0.1, "cut=worst_finish": 0.1},
}
"""Of samples, the best on validation instances: results/soc/temperatures.md; greedy_pilot without a cut: choices.md."""

NEEDS = {"greedy_pilot": {"lookahead": "pilot"}}
"""Options without which the scores of a rule mean nothing."""

RENAMED = {"completion": "greedy_pilot"}
"""Rules that had another name once, old to new."""

TIE = 1e-6
"""Weight of what only decides between equals."""


def _scores(view: View, times: np.ndarray) -> np.ndarray:
    """(B, A): us as mean durations, the lowest where nothing would be placed."""
    return np.where(view.task < 0, -np.inf, times / view.unit[:, None])


def _rounded(times: np.ndarray) -> np.ndarray:
    """Sums of means, to a millionth of a us: those that are equal but for the order of summation are equal."""
    return np.rint(times * 2**20) / 2**20


def _from_now(view: View, times: np.ndarray) -> np.ndarray:
    return times - view.now[:, None]


def _over_best(view: View, costs: np.ndarray) -> np.ndarray:
    """(B, A): by how much each candidate costs more than the cheapest candidate with the same task."""
    rows, columns = np.nonzero((view.action_mask == 1) & (view.task >= 0))
    least = np.full(view.job.shape, np.inf)
    np.minimum.at(least, (rows, view.task[rows, columns]), costs[rows, columns])
    over = np.zeros(costs.shape)
    over[rows, columns] = costs[rows, columns] - least[rows, view.task[rows, columns]]
    return over
