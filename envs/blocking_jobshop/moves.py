"""What a move does: a job leaves its machine for the next one, in the order in which moves are decided.

All functions work on a layer of the shop, in which times are expected ones: the shop as it is (`state.NOW`), or a copy
on which something is tried out. A job on its last operation holds nothing: its machine is `free` at its end.
"""

from envs.core.compiled import fast, part


@fast
def copy_layer(s, b, source, target):
    """Let one layer be as another, but for what `foresee` writes."""
    shop = s.shop[b]
    here, there = s.layer[b, source], s.layer[b, target]
    there.inside, there.remaining, there.ended = here.inside, here.remaining, here.ended
    for j in range(shop.jobs):
        at, copy = s.at[b, source, j], s.at[b, target, j]
        copy.next, copy.machine, copy.held, copy.ready, copy.rest = at.next, at.machine, at.held, at.ready, at.rest
    for m in range(shop.machines):
        hold, twin = s.hold[b, source, m], s.hold[b, target, m]
        twin.holder, twin.free, twin.load, twin.left = hold.holder, hold.free, hold.load, hold.left


@fast
def occupy(s, b, layer, j, start):
    """Job j lets go of its machine and starts its next operation."""
    at, job, level = s.at[b, layer, j], s.job[b, j], s.layer[b, layer]
    i = at.next
    operation = s.operation[b, i]
    if at.held >= 0:
        old = s.hold[b, layer, at.held]
        if old.holder == j:  # in a rotation another job may have it already
            old.holder, old.free = -1, start
    hold = s.hold[b, layer, operation.machine]
    hold.load -= operation.expected
    hold.left -= 1
    ends = start + operation.expected
    level.remaining -= 1
    at.ready = ends
    at.rest -= operation.expected
    at.next = i + 1
    if i + 1 < job.end:
        level.inside += at.held < 0
        hold.holder, at.held = j, operation.machine
        at.machine = s.operation[b, i + 1].machine
    else:
        level.inside -= at.held >= 0
        hold.holder, hold.free = -1, ends
        at.held, at.machine = -1, -1
        level.ended = max(level.ended, ends)


@fast
def cycle(s, b, layer, j):
    """How many machines are in the closed cycle of jobs, each waiting for the next one's, that j is part of; or 0."""
    m, length = s.at[b, layer, j].machine, 0
    if s.at[b, layer, j].held < 0:
        return 0
    while m >= 0 and length < s.shop[b].machines:
        k = s.hold[b, layer, m].holder
        length += 1
        if k < 0:
            return 0
        if k == j:
            return length
        m = s.at[b, layer, k].machine
    return 0


@fast
def rotate(s, b, layer, j, start):
    """All jobs of the closed cycle of job j go on at once."""
    k, first = j, s.at[b, layer, j].held
    while True:
        m = s.at[b, layer, k].machine
        then = s.hold[b, layer, m].holder
        occupy(s, b, layer, k, start)
        if m == first:
            break
        k = then


@fast
def cycle_ready(s, b, layer, j):
    """When all jobs of the closed cycle of job j are ready."""
    ready, k = s.at[b, layer, j].ready, j
    while True:
        k = s.hold[b, layer, s.at[b, layer, k].machine].holder
        ready = max(ready, s.at[b, layer, k].ready)
        if k == j:
            break
    return ready


@part
def rotate_all(s, b, layer, least):
    """Rotate closed cycles, as soon as their jobs are ready but not before `least`, until there are none."""
    shop = s.shop[b]
    j = 0
    while j < shop.jobs:
        length = cycle(s, b, layer, j)
        if length == 1 or (length > 1 and shop.swap):
            rotate(s, b, layer, j, max(least, cycle_ready(s, b, layer, j)))
            j = 0
        else:
            j += 1


@fast
def foresee(s, b, layer, least):
    """Expected starts of all next operations, releases of all machines, and a bound; nothing is before `least`.

    A held machine is released when its holder is ready and the next machine of that one is released, and so on; in a
    closed cycle, when all are ready.
    """
    shop, level = s.shop[b], s.layer[b, layer]
    bound = level.ended
    for m in range(shop.machines):
        hold = s.hold[b, layer, m]
        time, at, length = least, m, 0
        while length < shop.machines:
            k = s.hold[b, layer, at].holder
            if k < 0:
                time = max(time, s.hold[b, layer, at].free)
                break
            time = max(time, s.at[b, layer, k].ready)
            at = s.at[b, layer, k].machine
            length += 1
        hold.release = time
        if hold.left > 0:
            bound = max(bound, time + hold.load)
    for j in range(shop.jobs):
        at = s.at[b, layer, j]
        if at.machine >= 0:
            at.start = max(at.ready, s.hold[b, layer, at.machine].release)
            bound = max(bound, at.start + at.rest)
    level.bound = bound


@part
def safe(s, b, layer, j):
    """Whether, after the move of job j, all jobs inside can leave one after another without a swap: a banker's check.

    A job is in nobody's way on a machine that no other job inside needs, where it may stay for as long as it takes, and
    when it has left. It may go ahead to such a place if all machines up to there are free. That only makes room for
    others, so jobs go ahead in any order, as far and as often as they can; in the end all must be in nobody's way. This
    suffices, but is not necessary: jobs that would have to stop on the way, in somebody's, are not found.
    """
    shop = s.shop[b]
    for m in range(shop.machines):
        s.needed[b, m] = 0
        s.holds[b, m] = s.hold[b, layer, m].holder
    for k in range(shop.jobs):
        at = s.at[b, layer, k]
        held, place = at.held, at.next
        if k == j:
            if held >= 0:
                s.holds[b, held] = -1
            held, place = at.machine, place + 1
            if place == s.job[b, k].end:
                held = -1
            else:
                s.holds[b, held] = k
        s.place[b, k] = place if held >= 0 else -1
        if held >= 0:
            for i in range(place, s.job[b, k].end):
                s.needed[b, s.operation[b, i].machine] += 1
    moved = True
    while moved:
        moved = False
        for k in range(shop.jobs):
            moved |= s.place[b, k] >= 0 and goes_ahead(s, b, k)
    for k in range(shop.jobs):
        here = s.place[b, k] - 1
        if here >= 0 and s.needed[b, s.operation[b, here].machine] > needs(s, b, k, here):
            return False
    return True


@fast
def needs(s, b, k, i):
    """How many operations to come of job k, in the check, are on the machine of its operation i."""
    count = 0
    for q in range(s.place[b, k], s.job[b, k].end):
        count += s.operation[b, q].machine == s.operation[b, i].machine
    return count


@fast
def goes_ahead(s, b, k):
    """Let job k, in the check, go as far as it can to where it is in nobody's way; whether that is any further."""
    end, place = s.job[b, k].end, s.place[b, k]
    furthest = place
    for i in range(place, end):
        m = s.operation[b, i].machine
        if s.holds[b, m] >= 0 and s.holds[b, m] != k:
            break
        if i + 1 == end or s.needed[b, m] == needs(s, b, k, i):
            furthest = i + 1
    if furthest == place:
        return False
    for q in range(place, furthest):
        s.needed[b, s.operation[b, q].machine] -= 1
    s.holds[b, s.operation[b, place - 1].machine] = -1
    s.place[b, k] = -1
    if furthest < end:
        s.place[b, k] = furthest
        s.holds[b, s.operation[b, furthest - 1].machine] = k
    return True


@fast
def movable(s, b, layer, j):
    """Whether job j's next machine has been let go, and the move is safe where swaps are not allowed."""
    m = s.at[b, layer, j].machine
    if m < 0 or s.hold[b, layer, m].holder >= 0:
        return False
    return s.shop[b].swap == 1 or safe(s, b, layer, j)
