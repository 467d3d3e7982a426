"""The pilot method: judge each candidate by the objective when a rule completes the schedule after it.

Duin and Voss (1999), "The pilot method: a strategy for heuristic repetition", Networks 34(3).
"""

from typing import Any

import numpy as np

from baselines.play import Scores, finish
from envs.core.arguments import bytes_of_one
from envs.core.executor import refuse_copies
from envs.core.vector import DispatchVectorEnv

MOST_BYTES = 2**26
"""What the environment of completions may take; more candidates are completed in several turns."""


class Pilot:
    """Scores (B, A) for `play`: minus the objective that `scores` reaches after each candidate, -inf where illegal.

    Works on any problem through `get_state` and `set_state`. A decision costs one greedy completion for each legal
    candidate, played together in a second environment that grows with their number up to `MOST_BYTES`.
    """

    def __init__(self, scores: Scores) -> None:
        self.scores = scores
        self._branch: DispatchVectorEnv | None = None
        self._most = 1

    def __call__(self, env: DispatchVectorEnv) -> np.ndarray:
        refuse_copies(env.executor, "A pilot")
        legal = (env.observation.action_mask == 1) & env.running[:, None]
        rows, actions = np.nonzero(legal)
        values = np.full(legal.shape, -np.inf)
        if len(rows):
            branch = self._room(env, len(rows))
            for first in range(0, len(rows), branch.num_envs):
                some = slice(first, first + branch.num_envs)
                values[rows[some], actions[some]] = -self._completed(branch, env, rows[some], actions[some])
        return values

    def _completed(
        self, branch: DispatchVectorEnv, env: DispatchVectorEnv, rows: np.ndarray, actions: np.ndarray
    ) -> np.ndarray:
        """(n,) objectives when these actions (n,) of these rows (n,) of `env` are followed by the scores."""
        branch.set_state(env.get_state(rows))
        choices = np.zeros(branch.num_envs, np.int64)
        choices[: len(rows)] = actions
        branch.step(choices)
        finish(branch, self.scores)
        return branch.objective[: len(rows)]

    def _room(self, env: DispatchVectorEnv, rows: int) -> DispatchVectorEnv:
        """The environment of completions: room for so many rows, or for as many as `MOST_BYTES` hold."""
        branch = self._branch
        if branch is None or branch.problem is not env.problem or branch.shape != env.shape:
            branch, self._most = None, max(1, int(MOST_BYTES // bytes_of_one(env.problem, env.shape)))
        size = min(1 << (rows - 1).bit_length(), self._most)
        if branch is None or branch.num_envs < size:
            arguments: dict[str, Any] = {"copy": False, "autoreset": False, "shape": env.shape}
            branch = self._branch = DispatchVectorEnv(env.problem, size, env.source, **arguments)
        return branch
