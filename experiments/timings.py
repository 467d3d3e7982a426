"""What `speed` times, by name: steps of the environment, a policy, a trainer, moves of a local search."""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from agents.ppo import PPO
from agents.sb3_env import DispatchVecEnv
from envs.core.parts import parts
from envs.core.problem import Problem
from envs.core.vector import DispatchVectorEnv
from experiments.training.timing import GROUP, Phase, Training


class Timing(NamedTuple):
    """What is timed at each step of a batch, and what is done after it without being timed."""

    env: DispatchVectorEnv
    timed: Callable[[np.ndarray], object] = lambda _: None
    after: Callable[[np.ndarray], object] = lambda _: None
    rate: Callable[[float], float] | None = None
    """(CPU seconds) -> decisions or moves per CPU second, of what is no step of the environment."""
    shares: Callable[[float], str] = lambda _: ""
    """(CPU seconds) -> where the time goes."""


def _step(problem: Problem[Any, Any], text: str, batch: int, copy: bool = False) -> Timing:
    env = DispatchVectorEnv(problem, batch, text, copy=copy)
    env.reset(seed=0)
    return Timing(env, env.step)


def _copy(problem: Problem[Any, Any], text: str, batch: int) -> Timing:
    return _step(problem, text, batch, copy=True)


def _bare(problem: Problem[Any, Any], text: str, batch: int) -> Timing | None:
    """The kernel's step without an observation, where the problem has a `baselines/<problem>/bare.py`."""
    bare = parts(problem.name).bare
    if bare is None:
        return None
    env = _step(problem, text, batch).env
    return Timing(env, lambda actions: bare.bare_step(env, actions))


def _sb3(problem: Problem[Any, Any], text: str, batch: int) -> Timing:
    env = DispatchVectorEnv(problem, batch, text)
    adapter = DispatchVecEnv(env)
    adapter.seed(0)
    adapter.reset()
    return Timing(env, adapter.step)


def _policy(problem: Problem[Any, Any], text: str, batch: int) -> Timing:
    """One pass of an untrained policy, the environment's step left out."""
    env = _step(problem, text, batch).env
    one = DispatchVecEnv(DispatchVectorEnv(problem, 1, text))
    policy: Any = PPO("GraphPolicy", one, batch_size=128, seed=0, device="cpu").policy
    return Timing(env, lambda _: policy.scores(env.observation), env.step)


def _trainer(problem: Problem[Any, Any], text: str, batch: int, phase: Phase) -> Timing | None:
    if batch % GROUP:
        return None
    training = Training(problem, text, batch)
    return Timing(
        training.env,
        rate=lambda seconds: training.rate(phase, seconds),
        shares=lambda seconds: training.shares(phase, seconds),
    )


def _moves(problem: Problem[Any, Any], text: str, batch: int, anew: bool) -> Timing | None:
    """Moves of the problem's first local search on one instance, where it has one."""
    improvers = list(parts(problem.name).solvers.IMPROVERS.values())
    if batch > 1 or not improvers:
        return None
    env = _step(problem, text, 1).env
    return Timing(env, rate=lambda seconds: improvers[0].moves_per_second(env.instances[0], seconds, anew))


TIMINGS: dict[str, Callable[..., Timing | None]] = {
    "step": _step,
    "copy": _copy,
    "bare": _bare,
    "sb3": _sb3,
    "policy": _policy,
    "sampled": partial(_trainer, phase="sampled"),
    "trained": partial(_trainer, phase="trained"),
    "moves": partial(_moves, anew=False),
    "moves_anew": partial(_moves, anew=True),
}
"""Name of each measurement to what makes it; None for a problem that has nothing of the kind."""
