"""The graph of a blocking job shop, which loses what is over: nodes and edges of operations that have left.

An operation's four edges, to and from its machine and to and from the next of its job, have places of their own, and so
have the two of each job whose next machine is taken. What the graph holds is told by how far each job has come, so its
name, `ids[0]`, is the instance's plus a random number for each operation that has started and each job that has left.
"""

from envs.blocking_jobshop.features import (
    BLOCKED_BY,
    BLOCKS,
    CLOCK,
    ENTER,
    HELD,
    HOLDS,
    MACHINE,
    NEEDS,
    OPERATION,
    PREDECESSOR,
    SERVES,
    SUCCESSOR,
    WAIT,
    E,
    N,
    S,
)
from envs.blocking_jobshop.state import IDS, NOW
from envs.core.compiled import fast, part
from envs.core.drawing import blank, connect, soft


@part
def draw_graph(s, o, b):
    """Nodes, edges and their features before any decision."""
    blank(o, b)
    shop = s.shop[b]
    per_mean, per_bound = 0.5 / shop.mean_duration, 1.0 / shop.first_bound
    o.node_type[b, 0] = CLOCK
    o.node_features[b, 0, N.share] = shop.jobs / (shop.jobs + shop.machines)
    o.node_features[b, 0, N.swap] = shop.swap
    if shop.can_fail:
        o.node_features[b, 0, N.downtime] = soft(shop.mean_downtime / shop.mean_duration)
        o.node_features[b, 0, N.repeat] = 1 - shop.resume
        o.node_features[b, 0, N.busy_only] = shop.busy_only
    o.candidate_type[b, 0] = WAIT
    for j in range(shop.jobs):
        job = s.job[b, j]
        job.drawn, job.standing, job.shown = job.first, -1, -1
        o.candidates[b, 1 + j, :] = 1 + job.first
        o.candidate_type[b, 1 + j] = ENTER
        head = 0
        for i in range(job.first, job.end):
            operation = s.operation[b, i]
            v, w, p = 1 + i, 1 + shop.operations + operation.machine, operation.duration * per_mean
            o.node_type[b, v] = OPERATION
            o.node_features[b, v, N.duration] = p
            o.node_features[b, v, N.position] = (i - job.first) / (job.end - job.first)
            o.node_features[b, v, N.tail] = (job.length - head - operation.duration) * per_bound
            o.node_features[b, v, N.job_length] = job.length * per_bound
            o.node_features[b, v, N.machine_load] = s.machine[b, operation.machine].load * per_bound
            head += operation.duration
            connect(o, b, 4 * i, v, w, NEEDS, E.duration, p)
            connect(o, b, 4 * i + 1, w, v, SERVES, E.duration, p)
            if i + 1 < job.end:
                connect(o, b, 4 * i + 2, v, v + 1, SUCCESSOR, E.duration, p)
                connect(o, b, 4 * i + 3, v + 1, v, PREDECESSOR, E.duration, p)
    for m in range(shop.machines):
        w, machine = 1 + shop.operations + m, s.machine[b, m]
        o.node_type[b, w] = MACHINE
        o.node_features[b, w, N.machine_load] = machine.load * per_bound
        o.node_features[b, w, N.share] = soft(machine.total / shop.jobs)
        o.node_features[b, w, N.down_share] = down_share(shop, machine)


@fast
def down_share(shop, machine):
    """Share of time that a machine is expected to be down, in the long run."""
    downtime = machine.shutdown * shop.mean_downtime
    return downtime / (1.0 + downtime)


@fast
def settle_graph(s, o, b):
    """Let the graph follow the jobs: what has left goes, who is on a machine holds it, who waits for it is blocked."""
    shop, changed = s.shop[b], False
    for m in range(shop.machines):
        s.holds[b, m] = -1
    for j in range(shop.jobs):
        job = s.job[b, j]
        gone = job.held + 1 == job.end and s.operation[b, job.held].leave >= 0
        first = job.end if gone else max(job.held, job.first)
        if job.drawn < first or job.standing < job.held:
            changed = True
            follow(s, o, b, j, first)
        if job.held >= 0 and not gone:
            s.holds[b, s.operation[b, job.held].machine] = j
    if changed:
        block(s, o, b)


@fast
def follow(s, o, b, j, first):
    """The operations of job j before `first` leave the graph, and the one with which it is on a machine holds that."""
    job = s.job[b, j]
    name = o.ids[b, 0]
    for i in range(job.drawn, first):
        leave(o, b, i)
        if i > job.first:  # the edges from the operation before
            erase(o, b, 4 * i - 2)
            erase(o, b, 4 * i - 1)
    for i in range(max(job.standing + 1, job.first), job.held + 1):
        name = (name + s.operation[b, i].mark) & IDS
    if first == job.end:
        name = (name + s.operation[b, job.first].farewell) & IDS
    else:
        if first > job.first:
            erase(o, b, 4 * first - 2)
            erase(o, b, 4 * first - 1)
        if job.held >= 0:
            o.edge_type[b, 4 * first] = HOLDS
            o.edge_type[b, 4 * first + 1] = HELD
            o.node_state[b, 1 + first, S.held] = 1.0
            o.node_state[b, 1 + first, S.next] = 0.0
    job.drawn, job.standing, job.shown = first, job.held, -1
    o.ids[b, 0] = name
    at = s.at[b, NOW, j]
    if at.machine >= 0:
        o.candidates[b, 1 + j, 0] = o.candidates[b, 1 + j, 1] = 1 + at.next
    else:
        o.candidates[b, 1 + j, 0] = o.candidates[b, 1 + j, 1] = 0
        o.candidate_type[b, 1 + j] = -1


@fast
def leave(o, b, i):
    """Operation i is no node any more, and has no edge to or from its machine."""
    o.node_type[b, 1 + i] = -1
    for k in range(o.node_features.shape[2]):
        o.node_features[b, 1 + i, k] = 0.0
    for k in range(o.node_state.shape[2]):
        o.node_state[b, 1 + i, k] = 0.0
    erase(o, b, 4 * i)
    erase(o, b, 4 * i + 1)


@fast
def erase(o, b, e):
    """Edge e is none any more."""
    o.edges[b, 0, e] = 0
    o.edges[b, 1, e] = 0
    o.edge_type[b, e] = -1
    o.edge_features[b, e, 0] = 0.0


@fast
def block(s, o, b):
    """Edges between the next operation of each job whose next machine another has, and what that one does there."""
    shop = s.shop[b]
    for j in range(shop.jobs):
        at, e = s.at[b, NOW, j], 4 * shop.operations + 2 * j
        k = s.holds[b, at.machine] if at.machine >= 0 else -1
        if k < 0 or k == j:
            if o.edge_type[b, e] >= 0:
                erase(o, b, e)
                erase(o, b, e + 1)
            continue
        v, w = 1 + at.next, 1 + s.job[b, k].held
        p = s.operation[b, at.next].duration * 0.5 / shop.mean_duration
        connect(o, b, e, v, w, BLOCKED_BY, E.duration, p)
        connect(o, b, e + 1, w, v, BLOCKS, E.duration, p)
