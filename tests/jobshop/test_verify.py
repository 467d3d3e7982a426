"""The judge: what it accepts, and the sentence for each way in which a schedule can be wrong."""

import re
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from envs.core import schedules as files
from envs.core.schedules import ScheduleError
from envs.jobshop.instance import JobShopInstance
from envs.jobshop.verify import COLUMNS, verify
from tests.jobshop.shops import schedules, shops

SHOP = JobShopInstance.from_jobs([[(0, 3), (1, 2)], [(1, 4), (0, 1)]], "tiny")
GOOD = [[0, 0, 0, 0, 3], [0, 1, 1, 4, 6], [1, 0, 1, 0, 4], [1, 1, 0, 4, 5]]


def test_a_schedule_is_worth_its_makespan_in_any_order_and_any_container():
    for schedule in (
        GOOD,
        GOOD[::-1],
        tuple(map(tuple, GOOD)),
        np.array(GOOD),
        np.array(GOOD, np.int32),
        [*np.array(GOOD)],
    ):
        assert verify(SHOP, schedule) == 6


def test_work_may_be_late_and_machines_idle():
    assert verify(SHOP, [[0, 0, 0, 10, 13], [0, 1, 1, 20, 22], [1, 0, 1, 0, 4], [1, 1, 0, 4, 5]]) == 22


@pytest.mark.parametrize(
    ("row", "changed", "sentence"),
    [
        (1, [0, 1, 1, 2, 4], "operation 1 of job 0 (2 to 4) starts before operation 0 of job 0 (0 to 3) has ended"),
        (3, [1, 1, 0, 2, 3], "operation 1 of job 1 (2 to 3) starts before operation 0 of job 1 (0 to 4) has ended"),
        (2, [1, 0, 1, 1, 5], "operation 1 of job 1 (4 to 5) starts before operation 0 of job 1 (1 to 5) has ended"),
        (1, [0, 1, 1, 3, 5], "machine 1 holds operation 0 of job 1 (0 to 4) and operation 1 of job 0 (3 to 5) at once"),
        (0, [0, 0, 1, 0, 3], "operation 0 of job 0 (0 to 3) is on machine 1, but needs machine 0"),
        (0, [0, 0, 0, 0, 2], "operation 0 of job 0 (0 to 2) takes 2, but its duration is 3"),
        (0, [0, 0, 0, -1, 2], "operation 0 of job 0 (-1 to 2) starts before time 0"),
        (0, [1, 0, 1, 7, 11], "operation 0 of job 1 (0 to 4) is also scheduled from 7 to 11, but runs once"),
        (0, [2, 0, 0, 0, 3], "operation 0 of job 2 (0 to 3): there is no such job, they are 0 to 1"),
        (0, [-1, 0, 0, 0, 3], "operation 0 of job -1 (0 to 3): there is no such job"),
        (0, [0, 2, 0, 0, 3], "operation 2 of job 0 (0 to 3): there is no such operation, those of job 0 are 0 to 1"),
        (
            0,
            [0, 0, 0, 0],
            "row 0 of the schedule is [0, 0, 0, 0], but its columns are job, position, machine, start, end",
        ),
        (0, [0, 0, 0, 0, 2.5], "row 0 of the schedule is [0, 0, 0, 0, 2.5], but all of it are whole numbers"),
        (0, [0, 0, 0, 0, True], "row 0 of the schedule is [0, 0, 0, 0, True], but all of it are whole numbers"),
        (0, "00003", "row 0 of the schedule is '00003', but its columns are"),
    ],
)
def test_each_fault_has_its_sentence(row, changed, sentence):
    schedule = [list(item) for item in GOOD]
    schedule[row] = changed
    with pytest.raises(ScheduleError, match=re.escape(sentence)):
        verify(SHOP, schedule)


@pytest.mark.parametrize("missing", range(4))
def test_no_operation_may_be_missing(missing):
    job, position = divmod(missing, 2)
    with pytest.raises(ScheduleError, match=f"operation {position} of job {job} is not scheduled"):
        verify(SHOP, GOOD[:missing] + GOOD[missing + 1 :])


def test_what_is_no_table_of_whole_numbers_is_no_schedule():
    with pytest.raises(ScheduleError, match="a schedule is a list of rows, not None"):
        verify(SHOP, None)
    with pytest.raises(ScheduleError, match="all of it are whole numbers"):
        verify(SHOP, np.array(GOOD, float))
    with pytest.raises(ScheduleError, match="operation 0 of job 0 is not scheduled"):
        verify(SHOP, [])


def test_an_operation_without_duration_needs_a_moment_at_which_its_machine_is_free():
    shop = JobShopInstance.from_jobs([[(0, 4)], [(0, 0)]])
    for moment in (0, 4, 9):
        assert verify(shop, [[0, 0, 0, 0, 4], [1, 0, 0, moment, moment]]) == max(4, moment)
    with pytest.raises(ScheduleError, match=r"machine 0 holds .* \(0 to 4\) and .* \(2 to 2\) at once"):
        verify(shop, [[0, 0, 0, 0, 4], [1, 0, 0, 2, 2]])


@given(st.data())
def test_it_agrees_with_a_judge_that_looks_at_every_unit_of_time(data: st.DataObject):
    shop = data.draw(shops(longest=5))
    rows = data.draw(schedules(shop))
    index = data.draw(st.integers(0, len(rows) - 1))
    shift = data.draw(st.integers(-3, 3))
    rows[index][3] += shift
    rows[index][4] += shift
    if _feasible(rows):
        assert verify(shop, rows) == max(row[4] for row in rows)
    else:
        with pytest.raises(ScheduleError):
            verify(shop, rows)


def _feasible(rows: list[list[int]]) -> bool:
    """Twice each time is a moment, and the odd ones lie between: an operation of duration 0 is seen at its moment."""
    taken = set()
    for job, position, machine, start, end in rows:
        if start < 0 or any(job == row[0] and position < row[1] and row[3] < end for row in rows):
            return False
        for moment in range(2 * start + 1, 2 * end) if end > start else ():
            if (machine, moment) in taken:
                return False
            taken.add((machine, moment))
    return not any((machine, 2 * start) in taken and start == end for _, _, machine, start, end in rows)


def test_the_judge_imports_neither_kernel_nor_environment():
    code = (
        "import sys, envs.jobshop.verify; print([m for m in sys.modules if m.startswith(('numba', 'envs.jobshop.'))])"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert shown.strip() == "['envs.jobshop.verify']"


def test_a_schedule_file_returns_what_was_saved(tmp_path):
    path = tmp_path / "ft.json"
    files.save(path, "jobshop", "tiny", 6.0, COLUMNS, np.array(GOOD))
    saved = files.load(path)
    assert saved == ("jobshop", "tiny", 6, list(COLUMNS), GOOD)
    assert verify(SHOP, saved.schedule) == saved.objective


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "the file is empty"),
        ('{"problem": "jobshop"', "line 1: this is not JSON"),
        ("[]", "a schedule file has `problem`, which is missing or of another kind here"),
        (
            '{"problem": "jobshop", "instance": 3}',
            "a schedule file has `instance`, which is missing or of another kind",
        ),
        (
            '{"problem": "p", "instance": "i", "objective": 1, "columns": ["job"], "schedule": [[1], [2, 3]]}',
            "row 1 of the schedule is [2, 3], but its columns are job",
        ),
        ('{"problem": "p", "instance": "i", "objective": 1, "columns": []}', "a schedule is a list of rows, not None"),
    ],
)
def test_a_malformed_schedule_file_is_refused_with_its_name_and_the_rule(tmp_path, text, sentence):
    path = tmp_path / "bad.json"
    path.write_text(text)
    with pytest.raises(ValueError, match=re.escape(str(path)) + ".*" + re.escape(sentence)):
        files.load(path)
