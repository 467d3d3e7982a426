"""The judge of migrations: plain Python that shares no code with the kernel, the environment or a solver.

A schedule has one row for each migration, in the order in which they are done, and six integer columns:

* `vm`: which VM moves, counted from 0; V + a is the a-th one that arrived;
* `from_pm`, `from_numa`, `to_pm`, `to_numa`: from where to where; the NUMA node is 0, 1 or 2, both;
* `time`: when it is done, in ms, from 0 to the span; rows ascend.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from envs.core.schedules import ScheduleError, whole_rows

if TYPE_CHECKING:
    from envs.vm_rescheduling.instance import VMReschedulingInstance

COLUMNS = ("vm", "from_pm", "from_numa", "to_pm", "to_numa", "time")
NODES = {0: (0,), 1: (1,), 2: (0, 1)}
NEVER = 2**40


class Row(NamedTuple):
    """One migration."""

    vm: int
    from_pm: int
    from_numa: int
    to_pm: int
    to_numa: int
    time: int

    def __str__(self) -> str:
        return f"VM {self.vm} to PM {self.to_pm}, NUMA node {self.to_numa}, at {self.time}"


@dataclass(frozen=True)
class VM:
    """What a VM needs of each NUMA node that it is on."""

    cores: int
    memory: int
    double: int
    cost: int
    group: int


def verify(instance: VMReschedulingInstance, schedule: Any) -> float | int:
    """The objective of a schedule, (n, 6) integers or nested lists: the fragment rate, or the cost with a goal.

    Raises ScheduleError, one sentence, unless each VM moves from where it is to another place that has room for it at
    that time and no VM of its group, and all that moves takes no more than the limit.
    """
    rows = [Row(*row) for row in whole_rows(schedule, COLUMNS)]
    cluster, spent = Cluster(instance), 0
    for before, row in zip([None, *rows], rows, strict=False):
        if not (before.time if before else 0) <= row.time <= instance.span:
            raise ScheduleError(f"{row}: its time must be from that of the row before on, and within the span")
        cluster.live_until(row.time)
        cluster.migrate(row)
        spent += cluster.vms[row.vm].cost
        if spent > instance.limit:
            raise ScheduleError(f"{row}: the migrations take {spent} by then, but the limit is {instance.limit}")
    cluster.live_until(instance.span)
    if instance.goal:
        return spent + (instance.limit + 1) * max(0, instance.goal - cluster.slots(0))
    return cluster.rate()


class Cluster:
    """Where every VM is, and the free [cores, MB] of each NUMA node, number 2 pm + node."""

    def __init__(self, instance: VMReschedulingInstance) -> None:
        self.instance = instance
        halves = [1 + double for double in instance.double.tolist()]
        kinds: list[tuple[int, int, int, int]] = [
            (cores // half, memory // half, half - 1, cost)
            for cores, memory, half, cost in zip(
                instance.cores.tolist(), instance.memory.tolist(), halves, instance.cost.tolist(), strict=True
            )
        ]
        groups = instance.group.tolist() + [-1] * len(instance.arrival)
        flavours = instance.flavour.tolist() + instance.arrival_flavour.tolist()
        self.vms = [VM(*kinds[flavour], group=group) for flavour, group in zip(flavours, groups, strict=True)]
        self.place: dict[int, tuple[int, int]] = {}
        cores, memory = instance.pm_cores.ravel().tolist(), instance.pm_memory.ravel().tolist()
        self.free = [list(pair) for pair in zip(cores, memory, strict=True)]
        for vm, place in enumerate(zip(instance.pm.tolist(), instance.numa.tolist(), strict=True)):
            self.put(vm, place)
        leaves = instance.leaves.tolist() + instance.arrival_leaves.tolist()
        arrivals = enumerate(instance.arrival.tolist(), len(instance.flavour))
        gone = [(time, 0, vm) for vm, time in enumerate(leaves) if time < NEVER]
        self.events = sorted(gone + [(time, 1, vm) for vm, time in arrivals], reverse=True)

    def put(self, vm: int, place: tuple[int, int]) -> None:
        """Put a VM to (PM, NUMA node)."""
        self.place[vm] = place
        for node in NODES[place[1]]:
            self.free[2 * place[0] + node][0] -= self.vms[vm].cores
            self.free[2 * place[0] + node][1] -= self.vms[vm].memory

    def take(self, vm: int) -> None:
        """Take a VM from where it is."""
        pm, numa = self.place.pop(vm)
        for node in NODES[numa]:
            self.free[2 * pm + node][0] += self.vms[vm].cores
            self.free[2 * pm + node][1] += self.vms[vm].memory

    def room(self, vm: int, place: tuple[int, int]) -> bool:
        """Whether the place has room for the VM."""
        nodes = [self.free[2 * place[0] + node] for node in NODES[place[1]]]
        return all(cores >= self.vms[vm].cores and memory >= self.vms[vm].memory for cores, memory in nodes)

    def live_until(self, time: int) -> None:
        """Let VMs leave and arrive up to a time."""
        while self.events and self.events[-1][0] <= time:
            _, arrives, vm = self.events.pop()
            if arrives:
                self.arrive(vm)
            elif vm in self.place:
                self.take(vm)

    def arrive(self, vm: int) -> None:
        """Put a new VM where it leaves the fewest cores, the first of such places; nowhere if none has room."""
        nodes = [2] if self.vms[vm].double else [0, 1]
        places = [(pm, node) for pm in range(len(self.instance.pm_cores)) for node in nodes]
        fitting = [place for place in places if self.room(vm, place)]
        if fitting:
            self.put(vm, min(fitting, key=lambda place: sum(self.free[2 * place[0] + k][0] for k in NODES[place[1]])))

    def migrate(self, row: Row) -> None:
        """Do one migration."""
        if row.vm not in self.place:
            raise ScheduleError(f"{row}: there is no such VM then")
        vm, target = self.vms[row.vm], (row.to_pm, row.to_numa)
        if self.place[row.vm] != (row.from_pm, row.from_numa):
            raise ScheduleError(
                f"{row}: it should come from PM {row.from_pm}, NUMA node {row.from_numa}, but is on PM "
                f"{self.place[row.vm][0]}, NUMA node {self.place[row.vm][1]}"
            )
        if not 0 <= row.to_pm < len(self.instance.pm_cores):
            raise ScheduleError(f"{row}: there is no such PM, they are 0 to {len(self.instance.pm_cores) - 1}")
        if row.to_numa not in ((2,) if vm.double else (0, 1)):
            raise ScheduleError(f"{row}: a VM of its flavour is on {'both nodes, 2' if vm.double else '0 or 1'}")
        if target == self.place[row.vm]:
            raise ScheduleError(f"{row}: it is there already")
        self.take(row.vm)
        for other, (pm, _) in self.place.items():
            if vm.group >= 0 and pm == row.to_pm and self.vms[other].group == vm.group:
                raise ScheduleError(f"{row}: VM {other} of the same anti-affinity group is there")
        if not self.room(row.vm, target):
            raise ScheduleError(f"{row}: there is no room for it")
        self.put(row.vm, target)

    def slots(self, kind: int) -> int:
        """How many slots of a kind there are."""
        double, cores = self.instance.slot_double.tolist()[kind], self.instance.slot_cores.tolist()[kind]
        memory = self.instance.slot_memory.tolist()[kind]
        room = [
            min(node[0] // (cores // (1 + double)), node[1] // (memory // (1 + double)) if memory else NEVER)
            for node in self.free
        ]
        return sum(map(min, room[::2], room[1::2])) if double else sum(room)

    def rate(self) -> float:
        """The weighted fragment rate."""
        total = sum(cores for cores, _ in self.free)
        rate = 0.0
        for kind, (size, weight) in enumerate(
            zip(self.instance.slot_cores.tolist(), self.instance.slot_weight.tolist(), strict=True)
        ):
            rate += weight * (1 - size * self.slots(kind) / total) if total else 0.0
        return rate
