"""What an instance must be: each function returns the checked fields, or raises a ValueError of one sentence.

`instance` is a `VMReschedulingInstance` whose fields have been set and not looked at.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from envs.core.instance import freeze

BOTH = 2
"""In the place of a NUMA node, 0 or 1: a VM that has half of its cores and memory on each."""

NEVER = 2**40
"""The time at which a VM leaves that stays."""

LARGEST = 2**31
"""No number of cores, MB or ms of an instance is above this, so that sums of them are exact."""

MOST_FLAVOURS = 10_000

Fields = dict[str, Any]


def check_flavours(instance: Any) -> Fields:
    """`cores`, `memory`, `double`, `cost`."""
    found = {name: integers(getattr(instance, name), name, "flavour") for name in ("cores", "memory", "double", "cost")}
    same_length(found, "cores")
    if not len(found["cores"]):
        raise ValueError("there are no flavours, but at least one is needed")
    if len(found["cores"]) > MOST_FLAVOURS:
        raise ValueError(f"there are {len(found['cores'])} flavours, but at most {MOST_FLAVOURS} can be told apart")
    for name, low, high in (("cores", 1, LARGEST), ("memory", 0, LARGEST), ("double", 0, 1), ("cost", 1, LARGEST)):
        in_range(found[name], name, "flavour", low, high)
    for name in ("cores", "memory"):
        odd = np.flatnonzero((found["double"] == 1) & (found[name] % 2 == 1))
        if len(odd):
            raise ValueError(f"flavour {odd[0]}: {name} {found[name][odd[0]]} is odd, but double ones have halves")
    return found


def check_objective(instance: Any) -> Fields:
    """The kinds of slots, `limit`, `goal` and `span`."""
    names = ("slot_cores", "slot_memory", "slot_double")
    found: Fields = {name: integers(getattr(instance, name), name, "kind of slots") for name in names}
    weight = freeze(instance.slot_weight, np.float64)
    found["slot_weight"] = weight
    same_length(found, "slot_cores")
    if not 1 <= len(weight) <= 2:
        raise ValueError(f"there are {len(weight)} kinds of slots, but there must be 1 or 2")
    for name, low, high in (("slot_cores", 1, LARGEST), ("slot_memory", 0, LARGEST), ("slot_double", 0, 1)):
        in_range(found[name], name, "kind of slots", low, high)
    for name in ("slot_cores", "slot_memory"):
        odd = np.flatnonzero((found["slot_double"] == 1) & (found[name] % 2 == 1))
        if len(odd):
            raise ValueError(
                f"kind of slots {odd[0]}: {name} {found[name][odd[0]]} is odd, but double ones have halves"
            )
    if not (weight >= 0).all() or abs(weight.sum() - 1) > 1e-9:
        raise ValueError(f"slot_weight is {weight.tolist()}, but weights are not negative and their sum is 1")
    for name, low, high in (("limit", 1, 10**6), ("goal", 0, 10**6), ("span", 0, LARGEST)):
        value = getattr(instance, name)
        whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
        if not whole or not low <= value <= high:
            raise ValueError(f"{name} is {value!r}, but must be a whole number from {low} to {high}")
        found[name] = int(value)
    return found


def check_cluster(instance: Any, kinds: Fields) -> Fields:
    """The PMs, and the VMs on them."""
    found: Fields = {name: integers(getattr(instance, name), name, "PM", 2) for name in ("pm_cores", "pm_memory")}
    same_length(found, "pm_cores")
    if not len(found["pm_cores"]):
        raise ValueError("there are no PMs, but at least one is needed")
    for name in found:
        in_range(found[name], name, "PM", 0, LARGEST)
    vms: Fields = {name: integers(getattr(instance, name), name, "VM") for name in ("flavour", "pm", "numa", "group")}
    same_length(vms, "flavour")
    if not len(vms["flavour"]):
        raise ValueError("there are no VMs, but at least one is needed")
    in_range(vms["flavour"], "flavour", "VM", 0, len(kinds["cores"]) - 1)
    in_range(vms["pm"], "PM", "VM", 0, len(found["pm_cores"]) - 1)
    in_range(vms["group"], "group", "VM", -1, len(vms["flavour"]) - 1)
    _check_nodes(vms, kinds["double"][vms["flavour"]])
    _check_capacity(found | vms, kinds)
    _check_groups(vms)
    return found | vms


def _check_nodes(vms: Fields, double: np.ndarray) -> None:
    wrong = np.flatnonzero(np.where(double == 1, vms["numa"] != BOTH, (vms["numa"] != 0) & (vms["numa"] != 1)))
    if len(wrong):
        vm = wrong[0]
        rule = f"is double and on both, {BOTH}" if double[vm] else "is on 0 or 1"
        raise ValueError(f"VM {vm}: its NUMA node is {vms['numa'][vm]}, but a VM of its flavour {rule}")


def _check_capacity(found: Fields, kinds: Fields) -> None:
    """ValueError that names the first VM for which its NUMA node has no room after the VMs before it."""
    for name in ("cores", "memory"):
        size = (kinds[name] // (1 + kinds["double"]))[found["flavour"]]
        for node in range(2):
            here = np.flatnonzero((found["numa"] == node) | (found["numa"] == BOTH))
            used = np.zeros(len(found["pm_cores"]), np.int64)
            np.add.at(used, found["pm"][here], size[here])
            room = found[f"pm_{name}"][:, node]
            for pm in np.flatnonzero(used > room)[:1]:
                mine = here[found["pm"][here] == pm]
                vm = mine[np.flatnonzero(np.cumsum(size[mine]) > room[pm])[0]]
                raise ValueError(
                    f"VM {vm}: NUMA node {node} of PM {pm} has no room for it, for its VMs take {used[pm]} of "
                    f"{room[pm]} {'cores' if name == 'cores' else 'MB'}"
                )


def _check_groups(vms: Fields) -> None:
    member = np.flatnonzero(vms["group"] >= 0)
    order = member[np.lexsort((member, vms["pm"][member], vms["group"][member]))]
    group, pm = vms["group"][order], vms["pm"][order]
    twins = np.flatnonzero((group[1:] == group[:-1]) & (pm[1:] == pm[:-1]))
    if len(twins):
        first, second = order[twins[0]], order[twins[0] + 1]
        raise ValueError(
            f"VM {second}: it is on PM {vms['pm'][second]} beside VM {first} of the same anti-affinity group "
            f"{vms['group'][second]}, which are on different PMs"
        )


def check_future(instance: Any, found: Fields) -> Fields:
    """What is hidden: when VMs arrive and leave."""
    names = ("arrival", "arrival_flavour", "arrival_leaves")
    future: Fields = {name: integers(getattr(instance, name), name, "arrival") for name in names}
    same_length(future, "arrival")
    leaves = integers(instance.leaves, "leaves", "VM")
    same_length({"flavour": found["flavour"], "leaves": leaves}, "flavour")
    in_range(leaves, "leaves", "VM", 1, NEVER)
    in_range(future["arrival"], "arrival", "arrival", 1, NEVER - 1)
    in_range(future["arrival_flavour"], "flavour", "arrival", 0, len(found["cores"]) - 1)
    in_range(future["arrival_leaves"], "arrival_leaves", "arrival", 1, NEVER)
    backwards = np.flatnonzero(np.diff(future["arrival"]) < 0)
    if len(backwards):
        raise ValueError(f"arrival {backwards[0] + 1}: it is earlier than the one before it, but times ascend")
    early = np.flatnonzero(future["arrival_leaves"] <= future["arrival"])
    if len(early):
        raise ValueError(f"arrival {early[0]}: it leaves no later than it arrives")
    if not found["span"] and (len(future["arrival"]) or (leaves < NEVER).any()):
        raise ValueError("span is 0, but VMs arrive or leave: give the ms after which the objective is taken")
    return future | {"leaves": leaves}


def integers(values: ArrayLike, name: str, what: str, width: int = 0) -> np.ndarray:
    """(n,) int64 or, with a width, (n, width), frozen; ValueError that names the place of what is none."""
    array = np.asarray(values)
    if array.ndim != (2 if width else 1) or (width and array.shape[1] != width):
        shape = f"(n, {width})" if width else "(n,)"
        raise ValueError(f"{name} has the shape {array.shape}, but must be {shape}")
    if array.dtype.kind in "iu":
        return freeze(array, np.int64)
    for place, value in enumerate(array.tolist()):
        for number in value if width else [value]:
            if isinstance(number, bool) or not isinstance(number, int | float) or not abs(number) <= NEVER:
                raise ValueError(f"{what} {place}: {name} is {number!r}, but must be a whole number")
            if number != int(number):
                raise ValueError(f"{what} {place}: {name} is {number!r}, but must be a whole number")
    return freeze(array, np.int64)


def same_length(arrays: Mapping[str, np.ndarray], first: str) -> None:
    """ValueError unless all arrays have as many entries as this one."""
    for name, array in arrays.items():
        if len(array) != len(arrays[first]):
            raise ValueError(f"{name} has {len(array)} entries, but {first} has {len(arrays[first])}")


def in_range(array: np.ndarray, name: str, what: str, low: int, high: int) -> None:
    """ValueError that names the first entry outside low to high."""
    wrong = np.argwhere((array < low) | (array > high))
    if len(wrong):
        place = tuple(wrong[0])
        raise ValueError(f"{what} {place[0]}: {name} is {array[place]}, but must be from {low} to {high}")
