"""What is seen of a cluster: the graph, and the candidates of the forms slot and move; see `features`."""

from envs.core.compiled import fast, part
from envs.core.drawing import blank, connect, soft
from envs.vm_rescheduling.churn import objective
from envs.vm_rescheduling.features import CLOCK, HOSTED, HOSTS, MOVE, NUMA, SINK, SLOT, STOP, TWIN, C, E, N, S
from envs.vm_rescheduling.features import VM as VM_NODE
from envs.vm_rescheduling.patterns import BITS, MASK
from envs.vm_rescheduling.state import ALONE, MOST, VM_FORM
from envs.vm_rescheduling.worth import slots_on

EDGES = 4
"""Of a VM: to and from each of two nodes."""


@part
def draw_graph(s, o, b, options):
    """Write what does not change: the clock, the NUMA nodes, and that two are twins."""
    line = s.line[b]
    blank(o, b)
    o.node_type[b, 0] = CLOCK
    o.node_features[b, 0, N.size] = line.pms / (line.pms + 64.0)
    for node in range(line.nodes):
        o.node_type[b, 1 + node] = NUMA
        o.node_features[b, 1 + node, N.cores] = s.node[b, node].capacity / line.largest
        o.node_features[b, 1 + node, N.memory] = s.node[b, node].capacity_memory / line.largest_memory
        connect(o, b, node, 1 + node, 1 + (node ^ 1), TWIN, E.share, 0.0)
    if options.form == VM_FORM:
        for v in range(line.all_vms):
            s.vm[b, v].drawn = -1


@part
def draw_state(s, o, b, options):
    """Write the clock, and what has changed on the PMs that have, which are then settled."""
    line = s.line[b]
    draw_clock(s, o, b)
    for k in range(line.changed):
        p = s.pm[b, k].changed
        s.pm[b, p].touched = 0
        draw_node(s, o, b, 2 * p, s.pm[b, p].near0)
        draw_node(s, o, b, 2 * p + 1, s.pm[b, p].near1)
    if options.form == VM_FORM:
        for k in range(line.changed):
            for at in range(ALONE):
                v = s.head[b, ALONE * s.pm[b, k].changed + at]
                while v >= 0:
                    draw_vm(s, o, b, v)
                    v = s.vm[b, v].next
        if line.stirred:
            for v in range(line.all_vms):
                if s.vm[b, v].place < 0:
                    erase_vm(s, o, b, v)
        o.ids[b, 0] = line.fingerprint ^ line.graph
    line.changed = line.stirred = 0


@fast
def draw_clock(s, o, b):
    """Write the global node."""
    line = s.line[b]
    row, left = o.node_state[b, 0], line.limit - line.spent
    row[S.free] = line.free / line.all_cores
    row[S.free_memory] = line.free_memory / line.all_memory
    value = objective(s, b)
    row[S.remainder] = value / ((line.limit + 1) * line.missing) if line.goal > 0 else value
    row[S.slots] = min(1.0, line.slots0 * s.kind[b, 0].whole / max(line.free, 1))
    row[S.near] = line.nearness / (12.0 * line.nodes)
    row[S.singles] = left / line.limit
    row[S.doubles] = soft(left)
    row[S.gain] = 1.0 - line.time / line.span if line.span > 0 else 0.0
    row[S.chosen] = line.stage


@fast
def draw_node(s, o, b, node, near):
    """Write a NUMA node."""
    line, row, kind = s.line[b], o.node_state[b, 1 + node], s.kind[b, 0]
    row[S.free] = s.cores[b, node] / line.largest
    row[S.free_memory] = s.memory[b, node] / line.largest_memory
    row[S.remainder] = s.cores[b, node] % kind.cores / kind.cores
    row[S.slots] = soft(slots_on(kind, s.cores[b, node], s.memory[b, node]))
    row[S.near] = 1.0 / near if 0 < near <= MOST else 0.0
    singles, doubles = 0, 0
    for k in range(line.small):
        f = s.flavour[b, k].by_cores
        singles += s.counts[b, node // 2, node % 2, f]
        doubles += s.counts[b, node // 2, 2, f]
    row[S.singles], row[S.doubles] = soft(singles), soft(doubles)


@fast
def draw_vm(s, o, b, v):
    """Write a VM, and its edges where it has moved."""
    line, vm = s.line[b], s.vm[b, v]
    flavour, at, size = s.flavour[b, vm.flavour], 1 + line.nodes + v, s.kind[b, 0].cores
    row = o.node_state[b, at]
    row[S.free] = s.cores[b, vm.place] / line.largest
    row[S.free_memory] = s.memory[b, vm.place] / line.largest_memory
    row[S.remainder] = s.cores[b, vm.place] % size / size
    row[S.gain] = soft(vm.gain)
    if vm.drawn == vm.place:
        return
    if vm.drawn < 0:
        o.node_type[b, at] = VM_NODE
        o.node_features[b, at, N.cores] = flavour.cores / line.largest
        o.node_features[b, at, N.memory] = flavour.memory / line.largest_memory
        o.node_features[b, at, N.double] = flavour.double
        o.node_features[b, at, N.cost] = min(1.0, flavour.cost / line.limit)
    vm.drawn = vm.place
    for k in range(1 + flavour.double):
        e, node = line.nodes + EDGES * v + 2 * k, 1 + vm.place + k
        share = flavour.cores / max(s.node[b, vm.place + k].capacity, 1)
        connect(o, b, e, node, at, HOSTS, E.share, share)
        connect(o, b, e + 1, at, node, HOSTED, E.share, share)


@fast
def erase_vm(s, o, b, v):
    """Clear a VM that is not there, and its edges."""
    line, at = s.line[b], 1 + s.line[b].nodes + v
    if s.vm[b, v].drawn < 0:
        return
    s.vm[b, v].drawn = -1
    o.node_type[b, at] = -1
    for k in range(o.node_state.shape[2]):
        o.node_state[b, at, k] = 0.0
    for k in range(o.node_features.shape[2]):
        o.node_features[b, at, k] = 0.0
    for e in range(line.nodes + EDGES * v, line.nodes + EDGES * (v + 1)):
        connect(o, b, e, 0, 0, -1, E.share, 0.0)


@fast
def hide_window(s, o, b):
    """Clear the candidates of the last decision."""
    line = s.line[b]
    for a in range(line.candidates + 1):
        o.action_mask[b, a] = 0
        o.candidates[b, a, 0] = o.candidates[b, a, 1] = 0
        o.candidate_type[b, a] = -1
        for k in range(o.candidate_features.shape[2]):
            o.candidate_features[b, a, k] = 0.0


@part
def show_window(s, o, b):
    """Write the stop, unless a sink is next, and the candidates of the window."""
    line = s.line[b]
    line.best = s.window[b, 1].score if line.candidates > 0 else 0.0
    if line.stage == 0:
        line.best = max(line.best, 0.0)
    describe_prices(s, o.candidate_features[b, 0], b)
    for i in range(line.candidates):
        f = o.candidate_features[b, 1 + i]
        for k in range(C.left, o.candidate_features.shape[2]):
            f[k] = o.candidate_features[b, 0, k]
        describe(s, o, b, 1 + i, s.window[b, 1 + i])
    if line.stage == 0:
        o.action_mask[b, 0], o.candidate_type[b, 0] = 1, STOP
        regret(o.candidate_features[b, 0], line.best, 0.0)
    else:
        for k in range(o.candidate_features.shape[2]):
            o.candidate_features[b, 0, k] = 0.0


@fast
def regret(f, best, score):
    """Write how far a score is below the best."""
    f[C.regret] = soft(best - score)
    f[C.regret_fine] = soft(16.0 * (best - score))
    f[C.score] = soft(score)


@fast
def describe(s, o, b, a, one):
    """Write a candidate of the window as row a."""
    line, f = s.line[b], o.candidate_features[b, a]
    members = one_member(s, b, one.vm) if one.vm >= 0 else s.pattern[b, one.place, one.pattern].members
    o.action_mask[b, a] = 1
    o.candidates[b, a, 0] = o.candidates[b, a, 1] = 1 + one.node
    if one.vm < 0:
        o.candidate_type[b, a] = SLOT
    else:
        o.candidate_type[b, a] = SINK if line.stage else MOVE
        o.candidates[b, a, 1] = 1 + one.place
        describe_sink(s, f, b, one)
    regret(f, line.best, one.score)
    f[C.gain], f[C.slots], f[C.damage] = soft(one.gain), soft(one.slots), soft(one.damage)
    describe_members(s, f, b, one.node, members)


@fast
def one_member(s, b, v):
    """A pattern of this VM alone."""
    vm = s.vm[b, v]
    flavour = s.flavour[b, vm.flavour]
    return 1 + ALONE * vm.flavour + (2 if flavour.double else vm.place % 2)


@fast
def describe_sink(s, f, b, one):
    """Write what becomes of the sink."""
    size, flavour = s.kind[b, 0].cores, s.flavour[b, s.vm[b, one.vm].flavour]
    f[C.sink] = s.cores[b, one.place] % size / size
    f[C.sink_left_over] = (s.cores[b, one.place] - flavour.cores) % size / size
    f[C.own_pm] = one.place // 2 == one.node // 2


@fast
def describe_members(s, f, b, node, members):
    """Write which VMs go, and what becomes of the node."""
    line, size = s.line[b], s.kind[b, 0].cores
    vms, cost, memory, freed = 0, 0, 0, 0
    while members > 0:
        code = (members & MASK) - 1
        flavour = s.flavour[b, code // ALONE]
        f[C.single_eighth + flavour.band] += 1.0 / MOST
        vms += 1
        cost += flavour.cost
        memory += flavour.memory * (1 + flavour.double)
        if code % ALONE == 2 or code % ALONE == node % 2:
            freed += flavour.cores
        members >>= BITS
    f[C.migrations] = vms / MOST
    f[C.cost] = cost / line.limit
    f[C.memory] = memory / (2 * line.largest_memory)
    f[C.remainder] = s.cores[b, node] % size / size
    f[C.left_over] = (s.cores[b, node] + freed) % size / size
    f[C.other] = s.cores[b, node ^ 1] % size / size


@fast
def describe_prices(s, f, b):
    """Write what all candidates share."""
    line = s.line[b]
    left = line.limit - line.spent
    f[C.left] = left / line.limit
    f[C.left_count] = soft(left)
    f[C.waste] = soft(line.wasted / (s.kind[b, 0].cores * max(left, 1)))
    for k in range(C.price_single_eighth, f.size):
        f[k] = 2.0
    for i in range(line.flavours):
        flavour = s.flavour[b, i]
        if flavour.band % 4 < 3:
            k = C.price_single_eighth + flavour.band % 4 + 3 * (flavour.band // 4)
            f[k] = min(f[k], flavour.damage)
