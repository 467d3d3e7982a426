"""Where a VM that arrives goes; shared by what draws clusters and by the kernel.

A place is 2 pm + node for a VM on one NUMA node, 2 pm for a double one. Room is free cores and free MB, (2 P,) int64.
"""

from envs.core.compiled import fast


@fast
def fits(cores, memory, place, need_cores, need_memory, double):
    """Whether the place has room; need_cores, need_memory: on each node that the VM is on."""
    if cores[place] < need_cores or memory[place] < need_memory:
        return False
    return double == 0 or (cores[place + 1] >= need_cores and memory[place + 1] >= need_memory)


@fast
def best_fit(cores, memory, nodes, need_cores, need_memory, double):
    """The place with the fewest cores left in it that has room, the first of several; -1 where none has."""
    best, least = -1, 0
    place = 0
    while place < nodes:
        if fits(cores, memory, place, need_cores, need_memory, double):
            left = cores[place] + (cores[place + 1] if double else 0)
            if best < 0 or left < least:
                best, least = place, left
        place += 1 + double
    return best


@fast
def occupy(cores, memory, place, need_cores, need_memory, double, sign):
    """Take the room of a VM (sign -1), or give it back (1)."""
    for node in range(place, place + 1 + double):
        cores[node] += sign * need_cores
        memory[node] += sign * need_memory
