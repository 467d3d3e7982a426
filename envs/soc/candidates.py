"""What a decision on task graphs is between."""

import numpy as np

from envs.core.compiled import fast
from envs.soc.features import WAIT
from envs.soc.state import LATE, NO_CUT, WORST_FINISH


@fast
def find_pairs(s, b, options):
    """Where the considered tasks would finish first, and what that means for time and cut."""
    chip = s.chip[b]
    chip.considered = min(chip.ready, options.window)
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
                    start = begins if not options.pairs else min(start, begins)
                else:
                    second = min(second, ends)
                    start = min(start, begins) if options.pairs else start
        task.finish, task.second = least, second
        soonest, first, worst = min(soonest, start), min(first, least), min(worst, most)
    chip.soonest = soonest
    chip.before = LATE if options.cut == NO_CUT else worst if options.cut == WORST_FINISH else first


@fast
def find_candidates(s, b, options):
    """The pairs, or tasks, that start before the cut; waiting, where a placed task has yet to end."""
    chip = s.chip[b]
    count = 0
    chip.least_finish, chip.least_reach = LATE, np.inf
    if options.wait and chip.pending > 0:
        ends = LATE
        for i in range(chip.pending):
            ends = min(ends, s.end[b, s.pending[b, i]])
        candidate = s.candidate[b, WAIT]
        candidate.task, candidate.pe, candidate.duration = -1, -1, 0
        candidate.arrives, candidate.start, candidate.finish, candidate.pilot = chip.now, max(ends, chip.now), ends, 0.0
        s.legal[b, 0] = WAIT
        count = 1
    for w in range(chip.considered):
        t = s.ready[b, w]
        task = s.task[b, t]
        for p in range(chip.pes):
            duration = s.duration[b, t, p]
            if duration >= 0 and (options.pairs or p == task.best):
                start = max(chip.now, max(s.pe[b, p].free, s.arrives[b, t, p]))
                finish = start + duration
                if start < chip.before or finish <= chip.before:
                    a = 1 + w * chip.pes + p if options.pairs else 1 + w
                    candidate = s.candidate[b, a]
                    candidate.task, candidate.pe, candidate.duration = t, p, duration
                    candidate.arrives, candidate.start, candidate.finish = s.arrives[b, t, p], start, finish
                    candidate.pilot = 0.0
                    chip.least_finish = min(chip.least_finish, finish)
                    chip.least_reach = min(chip.least_reach, finish + s.oct[b, t, p])
                    s.legal[b, count] = a
                    count += 1
    chip.candidates = count
