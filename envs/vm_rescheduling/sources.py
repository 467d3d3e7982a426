"""Endless random clusters, by what `envs.vm_rescheduling.law` describes."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from envs.core.sources import Source
from envs.vm_rescheduling import draw
from envs.vm_rescheduling.checks import BOTH, NEVER
from envs.vm_rescheduling.instance import VMReschedulingInstance
from envs.vm_rescheduling.law import LOADS, Law

PUBLISHED = {
    (2, 0): 337,
    (4, 0): 906,
    (8, 0): 311,
    (16, 0): 184,
    (32, 0): 61,
    (4, 1): 3,
    (8, 1): 57,
    (16, 1): 46,
    (32, 1): 50,
    (64, 1): 130,
    (88, 1): 4,
}
"""(cores, 1 = double): how many VMs the snapshot Medium has of each flavour, all of them with 2 GB per core."""

NODE = (44, 184388)
"""Cores and MB of a NUMA node of the snapshots."""
IN_USE = 0.943
"""Share of the cores of Medium that its VMs have."""
MOST_VMS = 9
"""Of a PM, on average; Medium has 7.5."""
GB_PER_CORE = (0.1, 0.2, 0.3, 0.4)
"""memory=bound: how often a VM has 1, 2, 4 or 8 GB per core."""


class Base(NamedTuple):
    """The cluster that VMs leave and return to."""

    kind: np.ndarray  # (F, 3) flavours: cores and MB on each node, 1 = double
    room: np.ndarray  # (2, 2 P) cores and MB of each node
    vm: np.ndarray  # (V, 2) flavour and place of each VM

    @classmethod
    def of(cls, instance: VMReschedulingInstance) -> Base:
        """A cluster that is known."""
        part = 1 + instance.double
        place = 2 * instance.pm + np.where(instance.numa == BOTH, 0, instance.numa)
        return cls(
            np.stack([instance.cores // part, instance.memory // part, instance.double], axis=1),
            np.stack([instance.pm_cores.ravel(), instance.pm_memory.ravel()]),
            np.stack([instance.flavour, place], axis=1),
        )


def published_base(rng: np.random.Generator, pms: int) -> Base:
    """PMs of the published size, filled by best fit with VMs of the published flavours."""
    sizes, double = np.array(list(PUBLISHED)).T
    kind = np.stack([sizes // (1 + double), 2048 * sizes // (1 + double), double], axis=1)
    room = np.repeat(np.array([NODE]).T, 2 * pms, axis=1)
    free, vm = room.copy(), np.zeros((MOST_VMS * pms, 2), np.int64)
    share = np.cumsum(list(PUBLISHED.values())) / sum(PUBLISHED.values())
    target = int(IN_USE * room[0].sum())
    count = draw.fill_up(rng.random(len(vm)), share, kind, free[0], free[1], target, vm)
    return Base(kind, room, vm[:count])


class RandomClusters(Source[VMReschedulingInstance]):
    """Clusters in which VMs have left and returned."""

    def __init__(self, base: Base | tuple[int, int], law: Law) -> None:
        """base: a known cluster, or the least and the largest number of PMs of ones that are filled anew."""
        self.base, self.law = base, law

    @property
    def shape(self) -> tuple[int, int, int, int, int]:
        """(PMs, VMs that arrive included, flavours, events, migrations) of the largest."""
        if isinstance(self.base, Base):
            pms, vms, flavours = self.base.room.shape[1] // 2, len(self.base.vm), len(self.base.kind)
        else:
            pms, vms, flavours = self.base[1], MOST_VMS * self.base[1], len(PUBLISHED)
        further = self.law.most_arrivals
        events = vms + 2 * further if self.law.span else 0
        kinds = len(GB_PER_CORE) if self.law.memory == "bound" else 1
        return pms, vms + further, kinds * flavours, events, self.law.limit[1]

    def sample(self, rng: np.random.Generator) -> VMReschedulingInstance:
        """The next cluster."""
        base, law = self.base, self.law
        if not isinstance(base, Base):
            low, high = base
            base = published_base(rng, low if low == high else int(rng.integers(low, high + 1)))
        kind, room, vm = base.kind, base.room, base.vm.copy()
        if law.memory == "bound":
            kind, vm = _fatten(rng, kind, room, vm)
        _, free = _churn(rng, law.load, kind, room, vm)
        return _instance(rng, law, kind, room, vm[vm[:, 1] >= 0], free)


def _fatten(
    rng: np.random.Generator, kind: np.ndarray, room: np.ndarray, vm: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The flavours times the amounts of memory, and the VMs with theirs."""
    ratios, vm = len(GB_PER_CORE), vm[rng.permutation(len(vm))]
    memory, waiting = room[1].copy(), np.empty_like(room[1])
    draw.fatten(rng.random(len(vm)), np.cumsum(GB_PER_CORE), ratios, 1024, kind, vm, memory, waiting)
    fat = np.repeat(kind, ratios, axis=0)
    fat[:, 1] = fat[:, 0] * np.tile(1024 << np.arange(ratios), len(kind))
    return fat, vm


def _churn(
    rng: np.random.Generator, load: str, kind: np.ndarray, room: np.ndarray, vm: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Let VMs leave and return, in `vm`; also the free cores and MB of each node then, (2, 2 P)."""
    free = room.copy()
    double = np.flatnonzero(kind[vm[:, 0], 2])
    for row in range(2):
        np.subtract.at(free[row], vm[:, 1], kind[vm[:, 0], row])
        np.subtract.at(free[row], vm[double, 1] + 1, kind[vm[double, 0], row])
    leave, back = LOADS[load]
    if leave:
        draw.churn(rng.random(2 * len(vm)), leave, back, kind, vm, free[0], free[1], np.empty(len(vm), np.int64))
    return vm, free


def _instance(
    rng: np.random.Generator, law: Law, kind: np.ndarray, room: np.ndarray, vm: np.ndarray, free: np.ndarray
) -> VMReschedulingInstance:
    """The cluster as an instance of the law."""
    double, (flavour, place) = kind[:, 2].copy(), np.ascontiguousarray(vm.T)
    pm = place >> 1
    low, high = law.limit
    goal = law.goal
    if goal:
        goal += _slots(law, free)
    arrays = _future(rng, law, flavour)
    memory = kind[:, 1] * (1 + double)
    return VMReschedulingInstance._trusted(
        name="",
        limit=low if low == high else int(rng.integers(low, high + 1)),
        goal=goal,
        span=law.span,
        cores=kind[:, 0] * (1 + double),
        memory=memory,
        double=double,
        cost=law.migration_cost(memory),
        pm_cores=room[0].reshape(-1, 2).copy(),
        pm_memory=room[1].reshape(-1, 2).copy(),
        flavour=flavour,
        pm=pm,
        numa=np.where(double[flavour] == 1, BOTH, place & 1),
        group=_groups(rng, law, pm),
        **law.slots._asdict(),
        **arrays,
    )


def _slots(law: Law, free: np.ndarray) -> int:
    """How many slots of the first kind there are."""
    size, need, double = (int(column[0]) for column in law.slots[:3])
    room = free[0] // (size // (1 + double))
    if need:
        room = np.minimum(room, free[1] // (need // (1 + double)))
    return int(room.reshape(-1, 2).min(axis=1).sum() if double else room.sum())


def _groups(rng: np.random.Generator, law: Law, pm: np.ndarray) -> np.ndarray:
    """(V,) int64 anti-affinity groups, in each VMs of different PMs; a VM alone in a group is in none."""
    group, (low, high) = np.full(len(pm), -1), law.affinity
    share = low if low == high else rng.uniform(low, high)
    waiting, number = rng.permutation(len(pm))[: int(share * len(pm))].tolist(), 0
    while len(waiting) > 1:
        members, hosts, others = [], set(), []
        for vm in waiting:
            if len(members) < law.members and pm[vm] not in hosts:
                members.append(vm)
                hosts.add(pm[vm])
            else:
                others.append(vm)
        if len(members) == 1:
            break
        group[members] = number
        waiting, number = others, number + 1
    return group


def _future(rng: np.random.Generator, law: Law, flavour: np.ndarray) -> dict[str, np.ndarray]:
    """When VMs leave and arrive: as many per s, of flavours as often as they are now, memoryless."""
    if not law.span or not law.churn:
        nothing = np.zeros(0, np.int64)
        return {
            "leaves": np.full(len(flavour), NEVER),
            "arrival": nothing,
            "arrival_flavour": nothing.copy(),
            "arrival_leaves": nothing.copy(),
        }
    count = min(int(rng.poisson(law.churn * law.span / 1000)), law.most_arrivals)
    arrival = np.sort(1 + (law.span * rng.random(count)).astype(np.int64))
    mean = 1000 * len(flavour) / law.churn

    def stays(count: int) -> np.ndarray:
        return 1 + rng.exponential(mean, count).astype(np.int64)

    leaves, arrival_leaves = stays(len(flavour)), arrival + stays(count)
    return {
        "leaves": np.where(leaves <= law.span, leaves, NEVER),
        "arrival": arrival,
        "arrival_flavour": flavour[(len(flavour) * rng.random(count)).astype(np.int64)],
        "arrival_leaves": np.where(arrival_leaves <= law.span, arrival_leaves, NEVER),
    }
