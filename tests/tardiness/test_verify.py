"""The judge: what it accepts, and the sentence for each way in which a schedule can be wrong."""

import re
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from envs.core.schedules import ScheduleError
from envs.tardiness.instance import TardinessInstance
from envs.tardiness.verify import verify
from tests.tardiness.jobs import instances, rows_of, tardiness

JOBS = TardinessInstance.from_lists([3, 2, 4], [3, 4, 4], [1, 5, 2], "tiny")
GOOD = [[0, 0, 3], [1, 3, 5], [2, 5, 9]]


def test_a_schedule_is_worth_its_weighted_tardiness_in_any_order_and_any_container():
    for schedule in (GOOD, GOOD[::-1], tuple(map(tuple, GOOD)), np.array(GOOD), np.array(GOOD, np.int32)):
        assert verify(JOBS, schedule) == 5 * 1 + 2 * 5


def test_the_machine_may_idle():
    assert verify(JOBS, [[1, 0, 2], [2, 10, 14], [0, 4, 7]]) == 4 + 2 * 10


@pytest.mark.parametrize(
    ("row", "changed", "sentence"),
    [
        (1, [1, 2, 4], "the machine holds job 0 (0 to 3) and job 1 (2 to 4) at once"),
        (2, [2, 1, 5], "the machine holds job 0 (0 to 3) and job 2 (1 to 5) at once"),
        (0, [0, 9, 13], "job 0 (9 to 13) takes 4, but its processing time is 3"),
        (0, [0, -1, 2], "job 0 (-1 to 2) starts before time 0"),
        (0, [1, 9, 11], "job 1 (3 to 5) is also scheduled from 9 to 11, but runs once"),
        (0, [3, 9, 12], "job 3 (9 to 12): there is no such job, they are 0 to 2"),
        (0, [-1, 9, 12], "job -1 (9 to 12): there is no such job, they are 0 to 2"),
        (0, [0, 0], "row 0 of the schedule is [0, 0], but its columns are job, start, end"),
        (0, [0, 0, 3.5], "row 0 of the schedule is [0, 0, 3.5], but all of it are whole numbers"),
    ],
)
def test_each_fault_has_its_sentence(row, changed, sentence):
    schedule = [list(item) for item in GOOD]
    schedule[row] = changed
    with pytest.raises(ScheduleError, match=re.escape(sentence)):
        verify(JOBS, schedule)


@pytest.mark.parametrize("missing", range(3))
def test_no_job_may_be_missing(missing):
    with pytest.raises(ScheduleError, match=f"job {missing} is not scheduled"):
        verify(JOBS, GOOD[:missing] + GOOD[missing + 1 :])


def test_what_is_no_table_of_whole_numbers_is_no_schedule():
    with pytest.raises(ScheduleError, match="a schedule is a list of rows, not None"):
        verify(JOBS, None)
    with pytest.raises(ScheduleError, match="all of it are whole numbers"):
        verify(JOBS, np.array(GOOD, float))


@given(st.data())
def test_it_agrees_with_a_judge_that_looks_at_every_unit_of_time(data: st.DataObject):
    instance = data.draw(instances(longest=4, heaviest=3))
    order = data.draw(st.permutations(range(instance.jobs)))
    rows = rows_of(instance, order)
    assert verify(instance, rows) == tardiness(instance, order)
    row, shift = data.draw(st.sampled_from(rows)), data.draw(st.integers(-3, 3))
    row[1], row[2] = row[1] + shift, row[2] + shift
    taken = [moment for _, start, end in rows for moment in range(start, end)]
    if min(taken) >= 0 and len(set(taken)) == len(taken):
        late = (instance.weight[job] * max(0, end - instance.due[job]) for job, _, end in rows)
        assert verify(instance, rows) == sum(late)
    else:
        with pytest.raises(ScheduleError):
            verify(instance, rows)


def test_the_judge_imports_neither_kernel_nor_environment():
    code = (
        "import sys, envs.tardiness.verify;"
        "print([m for m in sys.modules if m.startswith(('numba', 'envs.tardiness.'))])"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert shown.strip() == "['envs.tardiness.verify']"
