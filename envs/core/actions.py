"""Which actions are legal, and what becomes of the others."""

from typing import Any

import numpy as np

from envs.core.compiled import entry
from envs.core.problem import Problem


def refuse(
    actions: np.ndarray, mask: np.ndarray, running: np.ndarray, problem: Problem[Any, Any], state: tuple[Any, ...]
) -> None:
    """ValueError if the action of a running row is out of range or masked: which, why, and the legal ones."""
    row = _first_illegal(actions, mask, running)
    if row >= 0:
        choice = int(actions[row])
        inside = 0 <= choice < mask.shape[1]
        why = problem.explain(state, row, choice) if inside else f"actions are 0..{mask.shape[1] - 1}"
        allowed = np.flatnonzero(mask[row]).tolist()
        raise ValueError(f"Action {choice} of environment {row} is illegal, since {why}; legal are {allowed}.")


@entry
def _first_illegal(actions: np.ndarray, mask: np.ndarray, running: np.ndarray) -> int:
    for b in range(actions.size):
        if running[b] and (actions[b] < 0 or actions[b] >= mask.shape[1] or mask[b, actions[b]] == 0):
            return b
    return -1


def wrap(actions: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """The (a mod L)-th of the L legal actions of each row; 0 where none is legal."""
    count = np.maximum(mask.sum(1), 1)
    order = np.argsort(-mask, axis=1, kind="stable")  # legal candidates first, in their order
    return order[np.arange(len(mask)), actions % count]
