"""Every plan of a very small cluster: the one answer to whether a plan of the model has an order."""

import time

import numpy as np

from baselines.vm_rescheduling.cluster import Movers, Places, movers_of, places
from baselines.vm_rescheduling.plan import outcome
from envs.vm_rescheduling.instance import BOTH, VMReschedulingInstance

MOST = 20_000
"""States that are looked at, at most."""

State = tuple[tuple[int, int], ...]
"""PM and node of each VM."""


def enumerate_plans(instance: VMReschedulingInstance, until: float) -> np.ndarray | None:
    """(n, 5) migrations of the best plan; None where there are more than `MOST` states, or the time is over.

    Breadth first over where all VMs are. VMs of one flavour and group that change places are the same state.
    """
    movers = movers_of(instance, instance.cores > 0)
    at = places(instance, movers)
    start: State = tuple(zip(instance.pm.tolist(), instance.numa.tolist(), strict=True))
    alike = list(zip(instance.flavour.tolist(), instance.group.tolist(), strict=True))
    reached = {_key(start, alike): 0}
    waiting: list[tuple[State, tuple[tuple[int, ...], ...], int]] = [(start, (), 0)]
    best, least = (), outcome(instance, _moves(()))
    for state, plan, spent in waiting:
        if len(reached) > MOST or time.perf_counter() > until:
            return None
        for vm, pm, node in _legal(instance, movers, at, state):
            cost = spent + int(instance.cost[instance.flavour[vm]])
            after = (*state[:vm], (pm, node), *state[vm + 1 :])
            key = _key(after, alike)
            if cost <= instance.limit and cost < reached.get(key, instance.limit + 1):
                reached[key] = cost
                further = (*plan, (vm, *state[vm], pm, node))
                waiting.append((after, further, cost))
                objective = outcome(instance, _moves(further))
                if objective < least:
                    best, least = further, objective
    return _moves(best)


def _moves(plan: tuple[tuple[int, ...], ...]) -> np.ndarray:
    return np.array(plan, np.int64).reshape(-1, 5)


def _key(state: State, alike: list[tuple[int, int]]) -> tuple[tuple[tuple[int, int], tuple[int, int]], ...]:
    return tuple(sorted(zip(alike, state, strict=True)))


def _legal(instance: VMReschedulingInstance, movers: Movers, at: Places, state: State) -> list[tuple[int, int, int]]:
    """VM, PM and node of every migration that has room, and no VM of the group there."""
    free, spare = at.free.copy(), at.spare.copy()
    kinds = movers.of[instance.flavour].tolist()
    starts = zip(instance.pm.tolist(), instance.numa.tolist(), strict=True)
    for kind, before, now in zip(kinds, starts, state, strict=True):
        for (pm, node), sign in ((before, 1), (now, -1)):
            nodes = slice(0, 2) if node == BOTH else slice(node, node + 1)
            free[pm, nodes] += sign * movers.cores[kind]
            spare[pm, nodes] += sign * movers.memory[kind]
    hosts = {(group, pm) for group, (pm, _) in zip(instance.group.tolist(), state, strict=True) if group >= 0}
    found = []
    for vm, kind in enumerate(kinds):
        fits = (free >= movers.cores[kind]) & (spare >= movers.memory[kind])
        fits = fits.all(axis=1, keepdims=True) if movers.double[kind] else fits
        for pm, node in np.argwhere(fits).tolist():
            place = (pm, BOTH if movers.double[kind] else node)
            group = int(instance.group[vm])
            if place != state[vm] and (group < 0 or pm == state[vm][0] or (group, pm) not in hosts):
                found.append((vm, *place))
    return found
