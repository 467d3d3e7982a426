"""The rules of the job shop for B instances at once: `reset` and `step` over arrays, nothing else.

An operation is an index into the arrays of its instance, job after job; operation o is node 1 + o of the graph, machine
m is node 1 + O + m. Action j dispatches the next operation of job j at its earliest start. Letters: B batch, J jobs,
M machines, O operations, N nodes, E edges, A = J candidates. Times are integers in the instance's unit; a feature
called a time is divided by the mean duration and squashed by `soft`, or, in the graph, divided by the first bound.
"""

from typing import NamedTuple

import numpy as np

from envs.core.compiled import entry, fast, soft
from envs.core.problem import Outcome
from envs.core.spec import Observation
from envs.jobshop.completion import LATE, LINEAR, TRIAL_JOB, TRIAL_MACHINE
from envs.jobshop.lookahead import look_ahead

ACTIVE, NON_DELAY, SEMI_ACTIVE = 0, 1, 2
NO_LOOKAHEAD, BOUND, PILOT = 0, 1, 2
CLOCK, OPERATION, MACHINE = 0, 1, 2
SUCCESSOR, PREDECESSOR, NEEDS, SERVES = 0, 1, 2, 3
DISPATCH = 1

SHOP = {
    "jobs": int,
    "machines": int,
    "operations": int,
    "mean_duration": float,  # at least a tiny positive number
    "first_bound": int,  # lower bound before any decision, at least 1
    "remaining": int,  # operations not yet scheduled
    "work": int,  # their total duration
    "bound": int,  # the larger of job bound and machine bound; the makespan at the end
    "rewarded": int,  # the bound that the rewards so far have come to
    "time": int,  # earliest start of any next operation; the makespan at the end
    "completion": int,  # smallest completion of any next operation (c* of Giffler and Thompson)
    "longest": int,  # work left in the job that has most
    "candidates": int,  # how many jobs this decision is between
    "promised": int,  # makespan when the linear rule completes the schedule, -1 where that is not known
}
JOB = {
    "first": int,  # its operations are first, ..., end - 1
    "end": int,
    "length": int,  # their total duration
    "next": int,  # its next operation, -1 when finished
    "machine": int,  # that operation's machine, -1 when finished
    "duration": int,  # that operation's duration
    "rest": int,  # work of the job from that operation on, itself included; 0 when finished
    "ready": int,  # end of the last scheduled operation
    "earliest": int,  # earliest start of the next one
    "reach": int,  # earliest end of the job
}
MACHINE_RECORD = {
    "first": int,  # where its part of the queue begins
    "total": int,  # its operations
    "queued": int,  # those not yet scheduled
    "load": int,  # their total duration
    "free": int,  # end of the last scheduled operation
    "waiting": int,  # jobs whose next operation is here
}
OPERATION_RECORD = {
    "duration": int,
    "machine": int,
    "rest": int,  # work of the job from this operation on, itself included
    "start": int,  # -1 while unscheduled
    "place": int,  # where it is in the queue while unscheduled
}
QUEUE = {"operation": int, "job": int, "duration": int, "rest": int}


class State(NamedTuple):
    """Records, so that what is read together lies together; only the kernel writes them.

    `load` fills in the numbers of an instance, `begin` all the rest.
    """

    shop: np.recarray  # (B,) of SHOP
    job: np.recarray  # (B, J) of JOB
    machine: np.recarray  # (B, M) of MACHINE_RECORD
    operation: np.recarray  # (B, O) of OPERATION_RECORD
    queue: np.recarray  # (B, O) of QUEUE: the unscheduled operations of machine 0 in any order, a gap, machine 1, ...
    legal: np.ndarray  # (B, J + 1) the jobs that this decision is between, lowest first
    look: np.ndarray  # (B, J, 3) f64 of the candidates, between the two passes of `look_ahead`
    completion: np.ndarray  # (B, J) lookahead PILOT: makespan when the linear rule completes the schedule after job j
    trial: np.recarray  # (B, J) of TRIAL_JOB: the jobs while a rule completes the schedule
    trial_machine: np.recarray  # (B, M) of TRIAL_MACHINE: the machines at the same time
    soonest: np.ndarray  # (B, M) when the first of the jobs that wait for each can complete, LATE where none does
    weights: np.ndarray  # (B, 2, 6) f64 of the linear rule, as LINEAR


def allocate(batch: int, jobs: int, machines: int, operations: int) -> State:
    """Zeros for `batch` instances of at most so many jobs, machines and operations."""

    def records(fields: dict[str, type], *axes: int) -> np.recarray:
        dtype = np.dtype([(name, np.float64 if kind is float else np.int64) for name, kind in fields.items()])
        return np.zeros((batch, *axes), dtype).view(np.recarray)

    state = State(
        shop=records(SHOP),
        job=records(JOB, jobs),
        machine=records(MACHINE_RECORD, machines),
        operation=records(OPERATION_RECORD, operations),
        queue=records(QUEUE, operations),
        legal=np.zeros((batch, jobs + 1), np.int64),
        look=np.zeros((batch, jobs, 3)),
        completion=np.zeros((batch, jobs), np.int64),
        trial=records(TRIAL_JOB, jobs),
        trial_machine=records(TRIAL_MACHINE, machines),
        soonest=np.zeros((batch, machines), np.int64),
        weights=np.zeros((batch, 2, 6)),
    )
    state.weights[:] = LINEAR
    state.shop["mean_duration"] = 1.0
    state.job["next"] = state.job["machine"] = -1
    return state


@entry
def load(s, b, duration, machine, job_start, machines):
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
def reset(s: State, o: Observation, out: Outcome, rows, scheme, skip_forced, lookahead):
    """Start the loaded instances of the rows where `rows` is true."""
    for b in range(rows.size):
        if rows[b]:
            begin(s, b)
            draw_graph(s, o, b)
            candidates(s, b, scheme)
            while skip_forced and s.shop[b].candidates == 1 and s.shop[b].remaining > 1:  # one decision is always left
                dispatch(s, o, b, s.legal[b, 0])
                candidates(s, b, scheme)
            observe(s, o, b, lookahead)
            out.reward[b] = 0.0
            out.terminated[b] = False
            out.truncated[b] = False
            out.elapsed[b] = s.shop[b].time
            out.objective[b] = s.shop[b].bound


@entry
def step(s: State, o: Observation, out: Outcome, actions, running, scheme, skip_forced, lookahead):
    """Dispatch the chosen job in each running row, then the forced moves; the actions are legal."""
    for b in range(actions.size):
        out.reward[b] = 0.0
        out.elapsed[b] = 0.0
        if running[b]:
            shop = s.shop[b]
            time = shop.time
            shop.promised = s.completion[b, actions[b]] if scheme == ACTIVE and lookahead == PILOT else -1
            dispatch(s, o, b, actions[b])
            candidates(s, b, scheme)
            while skip_forced and shop.candidates == 1:
                dispatch(s, o, b, s.legal[b, 0])
                candidates(s, b, scheme)
            o.ids[b, 1] += 1
            observe(s, o, b, lookahead)
            out.reward[b] = (shop.rewarded - shop.bound) / shop.mean_duration
            shop.rewarded = shop.bound
            out.elapsed[b] = shop.time - time
            out.objective[b] = shop.bound
            out.terminated[b] = shop.remaining == 0


@fast
def begin(s, b):
    """The state before any decision, from the loaded numbers."""
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
        advance(s, job, b, job.first)
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
def advance(s, job, b, i):
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
def draw_graph(s, o, b):
    """Nodes, edges and their features; the ids were written by the environment."""
    clear(o, b)
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
def clear(o, b):
    """Nothing but padding."""
    o.node_type[b, :] = -1
    o.node_features[b, :, :] = 0.0
    o.node_state[b, :, :] = 0.0
    o.edges[b, :, :] = 0
    o.edge_type[b, :] = -1
    o.edge_features[b, :, :] = 0.0
    o.candidates[b, :, :] = 0
    o.candidate_type[b, :] = -1
    o.candidate_features[b, :, :] = 0.0
    o.action_mask[b, :] = 0


@fast
def connect(o, b, e, source, target, kind, length):
    """Write edge e; returns the place of the next."""
    o.edges[b, 0, e] = source
    o.edges[b, 1, e] = target
    o.edge_type[b, e] = kind
    o.edge_features[b, e, 0] = length
    return e + 1


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
    o.node_state[b, 1 + i, 0] = 1.0
    o.node_state[b, 1 + i, 1] = begins * per_bound
    o.node_state[b, 1 + i, 2] = ends * per_bound
    o.node_state[b, 1 + i, 3] = 0.0
    o.node_state[b, w, 0] = 1.0 - machine.queued / machine.total
    o.node_state[b, w, 1] = ends * per_bound
    o.node_state[b, w, 2] = machine.load * per_bound

    if i + 1 < job.end:
        advance(s, job, b, i + 1)
        o.candidates[b, j, 0] = o.candidates[b, j, 1] = 2 + i
        o.node_state[b, 2 + i, 3] = 1.0
        if delayed:  # the rest of the job moves with its head
            for k in range(i + 1, job.end):
                head = ends + job.rest - s.operation[b, k].rest
                o.node_state[b, 1 + k, 1] = head * per_bound
                o.node_state[b, 1 + k, 2] = (head + s.operation[b, k].duration) * per_bound
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
