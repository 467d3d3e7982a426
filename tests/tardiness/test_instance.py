"""Instances of total tardiness: drawing, checks, bound."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from envs.tardiness.instance import TardinessInstance
from tests.tardiness.contract import brute_force, tiny


def test_drawn_instances_follow_the_law() -> None:
    rng = np.random.default_rng(0)
    instance = TardinessInstance.generate(rng, 2000, rdd=0.4, tf=0.6)
    total = instance.processing.sum()
    assert instance.processing.min() == 1 and instance.processing.max() == 100 and instance.unweighted
    assert instance.due.min() >= 0.2 * total - 1 and instance.due.max() <= 0.6 * total
    assert instance.due.mean() == pytest.approx(0.4 * total, rel=0.02)
    assert TardinessInstance.generate(rng, 50, rdd=1.0, tf=0.8).due.min() == 0
    with pytest.raises(ValueError, match="an instance of 0 jobs cannot be drawn: it needs at least one"):
        TardinessInstance.generate(rng, 0)


@pytest.mark.parametrize("jobs", [1, 2, 7, 30])
def test_drawn_and_built_instances_are_equal(jobs: int) -> None:
    drawn = TardinessInstance.generate(np.random.default_rng(1), jobs)
    built = TardinessInstance.from_lists(drawn.processing.tolist(), drawn.due.tolist())
    assert drawn == built and drawn.fingerprint == built.fingerprint and built.unweighted and drawn.unweighted
    assert not TardinessInstance.from_lists([1], [1], [2]).unweighted


@given(instance=tiny(), weights=st.lists(st.integers(1, 4), min_size=6, max_size=6))
def test_the_bound_is_below_the_optimum(instance: TardinessInstance, weights: list[int]) -> None:
    weighted = TardinessInstance(instance.processing, instance.due, np.array(weights[: instance.jobs]))
    assert instance.lower_bound() <= brute_force(instance) and weighted.lower_bound() <= brute_force(weighted)


def test_the_bound_is_exact_where_an_order_is_optimal() -> None:
    for lists in (([4, 3, 2], [1, 0, -5]), ([2, 3, 4], [9, 9, 8])):
        instance = TardinessInstance.from_lists(*lists)
        assert instance.lower_bound() == brute_force(instance)


@pytest.mark.parametrize(
    ("lists", "sentence"),
    [
        (([], []), "the instance has no jobs: it needs at least one"),
        (([1, 0], [1, 1]), "job 1: processing 0 is below 1"),
        (([1, 2], [1]), "due has 1 entries, but processing has 2"),
        (([1], [1], [0]), "job 0: weight 0 is below 1"),
        (([1], [0.5]), "job 0: due 0.5 is no whole number"),
        (([2**52], [0], [4]), "total weight times the largest tardiness is above"),
        (([[1]], [1]), r"processing has the shape \(1, 1\)"),
    ],
)
def test_other_numbers_are_refused(lists: tuple[Any, Any], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        TardinessInstance.from_lists(*lists)
