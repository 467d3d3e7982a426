"""What an agent sees of this decision: the state of the nodes, and the candidates with what is known in short time."""

from envs.blocking_jobshop.features import WAIT, C, S
from envs.blocking_jobshop.graph import down_share
from envs.blocking_jobshop.lookahead import look_ahead
from envs.blocking_jobshop.state import LATE, NOW
from envs.core.compiled import fast
from envs.core.drawing import soft


@fast
def clear(s, o, b):
    """The candidates of the last decision are none any more."""
    for c in range(s.shop[b].candidates):
        action = s.legal[b, c]
        o.action_mask[b, action] = 0
        for k in range(o.candidate_features.shape[2]):
            o.candidate_features[b, action, k] = 0.0


@fast
def observe(s, o, b, options):
    """Write the state of the nodes, the mask and the candidate features."""
    shop = s.shop[b]
    if shop.finished == shop.jobs:
        shop.candidates = 0
    show_machines(s, o, b)
    show_jobs(s, o, b)
    if shop.candidates > 0:
        describe_all(s, o, b)
        if options.bound:
            look_ahead(s, o, b, options.pilot)


@fast
def show_machines(s, o, b):
    """The machines and, behind them, the clock."""
    shop, level = s.shop[b], s.layer[b, NOW]
    per_bound, held, down = 1.0 / shop.first_bound, 0, 0
    for m in range(shop.machines):
        machine, hold, w = s.machine[b, m], s.hold[b, NOW, m], 1 + shop.operations + m
        o.node_state[b, w, S.done] = 1.0 - hold.left / max(machine.total, 1)
        o.node_state[b, w, S.start] = hold.release * per_bound
        o.node_state[b, w, S.end] = hold.load * per_bound
        o.node_state[b, w, S.held] = s.holds[b, m] >= 0
        o.node_state[b, w, S.down] = 1 - machine.up
        held += s.holds[b, m] >= 0
        down += 1 - machine.up
    o.node_state[b, 0, S.done] = 1.0 - level.remaining / shop.operations
    o.node_state[b, 0, S.start] = shop.time * per_bound
    o.node_state[b, 0, S.end] = level.bound * per_bound
    o.node_state[b, 0, S.next] = level.inside / shop.jobs
    o.node_state[b, 0, S.held] = held / shop.machines
    o.node_state[b, 0, S.down] = down / shop.machines


@fast
def show_jobs(s, o, b):
    """The operations: with which the jobs are on machines, and those to come where what is expected of them changed."""
    shop = s.shop[b]
    per_bound = 1.0 / shop.first_bound
    for j in range(shop.jobs):
        job, at = s.job[b, j], s.at[b, NOW, j]
        job.next = at.next if at.machine >= 0 else -1
        job.inside, job.ready = at.held >= 0, 0
        if job.held >= 0:
            operation = s.operation[b, job.held]
            job.ready = at.ready if operation.end < 0 else operation.end
            if job.drawn == job.held:
                o.node_state[b, 1 + job.held, S.start] = operation.start * per_bound
                o.node_state[b, 1 + job.held, S.end] = job.ready * per_bound
        if at.machine >= 0 and job.shown != at.start:
            job.shown = at.start
            for i in range(at.next, job.end):
                operation = s.operation[b, i]
                starts = at.start + at.rest - operation.rest
                o.node_state[b, 1 + i, S.start] = starts * per_bound
                o.node_state[b, 1 + i, S.end] = (starts + operation.expected) * per_bound
            o.node_state[b, 1 + at.next, S.next] = 1.0


@fast
def describe_all(s, o, b):
    """The mask, and what is known of each candidate and of all of them without looking ahead."""
    shop, level = s.shop[b], s.layer[b, NOW]
    load, down, bottleneck, latest = 0, 0, 0, -1
    for m in range(shop.machines):
        hold, machine = s.hold[b, NOW, m], s.machine[b, m]
        load += hold.load
        down += 1 - machine.up
        machine.waiting = 0
        if hold.release + hold.load > latest:
            bottleneck, latest = m, hold.release + hold.load
    for j in range(shop.jobs):
        if s.at[b, NOW, j].machine >= 0:
            s.machine[b, s.at[b, NOW, j].machine].waiting += 1
    earliest = LATE
    for c in range(shop.candidates):
        action = s.legal[b, c]
        earliest = min(earliest, shop.coming if action == WAIT else s.at[b, NOW, action - 1].start)
    per_load = shop.machines / max(load, 1)  # times a machine's load: 1 = as much as the mean machine has left
    unit = 1.0 / shop.mean_duration
    for c in range(shop.candidates):
        action = s.legal[b, c]
        f = o.candidate_features[b, action]
        o.action_mask[b, action] = 1
        f[C.inside] = level.inside / shop.jobs
        f[C.free] = 1.0 - level.inside / shop.machines
        f[C.down] = down / shop.machines
        f[C.candidates] = shop.candidates / (1 + shop.jobs)
        f[C.progress] = 1.0 - level.remaining / shop.operations
        f[C.growth] = 1.0 - shop.first_bound / max(level.bound, shop.first_bound)
        if action == WAIT:
            f[C.start] = soft((shop.coming - earliest) * unit)
        else:
            f[C.start] = soft((s.at[b, NOW, action - 1].start - earliest) * unit)
            describe(s, f, b, action - 1, per_load)
            meet_bottleneck(s, f, b, action - 1, bottleneck)
    rank(s, o, b)


@fast
def describe(s, f, b, j, per_load):
    """What is known of the move of job j, of its next one, and of those that wait for what it leaves."""
    shop, job, at, bound = s.shop[b], s.job[b, j], s.at[b, NOW, j], s.layer[b, NOW].bound
    operation, hold, machine = s.operation[b, at.next], s.hold[b, NOW, at.machine], s.machine[b, at.machine]
    ends, tail, unit = at.start + operation.expected, at.rest - operation.expected, 1.0 / shop.mean_duration
    f[C.duration] = soft(operation.expected * unit)
    f[C.waiting] = soft((at.start - at.ready) * unit)
    f[C.end] = soft((ends - shop.soonest) * unit)
    f[C.idle] = soft((at.start - hold.free) * unit)
    f[C.position] = (at.next - job.first) / (job.end - job.first)
    f[C.tail] = soft(tail * unit)
    f[C.work] = soft((at.rest - shop.longest) * unit)
    f[C.job_bound] = soft((ends + tail - bound) * unit)
    f[C.machine_bound] = soft((ends + hold.load - operation.expected - bound) * unit)
    f[C.machine_share] = soft(hold.load * per_load)
    f[C.machine_waiting] = machine.waiting / shop.jobs
    f[C.down_share] = down_share(shop, machine)
    if at.next + 1 < job.end:
        meet_next(s, f, b, s.operation[b, at.next + 1], ends, per_load)
    else:
        f[C.last] = 1.0
    if at.held < 0:
        f[C.entry] = 1.0
    else:
        f[C.frees] = s.hold[b, NOW, at.held].left > 0
        look_upstream(s, f, b, at.held)


@fast
def meet_next(s, f, b, operation, ends, per_load):
    """What is known of the machine of the operation after the move."""
    shop, hold, machine = s.shop[b], s.hold[b, NOW, operation.machine], s.machine[b, operation.machine]
    unit = 1.0 / shop.mean_duration
    f[C.next_duration] = soft(operation.expected * unit)
    f[C.next_held] = hold.holder >= 0
    f[C.next_down] = 1 - machine.up
    f[C.next_release] = soft((hold.release - ends) * unit)
    f[C.next_bound] = soft((max(hold.release, ends) + hold.load - s.layer[b, NOW].bound) * unit)
    f[C.next_share] = soft(hold.load * per_load)
    f[C.next_waiting] = machine.waiting / shop.jobs
    m, length = operation.machine, 0
    while length < shop.machines and s.hold[b, NOW, m].holder >= 0:
        m = s.at[b, NOW, s.hold[b, NOW, m].holder].machine
        length += 1
    f[C.chain] = length / shop.machines


@fast
def look_upstream(s, f, b, m):
    """The jobs that wait for machine m, which is let go; where one of them alone is on a machine, so is that one."""
    shop = s.shop[b]
    count, latest, everybody, steps = 0, 0, 0, 0
    while m >= 0 and steps < shop.machines:
        follower = -1
        for k in range(shop.jobs):
            at = s.at[b, NOW, k]
            if at.machine == m:
                everybody += 1
                if at.held >= 0 and at.held != m:
                    follower = at.held if follower == -1 else -2
                if steps == 0:
                    count += 1
                    latest = max(latest, at.start + at.rest)
        m = follower
        steps += 1
    f[C.upstream] = count / shop.jobs
    f[C.upstream_all] = everybody / shop.jobs
    if count > 0:
        f[C.upstream_bound] = soft((latest - s.layer[b, NOW].bound) / shop.mean_duration)


@fast
def meet_bottleneck(s, f, b, j, bottleneck):
    """How far job j is from the machine with the latest release and work."""
    job, at = s.job[b, j], s.at[b, NOW, j]
    for i in range(at.next, job.end):
        if s.operation[b, i].machine == bottleneck:
            f[C.bottleneck] = 1.0
            f[C.bottleneck_distance] = soft((at.rest - s.operation[b, i].rest) / s.shop[b].mean_duration)
            break


@fast
def rank(s, o, b):
    """How many candidates start earlier, and have longer tails."""
    shop = s.shop[b]
    for c in range(shop.candidates):
        earlier, longer, action = 0, 0, s.legal[b, c]
        starts = shop.coming if action == WAIT else s.at[b, NOW, action - 1].start
        tail = tail_of(s, b, action)
        for d in range(shop.candidates):
            other = s.legal[b, d]
            earlier += (shop.coming if other == WAIT else s.at[b, NOW, other - 1].start) < starts
            longer += tail_of(s, b, other) > tail
        o.candidate_features[b, action, C.earlier] = earlier / shop.candidates
        o.candidate_features[b, action, C.longer] = longer / shop.candidates


@fast
def tail_of(s, b, action):
    """Work of the job after its move; none where the action waits."""
    if action == WAIT:
        return 0
    at = s.at[b, NOW, action - 1]
    return at.rest - s.operation[b, at.next].expected
