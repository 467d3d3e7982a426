"""Candidate features that look ahead: the shop after each choice, its bounds, and what the pilots make of it."""

from envs.blocking_jobshop.features import WAIT, C
from envs.blocking_jobshop.moves import copy_layer, cycle, foresee, occupy, rotate_all
from envs.blocking_jobshop.pilot import complete
from envs.blocking_jobshop.state import AFTER, LATE, NOW, PILOTS, TRIAL
from envs.core.compiled import fast, part
from envs.core.drawing import soft


@fast
def imagine(s, b, action):
    """Let the layer AFTER be the shop after an action; returns the moment before which nothing then starts."""
    shop = s.shop[b]
    copy_layer(s, b, NOW, AFTER)
    s.look[b, action].cycle = 0
    if action == WAIT:
        return shop.coming
    occupy(s, b, AFTER, action - 1, s.at[b, NOW, action - 1].start)
    length = cycle(s, b, AFTER, action - 1)
    s.look[b, action].cycle = length
    if shop.events == 0 and (length == 1 or (length > 1 and shop.swap)):
        rotate_all(s, b, AFTER, shop.now)
    return shop.now


@part
def would_end(s, b, action):
    """Whether nothing is left to decide after a move and the rotations that follow it."""
    imagine(s, b, action)
    rotate_all(s, b, AFTER, s.shop[b].now)
    return s.layer[b, AFTER].remaining == 0


@fast
def look_ahead(s, o, b, pilot):
    """The bounds after each choice and, as far as they go, the completions by the pilots."""
    shop, level = s.shop[b], s.layer[b, NOW]
    least_bound, least_queue = LATE, LATE
    for c in range(shop.candidates):
        action = s.legal[b, c]
        look = s.look[b, action]
        least = imagine(s, b, action)
        foresee(s, b, AFTER, least)
        look.bound = s.layer[b, AFTER].bound
        least_bound = min(least_bound, look.bound)
        compare(s, b, action)
        if action != WAIT:
            m = s.at[b, NOW, action - 1].machine
            look.release = s.hold[b, AFTER, m].release
            look.queue = look.release + s.hold[b, AFTER, m].load
            least_queue = min(least_queue, look.queue)
        if pilot:
            for kind in range(PILOTS):
                copy_layer(s, b, AFTER, TRIAL)
                s.pilots[b, action, kind] = complete(s, b, kind, least)
    unit = 1.0 / shop.mean_duration
    for c in range(shop.candidates):
        action = s.legal[b, c]
        f, look = o.candidate_features[b, action], s.look[b, action]
        f[C.bound_after] = soft((look.bound - level.bound) * unit)
        f[C.bound_regret] = soft((look.bound - least_bound) * unit)
        f[C.delay] = soft(look.delay * unit / shop.jobs)
        f[C.delayed] = look.delayed / shop.jobs
        if action != WAIT:
            at = s.at[b, NOW, action - 1]
            f[C.cycle] = look.cycle / shop.machines
            f[C.blocking] = soft((look.release - at.start - s.operation[b, at.next].expected) * unit)
            f[C.queue_after] = soft((look.queue - level.bound) * unit)
            f[C.queue_regret] = soft((look.queue - least_queue) * unit)
    if pilot:
        weigh(s, o, b)


@fast
def compare(s, b, action):
    """By how much the next operations of the other jobs are later than before the choice."""
    look = s.look[b, action]
    look.delay, look.delayed = 0, 0
    for k in range(s.shop[b].jobs):
        before, after = s.at[b, NOW, k], s.at[b, AFTER, k]
        if before.machine >= 0 and after.next == before.next and k != action - 1:
            look.delay += after.start - before.start
            look.delayed += after.start > before.start


@fast
def weigh(s, o, b):
    """The candidates by the makespans of the pilots."""
    shop, unit = s.shop[b], 1.0 / s.shop[b].mean_duration
    longest, shortest = 0, LATE
    for c in range(shop.candidates):
        action = s.legal[b, c]
        s.pilot[b, action] = min(s.pilots[b, action, 0], min(s.pilots[b, action, 1], s.pilots[b, action, 2]))
        longest, shortest = max(longest, s.pilot[b, action]), min(shortest, s.pilot[b, action])
    for kind in range(PILOTS):
        least = LATE
        for c in range(shop.candidates):
            least = min(least, s.pilots[b, s.legal[b, c], kind])
        for c in range(shop.candidates):
            regret = s.pilots[b, s.legal[b, c], kind] - least
            o.candidate_features[b, s.legal[b, c], C.tail_pilot + kind] = soft(regret * unit)
    for c in range(shop.candidates):
        action, better = s.legal[b, c], 0
        makespan, f = s.pilot[b, action], o.candidate_features[b, action]
        for d in range(shop.candidates):
            better += s.pilot[b, s.legal[b, d]] < makespan
        f[C.pilot_after] = soft((makespan - s.look[b, action].bound) * unit)
        f[C.pilot_regret] = soft((makespan - shortest) * unit)
        f[C.pilot_regret_fine] = soft(16.0 * (makespan - shortest) * unit)
        f[C.pilot_rank] = better / shop.candidates
        f[C.pilot_lead] = soft((longest - makespan) * unit)
