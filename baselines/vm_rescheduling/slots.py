"""The slot-plan rule: which NUMA node becomes a slot next, by which evictions; each mover then goes where it harms least.

For one kind of single slots that need no memory (FR_16 and its like), with or without a goal. A node is worth its slots
and, by `Weights`, how few evictions it is from the next one; a place for a mover costs what the node loses of that. Of
all smallest sets of at most four VMs that open a slot on a node, the rule takes the one of most gain per cost of
migration. Every step is a legal migration by itself. Memory and anti-affinity are kept where movers go.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from baselines.vm_rescheduling.cluster import migrate, movers_below, places
from envs.core.compiled import entry, fast
from envs.vm_rescheduling.instance import VMReschedulingInstance

MOST = 4
"""VMs that are evicted together at most."""
ROOM = 64
"""Sets of VMs that are remembered of a node."""


@dataclass(frozen=True)
class Weights:
    """What a node is worth besides its slots, in slots."""

    near: tuple[float, float, float, float]
    """By how many evictions it is from one more slot: 1, 2, 3, 4."""
    residue: float
    """What each eighth of a slot costs that is left over where a VM goes."""

    def array(self) -> np.ndarray:
        """(7,) f64: by evictions 0 to 5, of which none and five count nothing, and the residue."""
        return np.array([0.0, *self.near, 0.0, self.residue])


HAND = Weights((0.3, 0.1, 0.03, 0.01), 0.01)
FITTED = Weights((0.271, 0.075, 0.026, 0.0075), 0.0184)
"""By `python -m baselines.vm_rescheduling.fit`, on drawn snapshots."""
NONE = Weights((0.0, 0.0, 0.0, 0.0), 0.01)
"""Without potential."""


class Plan(NamedTuple):
    """Migrations, the slots there are after them, and what they cost."""

    moves: np.ndarray  # (n, 5) i64: vm, from_pm, from_numa, to_pm, to_numa
    slots: int
    spent: int


class Sets(NamedTuple):
    """For each node, the sets of VMs that open a slot on it, and the best of them."""

    number: np.ndarray  # (2 P,) i64
    gain: np.ndarray  # (2 P, ROOM) f64 what the PM gains by it
    cost: np.ndarray  # (2 P, ROOM) i64
    mover: np.ndarray  # (2 P, ROOM, K) i8: how many of each
    best: np.ndarray  # (2 P,) i64
    score: np.ndarray  # (2 P,) f64 of the best: gain less harm, for each migration
    picked: np.ndarray  # (MOST,) i64 while they are listed

    @classmethod
    def of(cls, nodes: int, kinds: int) -> "Sets":
        """Room for them."""
        count, score = np.zeros((2, nodes), np.int64), np.empty(nodes)
        gain, cost = np.empty((nodes, ROOM)), np.empty((nodes, ROOM), np.int64)
        return cls(count[0], gain, cost, np.empty((nodes, ROOM, kinds), np.int8), count[1], score, np.zeros(MOST, np.int64))


class SlotRule:
    """The rule on one instance: what does not depend on the weights is prepared once.

    Raises:
        ValueError: slots of another kind.
    """

    def __init__(self, instance: VMReschedulingInstance) -> None:
        if len(instance.slot_cores) > 1 or instance.slot_double[0] or instance.slot_memory[0]:
            raise ValueError(
                "The slot rule knows one kind of single slots without memory: take evictions for other kinds."
            )
        self.slot, self.limit, self.goal = int(instance.slot_cores[0]), instance.limit, instance.goal
        self.movers = movers_below(instance, self.slot)
        self.places = places(instance, self.movers)
        self._log = np.empty((min(self.limit, 4 * instance.vms) + MOST, 5), np.int64)
        nodes, kinds = 2 * instance.pms, len(self.movers.flavour)
        self._sets = Sets.of(nodes, kinds)
        counts = (np.empty(size, np.int64) for size in (kinds, MOST + 1, kinds))
        place, touched, want = counts
        self._work = np.empty((instance.pms, 2)), np.empty((kinds, nodes)), place, np.empty(kinds), touched, want

    def plan(self, weights: Weights = FITTED, most: int = MOST) -> Plan:
        """The plan by these weights, with at most so many evictions for a slot."""
        return self._plan(weights.array(), most)

    def restarts(self, count: int, seed: int = 0, weights: Weights = FITTED) -> Plan:
        """The best of `count` plans, all but the first by weights that are each multiplied by exp(N(0, 1/4))."""
        rng, best = np.random.default_rng(seed), self._plan(weights.array(), MOST)
        for _ in range(count - 1):
            best = better(best, self.varied(rng, weights))
        return best

    def varied(self, rng: np.random.Generator, weights: Weights = FITTED) -> Plan:
        """One of these plans."""
        return self._plan(weights.array() * np.exp(0.5 * rng.standard_normal(7)), MOST)

    def _plan(self, weights: np.ndarray, most: int) -> Plan:
        work = self.places.copy()
        done, slots, spent = _run(work, self.movers, self.slot, weights, most, self.limit, self.goal, self._sets, self._work, self._log)
        return Plan(self._log[:done].copy(), slots, spent)


def better(one: Plan, other: Plan) -> Plan:
    """The plan of more slots; of equal ones that of less cost, or the first."""
    return other if (other.slots, -other.spent) > (one.slots, -one.spent) else one


@fast
def _near(free, count, cores, slot):
    """The fewest evictions after which a node with so many free cores has one more slot; 5 for more than four."""
    need, evicted = slot - free % slot, 0
    for k in range(cores.size):
        for _ in range(count[k]):
            need -= cores[k]
            evicted += 1
            if need <= 0:
                return evicted
            if evicted == MOST:
                return MOST + 1
    return MOST + 1


@fast
def _worth(free, count, cores, slot, weights):
    return free // slot + weights[_near(free, count, cores, slot)]


@fast
def _harm(p, node, k, at, movers, slot, weights, worth):
    """What a node loses when a VM of mover k comes, and inf where it has no room for it."""
    size = movers.cores[k]
    free = at.free[p, node] - size
    if free < 0 or at.spare[p, node] < movers.memory[k]:
        return np.inf
    at.count[p, node, k] += 1
    after = _worth(free, at.count[p, node], movers.cores, slot, weights)
    at.count[p, node, k] -= 1
    return worth[p, node] - after + weights[6] * (free % slot) * 8.0 / slot


@fast
def _measure(p, at, movers, slot, weights, worth, harm):
    """Worth of both nodes of a PM, and the harm (K, 2 P) that each mover would do there; double ones at node 0."""
    for node in range(2):
        worth[p, node] = _worth(at.free[p, node], at.count[p, node], movers.cores, slot, weights)
    for k in range(movers.cores.size):
        first = _harm(p, 0, k, at, movers, slot, weights, worth)
        second = _harm(p, 1, k, at, movers, slot, weights, worth)
        if movers.double[k]:
            harm[k, 2 * p], harm[k, 2 * p + 1] = first + second, np.inf
        else:
            harm[k, 2 * p], harm[k, 2 * p + 1] = first, second


@fast
def _scan(harm, k, avoid):
    """The place of least harm for mover k, but for `avoid`."""
    best, least = -1, np.inf
    for j in range(harm.shape[1]):
        if harm[k, j] < least and j != avoid:
            best, least = j, harm[k, j]
    return best


@fast
def _list_sets(p, node, at, movers, slot, weights, worth, most, sets):
    """List the smallest sets of VMs that open a slot on the node: gain, cost, and how many of each mover."""
    j, other = 2 * p + node, 1 - node
    cores, kinds = movers.cores, movers.cores.size
    here, there = at.count[p, node], at.count[p, other]
    need = slot - at.free[p, node] % slot
    near = _near(at.free[p, node], here, cores, slot)
    sets.number[j] = 0
    most = min(most, near + 1)
    if near > most:
        return
    picked = sets.picked
    depth, total, k = 0, 0, 0
    while True:
        if k < kinds and total + (most - depth) * cores[k] >= need:
            if here[k] == 0:
                k += 1
                continue
            here[k] -= 1
            picked[depth], total = k, total + cores[k]
            depth += 1
            if total < need:
                continue
            _note(j, p, other, at, movers, slot, weights, worth, total, depth, sets)
        elif depth == 0:
            return
        depth -= 1
        k = picked[depth]
        here[k] += 1
        total -= cores[k]
        k += 1


@fast
def _note(j, p, other, at, movers, slot, weights, worth, total, depth, sets):
    """Keep one set, whose VMs are no longer counted on its node."""
    number = sets.number[j]
    if number == ROOM:
        return
    both, cost = 0, 0
    there = at.count[p, other]
    for k in range(movers.cores.size):
        sets.mover[j, number, k] = 0
    for i in range(depth):
        k = sets.picked[i]
        cost += movers.cost[k]
        sets.mover[j, number, k] += 1
        if movers.double[k]:
            both += movers.cores[k]
            there[k] -= 1
    gain = _worth(at.free[p, 1 - other] + total, at.count[p, 1 - other], movers.cores, slot, weights)
    gain -= worth[p, 1 - other]
    if both:
        gain += _worth(at.free[p, other] + both, there, movers.cores, slot, weights) - worth[p, other]
    for i in range(depth):
        k = sets.picked[i]
        if movers.double[k]:
            there[k] += 1
    sets.gain[j, number], sets.cost[j, number] = gain, cost
    sets.number[j] = number + 1


@fast
def _rank(j, sets, least, left):
    """Find the best set of a node, where the least harm of each mover is (K,) and so much may still be spent."""
    best, highest = -1, -np.inf
    for i in range(sets.number[j]):
        if sets.cost[j, i] <= left:
            value = sets.gain[j, i]
            for k in range(least.size):
                if sets.mover[j, i, k]:
                    value -= sets.mover[j, i, k] * least[k]
            value /= sets.cost[j, i]
            if value > highest:
                best, highest = i, value
    sets.best[j], sets.score[j] = best, highest


@fast
def _choose(p, where, k, avoid, at, harm, place):
    """A VM of mover k on a PM, and the place of least harm for it; (-1, -1) where none has a place.

    VMs without a group come first, for they may go to the most places.
    """
    for grouped in range(2):
        vm = at.head[p, where, k]
        while vm >= 0:
            group = at.group[vm]
            if group < 0 and not grouped:
                j = place[k] if place[k] != avoid else _scan(harm, k, avoid)
                return (vm, j) if j >= 0 else (-1, -1)
            if group >= 0 and grouped:
                best, lowest = -1, np.inf
                for q in range(at.free.shape[0]):
                    if at.taken[q, group] == 0 or q == p:
                        for node in range(2):
                            if harm[k, 2 * q + node] < lowest and 2 * q + node != avoid:
                                best, lowest = 2 * q + node, harm[k, 2 * q + node]
                if best >= 0:
                    return vm, best
            vm = at.following[vm]
    return -1, -1


@fast
def _find_least(p, harm, place, least):
    """Bring the places of least harm (K,) up to date after PM p changed; whether a least harm did."""
    changed = False
    for k in range(least.size):
        if place[k] >> 1 == p:
            place[k] = _scan(harm, k, -1)
        else:
            for node in range(2):
                if harm[k, 2 * p + node] < least[k]:
                    if place[k] < 0 or harm[k, 2 * p + node] < harm[k, place[k]]:
                        place[k] = 2 * p + node
        now = np.inf if place[k] < 0 else harm[k, place[k]]
        if now != least[k]:
            least[k], changed = now, True
    return changed


@entry
def _run(at, movers, slot, weights, most, limit, goal, sets, work, log):
    """Plan until nothing is left to spend or to gain; the migrations, slots and cost of the best beginning of it."""
    pms, kinds = at.free.shape[0], movers.cores.size
    worth, harm, place, least, touched, want = work
    slots = 0
    for p in range(pms):
        _measure(p, at, movers, slot, weights, worth, harm)
        slots += at.free[p, 0] // slot + at.free[p, 1] // slot
    for k in range(kinds):
        place[k] = _scan(harm, k, -1)
        least[k] = np.inf if place[k] < 0 else harm[k, place[k]]
    for j in range(2 * pms):
        _list_sets(j >> 1, j & 1, at, movers, slot, weights, worth, most, sets)
        _rank(j, sets, least, limit)
    costliest = 0
    for k in range(kinds):
        costliest = max(costliest, MOST * movers.cost[k])
    done, spent, best, best_slots, best_spent = 0, 0, 0, slots, 0
    while not (goal and slots >= goal):
        j = 0
        for other in range(2 * pms):
            if sets.score[other] > sets.score[j]:
                j = other
        if sets.score[j] == -np.inf:
            break
        chosen, p, changed, number, failed = sets.best[j], j >> 1, False, 1, False
        touched[0] = p
        for k in range(kinds):
            want[k] = sets.mover[j, chosen, k]
        for single in range(2):
            for k in range(kinds):
                if movers.double[k] == single or failed:
                    continue
                for _ in range(want[k]):
                    where = 2 if movers.double[k] else j & 1
                    avoid = 2 * p if movers.double[k] else j
                    vm, to = _choose(p, where, k, avoid, at, harm, place)
                    if vm < 0:
                        failed = True
                        break
                    q, node = to >> 1, 2 if movers.double[k] else to & 1
                    for side in range(2):
                        slots -= at.free[p, side] // slot + (at.free[q, side] // slot if q != p else 0)
                    migrate(vm, p, where, q, node, k, at, movers)
                    for side in range(2):
                        slots += at.free[p, side] // slot + (at.free[q, side] // slot if q != p else 0)
                    log[done] = vm, p, where, q, node
                    done, spent = done + 1, spent + movers.cost[k]
                    if slots > best_slots:
                        best, best_slots, best_spent = done, slots, spent
                    for side in range(2):
                        pm = q if side else p
                        _measure(pm, at, movers, slot, weights, worth, harm)
                        changed |= _find_least(pm, harm, place, least)
                    touched[number] = q
                    number += 1
        if failed and number == 1:
            sets.gain[j, chosen] = -np.inf
            _rank(j, sets, least, limit - spent)
            continue
        for i in range(number):
            pm = touched[i]
            for node in range(2):
                _list_sets(pm, node, at, movers, slot, weights, worth, most, sets)
                _rank(2 * pm + node, sets, least, limit - spent)
        if changed or limit - spent < costliest:
            for other in range(2 * pms):
                _rank(other, sets, least, limit - spent)
    return best, best_slots, best_spent
