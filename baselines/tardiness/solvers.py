"""Solvers of total tardiness: heuristics that construct a sequence, and exact ones."""

import time
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
from numba import njit

from baselines.play import greedy
from baselines.solution import Solution
from baselines.tardiness.exact import least_tardiness, warm_up
from baselines.tardiness.rules import RULES
from envs.tardiness.env import View
from envs.tardiness.instance import TardinessInstance
from envs.tardiness.verify import verify

Order = Callable[[TardinessInstance], np.ndarray]
"""(instance) -> (n,) the numbers of the jobs in their sequence."""


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


def exact(instance: TardinessInstance, seconds: float, workers: int = 1, seed: int = 0) -> Solution:  # noqa: ARG001
    """Decomposition on the longest job with memory, for weights of 1: see `baselines.tardiness.exact`.

    One thread and no luck, whatever `workers` and `seed` say. Where the time or a memory of 1 GiB does not suffice, the
    sequence is that of augmented MDDC.

    Raises:
        ValueError: a weight other than 1, or no time.
    """
    _check_seconds("exact", seconds)
    if not instance.unweighted:
        job = int(np.flatnonzero(instance.weight != 1)[0])
        raise ValueError(f"exact takes weights of 1, but job {job} has {instance.weight[job]}: use cp_sat.")
    clock = _Clock()
    found = least_tardiness(instance.processing, instance.due, seconds)
    if found is None:
        return clock.solution(instance, augmented_mddc(instance), instance.lower_bound())
    return clock.solution(instance, found[1], found[0])


class _Clock:
    """Times one call of a solver, without the compiling of the first one."""

    def __init__(self) -> None:
        _compile()
        self.wall, self.cpu = time.perf_counter(), time.process_time()

    def solution(self, instance: TardinessInstance, order: np.ndarray, bound: int | None, status: str = "") -> Solution:
        """The solution of that order; proved where it meets the bound."""
        schedule = schedule_of(instance, order)
        value = verify(instance, schedule)
        status = "optimal" if value == bound else status or "feasible"
        return Solution(value, bound, schedule, status, time.perf_counter() - self.wall, time.process_time() - self.cpu)


@cache
def _compile() -> None:
    """Compile what is compiled, or load it."""
    tiny = TardinessInstance.from_lists([1, 2, 3], [0, 0, 0])
    for order in (eddc_code, augmented_mdd):
        order(tiny)
    warm_up()


def schedule_of(instance: TardinessInstance, order: np.ndarray) -> np.ndarray:
    """(n, 3) int64 as `verify` reads it: the jobs in this order without gaps."""
    end = np.cumsum(instance.processing[order])
    return np.stack([order, end - instance.processing[order], end], axis=1)


def _constructive(order: Order) -> Callable[..., Solution]:
    def solve(instance: TardinessInstance, seconds: float, **_: Any) -> Solution:
        _check_seconds(order.__name__, seconds)
        clock = _Clock()
        return clock.solution(instance, order(instance), None)

    return solve


def _check_seconds(solver: str, seconds: float) -> None:
    if not seconds > 0:
        raise ValueError(f"{solver} takes more than 0 seconds; got {seconds}.")


SOLVERS: dict[str, Callable[..., Solution]] = {
    **{order.__name__: _constructive(order) for order in (eddc_paper, eddc_code, augmented_mdd, augmented_mddc)},
    "exact": exact,
}
