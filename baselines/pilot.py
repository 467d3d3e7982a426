"""The pilot method: judge each candidate by the objective when a rule completes the schedule after it.

Duin and Voss (1999), "The pilot method: a strategy for heuristic repetition", Networks 34(3).
"""

from typing import Any

import numpy as np

from baselines.play import Scores, finish
from envs.core.vector import DispatchVectorEnv


class Pilot:
    """Scores (B, A) for `play`: minus the objective that `scores` reaches after each candidate, -inf where illegal.

    Works on any problem through `get_state` and `set_state`. A decision costs one greedy completion for each legal
    candidate, all of them played together in a second environment that grows with their number.
    """

    def __init__(self, scores: Scores) -> None:
        self.scores = scores
        self._branch: DispatchVectorEnv | None = None

    def __call__(self, env: DispatchVectorEnv) -> np.ndarray:
        legal = (env.observation.action_mask == 1) & env.running[:, None]
        rows, actions = np.nonzero(legal)
        branch = self._room(env, len(rows))
        branch.set_state(env.get_state(rows))
        choices = np.zeros(branch.num_envs, np.int64)
        choices[: len(rows)] = actions
        branch.step(choices)
        finish(branch, self.scores)
        values = np.full(legal.shape, -np.inf)
        values[rows, actions] = -branch.objective[: len(rows)]
        return values

    def _room(self, env: DispatchVectorEnv, rows: int) -> DispatchVectorEnv:
        branch = self._branch
        if branch is None or branch.num_envs < rows or branch.problem is not env.problem or branch.shape != env.shape:
            size = 1 << (rows - 1).bit_length()
            arguments: dict[str, Any] = {"copy": False, "autoreset": False, "shape": env.shape}
            branch = self._branch = DispatchVectorEnv(env.problem, size, env.source, **arguments)
        return branch
