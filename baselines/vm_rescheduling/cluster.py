"""What the compiled baselines read of an instance and change: plain arrays, in what a VM takes of each NUMA node."""

from typing import NamedTuple

import numpy as np

from envs.core.compiled import entry, fast
from envs.vm_rescheduling.instance import VMReschedulingInstance


class Movers(NamedTuple):
    """K flavours that may move, those of most cores on a node first; of one size, double ones first."""

    flavour: np.ndarray  # (K,) i64
    cores: np.ndarray  # (K,) i64 on each node that it is on
    memory: np.ndarray  # (K,) i64 MB on each
    double: np.ndarray  # (K,) i64
    cost: np.ndarray  # (K,) i64 of a migration
    of: np.ndarray  # (F,) i64: the mover of each flavour, -1 where it stays


class Wanted(NamedTuple):
    """N kinds of slots."""

    cores: np.ndarray  # (N,) i64 of a slot on each node that it is on
    memory: np.ndarray  # (N,) i64 MB on each; 0 = does not count
    double: np.ndarray  # (N,) i64
    value: np.ndarray  # (N,) f64: cores of a slot times the weight of its kind


CHANGING = ("free", "spare", "held", "head", "following", "taken")


class Places(NamedTuple):
    """Where the VMs of the movers are; P PMs, V VMs, G groups (at least one column)."""

    free: np.ndarray  # (P, 2) i64 cores
    spare: np.ndarray  # (P, 2) i64 MB
    held: np.ndarray  # (P, 2, K) i64: of each mover on each node; double ones count on both
    head: np.ndarray  # (P, 3, K) i64: a VM of the mover there (on node 0, 1, both), -1 for none
    following: np.ndarray  # (V,) i64: the next VM of the same mover at the same place, -1 for none
    group: np.ndarray  # (V,) i64
    taken: np.ndarray  # (P, G) u8: whether the PM has a VM of the group

    def copy(self) -> "Places":
        """To be changed."""
        return self._replace(**{name: getattr(self, name).copy() for name in CHANGING})


def movers_below(instance: VMReschedulingInstance, cores: int) -> Movers:
    """The flavours that take less than these cores of a node."""
    return movers_of(instance, instance.cores // (1 + instance.double) < cores)


def movers_of(instance: VMReschedulingInstance, which: np.ndarray) -> Movers:
    """The flavours (F,) bool."""
    halves = 1 + instance.double
    cores, memory = instance.cores // halves, instance.memory // halves
    flavour = np.flatnonzero(which)
    flavour = flavour[np.lexsort((flavour, -instance.double[flavour], -cores[flavour]))]
    of = np.full(instance.flavours, -1)
    of[flavour] = np.arange(len(flavour))
    return Movers(flavour, cores[flavour], memory[flavour], instance.double[flavour], instance.cost[flavour], of)


def places(instance: VMReschedulingInstance, movers: Movers) -> Places:
    """Where the VMs are at the beginning."""
    pms, kinds = instance.pms, len(movers.flavour)
    halves = 1 + instance.double
    found = Places(
        instance.pm_cores.copy(),
        instance.pm_memory.copy(),
        np.zeros((pms, 2, kinds), np.int64),
        np.full((pms, 3, kinds), -1),
        np.full(instance.vms, -1),
        instance.group,
        np.zeros((pms, max(1, int(instance.group.max()) + 1)), np.uint8),
    )
    sizes = instance.cores // halves, instance.memory // halves
    _fill(found, instance.flavour, instance.pm, instance.numa, movers.of[instance.flavour], *sizes)
    return found


@entry
def _fill(found, flavour, pm, numa, kind, cores, memory):
    for vm in range(pm.size - 1, -1, -1):
        p, node, k = pm[vm], numa[vm], kind[vm]
        for side in range(2):
            if node == 2 or node == side:
                found.free[p, side] -= cores[flavour[vm]]
                found.spare[p, side] -= memory[flavour[vm]]
                if k >= 0:
                    found.held[p, side, k] += 1
        if k >= 0:
            found.following[vm], found.head[p, node, k] = found.head[p, node, k], vm
        if found.group[vm] >= 0:
            found.taken[p, found.group[vm]] = 1


def wanted(instance: VMReschedulingInstance) -> Wanted:
    """The kinds of slots; with a goal, only the first has a value."""
    halves, weight = 1 + instance.slot_double, np.array(instance.slot_weight)
    if instance.goal:
        weight[:] = np.arange(len(weight)) == 0
    cores, memory = instance.slot_cores // halves, instance.slot_memory // halves
    return Wanted(cores, memory, np.array(instance.slot_double), weight * instance.slot_cores)


@fast
def worth(cores, others, memory, spare, want):
    """What a PM's slots are worth by the free cores of its two nodes, and the free MB of both."""
    total = 0.0
    for i in range(want.cores.size):
        one, two = cores // want.cores[i], others // want.cores[i]
        if want.memory[i]:
            one, two = min(one, memory // want.memory[i]), min(two, spare // want.memory[i])
        total += want.value[i] * (min(one, two) if want.double[i] else one + two)
    return total


@fast
def worth_with(p, node, k, sign, at, movers, want):
    """What PM p would be worth if a VM of mover k came to a node (sign 1), went (-1), or neither (0)."""
    first, second = sign * (node != 1), sign * (node != 0)
    return worth(
        at.free[p, 0] - first * movers.cores[k],
        at.free[p, 1] - second * movers.cores[k],
        at.spare[p, 0] - first * movers.memory[k],
        at.spare[p, 1] - second * movers.memory[k],
        want,
    )


@fast
def room(p, node, k, at, movers):
    """Whether a VM of mover k has room on a node, 0, 1 or both, 2."""
    for side in range(2):
        if (node == 2 or node == side) and (at.free[p, side] < movers.cores[k] or at.spare[p, side] < movers.memory[k]):
            return False
    return True


@fast
def migrate(vm, p, where, q, to, k, at, movers):
    """Do one migration."""
    if at.head[p, where, k] == vm:
        at.head[p, where, k] = at.following[vm]
    else:
        before = at.head[p, where, k]
        while at.following[before] != vm:
            before = at.following[before]
        at.following[before] = at.following[vm]
    at.following[vm], at.head[q, to, k] = at.head[q, to, k], vm
    for node in range(2):
        if where == 2 or where == node:
            at.free[p, node] += movers.cores[k]
            at.spare[p, node] += movers.memory[k]
            at.held[p, node, k] -= 1
        if to == 2 or to == node:
            at.free[q, node] -= movers.cores[k]
            at.spare[q, node] -= movers.memory[k]
            at.held[q, node, k] += 1
    if at.group[vm] >= 0:
        at.taken[p, at.group[vm]] = 0
        at.taken[q, at.group[vm]] = 1


@fast
def worth_turned(p, node, k, at, movers, want):
    """What PM p would be worth if a VM of mover k went from this node to its other one."""
    to_first = 1 if node == 1 else -1
    return worth(
        at.free[p, 0] - to_first * movers.cores[k],
        at.free[p, 1] + to_first * movers.cores[k],
        at.spare[p, 0] - to_first * movers.memory[k],
        at.spare[p, 1] + to_first * movers.memory[k],
        want,
    )


@fast
def slots_of(at, want):
    """How many slots of the first kind there are."""
    total = 0
    for p in range(at.free.shape[0]):
        one, two = at.free[p, 0] // want.cores[0], at.free[p, 1] // want.cores[0]
        if want.memory[0]:
            one, two = min(one, at.spare[p, 0] // want.memory[0]), min(two, at.spare[p, 1] // want.memory[0])
        total += min(one, two) if want.double[0] else one + two
    return total
