"""What each candidate would do to a lower bound and to the tardiness of the block when MDD completes it.

They fill the columns of `features.BOUND_FEATURES` and `features.PILOT_FEATURES`.
"""

import numpy as np

from envs.core.compiled import fast
from envs.core.drawing import soft
from envs.tardiness.features import C
from envs.tardiness.state import LAST, LATE, NEXT, POSITION


@fast
def look_ahead(s, o, b, options):
    """What each candidate would do to the bound and, with the pilot, to the tardiness when MDD completes the block."""
    line = s.line[b]
    block = s.block[b, line.blocks - 1]
    m, unit = block.high - block.low, (block.high - block.low) / (block.work * line.mean_weight)
    least, best = LATE, LATE
    for c in range(line.candidates):
        choice = s.choice[b, c]
        follow(s, b, options, choice, block)
        least, best = min(least, choice.bound), min(best, choice.pilot)
    late, tardy, spread = of_block(s, b, block)
    for c in range(line.candidates):
        choice = s.choice[b, c]
        f = o.candidate_features[b, choice.job]
        f[C.late] = late / m
        f[C.tardy] = tardy / m
        f[C.spread] = spread / (1.0 + spread)
        f[C.bound_regret] = soft((choice.bound - least) * unit)
        f[C.bound_level] = soft(choice.bound * unit / m)
        if options.pilot:
            s.pilot[b, choice.job] = choice.pilot
            regret, size = choice.pilot - best, max(choice.pilot, 1)
            f[C.pilot_regret] = soft(regret * unit)
            f[C.pilot_regret_fine] = soft(16.0 * regret * unit)
            f[C.pilot_regret_share] = regret / (0.05 * max(best, 1) + regret)
            smaller = 0
            for i in range(line.candidates):
                smaller += s.choice[b, i].pilot < choice.pilot
            f[C.pilot_rank] = smaller / line.candidates
            f[C.pilot_above] = soft((choice.pilot - choice.bound) * unit)
            f[C.pilot_above_share] = (choice.pilot - choice.bound) / size
            f[C.before_share] = choice.before / size
            f[C.own_share] = choice.cost / size
            f[C.pilot_tardy] = choice.tardy / m
            f[C.pilot_latest] = soft(choice.latest * unit)
            f[C.pilot_level] = soft(best * unit / m)


@fast
def follow(s, b, options, choice, block):
    """Bound and pilot of the block after the choice.

    The bound matches the ends of the shortest-first order with the due dates in theirs (as
    `TardinessInstance.lower_bound`); the pilot is MDD (Baker and Bertrand 1982), blind to weights.
    """
    choice.pilot, choice.latest, choice.before = choice.cost, choice.cost, 0
    choice.tardy = choice.cost > 0
    k, low, high = choice.place, block.low, block.high
    if options.form == POSITION:
        own = s.place[b, s.line[b].longest]
        choice.bound = choice.cost + s.line[b].least_weight * bound_of_halves(s, b, choice, block, own)
        if options.pilot:
            modified_due_date(s, b, choice, low, k + 1, own, block.time)
            choice.before = choice.pilot - choice.cost
            modified_due_date(s, b, choice, k + 1, high, -1, choice.end)
        return
    begin = choice.end if options.form == NEXT else block.time
    choice.bound = choice.cost + s.line[b].least_weight * bound_of_rest(s, b, choice, block, begin)
    if options.pilot:
        modified_due_date(s, b, choice, low, high, k, begin)
        if options.form == LAST:
            choice.before = choice.pilot - choice.cost


@fast
def of_block(s, b, block):
    """How many jobs are late if they begin now, how many by due date, and the coefficient of variation of length."""
    late, tardy, time, squares = 0, 0, block.time, 0.0
    m = block.high - block.low
    for k in range(block.low, block.high):
        slot = s.order[b, k]
        time += slot.processing
        late += block.time + slot.processing >= slot.due
        tardy += time > slot.due
        squares += float(slot.processing) * slot.processing  # times may be large
    mean = block.work / m
    return late, tardy, np.sqrt(max(squares / m - mean * mean, 0.0)) / mean


@fast
def bound_of_halves(s, b, choice, block, own):
    """Least tardiness of the jobs before and behind the longest one, which moves from place `own` to the choice's."""
    early, late, cost = block.time, choice.end, 0
    x, y = block.low, choice.place + 1
    for i in range(block.low, block.high - 1):
        slot = s.short[b, i]
        if slot.job <= choice.job:
            x += x == own
            early += slot.processing
            cost += max(0, early - s.order[b, x].due)
            x += 1
        else:
            late += slot.processing
            cost += max(0, late - s.order[b, y].due)
            y += 1
    return cost


@fast
def bound_of_rest(s, b, choice, block, time):
    """Least tardiness of the jobs of the block without the chosen one, from `time` on."""
    cost, x = 0, block.low
    for i in range(block.low, block.high):
        if i != choice.spot:
            x += x == choice.place
            time += s.short[b, i].processing
            cost += max(0, time - s.order[b, x].due)
            x += 1
    return cost


@fast
def modified_due_date(s, b, choice, first, end, without, time):
    """Add to the choice what MDD makes of the jobs at places first..end - 1, but for place `without`, from `time` on.

    Next is the job with the smallest max(time + processing, due). That is the shortest of those that are late, unless
    the first by due date of the others is due before that one ends.
    """
    x, y, backlog, latest = first, 0, 0, choice.latest
    for _ in range(end - first - (first <= without < end)):
        late = LATE
        while x < end and (backlog == 0 or s.order[b, x].due < time + s.short[b, y].processing):
            slot = s.order[b, x]
            x += 1
            if x - 1 != without:
                if time + slot.processing <= slot.due:
                    time += slot.processing
                    late = 0
                    break
                spot = s.spot[b, slot.job]
                y = spot if backlog == 0 else min(spot, y)
                s.waiting[0, spot] = True
                backlog += 1
        if late == LATE:
            slot = s.short[b, y]
            s.waiting[0, y] = False
            backlog -= 1
            while backlog > 0 and not s.waiting[0, y]:
                y += 1
            time += slot.processing
            late = time - slot.due
            choice.pilot += s.job[b, slot.job].weight * late
            choice.tardy += 1
            latest = max(latest, late)
    choice.latest = latest
