"""How the linear rule completes a schedule, on a trial copy of the shop: compiled into the kernel's look-ahead.

Jobs that wait for the same machine are a chain from the machine's `front` by their `behind`, and each machine knows
which of its jobs can complete first: a dispatch changes nothing but its own machine and the one that its job goes to.
"""

import numpy as np

from envs.core.compiled import fast

LATE = np.iinfo(np.int64).max
TRIAL_JOB = {
    "next": int,
    "machine": int,
    "duration": int,
    "rest": int,
    "then": int,  # machine of the operation after the next, -1 when there is none
    "ready": int,
    "behind": int,  # the next job in the machine's chain, -1 at its end
}
TRIAL_MACHINE = {
    "free": int,
    "load": int,
    "waiting": int,
    "front": int,  # the first job of its chain, -1 when none waits
    "pick": int,  # the job of the chain that can complete first, the first of several
}
LINEAR = (
    (-0.585, -0.233, 0.195, -0.175, 0.099, -0.1),
    (-1.0, -0.355, -0.138, 0.178, 0.234, -0.071),
)
"""Weights of the linear rule at the end of a schedule, and what is added to them at its begin; in between, the share of
operations not yet scheduled of it. Found by `baselines.jobshop.linear`; `priority` says what they are weights of."""


@fast
def copy_shop(s, b):
    """Begin a trial where the schedule stands."""
    shop = s.shop[b]
    for m in range(shop.machines):
        machine, trial = s.machine[b, m], s.trial_machine[b, m]
        trial.free, trial.load, trial.waiting = machine.free, machine.load, machine.waiting
        trial.front, trial.pick, s.soonest[b, m] = -1, -1, LATE
    for k in range(shop.jobs):
        job = s.job[b, k]
        s.trial[b, k].ready = job.ready
        if job.next >= 0:
            join(s, b, k, job.next)


@fast
def join(s, b, k, i):
    """Job k, whose next operation is i, waits for that one's machine."""
    trial, operation = s.trial[b, k], s.operation[b, i]
    trial.next, trial.machine, trial.duration, trial.rest = i, operation.machine, operation.duration, operation.rest
    trial.then = s.operation[b, i + 1].machine if i + 1 < s.job[b, k].end else -1
    machine = s.trial_machine[b, trial.machine]
    trial.behind, machine.front = machine.front, k
    meet(s, b, trial.machine, k)


@fast
def meet(s, b, m, k):
    """Whether job k of machine m's chain can complete before the others."""
    trial, machine = s.trial[b, k], s.trial_machine[b, m]
    completion = max(trial.ready, machine.free) + trial.duration
    if completion < s.soonest[b, m] or (completion == s.soonest[b, m] and k < machine.pick):
        s.soonest[b, m], machine.pick = completion, k


@fast
def leave(s, b, m, chosen):
    """The chosen job leaves machine m's chain; the others begin no sooner than the machine is free."""
    before, k = -1, s.trial_machine[b, m].front
    s.soonest[b, m] = LATE
    while k >= 0:
        behind = s.trial[b, k].behind
        if k != chosen:
            meet(s, b, m, k)
            before = k
        elif before < 0:
            s.trial_machine[b, m].front = behind
        else:
            s.trial[b, before].behind = behind
        k = behind


@fast
def first_completion(s, b):
    """The machine of the job that can complete first (m* of Giffler and Thompson)."""
    soonest, first = LATE, -1
    for m in range(s.shop[b].machines):
        soonest = min(soonest, s.soonest[b, m])
    for m in range(s.shop[b].machines):
        found = s.soonest[b, m] == soonest
        if found and (first < 0 or s.trial_machine[b, m].pick < s.trial_machine[b, first].pick):
            first = m
    return first


@fast
def weigh(s, b, remaining):
    """Weights of the linear rule with so many operations not yet scheduled, times what turns numbers into features."""
    shop, late, early = s.shop[b], s.weights[b, 0], s.weights[b, 1]
    left, unit = remaining / shop.operations, 1.0 / shop.mean_duration
    return (
        (late[0] + left * early[0]) * unit,
        (late[1] + left * early[1]) * unit,
        (late[2] + left * early[2]) * unit,
        (late[3] + left * early[3]) * unit,
        (late[4] + left * early[4]) * shop.machines,
        (late[5] + left * early[5]) * shop.machines / shop.jobs,
    )


@fast
def priority(s, b, k, weights, per_work):
    """What the linear rule says of job k on trial."""
    trial = s.trial[b, k]
    start = max(trial.ready, s.trial_machine[b, trial.machine].free)
    value = weights[0] * start + weights[1] * trial.duration + weights[2] * trial.rest
    if trial.then >= 0:
        then = s.trial_machine[b, trial.then]
        value += weights[3] * max(then.free - start - trial.duration, 0)
        value += weights[4] * (then.load * per_work) + weights[5] * then.waiting
    return value


@fast
def choose(s, b, m, remaining, work):
    """The job of machine m's conflict set that the linear rule prefers, the first of several."""
    machine = s.trial_machine[b, m]
    highest, chosen, k = -np.inf, -1, machine.front
    weights, per_work = weigh(s, b, remaining), 1.0 / max(work, 1)
    while k >= 0:
        trial = s.trial[b, k]
        if max(trial.ready, machine.free) < s.soonest[b, m] or k == machine.pick:
            value = priority(s, b, k, weights, per_work)
            if value > highest or (value == highest and k < chosen):
                highest, chosen = value, k
        k = trial.behind
    return chosen


@fast
def append(s, b, m, chosen):
    """The chosen job's next operation comes next on machine m; returns its end."""
    trial, machine = s.trial[b, chosen], s.trial_machine[b, m]
    trial.ready = machine.free = max(trial.ready, machine.free) + trial.duration
    machine.load -= trial.duration
    machine.waiting -= 1
    end = trial.ready
    leave(s, b, m, chosen)
    if trial.then >= 0:
        s.trial_machine[b, trial.then].waiting += 1
        join(s, b, chosen, trial.next + 1)
    return end


@fast
def complete(s, b, j):
    """Makespan when job j is dispatched now (-1: none), and then the linear rule chooses from each conflict set."""
    shop = s.shop[b]
    copy_shop(s, b)
    makespan, work = 0, shop.work
    for k in range(shop.jobs):
        makespan = max(makespan, s.trial[b, k].ready)
    for remaining in range(shop.remaining, 0, -1):
        if j >= 0:
            m, chosen, j = s.trial[b, j].machine, j, -1
        else:
            m = first_completion(s, b)
            chosen = s.trial_machine[b, m].front
            if s.trial[b, chosen].behind >= 0:
                chosen = choose(s, b, m, remaining, work)
        work -= s.trial[b, chosen].duration
        makespan = max(makespan, append(s, b, m, chosen))
    return makespan
