"""The kernel of the job shop: `reset` and `step` of B instances at once, over arrays.

An operation is an index into the arrays of its instance, job after job; operation o is node 1 + o of the graph, machine
m is node 1 + O + m. Action j dispatches the next operation of job j at its earliest start. Letters: B batch, J jobs,
M machines, O operations, N nodes, E edges, A = J candidates. Times are integers in the instance's unit; a feature
called a time is divided by the mean duration and squashed by `soft`, or, in the graph, divided by the first bound.

Arrays and records are in `state`. Here is what a step does; its parts are `observation`, `lookahead` and `pilot`.
"""

from envs.core.compiled import entry, fast
from envs.core.problem import Outcome
from envs.core.spec import Observation
from envs.jobshop.features import S
from envs.jobshop.observation import draw_graph, observe
from envs.jobshop.pilot import LATE
from envs.jobshop.state import ACTIVE, NON_DELAY, SEMI_ACTIVE, KernelOptions, State


@entry
def fill(s, b, duration, machine, job_start, machines):
    """Copy the numbers of an instance into row b."""
    shop = s.shop[b]
    shop.jobs, shop.machines, shop.operations = job_start.size - 1, machines, duration.size
    for j in range(s.job.shape[1]):
        job = s.job[b, j]
        if j < shop.jobs:
            job.first, job.end = job_start[j], job_start[j + 1]
        else:
            job.next, job.machine = -1, -1
    for i in range(duration.size):
        operation = s.operation[b, i]
        operation.duration, operation.machine = duration[i], machine[i]


@entry
def reset(s: State, o: Observation, out: Outcome, rows, options: KernelOptions):
    """Start the instances of the rows where `rows` is true."""
    for b in range(rows.size):
        if rows[b]:
            begin(s, b)
            draw_graph(s, o, b)
            candidates(s, b, options.scheme)
            shop = s.shop[b]
            while options.skip_forced and shop.candidates == 1 and shop.remaining > 1:  # one decision is always left
                dispatch(s, o, b, s.legal[b, 0])
                candidates(s, b, options.scheme)
            observe(s, o, b, options)
            out.reward[b] = 0.0
            out.terminated[b] = False
            out.truncated[b] = False
            out.elapsed[b] = s.shop[b].time
            out.objective[b] = s.shop[b].bound


@entry
def step(s: State, o: Observation, out: Outcome, actions, running, options: KernelOptions):
    """Dispatch the chosen job in each running row, then the forced moves; the actions are legal."""
    for b in range(actions.size):
        out.reward[b] = 0.0
        out.elapsed[b] = 0.0
        if running[b]:
            shop = s.shop[b]
            time = shop.time
            shop.promised = s.pilot[b, actions[b]] if options.scheme == ACTIVE and options.pilot else -1
            dispatch(s, o, b, actions[b])
            candidates(s, b, options.scheme)
            while options.skip_forced and shop.candidates == 1:
                dispatch(s, o, b, s.legal[b, 0])
                candidates(s, b, options.scheme)
            o.ids[b, 1] += 1
            observe(s, o, b, options)
            out.reward[b] = (shop.rewarded - shop.bound) / shop.mean_duration
            shop.rewarded = shop.bound
            out.elapsed[b] = shop.time - time
            out.objective[b] = shop.bound
            out.terminated[b] = shop.remaining == 0


@fast
def begin(s, b):
    """The state before any decision, from the numbers of the instance."""
    shop = s.shop[b]
    for m in range(shop.machines):
        machine = s.machine[b, m]
        machine.total, machine.queued, machine.load, machine.free, machine.waiting = 0, 0, 0, 0, 0
    bound, work = 0, 0
    for j in range(shop.jobs):
        job = s.job[b, j]
        rest = 0
        for i in range(job.end - 1, job.first - 1, -1):
            operation = s.operation[b, i]
            rest += operation.duration
            operation.rest = rest
            operation.start = -1
            s.machine[b, operation.machine].load += operation.duration
            s.machine[b, operation.machine].total += 1
        job.length = rest
        job.ready = 0
        set_next(s, job, b, job.first)
        bound, work = max(bound, rest), work + rest
    at = 0
    for m in range(shop.machines):
        s.machine[b, m].first = at
        at += s.machine[b, m].total
        bound = max(bound, s.machine[b, m].load)
    for j in range(shop.jobs):
        for i in range(s.job[b, j].first, s.job[b, j].end):
            operation = s.operation[b, i]
            machine = s.machine[b, operation.machine]
            enqueue(s, b, machine.first + machine.queued, i, j, operation.duration, operation.rest)
            machine.queued += 1
    shop.mean_duration = max(work / shop.operations, 1e-9)
    shop.work = work
    shop.remaining = shop.operations
    shop.bound = bound
    shop.rewarded, shop.promised = bound, -1
    shop.first_bound = max(bound, 1)


@fast
def set_next(s, job, b, i):
    """Operation i is the next of the job."""
    operation = s.operation[b, i]
    job.next = i
    job.machine = operation.machine
    job.duration = operation.duration
    job.rest = operation.rest
    s.machine[b, operation.machine].waiting += 1


@fast
def enqueue(s, b, at, i, j, duration, rest):
    """Put operation i of job j into a place of its machine's queue."""
    s.operation[b, i].place = at
    entry = s.queue[b, at]
    entry.operation, entry.job, entry.duration, entry.rest = i, j, duration, rest


@fast
def dispatch(s, o, b, j):
    """Schedule the next operation of job j at its earliest start; `candidates` finds what follows for the others."""
    shop, job = s.shop[b], s.job[b, j]
    i, begins = job.next, job.earliest
    ends, delayed = begins + job.duration, begins > job.ready
    machine = s.machine[b, job.machine]
    s.operation[b, i].start = begins
    job.ready = ends
    machine.free = ends
    machine.load -= job.duration
    machine.waiting -= 1
    machine.queued -= 1
    shop.remaining -= 1
    shop.work -= job.duration
    last = s.queue[b, machine.first + machine.queued]  # takes the place that becomes free
    enqueue(s, b, s.operation[b, i].place, last.operation, last.job, last.duration, last.rest)
    shop.bound = max(shop.bound, ends + machine.load)

    per_bound = 1.0 / shop.first_bound
    w = 1 + shop.operations + job.machine
    o.node_state[b, 1 + i, S.done] = 1.0
    o.node_state[b, 1 + i, S.start] = begins * per_bound
    o.node_state[b, 1 + i, S.end] = ends * per_bound
    o.node_state[b, 1 + i, S.next] = 0.0
    o.node_state[b, w, S.done] = 1.0 - machine.queued / machine.total
    o.node_state[b, w, S.start] = ends * per_bound
    o.node_state[b, w, S.end] = machine.load * per_bound

    if i + 1 < job.end:
        set_next(s, job, b, i + 1)
        o.candidates[b, j, 0] = o.candidates[b, j, 1] = 2 + i
        o.node_state[b, 2 + i, S.next] = 1.0
        if delayed:  # the rest of the job moves with its head
            for k in range(i + 1, job.end):
                head = ends + job.rest - s.operation[b, k].rest
                o.node_state[b, 1 + k, S.start] = head * per_bound
                o.node_state[b, 1 + k, S.end] = (head + s.operation[b, k].duration) * per_bound
    else:
        job.next, job.machine, job.rest = -1, -1, 0
        o.candidates[b, j, 0] = o.candidates[b, j, 1] = 0
        o.candidate_type[b, j] = -1


@fast
def candidates(s, b, scheme):
    """The jobs among which the schedule generation scheme leaves a choice, lowest index first.

    active: the conflict set of Giffler and Thompson (1960). non_delay: the operations that can start first, on one
    machine. semi_active: every unfinished job.
    """
    shop = s.shop[b]
    bound, longest = shop.bound, 0
    time, sooner, completion, first, pick = LATE, LATE, LATE, -1, -1
    for j in range(shop.jobs):
        job = s.job[b, j]
        if job.next >= 0:
            begins = max(job.ready, s.machine[b, job.machine].free)
            ends = begins + job.duration
            job.earliest = begins
            job.reach = begins + job.rest
            bound = max(bound, job.reach)
            longest = max(longest, job.rest)
            if begins < time or (begins == time and ends < sooner):
                time, sooner, first = begins, ends, j
            if ends < completion:
                completion, pick = ends, j
    shop.bound = bound
    shop.longest = longest
    shop.completion = completion
    shop.time = time if first >= 0 else bound
    count = 0
    if first >= 0:
        chosen = first if scheme == NON_DELAY else pick
        machine = s.job[b, chosen].machine
        before = completion if scheme == ACTIVE else time + 1
        for j in range(shop.jobs):
            job = s.job[b, j]
            if scheme == SEMI_ACTIVE:
                legal = job.next >= 0
            else:  # j == chosen: its duration may be 0
                legal = job.machine == machine and (job.earliest < before or j == chosen)
            s.legal[b, count] = j
            count += legal
    shop.candidates = count
