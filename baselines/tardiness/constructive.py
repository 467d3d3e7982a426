"""Heuristics that construct a sequence but score no candidates.

Each returns the numbers of the jobs (n,) in their sequence.
"""

import numpy as np
from numba import njit

from baselines.play import greedy
from baselines.tardiness.rules import RULES
from envs.tardiness.env import View
from envs.tardiness.instance import TardinessInstance


def eddc_paper(instance: TardinessInstance) -> np.ndarray:
    """The EDD challenger as printed: Cetinkaya et al., arXiv 2510.24013, Algorithm 1.

    It exchanges neighbours where the later one is due earlier, but starts from the order of due dates, where there are
    none: its sequence is that of EDD.
    """
    return _challenge(np.lexsort((instance.processing, instance.due)), instance.processing, instance.due)


def eddc_code(instance: TardinessInstance) -> np.ndarray:
    """The EDD challenger as the authors' notebook has it, and as their tables are: the same from the shortest first."""
    return _challenge(np.lexsort((instance.due, instance.processing)), instance.processing, instance.due)


def augmented_mdd(instance: TardinessInstance) -> np.ndarray:
    """MDD, and after each job the best move of an earlier one to the end of the sequence so far, if it gains.

    Bean and Hall (1985) as in arXiv 2510.24013, Algorithm 3, and in its code: all moves are judged from the same
    sequence, and one is made; the text makes each move that gains when it comes to it.
    """
    return _augmented(instance, "mdd")


def augmented_mddc(instance: TardinessInstance) -> np.ndarray:
    """The same with MDDC for MDD."""
    return _augmented(instance, "mddc")


@njit(cache=True, nogil=True)
def _challenge(order, processing, due):
    """Insert each job in turn into the jobs before it: exchanges with later due neighbours that are not due yet."""
    before = 0  # the processing time of the jobs before place i, whatever their order
    for i in range(order.size):
        time, j = before, i
        before += processing[order[i]]
        while j > 0 and due[order[j]] < due[order[j - 1]]:
            neighbour = order[j - 1]
            if due[neighbour] > time:
                order[j - 1], order[j] = order[j], neighbour
            time -= processing[neighbour]
            j -= 1
    return order


def _augmented(instance: TardinessInstance, rule: str) -> np.ndarray:
    by_due = np.lexsort((instance.weight, instance.processing, instance.due))
    processing, due, weight = (array[by_due] for array in (instance.processing, instance.due, instance.weight))
    view = _view(processing, due, weight, by_due)
    sequence = np.empty(len(by_due), np.int64)
    for count in range(1, len(by_due) + 1):
        sequence[count - 1] = job = greedy(RULES[rule](view), view.action_mask)[0]
        view.unscheduled[0, job] = view.action_mask[0, job] = 0
        view.time[0] += processing[job]
        view.work[0] -= processing[job]
        _move_best(sequence, count, processing, due, weight)
    return by_due[sequence]


def _view(processing: np.ndarray, due: np.ndarray, weight: np.ndarray, number: np.ndarray) -> View:
    """What a rule sees before any job is placed; jobs by due date."""
    n = len(due)
    return View(
        processing=processing[None],
        due=due[None],
        weight=weight[None],
        number=number[None],
        unscheduled=np.ones((1, n), bool),
        mean=np.array([processing.mean()]),
        time=np.zeros(1, np.int64),
        work=np.array([processing.sum()]),
        longest=np.array([-1]),
        pilot=np.zeros((1, n), np.int64),
        action_mask=np.ones((1, n), np.int8),
    )


@njit(cache=True, nogil=True)
def _move_best(sequence, count, processing, due, weight):
    """Move that one of the first `count` jobs behind them of which the tardiness gains most; none if none gains."""
    best, choice = 0, -1
    end = 0
    for k in range(count):
        end += processing[sequence[k]]
    for i in range(count - 1):
        time, shift, gain = 0, processing[sequence[i]], 0
        for k in range(count):
            job = sequence[k]
            time += processing[job]
            if k == i:
                gain += weight[job] * (max(0, time - due[job]) - max(0, end - due[job]))
            elif k > i:
                gain += weight[job] * (max(0, time - due[job]) - max(0, time - shift - due[job]))
        if gain > best:
            best, choice = gain, i
    if choice >= 0:
        job = sequence[choice]
        for k in range(choice, count - 1):
            sequence[k] = sequence[k + 1]
        sequence[count - 1] = job
