"""The attributes that a checkpoint may set, with the type of each: those that are saved, and no others."""

import inspect
from collections.abc import Iterable, Mapping
from typing import Any

from envs.core.text import nearest
from envs.core.typed import fits, words

FIXED: dict[str, Any] = {
    "algorithm": str,
    "policy_class": str,
    "trained_on": dict[str, Any],
    "observation_space": dict[str, Any],
    "action_space": dict[str, Any],
    "ep_info_buffer": list[dict[str, float]],
    "env_generators": list[dict[str, Any]],
}
"""What every checkpoint has."""

STATE: dict[str, Any] = {
    "policy_kwargs": dict[str, Any],
    "n_envs": int,
    "num_timesteps": int,
    "_total_timesteps": int,
    "_num_timesteps_at_start": int,
    "_current_progress_remaining": float,
    "_episode_num": int,
    "_n_updates": int,
    "_stats_window_size": int,
    "run": dict[str, float | None],
}
"""Attributes of models that are no arguments, or other ones than the argument of that name."""

COUNTS = tuple(name for name, kind in STATE.items() if kind is int)
FROM_1 = ("n_envs", "_stats_window_size")


def types_of(kind: type, names: Iterable[str]) -> dict[str, Any]:
    """The types of attributes of an algorithm: as its arguments of these names are annotated, or those of `STATE`."""
    hints: dict[str, Any] = {}
    for base in reversed(inspect.getmro(kind)):
        if "__init__" in vars(base) and base.__module__.startswith("agents."):
            arguments = inspect.signature(base.__init__, eval_str=True).parameters
            hints |= {name: argument.annotation for name, argument in arguments.items()}
    hints |= STATE
    return {name: hints[name] for name in names}


def check_attributes(data: Mapping[str, Any], types: Mapping[str, Any], required: Iterable[str], path: object) -> None:
    """ValueError where the data of a checkpoint lacks a name, has one that must not be set, or a value of another type.

    Rules that go beyond types are those of the algorithm, which is made with these values.
    """
    lacking = [name for name in required if name not in data]
    if lacking:
        raise ValueError(f"{path} is no checkpoint of this package: it lacks {', '.join(lacking)}.")
    for name, value in data.items():
        if name not in types:
            raise ValueError(f"{path} sets {name!r}, which no checkpoint may: {nearest(name, types)}.")
        if not fits(value, types[name]):
            shown = repr(value)[:60]
            raise ValueError(f"{path} has {name} {shown}, but it must be {words(types[name])}: it is damaged.")
        least = 1 if name in FROM_1 else 0
        if name in COUNTS and not least <= value < 2**63:
            raise ValueError(f"{path} has {name} {value}, but it must be from {least} on: it is damaged.")
    for name in ("decisions", "cpu_s", "wall_s", "objective"):
        if "run" in data and not fits(data["run"].get(name), float):
            raise ValueError(f"{path} has no {name} in its run: it is damaged.")
    about = data["trained_on"]
    if about and not all(fits(about.get(name), kind) for name, kind in ABOUT.items()):
        raise ValueError(f"{path} has data of another form as trained_on: it is damaged, so train anew.")


ABOUT: dict[str, Any] = {"problem": str, "options": dict[str, Any], "spec": dict[str, list[str]]}
"""What `agents.schema.schema_of` says, unless the environment is a foreign one."""
