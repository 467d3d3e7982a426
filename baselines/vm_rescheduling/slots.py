"""The slot-plan rule: what becomes a slot next, by which evictions; each mover then goes where it harms least.

A target is a NUMA node or, for double slots, a PM that may have one more slot of a kind. It is worth its slots and, by
`Weights`, how few evictions it is from the next one; a place for a mover costs what its targets lose of that. Of all
smallest sets of VMs that open a slot on a target, the rule takes the one of most gain per cost of migration. Every step
is a legal migration by itself: memory and anti-affinity are kept where movers go.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from baselines.vm_rescheduling.cluster import Movers, migrate, movers_of, places, room, slots_of, wanted, worth
from envs.core.compiled import entry, fast
from envs.vm_rescheduling.instance import VMReschedulingInstance

FAR = 4
"""More evictions than these make no target nearer to a slot than others."""
MOST = 6
"""VMs that are evicted together at most."""
ROOM = 96
"""Sets of VMs that are remembered of a target."""
TIE = 1e-6
"""What a core that moves counts for: of equal sets the one of fewest cores is taken, for places are scarce."""
LONGEST = 4
"""Migrations of a plan for each VM, however many the limit allows."""


@dataclass(frozen=True)
class Weights:
    """What a target is worth besides its slots, in slots."""

    near: tuple[float, float, float, float]
    """By how many evictions it is from one more slot: 1, 2, 3, 4."""
    residue: float
    """What each eighth of a slot costs that is left over where a VM goes."""

    def array(self) -> np.ndarray:
        """(7,) f64: by evictions 0 to 5, of which none and five count nothing, and the residue."""
        return np.array([0.0, *self.near, 0.0, self.residue])


HAND = Weights((0.3, 0.1, 0.03, 0.01), 0.01)
FITTED = Weights((0.271, 0.075, 0.026, 0.0075), 0.0184)
"""On drawn snapshots with limits of 20 and 50, by `baselines.vm_rescheduling.fit`, as all that are not set by hand."""
NONE = Weights((0.0, 0.0, 0.0, 0.0), 0.01)
"""Without potential."""
MANY = Weights((0.5186, 0.0822, 0.0131, 0.006), 0.0131)
"""Fitted with limits of 100 and 200, where places for what moves run out."""
MIXED = Weights((0.2798, 0.1179, 0.0446, 0.0092), 0.014)
"""Fitted for slots of 16 cores and double ones of 64."""
MEMORY = Weights((0.1737, 0.0323, 0.0305, 0.011), 0.0084)
"""Fitted where memory binds, for slots of 16 cores and 64 GB."""
PORTFOLIO = (FITTED, MANY, MIXED, MEMORY)


class Plan(NamedTuple):
    """Migrations, what the slots are worth after them, in cores and no more than a goal, and what they cost."""

    moves: np.ndarray  # (n, 5) i64: vm, from_pm, from_numa, to_pm, to_numa
    worth: float
    spent: int


class Targets(NamedTuple):
    """T targets of each PM, number T pm + t, and the sets of VMs that open a slot on each of them."""

    kind: np.ndarray  # (T,) i64: of its slots
    node: np.ndarray  # (T,) i64: 0, 1 or both, 2
    worth: np.ndarray  # (T P,) f64
    number: np.ndarray  # (T P,) i64 of sets
    gain: np.ndarray  # (T P, ROOM) f64 of worth on the whole PM
    cost: np.ndarray  # (T P, ROOM) i64
    size: np.ndarray  # (T P, ROOM) i64
    picks: np.ndarray  # (T P, ROOM, MOST) i16: the VMs of a set, 3 mover + node
    best: np.ndarray  # (T P,) i64 set
    score: np.ndarray  # (T P,) f64 of the best: gain less harm, for the cost
    stack: np.ndarray  # (MOST,) i64 while sets are listed
    near: np.ndarray  # (MOST,) i64 while evictions are counted

    @classmethod
    def of(cls, instance: VMReschedulingInstance) -> "Targets":
        """Room for them."""
        kinds = range(1 if instance.goal else len(instance.slot_cores))
        pairs = [(kind, node) for kind in kinds for node in ([2] if instance.slot_double[kind] else [0, 1])]
        kind, node = (np.array(column) for column in zip(*pairs, strict=True))
        count = len(pairs) * instance.pms
        number, best = np.zeros((2, count), np.int64)
        cost, size = np.empty((2, count, ROOM), np.int64)
        picks, (stack, near) = np.empty((count, ROOM, MOST), np.int16), np.empty((2, MOST), np.int64)
        gain, (worth, score) = np.empty((count, ROOM)), np.empty((2, count))
        return cls(kind, node, worth, number, gain, cost, size, picks, best, score, stack, near)


class Sinks(NamedTuple):
    """What the places cost that movers may go to; a double one's is 2 pm."""

    harm: np.ndarray  # (K, 2 P) f64, inf where there is no room
    place: np.ndarray  # (2, K) i64 of least harm, and that on another PM; -1 for none
    least: np.ndarray  # (2, K) f64 harm there
    touched: np.ndarray  # (MOST + 1,) i64 PMs


class SlotRule:
    """The rule on one instance: what does not depend on the weights is prepared once."""

    def __init__(self, instance: VMReschedulingInstance) -> None:
        self.limit, self.goal = instance.limit, instance.goal
        self.want = wanted(instance)
        self.movers = _movers(instance)
        self.places = places(instance, self.movers)
        self._log = np.empty((min(self.limit, LONGEST * instance.vms) + MOST, 5), np.int64)
        self._targets, kinds = Targets.of(instance), len(self.movers.flavour)
        place, touched = np.empty((2, kinds), np.int64), np.empty(MOST + 1, np.int64)
        self._sinks = Sinks(np.empty((kinds, 2 * instance.pms)), place, np.empty((2, kinds)), touched)

    def plan(self, weights: Weights = FITTED, most: int = FAR) -> Plan:
        """The plan by these weights, with at most so many evictions for a slot."""
        return self._plan(weights.array(), most)

    def portfolio(self) -> tuple[Plan, Weights]:
        """The best plan by `PORTFOLIO`, and its weights."""
        best, base = self.plan(), FITTED
        for weights in PORTFOLIO[1:]:
            other = self.plan(weights)
            if better(best, other) is other:
                best, base = other, weights
        return best, base

    def restarts(self, count: int, seed: int = 0) -> Plan:
        """The best of `count` plans: by those of `PORTFOLIO`, then by the best of them varied."""
        if count <= len(PORTFOLIO):
            raise ValueError(f"restarts takes more than the {len(PORTFOLIO)} plans of the portfolio; got {count}.")
        rng, (best, base) = np.random.default_rng(seed), self.portfolio()
        for _ in range(count - len(PORTFOLIO)):
            best = better(best, self.varied(rng, base))
        return best

    def varied(self, rng: np.random.Generator, weights: Weights = FITTED) -> Plan:
        """The plan by these weights, each multiplied by exp(N(0, 1/4))."""
        return self._plan(weights.array() * np.exp(0.5 * rng.standard_normal(7)), FAR)

    def _plan(self, weights: np.ndarray, most: int) -> Plan:
        work, budget = self.places.copy(), (self.limit, self.goal, most)
        done, worth, spent = _run(work, self.movers, self.want, weights, budget, self._targets, self._sinks, self._log)
        return Plan(self._log[:done].copy(), worth, spent)


def better(one: Plan, other: Plan) -> Plan:
    """The plan of more worth; of equal ones that of less cost, or the first."""
    return other if (other.worth, -other.spent) > (one.worth, -one.spent) else one


def _movers(instance: VMReschedulingInstance) -> Movers:
    """The flavours smaller than a slot; all of them where slots are of several kinds, double, or need memory."""
    cores = instance.cores // (1 + instance.double)
    if len(instance.slot_cores) > 1 or instance.slot_double[0] or instance.slot_memory[0]:
        return movers_of(instance, cores > 0)
    return movers_of(instance, cores < instance.slot_cores[0])


@fast
def _lacking(p, node, kind, at, want):
    """How many slots of a kind a target has, and the cores and MB that each of its nodes lacks to one more."""
    count, size, need = 2**40, want.cores[kind], want.memory[kind]
    for side in range(2):
        if node == 2 or node == side:
            count = min(count, at.free[p, side] // size)
            if need:
                count = min(count, at.spare[p, side] // need)
    cores = (size * (count + 1) - at.free[p, 0], size * (count + 1) - at.free[p, 1])
    memory = (need * (count + 1) - at.spare[p, 0], need * (count + 1) - at.spare[p, 1])
    return count, cores, memory


@fast
def _near(p, node, lacks, count, movers):
    """The fewest evictions that give a node so many cores; FAR + 1 for more than FAR."""
    evicted = 0
    for k in range(movers.cores.size):
        for _ in range(count[p, node, k]):
            lacks -= movers.cores[k]
            evicted += 1
            if lacks <= 0:
                return evicted
            if evicted == FAR:
                return FAR + 1
    return FAR + 1


@fast
def _near_in_all(p, node, cores, memory, kind, at, movers, want, stack):
    """The same for cores and MB on one or both nodes, by evicting each time what covers most of what is lacking."""
    size, need = float(want.cores[kind]), float(max(1, want.memory[kind]))
    lack0, lack1 = (max(0, cores[0]) if node != 1 else 0), (max(0, cores[1]) if node != 0 else 0)
    mega0, mega1 = (max(0, memory[0]) if node != 1 else 0), (max(0, memory[1]) if node != 0 else 0)
    if want.memory[kind] == 0:
        mega0, mega1 = 0, 0
    for evicted in range(FAR):
        best, most = -1, 0.0
        for k in range(movers.cores.size):
            for where in range(3):
                if (where == 2) != (movers.double[k] == 1):
                    continue
                left = at.held[p, where & 1, k]
                for i in range(evicted):
                    left -= stack[i] == 3 * k + where
                if left <= 0:
                    continue
                covers = 0.0
                if where != 1:
                    covers += min(lack0, movers.cores[k]) / size + min(mega0, movers.memory[k]) / need
                if where != 0:
                    covers += min(lack1, movers.cores[k]) / size + min(mega1, movers.memory[k]) / need
                if covers > most:
                    best, most = 3 * k + where, covers
        if best < 0:
            return FAR + 1
        stack[evicted] = best
        k, where = best // 3, best % 3
        if where != 1:
            lack0, mega0 = max(0, lack0 - movers.cores[k]), max(0, mega0 - movers.memory[k])
        if where != 0:
            lack1, mega1 = max(0, lack1 - movers.cores[k]), max(0, mega1 - movers.memory[k])
        if lack0 + lack1 + mega0 + mega1 == 0:
            return evicted + 1
    return FAR + 1


@fast
def _worth(p, t, at, movers, want, weights, targets):
    """What one target is worth."""
    kind, node = targets.kind[t], targets.node[t]
    if node < 2 and want.memory[kind] == 0:
        count = at.free[p, node] // want.cores[kind]
        lacks = want.cores[kind] * (count + 1) - at.free[p, node]
        near = _near(p, node, lacks, at.held, movers)
    else:
        count, cores, memory = _lacking(p, node, kind, at, want)
        near = _near_in_all(p, node, cores, memory, kind, at, movers, want, targets.near)
    return want.value[kind] * (count + weights[near])


@fast
def _shift(p, where, k, sign, at, movers):
    """Let a VM of a mover come to a place (sign 1) or go from it (-1), but for the lists of VMs."""
    for side in range(2):
        if where == 2 or where == side:
            at.free[p, side] -= sign * movers.cores[k]
            at.spare[p, side] -= sign * movers.memory[k]
            at.held[p, side, k] += sign


@fast
def _harm(p, where, k, at, movers, want, weights, targets):
    """What the targets of a PM lose when a VM of mover k comes, and inf where it has no room."""
    if not room(p, where, k, at, movers):
        return np.inf
    harm, count = 0.0, targets.kind.size
    _shift(p, where, k, 1, at, movers)
    for t in range(count):
        kind, node = targets.kind[t], targets.node[t]
        if node == where or node == 2 or where == 2:
            harm += targets.worth[count * p + t] - _worth(p, t, at, movers, want, weights, targets)
            for side in range(2):
                if (node == 2 or node == side) and (where == 2 or where == side):
                    rest = at.free[p, side] % want.cores[kind]
                    harm += weights[6] * want.value[kind] * rest * 8.0 / want.cores[kind]
    _shift(p, where, k, -1, at, movers)
    return harm


@fast
def _measure(p, at, movers, want, weights, targets, sinks):
    """The worth of a PM's targets, and the harm that each mover would do there."""
    count = targets.kind.size
    for t in range(count):
        targets.worth[count * p + t] = _worth(p, t, at, movers, want, weights, targets)
    for k in range(movers.cores.size):
        if movers.double[k]:
            sinks.harm[k, 2 * p] = _harm(p, 2, k, at, movers, want, weights, targets)
            sinks.harm[k, 2 * p + 1] = np.inf
        else:
            sinks.harm[k, 2 * p] = _harm(p, 0, k, at, movers, want, weights, targets)
            sinks.harm[k, 2 * p + 1] = _harm(p, 1, k, at, movers, want, weights, targets)


@fast
def _scan(harm, k, first, last):
    """The place of least harm for mover k, but for those from `first` to `last`."""
    best, least = -1, np.inf
    for j in range(harm.shape[1]):
        if harm[k, j] < least and not first <= j <= last:
            best, least = j, harm[k, j]
    return best


@fast
def _find_least(p, sinks):
    """Bring the places of least harm up to date after PM p changed (-1: all did); whether a least harm did."""
    changed, harm = False, sinks.harm
    for k in range(harm.shape[0]):
        one, other = sinks.place[0, k], sinks.place[1, k]
        if p < 0 or one >> 1 == p or other >> 1 == p:
            one = _scan(harm, k, -1, -1)
            other = -1 if one < 0 else _scan(harm, k, one & -2, one | 1)
        else:
            for j in range(2 * p, 2 * p + 2):
                if harm[k, j] < _at(harm, k, one):
                    other = one if one >> 1 != p else other
                    one = j
                elif one >> 1 != p and harm[k, j] < _at(harm, k, other):
                    other = j
        changed |= _at(harm, k, one) != sinks.least[0, k] or _at(harm, k, other) != sinks.least[1, k]
        sinks.place[0, k], sinks.least[0, k] = one, _at(harm, k, one)
        sinks.place[1, k], sinks.least[1, k] = other, _at(harm, k, other)
    return changed


@fast
def _at(harm, k, j):
    """The harm by mover k at a place; inf at -1."""
    return np.inf if j < 0 else harm[k, j]


@fast
def _slots(p, node, kind, at, want):
    """How many slots of a kind a target has."""
    return _lacking(p, node, kind, at, want)[0]


@fast
def _list_sets(p, t, most, at, movers, want, weights, targets):
    """List the smallest sets of VMs that open a slot on a target."""
    j, kind, node = targets.kind.size * p + t, targets.kind[t], targets.node[t]
    targets.number[j] = 0
    have, cores, memory = _lacking(p, node, kind, at, want)
    if node < 2 and want.memory[kind] == 0:
        near = _near(p, node, cores[node], at.held, movers)
    else:
        near = _near_in_all(p, node, cores, memory, kind, at, movers, want, targets.near)
    most = min(most, near + 1) if near <= FAR else most
    depth, item, stack = 0, 0, targets.stack
    goal = want.cores[kind] * (have + 1)
    while True:
        k, where = item // 3, item % 3
        if k < movers.cores.size:
            lacks = max(goal - at.free[p, 0] if node != 1 else 0, goal - at.free[p, 1] if node != 0 else 0)
            if (most - depth) * movers.cores[k] >= lacks:
                if not _helps(p, node, kind, k, where, have + 1, at, movers, want):
                    item += 1
                    continue
                _shift(p, where, k, -1, at, movers)
                stack[depth] = item
                depth += 1
                if _slots(p, node, kind, at, want) > have:
                    _note(p, t, depth, at, movers, want, weights, targets)
                elif depth < most:
                    continue
            elif depth == 0:
                return
            else:
                item = 3 * movers.cores.size
                continue
        elif depth == 0:
            return
        depth -= 1
        item = stack[depth]
        _shift(p, item % 3, item // 3, 1, at, movers)
        item += 1


@fast
def _helps(p, node, kind, k, where, count, at, movers, want):
    """Whether there is a VM of mover k at a place whose going brings the target nearer to so many slots."""
    if (where == 2) != (movers.double[k] == 1) or at.held[p, where & 1, k] == 0:
        return False
    for side in range(2):
        if (node == 2 or node == side) and (where == 2 or where == side):
            if at.free[p, side] < want.cores[kind] * count:
                return True
            if want.memory[kind] and at.spare[p, side] < want.memory[kind] * count:
                return True
    return False


@fast
def _note(p, t, size, at, movers, want, weights, targets):
    """Keep the set on the stack, whose VMs are gone."""
    count = targets.kind.size
    j = count * p + t
    number = targets.number[j]
    if number == ROOM:
        return
    gain, cost, both = 0.0, 0, targets.node[t] == 2
    for i in range(size):
        k = targets.stack[i] // 3
        gain -= TIE * movers.cores[k] * (1 + movers.double[k])
        targets.picks[j, number, i] = targets.stack[i]
        cost += movers.cost[targets.stack[i] // 3]
        both |= targets.stack[i] % 3 == 2
    for other in range(count):
        if both or targets.node[other] == 2 or targets.node[other] == targets.node[t]:
            gain += _worth(p, other, at, movers, want, weights, targets) - targets.worth[count * p + other]
    targets.gain[j, number], targets.cost[j, number], targets.size[j, number] = gain, cost, size
    targets.number[j] = number + 1


@fast
def _rank(j, left, targets, sinks):
    """Find the best set of a target, where so much may still be spent."""
    best, highest, pm = -1, -np.inf, j // targets.kind.size
    for i in range(targets.number[j]):
        if targets.cost[j, i] <= left:
            value = targets.gain[j, i]
            for d in range(targets.size[j, i]):
                k = targets.picks[j, i, d] // 3
                value -= sinks.least[0 if sinks.place[0, k] >> 1 != pm else 1, k]
            value /= targets.cost[j, i]
            if value > highest:
                best, highest = i, value
    targets.best[j], targets.score[j] = best, highest


@fast
def _choose(p, where, k, first, last, at, sinks):
    """A VM of mover k on a PM, and the place of least harm but for some; (-1, -1) where none has a place.

    VMs without a group come first, for they may go to the most places.
    """
    for grouped in range(2):
        vm = at.head[p, where, k]
        while vm >= 0:
            group = at.group[vm]
            if group < 0 and not grouped:
                j = sinks.place[0, k]
                if first <= j <= last:
                    j = _scan(sinks.harm, k, first, last)
                return (vm, j) if j >= 0 else (-1, -1)
            if group >= 0 and grouped:
                best, lowest = -1, np.inf
                for j in range(sinks.harm.shape[1]):
                    allowed = at.taken[j >> 1, group] == 0 or j >> 1 == p
                    if allowed and sinks.harm[k, j] < lowest and not first <= j <= last:
                        best, lowest = j, sinks.harm[k, j]
                if best >= 0:
                    return vm, best
            vm = at.following[vm]
    return -1, -1


@fast
def _worth_of(p, at, want):
    """What the slots of a PM are worth, in cores."""
    return worth(at.free[p, 0], at.free[p, 1], at.spare[p, 0], at.spare[p, 1], want)


@fast
def _update(p, most, left, at, movers, want, weights, targets, sinks):
    """List the sets of a PM anew."""
    count = targets.kind.size
    for t in range(count):
        _list_sets(p, t, most, at, movers, want, weights, targets)
        _rank(count * p + t, left, targets, sinks)


@fast
def _prepare(budget, at, movers, want, weights, targets, sinks):
    """Fill targets and sinks; returns what all slots are worth, in cores."""
    total = 0.0
    for p in range(at.free.shape[0]):
        _measure(p, at, movers, want, weights, targets, sinks)
        total += _worth_of(p, at, want)
    _find_least(-1, sinks)
    for p in range(at.free.shape[0]):
        _update(p, budget[2], budget[0], at, movers, want, weights, targets, sinks)
    return total


@fast
def _undo(done, first, spent, value, at, movers, want, weights, targets, sinks, log):
    """Take the migrations of the log from `first` on back; returns done, spent and value as they are then."""
    while done > first:
        done -= 1
        vm, p, where, q, there = log[done, 0], log[done, 1], log[done, 2], log[done, 3], log[done, 4]
        k = 0
        while at.head[q, there, k] != vm:  # it came last
            k += 1
        value -= _worth_of(p, at, want) + (_worth_of(q, at, want) if q != p else 0.0)
        migrate(vm, q, there, p, where, k, at, movers)
        value += _worth_of(p, at, want) + (_worth_of(q, at, want) if q != p else 0.0)
        spent -= movers.cost[k]
        for pm in (p, q):
            _measure(pm, at, movers, want, weights, targets, sinks)
            _find_least(pm, sinks)
    return done, spent, value


@entry
def _run(at, movers, want, weights, budget, targets, sinks, log):
    """Plan until nothing is left to spend or to gain.

    budget: limit, goal, evictions for a slot. Returns how many migrations of the log are the best beginning, what the
    slots are worth then, and the cost.
    """
    limit, goal, most = budget
    count, costliest = targets.kind.size, 0
    for k in range(movers.cores.size):
        costliest = max(costliest, most * movers.cost[k])
    value = _prepare(budget, at, movers, want, weights, targets, sinks)
    done, spent, best, best_value, best_spent = 0, 0, 0, value, 0
    while (goal == 0 or slots_of(at, want) < goal) and done + MOST <= log.shape[0]:
        j = 0
        for other in range(targets.score.size):
            if targets.score[other] > targets.score[j]:
                j = other
        if targets.score[j] == -np.inf:
            break
        p, node, chosen = j // count, targets.node[j % count], targets.best[j]
        number, changed, failed, before = 1, False, False, done
        sinks.touched[0] = p
        for turn in range(2):  # double ones first
            for d in range(targets.size[j, chosen]):
                k, where = targets.picks[j, chosen, d] // 3, targets.picks[j, chosen, d] % 3
                if failed or (where == 2) != (turn == 0):
                    continue
                first = 2 * p + (where if node < 2 and where < 2 else 0)
                last = 2 * p + 1 if node == 2 and where < 2 else first
                vm, to = _choose(p, where, k, first, last, at, sinks)
                if vm < 0:
                    failed = True
                    continue
                q, there = to >> 1, 2 if where == 2 else to & 1
                value -= _worth_of(p, at, want) + (_worth_of(q, at, want) if q != p else 0.0)
                migrate(vm, p, where, q, there, k, at, movers)
                value += _worth_of(p, at, want) + (_worth_of(q, at, want) if q != p else 0.0)
                log[done, 0], log[done, 1], log[done, 2], log[done, 3], log[done, 4] = vm, p, where, q, there
                done, spent = done + 1, spent + movers.cost[k]
                if value > best_value + 1e-9:
                    best, best_value, best_spent = done, value, spent
                for pm in (p, q):
                    _measure(pm, at, movers, want, weights, targets, sinks)
                    changed |= _find_least(pm, sinks)
                sinks.touched[number] = q
                number += 1
        if failed and best <= before:  # not even a part of the set has been of use
            done, spent, value = _undo(done, before, spent, value, at, movers, want, weights, targets, sinks, log)
            targets.gain[j, chosen] = -np.inf
            for other in range(targets.score.size):
                _rank(other, limit - spent, targets, sinks)
            continue
        for i in range(number):
            _update(sinks.touched[i], most, limit - spent, at, movers, want, weights, targets, sinks)
        if changed or limit - spent < costliest:
            for other in range(targets.score.size):
                _rank(other, limit - spent, targets, sinks)
    if goal:
        best_value = min(best_value, goal * want.value[0])
    return best, best_value, best_spent
