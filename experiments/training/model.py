"""From the settings of a run to a model of stable-baselines3."""

from pathlib import Path
from typing import Any

import numpy as np

from agents.checkpoint import Checkpoint
from agents.sb3_env import DispatchVecEnv, vector_env
from envs.core.problem import Problem
from envs.core.vector import DispatchVectorEnv
from experiments.training.agent import ALGORITHMS, LAST
from experiments.training.settings import Train, budget


def model_for(command: Train, problem: Problem[Any, Any], source: Any, folder: Path) -> Checkpoint:
    """A new model, or that of the last checkpoint where the command resumes a run."""
    trainer = command.trainer
    env = DispatchVecEnv(DispatchVectorEnv(problem, trainer.num_envs, source), trainer.share)
    return loaded(folder, command, env) if command.resume else new(command, env)


def new(command: Train, env: DispatchVecEnv) -> Checkpoint:
    """A model with fresh weights."""
    algorithm: Any = ALGORITHMS[command.algorithm]
    return algorithm(
        "GraphPolicy",
        env,
        learning_rate=command.learning_rate,
        ent_coef=command.ent_coef,
        **command.trainer.arguments(),
        policy_kwargs=policy_kwargs(command, vector_env(env).problem),
        seed=int(np.random.SeedSequence(command.seed).generate_state(1)[0] >> 1),  # row b draws from this + b
        device=command.device,
    )


def policy_kwargs(command: Train, problem: Problem[Any, Any]) -> dict[str, Any]:
    """What the policy is made with; ValueError for a guide where the problem's options show none."""
    found = {name: getattr(command, name) for name in ("encode", "width", "layers", "rounds")}
    if not command.guide:
        return found
    names = [feature.name for feature in problem.spec.candidate_features]
    if problem.spec.guide not in names:
        raise ValueError(
            f"guide is {command.guide:g}, but there is no look-ahead to follow: choose another --lookahead."
        )
    return {**found, "guide": [names.index(problem.spec.guide), command.guide]}


def loaded(folder: Path, command: Train, env: DispatchVecEnv) -> Checkpoint:
    """The model of the last checkpoint; ValueError where its budget is spent."""
    model: Any = ALGORITHMS[command.algorithm].load(folder / LAST, env=env, device=command.device)
    if not hasattr(model, "run"):
        raise ValueError(f"{folder / LAST} was not written by this command, which cannot go on with it.")
    if budget(command).spent(model.num_timesteps, model.run["cpu_s"]) >= 1:
        raise ValueError(f"{folder} has spent its budget: name a larger --timesteps or --cpu-seconds to go on.")
    return model
