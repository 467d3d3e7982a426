"""What the free room of a PM is worth: its slots, and how near it is to further ones.

A slot is near where few VMs would have to go for it. The potential is `near[n]` for each NUMA node (of double slots:
for each PM) that gets one more slot when n VMs go, 0 for more than 4.
"""

from envs.core.compiled import fast
from envs.vm_rescheduling.state import MOST


@fast
def slots_on(kind, cores, memory):
    """Slots, or halves of double ones, for which the free room of a node is enough."""
    found = cores // kind.cores
    return min(found, memory // kind.memory) if kind.memory > 0 else found


@fast
def evictions(line, flavours, count, node, cores, memory):
    """Fewest small VMs of a node, the largest first, whose cores and MB make up what is lacking; 5 for more than 4.

    Cores and MB are looked at one after the other, so that where both lack it may be fewer than needed.
    """
    most = 0
    for resource in range(2):
        lacking = memory if resource else cores
        gone, k = 0, 0
        while lacking > 0 and k < line.small and gone <= MOST:
            f = flavours[k].by_memory if resource else flavours[k].by_cores
            size = max(flavours[f].memory, 1) if resource else flavours[f].cores
            there = count[node, f] + count[2, f]
            if there > 0:
                here = min(there, (lacking + size - 1) // size)
                gone += here
                lacking -= here * size
            k += 1
        most = max(most, MOST + 1 if lacking > 0 else gone)
    return min(most, MOST + 1)


@fast
def near(line, flavours, count, node, kind, slots, cores, memory):
    """VMs of a node that must go before it has room for so many slots and one more."""
    lacking = (slots + 1) * kind.memory - memory if kind.memory > 0 else 0
    return evictions(line, flavours, count, node, (slots + 1) * kind.cores - cores, lacking)


@fast
def doubles(line, flavours, count):
    """Small double VMs of a PM."""
    found = 0
    for k in range(line.small):
        found += count[2, flavours[k].by_cores]
    return found


@fast
def worth(line, kinds, flavours, count, c0, m0, c1, m1, options):
    """(worth, slots) of a PM with this free room on its nodes and `count` (3, F) VMs; in slots of the first kind.

    line, kinds, flavours: those of the row; passing on the whole state takes long to compile.
    """
    total, slots = 0.0, 0.0
    for k in range(line.kinds):
        kind = kinds[k]
        n0, n1 = slots_on(kind, c0, m0), slots_on(kind, c1, m1)
        if kind.double:
            n0 = n1 = min(n0, n1)
        slots += kind.worth * (n0 if kind.double else n0 + n1)
        both, fewest, potential = 0, MOST + 1, 0.0
        for node in range(2):
            cores, memory, found = (c1, m1, n1) if node else (c0, m0, n0)
            gone = near(line, flavours, count, node, kind, found, cores, memory)
            both += gone
            fewest = min(fewest, gone)
            potential += options.near[gone]
        if kind.double:
            potential = options.near[min(both - min(fewest, doubles(line, flavours, count)), MOST + 1)]
        total += kind.worth * potential
    return slots + total, slots
