"""Which jobs an optimal sequence has before which others.

A. H. G. Rinnooy Kan, B. J. Lageweg and J. K. Lenstra (1975), Operations Research 23(5), after H. Emmons (1969),
Operations Research 17(4), for equal weights.
"""

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def precedence(processing: np.ndarray, due: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """(n, n) bool: [i, j] is true where job i comes before job j in an optimal sequence, one for all these pairs.

    Whatever is found makes more pairs provable, since it says of more jobs when they begin or end at the latest; so
    the pairs are gone through until nothing is new.
    """
    n = processing.size
    before = np.zeros((n, n), np.bool_)
    work = processing.sum()
    head = np.zeros(n, np.int64)  # processing time of the jobs that are before j
    tail = np.zeros(n, np.int64)  # and of those behind it
    found = True
    while found:
        found = False
        for i in range(n):
            for j in range(n):
                if i == j or before[i, j] or before[j, i]:
                    continue
                latest = work - tail[i]  # end of i at the latest
                short = processing[i] <= processing[j] and weight[i] >= weight[j]
                early = weight[i] >= weight[j] and due[i] <= due[j]
                if (
                    (short and due[i] <= max(due[j], head[j] + processing[j]))
                    or (early and due[j] >= latest - processing[j])
                    or due[j] >= latest
                ):
                    add(before, head, tail, processing, i, j)
                    found = True
    return before


@njit(cache=True, nogil=True)
def add(before, head, tail, processing, i, j):
    """Job i, and what is before it, comes before job j and what is behind that."""
    for a in range(processing.size):
        if a == i or before[a, i]:
            for b in range(processing.size):
                if (b == j or before[j, b]) and not before[a, b]:
                    before[a, b] = True
                    tail[a] += processing[b]
                    head[b] += processing[a]
