"""What the contract needs to know of a problem: the names of `tests/<problem>/contract.py`, each with its meaning."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from importlib import import_module
from typing import Any

import numpy as np
from hypothesis import strategies as st

from envs import ELSEWHERE
from envs.core.vector import DispatchVectorEnv


@dataclass(frozen=True)
class Case:
    """One problem under the contract."""

    INSTANCES: str
    """A source of small random instances of several sizes."""
    OPTIONS: Sequence[dict[str, Any]]
    """Under which every check runs; the first is {}."""
    EXACT: str
    """Of the problem's solvers, the one that proves optima."""
    EXACT_OPTIONS: dict[str, Any]
    """Under which some play of the environment reaches every optimum."""
    MALFORMED: Mapping[str, str]
    """Name of a file to a text that is refused, in a sentence that names the file."""
    tiny: Callable[[], st.SearchStrategy[Any]]
    """Instances that `brute_force` can solve."""
    anything: Callable[[], st.SearchStrategy[Any]]
    """Small instances of every kind that can be played, under any of `OPTIONS`."""
    columns: Callable[[DispatchVectorEnv, int], Mapping[str, Mapping[str, np.ndarray]]]
    """(env, row) -> by array and name of its columns: what they should hold at this decision, in plain Python."""
    brute_force: Callable[[Any], float]
    """The optimum by complete enumeration, without anything of the package."""
    most_decisions: Callable[[Any], int]
    """How many decisions an episode has at most, under any of `OPTIONS`."""
    objective_of: Callable[[Any, float], float]
    """(instance, sum of rewards) -> objective."""
    elapsed_of: Callable[[np.ndarray], float]
    """Of a complete schedule: how far the clock went."""
    distinct: Callable[[np.random.Generator], Any]
    """An instance without ties."""
    relabel: Callable[[Any, np.random.Generator, dict[str, Any]], tuple[Any, np.ndarray]]
    """(instance, rng, options) -> the same under other names, and the new index of each action."""
    other_future: Callable[[Any], Any]
    """The instance with other values in its HIDDEN fields; None where there are none."""
    fills_the_room: Callable[[DispatchVectorEnv], Sequence[Any]]
    """Three or more, which use every slot of the room in turn; the first has the largest shape."""


def case(problem: str) -> Case:
    """The problem's names, from its home where it lives elsewhere; AttributeError tells which is missing."""
    home = ELSEWHERE[problem][1] if problem in ELSEWHERE else f"tests.{problem}"
    module = import_module(f"{home}.contract")
    return Case(**{one.name: getattr(module, one.name) for one in fields(Case)})
