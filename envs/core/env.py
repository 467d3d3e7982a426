"""One episode at a time: Gymnasium's `Env` as a batch of one."""

from typing import Any

import gymnasium
import numpy as np

from envs.core.vector import DispatchVectorEnv, Snapshot


class DispatchEnv(gymnasium.Env[dict[str, np.ndarray], np.int64]):
    """A `DispatchVectorEnv` of one row; takes the same arguments but for `num_envs` and `autoreset`.

    What it returns are copies, the graph's arrays included, unless `copy=False` asks for views of the buffers.
    """

    metadata = DispatchVectorEnv.metadata

    def __init__(
        self,
        problem: str,
        instances: Any = None,
        *,
        copy: bool = True,
        render_mode: str | None = None,
        **arguments: Any,
    ) -> None:
        self.vector = DispatchVectorEnv(
            problem, 1, instances, copy=False, autoreset=False, render_mode=render_mode, **arguments
        )
        self.copy = copy
        self.render_mode = render_mode
        self.observation_space = self.vector.single_observation_space
        self.action_space = self.vector.single_action_space

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        """Start an episode; `options={"instances": [instance]}` says which."""
        observation, info = self.vector.reset(seed=seed, options=options)
        super().reset(seed=seed)
        return self._first(observation), self._first(info)

    def step(self, action: Any) -> tuple[dict[str, np.ndarray], float, bool, bool, dict[str, Any]]:
        """Play one action; `info["objective"]` comes with the last one.

        Raises:
            ValueError: an illegal action, or the episode is over.
        """
        if self.vector.done[0]:
            raise ValueError("The episode is over or not begun, so no action is legal: call reset first.")
        observation, reward, terminated, truncated, info = self.vector.step(np.array([action]))
        ended = bool(terminated[0]), bool(truncated[0])
        return self._first(observation), float(reward[0]), *ended, self._first(info)

    def render(self) -> Any:
        """The Gantt chart (H, W, 3) uint8 or the table of what has been decided."""
        frames = self.vector.render()
        return None if frames is None else frames[0]

    def action_masks(self) -> np.ndarray:
        """(A,) i8, 1 = legal."""
        mask = self.vector.action_masks()[0]
        return mask.copy() if self.copy else mask

    def schedule(self) -> np.ndarray:
        """What has been decided so far, as the problem's `verify` reads it."""
        return self.vector.schedule(0)

    def get_state(self) -> Snapshot:
        """A copy of all that the episode is, its generator included."""
        return self.vector.get_state()

    def set_state(self, state: Snapshot) -> None:
        """Go on from a snapshot."""
        self.vector.set_state(state)

    def _first(self, batch: dict[str, Any]) -> dict[str, Any]:
        """The first row of each entry, without the masks that say which rows an entry is of."""
        first = {name: array[0] for name, array in batch.items() if not name.startswith("_")}
        return {name: value.copy() for name, value in first.items()} if self.copy else first
