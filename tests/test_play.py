"""Whoever scores candidates is played by finite scores, or refused in one sentence."""

from typing import Any

import numpy as np
import pytest

from baselines.play import finish, play
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
