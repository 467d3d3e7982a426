"""Clusters: what is refused and how, bounds, and the law of drawn ones."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from envs.vm_rescheduling.instance import VMReschedulingInstance
from envs.vm_rescheduling.sets import random_source
from envs.vm_rescheduling.verify import verify

FLAVOURS = [(4, 8, 0), (8, 16, 1)]
PMS = [[44, 44, 100, 100], [16, 16, 100, 100]]


def cluster(vms: Any = ((0, 0, 1), (1, 0, 2)), **changes: Any) -> VMReschedulingInstance:
    return VMReschedulingInstance.cluster(changes.pop("flavours", FLAVOURS), changes.pop("pms", PMS), vms, **changes)


REFUSED: list[tuple[str, Callable[[], Any]]] = [
    ("VM 1: PM is 2, but must be from 0 to 1", lambda: cluster([(0, 0, 0), (0, 2, 0)])),
    ("VM 0: flavour is 2, but must be from 0 to 1", lambda: cluster([(2, 0, 0)])),
    ("VM 0: its NUMA node is 3, but a VM of its flavour is on 0 or 1", lambda: cluster([(0, 0, 3)])),
    ("VM 0: its NUMA node is 2, but a VM of its flavour is on 0 or 1", lambda: cluster([(0, 0, 2)])),
    ("VM 1: its NUMA node is 0, but a VM of its flavour is double", lambda: cluster([(0, 0, 0), (1, 0, 0)])),
    (
        "VM 4: NUMA node 0 of PM 1 has no room for it, for its VMs take 20 of 16 cores",
        lambda: cluster([(0, 1, 0)] * 5),
    ),
    ("take 101 of 100 MB", lambda: cluster([(0, 0, 0)], flavours=[(4, 101, 0)])),
    (
        "VM 2: it is on PM 0 beside VM 0 of the same anti-affinity group 1",
        lambda: cluster([(0, 0, 0), (0, 1, 0), (1, 0, 2)], group=[1, 1, 1]),
    ),
    ("there are no VMs", lambda: cluster([])),
    ("there are no PMs", lambda: cluster(pms=[])),
    ("there are no flavours", lambda: cluster(flavours=[])),
    ("flavour 1: cores 7 is odd, but double ones have halves", lambda: cluster(flavours=[(4, 8, 0), (7, 16, 1)])),
    ("flavour 0: cores is 0, but must be from 1", lambda: cluster(flavours=[(0, 8, 0), (8, 16, 1)])),
    ("flavour 1: cost is 0, but must be from 1", lambda: cluster(cost=[1, 0])),
    ("VM 0: pm is 0.5, but must be a whole number", lambda: cluster([(0, 0.5, 0)])),
    ("there are 3 kinds of slots", lambda: cluster(slots=[(16, 0, 0)] * 3, weights=[0.2, 0.3, 0.5])),
    ("weights are not negative and their sum is 1", lambda: cluster(weights=[0.5])),
    ("kind of slots 0: slot_cores 15 is odd", lambda: cluster(slots=[(15, 0, 1)])),
    ("limit is 0, but must be a whole number from 1", lambda: cluster(limit=0)),
    ("goal is True, but must be a whole number", lambda: cluster(goal=True)),
    ("span is 0, but VMs arrive or leave", lambda: replace(cluster(), leaves=np.array([5, 2**40]))),
    ("arrival 0: flavour is 7", lambda: living(arrival_flavour=[7])),
    ("arrival 0: it leaves no later than it arrives", lambda: living(arrival_leaves=[50])),
    ("arrival 1: it is earlier than the one before it", lambda: living([50, 20], [0, 0], [99, 99])),
    ("leaves has 1 entries, but flavour has 2", lambda: replace(cluster(), leaves=np.array([5]))),
]


def living(arrival: Any = (50,), arrival_flavour: Any = (0,), arrival_leaves: Any = (80,)) -> VMReschedulingInstance:
    return replace(cluster(), span=100, arrival=arrival, arrival_flavour=arrival_flavour, arrival_leaves=arrival_leaves)


@pytest.mark.parametrize(("words", "make"), REFUSED, ids=[words for words, _ in REFUSED])
def test_what_is_no_cluster_is_refused_with_its_place(words: str, make: Callable[[], Any]) -> None:
    with pytest.raises(ValueError) as error:
        make()
    assert words in str(error.value) and "\n" not in str(error.value)


def test_free_room_and_slots_are_those_of_the_nodes() -> None:
    one = cluster()
    cores, memory = one.free()
    assert cores.tolist() == [[40, 36], [16, 16]] and memory.tolist() == [[92, 84], [100, 100]]
    assert one.slots().tolist() == [2 + 2 + 1 + 1]
    assert replace(one, slot_memory=[50]).slots().tolist() == [1 + 1 + 1 + 1]
    assert replace(one, slot_cores=[64], slot_double=[1]).slots().tolist() == [1]


@pytest.mark.parametrize("text", ["3..6,limit=3", "4,slots=16+64d,limit=4", "4,memory=bound,slots=16/64,goal=2"])
def test_no_random_migrations_are_better_than_the_bound(text: str) -> None:
    source, rng = random_source(text), np.random.default_rng(0)
    for _ in range(30):
        one = source.sample(rng)
        rows, cores, memory = [], *one.free()
        for vm in rng.permutation(one.vms)[: one.limit].tolist():
            f = one.flavour[vm]
            pm, numa = int(rng.integers(one.pms)), 2 if one.double[f] else int(rng.integers(2))
            nodes = [0, 1] if numa == 2 else [numa]
            need = (one.cores[f] // len(nodes), one.memory[f] // len(nodes))
            moves = (pm, numa) != (one.pm[vm], one.numa[vm])
            if moves and all(cores[pm, n] >= need[0] and memory[pm, n] >= need[1] for n in nodes):
                rows.append((vm, int(one.pm[vm]), int(one.numa[vm]), pm, numa, 0))
                cores[pm, nodes] -= need[0]
                memory[pm, nodes] -= need[1]
        assert verify(one, rows) >= one.lower_bound()


def test_drawn_clusters_are_such_as_the_checks_accept() -> None:
    rng = np.random.default_rng(1)
    for text in ("3..9,affinity=0.5,members=3", "5,memory=bound,cost=memory", "6,span=9000,churn=4", "4,load=full"):
        source = random_source(text)
        for _ in range(10):
            one = source.sample(rng)
            assert replace(one) == one  # which checks
            assert all(mine <= room for mine, room in zip(one.shape, source.shape, strict=True))
