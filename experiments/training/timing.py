"""How fast group-relative trainers are, and where their time goes."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest.mock import patch

import torch
from stable_baselines3.common.logger import Logger

from agents.grpo import GRPO
from agents.sb3_env import DispatchVecEnv
from envs.core.problem import Problem
from envs.core.vector import DispatchVectorEnv

GROUP = 32
"""Rollouts of each instance."""


class Training:
    """GRPO with `batch` rollouts, in groups of 32, and the policy that `train` makes by default.

    `sample` and `learn` are one call each of what is timed; both return how many decisions it was about. What has a
    single candidate is no decision here.
    """

    def __init__(self, problem: Problem[Any, Any], text: str, batch: int) -> None:
        self.env = DispatchVectorEnv(problem, 1, text)
        env, groups = DispatchVecEnv(self.env), batch // GROUP
        self.model = GRPO("GraphPolicy", env, n_instances=groups, group_size=GROUP, seed=0, device="cpu")
        self.model.set_logger(Logger(None, []))
        _, self.callback = self.model._setup_learn(1)
        self.sample()  # the first groups to learn from

    def sample(self) -> int:
        """Play fresh groups."""
        self.model.collect_rollouts(self.callback)
        return self.model.rollouts.count

    def learn(self) -> int:
        """One gradient step on the last groups."""
        self.model.train()
        return round(self.model.logger.name_to_value["train/kept_share"] * self.model.rollouts.count)

    def parts(self) -> dict[str, list[tuple[Any, str]]]:
        """What is told apart in `sample` and `learn`: owners and names of methods."""
        model = self.model
        assert model._own is not None
        return {
            "environment": [(model._own, "step"), (model._own, "reset")],
            "rows of candidates": [(model.rollouts, "read"), (model.rollouts, "_choices")],
            "network": [(model.actor, "logits"), (model.actor, "node_tables")],
            "choice": [(model.rollouts, "play")],
            "backward": [(torch.Tensor, "backward")],
            "optimiser": [(model.actor.optimizer, "step")],
        }


def shares(training: Training, timed: Callable[[], object], seconds: float) -> str:
    """Where the CPU time of `timed` goes, in per cent, largest first, measured over about so many seconds."""
    spent: dict[str, float] = {}
    began = time.process_time()
    with watch(training.parts(), spent):
        while (total := time.process_time() - began) < seconds:
            timed()
    spent["the rest"] = total - sum(spent.values())
    ranked = sorted(spent.items(), key=lambda part: -part[1])
    return ", ".join(f"{what} {100 * part / total:.0f} %" for what, part in ranked)


@contextmanager
def watch(parts: dict[str, list[tuple[Any, str]]], spent: dict[str, float]) -> Iterator[None]:
    """Add up the CPU seconds inside the given methods; what one calls of another counts once, for the outer one."""
    inside = [0]

    def timed(what: str, method: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            inside[0] += 1
            began = time.process_time()
            try:
                return method(*args, **kwargs)
            finally:
                inside[0] -= 1
                if not inside[0]:
                    spent[what] = spent.get(what, 0.0) + time.process_time() - began

        return call

    with ExitStack() as stack:
        for what, places in parts.items():
            for owner, name in places:
                stack.enter_context(patch.object(owner, name, timed(what, getattr(owner, name))))
        yield
