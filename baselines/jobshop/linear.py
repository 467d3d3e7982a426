"""Finding the weights of the linear rule: `python -m baselines.jobshop.linear` prints them.

The cross-entropy method (Rubinstein 1999, Methodology and Computing in Applied Probability 1(2)): draw weights from a
normal distribution, let each make schedules of the same fresh random shops, move the distribution towards the best.
"""

from dataclasses import dataclass

import numpy as np
import tyro
from numba import njit

from envs.core.vector import DispatchVectorEnv
from envs.jobshop.pilot import complete

SIZES = ("10x10", "15x15", "20x15", "20x20")


@dataclass(frozen=True)
class Fit:
    """Find the weights of the linear rule on random shops of 10x10, 15x15, 20x15 and 20x20; takes a minute."""

    generations: int = 150
    """How often weights are drawn."""
    population: int = 64
    """How many."""
    elite: int = 12
    """How many of them the next distribution is made of."""
    shops: int = 24
    """Of each size, fresh ones in every generation."""
    seed: int = 0
    """Of weights and shops."""


def fit(command: Fit) -> np.ndarray:
    """(2, 6) weights, as `envs.jobshop.pilot.LINEAR`, scaled so that the largest is 1."""
    rng = np.random.default_rng(command.seed)
    envs = [DispatchVectorEnv("jobshop", command.shops, f"random:{size}", copy=False) for size in SIZES]
    mean, deviation = np.zeros((2, 6)), np.full((2, 6), 0.5)
    for generation in range(command.generations):
        for env in envs:
            env.reset(seed=int(rng.integers(2**31)))
        drawn = mean + deviation * rng.standard_normal((command.population, 2, 6))
        gaps = np.array([np.mean([gap(env, weights) for env in envs]) for weights in drawn])
        best = drawn[np.argsort(gaps)[: command.elite]]
        mean, deviation = (mean + best.mean(0)) / 2, (deviation + best.std(0)) / 2 + 0.005
        print(f"{generation + 1} of {command.generations}: mean gap to the lower bound {100 * gaps.mean():.1f} %")
    return mean / np.abs(mean).max()


def gap(env: DispatchVectorEnv, weights: np.ndarray) -> float:
    """Mean gap to the lower bound of the schedules that the rule makes of the environment's shops, as they stand."""
    env.state.weights[:] = weights
    makespans = np.zeros(env.num_envs)
    _complete_all(env.state, makespans)
    return float(np.mean(makespans / [instance.lower_bound() for instance in env.instances]) - 1)


@njit(nogil=True)
def _complete_all(state, makespans):
    for b in range(makespans.size):
        makespans[b] = complete(state, b, -1)


if __name__ == "__main__":
    for row in fit(tyro.cli(Fit)):
        print(tuple(round(float(weight), 3) for weight in row))
