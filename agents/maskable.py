"""`GraphPolicy` for `sb3_contrib.MaskablePPO`, which asks for classes of its own; needs sb3-contrib.

    MaskablePPO(MaskableGraphPolicy, env, rollout_buffer_class=MaskableGraphRolloutBuffer, batch_size=512, n_epochs=3)

is as fast as `agents.ppo.PPO`. Without the buffer, every minibatch holds padded observations and encodes each graph
again; the algorithm's own defaults, minibatches of 64 in 10 epochs, are made for decisions that are larger.
"""

import numpy as np
from sb3_contrib.common.maskable.buffers import MaskableDictRolloutBuffer
from sb3_contrib.common.maskable.policies import MaskableActorCriticPolicy
from torch import Tensor

from agents.buffer import GraphRolloutBuffer
from agents.policy import GraphPolicy


class MaskableGraphPolicy(GraphPolicy, MaskableActorCriticPolicy):  # type: ignore[misc]
    """A `GraphPolicy` in every respect: masks given by the algorithm are joined with the observation's own."""


class MaskableGraphRolloutBuffer(GraphRolloutBuffer, MaskableDictRolloutBuffer):  # type: ignore[misc]
    """A `GraphRolloutBuffer`, which keeps only what the masks allow: those of the algorithm, too."""

    def add(  # type: ignore[override]
        self,
        obs: dict[str, np.ndarray],
        action: np.ndarray,
        reward: np.ndarray,
        episode_start: np.ndarray,
        value: Tensor,
        log_prob: Tensor,
        action_masks: np.ndarray | None = None,
    ) -> None:
        """One step of all environments: arrays with leading axis n_envs."""
        if action_masks is not None:
            obs = {**obs, "action_mask": obs["action_mask"] * np.asarray(action_masks, obs["action_mask"].dtype)}
        super().add(obs, action, reward, episode_start, value, log_prob)
