"""Served queues as Gantt charts and as text; unfinished ones are drawn as far as they go."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from envs.core.schedules import whole_rows
from tests.queue.verify import COLUMNS

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from tests.queue.instance import QueueInstance


def figure(instance: QueueInstance, schedule: Any, title: str = "", horizon: float = 0) -> Figure:
    """A Gantt chart of a schedule (n, 3): a lane for each place of a batch."""
    return compare(instance, {title or instance.name or instance.size: schedule}, horizon)


def compare(instance: QueueInstance, schedules: Mapping[str, Any], horizon: float = 0) -> Figure:
    """Gantt charts of several schedules, title to rows, with the same time axis, which reaches `horizon` at least."""
    from envs.core.gantt import Bar, Chart, draw  # matplotlib is slow to import, and text needs none

    charts = []
    for title, schedule in schedules.items():
        bars: list[Bar] = []
        for job, start, end in sorted(whole_rows(schedule, COLUMNS)):
            place = sum(bar.start == start for bar in bars)
            bars.append(Bar(place, start, end, job, str(job)))
        charts.append(Chart(title, [f"place {place}" for place in range(instance.capacity)], bars))
    return draw(charts, instance.jobs, "time in us; colours and numbers are jobs", horizon=max(horizon, 1))


def table(instance: QueueInstance, schedule: Any) -> str:
    """A schedule (n, 3) as text, by start."""
    rows = sorted(whole_rows(schedule, COLUMNS), key=lambda row: (row[1], row[0]))
    cells = "  ".join(f"{job} {start}-{end}" for job, start, end in rows)
    return f"{instance.name} {instance.size}, {len(rows)} jobs served (job start-end)\n{cells}".lstrip()
