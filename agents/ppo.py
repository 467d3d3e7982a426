"""Proximal policy optimisation (Schulman et al. 2017, arXiv 1707.06347) by stable-baselines3, for dispatching."""

from typing import Any, ClassVar, Self

import stable_baselines3
import torch
from stable_baselines3.common.buffers import RolloutBuffer
from stable_baselines3.common.policies import BasePolicy
from stable_baselines3.common.type_aliases import GymEnv, MaybeCallback

from agents.buffer import GraphRolloutBuffer
from agents.checkpoint import Checkpoint
from agents.checks import check_constructor, check_learn, check_trained
from agents.policy import GraphPolicy
from agents.sb3_env import made
from agents.schedules import NamedSchedule


class PPO(Checkpoint, stable_baselines3.PPO):
    """stable-baselines3's `PPO` with `GraphPolicy`, `GraphRolloutBuffer` and checkpoints that run no code.

    Arguments are stable-baselines3's with defaults for finite scheduling episodes: no discount, and big minibatches,
    because a decision is a few rows. `learning_rate`, `clip_range` and `clip_range_vf` are numbers or named schedules
    ("linear:2e-3:2e-4"), no functions. `env` is best an `agents.sb3_env.DispatchVecEnv` of about 64 rows, of which
    eight share their instances where the policy has an encoder (`share=8`).
    """

    policy: GraphPolicy  # type: ignore[assignment]
    policy_aliases: ClassVar[dict[str, type[BasePolicy]]] = {"GraphPolicy": GraphPolicy}
    schedules: ClassVar[tuple[str, ...]] = (*Checkpoint.schedules, "clip_range", "clip_range_vf")
    saved: ClassVar[tuple[str, ...]] = (
        *Checkpoint.saved,
        "n_steps",
        "batch_size",
        "n_epochs",
        "gamma",
        "gae_lambda",
        "normalize_advantage",
        "ent_coef",
        "vf_coef",
        "max_grad_norm",
        "target_kl",
    )

    def __init__(
        self,
        policy: str | type[GraphPolicy] = "GraphPolicy",
        env: GymEnv | str | None = None,
        learning_rate: float | str | NamedSchedule = "linear:2e-3:2e-4",
        n_steps: int = 128,
        batch_size: int = 512,
        n_epochs: int = 3,
        gamma: float = 1.0,
        gae_lambda: float = 0.95,
        clip_range: float | str | NamedSchedule = 0.2,
        clip_range_vf: float | str | NamedSchedule | None = None,
        normalize_advantage: bool = True,
        ent_coef: float = 0.0,
        vf_coef: float = 0.5,
        max_grad_norm: float = 0.5,
        target_kl: float | None = None,
        rollout_buffer_class: type[RolloutBuffer] | None = GraphRolloutBuffer,
        rollout_buffer_kwargs: dict[str, Any] | None = None,
        stats_window_size: int = 100,
        tensorboard_log: str | None = None,
        policy_kwargs: dict[str, Any] | None = None,
        verbose: int = 0,
        seed: int | None = None,
        device: torch.device | str = "auto",
        _init_setup_model: bool = True,
    ) -> None:
        check_constructor(type(self), locals())
        super().__init__(
            policy,  # type: ignore[arg-type]
            made(env),  # type: ignore[arg-type]
            learning_rate=learning_rate,  # type: ignore[arg-type]
            n_steps=n_steps,
            batch_size=batch_size,
            n_epochs=n_epochs,
            gamma=gamma,
            gae_lambda=gae_lambda,
            clip_range=clip_range,  # type: ignore[arg-type]
            clip_range_vf=clip_range_vf,  # type: ignore[arg-type]
            normalize_advantage=normalize_advantage,
            ent_coef=ent_coef,
            vf_coef=vf_coef,
            max_grad_norm=max_grad_norm,
            target_kl=target_kl,
            rollout_buffer_class=rollout_buffer_class,
            rollout_buffer_kwargs=rollout_buffer_kwargs,
            stats_window_size=stats_window_size,
            tensorboard_log=tensorboard_log,
            policy_kwargs=policy_kwargs,
            verbose=verbose,
            seed=seed,
            device=device,
            _init_setup_model=_init_setup_model,
        )

    def learn(  # type: ignore[override]
        self, total_timesteps: int, callback: MaybeCallback = None, log_interval: int | None = 1, **more: Any
    ) -> Self:
        """As stable-baselines3's."""
        check_learn(total_timesteps, log_interval, callback)
        more.setdefault("tb_log_name", type(self).__name__)
        return super().learn(total_timesteps, callback, log_interval, **more)  # type: ignore[arg-type]

    def train(self) -> None:
        """As stable-baselines3's; ValueError where weights are no longer finite."""
        super().train()
        check_trained(self.policy)

    def _setup_model(self) -> None:
        if self.rollout_buffer_class is GraphRolloutBuffer:
            encode = self.policy_kwargs.get("encode", "once")
            self.rollout_buffer_kwargs = {"encode": encode, **(self.rollout_buffer_kwargs or {})}
        super()._setup_model()
