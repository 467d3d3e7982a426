"""One migration after the other, each the best by itself: the heuristic of the paper, and the best of all pairs."""

import numpy as np

from baselines.vm_rescheduling.cluster import (
    migrate,
    movers_of,
    places,
    room,
    slots_of,
    wanted,
    worth_turned,
    worth_with,
)
from envs.core.compiled import entry, fast
from envs.vm_rescheduling.instance import VMReschedulingInstance


def filtering(instance: VMReschedulingInstance) -> np.ndarray:
    """(n, 5) migrations by the filtering heuristic (HA) of Ding et al., as in their code.

    `baselines/heuristics.py` of github.com/bytedance/DRL-based-VM-Rescheduling: of the VMs of at most 16 cores it takes
    the one whose going leaves the fewest fragments, then the other PM and node whose fragments its coming lowers most,
    until the two together lower none. First VM and first PM of several. Fragments are free cores that are in no slot;
    for slots of other sizes, theirs takes the place of 16. Here a place must also have the memory, and no VM of the
    group.
    """
    return _planned(instance, _filtering, np.flatnonzero(instance.cores <= instance.slot_cores[0]))


def joint(instance: VMReschedulingInstance) -> np.ndarray:
    """(n, 5) migrations, each the VM and the place that gain most in slots for its cost, until none gains."""
    return _planned(instance, _joint, np.arange(instance.flavours))


def _planned(instance, run, flavours):
    which = np.zeros(instance.flavours, bool)
    which[flavours] = True
    movers = movers_of(instance, which)
    log = np.empty((min(instance.limit, 4 * instance.vms), 5), np.int64)
    arrive = np.empty((len(movers.flavour), instance.pms, 3))
    done = run(places(instance, movers), movers, wanted(instance), instance.limit, instance.goal, arrive, log)
    return log[:done].copy()


@entry
def _filtering(at, movers, want, limit, goal, _arrive, log):
    done, spent = 0, 0
    while done < log.shape[0] and not (goal and slots_of(at, want) >= goal):
        vm, p, where, kind, most = -1, -1, -1, -1, -np.inf
        for q in range(at.free.shape[0]):
            now = worth_with(q, 0, 0, 0, at, movers, want)
            for k in range(movers.cores.size):
                for node in range(3):
                    if at.head[q, node, k] < 0:
                        continue
                    lowered = (
                        worth_with(q, node, k, -1, at, movers, want) - now - movers.cores[k] * (1 + movers.double[k])
                    )
                    if lowered >= most:
                        first = _first(q, node, k, at)
                        if lowered > most or first < vm:
                            vm, p, where, kind, most = first, q, node, k, lowered
        if vm < 0 or spent + movers.cost[kind] > limit:
            return done
        q, node, more = _best_place(vm, p, kind, at, movers, want)
        if q < 0 or most + more <= 0:
            return done
        migrate(vm, p, where, q, node, kind, at, movers)
        log[done] = vm, p, where, q, node
        done, spent = done + 1, spent + movers.cost[kind]
    return done


@fast
def _best_place(vm, p, k, at, movers, want):
    """The first place on another PM where the fragments fall most when the VM comes, and by how much."""
    best, where, most = -1, -1, -np.inf
    for q in range(at.free.shape[0]):
        if q == p or (at.group[vm] >= 0 and at.taken[q, at.group[vm]]):
            continue
        now = worth_with(q, 0, 0, 0, at, movers, want)
        for node in range(3):
            if (node == 2) == (movers.double[k] == 1) and room(q, node, k, at, movers):
                lowered = worth_with(q, node, k, 1, at, movers, want) - now
                lowered += movers.cores[k] * (1 + movers.double[k])
                if lowered > most:
                    best, where, most = q, node, lowered
    return best, where, most


@fast
def _first(p, node, k, at):
    """The lowest number of a VM of mover k there."""
    vm = at.head[p, node, k]
    lowest = vm
    while vm >= 0:
        lowest = min(lowest, vm)
        vm = at.following[vm]
    return lowest


@entry
def _joint(at, movers, want, limit, goal, arrive, log):
    pms, kinds, done, spent = at.free.shape[0], movers.cores.size, 0, 0
    for p in range(pms):
        _measure(p, at, movers, want, arrive)
    while done < log.shape[0] and not (goal and slots_of(at, want) >= goal):
        vm, p, where, kind, q, node, most = -1, -1, -1, -1, -1, -1, 1e-9
        for k in range(kinds):
            if spent + movers.cost[k] > limit:
                continue
            place, other = _best_two(k, arrive)
            for source in range(pms):
                for side in range(3):
                    one = at.head[source, side, k]
                    if one < 0:
                        continue
                    while at.group[one] >= 0 and at.following[one] >= 0:
                        one = at.following[one]
                    here = worth_with(source, 0, 0, 0, at, movers, want)
                    gone = worth_with(source, side, k, -1, at, movers, want) - here
                    to = place if place // 3 != source else other
                    if at.group[one] >= 0:
                        to = _best_of_group(at.group[one], source, k, at, arrive)
                    gain = gone + arrive[k, to // 3, to % 3] if to >= 0 else -np.inf
                    if side < 2 and room(source, 1 - side, k, at, movers):
                        turned = worth_turned(source, side, k, at, movers, want) - here
                        if turned > gain:
                            to, gain = 3 * source + 1 - side, turned
                    if gain / movers.cost[k] > most:
                        vm, p, where, kind, q, node, most = one, source, side, k, to // 3, to % 3, gain / movers.cost[k]
        if vm < 0:
            break
        migrate(vm, p, where, q, node, kind, at, movers)
        log[done] = vm, p, where, q, node
        done, spent = done + 1, spent + movers.cost[kind]
        _measure(p, at, movers, want, arrive)
        _measure(q, at, movers, want, arrive)
    return done


@fast
def _measure(p, at, movers, want, arrive):
    """Fill arrive (K, P, 3) for one PM: what it gains in worth when a VM of each mover comes; -inf without room."""
    now = worth_with(p, 0, 0, 0, at, movers, want)
    for k in range(movers.cores.size):
        for node in range(3):
            arrive[k, p, node] = -np.inf
            if (node == 2) == (movers.double[k] == 1) and room(p, node, k, at, movers):
                arrive[k, p, node] = worth_with(p, node, k, 1, at, movers, want) - now


@fast
def _best_two(k, arrive):
    """The best place (3 pm + node) for a mover, and the best on another PM; -1 where there is none."""
    place, other = -1, -1
    for q in range(arrive.shape[1]):
        for node in range(3):
            if arrive[k, q, node] > -np.inf:
                if place < 0 or arrive[k, q, node] > arrive[k, place // 3, place % 3]:
                    if place // 3 != q:
                        other = place
                    place = 3 * q + node
                elif place // 3 != q and (other < 0 or arrive[k, q, node] > arrive[k, other // 3, other % 3]):
                    other = 3 * q + node
    return place, other


@fast
def _best_of_group(group, source, k, at, arrive):
    """The best place for a mover of a group on another PM; -1 where there is none."""
    place, most = -1, -np.inf
    for q in range(arrive.shape[1]):
        if q != source and at.taken[q, group] == 0:
            for node in range(3):
                if arrive[k, q, node] > most:
                    place, most = 3 * q + node, arrive[k, q, node]
    return place
