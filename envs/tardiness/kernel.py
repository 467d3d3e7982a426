"""The rules of the tardiness problem for B instances at once: `reset` and `step` over arrays, nothing else.

Jobs are numbered by due date, ties by processing time, weight and the instance's own order: job j is row j of every
array, node 1 + j of the graph and action j. What is undecided is a stack of blocks. A block is the jobs of the places
low..high - 1 of the sequence, which begins with them at `time`; `order` has them by due date. A decision places one job
of the topmost block:

* NEXT: action j puts job j first, LAST: last; what remains is one smaller block.
* POSITION: action j puts the longest job right behind job j of the order by due date (where it is if j is itself): the
  jobs before and after it become two blocks (Lawler 1977). The block of the earlier places is decided first.

Letters: B batch, N jobs (padded), n jobs, m jobs of the block, A = N candidates. Times are integers in the instance's
unit. A feature called a time is divided by the mean processing time of the block and squashed by `soft`.
"""

from typing import NamedTuple

import numpy as np

from envs.core.compiled import entry, fast, soft
from envs.core.problem import Outcome
from envs.core.spec import Observation

NEXT, LAST, POSITION = 0, 1, 2
NO_LOOK, BOUND, PILOT = 0, 1, 2
CLOCK, JOB_NODE = 0, 1
LATER, EARLIER, LONGER, SHORTER = 0, 1, 2, 3
OPEN, BY_DUE_DATE, BY_LENGTH = 0, 1, 2
LATE = np.iinfo(np.int64).max

LINE = {
    "jobs": int,
    "mean_processing": float,
    "total": int,  # processing time
    "mean_weight": float,
    "least_weight": int,
    "weighted": int,  # 1 where not all weights are 1
    "blocks": int,  # undecided ones
    "placed": int,  # jobs whose end is known
    "cost": int,  # their weighted tardiness
    "charged": int,  # what the rewards so far have come to
    "longest": int,  # POSITION: the job that is placed, else -1
    "candidates": int,  # how many this decision is between
    "shown": int,  # how many candidates the observation has
    "low": int,  # places of the block that is decided next
    "high": int,
    "time": int,  # when it begins; the end of all once nothing is left
    "work": int,  # its processing time
}
JOB = {
    "processing": int,
    "due": int,
    "weight": int,
    "number": int,  # in the instance
    "rank": int,  # by processing time among all jobs
}
SLOT = {"job": int, "processing": int, "due": int}
BLOCK = {
    "low": int,
    "high": int,
    "time": int,  # when its first job begins
    "work": int,  # total processing time
    "dues": int,  # total of the due dates
}
CHOICE = {
    "job": int,  # job a, the action
    "processing": int,
    "due": int,
    "place": int,  # NEXT, LAST: of job a in `order`; POSITION: the new place of the longest job
    "spot": int,  # of job a in `short`
    "end": int,  # of the job that is placed
    "cost": int,  # weighted tardiness of that job
    "bound": int,  # lookahead: of the block's weighted tardiness after the choice
    "pilot": int,  # lookahead: the same when MDD completes the block
    "before": int,  # what of it is due to the jobs before the placed one
    "tardy": int,  # how many of them are late
    "latest": int,  # the largest tardiness
}


class State(NamedTuple):
    """Records, so that what is read together lies together; only the kernel writes them.

    `load` fills in the numbers of an instance, `begin` all the rest.
    """

    line: np.recarray  # (B,) of LINE
    job: np.recarray  # (B, N) of JOB
    block: np.recarray  # (B, N + 1) of BLOCK: the stack; the last of `line.blocks` is decided next
    order: np.recarray  # (B, N) of SLOT: jobs of a block by due date, at the block's places
    short: np.recarray  # (B, N) of SLOT: jobs of a block by processing time, then due date, at the block's places
    place: np.ndarray  # (B, N) where each job is in `order`
    spot: np.ndarray  # (B, N) where each job is in `short`
    end: np.ndarray  # (B, N) when each job ends, -1 while undecided
    open: np.ndarray  # (B, N) bool: the jobs of the block that is decided next
    choice: np.recarray  # (B, N) of CHOICE: what this decision is between
    completion: np.ndarray  # (B, N) lookahead PILOT: `pilot` of each candidate
    legal: np.ndarray  # (B, N) jobs whose candidates the observation has
    aside: np.recarray  # (B, N) of SLOT: jobs on their way from one place to another; row 0 serves all
    waiting: np.ndarray  # (B, N) bool: which jobs of `short` are late already in a completion; row 0 serves all


def allocate(batch: int, jobs: int) -> State:
    """Zeros for `batch` instances of at most so many jobs."""

    def records(fields: dict[str, type], *axes: int) -> np.recarray:
        dtype = np.dtype([(name, np.float64 if kind is float else np.int64) for name, kind in fields.items()])
        return np.zeros((batch, *axes), dtype).view(np.recarray)

    state = State(
        line=records(LINE),
        job=records(JOB, jobs),
        block=records(BLOCK, jobs + 1),
        order=records(SLOT, jobs),
        short=records(SLOT, jobs),
        place=np.zeros((batch, jobs), np.int64),
        spot=np.zeros((batch, jobs), np.int64),
        end=np.full((batch, jobs), -1),
        open=np.zeros((batch, jobs), bool),
        choice=records(CHOICE, jobs),
        completion=np.zeros((batch, jobs), np.int64),
        legal=np.zeros((batch, jobs), np.int64),
        aside=records(SLOT, jobs),
        waiting=np.zeros((batch, jobs), bool),
    )
    state.line["mean_processing"] = state.line["mean_weight"] = 1.0
    state.line["longest"] = -1
    state.job["processing"] = state.job["weight"] = 1
    state.job["number"] = -1
    return state


@entry
def load(s, b, processing, due, weight):
    """Copy the numbers of an instance into row b by due date, and rank them by processing time."""
    n, order, short = processing.size, s.place[b], s.spot[b]  # room for the two orders until `begin`
    s.line[b].jobs = n
    spread(order, short, n, due)
    for k in range(1, n):  # what is left to do, ties among it
        i, at = order[k], k
        while at > 0 and precedes(i, order[at - 1], due, processing, weight):
            order[at] = order[at - 1]
            at -= 1
        order[at] = i
    for j in range(s.job.shape[1]):
        job = s.job[b, j]
        if j < n:
            i = order[j]
            job.number, job.processing, job.due, job.weight = i, processing[i], due[i], weight[i]
        else:
            job.number, job.processing, job.due, job.weight, s.end[b, j] = -1, 1, 0, 1, -1
            s.open[b, j] = False
    times = s.job[b].processing
    spread(short, order, n, times)
    for k in range(1, n):
        j, at = short[k], k
        while at > 0 and times[j] < times[short[at - 1]]:
            short[at] = short[at - 1]
            at -= 1
        short[at] = j
    for k in range(n):
        s.job[b, short[k]].rank = k


@fast
def precedes(i, j, due, processing, weight):
    """Whether job i comes before job j by due date, then processing time, weight and number."""
    if due[i] != due[j]:
        return due[i] < due[j]
    if processing[i] != processing[j]:
        return processing[i] < processing[j]
    return weight[i] < weight[j] or (weight[i] == weight[j] and i < j)


@fast
def spread(order, count, n, key):
    """Write 0..n - 1 into order[:n], nearly by key[:n] and stable: each into one of n equal ranges of its values."""
    low, high = key[0], key[0]
    for i in range(n):
        low, high = min(low, key[i]), max(high, key[i])
        count[i] = 0
    ranges = n / (high - low + 1.0)
    for i in range(n):
        count[int((key[i] - low) * ranges)] += 1
    end = n
    for c in range(n - 1, -1, -1):
        end -= count[c]
        count[c] = end
    for i in range(n):
        c = int((key[i] - low) * ranges)
        order[count[c]] = i
        count[c] += 1


@entry
def reset(s: State, o: Observation, out: Outcome, rows, form, dominance, skip_forced, lookahead):
    """Start the loaded instances of the rows where `rows` is true."""
    for b in range(rows.size):
        if rows[b]:
            begin(s, b)
            draw_graph(s, o, b, form)
            advance(s, o, b, form, dominance, skip_forced, True)
            observe(s, o, b, form, lookahead)
            s.line[b].charged = 0
            out.reward[b] = 0.0
            out.terminated[b] = False
            out.truncated[b] = False
            out.elapsed[b] = 0.0
            out.objective[b] = s.line[b].cost


@entry
def step(s: State, o: Observation, out: Outcome, actions, running, form, dominance, skip_forced, lookahead):
    """Place a job in each running row, then play the forced moves; the actions are legal."""
    for b in range(actions.size):
        out.reward[b] = 0.0
        out.elapsed[b] = 0.0
        if running[b]:
            line = s.line[b]
            decide(s, o, b, form, actions[b])
            advance(s, o, b, form, dominance, skip_forced, False)
            o.ids[b, 1] += 1
            observe(s, o, b, form, lookahead)
            out.reward[b] = (line.charged - line.cost) / (line.jobs * line.mean_processing * line.mean_weight)
            line.charged = line.cost
            out.objective[b] = line.cost
            out.terminated[b] = line.blocks == 0


@fast
def begin(s, b):
    """The state before any decision, from the loaded numbers."""
    line = s.line[b]
    work, dues, weights, least = 0, 0, 0, LATE
    for j in range(line.jobs):
        job = s.job[b, j]
        for slot in (s.order[b, j], s.short[b, job.rank]):
            slot.job, slot.processing, slot.due = j, job.processing, job.due
        s.place[b, j], s.spot[b, j], s.end[b, j], s.open[b, j] = j, job.rank, -1, False
        work, dues, weights = work + job.processing, dues + job.due, weights + job.weight
        least = min(least, job.weight)
    line.total, line.mean_processing = work, work / line.jobs
    line.mean_weight, line.least_weight, line.weighted = weights / line.jobs, least, weights > line.jobs
    line.blocks, line.placed, line.cost, line.charged, line.longest = 0, 0, 0, 0, -1
    line.low, line.high, line.time, line.work = 0, 0, 0, 0
    push(s, b, 0, line.jobs, 0, work, dues)


@fast
def push(s, b, low, high, time, work, dues):
    """Put a block on the stack, unless it is empty."""
    if low < high:
        block = s.block[b, s.line[b].blocks]
        block.low, block.high, block.time, block.work, block.dues = low, high, time, work, dues
        s.line[b].blocks += 1


@fast
def draw_graph(s, o, b, form):
    """Nodes, edges and their features, all but the legal candidates; the ids were written by the environment."""
    line = s.line[b]
    n, per_mean, per_total, per_job = line.jobs, 0.5 / line.mean_processing, 1.0 / line.total, 1.0 / line.jobs
    o.node_type[b, 0] = CLOCK
    o.node_features[b, 0, 5] = n / (32.0 + n)
    e = 0
    for j in range(n):
        job, v = s.job[b, j], 1 + j
        due = job.due * per_total
        o.node_type[b, v] = JOB_NODE
        o.node_features[b, v, 0] = job.processing * per_mean
        o.node_features[b, v, 1] = due / (1.0 + abs(due))
        o.node_features[b, v, 2] = j * per_job
        o.node_features[b, v, 3] = job.rank * per_job
        o.node_features[b, v, 4] = job.weight / (job.weight + line.mean_weight)
        o.node_state[b, v, 0] = o.node_state[b, v, 1] = o.node_state[b, v, 2] = 0.0
        o.candidates[b, j, 0] = o.candidates[b, j, 1] = v
        o.candidate_type[b, j] = 1 + form
        if j > 0:
            gap = (job.due - s.order[b, j - 1].due) * per_mean
            e = connect(o, b, e, v - 1, v, LATER, gap / (1.0 + gap))
            e = connect(o, b, e, v, v - 1, EARLIER, gap / (1.0 + gap))
            one, other = s.short[b, j - 1], s.short[b, j]
            gap = (other.processing - one.processing) * per_mean
            e = connect(o, b, e, 1 + one.job, 1 + other.job, LONGER, gap)
            e = connect(o, b, e, 1 + other.job, 1 + one.job, SHORTER, gap)
    pad(o, b, n, e)


@fast
def connect(o, b, e, source, target, kind, gap):
    """Write edge e; returns the place of the next."""
    o.edges[b, 0, e] = source
    o.edges[b, 1, e] = target
    o.edge_type[b, e] = kind
    o.edge_features[b, e, 0] = gap
    return e + 1


@fast
def pad(o, b, n, e):
    """Nothing behind n jobs and e edges."""
    for v in range(1 + n, o.node_type.shape[1]):
        o.node_type[b, v] = -1
        o.node_features[b, v, :] = 0.0
        o.node_state[b, v, :] = 0.0
        o.candidates[b, v - 1, :] = 0
        o.candidate_type[b, v - 1] = -1
    for i in range(e, o.edge_type.shape[1]):
        o.edges[b, 0, i] = o.edges[b, 1, i] = 0
        o.edge_type[b, i] = -1
        o.edge_features[b, i, 0] = 0.0


@fast
def settle(s, o, b, slot, end):
    """The job of this slot ends then."""
    j = slot.job
    s.end[b, j] = end
    s.line[b].placed += 1
    s.line[b].cost += s.job[b, j].weight * max(0, end - slot.due)
    o.node_state[b, 1 + j, 0] = 1.0
    o.node_state[b, 1 + j, 1] = end / s.line[b].total
    o.candidates[b, j, 0] = o.candidates[b, j, 1] = 0
    o.candidate_type[b, j] = -1


@fast
def move(slots, at, start, end):
    """Take the job at one place of a block and put it at another; those in between give way."""
    slot, step, k = slots[start], 1 if start < end else -1, start
    j, processing, due = slot.job, slot.processing, slot.due
    while k != end:
        one, other = slots[k], slots[k + step]
        one.job, one.processing, one.due = other.job, other.processing, other.due
        at[one.job] = k
        k += step
    slot = slots[end]
    slot.job, slot.processing, slot.due = j, processing, due
    at[j] = end


@fast
def decide(s, o, b, form, action):
    """Place the chosen job of the topmost block."""
    if form == NEXT:
        put_first(s, o, b, action)
    elif form == LAST:
        put_last(s, o, b, action)
    else:
        divide(s, o, b, action)


@fast
def put_first(s, o, b, j):
    """Job j begins the block."""
    block = s.block[b, s.line[b].blocks - 1]
    move(s.order[b], s.place[b], s.place[b, j], block.low)
    move(s.short[b], s.spot[b], s.spot[b, j], block.low)
    slot = s.order[b, block.low]
    block.time += slot.processing
    settle(s, o, b, slot, block.time)
    block.low += 1
    shrink(s, b, block, slot)


@fast
def put_last(s, o, b, j):
    """Job j ends the block."""
    block = s.block[b, s.line[b].blocks - 1]
    block.high -= 1
    move(s.order[b], s.place[b], s.place[b, j], block.high)
    move(s.short[b], s.spot[b], s.spot[b, j], block.high)
    slot, end = s.order[b, block.high], block.time + block.work
    settle(s, o, b, slot, end)
    shrink(s, b, block, slot)


@fast
def shrink(s, b, block, slot):
    """A job has left the block; an empty one leaves the stack."""
    block.work -= slot.processing
    block.dues -= slot.due
    if block.low == block.high:
        s.line[b].blocks -= 1


@fast
def divide(s, o, b, pick):
    """The longest job of the block goes behind job `pick`: those before it are one block, those after it another."""
    line = s.line[b]
    line.blocks -= 1
    block = s.block[b, line.blocks]
    low, high, time, work, dues = block.low, block.high, block.time, block.work, block.dues
    longest, k = s.short[b, high - 1].job, s.place[b, pick]
    move(s.order[b], s.place[b], s.place[b, longest], k)
    slot = s.order[b, k]
    before, before_dues = 0, 0
    for i in range(low, k):
        before, before_dues = before + s.order[b, i].processing, before_dues + s.order[b, i].due
    end = time + before + slot.processing
    split(s, b, low, k, high, pick)
    settle(s, o, b, slot, end)
    push(s, b, k + 1, high, end, work - before - slot.processing, dues - before_dues - slot.due)
    push(s, b, low, k, time, before, before_dues)


@fast
def split(s, b, low, k, high, pick):
    """Divide `short` in two as well: jobs up to `pick` before place k, the others after it; the longest has left."""
    left, right = low, 0
    for i in range(low, high - 1):
        slot = s.short[b, i]
        if slot.job <= pick:
            s.spot[b, slot.job] = left
            one = s.short[b, left]
            one.job, one.processing, one.due = slot.job, slot.processing, slot.due
            left += 1
        else:
            one = s.aside[0, right]
            one.job, one.processing, one.due = slot.job, slot.processing, slot.due
            right += 1
    for i in range(right):
        one, slot = s.aside[0, i], s.short[b, k + 1 + i]
        slot.job, slot.processing, slot.due = one.job, one.processing, one.due
        s.spot[b, slot.job] = k + 1 + i


@fast
def advance(s, o, b, form, dominance, skip_forced, keep):
    """Play forced moves, if asked, up to the next decision and list what it is between.

    keep: leave at least one decision, which then has one candidate.
    """
    line = s.line[b]
    line.candidates, line.longest = 0, -1
    while line.blocks > 0:
        block = s.block[b, line.blocks - 1]
        solved = solve(s, b, block) if skip_forced else OPEN
        if solved != OPEN:
            if keep and line.blocks == 1:
                offer_only(s, b, form, block, solved)
                break
            finish(s, o, b, block, solved)
            continue
        last = s.order[b, block.high - 1]
        if skip_forced and last.due >= block.time + block.work:  # in time even as the last one
            put_last(s, o, b, last.job)
            continue
        offer(s, b, form, dominance, block)
        if line.candidates > 1 or not skip_forced:
            break
        line.candidates = 0
        decide(s, o, b, form, s.choice[b, 0].job)


@fast
def solve(s, b, block):
    """Whether an order of the block is known to be optimal: by due date, by length, or OPEN where none is.

    By due date if at most one job of it is late (none, where there are weights): no order makes the latest job less
    late (Jackson 1955). By processing time if every job of it is late (Emmons 1969), where there are no weights.
    """
    late, time, most, k = 0, block.time + block.work, 1 - s.line[b].weighted, block.high - 1
    while k > block.low and late <= most:  # from the end, where most of the late ones are
        slot = s.order[b, k]
        late += time > slot.due
        time -= slot.processing
        k -= 1
    if block.high - block.low == 1 or late + (time + s.order[b, k].processing > s.order[b, k].due) <= most:
        return BY_DUE_DATE
    if s.line[b].weighted:
        return OPEN
    time = block.time
    for k in range(block.low, block.high):
        time += s.short[b, k].processing
        if time < s.short[b, k].due:
            return OPEN
    return BY_LENGTH


@fast
def finish(s, o, b, block, solved):
    """Place the whole block in an order that is optimal, and take it off the stack."""
    slots = s.order[b] if solved == BY_DUE_DATE else s.short[b]
    time = block.time
    for k in range(block.low, block.high):
        slot = slots[k]
        time += slot.processing
        settle(s, o, b, slot, time)
    s.line[b].blocks -= 1


@fast
def offer_only(s, b, form, block, solved):
    """One candidate, the beginning of an order that is optimal."""
    slots = s.order[b] if solved == BY_DUE_DATE else s.short[b]
    if form == NEXT:
        offer_job(s, b, form, block, slots[block.low])
    elif form == LAST:
        offer_job(s, b, form, block, slots[block.high - 1])
    elif solved == BY_DUE_DATE:
        own = s.place[b, s.short[b, block.high - 1].job]
        offer_place(s, b, block, own, block.time + work_until(s, b, block, own))
    else:
        offer_place(s, b, block, block.high - 1, block.time + block.work)


@fast
def work_until(s, b, block, last):
    """Processing time of the block's jobs by due date up to this place, itself included."""
    work = 0
    for k in range(block.low, last + 1):
        work += s.order[b, k].processing
    return work


@fast
def offer(s, b, form, dominance, block):
    """List the candidates for the block."""
    if form == POSITION:
        offer_places(s, b, dominance, block)
    elif not dominance or s.line[b].weighted:
        for k in range(block.low, block.high):
            if not dominance or not is_dominated(s, b, form, block, k):
                offer_job(s, b, form, block, s.order[b, k])
    elif form == NEXT:
        offer_first(s, b, block)
    else:
        offer_last(s, b, block)


@fast
def offer_job(s, b, form, block, slot):
    """The job as the first or the last one of the block."""
    line = s.line[b]
    choice = s.choice[b, line.candidates]
    choice.job, choice.processing, choice.due = slot.job, slot.processing, slot.due
    choice.place, choice.spot = s.place[b, slot.job], s.spot[b, slot.job]
    choice.end = block.time + (slot.processing if form == NEXT else block.work)
    choice.cost = s.job[b, slot.job].weight * max(0, choice.end - slot.due)
    line.candidates += 1


@fast
def offer_place(s, b, block, k, end):
    """The longest job of the block at place k, where it ends then."""
    line, longest, slot = s.line[b], s.short[b, block.high - 1], s.order[b, k]
    line.longest = longest.job
    choice = s.choice[b, line.candidates]
    choice.job, choice.processing, choice.due = slot.job, slot.processing, slot.due
    choice.place, choice.spot, choice.end = k, s.spot[b, slot.job], end
    choice.cost = s.job[b, longest.job].weight * max(0, end - longest.due)
    line.candidates += 1


@fast
def offer_places(s, b, dominance, block):
    """Where the longest job may go: Lawler (1977), narrowed by Potts and Van Wassenhove (1982).

    Behind the job at place k, where it ends at E, if the next job is due after E and every job that it passes is due no
    later than E less its own processing time.
    """
    own, last, reach = s.place[b, s.short[b, block.high - 1].job], block.high - 1, -LATE
    end = block.time + work_until(s, b, block, own)
    for k in range(own, block.high):
        if k > own:
            end += s.order[b, k].processing
            reach = max(reach, s.order[b, k].due + s.order[b, k].processing)
        if not dominance or (reach <= end and (k == last or end < s.order[b, k + 1].due)):
            offer_place(s, b, block, k, end)


@fast
def offer_first(s, b, block):
    """Jobs that some optimal sequence begins with: no other precedes them by Emmons (1969), theorems 1 and 2.

    By processing time, a job that is due before all shorter ones, and could not end later than they are due, has no
    shorter one before it; then a longer one of that kind precedes it if the job would be in time as the last one.
    """
    line, least, end = s.line[b], LATE, block.time + block.work
    for k in range(block.low, block.high):
        slot = s.short[b, k]
        if block.time + slot.processing >= least:
            break
        if slot.due < least:
            if line.candidates > 0:
                line.candidates -= least + s.choice[b, line.candidates - 1].processing >= end and (
                    s.choice[b, line.candidates - 1].due == least
                )
            offer_job(s, b, NEXT, block, slot)
            least = slot.due


@fast
def offer_last(s, b, block):
    """Jobs that some optimal sequence ends with: no other follows them by Emmons (1969), theorems 1 and 2."""
    line, reach, end = s.line[b], -LATE, block.time + block.work
    latest = s.order[b, block.high - 1].due
    k = block.high - 1
    while k >= block.low and reach < latest:
        slot = s.short[b, k]
        if slot.due > reach:
            if slot.due + slot.processing >= end:
                line.candidates = 0
            offer_job(s, b, LAST, block, slot)
        reach = max(reach, slot.due, block.time + slot.processing)
        k -= 1


@fast
def is_dominated(s, b, form, block, at):
    """Whether a job that is neither longer nor of less weight precedes the one at this place (NEXT), or it such a one.

    It does in some optimal sequence if it is due before the other is, or before that can end (Rinnooy Kan et al. 1975).
    """
    for k in range(block.low, block.high):
        one, other = (s.order[b, k], s.order[b, at]) if form == NEXT else (s.order[b, at], s.order[b, k])
        weight, least = s.job[b, one.job].weight, s.job[b, other.job].weight
        if (
            k != at
            and one.processing <= other.processing
            and weight >= least
            and (one.job < other.job or one.processing < other.processing or weight > least)
            and one.due <= max(other.due, block.time + other.processing)
        ):
            return True
    return False


@fast
def observe(s, o, b, form, lookahead):
    """Rewrite the clock node, the marks of the block, the mask and the candidate features."""
    line = s.line[b]
    for c in range(line.shown):
        j = s.legal[b, c]
        o.action_mask[b, j] = 0
        for k in range(o.candidate_features.shape[2]):
            o.candidate_features[b, j, k] = 0.0
        if form == POSITION and o.candidate_type[b, j] >= 0:
            o.candidates[b, j, 0] = 1 + j
    line.shown = line.candidates
    low, high = line.jobs, line.jobs
    line.time, line.work = line.total, 0
    if line.blocks > 0:
        block = s.block[b, line.blocks - 1]
        low, high, line.time, line.work = block.low, block.high, block.time, block.work
    mark(s, o, b, low, high)
    o.node_state[b, 0, 0] = line.placed / line.jobs
    o.node_state[b, 0, 1] = line.time / line.total
    o.node_state[b, 0, 2] = (high - low) / line.jobs
    for c in range(line.candidates):
        j = s.choice[b, c].job
        s.legal[b, c] = j
        o.action_mask[b, j] = 1
        if form == POSITION:
            o.candidates[b, j, 0] = 1 + line.longest
    if line.candidates > 0:
        describe(s, o, b, form)
        if lookahead:
            look_ahead(s, o, b, form, lookahead)


@fast
def mark(s, o, b, low, high):
    """Mark the jobs at these places as those of the block, and no others."""
    line = s.line[b]
    for k in range(line.low, min(line.high, low)):
        close(s, o, b, k)
    for k in range(max(line.low, high), line.high):
        close(s, o, b, k)
    if low < line.low or high > line.high:
        for k in range(low, high):
            j = s.order[b, k].job
            s.open[b, j] = True
            o.node_state[b, 1 + j, 2] = 1.0
    line.low, line.high = low, high


@fast
def close(s, o, b, k):
    """The job at place k is not of the block any more."""
    j = s.order[b, k].job
    s.open[b, j] = False
    o.node_state[b, 1 + j, 2] = 0.0


@fast
def describe(s, o, b, form):
    """What is known in constant time of each candidate and of the block, the same for all."""
    line = s.line[b]
    block, count, mean_weight = s.block[b, line.blocks - 1], line.candidates, line.mean_weight
    low, last, m, time, work = block.low, block.high - 1, block.high - block.low, block.time, block.work
    unit, per_job, end = m / work, 1.0 / m, time + work
    longest, edge_due = s.short[b, last], s.order[b, low if form == NEXT else last].due
    longest_place = s.place[b, longest.job]
    factor, span = 1.0 - (block.dues / m - time) / work, s.order[b, last].due - s.order[b, low].due
    f10, f11 = factor / (1.0 + abs(factor)), span / (work + span)
    f12, f13 = soft(longest.processing * m / work), soft(s.short[b, low].processing * m / work)
    f14, f15, f16, f17 = m / (32.0 + m), m / line.jobs, count / (4.0 + count), time / line.total
    for c in range(count):
        choice = s.choice[b, c]
        f, processing, due = o.candidate_features[b, choice.job], choice.processing, choice.due
        f[9] = soft((max(time + processing, due) - end) * unit)
        if form == POSITION:
            f[4] = (choice.place - longest_place) * per_job
            f[7] = 1.0
            if choice.place < last:
                f[7] = soft((s.order[b, choice.place + 1].due - choice.end) * unit)
            f[8] = soft((due + processing - choice.end) * unit)
            processing, due = longest.processing, longest.due
        else:
            f[4] = abs(choice.place - (low if form == NEXT else last)) * per_job
            f[7] = soft((edge_due - choice.end) * unit)
            f[8] = soft((due + processing - end) * unit)
        f[0] = soft(processing * unit)
        f[1] = soft((due - choice.end) * unit)
        f[2] = soft(choice.cost * unit / mean_weight)
        f[3] = (choice.place - low) * per_job
        f[5] = (choice.spot - low) * per_job
        f[6] = processing / work
        f[10], f[11], f[12], f[13], f[14], f[15], f[16], f[17] = f10, f11, f12, f13, f14, f15, f16, f17


@fast
def look_ahead(s, o, b, form, lookahead):
    """What each candidate would do to the bound and, with PILOT, to the tardiness when MDD completes the block."""
    line = s.line[b]
    block = s.block[b, line.blocks - 1]
    m, unit = block.high - block.low, (block.high - block.low) / (block.work * line.mean_weight)
    least, best = LATE, LATE
    for c in range(line.candidates):
        choice = s.choice[b, c]
        follow(s, b, form, choice, block, lookahead)
        least, best = min(least, choice.bound), min(best, choice.pilot)
    late, tardy, spread = of_block(s, b, block)
    for c in range(line.candidates):
        choice = s.choice[b, c]
        f = o.candidate_features[b, choice.job]
        f[18] = late / m
        f[19] = tardy / m
        f[20] = spread / (1.0 + spread)
        f[21] = soft((choice.bound - least) * unit)
        f[22] = soft(choice.bound * unit / m)
        if lookahead == PILOT:
            s.completion[b, choice.job] = choice.pilot
            regret, size = choice.pilot - best, max(choice.pilot, 1)
            f[23] = soft(regret * unit)
            f[24] = soft(16.0 * regret * unit)
            f[25] = regret / (0.05 * max(best, 1) + regret)
            smaller = 0
            for i in range(line.candidates):
                smaller += s.choice[b, i].pilot < choice.pilot
            f[26] = smaller / line.candidates
            f[27] = soft((choice.pilot - choice.bound) * unit)
            f[28] = (choice.pilot - choice.bound) / size
            f[29] = choice.before / size
            f[30] = choice.cost / size
            f[31] = choice.tardy / m
            f[32] = soft(choice.latest * unit)
            f[33] = soft(best * unit / m)


@fast
def follow(s, b, form, choice, block, lookahead):
    """Bound and completion of the block after the choice.

    The bound matches the ends of the shortest-first order with the due dates in theirs (as
    `TardinessInstance.lower_bound`); the completion is by MDD (Baker and Bertrand 1982), blind to weights.
    """
    choice.pilot, choice.latest, choice.before = choice.cost, choice.cost, 0
    choice.tardy = choice.cost > 0
    k, low, high = choice.place, block.low, block.high
    if form == POSITION:
        own = s.place[b, s.line[b].longest]
        choice.bound = choice.cost + s.line[b].least_weight * bound_of_halves(s, b, choice, block, own)
        if lookahead == PILOT:
            modified_due_date(s, b, choice, low, k + 1, own, block.time)
            choice.before = choice.pilot - choice.cost
            modified_due_date(s, b, choice, k + 1, high, -1, choice.end)
        return
    begin = choice.end if form == NEXT else block.time
    choice.bound = choice.cost + s.line[b].least_weight * bound_of_rest(s, b, choice, block, begin)
    if lookahead == PILOT:
        modified_due_date(s, b, choice, low, high, k, begin)
        if form == LAST:
            choice.before = choice.pilot - choice.cost


@fast
def of_block(s, b, block):
    """How many jobs are late if they begin now, how many by due date, and the coefficient of variation of length."""
    late, tardy, time, squares = 0, 0, block.time, 0
    m = block.high - block.low
    for k in range(block.low, block.high):
        slot = s.order[b, k]
        time += slot.processing
        late += block.time + slot.processing >= slot.due
        tardy += time > slot.due
        squares += slot.processing * slot.processing
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
