"""What the contract needs to know of VM rescheduling."""

import json
from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np
from hypothesis import strategies as st

from envs.core.vector import DispatchVectorEnv
from envs.vm_rescheduling.checks import NEVER
from envs.vm_rescheduling.instance import VMReschedulingInstance
from tests.vm_rescheduling.reference import columns as columns

SPAN = 4000
INSTANCES = f"random:2..4,limit=2..5,affinity=0..0.6,members=4,memory=bound,slots=16/32+32d,churn=2,span={SPAN}"
OPTIONS = [
    {},
    {"sinks": "pick", "window": 6},
    {"form": "move", "thinking": 200, "migration": 300},
    {"form": "vm"},
    {"form": "vm", "plan": True, "thinking": 900, "migration": 200},
    {"potential": (0.0, 0.0, 0.0, 0.0), "waste": 0.0, "thinking": 500, "migration": 100},
]
EXACT = "exact"
EXACT_OPTIONS = {"form": "vm"}  # every sequence of migrations
MALFORMED = {
    "prose.json": "[1, 2]",
    "cut.json": '{"vms": [[0, 0, 0, -1',
    "place.json": json.dumps(
        {
            "flavours": [[4, 8, 0, 1]],
            "slots": [[16, 0, 0, 1]],
            "pms": [[8, 8, 64, 64]],
            "vms": [[0, 1, 0, -1, -1]],
        }
    ),
}


@st.composite
def tiny(draw: st.DrawFn) -> VMReschedulingInstance:
    """At most 3 PMs, 4 VMs and 2 migrations; nothing comes or goes."""
    return _cluster(draw, most_pms=3, most_vms=4)


@st.composite
def anything(draw: st.DrawFn) -> VMReschedulingInstance:
    """Also with groups, memory, two kinds of slots, goals, and VMs that come and go."""
    return _cluster(draw, most_pms=4, most_vms=7, everything=True)


def _cluster(draw: st.DrawFn, most_pms: int, most_vms: int, everything: bool = False) -> VMReschedulingInstance:
    pms = draw(st.integers(1, most_pms))
    flavours = [(1, 2, 0), (2, 1, 0), (2, 4, 1), (3, 3, 0)]
    room = np.array(draw(st.lists(st.integers(3, 6), min_size=2 * pms, max_size=2 * pms))).reshape(pms, 2)
    memory = 2 * room
    free, vms = np.stack([room, memory]), []
    for f in draw(st.lists(st.integers(0, 3), min_size=1, max_size=most_vms)):
        cores, megabytes, double = flavours[f]
        need = np.array([cores, megabytes]) // (1 + double)
        places = [(p, 2) for p in range(pms)] if double else list(product(range(pms), (0, 1)))
        pm, numa = places[draw(st.integers(0, len(places) - 1))]
        nodes = [0, 1] if numa == 2 else [numa]
        if all((free[:, pm, node] >= need).all() for node in nodes):
            for node in nodes:
                free[:, pm, node] -= need
            vms.append((f, pm, numa))
    if not vms:
        vms.append((0, 0, 0))
    group = [-1] * len(vms)
    if everything and draw(st.booleans()):
        first = {pm: v for v, (_, pm, _) in reversed(list(enumerate(vms)))}
        for v in first.values():
            group[v] = 0
    slots = draw(st.sampled_from([[(4, 0, 0)], [(4, 6, 0)], [(6, 0, 1), (3, 0, 0)]])) if everything else [(4, 0, 0)]
    cluster = VMReschedulingInstance.cluster(
        flavours,
        np.concatenate([room, memory], axis=1),
        vms,
        group=group,
        slots=slots,
        weights=[1.0] if len(slots) == 1 else [0.25, 0.75],
        cost=[1, 1, 2, 1],
        limit=draw(st.integers(1, 2)) + 1,
        goal=draw(st.integers(0, 3)) if draw(st.booleans()) else 0,
    )
    return _living(draw, cluster) if everything and draw(st.booleans()) else cluster


def _living(draw: st.DrawFn, cluster: VMReschedulingInstance) -> VMReschedulingInstance:
    """The cluster with VMs that come and go."""
    times = st.integers(1, 120)
    arrival = sorted(draw(st.lists(times, max_size=4)))
    return replace(
        cluster,
        span=100,
        leaves=np.array([draw(times) if draw(st.booleans()) else NEVER for _ in range(cluster.vms)]),
        arrival=np.array(arrival, np.int64),
        arrival_flavour=np.array([draw(st.integers(0, 3)) for _ in arrival], np.int64),
        arrival_leaves=np.array([time + draw(times) for time in arrival], np.int64),
    )


def brute_force(instance: VMReschedulingInstance) -> float:
    """The least objective over every sequence of migrations, by where all VMs are and what is left of the limit."""
    one = instance
    half = (1 + one.double).tolist()
    sizes = [
        (c // h, m // h, h, cost)
        for c, m, h, cost in zip(one.cores.tolist(), one.memory.tolist(), half, one.cost.tolist(), strict=True)
    ]
    vms = [sizes[f] for f in one.flavour.tolist()]
    capacity = list(zip(one.pm_cores.ravel().tolist(), one.pm_memory.ravel().tolist(), strict=True))
    begin = tuple((2 * one.pm + one.numa % 2).tolist())
    slot, goal = int(one.slot_cores[0]), one.goal

    def rooms(places: tuple[int, ...]) -> list[list[int]]:
        free = [list(pair) for pair in capacity]
        for (cores, memory, nodes, _), place in zip(vms, places, strict=True):
            for node in range(place, place + nodes):
                free[node][0] -= cores
                free[node][1] -= memory
        return free

    best, reached = np.inf, {begin: 0}
    waiting = [begin]
    for places in waiting:
        free, spent = rooms(places), reached[places]
        slots, total = sum(room[0] // slot for room in free), sum(room[0] for room in free)
        rate = 1 - slot * slots / total if total else 0.0
        best = min(best, spent + (one.limit + 1) * max(0, goal - slots) if goal else rate)
        for v, (cores, memory, nodes, cost) in enumerate(vms):
            for to in range(0, len(capacity), nodes):
                roomy = all(free[node][0] >= cores and free[node][1] >= memory for node in range(to, to + nodes))
                if to != places[v] and roomy and spent + cost <= one.limit:
                    after = (*places[:v], to, *places[v + 1 :])
                    if spent + cost < reached.get(after, one.limit + 1):
                        reached[after] = spent + cost
                        waiting.append(after)
    return best


def most_decisions(instance: VMReschedulingInstance) -> int:
    """A slot and sinks for each migration, and the stop; with a span also those that came to nothing."""
    return 5 * instance.limit + 2 + (SPAN if instance.span else 0) // 100


def objective_of(instance: VMReschedulingInstance, total_reward: float) -> float:
    """What it was before, less the rewards in their unit."""
    free, slots = int(instance.free()[0].sum()), instance.slots().tolist()
    if instance.goal:
        return (instance.limit + 1) * (max(0, instance.goal - slots[0]) - total_reward)
    sizes, weights = instance.slot_cores.tolist(), instance.slot_weight.tolist()
    rates = [1 - size * found / free for size, found in zip(sizes, slots, strict=True)]
    first = sum(weight * rate for weight, rate in zip(weights, rates, strict=True)) if free else 0.0
    return first - total_reward * sizes[0] / max(free, 1)


def elapsed_of(_schedule: np.ndarray) -> float:
    """Every instance of `INSTANCES` is played to its span."""
    return float(SPAN)


def distinct(rng: np.random.Generator) -> VMReschedulingInstance:
    """Sizes of nodes and VMs that have nothing in common, so that no two candidates are alike."""
    pms = 4
    room = rng.permutation(4000)[: 2 * pms].reshape(pms, 2) + 3000
    flavours = [(int(size) + 40, 2 * int(size), 0) for size in rng.permutation(400)[:9]]
    flavours += [(2 * int(size) + 80, 2 * int(size), 1) for size in rng.permutation(400)[:5]]
    vms, used = [], np.zeros((pms, 2), np.int64)
    for f in range(len(flavours)):
        pm, node = int(rng.integers(pms)), int(rng.integers(2))
        vms.append((f, pm, 2 if flavours[f][2] else node))
        used[pm, node] += flavours[f][0]
    return VMReschedulingInstance.cluster(
        flavours,
        np.concatenate([room, 4 * room], axis=1),
        vms,
        group=[0 if v == vms.index(next(vm for vm in vms if vm[1] == vms[v][1])) else -1 for v in range(len(vms))],
        slots=[(2048, 0, 0)],
        limit=4,
    )


def relabel(
    instance: VMReschedulingInstance, rng: np.random.Generator, options: dict[str, Any]
) -> tuple[VMReschedulingInstance, np.ndarray]:
    """The same PMs and VMs in another order; the new index of each action."""
    one = instance
    pms, vms = rng.permutation(one.pms), rng.permutation(one.vms)
    new_pm, new_vm = np.argsort(pms), np.argsort(vms)
    moved = {name: getattr(one, name)[pms] for name in ("pm_cores", "pm_memory")}
    moved |= {name: getattr(one, name)[vms] for name in ("flavour", "numa", "group", "leaves")}
    renamed = replace(one, pm=new_pm[one.pm[vms]], **moved)
    if options.get("form") != "vm":
        return renamed, np.arange(1 + int(options.get("window", 32)))
    nodes = 1 + np.repeat(2 * new_pm, 2) + np.tile([0, 1], one.pms)
    return renamed, np.concatenate([[0], nodes, 1 + 2 * one.pms + new_vm])


def other_future(instance: VMReschedulingInstance) -> VMReschedulingInstance:
    """The same cluster, in which others come and go."""
    return replace(
        instance,
        leaves=np.where(instance.leaves < NEVER, NEVER, 1 + np.arange(instance.vms)),
        arrival=np.minimum(instance.arrival + 7, SPAN),
        arrival_flavour=(instance.arrival_flavour + 1) % instance.flavours,
        arrival_leaves=np.full(len(instance.arrival), NEVER),
    )


def fills_the_room(env: DispatchVectorEnv) -> list[VMReschedulingInstance]:
    """The largest, a small one, and the largest again."""
    rng = np.random.default_rng(5)
    drawn = [env.source.sample(rng) for _ in range(40)]
    by_size = sorted(drawn, key=lambda one: (one.vms, one.limit))
    return [by_size[-1], by_size[0], by_size[20], by_size[-1]]
