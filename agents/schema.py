"""What a model was trained on, as JSON: the problem, the names in its observation, the spaces."""

from typing import Any

import numpy as np
from gymnasium import spaces
from stable_baselines3.common.vec_env import VecEnv

from envs.core.problem import Problem


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


def space_from_json(data: dict[str, Any]) -> spaces.Space:
    """What `space_to_json` was given."""
    if "n" in data:
        return spaces.Discrete(data["n"])
    if "dtype" in data:
        low = -np.inf if data["low"] is None else data["low"]
        high = np.inf if data["high"] is None else data["high"]
        return spaces.Box(low, high, tuple(data["shape"]), np.dtype(data["dtype"]).type)
    return spaces.Dict({name: space_from_json(box) for name, box in data.items()})
