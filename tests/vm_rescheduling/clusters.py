"""Clusters that the tests of solvers share, and their optima by complete enumeration."""

from collections.abc import Iterator

import numpy as np
import pytest

from envs.core.downloads import DataError
from envs.vm_rescheduling.instance import VMReschedulingInstance
from envs.vm_rescheduling.sets import load_set, random_source

VARIANTS = (
    "limit=3",
    "limit=3,slots=32",
    "limit=3,affinity=0.6,members=3",
    "limit=3,memory=bound,slots=16/64",
    "limit=3,slots=16+64d",
    "limit=3,slots=64d,goal=1",
    "limit=3,goal=2",
    "limit=12,cost=memory",
)
"""Of the law that clusters are drawn by."""


def few(variant: str) -> str:
    """The variant with as few migrations as `optimum` can try out in a moment."""
    return variant.replace("limit=12", "limit=4").replace("limit=3", "limit=2")


def snapshots(text: str) -> list[VMReschedulingInstance]:
    """A set that needs the published snapshots; skips where they are not here."""
    try:
        return load_set(text)
    except DataError as error:
        pytest.skip(str(error))


def drawn(text: str, count: int, seed: int = 0) -> list[VMReschedulingInstance]:
    """Clusters of the random source "random:TEXT"."""
    rng = np.random.default_rng(seed)
    return [random_source(text).sample(rng) for _ in range(count)]


State = tuple[tuple[int, int], ...]
"""PM and node of each VM; a node is 0, 1 or both, 2."""


def optimum(instance: VMReschedulingInstance) -> float:
    """The least objective of all legal plans, by trying them out; for two PMs and few migrations."""
    start: State = tuple(zip(instance.pm.tolist(), instance.numa.tolist(), strict=True))
    spent: dict[State, int] = {start: 0}
    frontier, best = [start], objective(instance, start, 0)
    while frontier:
        further = []
        for state in frontier:
            for vm, place in moves(instance, state):
                cost = spent[state] + int(instance.cost[instance.flavour[vm]])
                after = (*state[:vm], place, *state[vm + 1 :])
                if cost <= instance.limit and cost < spent.get(after, instance.limit + 1):
                    spent[after] = cost
                    further.append(after)
                    best = min(best, objective(instance, after, cost))
        frontier = further
    return best


def moves(instance: VMReschedulingInstance, state: State) -> Iterator[tuple[int, tuple[int, int]]]:
    """The legal migrations: a VM and the place that has room for it, and none of its group."""
    free = left(instance, state)
    for vm, here in enumerate(state):
        flavour = instance.flavour[vm]
        for pm in range(instance.pms):
            for node in (2,) if instance.double[flavour] else (0, 1):
                other = (other for other, place in enumerate(state) if other != vm and place[0] == pm)
                group = instance.group[vm]
                apart = group < 0 or all(instance.group[one] != group for one in other)
                fits = all((free[pm, side] >= needs(instance, flavour)).all() for side in sides(node))
                if (pm, node) != here and apart and fits:
                    yield vm, (pm, node)


def sides(node: int) -> tuple[int, ...]:
    """The nodes that a place is."""
    return (0, 1) if node == 2 else (node,)


def needs(instance: VMReschedulingInstance, flavour: int) -> np.ndarray:
    """Cores and MB that a VM takes of each node that it is on."""
    return np.array([instance.cores[flavour], instance.memory[flavour]]) // (1 + instance.double[flavour])


def left(instance: VMReschedulingInstance, state: State) -> np.ndarray:
    """(P, 2, 2) free cores and MB of each node."""
    free = np.stack([instance.pm_cores, instance.pm_memory], axis=2).copy()
    for vm, (pm, node) in enumerate(state):
        for side in sides(node):
            free[pm, side] -= needs(instance, int(instance.flavour[vm]))
    return free


def objective(instance: VMReschedulingInstance, state: State, spent: int) -> float:
    """As the instance documents it."""
    free, rate = left(instance, state), 0.0
    for kind, weight in enumerate(instance.slot_weight.tolist()):
        halves = 1 + instance.slot_double[kind]
        room = free[:, :, 0] // (instance.slot_cores[kind] // halves)
        if instance.slot_memory[kind]:
            room = np.minimum(room, free[:, :, 1] // (instance.slot_memory[kind] // halves))
        slots = int(room.min(axis=1).sum() if halves == 2 else room.sum())
        if instance.goal:
            return spent + (instance.limit + 1) * max(0, instance.goal - slots)
        rate += weight * (1 - int(instance.slot_cores[kind]) * slots / int(free[:, :, 0].sum()))
    return rate
