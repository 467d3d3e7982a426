"""PPO learns, stable-baselines3's own tools run on the policy unmodified, and sizes are free."""

from typing import Any

import numpy as np
import pytest
import stable_baselines3
from sb3_contrib import MaskablePPO
from stable_baselines3.common.callbacks import EvalCallback
from stable_baselines3.common.env_util import make_vec_env
from stable_baselines3.common.evaluation import evaluate_policy

from agents.maskable import MaskableGraphPolicy, MaskableGraphRolloutBuffer
from agents.policy import GraphPolicy
from agents.ppo import PPO
from envs.core.env import DispatchEnv
from envs.core.vector import DispatchVectorEnv
from tests.agents.samples import job_shops

SHORT: dict[str, Any] = {"n_steps": 16, "batch_size": 64, "n_epochs": 2, "device": "cpu", "seed": 0}


def mean_makespan(model: PPO, sizes: str) -> float:
    """Greedy play on 32 instances."""
    env = DispatchVectorEnv("jobshop", 32, sizes, copy=False, autoreset=False)
    env.reset(seed=1)
    while not env.done.all():
        env.step(np.nan_to_num(model.policy.scores(env.observation), neginf=-1e9).argmax(1))
    return float(env.objective.mean())


def test_what_is_learned_on_6x6_helps_on_10x10() -> None:
    model = PPO("GraphPolicy", job_shops("random:6x6", 32), n_steps=32, learning_rate=3e-3, device="cpu", seed=0)
    before = mean_makespan(model, "random:10x10")
    model.learn(32 * 32 * 12)
    assert mean_makespan(model, "random:10x10") < 0.97 * before


def test_a_policy_of_6x6_predicts_on_10x10_and_eval_callback_runs_there(tmp_path: Any) -> None:
    model = PPO("GraphPolicy", job_shops("random:6x6"), **SHORT)
    larger = job_shops("random:10x10", 4)
    callback = EvalCallback(larger, n_eval_episodes=4, eval_freq=16, log_path=str(tmp_path), verbose=0)
    model.learn(256, callback=callback)
    assert np.isfinite(callback.last_mean_reward)
    observation: Any = larger.reset()
    actions, _ = model.predict(observation, deterministic=True)
    assert (observation["action_mask"][np.arange(4), actions] == 1).all()
    rewards, lengths = evaluate_policy(model, larger, n_eval_episodes=4, return_episode_rewards=True)
    assert isinstance(rewards, list) and isinstance(lengths, list)
    assert len(rewards) == 4 and min(lengths) > 10


@pytest.mark.parametrize("encode", ["none", "once", "step"])
def test_stock_ppo_trains_the_policy_on_stock_environments(encode: str) -> None:
    env = make_vec_env(lambda: DispatchEnv("jobshop", "random:4x4"), n_envs=4)
    model = stable_baselines3.PPO(GraphPolicy, env, policy_kwargs={"encode": encode}, **SHORT)
    model.learn(64)
    assert np.mean(evaluate_policy(model, env, n_eval_episodes=2)[0]) < 0


@pytest.mark.parametrize("encode", ["none", "once", "step"])
def test_our_ppo_trains_every_encoder(encode: str) -> None:
    model = PPO("GraphPolicy", job_shops(), policy_kwargs={"encode": encode}, **SHORT)
    before = model.policy.parameters_to_vector()
    model.learn(128)
    assert np.abs(model.policy.parameters_to_vector() - before).max() > 0


def test_maskable_ppo_trains_the_policy() -> None:
    env = job_shops()
    model = MaskablePPO(MaskableGraphPolicy, env, **SHORT)
    model.learn(256)
    observation: Any = env.reset()
    masks = env.env_method("action_masks")
    actions, _ = model.predict(observation, action_masks=masks)
    assert (masks[np.arange(8), actions] == 1).all()


@pytest.mark.parametrize("encode", ["none", "once", "step"])
def test_maskable_ppo_learns_from_our_buffer_and_asks_for_all_masks_at_once(
    encode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    env, masks, calls = job_shops(), DispatchVectorEnv.action_masks, []

    def fewer(vector: DispatchVectorEnv) -> np.ndarray:
        """Without the last legal candidate where there are several."""
        found = masks(vector).copy()
        calls.append(len(found))
        last = found.shape[1] - 1 - found[:, ::-1].argmax(1)
        found[np.arange(len(found)), last] *= found.sum(1) == 1
        return found

    monkeypatch.setattr(DispatchVectorEnv, "action_masks", fewer)
    model = MaskablePPO(
        MaskableGraphPolicy,
        env,
        rollout_buffer_class=MaskableGraphRolloutBuffer,
        rollout_buffer_kwargs={"encode": encode},
        policy_kwargs={"encode": encode},
        **SHORT,
    )
    model.learn(256)
    assert calls == [8] * 32
    buffer: Any = model.rollout_buffer
    for batch in buffer.get(64):
        assert batch.observations.choices.candidates.lengths.max() < 6
    model.policy.optimizer.step = lambda *_: None  # type: ignore[method-assign]
    model.learn(128)  # with weights that stay, every ratio is 1
    assert model.logger.name_to_value["train/approx_kl"] == pytest.approx(0, abs=1e-6)


def test_training_goes_on_with_larger_instances() -> None:
    model = PPO("GraphPolicy", job_shops("random:4x4"), **SHORT)
    model.learn(128)
    model.set_env(job_shops("random:7x7"))
    model.learn(128, reset_num_timesteps=False)
    assert model.num_timesteps == 256
    assert model.observation_space["action_mask"].shape == (7,)  # type: ignore[index]


def test_functions_and_unknown_words_are_no_schedules() -> None:
    for wrong in (lambda _: 1e-3, "cosine:1e-3:0", "linear:1e-3", "linear:a:b"):
        with pytest.raises(ValueError, match="is no schedule: write a number"):
            PPO("GraphPolicy", job_shops(), learning_rate=wrong, **SHORT)  # type: ignore[arg-type]
