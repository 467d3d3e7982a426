"""Beam search over single migrations, with those that gain nothing."""

import math
import time
from typing import NamedTuple

import numpy as np

from baselines.vm_rescheduling.cluster import (
    Movers,
    Places,
    migrate,
    movers_of,
    places,
    room,
    wanted,
    worth_with,
)
from envs.core.compiled import entry, fast
from envs.vm_rescheduling.instance import VMReschedulingInstance

WIDTH = 8
"""States that are kept after each migration, and the best migrations of each that are looked at."""
SMALL = 1e-3
"""What a node's free cores that are in no slot of the first kind count for, squared, in slots: a plateau is climbed
towards few nodes with much left over."""


class State(NamedTuple):
    """A cluster after some migrations."""

    at: Places
    worth: float
    """Of its slots, in cores, more than at the beginning."""
    score: float
    """The same with what is left over."""
    spent: int
    number: int
    """The same for states with as many VMs of each flavour in each place."""
    moves: tuple[tuple[int, ...], ...]


def beam(instance: VMReschedulingInstance, until: float = math.inf, width: int = WIDTH) -> np.ndarray:
    """(n, 5) migrations: of the states after each migration the `width` best go on, until `until` (`perf_counter`).

    A state is worth its slots and, a little, how uneven what is left over is. A migration may gain nothing, or lose a
    slot that a later one gains again. The best state after any number of migrations counts.
    """
    movers, want = movers_of(instance, instance.cores > 0), wanted(instance)
    kinds = len(movers.flavour)
    keys = np.random.default_rng(0).integers(2**62, size=(instance.pms, 3, kinds)).tolist()
    found, tops = np.empty((width, 7)), np.empty((width, 4))
    states = [State(places(instance, movers), 0.0, 0.0, 0, 0, ())]
    best, seen, missing = states[0], {0}, instance.goal - int(instance.slots()[0]) if instance.goal else math.inf
    while states and time.perf_counter() < until and best.worth < missing * want.value[0] - 1e-9:
        children = []
        for state in states:
            count = _expand(state.at, movers, want, instance.limit - state.spent, tops, found)
            for gain, more, *numbers in found[:count].tolist():
                vm, pm, place, to, there = map(int, numbers)
                kind = int(movers.of[instance.flavour[vm]])
                number = state.number + keys[to][there][kind] - keys[pm][place][kind]
                children.append((state.score + more, number, state, gain, (vm, pm, place, to, there)))
        states = []
        for score, number, parent, gain, move in sorted(children, key=lambda child: -child[0]):
            if number not in seen and len(states) < width:
                seen.add(number)
                states.append(_child(parent, instance, movers, move, gain, score, number))
        best = max([best, *states], key=lambda state: round(state.worth, 6))
    return np.array(best.moves, np.int64).reshape(-1, 5)


def _child(
    parent: State,
    instance: VMReschedulingInstance,
    movers: Movers,
    move: tuple[int, ...],
    gain: float,
    score: float,
    number: int,
) -> State:
    kind, at = int(movers.of[instance.flavour[move[0]]]), parent.at.copy()
    _migrate(*move, kind, at, movers)
    spent = parent.spent + int(movers.cost[kind])
    return State(at, parent.worth + gain, score, spent, number, (*parent.moves, move))


@entry
def _migrate(vm, p, where, q, node, k, at, movers):
    migrate(vm, p, where, q, node, k, at, movers)


@fast
def _score(p, node, k, sign, at, movers, want):
    """What a PM is worth with a VM more (sign 1), less (-1) or as it is (0), and with what is left over."""
    value, uneven = worth_with(p, node, k, sign, at, movers, want), 0.0
    for side in range(2):
        comes = sign if node == 2 or node == side else 0
        rest = (at.free[p, side] - comes * movers.cores[k]) % want.cores[0] / want.cores[0]
        uneven += rest * rest
    return value, value + SMALL * want.value[0] * uneven


@entry
def _expand(at, movers, want, left, tops, found):
    """Fill found (width, 7) with the best migrations to another PM: gain in worth, in score, vm, from, to.

    tops: (width, 4) room for the best places of a mover. Returns how many there are.
    """
    count = 0
    for k in range(movers.cores.size):
        number = _best_places(k, at, movers, want, tops) if movers.cost[k] <= left else 0
        for p in range(at.free.shape[0]):
            now, score = _score(p, 0, 0, 0, at, movers, want)
            for where in range(3):
                vm = at.head[p, where, k]
                if vm < 0 or number == 0:
                    continue
                while at.group[vm] >= 0 and at.following[vm] >= 0:
                    vm = at.following[vm]
                after, later = _score(p, where, k, -1, at, movers, want)
                for i in range(number):
                    q, gain = int(tops[i, 2]), later - score + tops[i, 1]
                    if count == found.shape[0] and gain <= found[count - 1, 1]:
                        break
                    if q == p or (at.group[vm] >= 0 and at.taken[q, at.group[vm]]):
                        continue
                    count = min(count + 1, found.shape[0])
                    row = count - 1
                    while row > 0 and found[row - 1, 1] < gain:
                        for column in range(7):
                            found[row, column] = found[row - 1, column]
                        row -= 1
                    found[row, 0], found[row, 1], found[row, 2] = after - now + tops[i, 0], gain, vm
                    found[row, 3], found[row, 4], found[row, 5], found[row, 6] = p, where, q, tops[i, 3]
    return count


@fast
def _best_places(k, at, movers, want, tops):
    """Fill tops (width, 4) with the best places of a mover: gain in worth, in score, PM, node; how many there are."""
    count = 0
    for q in range(at.free.shape[0]):
        now, score = _score(q, 0, 0, 0, at, movers, want)
        for node in range(3):
            if (node == 2) != (movers.double[k] == 1) or not room(q, node, k, at, movers):
                continue
            after, later = _score(q, node, k, 1, at, movers, want)
            if count == tops.shape[0] and later - score <= tops[count - 1, 1]:
                continue
            count = min(count + 1, tops.shape[0])
            row = count - 1
            while row > 0 and tops[row - 1, 1] < later - score:
                for column in range(4):
                    tops[row, column] = tops[row - 1, column]
                row -= 1
            tops[row, 0], tops[row, 1], tops[row, 2], tops[row, 3] = after - now, later - score, q, node
    return count
