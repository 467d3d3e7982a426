"""Blocking job shops, their law of failures, and how it is written."""

from dataclasses import replace

import numpy as np
import pytest

from envs.blocking_jobshop.instance import BlockingJobShopInstance
from envs.blocking_jobshop.law import random_source, realisations, split
from envs.core.datasets import resolve
from envs.jobshop.sets import load_set


def draw(text: str, seed: int = 0) -> BlockingJobShopInstance:
    return random_source(text).sample(np.random.default_rng(seed))


def per_machine(shop: BlockingJobShopInstance) -> list[tuple[np.ndarray, np.ndarray]]:
    """The starts and the lengths of each machine's failures."""
    bounds = shop.failure_first[1:-1]
    return list(zip(np.split(shop.failure_start, bounds), np.split(shop.failure_length, bounds), strict=True))


@pytest.mark.parametrize("failures", ["calendar", "busy"])
def test_every_machine_fails_by_the_law(failures: str) -> None:
    shop = draw(f"10x10,shutdown=0.05,failures={failures}")
    ups = []
    for start, length in per_machine(shop):
        between = np.diff(start) - (length[:-1] if failures == "calendar" else 0)
        assert len(start) > 300 and start[0] < 200
        ups += [start[0], *between]
    assert min(ups) == 1 and np.mean(ups) == pytest.approx(20, rel=0.05)
    assert set(shop.failure_length.tolist()) == set(range(1, 11))
    assert replace(shop) == shop, "what is drawn passes the checks"


def test_a_geometric_law_has_its_mean_downtime() -> None:
    shop = draw("10x10,shutdown=0.05,repair=0.2")
    assert shop.failure_length.mean() == pytest.approx(shop.mean_downtime, rel=0.05) and shop.mean_downtime == 5


def test_a_larger_probability_brings_the_same_failures_sooner() -> None:
    (shop,) = load_set("ft06")
    rare, often = (BlockingJobShopInstance.of(shop).under({"shutdown_probability": p}).realise(7) for p in (0.02, 0.1))
    for (start, length), (sooner, same) in zip(per_machine(rare), per_machine(often), strict=True):
        assert (sooner[: len(start)] <= start).all() and (same[: len(start)] == length).all()


def test_machines_and_seeds_have_streams_of_their_own() -> None:
    shop = draw("6x4,shutdown=0.1")
    assert len({tuple(start[:5]) for start, _ in per_machine(shop)}) == 4
    assert shop.realise(1) == shop.realise(1) != shop.realise(2)


def test_failures_are_hidden() -> None:
    shop = draw("6x4,shutdown=0.1")
    assert shop.realise(1).fingerprint == shop.realise(2).fingerprint
    assert shop.realise(1).identity != shop.realise(2).identity


def test_a_random_source_lists_alternatives() -> None:
    source = random_source(
        "3x3..5x4,shutdown=0/0.01..0.1,swap=allowed/not_allowed,interrupted=resume/repeat,downtime=3"
    )
    rng = np.random.default_rng(0)
    drawn = [source.sample(rng) for _ in range(60)]
    assert {(one.swap, one.resume, one.can_fail) for one in drawn} == {
        (a, b, c) for a in (0, 1) for b in (0, 1) for c in (False, True)
    }
    assert all(0.01 <= p <= 0.1 for one in drawn if one.can_fail for p in one.shutdown_probability)
    assert {one.downtime_most for one in drawn} == {3} and {one.busy_only for one in drawn} == {0}
    assert all(a <= b for one in drawn for a, b in zip(one.shape, source.shape, strict=True))


def test_a_name_says_how_to_get_the_same_again() -> None:
    (shop,) = load_set("ft06")
    found = realisations(shop, {"shutdown": "0.05", "failures": "busy", "seed": "3..5"})
    assert [one.name for one in found] == [f"ft06:shutdown=0.05:failures=busy:seed={seed}" for seed in (3, 4, 5)]
    base, given = split(found[1].name)
    assert base == "ft06" and realisations(shop, given) == [found[1]]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("random:4x4,shutdown=1.5:2:0", "shutdown is '1.5', but must be a number from 0 to below 1"),
        ("random:4x4,shutdown=0.2..0.1:2:0", "the range of shutdown runs backwards"),
        ("random:4x4,swap=yes:2:0", "swap is 'yes', but must be allowed or not_allowed"),
        ("random:4x4,downtime=0:2:0", "downtime is '0', but must be a whole number from 1"),
        ("random:4x4,repair=0:2:0", "repair is '0', but must be a number above 0"),
        ("random:4x4,repair=0.5,downtime=3:2:0", "both downtime .* and repair"),
        ("random:4x4,swop=allowed:2:0", "unknown parameter 'swop': the nearest is 'swap'"),
        ("random:4x4,swap=allowed,swap=allowed:2:0", "gives a parameter twice"),
        ("random:4x4,seed=3:2:0", "draw the seed of their failures themselves"),
        ("ft06:seed=3", "has a seed of failures, but no failures"),
        ("ft06:shutdown=0/0.1", "has one value here"),
        ("ft06:shutdown=0.1:seed=5..3", "a range runs upwards"),
        ("ft06:shutdown=0.1:seed=x", "seed is 'x', but must be a whole number or a range"),
    ],
)
def test_a_wrong_law_is_told_in_a_sentence(text: str, sentence: str) -> None:
    from envs.blocking_jobshop.env import BlockingJobShop

    with pytest.raises(ValueError, match=sentence):
        resolve(BlockingJobShop, text)


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"swap": 2}, "swap is 2, but is a whole number from 0 to 1"),
        ({"resume": True}, "resume is True"),
        ({"downtime_most": 0}, "downtime_most is 0"),
        ({"repair_probability": 1.0}, "repair_probability is 1.0, but is a number from 0 to below 1"),
        ({"shutdown_probability": [0.1]}, r"shape \(1,\), but has one for each of 2 machines"),
        ({"shutdown_probability": [0.1, float("nan")]}, "machine 1: shutdown_probability is nan"),
        ({"failure_start": [1]}, "there are 1 starts of failures, but 0 lengths"),
        ({"failure_start": [1], "failure_length": [1, 2], "failure_first": [0, 1, 1]}, "1 starts of failures, but 2"),
        (
            {"failure_start": [1], "failure_length": [0], "failure_first": [0, 1, 1]},
            "machine 0: a failure has the length 0",
        ),
        ({"failure_start": [1], "failure_length": [1], "failure_first": [0, 1]}, "failure_first is"),
        ({"failure_start": [5, 6], "failure_length": [1, 1], "failure_first": [0, 0, 2]}, "machine 1: a failure at 6"),
        (
            {"failure_start": [0], "failure_length": [1], "failure_first": [0, 1, 1], "busy_only": 1},
            "machine 0: a failure at 0",
        ),
        ({"failure_start": [2**60], "failure_length": [1], "failure_first": [0, 1, 1]}, "failure_start reaches from"),
        (
            {"failure_start": [1], "failure_length": [1], "failure_first": [0, 1, 1], "shutdown_probability": [0, 0.1]},
            "machine 0 has failures, but its shutdown_probability is 0",
        ),
    ],
)
def test_wrong_fields_are_told_in_a_sentence(fields: dict, sentence: str) -> None:
    shop = BlockingJobShopInstance.from_jobs([[(0, 2), (1, 3)]])
    with pytest.raises(ValueError, match=sentence):
        replace(
            shop,
            **{
                "shutdown_probability": [0.1, 0.1],
                **{k: np.array(v) if isinstance(v, list) else v for k, v in fields.items()},
            },
        )
