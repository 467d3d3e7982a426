"""Candidate features that look ahead, compiled into the kernel: bounds, the queue, the bottleneck, and the pilot."""

import numpy as np

from envs.core.compiled import fast
from envs.core.drawing import soft
from envs.jobshop.features import C
from envs.jobshop.pilot import LATE, complete, copy_shop, priority, weigh


@fast
def look_ahead(s, o, b, pilot):
    """What dispatching each candidate would do to its machine's queue and to the bound, and a rule then make of it."""
    shop = s.shop[b]
    bottleneck, latest = 0, -1
    for m in range(shop.machines):
        ends = s.machine[b, m].free + s.machine[b, m].load
        if ends > latest:
            bottleneck, latest = m, ends
    unit = 1.0 / shop.mean_duration
    least_bound, least_queue = np.inf, np.inf
    for c in range(shop.candidates):
        j = s.legal[b, c]
        meet_queue(s, o.candidate_features[b, j], b, c, j)
        meet_bottleneck(s, o.candidate_features[b, j], b, j, bottleneck)
        least_bound = min(least_bound, s.look[b, c].bound)
        least_queue = min(least_queue, s.look[b, c].chain)
    for c in range(shop.candidates):
        f = o.candidate_features[b, s.legal[b, c]]
        f[C.bound_after] = soft((s.look[b, c].bound - shop.bound) * unit)
        f[C.bound_regret] = soft((s.look[b, c].bound - least_bound) * unit)
        f[C.queue_after] = soft((s.look[b, c].chain - shop.bound) * unit)
        f[C.queue_regret] = soft((s.look[b, c].chain - least_queue) * unit)
    if pilot:
        try_out(s, o, b)


@fast
def try_out(s, o, b):
    """The makespan when the linear rule completes the schedule after each candidate, and what the rule says of it.

    What it prefers now it has preferred behind the last choice too, if its conflict set is the same.
    """
    shop = s.shop[b]
    shortest, longest, highest, preferred = LATE, 0, -np.inf, -1
    copy_shop(s, b)
    weights = weigh(s, b, shop.remaining)
    for c in range(shop.candidates):
        s.look[b, c].priority = priority(s, b, s.legal[b, c], weights, 1.0 / max(shop.work, 1))
        if s.look[b, c].priority > highest:
            highest, preferred = s.look[b, c].priority, c
    for c in range(shop.candidates):
        known = c == preferred and shop.promised >= 0
        j = s.legal[b, c]
        s.pilot[b, j] = shop.promised if known else complete(s, b, j)
        shortest, longest = min(shortest, s.pilot[b, j]), max(longest, s.pilot[b, j])
    unit = 1.0 / shop.mean_duration
    for c in range(shop.candidates):
        f, makespan, better = o.candidate_features[b, s.legal[b, c]], s.pilot[b, s.legal[b, c]], 0
        for d in range(shop.candidates):
            better += s.pilot[b, s.legal[b, d]] < makespan
        f[C.pilot_after] = soft((makespan - s.look[b, c].bound) * unit)
        f[C.pilot_regret] = soft((makespan - shortest) * unit)
        f[C.pilot_regret_fine] = soft(16.0 * (makespan - shortest) * unit)
        f[C.pilot_rank] = better / shop.candidates
        f[C.pilot_lead] = soft((longest - makespan) * unit)
        f[C.priority_regret] = soft(highest - s.look[b, c].priority)


@fast
def meet_queue(s, f, b, c, j):
    """Bounds when job j goes first or last on its machine, and how it ranks among those that wait there or will."""
    shop, job = s.shop[b], s.job[b, j]
    machine = s.machine[b, job.machine]
    ends, others, n = job.earliest + job.duration, machine.load - job.duration, machine.queued - 1
    after = max(shop.bound, ends + others)  # the bound of the state that follows
    if job.next + 1 < job.end:
        then = s.machine[b, s.operation[b, job.next + 1].machine]
        after = max(after, then.free + job.rest - job.duration)
    chain = after  # the same with every queued operation, not only the next of each job, behind this one
    head, tail, tails = LATE, LATE, 0
    longer, shorter, arriving = 0, 0, 0
    for q in range(machine.first, machine.first + machine.queued):
        entry = s.queue[b, q]
        if entry.operation != job.next:
            other = s.job[b, entry.job]
            arrives = other.reach - entry.rest
            through = max(arrives, ends) + entry.rest
            chain = max(chain, through)
            if other.next == entry.operation:
                after = max(after, through)
            head = min(head, arrives)
            tail = min(tail, entry.rest - entry.duration)
            tails += entry.rest - entry.duration
            longer += entry.rest > job.rest
            shorter += entry.duration < job.duration
            arriving += entry.duration if arrives < ends else 0
    s.look[b, c].bound = after
    s.look[b, c].chain = chain
    if n > 0:
        unit = 1.0 / shop.mean_duration
        last = max(job.earliest, max(machine.free, head) + others)
        f[C.queue_last] = soft((last + job.rest - shop.bound) * unit)
        f[C.queue_bound] = soft((max(ends, head) + others + tail - shop.bound) * unit)
        f[C.longer] = longer / n
        f[C.shorter] = shorter / n
        f[C.tail_excess] = soft((job.rest - job.duration - tails / n) * unit)
        f[C.arriving] = soft(arriving * unit)


@fast
def meet_bottleneck(s, f, b, j, bottleneck):
    """How far job j is from the machine with the latest bound, and whether that machine would wait for it."""
    job = s.job[b, j]
    for k in range(job.next, job.end):
        if s.operation[b, k].machine == bottleneck:
            distance = job.rest - s.operation[b, k].rest
            unit = 1.0 / s.shop[b].mean_duration
            f[C.to_bottleneck] = 1.0
            f[C.bottleneck_distance] = soft(distance * unit)
            f[C.bottleneck_idle] = soft((s.machine[b, bottleneck].free - job.earliest - distance) * unit)
            break
