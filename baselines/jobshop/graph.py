"""A semi-active schedule as a graph: heads, tails and a topological order, kept up to date as operations are moved.

The longest path to the end of an operation is its `end`, that from its start to the makespan is its `tail`; both count
its own duration. Operation O stands for none: its end and tail are 0.
"""

from typing import NamedTuple

import numpy as np

from envs.core.compiled import fast

BEHIND, BEFORE = 1, 0
OPERATION = np.dtype(
    [
        ("duration", np.int64),
        ("end", np.int64),
        ("tail", np.int64),
        ("trial", np.int64),  # its head or its end after the move that is being judged
        ("before", np.int32),  # in its job, O for none
        ("after", np.int32),
        ("left", np.int32),  # on its machine, O for none
        ("right", np.int32),
        ("place", np.int32),  # in the topological order
        ("mark", np.int32),  # 1 while it goes with the one that is moved
        ("machine", np.int32),  # of those that are used
        ("lane", np.int32),  # rank among its machine's operations, in the order of their numbers
    ]
)
"""64 bytes, a line of the processor's cache."""


class Graph(NamedTuple):
    """A schedule; only compiled code writes it."""

    operation: np.recarray  # (O + 1,) of OPERATION
    order: np.ndarray  # (O,) topological: every operation behind those before it in its job and on its machine
    moved: np.ndarray  # (O,) the part of it that is being written
    job_last: np.ndarray  # (J,) the last operation of each job
    machine_last: np.ndarray  # (M,) while machine sequences are read off an order
    path: np.ndarray  # (O,) a critical path, its last operation first


@fast
def rebuild(g):
    """Machine sequences, heads and tails from the topological order; returns the makespan."""
    none = g.order.size
    g.machine_last[:] = none
    for i in range(none):
        x = g.operation[g.order[i]]
        x.place = i
        x.left, x.right = g.machine_last[x.machine], none
        g.operation[x.left].right = g.order[i]
        g.machine_last[x.machine] = g.order[i]
    return follow(g, 0, none - 1)


@fast
def follow(g, first, last):
    """Heads from place `first` on and tails from place `last` down; returns the makespan."""
    for i in range(first, g.order.size):
        x = g.operation[g.order[i]]
        x.end = max(g.operation[x.before].end, g.operation[x.left].end) + x.duration
    for i in range(last, -1, -1):
        x = g.operation[g.order[i]]
        x.tail = max(g.operation[x.after].tail, g.operation[x.right].tail) + x.duration
    makespan = 0
    for j in range(g.job_last.size):
        makespan = max(makespan, g.operation[g.job_last[j]].end)
    return makespan


@fast
def move(g, u, v, side):
    """Put u behind a later v of its block, or v before u, which makes no cycle; returns the makespan."""
    first, last = g.operation[u].place, g.operation[v].place
    put(g, u, v, side)
    return follow(g, first, last)


@fast
def put(g, u, v, side):
    """`move` without heads and tails."""
    a, b = g.operation[u], g.operation[v]
    first, last = a.place, b.place
    if side == BEHIND:
        link(g, a.left, a.right)
        link(g, u, b.right)
        link(g, v, u)
        put_behind(g, u, first, last)
    else:
        link(g, b.left, b.right)
        link(g, a.left, v)
        link(g, v, u)
        put_before(g, v, first, last)


@fast
def link(g, left, right):
    """`right` follows `left` on their machine; either may be none."""
    g.operation[left].right = right
    g.operation[right].left = left


@fast
def put_behind(g, u, first, last):
    """Order places `first` to `last` anew: u, which is at `first`, and all that follow it go to the end."""
    kept, behind = first, 0
    g.operation[u].mark = 1
    for i in range(first, last + 1):
        o = g.order[i]
        x = g.operation[o]
        if o != u:
            x.mark = g.operation[x.before].mark | g.operation[x.left].mark
        if x.mark:
            g.moved[behind] = o
            behind += 1
        else:
            g.order[kept] = o
            x.place = kept
            kept += 1
    for i in range(behind):
        x = g.operation[g.moved[i]]
        g.order[kept + i] = g.moved[i]
        x.place, x.mark = kept + i, 0


@fast
def put_before(g, v, first, last):
    """Order places `first` to `last` anew: v, which is at `last`, and all that it follows go to the begin."""
    kept, ahead = last, 0
    g.operation[v].mark = 1
    for i in range(last, first - 1, -1):
        o = g.order[i]
        x = g.operation[o]
        if o != v:
            x.mark = g.operation[x.after].mark | g.operation[x.right].mark
        if x.mark:
            g.moved[ahead] = o
            ahead += 1
        else:
            g.order[kept] = o
            x.place = kept
            kept -= 1
    for i in range(ahead):
        x = g.operation[g.moved[i]]
        g.order[kept - i] = g.moved[i]
        x.place, x.mark = kept - i, 0
