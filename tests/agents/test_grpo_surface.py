"""GRPO as an algorithm of stable-baselines3: callbacks, logs, checkpoints, environments, and what it refuses."""

from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import pytest
from stable_baselines3.common.callbacks import BaseCallback, CallbackList, CheckpointCallback, EvalCallback
from stable_baselines3.common.env_util import make_vec_env
from stable_baselines3.common.vec_env import DummyVecEnv, VecMonitor

from agents.d3s import D3S
from agents.grpo import GRPO
from agents.ppo import PPO
from agents.progress import DecisionBar
from agents.schema import schema_of
from envs.core.env import DispatchEnv
from envs.core.vector import DispatchVectorEnv
from tests.agents.samples import SMALL, job_shops, play, small


def test_callbacks_of_stable_baselines3_run_unmodified(tmp_path: Path) -> None:
    evaluation = EvalCallback(job_shops("random:7x7", 2), n_eval_episodes=2, eval_freq=20, verbose=0)
    checkpoints = CheckpointCallback(20, str(tmp_path))
    small(tensorboard_log=str(tmp_path / "logs")).learn(
        600, CallbackList([evaluation, checkpoints]), tb_log_name="x", progress_bar=False
    )
    assert np.isfinite(evaluation.last_mean_reward)
    file = next(tmp_path.glob("*.zip"))
    observation: Any = job_shops("random:9x9").reset()
    assert GRPO.load(file, device="cpu").predict(observation, deterministic=True)[0].shape == (8,)
    assert list((tmp_path / "logs" / "x_1").iterdir())


def test_a_callback_stops_training_and_sees_ended_episodes() -> None:
    seen: list[float] = []

    class Stop(BaseCallback):
        def _on_step(self) -> bool:
            assert len(self.locals["infos"]) == len(self.locals["dones"]) == 12
            seen.extend(info["objective"] for info in self.locals["infos"] if info)
            return self.num_timesteps < 300

    model = small()
    model.learn(10_000, Stop())
    assert 300 <= model.num_timesteps < 330
    assert len(seen) >= 12 and min(seen) > 0


def test_a_resumed_run_is_the_run_that_was_not_stopped(tmp_path: Path) -> None:
    arguments = {"ema": 0.9, "kl_coef": 0.1, "learning_rate": "linear:0.01:0.001", "n_epochs": 2}
    whole = small(**arguments)
    stops: list[int] = []

    class Save(BaseCallback):
        def _on_rollout_start(self) -> None:
            if self.num_timesteps > 500 and not stops:
                stops.append(self.num_timesteps)
                self.model.save(tmp_path / "half.zip")

        def _on_step(self) -> bool:
            return True

    whole.learn(1000, Save())
    half = GRPO.load(tmp_path / "half.zip", env=job_shops(), device="cpu")
    assert half.num_timesteps == stops[0]
    half.learn(1000 - stops[0], reset_num_timesteps=False)
    assert half.num_timesteps == whole.num_timesteps
    np.testing.assert_array_equal(half.actor.parameters_to_vector(), whole.actor.parameters_to_vector())
    np.testing.assert_array_equal(half.policy.parameters_to_vector(), whole.policy.parameters_to_vector())


def test_training_goes_on_with_other_sizes() -> None:
    model = small()
    model.learn(100)
    other = job_shops("random:7x5")
    model.set_env(other)
    assert model.trained_on == schema_of(other)
    model.learn(100, reset_num_timesteps=False)
    assert model._own is not None and model._own.shape == (7, 5, 35)


@pytest.mark.parametrize("rows", [1, 8])
def test_the_progress_bar_counts_decisions(rows: int, monkeypatch: pytest.MonkeyPatch) -> None:
    ends: list[tuple[int, int]] = []
    close = DecisionBar._on_training_end
    monkeypatch.setattr(
        DecisionBar, "_on_training_end", lambda bar: (ends.append((bar.pbar.n, bar.pbar.total)), close(bar))
    )
    model = GRPO("GraphPolicy", job_shops(rows=rows), **SMALL)
    model.learn(100, progress_bar=True)
    first = model.num_timesteps
    model.learn(100, progress_bar=True, reset_num_timesteps=False)
    assert ends == [(first, 100), (model.num_timesteps - first, 100)]


def test_means_of_rollouts_are_those_of_all_that_were_sampled() -> None:
    model = play(small(baseline="greedy", scale="none"))
    model.logger.dump = lambda **_: None  # type: ignore[method-assign]  # which would forget what was recorded
    model.dump_logs()
    returns, lengths = (array.reshape(3, 5)[:, :4] for array in (model.returns, model.lengths))
    assert model.logger.name_to_value["rollout/ep_rew_mean"] == pytest.approx(returns.mean())
    assert model.logger.name_to_value["rollout/ep_len_mean"] == pytest.approx(lengths.mean())


def test_stock_environments_will_do() -> None:
    env = make_vec_env(lambda: DispatchEnv("jobshop", "random:4x4"), n_envs=2)
    GRPO("GraphPolicy", env, **SMALL).learn(100)
    GRPO("GraphPolicy", gymnasium.make("envs:dispatch/JobShop-v0", instances="random:4x4"), **SMALL).learn(100)
    GRPO("GraphPolicy", VecMonitor(job_shops()), **SMALL).learn(100)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"group_size": 1}, "group_size is 1, but must be a whole number from 2 on: a rollout is judged by the others"),
        ({"group_size": 2.5}, "group_size is 2.5, but must be a whole number from 2 on"),
        ({"ent_coef": np.inf}, "ent_coef is inf, but must be finite and at least 0"),
        ({"kl_coef": np.nan}, "kl_coef is nan, but must be finite and at least 0"),
        ({"max_grad_norm": 0.0}, "max_grad_norm is 0.0, but must be finite and more than 0"),
        ({"keep": 0.0}, "keep is 0.0, but must be a share above 0 and at most 1"),
        ({"keep": 1.5}, "keep is 1.5, but must be a share above 0 and at most 1"),
        ({"keep": "linear:0.25:1"}, "keep is 'linear:0.25:1', but must be a share above 0 and at most 1"),
        ({"ent_coef": "0.1"}, "ent_coef is '0.1', but must be finite and at least 0"),
        ({"ema": None}, "ema is None, but must be at least 0 and below 1"),
        ({"n_epochs": True}, "n_epochs is True, but must be a whole number from 1 on"),
        ({"clip_range": "cosine:1:2"}, "clip_range is wrong: 'cosine:1:2' is no schedule"),
        ({"learning_rate": "fast"}, "learning_rate is wrong: 'fast' is no schedule"),
        ({"loss": "ppo"}, "loss is 'ppo', but must be one of"),
        ({"baseline": "mean"}, "baseline is 'mean', but must be one of"),
        ({"ema": 1.0}, "ema is 1.0, but must be at least 0 and below 1"),
        ({"policy_kwargs": {"encode": "step"}}, "encode is 'step', but group trainers encode each graph once"),
    ],
)
def test_wrong_arguments_are_refused(arguments: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        small(**arguments)


def test_environments_that_cannot_repeat_an_instance_are_refused() -> None:
    with pytest.raises(
        ValueError, match=r"Group trainers play each instance several times by reset.*, which DummyVecEnv cannot"
    ):
        GRPO("GraphPolicy", make_vec_env("CartPole-v1"), **SMALL)


def test_environments_that_disagree_are_refused() -> None:
    rows = [
        lambda: DispatchEnv("jobshop", "random:4x4"),
        lambda: DispatchEnv("jobshop", "random:4x4", lookahead="none"),
    ]
    with pytest.raises(ValueError, match="disagree in problem or options"):
        GRPO("GraphPolicy", DummyVecEnv(rows), **SMALL)  # type: ignore[arg-type]


def test_instances_of_another_problem_are_refused() -> None:
    model = play(small())
    model._own.source = type("Wrong", (), {"sample": lambda *_: "a task"})()  # type: ignore[union-attr]
    with pytest.raises(ValueError, match="'a task' is no JobShopInstance, but this environment plays jobshop"):
        model.learn(1)


def test_a_checkpoint_of_another_algorithm_is_refused(tmp_path: Path) -> None:
    small().save(tmp_path / "model.zip")
    for other in (D3S, PPO):
        with pytest.raises(ValueError, match=f"was saved by GRPO, so {other.__name__} cannot load it"):
            other.load(tmp_path / "model.zip")


def test_what_is_loaded_with_wrong_arguments_is_refused(tmp_path: Path) -> None:
    small(ema=0.5).save(tmp_path / "model.zip")
    with pytest.raises(ValueError, match="GRPO has no 'grup_size': the nearest are 'group_size'"):
        GRPO.load(tmp_path / "model.zip", grup_size=3)
    with pytest.raises(ValueError, match="other networks than it should: leave ema out or train"):
        GRPO.load(tmp_path / "model.zip", ema=0.0)
    assert GRPO.load(tmp_path / "model.zip", ent_coef=0.5).ent_coef == 0.5


def test_a_policy_can_be_held_near_the_one_that_was_loaded(tmp_path: Path) -> None:
    small(learning_rate=1e-2).learn(300).save(tmp_path / "model.zip")
    model = GRPO.load(tmp_path / "model.zip", job_shops(), kl_coef=0.1, device="cpu")
    np.testing.assert_array_equal(model.reference.parameters_to_vector(), model.actor.parameters_to_vector())
    model.learn(300, reset_num_timesteps=False)
    assert model.logger.name_to_value["train/reference_kl"] > 0
    model.save(tmp_path / "on.zip")
    again = GRPO.load(tmp_path / "on.zip", device="cpu")
    np.testing.assert_array_equal(again.reference.parameters_to_vector(), model.reference.parameters_to_vector())
    assert np.abs(again.policy.parameters_to_vector() - again.reference.parameters_to_vector()).max() > 1e-4


def test_numbers_of_numpy_are_saved_as_plain_ones(tmp_path: Path) -> None:
    small(n_instances=np.int64(2), ema=np.float64(0.5)).save(tmp_path / "model.zip")
    assert GRPO.load(tmp_path / "model.zip").n_instances == 2


def test_learning_without_an_environment_is_refused(tmp_path: Path) -> None:
    small().save(tmp_path / "model.zip")
    with pytest.raises(ValueError, match="no environment to learn in: load it with load"):
        GRPO.load(tmp_path / "model.zip").learn(10)


def test_environments_of_gymnasium_are_wrapped() -> None:
    env = gymnasium.make_vec("envs:dispatch/JobShop-v0", num_envs=2, instances="random:4x4")
    GRPO("GraphPolicy", env, **SMALL).learn(100)  # type: ignore[arg-type]
    GRPO("GraphPolicy", DispatchVectorEnv("jobshop", 2, "random:4x4"), **SMALL).learn(100)  # type: ignore[arg-type]


def test_a_model_needs_an_environment() -> None:
    for trainer in (GRPO, D3S, PPO):
        with pytest.raises(ValueError, match="env is None, but a model learns in one"):
            trainer()


@pytest.mark.parametrize("name", ["verbose", "env_generators"])
def test_what_was_saved_without_a_part_is_refused(name: str, tmp_path: Path) -> None:
    small().save(tmp_path / "model.zip", exclude=[name])
    with pytest.raises(ValueError, match=f"is no checkpoint of this package: it lacks {name}"):
        GRPO.load(tmp_path / "model.zip", job_shops())
