"""The kernel of the blocking job shop: `step` of B instances at once, over arrays.

An operation is an index into the arrays of its instance, job after job; operation o is node 1 + o of the graph, machine
m is node 1 + O + m. Action 0 waits, action 1 + j lets job j enter its next machine. Letters: B batch, J jobs,
M machines, O operations, K failures, N nodes, E edges, A = 1 + J candidates. Times are whole, in the instance's unit.

In the order view a move starts as early as the moves before it allow, so moves need not be chosen in the order of time;
a cycle of jobs that wait for each other rotates as soon as it is closed, since nothing else can happen to these jobs.
By events, moves start now, and after each, and after each event, there is a new decision. What is expected then is the
same shop in the order view, so that both share moves (`moves`), features (`observation`, `lookahead`) and pilots
(`pilot`). Arrays and records are in `state`; here is what a step does, and how time goes on is in `clock`.
"""

from envs.blocking_jobshop.clock import (
    accepts,
    expect,
    next_event,
    pass_time,
    releases,
    start_now,
    swap_now,
)
from envs.blocking_jobshop.features import WAIT
from envs.blocking_jobshop.graph import draw_graph, settle_graph
from envs.blocking_jobshop.lookahead import would_end
from envs.blocking_jobshop.moves import cycle, cycle_ready, foresee, movable, occupy
from envs.blocking_jobshop.observation import clear, observe
from envs.blocking_jobshop.state import (
    ALL,
    IDS,
    LATE,
    NON_DELAY,
    NOW,
    KernelOptions,
    Numbers,
    State,
)
from envs.core.compiled import entry, fast, part
from envs.core.problem import Outcome
from envs.core.spec import Observation

BEGIN = -1
"""The action that starts an instance: one kernel for both is compiled in half the time."""

MOST_REPEATS = 50.0
"""An operation that is repeated after failures is not expected to take more than so many times its duration."""


@entry
def fill(s: State, b: int, i: Numbers, marks):
    """Copy the numbers of an instance into row b; marks: (O + J,) random numbers up to `IDS`."""
    shop = s.shop[b]
    shop.jobs, shop.machines, shop.operations = i.job_start.size - 1, i.failure_first.size - 1, i.duration.size
    shop.swap, shop.resume, shop.busy_only, shop.can_fail = i.swap, i.resume, i.busy_only, 0
    shop.downtime_most, shop.repair_probability = i.downtime_most, i.repair_probability
    shop.mean_downtime = 0.5 * (1 + i.downtime_most)
    if i.repair_probability > 0:
        shop.mean_downtime = 1.0 / i.repair_probability
    for m in range(shop.machines):
        machine = s.machine[b, m]
        machine.shutdown = i.shutdown_probability[m]
        machine.first, machine.end = i.failure_first[m], i.failure_first[m + 1]
        if machine.shutdown > 0:
            shop.can_fail = 1
    for k in range(i.failure_start.size):
        s.failure[b, k].start, s.failure[b, k].length = i.failure_start[k], i.failure_length[k]
    for j in range(s.job.shape[1]):
        if j < shop.jobs:
            s.job[b, j].first, s.job[b, j].end = i.job_start[j], i.job_start[j + 1]
        else:
            s.job[b, j].next, s.job[b, j].inside, s.at[b, NOW, j].machine = -1, 0, -1
    for j in range(shop.jobs):
        for k in range(i.job_start[j], i.job_start[j + 1]):
            operation = s.operation[b, k]
            operation.duration, operation.machine = i.duration[k], i.machine[k]
            operation.mark, operation.farewell = marks[k], marks[i.duration.size + j]
            operation.expected = expected_time(shop, operation.duration, i.shutdown_probability[operation.machine])


@fast
def expected_time(shop, duration, probability):
    """What an operation takes on average: its duration, and downtimes after all of its units but the last."""
    if probability <= 0 or duration < 2:
        return duration
    downtime = shop.mean_downtime
    if shop.resume:
        return int(duration + (duration - 1) * probability * downtime + 0.5)
    attempts = (1.0 - probability) ** (1.0 - duration)  # mean number of attempts until one succeeds
    time = (attempts - 1.0) * (1.0 / probability + downtime) + 1.0
    return int(min(time, MOST_REPEATS * duration) + 0.5)


@entry
def step(s: State, o: Observation, out: Outcome, actions, rows, options: KernelOptions):
    """In the rows where `rows` is true, play the chosen action, which is legal, or start the instance where it is
    `BEGIN`; then play what is forced."""
    for b in range(actions.size):
        shop, action = s.shop[b], actions[b]
        if rows[b]:
            time = shop.time
            if action == BEGIN:
                time = 0
                begin(s, o, b, options)
                draw_graph(s, o, b)
            else:
                clear(s, o, b)
                play(s, b, action)
                o.ids[b, 1] += 1
            advance(s, o, b, options, action == BEGIN)
            observe(s, o, b, options)
            if action == BEGIN:
                shop.rewarded = shop.floor
            out.reward[b] = (shop.rewarded - shop.floor) / shop.mean_duration
            shop.rewarded = shop.floor
            out.elapsed[b] = shop.time - time
            out.objective[b] = shop.floor
            out.terminated[b] = shop.finished == shop.jobs
            out.truncated[b] = False
        elif action != BEGIN:
            out.reward[b] = 0.0
            out.elapsed[b] = 0.0


@part
def begin(s, o, b, options):
    """The state before anything has happened, from the numbers of the instance."""
    shop, level = s.shop[b], s.layer[b, NOW]
    shop.events = options.events or shop.can_fail
    shop.now, shop.finished, shop.makespan, shop.candidates = 0, 0, 0, 0
    shop.origin = o.ids[b, 0] & IDS
    o.ids[b, 0] = shop.origin
    level.inside, level.remaining, level.ended = 0, shop.operations, 0
    for m in range(shop.machines):
        machine, hold = s.machine[b, m], s.hold[b, NOW, m]
        hold.holder, hold.free, hold.load, hold.left, hold.release = -1, 0, 0, 0, 0
        machine.total, machine.load, machine.waiting = 0, 0, 0
        machine.failure, machine.occupant, machine.up, machine.changed = machine.first, -1, 1, 0
        machine.repaired, machine.processed = 0, 0
    bound, total = 0, 0
    for j in range(shop.jobs):
        job, at = s.job[b, j], s.at[b, NOW, j]
        rest, work = 0, 0
        for i in range(job.end - 1, job.first - 1, -1):
            operation = s.operation[b, i]
            rest += operation.expected
            work += operation.duration
            operation.rest, operation.work = rest, work
            operation.start, operation.end, operation.leave = -1, -1, -1
            s.hold[b, NOW, operation.machine].load += operation.expected
            s.hold[b, NOW, operation.machine].left += 1
            s.machine[b, operation.machine].load += operation.duration
            s.machine[b, operation.machine].total += 1
        job.length, job.held, job.done, job.left, job.since = work, -1, 0, 0, 0
        at.next, at.machine, at.held = job.first, s.operation[b, job.first].machine, -1
        at.ready, at.rest, at.start = 0, rest, 0
        s.machine[b, at.machine].waiting += 1
        bound, total = max(bound, work), total + work
    for m in range(shop.machines):
        bound = max(bound, s.machine[b, m].load)
    shop.mean_duration = max(total / shop.operations, 1e-9)
    shop.first_bound = max(bound, 1)
    shop.floor, shop.rewarded = bound, bound
    if shop.events and next_event(s, b) == 0:
        pass_time(s, b, 0)


@fast
def play(s, b, action):
    """Wait for the next event, or let a job enter its next machine."""
    if action == WAIT:
        pass_time(s, b, next_event(s, b))
    elif s.shop[b].events:
        start_now(s, b, action - 1)
    else:
        put(s, b, action - 1, -1)
        j = 0
        while j < s.shop[b].jobs:  # closed cycles
            length = cycle(s, b, NOW, j)
            if length == 1 or (length > 1 and s.shop[b].swap):
                ready, k, first = cycle_ready(s, b, NOW, j), j, s.at[b, NOW, j].held
                while True:
                    m = s.at[b, NOW, k].machine
                    then = s.hold[b, NOW, m].holder
                    put(s, b, k, ready)
                    if m == first:
                        break
                    k = then
                j = 0
            else:
                j += 1


@fast
def put(s, b, j, start):
    """In the order view, job j leaves its machine and starts its next operation at `start`, -1 = as early as it can."""
    shop, job, at = s.shop[b], s.job[b, j], s.at[b, NOW, j]
    i = at.next
    operation = s.operation[b, i]
    if start < 0:
        start = max(at.ready, s.hold[b, NOW, operation.machine].free)
    if job.held >= 0:
        s.operation[b, job.held].leave = start
    occupy(s, b, NOW, j, start)
    operation.start, operation.end = start, at.ready
    s.machine[b, operation.machine].load -= operation.duration
    job.held = i
    if i + 1 == job.end:
        operation.leave = at.ready
        shop.finished += 1
        shop.makespan = max(shop.makespan, at.ready)


@fast
def advance(s, o, b, options, first):
    """Play what is forced, until there is something to decide or all jobs have left; finds the candidates.

    first: of a reset, which leaves one decision even where all of them are forced.
    """
    shop = s.shop[b]
    while True:
        if shop.events:
            swap_now(s, b)
            expect(s, b)
        elif options.skip_forced and options.scheme == ALL and not first:
            j = unrivalled(s, b)
            while j >= 0:
                play(s, b, 1 + j)
                j = unrivalled(s, b)
        foresee(s, b, NOW, shop.now)
        find_candidates(s, b, options)
        if shop.finished == shop.jobs:
            break
        action = forced(s, b, options)
        if action < 0 or (first and action != WAIT and would_end(s, b, action)):
            break
        play(s, b, action)
    if shop.events == 0:
        shop.floor = s.layer[b, NOW].bound
    shop.bound = s.layer[b, NOW].bound
    settle_graph(s, o, b)


@fast
def unrivalled(s, b):
    """A job that can move to a machine that nobody else needs any more, or -1; `forced` says the same, but later."""
    for j in range(s.shop[b].jobs):
        m = s.at[b, NOW, j].machine
        if m >= 0 and s.hold[b, NOW, m].left == 1 and movable(s, b, NOW, j):
            return j
    return -1


@fast
def forced(s, b, options):
    """The action that is no decision, or -1: the only one, or a move to a machine that nobody else needs any more.

    While all operations have started, time goes on in any case.
    """
    shop = s.shop[b]
    if s.layer[b, NOW].remaining == 0:
        return WAIT
    if not options.skip_forced:
        return -1
    if shop.candidates == 1:
        return s.legal[b, 0]
    if options.scheme == ALL:
        for c in range(shop.candidates):
            action = s.legal[b, c]
            if action != WAIT and s.hold[b, NOW, s.at[b, NOW, action - 1].machine].left == 1:
                return action
    return -1


@fast
def find_candidates(s, b, options):
    """The moves that the scheme leaves a choice between, lowest first, behind the wait where there is one.

    The one that completes first is always among them: where its duration is 0, nothing starts before its completion.
    """
    shop = s.shop[b]
    count, time, soonest, pick, longest = 0, LATE, LATE, -1, 0
    for j in range(shop.jobs):
        at = s.at[b, NOW, j]
        if at.machine < 0:
            continue
        longest = max(longest, at.rest)
        possible = movable(s, b, NOW, j)
        if possible and shop.events:
            m = at.machine
            possible = s.machine[b, m].occupant < 0 and accepts(s, b, m) and releases(s, b, j)
        if possible:
            s.legal[b, count] = 1 + j
            count += 1
            time = min(time, at.start)
            completion = at.start + s.operation[b, at.next].expected
            if completion < soonest:
                soonest, pick = completion, 1 + j
    shop.soonest, shop.longest = soonest, longest
    if shop.events:
        shop.time = shop.now
        if shop.coming < LATE and (options.scheme != NON_DELAY or count == 0):
            for c in range(count, 0, -1):
                s.legal[b, c] = s.legal[b, c - 1]
            s.legal[b, 0] = WAIT
            count += 1
    else:
        shop.time = time if count > 0 else shop.makespan
        if options.scheme != ALL:
            if options.scheme == NON_DELAY:
                soonest, pick = time + 1, -1
            count = narrow(s, b, count, soonest, pick)
    shop.candidates = count


@fast
def narrow(s, b, count, before, pick):
    """Keep the candidates that start before a moment, and the picked one."""
    kept = 0
    for c in range(count):
        action = s.legal[b, c]
        if s.at[b, NOW, action - 1].start < before or action == pick:
            s.legal[b, kept] = action
            kept += 1
    return kept
