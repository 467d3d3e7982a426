"""The states of the global random generators, as tensors that a checkpoint can hold."""

import random

import numpy as np
import torch


def generator_states() -> dict[str, torch.Tensor]:
    """The states of the global generators of torch, numpy and Python, as tensors."""
    states = {"torch": torch.get_rng_state()}
    if torch.cuda.is_available():
        states["cuda"] = torch.cuda.get_rng_state()
    _, keys, *rest = np.random.get_state()  # noqa: NPY002 (stable-baselines3 draws from the global generator)
    states["numpy"] = torch.from_numpy(np.asarray(keys).astype(np.int64))
    states["numpy_rest"] = torch.tensor([float(number) for number in rest], dtype=torch.float64)
    states["python"] = torch.tensor(random.getstate()[1], dtype=torch.int64)
    return states


def set_generator_states(states: dict[str, torch.Tensor]) -> None:
    """Put the global generators back to what `generator_states` gave; names that are missing stay as they are."""
    if "torch" in states:
        torch.set_rng_state(states["torch"].cpu())
    if "cuda" in states and torch.cuda.is_available():
        torch.cuda.set_rng_state(states["cuda"].cpu())
    if "numpy" in states:
        position, has_gauss, cached = states["numpy_rest"].tolist()
        keys = states["numpy"].cpu().numpy().astype(np.uint32)
        np.random.set_state(("MT19937", keys, int(position), int(has_gauss), cached))  # noqa: NPY002
    if "python" in states:
        random.setstate((3, tuple(states["python"].tolist()), None))
