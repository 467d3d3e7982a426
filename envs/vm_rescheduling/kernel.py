"""The kernel of VM rescheduling: `reset` and `step` of B clusters at once, over arrays.

NUMA node `2 pm + node` is row 1 + that of the graph, and a place: a double VM is at the first node of its PM. What a
decision is depends on the form:

* SLOT: a PM and which VMs leave it, so that a slot opens there. Each of them, doubles first and large ones first, goes
  to the place that it damages least, or (pick_sinks) to one that further picks choose.
* MOVE: a VM and where it goes; VMs of the same flavour and place are one candidate.
* VM: a VM, then where it goes.

Action 0 stops in each of them, but not between two picks. An episode also ends where the limit allows no migration or
nothing can move, where the goal is reached (unless a span lets it be lost again), and where the span is over.

A VM that cannot migrate when its migration is done, since it or the room has gone, stays where it is. Without a span
nothing comes or goes, and all happens at time 0. With one, the thinking time passes between a decision and its first
migration, the migration time before each takes effect; in a `plan`, all is decided on the cluster as it is at first,
then the thinking time passes once, then the plan is carried out.

Letters: B batch, P PMs, V VMs, F flavours, K window, E events, L rows of the log. Cores and MB are integers, as is time
in ms. Arrays and records are in `state`; the parts of a step are `cluster` and `churn` (VMs come, go and migrate),
`worth` and `damage` (what that means for slots), `patterns` and `windows` (what a decision is between), `observation`
and `picks`.
"""

import numpy as np

from envs.core.compiled import entry, fast, part
from envs.core.problem import Outcome
from envs.core.spec import Observation
from envs.vm_rescheduling.churn import carry_out, migrate, objective, pass_time, too_late
from envs.vm_rescheduling.cluster import one_of, put, touch
from envs.vm_rescheduling.damage import refresh, sink_of
from envs.vm_rescheduling.features import S
from envs.vm_rescheduling.observation import draw_graph, draw_state, hide_window, show_window
from envs.vm_rescheduling.patterns import BITS, MASK, best_patterns, rate_all
from envs.vm_rescheduling.picks import hide_sinks, hide_vms, name_vms, note_changes, show_sinks, show_vms
from envs.vm_rescheduling.state import ALONE, MOVE_FORM, SLOT_FORM, VM_FORM, KernelOptions, State
from envs.vm_rescheduling.windows import best_moves, best_places


@entry
def fill(s, b, n, limit, goal, span):
    """Copy the numbers of an instance, `state.Numbers`, into row b."""
    line = s.line[b]
    line.pms, line.nodes, line.vms = n.pm_cores.shape[0], 2 * n.pm_cores.shape[0], n.flavour.size
    line.all_vms, line.flavours = line.vms + n.arrival_flavour.size, n.cores.size
    line.kinds, line.events = n.slot_cores.size, n.event.shape[0]
    line.limit, line.goal, line.span = limit, goal, span
    for e in range(line.events):
        for k in range(3):
            s.event[b, e, k] = n.event[e, k]
    fill_kinds(s, b, n)
    fill_flavours(s, b, n)
    fill_nodes(s, b, n)
    fill_vms(s, b, n)


@fast
def fill_kinds(s, b, n):
    """Copy the kinds of slots."""
    for k in range(n.slot_cores.size):
        kind, parts = s.kind[b, k], 1 + n.slot_double[k]
        kind.double, kind.whole, kind.weight = n.slot_double[k], n.slot_cores[k], n.slot_weight[k]
        kind.cores, kind.memory = n.slot_cores[k] // parts, n.slot_memory[k] // parts
        kind.worth = kind.weight * kind.whole / n.slot_cores[0]


@fast
def fill_flavours(s, b, n):
    """Copy the flavours, and sort the small ones: those smaller on a node than a slot is there."""
    line, small = s.line[b], 0
    for f in range(n.cores.size):
        flavour, parts = s.flavour[b, f], 1 + n.double[f]
        flavour.cores, flavour.memory = n.cores[f] // parts, n.memory[f] // parts
        flavour.double, flavour.cost = n.double[f], n.cost[f]
        flavour.small = 0
        for k in range(line.kinds):
            kind = s.kind[b, k]
            if flavour.cores < kind.cores or (kind.memory > 0 and flavour.memory < kind.memory):
                flavour.small = 1
        size = s.kind[b, 0].cores
        flavour.band = 4 * flavour.double + 3
        for k in range(2, -1, -1):
            if flavour.cores * (8 >> k) <= size:
                flavour.band = 4 * flavour.double + k
        if flavour.small:
            s.flavour[b, small].by_cores = s.flavour[b, small].by_memory = f
            small += 1
    line.small = small
    flavours = s.flavour[b]
    for i in range(1, small):
        f, at = flavours[i].by_cores, i
        while at > 0 and flavours[flavours[at - 1].by_cores].cores < flavours[f].cores:
            flavours[at].by_cores = flavours[at - 1].by_cores
            at -= 1
        flavours[at].by_cores = f
        f, at = flavours[i].by_memory, i
        while at > 0 and flavours[flavours[at - 1].by_memory].memory < flavours[f].memory:
            flavours[at].by_memory = flavours[at - 1].by_memory
            at -= 1
        flavours[at].by_memory = f


@fast
def fill_nodes(s, b, n):
    """Copy the capacities of the NUMA nodes."""
    line = s.line[b]
    line.largest = line.largest_memory = 1
    line.all_cores = line.all_memory = 0
    for node in range(line.nodes):
        cores, memory = n.pm_cores[node // 2, node % 2], n.pm_memory[node // 2, node % 2]
        s.node[b, node].capacity, s.node[b, node].capacity_memory = cores, memory
        line.largest, line.largest_memory = max(line.largest, cores), max(line.largest_memory, memory)
        line.all_cores += cores
        line.all_memory += memory
    line.all_cores, line.all_memory = max(line.all_cores, 1), max(line.all_memory, 1)


@fast
def fill_vms(s, b, n):
    """Copy the VMs; those of a group are a ring."""
    line = s.line[b]
    line.grouped = 0
    for v in range(line.all_vms):
        vm = s.vm[b, v]
        vm.mate, vm.group, vm.start = v, -1, -1
        if v >= line.vms:
            vm.flavour = n.arrival_flavour[v - line.vms]
            continue
        vm.flavour, vm.group = n.flavour[v], n.group[v]
        vm.start = 2 * n.pm[v] + n.numa[v] % 2
        if vm.group >= 0:
            line.grouped = 1
            last = s.vm[b, vm.group].drawn  # room for the last VM of each group, below the number of VMs
            if last >= 0 and last < v and s.vm[b, last].group == vm.group:
                vm.mate, s.vm[b, last].mate = s.vm[b, last].mate, v
            s.vm[b, vm.group].drawn = v


@entry
def reset(s: State, o: Observation, out: Outcome, rows, options: KernelOptions):
    """Start the instances of the rows where `rows` is true."""
    for b in range(rows.size):
        if rows[b]:
            line = s.line[b]
            line.fingerprint = o.ids[b, 0]
            draw_graph(s, o, b, options)
            begin(s, b)
            next_decision(s, o, b, options)
            line.first = objective(s, b)
            line.unit = line.limit + 1.0 if line.goal > 0 else s.kind[b, 0].whole / max(line.free, 1)
            out.reward[b] = 0.0
            out.terminated[b] = False
            out.truncated[b] = False
            out.elapsed[b] = 0.0
            out.objective[b] = line.first


@entry
def step(s: State, o: Observation, out: Outcome, actions, running, options: KernelOptions):
    """Play an action in each running row, up to the next decision; the actions are legal."""
    for b in range(actions.size):
        out.reward[b] = 0.0
        out.elapsed[b] = 0.0
        if running[b]:
            line = s.line[b]
            time, stage, line.fresh = line.time, line.stage, 0
            play(s, b, actions[b], options)
            picked = stage == 0 and line.stage == 1
            next_decision(s, o, b, options)
            out.terminated[b] = line.over == 1
            if picked or (options.plan and line.over == 0):
                continue
            o.ids[b, 1] += 1
            before = out.objective[b]
            out.objective[b] = objective(s, b)
            out.reward[b] = (before - out.objective[b]) / line.unit
            out.elapsed[b] = line.time - time


@part
def begin(s, b):
    """The cluster before any migration, from the loaded numbers."""
    line = s.line[b]
    line.free, line.free_memory, line.wasted, line.nearness, line.slots0, line.slots1 = 0, 0, 0, 0, 0, 0
    line.spent, line.moves, line.time, line.event, line.changed = 0, 0, 0, 0, 0
    line.stage, line.chosen, line.marked, line.waiting, line.candidates = 0, -1, -1, 0, 0
    line.graph, line.over, line.stale, line.stirred, line.fresh = 0, 0, 1, 1, 1
    line.missing, line.cheapest = 1, s.flavour[b, 0].cost
    for f in range(line.flavours):
        flavour = s.flavour[b, f]
        line.cheapest = min(line.cheapest, flavour.cost)
        flavour.fits, flavour.place, flavour.other_place, flavour.stale = 0, -1, -1, 1
        flavour.damage = flavour.other_damage = np.inf
        for node in range(line.nodes):
            s.drop[b, f, node] = np.inf
    for node in range(line.nodes):
        s.cores[b, node], s.memory[b, node] = s.node[b, node].capacity, s.node[b, node].capacity_memory
        line.free += s.cores[b, node]
        line.free_memory += s.memory[b, node]
    for p in range(line.pms):
        pm = s.pm[b, p]
        pm.slots0, pm.slots1, pm.wasted, pm.nearness, pm.patterns, pm.touched = 0, 0, 0, 0, 0, 0
        for at in range(ALONE):
            s.head[b, ALONE * p + at] = -1
            for f in range(line.flavours):
                s.counts[b, p, at, f] = 0
        touch(line, s.pm[b], p)
    for v in range(line.all_vms):
        s.vm[b, v].place = s.vm[b, v].drawn = -1
    for v in range(line.vms):
        put(s, b, v, s.vm[b, v].start)


@part
def play(s, b, action, options):
    """Play an action, up to the next decision of one's own."""
    line = s.line[b]
    if action == 0:
        line.over = 1
    elif options.form == VM_FORM:
        if action > line.nodes:
            line.chosen, line.stage = action - 1 - line.nodes, 1
        else:
            think(s, b, options)
            travel(s, b, line.chosen, action - 1, options)
            line.stage = 0
    elif options.form == MOVE_FORM:
        think(s, b, options)
        travel(s, b, s.window[b, action].vm, s.window[b, action].place, options)
    elif line.stage:
        think(s, b, options)
        travel(s, b, line.chosen, s.window[b, action].place, options)
        line.waiting >>= BITS
    else:
        one = s.window[b, action]
        line.source, line.marked = one.place, one.node
        line.waiting = s.pattern[b, one.place, one.pattern].members
        if options.pick_sinks:
            line.stage = 1
        else:
            think(s, b, options)
            open_slot(s, b, options)


@fast
def think(s, b, options):
    """Let the thinking time pass, once before each decision's migrations; a plan has its own time."""
    if not options.plan:
        pass_time(s, b, s.line[b].time + options.thinking)


@fast
def travel(s, b, v, place, options):
    """Migrate a VM if the span is long enough for that."""
    line, cost = s.line[b], s.flavour[b, s.vm[b, v].flavour].cost
    if options.plan:
        migrate(s, b, v, place)
    elif too_late(s, b, cost, options):
        line.over = 1
    else:
        pass_time(s, b, line.time + options.migration * cost)
        migrate(s, b, v, place)


@part
def open_slot(s, b, options):
    """Let the VMs that wait leave the PM, each for the place that it damages least then."""
    line = s.line[b]
    while line.waiting > 0 and line.over == 0:
        code = (line.waiting & MASK) - 1
        refresh(s, b, options)
        v = one_of(s.vm[b], s.head[b, ALONE * line.source + code % ALONE], code // ALONE)
        place = sink_of(s, b, v) if v >= 0 else -1
        if place < 0:  # another VM or its place has gone meanwhile
            break
        travel(s, b, v, place, options)
        line.waiting >>= BITS
    line.waiting = 0


@part
def next_decision(s, o, b, options):
    """Show what the next decision is between, or end the episode; the first one has the stop at least."""
    line = s.line[b]
    if options.form == VM_FORM:
        next_pick(s, o, b, options)
    else:
        hide_window(s, o, b)
        refresh(s, b, options)
        mark(o, b, line.marked, 0.0)
        if line.stage:
            next_sink(s, b, options)
        if line.stage == 0:
            end_where_due(s, b, options)
        if line.stage == 0 and line.over == 0:
            line.marked = -1
            if options.form == SLOT_FORM:
                rate_all(s, b, options)
                best_patterns(s, b, options)
            else:
                best_moves(s, b, options)
            line.over = line.candidates == 0 and line.fresh == 0
        if line.over:
            finish(s, b, options)
        draw_state(s, o, b, options)
        if line.over == 0:
            mark(o, b, line.marked, 1.0)
            show_window(s, o, b)


@part
def next_pick(s, o, b, options):
    """The next decision of the form vm."""
    line = s.line[b]
    if line.stage:
        hide_vms(s, o, b)
        mark(o, b, line.nodes + line.chosen, 1.0)
        o.node_state[b, 0, S.chosen] = 1.0
        show_sinks(s, o, b, line.chosen)
        return
    if line.chosen >= 0:
        hide_sinks(s, o, b)
        mark(o, b, line.nodes + line.chosen, 0.0)
    else:
        hide_vms(s, o, b)
    line.chosen = -1
    refresh(s, b, options)
    end_where_due(s, b, options)
    if line.over:
        finish(s, b, options)
    note_changes(s, b)
    if line.stirred:
        name_vms(s, o, b)
    draw_state(s, o, b, options)
    if line.over == 0 and show_vms(s, o, b) == 0 and line.fresh == 0:
        hide_vms(s, o, b)
        line.over = 1
        finish(s, b, options)
        draw_state(s, o, b, options)


@fast
def next_sink(s, b, options):
    """Find the next VM that waits for a place of its own choice, or go on to the next slot."""
    line = s.line[b]
    line.candidates = 0
    while line.waiting > 0 and line.over == 0 and line.candidates == 0:
        code = (line.waiting & MASK) - 1
        line.chosen = one_of(s.vm[b], s.head[b, ALONE * line.source + code % ALONE], code // ALONE)
        if line.chosen >= 0:
            best_places(s, b, line.chosen, line.source, options.window)
        if line.candidates == 0:
            line.waiting >>= BITS
    if line.candidates == 0:
        line.stage, line.waiting = 0, 0


@fast
def mark(o, b, node, value):
    """Write whether a node, counted behind the clock, is what the next pick is about."""
    if node >= 0:
        o.node_state[b, 1 + node, S.chosen] = value


@fast
def end_where_due(s, b, options):
    """End the episode where the limit, the goal or the span leave nothing to decide."""
    line = s.line[b]
    if line.fresh:
        if line.goal > 0:
            line.missing = max(1, line.goal - line.slots0)
    elif line.limit - line.spent < line.cheapest or (line.goal > 0 and line.span == 0 and line.slots0 >= line.goal):
        line.over = 1
    elif line.span > 0 and not options.plan:
        line.over |= line.time + options.thinking + options.migration * line.cheapest > line.span


@part
def finish(s, b, options):
    """Carry out a plan, and live up to the end of the span."""
    line = s.line[b]
    line.candidates, line.stage = 0, 0
    if options.plan:
        carry_out(s, b, options)
    pass_time(s, b, line.span)
    refresh(s, b, options)
