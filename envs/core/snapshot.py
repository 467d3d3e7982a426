"""All that some rows of an environment are, to go on from later, elsewhere or several times."""

from typing import Any, NamedTuple

import numpy as np

from envs.core.instance import Instance
from envs.core.problem import Outcome
from envs.core.spec import Observation


class Snapshot(NamedTuple):
    """Copies of n rows."""

    state: tuple[np.ndarray, ...]  # the problem's named tuple
    observation: Observation
    outcome: Outcome
    running: np.ndarray  # (n,) bool
    instances: list[Instance]
    generators: list[dict[str, Any]]  # states of numpy's bit generators

    def arrays(self) -> tuple[np.ndarray, ...]:
        """All arrays, in the order in which an environment has its own."""
        return *self.state, *self.observation, *self.outcome, self.running

    def check(self, state: tuple[np.ndarray, ...], arrays: tuple[np.ndarray, ...], repeat: int, name: str) -> int:
        """How many rows the snapshot fills with `repeat` of each, or a ValueError where it does not fit.

        Args:
            state, arrays: those of the environment that would take it, whose problem is `name`.
        """
        rows, room = len(self.running), len(arrays[-1])
        if repeat < 1:
            raise ValueError(f"repeat is {repeat}, but must be at least 1.")
        if rows * repeat > room:
            raise ValueError(f"{rows} rows x repeat {repeat} = {rows * repeat} exceed num_envs {room}.")
        if type(self.state) is not type(state):
            raise ValueError(f"The snapshot is not of {name}, which this environment plays.")
        for mine, theirs in zip(arrays, self.arrays(), strict=True):
            if mine.shape[1:] != theirs.shape[1:]:
                raise ValueError(
                    f"The snapshot is of another shape: an array of {theirs.shape[1:]} where this environment has "
                    f"{mine.shape[1:]}; make both with the same shape=."
                )
        return rows * repeat
