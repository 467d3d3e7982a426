"""The judge: what is right, every fault with its sentence, and agreement with a judge that looks at every moment."""

import re
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from envs.core.schedules import ScheduleError
from envs.soc.instance import SocInstance
from envs.soc.sets import load_set
from envs.soc.verify import COLUMNS, verify
from tests.soc.graphs import choices, instances, place

# two jobs of two tasks each; data from task 0 to 1 take 4 us between the PEs, those from 2 to 3 take none
PAIR = SocInstance(
    job_start=np.array([0, 2, 4]),
    duration=np.array([[3, 5], [4, -1], [2, 2], [2, 2]]),
    edge=np.array([[0, 1], [2, 3]]),
    volume=np.array([9, 0]),
    bandwidth=np.array([[0, 2], [2, 0]]),
    arrival=np.array([0, 6]),
    true_duration=np.array([[3, 6], [4, -1], [2, 2], [2, 3]]),
    power=np.zeros(2),
)
GOOD = [[0, 1, 0, 6], [1, 0, 10, 14], [2, 0, 6, 8], [3, 1, 8, 11]]


def test_the_mean_latency_of_a_good_schedule():
    assert verify(PAIR, GOOD) == (14 + 5) / 2
    assert verify(PAIR, np.array(GOOD)[::-1]) == (14 + 5) / 2


def test_the_published_heft_schedule_ends_at_80():
    (graph,) = load_set("topcuoglu")
    rows = "1 3 0 9, 3 3 9 28, 4 2 18 26, 6 2 26 42, 2 1 27 40, 5 3 28 38, 7 3 38 49, 9 2 56 68, 8 1 57 62, 10 2 73 80"
    table = np.array([row.split() for row in rows.split(", ")], int)
    table[:, :2] -= 1
    makespan = verify(graph, table)
    assert makespan == 80 and isinstance(makespan, int)


@pytest.mark.parametrize(
    ("row", "changed", "sentence"),
    [
        (0, [4, 1, 0, 6], "task 4 on PE 1 (0 to 6): there is no such task, they are 0 to 3"),
        (0, [0, 2, 0, 6], "task 0 on PE 2 (0 to 6): there is no such PE, they are 0 to 1"),
        (0, [1, 0, 20, 24], "task 1 on PE 0 (10 to 14) is also scheduled from 20 to 24, but runs once"),
        (0, [0, 1, 0, 5], "task 0 on PE 1 (0 to 5) takes 5, but its true duration there is 6"),
        (0, [0, 1, -1, 5], "task 0 on PE 1 (-1 to 5) starts before its job enters at 0"),
        (
            0,
            [0, 1, 1, 7],
            "task 1 on PE 0 (10 to 14) starts before the data of task 0 on PE 1 (1 to 7) is there, which takes 4",
        ),
        (1, [1, 0, 9, 13], "task 1 on PE 0 (9 to 13) starts before the data of task 0 on PE 1 (0 to 6) is there"),
        (1, [1, 1, 20, 24], "task 1 on PE 1 (20 to 24) is on a PE that cannot run it"),
        (2, [2, 0, 5, 7], "task 2 on PE 0 (5 to 7) starts before its job enters at 6"),
        (2, [2, 1, 6, 8], ""),
        (3, [3, 0, 9, 11], "PE 0 runs task 3 on PE 0 (9 to 11) and task 1 on PE 0 (10 to 14) at once"),
        (
            3,
            [3, 1, 7, 10],
            "task 3 on PE 1 (7 to 10) starts before the data of task 2 on PE 0 (6 to 8) is there, which takes 0",
        ),
        (3, [3, 1, 8], "row 3 of the schedule is [3, 1, 8], but its columns are task, pe, start, end"),
        (3, [3, 1, 8, 11.5], "row 3 of the schedule is [3, 1, 8, 11.5], but all of it are whole numbers"),
    ],
)
def test_each_fault_has_its_sentence(row, changed, sentence):
    schedule = [list(item) for item in GOOD]
    schedule[row] = changed
    if sentence:
        with pytest.raises(ScheduleError, match=re.escape(sentence)):
            verify(PAIR, schedule)
    else:
        assert verify(PAIR, schedule) == 9.5


@pytest.mark.parametrize("missing", range(4))
def test_no_task_may_be_missing(missing):
    with pytest.raises(ScheduleError, match=f"task {missing} is not scheduled"):
        verify(PAIR, GOOD[:missing] + GOOD[missing + 1 :])


def test_a_task_without_duration_needs_a_moment_at_which_its_pe_is_free():
    graph = SocInstance.graph([[4], [0]], [])
    for moment in (0, 4, 9):
        assert verify(graph, [[0, 0, 0, 4], [1, 0, moment, moment]]) == max(4, moment)
    with pytest.raises(ScheduleError, match=r"PE 0 runs .* \(0 to 4\) and .* \(2 to 2\) at once"):
        verify(graph, [[0, 0, 0, 4], [1, 0, 2, 2]])


def test_with_a_span_tasks_may_be_missing_and_time_inside_is_shared_by_those_who_left():
    cut = replace(PAIR, span=12)
    assert verify(cut, GOOD) == (12 + 5) / 1  # job 0 is inside until 12, job 1 left at 11
    assert verify(cut, GOOD[:1] + GOOD[2:]) == (12 + 5) / 1
    assert verify(cut, GOOD[:3]) == (12 + 6) / 1  # none is done: over one
    assert verify(replace(PAIR, span=14), GOOD) == (14 + 5) / 2
    assert verify(replace(PAIR, span=6), GOOD[:2]) == 6
    with pytest.raises(
        ScheduleError, match=re.escape("task 1 on PE 0 (10 to 14) needs the data of task 0, which is not")
    ):
        verify(cut, GOOD[1:])
    with pytest.raises(ScheduleError, match=re.escape("task 2 on PE 0 (6 to 8) is of job 1, but only 1 jobs enter")):
        verify(replace(PAIR, span=6), GOOD)


def test_an_arrival_that_finds_the_queue_full_is_lost():
    jobs = SocInstance(
        job_start=np.arange(5),
        duration=np.full((4, 1), 10),
        edge=np.zeros((0, 2), int),
        volume=np.zeros(0, int),
        bandwidth=np.zeros((1, 1), int),
        arrival=np.array([0, 4, 9, 30]),
        true_duration=np.full((4, 1), 10),
        power=np.zeros(1),
        queue=2,
        span=100,
    )
    # 0 and 4 enter, 9 finds two inside, 30 is taken by job 2
    assert verify(jobs, [[0, 0, 0, 10], [1, 0, 10, 20], [2, 0, 30, 40]]) == (10 + 16 + 10) / 3
    with pytest.raises(ScheduleError, match="starts before its job enters at 30"):
        verify(jobs, [[0, 0, 0, 10], [1, 0, 10, 20], [2, 0, 20, 30]])
    with pytest.raises(ScheduleError, match="is of job 3, but only 3 jobs enter"):
        verify(jobs, [[0, 0, 0, 10], [1, 0, 10, 20], [2, 0, 30, 40], [3, 0, 50, 60]])
    at_once = replace(jobs, arrival=np.array([0, 4, 10, 30]))  # who ends at 10 has left at 10
    assert verify(at_once, [[0, 0, 0, 10], [1, 0, 10, 20], [2, 0, 20, 30], [3, 0, 30, 40]]) == (10 + 16 + 20 + 10) / 4


@given(st.data())
@settings(deadline=None)
def test_it_agrees_with_a_judge_that_looks_at_every_moment(data: st.DataObject):
    instance = data.draw(instances())
    rows = place(instance, data.draw(choices(instance)))
    index = data.draw(st.integers(0, len(rows) - 1))
    shift = data.draw(st.integers(-3, 3))
    rows[index][2] += shift
    rows[index][3] += shift
    if _feasible(instance, rows):
        ends = [max(row[3] for row in rows if row[0] in tasks) for tasks in _jobs(instance)]
        assert verify(instance, rows) == (sum(ends) - instance.arrival.sum()) / instance.jobs
    else:
        with pytest.raises(ScheduleError):
            verify(instance, rows)


def _jobs(instance: SocInstance) -> list[range]:
    return [range(*instance.job_start[job : job + 2]) for job in range(instance.jobs)]


def _feasible(instance: SocInstance, rows: list[list[int]]) -> bool:
    """Twice each time is a moment, and the odd ones lie between: a task of duration 0 is seen at its moment."""
    by_task = {row[0]: row for row in rows}
    for job, tasks in enumerate(_jobs(instance)):
        if any(by_task[task][2] < instance.arrival[job] for task in tasks):
            return False
    for (source, target), volume in zip(instance.edge, instance.volume, strict=True):
        width = instance.bandwidth[by_task[source][1], by_task[target][1]]
        if by_task[target][2] < by_task[source][3] + (volume // width if width else 0):
            return False
    taken = set()
    for _, pe, start, end in rows:
        for moment in range(2 * start + 1, 2 * end) if end > start else ():
            if (pe, moment) in taken:
                return False
            taken.add((pe, moment))
    return not any((pe, 2 * start) in taken for _, pe, start, end in rows if start == end)


def test_the_judge_imports_neither_kernel_nor_environment():
    code = "import sys, envs.soc.verify; print([m for m in sys.modules if m.startswith(('numba', 'envs.soc.'))])"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert shown.strip() == "['envs.soc.verify']" and COLUMNS == ("task", "pe", "start", "end")
