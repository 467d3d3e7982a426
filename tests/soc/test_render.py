"""Pictures and tables of schedules of task graphs."""

from dataclasses import replace

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.text import Text

from envs.core import gantt
from envs.soc.instance import SocInstance
from envs.soc.render import compare, figure, table
from envs.soc.verify import verify

# 0 -> 1 takes 3 us between the PEs, 0 -> 2 stays on P0, 0 -> 3 takes no time
TINY = SocInstance.graph([[3, 9], [9, 3], [2, 4], [5, 5]], [(0, 1, 3), (0, 2, 1), (0, 3, 0)], name="tiny")
ROWS = [[0, 0, 0, 3], [1, 1, 8, 11], [2, 0, 3, 5], [3, 1, 3, 8]]
PAIR = SocInstance(
    job_start=np.array([0, 2, 3]),
    duration=np.full((3, 2), 2),
    edge=np.array([[0, 1]]),
    volume=np.array([4]),
    bandwidth=np.array([[0, 2], [2, 0]]),
    arrival=np.array([0, 1]),
    true_duration=np.full((3, 2), 2),
    power=np.zeros(2),
)
JOBS = [[0, 0, 0, 2], [1, 1, 4, 6], [2, 0, 2, 4]]


def test_a_table_has_a_line_for_each_pe() -> None:
    assert verify(TINY, ROWS) == 11
    assert table(TINY, ROWS).splitlines() == [
        "tiny 4x2, 4 of 4 tasks, end 11 (t: task, p: PE, start-end)",
        "p0 | t0 0-3   t2 3-5",
        "p1 | t3 3-8   t1 8-11",
    ]
    assert table(TINY, ROWS[:1]).splitlines()[0] == "tiny 4x2, 1 of 4 tasks, end 3 (t: task, p: PE, start-end)"
    assert table(TINY, np.zeros((0, 4), int)).splitlines()[1:] == ["p0 |", "p1 |"]


def test_long_lines_are_wrapped() -> None:
    graph = SocInstance.graph([[3]] * 40, [])
    text = table(graph, [[t, 0, 3 * t, 3 * t + 3] for t in range(40)], width=60)
    assert max(map(len, text.splitlines()[1:])) <= 60 and text.count("t") > 40


def test_a_picture_has_a_lane_for_each_pe_a_colour_for_each_task_and_the_end() -> None:
    (axes,) = figure(TINY, ROWS, "mine").axes
    assert axes.get_title(loc="left") == "mine"
    assert [label.get_text() for label in axes.get_yticklabels()] == ["P0", "P1"]
    assert _texts(axes) == ["0", "1", "2", "3", "11"]
    assert [(bar.get_x(), bar.get_width()) for bar in _bars(axes)] == [(0, 3), (8, 3), (3, 2), (3, 5)]
    assert len({bar.get_facecolor() for bar in _bars(axes)}) == 4
    assert "rows are PEs, numbers are tasks, colours are tasks, lines are transfers" in axes.get_xlabel()


def test_lines_are_the_transfers_that_take_time() -> None:
    (axes,) = figure(TINY, ROWS).axes
    assert _links(axes) == [([3, 6], [0, 1], list(_bars(axes)[0].get_facecolor()))]  # down, in the colour of its source
    (axes,) = figure(TINY, [[0, 1, 0, 9], [1, 1, 9, 12], [2, 0, 10, 12], [3, 0, 12, 17]]).axes
    assert [link[:2] for link in _links(axes)] == [([9, 10], [1, 0])]  # up
    (axes,) = figure(TINY, ROWS[:1]).axes
    assert _links(axes) == []


def test_of_several_jobs_colours_are_jobs() -> None:
    assert verify(PAIR, JOBS) == (6 + 3) / 2
    (axes,) = figure(PAIR, JOBS).axes
    first, second, third = (bar.get_facecolor() for bar in _bars(axes))
    assert first == second != third and "colours are jobs" in axes.get_xlabel()
    assert [link[:2] for link in _links(axes)] == [([2, 4], [0, 1])]


def test_schedules_are_compared_on_one_axis_that_reaches_to_the_span() -> None:
    later = [[0, 0, 0, 2], [1, 0, 2, 4], [2, 0, 7, 9]]
    above, below = compare(PAIR, {"good": JOBS, "bad": later}).axes
    assert [axes.get_title(loc="left") for axes in (above, below)] == ["good", "bad"]
    assert above.get_xlim() == below.get_xlim() == (0, 9) and [_texts(axes)[-1] for axes in (above, below)] == [
        "6",
        "9",
    ]
    (axes,) = figure(replace(PAIR, span=20), JOBS).axes
    assert axes.get_xlim() == (0, 20)


def test_pictures_of_one_instance_have_one_size_whatever_is_scheduled() -> None:
    shapes = {gantt.image(figure(TINY, rows)).shape for rows in (ROWS, ROWS[:1], np.zeros((0, 4), np.int64))}
    assert len(shapes) == 1


def _texts(axes: Axes) -> list[str]:
    return [text.get_text() for text in axes.texts if isinstance(text, Text)]


def _bars(axes: Axes) -> list[Rectangle]:
    return [bar for bar in axes.patches if isinstance(bar, Rectangle) and bar.get_zorder() == 2]


def _links(axes: Axes) -> list[tuple[list[float], list[int], list[float]]]:
    """When each line begins and ends, its lanes, its colour."""
    lines = [line for line in axes.lines if isinstance(line, Line2D) and line.get_zorder() == 3]
    return [
        (
            np.asarray(line.get_xdata()).tolist(),
            np.rint(np.asarray(line.get_ydata())).astype(int).tolist(),
            list(to_rgba(line.get_color())),
        )
        for line in lines
    ]
