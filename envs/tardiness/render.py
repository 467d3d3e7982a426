"""Single-machine schedules as Gantt charts and as text; unfinished ones are drawn as far as they go."""

from __future__ import annotations

from collections.abc import Mapping
from textwrap import wrap
from typing import TYPE_CHECKING, Any

from envs.core.schedules import whole_rows
from envs.tardiness.verify import COLUMNS, Row

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from envs.tardiness.instance import TardinessInstance

LANES = ("in time", "late")


def figure(instance: TardinessInstance, schedule: Any, title: str = "", horizon: float = 0) -> Figure:
    """A Gantt chart of a schedule (n, 3), `verify.COLUMNS`: a lane for jobs in time and one for late ones."""
    return compare(instance, {title or instance.name or instance.size: schedule}, horizon)


def compare(instance: TardinessInstance, schedules: Mapping[str, Any], horizon: float = 0) -> Figure:
    """Gantt charts of several schedules, title to rows, one below the other with the same time axis.

    The axis reaches `horizon` at least, so that frames of an animation agree.
    """
    from envs.core.gantt import Bar, Chart, draw  # matplotlib is slow to import, and text needs none

    charts = []
    for title, schedule in schedules.items():
        rows = _rows(schedule)
        bars = [Bar(int(_late(instance, row) > 0), row.start, row.end, row.job, str(row.job)) for row in rows]
        charts.append(Chart(f"{title}: {_state(instance, rows)}", LANES, bars))
    axis = "time; colours and numbers are jobs"
    return draw(charts, instance.jobs, axis, horizon=max(horizon, int(instance.processing.sum())))


def table(instance: TardinessInstance, schedule: Any, width: int = 100) -> str:
    """A schedule (n, 3) as text, in the order of the machine; lines are wrapped at `width`.

    tiny 3, tardiness 4 (job start-end +late)
    1 0-3  0 3-7 +1  2 7-12 +3
    """
    rows = _rows(schedule)
    heading = f"{instance.name} {instance.size}, {_state(instance, rows)} (job start-end +late)".lstrip()
    cells = []
    for row in rows:
        late = _late(instance, row)
        cells.append(f"{row.job}\0{row.start}-{row.end}" + (f"\0+{late}" if late else ""))
    return "\n".join([heading, *wrap("  ".join(cells), width)]).replace("\0", " ")


def _rows(schedule: Any) -> list[Row]:
    return sorted((Row(*row) for row in whole_rows(schedule, COLUMNS)), key=lambda row: row.start)


def _late(instance: TardinessInstance, row: Row) -> int:
    return max(0, row.end - int(instance.due[row.job]))


def _state(instance: TardinessInstance, rows: list[Row]) -> str:
    """The objective, of the jobs that are scheduled so far."""
    name = "tardiness" if instance.unweighted else "weighted tardiness"
    cost = sum(int(instance.weight[row.job]) * _late(instance, row) for row in rows)
    missing = "" if len(rows) == instance.jobs else f" of {len(rows)} of {instance.jobs} jobs"
    return f"{name} {cost}{missing}"
