"""What is not finite ends training, is never saved and never plays."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import stable_baselines3
import torch
from stable_baselines3.common.callbacks import CheckpointCallback

from agents.d3s import D3S
from agents.grpo import GRPO
from agents.policy import GraphPolicy
from agents.ppo import PPO
from tests.agents.samples import SMALL, job_shops

PPO_SMALL: dict[str, Any] = {"n_steps": 16, "batch_size": 32, "n_epochs": 1, "device": "cpu", "seed": 0}
TRAINERS: dict[str, Callable[..., Any]] = {
    "grpo": lambda **more: GRPO("GraphPolicy", job_shops(), **SMALL, **more),
    "epochs": lambda **more: GRPO("GraphPolicy", job_shops(), **SMALL, n_epochs=3, ema=0.9, kl_coef=0.1, **more),
    "d3s": lambda **more: D3S("GraphPolicy", job_shops(), **SMALL, **more),
    "ppo": lambda **more: PPO("GraphPolicy", job_shops(), **PPO_SMALL, **more),
    "stock ppo": lambda **more: stable_baselines3.PPO(GraphPolicy, job_shops(), **PPO_SMALL, **more),
}
SENTENCE = r"^(Training ends, since|The policy scores its candidates with numbers).* not finite: go back to the last"


@pytest.mark.parametrize(("name", "rate"), [*((name, 1e38) for name in TRAINERS), ("ppo", 1e8)])
def test_rates_that_overflow_end_training_in_one_sentence(name: str, rate: float, tmp_path: Path) -> None:
    model = TRAINERS[name](learning_rate=rate)
    with pytest.raises(ValueError, match=SENTENCE):
        model.learn(40_000, CheckpointCallback(10, str(tmp_path)))
    if name != "stock ppo":
        for path in tmp_path.glob("*.zip"):
            weights = type(model).load(path, device="cpu").policy.parameters_to_vector()
            assert np.isfinite(weights).all()


@pytest.mark.parametrize("name", ["grpo", "d3s", "ppo"])
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_gradient_that_is_not_finite_is_the_end(name: str, value: float) -> None:
    model = TRAINERS[name]()
    actor = getattr(model, "actor", model.policy)
    actor.decoder.own[0].weight.register_hook(lambda gradient: torch.full_like(gradient, value))
    with pytest.raises(ValueError, match=SENTENCE):
        model.learn(2_000)


def test_a_policy_with_one_bad_weight_plays_nothing() -> None:
    model = TRAINERS["ppo"]()
    with torch.no_grad():
        model.policy.decoder.clock.bias[0] = torch.nan
        model.policy.decoder.logit.weight += 1
    observation = model.env.reset()
    for use in (model.policy.scores, model.predict, model.policy.predict):
        with pytest.raises(ValueError, match="The policy scores its candidates with numbers that are not finite"):
            use(observation)
