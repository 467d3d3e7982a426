"""Play episodes with anything that scores candidates: rules and policies, greedily or sampled."""

from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from itertools import chain, pairwise
from time import process_time
from typing import Any, NamedTuple

import numpy as np

from envs.core.instance import Instance
from envs.core.problem import Problem
from envs.core.vector import DispatchVectorEnv

SCOUTS, LONG = 8, 700
"""On instances of more than LONG nodes, so many samples are played to their end first, and the others are cut once they
cannot be better. On shorter ones that takes more time than it saves."""

GROWTH = 8
"""A round of `play_for` has at most so many times as many samples as the one before."""

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
    if samples < 1 or (temperature is None and samples > 1):
        raise ValueError(f"samples is {samples}, but must be 1 without a temperature and at least 1 with one.")
    lead = lead and samples > 1
    episodes = Episodes(problem, instance, scores, temperature=temperature, seed=seed, batch=batch, lead=lead)
    scouts = [SCOUTS] if episodes.cuts and min(samples, batch) > SCOUTS else []
    for begin, end in pairwise(chain([0], scouts, range(batch, samples, batch), [samples])):
        episodes.play(end - begin)
    return episodes.best


def play_for(
    problem: Problem[Any, Any],
    instance: Instance,
    scores: Scores,
    seconds: float,
    *,
    temperature: float | None = None,
    seed: int = 0,
    batch: int = 256,
    lead: bool = True,
) -> Iterator[Episode]:
    """Play episodes of one instance for CPU seconds, in rounds; yields the best so far after each.

    The k-th sample is that of `play`. A round takes no longer than all before it together, as far as these tell, so
    that little is in the making when the time is over, whenever that is. Only the time between a call and its answer
    counts, of the whole process; the last round may end later. Without a temperature there is one episode.

    Raises:
        ValueError: as `play`.
    """
    episodes = Episodes(problem, instance, scores, temperature=temperature, seed=seed, batch=batch, lead=lead)
    size, spent, one, slope = 1, 0.0, np.inf, 0.0
    while True:
        begin = process_time()
        episodes.play(size)
        lasted = process_time() - begin
        spent += lasted
        one = lasted if size == 1 else one
        slope = max((lasted - one) / (size - 1), 1e-9) if size > 1 else one
        yield episodes.best
        fitting = int(1 + (min(spent, seconds - spent) - one) / slope)
        if temperature is None or spent + one > seconds:
            return
        size = max(1, min(fitting, GROWTH * size, batch - episodes.played % batch))


class Episodes:
    """The episodes of one instance that are played some at a time, and the best of them."""

    def __init__(
        self,
        problem: Problem[Any, Any],
        instance: Instance,
        scores: Scores,
        *,
        temperature: float | None,
        seed: int,
        batch: int,
        lead: bool,
    ) -> None:
        """lead: the first is greedy. For the rest, and the errors, see `play`."""
        if batch < 1:
            raise ValueError(f"batch is {batch}, but must be at least 1.")
        if temperature is not None and not temperature > 0:
            raise ValueError(f"The temperature is {temperature}, but must be positive.")
        self.problem, self.instance, self.scores = problem, instance, scores
        self.temperature, self.batch, self.lead = temperature, batch, lead
        self.cuts = problem.objective_grows and problem.size(instance.shape).nodes > LONG
        self.best = Episode(np.inf, np.empty(0), np.empty(0))
        self._rng = self._luck = np.random.default_rng(seed)

    @property
    def played(self) -> int:
        """How many."""
        return len(self.best.objectives)

    def play(self, count: int) -> None:
        """Play so many more, none of them beyond the end of a batch."""
        begin = self.played
        if begin % self.batch == 0:
            self._luck = self._rng.spawn(1)[0]
        env = DispatchVectorEnv(self.problem, count, [self.instance], copy=False, autoreset=False)
        env.reset(seed=0, options={"instances": [self.instance], "repeat": count})
        luck, least = deepcopy(self._luck), self.best.objective if self.cuts else np.inf
        leading = self.lead and begin == 0
        finish(env, self.scores, self.temperature, luck, begin % self.batch, least, leading)
        row = int(env.objective.argmin())
        objective, schedule, objectives = self.best
        if begin == 0 or env.objective[row] < objective:
            objective, schedule = float(env.objective[row]), env.schedule(row)
        self.best = Episode(objective, schedule, np.concatenate([objectives, env.objective]))


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
