"""What an agent sees: the graph of an instance, marks on it, and the candidates; columns as in `features`.

A feature called a time is divided by the mean processing time of the block and squashed by `soft`.
"""

from envs.core.compiled import fast
from envs.core.drawing import connect, soft
from envs.tardiness.features import CLOCK, EARLIER, JOB_NODE, LATER, LONGER, SHORTER, C, E, N, S
from envs.tardiness.lookahead import look_ahead
from envs.tardiness.state import NEXT, POSITION


@fast
def draw_graph(s, o, b, form):
    """Nodes, edges and their features, all but the legal candidates; the ids were written by the environment."""
    line = s.line[b]
    n, per_mean, per_total, per_job = line.jobs, 0.5 / line.mean_processing, 1.0 / line.total, 1.0 / line.jobs
    o.node_type[b, 0] = CLOCK
    o.node_features[b, 0, N.size] = n / (32.0 + n)
    e = 0
    for j in range(n):
        job, v = s.job[b, j], 1 + j
        due = job.due * per_total
        o.node_type[b, v] = JOB_NODE
        o.node_features[b, v, N.processing] = job.processing * per_mean
        o.node_features[b, v, N.due] = due / (1.0 + abs(due))
        o.node_features[b, v, N.due_rank] = j * per_job
        o.node_features[b, v, N.length_rank] = job.rank * per_job
        o.node_features[b, v, N.weight] = job.weight / (job.weight + line.mean_weight)
        o.node_state[b, v, S.placed] = o.node_state[b, v, S.end] = o.node_state[b, v, S.block] = 0.0
        o.candidates[b, j, 0] = o.candidates[b, j, 1] = v
        o.candidate_type[b, j] = 1 + form
        if j > 0:
            gap = (job.due - s.order[b, j - 1].due) * per_mean
            e = connect(o, b, e, v - 1, v, LATER, E.gap, gap / (1.0 + gap))
            e = connect(o, b, e, v, v - 1, EARLIER, E.gap, gap / (1.0 + gap))
            one, other = s.short[b, j - 1], s.short[b, j]
            gap = (other.processing - one.processing) * per_mean
            e = connect(o, b, e, 1 + one.job, 1 + other.job, LONGER, E.gap, gap)
            e = connect(o, b, e, 1 + other.job, 1 + one.job, SHORTER, E.gap, gap)
    pad(o, b, n, e)


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
        o.edge_features[b, i, E.gap] = 0.0


@fast
def observe(s, o, b, options):
    """Rewrite the clock node, the marks of the block, the mask and the candidate features."""
    line = s.line[b]
    for c in range(line.shown):
        j = s.legal[b, c]
        o.action_mask[b, j] = 0
        for k in range(o.candidate_features.shape[2]):
            o.candidate_features[b, j, k] = 0.0
        if options.form == POSITION and o.candidate_type[b, j] >= 0:
            o.candidates[b, j, 0] = 1 + j
    line.shown = line.candidates
    low, high = line.jobs, line.jobs
    line.time, line.work = line.total, 0
    if line.blocks > 0:
        block = s.block[b, line.blocks - 1]
        low, high, line.time, line.work = block.low, block.high, block.time, block.work
    mark(s, o, b, low, high)
    o.node_state[b, 0, S.placed] = line.placed / line.jobs
    o.node_state[b, 0, S.end] = line.time / line.total
    o.node_state[b, 0, S.block] = (high - low) / line.jobs
    for c in range(line.candidates):
        j = s.choice[b, c].job
        s.legal[b, c] = j
        o.action_mask[b, j] = 1
        if options.form == POSITION:
            o.candidates[b, j, 0] = 1 + line.longest
    if line.candidates > 0:
        describe(s, o, b, options.form)
        if options.bound:
            look_ahead(s, o, b, options)


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
            o.node_state[b, 1 + j, S.block] = 1.0
    line.low, line.high = low, high


@fast
def close(s, o, b, k):
    """The job at place k is not of the block any more."""
    j = s.order[b, k].job
    s.open[b, j] = False
    o.node_state[b, 1 + j, S.block] = 0.0


@fast
def describe(s, o, b, form):
    """What is known in constant time of each candidate and of the block, the same for all."""
    line = s.line[b]
    block, count, mean_weight = s.block[b, line.blocks - 1], line.candidates, line.mean_weight
    low, last, m, time, work = block.low, block.high - 1, block.high - block.low, block.time, block.work
    unit, per_job, per_work, end = m / work, 1.0 / m, 1.0 / work, time + work
    per_cost = unit / mean_weight
    longest, edge_due = s.short[b, last], s.order[b, low if form == NEXT else last].due
    longest_place = s.place[b, longest.job]
    factor, span = 1.0 - (block.dues / m - time) / work, s.order[b, last].due - s.order[b, low].due
    tardiness_factor, due_range = factor / (1.0 + abs(factor)), span / (work + span)
    long, short = soft(longest.processing * m / work), soft(s.short[b, low].processing * m / work)
    for c in range(count):
        choice = s.choice[b, c]
        f, processing, due = o.candidate_features[b, choice.job], choice.processing, choice.due
        f[C.modified_due] = soft((max(time + processing, due) - end) * unit)
        if form == POSITION:
            f[C.passed] = (choice.place - longest_place) * per_job
            f[C.next_due] = 1.0
            if choice.place < last:
                f[C.next_due] = soft((s.order[b, choice.place + 1].due - choice.end) * unit)
            f[C.passed_due] = soft((due + processing - choice.end) * unit)
            processing, due = longest.processing, longest.due
        else:
            f[C.passed] = abs(choice.place - (low if form == NEXT else last)) * per_job
            f[C.next_due] = soft((edge_due - choice.end) * unit)
            f[C.passed_due] = soft((due + processing - end) * unit)
        f[C.processing] = soft(processing * unit)
        f[C.slack] = soft((due - choice.end) * unit)
        f[C.tardiness] = soft(choice.cost * per_cost)
        f[C.place] = (choice.place - low) * per_job
        f[C.length_rank] = (choice.spot - low) * per_job
        f[C.work] = processing * per_work
        f[C.tardiness_factor], f[C.due_range] = tardiness_factor, due_range
        f[C.longest], f[C.shortest] = long, short
        f[C.block_size], f[C.block_share] = m / (32.0 + m), m / line.jobs
        f[C.candidates], f[C.begin] = count / (4.0 + count), time / line.total
