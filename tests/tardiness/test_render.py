"""Pictures and text of single-machine schedules."""

import numpy as np

from envs.tardiness.instance import TardinessInstance
from envs.tardiness.render import compare, figure, table

TINY = TardinessInstance.from_lists([3, 4, 5], [6, 6, 9], name="tiny")
SCHEDULE = np.array([[2, 7, 12], [1, 0, 4], [0, 4, 7]])


def test_text_is_in_the_order_of_the_machine() -> None:
    expected = "tiny 3, tardiness 4 (job start-end +late)\n1 0-4  0 4-7 +1  2 7-12 +3"
    assert table(TINY, SCHEDULE) == expected
    assert table(TINY, SCHEDULE[:1]) == "tiny 3, tardiness 3 of 1 of 3 jobs (job start-end +late)\n2 7-12 +3"
    assert max(map(len, table(TINY, SCHEDULE, width=20).splitlines()[1:])) <= 20


def test_late_jobs_have_a_lane_of_their_own() -> None:
    drawn = figure(TINY, SCHEDULE)
    assert drawn.axes[0].get_title(loc="left") == "tiny: tardiness 4"
    assert len(compare(TINY, {"one": SCHEDULE, "other": SCHEDULE[:2]}).axes) == 2


def test_weights_are_named() -> None:
    weighted = TardinessInstance.from_lists([3], [1], [5])
    assert table(weighted, [[0, 0, 3]]).startswith("1, weighted tardiness 10")
