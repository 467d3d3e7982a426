"""CP-SAT against brute force and published optima; what it knows of failures, and when."""

import re
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings

from baselines.blocking_jobshop.solvers import SOLVERS, clairvoyant, cp_sat, expected_repair, replan
from envs.blocking_jobshop.instance import BlockingJobShopInstance
from envs.blocking_jobshop.sets import load_set
from envs.blocking_jobshop.verify import verify
from tests.blocking_jobshop.plain import brute_force
from tests.blocking_jobshop.shops import blocking, flows
from tests.blocking_jobshop.test_verify import shop
from tests.jobshop.shops import shops


@given(blocking(flows(), busy_only=0))
@settings(max_examples=40, deadline=None)
def test_the_optimum_equals_brute_force_with_failures_and_without_swaps(instance: BlockingJobShopInstance) -> None:
    solution = clairvoyant(instance, seconds=20)
    assert solution.status == "optimal"
    assert solution.objective == solution.bound == brute_force(instance) >= instance.lower_bound()
    assert verify(instance, solution.schedule) == solution.objective


@given(blocking(flows(4, 3), busy_only=0))
@settings(max_examples=6, deadline=None)
def test_the_optimum_equals_brute_force_on_four_jobs(instance: BlockingJobShopInstance) -> None:
    assert clairvoyant(instance, seconds=20).bound == brute_force(instance)


@given(blocking(shops(most_jobs=3, most_operations=3, longest=5), busy_only=0))
@settings(max_examples=20, deadline=None)
def test_jobs_of_any_length_that_come_back_to_a_machine_agree_with_brute_force(
    instance: BlockingJobShopInstance,
) -> None:
    assert clairvoyant(instance, seconds=20).bound == brute_force(instance)


@pytest.mark.parametrize(
    ("text", "makespan"), [("ft06", 63), ("ft06:swap=not_allowed", 69), ("la05", 664), ("la03:swap=not_allowed", 808)]
)
def test_published_optima_are_proved(text: str, makespan: int) -> None:
    try:
        (instance,) = load_set(text)
    except (OSError, ValueError) as error:
        pytest.skip(f"{text} is not here: {error}")
    solution = cp_sat(instance, seconds=60)
    assert (solution.objective, solution.bound, solution.status) == (makespan, makespan, "optimal")
    assert verify(instance, solution.schedule) == makespan


def test_one_job_takes_its_time_and_its_failures_whatever_solves_it() -> None:
    jobs = [[(0, 3), (1, 0), (0, 2)]]
    assert cp_sat(shop(jobs), seconds=5).objective == 5
    broken = {"shutdown_probability": np.array([0.1, 0.1]), "failures": [(0, 1, 4)]}
    for resume, makespan in ((1, 9), (0, 10)):
        instance = shop(jobs, resume=resume, **broken)
        assert clairvoyant(instance, seconds=5).objective == makespan
        assert replan(instance, seconds=1).objective == makespan


@given(blocking(flows(4, 3, longest=20), busy_only=0))
@settings(max_examples=15, deadline=None)
def test_planning_again_makes_schedules_that_no_bound_forbids(instance: BlockingJobShopInstance) -> None:
    solution, known = replan(instance, seconds=0.5), clairvoyant(instance, seconds=20)
    assert verify(instance, solution.schedule) == solution.objective >= known.objective
    assert instance.can_fail or solution.objective == known.objective


def test_planning_again_knows_nothing_of_failures_to_come() -> None:
    jobs = [[(0, 4), (2, 10)], [(0, 5), (1, 12)]]
    law = {"shutdown_probability": np.full(3, 0.1)}
    calm = replan(shop(jobs, **law), seconds=1)
    assert calm.objective == 19
    for machine in range(3):
        for start in (1, 4, 6):
            broken = replan(shop(jobs, [(machine, start, 10)], **law), seconds=1).schedule
            early = calm.schedule[:, 3] < start
            assert np.array_equal(calm.schedule[early, :4], broken[early, :4])
    broken = shop(jobs, [(1, 4, 10)], **law)  # job 1 goes first and then keeps job 0 from machine 0
    assert (clairvoyant(broken, seconds=5).objective, replan(broken, seconds=1).objective) == (26, 28)


@pytest.mark.parametrize(
    ("law", "elapsed", "units"),
    [
        ({"downtime_most": 10}, 0, 6),
        ({"downtime_most": 10}, 4, 4),
        ({"downtime_most": 10}, 9, 1),
        ({"downtime_most": 1}, 0, 1),
        ({"repair_probability": 0.3}, 7, 4),
    ],
)
def test_a_repair_is_expected_after_the_mean_of_those_that_last_as_long(law, elapsed: int, units: int) -> None:
    assert expected_repair(shop([[(0, 1)]], **law), elapsed) == units


def test_solvers_say_what_they_know_nothing_of() -> None:
    can_fail = {"shutdown_probability": np.array([0.1])}
    with pytest.raises(ValueError, match="cp_sat knows of no failures, but the machines of tiny can fail: take replan"):
        cp_sat(shop([[(0, 1)]], **can_fail), seconds=1)
    for name in ("clairvoyant", "replan"):
        with pytest.raises(ValueError, match=f"{name} knows failures on the calendar alone"):
            SOLVERS[name](shop([[(0, 1)]], busy_only=1, **can_fail), seconds=1)


def test_what_was_found_on_the_way_is_kept_and_verified() -> None:
    instance = BlockingJobShopInstance.generate(np.random.default_rng(1), 8, 8)
    solution = cp_sat(instance, seconds=1)
    found = solution.improvements
    assert len(found) > 1 and [one.objective for one in found] == [verify(instance, one.schedule) for one in found]
    assert found[-1].objective == solution.objective
    assert all(a.objective > b.objective and a.cpu_s <= b.cpu_s for a, b in pairwise(found))


def test_the_answer_without_time_is_the_hint_and_a_wrong_hint_is_refused() -> None:
    instance = BlockingJobShopInstance.generate(np.random.default_rng(0), 30, 20)
    solution = cp_sat(instance, seconds=1e-6)
    assert solution.status == "hint" and verify(instance, solution.schedule) == solution.objective
    wrong = solution.schedule.copy()
    wrong[0, 3:] += 1
    with pytest.raises(ValueError, match=re.escape("of job")):
        cp_sat(instance, seconds=1, hint=wrong)


@pytest.mark.parametrize("name", SOLVERS)
@pytest.mark.parametrize(("seconds", "workers"), [(1, 10_001), (0, 1), (-1, 1), (float("nan"), 1), (1, 0)])
def test_a_budget_of_nothing_is_refused(name: str, seconds: float, workers: int) -> None:
    with pytest.raises(ValueError, match="more than 0 seconds and 1 to 10000 workers"):
        SOLVERS[name](shop([[(0, 1)]]), seconds=seconds, workers=workers)
