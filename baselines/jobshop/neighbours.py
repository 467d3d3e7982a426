"""What moving an operation within a block would give: the moves of a critical path and their estimates.

A block is a run of a critical path on one machine. A move takes an operation u of it right after a later one v, or v
right before u. What it gives is estimated by the longest path through the operations from u to v, with the heads and
tails of all others as they are: Taillard (1994), ORSA Journal on Computing 6(2), for neighbours, where that is the
longest path through either of them; Balas and Vazacopoulos (1998), Management Science 44(2), for any two.
"""

from baselines.jobshop.graph import BEFORE, BEHIND, put
from envs.core.compiled import fast


@fast
def draw(w, n):
    """A number from 0 to n - 1, by Knuth's linear congruential generator of 64 bits."""
    w.random = w.random * 6364136223846793005 + 1442695040888963407
    return ((w.random >> 33) & 0x3FFFFFFF) % n


@fast
def critical_path(g, w):
    """Write a random critical path of the schedule with the makespan; returns how many operations it has."""
    o, ties, count = 0, 0, 0
    for j in range(g.job_last.size):
        if g.operation[g.job_last[j]].end == w.makespan:
            ties += 1
            if draw(w, ties) == 0:
                o = g.job_last[j]
    while True:
        g.path[count] = o
        count += 1
        x = g.operation[o]
        head = x.end - x.duration
        if head == 0:
            return count
        left, before = g.operation[x.left].end == head, g.operation[x.before].end == head
        o = x.left if left and not (before and draw(w, 2)) else x.before


@fast
def goes_behind(g, u, v):
    """Whether taking u right after v makes no cycle; may say no where it would not."""
    after, b = g.operation[g.operation[u].after], g.operation[v]
    if g.operation[u].after == v:
        return False
    return g.operation[u].after == g.order.size or after.tail < after.duration + b.tail or after.place > b.place


@fast
def goes_before(g, u, v):
    """Whether taking v right before u makes no cycle; may say no where it would not."""
    before, a = g.operation[g.operation[v].before], g.operation[u]
    if g.operation[v].before == u:
        return False
    return g.operation[v].before == g.order.size or before.end - before.duration < a.end or before.place < a.place


@fast
def estimate(g, u, v, side):
    """The longest path through u to v if u is put behind v, or v before u."""
    a, b = g.operation[u], g.operation[v]
    begin, tail, longest = g.operation[a.left].end, g.operation[b.right].tail, 0
    if side == BEHIND:
        o = a.right
        while True:
            begin = come(g, o, begin)
            if o == v:
                break
            o = g.operation[o].right
        come(g, u, begin)
        tail = max(tail, g.operation[a.after].tail) + a.duration
        longest = a.trial + tail
        while o != u:
            tail = max(tail, g.operation[g.operation[o].after].tail) + g.operation[o].duration
            longest = max(longest, g.operation[o].trial + tail)
            o = g.operation[o].left
        return longest
    begin = come(g, v, begin)
    o = u
    while o != v:
        begin = come(g, o, begin)
        o = g.operation[o].right
    while o != u:
        o = g.operation[o].left
        tail = max(tail, g.operation[g.operation[o].after].tail) + g.operation[o].duration
        longest = max(longest, g.operation[o].trial + tail)
    tail = max(tail, g.operation[b.after].tail) + b.duration
    return max(longest, b.trial + tail)


@fast
def come(g, o, begin):
    """Operation o comes next, no sooner than `begin`; returns its end."""
    x = g.operation[o]
    x.trial = max(begin, g.operation[x.before].end)
    return x.trial + x.duration


@fast
def outcome(g, u, v, side):
    """The makespan after the move, from a pass over all operations: what `estimate` saves."""
    beside = g.operation[u].right if side == BEHIND else g.operation[v].left
    put(g, u, v, side)
    for i in range(g.order.size):
        x = g.operation[g.order[i]]
        x.trial = max(g.operation[x.before].trial, g.operation[x.left].trial) + x.duration
    makespan = 0
    for j in range(g.job_last.size):
        makespan = max(makespan, g.operation[g.job_last[j]].trial)
    if side == BEHIND:
        put(g, beside, u, BEFORE)
    else:
        put(g, v, beside, BEHIND)
    return makespan
