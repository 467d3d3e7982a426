"""The sink-free bound: no plan makes more slots than evictions would if every VM that goes found a place outside.

For one kind of single slots. A flavour is neutral where a VM of it takes the same number of slots wherever it stands.
Slots are then a function of where the other VMs are; an arrival adds none, so a PM gains at most what its best
evictions do, and a knapsack shares their number among the PMs. Memory and anti-affinity only take plans away.
"""

import numpy as np

from baselines.vm_rescheduling.cluster import movers_of, places
from envs.core.compiled import entry, fast
from envs.vm_rescheduling.instance import VMReschedulingInstance


def neutral(instance: VMReschedulingInstance) -> np.ndarray:
    """(F,) bool: the flavours of which a VM takes the same number of single slots of the first kind wherever it is."""
    slot, largest = int(instance.slot_cores[0]), int(instance.pm_cores.max())
    same = []
    for cores in (instance.cores // (1 + instance.double)).tolist():
        rest = np.arange(max(1, largest - cores + 1))
        taken = (rest + cores) // slot - rest // slot
        same.append(bool((taken == taken[0]).all()))
    return np.array(same)


def most_slots(instance: VMReschedulingInstance) -> np.ndarray:
    """(n + 1,) int64: no plan of 0, 1, ... n migrations makes more slots, where n is what the limit allows."""
    slot, movers = int(instance.slot_cores[0]), movers_of(instance, ~neutral(instance))
    at = places(instance, movers)
    budget = min(instance.limit // int(instance.cost.min()), instance.vms)
    on_nodes = at.held.sum(axis=(1, 2)) - (at.held[:, 0] * movers.double).sum(axis=1)
    most = int(on_nodes.max(initial=0)) + 1
    gains = np.zeros((2, budget + 1), np.int64)
    _share(at.free, at.held, movers, slot, gains, np.zeros(most, np.int64), np.zeros((3, most), np.int64))
    return np.minimum((at.free // slot).sum() + gains[0], at.free.sum() // slot)


def bound(instance: VMReschedulingInstance) -> float | int | None:
    """No plan's objective is below it; None for slots of another kind.

    With a goal, it is the cost of the fewest migrations that may reach it, or of what is missing in any case.
    """
    if len(instance.slot_cores) > 1 or instance.slot_double[0] or instance.slot_memory[0] or instance.span:
        return None
    most = most_slots(instance)
    if instance.goal:
        missing = np.maximum(0, instance.goal - most) * (instance.limit + 1)
        return int((missing + np.arange(len(most)) * int(instance.cost.min())).min())
    free = int(instance.free()[0].sum())
    return 1 - int(instance.slot_cores[0]) * int(most[-1]) / free if free else 0.0


@entry
def _share(free, count, movers, slot, gains, gain, sizes):
    """Fill gains[0], (n + 1,): the most slots that so many evictions open, on all PMs together."""
    budget, reached = gains.shape[1] - 1, 0
    for p in range(free.shape[0]):
        last = _gain(p, free, count, movers, slot, gain, sizes)
        if last == 0:
            continue
        reached = min(budget, reached + last)
        for m in range(reached, 0, -1):
            for mine in range(1, min(m, last) + 1):
                if gain[mine] > gain[mine - 1]:
                    gains[0, m] = max(gains[0, m], gains[1, m - mine] + gain[mine])
        for m in range(budget + 1):
            gains[0, m] = gains[1, m] = gains[0, min(m, reached)]


@fast
def _gain(p, free, count, movers, slot, gain, sizes):
    """Fill gain with the most slots that 0, 1, ... evictions open on a PM; after how many there is no more to gain."""
    there = 0
    numbers = (_sizes(p, 0, 0, count, movers, sizes), _sizes(p, 1, 0, count, movers, sizes))
    both = _sizes(p, 0, 1, count, movers, sizes)
    for m in range(numbers[0] + numbers[1] + both + 1):
        gain[m] = 0
    now = free[p, 0] // slot + free[p, 1] // slot
    for d in range(both + 1):
        for i in range(numbers[0] + 1):
            one = (free[p, 0] + sizes[2, d] + sizes[0, i]) // slot - now
            for j in range(numbers[1] + 1):
                opened = one + (free[p, 1] + sizes[2, d] + sizes[1, j]) // slot
                gain[d + i + j] = max(gain[d + i + j], opened)
    for m in range(1, numbers[0] + numbers[1] + both + 1):
        gain[m] = max(gain[m], gain[m - 1])
        if gain[m] > gain[m - 1]:
            there = m
    return there


@fast
def _sizes(p, node, double, count, movers, sizes):
    """Fill a row of sizes with the cores of the largest 0, 1, ... movers of a node, or of both; how many there are."""
    row, number = 2 if double else node, 0
    sizes[row, 0] = 0
    for k in range(movers.cores.size):
        if movers.double[k] == double:
            for _ in range(count[p, node, k]):
                sizes[row, number + 1] = sizes[row, number] + movers.cores[k]
                number += 1
    return number
