"""Arguments that no trainer and no policy can work with are one sentence each, before anything begins."""

from typing import Any

import gymnasium
import numpy as np
import pytest
import torch

from agents.d3s import D3S
from agents.grpo import GRPO
from agents.policy import GraphPolicy
from agents.ppo import PPO
from tests.agents.samples import SMALL, job_shops

SHORT: dict[str, Any] = {"n_steps": 16, "batch_size": 64, "n_epochs": 1, "device": "cpu"}
TRAINERS: dict[str, Any] = {
    "PPO": lambda **given: PPO(**{"policy": "GraphPolicy", "env": job_shops(), **SHORT, **given}),
    "GRPO": lambda **given: GRPO(**{"policy": "GraphPolicy", "env": job_shops(), **SMALL, **given}),
    "D3S": lambda **given: D3S(**{"policy": "GraphPolicy", "env": job_shops(), **SMALL, **given}),
}
OF_PPO: list[tuple[str, Any, str]] = [
    ("n_steps", 0, "n_steps is 0, but must be a whole number from 2 on"),
    ("n_steps", True, "n_steps is True, but must be a whole number"),
    ("n_steps", 10**12, "steps of 8 environments would take .* of memory"),
    ("batch_size", 1.5, "batch_size is 1.5, but must be a whole number from 2 on"),
    ("batch_size", 1, "batch_size is 1, but must be a whole number from 2 on"),
    ("n_epochs", 0, "n_epochs is 0, but must be a whole number from 1 on"),
    ("clip_range", -1, "clip_range is wrong: constant:-1.0 is no schedule, since its numbers must be finite"),
    ("clip_range", None, "clip_range is wrong: None is no schedule"),
    ("clip_range_vf", "x", "clip_range_vf is wrong: 'x' is no schedule"),
    ("gamma", 2, "gamma is 2, but must be from 0 to 1"),
    ("gae_lambda", np.nan, "gae_lambda is nan, but must be from 0 to 1"),
    ("ent_coef", -0.1, "ent_coef is -0.1, but must be finite and at least 0"),
    ("vf_coef", np.inf, "vf_coef is inf, but must be finite and at least 0"),
    ("max_grad_norm", 0, "max_grad_norm is 0, but must be finite and more than 0"),
    ("target_kl", "a", "target_kl is 'a', but must be finite and more than 0"),
    ("normalize_advantage", "yes", "normalize_advantage is 'yes', but must be True or False"),
    ("rollout_buffer_class", int, "rollout_buffer_class is .*int.*, but must be a class derived from RolloutBuffer"),
    ("rollout_buffer_kwargs", 3, "rollout_buffer_kwargs is 3, but must be a dict of arguments"),
    ("rollout_buffer_kwargs", {"code": 1}, "rollout_buffer_kwargs has 'code', which GraphRolloutBuffer does not take"),
]
OF_ALL: list[tuple[str, Any, str]] = [
    ("policy", "MlpPolicy", "policy is 'MlpPolicy', but must be one of 'GraphPolicy'"),
    ("policy", torch.nn.Linear, "policy is .*Linear.*, but must be one of 'GraphPolicy'"),
    ("policy", ["GraphPolicy"], "policy is .*, but must be one of 'GraphPolicy'"),
    ("env", 3, "env is 3, but must be an environment of Gymnasium, a VecEnv or a registered name"),
    ("env", "jobshop", "env is 'jobshop', which Gymnasium cannot make .*: write 'envs:dispatch/JobShop-v0'"),
    ("env", "nowhere:dispatch/JobShop-v0", "env is 'nowhere:.*', which Gymnasium cannot make"),
    ("env", None, "env is None, but a model learns in one"),
    ("env", gymnasium.make("CartPole-v1"), "GraphPolicy needs the Dict observations|Group trainers play"),
    ("learning_rate", "x", "learning_rate is wrong: 'x' is no schedule"),
    ("learning_rate", -1, "learning_rate is wrong: constant:-1.0 is no schedule"),
    ("learning_rate", 1e39, "learning_rate is wrong: .* must be finite"),
    ("learning_rate", lambda _: 1e-3, "learning_rate is wrong: .* is no schedule"),
    ("seed", -1, "seed is -1, but must be a whole number from 0 to 4294967295"),
    ("seed", 2**32, "seed is 4294967296, but must be a whole number from 0"),
    ("seed", "a", "seed is 'a', but must be a whole number"),
    ("device", "gpu", "device is 'gpu', but must be 'auto', 'cpu', 'cuda' or 'cuda:1'"),
    ("device", 3, "device is 3, but must be"),
    ("verbose", "x", "verbose is 'x', but must be a whole number from 0 to 2"),
    ("stats_window_size", 0, "stats_window_size is 0, but must be a whole number from 1 on"),
    ("tensorboard_log", 3, "tensorboard_log is 3, but must be the name of a folder"),
    ("policy_kwargs", 3, "policy_kwargs is 3, but must be a dict of arguments by their names"),
    ("policy_kwargs", {"nonsense": 1}, "policy_kwargs has 'nonsense', which GraphPolicy does not take"),
    ("policy_kwargs", {"width": -3}, "width is -3, but must be a whole number from 1 to 4096"),
]
OF_POLICIES: list[tuple[str, Any, str]] = [
    ("encode", "twice", "encode is 'twice'; it must be 'none', 'once' or 'step'"),
    ("encode", ["once"], "encode is .*; it must be"),
    ("width", 2.5, "width is 2.5, but must be a whole number from 1 to 4096"),
    ("encoder_width", 0, "encoder_width is 0, but must be a whole number from 1"),
    ("layers", -1, "layers is -1, but must be a whole number from 0 to 64"),
    ("rounds", None, "rounds is None, but must be a whole number from 0 to 64"),
    ("guide", [1], r"guide is \[1\], but must be \[column, weight\], a column from 0 to 33"),
    ("guide", [34, 1.0], r"guide is \[34, 1.0\], but must be \[column, weight\]"),
    ("guide", [0, np.nan], r"guide is \[0, nan\], but must be"),
    ("guide", "pilot", "guide is 'pilot', but must be"),
    ("guide", 3, "guide is 3, but must be"),
    ("optimizer_class", 3, "optimizer_class is 3, but must be a class derived from Optimizer"),
    ("optimizer_kwargs", 3, "optimizer_kwargs is 3, but must be a dict"),
    ("optimizer_kwargs", {"x": 1}, "optimizer_kwargs is .*, which is wrong: .*unexpected keyword argument 'x'"),
    ("lr_schedule", 3, "lr_schedule is 3, but must be a function"),
]
OF_LEARN: list[tuple[str, Any, str]] = [
    ("total_timesteps", "x", "total_timesteps is 'x', but must be finite and at least 0"),
    ("total_timesteps", np.nan, "total_timesteps is nan, but must be finite and at least 0"),
    ("total_timesteps", -1, "total_timesteps is -1, but must be finite and at least 0"),
    ("log_interval", 0, "log_interval is 0, but must be a whole number from 1 on"),
    ("callback", 3, "callback is 3, but must be a callback, a list of them, a function or None"),
]


@pytest.mark.parametrize(("name", "value", "sentence"), OF_PPO)
def test_ppo_refuses(name: str, value: Any, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        TRAINERS["PPO"](**{name: value})


@pytest.mark.parametrize("trainer", TRAINERS)
@pytest.mark.parametrize(("name", "value", "sentence"), OF_ALL)
def test_every_trainer_refuses(trainer: str, name: str, value: Any, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        TRAINERS[trainer](**{name: value})


@pytest.mark.parametrize(("name", "value", "sentence"), OF_POLICIES)
def test_policies_refuse(name: str, value: Any, sentence: str) -> None:
    env = job_shops()
    given: dict[str, Any] = {"lr_schedule": lambda _: 1e-3, name: value}
    with pytest.raises(ValueError, match=sentence):
        GraphPolicy(env.observation_space, env.action_space, **given)


@pytest.mark.parametrize("trainer", TRAINERS)
@pytest.mark.parametrize(("name", "value", "sentence"), OF_LEARN)
def test_learning_refuses(trainer: str, name: str, value: Any, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        TRAINERS[trainer]().learn(**{"total_timesteps": 10, name: value})


def test_usual_arguments_are_accepted() -> None:
    for trainer in TRAINERS.values():
        trainer(seed=np.int64(3), verbose=0, policy=GraphPolicy, learning_rate="linear:1e-3:0", tensorboard_log=None)
        trainer(env="envs:dispatch/JobShop-v0", policy_kwargs={"encode": "none", "guide": (0, 2)})
        trainer().learn(1e1, log_interval=None, callback=lambda *_: True)
