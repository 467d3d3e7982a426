"""What CP-SAT is given for weighted tardiness, part by part, against all orders of few jobs."""

from itertools import permutations
from math import inf

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from baselines.tardiness import solvers
from baselines.tardiness.dominance import precedence
from baselines.tardiness.lagrange import narrow
from baselines.tardiness.solvers import SOLVERS
from envs.tardiness.instance import TardinessInstance
from envs.tardiness.sets import reference
from tests.tardiness.jobs import brute_force, instances, local, rows_of, tardiness


def optima(instance: TardinessInstance) -> list[tuple[int, ...]]:
    """All orders of least tardiness."""
    orders = list(permutations(range(instance.jobs)))
    values = [tardiness(instance, order) for order in orders]
    return [order for order, value in zip(orders, values, strict=True) if value == min(values)]


def before(instance: TardinessInstance) -> np.ndarray:
    return precedence(instance.processing, instance.due, instance.weight)


@settings(max_examples=200, deadline=None)
@given(instances(heaviest=4))
def test_an_optimal_order_has_all_pairs_of_the_dominance(instance: TardinessInstance) -> None:
    pairs = np.argwhere(before(instance)).tolist()
    assert any(all(order.index(i) < order.index(j) for i, j in pairs) for order in optima(instance))


@settings(max_examples=200, deadline=None)
@given(instances(heaviest=4), st.integers(0, 4))
def test_an_optimal_order_that_is_better_than_the_known_one_has_only_ends_that_are_left(
    instance: TardinessInstance, above: int
) -> None:
    best = optima(instance)
    optimum = tardiness(instance, best[0])
    bound, ends = narrow(instance, before(instance), optimum + above, inf)
    assert bound <= optimum + above and ends is not None
    if above:
        assert bound <= optimum
        assert any(all(ends[job, end] for job, _, end in rows_of(instance, order)) for order in best)


def test_a_bound_is_near_the_optimum() -> None:
    rng = np.random.default_rng(3)
    drawn = TardinessInstance.generate(rng, 20, rdd=0.6, tf=0.6)
    instance = TardinessInstance(drawn.processing, drawn.due, rng.integers(1, 11, 20))
    optimum = SOLVERS["cp_sat"](instance, seconds=30).objective
    bound, ends = narrow(instance, before(instance), int(optimum) + 1, inf)
    assert 0.97 * optimum < bound <= optimum
    assert ends is not None and ends.sum() < 0.2 * ends.size


def test_too_many_units_of_time_are_left_to_cp_sat() -> None:
    instance = TardinessInstance.from_lists([10**6, 2 * 10**6, 3 * 10**6], [10**6] * 3, [1, 5, 3])
    assert narrow(instance, before(instance), 10**9, inf) == (0, None)
    assert SOLVERS["cp_sat"](instance, seconds=10).objective == brute_force(instance)


@pytest.mark.parametrize("narrowed", [True, False])
@settings(max_examples=40, deadline=None)
@given(instance=instances(heaviest=4), last=st.booleans())
def test_cp_sat_proves_and_improves_whatever_it_starts_from(
    narrowed: bool, instance: TardinessInstance, last: bool
) -> None:
    """Also from the worst order, and from an optimal one that is not known to be."""
    order = (max if last else min)(permutations(range(instance.jobs)), key=lambda some: tardiness(instance, some))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(solvers, "good_order", lambda *_: (tardiness(instance, order), np.array(order)))
        patch.setattr(TardinessInstance, "lower_bound", lambda _: 0)
        if not narrowed:
            patch.setattr(solvers, "narrow", lambda *_: (0, None))
        solution = SOLVERS["cp_sat"](instance, seconds=10)
    assert (solution.status, solution.objective) == ("optimal", brute_force(instance))


def least_weighted(instance: TardinessInstance) -> int:
    """The least tardiness over all sets of jobs that may come first: Held and Karp (1962)."""
    jobs = list(zip(instance.processing.tolist(), instance.due.tolist(), instance.weight.tolist(), strict=True))
    best = {0: (0, 0)}
    for chosen in range(1, 1 << len(jobs)):
        inside = [job for job in range(len(jobs)) if chosen >> job & 1]
        end = best[chosen & ~(1 << inside[0])][1] + jobs[inside[0]][0]
        late = (best[chosen & ~(1 << job)][0] + jobs[job][2] * max(0, end - jobs[job][1]) for job in inside)
        best[chosen] = min(late), end
    return best[(1 << len(jobs)) - 1][0]


def test_cp_sat_agrees_with_dynamic_programming() -> None:
    rng = np.random.default_rng(0)
    for tf in (0.2, 0.4, 0.6, 0.8):
        drawn = TardinessInstance.generate(rng, 12, rdd=0.6, tf=tf)
        instance = TardinessInstance(drawn.processing, drawn.due, rng.integers(1, 11, 12))
        solution = SOLVERS["cp_sat"](instance, seconds=30)
        assert (solution.status, solution.objective) == ("optimal", least_weighted(instance))


@pytest.mark.parametrize("number", [1, 11, 26])
def test_cp_sat_proves_orlibs_optima(number: int) -> None:
    instance = local("wt40")[number - 1]
    solution = SOLVERS["cp_sat"](instance, seconds=60)
    assert (solution.objective, solution.status) == (reference(instance)[0], "optimal")


def test_the_same_seed_gives_the_same_schedule() -> None:
    rng = np.random.default_rng(1)
    drawn = TardinessInstance.generate(rng, 15, rdd=0.4, tf=0.6)
    instance = TardinessInstance(drawn.processing, drawn.due, rng.integers(1, 11, 15))
    first, second = (SOLVERS["cp_sat"](instance, seconds=60, seed=3).schedule for _ in range(2))
    assert np.array_equal(first, second)
