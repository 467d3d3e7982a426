"""Bounds of the total weighted tardiness, and the times at which jobs may end in a better sequence than a known one.

A sequence is a path through (job, end): a job that ends at t is followed by one that ends at t + its processing time.
A shortest path over all P units of time that may meet a job twice, or never, is found job by job; prices on the jobs,
moved by subgradients, make it meet each of them about once, and its length plus the prices is a bound. Paths leave out
neighbours that would better be exchanged, and the same job twice in a row, as in S. Tanaka, S. Fujikuma and M. Araki
(2009), Journal of Scheduling 12. An end through which no path is shorter than the known sequence can be left out.

| array | shape | dtype | meaning |
|---|---|---|---|
| `cost` | (n, P + 1) | float64 | weighted tardiness of a job that ends at t |
| `before` | (n, n) | bool | dominance: job i comes before job j |
| `ends` | (n, P + 1) | bool | job j may end at t |
| `price` | (n,) | float64 | what a path gains when it meets the job |
| `to`, `onward` | (P + 1, n) | float64 | length of the shortest path from 0 to job j's end at t, and from there to P |
| `previous` | (P + 1, n) | int64 | the job before j on the former, -1 for none |
"""

from math import ceil, inf
from time import perf_counter

import numpy as np
from numba import njit

from envs.tardiness.instance import TardinessInstance

MOST_CELLS = 4_000_000
"""Of n (P + 1): beyond, the tables would not fit into memory, and nothing is done."""

ROUNDS, EVERY, PATIENCE, SHRINK = 1000, 10, 40, 0.7
"""Rounds of subgradients; after how many of them ends are left out; how many without a better bound, until the step is
multiplied by the last. From random instances of 40 jobs."""


def narrow(instance: TardinessInstance, before: np.ndarray, known: int, until: float) -> tuple[int, np.ndarray | None]:
    """A bound, and ends (n, P + 1) that some optimal sequence has if it is better than `known`; None where too many.

    before: as `dominance.precedence` finds it. until: when to stop, by `perf_counter`. The bound is `known` where no
    sequence is better.
    """
    processing, n, total = instance.processing, instance.jobs, int(instance.processing.sum())
    if n * (total + 1) > MOST_CELLS:
        return 0, None
    late = np.maximum(np.arange(total + 1) - instance.due[:, None], 0)
    cost, ends = (instance.weight[:, None] * late).astype(float), np.zeros((n, total + 1), bool)
    for job in range(n):
        ends[job, processing[before[:, job]].sum() + processing[job] : total - processing[before[job]].sum() + 1] = True
    to, onward, previous = np.empty((total + 1, n)), np.empty((total + 1, n)), np.zeros((total + 1, n), np.int64)
    margin = 1e-6 + 1e-9 * known  # for rounding
    price = np.full(n, known / n)
    best, best_price, step, stalled = -inf, price, 1.0, 0
    for k in range(ROUNDS):
        last = forward(processing, cost, before, ends, price, to, previous)
        length = to[total, last] + price.sum()
        if length == inf:
            return known, ends
        stalled += 1
        if length > best:
            best, best_price, stalled = length, price, 0
        if ceil(best - margin) >= known:
            return known, ends
        visits = met(processing, previous, last)
        if perf_counter() > until or (visits == 1).all():
            break
        if stalled == PATIENCE:
            price, step, stalled = best_price, step * SHRINK, 0
            continue
        price = price + step * (known - length) / ((1 - visits) ** 2).sum() * (1 - visits)
        if k % EVERY == EVERY - 1:
            forward(processing, cost, before, ends, best_price, to, previous)
            backward(processing, cost, before, ends, best_price, onward)
            leave_out(ends, to, onward, known - 1 + margin - best_price.sum())
    return (max(0, ceil(best - margin)) if ends.any(axis=1).all() else known), ends


@njit(cache=True, nogil=True)
def exchangeable(processing, cost, before, i, j, end):
    """Whether i directly before j, which ends then, may be left out: the other way round is better, or comes first."""
    if i == j or before[j, i]:
        return True
    if before[i, j]:
        return False
    here = cost[i, end - processing[j]] + cost[j, end]
    other = cost[j, end - processing[i]] + cost[i, end]
    return here > other or (here == other and i > j)


@njit(cache=True, nogil=True)
def forward(processing, cost, before, ends, price, to, previous):
    """Fill `to` and `previous`; returns the last job of the shortest path."""
    n, total = cost.shape[0], cost.shape[1] - 1
    for t in range(1, total + 1):
        for j in range(n):
            to[t, j] = np.inf
            start = t - processing[j]
            if start == 0 and ends[j, t]:
                to[t, j], previous[t, j] = cost[j, t] - price[j], -1
            elif start > 0 and ends[j, t]:
                least, choice = np.inf, -1
                for i in range(n):
                    if to[start, i] < least and not exchangeable(processing, cost, before, i, j, t):
                        least, choice = to[start, i], i
                to[t, j], previous[t, j] = least + cost[j, t] - price[j], choice
    return to[total].argmin()


@njit(cache=True, nogil=True)
def backward(processing, cost, before, ends, price, onward):
    """Fill `onward`."""
    n, total = cost.shape[0], cost.shape[1] - 1
    onward[total] = 0.0
    for t in range(total - 1, 0, -1):
        for i in range(n):
            onward[t, i] = np.inf
            if ends[i, t]:
                for j in range(n):
                    end = t + processing[j]
                    if end <= total and ends[j, end]:
                        length = onward[end, j] + cost[j, end] - price[j]
                        if length < onward[t, i] and not exchangeable(processing, cost, before, i, j, end):
                            onward[t, i] = length


@njit(cache=True, nogil=True)
def leave_out(ends, to, onward, most):
    """Take the ends away through which no path is up to `most` long."""
    for j in range(ends.shape[0]):
        for t in range(1, ends.shape[1]):
            ends[j, t] = ends[j, t] and to[t, j] + onward[t, j] <= most


@njit(cache=True, nogil=True)
def met(processing, previous, last):
    """(n,) how often the shortest path meets each job."""
    visits = np.zeros(processing.size, np.int64)
    t, j = previous.shape[0] - 1, last
    while t > 0:
        visits[j] += 1
        t, j = t - processing[j], previous[t, j]
    return visits
