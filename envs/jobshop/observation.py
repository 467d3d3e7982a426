"""What an agent sees: the graph of an instance, its state, and the candidates."""

from envs.core.compiled import fast
from envs.core.drawing import blank, connect, soft
from envs.jobshop.features import (
    CLOCK,
    DISPATCH,
    MACHINE,
    NEEDS,
    OPERATION,
    PREDECESSOR,
    SERVES,
    SUCCESSOR,
    C,
    E,
    N,
    S,
)
from envs.jobshop.lookahead import look_ahead


@fast
def draw_graph(s, o, b):
    """Nodes, edges and their features; the ids were written by the environment."""
    blank(o, b)
    shop = s.shop[b]
    per_mean, per_bound = 0.5 / shop.mean_duration, 1.0 / shop.first_bound
    o.node_type[b, 0] = CLOCK
    o.node_features[b, 0, N.share] = shop.jobs / (shop.jobs + shop.machines)
    o.node_state[b, 0, S.end] = shop.bound * per_bound
    e = 0
    for j in range(shop.jobs):
        job = s.job[b, j]
        o.candidates[b, j, :] = 1 + job.first
        o.candidate_type[b, j] = DISPATCH
        o.node_state[b, 1 + job.first, S.next] = 1.0
        for i in range(job.first, job.end):
            operation = s.operation[b, i]
            v, w, p = 1 + i, 1 + shop.operations + operation.machine, operation.duration
            head = job.length - operation.rest
            o.node_type[b, v] = OPERATION
            o.node_features[b, v, N.duration] = p * per_mean
            o.node_features[b, v, N.position] = (i - job.first) / (job.end - job.first)
            o.node_features[b, v, N.head] = head * per_bound
            o.node_features[b, v, N.tail] = (operation.rest - p) * per_bound
            o.node_features[b, v, N.job_length] = job.length * per_bound
            o.node_features[b, v, N.machine_load] = s.machine[b, operation.machine].load * per_bound
            o.node_state[b, v, S.start] = head * per_bound
            o.node_state[b, v, S.end] = (head + p) * per_bound
            e = connect(o, b, e, v, w, NEEDS, E.duration, p * per_mean)
            e = connect(o, b, e, w, v, SERVES, E.duration, p * per_mean)
            if i + 1 < job.end:
                e = connect(o, b, e, v, v + 1, SUCCESSOR, E.duration, p * per_mean)
                e = connect(o, b, e, v + 1, v, PREDECESSOR, E.duration, p * per_mean)
    for m in range(shop.machines):
        w, load = 1 + shop.operations + m, s.machine[b, m].load * per_bound
        o.node_type[b, w] = MACHINE
        o.node_features[b, w, N.machine_load] = load
        o.node_features[b, w, N.share] = s.machine[b, m].total / shop.jobs
        o.node_state[b, w, S.end] = load


@fast
def observe(s, o, b, options):
    """Rewrite the clock node, the mask and the candidate features of this decision."""
    shop = s.shop[b]
    per_bound = 1.0 / shop.first_bound
    o.node_state[b, 0, S.done] = 1.0 - shop.remaining / shop.operations
    o.node_state[b, 0, S.start] = shop.time * per_bound
    o.node_state[b, 0, S.end] = shop.bound * per_bound
    for j in range(shop.jobs):
        if o.action_mask[b, j]:
            o.action_mask[b, j] = 0
            for k in range(o.candidate_features.shape[2]):
                o.candidate_features[b, j, k] = 0.0
    for c in range(shop.candidates):
        o.action_mask[b, s.legal[b, c]] = 1
        describe(s, o.candidate_features[b, s.legal[b, c]], b, s.legal[b, c])
    if options.bound:
        look_ahead(s, o, b, options.pilot)


@fast
def describe(s, f, b, j):
    """What is known of dispatching job j in constant time."""
    shop, job = s.shop[b], s.job[b, j]
    machine = s.machine[b, job.machine]
    ends, tail, bound = job.earliest + job.duration, job.rest - job.duration, shop.bound
    unit = 1.0 / shop.mean_duration
    share = shop.machines / max(shop.work, 1)  # times a machine's load: 1 = as much as the mean machine has left
    f[C.duration] = soft(job.duration * unit)
    f[C.waiting] = soft((job.earliest - job.ready) * unit)
    f[C.idle] = soft((job.earliest - machine.free) * unit)
    f[C.before_completion] = soft((shop.completion - job.earliest) * unit)
    f[C.after_completion] = soft((ends - shop.completion) * unit)
    f[C.position] = (job.next - job.first) / (job.end - job.first)
    f[C.tail] = soft(tail * unit)
    f[C.work] = soft((job.rest - shop.longest) * unit)
    f[C.job_bound] = soft((ends + tail - bound) * unit)
    f[C.machine_bound] = soft((ends + machine.load - job.duration - bound) * unit)
    f[C.machine_share] = soft(machine.load * share)
    f[C.machine_waiting] = machine.waiting / shop.jobs
    if job.next + 1 < job.end:
        upcoming = s.operation[b, job.next + 1]
        then = s.machine[b, upcoming.machine]
        f[C.next_duration] = soft(upcoming.duration * unit)
        f[C.next_free] = soft((then.free - ends) * unit)
        f[C.next_bound] = soft((max(then.free, ends) + then.load - bound) * unit)
        f[C.next_share] = soft(then.load * share)
        f[C.next_waiting] = then.waiting / shop.jobs
    else:
        f[C.last] = 1.0
    f[C.candidates] = shop.candidates / shop.jobs
    f[C.progress] = 1.0 - shop.remaining / shop.operations
    f[C.growth] = bound / shop.first_bound - 1.0
