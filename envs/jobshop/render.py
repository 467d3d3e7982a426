"""Job shop schedules as Gantt charts and as text; unfinished ones are drawn as far as they go."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from envs.core.lanes import lanes_table
from envs.core.schedules import whole_rows
from envs.jobshop.verify import COLUMNS, Row

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from envs.jobshop.instance import JobShopInstance


def figure(instance: JobShopInstance, schedule: Any, title: str = "", horizon: float = 0) -> Figure:
    """A Gantt chart of a schedule (n, 5), `verify.COLUMNS`: a lane for each machine, a colour for each job."""
    return compare(instance, {title or instance.name or instance.size: schedule}, horizon)


def compare(instance: JobShopInstance, schedules: Mapping[str, Any], horizon: float = 0) -> Figure:
    """Gantt charts of several schedules, title to rows, one below the other with the same time axis.

    The axis reaches `horizon` at least, so that frames of an animation agree.
    """
    from envs.core.gantt import Bar, Chart, draw  # matplotlib is slow to import, and text needs none

    lanes = [f"M{machine}" for machine in range(instance.machines)]
    charts = []
    for title, schedule in schedules.items():
        rows = _rows(schedule)
        bars = [Bar(row.machine, row.start, row.end, row.job, str(row.job)) for row in rows]
        charts.append(Chart(title, lanes, bars, _makespan(instance, rows)))
    axis = "time; rows are machines, colours and numbers are jobs"
    return draw(charts, instance.jobs, axis, horizon=max(horizon, instance.lower_bound()))


def table(instance: JobShopInstance, schedule: Any, by: str = "machine", width: int = 100) -> str:
    """A schedule (n, 5) as text, one machine or one job after the other; lines are wrapped at `width`.

    tiny 2x2, makespan 9 (j: job, m: machine, start-end)
    m0 | j0 0-3  j1 5-9
    m1 | j1 0-5  j0 5-7
    """
    if by not in ("machine", "job"):
        raise ValueError(f"a table is by 'machine' or by 'job', not by {by!r}")
    rows = sorted(_rows(schedule), key=lambda row: (row.start, row.end, row.position))
    if by == "machine":
        lanes, cells = instance.machines, [(row.machine, f"j{row.job} {row.start}-{row.end}") for row in rows]
    else:
        lanes, cells = instance.jobs, [(row.job, f"m{row.machine} {row.start}-{row.end}") for row in rows]
    makespan = _makespan(instance, rows)
    state = f"makespan {makespan}" if makespan is not None else f"{len(rows)} of {instance.operations} operations"
    heading = f"{instance.name} {instance.size}, {state} (j: job, m: machine, start-end)".lstrip()
    return lanes_table(heading, cells, lanes, by[0], width)


def _rows(schedule: Any) -> list[Row]:
    return [Row(*row) for row in whole_rows(schedule, COLUMNS)]


def _makespan(instance: JobShopInstance, rows: list[Row]) -> int | None:
    """None while operations are missing."""
    return max(row.end for row in rows) if len(rows) == instance.operations else None
