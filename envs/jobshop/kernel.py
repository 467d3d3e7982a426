"""The rules of the job shop for B instances at once: `reset` and `step` over arrays, nothing else.

An operation is an index into the arrays of its instance, job after job; operation o is node 1 + o of the graph, machine
m is node 1 + O + m. Action j dispatches the next operation of job j at its earliest start. Letters: B batch, J jobs,
M machines, O operations, N nodes, E edges, A = J candidates. Times are integers in the instance's unit; a feature
called a time is divided by the mean duration and squashed by `soft`, or, in the graph, divided by the first bound.
"""

from typing import NamedTuple

import numpy as np
from numba import njit

from envs.core.problem import Outcome
from envs.core.spec import Observation

ACTIVE, NON_DELAY, SEMI_ACTIVE = 0, 1, 2
CLOCK, OPERATION, MACHINE = 0, 1, 2
SUCCESSOR, PREDECESSOR, NEEDS, SERVES = 0, 1, 2, 3
DISPATCH = 1
LATE = np.iinfo(np.int64).max


class State(NamedTuple):
    """Struct of arrays; only the kernel writes it, the first five fields are filled by `JobShop.load`."""

    jobs: np.ndarray  # (B,) number of jobs
    machines: np.ndarray  # (B,) number of machines
    job_start: np.ndarray  # (B, J + 1) first operation of each job, then the number of operations
    duration: np.ndarray  # (B, O)
    machine: np.ndarray  # (B, O)
    rest: np.ndarray  # (B, O) work of the job from this operation on, itself included
    job_length: np.ndarray  # (B, J) work of the job
    queue_start: np.ndarray  # (B, M + 1) where each machine's operations begin in `queue`
    queued: np.ndarray  # (B, M) how many there are: the unscheduled operations of the machine
    queue: np.ndarray  # (B, O) these operations, in any order; next to each other in memory, since they are read most
    queue_job: np.ndarray  # (B, O) the job of each
    queue_duration: np.ndarray  # (B, O) its duration
    queue_rest: np.ndarray  # (B, O) its `rest`
    place: np.ndarray  # (B, O) where an unscheduled operation is in these four
    mean: np.ndarray  # (B,) f64 mean duration, at least a tiny positive number
    first_bound: np.ndarray  # (B,) lower bound before any decision, at least 1
    next_operation: np.ndarray  # (B, J) next operation of each job; -1 when finished
    next_machine: np.ndarray  # (B, J) its machine; -1 when finished
    next_duration: np.ndarray  # (B, J) its duration
    next_rest: np.ndarray  # (B, J) work of the job from it on, itself included; 0 when finished
    job_ready: np.ndarray  # (B, J) end of the job's last scheduled operation
    machine_free: np.ndarray  # (B, M) end of the machine's last scheduled operation
    earliest: np.ndarray  # (B, J) earliest start of the next operation
    reach: np.ndarray  # (B, J) earliest end of the job
    machine_load: np.ndarray  # (B, M) work not yet scheduled
    waiting: np.ndarray  # (B, M) jobs whose next operation is here
    start: np.ndarray  # (B, O) start of each operation; -1 while unscheduled
    remaining: np.ndarray  # (B,) operations not yet scheduled
    work: np.ndarray  # (B,) their total duration
    bound: np.ndarray  # (B,) the larger of job bound and machine bound; the makespan at the end
    time: np.ndarray  # (B,) earliest start of any next operation; the makespan at the end
    completion: np.ndarray  # (B,) smallest completion of any next operation (c* of Giffler and Thompson)
    longest: np.ndarray  # (B,) work left in the job that has most
    legal: np.ndarray  # (B, J + 1) the candidates of this decision, `candidates` of them
    candidates: np.ndarray  # (B,)
    look: np.ndarray  # (B, J, 2) bounds of the candidates, between the two passes of `observe`


def allocate(batch: int, jobs: int, machines: int, operations: int) -> State:
    """Zeros for `batch` instances of at most so many jobs, machines and operations."""

    def zeros(*axes: int, dtype: type = np.int64) -> np.ndarray:
        return np.zeros((batch, *axes), dtype)

    return State(
        jobs=zeros(),
        machines=zeros(),
        job_start=zeros(jobs + 1),
        duration=zeros(operations),
        machine=zeros(operations),
        rest=zeros(operations),
        job_length=zeros(jobs),
        queue_start=zeros(machines + 1),
        queued=zeros(machines),
        queue=zeros(operations),
        queue_job=zeros(operations),
        queue_duration=zeros(operations),
        queue_rest=zeros(operations),
        place=zeros(operations),
        mean=zeros(dtype=np.float64) + 1.0,
        first_bound=zeros(),
        next_operation=zeros(jobs) - 1,
        next_machine=zeros(jobs) - 1,
        next_duration=zeros(jobs),
        next_rest=zeros(jobs),
        job_ready=zeros(jobs),
        machine_free=zeros(machines),
        earliest=zeros(jobs),
        reach=zeros(jobs),
        machine_load=zeros(machines),
        waiting=zeros(machines),
        start=zeros(operations),
        remaining=zeros(),
        work=zeros(),
        bound=zeros(),
        time=zeros(),
        completion=zeros(),
        longest=zeros(),
        legal=zeros(jobs + 1),
        candidates=zeros(),
        look=zeros(jobs, 2, dtype=np.float64),
    )


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def soft(x):
    return x / (4.0 + abs(x))


@njit(cache=True, nogil=True, error_model="numpy")
def reset(s: State, o: Observation, out: Outcome, rows, scheme, skip_forced, lookahead):
    """Start the loaded instances of the rows where `rows` is true."""
    for b in range(rows.size):
        if rows[b]:
            begin(s, b)
            draw_graph(s, o, b)
            candidates(s, b, scheme)
            while skip_forced and s.candidates[b] == 1 and s.remaining[b] > 1:  # one decision is always left
                dispatch(s, o, b, s.legal[b, 0])
                candidates(s, b, scheme)
            observe(s, o, b, lookahead)
            out.terminated[b] = False
            out.truncated[b] = False
            out.reward[b] = 0.0
            out.elapsed[b] = s.time[b]
            out.objective[b] = s.bound[b]


@njit(cache=True, nogil=True, error_model="numpy")
def step(s: State, o: Observation, out: Outcome, actions, running, scheme, skip_forced, lookahead):
    """Dispatch the chosen job in each running row, then the forced moves; the actions are legal."""
    for b in range(actions.size):
        out.reward[b] = 0.0
        out.elapsed[b] = 0.0
        if running[b]:
            bound, time = s.bound[b], s.time[b]
            dispatch(s, o, b, actions[b])
            candidates(s, b, scheme)
            while skip_forced and s.candidates[b] == 1:
                dispatch(s, o, b, s.legal[b, 0])
                candidates(s, b, scheme)
            o.ids[b, 1] += 1
            observe(s, o, b, lookahead)
            out.reward[b] = (bound - s.bound[b]) / s.mean[b]
            out.elapsed[b] = s.time[b] - time
            out.objective[b] = s.bound[b]
            out.terminated[b] = s.remaining[b] == 0


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def begin(s, b):
    """The state before any decision, from the loaded numbers."""
    jobs, machines = s.jobs[b], s.machines[b]
    operations = s.job_start[b, jobs]
    s.machine_free[b, :machines] = 0
    s.machine_load[b, :machines] = 0
    s.waiting[b, :machines] = 0
    s.queued[b, :machines] = 0
    bound, work = 0, 0
    for j in range(jobs):
        first, end = s.job_start[b, j], s.job_start[b, j + 1]
        rest = 0
        for i in range(end - 1, first - 1, -1):
            rest += s.duration[b, i]
            s.rest[b, i] = rest
            s.start[b, i] = -1
            s.machine_load[b, s.machine[b, i]] += s.duration[b, i]
            s.queued[b, s.machine[b, i]] += 1
        work += rest
        bound = max(bound, rest)
        s.job_length[b, j] = rest
        s.job_ready[b, j] = 0
        s.earliest[b, j] = 0
        s.next_operation[b, j] = first
        s.next_machine[b, j] = s.machine[b, first]
        s.next_duration[b, j] = s.duration[b, first]
        s.next_rest[b, j] = rest
        s.waiting[b, s.machine[b, first]] += 1
    s.queue_start[b, 0] = 0
    for m in range(machines):
        bound = max(bound, s.machine_load[b, m])
        s.queue_start[b, m + 1] = s.queue_start[b, m] + s.queued[b, m]
        s.queued[b, m] = 0
    for j in range(jobs):
        for i in range(s.job_start[b, j], s.job_start[b, j + 1]):
            m = s.machine[b, i]
            at = s.queue_start[b, m] + s.queued[b, m]
            enqueue(s, b, at, i, j, s.duration[b, i], s.rest[b, i])
            s.queued[b, m] += 1
    s.mean[b] = max(work / operations, 1e-9)
    s.work[b] = work
    s.remaining[b] = operations
    s.bound[b] = bound
    s.first_bound[b] = max(bound, 1)
    s.time[b] = 0


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def draw_graph(s, o, b):
    """Nodes, edges and their features; the ids were written by the environment."""
    jobs, machines = s.jobs[b], s.machines[b]
    operations = s.job_start[b, jobs]
    per_mean, per_bound = 0.5 / s.mean[b], 1.0 / s.first_bound[b]
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
    o.node_type[b, 0] = CLOCK
    o.node_features[b, 0, 6] = jobs / (jobs + machines)
    e = 0
    for j in range(jobs):
        first, end = s.job_start[b, j], s.job_start[b, j + 1]
        length = s.job_length[b, j]
        o.candidates[b, j, :] = 1 + first
        o.candidate_type[b, j] = DISPATCH
        o.node_state[b, 1 + first, 3] = 1.0
        for i in range(first, end):
            v, m, p = 1 + i, s.machine[b, i], s.duration[b, i]
            w = 1 + operations + m
            head = length - s.rest[b, i]
            o.node_type[b, v] = OPERATION
            o.node_features[b, v, 0] = p * per_mean
            o.node_features[b, v, 1] = (i - first) / (end - first)
            o.node_features[b, v, 2] = head * per_bound
            o.node_features[b, v, 3] = (s.rest[b, i] - p) * per_bound
            o.node_features[b, v, 4] = length * per_bound
            o.node_features[b, v, 5] = s.machine_load[b, m] * per_bound
            o.node_state[b, v, 1] = head * per_bound
            o.node_state[b, v, 2] = (head + p) * per_bound
            e = connect(o, b, e, v, w, NEEDS, p * per_mean)
            e = connect(o, b, e, w, v, SERVES, p * per_mean)
            if i + 1 < end:
                e = connect(o, b, e, v, v + 1, SUCCESSOR, p * per_mean)
                e = connect(o, b, e, v + 1, v, PREDECESSOR, p * per_mean)
    for m in range(machines):
        w = 1 + operations + m
        o.node_type[b, w] = MACHINE
        o.node_features[b, w, 5] = s.machine_load[b, m] * per_bound
        o.node_features[b, w, 6] = s.queued[b, m] / jobs
        o.node_state[b, w, 2] = s.machine_load[b, m] * per_bound
    o.node_state[b, 0, 2] = s.bound[b] * per_bound


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def connect(o, b, e, source, target, kind, length):
    o.edges[b, 0, e] = source
    o.edges[b, 1, e] = target
    o.edge_type[b, e] = kind
    o.edge_features[b, e, 0] = length
    return e + 1


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def dispatch(s, o, b, j):
    """Schedule the next operation of job j at its earliest start and update all that follows from it."""
    i = s.next_operation[b, j]
    m, p, begins = s.machine[b, i], s.duration[b, i], s.earliest[b, j]
    ends = begins + p
    shift = begins - s.job_ready[b, j]
    s.start[b, i] = begins
    s.job_ready[b, j] = ends
    s.machine_free[b, m] = ends
    s.machine_load[b, m] -= p
    s.waiting[b, m] -= 1
    s.remaining[b] -= 1
    s.work[b] -= p
    at, end = s.place[b, i], s.queue_start[b, m] + s.queued[b, m] - 1
    enqueue(s, b, at, s.queue[b, end], s.queue_job[b, end], s.queue_duration[b, end], s.queue_rest[b, end])
    s.queued[b, m] = end - s.queue_start[b, m]
    bound = max(s.bound[b], ends + s.machine_load[b, m])

    per_bound = 1.0 / s.first_bound[b]
    w = 1 + s.job_start[b, s.jobs[b]] + m
    o.node_state[b, 1 + i, 0] = 1.0
    o.node_state[b, 1 + i, 1] = begins * per_bound
    o.node_state[b, 1 + i, 2] = ends * per_bound
    o.node_state[b, 1 + i, 3] = 0.0
    o.node_state[b, w, 0] = 1.0 - s.queued[b, m] / (s.queue_start[b, m + 1] - s.queue_start[b, m])
    o.node_state[b, w, 1] = ends * per_bound
    o.node_state[b, w, 2] = s.machine_load[b, m] * per_bound

    last = s.job_start[b, j + 1]
    if i + 1 < last:
        n = s.machine[b, i + 1]
        s.next_operation[b, j] = i + 1
        s.next_machine[b, j] = n
        s.next_duration[b, j] = s.duration[b, i + 1]
        s.next_rest[b, j] = s.rest[b, i + 1]
        s.waiting[b, n] += 1
        o.candidates[b, j, :] = 2 + i
        o.node_state[b, 2 + i, 3] = 1.0
        if shift > 0:  # the rest of the job moves with its head
            head = ends + s.rest[b, i + 1]
            for k in range(i + 1, last):
                o.node_state[b, 1 + k, 1] = (head - s.rest[b, k]) * per_bound
                o.node_state[b, 1 + k, 2] = (head - s.rest[b, k] + s.duration[b, k]) * per_bound
    else:
        s.next_operation[b, j] = -1
        s.next_machine[b, j] = -1
        s.next_rest[b, j] = 0
        bound = max(bound, ends)
        o.candidates[b, j, :] = 0
        o.candidate_type[b, j] = -1
    s.bound[b] = bound


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def enqueue(s, b, at, i, j, duration, rest):
    s.place[b, i] = at
    s.queue[b, at] = i
    s.queue_job[b, at] = j
    s.queue_duration[b, at] = duration
    s.queue_rest[b, at] = rest


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def candidates(s, b, scheme):
    """The jobs among which the schedule generation scheme leaves a choice, lowest index first.

    active: the conflict set of Giffler and Thompson (1960). non_delay: the operations that can start first, on one
    machine. semi_active: every unfinished job.
    """
    bound, longest = s.bound[b], 0
    time, sooner, completion, first, pick = LATE, LATE, LATE, -1, -1
    for j in range(s.jobs[b]):
        m = s.next_machine[b, j]
        if m >= 0:
            begins = max(s.job_ready[b, j], s.machine_free[b, m])
            ends = begins + s.next_duration[b, j]
            s.earliest[b, j] = begins
            s.reach[b, j] = begins + s.next_rest[b, j]
            bound = max(bound, s.reach[b, j])
            longest = max(longest, s.next_rest[b, j])
            if begins < time or (begins == time and ends < sooner):
                time, sooner, first = begins, ends, j
            if ends < completion:
                completion, pick = ends, j
    s.bound[b] = bound
    s.longest[b] = longest
    s.completion[b] = completion
    s.time[b] = time if first >= 0 else bound
    count = 0
    if first >= 0:
        chosen = first if scheme == NON_DELAY else pick
        machine = s.next_machine[b, chosen]
        before = completion if scheme == ACTIVE else time + 1
        for j in range(s.jobs[b]):
            if scheme == SEMI_ACTIVE:
                legal = s.next_machine[b, j] >= 0
            else:  # j == chosen: its duration may be 0
                legal = s.next_machine[b, j] == machine and (s.earliest[b, j] < before or j == chosen)
            s.legal[b, count] = j
            count += legal
    s.candidates[b] = count


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def observe(s, o, b, lookahead):
    """Rewrite the clock node, the mask and the candidate features of this decision."""
    per_bound = 1.0 / s.first_bound[b]
    operations = s.job_start[b, s.jobs[b]]
    o.node_state[b, 0, 0] = 1.0 - s.remaining[b] / operations
    o.node_state[b, 0, 1] = s.time[b] * per_bound
    o.node_state[b, 0, 2] = s.bound[b] * per_bound
    for j in range(s.jobs[b]):
        if o.action_mask[b, j]:
            o.action_mask[b, j] = 0
            o.candidate_features[b, j, :] = 0.0
    for c in range(s.candidates[b]):
        o.action_mask[b, s.legal[b, c]] = 1
        describe(s, o.candidate_features[b, s.legal[b, c]], b, s.legal[b, c])
    if lookahead:
        look_ahead(s, o, b)


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def describe(s, f, b, j):
    """What is known of dispatching job j in constant time."""
    i = s.next_operation[b, j]
    m, p, begins = s.machine[b, i], s.duration[b, i], s.earliest[b, j]
    ends, tail, bound = begins + p, s.rest[b, i] - p, s.bound[b]
    first, last = s.job_start[b, j], s.job_start[b, j + 1]
    unit = 1.0 / s.mean[b]
    share = s.machines[b] / max(s.work[b], 1)  # times a machine's load: 1 = as much as the mean machine has left
    f[0] = soft(p * unit)
    f[1] = soft((begins - s.job_ready[b, j]) * unit)
    f[2] = soft((begins - s.machine_free[b, m]) * unit)
    f[3] = soft((s.completion[b] - begins) * unit)
    f[4] = soft((ends - s.completion[b]) * unit)
    f[5] = (i - first) / (last - first)
    f[6] = soft(tail * unit)
    f[7] = soft((s.rest[b, i] - s.longest[b]) * unit)
    f[8] = soft((ends + tail - bound) * unit)
    f[9] = soft((ends + s.machine_load[b, m] - p - bound) * unit)
    f[10] = soft(s.machine_load[b, m] * share)
    f[11] = s.waiting[b, m] / s.jobs[b]
    if i + 1 < last:
        n = s.machine[b, i + 1]
        f[12] = soft(s.duration[b, i + 1] * unit)
        f[13] = soft((s.machine_free[b, n] - ends) * unit)
        f[14] = soft((max(s.machine_free[b, n], ends) + s.machine_load[b, n] - bound) * unit)
        f[15] = soft(s.machine_load[b, n] * share)
        f[16] = s.waiting[b, n] / s.jobs[b]
    else:
        f[17] = 1.0
    f[18] = s.candidates[b] / s.jobs[b]
    f[19] = 1.0 - s.remaining[b] / s.job_start[b, s.jobs[b]]
    f[20] = bound / s.first_bound[b] - 1.0


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def look_ahead(s, o, b):
    """What dispatching each candidate would do to its machine's queue and to the lower bound."""
    bottleneck = 0
    for m in range(1, s.machines[b]):
        if s.machine_free[b, m] + s.machine_load[b, m] > s.machine_free[b, bottleneck] + s.machine_load[b, bottleneck]:
            bottleneck = m
    unit = 1.0 / s.mean[b]
    least_bound, least_queue = -1.0, -1.0
    for c in range(s.candidates[b]):
        j = s.legal[b, c]
        meet_queue(s, o.candidate_features[b, j], b, c, j)
        meet_bottleneck(s, o.candidate_features[b, j], b, j, bottleneck)
        if c == 0 or s.look[b, c, 0] < least_bound:
            least_bound = s.look[b, c, 0]
        if c == 0 or s.look[b, c, 1] < least_queue:
            least_queue = s.look[b, c, 1]
    for c in range(s.candidates[b]):
        f = o.candidate_features[b, s.legal[b, c]]
        f[21] = soft((s.look[b, c, 0] - s.bound[b]) * unit)
        f[22] = soft((s.look[b, c, 0] - least_bound) * unit)
        f[23] = soft((s.look[b, c, 1] - s.bound[b]) * unit)
        f[24] = soft((s.look[b, c, 1] - least_queue) * unit)


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def meet_queue(s, f, b, c, j):
    """Bounds when job j goes first or last on its machine, and how it ranks among those that wait there or will."""
    i = s.next_operation[b, j]
    m, p, rest = s.machine[b, i], s.duration[b, i], s.rest[b, i]
    ends = s.earliest[b, j] + p
    others = s.machine_load[b, m] - p
    after = max(s.bound[b], ends + others)  # the bound of the state that follows
    chain = after  # the same with every queued operation at its head
    n = s.queued[b, m] - 1
    head, tail, tails = LATE, LATE, 0
    longer, shorter, arriving = 0, 0, 0
    for q in range(s.queue_start[b, m], s.queue_start[b, m] + s.queued[b, m]):
        if s.queue[b, q] != i:
            job, following, length = s.queue_job[b, q], s.queue_rest[b, q], s.queue_duration[b, q]
            arrives = s.reach[b, job] - following
            through = max(arrives, ends) + following
            chain = max(chain, through)
            if s.next_operation[b, job] == s.queue[b, q]:
                after = max(after, through)
            head = min(head, arrives)
            tail = min(tail, following - length)
            tails += following - length
            longer += following > rest
            shorter += length < p
            arriving += length if arrives < ends else 0
    s.look[b, c, 0] = after
    s.look[b, c, 1] = chain
    if n > 0:
        unit = 1.0 / s.mean[b]
        bound = s.bound[b]
        last = max(s.earliest[b, j], max(s.machine_free[b, m], head) + others)
        f[25] = soft((last + rest - bound) * unit)
        f[26] = soft((max(ends, head) + others + tail - bound) * unit)
        f[27] = longer / n
        f[28] = shorter / n
        f[29] = soft((rest - p - tails / n) * unit)
        f[30] = soft(arriving * unit)


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def meet_bottleneck(s, f, b, j, bottleneck):
    """How far job j is from the machine with the latest bound, and whether that machine would wait for it."""
    i = s.next_operation[b, j]
    for k in range(i, s.job_start[b, j + 1]):
        if s.machine[b, k] == bottleneck:
            arrives = s.earliest[b, j] + s.rest[b, i] - s.rest[b, k]
            unit = 1.0 / s.mean[b]
            f[31] = 1.0
            f[32] = soft((arrives - s.earliest[b, j]) * unit)
            f[33] = soft((s.machine_free[b, bottleneck] - arrives) * unit)
            break
