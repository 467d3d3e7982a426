"""What the environments accept: each function returns a checked argument, or raises a ValueError of one sentence."""

from collections.abc import Iterable, Sequence
from math import inf
from typing import Any

import numpy as np

from envs.core.executor import Executor
from envs.core.instance import Instance
from envs.core.memory import bytes_per_row, check_memory
from envs.core.problem import Problem
from envs.core.sources import FixedSource, Source
from envs.core.text import nearest

RESET_OPTIONS = ("instances", "repeat", "reset_mask")


def a_problem(problem: Problem[Any, Any] | str, options: dict[str, Any]) -> Problem[Any, Any]:
    """The problem itself, or the one of that name with these options."""
    if isinstance(problem, str):
        from envs import load_problem  # the table imports this module

        return load_problem(problem)(**options)
    if not isinstance(problem, Problem):
        raise ValueError(f"problem is {problem!r}, but must be a Problem or the name of one.")
    if options:
        raise ValueError(f"Options {sorted(options)} go to the problem's constructor when a Problem is given.")
    return problem


def an_executor(executor: Any, problem: Problem[Any, Any]) -> Executor | None:
    """What measures the problem's work, where it can be measured."""
    if executor is not None and not callable(getattr(executor, "execute", None)):
        raise ValueError(f"executor is {executor!r}, but must have a method execute(plans), or be None.")
    if executor is not None and not problem.measurable:
        raise ValueError(f"{problem.name} commits nothing that an executor could measure: leave it out.")
    return executor


def a_source(problem: Problem[Any, Any], instances: str | Sequence[Instance] | Source | None) -> Source:
    """Where instances come from: a text, a list, a source, or the problem's default."""
    if instances is None or isinstance(instances, str):
        return problem.source(problem.default_instances if instances is None else instances)
    return instances if isinstance(instances, Source) else FixedSource(some_instances(problem, instances))


def some_instances(problem: Problem[Any, Any], instances: Sequence[Instance]) -> list[Instance]:
    """A list of instances of this problem."""
    wanted = problem.Instance
    if isinstance(instances, str | Instance) or not isinstance(instances, Iterable):
        raise ValueError(f"instances is {instances!r}, but must be a list: [{wanted.__name__}(...), ...].")
    instances = list(instances)
    for instance in instances:
        if not isinstance(instance, wanted):
            raise ValueError(f"{instance!r} is no {wanted.__name__}, but this environment plays {problem.name}.")
    return instances


def a_shape(shape: Any, source: Source) -> tuple[int, ...]:
    """The room that is asked for, or that of the largest instance of the source; it holds all of them."""
    if shape is None:
        return source.shape
    if not isinstance(shape, tuple | list) or not all(
        isinstance(room, int | np.integer) and not isinstance(room, bool) and room >= 0 for room in shape
    ):
        raise ValueError(f"shape is {shape!r}, but must be whole numbers, as in shape={source.shape}.")
    room = tuple(map(int, shape))
    check_room(source.shape, room, "The instance source")
    return room


def check_fits(problem: Problem[Any, Any], num_envs: int, shape: tuple[int, ...], observations: int = 5) -> None:
    """ValueError where so many environments of this shape would not fit into memory.

    observations: how often an observation is held: see `bytes_of_one`.
    """
    row = bytes_of_one(problem, shape, observations)
    check_memory(row * num_envs, f"{num_envs} environments of shape {shape}", "take fewer or smaller ones")


def bytes_of_one(problem: Problem[Any, Any], shape: tuple[int, ...], observations: int = 5) -> float:
    """Bytes that one row of an environment of this shape takes, infinite where they are more than numpy can count.

    observations: how often an observation is held: by the kernel, twice by the space (its bounds), the last one of an
    episode, and the copy that is returned.
    """
    try:
        state, observation = problem.allocate(0, shape), problem.spec.allocate(0, problem.size(shape))
    except (ValueError, OverflowError, MemoryError):
        return inf
    return bytes_per_row(state) + observations * bytes_per_row(observation)


def check_room(shape: tuple[int, ...], room: tuple[int, ...], what: str) -> None:
    """Whether what has this shape fits into the room."""
    if len(shape) != len(room):
        raise ValueError(f"{what} has shape {shape}, but the room is {room}, which has other dimensions.")
    if any(need > has for need, has in zip(shape, room, strict=True)):
        larger = tuple(map(max, shape, room))
        raise ValueError(f"{what} has shape {shape}, but the room is {room}: make it with shape={larger}.")


def a_reset_mask(options: dict[str, Any], num_envs: int, begun: bool) -> np.ndarray:
    """(B,) bool: the rows that a reset with these options restarts."""
    if not isinstance(options, dict):
        raise ValueError(f"options is {options!r}, but must be a dict of {', '.join(RESET_OPTIONS)}.")
    for name in options:
        if name not in RESET_OPTIONS:
            raise ValueError(f"reset has no option {name!r}: {nearest(name, RESET_OPTIONS)}")
    if options.get("reset_mask") is None:
        return np.ones(num_envs, bool)
    mask = np.array(options["reset_mask"], order="C")
    if mask.shape != (num_envs,) or mask.dtype != bool or not mask.any():
        raise ValueError(
            f"reset_mask has shape {mask.shape} and dtype {mask.dtype}, "
            f"but must be ({num_envs},) bool with at least one True."
        )
    if not begun and not mask.all():
        raise ValueError("No episode has begun: the first reset is of all environments, without reset_mask.")
    return mask


def some_rows(rows: Any, num_envs: int) -> np.ndarray:
    """Indices (n,) of the rows that are asked for by their numbers or by a (B,) bool mask."""
    rows = np.asarray(rows)
    if rows.dtype == bool and rows.shape == (num_envs,):
        return np.flatnonzero(rows)
    numbers = rows.ndim == 1 and (rows.dtype.kind in "iu" or not rows.size)
    if not numbers or (rows.size and not 0 <= rows.min() <= rows.max() < num_envs):
        raise ValueError(
            f"rows is {rows.tolist()!r:.80}, but must be whole numbers from 0 to {num_envs - 1} or a ({num_envs},) "
            "bool mask."
        )
    return rows.astype(np.int64)


def chosen_instances(
    options: dict[str, Any], problem: Problem[Any, Any], room: tuple[int, ...], count: int
) -> tuple[list[Instance] | None, int]:
    """The instances for `count` rows, None where they are to be drawn, and how many rows play each."""
    repeat = options.get("repeat", 1)
    if not isinstance(repeat, int | np.integer) or isinstance(repeat, bool) or repeat < 1:
        raise ValueError(f"repeat is {repeat!r}, but must be a whole number from 1 on.")
    if options.get("instances") is None:
        if count % repeat:
            raise ValueError(f"repeat is {repeat}, but must divide the {count} environments that are reset.")
        return None, int(repeat)
    instances = some_instances(problem, options["instances"])
    if len(instances) * repeat != count:
        raise ValueError(
            f"{len(instances)} instances x repeat {repeat} = {len(instances) * repeat}, "
            f"but {count} environments are reset: the two must be equal."
        )
    for instance in instances:
        check_room(instance.shape, room, f"Instance {instance.name or instance!r}")
    return instances, int(repeat)


def some_seeds(seed: int | Sequence[int | None] | None, num_envs: int) -> list[int | None]:
    """One seed for each row: seed + row, or the list itself."""
    if seed is None:
        return [None] * num_envs
    if isinstance(seed, int | np.integer):
        seeds = [int(seed) + row for row in range(num_envs)]
    else:
        seeds = list(np.asarray(seed, object).ravel())
    if len(seeds) != num_envs:
        raise ValueError(f"{len(seeds)} seeds are given, but num_envs is {num_envs}: give one for each.")
    for one in seeds:
        if one is not None and not (isinstance(one, int | np.integer) and one >= 0):
            raise ValueError(f"A seed is {one!r}, but must be a whole number from 0 on, or None.")
    return [None if one is None else int(one) for one in seeds]
