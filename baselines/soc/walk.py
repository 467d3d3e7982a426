"""Annealing over the order of tasks and their PEs, for the sum of the jobs' ends.

An order in which every task comes behind its sources is a plan when each task has a PE: one after the other they are
placed there behind what is on it, as soon as their data is there. Every schedule without needless idle time is the plan
of its tasks by start. A move puts one task, mostly of a critical path, at another place of the order, on any PE. Only
what comes behind the first changed place is planned again, up to where a bound, by the fastest way to the end, exceeds
what would be accepted (Kirkpatrick, Gelatt and Vecchi 1983, Science 220). The temperature falls in cycles, each twice
as long as the one before, hotter at first, and from the best plan, so that there is an answer at any time.

What has started stays: its tasks are not in the order, but have an end and a PE.

| array | shape | dtype | meaning |
|---|---|---|---|
| `duration` | (T, P) | int64 | mean us of the task on the PE, -1 = cannot run there |
| `able`, `choices` | (T, P), (T,) | int64 | the PEs that can run it, and how many they are |
| `source`, `first_in` | (E,), (T + 1,) | int64 | of edges by target |
| `target`, `edge_out`, `first_out` | (E,), (E,), (T + 1,) | int64 | the same by source; number by target |
| `band`, `transfer` | (P, P), (E, K) | int64 | which of K bandwidths two PEs have; us of each edge's data at it |
| `job`, `tail`, `rank` | (T,) | int64, int64, float64 | of each task its job, its fastest way to the end, upward rank |
| `free`, `base` | (P,), (J,) | int64 | when each PE is free, and the end of what has started of each job |
| `order`, `place`, `end`, `where` | (T,) | int64 | the plan, first `count` tasks; place, end and PE of each |
| `planned` | (T,) | int64 | whether the task is in the order |
| `kept_end` | (T,) | int64 | ends before the move |
| `best_order`, `best_where` | (T,) | int64 | the best plan |
| `now`, `late` | (P,), (J,) | int64 | while a plan is made: when each PE is free, and the bound of each job's end |
| `before`, `path` | (T,) | int64 | the task before on the same PE; a critical path |
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from baselines.luck import first_luck, next_luck
from envs.core.compiled import entry, fast
from envs.core.state import records
from envs.soc.instance import SocInstance

AT_ONCE = 20_000
"""About as many tasks are planned before the search can be left: less than a millisecond."""

FIRST, HOT, COLD = 0.05, 0.3, 0.1
"""Temperatures in mean durations: where the first cycle begins, each later one at twice that up to the second number; a
cycle ends at that share of where it began. These numbers are from random graphs of 20 to 200 tasks."""

CYCLE = 20
"""Moves for each task of the first cycle."""

NEVER = 2**62

CRITICAL = 0.7
"""The share of moves of a task of a critical path."""

WALK = {
    "count": int,  # tasks of the plan
    "value": int,  # sum of the jobs' ends
    "best": int,
    "moves": int,  # judged so far
    "cycle": int,  # moves of this cycle
    "step": int,  # of them made
    "paths": int,  # length of `path`, 0 where it is out of date
    "anew": int,  # 1 to plan all tasks for each move, for comparison
    "luck": int,
    "unit": float,  # mean duration of the tasks of the plan
}


class Walk(NamedTuple):
    """The arrays of the module's docstring."""

    duration: np.ndarray
    able: np.ndarray
    choices: np.ndarray
    source: np.ndarray
    first_in: np.ndarray
    target: np.ndarray
    edge_out: np.ndarray
    first_out: np.ndarray
    band: np.ndarray
    transfer: np.ndarray
    job: np.ndarray
    tail: np.ndarray
    rank: np.ndarray
    free: np.ndarray
    base: np.ndarray
    order: np.ndarray
    place: np.ndarray
    end: np.ndarray
    where: np.ndarray
    planned: np.ndarray
    kept_end: np.ndarray
    best_order: np.ndarray
    best_where: np.ndarray
    now: np.ndarray
    late: np.ndarray
    before: np.ndarray
    path: np.ndarray
    walk: np.recarray


def walk_on(instance: SocInstance, seed: int) -> Walk:
    """A search on the jobs of an instance, of which none has a task in the plan yet; it knows means only."""
    tasks, pes, edges = instance.tasks, instance.pes, len(instance.edge)
    widths, band = np.unique(instance.bandwidth, return_inverse=True)
    able = np.argsort(instance.duration < 0, axis=1, kind="stable")
    out = np.argsort(instance.edge[:, 0], kind="stable")
    number = np.arange(tasks + 1)
    walk = records(1, WALK)
    walk["luck"] = first_luck(seed)
    numbers = ("order", "place", "end", "where", "planned", "kept_end", "best_order", "best_where", "before", "path")
    s = Walk(
        duration=instance.duration,
        able=able,
        choices=(instance.duration >= 0).sum(axis=1),
        source=np.ascontiguousarray(instance.edge[:, 0]),
        first_in=np.searchsorted(instance.edge[:, 1], number),
        target=np.ascontiguousarray(instance.edge[out, 1]),
        edge_out=out,
        first_out=np.searchsorted(instance.edge[out, 0], number),
        band=band.reshape(pes, pes),
        transfer=np.where(widths > 0, instance.volume[:, None] // np.maximum(widths, 1), 0).reshape(edges, len(widths)),
        job=np.repeat(np.arange(instance.jobs), np.diff(instance.job_start)),
        tail=np.zeros(tasks, np.int64),
        rank=np.zeros(tasks),
        free=np.zeros(pes, np.int64),
        base=np.zeros(instance.jobs, np.int64),
        now=np.zeros(pes, np.int64),
        late=np.zeros(instance.jobs, np.int64),
        walk=walk,
        **{name: np.zeros(tasks, np.int64) for name in numbers},
    )
    rank(s)
    return s


@entry
def rank(s):
    """Write each task's tail, and its upward rank (Topcuoglu, Hariri and Wu 2002, eq. 8)."""
    tasks, pes = s.duration.shape
    last = 0
    for t in range(tasks):  # `place` counts targets, `path` is the tasks in the order in which these are done
        s.place[t] = s.first_out[t + 1] - s.first_out[t]
        if s.place[t] == 0:
            s.path[last] = t
            last += 1
    for i in range(tasks):
        t = s.path[i]
        tail, rank = 0, 0.0
        for k in range(s.first_out[t], s.first_out[t + 1]):
            u, sent = s.target[k], 0.0
            for p in range(pes):
                for q in range(pes):
                    if p != q:
                        sent += s.transfer[s.edge_out[k], s.band[p, q]]
            least, _ = times(s, u)
            tail = max(tail, s.tail[u] + least)
            rank = max(rank, s.rank[u] + sent / max(1, pes * (pes - 1)))
        _, mean = times(s, t)
        s.tail[t], s.rank[t] = tail, rank + mean
        for e in range(s.first_in[t], s.first_in[t + 1]):
            s.place[s.source[e]] -= 1
            if s.place[s.source[e]] == 0:
                s.path[last] = s.source[e]
                last += 1
    for i in range(tasks):
        s.order[i] = s.path[tasks - 1 - i]


@fast
def times(s, t):
    """The least and the mean duration of a task."""
    least, total = s.duration[t, s.able[t, 0]], 0
    for k in range(s.choices[t]):
        time = s.duration[t, s.able[t, k]]
        least, total = min(least, time), total + time
    return least, total / s.choices[t]


@entry
def spread(s, kept):
    """Give each task of the order in turn the PE where it ends first (HEFT without insertion), but the first `kept`."""
    begin_planning(s, 0)
    for i in range(s.walk[0].count):
        t = s.order[i]
        least = end_on(s, t, s.where[t]) if i < kept else NEVER
        for k in range(0 if i < kept else s.choices[t]):
            end = end_on(s, t, s.able[t, k])
            if end < least:
                least, s.where[t] = end, s.able[t, k]
        s.end[t] = s.now[s.where[t]] = least
    return plan(s, 0, NEVER)


def improve(s: Walk, moves: float, least: int) -> Iterator[int]:
    """The sum of the jobs' ends of the best plan, each time that the search can be left; the first is the one there.

    It ends when `moves` have been judged in all, or where the best is at `least`. Where the best is better than the
    time before, the plan that is there is that one.
    """
    begin(s)
    w = s.walk[0]
    size = 1 + AT_ONCE // max(1, int(w.count))
    yield int(w.best)
    while w.moves < moves and w.best > least and w.count > 0:
        go_on(s, int(min(w.moves + size, moves)), least)
        yield int(w.best)


@entry
def begin(s):
    """Start from the order and the PEs that are there."""
    w = s.walk[0]
    total = 0
    for i in range(w.count):
        s.place[s.order[i]] = i
        total += times(s, s.order[i])[1]
    w.unit = total / max(1, w.count)
    w.value = plan(s, 0, NEVER)
    w.best, w.cycle, w.step, w.paths = w.value, CYCLE * w.count, 0, 0
    for i in range(w.count):
        t = s.order[i]
        s.kept_end[t] = s.end[t]
        s.best_order[i], s.best_where[t] = t, s.where[t]


@entry
def go_on(s, most, least):
    """Search until `most` moves have been judged or a plan is found that is better than the best, which it becomes.

    None is below `least`.
    """
    w = s.walk[0]
    best = w.best
    while w.moves < most and w.best > least and w.best == best:
        if w.step == w.cycle:
            w.cycle, w.step = 2 * w.cycle, 0
            return_to_best(s, w)
        hot = min(HOT, FIRST * w.cycle / (CYCLE * w.count))
        temperature = w.unit * hot * COLD ** (w.step / w.cycle)
        w.step += 1
        w.moves += 1
        t = critical(s, w) if chance(w) < CRITICAL else s.order[drawn(w, w.count)]
        i, p = s.place[t], s.able[t, drawn(w, s.choices[t])]
        j = any_place(s, w, t)
        if i == j and p == s.where[t]:
            continue
        old = s.where[t]
        shift(s, i, j)
        s.where[t] = p
        first = min(i, j)
        most_value = w.value - temperature * np.log(chance(w))
        value = plan(s, 0, NEVER) if w.anew else plan(s, first, most_value)
        if value > most_value:
            value = -w.count
        if value < 0:
            shift(s, j, i)
            s.where[t] = old
            for k in range(first, -value):
                s.end[s.order[k]] = s.kept_end[s.order[k]]
            for k in range(first, max(i, j) + 1):
                s.end[s.order[k]] = s.kept_end[s.order[k]]
            continue
        w.value, w.paths = value, 0
        for k in range(first, max(i, j) + 1):
            s.place[s.order[k]] = k
        for k in range(first, w.count):
            s.kept_end[s.order[k]] = s.end[s.order[k]]
        if value < w.best:
            w.best = value
            for k in range(w.count):
                s.best_order[k], s.best_where[s.order[k]] = s.order[k], s.where[s.order[k]]


@entry
def end(s):
    """The best plan is the one that is there."""
    return_to_best(s, s.walk[0])


@fast
def return_to_best(s, w):
    """Go on from the best plan."""
    for i in range(w.count):
        t = s.best_order[i]
        s.order[i], s.place[t], s.where[t] = t, i, s.best_where[t]
    w.value, w.paths = plan(s, 0, NEVER), 0
    for i in range(w.count):
        s.kept_end[s.order[i]] = s.end[s.order[i]]


@fast
def chance(w):
    """A random number above 0, up to 1."""
    w.luck = next_luck(w.luck)
    return w.luck / 4294967296.0


@fast
def drawn(w, n):
    """A random number from 0 to n - 1."""
    w.luck = next_luck(w.luck)
    return (w.luck * n) >> 32


@fast
def any_place(s, w, t):
    """A random place for task t behind its sources and before its targets."""
    low, high = 0, w.count - 1
    for e in range(s.first_in[t], s.first_in[t + 1]):
        if s.planned[s.source[e]]:
            low = max(low, s.place[s.source[e]] + 1)
    for k in range(s.first_out[t], s.first_out[t + 1]):
        high = min(high, s.place[s.target[k]] - 1)
    return low + drawn(w, high - low + 1)


@fast
def shift(s, i, j):
    """Move the task at place i of the order to place j."""
    t = s.order[i]
    step = 1 if j > i else -1
    for k in range(i, j, step):
        s.order[k] = s.order[k + step]
    s.order[j] = t


@fast
def begin_planning(s, first):
    """When PEs are free and the jobs' bounds behind the first so many tasks of the order; returns their sum."""
    for p in range(s.free.size):
        s.now[p] = s.free[p]
    for j in range(s.base.size):
        s.late[j] = s.base[j]
    for i in range(first):
        t = s.order[i]
        s.now[s.where[t]] = s.end[t]
        s.late[s.job[t]] = max(s.late[s.job[t]], s.end[t] + s.tail[t])
    total = 0
    for j in range(s.base.size):
        total += s.late[j]
    return total


@fast
def end_on(s, t, p):
    """When task t would end on PE p."""
    time = s.now[p]
    for e in range(s.first_in[t], s.first_in[t + 1]):
        source = s.source[e]
        time = max(time, s.end[source] + s.transfer[e, s.band[s.where[source], p]])
    return time + s.duration[t, p]


@fast
def plan(s, first, most):
    """Plan the tasks from place `first` on; the sum of the jobs' ends, or where it is above `most` minus the place up
    to which that was done.
    """
    total = begin_planning(s, first)
    for i in range(first, s.walk[0].count):
        t = s.order[i]
        p = s.where[t]
        end = end_on(s, t, p)
        s.end[t] = s.now[p] = end
        j = s.job[t]
        if end + s.tail[t] > s.late[j]:
            total += end + s.tail[t] - s.late[j]
            s.late[j] = end + s.tail[t]
            if total > most:
                return -(i + 1)
    return total


@fast
def critical(s, w):
    """A random task of a critical path of a random job; the path is kept until the plan changes."""
    if w.paths == 0:
        find_path(s, w)
    return s.path[drawn(w, w.paths)]


@fast
def find_path(s, w):
    """Write a chain of tasks, each of which begins when the one before it, or its data, is there, up to a job's end."""
    for p in range(s.free.size):
        s.now[p] = -1
    job = s.job[s.order[drawn(w, w.count)]]
    t = -1
    for i in range(w.count):
        u = s.order[i]
        s.before[u] = s.now[s.where[u]]
        s.now[s.where[u]] = u
        if s.job[u] == job and (t < 0 or s.end[u] > s.end[t]):
            t = u
    while t >= 0:
        s.path[w.paths] = t
        w.paths += 1
        p = s.where[t]
        start = s.end[t] - s.duration[t, p]
        behind = s.before[t]
        if behind >= 0 and s.end[behind] < start:
            behind = -1
        for e in range(s.first_in[t], s.first_in[t + 1]):
            u = s.source[e]
            there = s.planned[u] and s.end[u] + s.transfer[e, s.band[s.where[u], p]] == start
            if there and (behind < 0 or chance(w) < 0.5):
                behind = u
        t = behind
