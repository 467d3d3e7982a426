"""Vector bin packing by rounds (alpha-VBPP): several VMs leave together, and are packed again one by one."""

import numpy as np

from baselines.vm_rescheduling.cluster import migrate, movers_of, places, room, wanted, worth_with
from envs.core.compiled import entry, fast
from envs.vm_rescheduling.instance import VMReschedulingInstance

ALPHA = 10
"""VMs of a round."""


def alpha_vbpp(instance: VMReschedulingInstance, alpha: int = ALPHA) -> np.ndarray:
    """(n, 5) migrations, by the rounds in which Ding et al. use vector bin packing; the details are ours.

    In a round, `alpha` times the VM of at most a slot's cores leaves whose going leaves the fewest fragments (free
    cores that are in no slot). Then, largest first, each takes the place that has room for it as things are, and where
    the fewest fragments will be once all of the round have left; its own if that is best. The best beginning counts.
    """
    movers = movers_of(instance, instance.cores <= instance.slot_cores[0])
    log = np.empty((min(instance.limit, 4 * instance.vms), 5), np.int64)
    real, thought = places(instance, movers), places(instance, movers)
    budget = instance.limit, max(1, alpha)
    done = _run(real, thought, movers, wanted(instance), budget, np.empty((max(1, alpha), 4), np.int64), log)
    return log[:done].copy()


@entry
def _run(real, thought, movers, want, budget, gone, log):
    """real: as things are. thought: where the VMs of the round have left. gone: (alpha, 4) vm, PM, node, mover."""
    limit, alpha = budget
    done, spent, best, value, best_value = 0, 0, 0, 0.0, 0.0
    while True:
        number, left, before = 0, limit - spent, value
        while number < min(alpha, log.shape[0] - done) and _leave(number, left, thought, movers, want, gone):
            left -= movers.cost[gone[number, 3]]
            number += 1
        for k in range(movers.cores.size):
            for i in range(number):
                if gone[i, 3] != k:
                    continue
                vm, p, where = gone[i, 0], gone[i, 1], gone[i, 2]
                q, node = _best_place(vm, p, where, k, real, thought, movers, want)
                _put(q, node, k, 1, thought, movers)
                thought.following[vm], thought.head[q, node, k] = thought.head[q, node, k], vm
                if q == p and node == where:
                    continue
                value -= _worth_of(p, q, real, movers, want)
                migrate(vm, p, where, q, node, k, real, movers)
                value += _worth_of(p, q, real, movers, want)
                log[done, 0], log[done, 1], log[done, 2], log[done, 3], log[done, 4] = vm, p, where, q, node
                done, spent = done + 1, spent + movers.cost[k]
                if value > best_value + 1e-9:
                    best, best_value = done, value
        if value <= before + 1e-9:
            return best


@fast
def _worth_of(p, q, at, movers, want):
    """What two PMs are worth, or the one that they are."""
    one = worth_with(p, 0, 0, 0, at, movers, want)
    return one if p == q else one + worth_with(q, 0, 0, 0, at, movers, want)


@fast
def _leave(number, left, thought, movers, want, gone):
    """Let the VM go whose going leaves the fewest fragments; whether there is one that the limit allows."""
    most, pm, place, kind = -np.inf, -1, -1, -1
    for p in range(thought.free.shape[0]):
        now = worth_with(p, 0, 0, 0, thought, movers, want)
        for k in range(movers.cores.size):
            for node in range(3):
                if thought.head[p, node, k] >= 0 and movers.cost[k] <= left:
                    lowered = worth_with(p, node, k, -1, thought, movers, want) - now
                    lowered -= movers.cores[k] * (1 + movers.double[k])
                    if lowered > most:
                        most, pm, place, kind = lowered, p, node, k
    if pm < 0:
        return False
    vm = thought.head[pm, place, kind]
    gone[number, 0], gone[number, 1], gone[number, 2], gone[number, 3] = vm, pm, place, kind
    thought.head[pm, place, kind] = thought.following[vm]
    _put(pm, place, kind, -1, thought, movers)
    return True


@fast
def _put(p, node, k, sign, at, movers):
    """Take the room of a VM (sign 1) or give it back (-1)."""
    for side in range(2):
        if node == 2 or node == side:
            at.free[p, side] -= sign * movers.cores[k]
            at.spare[p, side] -= sign * movers.memory[k]


@fast
def _best_place(vm, p, where, k, real, thought, movers, want):
    """The first place with the fewest fragments that has room as things are; the VM's own at worst."""
    best, place = p, where
    most = worth_with(p, where, k, 1, thought, movers, want) - worth_with(p, 0, 0, 0, thought, movers, want)
    for q in range(real.free.shape[0]):
        if q != p and real.group[vm] >= 0 and real.taken[q, real.group[vm]]:
            continue
        now = worth_with(q, 0, 0, 0, thought, movers, want)
        for node in range(3):
            if (node == 2) == (movers.double[k] == 1) and room(q, node, k, real, movers):
                lowered = worth_with(q, node, k, 1, thought, movers, want) - now
                if lowered > most + 1e-9:
                    best, place, most = q, node, lowered
    return best, place
