"""The rules of task graphs on unlike processing elements, for B streams at once: `reset` and `step` over arrays.

A task is an index into the arrays of its instance, job after job; PE p is node 1 + p of the graph, task t is node
1 + P + t. Action 0 waits; action 1 + w * P + p places the w-th ready task on PE p, behind what has been placed there
(1 + w where the PE is left to the kernel). Ready tasks are in the order of their jobs' arrival, those of a job by
falling upward rank. Letters: B batch, J jobs, T tasks, E edges, P PEs, N nodes, A candidates, K different bandwidths.
Times are whole us. A feature called a time is divided by the mean duration of all visible tasks and squashed by `soft`.

What has been placed is played out at once with the true durations, which nobody sees before the clock gets there:
`end` holds what is expected, `true_end` what will be.
"""

from typing import NamedTuple

import numpy as np

from envs.core.compiled import entry, fast
from envs.core.problem import Outcome
from envs.core.spec import Observation

FIRST_FINISH, WORST_FINISH, NO_CUT = 0, 1, 2
CLOCK, PE, TASK = 0, 1, 2
SUCCESSOR, PREDECESSOR, RUNS, SERVES = 0, 1, 2, 3
WAIT, PLACE = 0, 1
LATE = np.iinfo(np.int64).max


class Rules(NamedTuple):
    """The options of the problem, as the kernel reads them."""

    pairs: bool  # a decision is a task and its PE; False: a task, which goes where it is expected to finish first
    at_ready: bool  # tasks are placed when they become ready; False: when one of them could start
    cut: int
    wait: bool
    skip_forced: bool
    window: int  # ready tasks that are considered
    bound: bool  # lookahead "bound" or more
    completion: bool  # lookahead "completion"


CHIP = {
    "jobs": int,
    "tasks": int,
    "pes": int,
    "queue": int,
    "span": int,
    "noisy": int,  # 1 = some true duration is not the mean
    "scale": float,  # of the rewards: jobs x mean duration of all tasks
    "now": int,
    "arrived": int,  # arrivals that are over, whether a job entered or found the queue full
    "entered": int,  # jobs that are or were inside; they enter in their order
    "oldest": int,  # no job before this one is inside
    "inside": int,
    "done": int,  # jobs completed
    "placed": int,
    "visible": int,  # tasks of the jobs that entered
    "work": float,  # their mean durations
    "left": int,  # those not yet placed
    "left_work": float,
    "unit": float,  # mean duration of the visible tasks
    "ready": int,
    "pending": int,  # placed, but not known to have ended
    "links": int,  # edges of the graph
    "area": int,  # time that all jobs together have spent inside
    "rewarded": int,  # what the rewards so far have come to
    "considered": int,  # ready tasks within the window
    "soonest": int,  # their earliest start
    "before": int,  # what a candidate has to start before
    "candidates": int,
    "top_rank": float,  # largest upward rank of a considered task
    "least_finish": int,  # of the candidates, as the next
    "least_reach": float,
    "least_free": int,  # earliest moment at which a PE is free
    "idle": int,  # PEs that are free
    "least_work": float,  # of the jobs with tasks left, as the next
    "least_critical": float,
    "waiting": int,  # how many jobs have tasks left
    "bounds": int,  # sum of the bounds of the jobs inside
    "over": int,  # 1 = the span has ended
}
JOB = {
    "first": int,  # its tasks are first, ..., end - 1
    "end": int,
    "first_edge": int,
    "end_edge": int,
    "arrival": int,
    "entry": int,  # -1 = not yet
    "left": int,  # tasks not yet placed
    "at": int,  # where they begin in the order
    "work": float,  # their mean durations
    "critical": float,  # largest upward rank of them
    "older": int,  # jobs inside that entered before it
    "bound": int,  # no earlier end is expected
    "running": int,  # tasks not known to have ended
    "latest": int,  # expected end of what has been placed; the entry before
    "known": int,  # end of what is known to have ended
    "average": float,  # mean duration of its tasks
}
TASK_RECORD = {
    "job": int,
    "placed": int,
    "missing": int,  # sources that are not yet placed (or have not ended, where tasks are placed when they are ready)
    "first_in": int,  # its edges in are first_in, ..., end_in - 1
    "end_in": int,
    "first_out": int,  # its edges out are out[first_out], ..., out[end_out - 1]
    "end_out": int,
    "average": float,  # mean duration over the PEs that it can run on
    "least": int,
    "rank": float,  # upward rank
    "rank_oct": float,
    "sent": float,  # mean times of all its transfers
    "tail": int,  # longest chain behind it, each task on its fastest PE
    "reach": float,  # smallest duration + oct
    "start": int,
    "true_start": int,
    "true_end": int,
    "best": int,  # PE of the least expected finish
    "finish": int,  # that finish
    "second": int,  # the least on any other PE
}
EDGE = {"source": int, "target": int, "volume": int, "average": float}
PE_RECORD = {
    "free": int,  # expected end of what has been placed
    "true_free": int,
    "last": int,  # end of the last task that is known to have ended
    "busy": int,  # true durations placed there
    "power": float,
    "wanted": int,  # considered tasks that would finish first here
}
CANDIDATE = {"task": int, "pe": int, "duration": int, "arrives": int, "start": int, "finish": int, "look": float}
"""`look`: the smaller of the two sums in `State.look`."""


class State(NamedTuple):
    """Records, so that what is read together lies together; only the kernel writes them.

    `load` fills in the numbers of an instance, `begin` all the rest.
    """

    chip: np.recarray  # (B,) of CHIP
    job: np.recarray  # (B, J) of JOB
    task: np.recarray  # (B, T) of TASK_RECORD
    edge: np.recarray  # (B, E) of EDGE
    pe: np.recarray  # (B, P) of PE_RECORD
    candidate: np.recarray  # (B, A) of CANDIDATE
    duration: np.ndarray  # (B, T, P) means
    true_duration: np.ndarray  # (B, T, P)
    oct: np.ndarray  # (B, T, P) f64 optimistic cost table
    band: np.ndarray  # (B, P, P) which of the K bandwidths
    bandwidth: np.ndarray  # (B, K)
    transfer: np.ndarray  # (B, E, K) us
    graph_id: np.ndarray  # (B, J + 1) of the graph after k arrivals
    out: np.ndarray  # (B, E) edges by source
    where: np.ndarray  # (B, T) PE; of tasks not yet placed, what the last look-ahead thought
    end: np.ndarray  # (B, T) expected end; as `where`
    arrives: np.ndarray  # (B, T, P) when the data of a ready task are there
    ready: np.ndarray  # (B, T) tasks, in order
    pending: np.ndarray  # (B, T) tasks, in the order in which they were placed
    order: np.ndarray  # (B, T) visible tasks not yet placed, job after job, those of a job by falling upward rank
    turn: np.ndarray  # (B, 2, J) jobs with tasks left: as they entered, and by rising work left
    legal: np.ndarray  # (B, A) the candidates of this decision, lowest first
    look: np.ndarray  # (B, A, 3) f64 of each candidate: sum of the ends of jobs after both completions, last end
    free: np.ndarray  # (B, 2, P) PEs in a look-ahead


def allocate(batch: int, jobs: int, tasks: int, edges: int, pes: int, bands: int, actions: int) -> State:
    """Zeros for `batch` instances of at most so many jobs, tasks, edges, PEs, bandwidths and actions."""

    def records(fields: dict[str, type], *axes: int) -> np.recarray:
        dtype = np.dtype([(name, np.float64 if kind is float else np.int64) for name, kind in fields.items()])
        return np.zeros((batch, *axes), dtype).view(np.recarray)

    def numbers(*axes: int) -> np.ndarray:
        return np.zeros((batch, *axes), np.int64)

    state = State(
        chip=records(CHIP),
        job=records(JOB, jobs),
        task=records(TASK_RECORD, tasks),
        edge=records(EDGE, edges),
        pe=records(PE_RECORD, pes),
        candidate=records(CANDIDATE, actions),
        duration=numbers(tasks, pes),
        true_duration=numbers(tasks, pes),
        oct=np.zeros((batch, tasks, pes)),
        band=numbers(pes, pes),
        bandwidth=numbers(bands),
        transfer=numbers(edges, bands),
        graph_id=numbers(jobs + 1),
        out=numbers(edges),
        where=numbers(tasks),
        end=numbers(tasks),
        arrives=numbers(tasks, pes),
        ready=numbers(tasks),
        pending=numbers(tasks),
        order=numbers(tasks),
        turn=numbers(2, jobs),
        legal=numbers(actions),
        look=np.zeros((batch, actions, 3)),
        free=numbers(2, pes),
    )
    state.chip["unit"] = 1.0
    state.job["entry"] = -1
    return state


@fast
def soft(x):
    """A number of mean durations, squashed into (-1, 1); half way at 4."""
    return x / (4.0 + abs(x))


@entry
def load(s, b, job_start, duration, edge, volume, bandwidth, arrival, true_duration, power, queue, span, graph_id):
    """Copy the numbers of an instance into row b."""
    chip = s.chip[b]
    chip.jobs, chip.tasks, chip.pes = job_start.size - 1, duration.shape[0], duration.shape[1]
    chip.queue, chip.span, chip.noisy = queue, span, 0
    bands = 0
    for p in range(chip.pes):
        s.pe[b, p].power = power[p]
        for q in range(chip.pes):
            k = 0
            while k < bands and s.bandwidth[b, k] != bandwidth[p, q]:
                k += 1
            if k == bands:
                s.bandwidth[b, k] = bandwidth[p, q]
                bands += 1
            s.band[b, p, q] = k
    apart = 0.0  # mean us for one unit of volume between two PEs
    for p in range(chip.pes):
        for q in range(chip.pes):
            if p != q and bandwidth[p, q] > 0:
                apart += 1.0 / bandwidth[p, q]
    apart /= max(chip.pes * (chip.pes - 1), 1)
    work, e = 0.0, 0
    for j in range(chip.jobs):
        job = s.job[b, j]
        job.first, job.end, job.arrival, job.first_edge = job_start[j], job_start[j + 1], arrival[j], e
        s.graph_id[b, j] = graph_id[j]
        for t in range(job.first, job.end):
            task = s.task[b, t]
            total, count, least = 0, 0, LATE
            for p in range(chip.pes):
                d = duration[t, p]
                s.duration[b, t, p] = d
                s.true_duration[b, t, p] = true_duration[t, p]
                if d != true_duration[t, p]:
                    chip.noisy = 1
                if d >= 0:
                    total, count, least = total + d, count + 1, min(least, d)
            task.job, task.average, task.least = j, total / count, least
            work += task.average
            task.first_in = e
            while e < volume.size and edge[e, 1] == t:
                link = s.edge[b, e]
                link.source, link.target, link.volume, link.average = edge[e, 0], t, volume[e], volume[e] * apart
                for k in range(bands):
                    width = s.bandwidth[b, k]
                    s.transfer[b, e, k] = volume[e] // width if width > 0 else 0
                e += 1
            task.end_in = e
        job.end_edge = e
    s.graph_id[b, chip.jobs] = graph_id[chip.jobs]
    chip.scale = chip.jobs * max(work / chip.tasks, 1e-9)


@entry
def reset(s: State, o: Observation, out: Outcome, rows, rules: Rules):
    """Start the loaded instances of the rows where `rows` is true, up to the first decision."""
    for b in range(rows.size):
        if rows[b]:
            chip = s.chip[b]
            begin(s, o, b)
            while True:
                advance(s, o, b, rules)
                last = chip.placed + 1 >= chip.tasks or chip.span > 0 or chip.queue > 0  # there has to be a decision
                if last or not rules.skip_forced or chip.candidates != 1:
                    break
                place(s, o, b, s.candidate[b, s.legal[b, 0]], rules)
            observe(s, o, b, rules)
            out.reward[b] = 0.0
            out.terminated[b] = False
            out.truncated[b] = False
            out.elapsed[b] = chip.now
            out.objective[b] = value(chip)


@entry
def step(s: State, o: Observation, out: Outcome, actions, running, rules: Rules):
    """Place the chosen task in each running row, then let time go to the next choice; the actions are legal."""
    for b in range(actions.size):
        out.reward[b] = 0.0
        out.elapsed[b] = 0.0
        if running[b]:
            chip = s.chip[b]
            time = chip.now
            hide(s, o, b)
            action = actions[b]
            while True:
                if action == WAIT:
                    pass_time(s, b, next_event(s, b))
                else:
                    place(s, o, b, s.candidate[b, action], rules)
                advance(s, o, b, rules)
                if not rules.skip_forced or chip.candidates != 1:
                    break
                action = s.legal[b, 0]
            o.ids[b, 1] += chip.now > time
            observe(s, o, b, rules)
            out.reward[b] = (chip.rewarded - chip.area) / chip.scale
            chip.rewarded = chip.area
            out.elapsed[b] = chip.now - time
            out.objective[b] = value(chip)
            out.terminated[b] = chip.inside == 0 and chip.arrived == chip.jobs
            out.truncated[b] = chip.over == 1


@fast
def value(chip):
    """Time that all jobs have spent inside: per job, or, where the episode is cut, per completed job."""
    return chip.area / max(chip.done if chip.span > 0 else chip.entered if chip.queue > 0 else chip.jobs, 1)


@fast
def begin(s, o, b):
    """The state before anything has happened, from the loaded numbers, and the graph of the empty chip."""
    chip = s.chip[b]
    chip.arrived = 0
    chip.now, chip.entered, chip.oldest, chip.inside, chip.done, chip.placed = 0, 0, 0, 0, 0, 0
    chip.visible, chip.work, chip.left, chip.left_work, chip.unit = 0, 0.0, 0, 0.0, 1.0
    chip.ready, chip.pending, chip.links, chip.area, chip.rewarded, chip.over = 0, 0, 0, 0, 0, 0
    for j in range(s.job.shape[1]):
        s.job[b, j].entry = -1
    for t in range(chip.tasks):
        s.task[b, t].placed = 0
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
    o.ids[b, 0] = s.graph_id[b, 0]
    o.node_type[b, 0] = CLOCK
    o.node_features[b, 0, 6] = chip.pes / (chip.pes + 8.0)
    chip.candidates = 0
    for p in range(chip.pes):
        pe = s.pe[b, p]
        pe.free, pe.true_free, pe.last, pe.busy = 0, 0, 0, 0
        o.node_type[b, 1 + p] = PE


# Time


@fast
def advance(s, o, b, rules):
    """Let time go until there is something to decide or nothing more to come; finds the candidates."""
    chip = s.chip[b]
    fresh = False  # the candidates are known, and nothing has happened since that would change them
    while True:
        changed = settle(s, o, b, rules)
        if chip.over:
            chip.candidates = 0
            return
        if not fresh or changed:
            find_pairs(s, b, rules)
            fresh = chip.noisy == 0
        if chip.ready > 0 and (rules.at_ready or chip.soonest <= chip.now):
            find_candidates(s, b, rules)
            return
        target = next_event(s, b)
        if chip.ready > 0:
            target = min(target, chip.soonest)
        if target == LATE:
            chip.candidates = 0
            return
        pass_time(s, b, target)


@fast
def pass_time(s, b, target):
    """The clock goes to `target`, but not beyond the span."""
    chip = s.chip[b]
    if chip.span > 0 and target >= chip.span:
        target, chip.over = chip.span, 1
    chip.area += chip.inside * (target - chip.now)
    chip.now = target


@fast
def room(chip):
    """Whether a job is still to come and may enter."""
    return chip.arrived < chip.jobs and (chip.queue == 0 or chip.inside < chip.queue)


@fast
def next_event(s, b):
    """When a placed task ends or a job enters next; LATE if neither will."""
    chip = s.chip[b]
    time = LATE
    for i in range(chip.pending):
        time = min(time, s.task[b, s.pending[b, i]].true_end)
    if room(chip):
        time = min(time, s.job[b, chip.arrived].arrival)
    return time


@fast
def settle(s, o, b, rules):
    """What has happened by now: tasks that ended, jobs that entered. Whether ready tasks are other or see other times.

    Where durations are noisy, what is expected of all that is under way changes with the clock.
    """
    chip = s.chip[b]
    changed = False
    kept = 0
    for i in range(chip.pending):
        t = s.pending[b, i]
        if s.task[b, t].true_end <= chip.now:
            changed |= conclude(s, o, b, t, rules)
        else:
            s.pending[b, kept] = t
            kept += 1
    chip.pending = kept
    while not chip.over and chip.arrived < chip.jobs and s.job[b, chip.arrived].arrival <= chip.now:
        if room(chip) and s.job[b, chip.arrived].arrival == chip.now:  # earlier ones found the queue full: lost
            enter(s, o, b, chip.entered)
            changed = True
        chip.arrived += 1
    if chip.noisy:
        revise(s, o, b)
    return changed


@fast
def conclude(s, o, b, t, rules):
    """Task t is known to have ended; whether that made tasks ready."""
    chip, task = s.chip[b], s.task[b, t]
    job, ready = s.job[b, task.job], chip.ready
    task.start, s.end[b, t] = task.true_start, task.true_end
    s.pe[b, s.where[b, t]].last = task.true_end
    show_times(s, o, b, t)
    o.node_state[b, 1 + chip.pes + t, 1] = 1.0
    if rules.at_ready:
        for i in range(task.first_out, task.end_out):
            release(s, o, b, s.edge[b, s.out[b, i]].target)
    job.known = max(job.known, task.true_end)
    job.running -= 1
    if job.running == 0:
        chip.inside -= 1
        chip.done += 1
        while chip.oldest < chip.entered and s.job[b, chip.oldest].running == 0:
            chip.oldest += 1
    return chip.ready > ready


@fast
def revise(s, o, b):
    """What is expected now: a task that has not ended when it should have is as late again as it is already."""
    chip = s.chip[b]
    for p in range(chip.pes):
        s.pe[b, p].free = s.pe[b, p].last
    for j in range(chip.oldest, chip.entered):
        s.job[b, j].latest = s.job[b, j].known
    for i in range(chip.pending):
        t = s.pending[b, i]
        task = s.task[b, t]
        pe = s.pe[b, s.where[b, t]]
        if task.true_start <= chip.now:
            task.start = task.true_start
        else:
            task.start = max(pe.free, arrival(s, b, t, s.where[b, t]))
        mean = s.duration[b, t, s.where[b, t]]
        ends = task.start + mean
        if ends <= chip.now:
            ends = chip.now + max(chip.now - ends, 1)
        s.end[b, t] = ends
        pe.free = ends
        job = s.job[b, task.job]
        job.latest = max(job.latest, ends)
        show_times(s, o, b, t)
    for w in range(chip.ready):
        find_arrivals(s, b, s.ready[b, w])


@fast
def arrival(s, b, t, p):
    """When the data of task t are expected on PE p."""
    task = s.task[b, t]
    time = s.job[b, task.job].entry
    for e in range(task.first_in, task.end_in):
        source = s.edge[b, e].source
        time = max(time, s.end[b, source] + s.transfer[b, e, s.band[b, s.where[b, source], p]])
    return time


@fast
def find_arrivals(s, b, t):
    """The same on all PEs that task t can run on."""
    for p in range(s.chip[b].pes):
        if s.duration[b, t, p] >= 0:
            s.arrives[b, t, p] = arrival(s, b, t, p)


# Jobs and tasks


@fast
def enter(s, o, b, k):
    """Job k is visible from now on: ranks, its part of the graph, its first ready tasks."""
    chip, job = s.chip[b], s.job[b, k]
    tasks = job.end - job.first
    job.entry, job.left, job.running, job.latest, job.known, job.work = chip.now, tasks, tasks, chip.now, chip.now, 0.0
    chip.entered += 1
    chip.inside += 1
    before = chip.left
    sort_tasks(s, b, job)
    for i in range(tasks - 1, -1, -1):
        rank_task(s, b, s.order[b, before + i])
    for i in range(tasks):
        t = s.order[b, before + i]
        job.work += s.task[b, t].average
        insert(s, b, t, before, before + i)
    chip.left += tasks
    chip.visible += tasks
    chip.work += job.work
    chip.left_work += job.work
    chip.unit = max(chip.work / chip.visible, 1e-9)
    job.average = max(job.work / tasks, 1e-9)
    draw_job(s, o, b, job)
    o.ids[b, 0] = s.graph_id[b, k + 1]
    for t in range(job.first, job.end):
        if s.task[b, t].missing == 0:
            become_ready(s, o, b, t)


@fast
def sort_tasks(s, b, job):
    """Write the job's tasks behind those of the others, sources first, and its edges by source into `out`."""
    at = s.chip[b].left
    for t in range(job.first, job.end):
        s.task[b, t].missing = s.task[b, t].end_in - s.task[b, t].first_in
        s.task[b, t].end_out = 0
    for e in range(job.first_edge, job.end_edge):
        s.task[b, s.edge[b, e].source].end_out += 1
    place = job.first_edge
    for t in range(job.first, job.end):
        task = s.task[b, t]
        task.first_out, place, task.end_out = place, place + task.end_out, place
    for e in range(job.first_edge, job.end_edge):
        task = s.task[b, s.edge[b, e].source]
        s.out[b, task.end_out] = e
        task.end_out += 1
    last = at
    for t in range(job.first, job.end):
        if s.task[b, t].missing == 0:
            s.order[b, last] = t
            last += 1
    i = at
    while i < last:
        task = s.task[b, s.order[b, i]]
        for k in range(task.first_out, task.end_out):
            target = s.edge[b, s.out[b, k]].target
            s.task[b, target].missing -= 1
            if s.task[b, target].missing == 0:
                s.order[b, last] = target
                last += 1
        i += 1
    for t in range(job.first, job.end):
        s.task[b, t].missing = s.task[b, t].end_in - s.task[b, t].first_in


@fast
def rank_task(s, b, t):
    """Upward rank (Topcuoglu et al. 2002, eq. 8), cost table (Arabnejad and Barbosa 2014, eq. 3) and tail of task t.

    The tasks behind it have theirs already.
    """
    pes, task = s.chip[b].pes, s.task[b, t]
    rank, tail, sent = 0.0, 0, 0.0
    s.oct[b, t, :pes] = 0.0
    for k in range(task.first_out, task.end_out):
        link = s.edge[b, s.out[b, k]]
        target = s.task[b, link.target]
        rank, sent = max(rank, link.average + target.rank), sent + link.average
        tail = max(tail, target.least + target.tail)
        for p in range(pes):
            cost = target.reach + link.average
            if s.duration[b, link.target, p] >= 0:
                cost = min(cost, s.oct[b, link.target, p] + s.duration[b, link.target, p])
            s.oct[b, t, p] = max(s.oct[b, t, p], cost)
    task.rank, task.tail, task.sent = rank + task.average, tail, sent
    total, reach = 0.0, np.inf
    for p in range(pes):
        total += s.oct[b, t, p]
        if s.duration[b, t, p] >= 0:
            reach = min(reach, s.oct[b, t, p] + s.duration[b, t, p])
    task.rank_oct, task.reach = total / pes, reach


@fast
def insert(s, b, t, first, end):
    """Put task t into its job's part of the order, behind those of the same or a larger rank."""
    i = end
    while i > first and s.task[b, s.order[b, i - 1]].rank < s.task[b, t].rank:
        s.order[b, i] = s.order[b, i - 1]
        i -= 1
    s.order[b, i] = t


@fast
def become_ready(s, o, b, t):
    """Put task t into its place among the ready ones."""
    chip, task = s.chip[b], s.task[b, t]
    w = chip.ready
    while w > 0:
        other = s.task[b, s.ready[b, w - 1]]
        if other.job < task.job or (other.job == task.job and other.rank >= task.rank):
            break
        s.ready[b, w] = s.ready[b, w - 1]
        w -= 1
    s.ready[b, w] = t
    chip.ready += 1
    find_arrivals(s, b, t)
    o.node_state[b, 1 + chip.pes + t, 2] = 1.0


@fast
def release(s, o, b, t):
    """One source less for task t to wait for."""
    s.task[b, t].missing -= 1
    if s.task[b, t].missing == 0:
        become_ready(s, o, b, t)


@fast
def place(s, o, b, candidate, rules):
    """Put a ready task behind what has been placed on its PE, and play it out with its true duration."""
    t, p = candidate.task, candidate.pe
    chip, task = s.chip[b], s.task[b, t]
    pe, job = s.pe[b, p], s.job[b, task.job]
    task.start = max(chip.now, max(pe.free, s.arrives[b, t, p]))
    s.end[b, t] = task.start + s.duration[b, t, p]
    s.where[b, t] = p
    if chip.noisy:
        begins = max(chip.now, pe.true_free)
        for e in range(task.first_in, task.end_in):
            source = s.edge[b, e].source
            moved = s.transfer[b, e, s.band[b, s.where[b, source], p]]
            begins = max(begins, s.task[b, source].true_end + moved)
        task.true_start, task.true_end = begins, begins + s.true_duration[b, t, p]
    else:
        task.true_start, task.true_end = task.start, s.end[b, t]
    task.placed = 1
    pe.free, pe.true_free = s.end[b, t], task.true_end
    pe.busy += s.true_duration[b, t, p]
    job.left -= 1
    job.work -= task.average
    job.latest = max(job.latest, s.end[b, t])
    chip.left -= 1
    chip.left_work -= task.average
    chip.placed += 1
    s.pending[b, chip.pending] = t
    chip.pending += 1
    chip.ready -= 1
    remove(s.ready[b], t, chip.ready)
    remove(s.order[b], t, chip.left)
    if not rules.at_ready:
        for i in range(task.first_out, task.end_out):
            release(s, o, b, s.edge[b, s.out[b, i]].target)
    o.node_state[b, 1 + chip.pes + t, 0] = 1.0
    o.node_state[b, 1 + chip.pes + t, 2] = 0.0
    show_times(s, o, b, t)


@fast
def remove(tasks, t, count):
    """Take task t out of a list of `count` + 1 tasks."""
    i = 0
    while tasks[i] != t:
        i += 1
    while i < count:
        tasks[i] = tasks[i + 1]
        i += 1


# The graph


@fast
def show_times(s, o, b, t):
    """The expected or known times of task t, from its job's entry on."""
    task = s.task[b, t]
    job = s.job[b, task.job]
    v = 1 + s.chip[b].pes + t
    o.node_state[b, v, 3] = soft((task.start - job.entry) / job.average)
    o.node_state[b, v, 4] = soft((s.end[b, t] - job.entry) / job.average)


@fast
def draw_job(s, o, b, job):
    """Nodes and edges of a job; times are divided by its own mean duration, so that other jobs do not matter."""
    chip = s.chip[b]
    unit = 1.0 / job.average
    for t in range(job.first, job.end):
        task, v = s.task[b, t], 1 + chip.pes + t
        o.node_type[b, v] = TASK
        o.node_features[b, v, 0] = soft(task.average * unit)
        o.node_features[b, v, 1] = soft(task.least * unit)
        o.node_features[b, v, 2] = soft(task.rank * unit)
        o.node_features[b, v, 3] = soft(task.tail * unit)
        o.node_features[b, v, 4] = soft(task.end_in - task.first_in)
        o.node_features[b, v, 5] = soft(task.end_out - task.first_out)
        for p in range(chip.pes):
            if s.duration[b, t, p] >= 0:
                connect(o, b, chip, v, 1 + p, RUNS, soft(s.duration[b, t, p] * unit))
                connect(o, b, chip, 1 + p, v, SERVES, soft(s.duration[b, t, p] * unit))
    for e in range(job.first_edge, job.end_edge):
        link = s.edge[b, e]
        source, target = 1 + chip.pes + link.source, 1 + chip.pes + link.target
        connect(o, b, chip, source, target, SUCCESSOR, soft(link.average * unit))
        connect(o, b, chip, target, source, PREDECESSOR, soft(link.average * unit))


@fast
def connect(o, b, chip, source, target, kind, length):
    """Write the next edge."""
    e = chip.links
    o.edges[b, 0, e] = source
    o.edges[b, 1, e] = target
    o.edge_type[b, e] = kind
    o.edge_features[b, e, 0] = length
    chip.links += 1


# Candidates


@fast
def find_pairs(s, b, rules):
    """Where the considered tasks would finish first, and what that means for time and cut."""
    chip = s.chip[b]
    chip.considered = min(chip.ready, rules.window)
    soonest, first, worst = LATE, LATE, LATE
    for w in range(chip.considered):
        t = s.ready[b, w]
        task = s.task[b, t]
        least, second, most, start = LATE, LATE, 0, LATE
        for p in range(chip.pes):
            if s.duration[b, t, p] >= 0:
                begins = max(chip.now, max(s.pe[b, p].free, s.arrives[b, t, p]))
                ends = begins + s.duration[b, t, p]
                most = max(most, ends)
                if ends < least:
                    second, least, task.best = least, ends, p
                    start = begins if not rules.pairs else min(start, begins)
                else:
                    second = min(second, ends)
                    start = min(start, begins) if rules.pairs else start
        task.finish, task.second = least, second
        soonest, first, worst = min(soonest, start), min(first, least), min(worst, most)
    chip.soonest = soonest
    chip.before = LATE if rules.cut == NO_CUT else worst if rules.cut == WORST_FINISH else first


@fast
def find_candidates(s, b, rules):
    """The pairs, or tasks, that start before the cut; waiting, where a placed task has yet to end."""
    chip = s.chip[b]
    count = 0
    chip.least_finish, chip.least_reach = LATE, np.inf
    if rules.wait and chip.pending > 0:
        ends = LATE
        for i in range(chip.pending):
            ends = min(ends, s.end[b, s.pending[b, i]])
        candidate = s.candidate[b, 0]
        candidate.task, candidate.pe, candidate.duration = -1, -1, 0
        candidate.arrives, candidate.start, candidate.finish, candidate.look = chip.now, max(ends, chip.now), ends, 0.0
        s.legal[b, 0] = 0
        count = 1
    for w in range(chip.considered):
        t = s.ready[b, w]
        task = s.task[b, t]
        for p in range(chip.pes):
            duration = s.duration[b, t, p]
            if duration >= 0 and (rules.pairs or p == task.best):
                start = max(chip.now, max(s.pe[b, p].free, s.arrives[b, t, p]))
                finish = start + duration
                if start < chip.before or finish <= chip.before:
                    a = 1 + w * chip.pes + p if rules.pairs else 1 + w
                    candidate = s.candidate[b, a]
                    candidate.task, candidate.pe, candidate.duration = t, p, duration
                    candidate.arrives, candidate.start, candidate.finish = s.arrives[b, t, p], start, finish
                    candidate.look = 0.0
                    chip.least_finish = min(chip.least_finish, finish)
                    chip.least_reach = min(chip.least_reach, finish + s.oct[b, t, p])
                    s.legal[b, count] = a
                    count += 1
    chip.candidates = count


@fast
def hide(s, o, b):
    """Clear the candidates of the last decision."""
    for c in range(s.chip[b].candidates):
        a = s.legal[b, c]
        o.action_mask[b, a] = 0
        o.candidates[b, a, 0] = o.candidates[b, a, 1] = 0
        o.candidate_type[b, a] = -1
        for k in range(o.candidate_features.shape[2]):
            o.candidate_features[b, a, k] = 0.0


@fast
def observe(s, o, b, rules):
    """Write the clock, the PEs, and the candidates of this decision."""
    chip = s.chip[b]
    unit = 1.0 / chip.unit
    compare_jobs(s, b)
    compare_pes(s, b)
    o.node_state[b, 0, 0] = chip.placed / max(chip.visible, 1)
    o.node_state[b, 0, 1] = soft(chip.inside)
    o.node_state[b, 0, 2] = soft(chip.ready)
    o.node_state[b, 0, 3] = soft(chip.left_work / chip.pes * unit)
    for p in range(chip.pes):
        pe = s.pe[b, p]
        o.node_state[b, 1 + p, 0] = pe.free > chip.now
        o.node_state[b, 1 + p, 3] = soft((pe.free - chip.now) * unit)
        o.node_state[b, 1 + p, 4] = pe.wanted / max(chip.considered, 1)
    first = last = -1  # rows that have the chip's features, and those of the task
    for c in range(chip.candidates):
        a = s.legal[b, c]
        candidate = s.candidate[b, a]
        f = o.candidate_features[b, a]
        o.action_mask[b, a] = 1
        if first < 0:
            first = a
            describe_chip(s, f, b)
        else:
            for k in range(28, 34):
                f[k] = o.candidate_features[b, first, k]
        if a == WAIT:
            o.candidate_type[b, a] = WAIT
            f[3] = soft((candidate.start - chip.now) * unit)
            continue
        o.candidate_type[b, a] = PLACE
        o.candidates[b, a, 0] = 1 + chip.pes + candidate.task
        o.candidates[b, a, 1] = 1 + candidate.pe if rules.pairs else 1 + chip.pes + candidate.task
        describe(s, f, b, a)
        if last >= 0 and s.candidate[b, last].task == candidate.task:
            for k in range(14, 28):
                f[k] = o.candidate_features[b, last, k]
        else:
            describe_task(s, f, b, candidate.task, (a - 1) // chip.pes if rules.pairs else a - 1)
        last = a
        if rules.bound:
            meet_others(s, f, b, candidate)
    if rules.completion:
        look_ahead(s, o, b)


@fast
def compare_jobs(s, b):
    """Bounds of the jobs inside, and what is least among them."""
    chip = s.chip[b]
    chip.least_work, chip.least_critical, chip.bounds, chip.waiting = np.inf, np.inf, 0, 0
    first, older = 0, 0
    for j in range(chip.oldest, chip.entered):
        job = s.job[b, j]
        job.older = older
        older += job.running > 0
        job.bound = job.latest
        if job.left > 0:
            job.at = first
            job.critical = s.task[b, s.order[b, first]].rank
            first += job.left
            s.turn[b, 0, chip.waiting] = j
            i = chip.waiting
            while i > 0 and s.job[b, s.turn[b, 1, i - 1]].work > job.work:
                s.turn[b, 1, i] = s.turn[b, 1, i - 1]
                i -= 1
            s.turn[b, 1, i] = j
            chip.waiting += 1
            chip.least_work = min(chip.least_work, job.work)
            chip.least_critical = min(chip.least_critical, job.critical)
    for w in range(chip.considered):
        task = s.task[b, s.ready[b, w]]
        job = s.job[b, task.job]
        job.bound = max(job.bound, task.finish + task.tail)
    for j in range(chip.oldest, chip.entered):
        if s.job[b, j].running > 0:
            chip.bounds += s.job[b, j].bound


@fast
def compare_pes(s, b):
    """How many considered tasks would finish first on each PE, and which PEs are free."""
    chip = s.chip[b]
    chip.least_free, chip.idle, chip.top_rank = LATE, 0, 0.0
    for p in range(chip.pes):
        s.pe[b, p].wanted = 0
        chip.least_free = min(chip.least_free, max(s.pe[b, p].free, chip.now))
        chip.idle += s.pe[b, p].free <= chip.now
    for w in range(chip.considered):
        task = s.task[b, s.ready[b, w]]
        s.pe[b, task.best].wanted += 1
        chip.top_rank = max(chip.top_rank, task.rank)


@fast
def describe(s, f, b, a):
    """What is known of a placement in constant time; what is alike for all placements of the task stands there."""
    chip, candidate = s.chip[b], s.candidate[b, a]
    t, p = candidate.task, candidate.pe
    task, pe = s.task[b, t], s.pe[b, p]
    unit = 1.0 / chip.unit
    free = max(pe.free, chip.now)
    bound = s.job[b, task.job].bound
    reach = candidate.finish + s.oct[b, t, p]
    f[0] = soft(candidate.duration * unit)
    f[1] = soft((candidate.duration - task.least) * unit)
    f[2] = soft((candidate.duration - task.average) * unit)
    f[3] = soft((candidate.start - chip.now) * unit)
    f[4] = soft((candidate.finish - task.finish) * unit)
    f[5] = soft((candidate.finish - chip.least_finish) * unit)
    f[6] = soft((candidate.start - free) * unit)
    f[7] = soft((candidate.arrives - free) * unit)
    f[8] = soft((candidate.finish + task.tail - bound) * unit)
    f[9] = soft((reach - chip.least_reach) * unit)
    f[10] = soft((reach - bound) * unit)
    f[11] = soft((free - chip.least_free) * unit)
    f[12] = candidate.duration == task.least
    f[13] = pe.wanted / chip.considered


@fast
def describe_task(s, f, b, t, w):
    """What is known of the w-th ready task and its job, wherever it goes; constant time but for its targets."""
    chip, task = s.chip[b], s.task[b, t]
    job = s.job[b, task.job]
    unit = 1.0 / chip.unit
    released = 0
    for i in range(task.first_out, task.end_out):
        released += s.task[b, s.edge[b, s.out[b, i]].target].missing == 1
    f[14] = soft((task.second - task.finish) * unit) if task.second < LATE else 1.0
    f[15] = soft((task.rank - chip.top_rank) * unit)
    f[16] = w / chip.considered
    f[17] = soft(released)
    f[18] = soft(task.end_out - task.first_out)
    f[19] = soft(task.sent * unit)
    f[20] = soft(task.rank * unit)
    f[21] = 1.0 - job.left / (job.end - job.first)
    f[22] = soft((chip.now - job.entry) * unit)
    f[23] = soft(job.critical * unit)
    f[24] = soft((job.work - chip.least_work) * unit)
    f[25] = soft((job.critical - chip.least_critical) * unit)
    f[26] = job.older / chip.inside
    f[27] = soft(job.left)


@fast
def describe_chip(s, f, b):
    """What is alike for all candidates."""
    chip = s.chip[b]
    f[28] = soft(chip.ready)
    f[29] = soft(chip.pes)
    f[30] = soft(chip.left_work / chip.pes / chip.unit)
    f[31] = chip.idle / chip.pes
    f[32] = soft(chip.inside)
    f[33] = soft(chip.candidates)


@fast
def meet_others(s, f, b, candidate):
    """What the other considered tasks lose when the PE is taken until the candidate's finish."""
    chip = s.chip[b]
    p = candidate.pe
    losses, worst = 0, -LATE
    for w in range(chip.considered):
        u = s.ready[b, w]
        task = s.task[b, u]
        if u != candidate.task:
            finish = task.finish
            if task.best == p:
                finish = min(task.second, max(candidate.finish, s.arrives[b, u, p]) + s.duration[b, u, p])
            losses += finish - task.finish
            worst = max(worst, finish + task.tail - s.job[b, task.job].bound)
    unit = 1.0 / chip.unit
    f[34] = soft(losses * unit)
    f[35] = soft(worst * unit) if worst > -LATE else 0.0


# Look-ahead


@fast
def look_ahead(s, o, b):
    """Complete all visible jobs greedily after each candidate, in two ways: what becomes of the jobs' ends."""
    chip = s.chip[b]
    first, second, either, last = np.inf, np.inf, np.inf, np.inf
    for c in range(chip.candidates):
        candidate, look = s.candidate[b, s.legal[b, c]], s.look[b, c]
        look[2] = np.inf
        for way in range(2):
            complete(s, b, way, candidate, look)
        candidate.look = min(look[0], look[1])
        first, second = min(first, look[0]), min(second, look[1])
        either, last = min(either, candidate.look), min(last, look[2])
    unit = 1.0 / chip.unit
    for c in range(chip.candidates):
        a = s.legal[b, c]
        f, look = o.candidate_features[b, a], s.look[b, c]
        better = 0
        for d in range(chip.candidates):
            better += s.candidate[b, s.legal[b, d]].look < s.candidate[b, a].look
        f[36] = soft((look[0] - first) * unit)
        f[37] = soft((look[1] - second) * unit)
        f[38] = soft((s.candidate[b, a].look - either) * unit)
        f[39] = soft((s.candidate[b, a].look - either) * unit * 16)
        f[40] = better / chip.candidates
        f[41] = soft((s.candidate[b, a].look - chip.bounds) / max(chip.inside, 1) * unit)
        f[42] = soft((look[2] - last) * unit)


@fast
def complete(s, b, way, candidate, look):
    """Place all visible tasks after the candidate, job after job: look[way] becomes the sum of the jobs' ends.

    way 0: jobs in the order in which they entered, tasks where finish + optimistic cost is least (PEFT's choice);
    1: jobs by rising work left, tasks where duration + start / 2 is least, which is between MET and EFT.
    """
    chip = s.chip[b]
    free, begins = s.free[b, 0], s.free[b, 1]
    where, end = s.where[b], s.end[b]
    chosen_task, pes = candidate.task, chip.pes
    floor = candidate.start if chosen_task < 0 else chip.now
    for p in range(pes):
        free[p] = max(s.pe[b, p].free, floor)
    if chosen_task >= 0:
        free[candidate.pe] = candidate.finish
        where[chosen_task], end[chosen_task] = candidate.pe, candidate.finish
    total, last = 0, 0
    for j in range(chip.oldest, chip.entered):
        if s.job[b, j].running > 0 and s.job[b, j].left == 0:
            total, last = total + s.job[b, j].latest, max(last, s.job[b, j].latest)
    for k in range(chip.waiting):
        job = s.job[b, s.turn[b, way, k]]
        latest = job.latest
        for i in range(job.at, job.at + job.left):
            t = s.order[b, i]
            if t == chosen_task:
                latest = max(latest, candidate.finish)
                continue
            task = s.task[b, t]
            for p in range(pes):
                begins[p] = free[p]
            for e in range(task.first_in, task.end_in):
                source = s.edge[b, e].source
                there, place = end[source], where[source]
                for p in range(pes):
                    begins[p] = max(begins[p], there + s.transfer[b, e, s.band[b, place, p]])
            least, chosen = np.inf, 0
            for p in range(pes):
                duration = s.duration[b, t, p]
                if duration >= 0:
                    score = begins[p] + duration + s.oct[b, t, p] if way == 0 else 0.5 * begins[p] + duration
                    if score < least:
                        least, chosen = score, p
            finish = begins[chosen] + s.duration[b, t, chosen]
            free[chosen], where[t], end[t] = finish, chosen, finish
            latest = max(latest, finish)
        total, last = total + latest, max(last, latest)
    look[way], look[2] = total, min(look[2], last)
