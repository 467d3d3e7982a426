"""Real time: operations are processed, machines fail and are repaired, and what is expected then.

What will happen is in `machine.repaired` and in the failures still to come, which nothing but this file reads; all that
is seen or expected is written into the layer NOW by `expect`.
"""

from envs.blocking_jobshop.moves import cycle, occupy
from envs.blocking_jobshop.state import LATE, NOW
from envs.core.compiled import fast, part


@fast
def matters(s, b, m):
    """Whether machine m holds a job or has operations to come."""
    return s.machine[b, m].occupant >= 0 or s.hold[b, NOW, m].left > 0


@fast
def processing(s, b, m):
    """Whether machine m has a job on it that is not done."""
    j = s.machine[b, m].occupant
    return j >= 0 and s.job[b, j].done == 0


@fast
def next_event(s, b):
    """When an operation ends, or a machine that matters fails or is repaired; LATE if nothing will happen."""
    time = LATE
    for m in range(s.shop[b].machines):
        if matters(s, b, m):
            time = min(time, next_of(s, b, m))
    return time


@fast
def next_of(s, b, m):
    """The same for machine m."""
    shop, machine = s.shop[b], s.machine[b, m]
    if machine.up == 0:
        return machine.repaired
    time = LATE
    if processing(s, b, m):
        job = s.job[b, machine.occupant]
        time = job.since + job.left
        if shop.busy_only and machine.failure < machine.end:
            time = min(time, job.since + s.failure[b, machine.failure].start - machine.processed)
    if shop.busy_only == 0 and machine.failure < machine.end:
        time = min(time, s.failure[b, machine.failure].start)
    return time


@part
def pass_time(s, b, time):
    """The clock goes to the moment of the next event, and all that happens then happens."""
    s.shop[b].now = time
    for m in range(s.shop[b].machines):
        if matters(s, b, m) and next_of(s, b, m) == time:
            happen(s, b, m, time)


@fast
def happen(s, b, m, time):
    """Machine m is repaired; or it ends an operation, fails, or both, the end first."""
    shop, machine = s.shop[b], s.machine[b, m]
    if machine.up == 0:
        machine.up, machine.changed = 1, time
        if processing(s, b, m):
            s.job[b, machine.occupant].since = time
        return
    strikes = shop.busy_only == 0 and machine.failure < machine.end and s.failure[b, machine.failure].start == time
    if processing(s, b, m):
        job = s.job[b, machine.occupant]
        worked = time - job.since
        machine.processed += worked
        if shop.busy_only and machine.failure < machine.end:
            strikes = s.failure[b, machine.failure].start == machine.processed
        if worked == job.left:
            conclude(s, b, m, time)
        elif shop.resume:
            job.left -= worked
        else:
            job.left = s.operation[b, job.held].duration
    if strikes:
        machine.up, machine.changed = 0, time
        machine.repaired = time + s.failure[b, machine.failure].length
        machine.failure += 1


@fast
def conclude(s, b, m, time):
    """The operation on machine m is processed; the last one of a job leaves at once."""
    j = s.machine[b, m].occupant
    job = s.job[b, j]
    job.done = 1
    s.operation[b, job.held].end = time
    if job.held + 1 == job.end:
        s.operation[b, job.held].leave = time
        s.machine[b, m].occupant = -1


@fast
def start_now(s, b, j):
    """Job j leaves its machine and starts its next operation, now."""
    shop, job = s.shop[b], s.job[b, j]
    if job.held >= 0:
        old = s.machine[b, s.operation[b, job.held].machine]
        s.operation[b, job.held].leave = shop.now
        if old.occupant == j:  # in a rotation another job may be on it already
            old.occupant = -1
    i = s.at[b, NOW, j].next
    occupy(s, b, NOW, j, shop.now)
    operation = s.operation[b, i]
    operation.start = shop.now
    s.machine[b, operation.machine].occupant = j
    s.machine[b, operation.machine].load -= operation.duration
    job.held, job.done, job.left, job.since = i, 0, operation.duration, shop.now
    if operation.duration == 0:
        conclude(s, b, operation.machine, shop.now)


@fast
def accepts(s, b, m):
    """Whether machine m takes a job that comes now."""
    return s.machine[b, m].up == 1


@fast
def releases(s, b, j):
    """Whether job j, if it is on a machine, is done there and may leave it now: at the latest when it fails."""
    job = s.job[b, j]
    if job.held < 0:
        return True
    machine = s.machine[b, s.operation[b, job.held].machine]
    return job.done == 1 and (machine.up == 1 or machine.changed == s.shop[b].now)


@part
def swap_now(s, b):
    """Rotate the closed cycles whose jobs are done and whose machines are all up, until there are none."""
    shop = s.shop[b]
    j = 0
    while j < shop.jobs:
        length = cycle(s, b, NOW, j)
        if (length == 1 or (length > 1 and shop.swap)) and may_rotate(s, b, j):
            k, first = j, s.at[b, NOW, j].held
            while True:
                m = s.at[b, NOW, k].machine
                then = s.hold[b, NOW, m].holder
                start_now(s, b, k)
                if m == first:
                    break
                k = then
            j = 0
        else:
            j += 1


@fast
def may_rotate(s, b, j):
    """Whether all jobs of the closed cycle of job j may leave, and all its machines take a job."""
    k = j
    while True:
        m = s.at[b, NOW, k].machine
        if not releases(s, b, k) or not accepts(s, b, m):
            return False
        k = s.hold[b, NOW, m].holder
        if k == j:
            return True


@fast
def repair_left(s, b, m):
    """How much longer machine m, which is down, is expected to be so: at least 1."""
    shop = s.shop[b]
    if shop.repair_probability > 0:
        return int(1.0 / shop.repair_probability + 0.5)
    passed = shop.now - s.machine[b, m].changed
    return max((shop.downtime_most - passed + 2) // 2, 1)


@part
def expect(s, b):
    """Write into the layer NOW when jobs are expected to be ready and machines free, and the floor of the makespan.

    A machine that nobody needs any more is not followed: it counts as up.
    """
    shop, level = s.shop[b], s.layer[b, NOW]
    shop.coming, shop.finished, shop.makespan = LATE, 0, 0
    floor = 0
    level.ended = 0
    for m in range(shop.machines):
        machine, hold = s.machine[b, m], s.hold[b, NOW, m]
        if not matters(s, b, m):
            machine.up = 1
        up_again = shop.now if machine.up else shop.now + repair_left(s, b, m)
        least = shop.now  # no failure to come lowers this
        hold.free = up_again
        if machine.up == 0:
            shop.coming = min(shop.coming, up_again)
        if machine.occupant >= 0:
            job, at = s.job[b, machine.occupant], s.at[b, NOW, machine.occupant]
            at.ready = up_again
            if job.done and machine.changed == shop.now:
                at.ready = shop.now
            if job.done == 0:
                left = job.left - (shop.now - job.since if machine.up else 0)
                at.ready = up_again + left
                least = shop.now + left + (1 - machine.up)
                if machine.up:
                    shop.coming = min(shop.coming, at.ready)
            hold.free = at.ready
            rest = 0 if at.machine < 0 else s.operation[b, at.next].work
            floor = max(floor, least + rest)
            if at.machine < 0:
                level.ended = max(level.ended, at.ready)
        if machine.load > 0 or hold.left > 0:
            floor = max(floor, least + machine.load)
    for j in range(shop.jobs):
        job, at = s.job[b, j], s.at[b, NOW, j]
        if job.held < 0:
            at.ready = shop.now
            floor = max(floor, shop.now + s.operation[b, at.next].work)
        elif job.held + 1 == job.end and job.done:
            shop.finished += 1
            shop.makespan = max(shop.makespan, s.operation[b, job.held].leave)
    level.ended = max(level.ended, shop.makespan)
    shop.floor = max(floor, shop.makespan)
