"""Trained agents, found by their run directory or checkpoint file."""

from pathlib import Path
from typing import Any, NamedTuple

import torch

from agents import schema
from agents.archive import read
from agents.checkpoint import Checkpoint
from agents.d3s import D3S
from agents.grpo import GRPO
from agents.objectives import PRESETS
from agents.ppo import PPO
from baselines.play import Scores
from envs import load_problem
from envs.core.files import parse_json, read_text
from envs.core.problem import Problem

ALGORITHMS: dict[str, type[Checkpoint]] = {"ppo": PPO, "d3s": D3S, **dict.fromkeys(PRESETS, GRPO)}
"""Trainers by the name that `train --algorithm` knows; a checkpoint names the class."""

CONFIG, LAST, BEST = "config.json", "last.zip", "best.zip"
"""Files of a run directory: what was asked for, where training stands, the best by validation."""


class Agent(NamedTuple):
    """A trained policy as a scorer of candidates, and what its training took."""

    problem: Problem[Any, Any]
    scores: Scores
    train_decisions: int
    train_cpu_s: float | None


def load_agent(path: Path, problem: str, device: str = "cpu") -> Agent:
    """The best agent of a run directory, or the one of a checkpoint file.

    Raises:
        ValueError: no or a damaged checkpoint, the agent of another problem or of other features, or no such device.
    """
    torch.set_num_threads(1)
    check_device(device)
    file = checkpoint_file(path)
    algorithm = read(file)[0].get("algorithm")
    trainers = {trainer.__name__: trainer for trainer in ALGORITHMS.values()}
    if not isinstance(algorithm, str) or algorithm not in trainers:
        raise ValueError(f"{path} was trained by {algorithm!r}, which is none of {', '.join(trainers)}.")
    model: Any = trainers[algorithm].load(file, device=device)
    about = model.trained_on
    if not about:
        raise ValueError(f"{path} does not say what it was trained on, so it cannot be played: train anew.")
    if about["problem"] != problem:
        raise ValueError(f"{path} holds an agent of the problem {about['problem']}, not of {problem}.")
    made = load_problem(problem)(**about["options"])
    schema.check_same(about, schema.problem_schema(made), str(path))
    policy: Any = model.policy
    run = getattr(model, "run", {})
    return Agent(
        made,
        lambda env: policy.scores(env.observation),
        model.num_timesteps,
        run.get("cpu_s"),
    )


def check_device(device: str) -> None:
    """ValueError unless networks can compute there."""
    if device not in ("cpu", "cuda"):
        raise ValueError(f"The device is {device!r}, but must be cpu or cuda.")
    if device == "cuda" and not torch.cuda.is_available():
        raise ValueError("The device is 'cuda', but torch finds no GPU here: name --device cpu.")


def checkpoint_file(path: Path) -> Path:
    """The file itself, or the best checkpoint of a run directory; ValueError where there is none."""
    if not path.exists():
        raise ValueError(f"There is no run directory or checkpoint {path}.")
    if path.is_file():
        return path
    if not (path / CONFIG).exists():
        raise ValueError(f"{path} is no run directory: it has no {CONFIG}.")
    config = parse_json(read_text(path / CONFIG), path / CONFIG)
    if not isinstance(config, dict) or not {"problem", "train"} <= set(config):
        raise ValueError(f"{path / CONFIG} is not the settings of a run: move the folder away and train anew.")
    if not (path / BEST).exists():
        raise ValueError(f"{path} holds no checkpoint: its training ended before the first; train anew.")
    return path / BEST
