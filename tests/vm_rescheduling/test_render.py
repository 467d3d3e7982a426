"""Pictures and text of clusters before and after migrations."""

import numpy as np

from envs.vm_rescheduling.render import compare, figure, table
from tests.vm_rescheduling.test_verify import LIVE, ONE

PLAN = [(1, 0, 0, 0, 1, 0)]


def test_a_picture_has_a_map_before_and_one_after_each_schedule() -> None:
    drawn = compare(ONE, {"nothing": [], "one": PLAN})
    titles = [axis.get_title("left") for axis in drawn.axes if axis.get_title("left")]
    assert titles == [
        "before: fragment rate 0.4667 after 0 migrations",
        "nothing: fragment rate 0.4667 after 0 migrations",
        "one: fragment rate 0.2000 after 1 migration",
    ]
    before, _, after = (np.asarray(axis.images[0].get_array()) for axis in drawn.axes[:3])
    assert before[:2, :2].tolist() == [[12, 0], [4, 12]]  # left over of slots of 16, on both nodes of both PMs
    assert after[:2, :2].tolist() == [[0, 0], [0, 12]]
    assert len(figure(LIVE, []).axes) == 3  # a colour bar is one


def test_a_table_says_from_where_to_where_and_wraps() -> None:
    assert table(ONE, PLAN).splitlines() == [
        "2x4, fragment rate 0.2000 after 1 migration (VM:from>to)",
        "1:0.0>0.1",
    ]
    both = [(3, 1, 2, 0, 2, 0), (1, 0, 0, 0, 1, 0)]
    assert table(ONE, both, width=10).splitlines()[1:] == ["3:1>0", "1:0.0>0.1"]
