"""The integer model in which VMs of one flavour are interchangeable, for HiGHS.

How many VMs of each class are on each node, or on each PM if they are double, how many of those there have left, and
how many slots there are; 6,300 variables for the snapshot Medium, where one for each VM and place makes 1.1 million.
A class is a flavour; VMs of anti-affinity groups have classes of their own, by flavour and group. Order is left out:
`baselines.vm_rescheduling.order` finds one.
"""

from dataclasses import dataclass, field
from typing import NamedTuple

import highspy
import numpy as np

from baselines.vm_rescheduling.plan import room_for
from envs.vm_rescheduling.instance import BOTH, VMReschedulingInstance

INFINITY = highspy.kHighsInf


class Classes(NamedTuple):
    """C classes of VMs that may move."""

    flavour: np.ndarray  # (C,) i64
    group: np.ndarray  # (C,) i64, -1 for none
    of: np.ndarray  # (V,) i64: of each VM, -1 where it stays


def classes_of(instance: VMReschedulingInstance, moving: np.ndarray, groups: bool) -> Classes:
    """The classes of the VMs of these flavours (F,) bool. groups: whether VMs of groups are told apart."""
    group = instance.group if groups else np.full(instance.vms, -1)
    pairs, of = np.unique(np.stack([instance.flavour, group], axis=1), axis=0, return_inverse=True)
    kept = moving[pairs[:, 0]]
    number = np.where(kept, np.cumsum(kept) - 1, -1)
    return Classes(pairs[kept, 0], pairs[kept, 1], number[of.reshape(-1)])


@dataclass
class Program:
    """A linear program in whole numbers, column by column and row by row."""

    lower: list[np.ndarray] = field(default_factory=list)
    upper: list[np.ndarray] = field(default_factory=list)
    value: list[np.ndarray] = field(default_factory=list)
    whole: list[np.ndarray] = field(default_factory=list)
    entries: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = field(default_factory=list)
    least: list[np.ndarray] = field(default_factory=list)
    most: list[np.ndarray] = field(default_factory=list)
    columns: int = 0
    rows: int = 0

    def variables(self, count: int, upper: np.ndarray | float, value: np.ndarray | float, whole: bool) -> np.ndarray:
        """(count,) numbers of new columns, from 0 to `upper`, with these values in the objective."""
        first, self.columns = self.columns, self.columns + count
        self.lower.append(np.zeros(count))
        self.upper.append(np.broadcast_to(upper, count).astype(float))
        self.value.append(np.broadcast_to(value, count).astype(float))
        self.whole.append(np.full(count, whole))
        return np.arange(first, self.columns)

    def constraints(self, least: np.ndarray | float, most: np.ndarray | float, count: int) -> np.ndarray:
        """(count,) numbers of new rows between these."""
        first, self.rows = self.rows, self.rows + count
        self.least.append(np.broadcast_to(least, count).astype(float))
        self.most.append(np.broadcast_to(most, count).astype(float))
        return np.arange(first, self.rows)

    def add(self, rows: np.ndarray, columns: np.ndarray, value: np.ndarray | float) -> None:
        """Entries of the matrix; all of one shape once broadcast."""
        rows, columns, values = np.broadcast_arrays(rows, columns, np.asarray(value, float))
        self.entries.append((rows.ravel(), columns.ravel(), values.ravel()))

    def highs(self, maximise: bool) -> highspy.HighsLp:
        """As HiGHS reads it."""
        rows, columns, values = (np.concatenate(part) for part in zip(*self.entries, strict=True))
        order = np.lexsort((columns, rows))
        lp = highspy.HighsLp()
        lp.num_col_, lp.num_row_ = self.columns, self.rows
        lp.col_lower_, lp.col_upper_ = np.concatenate(self.lower), np.concatenate(self.upper)
        lp.col_cost_ = np.concatenate(self.value)
        lp.row_lower_, lp.row_upper_ = np.concatenate(self.least), np.concatenate(self.most)
        lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        lp.a_matrix_.start_ = np.searchsorted(rows[order], np.arange(self.rows + 1))
        lp.a_matrix_.index_, lp.a_matrix_.value_ = columns[order], values[order]
        kinds = highspy.HighsVarType
        lp.integrality_ = [kinds.kInteger if one else kinds.kContinuous for one in np.concatenate(self.whole)]
        lp.sense_ = highspy.ObjSense.kMaximize if maximise else highspy.ObjSense.kMinimize
        return lp


class Model:
    """The model of an instance.

    Attributes:
        count: (C, P, 3) int64, how many VMs of each class are on node 0, 1 and on both at the beginning.
        here: (C, P, 3) int64, the column of each such number, -1 where a VM of the class is never.
    """

    def __init__(self, instance: VMReschedulingInstance, classes: Classes) -> None:
        self.instance, self.classes = instance, classes
        kinds, pms = len(classes.flavour), instance.pms
        self.count = np.zeros((kinds, pms, 3), np.int64)
        moving = np.flatnonzero(classes.of >= 0)
        np.add.at(self.count, (classes.of[moving], instance.pm[moving], instance.numa[moving]), 1)
        halves = 1 + instance.double[classes.flavour]
        self.cores = instance.cores[classes.flavour] // halves
        self.memory = instance.memory[classes.flavour] // halves
        self.double = instance.double[classes.flavour] == 1
        self.cost = instance.cost[classes.flavour]
        self.program = Program()
        self._numbers()
        self._moves()
        self._slots()
        self._groups()

    def _numbers(self) -> None:
        """Each class has as many VMs as before."""
        program, pms = self.program, self.instance.pms
        self.here = np.full(self.count.shape, -1)
        total = self.count.sum(axis=(1, 2))
        for k in range(len(total)):
            nodes = [BOTH] if self.double[k] else [0, 1]
            columns = program.variables(pms * len(nodes), total[k], 0.0, True)
            self.here[k][:, nodes] = columns.reshape(pms, len(nodes))
            program.add(program.constraints(total[k], total[k], 1), columns, 1.0)

    def _moves(self) -> None:
        """What has left costs no more than the limit."""
        program, (k, p, node) = self.program, np.nonzero(self.count)
        price = self.cost[k].astype(float)
        self.gone = program.variables(len(k), self.count[k, p, node], price if self.instance.goal else 0.0, False)
        rows = program.constraints(self.count[k, p, node], INFINITY, len(k))
        program.add(rows, self.gone, 1.0)
        program.add(rows, self.here[k, p, node], 1.0)
        program.add(program.constraints(-INFINITY, self.instance.limit, 1), self.gone, price)

    def _slots(self) -> None:
        """Slots of each kind and all VMs have room; with a goal, what is missing costs limit + 1."""
        instance, program = self.instance, self.program
        free = [room + self._used(size) for room, size in zip(instance.free(), (self.cores, self.memory), strict=True)]
        tight = self._memory_binds(free[1])
        self.slots = []
        for kind in range(1 if instance.goal else len(instance.slot_cores)):
            double, need = bool(instance.slot_double[kind]), int(instance.slot_memory[kind])
            value = 0.0 if instance.goal else float(instance.slot_weight[kind] * instance.slot_cores[kind])
            shape = (instance.pms, 1) if double else (instance.pms, 2)
            columns = program.variables(shape[0] * shape[1], INFINITY, value, True).reshape(shape)
            self.slots.append(columns)
            sizes = [(instance.slot_cores[kind], self.cores, free[0])]
            sizes += [(need, self.memory, free[1])] if need or (tight and kind == 0) else []
            for slot, size, most in sizes:
                rows = program.constraints(-INFINITY, most.ravel(), most.size).reshape(most.shape)
                program.add(rows, columns, slot // (1 + double))
                self._add_used(rows, size)
        if instance.goal:
            self.missing = program.variables(1, instance.goal, instance.limit + 1, False)
            row = program.constraints(instance.goal, INFINITY, 1)
            program.add(row, self.slots[0], 1.0)
            program.add(row, self.missing, 1.0)

    def _used(self, size: np.ndarray) -> np.ndarray:
        """(P, 2): what the VMs that may move take of each node at the beginning."""
        on = self.count[:, :, :2] + self.count[:, :, 2:]
        return (size[:, None, None] * on).sum(axis=0)

    def _add_used(self, rows: np.ndarray, size: np.ndarray) -> None:
        """What the VMs take in these rows (P, 2)."""
        for k in np.flatnonzero(size):
            columns = self.here[k][:, 2:] if self.double[k] else self.here[k][:, :2]
            self.program.add(rows, columns, size[k])

    def _memory_binds(self, room: np.ndarray) -> bool:
        """Whether there is a node that could be full of memory before it is full of cores."""
        cores = self.instance.free()[0] + self._used(self.cores)
        densest = (self.memory / self.cores).max(initial=0.0)
        return bool((densest * cores > room).any())

    def _groups(self) -> None:
        """Of each anti-affinity group, a PM has one VM at most."""
        for group in np.unique(self.classes.group[self.classes.group >= 0]):
            some = np.flatnonzero(self.classes.group == group)
            fixed = np.zeros(self.instance.pms)
            stays = (self.instance.group == group) & (self.classes.of < 0)
            fixed[self.instance.pm[stays]] = 1
            rows = self.program.constraints(-INFINITY, 1 - fixed, self.instance.pms)
            for k in some:
                for node in [BOTH] if self.double[k] else [0, 1]:
                    self.program.add(rows, self.here[k, :, node], 1.0)

    def start(self, moves: np.ndarray) -> np.ndarray:
        """(columns,) f64: the solution that migrations (n, 5) mean."""
        count = self.count.copy()
        for vm, pm, node, to, there in moves.tolist():
            count[self.classes.of[vm], pm, node] -= 1
            count[self.classes.of[vm], to, there] += 1
        values = np.zeros(self.program.columns)
        used = self.here >= 0
        values[self.here[used]] = count[used]
        k, p, node = np.nonzero(self.count)
        values[self.gone] = np.maximum(0, self.count[k, p, node] - count[k, p, node])
        on = count[:, :, :2] + count[:, :, 2:] - self.count[:, :, :2] - self.count[:, :, 2:]
        cores, memory = self.instance.free()
        cores = cores - (self.cores[:, None, None] * on).sum(axis=0)
        memory = memory - (self.memory[:, None, None] * on).sum(axis=0)
        for kind, columns in enumerate(self.slots):
            room = room_for(self.instance, kind, cores, memory)
            values[columns.ravel()] = room.ravel()
        if self.instance.goal:
            values[self.missing] = max(0, self.instance.goal - values[self.slots[0].ravel()].sum())
        return values

    def counts(self, values: np.ndarray) -> np.ndarray:
        """(C, P, 3) int64: how many VMs of each class are where, by a solution (columns,)."""
        found, used = np.zeros(self.count.shape, np.int64), self.here >= 0
        found[used] = np.round(values[self.here[used]]).astype(np.int64)
        return found
