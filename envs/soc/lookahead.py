"""The look-ahead of task graphs that completes all visible jobs after each candidate."""

import numpy as np

from envs.core.compiled import fast
from envs.core.drawing import soft
from envs.soc.features import C


@fast
def look_ahead(s, o, b):
    """Complete all visible jobs greedily after each candidate, in two ways: what becomes of the jobs' ends."""
    chip = s.chip[b]
    first, second, either, last = np.inf, np.inf, np.inf, np.inf
    for c in range(chip.candidates):
        candidate, pilots = s.candidate[b, s.legal[b, c]], s.pilots[b, c]
        pilots[2] = np.inf
        for way in range(2):
            complete(s, b, way, candidate, pilots)
        candidate.pilot = min(pilots[0], pilots[1])
        first, second = min(first, pilots[0]), min(second, pilots[1])
        either, last = min(either, candidate.pilot), min(last, pilots[2])
    unit = 1.0 / chip.unit
    for c in range(chip.candidates):
        a = s.legal[b, c]
        f, pilots = o.candidate_features[b, a], s.pilots[b, c]
        better = 0
        for d in range(chip.candidates):
            better += s.candidate[b, s.legal[b, d]].pilot < s.candidate[b, a].pilot
        f[C.pilot_by_entry] = soft((pilots[0] - first) * unit)
        f[C.pilot_by_work] = soft((pilots[1] - second) * unit)
        f[C.pilot_regret] = soft((s.candidate[b, a].pilot - either) * unit)
        f[C.pilot_regret_fine] = soft((s.candidate[b, a].pilot - either) * unit * 16)
        f[C.pilot_rank] = better / chip.candidates
        f[C.pilot_above] = soft((s.candidate[b, a].pilot - chip.bounds) / max(chip.inside, 1) * unit)
        f[C.pilot_last] = soft((pilots[2] - last) * unit)


@fast
def complete(s, b, way, candidate, pilots):
    """Place all visible tasks after the candidate, job after job: pilots[way] becomes the sum of the jobs' ends.

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
    pilots[way], pilots[2] = total, min(pilots[2], last)
