"""Iterated local search for total weighted tardiness: exchanges and insertions, kicked nearby.

A place of the sequence is looked at by trying to exchange its job with every other within `REACH`, and to insert it at
every other place there; the best of these moves is made if it gains. Looked at are the places whose jobs have moved,
until there is none: after a kick, a few exchanges within a short stretch, that is little work, whatever the number of
jobs. What is worse than before the kick is taken back. The neighbourhoods are those of R. K. Congram, C. N. Potts and
S. L. van de Velde (2002), INFORMS Journal on Computing 14(1), and A. Grosso, F. Della Croce and R. Tadei (2004),
Operations Research Letters 32; iterating a descent is that of M. den Besten, T. Stuetzle and M. Dorigo (2001), Proc.
EvoWorkshops, LNCS 2037.

| array | shape | dtype | meaning |
|---|---|---|---|
| `processing`, `due`, `weight` | (n,) | int64 | of each job |
| `order`, `end` | (n,) | int64 | the job at each place, and when it ends |
| `kept`, `best` | (n,) | int64 | the order before the kick; the best of all |
| `queue`, `queued` | (n,) | int64 | places to be looked at, in a ring; whether each is in it |
| `walk` | (1,) | WALK | what else the search has in mind |
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from baselines.luck import first_luck, next_luck
from envs.core.compiled import entry, fast
from envs.core.state import records
from envs.tardiness.instance import TardinessInstance

REACH = 100
"""How many places a move may go."""

KICKS, STRETCH = 3, 12
"""A kick is so many exchanges of random places of a stretch of so many."""

PATIENCE, LEAP = 1, 20
"""After so many kicks for each job without a gain, one goes over all places, with an exchange more for each LEAP jobs;
what comes of that is kept. All of these numbers are from random instances of 40, 100 and 300 jobs."""

AT_ONCE = 10_000
"""Moves judged before the search can be left: less than a millisecond."""

EXCHANGE, INSERT = 0, 1

WALK = {
    "value": int,  # weighted tardiness of `order`
    "kept": int,  # and before the kick
    "best": int,
    "moves": int,  # judged so far
    "idle": int,  # kicks since one gained
    "leap": int,  # whether the last kick was one over all places
    "luck": int,
    "first": int,  # `order` and `kept` differ at most from this place
    "last": int,  # to this one
    "head": int,  # where the ring begins
    "waiting": int,  # how many places are in it
}


class Walk(NamedTuple):
    """The arrays of the module's docstring."""

    processing: np.ndarray
    due: np.ndarray
    weight: np.ndarray
    order: np.ndarray
    end: np.ndarray
    kept: np.ndarray
    best: np.ndarray
    queue: np.ndarray
    queued: np.ndarray
    walk: np.recarray


def improve(
    instance: TardinessInstance, order: np.ndarray, seed: int, moves: float, least: int = 0
) -> Iterator[tuple[int, np.ndarray]]:
    """The weighted tardiness of the best order (n,) so far and that order, each time that the search can be left.

    The first is `order`. It ends when `moves` have been judged, a few more or less, or where the best is at `least`.
    """
    s = walk_from(instance, order, seed)
    w = s.walk[0]
    yield int(w.best), s.best
    while w.moves < moves and w.best > least:
        go_on(s, int(min(w.moves + AT_ONCE, moves)), least)
        yield int(w.best), s.best


def weighted_tardiness(instance: TardinessInstance, order: np.ndarray) -> int:
    """Of the jobs in this order (n,) without gaps."""
    late = np.cumsum(instance.processing[order]) - instance.due[order]
    return int((instance.weight[order] * np.maximum(late, 0)).sum())


def walk_from(instance: TardinessInstance, order: np.ndarray, seed: int) -> Walk:
    """A search that begins with this order (n,) of the jobs, all places of which are yet to be looked at."""
    processing, due, weight = instance.processing, instance.due, instance.weight
    n, end = len(order), np.cumsum(processing[order])
    value = weighted_tardiness(instance, order)
    walk = records(1, WALK)
    for name, number in {"value": value, "kept": value, "best": value, "luck": first_luck(seed)}.items():
        walk[name] = number
    walk.last, walk.waiting = n - 1, n
    current, kept, best = (np.array(order, np.int64) for _ in range(3))
    return Walk(processing, due, weight, current, end, kept, best, np.arange(n), np.ones(n, np.int64), walk)


@entry
def go_on(s, most, least):
    """Search until `most` moves have been judged or an order is found that is better than the best, which it becomes.

    None is below `least`.
    """
    w = s.walk[0]
    while w.moves < most and w.best > least:
        if w.waiting > 0:
            look_at(s, w, take(s, w))
        elif w.value < w.best:
            break
        else:
            settle(s, w)
            kick(s, w)
    if w.value < w.best:
        keep_best(s, w)


@entry
def judge_anew(s, most):
    """Judge so many exchanges by the weighted tardiness of the whole order, for comparison."""
    w = s.walk[0]
    while w.moves < most:
        i, j = drawn(w, s.order.size), drawn(w, s.order.size)
        s.order[i], s.order[j] = s.order[j], s.order[i]
        time, value = 0, 0
        for k in range(s.order.size):
            time += s.processing[s.order[k]]
            value += cost(s, s.order[k], time)
        if value > w.value:
            s.order[i], s.order[j] = s.order[j], s.order[i]
        else:
            w.value = value
        w.moves += 1


@fast
def keep_best(s, w):
    """The order is the best of all."""
    w.best = w.value
    for k in range(s.order.size):
        s.best[k] = s.order[k]


@fast
def settle(s, w):
    """Keep what has come of the kick, or take it back where that is worse."""
    w.idle = 0 if w.value < w.kept else w.idle + 1
    if w.value <= w.kept or w.leap:
        w.kept = w.value
        for k in range(w.first, w.last + 1):
            s.kept[k] = s.order[k]
    else:
        w.value = w.kept
        end = s.end[w.first - 1] if w.first > 0 else 0
        for k in range(w.first, w.last + 1):
            s.order[k] = s.kept[k]
            end += s.processing[s.order[k]]
            s.end[k] = end
    w.first, w.last = s.order.size, -1


@fast
def kick(s, w):
    """Exchange the jobs of random places near each other, or of any where that has not helped for long."""
    n = s.order.size
    w.moves += 1  # or a search that has nothing to do would not end
    w.leap = w.idle > PATIENCE * n
    size, exchanges = (n, KICKS + n // LEAP) if w.leap else (min(STRETCH, n), KICKS)
    if w.leap:
        w.idle = 0
    begin = drawn(w, n - size + 1)
    for _ in range(exchanges):
        i, j = begin + drawn(w, size), begin + drawn(w, size)
        if i != j:
            i, j = min(i, j), max(i, j)
            w.value += exchange_gain(s, i, j)
            move(s, w, i, j, EXCHANGE)


@fast
def drawn(w, n):
    """A random number from 0 to n - 1."""
    w.luck = next_luck(w.luck)
    return (w.luck * n) >> 32


@fast
def take(s, w):
    """The place that has waited longest."""
    place = s.queue[w.head]
    w.head = w.head + 1 if w.head + 1 < s.queue.size else 0
    w.waiting -= 1
    s.queued[place] = 0
    return place


@fast
def put(s, w, place):
    """A place is to be looked at."""
    if s.queued[place] == 0:
        s.queued[place] = 1
        at = w.head + w.waiting
        s.queue[at if at < s.queue.size else at - s.queue.size] = place
        w.waiting += 1


@fast
def cost(s, job, end):
    """Weighted tardiness of a job that ends then."""
    return s.weight[job] * max(0, end - s.due[job])


@fast
def look_at(s, w, i):
    """Make the best move of the job at place i, if it gains."""
    gain, j, kind = best_exchange(s, w, i)
    later, place = best_later(s, w, i)
    if later < gain:
        gain, j, kind = later, place, INSERT
    earlier, place = best_earlier(s, w, i)
    if earlier < gain:
        gain, j, kind = earlier, place, INSERT
    if gain < 0:
        w.value += gain
        move(s, w, i, j, kind)


@fast
def best_later(s, w, i):
    """The change of the value and the place, when the job at i is inserted at the best place behind."""
    job = s.order[i]
    length, here = s.processing[job], cost(s, job, s.end[i])
    best, place, change = 0, i, 0
    last = min(i + REACH, s.order.size - 1)
    for k in range(i + 1, last + 1):
        other, end = s.order[k], s.end[k]
        change += cost(s, other, end - length) - cost(s, other, end)
        total = change + cost(s, job, end) - here
        if total < best:
            best, place = total, k
    w.moves += last - i
    return best, place


@fast
def best_earlier(s, w, i):
    """The same at the best place before."""
    job = s.order[i]
    length, here = s.processing[job], cost(s, job, s.end[i])
    best, place, change = 0, i, -here
    for k in range(i - 1, max(i - REACH, 0) - 1, -1):
        w.moves += 1
        other, end = s.order[k], s.end[k]
        change += cost(s, other, end + length) - cost(s, other, end)
        if change >= best:
            break  # the others only become later
        total = change + cost(s, job, end - s.processing[other] + length)
        if total < best:
            best, place = total, k
    return best, place


@fast
def best_exchange(s, w, i):
    """The change of the value and the other place, when the job at i is exchanged with the best other."""
    best, place = 0, i
    first, last = max(i - REACH, 0), min(i + REACH, s.order.size - 1)
    for k in range(first, last + 1):
        if k != i:
            w.moves += 1
            total = exchange_gain(s, min(i, k), max(i, k))
            if total < best:
                best, place = total, k
    return best, place, EXCHANGE


@fast
def exchange_gain(s, i, j):
    """The change of the value when the jobs at i and j > i are exchanged."""
    front, back = s.order[i], s.order[j]
    shift = s.processing[back] - s.processing[front]
    total = cost(s, front, s.end[j]) - cost(s, front, s.end[i])
    total += cost(s, back, s.end[i] + shift) - cost(s, back, s.end[j])
    if shift != 0:
        for k in range(i + 1, j):
            job, end = s.order[k], s.end[k]
            total += cost(s, job, end + shift) - cost(s, job, end)
    return total


@fast
def move(s, w, i, j, kind):
    """Exchange the jobs at i and j, or insert the one at i at j; all places between are to be looked at again."""
    job = s.order[i]
    if kind == EXCHANGE:
        s.order[i], s.order[j] = s.order[j], job
    else:
        step = 1 if j > i else -1
        for k in range(i, j, step):
            s.order[k] = s.order[k + step]
        s.order[j] = job
    first, last = min(i, j), max(i, j)
    end = s.end[first - 1] if first > 0 else 0
    for k in range(first, last + 1):
        end += s.processing[s.order[k]]
        s.end[k] = end
        put(s, w, k)
    w.first, w.last = min(w.first, first), max(w.last, last)
