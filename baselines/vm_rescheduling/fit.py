"""Finding the weights of the slot rule: `python -m baselines.vm_rescheduling.fit` prints them.

The cross-entropy method (Rubinstein 1999, Methodology and Computing in Applied Probability 1(2)): draw weights from a
log-normal distribution, let each plan for the same fresh clusters, move the distribution towards the best.
"""

from dataclasses import dataclass

import numpy as np
import tyro

from baselines.vm_rescheduling.slots import FITTED, SlotRule, Weights
from envs.vm_rescheduling.instance import VMReschedulingInstance
from envs.vm_rescheduling.sets import random_source


@dataclass(frozen=True)
class Fit:
    """Find the weights of the slot rule on drawn clusters; takes seconds to a minute."""

    instances: tuple[str, ...] = ("medium,limit=20", "medium,limit=50")
    """Random sources, without "random:"."""
    generations: int = 12
    """How often weights are drawn."""
    population: int = 48
    """How many."""
    elite: int = 8
    """How many of them the next distribution is made of."""
    clusters: int = 12
    """Of each source, fresh ones in every generation."""
    seed: int = 1
    """Of weights and clusters."""


def fit(command: Fit) -> Weights:
    """The weights that the distribution ends at; what each generation comes to is printed."""
    rng = np.random.default_rng(command.seed)
    sources = [random_source(text) for text in command.instances]
    mean, deviation = np.log(FITTED.array()[[1, 2, 3, 4, 6]]), np.full(5, 0.7)
    for generation in range(command.generations):
        rules = [
            (one, SlotRule(one)) for source in sources for one in (source.sample(rng) for _ in range(command.clusters))
        ]
        drawn = mean + deviation * rng.standard_normal((command.population, 5))
        drawn[0] = mean
        losses = np.array([np.mean([loss(*rule, weights_of(row)) for rule in rules]) for row in drawn])
        best = drawn[np.argsort(losses, kind="stable")[: command.elite]]
        print(f"{generation + 1} of {command.generations}: {losses[0]:.5f} at the middle, {losses.min():.5f} at best")
        mean, deviation = (mean + best.mean(0)) / 2, (deviation + best.std(0)) / 2 + 0.01
    return weights_of(mean)


def weights_of(row: np.ndarray) -> Weights:
    """The weights with these logarithms (5,)."""
    one, two, three, four, residue = np.exp(row).tolist()
    return Weights((one, two, three, four), residue)


def loss(instance: VMReschedulingInstance, rule: SlotRule, weights: Weights) -> float:
    """What is left of the free cores in no slot; of a goal, the cost and what is missing."""
    plan = rule.plan(weights)
    if instance.goal:
        return plan.spent + (instance.limit + 1) * (instance.goal - plan.worth / int(instance.slot_cores[0]))
    return 1 - plan.worth / max(1, int(instance.free()[0].sum()))


if __name__ == "__main__":
    found = fit(tyro.cli(Fit))
    print(f"Weights({tuple(round(one, 4) for one in found.near)}, {found.residue:.4f})")
