"""What moving an operation within a block would give: the moves of a critical path and their estimates.

A block is a run of a critical path on one machine. A move takes an operation u of it right after a later one v, or v
right before u. What it gives is estimated by the longest path through the operations from u to v, with the heads and
tails of all others as they are: Taillard (1994), ORSA Journal on Computing 6(2), for neighbours, where that is the
longest path through either of them; Balas and Vazacopoulos (1998), Management Science 44(2), for any two.
"""

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
def estimate(g, u, v, forward):
    """The longest path through u to v if u goes right after v or else v right before u."""
    a, b = g.operation[u], g.operation[v]
    begin = g.operation[a.left].end
    tail = g.operation[b.right].tail
    longest = 0
    if forward:
        o = a.right
        while True:
            x = g.operation[o]
            x.head = max(begin, g.operation[x.before].end)
            begin = x.head + x.duration
            if o == v:
                break
            o = x.right
        a.head = max(begin, g.operation[a.before].end)
        tail = max(tail, g.operation[a.after].tail) + a.duration
        longest = a.head + tail
        o = v
        while o != u:
            x = g.operation[o]
            tail = max(tail, g.operation[x.after].tail) + x.duration
            longest = max(longest, x.head + tail)
            o = x.left
        return longest
    b.head = max(begin, g.operation[b.before].end)
    begin = b.head + b.duration
    o = u
    while o != v:
        x = g.operation[o]
        x.head = max(begin, g.operation[x.before].end)
        begin = x.head + x.duration
        o = x.right
    o = b.left
    while True:
        x = g.operation[o]
        tail = max(tail, g.operation[x.after].tail) + x.duration
        longest = max(longest, x.head + tail)
        if o == u:
            break
        o = x.left
    tail = max(tail, g.operation[b.after].tail) + b.duration
    return max(longest, b.head + tail)
