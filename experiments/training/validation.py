"""What a trainer is judged by while it runs: instances of its own, the rules on them, never a test set."""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from baselines.play import Scores, objectives, play, rule_scores
from envs import load_problem
from envs.core.datasets import is_published
from envs.core.instance import Instance
from envs.core.memory import check_instances
from envs.core.parts import parts
from envs.core.problem import Problem
from envs.core.sources import FixedSource, Source
from experiments.methods import lacking
from experiments.progress import Progress

SEED = 1_000_003
"""Of the validation instances: the same for every seed of training, so that runs can be compared."""


class Judgement(NamedTuple):
    """A mean objective, and how many percent it lies above the mean reference and above the best rule's mean."""

    objective: float
    gap_pct: float | None
    gap_to_rule_pct: float | None


@dataclass(frozen=True)
class Validation:
    """Instances and what rules reach on them, as means over the instances."""

    problem: Problem[Any, Any]
    instances: list[Instance]
    reference: float
    """Mean of the best known objectives, or of lower bounds where none is known: `reference` of the problem's sets."""
    kinds: str
    """Of the references."""
    rules: dict[str, float]
    """Mean objective of each rule, but random play: under the options that rules are quoted under, or else the agent's
    with what the rule needs."""

    @classmethod
    def draw(cls, problem: Problem[Any, Any], source: Source, count: int) -> "Validation":
        """Draw the instances with a generator of their own and play the rules on them, which is told as it goes on."""
        rng = np.random.default_rng(SEED)
        first = source.sample(rng)
        check_instances(first, count)
        instances = [first, *(source.sample(rng) for _ in range(count - 1))]
        named = {name: rule for name, rule in parts(problem.name).rules.RULES.items() if name != "random"}
        rules, progress = {}, Progress(f"rules played on {count} validation instances")
        for name, rule in named.items():
            progress.update(len(rules), len(rules) / len(named), name)
            rules[name] = float(objectives(_quoted(problem, name), instances, rule_scores(rule)).mean())
        known = parts(problem.name).reference
        values, kinds = zip(*(known(instance) for instance in instances), strict=True)
        return cls(problem, instances, float(np.mean(values)), " or ".join(dict.fromkeys(kinds)), rules)

    @property
    def best_rule(self) -> str:
        """The rule with the smallest mean objective."""
        return min(self.rules, key=lambda name: self.rules[name])

    def judge(self, scores: Scores) -> "Judgement":
        """What the greedy schedules of `scores` are worth."""
        objective = float(objectives(self.problem, self.instances, scores).mean())
        return Judgement(objective, above(objective, self.reference), above(objective, self.rules[self.best_rule]))

    def picture(self, scores: Scores, title: str) -> np.ndarray:
        """The Gantt chart (H, W, 3) uint8 of the greedy schedule of the first instance."""
        from envs.core.gantt import image

        instance = self.instances[0]
        schedule = play(self.problem, instance, scores).schedule
        return image(parts(self.problem.name).render.figure(instance, schedule, title))


def _quoted(problem: Problem[Any, Any], rule: str) -> Problem[Any, Any]:
    """The problem under the options that the rule is played with."""
    problem_class = load_problem(problem.name)
    usual = problem_class(**parts(problem.name).rules.DEFAULTS)
    if not lacking(usual, rule):
        return usual
    return problem_class(
        **{**vars(problem.options), **{name: needed for name, (_, needed) in lacking(problem, rule).items()}}
    )


def above(value: float, reference: float) -> float | None:
    """How many percent the value lies above the reference; None where that is 0."""
    return 100 * (value / reference - 1) if reference else None


def training_source(problem: Problem[Any, Any], text: str) -> Source:
    """The source that `--instances` of a trainer names.

    Raises:
        ValueError: an instance whose best objective is published, by name or by file: it is there to test agents on.
    """
    sets, named = parts(problem.name).sets, is_published(problem, text)
    source = None if named else problem.source(text)
    published = [text.partition(":")[0]] if named else []
    if isinstance(source, FixedSource):
        published = [one.name for one in source.instances if sets.reference(one)[1] != "lower-bound"]
    if source is None or published:
        raise ValueError(
            f"{published[0]} is for tests: an agent that has trained on it cannot be compared on it. "
            "Train on random:SIZES or on instances of your own."
        )
    return source
