"""Rules against plain Python and the literature's rows, what caps do, and the pilot."""

from statistics import fmean

import numpy as np
import pytest

from baselines.blocking_jobshop.hint import best_rule_schedule
from baselines.blocking_jobshop.rules import CAPS, DEFAULTS, NEEDS, RULES, TEMPERATURES
from baselines.play import objectives, play, rule_scores
from envs.blocking_jobshop.env import BlockingJobShop
from envs.blocking_jobshop.instance import BlockingJobShopInstance
from envs.blocking_jobshop.sets import load_set, reference
from envs.blocking_jobshop.verify import verify
from tests.blocking_jobshop.plain import KEYS, non_delay

SHOPS = [
    BlockingJobShopInstance.generate(np.random.default_rng(seed), *size)
    for seed, size in enumerate([(1, 1), (2, 3), (6, 6), (10, 5), (8, 10)])
]


def problem(rule: str, **options: object) -> BlockingJobShop:
    """With the options under which the rule is quoted."""
    return BlockingJobShop(**{**DEFAULTS, **NEEDS.get(rule, {}), **options})


@pytest.mark.parametrize("view", ["order", "events"])
@pytest.mark.parametrize("rule", KEYS)
def test_rules_play_as_plain_python_does(rule: str, view: str) -> None:
    found = objectives(problem(rule, view=view), SHOPS, rule_scores(RULES[rule]))
    assert found.tolist() == [non_delay(shop.to_jobs(), KEYS[rule]) for shop in SHOPS]


@pytest.mark.parametrize(
    ("text", "gaps"),
    [
        ("la:10x5", (40.9, 45.3, 38.6, 44.9, 45.2, 42.3, 44.3, 38.0)),
        ("la:15x5", (58.8, 53.4, 55.4, 38.8, 42.7, 58.7, 45.1, 55.1)),
        ("classical", (47.7, 45.3, 51.2, 53.0, 51.3, 50.6, 46.0, 46.4)),
        ("ta:15x15", (67.1, 68.4, 73.7, 68.6, 74.9, 70.8, 71.3, 72.7)),
    ],
)
def test_mean_gaps_are_those_of_another_simulator(text: str, gaps: tuple[float, ...]) -> None:
    """As `shared/reference/jobshop.md` has them, by a simulator that this one shares nothing with."""
    try:
        instances = load_set(text)
    except (OSError, ValueError) as error:
        pytest.skip(f"{text} is not here: {error}")
    for rule, gap in zip(KEYS, gaps, strict=True):
        found = objectives(problem(rule), instances, rule_scores(RULES[rule]))
        above = [100 * (value / reference(one)[0] - 1) for value, one in zip(found, instances, strict=True)]
        assert fmean(above) == pytest.approx(gap, abs=0.051), rule


@pytest.mark.parametrize("rule", [f"{name}_cap" for name in CAPS])
def test_a_cap_keeps_jobs_out_while_it_is_reached(rule: str) -> None:
    shop = BlockingJobShopInstance.generate(np.random.default_rng(5), 12, 10)
    schedule = play(problem(rule), shop, rule_scores(RULES[rule])).schedule
    entries, lasts = schedule[schedule[:, 1] == 0, 3], schedule[schedule[:, 1] == 9, 3]
    inside = [(entries <= moment).sum() - (lasts <= moment).sum() for moment in entries]
    assert max(inside) == round(CAPS[rule.removesuffix("_cap")] * 10)


def test_the_pilot_is_better_than_all_rules_and_a_solver_starts_from_it() -> None:
    shop = BlockingJobShopInstance.generate(np.random.default_rng(3), 10, 10)
    pilot = problem("list_pilot", scheme="all")
    found = play(pilot, shop, rule_scores(RULES["list_pilot"])).objective
    others = [
        play(problem(name), shop, rule_scores(rule)).objective for name, rule in RULES.items() if name != "list_pilot"
    ]
    assert found < min(others)
    assert verify(shop, best_rule_schedule(shop)) == found


def test_the_pilot_ends_where_the_first_of_its_list_rules_said_that_it_would_or_sooner() -> None:
    """In the order view nothing is unforeseen, and the choice with the least makespan has a completion with that."""
    shop = BlockingJobShopInstance.generate(np.random.default_rng(4), 8, 8)
    lists = ("tail", "spt", "completion")
    least = min(play(problem(name, scheme="all"), shop, rule_scores(RULES[name])).objective for name in lists[::2])
    found = play(problem("list_pilot", scheme="all", skip_forced=False), shop, rule_scores(RULES["list_pilot"]))
    assert found.objective <= least


@pytest.mark.parametrize("text", ["shutdown=0.05", "shutdown=0.1:interrupted=repeat", "shutdown=0.05:swap=not_allowed"])
def test_every_rule_plays_shops_that_fail(text: str) -> None:
    (shop,) = load_set(f"ft06:{text}:seed=3")
    for name, rule in RULES.items():
        episode = play(problem(name), shop, rule_scores(rule))
        assert verify(shop, episode.schedule) == episode.objective


def test_every_rule_plays_a_shop_with_an_operation_that_takes_no_time() -> None:
    for text in ("orb07", "orb07:swap=not_allowed", "orb07:shutdown=0.05:seed=1"):
        try:
            (shop,) = load_set(text)
        except (OSError, ValueError) as error:
            pytest.skip(f"{text} is not here: {error}")
        assert (shop.duration == 0).sum() == 1
        for name, rule in RULES.items():
            episode = play(problem(name), shop, rule_scores(rule))
            assert verify(shop, episode.schedule) == episode.objective


def test_every_rule_but_random_play_has_a_temperature() -> None:
    assert set(TEMPERATURES) == set(RULES) - {"random"}
