"""Checkpoints for every trainer: stable-baselines3's `save` and `load`, but JSON and weights only."""

import io
import json
import random
from collections import deque
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, ClassVar, Self

import torch
from gymnasium.vector import VectorEnv
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.type_aliases import GymEnv
from stable_baselines3.common.utils import FloatSchedule, get_system_info
from stable_baselines3.common.vec_env import VecEnv

from agents.archive import File, read, write
from agents.attributes import FIXED, check_attributes, types_of
from agents.checks import checked
from agents.generators import check_generator_states, check_streams, generator_states, set_generator_states
from agents.sb3_env import DispatchVecEnv
from agents.schedules import schedule
from agents.schema import check_same, check_widths, schema_of, space_from_json, space_to_json
from agents.weights import check_optimizer, check_state
from agents.wrapped import check_wrappers
from envs.core.files import write_file
from envs.core.text import nearest
from envs.core.vector import DispatchVectorEnv

REQUIRED = (*FIXED, "policy_kwargs", "n_envs", "num_timesteps", "seed", "verbose")
"""Attributes without which no model can be made."""

NETWORKS = ("policy", "actor", "reference")
"""What a trainer may have, each with an optimizer."""

MOST_DECISIONS = 1 << 24
"""In an update that a checkpoint describes: far more than fit into memory with their observations."""


class Checkpoint(BaseAlgorithm):
    """Mixin before a stable-baselines3 algorithm: its `save`, `load` and `set_env`, safe and free of instance sizes.

    `saved` lists the attributes that are written, `added` those that `save(include=[...])` may add; those in
    `schedules` are written as text. No other name is read, whatever a file says. The policy is stored by its
    name in `policy_aliases`. What the environment is about is kept in `trained_on` and compared on loading.
    """

    saved: ClassVar[tuple[str, ...]] = (
        "policy_kwargs",
        "n_envs",
        "seed",
        "verbose",
        "tensorboard_log",
        "num_timesteps",
        "_total_timesteps",
        "_num_timesteps_at_start",
        "_current_progress_remaining",
        "_episode_num",
        "_n_updates",
        "_stats_window_size",
    )
    schedules: ClassVar[tuple[str, ...]] = ("learning_rate",)
    added: ClassVar[tuple[str, ...]] = ("run",)
    trained_on: dict[str, Any]
    spent: Callable[[], float] | None = None
    """The share of the training that is over, where that is no matter of decisions but, say, of CPU seconds."""

    @staticmethod
    def _wrap_env(env: GymEnv, verbose: int = 0, monitor_wrapper: bool = True) -> VecEnv:
        """As in stable-baselines3; a `DispatchVectorEnv` is wrapped in a `DispatchVecEnv`."""
        inner: Any = env.unwrapped if isinstance(env, VectorEnv) else env
        if isinstance(inner, DispatchVectorEnv):
            return DispatchVecEnv(inner)
        wrapped = BaseAlgorithm._wrap_env(env, verbose, monitor_wrapper)
        check_wrappers(wrapped)
        return wrapped

    def _check_arguments(self) -> None:
        """Refuse arguments outside their domain; numbers become plain ones, texts become schedules."""
        for name in (*self.saved, *self.schedules):
            value = checked(name, getattr(self, name))
            if name != "learning_rate":  # stays as it was given, as in stable-baselines3
                setattr(self, name, value)

    def _setup_model(self) -> None:
        if self.env is not None:
            self.trained_on = schema_of(self.env)
        elif not hasattr(self, "observation_space"):
            raise ValueError("env is None, but a model learns in one: name it, or use load(path) to predict only.")
        self._check_arguments()
        super()._setup_model()  # type: ignore[safe-super]

    def _setup_lr_schedule(self) -> None:
        self.lr_schedule = FloatSchedule(schedule(self.learning_rate, "learning_rate"))

    def _update_current_progress_remaining(self, num_timesteps: int, total_timesteps: int) -> None:
        """Schedules follow `spent` where it is set, or else the decisions, as in stable-baselines3."""
        if self.spent is None:
            super()._update_current_progress_remaining(num_timesteps, total_timesteps)
        else:
            self._current_progress_remaining = max(0.0, 1 - self.spent())

    def _setup_learn(self, *args: Any, **kwargs: Any) -> tuple[int, BaseCallback]:
        if self.env is None:
            raise ValueError("The model has no environment to learn in: load it with load(path, env) or call set_env.")
        return super()._setup_learn(*args, **kwargs)

    def _get_torch_save_params(self) -> tuple[list[str], list[str]]:
        return ["policy", "policy.optimizer"], []

    def set_env(self, env: GymEnv, force_reset: bool = True) -> None:
        """Train on in another environment of the same problem; its instances may have other sizes.

        Raises:
            ValueError: another problem, observation schema or number of environments.
        """
        vec_env = self._wrap_env(env, self.verbose)
        check_same(self.trained_on, schema_of(vec_env), "The model")
        check_widths(self.observation_space, vec_env.observation_space, "The model")
        if vec_env.num_envs != self.n_envs:
            raise ValueError(f"The model has {self.n_envs} environments, not {vec_env.num_envs}: use load(path, env).")
        self.trained_on = schema_of(vec_env)
        self.observation_space = self.policy.observation_space = vec_env.observation_space
        self.action_space = self.policy.action_space = vec_env.action_space
        super().set_env(vec_env, force_reset)

    def save(self, path: File, exclude: Iterable[str] | None = None, include: Iterable[str] | None = None) -> None:
        """Write the checkpoint to a file (suffix .zip is added) or an open binary stream.

        `exclude` and `include` name attributes to leave out or to add. A file is written under a temporary name beside
        its own and then renamed, so a failure leaves the earlier checkpoint as it was.

        Raises:
            ValueError: an attribute that is no JSON, or one to add that is not in `added`.
            OSError: no room, no permission; the message says that the earlier file is kept.
        """
        data = self._data(set(exclude or ()), set(include or ()))
        params = {**self.get_parameters(), "pytorch_variables": generator_states()}
        if isinstance(path, io.BufferedIOBase):
            write(path, data, params)  # type: ignore[arg-type]
        else:
            target = Path(path)
            target = target if target.suffix else target.with_suffix(".zip")
            write_file(target, lambda file: write(file, data, params))

    def _data(self, exclude: set[str], include: set[str]) -> str:
        for name in include - {*self.saved, *self.added}:
            raise ValueError(f"{name!r} cannot be added to a checkpoint: {nearest(name, (*self.saved, *self.added))}.")
        policies = [name for name, policy in self.policy_aliases.items() if policy is self.policy_class]
        if not policies:
            raise ValueError(f"{self.policy_class.__name__} has no name in {type(self).__name__}.policy_aliases.")
        data: dict[str, Any] = {
            "algorithm": type(self).__name__,
            "policy_class": policies[0],
            "trained_on": self.trained_on,
            "observation_space": space_to_json(self.observation_space),
            "action_space": space_to_json(self.action_space),
            "ep_info_buffer": list(self.ep_info_buffer or ()),
            "env_generators": self.env.generator_states() if isinstance(self.env, DispatchVecEnv) else [],
        }
        data |= {name: str(schedule(getattr(self, name))) for name in self.schedules if getattr(self, name) is not None}
        data |= {name: getattr(self, name) for name in (*self.saved, *sorted(include))}
        for name, value in data.items():
            try:
                json.dumps(value)
            except TypeError as error:
                raise ValueError(
                    f"{name} cannot be saved: a checkpoint holds JSON and weights only ({error})."
                ) from error
        return json.dumps({name: value for name, value in data.items() if name not in exclude}, indent=1)

    @classmethod
    def load(  # type: ignore[override]
        cls,
        path: File,
        env: GymEnv | None = None,
        device: torch.device | str = "auto",
        custom_objects: dict[str, Any] | None = None,
        print_system_info: bool = False,
        force_reset: bool = True,
        **kwargs: Any,
    ) -> Self:
        """Read a checkpoint; arguments as in stable-baselines3.

        With `env`, to train on: the random generators of torch, numpy, Python and the environment go on from where they
        stood. Without, to predict: no generator is touched. `kwargs` overwrite stored attributes.

        Raises:
            ValueError: no checkpoint, a damaged one, one with pickled fields, of another algorithm, problem,
                observation schema or network.
            FileNotFoundError: no such file.
        """
        data, params, generators = read(path)
        data |= custom_objects or {}
        if print_system_info:
            get_system_info()
        for name in set(kwargs) - {*cls.saved, *cls.schedules}:
            raise ValueError(f"{cls.__name__} has no {name!r}: {nearest(name, (*cls.saved, *cls.schedules))}.")
        cls._check(data, params, generators, path)
        if "policy_kwargs" in kwargs and kwargs["policy_kwargs"] != data["policy_kwargs"]:
            raise ValueError(f"{path} has policy_kwargs {data['policy_kwargs']}, not {kwargs['policy_kwargs']}.")
        vec_env = None if env is None else cls._wrap_env(env, data["verbose"])
        if vec_env is not None:
            check_same(data["trained_on"], schema_of(vec_env), str(path))
            check_widths(space_from_json(data["observation_space"]), vec_env.observation_space, str(path))
        model = cls(data["policy_class"], vec_env, device=device, _init_setup_model=False)  # type: ignore[call-arg]
        try:
            with torch.random.fork_rng([]):  # the first weights are random, and about to be replaced
                model._restore(data, kwargs, force_reset)
        except (AttributeError, LookupError, TypeError, ValueError, RuntimeError, AssertionError) as error:
            what = f"or {', '.join(kwargs)} is wrong" if kwargs else "so train anew"
            raise ValueError(
                f"{path} has data that no model can be made of ({error}): it is damaged, {what}."
            ) from error
        try:
            model.set_parameters(params, device=device)
        except (RuntimeError, ValueError, KeyError, TypeError) as error:
            remedy = f"leave {', '.join(kwargs)} out or train anew" if kwargs else "train anew"
            raise ValueError(f"{path} has weights for other networks than it should: {remedy}.") from error
        if vec_env is not None:
            set_generator_states(generators)
            _go_on(vec_env, data["env_generators"])
            set_generator_states(generators)  # again, since a reset may draw from them
        return model

    @classmethod
    def _check(cls, data: dict[str, Any], params: dict[str, Any], generators: dict[str, Any], path: File) -> None:
        """ValueError where the content of a checkpoint is not as `save` writes it; nothing large is allocated."""
        types = FIXED | types_of(cls, (*cls.saved, *cls.added)) | dict.fromkeys(cls.schedules, str)
        if data.get("algorithm", cls.__name__) != cls.__name__:
            raise ValueError(f"{path} was saved by {data['algorithm']}, so {cls.__name__} cannot load it.")
        check_attributes(data, types, REQUIRED, path)
        if data["policy_class"] not in cls.policy_aliases:
            raise ValueError(f"{path} has policy {data['policy_class']}, unknown to {cls.__name__}.policy_aliases.")
        decisions = data["n_envs"] * data.get("n_steps", 1)
        if decisions > MOST_DECISIONS:
            raise ValueError(
                f"{path} has updates of {decisions:,} decisions, more than {MOST_DECISIONS:,}: it is damaged."
            )
        for name in set(params) - {*NETWORKS, *(f"{network}.optimizer" for network in NETWORKS)}:
            raise ValueError(f"{path} has weights of {name!r}, which no model has: it is damaged.")
        kind: Any = cls.policy_aliases[data["policy_class"]]
        try:
            about = (space_from_json(data[name]) for name in ("observation_space", "action_space"))
            sketch = kind.sketch(*about, data["policy_kwargs"], len(params.get("policy", ())))
            check_generator_states(generators)
            check_streams(data["env_generators"])
        except ValueError as error:
            raise ValueError(f"{path} has data of another form ({error}): it is damaged, so train anew.") from error
        for name, state in params.items():
            if name.endswith(".optimizer"):
                check_optimizer(state, sketch.optimizer, f"{name}.pth in {path}")
            else:
                check_state(state, sketch.state_dict(), f"{name}.pth in {path}")

    def _restore(self, data: dict[str, Any], kwargs: dict[str, Any], force_reset: bool) -> None:
        """Attributes first, then networks and buffers; the seed is not used again."""
        self.trained_on = data["trained_on"]
        attributes = {name: value for name, value in data.items() if name not in FIXED} | kwargs
        if self.env is None:
            self.observation_space = space_from_json(data["observation_space"])
            self.action_space = space_from_json(data["action_space"])
        else:
            attributes["n_envs"] = self.env.num_envs
        vars(self).update(attributes)
        self.ep_info_buffer = deque(data["ep_info_buffer"], maxlen=self._stats_window_size)
        self.ep_success_buffer = deque(maxlen=self._stats_window_size)
        if force_reset:
            self._last_obs = None
        self.seed = None
        self._setup_model()
        self.seed = attributes["seed"]


def _go_on(env: VecEnv, generators: list[dict[str, Any]]) -> None:
    """Let the environment draw what it would have drawn next; other seeds where their number has changed."""
    if isinstance(env, DispatchVecEnv) and len(generators) == env.num_envs:
        env.set_generator_states(generators)
    else:
        env.seed(random.getrandbits(31))
