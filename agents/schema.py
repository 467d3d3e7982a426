"""What a model was trained on, as JSON: the problem, the names in its observation, the spaces."""

from math import prod
from typing import Any

import numpy as np
from gymnasium import spaces
from stable_baselines3.common.vec_env import VecEnv

from envs.core.problem import Problem
from envs.core.typed import fits


def schema_of(env: VecEnv) -> dict[str, Any]:
    """Problem, options and the names of the observation's types and features, as JSON; {} for a foreign environment."""
    for attribute in ("problem", "vector"):
        try:
            found = env.get_attr(attribute)[0]
        except AttributeError:
            continue
        return problem_schema(getattr(found, "problem", found))
    return {}


def problem_schema(problem: Problem[Any, Any]) -> dict[str, Any]:
    """What `schema_of` says, of a problem."""
    spec = {
        name: [getattr(item, "name", item) for item in value]
        for name, value in vars(problem.spec).items()
        if isinstance(value, tuple)
    }
    return {"problem": problem.name, "options": dict(vars(problem.options)), "spec": spec}


def check_same(ours: dict[str, Any], theirs: dict[str, Any], who: str) -> None:
    """ValueError where two results of `schema_of` differ in the problem or in a name; options may differ."""
    if not ours or not theirs:
        return
    if ours["problem"] != theirs["problem"]:
        raise ValueError(f"{who} was trained on problem {ours['problem']}, the environment is {theirs['problem']}.")
    for key, names in ours["spec"].items():
        if names != theirs["spec"].get(key):
            raise ValueError(
                f"{who} was trained with {key} {names}, but the environment has {theirs['spec'].get(key)}: "
                "the observation has changed since, so train anew."
            )


def check_widths(ours: spaces.Space, theirs: spaces.Space, who: str) -> None:
    """ValueError where two observation spaces have other features; instance sizes may differ."""
    assert isinstance(ours, spaces.Dict) and isinstance(theirs, spaces.Dict)
    for name in (name for name in ours if name.endswith(("_features", "_state"))):
        widths = [(space[name].shape or (0,))[-1] if name in space.spaces else 0 for space in (ours, theirs)]
        if widths[0] != widths[1]:
            raise ValueError(
                f"{who} was made for {widths[0]} columns of {name}, the environment has {widths[1]}: "
                "it is of another problem or other options."
            )


def space_to_json(space: spaces.Space) -> dict[str, Any]:
    """A `Discrete`, or a `Dict` of `Box`es with one lowest and one highest number each, as JSON; null is no bound."""
    if isinstance(space, spaces.Dict):
        return {name: space_to_json(box) for name, box in space.items()}
    if isinstance(space, spaces.Discrete):
        return {"n": int(space.n)}
    if isinstance(space, spaces.Box):
        if np.issubdtype(space.dtype, np.integer):
            low, high = int(space.low.min()), int(space.high.max())
        else:
            low, high = None, None
        return {"low": low, "high": high, "shape": list(space.shape), "dtype": str(space.dtype)}
    raise ValueError(f"A checkpoint holds spaces of dispatch environments, not {space}.")


MOST_NUMBERS = 1 << 25
"""In an observation that a checkpoint describes: with more, one decision would take 128 MB."""


def space_from_json(data: dict[str, Any]) -> spaces.Space:
    """What `space_to_json` was given.

    Raises:
        ValueError: no such description, or one of an observation that is too large to be one.
    """
    if set(data) == {"n"}:
        if not fits(data["n"], int) or not 0 < data["n"] <= MOST_NUMBERS:
            raise ValueError(f"a number of actions is {data['n']!r}, but must be from 1 to {MOST_NUMBERS:,}")
        return spaces.Discrete(data["n"])
    for name, box in data.items():
        if not fits(box, dict[str, Any]) or set(box) != {"low", "high", "shape", "dtype"}:
            raise ValueError(f"the array {name} is described as {str(box)[:60]}")
        if not fits(box["shape"], list[int]) or not all(0 <= length <= MOST_NUMBERS for length in box["shape"]):
            raise ValueError(f"the array {name} has the shape {str(box['shape'])[:60]}")
        if box["dtype"] not in DTYPES or not all(fits(box[end], DTYPES[box["dtype"]]) for end in ("low", "high")):
            raise ValueError(f"the array {name} has {box['dtype']!r} from {box['low']!r} to {box['high']!r}")
    numbers = sum(prod(box["shape"]) for box in data.values())
    if numbers > MOST_NUMBERS:
        raise ValueError(f"an observation has {numbers:,} numbers, but must have at most {MOST_NUMBERS:,}")
    try:
        return spaces.Dict({name: _box(**box) for name, box in data.items()})
    except OverflowError as error:
        raise ValueError(f"the arrays have numbers that are too large ({error})") from error


DTYPES: dict[str, Any] = {"int8": int, "int32": int, "int64": int, "float32": None | float}
"""Of arrays, with what a bound of them is: null is none."""


def _box(low: float | None, high: float | None, shape: list[int], dtype: str) -> spaces.Box:
    low, high = -np.inf if low is None else low, np.inf if high is None else high
    return spaces.Box(low, high, tuple(shape), np.dtype(dtype).type)
