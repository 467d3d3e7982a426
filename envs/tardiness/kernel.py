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
from numba import njit

from envs.core.problem import Outcome
from envs.core.spec import Observation

NEXT, LAST, POSITION = 0, 1, 2
NO_LOOK, BOUND, PILOT = 0, 1, 2
CLOCK, JOB_NODE = 0, 1
LATER, EARLIER, LONGER, SHORTER = 0, 1, 2, 3
OPEN, BY_DUE_DATE, BY_LENGTH = 0, 1, 2
LATE = np.iinfo(np.int64).max

fast = njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
"""For what `reset` and `step` are made of. The error model spares a check at each division; none is by zero."""

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
    "end": int,  # -1 while undecided
    "place": int,  # where it is in `order`
    "rank": int,  # by processing time among all jobs
    "spot": int,  # where it is in `short`
}
BLOCK = {
    "low": int,
    "high": int,
    "time": int,  # when its first job begins
    "work": int,  # total processing time
    "dues": int,  # total of the due dates
}
CHOICE = {
    "job": int,  # the action
    "place": int,  # NEXT, LAST: of the job in `order`; POSITION: the new place of the longest job
    "end": int,  # of the job that is placed
    "cost": int,  # weighted tardiness of that job
    "bound": int,  # lookahead: of the block's weighted tardiness after the choice
    "pilot": int,  # lookahead: the same when MDD completes the block
    "before": int,  # what of it is due to the jobs before the placed one
    "tardy": int,  # how many of them are late
    "latest": int,  # the largest tardiness
}
ITEM = {
    "processing": int,
    "due": int,
    "weight": int,
    "spot": int,  # where it is by processing time
    "item": int,  # which item is here by processing time
}


class State(NamedTuple):
    """Records, so that what is read together lies together; only the kernel writes them.

    `load` fills in the numbers of an instance, `begin` all the rest.
    """

    line: np.recarray  # (B,) of LINE
    job: np.recarray  # (B, N) of JOB
    block: np.recarray  # (B, N + 1) of BLOCK: the stack; the last of `line.blocks` is decided next
    order: np.ndarray  # (B, N) jobs of a block by due date, at the block's places
    short: np.ndarray  # (B, N) jobs of a block by processing time, then due date, at the block's places
    open: np.ndarray  # (B, N) bool: the jobs of the block that is decided next
    choice: np.recarray  # (B, N + 1) of CHOICE: what this decision is between
    legal: np.ndarray  # (B, N + 1) jobs whose candidates the observation has
    item: np.recarray  # (B, N) of ITEM: jobs of a completion, by due date; row 0 serves all
    waiting: np.ndarray  # (B, N) bool: jobs of a completion that are late already, by processing time; as `item`


def allocate(batch: int, jobs: int) -> State:
    """Zeros for `batch` instances of at most so many jobs."""

    def records(fields: dict[str, type], *axes: int) -> np.recarray:
        dtype = np.dtype([(name, np.float64 if kind is float else np.int64) for name, kind in fields.items()])
        return np.zeros((batch, *axes), dtype).view(np.recarray)

    state = State(
        line=records(LINE),
        job=records(JOB, jobs),
        block=records(BLOCK, jobs + 1),
        order=np.zeros((batch, jobs), np.int64),
        short=np.zeros((batch, jobs), np.int64),
        open=np.zeros((batch, jobs), bool),
        choice=records(CHOICE, jobs + 1),
        legal=np.zeros((batch, jobs + 1), np.int64),
        item=records(ITEM, jobs),
        waiting=np.zeros((batch, jobs), bool),
    )
    state.line["mean_processing"] = state.line["mean_weight"] = 1.0
    state.line["longest"] = -1
    state.job["processing"] = state.job["weight"] = 1
    state.job["number"] = state.job["end"] = -1
    return state


@fast
def soft(x):
    """A number of mean processing times, squashed into (-1, 1); half way at 4."""
    return x / (4.0 + abs(x))


@njit(cache=True, nogil=True, error_model="numpy")
def load(s, b, processing, due, weight):
    """Copy the numbers of an instance into row b by due date, and rank them by processing time; True with weights."""
    n = processing.size
    s.line[b].jobs = n
    spread(s.order[b], s.short[b], n, due)
    for k in range(1, n):  # what is left to do, ties among it
        i, at = s.order[b, k], k
        while at > 0 and precedes(i, s.order[b, at - 1], due, processing, weight):
            s.order[b, at] = s.order[b, at - 1]
            at -= 1
        s.order[b, at] = i
    weighted = False
    for j in range(s.job.shape[1]):
        job = s.job[b, j]
        if j < n:
            i = s.order[b, j]
            job.number, job.processing, job.due, job.weight = i, processing[i], due[i], weight[i]
            weighted |= weight[i] != 1
        else:
            job.number, job.processing, job.due, job.weight, job.end = -1, 1, 0, 1, -1
            s.open[b, j] = False
    times = s.job[b].processing
    spread(s.short[b], s.order[b], n, times)
    for k in range(1, n):
        j, at = s.short[b, k], k
        while at > 0 and times[j] < times[s.short[b, at - 1]]:
            s.short[b, at] = s.short[b, at - 1]
            at -= 1
        s.short[b, at] = j
    for k in range(n):
        s.job[b, s.short[b, k]].rank = k
    return weighted


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


@njit(cache=True, nogil=True, error_model="numpy")
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


@njit(cache=True, nogil=True, error_model="numpy")
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
        job.end, job.place, job.spot = -1, j, job.rank
        s.order[b, j] = j
        s.short[b, job.rank] = j
        s.open[b, j] = False
        work, dues, weights = work + job.processing, dues + job.due, weights + job.weight
        least = min(least, job.weight)
    line.total, line.mean_processing = work, work / line.jobs
    line.mean_weight, line.least_weight, line.weighted = weights / line.jobs, least, weights > line.jobs
    line.blocks, line.placed, line.cost, line.charged, line.longest = 0, 0, 0, 0, -1
    line.candidates, line.shown, line.low, line.high = 0, 0, 0, 0
    line.time, line.work = 0, 0
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
    """Nodes, edges and their features; the ids were written by the environment."""
    clear(o, b)
    line = s.line[b]
    n, per_mean, per_total = line.jobs, 0.5 / line.mean_processing, 1.0 / line.total
    o.node_type[b, 0] = CLOCK
    o.node_features[b, 0, 5] = n / (32.0 + n)
    e = 0
    for j in range(n):
        job, v = s.job[b, j], 1 + j
        due = job.due * per_total
        o.node_type[b, v] = JOB_NODE
        o.node_features[b, v, 0] = job.processing * per_mean
        o.node_features[b, v, 1] = due / (1.0 + abs(due))
        o.node_features[b, v, 2] = j / n
        o.node_features[b, v, 3] = job.rank / n
        o.node_features[b, v, 4] = job.weight / (job.weight + line.mean_weight)
        o.candidates[b, j, :] = v
        o.candidate_type[b, j] = 1 + form
        if j > 0:
            gap = (job.due - s.job[b, j - 1].due) * per_mean
            e = connect(o, b, e, v - 1, v, LATER, gap / (1.0 + gap))
            e = connect(o, b, e, v, v - 1, EARLIER, gap / (1.0 + gap))
            i, k = s.short[b, j - 1], s.short[b, j]
            gap = (s.job[b, k].processing - s.job[b, i].processing) * per_mean
            e = connect(o, b, e, 1 + i, 1 + k, LONGER, gap)
            e = connect(o, b, e, 1 + k, 1 + i, SHORTER, gap)


@fast
def clear(o, b):
    """Nothing but padding."""
    o.node_type[b, :] = -1
    o.node_features[b, :, :] = 0.0
    o.node_state[b, :, :] = 0.0
    o.edges[b, :, :] = 0
    o.edge_type[b, :] = -1
    o.edge_features[b, :, :] = 0.0
    o.candidates[b, :, :] = 0
    o.candidate_type[b, :] = -1
    o.candidate_features[b, :, :] = 0.0
    o.action_mask[b, :] = 0


@fast
def connect(o, b, e, source, target, kind, gap):
    """Write edge e; returns the place of the next."""
    o.edges[b, 0, e] = source
    o.edges[b, 1, e] = target
    o.edge_type[b, e] = kind
    o.edge_features[b, e, 0] = gap
    return e + 1


@fast
def place(s, o, b, j, end):
    """Job j ends then."""
    line, job = s.line[b], s.job[b, j]
    job.end = end
    line.placed += 1
    line.cost += job.weight * max(0, end - job.due)
    o.node_state[b, 1 + j, 0] = 1.0
    o.node_state[b, 1 + j, 1] = end / line.total
    o.candidates[b, j, :] = 0
    o.candidate_type[b, j] = -1


@fast
def move(array, s, b, start, end, by_due_date):
    """Take the job at one place of a block and put it at another; those in between give way."""
    j, step = array[start], 1 if start < end else -1
    k = start
    while k != end:
        i = array[k + step]
        array[k] = i
        if by_due_date:
            s.job[b, i].place = k
        else:
            s.job[b, i].spot = k
        k += step
    array[end] = j


@fast
def decide(s, o, b, form, action):
    """Place the chosen job of the topmost block."""
    if form == NEXT:
        put_first(s, o, b, action)
    elif form == LAST:
        put_last(s, o, b, action)
    else:
        divide(s, o, b, s.job[b, action].place)


@fast
def put_first(s, o, b, j):
    """Job j begins the block."""
    block, job = s.block[b, s.line[b].blocks - 1], s.job[b, j]
    move(s.order[b], s, b, job.place, block.low, True)
    move(s.short[b], s, b, job.spot, block.low, False)
    block.time += job.processing
    place(s, o, b, j, block.time)
    block.low += 1
    shrink(s, b, block, job)


@fast
def put_last(s, o, b, j):
    """Job j ends the block."""
    block, job = s.block[b, s.line[b].blocks - 1], s.job[b, j]
    block.high -= 1
    move(s.order[b], s, b, job.place, block.high, True)
    move(s.short[b], s, b, job.spot, block.high, False)
    place(s, o, b, j, block.time + block.work)
    shrink(s, b, block, job)


@fast
def shrink(s, b, block, job):
    """A job has left the block; an empty one leaves the stack."""
    block.work -= job.processing
    block.dues -= job.due
    if block.low == block.high:
        s.line[b].blocks -= 1


@fast
def divide(s, o, b, k):
    """The longest job of the block goes to place k: those before it are one block, those after it another."""
    line = s.line[b]
    line.blocks -= 1
    block = s.block[b, line.blocks]
    low, high, time, work, dues = block.low, block.high, block.time, block.work, block.dues
    longest = s.short[b, high - 1]
    move(s.order[b], s, b, s.job[b, longest].place, k, True)
    s.job[b, longest].place = k
    before, before_dues = 0, 0
    for i in range(low, k):
        job = s.job[b, s.order[b, i]]
        before, before_dues = before + job.processing, before_dues + job.due
    left, right = low, 0
    for i in range(low, high - 1):
        j = s.short[b, i]
        job = s.job[b, j]
        if job.place < k:
            s.short[b, left] = j
            job.spot = left
            left += 1
        else:
            s.item[0, right].item = j
            right += 1
    s.short[b, k] = longest
    for i in range(right):
        j = s.item[0, i].item
        s.short[b, k + 1 + i] = j
        s.job[b, j].spot = k + 1 + i
    job = s.job[b, longest]
    end = time + before + job.processing
    place(s, o, b, longest, end)
    push(s, b, k + 1, high, end, work - before - job.processing, dues - before_dues - job.due)
    push(s, b, low, k, time, before, before_dues)


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
        j = s.order[b, block.high - 1]
        if skip_forced and s.job[b, j].due >= block.time + block.work:  # in time even as the last one
            put_last(s, o, b, j)
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
    line, late, time, most = s.line[b], 0, block.time, 1 - s.line[b].weighted
    if block.high - block.low == 1:
        return BY_DUE_DATE
    for k in range(block.low, block.high):
        job = s.job[b, s.order[b, k]]
        time += job.processing
        late += time > job.due
        if late > most:
            break
    if late <= most:
        return BY_DUE_DATE
    time = block.time
    for k in range(block.low, block.high):
        job = s.job[b, s.short[b, k]]
        time += job.processing
        if time < job.due or line.weighted:
            return OPEN
    return BY_LENGTH


@fast
def finish(s, o, b, block, solved):
    """Place the whole block in an order that is optimal, and take it off the stack."""
    order = s.order[b] if solved == BY_DUE_DATE else s.short[b]
    time = block.time
    for k in range(block.low, block.high):
        time += s.job[b, order[k]].processing
        place(s, o, b, order[k], time)
    s.line[b].blocks -= 1


@fast
def offer_only(s, b, form, block, solved):
    """One candidate, the beginning of an order that is optimal."""
    order = s.order[b] if solved == BY_DUE_DATE else s.short[b]
    if form == NEXT:
        offer_job(s, b, form, block, order[block.low])
    elif form == LAST:
        offer_job(s, b, form, block, order[block.high - 1])
    elif solved == BY_DUE_DATE:
        longest = s.short[b, block.high - 1]
        offer_place(s, b, block, s.job[b, longest].place, block.time + work_until(s, b, block, longest))
    else:
        offer_place(s, b, block, block.high - 1, block.time + block.work)


@fast
def work_until(s, b, block, j):
    """Processing time of the block's jobs by due date up to job j, itself included."""
    work = 0
    for k in range(block.low, s.job[b, j].place + 1):
        work += s.job[b, s.order[b, k]].processing
    return work


@fast
def offer(s, b, form, dominance, block):
    """List the candidates for the block."""
    if form == POSITION:
        offer_places(s, b, dominance, block)
    elif not dominance or s.line[b].weighted:
        for k in range(block.low, block.high):
            j = s.order[b, k]
            if not dominance or not is_dominated(s, b, form, block, j):
                offer_job(s, b, form, block, j)
    elif form == NEXT:
        offer_first(s, b, block)
    else:
        offer_last(s, b, block)


@fast
def offer_job(s, b, form, block, j):
    """Job j as the first or the last one of the block."""
    line, job = s.line[b], s.job[b, j]
    choice = s.choice[b, line.candidates]
    choice.job, choice.place = j, job.place
    choice.end = block.time + (job.processing if form == NEXT else block.work)
    choice.cost = job.weight * max(0, choice.end - job.due)
    line.candidates += 1


@fast
def offer_place(s, b, block, k, end):
    """The longest job of the block at place k, where it ends then."""
    line = s.line[b]
    line.longest = s.short[b, block.high - 1]
    job, choice = s.job[b, line.longest], s.choice[b, line.candidates]
    choice.job, choice.place, choice.end = s.order[b, k], k, end
    choice.cost = job.weight * max(0, end - job.due)
    line.candidates += 1


@fast
def offer_places(s, b, dominance, block):
    """Where the longest job may go: Lawler (1977), narrowed by Potts and Van Wassenhove (1982) and Szwarc (1993).

    Behind the job at place k, where it ends at E, if the next job is due after E and every job that it passes is due no
    later than E less its own processing time.
    """
    longest = s.short[b, block.high - 1]
    own, reach = s.job[b, longest].place, -LATE
    end = block.time + work_until(s, b, block, longest)
    for k in range(own, block.high):
        if k > own:
            job = s.job[b, s.order[b, k]]
            end += job.processing
            reach = max(reach, job.due + job.processing)
        last = k == block.high - 1
        if not dominance or (reach <= end and (last or end < s.job[b, s.order[b, k + 1]].due)):
            offer_place(s, b, block, k, end)


@fast
def offer_first(s, b, block):
    """Jobs that some optimal sequence begins with: no other precedes them by Emmons (1969), theorems 1 and 2.

    By processing time, a job that is due before all shorter ones, and could not end later than they are due, has no
    shorter one before it; then a longer one of that kind precedes it if the job would be in time as the last one.
    """
    line, least, end = s.line[b], LATE, block.time + block.work
    for k in range(block.low, block.high):
        j = s.short[b, k]
        job = s.job[b, j]
        if block.time + job.processing >= least:
            break
        if job.due < least:
            if line.candidates > 0:
                before = s.job[b, s.choice[b, line.candidates - 1].job]
                line.candidates -= before.due == least and before.due + before.processing >= end
            offer_job(s, b, NEXT, block, j)
            least = job.due


@fast
def offer_last(s, b, block):
    """Jobs that some optimal sequence ends with: no other follows them by Emmons (1969), theorems 1 and 2."""
    line, reach, end = s.line[b], -LATE, block.time + block.work
    latest = s.job[b, s.order[b, block.high - 1]].due
    k = block.high - 1
    while k >= block.low and reach < latest:
        j = s.short[b, k]
        job = s.job[b, j]
        if job.due > reach:
            if job.due + job.processing >= end:
                line.candidates = 0
            offer_job(s, b, LAST, block, j)
        reach = max(reach, job.due, block.time + job.processing)
        k -= 1


@fast
def is_dominated(s, b, form, block, j):
    """Whether a job that is neither longer nor of less weight precedes j (NEXT), or j such a one (LAST).

    It does in some optimal sequence if it is due before job j is, or before j can end (Rinnooy Kan et al. 1975).
    """
    for k in range(block.low, block.high):
        i = s.order[b, k]
        first, second = (i, j) if form == NEXT else (j, i)
        one, other = s.job[b, first], s.job[b, second]
        if (
            first != second
            and one.processing <= other.processing
            and one.weight >= other.weight
            and (first < second or one.processing < other.processing or one.weight > other.weight)
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
        o.candidate_features[b, j, :] = 0.0
        if o.candidate_type[b, j] >= 0:
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
        describe(s, o.candidate_features[b, j], b, form, s.choice[b, c])
    if lookahead and line.candidates > 0:
        look_ahead(s, o, b, form, lookahead)


@fast
def mark(s, o, b, low, high):
    """Mark the jobs at these places as those of the block, and no others."""
    line = s.line[b]
    for k in range(line.low, line.high):
        if k < low or k >= high:
            j = s.order[b, k]
            s.open[b, j] = False
            o.node_state[b, 1 + j, 2] = 0.0
    for k in range(low, high):
        if k < line.low or k >= line.high:
            j = s.order[b, k]
            s.open[b, j] = True
            o.node_state[b, 1 + j, 2] = 1.0
    line.low, line.high = low, high


@fast
def describe(s, f, b, form, choice):
    """What is known of a candidate in constant time."""
    line = s.line[b]
    block, pick = s.block[b, line.blocks - 1], s.job[b, choice.job]
    placed = s.job[b, line.longest] if form == POSITION else pick
    low, high, last = block.low, block.high, block.high - 1
    m, end = high - low, block.time + block.work
    unit = m / block.work
    f[0] = soft(placed.processing * unit)
    f[1] = soft((placed.due - choice.end) * unit)
    f[2] = soft(choice.cost / line.mean_weight * unit)
    f[3] = (choice.place - low) / m
    if form == POSITION:
        f[4] = (choice.place - placed.place) / m
        f[7] = 1.0
        if choice.place < last:
            f[7] = soft((s.job[b, s.order[b, choice.place + 1]].due - choice.end) * unit)
        f[8] = soft((pick.due + pick.processing - choice.end) * unit)
    else:
        edge = low if form == NEXT else last
        f[4] = abs(choice.place - edge) / m
        f[7] = soft((s.job[b, s.order[b, edge]].due - choice.end) * unit)
        f[8] = soft((pick.due + pick.processing - end) * unit)
    f[5] = (pick.spot - low) / m
    f[6] = placed.processing / block.work
    f[9] = soft((max(block.time + pick.processing, pick.due) - end) * unit)
    factor = 1.0 - (block.dues / m - block.time) / block.work
    f[10] = factor / (1.0 + abs(factor))
    span = s.job[b, s.order[b, last]].due - s.job[b, s.order[b, low]].due
    f[11] = span / (block.work + span)
    f[12] = soft(s.job[b, s.short[b, last]].processing * unit)
    f[13] = soft(s.job[b, s.short[b, low]].processing * unit)
    f[14] = m / (32.0 + m)
    f[15] = m / line.jobs
    f[16] = line.candidates / (4.0 + line.candidates)
    f[17] = block.time / line.total


@fast
def look_ahead(s, o, b, form, lookahead):
    """What each candidate would do to the bound and, with PILOT, to the tardiness when MDD completes the block."""
    line = s.line[b]
    block = s.block[b, line.blocks - 1]
    m, unit = block.high - block.low, (block.high - block.low) / (block.work * line.mean_weight)
    whole = s.choice[b, line.candidates]  # the block with no choice made
    whole.bound, whole.pilot, whole.tardy, whole.latest = 0, 0, 0, 0
    complete(s, b, whole, block, block.low, block.high, -1, block.time, lookahead)
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
        f[21] = soft((choice.bound - whole.bound) * unit)
        f[22] = soft((choice.bound - least) * unit)
        if lookahead == PILOT:
            regret, size = (choice.pilot - best) * unit, max(choice.pilot, 1)
            f[23] = soft(regret)
            f[24] = soft(16.0 * regret)
            f[25] = (choice.pilot - best) / (0.05 * max(best, 1) + choice.pilot - best)
            smaller = 0
            for i in range(line.candidates):
                smaller += s.choice[b, i].pilot < choice.pilot
            f[26] = smaller / line.candidates
            f[27] = soft((choice.pilot - whole.pilot) * unit)
            f[28] = soft((choice.pilot - choice.bound) * unit)
            f[29] = (choice.pilot - choice.bound) / size
            f[30] = choice.before / size
            f[31] = choice.cost / size
            f[32] = choice.tardy / m
            f[33] = soft(choice.latest * unit)
            f[34] = soft(best * unit / m)


@fast
def follow(s, b, form, choice, block, lookahead):
    """Bound and completion of the block after the choice."""
    choice.bound, choice.pilot, choice.latest = choice.cost, choice.cost, choice.cost
    choice.tardy = choice.cost > 0
    choice.before = 0
    k, low, high = choice.place, block.low, block.high
    if form == NEXT:
        complete(s, b, choice, block, low, high, k, choice.end, lookahead)
    elif form == LAST:
        complete(s, b, choice, block, low, high, k, block.time, lookahead)
        choice.before = choice.pilot - choice.cost
    else:
        own = s.job[b, s.line[b].longest].place
        complete(s, b, choice, block, low, k + 1, own, block.time, lookahead)
        choice.before = choice.pilot - choice.cost
        complete(s, b, choice, block, k + 1, high, -1, choice.end, lookahead)


@fast
def of_block(s, b, block):
    """How many jobs are late if they begin now, how many by due date, and the coefficient of variation of length."""
    late, tardy, time, squares = 0, 0, block.time, 0.0
    m = block.high - block.low
    for k in range(block.low, block.high):
        job = s.job[b, s.order[b, k]]
        time += job.processing
        late += block.time + job.processing >= job.due
        tardy += time > job.due
        squares += job.processing * job.processing
    mean = block.work / m
    return late, tardy, np.sqrt(max(squares / m - mean * mean, 0.0)) / mean


@fast
def complete(s, b, choice, block, first, end, without, time, lookahead):
    """Add to the choice what the jobs at places first..end - 1, but for place `without`, cost from `time` on.

    The bound matches the ends of the shortest-first order with the due dates in theirs (as
    `TardinessInstance.lower_bound`); the pilot is MDD (Baker and Bertrand 1982), blind to weights.
    """
    items, count = s.item[0], 0
    for k in range(first, end):
        if k != without:
            job, item = s.job[b, s.order[b, k]], items[count]
            item.processing, item.due, item.weight = job.processing, job.due, job.weight
            count += 1
    ends, cost, matched = time, 0, 0
    for k in range(block.low, block.high):
        job = s.job[b, s.short[b, k]]
        if job.place >= first and job.place < end and job.place != without:
            ends += job.processing
            cost += max(0, ends - items[matched].due)
            i = job.place - first - (0 <= without < job.place)
            items[i].spot, items[matched].item = matched, i
            matched += 1
    choice.bound += s.line[b].least_weight * cost
    if lookahead == PILOT:
        modified_due_date(items, s.waiting[0], choice, count, time)


@fast
def modified_due_date(items, waiting, choice, count, time):
    """Play MDD on the items: next is the one with the smallest max(time + processing, due).

    That is the shortest of those that are late, unless the first by due date of the others is due before that one ends.
    """
    x, y, backlog, cost, tardy, latest = 0, 0, 0, 0, 0, choice.latest
    for _ in range(count):
        i = -1
        while x < count and (backlog == 0 or items[x].due < time + items[items[y].item].processing):
            if time + items[x].processing <= items[x].due:
                i = x
                x += 1
                break
            spot = items[x].spot
            if backlog == 0 or spot < y:
                y = spot
            waiting[spot] = True
            backlog += 1
            x += 1
        if i < 0:
            i = items[y].item
            waiting[y] = False
            backlog -= 1
            while backlog > 0 and not waiting[y]:
                y += 1
        time += items[i].processing
        late = time - items[i].due
        if late > 0:
            cost += items[i].weight * late
            latest = max(latest, late)
            tardy += 1
    choice.pilot += cost
    choice.tardy += tardy
    choice.latest = latest
