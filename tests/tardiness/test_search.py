"""The local search for weighted tardiness: moves against plain Python, brute force, published optima, budgets."""

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from baselines.tardiness import walk
from baselines.tardiness.search import local_search, plain_order, schedule_of
from envs.core.schedules import ScheduleError
from envs.tardiness.instance import TardinessInstance
from envs.tardiness.sets import reference
from envs.tardiness.verify import verify
from tests.tardiness.jobs import brute_force, instances, local, tardiness


def drawn(jobs: int, seed: int = 0) -> TardinessInstance:
    """Weights from 1 to 10, many late jobs."""
    rng = np.random.default_rng(seed)
    plain = TardinessInstance.generate(rng, jobs, rdd=0.6, tf=0.6)
    return TardinessInstance(plain.processing, plain.due, rng.integers(1, 11, jobs))


def exchanged(order: list[int], i: int, j: int) -> list[int]:
    order = order.copy()
    order[i], order[j] = order[j], order[i]
    return order


def inserted(order: list[int], i: int, j: int) -> list[int]:
    left = order[:i] + order[i + 1 :]
    return [*left[:j], order[i], *left[j:]]


@settings(max_examples=60, deadline=None)  # the first call compiles
@given(instances(most_jobs=9, heaviest=4), st.data())
def test_gains_are_those_of_plain_python_whatever_has_been_moved(
    instance: TardinessInstance, data: st.DataObject
) -> None:
    places = st.integers(0, instance.jobs - 1)
    s = walk.walk_from(instance, np.arange(instance.jobs), seed=0)
    for _ in range(4):
        i, j, kind = data.draw(places), data.draw(places), data.draw(st.sampled_from([walk.EXCHANGE, walk.INSERT]))
        order, value = s.order.tolist(), tardiness(instance, s.order)
        after = (exchanged if kind == walk.EXCHANGE else inserted)(order, i, j)
        if i < j:
            assert walk.exchange_gain(s, i, j) == tardiness(instance, exchanged(order, i, j)) - value
        for best, others in (
            (walk.best_later(s, s.walk[0], i), range(i + 1, instance.jobs)),
            (walk.best_earlier(s, s.walk[0], i), range(i)),
        ):
            gains = {k: tardiness(instance, inserted(order, i, k)) - value for k in others}
            assert best[0] == min([0, *gains.values()]) and (best[0] == 0 or gains[best[1]] == best[0])
        gains = {k: tardiness(instance, exchanged(order, i, k)) - value for k in range(instance.jobs)}
        gain, place, _ = walk.best_exchange(s, s.walk[0], i)
        assert gain == min(gains.values()) == gains[place]
        walk.move(s, s.walk[0], i, j, kind)
        assert s.order.tolist() == after
        assert s.end.tolist() == np.cumsum(instance.processing[after]).tolist()


@settings(max_examples=100, deadline=None)
@given(instances(most_jobs=7, heaviest=4), st.integers(0, 3))
def test_tiny_instances_are_solved(instance: TardinessInstance, seed: int) -> None:
    solution = local_search(instance, math.inf, seed=seed, moves=5000)
    assert verify(instance, solution.schedule) == solution.objective == brute_force(instance)
    assert solution.bound in (None, solution.objective) and (solution.bound is None or solution.status == "optimal")


def test_the_optima_of_orlibs_125_instances_of_40_jobs_are_reached() -> None:
    for instance in local("wt40"):
        solution = local_search(instance, math.inf, moves=4_000_000)
        assert solution.objective == reference(instance)[0]


def test_after_a_descent_no_move_gains() -> None:
    instance = drawn(30)
    s = walk.walk_from(instance, plain_order(instance), seed=0)
    walk.go_on(s, 10**6, 0)
    order, value = s.best.tolist(), s.walk[0].best
    pairs = [(i, j) for i in range(30) for j in range(30)]
    assert value == tardiness(instance, order)
    assert value <= min(tardiness(instance, change(order, *pair)) for pair in pairs for change in (exchanged, inserted))


def test_what_moves_are_compared_with_judges_whole_sequences() -> None:
    instance = drawn(30)
    s = walk.walk_from(instance, plain_order(instance), seed=0)
    walk.judge_anew(s, 2000)
    assert s.walk[0].moves == 2000
    assert s.walk[0].value == tardiness(instance, s.order) < tardiness(instance, plain_order(instance))


def test_the_same_seed_and_moves_give_the_same_schedule_and_other_seeds_another_way() -> None:
    instance = drawn(100)
    first, again, other = (local_search(instance, math.inf, seed=seed, moves=300_000) for seed in (1, 1, 2))
    assert np.array_equal(first.schedule, again.schedule)
    values = [[step.objective for step in solution.improvements] for solution in (first, again, other)]
    assert values[0] == values[1] != values[2]


def test_what_was_in_hand_when_is_told_from_the_first_schedule_on() -> None:
    instance = drawn(100)
    solution = local_search(instance, seconds=0.1)
    steps = solution.improvements
    assert steps[0].objective == tardiness(instance, plain_order(instance))
    assert all(before.objective > after.objective and before.cpu_s <= after.cpu_s for before, after in pairwise(steps))
    assert all(verify(instance, step.schedule) == step.objective for step in steps)
    assert np.array_equal(steps[-1].schedule, solution.schedule) and len(steps) > 3


@pytest.mark.parametrize(("jobs", "seconds"), [(1, 0.02), (40, 0.003), (100, 0.03), (2000, 0.1)])
def test_it_ends_within_20_ms_of_its_seconds(jobs: int, seconds: float) -> None:
    instance = drawn(jobs)
    local_search(instance, seconds=seconds)
    solution = local_search(instance, seconds=seconds)
    assert solution.cpu_s < seconds + 0.02
    assert solution.status == "optimal" or solution.cpu_s >= seconds


def test_it_improves_the_schedule_that_it_is_given() -> None:
    instance = drawn(60)
    start = schedule_of(instance, np.arange(60))
    idle = start + np.array([0, 5, 5])
    for given_, value in ((start[::-1], tardiness(instance, range(60))), (idle, tardiness(instance, range(60)))):
        none = local_search(instance, 1, start=given_, moves=0)
        assert (none.status, none.objective, none.schedule.tolist()) == ("hint", value, start.tolist())
        assert local_search(instance, 1, start=given_, moves=20_000).objective < value
    best = local_search(instance, 1, moves=2_000_000)
    assert local_search(instance, 1, start=best.schedule, moves=100).objective == best.objective


def test_a_start_that_is_no_schedule_and_moves_below_0_are_refused() -> None:
    instance = drawn(5)
    with pytest.raises(ScheduleError, match="job 0 is not scheduled"):
        local_search(instance, 1, start=schedule_of(instance, np.arange(5))[1:])
    with pytest.raises(ValueError, match=r"search judges at least 0 moves, but got -1\."):
        local_search(instance, 1, moves=-1)
