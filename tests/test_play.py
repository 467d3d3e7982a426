"""Whoever scores candidates is played by finite scores, for samples or for seconds, or refused in one sentence."""

from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from baselines.jobshop.rules import RULES
from baselines.play import finish, play, play_for, rule_scores
from envs import load_problem
from envs.core.datasets import resolve

SHOP = load_problem("jobshop")()
INSTANCE = resolve(SHOP, "random:4x3:1:0")[0]


def but(value: float, where: str) -> Any:
    """Scores of 1, but this value for the last legal candidate, for all of them, or for what is illegal."""

    def scores(env: Any) -> np.ndarray:
        legal = env.observation.action_mask == 1
        found = np.ones(legal.shape)
        if where == "last":
            found[np.arange(len(legal)), legal.shape[1] - 1 - legal[:, ::-1].argmax(1)] = value
        else:
            found[legal == (where == "legal")] = value
        return found

    return scores


@pytest.mark.parametrize("temperature", [None, 1.0])
@pytest.mark.parametrize(
    ("value", "where"), [(np.nan, "last"), (np.inf, "last"), (np.nan, "legal"), (np.inf, "legal"), (-np.inf, "legal")]
)
def test_scores_that_rank_nothing_are_refused(value: float, where: str, temperature: float | None) -> None:
    with pytest.raises(ValueError, match=f"The best score of a decision is {value}, of candidate .*must be finite"):
        play(SHOP, INSTANCE, but(value, where), temperature=temperature)


@pytest.mark.parametrize("temperature", [None, 1.0])
@pytest.mark.parametrize(
    ("value", "where"), [(-np.inf, "last"), (-np.inf, "illegal"), (np.nan, "illegal"), (np.inf, "illegal")]
)
def test_minus_infinity_means_never_and_what_is_illegal_means_nothing(
    value: float, where: str, temperature: float | None
) -> None:
    def spare(env: Any) -> np.ndarray:
        found = but(value, where)(env)
        alone = (env.observation.action_mask == 1).sum(1) == 1  # the last legal candidate is then all there is
        found[alone] = 0
        return found

    assert play(SHOP, INSTANCE, spare, temperature=temperature).schedule.shape[0] == 12


def test_what_ends_at_infinity_has_a_schedule(monkeypatch: pytest.MonkeyPatch) -> None:
    def lose(env: Any, *arguments: Any) -> None:
        finish(env, *arguments)
        env.outcome.objective[:] = np.inf

    monkeypatch.setattr("baselines.play.finish", lose)
    episode = play(SHOP, INSTANCE, but(0.0, "last"))
    assert episode.objective == np.inf and len(episode.schedule) == 12


class Clock:
    """A process whose scores take so many seconds for each decision and for each row of it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, decision: float, row: float) -> None:
        self.now, self.decision, self.row = 0.0, decision, row
        self.rounds: list[tuple[float, int]] = []
        monkeypatch.setattr("baselines.play.process_time", lambda: self.now)

    def scores(self, env: Any) -> np.ndarray:
        self.now += self.decision + self.row * env.num_envs
        return rule_scores(RULES["mwkr"])(env)

    def play(self, seconds: float, **arguments: Any) -> list[Any]:
        found = []
        for episode in play_for(SHOP, INSTANCE, self.scores, seconds, **arguments):
            found.append(episode)
            self.rounds.append((self.now, len(episode.objectives)))
        return found


def test_samples_for_seconds_are_those_of_as_many_samples(monkeypatch: pytest.MonkeyPatch) -> None:
    found = Clock(monkeypatch, 1.0, 0.01).play(200, temperature=2.0, seed=3, batch=16)
    assert len(found) > 4 and len(found[-1].objectives) > 32
    for episode in found:
        samples = max(2, len(episode.objectives))  # a single sample of `play` is not greedy
        like = play(SHOP, INSTANCE, rule_scores(RULES["mwkr"]), temperature=2.0, seed=3, batch=16, samples=samples)
        assert np.array_equal(like.objectives[: len(episode.objectives)], episode.objectives)
        assert episode.objective == episode.objectives.min()


@pytest.mark.parametrize(("decision", "row"), [(1.0, 0.0), (1.0, 0.02), (0.0, 1.0)])
def test_a_round_takes_no_longer_than_all_before_it_and_the_last_ends_in_time(
    decision: float, row: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock(monkeypatch, decision, row)
    clock.play(500, temperature=1.0)
    ends = [0.0, *(end for end, _ in clock.rounds)]
    assert all(end - start <= 1.3 * max(start, ends[1]) for start, end in pairwise(ends))
    assert 500 - 2 * ends[1] <= ends[-1] <= 500 * 1.05
    dear = row * 12 * clock.rounds[-1][1]  # what the samples take that were played
    assert dear >= 0.9 * ends[-1] or clock.rounds[-1][1] > 1000


def test_greedily_there_is_one_episode_whatever_the_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    assert len(Clock(monkeypatch, 1.0, 0.0).play(500)) == 1
    assert len(Clock(monkeypatch, 1.0, 0.0).play(1, temperature=1.0)) == 1
