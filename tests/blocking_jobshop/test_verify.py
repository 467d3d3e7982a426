"""The judge: what it accepts, and the sentence for each way in which a schedule can be wrong."""

import re
import subprocess
import sys

import numpy as np
import pytest

from envs.blocking_jobshop.instance import BlockingJobShopInstance
from envs.blocking_jobshop.verify import verify
from envs.core.schedules import ScheduleError
from envs.jobshop.instance import JobShopInstance


def shop(jobs, failures=(), **law):
    """failures: (machine, start, length), in order."""
    plain = JobShopInstance.from_jobs(jobs, "tiny")
    first = np.searchsorted([machine for machine, _, _ in failures], np.arange(plain.machines + 1))
    law = {"shutdown_probability": np.full(plain.machines, 0.5 if failures else 0.0), **law}
    return BlockingJobShopInstance.of(
        plain,
        failure_start=np.array([start for _, start, _ in failures], int),
        failure_length=np.array([length for *_, length in failures], int),
        failure_first=first,
        **law,
    )


JOBS = [[(0, 3), (1, 2)], [(1, 4), (0, 1)]]
SWAPPED = [[0, 0, 0, 0, 3, 4], [0, 1, 1, 4, 6, 6], [1, 0, 1, 0, 4, 4], [1, 1, 0, 4, 5, 5]]
"""Both jobs change places at 4: job 0 has waited for that on machine 0 since 3."""


def test_a_schedule_is_worth_its_makespan_in_any_order_and_any_container():
    for schedule in (
        SWAPPED,
        SWAPPED[::-1],
        tuple(map(tuple, SWAPPED)),
        np.array(SWAPPED),
        np.array(SWAPPED, np.int32),
    ):
        assert verify(shop(JOBS), schedule) == 6


@pytest.mark.parametrize(
    ("row", "changed", "sentence"),
    [
        (0, [0, 0, 1, 0, 3, 4], "operation 0 of job 0 (0 to 4) is on machine 1, but needs machine 0"),
        (0, [0, 0, 0, -1, 2, 4], "operation 0 of job 0 (-1 to 4) starts before time 0"),
        (0, [0, 0, 0, 0, 2, 4], "is processed from 0 to 2, but its duration is 3"),
        (0, [0, 0, 0, 0, 4, 4], "is processed from 0 to 4, but its duration is 3"),
        (0, [0, 0, 0, 0, 3, 2], "operation 0 of job 0 (0 to 2) leaves before its processing ends at 3"),
        (0, [0, 0, 0, 0, 3, 3], "(0 to 3) leaves at 3, but operation 1 of job 0 (4 to 6) starts at 4"),
        (0, [0, 0, 0, 0, 3, 5], "(0 to 5) leaves at 5, but operation 1 of job 0 (4 to 6) starts at 4"),
        (1, [0, 1, 1, 4, 6, 7], "operation 1 of job 0 (4 to 7) is the last of its job, which leaves at its end, 6"),
        (1, [0, 0, 0, 5, 8, 8], "is also scheduled from 0 to 4, but runs once"),
        (0, [2, 0, 0, 0, 3, 3], "operation 0 of job 2 (0 to 3): there is no such job, they are 0 to 1"),
        (0, [0, 2, 0, 0, 3, 3], "there is no such operation, those of job 0 are 0 to 1"),
        (0, [0, 0, 0, 0, 3], "but its columns are job, position, machine, start, end, leave"),
        (0, [0, 0, 0, 0, 3, 4.5], "but all of it are whole numbers"),
    ],
)
def test_each_fault_of_a_row_has_its_sentence(row, changed, sentence):
    schedule = [list(item) for item in SWAPPED]
    schedule[row] = changed
    with pytest.raises(ScheduleError, match=re.escape(sentence)):
        verify(shop(JOBS), schedule)


@pytest.mark.parametrize("missing", range(4))
def test_no_operation_may_be_missing(missing):
    job, position = divmod(missing, 2)
    with pytest.raises(ScheduleError, match=f"operation {position} of job {job} is not scheduled"):
        verify(shop(JOBS), SWAPPED[:missing] + SWAPPED[missing + 1 :])


def test_a_blocked_machine_takes_no_other_job():
    one = shop([[(0, 3), (1, 2)], [(1, 5)], [(0, 1)]])
    blocked = [[0, 0, 0, 0, 3, 5], [0, 1, 1, 5, 7, 7], [1, 0, 1, 0, 5, 5], [2, 0, 0, 5, 6, 6]]
    assert verify(one, blocked) == 7
    blocked[3] = [2, 0, 0, 3, 4, 4]
    with pytest.raises(
        ScheduleError, match=r"machine 0 holds .* \(0 to 5\) and operation 0 of job 2 \(3 to 4\) at once"
    ):
        verify(one, blocked)


def test_without_swaps_jobs_do_not_change_places():
    with pytest.raises(ScheduleError, match="jobs 0 and 1 move at 4, but in no order does each find its machine empty"):
        verify(shop(JOBS, swap=0), SWAPPED)
    later = [[0, 0, 0, 0, 3, 3], [0, 1, 1, 3, 5, 5], [1, 0, 1, 5, 9, 9], [1, 1, 0, 9, 10, 10]]
    assert verify(shop(JOBS, swap=0), later) == 10


def test_without_swaps_a_chain_moves_in_its_order_and_a_ring_of_three_does_not():
    ring = [[(0, 1), (1, 1)], [(1, 1), (2, 1)], [(2, 1), (0, 1)]]
    chain = [*ring[:2], [(2, 1), (3, 1)]]
    rows = [[j, p, (j + p) % 3, p, p + 1, p + 1] for j in range(3) for p in range(2)]
    assert verify(shop(ring), rows) == 2
    with pytest.raises(ScheduleError, match="jobs 0 and 1 and 2 move at 1"):
        verify(shop(ring, swap=0), rows)
    rows[-1][2] = 3
    assert verify(shop(chain, swap=0), rows) == 2


def test_a_job_stays_on_a_machine_that_it_needs_again_with_and_without_swaps():
    for swap in (0, 1):
        assert verify(shop([[(0, 2), (0, 3)]], swap=swap), [[0, 0, 0, 0, 2, 2], [0, 1, 0, 2, 5, 5]]) == 5


def test_an_operation_without_duration_needs_a_moment_at_which_its_machine_is_free():
    one = shop([[(0, 4)], [(0, 0)]])
    for moment in (0, 4, 9):
        assert verify(one, [[0, 0, 0, 0, 4, 4], [1, 0, 0, moment, moment, moment]]) == max(4, moment)
    with pytest.raises(ScheduleError, match=r"machine 0 holds .* \(0 to 4\) and .* \(2 to 2\) at once"):
        verify(one, [[0, 0, 0, 0, 4, 4], [1, 0, 0, 2, 2, 2]])


def test_without_swaps_a_job_passes_a_machine_at_one_moment_before_another_comes_to_stay():
    jobs = [[(0, 2), (1, 0), (2, 1)], [(3, 2), (1, 5)]]
    rows = [[0, 0, 0, 0, 2, 2], [0, 1, 1, 2, 2, 2], [0, 2, 2, 2, 3, 3], [1, 0, 3, 0, 2, 2], [1, 1, 1, 2, 7, 7]]
    assert verify(shop(jobs, swap=0), rows) == 7


def test_without_swaps_two_operations_without_duration_cannot_stand_in_each_others_way():
    jobs = [[(0, 1), (1, 0), (0, 0), (2, 1)], [(1, 1), (0, 0), (1, 0), (3, 1)]]
    rows = [[j, p, jobs[j][p][0], min(p, 1), 1, 1] for j in range(2) for p in range(3)]
    rows += [[0, 3, 2, 1, 2, 2], [1, 3, 3, 1, 2, 2]]
    assert verify(shop(jobs), rows) == 2
    with pytest.raises(ScheduleError, match="jobs 0 and 1 move at 1"):
        verify(shop(jobs, swap=0), rows)


FAILURE = [(0, 2, 5)]
"""Machine 0 is down from 2 to 7."""


@pytest.mark.parametrize(
    ("law", "end"), [({}, 8), ({"resume": 0}, 10), ({"busy_only": 1}, 8), ({"busy_only": 1, "resume": 0}, 10)]
)
def test_an_interrupted_operation_goes_on_or_begins_again(law, end):
    one = shop([[(0, 3)]], FAILURE, **law)
    assert verify(one, [[0, 0, 0, 0, end, end]]) == end
    for wrong in (3, 7, end - 1, end + 1):
        with pytest.raises(ScheduleError, match=f"is processed from 0 to {wrong}, but its duration is 3 and {end - 3}"):
            verify(one, [[0, 0, 0, 0, wrong, wrong]])


def test_nobody_starts_at_the_moment_of_a_failure_but_a_job_may_leave_then():
    jobs = [[(0, 2), (1, 1)], [(0, 1)]]
    first = [[0, 0, 0, 0, 2, 2], [0, 1, 1, 2, 3, 3]]
    assert verify(shop(jobs, FAILURE), [*first, [1, 0, 0, 7, 8, 8]]) == 8
    for moment in (2, 6):
        with pytest.raises(ScheduleError, match=rf"\({moment} to 8\) starts while machine 0 is down, 2 to 7"):
            verify(shop(jobs, FAILURE), [*first, [1, 0, 0, moment, 8, 8]])


@pytest.mark.parametrize("law", [{}, {"busy_only": 1}])
def test_nobody_leaves_a_machine_that_is_down(law):
    jobs = [[(0, 2), (1, 1)]]
    for leave in (2, 7, 8):
        assert verify(shop(jobs, FAILURE, **law), [[0, 0, 0, 0, 2, leave], [0, 1, 1, leave, leave + 1, leave + 1]]) > 2
    for leave in (3, 6):
        with pytest.raises(ScheduleError, match=rf"\(0 to {leave}\) leaves while machine 0 is down, 2 to 7"):
            verify(shop(jobs, FAILURE, **law), [[0, 0, 0, 0, 2, leave], [0, 1, 1, leave, leave + 1, leave + 1]])


def test_nobody_starts_on_a_machine_that_is_down_after_what_it_has_processed():
    jobs = [[(0, 2)], [(0, 1)]]
    busy = shop(jobs, FAILURE, busy_only=1)
    assert verify(busy, [[0, 0, 0, 10, 12, 12], [1, 0, 0, 17, 18, 18]]) == 18
    with pytest.raises(ScheduleError, match="starts while machine 0 is down, 12 to 17"):
        verify(busy, [[0, 0, 0, 10, 12, 12], [1, 0, 0, 12, 13, 13]])
    assert verify(busy, [[0, 0, 0, 11, 18, 18], [1, 0, 0, 10, 11, 11]]) == 18


def test_lost_units_of_a_repeated_operation_wear_the_machine_down_too():
    twice = shop([[(0, 3)]], [(0, 2, 5), (0, 4, 1)], busy_only=1, resume=0)
    assert verify(twice, [[0, 0, 0, 0, 13, 13]]) == 13  # 2 units lost, down to 7, 2 more lost, down from 9 to 10


def test_the_judge_imports_neither_kernel_nor_environment():
    code = (
        "import sys, envs.blocking_jobshop.verify; "
        "print([m for m in sys.modules if m.startswith(('numba', 'envs.blocking_jobshop.'))])"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert shown.strip() == "['envs.blocking_jobshop.verify']"
