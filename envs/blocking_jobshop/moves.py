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

    A job gets out of everybody's way when all machines that it still has to visit are free, or all up to one that no
    other job inside needs, where it may stay for as long as it takes. Whoever does so makes room for others. This
    suffices, but is not necessary: jobs that would have to go ahead by turns are not found.
    """
    shop, inside = s.shop[b], 0
    for m in range(shop.machines):
        s.needed[b, m] = 0
        s.holds[b, m] = s.hold[b, layer, m].holder
    for k in range(shop.jobs):
        at = s.at[b, layer, k]
        next_operation, held = at.next, at.held
        if k == j:
            if held >= 0:
                s.holds[b, held] = -1
            held = at.machine
            next_operation += 1
            if next_operation == s.job[b, k].end:
                held = -1
            else:
                s.holds[b, held] = k
        s.place[b, k] = -1
        if held >= 0:
            s.place[b, k] = next_operation
            inside += 1
            for i in range(next_operation, s.job[b, k].end):
                s.needed[b, s.operation[b, i].machine] += 1
    while inside > 0:
        before = inside
        for k in range(shop.jobs):
            if s.place[b, k] >= 0:
                inside -= gets_away(s, b, k)
        if inside == before:
            return False
    return True


@fast
def gets_away(s, b, k):
    """Let job k, in the check, go where it is in nobody's way; whether it could."""
    end, at = s.job[b, k].end, s.place[b, k]
    held = s.operation[b, at - 1].machine
    m, i = held, at
    while True:  # on machine m, with operation i the next
        own = 0
        for q in range(at, end):
            own += s.operation[b, q].machine == m
        if i == end or s.needed[b, m] == own:
            break
        m = s.operation[b, i].machine
        if s.holds[b, m] >= 0 and s.holds[b, m] != k:
            return False
        i += 1
    for q in range(at, i):
        s.needed[b, s.operation[b, q].machine] -= 1
    s.holds[b, held] = -1
    if i < end:
        s.holds[b, m] = k
    s.place[b, k] = -1
    return True


@fast
def movable(s, b, layer, j):
    """Whether job j's next machine has been let go, and the move is safe where swaps are not allowed."""
    m = s.at[b, layer, j].machine
    if m < 0 or s.hold[b, layer, m].holder >= 0:
        return False
    return s.shop[b].swap == 1 or safe(s, b, layer, j)
