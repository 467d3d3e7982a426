"""How time goes on in a stream of task graphs, and what is known and expected then."""

from envs.core.compiled import fast
from envs.soc.candidates import find_candidates, find_pairs
from envs.soc.features import S
from envs.soc.jobs import arrival, enter, find_arrivals, release, show_times
from envs.soc.state import LATE


@fast
def advance(s, o, b, options):
    """Let time go until there is something to decide or nothing more to come; finds the candidates."""
    chip = s.chip[b]
    fresh = False  # the candidates are known, and nothing has happened since that would change them
    while True:
        changed = settle(s, o, b, options)
        if chip.over:
            chip.candidates = 0
            return
        if not fresh or changed:
            find_pairs(s, b, options)
            fresh = chip.noisy == 0 and options.pairs  # of a task alone, time goes on to the start on its best PE
        if chip.ready > 0 and (options.at_ready or chip.soonest <= chip.now):
            find_candidates(s, b, options)
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
def settle(s, o, b, options):
    """What has happened by now: tasks that ended, jobs that entered. Whether ready tasks are other or see other times.

    Where durations are noisy, what is expected of all that is under way changes with the clock.
    """
    chip = s.chip[b]
    changed = False
    kept = 0
    for i in range(chip.pending):
        t = s.pending[b, i]
        if s.task[b, t].true_end <= chip.now:
            changed |= conclude(s, o, b, t, options)
        else:
            s.pending[b, kept] = t
            kept += 1
    chip.pending = kept
    while not chip.over and chip.arrived < chip.jobs and s.job[b, chip.arrived].arrival <= chip.now:
        if s.job[b, chip.arrived].arrival == chip.now:  # earlier ones found the queue full: lost
            if not room(chip):
                break  # until the clock moves: a job may yet end now, by tasks that take no time
            enter(s, o, b, chip.entered)
            changed = True
        chip.arrived += 1
    if chip.noisy:
        revise(s, o, b)
    return changed


@fast
def conclude(s, o, b, t, options):
    """Task t is known to have ended; whether that made tasks ready."""
    chip, task = s.chip[b], s.task[b, t]
    job, ready = s.job[b, task.job], chip.ready
    task.start, s.end[b, t] = task.true_start, task.true_end
    s.pe[b, s.where[b, t]].last = task.true_end
    show_times(s, o, b, t)
    o.node_state[b, 1 + chip.pes + t, S.ended] = 1.0
    if options.at_ready:
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
