"""What is seen at a decision on task graphs, all but the look-ahead that completes the jobs; see `features`."""

import numpy as np

from envs.core.compiled import fast
from envs.core.drawing import soft
from envs.soc.features import PLACE, WAIT, C, S
from envs.soc.lookahead import look_ahead
from envs.soc.state import LATE


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
def observe(s, o, b, options):
    """Write the clock, the PEs, and the candidates of this decision."""
    chip = s.chip[b]
    unit = 1.0 / chip.unit
    compare_jobs(s, b)
    compare_pes(s, b)
    o.node_state[b, 0, S.placed] = chip.placed / max(chip.visible, 1)
    o.node_state[b, 0, S.ended] = soft(chip.inside)
    o.node_state[b, 0, S.ready] = soft(chip.ready)
    o.node_state[b, 0, S.start] = soft(chip.left_work / chip.pes * unit)
    for p in range(chip.pes):
        pe = s.pe[b, p]
        o.node_state[b, 1 + p, S.placed] = pe.free > chip.now
        o.node_state[b, 1 + p, S.start] = soft((pe.free - chip.now) * unit)
        o.node_state[b, 1 + p, S.end] = pe.wanted / max(chip.considered, 1)
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
            for k in range(C.ready, C.candidates + 1):
                f[k] = o.candidate_features[b, first, k]
        if a == WAIT:
            o.candidate_type[b, a] = WAIT
            f[C.start] = soft((candidate.start - chip.now) * unit)
            continue
        o.candidate_type[b, a] = PLACE
        o.candidates[b, a, 0] = 1 + chip.pes + candidate.task
        o.candidates[b, a, 1] = 1 + candidate.pe if options.pairs else 1 + chip.pes + candidate.task
        describe(s, f, b, a)
        if last >= 0 and s.candidate[b, last].task == candidate.task:
            for k in range(C.regret, C.job_left + 1):
                f[k] = o.candidate_features[b, last, k]
        else:
            describe_task(s, f, b, candidate.task, (a - 1) // chip.pes if options.pairs else a - 1)
        last = a
        if options.bound:
            meet_others(s, f, b, candidate)
    if options.pilot:
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
    f[C.duration] = soft(candidate.duration * unit)
    f[C.over_least] = soft((candidate.duration - task.least) * unit)
    f[C.over_mean] = soft((candidate.duration - task.average) * unit)
    f[C.start] = soft((candidate.start - chip.now) * unit)
    f[C.over_best] = soft((candidate.finish - task.finish) * unit)
    f[C.over_first] = soft((candidate.finish - chip.least_finish) * unit)
    f[C.idle] = soft((candidate.start - free) * unit)
    f[C.data] = soft((candidate.arrives - free) * unit)
    f[C.bound_over] = soft((candidate.finish + task.tail - bound) * unit)
    f[C.oct_over] = soft((reach - chip.least_reach) * unit)
    f[C.oct_bound] = soft((reach - bound) * unit)
    f[C.pe_free] = soft((free - chip.least_free) * unit)
    f[C.fastest] = candidate.duration == task.least
    f[C.wanted] = pe.wanted / chip.considered


@fast
def describe_task(s, f, b, t, w):
    """What is known of the w-th ready task and its job, wherever it goes; constant time but for its targets."""
    chip, task = s.chip[b], s.task[b, t]
    job = s.job[b, task.job]
    unit = 1.0 / chip.unit
    released = 0
    for i in range(task.first_out, task.end_out):
        released += s.task[b, s.edge[b, s.out[b, i]].target].missing == 1
    f[C.regret] = soft((task.second - task.finish) * unit) if task.second < LATE else 1.0
    f[C.rank_u] = soft((task.rank - chip.top_rank) * unit)
    f[C.place] = w / chip.considered
    f[C.released] = soft(released)
    f[C.targets] = soft(task.end_out - task.first_out)
    f[C.sent] = soft(task.sent * unit)
    f[C.chain] = soft(task.rank * unit)
    f[C.progress] = 1.0 - job.left / (job.end - job.first)
    f[C.age] = soft((chip.now - job.entry) * unit)
    f[C.job_chain] = soft(job.critical * unit)
    f[C.job_work] = soft((job.work - chip.least_work) * unit)
    f[C.job_chain_over] = soft((job.critical - chip.least_critical) * unit)
    f[C.older] = job.older / chip.inside
    f[C.job_left] = soft(job.left)


@fast
def describe_chip(s, f, b):
    """What is alike for all candidates."""
    chip = s.chip[b]
    f[C.ready] = soft(chip.ready)
    f[C.pes] = soft(chip.pes)
    f[C.work] = soft(chip.left_work / chip.pes / chip.unit)
    f[C.pes_idle] = chip.idle / chip.pes
    f[C.inside] = soft(chip.inside)
    f[C.candidates] = soft(chip.candidates)


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
    f[C.losses] = soft(losses * unit)
    f[C.others] = soft(worst * unit) if worst > -LATE else 0.0
