"""Play episodes with anything that scores candidates: rules and policies, greedily or sampled."""

from collections.abc import Callable, Sequence
from copy import deepcopy
from itertools import chain, pairwise
from typing import Any, NamedTuple

import numpy as np

from envs.core.instance import Instance
from envs.core.problem import Problem
from envs.core.vector import DispatchVectorEnv

SCOUTS, LONG = 8, 700
"""On instances of more than LONG nodes, so many samples are played to their end first, and the others are cut once they
cannot be better. On shorter ones that takes more time than it saves."""

Scores = Callable[[DispatchVectorEnv], np.ndarray]
"""(env) -> (B, A) float: larger is better, -inf for never; what is not legal is masked by the player."""


class Episode(NamedTuple):
    """The best of the episodes that were played on one instance."""

    objective: float
    schedule: np.ndarray
    objectives: np.ndarray  # (n,) f64: of every sample; of one that was cut, its bound then


def rule_scores(rule: Callable[[Any], np.ndarray]) -> Scores:
    """A rule, which reads the view, as a player's scores."""
    return lambda env: rule(env.view())


def greedy(scores: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """(B,) the legal candidate with the highest score, the lowest index among equals."""
    return np.where(mask == 1, scores, -np.inf).argmax(axis=1)


def sample(
    scores: np.ndarray, mask: np.ndarray, temperature: float, rng: np.random.Generator, before: int = 0
) -> np.ndarray:
    """(B,) legal candidates drawn from softmax(score / temperature), by the Gumbel-max trick.

    The rows' luck is that of the rows from `before` on in a larger batch.
    """
    legal = mask == 1
    noise = rng.gumbel(size=(before + len(scores), *scores.shape[1:]))[before:]
    highest = scores.max(axis=1, where=legal, initial=-np.inf, keepdims=True)
    with np.errstate(over="ignore", invalid="ignore"):  # the colder, the closer to -inf is all but the highest
        return np.where(legal, (scores - highest) / temperature + noise, -np.inf).argmax(axis=1)


def play(
    problem: Problem[Any, Any],
    instance: Instance,
    scores: Scores,
    *,
    samples: int = 1,
    temperature: float | None = None,
    seed: int = 0,
    batch: int = 256,
    lead: bool = True,
) -> Episode:
    """Play `samples` episodes of one instance and keep the best.

    What the k-th sample does depends on the seed and on `batch`, not on how many follow: more are never worse. Where
    the problem's objective only grows, an episode of a long instance is cut as soon as it is no better than the best of
    earlier ones. That changes nothing but the time it takes.

    Args:
        temperature: None plays greedily (all samples would be alike, so `samples` must be 1); otherwise episodes are
            sampled from softmax(score / temperature).
        batch: episodes played at once.
        lead: of several samples the first is greedy, so that the best is never worse than that.

    Raises:
        ValueError: no samples, several greedy ones, a temperature that is not positive, a batch of none, or scores
            that rank nothing (`finish`).
    """
    if batch < 1:
        raise ValueError(f"batch is {batch}, but must be at least 1.")
    if samples < 1 or (temperature is None and samples > 1):
        raise ValueError(f"samples is {samples}, but must be 1 without a temperature and at least 1 with one.")
    if temperature is not None and not temperature > 0:
        raise ValueError(f"The temperature is {temperature}, but must be positive.")
    rng = luck = np.random.default_rng(seed)
    best, schedule, objectives = np.inf, None, []
    cuts = problem.objective_grows and problem.size(instance.shape).nodes > LONG
    scouts = [SCOUTS] if cuts and min(samples, batch) > SCOUTS else []
    for begin, end in pairwise(chain([0], scouts, range(batch, samples, batch), [samples])):
        if begin % batch == 0:
            luck = rng.spawn(1)[0]
        env = DispatchVectorEnv(problem, end - begin, [instance], copy=False, autoreset=False)
        env.reset(seed=0, options={"instances": [instance], "repeat": end - begin})
        leading = lead and begin == 0 and samples > 1
        finish(env, scores, temperature, deepcopy(luck), begin % batch, best if cuts else np.inf, leading)
        objectives.append(env.objective.copy())
        row = int(env.objective.argmin())
        if schedule is None or env.objective[row] < best:
            best, schedule = float(env.objective[row]), env.schedule(row)
    assert schedule is not None
    return Episode(best, schedule, np.concatenate(objectives))


def finish(
    env: DispatchVectorEnv,
    scores: Scores,
    temperature: float | None = None,
    rng: np.random.Generator | None = None,
    before: int = 0,
    best: float = np.inf,
    lead: bool = False,
) -> None:
    """Play every running row of an environment without autoreset to its end, or until its objective is at `best`.

    With a temperature, candidates are sampled by `rng`, whose first `before` rows are not these; where row 0 is to
    `lead`, it is greedy all the same.

    Raises:
        ValueError: scores of another shape, NaN or infinite for a legal candidate, or -inf for all of them.
    """
    mask = env.observation.action_mask
    while env.running.any():
        values = scores(env)
        best_actions = greedy(values, mask)
        check(values, best_actions, mask, env.running)
        if temperature is None or rng is None:
            env.step(best_actions)
        else:
            luck = rng.spawn(1)[0]  # a row's luck is not that of other rows
            actions = sample(values, mask, temperature, luck, before)
            if lead:
                actions[0] = best_actions[0]
            env.step(actions)
        if best < np.inf:
            env.stop(env.objective >= best)


def check(scores: np.ndarray, best: np.ndarray, mask: np.ndarray, running: np.ndarray) -> None:
    """ValueError where the best (B,) of the legal candidates of a running row has no finite score.

    A NaN among them is the best, for argmax; where all are at -inf, what is best is not legal.
    """
    rows = np.arange(len(best))
    found = scores[rows, best]
    odd = running & ~(np.isfinite(found) & (mask[rows, best] == 1))
    if odd.any():
        row = int(odd.argmax())
        value = found[row] if mask[row, best[row]] == 1 else -np.inf
        raise ValueError(
            f"The best score of a decision is {value}, of candidate {best[row]}, but scores must be finite where "
            "they are to rank anything: mend the rule, or take another checkpoint."
        )


def objectives(
    problem: Problem[Any, Any], instances: Sequence[Instance], scores: Scores, batch: int = 64
) -> np.ndarray:
    """(n,) f64: the objective of one greedy episode on each instance, played together; for validation in training."""
    values = []
    for begin in range(0, len(instances), batch):
        some = list(instances[begin : begin + batch])
        env = DispatchVectorEnv(problem, len(some), some, copy=False, autoreset=False)
        env.reset(seed=0, options={"instances": some})
        finish(env, scores)
        values.append(env.objective.copy())
    return np.concatenate(values)
