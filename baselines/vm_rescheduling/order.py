"""From how many VMs are to be where to single migrations, each of which has room when it is done."""

import numpy as np

from envs.vm_rescheduling.instance import BOTH, VMReschedulingInstance

NODES = ([0], [1], [0, 1])
Place = tuple[int, int, int]
"""Class, PM, node."""


class Ordering:
    """Migrations one after the other, where VMs of one class are interchangeable.

    before, after: (C, P, 3) int64, how many VMs of each class are on node 0, 1 and on both. of: (V,) the class of each
    VM, -1 where it stays.
    """

    def __init__(self, instance: VMReschedulingInstance, of: np.ndarray, before: np.ndarray, after: np.ndarray) -> None:
        self.instance = instance
        self.cores, self.memory = (array.copy() for array in instance.free())
        halves = 1 + instance.double
        self.need = np.stack([instance.cores // halves, instance.memory // halves], axis=1)
        self.supply, self.demand = _listed(before - after), _listed(after - before)
        self.vms: dict[Place, list[int]] = {}
        wanted = set(self.supply)
        for vm in np.flatnonzero(of >= 0).tolist():
            key = (int(of[vm]), int(instance.pm[vm]), int(instance.numa[vm]))
            if key in wanted:
                self.vms.setdefault(key, []).append(vm)
        for vms in self.vms.values():
            vms.sort(key=lambda vm: instance.group[vm] >= 0, reverse=True)  # those without a group are taken first
        self.hosts: dict[int, set[int]] = {}
        for vm in np.flatnonzero(instance.group >= 0).tolist():
            self.hosts.setdefault(int(instance.group[vm]), set()).add(int(instance.pm[vm]))
        self.moves: list[tuple[int, int, int, int, int]] = []
        self.spent = 0

    def run(self) -> np.ndarray:
        """(n, 5) migrations; where no order serves all, a VM waits elsewhere meanwhile, or the others are left out."""
        while self.demand and (self._step() or self._detour()):
            pass
        return np.array(self.moves, np.int64).reshape(-1, 5)

    def _step(self) -> bool:
        """Do one migration to where it is wanted; whether there is one."""
        blocked = {key[1] for key in self.demand}
        for demand in self.demand:
            sources = [source for source in dict.fromkeys(self.supply) if source[0] == demand[0]]
            sources.sort(key=lambda source: source[1] not in blocked)
            for source in sources:
                for vm in reversed(self.vms[source]):
                    if self._fits(vm, source, demand):
                        self._move(vm, source, demand)
                        self.demand.remove(demand)
                        return True
        return False

    def _detour(self) -> bool:
        """Move a VM that waits for room to any place that has some, if the limit allows a migration more of it."""
        left = self.instance.limit - self.spent - self._cost_of_demand()
        for source in dict.fromkeys(self.supply):
            vm = self.vms[source][-1]
            if self._cost(vm) > left or not self._blocks(source):
                continue
            for pm in range(self.instance.pms):
                for node in [BOTH] if source[2] == BOTH else [0, 1]:
                    place = (source[0], pm, node)
                    if place[1:] != source[1:] and not self._blocks(place) and self._fits(vm, source, place):
                        self._move(vm, source, place)
                        self.supply.append(place)
                        self.vms.setdefault(place, []).append(vm)
                        return True
        return False

    def _cost_of_demand(self) -> int:
        flavour = {key[0]: self.instance.flavour[vms[0]] for key, vms in self.vms.items() if vms}
        return sum(int(self.instance.cost[flavour[key[0]]]) for key in self.demand)

    def _cost(self, vm: int) -> int:
        return int(self.instance.cost[self.instance.flavour[vm]])

    def _blocks(self, place: Place) -> bool:
        """Whether a VM is wanted on a node of this place."""
        return any(place[1] == demand[1] and set(NODES[place[2]]) & set(NODES[demand[2]]) for demand in self.demand)

    def _fits(self, vm: int, source: Place, place: Place) -> bool:
        pm, nodes = place[1], NODES[place[2]]
        cores, memory = self.need[self.instance.flavour[vm]]
        group = int(self.instance.group[vm])
        if group >= 0 and pm != source[1] and pm in self.hosts[group]:
            return False
        return bool((self.cores[pm, nodes] >= cores).all() and (self.memory[pm, nodes] >= memory).all())

    def _move(self, vm: int, source: Place, place: Place) -> None:
        cores, memory = self.need[self.instance.flavour[vm]]
        for (_, pm, node), sign in ((source, 1), (place, -1)):
            self.cores[pm, NODES[node]] += sign * cores
            self.memory[pm, NODES[node]] += sign * memory
        group = int(self.instance.group[vm])
        if group >= 0:
            self.hosts[group].remove(source[1])
            self.hosts[group].add(place[1])
        self.vms[source].remove(vm)
        self.supply.remove(source)
        self.moves.append((vm, source[1], source[2], place[1], place[2]))
        self.spent += self._cost(vm)


def _listed(excess: np.ndarray) -> list[Place]:
    """The places (C, P, 3) of a positive number, each as often as that is."""
    return [(k, pm, node) for k, pm, node in np.argwhere(excess > 0).tolist() for _ in range(int(excess[k, pm, node]))]
