"""The named blocking job shops, and what is known of them."""

import re
from dataclasses import replace

import numpy as np
import pytest

from envs.blocking_jobshop.instance import BlockingJobShopInstance
from envs.blocking_jobshop.sets import BEST_KNOWN, SETS, load_set, reference
from envs.jobshop import sets as shops


def test_every_published_job_shop_is_known_with_swaps_and_eleven_are_without() -> None:
    assert {name for name, swap in BEST_KNOWN if swap} == set(shops.BEST_KNOWN)
    assert sum(swap == 0 for _, swap in BEST_KNOWN) == 11
    assert sum(known.lb == known.ub for (_, swap), known in BEST_KNOWN.items() if swap) == 29
    assert sum(known.lb == known.ub for (_, swap), known in BEST_KNOWN.items() if not swap) == 7


def test_bounds_are_in_the_order_that_their_problems_imply() -> None:
    for name, known in shops.BEST_KNOWN.items():
        with_swaps = BEST_KNOWN[name, 1]
        assert known.lb <= with_swaps.ub
        assert with_swaps.lb <= with_swaps.ub
        if (name, 0) in BEST_KNOWN:
            assert BEST_KNOWN[name, 0].lb <= BEST_KNOWN[name, 0].ub
            assert with_swaps.lb <= BEST_KNOWN[name, 0].ub


@pytest.mark.parametrize(
    ("text", "value", "kind"),
    [
        ("ft06", 63, "optimal"),
        ("ft06:swap=allowed", 63, "optimal"),
        ("ft06:swap=not_allowed", 69, "optimal"),
        ("ft06:shutdown=0.01:seed=3", 63, "lower-bound"),
        ("ft06:shutdown=0.01:swap=not_allowed", 69, "lower-bound"),
        ("ft10:swap=not_allowed", 1158, "best-known"),
        ("ft10:swap=not_allowed:shutdown=0.01", 1068, "lower-bound"),
        ("ta01", 1669, "best-known"),
        ("ta01:swap=not_allowed", 1231, "lower-bound"),
    ],
)
def test_the_reference_of_a_shop_depends_on_swaps_and_failures(text: str, value: int, kind: str) -> None:
    (instance,) = load_set(text)
    assert reference(instance) == (value, kind)


def test_the_numbers_and_not_the_name_decide_on_the_reference() -> None:
    (ft06,) = load_set("ft06")
    assert reference(replace(ft06, name="mine")) == (63, "optimal")
    duration = ft06.duration.copy()
    duration[0] += 1
    assert reference(replace(ft06, duration=duration)) == (ft06.lower_bound(), "lower-bound")


def test_the_classical_set_has_eighteen_shops_of_ten_times_ten() -> None:
    assert len(set(SETS["classical"])) == 18
    assert {shops.BEST_KNOWN[name].size for name in SETS["classical"]} == {"10x10"}


def test_seeds_make_instances_that_differ_in_their_failures_alone_and_have_names_of_their_own() -> None:
    found = load_set("ta:15x15:shutdown=0.05:seed=0..2")
    assert len(found) == 30
    assert len({one.name for one in found}) == len({one.identity for one in found}) == 30
    for one, (name, seed) in zip(found, [(f"ta{k:02}", seed) for k in range(1, 11) for seed in range(3)], strict=True):
        assert one.name == f"{name}:shutdown=0.05:seed={seed}"
        assert load_set(one.name) == [one]
        assert isinstance(one, BlockingJobShopInstance)
        assert np.array_equal(one.duration, shops.JobShopInstance.taillard(name).duration)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("ft07", "no job shops are known as 'ft07': the nearest"),
        ("ta:16x16", "'ta' has no job shops of the size '16x16': its sizes are"),
        ("ft06:shutdwn=0.1", "has an unknown parameter 'shutdwn': the nearest is 'shutdown'"),
        ("ft06:shutdown=1", "shutdown is '1', but must be a number from 0 to below 1"),
        ("ft06:shutdown=0..0.1", "shutdown is '0..0.1', but has one value here; only random shops draw"),
        ("ft06:swap=no", "swap is 'no', but must be allowed or not_allowed"),
        ("ft06:seed=3", "has a seed of failures, but no failures: write shutdown=0.05, or leave seed out"),
        ("ft06:shutdown=0.1:seed=9..1", "but a range runs upwards"),
    ],
)
def test_what_is_no_set_is_refused_in_one_sentence(text: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=re.escape(sentence)):
        load_set(text)
