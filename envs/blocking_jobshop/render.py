"""Blocking job shop schedules as Gantt charts and as text; unfinished ones are drawn as far as they go.

What a job blocks after its operation is pale and hatched in the job's colour, and a machine that is down is grey.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from envs.blocking_jobshop.verify import COLUMNS, Row
from envs.core.lanes import lanes_table
from envs.core.schedules import whole_rows

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from envs.blocking_jobshop.instance import BlockingJobShopInstance


def figure(instance: BlockingJobShopInstance, schedule: Any, title: str = "", horizon: float = 0) -> Figure:
    """A Gantt chart of a schedule (n, 6), `verify.COLUMNS`: a lane for each machine, a colour for each job."""
    return compare(instance, {title or instance.name or instance.size: schedule}, horizon)


def compare(instance: BlockingJobShopInstance, schedules: Mapping[str, Any], horizon: float = 0) -> Figure:
    """Gantt charts of several schedules, title to rows, one below the other with the same time axis.

    The axis reaches `horizon` at least, so that frames of an animation agree.
    """
    from envs.core.gantt import Bar, Chart, Shade, draw  # matplotlib is slow to import, and text needs none

    lanes = [f"M{machine}" for machine in range(instance.machines)]
    charts = []
    for title, schedule in schedules.items():
        rows = _rows(schedule)
        bars = [Bar(row.machine, row.start, row.end, row.job, str(row.job)) for row in rows]
        blocked = [Shade(row.machine, row.end, row.leave, row.job) for row in rows if row.end < row.leave]
        last = max((row.leave for row in rows), default=0)
        down = [Shade(m, start, end) for m, start, end in downtimes(instance, rows) if start < last]
        charts.append(Chart(title, lanes, bars, _makespan(instance, rows), shades=[*blocked, *down]))
    hatched = "hatched: blocked" + (", grey: down" if instance.can_fail else "")
    axis = f"time; rows are machines, colours and numbers are jobs; {hatched}"
    return draw(charts, instance.jobs, axis, horizon=max(horizon, instance.lower_bound()))


def table(instance: BlockingJobShopInstance, schedule: Any, by: str = "machine", width: int = 100) -> str:
    """A schedule (n, 6) as text, one machine or one job after the other; lines are wrapped at `width`.

    tiny 2x2, makespan 9 (j: job, m: machine, start-end, +: blocked until)
    m0 | j0 0-3+5  j1 5-9
    m1 | j1 0-5    j0 5-7
    """
    if by not in ("machine", "job"):
        raise ValueError(f"a table is by 'machine' or by 'job', not by {by!r}")
    rows = sorted(_rows(schedule), key=lambda row: (row.start, row.leave, row.position))
    texts = [f"{row.start}-{row.end}" + (f"+{row.leave}" if row.leave > row.end else "") for row in rows]
    if by == "machine":
        lanes, cells = instance.machines, [(r.machine, f"j{r.job} {text}") for r, text in zip(rows, texts, strict=True)]
    else:
        lanes, cells = instance.jobs, [(r.job, f"m{r.machine} {text}") for r, text in zip(rows, texts, strict=True)]
    makespan = _makespan(instance, rows)
    state = f"makespan {makespan}" if makespan is not None else f"{len(rows)} of {instance.operations} operations"
    legend = "(j: job, m: machine, start-end, +: blocked until)"
    return lanes_table(f"{instance.name} {instance.size}, {state} {legend}".lstrip(), cells, lanes, by[0], width)


def downtimes(instance: BlockingJobShopInstance, rows: list[Row]) -> list[tuple[int, int, int]]:
    """(machine, start, end) of each time a machine is down; where it fails while busy, as far as the rows go."""
    found, first = [], instance.failure_first.tolist()
    failures = list(zip(instance.failure_start.tolist(), instance.failure_length.tolist(), strict=True))
    for machine in range(instance.machines):
        to_come = failures[first[machine] : first[machine + 1]]
        if not instance.busy_only:
            found += [(machine, start, start + length) for start, length in to_come]
            continue
        processed = 0
        for row in sorted((row for row in rows if row.machine == machine), key=lambda row: (row.start, row.leave)):
            time = row.start
            while to_come and time + to_come[0][0] - processed <= row.end:  # it strikes in this row
                start, length = time + to_come[0][0] - processed, to_come[0][1]
                found.append((machine, start, start + length))
                processed, time = to_come.pop(0)[0], start + length
            processed += max(row.end - time, 0)
    return found


def _rows(schedule: Any) -> list[Row]:
    return [Row(*row) for row in whole_rows(schedule, COLUMNS)]


def _makespan(instance: BlockingJobShopInstance, rows: list[Row]) -> int | None:
    """None while operations are missing, or jobs on the last one."""
    if len(rows) < instance.operations:
        return None
    return max(row.leave for row in rows)
