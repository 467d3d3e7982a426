"""What an agent sees: the graph of an instance, its state, and the candidates."""

from envs.core.compiled import fast
from envs.core.drawing import blank, connect, soft
from envs.jobshop.lookahead import look_ahead
from envs.jobshop.state import (
    CLOCK,
    DISPATCH,
    MACHINE,
    NEEDS,
    NO_LOOKAHEAD,
    OPERATION,
    PILOT,
    PREDECESSOR,
    SERVES,
    SUCCESSOR,
)


@fast
def draw_graph(s, o, b):
    """Nodes, edges and their features; the ids were written by the environment."""
    blank(o, b)
    shop = s.shop[b]
    per_mean, per_bound = 0.5 / shop.mean_duration, 1.0 / shop.first_bound
    o.node_type[b, 0] = CLOCK
    o.node_features[b, 0, 6] = shop.jobs / (shop.jobs + shop.machines)
    o.node_state[b, 0, 2] = shop.bound * per_bound
    e = 0
    for j in range(shop.jobs):
        job = s.job[b, j]
        o.candidates[b, j, :] = 1 + job.first
        o.candidate_type[b, j] = DISPATCH
        o.node_state[b, 1 + job.first, 3] = 1.0
        for i in range(job.first, job.end):
            operation = s.operation[b, i]
            v, w, p = 1 + i, 1 + shop.operations + operation.machine, operation.duration
            head = job.length - operation.rest
            o.node_type[b, v] = OPERATION
            o.node_features[b, v, 0] = p * per_mean
            o.node_features[b, v, 1] = (i - job.first) / (job.end - job.first)
            o.node_features[b, v, 2] = head * per_bound
            o.node_features[b, v, 3] = (operation.rest - p) * per_bound
            o.node_features[b, v, 4] = job.length * per_bound
            o.node_features[b, v, 5] = s.machine[b, operation.machine].load * per_bound
            o.node_state[b, v, 1] = head * per_bound
            o.node_state[b, v, 2] = (head + p) * per_bound
            e = connect(o, b, e, v, w, NEEDS, p * per_mean)
            e = connect(o, b, e, w, v, SERVES, p * per_mean)
            if i + 1 < job.end:
                e = connect(o, b, e, v, v + 1, SUCCESSOR, p * per_mean)
                e = connect(o, b, e, v + 1, v, PREDECESSOR, p * per_mean)
    for m in range(shop.machines):
        w, load = 1 + shop.operations + m, s.machine[b, m].load * per_bound
        o.node_type[b, w] = MACHINE
        o.node_features[b, w, 5] = load
        o.node_features[b, w, 6] = s.machine[b, m].total / shop.jobs
        o.node_state[b, w, 2] = load


@fast
def observe(s, o, b, lookahead):
    """Rewrite the clock node, the mask and the candidate features of this decision."""
    shop = s.shop[b]
    per_bound = 1.0 / shop.first_bound
    o.node_state[b, 0, 0] = 1.0 - shop.remaining / shop.operations
    o.node_state[b, 0, 1] = shop.time * per_bound
    o.node_state[b, 0, 2] = shop.bound * per_bound
    for j in range(shop.jobs):
        if o.action_mask[b, j]:
            o.action_mask[b, j] = 0
            for k in range(o.candidate_features.shape[2]):
                o.candidate_features[b, j, k] = 0.0
    for c in range(shop.candidates):
        o.action_mask[b, s.legal[b, c]] = 1
        describe(s, o.candidate_features[b, s.legal[b, c]], b, s.legal[b, c])
    if lookahead != NO_LOOKAHEAD:
        look_ahead(s, o, b, lookahead == PILOT)


@fast
def describe(s, f, b, j):
    """What is known of dispatching job j in constant time."""
    shop, job = s.shop[b], s.job[b, j]
    machine = s.machine[b, job.machine]
    ends, tail, bound = job.earliest + job.duration, job.rest - job.duration, shop.bound
    unit = 1.0 / shop.mean_duration
    share = shop.machines / max(shop.work, 1)  # times a machine's load: 1 = as much as the mean machine has left
    f[0] = soft(job.duration * unit)
    f[1] = soft((job.earliest - job.ready) * unit)
    f[2] = soft((job.earliest - machine.free) * unit)
    f[3] = soft((shop.completion - job.earliest) * unit)
    f[4] = soft((ends - shop.completion) * unit)
    f[5] = (job.next - job.first) / (job.end - job.first)
    f[6] = soft(tail * unit)
    f[7] = soft((job.rest - shop.longest) * unit)
    f[8] = soft((ends + tail - bound) * unit)
    f[9] = soft((ends + machine.load - job.duration - bound) * unit)
    f[10] = soft(machine.load * share)
    f[11] = machine.waiting / shop.jobs
    if job.next + 1 < job.end:
        upcoming = s.operation[b, job.next + 1]
        then = s.machine[b, upcoming.machine]
        f[12] = soft(upcoming.duration * unit)
        f[13] = soft((then.free - ends) * unit)
        f[14] = soft((max(then.free, ends) + then.load - bound) * unit)
        f[15] = soft(then.load * share)
        f[16] = then.waiting / shop.jobs
    else:
        f[17] = 1.0
    f[18] = shop.candidates / shop.jobs
    f[19] = 1.0 - shop.remaining / shop.operations
    f[20] = bound / shop.first_bound - 1.0
