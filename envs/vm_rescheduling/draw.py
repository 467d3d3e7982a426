"""Drawing clusters: VMs fill PMs, some leave, some come back elsewhere. Compiled, for a reset draws one.

Flavours are in rows of `kind` (F, 3) int64: cores and MB on each node, 1 = double. VMs are in rows of `vm` (V, 2)
int64: flavour and place, -1 = none; places are those of `envs.vm_rescheduling.places`.
"""

from envs.core.compiled import entry, fast
from envs.vm_rescheduling.places import best_fit, occupy


@entry
def fill_up(uniform, share, kind, cores, memory, target, vm):
    """Put VMs one by one where they fit best, until so many cores are in use or `vm` is full; returns how many.

    uniform: (V,) the luck. share: (F,) float64, cumulated: how often each flavour comes. cores, memory: (2 P,) free,
    which this changes. A VM that fits nowhere is left out, and counts towards the end of `vm` all the same.
    """
    used, count = 0, 0
    for luck in uniform:
        if used >= target:
            break
        f = 0
        while share[f] <= luck:
            f += 1
        need, megabytes, double = kind[f, 0], kind[f, 1], kind[f, 2]
        place = best_fit(cores, memory, cores.size, need, megabytes, double)
        if place >= 0:
            occupy(cores, memory, place, need, megabytes, double, -1)
            vm[count, 0], vm[count, 1] = f, place
            count += 1
            used += need * (1 + double)
    return count


@entry
def churn(uniform, leave, back, kind, vm, cores, memory, gone):
    """Let VMs leave, each with probability `leave`, and the share `back` of them return in random order, by best fit.

    uniform: (2 V,) the luck. cores, memory: (2 P,) free, which this changes, like `vm`: those who do not return have
    place -1. gone: (V,) int64 room for who left.
    """
    count, left = vm.shape[0], 0
    for v in range(count):
        if uniform[v] < leave:
            f = vm[v, 0]
            occupy(cores, memory, vm[v, 1], kind[f, 0], kind[f, 1], kind[f, 2], 1)
            vm[v, 1] = -1
            gone[left] = v
            left += 1
    for k in range(int(back * left + 0.5)):  # a shuffle as far as needed
        other = k + int((left - k) * uniform[count + k])
        gone[k], gone[other] = gone[other], gone[k]
        v = gone[k]
        f = vm[v, 0]
        place = best_fit(cores, memory, cores.size, kind[f, 0], kind[f, 1], kind[f, 2])
        if place >= 0:
            occupy(cores, memory, place, kind[f, 0], kind[f, 1], kind[f, 2], -1)
            vm[v, 1] = place


@fast
def roomy(memory, waiting, place, need, double):
    """Whether the nodes of a place have so many MB besides what waits for them."""
    if memory[place] < need + waiting[place]:
        return False
    return double == 0 or memory[place + 1] >= need + waiting[place + 1]


@entry
def fatten(uniform, share, ratios, least, kind, vm, memory, waiting):
    """Give each VM its memory per core: its flavour f becomes `ratios * f + k` of a table with the least memory.

    uniform: (V,) the luck. share: (ratios,) float64, cumulated: how often each k comes. least: MB per core of k = 0,
    doubled by each k. kind: (F, 3) the flavours before. memory: (2 P,) free without any VM, which this changes.
    waiting: (2 P,) int64 room. Where a node would not have room for the VMs that are still to come at their least, k is
    smaller.
    """
    for node in range(waiting.size):
        waiting[node] = 0
    for v in range(vm.shape[0]):
        for node in range(vm[v, 1], vm[v, 1] + 1 + kind[vm[v, 0], 2]):
            waiting[node] += least * kind[vm[v, 0], 0]
    for v in range(vm.shape[0]):
        f, place = vm[v, 0], vm[v, 1]
        need, double = kind[f, 0], kind[f, 2]
        k = 0
        while share[k] <= uniform[v]:
            k += 1
        for node in range(place, place + 1 + double):
            waiting[node] -= least * need
        while k > 0 and not roomy(memory, waiting, place, need * (least << k), double):
            k -= 1
        occupy(memory, waiting, place, need * (least << k), 0, double, -1)
        vm[v, 0] = ratios * f + k
