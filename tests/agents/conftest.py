"""What every test of the agents starts from."""

import numpy as np
import pytest
import torch


@pytest.fixture(autouse=True)
def one_thread() -> None:
    """Torch on one core, and the same random numbers in every run."""
    torch.set_num_threads(1)
    torch.manual_seed(0)


@pytest.fixture
def rng() -> np.random.Generator:
    """A generator that is the same in every run."""
    return np.random.default_rng(0)
