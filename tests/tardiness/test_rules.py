"""Rules: hand examples, the procedures of their papers in plain Python, and the gaps that are published."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings

from baselines.play import greedy, objectives, play, rule_scores
from baselines.tardiness.rules import DEFAULTS, RULES
from baselines.tardiness.solvers import SOLVERS
from envs.core.vector import DispatchVectorEnv
from envs.tardiness.env import Tardiness
from envs.tardiness.instance import TardinessInstance
from envs.tardiness.sets import reference
from experiments.evaluate import Evaluate, evaluate
from experiments.methods import Effort, methods
from experiments.training.validation import Validation
from tests.tardiness.jobs import instances, local, tardiness

# Mean gaps in % over the instances whose optimum is not 0, from the tables of arXiv 2510.24013: 100 jobs and, with the
# values of the optima in the order in which they are published, 500 jobs.
PAPER = {
    "discover:100": {
        "mdd": 1.81,
        "mddc": 1.52,
        "psk": 1.79,
        "eddc_code": 28.12,
        "augmented_mdd": 1.27,
        "augmented_mddc": 1.08,
    },
    "discover:200": {"mdd": 2.07, "mddc": 2.00, "psk": 1.99, "eddc_code": 52.02},
    "discover-published": {"mdd": 48.75, "mddc": 48.40, "psk": 48.74, "eddc_code": 271.75},
}
# The same with the optima in the right order; and for the authors' first file of 20 jobs, of which they print nothing.
OURS = {
    "discover:500": {"mdd": 1.87, "mddc": 1.82, "psk": 1.86, "eddc_code": 31.95},
    "discover:20": {"mdd": 1.90, "mddc": 2.08, "psk": 1.85, "eddc_code": 14.60},
}


@pytest.mark.parametrize("name", [*PAPER, *OURS])
def test_mean_gaps_on_the_papers_instances(name: str) -> None:
    some = local(name)
    optimum = np.array([reference(instance)[0] for instance in some])
    for method, gap in {**PAPER, **OURS}[name].items():
        if method in RULES:
            reached = objectives(Tardiness(**DEFAULTS), some, rule_scores(RULES[method]))
        else:
            reached = np.array([SOLVERS[method](instance, seconds=10).objective for instance in some])
        late = optimum > 0
        assert 100 * (reached[late] / optimum[late] - 1).mean() == pytest.approx(gap, abs=0.1), method


#           p   d   weight       time is 5 once job 0 has been placed
JOBS = [(5, 4, 1), (4, 12, 1), (2, 20, 3), (8, 10, 1), (3, 9, 1)]
ORDERS = {  # of the jobs 1 to 4
    "edd": [4, 3, 1, 2],
    "spt": [2, 4, 1, 3],
    "mdd": [4, 1, 3, 2],  # 9, 12, 13, 20
    "psk": [4, 1, 3, 2],
    "wilkerson_irwin": [4, 1, 3, 2],
    "atc": [
        2,
        4,
        1,
        3,
    ],  # 2 mean p of those left = 8.5: log of 3/2 e^(-13/8.5) = -1.12, 1/3 e^(-1/8.5) = -1.22, -1.74, -2.08
    "covert": [4, 1, 3, 2],  # 1/3 (1 - 1/6), 1/4 (1 - 3/8), 1/8, 0
    "mddc": [4, 1, 3, 2],
    "random": [4, 3, 1, 2],
}


@pytest.mark.parametrize("scale", [1, 1000])
@pytest.mark.parametrize("rule", ORDERS)
def test_each_rule_ranks_jobs_by_its_definition(rule: str, scale: int) -> None:
    processing, due, weight = zip(*JOBS, strict=True)
    scaled = [[scale * value for value in values] for values in (processing, due)]
    instance = TardinessInstance.from_lists(scaled[0], scaled[1], weight)
    env = DispatchVectorEnv(Tardiness(**DEFAULTS), 1, [instance], copy=False, autoreset=False)
    env.reset()
    env.step(np.array([0]))  # job 0 is due first
    view = env.view()
    scores, number = RULES[rule](view), view.number[0]
    order = [int(number[a]) for a in np.argsort(-scores[0], kind="stable") if view.action_mask[0, a]]
    assert order == ORDERS[rule]
    assert np.isfinite(scores).all() and np.abs(scores).max() < 10
    assert number[greedy(scores, view.action_mask)[0]] == ORDERS[rule][0]


@pytest.mark.parametrize(
    ("rule", "processing", "due", "weight"),
    [
        ("covert", [3, 6], [8, 14], [1, 1]),  # 1 / 3 (1 - 5 / 6) = 1 / 6 (1 - 8 / 12)
        ("covert", [9, 3, 5], [0, 1, 2], [3, 1, 1]),
        ("atc", [9, 3, 5], [0, 1, 2], [3, 1, 1]),
    ],
)
def test_priorities_that_differ_by_rounding_are_ties_and_go_to_the_earliest_due(
    rule: str, processing: list[int], due: list[int], weight: list[int]
) -> None:
    env = DispatchVectorEnv(
        Tardiness(**DEFAULTS), 1, [TardinessInstance.from_lists(processing, due, weight)], autoreset=False
    )
    env.reset()
    assert env.view().number[0, greedy(RULES[rule](env.view()), env.observation.action_mask)[0]] == 0


def panwalkar_smith_koulamas(p: list[int], d: list[int]) -> list[int]:
    """Their scan: the active job is the shortest; a longer one that is due earlier and ends in time takes its place."""
    left, time, order = sorted(range(len(p)), key=lambda job: (p[job], d[job])), 0, []
    while left:
        active = left[0]
        for job in left[1:]:
            if time + p[active] >= d[active] or d[active] <= time + p[job]:
                break
            if d[active] > d[job]:
                active = job
        left.remove(active)
        order.append(active)
        time += p[active]
    return order


def pairwise(p: list[int], d: list[int]) -> list[int]:
    """Wilkerson and Irwin's comparison: at each time the job that loses to no other, the earliest due of these."""
    left, time, order = sorted(range(len(p)), key=lambda job: (d[job], p[job])), 0, []
    while left:

        def first(a: int, b: int, time: int = time) -> bool:
            in_time = time + max(p[a], p[b]) <= max(d[a], d[b])
            return d[a] <= d[b] if in_time else p[a] <= p[b]

        best = next(a for a in left if all(first(a, b) for b in left))
        left.remove(best)
        order.append(best)
        time += p[best]
    return order


@pytest.mark.parametrize(("rule", "procedure"), [("psk", panwalkar_smith_koulamas), ("wilkerson_irwin", pairwise)])
@settings(max_examples=100, deadline=None)
@given(instance=instances(most_jobs=8))
def test_rules_make_the_sequences_of_their_papers(
    rule: str, procedure: Callable[[list[int], list[int]], list[int]], instance: TardinessInstance
) -> None:
    episode = play(Tardiness(**DEFAULTS), instance, rule_scores(RULES[rule]))
    order = procedure(instance.processing.tolist(), instance.due.tolist())
    assert episode.objective == tardiness(instance, order)
    lengths = instance.processing[episode.schedule[:, 0]].tolist()
    assert lengths == instance.processing[order].tolist()


@pytest.mark.parametrize("rule", ["mddc", "mdd", "psk"])
def test_the_papers_example_has_the_tardiness_of_mddc(rule: str) -> None:
    example = TardinessInstance.from_lists([10, 11, 10, 10, 11, 10], [15, 11, 13, 11, 12, 11])
    episode = play(Tardiness(**DEFAULTS), example, rule_scores(RULES[rule]))
    assert episode.objective == 141  # sec. 4.4; MDD's 144 there comes of ties to the lowest job, not to the due date
    if rule == "mddc":
        assert episode.schedule[:, 0].tolist() == [3, 5, 2, 0, 1, 4]


@pytest.mark.parametrize(
    ("rule", "options", "sentence"),
    [
        ("mdd_pilot", DEFAULTS, "mdd_pilot needs lookahead=pilot, not none: add --lookahead pilot"),
        ("pilot:mdd", {"form": "last"}, "mdd needs form=next, not last: add --form next"),
    ],
)
def test_a_rule_is_refused_where_its_scores_mean_nothing(rule: str, options: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        methods(Tardiness(**options), [rule], Effort())


@pytest.mark.parametrize("form", ["next", "last", "position"])
def test_validation_plays_the_pilot_in_the_form_of_the_agent(form: str) -> None:
    problem = Tardiness(form=form, lookahead="none")
    validation = Validation.draw(problem, problem.source("random:15"), 10)
    pilot = objectives(Tardiness(form=form, lookahead="pilot"), validation.instances, rule_scores(RULES["mdd_pilot"]))
    assert validation.rules["mdd_pilot"] == pilot.mean() < validation.rules["mdd"] < validation.rules["edd"]


def test_evaluation_plays_the_rules_that_the_options_suit() -> None:
    for options, suited in ((DEFAULTS, set(RULES) - {"mdd_pilot"}), ({"form": "last"}, {"mdd_pilot", "random"})):
        rows = evaluate(Evaluate(("random:6:1:0",)), Tardiness(**options))
        assert {row["method"] for row in rows} == suited
