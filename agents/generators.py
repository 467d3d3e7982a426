"""The states of the global random generators, as tensors that a checkpoint can hold."""

import random
from typing import Any

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
        np.random.set_state(_numpy_state(states))  # noqa: NPY002
    if "python" in states:
        random.setstate(_python_state(states))


def _numpy_state(states: dict[str, torch.Tensor]) -> tuple[str, np.ndarray, int, int, float]:
    position, has_gauss, cached = states["numpy_rest"].tolist()
    return "MT19937", states["numpy"].cpu().numpy().astype(np.uint32), int(position), int(has_gauss), cached


def _python_state(states: dict[str, torch.Tensor]) -> tuple[int, tuple[int, ...], None]:
    return 3, tuple(states["python"].tolist()), None


LENGTHS = {"torch": (5056, torch.uint8), "numpy": (624, torch.int64), "numpy_rest": (3, torch.float64)}
LENGTHS |= {"python": (625, torch.int64), "cuda": (16, torch.uint8)}
"""How many numbers each state has, and of which type."""


def check_generator_states(states: Any) -> None:
    """ValueError unless `set_generator_states` can set these: each is tried on a generator of its own."""
    for name, state in states.items():
        length, dtype = LENGTHS.get(name, (0, None))
        if not isinstance(state, torch.Tensor) or state.shape != (length,) or state.dtype != dtype:
            raise ValueError(f"the state of the random generator {name!r} is not {length} numbers of type {dtype}")
    if ("numpy" in states) != ("numpy_rest" in states):
        raise ValueError("the state of the random generator 'numpy' is not whole")
    for name, low, high in (("numpy", 0, 2**32 - 1), ("numpy_rest", -1e9, 1e9), ("python", 0, 2**32 - 1)):
        if name in states and not ((states[name] >= low) & (states[name] <= high)).all():
            raise ValueError(f"the state of the random generator {name!r} has numbers outside {low:g} to {high:g}")
    if "numpy" in states and not 0 <= states["numpy_rest"][0] <= 624:
        raise ValueError("the state of the random generator 'numpy' has no position from 0 to 624")
    try:
        if "torch" in states:
            torch.Generator().set_state(states["torch"])
        if "numpy" in states:
            np.random.RandomState().set_state(_numpy_state(states))
        if "python" in states:
            random.Random().setstate(_python_state(states))
    except (RuntimeError, ValueError, TypeError) as error:
        raise ValueError(f"the state of a random generator cannot be set ({error})") from error


def check_streams(states: list[dict[str, Any]]) -> None:
    """ValueError unless these are states of numpy's PCG64, each as its `state` gives it."""
    for number, state in enumerate(states):
        stream: Any = np.random.PCG64()
        try:
            stream.state = state
        except (ValueError, TypeError, KeyError, OverflowError) as error:
            raise ValueError(f"the state of the random generator of row {number} cannot be set ({error})") from error
        if stream.state != state:
            raise ValueError(f"the state of the random generator of row {number} is none of PCG64")
