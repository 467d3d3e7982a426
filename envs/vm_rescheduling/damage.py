"""What VMs cost where they go: the worth that a PM loses by taking one, and the place that loses least."""

import numpy as np

from envs.core.compiled import fast, part
from envs.vm_rescheduling.cluster import may_go, where
from envs.vm_rescheduling.places import fits
from envs.vm_rescheduling.state import ALONE, MOST, MOVE_FORM, SLOT_FORM, VM_FORM
from envs.vm_rescheduling.worth import near, slots_on, worth


@fast
def appraise(s, b, p, options):
    """Work out anew what a PM is worth, and the damage by a VM of each flavour at its places."""
    line, pm = s.line[b], s.pm[b, p]
    node = 2 * p
    cores, memory = s.cores[b], s.memory[b]
    line.wasted -= pm.wasted
    line.nearness -= pm.nearness
    pm.worth, pm.slots = worth(
        line,
        s.kind[b],
        s.flavour[b],
        s.counts[b, p],
        cores[node],
        memory[node],
        cores[node + 1],
        memory[node + 1],
        options,
    )
    count_slots(s, b, p)
    kind = s.kind[b, 0]
    pm.wasted = cores[node] % kind.cores + cores[node + 1] % kind.cores
    n0, n1 = slots_on(kind, cores[node], memory[node]), slots_on(kind, cores[node + 1], memory[node + 1])
    if kind.double:
        n0 = n1 = min(n0, n1)
    pm.near0 = near(line, s.flavour[b], s.counts[b, p], 0, kind, n0, cores[node], memory[node])
    pm.near1 = near(line, s.flavour[b], s.counts[b, p], 1, kind, n1, cores[node + 1], memory[node + 1])
    pm.nearness = nearness(pm.near0) + nearness(pm.near1)
    line.nearness += pm.nearness
    line.wasted += pm.wasted
    for f in range(line.flavours):
        flavour = s.flavour[b, f]
        if flavour.small or options.form != SLOT_FORM:
            for place in range(node, node + 2 - flavour.double):
                lose(s, b, f, place, options)


@fast
def nearness(vms):
    """12 / the VMs that must go; 0 for more than 4."""
    return 12 // vms if 0 < vms <= MOST else 0


@fast
def count_slots(s, b, p):
    """Work out anew how many slots of each kind a PM has, and with it the cluster."""
    line, pm, node = s.line[b], s.pm[b, p], 2 * p
    for k in range(line.kinds):
        kind = s.kind[b, k]
        n0 = slots_on(kind, s.cores[b, node], s.memory[b, node])
        n1 = slots_on(kind, s.cores[b, node + 1], s.memory[b, node + 1])
        found = min(n0, n1) if kind.double else n0 + n1
        if k == 0:
            line.slots0 += found - pm.slots0
            pm.slots0 = found
        else:
            line.slots1 += found - pm.slots1
            pm.slots1 = found


@fast
def with_vm(s, b, p, place, flavour, at, f, sign, options):
    """(worth, slots) of a PM if a VM came to a place of it (sign 1), or went (-1)."""
    node, cores, memory = 2 * p, s.cores[b], s.memory[b]
    on0 = sign * (place == node)
    on1 = sign * (place > node or flavour.double == 1)
    s.counts[b, p, at, f] += sign
    found = worth(
        s.line[b],
        s.kind[b],
        s.flavour[b],
        s.counts[b, p],
        cores[node] - on0 * flavour.cores,
        memory[node] - on0 * flavour.memory,
        cores[node + 1] - on1 * flavour.cores,
        memory[node + 1] - on1 * flavour.memory,
        options,
    )
    s.counts[b, p, at, f] -= sign
    return found


@fast
def lose(s, b, f, place, options):
    """Work out the damage by a VM of a flavour at a place, and whether the place is the least damaged."""
    flavour, p = s.flavour[b, f], place // 2
    before, damage = s.drop[b, f, place], np.inf
    if fits(s.cores[b], s.memory[b], place, flavour.cores, flavour.memory, flavour.double):
        after, _ = with_vm(s, b, p, place, flavour, where(flavour, place), f, 1, options)
        damage = s.pm[b, p].worth - after
        for node in range(place, place + 1 + flavour.double):
            left, size = s.cores[b, node] - flavour.cores, s.kind[b, 0].cores
            damage += options.waste * (left % size) / size
    flavour.fits += int(damage < np.inf) - int(before < np.inf)
    s.drop[b, f, place] = damage
    if flavour.place // 2 == p or flavour.other_place // 2 == p:
        flavour.stale = 1
    elif flavour.stale == 0:
        offer(flavour, place, damage)


@fast
def offer(flavour, place, damage):
    """Let a place be the least damaged one, or that of another PM, if it is; of equal ones, the first is."""
    if damage < flavour.damage or (damage == flavour.damage and damage < np.inf and place < flavour.place):
        if place // 2 != flavour.place // 2:
            flavour.other_place, flavour.other_damage = flavour.place, flavour.damage
        flavour.place, flavour.damage = place, damage
    elif place // 2 != flavour.place // 2 and (
        damage < flavour.other_damage
        or (damage == flavour.other_damage and damage < np.inf and place < flavour.other_place)
    ):
        flavour.other_place, flavour.other_damage = place, damage


@fast
def search(s, b, f):
    """Find the least damaged place for a flavour anew, and that of another PM."""
    flavour, drop = s.flavour[b, f], s.drop[b, f]
    flavour.place = flavour.other_place = -1
    flavour.damage = flavour.other_damage = np.inf
    for place in range(0, s.line[b].nodes, 1 + flavour.double):
        if drop[place] < flavour.other_damage:
            offer(flavour, place, drop[place])
    flavour.stale = 0


@fast
def least(flavour, p):
    """The least damage by a VM of a flavour that goes from a PM; another PM takes it."""
    return flavour.damage if flavour.place // 2 != p else flavour.other_damage


@fast
def sink_of(s, b, v):
    """The least damaged place that a VM may go to, -1 where there is none."""
    flavour = s.flavour[b, s.vm[b, v].flavour]
    drop, best, damage = s.drop[b, s.vm[b, v].flavour], -1, np.inf
    for place in range(0, s.line[b].nodes, 1 + flavour.double):
        if drop[place] < damage and may_go(s.vm[b], s.flavour[b], s.cores[b], s.memory[b], v, place):
            best, damage = place, drop[place]
    return best


@fast
def release(s, b, p, options):
    """Work out anew what a PM gains by each of its VMs going."""
    for at in range(ALONE):
        v = s.head[b, ALONE * p + at]
        while v >= 0:
            vm = s.vm[b, v]
            flavour = s.flavour[b, vm.flavour]
            after, slots = with_vm(s, b, p, vm.place, flavour, at, vm.flavour, -1, options)
            vm.release, vm.gain = after - s.pm[b, p].worth, slots - s.pm[b, p].slots
            v = vm.next


@fast
def lift(s, b, p, options):
    """The same by flavour, where VMs of it are."""
    for f in range(s.line[b].flavours):
        double = s.flavour[b, f].double
        for place in range(2 * p, 2 * p + 2 - double):
            at, gain = where(s.flavour[b, f], place), -np.inf
            if s.counts[b, p, at, f] > 0:
                after, _ = with_vm(s, b, p, place, s.flavour[b, f], at, f, -1, options)
                gain = after - s.pm[b, p].worth
            s.lift[b, f, place] = gain


@part
def refresh(s, b, options):
    """Work out anew what depends on the PMs that have changed; they stay listed until they are drawn."""
    line = s.line[b]
    for k in range(line.changed):
        p = s.pm[b, k].changed
        if s.pm[b, p].touched == 1:
            s.pm[b, p].touched = 2
            appraise(s, b, p, options)
            if options.form == VM_FORM:
                release(s, b, p, options)
            elif options.form == MOVE_FORM:
                lift(s, b, p, options)
    for f in range(line.flavours):
        if s.flavour[b, f].stale == 1:
            search(s, b, f)
