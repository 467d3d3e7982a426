"""Clusters before and after migrations: the free cores of each NUMA node as a map, and migrations as text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from envs.core.schedules import whole_rows
from envs.vm_rescheduling.checks import BOTH
from envs.vm_rescheduling.verify import COLUMNS, Cluster, Row

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from envs.vm_rescheduling.instance import VMReschedulingInstance

WIDE = 40
"""PMs in a row of a map."""
SLOT, MOVED = "#2e7d5b", "#c0392b"


def figure(instance: VMReschedulingInstance, schedule: Any, title: str = "", horizon: float = 0) -> Figure:  # noqa: ARG001
    """The cluster before and after a schedule (n, 6), `verify.COLUMNS`."""
    return compare(instance, {title or instance.name or instance.size: schedule})


def compare(instance: VMReschedulingInstance, schedules: Mapping[str, Any]) -> Figure:
    """The cluster before, and after each of several schedules, title to rows, one below the other.

    Each cell is a NUMA node; the two of a PM are one above the other. Its colour tells the free cores that are left
    over of slots, a frame that it has room for one, a dot that VMs came to it or left.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # slow to import, and text needs none
    from matplotlib.figure import Figure

    maps = {"before": (Cluster(instance), [])}
    for title, schedule in schedules.items():
        rows = _rows(schedule)
        maps[title] = _after(instance, rows), rows
    lines = -(-instance.pms // WIDE)
    drawing = Figure(figsize=(11, len(maps) * (0.55 + 0.44 * lines) + 0.7), layout="constrained")
    FigureCanvasAgg(drawing)
    axes = drawing.subplots(len(maps), 1, squeeze=False)[:, 0]
    images = [
        _map(axis, instance, cluster, rows, f"{title}: {_state(instance, cluster, rows)}")
        for axis, (title, (cluster, rows)) in zip(axes, maps.items(), strict=True)
    ]
    size = int(instance.slot_cores[0]) // (1 + int(instance.slot_double[0]))
    bar = drawing.colorbar(images[0], ax=list(axes), fraction=0.02, pad=0.01)
    bar.set_label(f"free cores left over of slots of {size}", fontsize=8)
    bar.ax.tick_params(labelsize=8)
    return drawing


def table(instance: VMReschedulingInstance, schedule: Any, width: int = 100) -> str:
    """A schedule (n, 6) as text: VM:from>to, a place being PM.node, or PM where a VM is on both.

    tiny 3x7, fragment rate 0.25 after 2 migrations (VM:from>to)
    4:0.1>2.0  6:1>0
    """
    rows = _rows(schedule)
    cluster = _after(instance, rows)
    heading = f"{instance.name} {instance.size}, {_state(instance, cluster, rows)} (VM:from>to)".lstrip()
    cells = [f"{row.vm}:{_place(row.from_pm, row.from_numa)}>{_place(row.to_pm, row.to_numa)}" for row in rows]
    lines, line = [heading], ""
    for cell in cells:
        if line and len(line) + 2 + len(cell) > width:
            lines.append(line)
            line = ""
        line += f"{'  ' if line else ''}{cell}"
    return "\n".join([*lines, line] if line else lines)


def _rows(schedule: Any) -> list[Row]:
    return [Row(*row) for row in whole_rows(schedule, COLUMNS)]


def _place(pm: int, numa: int) -> str:
    return f"{pm}" if numa == BOTH else f"{pm}.{numa}"


def _after(instance: VMReschedulingInstance, rows: list[Row]) -> Cluster:
    """The cluster after the migrations, at the time of the last."""
    cluster = Cluster(instance)
    for row in rows:
        cluster.live_until(row.time)
        cluster.migrate(row)
    return cluster


def _state(instance: VMReschedulingInstance, cluster: Cluster, rows: list[Row]) -> str:
    """The objective so far, and how many migrations there were."""
    count = f"{len(rows)} migration{'' if len(rows) == 1 else 's'}"
    if instance.goal:
        return f"{cluster.slots(0)} of {instance.goal} slots after {count}"
    return f"fragment rate {cluster.rate():.4f} after {count}"


def _map(axis: Axes, instance: VMReschedulingInstance, cluster: Cluster, rows: list[Row], title: str) -> Any:
    size = int(instance.slot_cores[0]) // (1 + int(instance.slot_double[0]))
    lines = -(-instance.pms // WIDE)
    grid = np.full((3 * lines, WIDE), np.nan)  # two nodes and a gap
    for node, (cores, _) in enumerate(cluster.free):
        line, column = divmod(node // 2, WIDE)
        grid[3 * line + node % 2, column] = cores % size
    image = axis.imshow(grid, cmap="YlOrBr", vmin=0, vmax=size - 1, aspect="auto", interpolation="nearest")
    roomy = [node for node, (cores, _) in enumerate(cluster.free) if cores >= size]
    moved = {
        2 * pm + k
        for row in rows
        for pm, numa in ((row.from_pm, row.from_numa), (row.to_pm, row.to_numa))
        for k in ((0, 1) if numa == BOTH else (numa,))
    }
    x, y = _cells(roomy)
    axis.scatter(x, y, s=44, marker="s", facecolors="none", edgecolors=SLOT, linewidths=1.1)
    x, y = _cells(sorted(moved))
    axis.scatter(x, y, s=9, color=MOVED, linewidths=0)
    axis.set_title(title, fontsize=9, loc="left")
    axis.set_xticks([])
    axis.set_yticks(
        [3 * line + 0.5 for line in range(lines)], [f"PM {WIDE * line}" for line in range(lines)], fontsize=7
    )
    for side in axis.spines.values():
        side.set_visible(False)
    return image


def _cells(nodes: list[int]) -> tuple[list[int], list[int]]:
    """Where nodes are on a map."""
    return [node // 2 % WIDE for node in nodes], [3 * (node // 2 // WIDE) + node % 2 for node in nodes]
