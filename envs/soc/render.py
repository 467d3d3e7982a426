"""Schedules of task graphs as Gantt charts, with the transfers between PEs drawn, and as text; also unfinished ones."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from envs.core.lanes import lanes_table
from envs.core.schedules import whole_rows
from envs.soc.verify import COLUMNS, Row

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from envs.core.gantt import Link
    from envs.soc.instance import SocInstance


def figure(instance: SocInstance, schedule: Any, title: str = "", horizon: float = 0) -> Figure:
    """A Gantt chart of a schedule (n, 4), `verify.COLUMNS`: a lane for each PE, a line for each transfer.

    Colours tell jobs apart, or, where there is one job, its tasks.
    """
    return compare(instance, {title or instance.name or instance.size: schedule}, horizon)


def compare(instance: SocInstance, schedules: Mapping[str, Any], horizon: float = 0) -> Figure:
    """Gantt charts of several schedules, title to rows, one below the other with the same time axis.

    The axis reaches `horizon` at least, so that frames of an animation agree.
    """
    from envs.core.gantt import Bar, Chart, draw  # matplotlib is slow to import, and text needs none

    lanes = [f"P{pe}" for pe in range(instance.pes)]
    charts = []
    for title, schedule in schedules.items():
        rows = _rows(schedule)
        bars = [Bar(row.pe, row.start, row.end, _group(instance, row), str(row.task)) for row in rows]
        end = max(row.end for row in rows) if len(rows) == instance.tasks else None
        charts.append(Chart(title, lanes, bars, end, _transfers(instance, rows)))
    groups = instance.jobs if instance.jobs > 1 else instance.tasks
    colours = "jobs" if instance.jobs > 1 else "tasks"
    axis = f"us; rows are PEs, numbers are tasks, colours are {colours}, lines are transfers"
    return draw(charts, groups, axis, horizon=max(horizon, instance.span))


def table(instance: SocInstance, schedule: Any, width: int = 100) -> str:
    """A schedule (n, 4) as text, one PE after the other; lines are wrapped at `width`.

    topcuoglu 10x3, 10 of 10 tasks, end 80 (t: task, p: PE, start-end)
    p0 | t1 27-40  t7 57-62
    """
    rows = sorted(_rows(schedule), key=lambda row: (row.start, row.end, row.task))
    cells = [(row.pe, f"t{row.task} {row.start}-{row.end}") for row in rows]
    end = max((row.end for row in rows), default=0)
    state = f"{len(rows)} of {instance.tasks} tasks, end {end}"
    heading = f"{instance.name} {instance.size}, {state} (t: task, p: PE, start-end)".lstrip()
    return lanes_table(heading, cells, instance.pes, "p", width)


def _rows(schedule: Any) -> list[Row]:
    return [Row(*row) for row in whole_rows(schedule, COLUMNS)]


def _group(instance: SocInstance, row: Row) -> int:
    if instance.jobs == 1:
        return row.task
    return bisect_right(instance.job_start.tolist(), row.task) - 1


def _transfers(instance: SocInstance, rows: list[Row]) -> list[Link]:
    """Lines from the end of a task to when its data are on another PE, where that takes time."""
    from envs.core.gantt import Link

    found = {row.task: row for row in rows}
    bandwidth = instance.bandwidth.tolist()
    links = []
    for (source, target), volume in zip(instance.edge.tolist(), instance.volume.tolist(), strict=True):
        if source in found and target in found:
            before, after = found[source], found[target]
            width = bandwidth[before.pe][after.pe]
            time = volume // width if width else 0
            if time and before.pe != after.pe:
                links.append(Link(before.pe, before.end, after.pe, before.end + time, _group(instance, before)))
    return links
