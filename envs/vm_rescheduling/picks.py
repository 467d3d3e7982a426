"""Form vm: the candidates are all VMs, then all places for the chosen one. Candidate a picks node a of the graph.

The features of a VM change where its PM does. They are kept in `noted` while places are chosen between, so that showing
the VMs again is copying. Behind them stands whether it can be picked, 1 or 0.
"""

import numpy as np

from envs.core.compiled import fast, part
from envs.core.drawing import soft
from envs.vm_rescheduling.cluster import may_go
from envs.vm_rescheduling.features import PICK, SINK, STOP, VM_FEATURES, V
from envs.vm_rescheduling.state import ALONE
from envs.vm_rescheduling.worth import slots_on

WIDTH = len(VM_FEATURES)


@part
def note_changes(s, b):
    """Note the VMs on the PMs that have changed; all, where it may have changed which can be picked elsewhere."""
    line = s.line[b]
    everywhere = line.grouped == 1 or line.stirred == 1
    for f in range(line.flavours):
        flavour = s.flavour[b, f]
        places = min(flavour.fits, 2) if flavour.cost <= line.limit - line.spent else 0
        everywhere |= places != flavour.noted
        flavour.noted = places
    for k in range(line.changed):
        for at in range(ALONE):
            v = s.head[b, ALONE * s.pm[b, k].changed + at]
            while v >= 0:
                note_vm(s, b, v)
                v = s.vm[b, v].next
    for v in range(line.all_vms if everywhere else 0):
        s.noted[b, v, WIDTH] = s.vm[b, v].place >= 0 and has_sink(s, b, v)


@fast
def note_vm(s, b, v):
    """Note the features of a VM as a candidate, and whether it is one."""
    vm, f, size = s.vm[b, v], s.noted[b, v], s.kind[b, 0].cores
    flavour, cores = s.flavour[b, vm.flavour], s.cores[b, vm.place]
    f[V.gain], f[V.worth] = soft(vm.gain), soft(vm.release)
    f[V.cores] = soft(flavour.cores / size)
    f[V.memory] = flavour.memory / s.line[b].largest_memory
    f[V.double] = flavour.double
    f[V.remainder] = cores % size / size
    f[V.left_over] = (cores + flavour.cores) % size / size
    f[WIDTH] = has_sink(s, b, v)


@fast
def has_sink(s, b, v):
    """Whether a VM that is there has a place to go to, and the limit allows it."""
    vm, line = s.vm[b, v], s.line[b]
    flavour, drop = s.flavour[b, vm.flavour], s.drop[b, vm.flavour]
    if flavour.cost > line.limit - line.spent:
        return False
    places = flavour.fits
    if vm.mate == v:
        return places > 1 or (places == 1 and drop[vm.place] == np.inf)
    places -= int(drop[vm.place] < np.inf)
    mate = vm.mate
    while mate != v and places > 0:
        if s.vm[b, mate].place >= 0:
            node = s.vm[b, mate].place // 2 * 2
            places -= int(drop[node] < np.inf) + int(flavour.double == 0 and drop[node + 1] < np.inf)
        mate = s.vm[b, mate].mate
    return places > 0


@part
def show_vms(s, o, b):
    """Show the stop and every VM that can go somewhere; returns how many."""
    line, found = s.line[b], 0
    first = 1 + line.nodes
    o.action_mask[b, 0], o.candidate_type[b, 0] = 1, STOP
    for v in range(line.all_vms):
        if s.noted[b, v, WIDTH] > 0.0:
            found += 1
            o.action_mask[b, first + v] = 1
            for k in range(WIDTH):
                o.candidate_features[b, first + v, k] = s.noted[b, v, k]
    return found


@part
def hide_vms(s, o, b):
    """Mask the stop and the VMs."""
    line = s.line[b]
    o.action_mask[b, 0] = 0
    for a in range(1 + line.nodes, 1 + line.nodes + line.all_vms):
        if o.action_mask[b, a]:
            o.action_mask[b, a] = 0
            for k in range(WIDTH):
                o.candidate_features[b, a, k] = 0.0


@fast
def name_vms(s, o, b):
    """Say which candidates are VMs that are there, and which are nodes."""
    line = s.line[b]
    for a in range(1, 1 + line.nodes):
        o.candidate_type[b, a], o.candidates[b, a, 0], o.candidates[b, a, 1] = SINK, a, a
    for v in range(line.all_vms):
        a, there = 1 + line.nodes + v, s.vm[b, v].place >= 0
        o.candidate_type[b, a] = PICK if there else -1
        o.candidates[b, a, 0] = o.candidates[b, a, 1] = a if there else 0


@part
def show_sinks(s, o, b, v):
    """Show every place that a VM may go to."""
    line, vm, size = s.line[b], s.vm[b, v], s.kind[b, 0].cores
    flavour, drop = s.flavour[b, vm.flavour], s.drop[b, vm.flavour]
    for place in range(0, line.nodes, 1 + flavour.double):
        if drop[place] < np.inf and may_go(s.vm[b], s.flavour[b], s.cores[b], s.memory[b], v, place):
            a = 1 + place
            o.action_mask[b, a] = 1
            o.candidates[b, a, 0] = 1 + line.nodes + v
            f, cores = o.candidate_features[b, a], s.cores[b, place]
            f[V.gain], f[V.worth] = -soft(lost(s, b, place, flavour)), -soft(drop[place])
            f[V.cores] = soft(flavour.cores / size)
            f[V.memory] = flavour.memory / line.largest_memory
            f[V.double] = flavour.double
            f[V.remainder] = cores % size / size
            f[V.left_over] = (cores - flavour.cores) % size / size
            f[V.own_pm] = place // 2 == vm.place // 2


@fast
def lost(s, b, place, flavour):
    """Slots that a PM loses by a VM at a place of it, in slots of the first kind."""
    p, total = place // 2, 0.0
    on0, on1 = place == 2 * p, place > 2 * p or flavour.double == 1
    for k in range(s.line[b].kinds):
        kind = s.kind[b, k]
        c0, m0, c1, m1 = s.cores[b, 2 * p], s.memory[b, 2 * p], s.cores[b, 2 * p + 1], s.memory[b, 2 * p + 1]
        n0, n1 = slots_on(kind, c0, m0), slots_on(kind, c1, m1)
        a0 = slots_on(kind, c0 - on0 * flavour.cores, m0 - on0 * flavour.memory)
        a1 = slots_on(kind, c1 - on1 * flavour.cores, m1 - on1 * flavour.memory)
        total += kind.worth * (min(n0, n1) - min(a0, a1) if kind.double else n0 + n1 - a0 - a1)
    return total


@fast
def hide_sinks(s, o, b):
    """Mask the places."""
    for a in range(1, 1 + s.line[b].nodes):
        if o.action_mask[b, a]:
            o.action_mask[b, a] = 0
            o.candidates[b, a, 0] = a
            for k in range(WIDTH):
                o.candidate_features[b, a, k] = 0.0
