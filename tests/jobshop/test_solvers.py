"""CP-SAT against brute force and published optima."""

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from baselines.jobshop.solvers import best_rule_schedule, cp_sat
from envs.core.schedules import ScheduleError
from envs.jobshop.instance import JobShopInstance
from envs.jobshop.sets import load_set
from envs.jobshop.verify import verify

(FT06,) = load_set("ft06")


@st.composite
def tiny_shops(draw: st.DrawFn) -> JobShopInstance:
    """Up to 7 operations on up to 3 machines: jobs of different lengths, machines visited again, durations of 0."""
    lengths = draw(st.lists(st.integers(1, 3), min_size=1, max_size=3).filter(lambda lengths: sum(lengths) <= 7))
    operation = st.tuples(st.integers(0, 2), st.integers(0, 9))
    jobs = [draw(st.lists(operation, min_size=length, max_size=length)) for length in lengths]
    return JobShopInstance.from_jobs(jobs, machines=3)


def brute_force(instance: JobShopInstance) -> int:
    """The smallest makespan over all orders in which the operations can be placed, each as early as it fits."""
    ends = instance.job_start[1:]

    def best(nexts: tuple[int, ...], job_free: tuple[int, ...], machine_free: tuple[int, ...]) -> int:
        makespans = [max(job_free)]
        for job, operation in enumerate(nexts):
            if operation < ends[job]:
                machine = instance.machine[operation]
                end = int(max(job_free[job], machine_free[machine]) + instance.duration[operation])
                makespans.append(
                    best(put(nexts, job, operation + 1), put(job_free, job, end), put(machine_free, machine, end))
                )
        return min(makespans[1:] or makespans)

    def put(values: tuple[int, ...], index: int, value: int) -> tuple[int, ...]:
        return (*values[:index], value, *values[index + 1 :])

    starts = tuple(int(start) for start in instance.job_start[:-1])
    return best(starts, (0,) * len(starts), (0,) * instance.machines)


@given(tiny_shops())
@settings(max_examples=50, deadline=None)
def test_the_optimum_equals_brute_force(instance: JobShopInstance) -> None:
    solution = cp_sat(instance, seconds=10)
    assert solution.status == "optimal"
    assert solution.objective == solution.bound == brute_force(instance) >= instance.lower_bound()
    assert verify(instance, solution.schedule) == solution.objective


@pytest.mark.parametrize("workers", [1, 2])
def test_ft06_is_proved_at_55(workers: int) -> None:
    solution = cp_sat(FT06, seconds=20, workers=workers)
    assert (solution.objective, solution.bound, solution.status) == (55, 55, "optimal")
    assert verify(FT06, solution.schedule) == 55


def test_la01_is_proved_at_666() -> None:
    try:
        (instance,) = load_set("la01")
    except (OSError, ValueError) as error:
        pytest.skip(f"la01 is not here: {error}")
    solution = cp_sat(instance, seconds=30)
    assert (solution.objective, solution.status) == (666, "optimal")


def test_no_rule_beats_the_hint_and_cp_sat_improves_on_it() -> None:
    instance = JobShopInstance.generate(np.random.default_rng(1), 10, 10)
    hint = best_rule_schedule(instance)
    solution = cp_sat(instance, seconds=1)
    assert instance.lower_bound() <= solution.bound <= solution.objective < verify(instance, hint)  # type: ignore[operator]


def test_a_large_shop_gets_a_schedule_within_its_second() -> None:
    instance = JobShopInstance.generate(np.random.default_rng(0), 100, 20)
    best_rule_schedule(FT06)  # compiles the kernel, or loads it from its cache
    began = time.perf_counter()
    solution = cp_sat(instance, seconds=1)
    assert time.perf_counter() - began < 2.5
    assert verify(instance, solution.schedule) == solution.objective
    assert solution.bound is not None and instance.lower_bound() <= solution.bound <= solution.objective
    assert solution.cpu_s > 0 and 0 < solution.wall_s < 2.5


def test_without_time_the_answer_is_the_hint() -> None:
    instance = JobShopInstance.generate(np.random.default_rng(0), 30, 20)
    hint = best_rule_schedule(instance)
    solution = cp_sat(instance, seconds=1e-6, hint=hint)
    assert solution.status == "hint"
    assert np.array_equal(solution.schedule, hint)
    assert solution.bound == instance.lower_bound()


def test_the_same_seed_gives_the_same_schedule() -> None:
    first, second = (cp_sat(FT06, seconds=20, seed=3).schedule for _ in range(2))
    assert np.array_equal(first, second)


def test_a_hint_that_is_no_schedule_is_refused() -> None:
    hint = best_rule_schedule(FT06)
    hint[0, 3:] += 1
    with pytest.raises(ScheduleError, match="of job 0"):
        cp_sat(FT06, seconds=5, hint=hint)


@pytest.mark.parametrize("hint", [np.zeros(5, np.int64), np.zeros((36, 5)), np.zeros((0, 5), np.int64)])
def test_a_hint_of_another_form_is_refused(hint: np.ndarray) -> None:
    with pytest.raises(ValueError, match=r"row 0 of the schedule|is not scheduled"):
        cp_sat(FT06, seconds=5, hint=hint)


@pytest.mark.parametrize(("seconds", "workers"), [(1, 10_001), (0, 1), (-1, 1), (float("nan"), 1), (1, 0)])
def test_a_budget_of_nothing_is_refused(seconds: float, workers: int) -> None:
    with pytest.raises(ValueError, match="more than 0 seconds and 1 to 10000 workers"):
        cp_sat(FT06, seconds=seconds, workers=workers)
