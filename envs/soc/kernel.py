"""The kernel of task graphs on unlike processing elements: `reset` and `step` of B streams at once, over arrays.

A task is an index into the arrays of its instance, job after job; PE p is node 1 + p of the graph, task t is node
1 + P + t. Action 0 waits; action 1 + w * P + p places the w-th ready task on PE p, behind what has been placed there
(1 + w where the PE is left to the kernel). Ready tasks are in the order of their jobs' arrival, those of a job by
falling upward rank. Letters: B batch, J jobs, T tasks, E edges, P PEs, N nodes, A candidates, K different bandwidths.
Times are whole us. A feature called a time is divided by the mean duration of all visible tasks and squashed by `soft`.

What has been placed is played out at once with the true durations, which nobody sees before the clock gets there:
`end` holds what is expected, `true_end` what will be.

Arrays and records are in `state`. Here is what a step does; its parts are `clock` (time goes on), `jobs` (one enters),
`candidates`, `observation` and `lookahead`.
"""

from envs.core.compiled import entry, fast
from envs.core.drawing import blank
from envs.core.problem import Outcome
from envs.core.spec import Observation
from envs.soc.clock import advance, next_event, pass_time
from envs.soc.features import CLOCK, PE, WAIT, N, S
from envs.soc.jobs import release, show_times
from envs.soc.observation import hide, observe
from envs.soc.state import LATE, KernelOptions, Numbers, State


@entry
def fill(s: State, b: int, i: Numbers):
    """Copy the numbers of an instance into row b."""
    chip = s.chip[b]
    chip.jobs, chip.tasks, chip.pes = i.job_start.size - 1, i.duration.shape[0], i.duration.shape[1]
    chip.queue, chip.span, chip.noisy = i.queue, i.span, 0
    bands = 0
    for p in range(chip.pes):
        s.pe[b, p].power = i.power[p]
        for q in range(chip.pes):
            k = 0
            while k < bands and s.bandwidth[b, k] != i.bandwidth[p, q]:
                k += 1
            if k == bands:
                s.bandwidth[b, k] = i.bandwidth[p, q]
                bands += 1
            s.band[b, p, q] = k
    apart = 0.0  # mean us for one unit of volume between two PEs
    for p in range(chip.pes):
        for q in range(chip.pes):
            if p != q and i.bandwidth[p, q] > 0:
                apart += 1.0 / i.bandwidth[p, q]
    apart /= max(chip.pes * (chip.pes - 1), 1)
    work, e = 0.0, 0
    for j in range(chip.jobs):
        job = s.job[b, j]
        job.first, job.end, job.arrival, job.first_edge = i.job_start[j], i.job_start[j + 1], i.arrival[j], e
        s.graph_id[b, j] = i.graph_ids[j]
        for t in range(job.first, job.end):
            task = s.task[b, t]
            total, count, least = 0, 0, LATE
            for p in range(chip.pes):
                d = i.duration[t, p]
                s.duration[b, t, p] = d
                s.true_duration[b, t, p] = i.true_duration[t, p]
                if d != i.true_duration[t, p]:
                    chip.noisy = 1
                if d >= 0:
                    total, count, least = total + d, count + 1, min(least, d)
            task.job, task.average, task.least = j, total / count, least
            work += task.average
            task.first_in = e
            while e < i.volume.size and i.edge[e, 1] == t:
                link = s.edge[b, e]
                link.source, link.target, link.volume, link.average = i.edge[e, 0], t, i.volume[e], i.volume[e] * apart
                for k in range(bands):
                    width = s.bandwidth[b, k]
                    s.transfer[b, e, k] = i.volume[e] // width if width > 0 else 0
                e += 1
            task.end_in = e
        job.end_edge = e
    s.graph_id[b, chip.jobs] = i.graph_ids[chip.jobs]
    chip.scale = chip.jobs * max(work / chip.tasks, 1e-9)


@entry
def reset(s: State, o: Observation, out: Outcome, rows, options: KernelOptions):
    """Start the instances of the rows where `rows` is true, up to the first decision."""
    for b in range(rows.size):
        if rows[b]:
            chip = s.chip[b]
            begin(s, o, b)
            while True:
                advance(s, o, b, options)
                last = chip.placed + 1 >= chip.tasks or chip.span > 0 or chip.queue > 0  # there has to be a decision
                if last or not options.skip_forced or chip.candidates != 1:
                    break
                place(s, o, b, s.candidate[b, s.legal[b, 0]], options)
            observe(s, o, b, options)
            out.reward[b] = 0.0
            out.terminated[b] = False
            out.truncated[b] = False
            out.elapsed[b] = chip.now
            out.objective[b] = value(chip)


@entry
def step(s: State, o: Observation, out: Outcome, actions, running, options: KernelOptions):
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
                    place(s, o, b, s.candidate[b, action], options)
                advance(s, o, b, options)
                if not options.skip_forced or chip.candidates != 1:
                    break
                action = s.legal[b, 0]
            o.ids[b, 1] += chip.now > time
            observe(s, o, b, options)
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
    """The state before anything has happened, from the numbers of the instance, and the graph of the empty chip."""
    chip = s.chip[b]
    chip.arrived = 0
    chip.now, chip.entered, chip.oldest, chip.inside, chip.done, chip.placed = 0, 0, 0, 0, 0, 0
    chip.visible, chip.work, chip.left, chip.left_work, chip.unit = 0, 0.0, 0, 0.0, 1.0
    chip.ready, chip.pending, chip.links, chip.area, chip.rewarded, chip.over = 0, 0, 0, 0, 0, 0
    for j in range(s.job.shape[1]):
        s.job[b, j].entry = -1
    for t in range(chip.tasks):
        s.task[b, t].placed = 0
    blank(o, b)
    o.ids[b, 0] = s.graph_id[b, 0]
    o.node_type[b, 0] = CLOCK
    o.node_features[b, 0, N.pes] = chip.pes / (chip.pes + 8.0)
    chip.candidates = 0
    for p in range(chip.pes):
        pe = s.pe[b, p]
        pe.free, pe.true_free, pe.last, pe.busy = 0, 0, 0, 0
        o.node_type[b, 1 + p] = PE


@fast
def place(s, o, b, candidate, options):
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
    if not options.at_ready:
        for i in range(task.first_out, task.end_out):
            release(s, o, b, s.edge[b, s.out[b, i]].target)
    o.node_state[b, 1 + chip.pes + t, S.placed] = 1.0
    o.node_state[b, 1 + chip.pes + t, S.ready] = 0.0
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
