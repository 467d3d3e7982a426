"""Tabu search: its graph and estimates against a recomputation, its answers against brute force and known optima."""

import itertools
import math
import time
from copy import deepcopy

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from baselines.jobshop.graph import BEFORE, BEHIND, Graph, move
from baselines.jobshop.neighbours import critical_path, estimate, goes_before, goes_behind, outcome
from baselines.jobshop.solvers import best_rule_schedule
from baselines.jobshop.start import linear_order, schedule_of
from baselines.jobshop.tabu import NEIGHBOURHOODS, moves_per_second, prepare, tabu
from baselines.jobshop.trajectory import search
from envs.core.schedules import ScheduleError
from envs.jobshop.instance import JobShopInstance
from envs.jobshop.sets import load_set, reference
from envs.jobshop.verify import verify
from tests.jobshop.shops import schedules, shops
from tests.jobshop.test_solvers import brute_force, tiny_shops

(FT06,) = load_set("ft06")


def longest_paths(graph: Graph) -> tuple[list[int], list[int]]:
    """The `end` and `tail` of each operation, from the sequences of jobs and machines alone."""
    operation = graph.operation
    count = len(operation) - 1

    def along(forward: bool) -> list[int]:
        known: dict[int, int] = {count: 0}
        neighbours = ("before", "left") if forward else ("after", "right")

        def longest(o: int) -> int:
            if o not in known:
                known[o] = max(longest(int(operation[name][o])) for name in neighbours) + int(operation["duration"][o])
            return known[o]

        return [longest(o) for o in range(count)]

    return along(True), along(False)


@given(shops(), st.sampled_from(sorted(NEIGHBOURHOODS)), st.integers(0, 3), st.integers(1, 60))
@settings(max_examples=100, deadline=None)
def test_heads_tails_and_order_after_moves_are_those_of_a_recomputation(
    shop: JobShopInstance, neighbourhood: str, seed: int, moves: int
) -> None:
    graph, trajectory = prepare(shop, linear_order(shop), seed, neighbourhood)
    search(graph, trajectory, moves, 0)
    ends, tails = longest_paths(graph)
    operation = graph.operation
    assert operation["end"][:-1].tolist() == ends and operation["tail"][:-1].tolist() == tails
    assert trajectory.walk[0].makespan == max(ends)
    assert sorted(graph.order) == list(range(shop.operations))
    assert operation["place"][graph.order].tolist() == list(range(shop.operations))
    for o, name in itertools.product(range(shop.operations), ("before", "left")):
        before = operation[name][o]
        assert before == shop.operations or operation["place"][before] < operation["place"][o]
    assert not operation["mark"].any()
    assert verify(shop, schedule_of(shop, np.array(ends))) == max(ends)


@given(shops(), st.integers(0, 3), st.integers(0, 40))
@settings(max_examples=60, deadline=None)
def test_moves_make_no_cycle_and_estimates_are_the_longest_path_through_neighbours(
    shop: JobShopInstance, seed: int, moves: int
) -> None:
    graph, trajectory = prepare(shop, linear_order(shop), seed)
    search(graph, trajectory, moves, 0)
    right = graph.operation["right"].tolist()
    for u in range(shop.operations):
        v, between = right[u], 0
        while v < shop.operations:
            for side in (BEHIND, BEFORE):
                if (goes_behind if side == BEHIND else goes_before)(graph, u, v):
                    after, guess = deepcopy(graph), estimate(graph, u, v, side)
                    makespan = move(after, u, v, side)
                    ends, tails = longest_paths(after)
                    assert makespan == max(ends) == outcome(deepcopy(graph), u, v, side)
                    if not between:
                        assert guess == max(ends[o] + tails[o] - shop.duration[o] for o in (u, v)) <= makespan
            v, between = right[v], between + 1


def test_swaps_on_a_critical_path_never_make_a_cycle() -> None:
    """Where durations are positive, every pair of neighbours on it may change places."""
    shop = JobShopInstance.generate(np.random.default_rng(5), 8, 6)
    for seed in range(20):
        graph, trajectory = prepare(shop, linear_order(shop), seed)
        search(graph, trajectory, 30, 0)
        count = critical_path(graph, trajectory.walk[0])
        path = graph.path[:count][::-1].tolist()
        pairs = [(u, v) for u, v in itertools.pairwise(path) if graph.operation["right"][u] == v]
        assert pairs and all(goes_behind(graph, u, v) and goes_before(graph, u, v) for u, v in pairs)


@given(tiny_shops())
@settings(max_examples=50, deadline=None)
def test_no_tiny_shop_keeps_its_optimum_from_it(shop: JobShopInstance) -> None:
    solution = tabu(shop, seconds=10, moves=2000)
    assert verify(shop, solution.schedule) == solution.objective == brute_force(shop)


@given(st.data())
@settings(max_examples=50, deadline=None)
def test_it_starts_from_any_schedule_and_never_ends_above_it(data: st.DataObject) -> None:
    shop = data.draw(shops())
    start = data.draw(schedules(shop))
    solution = tabu(shop, seconds=10, moves=20, start=np.array(start))
    assert solution.bound is not None
    assert solution.bound <= verify(shop, solution.schedule) == solution.objective <= verify(shop, start)


def test_an_interrupted_search_has_what_it_had_in_hand() -> None:
    shop = JobShopInstance.generate(np.random.default_rng(0), 100, 20)
    tabu(FT06, seconds=1)
    began = time.perf_counter()
    solution = tabu(shop, seconds=0.05)
    assert time.perf_counter() - began < 0.5
    values = [improvement.objective for improvement in solution.improvements]
    moments = [improvement.cpu_s for improvement in solution.improvements]
    assert values == sorted(set(values), reverse=True) and moments == sorted(moments)
    assert values[-1] == solution.objective and moments[-1] <= solution.cpu_s
    assert all(verify(shop, found.schedule) == found.objective for found in solution.improvements)


@pytest.mark.parametrize("name", ["ft10", "la16", "la17", "la18", "la19", "la20", "abz5", "abz6"])
def test_known_optima_are_found_in_a_fifth_of_a_second(name: str) -> None:
    try:
        (shop,) = load_set(name)
    except (OSError, ValueError) as error:
        pytest.skip(f"{name} is not here: {error}")
    solution = tabu(shop, math.inf, seed=1, moves=150_000)
    assert verify(shop, solution.schedule) == solution.objective == reference(shop)[0]
    assert solution.cpu_s < 1


@pytest.mark.parametrize("neighbourhood", NEIGHBOURHOODS)
def test_every_neighbourhood_takes_a_twelfth_from_the_rule_that_it_starts_with(neighbourhood: str) -> None:
    shop = JobShopInstance.generate(np.random.default_rng(1), 30, 20)
    solution = tabu(shop, math.inf, moves=20_000, neighbourhood=neighbourhood)
    assert verify(shop, solution.schedule) == solution.objective < 0.92 * solution.improvements[0].objective


def test_one_operation_is_solved_at_once() -> None:
    solution = tabu(JobShopInstance.from_jobs([[(0, 7)]], machines=3), math.inf)
    assert (solution.objective, solution.status, solution.schedule.tolist()) == (7, "optimal", [[0, 0, 0, 0, 7]])


def test_more_moves_are_judged_by_estimates_than_anew() -> None:
    shop = JobShopInstance.generate(np.random.default_rng(1), 15, 15)
    assert moves_per_second(shop, 0.1, anew=False) > 2 * moves_per_second(shop, 0.1, anew=True) > 0


def test_no_time_leaves_the_start() -> None:
    start = best_rule_schedule(FT06)
    solution = tabu(FT06, seconds=1e-9, start=start)
    assert solution.status == "hint" and solution.objective == verify(FT06, start)
    assert tabu(FT06, seconds=math.inf, moves=0, start=start).status == "hint"


def test_the_same_seed_and_moves_give_the_same_schedule() -> None:
    (shop,) = load_set("ft10")
    first, second, third = (tabu(shop, math.inf, seed=seed, moves=2000).schedule for seed in (1, 1, 2))
    assert np.array_equal(first, second) and not np.array_equal(first, third)


@pytest.mark.parametrize("start", [np.zeros((0, 5), np.int64), np.zeros((36, 5), np.int64), np.zeros((36, 5))])
def test_a_start_that_is_no_schedule_is_refused(start: np.ndarray) -> None:
    with pytest.raises(ScheduleError, match=r"is not scheduled|row 0|also scheduled|machine 0"):
        tabu(FT06, seconds=1, start=start)


def test_a_budget_of_nothing_is_refused() -> None:
    for seconds, workers in ((0, 1), (-1, 1), (math.nan, 1), (1, 0), (1, 10_001)):
        with pytest.raises(ValueError, match="tabu takes more than 0 seconds and 1 to 10000 workers"):
            tabu(FT06, seconds, workers)
    with pytest.raises(ValueError, match="at least 0 moves, but got -1"):
        tabu(FT06, 1, moves=-1)
    with pytest.raises(ValueError, match="no neighbourhood 'N8': there are N5, N6, N7"):
        tabu(FT06, 1, neighbourhood="N8")
