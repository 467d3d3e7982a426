"""Pictures and tables of job shop schedules."""

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from matplotlib.text import Text

from envs.core import gantt
from envs.jobshop.instance import JobShopInstance
from envs.jobshop.render import compare, figure, table
from tests.jobshop.shops import dispatch

SHOP = JobShopInstance.from_jobs([[(0, 3), (1, 2)], [(1, 5), (0, 4)]], "tiny")
ROWS = dispatch(SHOP, [0, 1, 0, 1])


def test_a_table_by_machine_and_by_job():
    assert table(SHOP, ROWS).splitlines() == [
        "tiny 2x2, makespan 9 (j: job, m: machine, start-end)",
        "m0 | j0 0-3  j1 5-9",
        "m1 | j1 0-5  j0 5-7",
    ]
    assert table(SHOP, np.array(ROWS), by="job").splitlines()[1:] == ["j0 | m0 0-3  m1 5-7", "j1 | m1 0-5  m0 5-9"]


def test_the_documented_table_is_this_one():
    assert all(line in (table.__doc__ or "") for line in table(SHOP, ROWS).splitlines())


def test_a_table_of_an_unfinished_schedule_says_how_far_it_is():
    assert table(SHOP, np.zeros((0, 5), int)).splitlines() == [
        "tiny 2x2, 0 of 4 operations (j: job, m: machine, start-end)",
        "m0 |",
        "m1 |",
    ]
    assert "1 of 4 operations" in table(SHOP, ROWS[:1])


def test_long_lines_are_wrapped():
    shop = JobShopInstance.generate(np.random.default_rng(0), 12, 12)
    text = table(shop, dispatch(shop, [job for job in range(12) for _ in range(12)]), width=60)
    assert max(map(len, text.splitlines())) <= 60
    assert text.count("j11 ") == 12


def test_a_table_is_by_machine_or_by_job():
    with pytest.raises(ValueError, match="a table is by 'machine' or by 'job', not by 'task'"):
        table(SHOP, ROWS, by="task")


def test_a_picture_has_a_lane_for_each_machine_a_colour_for_each_job_and_the_makespan():
    picture = figure(SHOP, ROWS, "mine")
    (axes,) = picture.axes
    assert axes.get_title(loc="left") == "mine"
    assert [label.get_text() for label in axes.get_yticklabels()] == ["M0", "M1"]
    assert _texts(axes) == ["0", "1", "0", "1", "9"]
    bars = [bar for bar in axes.patches if isinstance(bar, Rectangle) and bar.get_zorder() == 2]
    assert [(bar.get_x(), bar.get_width()) for bar in bars] == [(0, 3), (0, 5), (5, 2), (5, 4)]
    assert bars[0].get_facecolor() == bars[2].get_facecolor() != bars[1].get_facecolor() == bars[3].get_facecolor()


def test_pictures_of_one_instance_have_one_size_whatever_is_scheduled():
    shapes = {gantt.image(figure(SHOP, rows)).shape for rows in (ROWS, ROWS[:1], np.zeros((0, 5), np.int64))}
    ((height, width, channels),) = shapes
    assert (width, channels) == (1100, 3) and height % 2 == 0
    picture = gantt.image(figure(SHOP, ROWS))
    assert picture.dtype == np.uint8 and len(np.unique(picture.reshape(-1, 3), axis=0)) > 10


def test_schedules_are_compared_on_one_time_axis():
    other = dispatch(SHOP, [0, 0, 1, 1])
    above, below = compare(SHOP, {"good": ROWS, "bad": other}).axes
    assert [above.get_title(loc="left"), below.get_title(loc="left")] == ["good", "bad"]
    assert above.get_xlim() == below.get_xlim() == (0, 14)
    assert [_texts(axes)[-1] for axes in (above, below)] == ["9", "14"]


def test_an_operation_without_duration_is_still_seen():
    shop = JobShopInstance.from_jobs([[(0, 0)], [(0, 3)]])
    (axes,) = figure(shop, [[0, 0, 0, 1, 1], [1, 0, 0, 1, 4]]).axes
    assert [collection.get_zorder() for collection in axes.collections] == [3]


def test_a_shop_whose_operations_all_take_no_time_is_drawn():
    shop = JobShopInstance.from_jobs([[(0, 0)]])
    assert gantt.image(figure(shop, [[0, 0, 0, 0, 0]])).shape[2] == 3


@pytest.mark.parametrize("jobs", [1, 20, 100])
def test_colours_are_told_apart(jobs):
    colours = gantt.palette(jobs)
    assert colours.shape == (jobs, 3) and colours.min() >= 0 and colours.max() <= 1
    gaps = np.abs(colours[:, None] - colours[None]).sum(-1) + 3 * np.eye(jobs)
    assert gaps.min() > (0.15 if jobs <= 20 else 0.01)


def _texts(axes: Axes) -> list[str]:
    return [text.get_text() for text in axes.texts if isinstance(text, Text)]
