"""VMs come to places and go from them; which PMs have changed is remembered for `damage` and `patterns`."""

from envs.core.compiled import fast
from envs.vm_rescheduling.places import fits, occupy
from envs.vm_rescheduling.state import ALONE


@fast
def where(flavour, place):
    """Which of a PM's lists a VM of the flavour is in: 0, 1 or, double, 2."""
    return 2 if flavour.double else place % 2


@fast
def touch(line, pms, p):
    """Remember that a PM has changed."""
    if pms[p].touched == 0:
        pms[line.changed].changed = p
        line.changed += 1
    pms[p].touched = 1


@fast
def put(s, b, v, place):
    """Put a VM to a place that has room for it."""
    vm, line = s.vm[b, v], s.line[b]
    flavour, p = s.flavour[b, vm.flavour], place // 2
    at = where(flavour, place)
    occupy(s.cores[b], s.memory[b], place, flavour.cores, flavour.memory, flavour.double, -1)
    line.free -= flavour.cores * (1 + flavour.double)
    line.free_memory -= flavour.memory * (1 + flavour.double)
    s.counts[b, p, at, vm.flavour] += 1
    first = s.head[b, ALONE * p + at]
    vm.place, vm.next, vm.previous = place, first, -1
    if first >= 0:
        s.vm[b, first].previous = v
    s.head[b, ALONE * p + at] = v
    if place != vm.start:
        line.graph ^= vm.salt * s.node[b, place].salt
    touch(line, s.pm[b], p)


@fast
def take(s, b, v):
    """Take a VM from where it is."""
    vm, line = s.vm[b, v], s.line[b]
    flavour, place = s.flavour[b, vm.flavour], vm.place
    p, at = place // 2, where(flavour, place)
    occupy(s.cores[b], s.memory[b], place, flavour.cores, flavour.memory, flavour.double, 1)
    line.free += flavour.cores * (1 + flavour.double)
    line.free_memory += flavour.memory * (1 + flavour.double)
    s.counts[b, p, at, vm.flavour] -= 1
    if vm.previous >= 0:
        s.vm[b, vm.previous].next = vm.next
    else:
        s.head[b, ALONE * p + at] = vm.next
    if vm.next >= 0:
        s.vm[b, vm.next].previous = vm.previous
    if place != vm.start:
        line.graph ^= vm.salt * s.node[b, place].salt
    vm.place = vm.next = vm.previous = -1
    touch(line, s.pm[b], p)


@fast
def foes(vms, v, p):
    """Whether another VM of its group is on the PM."""
    mate = vms[v].mate
    while mate != v:
        if vms[mate].place >= 0 and vms[mate].place // 2 == p:
            return True
        mate = vms[mate].mate
    return False


@fast
def may_go(vms, flavours, cores, memory, v, place):
    """Whether a VM of a row may migrate to a place; cores, memory: (2 P,) free."""
    vm = vms[v]
    flavour = flavours[vm.flavour]
    if place == vm.place or not fits(cores, memory, place, flavour.cores, flavour.memory, flavour.double):
        return False
    return vm.mate == v or not foes(vms, v, place // 2)


@fast
def one_of(vms, v, f):
    """The VM of a flavour in the list that begins with v that moves for all: the first in no group, else the first.

    -1 where there is none.
    """
    free, grouped = -1, -1
    while v >= 0:
        vm = vms[v]
        if vm.flavour == f:
            if vm.mate == v:
                free = v if free < 0 else min(free, v)
            else:
                grouped = v if grouped < 0 else min(grouped, v)
        v = vm.next
    return free if free >= 0 else grouped
