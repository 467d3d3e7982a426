"""The kernel of the tardiness problem: `reset` and `step` of B instances at once, over arrays.

Jobs are numbered by due date, ties by processing time, weight and the instance's own order: job j is row j of every
array, node 1 + j of the graph and action j. What is undecided is a stack of blocks. A block is the jobs of the places
low..high - 1 of the sequence, which begins with them at `time`; `order` has them by due date. A decision places one job
of the topmost block:

* NEXT: action j puts job j first, LAST: last; what remains is one smaller block.
* POSITION: action j puts the longest job right behind job j of the order by due date (where it is if j is itself): the
  jobs before and after it become two blocks (Lawler 1977). The block of the earlier places is decided first.

Letters: B batch, N jobs (padded), n jobs, m jobs of the block, A = N candidates. Times are integers in the instance's
unit.

Arrays and records are in `state`. Here is what a step does; its parts are `candidates` (what a decision is between),
`moves` (jobs get their places), `observation` and `lookahead`.
"""

from envs.core.compiled import entry, fast
from envs.core.problem import Outcome
from envs.core.spec import Observation
from envs.tardiness.candidates import offer, offer_only
from envs.tardiness.moves import decide, finish, push, put_last
from envs.tardiness.observation import draw_graph, observe
from envs.tardiness.state import BY_DUE_DATE, BY_LENGTH, LATE, OPEN, KernelOptions, State


@entry
def fill(s, b, processing, due, weight):
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
def reset(s: State, o: Observation, out: Outcome, rows, options: KernelOptions):
    """Start the instances of the rows where `rows` is true."""
    for b in range(rows.size):
        if rows[b]:
            begin(s, b)
            draw_graph(s, o, b, options.form)
            find_decision(s, o, b, options, True)
            observe(s, o, b, options)
            s.line[b].charged = 0
            out.reward[b] = 0.0
            out.terminated[b] = False
            out.truncated[b] = False
            out.elapsed[b] = 0.0
            out.objective[b] = s.line[b].cost


@entry
def step(s: State, o: Observation, out: Outcome, actions, running, options: KernelOptions):
    """Place a job in each running row, then play the forced moves; the actions are legal."""
    for b in range(actions.size):
        out.reward[b] = 0.0
        out.elapsed[b] = 0.0
        if running[b]:
            line = s.line[b]
            decide(s, o, b, options.form, actions[b])
            find_decision(s, o, b, options, False)
            o.ids[b, 1] += 1
            observe(s, o, b, options)
            out.reward[b] = (line.charged - line.cost) / (line.jobs * line.mean_processing * line.mean_weight)
            line.charged = line.cost
            out.objective[b] = line.cost
            out.terminated[b] = line.blocks == 0


@fast
def begin(s, b):
    """The state before any decision, from the numbers of the instance."""
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
def find_decision(s, o, b, options, keep):
    """Play forced moves, if asked, up to the next decision and list what it is between.

    keep: leave at least one decision, which then has one candidate.
    """
    line = s.line[b]
    line.candidates, line.longest = 0, -1
    while line.blocks > 0:
        block = s.block[b, line.blocks - 1]
        solved = solve(s, b, block) if options.skip_forced else OPEN
        if solved != OPEN:
            if keep and line.blocks == 1:
                offer_only(s, b, options.form, block, solved)
                break
            finish(s, o, b, block, solved)
            continue
        last = s.order[b, block.high - 1]
        if options.skip_forced and last.due >= block.time + block.work:  # in time even as the last one
            put_last(s, o, b, last.job)
            continue
        offer(s, b, options.form, options.dominance, block)
        if line.candidates > 1 or not options.skip_forced:
            break
        line.candidates = 0
        decide(s, o, b, options.form, s.choice[b, 0].job)


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
