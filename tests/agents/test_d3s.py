"""D3S: exact selection, both levels, and GRPO where everything is kept."""

from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from agents.d3s import D3S
from agents.grpo import GRPO
from agents.selection import max_variance_subset
from tests.agents.samples import SMALL, job_shops, play


def test_the_subset_of_largest_variance_is_that_of_brute_force(rng: np.random.Generator) -> None:
    for trial in range(200):
        n = int(rng.integers(2, 11))
        size = int(rng.integers(1, n + 1))
        values = (rng.normal(size=n), rng.exponential(size=n), rng.integers(0, 3, n) * 1.0)[trial % 3]
        best = max(np.var(values[list(some)]) for some in combinations(range(n), size))
        found = max_variance_subset(values, size)
        assert len(np.unique(found)) == size
        assert np.var(values[found]) == pytest.approx(best, abs=1e-12)
    with pytest.raises(ValueError, match="size 4, but must have 1 to 3"):
        max_variance_subset(np.zeros(3), 4)


@pytest.mark.parametrize("level", ["batch", "group"])
@pytest.mark.parametrize("more", [{}, {"loss": "dapo", "n_epochs": 2, "ent_coef": 0.01, "ema": 0.9}])
def test_keeping_everything_is_grpo_bit_for_bit(level: Any, more: dict[str, Any]) -> None:
    grpo = GRPO("GraphPolicy", job_shops(), **SMALL, **more).learn(600)
    d3s = D3S("GraphPolicy", job_shops(), **SMALL, **more, sample_keep=1, decision_keep=1, sample_level=level)
    d3s.learn(600)
    for ours, theirs in zip(d3s.actor.parameters(), grpo.actor.parameters(), strict=True):
        assert torch.equal(ours, theirs)
    np.testing.assert_array_equal(d3s.policy.parameters_to_vector(), grpo.policy.parameters_to_vector())


def selected(**arguments: Any) -> tuple[D3S, np.ndarray, np.ndarray, np.ndarray]:
    """A model after its rollouts, A, the rollouts that GRPO trains on, and the decisions that D3S does."""
    model = D3S("GraphPolicy", job_shops(), **SMALL, **arguments)
    play(model)
    torch.manual_seed(0)
    model.rollouts.entropy[:] = torch.rand(model.rollouts.count).numpy()
    values, kept = model._advantages()
    return model, values, kept, model._select(values, kept)


def test_the_batch_is_cut_to_the_rollouts_with_the_largest_variance() -> None:
    model, values, kept, decisions = selected(sample_keep=0.5, decision_keep=1)
    chosen = np.unique(model.rollouts.episode[decisions])
    useful = np.flatnonzero(kept)
    assert len(chosen) == 6
    best = max(np.var(values[useful[list(some)]]) for some in combinations(range(len(useful)), 6))
    assert np.var(values[chosen]) == pytest.approx(best)


def test_each_group_is_cut_where_that_is_asked_for() -> None:
    model, values, kept, decisions = selected(sample_keep=0.5, decision_keep=1, sample_level="group")
    chosen = np.isin(np.arange(12), model.rollouts.episode[decisions]).reshape(3, 4)
    assert kept.any()
    for mine, some, useful in zip(values.reshape(3, 4), chosen, kept.reshape(3, 4), strict=True):
        assert some.sum() == (2 if useful.any() else 0)
        if useful.any():
            best = max(np.var(pair) for pair in combinations(mine, 2))
            assert np.var(mine[some]) == pytest.approx(best)


@pytest.mark.parametrize("level", ["batch", "group"])
def test_greedy_rollouts_are_no_part_of_the_share(level: Any) -> None:
    chosen = selected(baseline="greedy", scale="none", sample_keep=0.5, decision_keep=1, sample_level=level)
    rows = np.unique(chosen[0].rollouts.episode[chosen[3]])
    assert len(rows) == 6 and not (rows % 5 == 4).any()


def test_the_decisions_with_the_largest_advantage_times_entropy_are_kept() -> None:
    model, values, _, decisions = selected(sample_keep=1, decision_keep=0.2)
    key = np.abs(values[model.rollouts.episode]) * model.rollouts.entropy
    assert len(decisions) == int(np.ceil(0.2 * (values[model.rollouts.episode] != 0).sum()))
    assert (np.diff(decisions) > 0).all()
    assert key[decisions].min() >= np.delete(key, decisions).max()


def test_the_shares_grow_over_training_and_are_logged() -> None:
    model = D3S("GraphPolicy", job_shops(), **SMALL)
    shares = []
    for remaining in (1.0, 0.5, 0.0):
        play(model)
        model._current_progress_remaining = remaining
        model.train()
        logged = model.logger.name_to_value
        shares.append((logged["train/sample_keep"], logged["train/decision_keep"]))
        assert {"train/kept_share", "train/advantage_variance", "train/useful_share", "train/entropy"} <= set(logged)
    np.testing.assert_allclose(shares, [(0.25, 0.2), (0.625, 0.6), (1, 1)])


def test_a_resumed_run_goes_on_with_its_schedules(tmp_path: Path) -> None:
    model = D3S("GraphPolicy", job_shops(), **SMALL, sample_keep="linear:0.3:0.9")
    model.learn(300)
    model._total_timesteps = 600
    model.save(tmp_path / "model.zip")
    loaded = D3S.load(tmp_path / "model.zip", env=job_shops(), device="cpu")
    assert str(loaded.sample_keep) == "linear:0.3:0.9" and str(loaded.decision_keep) == "linear:0.2:1.0"
    loaded.learn(300, reset_num_timesteps=False)
    assert loaded.logger.name_to_value["train/sample_keep"] > 0.8


@pytest.mark.parametrize("name", ["sample_keep", "decision_keep"])
@pytest.mark.parametrize("share", [0, 1.2, "linear:0.2:1.5"])
def test_shares_outside_their_range_are_refused(name: str, share: Any) -> None:
    with pytest.raises(ValueError, match=f"{name} is .*, but must be a share above 0 and at most 1"):
        D3S("GraphPolicy", job_shops(), **SMALL, **{name: share})


def test_labels_are_refused_since_they_have_no_variance() -> None:
    with pytest.raises(ValueError, match="baseline is 'label', but D3S selects by the variance of advantages"):
        D3S("GraphPolicy", job_shops(), **SMALL, baseline="label")
