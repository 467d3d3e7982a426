"""Tabu search, so many moves at a time: the best move of a critical path that is not forbidden is made.

A move puts an operation behind or before others of its machine; for a while afterwards it is forbidden to put it back
to the other side of any of them, unless the estimate is below the best makespan. How long is drawn anew for each move,
so that no cycle repeats itself. After `patience` moves without a better schedule the search goes back to the best and
swaps some neighbours of its critical paths at random.
"""

from typing import NamedTuple

import numpy as np

from baselines.jobshop.graph import BEFORE, BEHIND, move, rebuild
from baselines.jobshop.neighbours import critical_path, draw, estimate, goes_before, goes_behind, outcome
from envs.core.compiled import entry, fast

N5, N6, N7 = 0, 1, 2
WALK = {
    "neighbourhood": int,
    "exact": int,  # 1 to judge moves by their outcome, not by the estimate
    "tenure": int,  # moves for which another is forbidden, at least
    "spread": int,  # how many different tenures there are
    "patience": int,  # moves without a better schedule until the search goes back to the best
    "kicks": int,  # swaps that it then makes
    "lanes": int,  # operations of the machine that has most
    "random": int,  # state of the generator
    "moves": int,  # made so far
    "judged": int,  # moves estimated so far
    "makespan": int,
    "best": int,  # least makespan so far
    "since": int,  # moves made when the best was found or gone back to
    # the move with the least estimate of those that are not forbidden
    "u": int,
    "v": int,
    "side": int,  # BEHIND or BEFORE
    "value": int,
    "ties": int,  # how many there are with this estimate, 0 where all are forbidden
    # one of those that are forbidden
    "tabu_u": int,
    "tabu_v": int,
    "tabu_side": int,
    "tabu_moves": int,  # how many there are
}


class Trajectory(NamedTuple):
    """Where a search stands, beside the schedule at hand; only compiled code writes it."""

    walk: np.recarray  # (1,) of WALK
    until: np.ndarray  # (2^k,) moves before which the operation of this row may not go before that of this column
    best: np.ndarray  # (O,) a topological order of the best schedule
    end: np.ndarray  # (O,) when its operations end


@entry
def begin(g, t):
    """Take the order of the graph as the schedule to start from."""
    w = t.walk[0]
    w.makespan = rebuild(g)
    keep(g, t, w)


@entry
def search(g, t, moves, bound):
    """Make so many moves, fewer where the bound is reached."""
    w = t.walk[0]
    last = w.moves + moves
    while w.moves < last and w.best > bound:
        judge_moves(g, t, w)
        if w.ties == 0:
            w.u, w.v, w.side = w.tabu_u, w.tabu_v, w.tabu_side
        if w.ties or w.tabu_moves:
            forbid(g, t, w)
            w.makespan = move(g, w.u, w.v, w.side)
        w.moves += 1
        if w.makespan < w.best:
            keep(g, t, w)
        elif w.moves - w.since > w.patience or (w.ties == 0 and w.tabu_moves == 0):
            go_back(g, t, w)


@fast
def keep(g, t, w):
    """The schedule at hand is the best."""
    w.best, w.since = w.makespan, w.moves
    for i in range(g.order.size):
        t.best[i] = g.order[i]
        t.end[i] = g.operation[i].end


@fast
def go_back(g, t, w):
    """From the best schedule, make random swaps of neighbours on critical paths."""
    for i in range(g.order.size):
        g.order[i] = t.best[i]
    w.makespan, w.since = rebuild(g), w.moves
    for _ in range(w.kicks):
        count, pairs, chosen = critical_path(g, w), 0, -1
        for k in range(1, count):
            u, v = g.path[k], g.path[k - 1]
            if g.operation[u].right == v and goes_behind(g, u, v):
                pairs += 1
                if draw(w, pairs) == 0:
                    chosen = k
        if chosen >= 0:
            w.makespan = move(g, g.path[chosen], g.path[chosen - 1], BEHIND)


@fast
def judge_moves(g, t, w):
    """The move to make: the least estimate of those that are not forbidden, any of several."""
    w.ties, w.tabu_moves, w.value = 0, 0, np.iinfo(np.int64).max
    count = critical_path(g, w)
    first = count - 1
    while first >= 0:
        last = first
        while last > 0 and g.operation[g.path[last - 1]].left == g.path[last]:
            last -= 1
        if last < first:
            judge_block(g, t, w, first, last, first < count - 1, last > 0)
        first = last - 1


@fast
def judge_block(g, t, w, first, last, enters, leaves):
    """The moves of the block from place `first` of the path down to `last`.

    enters, leaves: whether the path has operations before the block and behind it; where it has none, nothing is gained
    by another order at that end of the block.
    """
    p = g.path
    if enters:
        judge(g, t, w, p[first], p[first - 1], BEFORE)
    if leaves and (first - last > 1 or not enters):
        judge(g, t, w, p[last + 1], p[last], BEHIND)
    if w.neighbourhood == N5:
        return
    for k in range(first - 2, last - 1, -1):
        if enters:
            judge(g, t, w, p[first], p[k], BEFORE)
            if w.neighbourhood == N7 and (k > last or not leaves):
                judge(g, t, w, p[first], p[k], BEHIND)
    for k in range(first, last + 1, -1):
        if leaves:
            judge(g, t, w, p[k], p[last], BEHIND)
            if w.neighbourhood == N7 and (k < first or not enters):
                judge(g, t, w, p[k], p[last], BEFORE)


@fast
def judge(g, t, w, u, v, side):
    """Whether the move of u behind v, or of v before u, is the one to make."""
    if not (goes_behind(g, u, v) if side == BEHIND else goes_before(g, u, v)):
        return
    w.judged += 1
    value = outcome(g, u, v, side) if w.exact else estimate(g, u, v, side)
    if value >= w.best and is_tabu(g, t, w, u, v, side):
        w.tabu_moves += 1
        if draw(w, w.tabu_moves) == 0:
            w.tabu_u, w.tabu_v, w.tabu_side = u, v, side
        return
    if value < w.value:
        w.value, w.ties = value, 0
    if value == w.value:
        w.ties += 1
        if draw(w, w.ties) == 0:
            w.u, w.v, w.side = u, v, side


@fast
def cell(g, t, w, x, y):
    """Where it stands how long x may not go before y: a cell of its own, unless there are too many."""
    return (x * w.lanes + g.operation[y].lane) & (t.until.size - 1)


@fast
def is_tabu(g, t, w, u, v, side):
    """Whether any of the pairs whose order the move turns round is forbidden."""
    x = v if side == BEHIND else u
    while x != (u if side == BEHIND else v):
        one, other = (x, u) if side == BEHIND else (v, x)
        if t.until[cell(g, t, w, one, other)] > w.moves:
            return True
        x = g.operation[x].left if side == BEHIND else g.operation[x].right
    return False


@fast
def forbid(g, t, w):
    """Forbid what would turn round again any of the pairs that the move to make turns round."""
    until = w.moves + w.tenure + draw(w, w.spread)
    x = w.v if w.side == BEHIND else w.u
    while x != (w.u if w.side == BEHIND else w.v):
        one, other = (w.u, x) if w.side == BEHIND else (x, w.v)
        t.until[cell(g, t, w, one, other)] = until
        x = g.operation[x].left if w.side == BEHIND else g.operation[x].right
