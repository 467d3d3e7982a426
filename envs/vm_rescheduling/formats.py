"""The formats of clusters; both are JSON.

`json` holds a whole instance. A group of -1 is none, and who leaves at -1 stays:

    {"name": "tiny", "limit": 2, "goal": 0, "span": 0,
     "flavours": [[4, 8192, 0, 1]],                 cores, MB, 1 = double, cost of a migration
     "slots": [[16, 0, 0, 1.0]],                    cores, MB, 1 = double, weight
     "pms": [[44, 44, 188416, 188416]],             cores of each NUMA node, MB of each
     "vms": [[0, 0, 1, -1, -1]],                    flavour, PM, NUMA node (2 = both), group, ms at which it leaves
     "arrivals": [[1000, 0, -1]]}                   ms, flavour, ms at which it leaves

`bytedance` is the snapshot of a cluster as ByteDance published it (`envs.vm_rescheduling.formats_bytedance`); it knows
neither a limit nor slots, which are given as in "medium.json:limit=100:slots=64d": 50 and 16 otherwise.
Every fault is a ValueError of one sentence: the file, the VM or PM by its name there, and the rule.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from envs.core.files import parse_json, read_text, write_text
from envs.core.text import whole
from envs.vm_rescheduling.checks import NEVER
from envs.vm_rescheduling.formats_bytedance import read_snapshot
from envs.vm_rescheduling.instance import VMReschedulingInstance
from envs.vm_rescheduling.slots import slots_of

FORMATS = {
    "json": "a whole instance, what is hidden included",
    "bytedance": "the snapshot of a cluster, as published with DRL-based-VM-Rescheduling",
}
"""Name of each format to what it holds."""

TABLES = {
    "flavours": ("cores", "MB", "double", "cost"),
    "slots": ("cores", "MB", "double", "weight"),
    "pms": ("cores of node 0", "cores of node 1", "MB of node 0", "MB of node 1"),
    "vms": ("flavour", "PM", "NUMA node", "group", "leaves"),
    "arrivals": ("arrives", "flavour", "leaves"),
}
"""Of the format `json`: each list to the columns of its rows."""


def load(path: str | Path, limit: str | None = None, slots: str | None = None) -> list[VMReschedulingInstance]:
    """Read the one instance of a file, in either format; limit, slots: of a snapshot, which does not say them."""
    path = Path(path)
    found = parse_json(read_text(path, FORMATS), path)
    if not isinstance(found, dict) or not ({"cluster_list", "vms"} & set(found)):
        raise ValueError(f"{path}: this is neither an object with `vms` (json) nor one with `cluster_list` (bytedance)")
    try:
        if "cluster_list" in found:
            wanted = slots_of("16" if slots is None else slots)
            most = 50 if limit is None else whole(limit, "limit", 1, 10**6)
            return [read_snapshot(found, wanted, most, path.stem)]
        for name, value in (("limit", limit), ("slots", slots)):
            if value is not None:
                raise ValueError(f"the file says its {name} itself, so that {name}={value} cannot be given")
        return [_instance(found, path.stem)]
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None


def save(instance: VMReschedulingInstance, path: str | Path) -> None:
    """Write the format `json`, so that `load` returns the instance, name included; a ValueError for another ending."""
    path = Path(path)
    if path.suffix.lower() != ".json":
        raise ValueError(f"{path}: a cluster is written as JSON, so the name has to end in .json")
    one = instance
    leaves, arrival_leaves = (np.where(times < NEVER, times, -1) for times in (one.leaves, one.arrival_leaves))
    tables = {
        "flavours": (one.cores, one.memory, one.double, one.cost),
        "slots": (one.slot_cores, one.slot_memory, one.slot_double, one.slot_weight),
        "pms": (*one.pm_cores.T, *one.pm_memory.T),
        "vms": (one.flavour, one.pm, one.numa, one.group, leaves),
        "arrivals": (one.arrival, one.arrival_flavour, arrival_leaves),
    }
    head = {name: getattr(instance, name) for name in ("name", "limit", "goal", "span")}
    lines = [f" {json.dumps(key)}: {json.dumps(value)}" for key, value in head.items()]
    for name, columns in tables.items():
        rows = zip(*(column.tolist() for column in columns), strict=True)
        lines.append(f" {json.dumps(name)}: {json.dumps(list(rows))}")
    write_text(path, "{\n" + ",\n".join(lines) + "\n}\n")


def _instance(found: dict[str, Any], stem: str) -> VMReschedulingInstance:
    name = found.get("name", stem)
    if not isinstance(name, str):
        raise ValueError(f"`name` is a text, not {name!r}")
    unknown = [key for key in found if key not in (*TABLES, "name", "limit", "goal", "span")]
    if unknown:
        raise ValueError(f"there is a key `{unknown[0]}`, but a cluster has {', '.join(TABLES)}")
    flavours, slots, pms, vms, arrivals = (_table(found.get(key, []), key, columns) for key, columns in TABLES.items())
    return VMReschedulingInstance(
        **dict(zip(("cores", "memory", "double", "cost"), _whole(flavours, "flavours"), strict=True)),
        **dict(zip(("slot_cores", "slot_memory", "slot_double"), _whole(slots[:, :3], "slots"), strict=True)),
        slot_weight=slots[:, 3],
        pm_cores=_whole(pms, "pms")[:2].T,
        pm_memory=_whole(pms, "pms")[2:].T,
        **dict(zip(("flavour", "pm", "numa", "group"), _whole(vms[:, :4], "vms"), strict=True)),
        leaves=_times(vms[:, 4]),
        arrival=_times(arrivals[:, 0]),
        arrival_flavour=_whole(arrivals, "arrivals")[1],
        arrival_leaves=_times(arrivals[:, 2]),
        limit=found.get("limit", 50),
        goal=found.get("goal", 0),
        span=found.get("span", 0),
        name=name,
    )


def _table(rows: Any, name: str, columns: tuple[str, ...]) -> np.ndarray:
    """(n, columns) float64, or a ValueError."""
    if not isinstance(rows, list):
        raise ValueError(f"`{name}` is {str(rows)[:60]}, but must be a list of rows of {len(columns)} numbers")
    for number, row in enumerate(rows):
        fits = isinstance(row, list) and all(type(value) in (int, float) and abs(value) <= NEVER for value in row)
        if not fits or len(row) != len(columns):
            raise ValueError(
                f"row {number} of `{name}` is {str(row)[:60]}, but its {len(columns)} numbers are {', '.join(columns)}"
            )
    return np.reshape(np.array(rows, np.float64), (-1, len(columns)))


def _whole(table: np.ndarray, name: str) -> np.ndarray:
    """(columns, n) int64, or a ValueError."""
    wrong = np.argwhere(table != np.floor(table))
    if len(wrong):
        raise ValueError(f"row {wrong[0][0]} of `{name}` has {table[tuple(wrong[0])]}, but must have whole numbers")
    return table.T.astype(np.int64)


def _times(column: np.ndarray) -> np.ndarray:
    return np.where(column == -1, NEVER, column)
