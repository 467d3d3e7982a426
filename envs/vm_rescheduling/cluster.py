"""VMs come to places and go from them; which PMs have changed is remembered for `damage` and `patterns`."""

from envs.core.compiled import fast
from envs.vm_rescheduling.places import fits, occupy
from envs.vm_rescheduling.state import ALONE


@fast
def where(flavour, place):
    """Which of a PM's lists a VM of the flavour is in: 0, 1 or, double, 2."""
    return 2 if flavour.double else place % 2


@fast
def touch(s, b, p):
    """Remember that a PM has changed."""
    pm, line = s.pm[b, p], s.line[b]
    if pm.touched == 0:
        s.changed[b, line.changed] = p
        line.changed += 1
    pm.touched = 1


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
        line.graph ^= s.salt_vm[b, v] * s.salt_place[b, place]
    touch(s, b, p)


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
        line.graph ^= s.salt_vm[b, v] * s.salt_place[b, place]
    vm.place = vm.next = vm.previous = -1
    touch(s, b, p)


@fast
def foes(s, b, v, p):
    """Whether another VM of its group is on the PM."""
    mate = s.vm[b, v].mate
    while mate != v:
        if s.vm[b, mate].place >= 0 and s.vm[b, mate].place // 2 == p:
            return True
        mate = s.vm[b, mate].mate
    return False


@fast
def may_go(s, b, v, place):
    """Whether a VM may migrate to a place."""
    vm = s.vm[b, v]
    flavour = s.flavour[b, vm.flavour]
    if place == vm.place or not fits(s.cores[b], s.memory[b], place, flavour.cores, flavour.memory, flavour.double):
        return False
    return vm.mate == v or not foes(s, b, v, place // 2)


@fast
def one_of(s, b, p, at, f):
    """The VM of a flavour in a list of a PM that moves for all of them: the first of those in no group, else of all.

    -1 where there is none.
    """
    free, grouped = -1, -1
    v = s.head[b, ALONE * p + at]
    while v >= 0:
        vm = s.vm[b, v]
        if vm.flavour == f:
            if vm.mate == v:
                free = v if free < 0 else min(free, v)
            else:
                grouped = v if grouped < 0 else min(grouped, v)
        v = vm.next
    return free if free >= 0 else grouped
