"""A small agent that the tests of all commands share."""

from dataclasses import replace
from pathlib import Path

import pytest

from envs import load_problem
from experiments.train import train
from experiments.training.settings import GRPOSettings, PPOSettings, Train

SMALL_GROUPS = Train(
    instances="random:3x3",
    trainer=GRPOSettings(n_instances=2, group_size=4),
    timesteps=600,
    validation_instances=4,
    points=3,
    width=16,
    layers=1,
    rounds=1,
)
SMALL = replace(SMALL_GROUPS, trainer=PPOSettings(num_envs=8, n_steps=16, batch_size=64))


@pytest.fixture(scope="session")
def run_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run of the small agent; not to be written into."""
    folder = tmp_path_factory.mktemp("runs") / "small"
    return train(replace(SMALL, run_dir=folder), load_problem("jobshop")())
