"""The snapshot of a cluster as ByteDance publishes it (github.com/bytedance/DRL-based-VM-Rescheduling), Apache-2.0.

    {"cluster_list": [{
        "host_info": [{"node_id": "pm_0", "numa": [
            {"node": 0, "total_cpu": 44, "memory_huge_total_mb": 184388.0}, {"node": 1, ...}]}, ...],
        "vm_instance": [{"instance_id": "vm_0", "instance_type": "xlarge", "host_id": "pm_0",
            "numa": [{"node": 1, "cpu": 4, "mem_mb": 8192.0}], "allow_migration": true}, ...],
        "other_requirement": {"deployment_set": []}}, ...],
     "vm_type_list": [{"vm_type": "xlarge", "request_cpu": 4, "request_mem_mb": 8192.0}, ...]}

All clusters are taken for one, as the published environment does; what is not named here is not read, free cores
included, since VMs and totals tell them. A VM on two nodes is double, whatever its type says. A deployment set is a
list of names of VMs that are kept on different PMs; the published files have none.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from envs.vm_rescheduling.checks import BOTH
from envs.vm_rescheduling.instance import VMReschedulingInstance
from envs.vm_rescheduling.slots import Slots

Object = dict[str, Any]


@dataclass
class _Snapshot:
    """What has been read so far."""

    types: dict[str, tuple[int, int]]
    pm: dict[str, int] = field(default_factory=dict)
    pms: list[list[int]] = field(default_factory=list)
    used: list[list[int]] = field(default_factory=list)
    flavours: dict[tuple[int, int, int], int] = field(default_factory=dict)
    vm: dict[str, int] = field(default_factory=dict)
    vms: list[tuple[int, int, int]] = field(default_factory=list)
    group: list[int] = field(default_factory=list)


def read_snapshot(found: Object, slots: Slots, limit: int, name: str) -> VMReschedulingInstance:
    """The instance of a parsed file; ValueError names the VM or PM as the file does."""
    types = {}
    for one in _objects(found, "vm_type_list", "the file"):
        kind = _get(one, "vm_type", str, "a type of VMs")
        cpu, memory = (_number(one, key, f"the type {kind}") for key in ("request_cpu", "request_mem_mb"))
        types[kind] = (cpu, memory)
    snapshot = _Snapshot(types)
    for cluster in _objects(found, "cluster_list", "the file"):
        for host in _objects(cluster, "host_info", "a cluster"):
            _read_host(snapshot, host)
        for vm in _objects(cluster, "vm_instance", "a cluster"):
            _read_vm(snapshot, vm)
        further = cluster.get("other_requirement") or {}
        sets = further.get("deployment_set", []) if isinstance(further, dict) else None
        if not isinstance(sets, list):
            raise ValueError(f"`deployment_set` is {str(sets)[:60]}, but must be a list of lists of names of VMs")
        for names in sets:
            _read_set(snapshot, names)
    if not snapshot.vms:
        raise ValueError("the file has no VMs, but at least one is needed")
    return VMReschedulingInstance.cluster(
        list(snapshot.flavours),
        snapshot.pms,
        snapshot.vms,
        group=snapshot.group,
        slots=list(zip(slots.slot_cores, slots.slot_memory, slots.slot_double, strict=True)),
        weights=slots.slot_weight,
        limit=limit,
        name=name,
    )


def _read_host(snapshot: _Snapshot, host: Object) -> None:
    name = _get(host, "node_id", str, "a host")
    if name in snapshot.pm:
        raise ValueError(f"{name} is in the file twice, but names of hosts differ")
    nodes = {_number(node, "node", name): node for node in _objects(host, "numa", name)}
    if sorted(nodes) != [0, 1]:
        raise ValueError(f"{name} has the NUMA nodes {sorted(nodes)}, but a host has 0 and 1")
    snapshot.pm[name] = len(snapshot.pms)
    keys = ("total_cpu", "memory_huge_total_mb")
    snapshot.pms.append([_number(nodes[node], key, name) for key in keys for node in (0, 1)])
    snapshot.used.append([0, 0, 0, 0])


def _read_vm(snapshot: _Snapshot, vm: Object) -> None:
    name = _get(vm, "instance_id", str, "a VM")
    if name in snapshot.vm:
        raise ValueError(f"{name} is in the file twice, but names of VMs differ")
    kind, host = _get(vm, "instance_type", str, name), vm.get("host_id")
    if kind not in snapshot.types:
        raise ValueError(f"{name} is of the type {kind}, which `vm_type_list` has not")
    if host not in snapshot.pm:
        raise ValueError(f"{name} is on the host {host!r}, which `host_info` of its cluster or one before has not")
    if vm.get("allow_migration", True) is not True:
        raise ValueError(f"{name} must not migrate: take it and its cores out of the file, for here every VM may")
    cpu, memory = snapshot.types[kind]
    nodes = _objects(vm, "numa", name)
    numbers = [_number(node, "node", name) for node in nodes]
    if sorted(numbers) not in ([0], [1], [0, 1]):
        raise ValueError(f"{name} is on the NUMA nodes {numbers}, but must be on 0, on 1 or on both")
    for node in nodes:
        part = (_number(node, "cpu", name), _number(node, "mem_mb", name))
        if part != (cpu / len(nodes), memory / len(nodes)):
            raise ValueError(
                f"{name} has {part[0]} cores and {part[1]} MB on a NUMA node, but its type {kind} has {cpu} and "
                f"{memory} in all, the same on each of its {len(nodes)}"
            )
    pm = snapshot.pm[host]
    for key, (size, unit) in enumerate(((cpu, "cores"), (memory, "MB"))):
        for number in numbers:
            snapshot.used[pm][2 * key + number] += size // len(nodes)
            used, room = snapshot.used[pm][2 * key + number], snapshot.pms[pm][2 * key + number]
            if used > room:
                raise ValueError(f"{name} is on {host}, whose NUMA node {number} would need {used} of {room} {unit}")
    flavour = snapshot.flavours.setdefault((cpu, memory, len(nodes) - 1), len(snapshot.flavours))
    snapshot.vm[name] = len(snapshot.vms)
    snapshot.vms.append((flavour, pm, numbers[0] if len(nodes) == 1 else BOTH))
    snapshot.group.append(-1)


def _read_set(snapshot: _Snapshot, names: Any) -> None:
    if not isinstance(names, list):
        raise ValueError(f"a deployment set is {str(names)[:60]}, but must be a list of names of VMs")
    group, hosts = max(snapshot.group) + 1 if snapshot.group else 0, {}
    for name in names:
        if name not in snapshot.vm:
            raise ValueError(f"a deployment set names {str(name)[:40]}, which is no VM of its cluster or one before")
        vm = snapshot.vm[name]
        if snapshot.group[vm] >= 0:
            raise ValueError(f"{name} is in two deployment sets, but can be in one")
        twin = hosts.setdefault(snapshot.vms[vm][1], name)
        if twin != name:
            raise ValueError(f"{name} is on the same host as {twin}, but both are in one deployment set")
        snapshot.group[vm] = group


def _objects(one: Object, key: str, what: str) -> list[Object]:
    return list(_each(one.get(key), key, what))


def _each(values: Any, key: str, what: str) -> Iterator[Object]:
    if not isinstance(values, list):
        raise ValueError(f"{what} has no list `{key}`, which a snapshot has")
    for value in values:
        if not isinstance(value, dict):
            raise ValueError(f"{what}: `{key}` holds {str(value)[:60]}, but must hold objects")
        yield value


def _get(one: Object, key: str, wanted: type, what: str) -> Any:
    value = one.get(key)
    if not isinstance(value, wanted):
        raise ValueError(f"{what} has no `{key}` or it is {str(value)[:60]}, but must be of the type {wanted.__name__}")
    return value


def _number(one: Object, key: str, what: str) -> int:
    value: Any = one.get(key)
    if type(value) not in (int, float) or not 0 <= value <= 2**31 or value != int(value):
        raise ValueError(f"{what}: `{key}` is {str(value)[:60]}, but must be a whole number from 0 on")
    return int(value)
