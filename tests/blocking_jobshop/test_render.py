"""Pictures and tables of schedules, with what is blocked and what is down."""

from itertools import pairwise

import numpy as np

from envs.blocking_jobshop.instance import BlockingJobShopInstance
from envs.blocking_jobshop.render import downtimes, figure, table
from envs.blocking_jobshop.verify import Row
from envs.core.gantt import image

SHOP = BlockingJobShopInstance.from_jobs([[(0, 2), (1, 1)], [(1, 5)]], name="tiny")
SCHEDULE = [[0, 0, 0, 0, 2, 5], [0, 1, 1, 5, 6, 6], [1, 0, 1, 0, 5, 5]]


def test_a_table_says_until_when_a_job_blocks() -> None:
    assert table(SHOP, SCHEDULE) == (
        "tiny 2x2, makespan 6 (j: job, m: machine, start-end, +: blocked until)\nm0 | j0 0-2+5\nm1 | j1 0-5    j0 5-6"
    )
    assert "5-6" in table(SHOP, SCHEDULE, by="job") and "2 of 3 operations" in table(SHOP, SCHEDULE[:2])


def test_blocked_and_down_times_are_drawn() -> None:
    failing = BlockingJobShopInstance.of(
        SHOP,
        shutdown_probability=[0.1, 0.1],
        failure_start=np.array([3]),
        failure_length=np.array([2]),
        failure_first=np.array([0, 1, 1]),
    )
    free = [[0, 0, 0, 0, 2, 2], *SCHEDULE[1:]]
    pictures = [image(figure(shop, rows)) for shop, rows in ((SHOP, free), (SHOP, SCHEDULE), (failing, SCHEDULE))]
    assert pictures[0].shape == pictures[1].shape == pictures[2].shape
    blocked, down = ((left != right).any(axis=2).sum() for left, right in pairwise(pictures))
    assert blocked > 2000 and down > 2000
    dark = (np.abs(pictures[2].astype(int) - (0x6E, 0x78, 0x81)).sum(axis=2) < 40).sum()
    assert dark > 500, "a machine that is down is grey"


def test_busy_machines_are_down_when_they_have_processed_so_much() -> None:
    busy = BlockingJobShopInstance.of(
        SHOP,
        busy_only=1,
        shutdown_probability=[0.1, 0.1],
        failure_start=np.array([1, 2, 5]),
        failure_length=np.array([4, 3, 7]),
        failure_first=np.array([0, 2, 3]),
    )
    rows = [Row(0, 0, 0, 0, 6, 9), Row(0, 1, 1, 9, 10, 10), Row(1, 0, 1, 0, 5, 5)]
    assert downtimes(busy, rows) == [(0, 1, 5), (0, 6, 9), (1, 5, 12)]
