"""Wrappers may change features and rewards; mask, types, nodes and ids must arrive as the environment wrote them."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from gymnasium import spaces
from stable_baselines3.common.vec_env import VecEnv, VecEnvWrapper, VecNormalize

SHAPES: dict[str, tuple[str | int, ...]] = {
    "node_features": ("N", "F"),
    "node_state": ("N", "S"),
    "node_type": ("N",),
    "edges": (2, "E"),
    "edge_type": ("E",),
    "edge_features": ("E", "K"),
    "candidates": ("A", 2),
    "candidate_type": ("A",),
    "candidate_features": ("A", "C"),
    "action_mask": ("A",),
    "ids": (2,),
}
"""The shape of each array of an observation in the letters of `envs.core.spec`."""

FEATURES = tuple(key for key in SHAPES if key.endswith(("_features", "_state")))
"""The keys that hold real numbers."""

REMEDY = f"a wrapper has changed it: take it off, or let it change {', '.join(FEATURES)} only."


def check_space(space: spaces.Dict) -> None:
    """ValueError where this is not the observation space of a dispatch environment, of whatever problem and room."""
    missing = [key for key in SHAPES if key not in space.spaces]
    if missing:
        raise ValueError(f"The observation space lacks {', '.join(missing)}: it is of no dispatch environment.")
    sizes: dict[str | int, int] = {2: 2}
    for key, letters in SHAPES.items():
        shape, dtype = space[key].shape or (), space[key].dtype
        fits = len(shape) == len(letters)
        fits = fits and all(sizes.setdefault(letter, n) == n for letter, n in zip(letters, shape, strict=True))
        if not fits or (key in FEATURES) != np.issubdtype(dtype, np.floating):
            words = f"({', '.join(map(str, letters))}) of {'real' if key in FEATURES else 'whole'} numbers"
            raise ValueError(f"The observation space has {key} {shape} {dtype}, but it must be {words}: {REMEDY}")


def check_types(observation: Mapping[str, Any]) -> None:
    """ValueError where the mask, types, nodes or ids of an observation are no whole numbers."""
    for key in SHAPES:
        dtype = observation[key].dtype
        real = dtype.is_floating_point if isinstance(dtype, torch.dtype) else dtype.kind == "f"
        if real and key not in FEATURES:
            raise ValueError(f"The observation has {key} in {dtype}, but it must hold whole numbers: {REMEDY}")


def check_wrappers(env: VecEnv | None) -> None:
    """ValueError for a `VecNormalize` that normalises more than features."""
    while isinstance(env, VecEnvWrapper):
        if isinstance(env, VecNormalize) and env.norm_obs:
            odd = [key for key in env.norm_obs_keys or () if key in SHAPES and key not in FEATURES]
            if odd:
                raise ValueError(
                    f"VecNormalize changes {', '.join(odd)}, which are no features: "
                    f"give it norm_obs_keys={list(FEATURES)} or fewer."
                )
        env = env.venv
