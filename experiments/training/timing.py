"""How fast group-relative trainers are, and where their time goes."""

import inspect
import time
from collections.abc import Callable
from cProfile import Profile
from typing import Any, Literal

import torch
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.logger import Logger

from agents.grpo import GRPO
from agents.policy import GraphPolicy
from agents.rollouts import Rollouts
from agents.sb3_env import DispatchVecEnv
from envs.core.problem import Problem
from envs.core.vector import DispatchVectorEnv

GROUP = 32
"""Rollouts of each instance."""

Phase = Literal["sampled", "trained"]
"""Decisions in rollouts, network and all; decisions of a gradient step."""

PARTS: dict[str, tuple[Callable[..., Any], ...]] = {
    "environment": (DispatchVectorEnv.step, DispatchVectorEnv.reset),
    "rows of candidates": (Rollouts.read, Rollouts.chunks),
    "network": (GraphPolicy.logits, GraphPolicy.node_tables),
    "choice": (Rollouts.play,),
    "backward": (torch.Tensor.backward,),
    "optimiser": (inspect.unwrap(torch.optim.Adam.step),),
}
"""What is told apart in both phases; none of these functions calls another."""


class Stopwatch(BaseCallback):
    """CPU seconds and decisions of both phases, until one of them has had its seconds.

    A decision with a single candidate is no decision here.
    """

    def __init__(self, phase: Phase, seconds: float) -> None:
        super().__init__()
        self.phase, self.seconds = phase, seconds
        self.spent, self.decisions = {"sampled": 0.0, "trained": 0.0}, {"sampled": 0.0, "trained": 0.0}
        self.profiles = {"sampled": Profile(time.process_time), "trained": Profile(time.process_time)}
        self.profiled = False
        self._since = 0.0

    def _on_rollout_start(self) -> None:
        if self._since:
            kept: float = self.model.logger.name_to_value["train/kept_share"]
            self._ended("trained", kept * self.model.rollouts.count)  # type: ignore[attr-defined]
        self._begins("sampled")

    def _on_rollout_end(self) -> None:
        self._ended("sampled", self.model.rollouts.count)  # type: ignore[attr-defined]
        self._begins("trained")

    def _begins(self, phase: Phase) -> None:
        self._since = time.process_time()
        if self.profiled:
            self.profiles[phase].enable()

    def _ended(self, phase: Phase, decisions: float) -> None:
        self.profiles[phase].disable()
        self.spent[phase] += time.process_time() - self._since
        self.decisions[phase] += decisions

    def _on_step(self) -> bool:
        return self.spent[self.phase] < self.seconds


class Training:
    """GRPO with `batch` rollouts, in groups of 32, and the policy that `train` makes by default."""

    def __init__(self, problem: Problem[Any, Any], text: str, batch: int) -> None:
        self.env = DispatchVectorEnv(problem, 1, text)
        env, groups = DispatchVecEnv(self.env), batch // GROUP
        self.model = GRPO("GraphPolicy", env, n_instances=groups, group_size=GROUP, seed=0, device="cpu")
        self.model.set_logger(Logger(None, []))

    def rate(self, phase: Phase, seconds: float) -> float:
        """Decisions per CPU second of the phase, over about so many CPU seconds of it."""
        watch = self._watched(Stopwatch(phase, seconds))
        return watch.decisions[phase] / watch.spent[phase]

    def shares(self, phase: Phase, seconds: float) -> str:
        """Where the CPU time of the phase goes, in per cent, largest first; profiling adds to what calls much."""
        watch = Stopwatch(phase, seconds)
        watch.profiled = True
        self._watched(watch)
        whole = watch.spent[phase]
        found = {entry.code: entry.totaltime for entry in watch.profiles[phase].getstats()}
        parts = {what: sum(found.get(one.__code__, 0.0) for one in ones) for what, ones in PARTS.items()}
        parts = {what: seconds for what, seconds in parts.items() if seconds}
        parts["the rest"] = whole - sum(parts.values())
        ranked = sorted(parts.items(), key=lambda part: -part[1])
        return ", ".join(f"{what} {100 * part / whole:.0f} %" for what, part in ranked)

    def _watched(self, watch: Stopwatch) -> Stopwatch:
        self.model.learn(2**60, watch)
        return watch
