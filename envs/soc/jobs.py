"""Jobs that enter: ranks, ready tasks, and their part of the graph."""

import numpy as np

from envs.core.compiled import fast
from envs.core.drawing import connect, soft
from envs.soc.features import PREDECESSOR, RUNS, SERVES, SUCCESSOR, TASK, E, N, S


@fast
def enter(s, o, b, k):
    """Job k is visible from now on: ranks, its part of the graph, its first ready tasks."""
    chip, job = s.chip[b], s.job[b, k]
    tasks = job.end - job.first
    job.entry, job.left, job.running, job.latest, job.known, job.work = chip.now, tasks, tasks, chip.now, chip.now, 0.0
    chip.entered += 1
    chip.inside += 1
    before = chip.left
    sort_tasks(s, b, job)
    for i in range(tasks - 1, -1, -1):
        rank_task(s, b, s.order[b, before + i])
    for i in range(tasks):
        t = s.order[b, before + i]
        job.work += s.task[b, t].average
        insert(s, b, t, before, before + i)
    chip.left += tasks
    chip.visible += tasks
    chip.work += job.work
    chip.left_work += job.work
    chip.unit = max(chip.work / chip.visible, 1e-9)
    job.average = max(job.work / tasks, 1e-9)
    draw_job(s, o, b, job)
    o.ids[b, 0] = s.graph_id[b, k + 1]
    for t in range(job.first, job.end):
        if s.task[b, t].missing == 0:
            become_ready(s, o, b, t)


@fast
def sort_tasks(s, b, job):
    """Write the job's tasks behind those of the others, sources first, and its edges by source into `out`."""
    at = s.chip[b].left
    for t in range(job.first, job.end):
        s.task[b, t].missing = s.task[b, t].end_in - s.task[b, t].first_in
        s.task[b, t].end_out = 0
    for e in range(job.first_edge, job.end_edge):
        s.task[b, s.edge[b, e].source].end_out += 1
    place = job.first_edge
    for t in range(job.first, job.end):
        task = s.task[b, t]
        task.first_out, place, task.end_out = place, place + task.end_out, place
    for e in range(job.first_edge, job.end_edge):
        task = s.task[b, s.edge[b, e].source]
        s.out[b, task.end_out] = e
        task.end_out += 1
    last = at
    for t in range(job.first, job.end):
        if s.task[b, t].missing == 0:
            s.order[b, last] = t
            last += 1
    i = at
    while i < last:
        task = s.task[b, s.order[b, i]]
        for k in range(task.first_out, task.end_out):
            target = s.edge[b, s.out[b, k]].target
            s.task[b, target].missing -= 1
            if s.task[b, target].missing == 0:
                s.order[b, last] = target
                last += 1
        i += 1
    for t in range(job.first, job.end):
        s.task[b, t].missing = s.task[b, t].end_in - s.task[b, t].first_in


@fast
def rank_task(s, b, t):
    """Upward rank (Topcuoglu et al. 2002, eq. 8), cost table (Arabnejad and Barbosa 2014, eq. 3) and tail of task t.

    The tasks behind it have theirs already.
    """
    pes, task = s.chip[b].pes, s.task[b, t]
    rank, tail, sent = 0.0, 0, 0.0
    s.oct[b, t, :pes] = 0.0
    for k in range(task.first_out, task.end_out):
        link = s.edge[b, s.out[b, k]]
        target = s.task[b, link.target]
        rank, sent = max(rank, link.average + target.rank), sent + link.average
        tail = max(tail, target.least + target.tail)
        for p in range(pes):
            cost = target.reach + link.average
            if s.duration[b, link.target, p] >= 0:
                cost = min(cost, s.oct[b, link.target, p] + s.duration[b, link.target, p])
            s.oct[b, t, p] = max(s.oct[b, t, p], cost)
    task.rank, task.tail, task.sent = rank + task.average, tail, sent
    total, reach = 0.0, np.inf
    for p in range(pes):
        total += s.oct[b, t, p]
        if s.duration[b, t, p] >= 0:
            reach = min(reach, s.oct[b, t, p] + s.duration[b, t, p])
    task.rank_oct, task.reach = total / pes, reach


@fast
def insert(s, b, t, first, end):
    """Put task t into its job's part of the order, behind those of the same or a larger rank."""
    i = end
    while i > first and s.task[b, s.order[b, i - 1]].rank < s.task[b, t].rank:
        s.order[b, i] = s.order[b, i - 1]
        i -= 1
    s.order[b, i] = t


@fast
def become_ready(s, o, b, t):
    """Put task t into its place among the ready ones."""
    chip, task = s.chip[b], s.task[b, t]
    w = chip.ready
    while w > 0:
        other = s.task[b, s.ready[b, w - 1]]
        if other.job < task.job or (other.job == task.job and other.rank >= task.rank):
            break
        s.ready[b, w] = s.ready[b, w - 1]
        w -= 1
    s.ready[b, w] = t
    chip.ready += 1
    find_arrivals(s, b, t)
    o.node_state[b, 1 + chip.pes + t, S.ready] = 1.0


@fast
def release(s, o, b, t):
    """One source less for task t to wait for."""
    s.task[b, t].missing -= 1
    if s.task[b, t].missing == 0:
        become_ready(s, o, b, t)


@fast
def arrival(s, b, t, p):
    """When the data of task t are expected on PE p."""
    task = s.task[b, t]
    time = s.job[b, task.job].entry
    for e in range(task.first_in, task.end_in):
        source = s.edge[b, e].source
        time = max(time, s.end[b, source] + s.transfer[b, e, s.band[b, s.where[b, source], p]])
    return time


@fast
def find_arrivals(s, b, t):
    """The same on all PEs that task t can run on."""
    for p in range(s.chip[b].pes):
        if s.duration[b, t, p] >= 0:
            s.arrives[b, t, p] = arrival(s, b, t, p)


@fast
def show_times(s, o, b, t):
    """The expected or known times of task t, from its job's entry on."""
    task = s.task[b, t]
    job = s.job[b, task.job]
    v = 1 + s.chip[b].pes + t
    o.node_state[b, v, S.start] = soft((task.start - job.entry) / job.average)
    o.node_state[b, v, S.end] = soft((s.end[b, t] - job.entry) / job.average)


@fast
def draw_job(s, o, b, job):
    """Nodes and edges of a job; times are divided by its own mean duration, so that other jobs do not matter."""
    chip = s.chip[b]
    unit = 1.0 / job.average
    for t in range(job.first, job.end):
        task, v = s.task[b, t], 1 + chip.pes + t
        o.node_type[b, v] = TASK
        o.node_features[b, v, N.duration] = soft(task.average * unit)
        o.node_features[b, v, N.least] = soft(task.least * unit)
        o.node_features[b, v, N.rank_u] = soft(task.rank * unit)
        o.node_features[b, v, N.tail] = soft(task.tail * unit)
        o.node_features[b, v, N.sources] = soft(task.end_in - task.first_in)
        o.node_features[b, v, N.targets] = soft(task.end_out - task.first_out)
        for p in range(chip.pes):
            if s.duration[b, t, p] >= 0:
                chip.links = connect(o, b, chip.links, v, 1 + p, RUNS, E.length, soft(s.duration[b, t, p] * unit))
                chip.links = connect(o, b, chip.links, 1 + p, v, SERVES, E.length, soft(s.duration[b, t, p] * unit))
    for e in range(job.first_edge, job.end_edge):
        link = s.edge[b, e]
        source, target = 1 + chip.pes + link.source, 1 + chip.pes + link.target
        chip.links = connect(o, b, chip.links, source, target, SUCCESSOR, E.length, soft(link.average * unit))
        chip.links = connect(o, b, chip.links, target, source, PREDECESSOR, E.length, soft(link.average * unit))
