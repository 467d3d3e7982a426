"""What an agent sees of a cluster at one decision, column by column and in plain Python.

It is worked out from the instance, the migrations so far and, of a second pick, what was picked first: no part of the
kernel. Worth, patterns and windows are those that `features` and the modules of the kernel describe.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations_with_replacement
from math import inf

import numpy as np

from envs.core.vector import DispatchVectorEnv
from envs.vm_rescheduling.env import Options
from envs.vm_rescheduling.instance import VMReschedulingInstance
from envs.vm_rescheduling.verify import NODES, Cluster, Row

Numbers = dict[str, float]
Room = list[list[int]]
"""[cores, MB] of the two nodes of a PM."""


def columns(env: DispatchVectorEnv, row: int) -> dict[str, dict[str, np.ndarray]]:
    """By array and by name: what each column of a row of `env` that is running should hold, padding included."""
    instance, seen, spec = env.instances[row], env.observation, env.problem.spec
    assert isinstance(instance, VMReschedulingInstance)
    line = env.state.line[row]
    rows = [Row(*one) for one in env.schedule(row).tolist()]
    picked = int(env.view().chosen[row]), int(line.waiting), int(line.marked)
    now = Moment(instance, env.problem.options, rows, int(line.time), *picked)
    nodes, actions = seen.node_type.shape[1], seen.action_mask.shape[1]
    edges = list(zip(seen.edge_type[row].tolist(), *seen.edges[row].tolist(), strict=True))
    candidates = now.candidates()
    found = {
        "node_features": [now.node_features(node) for node in range(nodes)],
        "node_state": [now.node_state(node) for node in range(nodes)],
        "edge_features": [now.edge(*edge) for edge in edges],
        "candidate_features": [candidates.get(action, {}) for action in range(actions)],
    }
    return {
        array: {
            column.name: np.array([one.get(column.name, 0.0) for one in entries]) for column in getattr(spec, array)
        }
        for array, entries in found.items()
    }


def soft(x: float) -> float:
    """Squashed into (-1, 1), half way at 4."""
    return x / (4 + abs(x))


@dataclass(frozen=True)
class Kind:
    """A kind of slots, on each node that a slot is on."""

    cores: int
    memory: int
    double: int
    whole: int
    worth: float

    def slots(self, room: list[int]) -> int:
        return min(room[0] // self.cores, room[1] // self.memory if self.memory else 2**40)


@dataclass(frozen=True)
class Pattern:
    """Which flavours go from where on a PM, the first to move first."""

    pm: int
    members: tuple[tuple[int, int], ...]
    node: int
    gain: float
    slots: float


@dataclass(frozen=True)
class Moment:
    """One decision."""

    instance: VMReschedulingInstance
    options: Options
    rows: list[Row]
    time: int
    chosen: int
    """The VM whose place is picked now, or -1."""
    waiting: int
    """Not 0 while VMs wait for a pick of their places, so that a slot opens on `marked`."""
    marked: int

    @cached_property
    def cluster(self) -> Cluster:
        cluster = Cluster(self.instance)
        for row in self.rows:
            cluster.live_until(row.time)
            cluster.migrate(row)
        cluster.live_until(self.time)
        return cluster

    @cached_property
    def flavour(self) -> list[int]:
        return self.instance.flavour.tolist() + self.instance.arrival_flavour.tolist()

    @cached_property
    def size(self) -> list[tuple[int, int, int, int]]:
        """(cores and MB on each node, 1 = double, cost) of each flavour."""
        one = self.instance
        half = (1 + one.double).tolist()
        sizes = zip(one.cores.tolist(), one.memory.tolist(), half, one.cost.tolist(), strict=True)
        return [(cores // h, memory // h, h - 1, cost) for cores, memory, h, cost in sizes]

    @cached_property
    def kinds(self) -> list[Kind]:
        one, found = self.instance, []
        for k, (cores, memory, double) in enumerate(
            zip(one.slot_cores.tolist(), one.slot_memory.tolist(), one.slot_double.tolist(), strict=True)
        ):
            weight = float(one.slot_weight[k]) * cores / int(one.slot_cores[0])
            found.append(Kind(cores // (1 + double), memory // (1 + double), double, cores, weight))
        return found

    @cached_property
    def small(self) -> list[int]:
        """Flavours that may be evicted, the most cores on a node first."""
        found = [
            f
            for f, (cores, memory, _, _) in enumerate(self.size)
            if any(cores < kind.cores or memory < kind.memory for kind in self.kinds)
        ]
        return sorted(found, key=lambda f: -self.size[f][0])

    @cached_property
    def there(self) -> dict[int, list[tuple[int, int]]]:
        """Of each PM: (flavour, 0, 1 or 2 = both) of its VMs."""
        found: dict[int, list[tuple[int, int]]] = {pm: [] for pm in range(self.instance.pms)}
        for vm, (pm, numa) in self.cluster.place.items():
            found[pm].append((self.flavour[vm], numa))
        return found

    @cached_property
    def spent(self) -> int:
        return sum(self.size[self.flavour[row.vm]][3] for row in self.rows)

    @property
    def left(self) -> int:
        return self.instance.limit - self.spent

    def room(self, pm: int) -> Room:
        return [list(self.cluster.free[2 * pm]), list(self.cluster.free[2 * pm + 1])]

    # Worth

    def evictions(self, vms: list[tuple[int, int]], node: int, lacking: list[int]) -> int:
        """VMs that must go from a node: the largest until cores are enough, or until MB are, whichever are more."""
        most = 0
        for resource in range(2):
            sizes = [self.size[f][resource] for f, numa in vms if f in self.small and node in NODES[numa]]
            missing, gone = lacking[resource], 0
            for one in sorted(sizes, reverse=True):
                if missing <= 0 or gone > 4:
                    break
                missing, gone = missing - max(one, resource), gone + 1
            most = max(most, gone if missing <= 0 else 5)
        return min(most, 5)

    def near(self, kind: Kind, vms: list[tuple[int, int]], node: int, slots: int, room: list[int]) -> int:
        need = [(slots + 1) * kind.cores - room[0], (slots + 1) * kind.memory - room[1] if kind.memory else 0]
        return self.evictions(vms, node, need)

    def worth(self, room: Room, vms: list[tuple[int, int]]) -> tuple[float, float]:
        """(worth, slots) of a PM with this room and these VMs."""
        near, slots, total = (0.0, *self.options.potential, 0.0), 0.0, 0.0
        for kind in self.kinds:
            found = [kind.slots(one) for one in room]
            if kind.double:
                found = [min(found)] * 2
            slots += kind.worth * (found[0] if kind.double else sum(found))
            gone = [self.near(kind, vms, node, found[node], room[node]) for node in range(2)]
            doubles = sum(f in self.small and numa == 2 for f, numa in vms)
            if kind.double:
                total += kind.worth * near[min(sum(gone) - min(*gone, doubles), 5)]
            else:
                total += kind.worth * (near[gone[0]] + near[gone[1]])
        return slots + total, slots

    def changed(self, pm: int, out: list[tuple[int, int]], into: list[tuple[int, int]]) -> tuple[float, float]:
        """(worth, slots) of a PM after VMs, (flavour, numa), have gone or come."""
        room, vms = self.room(pm), list(self.there[pm])
        for members, sign in ((out, 1), (into, -1)):
            for f, numa in members:
                for node in NODES[numa]:
                    room[node][0] += sign * self.size[f][0]
                    room[node][1] += sign * self.size[f][1]
                if sign > 0:
                    vms.remove((f, numa))
                else:
                    vms.append((f, numa))
        return self.worth(room, vms)

    @cached_property
    def before(self) -> list[tuple[float, float]]:
        return [self.worth(self.room(pm), self.there[pm]) for pm in range(self.instance.pms)]

    def places(self, f: int) -> range:
        return range(0, 2 * self.instance.pms, 1 + self.size[f][2])

    def numa(self, f: int, place: int) -> int:
        return 2 if self.size[f][2] else place % 2

    @cached_property
    def drop(self) -> list[dict[int, float]]:
        """Of each flavour: the damage by a VM at each place that has room."""
        found: list[dict[int, float]] = []
        for f, (cores, memory, double, _) in enumerate(self.size):
            found.append({})
            for place in self.places(f):
                nodes = self.cluster.free[place : place + 1 + double]
                if all(room[0] >= cores and room[1] >= memory for room in nodes):
                    numa, slot = self.numa(f, place), self.kinds[0].cores
                    damage = self.before[place // 2][0] - self.changed(place // 2, [], [(f, numa)])[0]
                    for room in nodes:
                        damage += self.options.waste * ((room[0] - cores) % slot) / slot
                    found[-1][place] = damage
        return found

    def least(self, f: int, pm: int) -> float:
        """The least damage by a VM that leaves the PM; another takes it, where the least damaged is of this one."""
        drop = self.drop[f]
        best = min(drop, key=lambda place: (drop[place], place), default=-1)
        if best < 0:
            return inf
        return drop[best] if best // 2 != pm else min((drop[q] for q in drop if q // 2 != pm), default=inf)

    def may_go(self, vm: int, place: int) -> bool:
        f, group = self.flavour[vm], self.cluster.vms[vm].group
        if place not in self.drop[f] or self.place(vm) == place:
            return False
        mates = [other for other in self.cluster.place if other != vm and self.cluster.vms[other].group == group]
        return group < 0 or all(self.cluster.place[other][0] != place // 2 for other in mates)

    def place(self, vm: int) -> int:
        pm, numa = self.cluster.place[vm]
        return 2 * pm + numa % 2

    def one_of(self, pm: int, f: int, numa: int) -> int:
        """The VM that moves for all of its flavour there: the first in no group, else the first."""
        alike = [v for v, place in self.cluster.place.items() if place == (pm, numa) and self.flavour[v] == f]
        return min(alike, key=lambda v: (self.alone(v) is False, v))

    def alone(self, vm: int) -> bool:
        group = self.instance.group.tolist()
        return vm >= self.instance.vms or group[vm] < 0 or group.count(group[vm]) == 1

    # Windows: (VM or -1, place or pattern, node, gain, slots, damage, cost)

    def patterns(self, pm: int) -> list[Pattern]:
        """At most 16, those with the fewest VMs and cores."""
        found: dict[tuple[tuple[int, int], ...], tuple[int, int, int]] = {}
        for kind in self.kinds:
            rooms = [kind.slots(one) for one in self.room(pm)]
            slots = [min(rooms)] * 2 if kind.double else rooms
            for nodes in [(0, 1)] if kind.double else [(0,), (1,)]:
                near = [self.near(kind, self.there[pm], node, slots[node], self.room(pm)[node]) for node in nodes]
                if max(near) <= 4:
                    for members in self.openings(pm, kind, nodes, slots, min(4, max(near) + 1)):
                        freed = sum(self.size[f][0] * len(NODES[numa]) for f, numa in members)
                        found.setdefault(members, (len(members), freed, len(found)))
        kept = sorted(found, key=lambda members: found[members])[:16]
        return [self.pattern(pm, members) for members in kept]

    def openings(
        self, pm: int, kind: Kind, nodes: tuple[int, ...], slots: list[int], most: int
    ) -> Iterator[tuple[tuple[int, int], ...]]:
        """Sets of VMs that open a slot by going, of which none can be left out, as they move."""
        classes = [
            (f, numa)
            for f in self.small
            for numa in range(3)
            if (f, numa) in self.there[pm] and set(NODES[numa]) & set(nodes)
        ]

        def opens(members: tuple[tuple[int, int], ...]) -> bool:
            for node in nodes:
                room = self.room(pm)[node]
                for f, numa in members:
                    if node in NODES[numa]:
                        room = [room[0] + self.size[f][0], room[1] + self.size[f][1]]
                if kind.slots(room) <= slots[node]:
                    return False
            return True

        chosen = [c for count in range(1, most + 1) for c in combinations_with_replacement(range(len(classes)), count)]
        for numbers in sorted(chosen):
            members = tuple(classes[number] for number in numbers)
            there = all(members.count(one) <= self.there[pm].count(one) for one in members)
            spare = [t for t in range(len(members)) if opens(members[:t] + members[t + 1 :])]
            if there and opens(members) and not spare:
                yield tuple(sorted(members, key=lambda one: -self.size[one[0]][2]))

    def pattern(self, pm: int, members: tuple[tuple[int, int], ...]) -> Pattern:
        worth, slots = self.changed(pm, list(members), [])
        room, kind = self.room(pm)[0], self.kinds[0]
        more = [sum(self.size[f][k] for f, numa in members if numa != 1) for k in range(2)]
        first = kind.slots([room[0] + more[0], room[1] + more[1]]) > kind.slots(room)
        return Pattern(pm, members, 2 * pm + (not first), worth - self.before[pm][0], slots - self.before[pm][1])

    def slot_window(self) -> list[Numbers]:
        found: list[tuple[float, Pattern, float, int]] = []
        for pm in range(self.instance.pms):
            for pattern in self.patterns(pm):
                damage = 0.0
                for f, _ in pattern.members:
                    damage += self.least(f, pm)
                cost = sum(self.size[f][3] for f, _ in pattern.members)
                if damage < inf and cost <= self.left and self.all_go(pattern):
                    found.append(((pattern.gain - damage) / cost, pattern, damage, cost))
        kept: list[tuple[float, Pattern, float, int]] = []
        for one in sorted(found, key=lambda one: -one[0]):
            same = [(two[0], two[1].members, self.room(two[1].pm)) for two in kept]
            if (one[0], one[1].members, self.room(one[1].pm)) not in same:
                kept.append(one)
        return [
            self.describe(score, gain=p.gain, slots=p.slots, damage=damage, node=p.node, members=p.members)
            for score, p, damage, _ in kept[: self.options.window]
        ]

    def all_go(self, pattern: Pattern) -> bool:
        vms = [self.one_of(pattern.pm, f, numa) for f, numa in pattern.members]
        return all(self.alone(v) or any(self.may_go(v, p) for p in self.places(self.flavour[v])) for v in vms)

    def distinct(self, found: list[tuple[float, int, float]], count: int) -> list[tuple[float, int, float]]:
        """The first so many by (largest score, place, ...) on nodes with different room, of an equal score."""
        kept: list[tuple[float, int, float]] = []
        for score, place, slots in sorted(found, key=lambda one: -one[0]):
            rooms = [(one[0], self.cluster.free[one[1]], self.cluster.free[one[1] ^ 1]) for one in kept]
            if (score, self.cluster.free[place], self.cluster.free[place ^ 1]) not in rooms:
                kept.append((score, place, slots))
        return kept[:count]

    def move_window(self) -> list[Numbers]:
        found: list[tuple[float, int, int, float, float, float]] = []
        for f, (*_, double, cost) in enumerate(self.size):
            if cost > self.left or not self.drop[f]:
                continue
            sources = []
            for pm in range(self.instance.pms):
                for numa in (2,) if double else (0, 1):
                    if (f, numa) in self.there[pm]:
                        worth, slots = self.changed(pm, [(f, numa)], [])
                        sources.append((worth - self.before[pm][0], 2 * pm + numa % 2, slots - self.before[pm][1]))
            sinks = [(-damage, place, 0.0) for place, damage in self.drop[f].items()]
            for gain, source, slots in self.distinct(sources, 8):
                vm = self.one_of(source // 2, f, self.numa(f, source))
                for damage, sink, _ in self.distinct(sinks, 8):
                    if self.may_go(vm, sink):
                        found.append(((gain + damage) / cost, vm, sink, gain, slots, -damage))
        return [
            self.describe(score, gain=gain, slots=slots, damage=damage, vm=vm, sink=sink)
            for score, vm, sink, gain, slots, damage in sorted(found, key=lambda one: -one[0])[: self.options.window]
        ]

    def sink_window(self) -> list[Numbers]:
        vm, f = self.chosen, self.flavour[self.chosen]
        kept: list[tuple[float, int]] = []
        for place in sorted(self.drop[f], key=lambda place: (self.drop[f][place], place)):
            rooms = [
                (self.drop[f][p], self.cluster.free[p], self.cluster.free[p ^ 1], self.own(vm, p)) for _, p in kept
            ]
            room = self.drop[f][place], self.cluster.free[place], self.cluster.free[place ^ 1], self.own(vm, place)
            if self.may_go(vm, place) and room not in rooms:
                kept.append((self.drop[f][place], place))
        return [
            self.describe(-damage / self.size[f][3], gain=0.0, slots=0.0, damage=damage, vm=vm, sink=place)
            for damage, place in kept[: self.options.window]
        ]

    def own(self, vm: int, place: int) -> float:
        """1 = on the PM where the VM is."""
        return float(place // 2 == self.cluster.place[vm][0])

    # Columns

    def describe(
        self,
        score: float,
        gain: float,
        slots: float,
        damage: float,
        node: int = -1,
        members: tuple[tuple[int, int], ...] = (),
        vm: int = -1,
        sink: int = -1,
    ) -> Numbers:
        """Of a candidate of the forms slot and move, all but what is relative to the others."""
        if vm >= 0:
            node, members = self.place(vm), ((self.flavour[vm], self.cluster.place[vm][1]),)
        slot, free = self.kinds[0].cores, [room[0] for room in self.cluster.free]
        freed = sum(self.size[f][0] for f, numa in members if node % 2 in NODES[numa])
        found = {
            "score": score,
            "gain": soft(gain),
            "slots": soft(slots),
            "damage": soft(damage),
            "migrations": len(members) / 4,
            "cost": sum(self.size[f][3] for f, _ in members) / self.instance.limit,
            "remainder": free[node] % slot / slot,
            "left_over": (free[node] + freed) % slot / slot,
            "other": free[node ^ 1] % slot / slot,
            "memory": sum(self.size[f][1] * (1 + self.size[f][2]) for f, _ in members) / (2 * self.largest[1]),
        }
        for f, _ in members:
            name = ("double_" if self.size[f][2] else "single_") + self.band(f)
            found[name] = found.get(name, 0.0) + 0.25
        if vm >= 0:
            found["sink"] = free[sink] % slot / slot
            found["sink_left_over"] = (free[sink] - self.size[self.flavour[vm]][0]) % slot / slot
            found["own_pm"] = self.own(vm, sink)
        return found

    def band(self, f: int) -> str:
        share = self.size[f][0] / self.kinds[0].cores
        return "eighth" if share <= 1 / 8 else "quarter" if share <= 1 / 4 else "half" if share <= 1 / 2 else "more"

    @cached_property
    def largest(self) -> tuple[int, int]:
        """Cores and MB of the largest node."""
        return max(1, int(self.instance.pm_cores.max())), max(1, int(self.instance.pm_memory.max()))

    def shared(self) -> Numbers:
        """What all candidates of the forms slot and move have."""
        slot = self.kinds[0].cores
        wasted = sum(cores % slot for cores, _ in self.cluster.free)
        found = {
            "left": self.left / self.instance.limit,
            "left_count": soft(self.left),
            "waste": soft(wasted / (slot * max(self.left, 1))),
        }
        for double, word in enumerate(("single", "double")):
            for band in ("eighth", "quarter", "half"):
                flavours = [f for f, size in enumerate(self.size) if size[2] == double and self.band(f) == band]
                damages = [damage for f in flavours for damage in self.drop[f].values()]
                found[f"price_{word}_{band}"] = min([2.0, *damages])
        return found

    def candidates(self) -> dict[int, Numbers]:
        """By action."""
        if self.options.form == "vm":
            return self.sinks() if self.chosen >= 0 else self.vms()
        sink = self.waiting > 0
        window = (
            self.sink_window() if sink else self.slot_window() if self.options.form == "slot" else self.move_window()
        )
        found = dict(enumerate(window, 1))
        if not sink:
            found[0] = {"score": 0.0}
        best = max(one["score"] for one in found.values())
        for one in found.values():
            score = one["score"]
            one |= {"regret": soft(best - score), "regret_fine": soft(16 * (best - score)), "score": soft(score)}
            one |= self.shared()
        return found

    def vms(self) -> dict[int, Numbers]:
        found = {0: {}}
        for vm, (pm, numa) in self.cluster.place.items():
            f = self.flavour[vm]
            cores, memory, double, cost = self.size[f]
            if cost <= self.left and any(self.may_go(vm, place) for place in self.places(f)):
                worth, slots = self.changed(pm, [(f, numa)], [])
                found[1 + 2 * self.instance.pms + vm] = {
                    "gain": soft(slots - self.before[pm][1]),
                    "worth": soft(worth - self.before[pm][0]),
                    **self.sized(cores, memory, double),
                    **self.leftover(self.place(vm), cores),
                }
        return found

    def sinks(self) -> dict[int, Numbers]:
        f, found = self.flavour[self.chosen], {}
        cores, memory, double, _ = self.size[f]
        for place in self.places(f):
            if self.may_go(self.chosen, place):
                _, slots = self.changed(place // 2, [], [(f, self.numa(f, place))])
                found[1 + place] = {
                    "gain": soft(slots - self.before[place // 2][1]),
                    "worth": -soft(self.drop[f][place]),
                    **self.sized(cores, memory, double),
                    **self.leftover(place, -cores),
                    "own_pm": self.own(self.chosen, place),
                }
        return found

    def sized(self, cores: int, memory: int, double: int) -> Numbers:
        slot = self.kinds[0].cores
        return {"cores": soft(cores / slot), "memory": memory / self.largest[1], "double": float(double)}

    def leftover(self, place: int, more: int) -> Numbers:
        slot, cores = self.kinds[0].cores, self.cluster.free[place][0]
        return {"remainder": cores % slot / slot, "left_over": (cores + more) % slot / slot}

    def node_features(self, node: int) -> Numbers:
        one, nodes = self.instance, 2 * self.instance.pms
        if node == 0:
            return {"size": one.pms / (one.pms + 64)}
        if node <= nodes:
            cores, memory = one.pm_cores.ravel()[node - 1], one.pm_memory.ravel()[node - 1]
            return {"cores": cores / self.largest[0], "memory": memory / self.largest[1]}
        vm = node - 1 - nodes
        if self.options.form != "vm" or vm not in self.cluster.place:
            return {}
        cores, memory, double, cost = self.size[self.flavour[vm]]
        share = {"cores": cores / self.largest[0], "memory": memory / self.largest[1]}
        return {**share, "double": float(double), "cost": min(1.0, cost / one.limit)}

    def node_state(self, node: int) -> Numbers:
        nodes = 2 * self.instance.pms
        if node == 0:
            return self.clock()
        if node <= nodes:
            return self.numa_node(node - 1)
        vm = node - 1 - nodes
        if self.options.form != "vm" or vm not in self.cluster.place:
            return {}
        pm, numa = self.cluster.place[vm]
        _, slots = self.changed(pm, [(self.flavour[vm], numa)], [])
        chosen = {"gain": soft(slots - self.before[pm][1]), "chosen": float(vm == self.chosen)}
        return self.free(self.place(vm)) | chosen

    def free(self, node: int) -> Numbers:
        cores, memory = self.cluster.free[node]
        slot = self.kinds[0].cores
        shares = {"free": cores / self.largest[0], "free_memory": memory / self.largest[1]}
        return {**shares, "remainder": cores % slot / slot}

    def near_slot(self, node: int) -> int:
        """VMs that must go from a node for one more slot of the first kind."""
        kind, room = self.kinds[0], self.room(node // 2)
        slots = [kind.slots(one) for one in room]
        found = min(slots) if kind.double else slots[node % 2]
        return self.near(kind, self.there[node // 2], node % 2, found, room[node % 2])

    def numa_node(self, node: int) -> Numbers:
        near = self.near_slot(node)
        small = [numa for f, numa in self.there[node // 2] if f in self.small]
        return {
            **self.free(node),
            "slots": soft(self.kinds[0].slots(self.room(node // 2)[node % 2])),
            "near": 1 / near if 0 < near < 5 else 0.0,
            "singles": soft(small.count(node % 2)),
            "doubles": soft(small.count(2)),
            "chosen": float(node == self.marked),
        }

    def clock(self) -> Numbers:
        one, free = self.instance, self.cluster.free
        cores, memory = (max(1, int(array.sum())) for array in (one.pm_cores, one.pm_memory))
        spare = sum(room[0] for room in free)
        value = (
            self.spent + (one.limit + 1) * max(0, one.goal - self.cluster.slots(0)) if one.goal else self.cluster.rate()
        )
        missing = max(1, one.goal - int(one.slots()[0]))
        near = [self.near_slot(node) for node in range(2 * one.pms)]
        return {
            "free": spare / cores,
            "free_memory": sum(room[1] for room in free) / memory,
            "remainder": value / ((one.limit + 1) * missing) if one.goal else value,
            "slots": min(1.0, self.cluster.slots(0) * self.kinds[0].whole / max(spare, 1)),
            "near": sum(12 // n if 0 < n < 5 else 0 for n in near) / (12 * len(near)),
            "singles": self.left / one.limit,
            "doubles": soft(self.left),
            "gain": 1 - self.time / one.span if one.span else 0.0,
            "chosen": float(self.chosen >= 0 and (self.options.form == "vm" or self.waiting > 0)),
        }

    def edge(self, edge_type: int, source: int, target: int) -> Numbers:
        nodes = 2 * self.instance.pms
        if edge_type <= 0:
            return {}
        vm, node = max(source, target) - 1 - nodes, min(source, target) - 1
        capacity = max(1, int(self.instance.pm_cores.ravel()[node]))
        return {"share": self.size[self.flavour[vm]][0] / capacity}
