"""Rules are sampled at the temperature that validation chose for them, and never do worse than greedily."""

import pytest

from baselines.play import play, rule_scores
from envs import PROBLEMS, load_problem
from envs.core.datasets import resolve
from envs.core.parts import parts
from experiments.methods import Effort, methods


@pytest.mark.parametrize("problem", PROBLEMS)
def test_every_rule_that_prefers_anything_has_a_temperature(problem: str) -> None:
    rules = parts(problem).rules
    assert rules.TEMPERATURES.keys() == rules.RULES.keys() - {"random"}


@pytest.mark.parametrize(
    ("problem", "options", "rule", "label"),
    [
        ("jobshop", {}, "fdd_mwkr", "fdd_mwkr@0.1"),
        ("jobshop", {"lookahead": "pilot"}, "linear_pilot", "linear_pilot@0.05"),
        ("tardiness", {"form": "last"}, "mdd_pilot", "mdd_pilot@0.1"),
        ("tardiness", {"form": "position"}, "mdd_pilot", "mdd_pilot@1"),
        ("soc", {"cut": "none"}, "greedy_pilot", "greedy_pilot@0.02"),
    ],
)
def test_a_rule_is_sampled_at_its_own_temperature(problem: str, options: dict, rule: str, label: str) -> None:
    player = load_problem(problem)(**options)
    assert [method.name for method in methods(player, [rule], Effort(samples=(1, 8)))] == [rule, label]
    assert methods(player, [f"{rule}@0.7"], Effort(samples=(8,)))[0].name == f"{rule}@0.7"
    assert methods(player, [rule], Effort(samples=(8,), temperature=0.4))[0].name == f"{rule}@0.4"


def test_the_first_of_several_samples_is_greedy() -> None:
    problem, (shop,) = load_problem("jobshop")(lookahead="pilot"), resolve(load_problem("jobshop"), "random:8x6:1:3")
    scores = rule_scores(parts("jobshop").rules.RULES["linear_pilot"])
    greedy = play(problem, shop, scores).objective
    hot = play(problem, shop, scores, samples=32, temperature=30.0)
    assert hot.objectives[0] == greedy and hot.objective <= greedy < hot.objectives[1:].mean()
    assert play(problem, shop, scores, samples=32, temperature=30.0, lead=False).objectives[0] != greedy
    assert play(problem, shop, scores, samples=9, temperature=30.0, batch=4).objectives[0] == greedy
