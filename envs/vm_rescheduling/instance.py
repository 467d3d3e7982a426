"""A cluster of physical machines (PMs) with two NUMA nodes each, and the virtual machines (VMs) on them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike

from envs.core.instance import Instance
from envs.vm_rescheduling.checks import BOTH, NEVER, check_cluster, check_flavours, check_future, check_objective


@dataclass(frozen=True, eq=False, repr=False)
class VMReschedulingInstance(Instance):
    """P PMs, V VMs of F flavours, what is to be made of them by migrations, and what comes and goes meanwhile.

    | field | shape | dtype | meaning |
    |---|---|---|---|
    | `cores` | (F,) | int64 | of a VM of the flavour, >= 1; even where it is double |
    | `memory` | (F,) | int64 | MB of it, >= 0; even where it is double |
    | `double` | (F,) | int64 | 1 = half of it on each NUMA node of a PM, 0 = all of it on one |
    | `cost` | (F,) | int64 | what a migration of it takes of the limit, >= 1: 1, or more for more memory |
    | `pm_cores`, `pm_memory` | (P, 2) | int64 | cores and MB of each NUMA node, those in use included |
    | `flavour` | (V,) | int64 | of each VM |
    | `pm`, `numa` | (V,) | int64 | where it is; the NUMA node is 0, 1 or `BOTH` = 2 |
    | `group` | (V,) | int64 | anti-affinity: VMs of one group are on different PMs; -1 = of none |
    | `slot_cores` | (K,) | int64 | cores of a slot, room for one more VM; K kinds, 1 or 2; even where it is double |
    | `slot_memory` | (K,) | int64 | MB that a slot must have too; zeros: memory does not count (published) |
    | `slot_double` | (K,) | int64 | 1 = a slot is half of it on each NUMA node of a PM |
    | `slot_weight` | (K,) | float64 | of each kind in the objective, >= 0, their sum is 1 |
    | `limit` | | int | the most that migrations may take, >= 1; the migration number limit (MNL) where each costs 1 |
    | `goal` | | int | 0: the least fragment rate; else the least cost of migrations that leave so many slots |
    | `span` | | int | ms after which the objective is taken; 0: nothing comes or goes |
    | `leaves` | (V,) | int64 | hidden: ms at which each VM leaves, `NEVER` = 2^40 where it stays |
    | `arrival` | (A,) | int64 | hidden: ms at which further VMs arrive, ascending |
    | `arrival_flavour` | (A,) | int64 | hidden: their flavours; they are of no group |
    | `arrival_leaves` | (A,) | int64 | hidden: ms at which they leave, after they arrive |

    The fragment rate of a kind of slots is 1 - slots x cores of a slot / free cores of the cluster, 0 where none is
    free. A NUMA node has room for `min(free cores // cores, free MB // MB)` slots; a PM for as many double ones as the
    node with the fewer halves. The objective is the sum of weight x rate. With a `goal`, it is the cost of all
    migrations plus (limit + 1) for each slot of the first kind that is missing. `goal` slots of the size of a flavour
    are room for so many pending VMs.

    An arriving VM takes the place with the fewest cores left in it that has room for it, the first of several; a double
    one the PM with the fewest. Where nothing has room it is lost. At the same moment, VMs first leave, then arrive,
    then migrate. Further VMs are numbered V, V + 1, ..., the lost ones included.

    Anything else is a ValueError of one sentence that names the VM or PM, the value and the rule.
    """

    HIDDEN: ClassVar[tuple[str, ...]] = ("leaves", "arrival", "arrival_flavour", "arrival_leaves")

    cores: np.ndarray
    memory: np.ndarray
    double: np.ndarray
    cost: np.ndarray
    pm_cores: np.ndarray
    pm_memory: np.ndarray
    flavour: np.ndarray
    pm: np.ndarray
    numa: np.ndarray
    group: np.ndarray
    slot_cores: np.ndarray
    slot_memory: np.ndarray
    slot_double: np.ndarray
    slot_weight: np.ndarray
    leaves: np.ndarray
    arrival: np.ndarray
    arrival_flavour: np.ndarray
    arrival_leaves: np.ndarray
    limit: int = field(default=50, kw_only=True)
    goal: int = field(default=0, kw_only=True)
    span: int = field(default=0, kw_only=True)

    def __post_init__(self) -> None:
        checked: dict[str, Any] = {}
        checked |= check_flavours(self)
        checked |= check_objective(self)
        checked |= check_cluster(self, checked)
        checked |= check_future(self, checked)
        vars(self).update(checked)

    @classmethod
    def cluster(
        cls,
        flavours: ArrayLike,
        pms: ArrayLike,
        vms: ArrayLike,
        group: ArrayLike | None = None,
        slots: ArrayLike = ((16, 0, 0),),
        weights: ArrayLike = (1.0,),
        cost: ArrayLike | None = None,
        **rest: Any,
    ) -> Self:
        """A cluster in which nothing comes or goes.

        Args:
            flavours: rows (cores, memory, double). cost: of a migration of each, 1 unless given.
            pms: rows (cores of node 0, of node 1, memory of node 0, of node 1).
            vms: rows (flavour, pm, numa).
            slots: rows (cores, memory, double), FR_16 unless given. weights: one for each.
            rest: `limit`, `goal`, `name`.
        """
        kinds, machines = np.reshape(np.asarray(flavours), (-1, 3)), np.reshape(np.asarray(pms), (-1, 4))
        table, wanted = np.reshape(np.asarray(vms), (-1, 3)), np.reshape(np.asarray(slots), (-1, 3))
        nothing = np.zeros(0, np.int64)
        return cls(
            cores=kinds[:, 0],
            memory=kinds[:, 1],
            double=kinds[:, 2],
            cost=np.ones(len(kinds), np.int64) if cost is None else np.asarray(cost),
            pm_cores=machines[:, :2],
            pm_memory=machines[:, 2:],
            flavour=table[:, 0],
            pm=table[:, 1],
            numa=table[:, 2],
            group=np.full(len(table), -1) if group is None else np.asarray(group),
            slot_cores=wanted[:, 0],
            slot_memory=wanted[:, 1],
            slot_double=wanted[:, 2],
            slot_weight=np.asarray(weights, np.float64),
            leaves=np.full(len(table), NEVER),
            arrival=nothing,
            arrival_flavour=nothing,
            arrival_leaves=nothing,
            **rest,
        )

    @classmethod
    def _trusted(cls, name: str, limit: int, goal: int, span: int, **arrays: np.ndarray) -> Self:
        """Skip the checks, which cost more than drawing does, for fields that are right by construction.

        All 18 arrays, of the documented dtypes; they are made read-only.
        """
        for array in arrays.values():
            array.setflags(write=False)
        instance = object.__new__(cls)
        vars(instance).update(name=name, limit=limit, goal=goal, span=span, **arrays)
        return instance

    @property
    def pms(self) -> int:
        """P, the number of PMs."""
        return len(self.pm_cores)

    @property
    def vms(self) -> int:
        """V, the number of VMs at the beginning."""
        return len(self.flavour)

    @property
    def flavours(self) -> int:
        """F, the number of flavours."""
        return len(self.cores)

    @property
    def shape(self) -> tuple[int, int, int, int, int]:
        """(PMs, VMs that arrive included, flavours, events: VMs that arrive or leave, migrations at most)."""
        events = 2 * len(self.arrival) + int((self.leaves < NEVER).sum()) if self.span else 0
        return self.pms, self.vms + len(self.arrival), self.flavours, events, self.limit // int(self.cost.min())

    @property
    def size(self) -> str:
        """PMs times VMs, "279x2089"."""
        return f"{self.pms}x{self.vms}"

    def free(self) -> tuple[np.ndarray, np.ndarray]:
        """(P, 2) int64 free cores and free MB of each NUMA node."""
        cores, memory = self.pm_cores.copy(), self.pm_memory.copy()
        part = 1 + self.double[self.flavour]
        for node in range(2):
            here = (self.numa == node) | (self.numa == BOTH)
            np.subtract.at(cores[:, node], self.pm[here], (self.cores[self.flavour] // part)[here])
            np.subtract.at(memory[:, node], self.pm[here], (self.memory[self.flavour] // part)[here])
        return cores, memory

    def slots(self) -> np.ndarray:
        """(K,) int64: how many slots of each kind there are at the beginning."""
        return self._slots_of(*self.free())

    def _slots_of(self, cores: np.ndarray, memory: np.ndarray) -> np.ndarray:
        found = []
        for size, need, double in zip(self.slot_cores, self.slot_memory, self.slot_double, strict=True):
            room = cores // (size // (1 + double))
            if need:
                room = np.minimum(room, memory // (need // (1 + double)))
            found.append(room.min(axis=1).sum() if double else room.sum())
        return np.array(found, np.int64)

    def lower_bound(self) -> float | int:
        """No plan is below it: slots of each kind fill all free cores, and one migration opens so many at most.

        With a goal, every slot that is missing takes a share of a migration, the cheapest one's cost. With a span,
        nothing is known: 0.
        """
        if self.span:
            return 0
        cores, memory = self.free()
        free, now = int(cores.sum()), self._slots_of(cores, memory)
        moves = self.limit // int(self.cost.min())
        opened = [self._opened(kind) for kind in range(len(now))]
        if self.goal:
            missing = max(0, self.goal - int(now[0]))
            return min(-(-missing // opened[0]) * int(self.cost.min()), (self.limit + 1) * missing)
        if not free:
            return 0.0
        most = [
            min(free // size, slots + moves * each)
            for size, slots, each in zip(self.slot_cores.tolist(), now.tolist(), opened, strict=True)
        ]
        return sum(
            weight * (1 - size * slots / free)
            for weight, size, slots in zip(self.slot_weight.tolist(), self.slot_cores.tolist(), most, strict=True)
        )

    def _opened(self, kind: int) -> int:
        """The most slots of a kind that one VM opens by going: on each node, its own size in slots and one more."""
        flavours = np.unique(self.flavour)
        nodes, halves = 1 + self.double[flavours], 1 + self.slot_double[kind]
        most = self.cores[flavours] // nodes // (self.slot_cores[kind] // halves)
        if self.slot_memory[kind]:
            most = np.maximum(most, self.memory[flavours] // nodes // (self.slot_memory[kind] // halves))
        return int(((1 + most) * (1 if self.slot_double[kind] else nodes)).max())
