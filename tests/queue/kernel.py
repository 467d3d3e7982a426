"""The rules of the queue for B instances at once: `reset`, `step` and `resume` over arrays.

Jobs that have come take slots in their order, the lowest free one; who finds none waits outside. Action 1 + k picks the
job of slot k for the next batch, action 0 commits the batch: the machine serves it until its longest job is done, and
all of them leave. Node 0 is the machine, node 1 + k slot k. Letters: B batch, J jobs, K slots.

A job whose service is unknown has to be measured: the kernel then stops at the commit, and `resume` goes on.
"""

from envs.core.compiled import entry, fast
from envs.core.drawing import blank, connect, soft
from envs.core.problem import Outcome
from envs.core.spec import Observation
from tests.queue.features import COMMIT, JOB, MACHINE, PICK, SERVES, WAITS, C, E, N, S
from tests.queue.state import KernelOptions, State


@entry
def reset(s: State, o: Observation, out: Outcome, rows):
    """Start the instances of the rows where `rows` is true, with the first job; a reset commits nothing."""
    for b in range(rows.size):
        if rows[b]:
            begin(s, o, b)
            arrive(s, o, b)
            observe(s, o, b)
            out.reward[b] = 0.0
            out.terminated[b] = out.truncated[b] = out.waiting[b] = False
            out.elapsed[b] = s.line[b].seen = s.line[b].now
            out.objective[b] = 0.0


@entry
def step(s: State, o: Observation, out: Outcome, actions, running, options: KernelOptions):
    """Pick or commit in each running row, then play the forced moves; the actions are legal."""
    for b in range(actions.size):
        out.reward[b] = out.elapsed[b] = 0.0
        if running[b]:
            choose(s, b, actions[b])
            play(s, o, out, b, options)


@entry
def resume(s: State, o: Observation, out: Outcome, rows, durations, options: KernelOptions):
    """Serve the committed batches of `rows` (n,) for as long as was measured, (n,) whole microseconds."""
    for i in range(rows.size):
        b = rows[i]
        settle(s, b, durations[i])
        out.waiting[b] = False
        play(s, o, out, b, options)


@fast
def settle(s, b, duration):
    """The jobs of the batch take so long."""
    for k in range(s.slot.shape[1]):
        if s.slot[b, k].picked:
            s.job[b, s.slot[b, k].job].service = duration


@fast
def begin(s, o, b):
    """The state before anything has come, and the graph of the machine alone; the environment has written the ids."""
    line = s.line[b]
    line.now = line.arrived = line.entered = line.inside = line.done = line.picked = line.longest = 0
    line.serving = line.links = line.cost = line.charged = 0
    for k in range(s.slot.shape[1]):
        slot = s.slot[b, k]
        slot.job, slot.picked, slot.expected, slot.waited, slot.code = -1, 0, 0, 0, 0
    for j in range(line.jobs):
        s.job[b, j].start = s.job[b, j].end = -1
    blank(o, b)
    o.node_type[b, 0] = MACHINE
    o.node_features[b, 0, N.capacity] = line.capacity / (line.capacity + 4.0)
    o.candidate_type[b, 0] = COMMIT


@fast
def choose(s, b, action):
    """Commit the batch, or take the job of slot `action - 1` into it."""
    line = s.line[b]
    if action == 0:
        line.serving = 1
    else:
        slot = s.slot[b, action - 1]
        slot.picked = 1
        line.picked += 1
        line.longest = max(line.longest, slot.expected)


@fast
def play(s, o, out, b, options):
    """Go on to the next decision, to the end, or to a commit that has to be measured."""
    line = s.line[b]
    while True:
        if line.serving:
            if not serve(s, o, b):
                out.waiting[b] = True
                return
            arrive(s, o, b)
        forced = only_choice(s, b)
        if forced < 0 or not options.skip_forced:
            break
        choose(s, b, forced)
    observe(s, o, b)
    out.reward[b] = (line.charged - line.cost) / (line.jobs * line.unit)
    line.charged = line.cost
    out.elapsed[b] = line.now - line.seen
    line.seen = line.now
    out.objective[b] = line.cost
    out.terminated[b] = line.done == line.jobs


@fast
def serve(s, o, b):
    """Serve the committed batch; False, and nothing has changed, where its time is not known."""
    line, takes = s.line[b], 0
    for k in range(s.slot.shape[1]):
        if s.slot[b, k].picked:
            service = s.job[b, s.slot[b, k].job].service
            if service < 0:
                return False
            takes = max(takes, service)
    end = line.now + takes
    for k in range(s.slot.shape[1]):
        slot = s.slot[b, k]
        if slot.picked:
            job = s.job[b, slot.job]
            job.start, job.end = line.now, end
            line.cost += end - job.arrival
            slot.job, slot.picked = -1, 0
    line.inside -= line.picked
    line.done += line.picked
    line.picked = line.longest = line.serving = 0
    line.now = end
    o.ids[b, 1] += 1
    return True


@fast
def arrive(s, o, b):
    """Let in who has come by now, and wait for the next one where nobody has."""
    line = s.line[b]
    if line.inside == 0 and line.entered < line.jobs:
        line.now = max(line.now, s.job[b, line.entered].arrival)
    while line.arrived < line.jobs and s.job[b, line.arrived].arrival <= line.now:
        line.arrived += 1
    k = 0
    while k < s.slot.shape[1] and line.entered < line.arrived:
        if s.slot[b, k].job < 0:
            enter(s, o, b, k, line.entered)
            line.entered += 1
        k += 1


@fast
def enter(s, o, b, k, j):
    """Job j takes slot k: another node stands there, so that the graph has another id."""
    line, slot, job, v = s.line[b], s.slot[b, k], s.job[b, j], 1 + k
    o.ids[b, 0] ^= turned(slot.code, k) ^ turned(job.code, k)
    slot.job, slot.expected, slot.code = j, job.expected, job.code
    line.inside += 1
    expected = soft(job.expected / line.unit)
    if o.node_type[b, v] != JOB:
        o.node_type[b, v] = JOB
        o.candidates[b, v, 0] = o.candidates[b, v, 1] = v
        o.candidate_type[b, v] = PICK
        line.links = connect(o, b, line.links, v, 0, WAITS, E.expected, expected)
        line.links = connect(o, b, line.links, 0, v, SERVES, E.expected, expected)
    o.node_features[b, v, N.expected] = expected
    for e in range(line.links):
        if o.edges[b, 0, e] == v or o.edges[b, 1, e] == v:
            o.edge_features[b, e, E.expected] = expected


@fast
def turned(code, k):
    """The lowest 62 bits of a code, turned by k places: the same job elsewhere makes another graph."""
    k %= 62
    code &= (1 << 62) - 1
    return ((code << k) | (code >> (62 - k))) & ((1 << 62) - 1)


@fast
def may_pick(s, b, k):
    """Whether the job of slot k may be picked."""
    return s.slot[b, k].job >= 0 and not s.slot[b, k].picked and s.line[b].picked < s.line[b].capacity


@fast
def only_choice(s, b):
    """The one legal action, -1 where there are several or none."""
    only, count = 0, int(s.line[b].picked > 0)
    for k in range(s.slot.shape[1]):
        if may_pick(s, b, k):
            only, count = 1 + k, count + 1
    return only if count == 1 else -1


@fast
def observe(s, o, b):
    """Rewrite what changes of each slot, the mask and the candidate features."""
    line, slots = s.line[b], s.slot.shape[1]
    o.node_state[b, 0, S.here] = line.inside / slots
    o.node_state[b, 0, S.picked] = line.picked / line.capacity
    o.node_state[b, 0, S.outside] = (line.arrived - line.entered) / (line.arrived - line.entered + 4.0)
    o.node_state[b, 0, S.longest] = soft(line.longest / line.unit)
    for k in range(slots):
        slot, v = s.slot[b, k], 1 + k
        o.node_state[b, v, S.here] = slot.job >= 0
        o.node_state[b, v, S.picked] = slot.picked
        o.action_mask[b, v] = may_pick(s, b, k)
        o.candidate_features[b, v, :] = 0.0
        if o.action_mask[b, v]:
            slot.waited = line.now - s.job[b, slot.job].arrival
            o.candidate_features[b, v, C.expected] = soft(slot.expected / line.unit)
            o.candidate_features[b, v, C.waited] = soft(slot.waited / line.unit)
            describe(o, b, v, line, slots, max(line.longest, slot.expected), 1)
    o.action_mask[b, 0] = line.picked > 0
    o.candidate_features[b, 0, :] = 0.0
    if line.picked > 0:
        describe(o, b, 0, line, slots, line.longest, 0)


@fast
def describe(o, b, row, line, slots, longest, more):
    """What the batch is after a choice that adds so many jobs."""
    o.candidate_features[b, row, C.longest] = soft(longest / line.unit)
    o.candidate_features[b, row, C.longer] = soft((longest - line.longest) / line.unit)
    o.candidate_features[b, row, C.share] = (line.picked + more) / line.capacity
    o.candidate_features[b, row, C.behind] = (line.inside - line.picked - more) / slots
