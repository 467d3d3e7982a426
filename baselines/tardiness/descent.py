"""A good sequence for total weighted tardiness: descent over moves and exchanges of jobs, several times."""

from collections.abc import Callable
from time import perf_counter

import numpy as np
from numba import njit

from envs.tardiness.instance import TardinessInstance

ROUNDS = 300
"""Descents after the first; each begins where the best one so far ended, with three random pairs exchanged."""


def good_order(
    instance: TardinessInstance, seed: int, until: float, better: Callable[[int, np.ndarray], None] = lambda *_: None
) -> np.ndarray:
    """(n,) the jobs in a good sequence, found before `until` (by `perf_counter`), unless the jobs are a great many.

    Each that is the best so far is told to `better`, with what it costs.
    """
    processing, due, weight = instance.processing, instance.due, instance.weight
    rng = np.random.default_rng(seed)

    def settled(order: np.ndarray) -> tuple[int, np.ndarray]:
        while perf_counter() < until and descend(order, processing, due, weight):
            pass
        return tardiness(order, 0, len(order) - 1, 0, processing, due, weight), order

    starts = np.lexsort((processing, due)), np.argsort(processing / weight, kind="stable")
    best, order = settled(starts[0])
    better(best, order)
    for start in starts[1:]:
        value, other = settled(start)
        if value < best:
            best, order = value, other
            better(best, order)
    for _ in range(ROUNDS):
        if perf_counter() > until or best == 0:
            break
        other = order.copy()
        for i, j in rng.integers(len(order), size=(3, 2)):
            other[i], other[j] = other[j], other[i]
        value, other = settled(other)
        if value < best:
            better(value, other)
        if value <= best:
            best, order = value, other
    return order


@njit(cache=True, nogil=True)
def descend(order, processing, due, weight):
    """Exchange jobs i and j, or move one to the other's place, wherever that gains; whether anything did."""
    gained, begin = False, 0
    for i in range(order.size):
        for j in range(i + 1, order.size):
            least = tardiness(order, i, j, begin, processing, due, weight)
            for move in range(3):
                change(order, i, j, move)
                value = tardiness(order, i, j, begin, processing, due, weight)
                if value < least:
                    least, gained = value, True
                else:
                    change(order, i, j, -move % 3)
        begin += processing[order[i]]
    return gained


@njit(cache=True, nogil=True)
def change(order, i, j, move):
    """0: exchange the jobs at i and j > i. 1: move the one at i to j. 2: move the one at j to i."""
    first, last = order[i], order[j]
    if move == 0:
        order[i], order[j] = last, first
    elif move == 1:
        order[i:j] = order[i + 1 : j + 1].copy()
        order[j] = first
    else:
        order[i + 1 : j + 1] = order[i:j].copy()
        order[i] = last


@njit(cache=True, nogil=True)
def tardiness(order, first, last, begin, processing, due, weight):
    """Weighted tardiness of the jobs from place `first` to `last`, the first of which begins then."""
    total = 0
    for k in range(first, last + 1):
        job = order[k]
        begin += processing[job]
        total += weight[job] * max(0, begin - due[job])
    return total
