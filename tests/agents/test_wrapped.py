"""Wrappers that change what is no feature are refused; those that change features or rewards are fine."""

from collections.abc import Callable
from typing import Any

import gymnasium
import numpy as np
import pytest
import stable_baselines3
from gymnasium.wrappers import FrameStackObservation
from sb3_contrib import MaskablePPO
from stable_baselines3.common.vec_env import DummyVecEnv, VecEnv, VecFrameStack, VecNormalize

from agents.grpo import GRPO
from agents.maskable import MaskableGraphPolicy
from agents.policy import GraphPolicy
from agents.ppo import PPO
from agents.wrapped import FEATURES
from envs.core.env import DispatchEnv
from tests.agents.samples import SMALL, job_shops, random_observation, random_policy

SHORT: dict[str, Any] = {"n_steps": 16, "batch_size": 64, "n_epochs": 1, "device": "cpu", "seed": 0}


def stacked() -> VecEnv:
    return DummyVecEnv([lambda: FrameStackObservation(DispatchEnv("jobshop", "random:4x4"), 2)])  # type: ignore[list-item]


class Floats(gymnasium.ObservationWrapper):
    """All arrays as float32, in space and in fact."""

    def __init__(self) -> None:
        super().__init__(DispatchEnv("jobshop", "random:4x4"))
        boxes: Any = self.env.observation_space
        self.observation_space = gymnasium.spaces.Dict(
            {key: gymnasium.spaces.Box(-np.inf, np.inf, box.shape, np.float32) for key, box in boxes.items()}
        )

    def observation(self, observation: Any) -> Any:
        return {key: array.astype(np.float32) for key, array in observation.items()}


REFUSED: dict[str, tuple[Callable[[], VecEnv], str]] = {
    "VecNormalize": (lambda: VecNormalize(job_shops()), "action_mask|node_type|candidate_type"),
    "its mask": (lambda: VecNormalize(job_shops(), norm_obs_keys=["action_mask"]), "action_mask"),
    "its ids": (lambda: VecNormalize(job_shops(), norm_obs_keys=["node_state", "ids"]), "ids"),
    "VecFrameStack": (lambda: VecFrameStack(job_shops(), 2), "The observation space has"),
    "FrameStackObservation": (stacked, "The observation space has"),
    "floats": (lambda: DummyVecEnv([Floats]), "The observation space has .* float32, but it must be .* whole numbers"),
}
TRAINERS: dict[str, Callable[[VecEnv], Any]] = {
    "ours": lambda env: PPO("GraphPolicy", env, **SHORT),
    "stock": lambda env: stable_baselines3.PPO(GraphPolicy, env, **SHORT),
    "maskable": lambda env: MaskablePPO(MaskableGraphPolicy, env, **SHORT),
}


@pytest.mark.parametrize("trainer", TRAINERS)
@pytest.mark.parametrize("name", REFUSED)
def test_what_changes_more_than_features_is_refused(name: str, trainer: str) -> None:
    make, sentence = REFUSED[name]
    with pytest.raises(ValueError, match=sentence):
        TRAINERS[trainer](make()).learn(64)


@pytest.mark.parametrize("trainer", TRAINERS)
@pytest.mark.parametrize("encode", ["norm_obs_keys", "rewards"])
def test_features_and_rewards_may_change(trainer: str, encode: str) -> None:
    arguments: Any = {"norm_obs_keys": list(FEATURES)} if encode == "norm_obs_keys" else {"norm_obs": False}
    model = TRAINERS[trainer](VecNormalize(job_shops(), **arguments))
    model.learn(256)
    assert np.isfinite(model.policy.parameters_to_vector()).all()


def test_groups_play_in_an_environment_of_their_own_without_wrappers() -> None:
    for env in (job_shops(), DummyVecEnv([lambda: DispatchEnv("jobshop", "random:4x4")])):
        with pytest.raises(ValueError, match="where VecNormalize would change nothing: leave it out"):
            GRPO("GraphPolicy", VecNormalize(env, norm_obs=False), **SMALL)


def test_an_observation_of_other_types_is_refused(rng: np.random.Generator) -> None:
    policy = random_policy("once")
    for key in ("action_mask", "node_type", "edges", "candidates", "ids"):
        observation = random_observation(rng)
        observation[key] = observation[key].astype(np.float32)
        with pytest.raises(ValueError, match=f"The observation has {key} in .*float32, but it must hold whole numbers"):
            policy.predict(observation)
