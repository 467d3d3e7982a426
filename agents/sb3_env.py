"""Dispatch environments as a native stable-baselines3 `VecEnv`: one batched step, no Python call per environment."""

import time
from collections.abc import Sequence
from typing import Any

import gymnasium
import numpy as np
from stable_baselines3.common.monitor import Monitor
from stable_baselines3.common.vec_env import VecEnv, VecEnvWrapper, VecMonitor
from stable_baselines3.common.vec_env.base_vec_env import VecEnvIndices, VecEnvObs, VecEnvStepReturn

from envs.core.vector import DispatchVectorEnv


class DispatchVecEnv(VecEnv):
    """A `DispatchVectorEnv` with autoreset, as stable-baselines3 sees it.

    Infos are empty but where an episode ends. There they hold `terminal_observation`, `TimeLimit.truncated`,
    `objective` (float, the problem's unit), and `episode` with `r` (sum of rewards), `l` (decisions) and `t` (seconds
    since the start) as `VecMonitor` writes it, so neither `VecMonitor` nor `Monitor` is needed.
    """

    def __init__(self, env: DispatchVectorEnv, share: int = 1) -> None:
        """Wrap `env`, which must copy its observations and restart finished rows (both are its defaults).

        Each `share` neighbouring rows get the same seed and so play the same instances, each at its own pace: a policy
        that encodes a graph once then does so once for all of them.
        """
        if share < 1 or env.num_envs % share:
            raise ValueError(
                f"share is {share}, but must divide num_envs, which is {env.num_envs}: change one of them."
            )
        if not (env.copy and env.autoreset):
            raise ValueError(
                f"The environment has copy={env.copy} and autoreset={env.autoreset}; stable-baselines3 keeps "
                "observations and steps on after an episode, so make it with copy=True and autoreset=True."
            )
        self.env, self.share = env, share
        self._nothing: list[dict[str, Any]] = [{} for _ in range(env.num_envs)]
        self._returns = np.zeros(env.num_envs)
        self._lengths = np.zeros(env.num_envs, np.int64)
        self._actions = np.zeros(env.num_envs, np.int64)
        self._begun = False
        self._start = time.time()
        super().__init__(env.num_envs, env.single_observation_space, env.single_action_space)

    def reset(self) -> VecEnvObs:
        """Start new episodes, with the seeds of the last `seed` where it was called since the last reset."""
        if not self._begun and self._seeds[0] is None:
            self.seed()
        seeds = self._seeds if self._seeds[0] is not None else None
        options = {key: value for given in self._options[:1] for key, value in given.items()}
        observation, _ = self.env.reset(seed=seeds, options=options)
        self._begun = True
        self._reset_seeds()
        self._reset_options()
        self._returns[:] = 0
        self._lengths[:] = 0
        return observation

    def seed(self, seed: int | None = None) -> Sequence[int | None]:
        """Seeds for the next reset: `seed + row // share`; a random one for None."""
        first = super().seed(seed)[0] or 0
        self._seeds = [first + row // self.share for row in range(self.num_envs)]
        return self._seeds

    def step_async(self, actions: np.ndarray) -> None:
        """Keep the actions (B,) for `step_wait`."""
        self._actions = actions

    def step_wait(self) -> VecEnvStepReturn:
        """Observations, rewards (B,) f32, dones (B,) bool and infos of the step."""
        observation, reward, terminated, truncated, info = self.env.step(self._actions)
        self._returns += reward
        self._lengths += 1
        done = terminated | truncated
        infos = self._nothing
        if done.any():
            infos = infos.copy()
            for row in np.flatnonzero(done).tolist():
                infos[row] = self._finished(row, bool(truncated[row] and not terminated[row]), info)
            self._returns[done] = 0
            self._lengths[done] = 0
        return observation, reward.astype(np.float32), done, infos

    def _finished(self, row: int, truncated: bool, info: dict[str, Any]) -> dict[str, Any]:
        return {
            "terminal_observation": info["final_obs"][row],
            "TimeLimit.truncated": truncated,
            "objective": float(info["final_info"]["objective"][row]),
            "episode": {
                "r": float(self._returns[row]),
                "l": int(self._lengths[row]),
                "t": round(time.time() - self._start, 6),
            },
        }

    def close(self) -> None:
        """Release the environment."""
        self.env.close()

    def get_images(self) -> Sequence[np.ndarray | None]:
        """One picture (H, W, 3) uint8 for each environment."""
        return list(self.env.render() or [])

    def generator_states(self) -> list[dict[str, Any]]:
        """The state of the generator that each row draws its instances with; none before the first reset."""
        return self.env.get_state().generators if self._begun else []

    def set_generator_states(self, states: Sequence[dict[str, Any]]) -> None:
        """Draw the next instances from where generators of these states stood; seeds given before are forgotten."""
        if not self._begun:
            self.reset()
        self._reset_seeds()
        self.env.set_generators(list(states))

    def get_attr(self, attr_name: str, indices: VecEnvIndices = None) -> list[Any]:
        """The batched environment's attribute, once for each of the asked-for rows."""
        value = getattr(self.env, attr_name)
        return [value for _ in self._get_indices(indices)]

    def set_attr(self, attr_name: str, value: Any, indices: VecEnvIndices = None) -> None:
        """Set an attribute of the batched environment, for all rows at once."""
        if len(list(self._get_indices(indices))) != self.num_envs:
            raise ValueError(f"The rows share one environment, so {attr_name} cannot be set for some of them only.")
        setattr(self.env, attr_name, value)

    def env_method(
        self, method_name: str, *method_args: Any, indices: VecEnvIndices = None, **method_kwargs: Any
    ) -> Any:
        """Call a method of the batched environment; an array result (B, ...) is returned as its rows."""
        result = getattr(self.env, method_name)(*method_args, **method_kwargs)
        if isinstance(result, np.ndarray) and len(result) == self.num_envs:
            return result if indices is None else result[list(self._get_indices(indices))]
        return [result for _ in self._get_indices(indices)]

    def env_is_wrapped(self, wrapper_class: type[gymnasium.Wrapper], indices: VecEnvIndices = None) -> list[bool]:
        """True for `Monitor`, whose `episode` infos this environment writes itself."""
        return [wrapper_class is Monitor for _ in self._get_indices(indices)]


def made(env: Any) -> Any:
    """The environment of a registered name, anything else as it is; ValueError for a name that nobody registered."""
    if not isinstance(env, str):
        return env
    try:
        return gymnasium.make(env)
    except (gymnasium.error.Error, ModuleNotFoundError) as error:
        raise ValueError(
            f"env is {env!r}, which Gymnasium cannot make ({error}): write 'envs:dispatch/JobShop-v0', or give an "
            "environment."
        ) from None


def vector_env(env: VecEnv) -> DispatchVectorEnv:
    """The dispatch environment behind a `VecEnv`, which tells problem, options, instances and room.

    Raises:
        ValueError: there is none, or there are several that disagree in problem or options.
    """
    while isinstance(env, VecMonitor):
        env = env.venv
    if isinstance(env, VecEnvWrapper):
        raise ValueError(
            f"Group trainers play in an environment of their own, where {type(env).__name__} would change nothing: "
            "leave it out."
        )
    try:
        found = [env.env] if isinstance(env, DispatchVecEnv) else env.get_attr("vector")
    except AttributeError:
        raise ValueError(
            f"Group trainers play each instance several times by reset(options={{'repeat': ...}}), which "
            f"{type(env).__name__} cannot: give an agents.sb3_env.DispatchVecEnv."
        ) from None
    problems = {f"{one.problem.name} {vars(one.problem.options)}" for one in found}
    if len(problems) > 1:
        raise ValueError(f"The environments disagree in problem or options: {' and '.join(sorted(problems))}.")
    return found[0]
