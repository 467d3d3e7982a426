"""Arguments of trainers and policies: the domain of each by its name, and one sentence where a value is outside it."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from inspect import signature
from numbers import Integral, Real
from pathlib import Path
from typing import Any, NamedTuple

import gymnasium
import numpy as np
import torch
from stable_baselines3.common.buffers import RolloutBuffer
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.vec_env import VecEnv
from torch import Tensor

from agents.schedules import LARGEST, schedule
from envs.core.text import nearest


class Domain(NamedTuple):
    """What a value must be, in words, and whether it is."""

    words: str
    holds: Callable[[Any], bool]


def whole(low: int, high: int = 2**63 - 1, why: str = "") -> Domain:
    """Whole numbers from `low` to `high`."""
    span = f"from {low} on" if high == 2**63 - 1 else f"from {low} to {high}"
    return Domain(f"a whole number {span}{why}", lambda value: _is(Integral, value) and low <= value <= high)


def _is(wanted: type, value: object) -> bool:
    return isinstance(value, wanted) and not isinstance(value, bool | np.bool_)


def a_class(of: type) -> Domain:
    """Classes derived from `of`."""
    return Domain(
        f"a class derived from {of.__name__}",
        lambda value: isinstance(value, type) and issubclass(value, of),
    )


COEFFICIENT = Domain("finite and at least 0", lambda value: _is(Real, value) and 0 <= value <= LARGEST)
POSITIVE = Domain("finite and more than 0", lambda value: _is(Real, value) and 0 < value <= LARGEST)
SHARE = Domain("a share above 0 and at most 1", lambda value: _is(Real, value) and 0 < value <= 1)
DECAY = Domain("at least 0 and below 1", lambda value: _is(Real, value) and 0 <= value < 1)
DISCOUNT = Domain("from 0 to 1", lambda value: _is(Real, value) and 0 <= value <= 1)
SWITCH = Domain("True or False", lambda value: isinstance(value, bool))
MAPPING = Domain("a dict of arguments by their names", lambda value: isinstance(value, dict))

DOMAINS = {
    "n_steps": whole(2),
    "batch_size": whole(2),
    "n_epochs": whole(1),
    "n_instances": whole(1),
    "group_size": whole(2, why=": a rollout is judged by the others of its group"),
    "chunk_size": whole(1),
    "processes": whole(1, 1024),
    "ent_coef": COEFFICIENT,
    "vf_coef": COEFFICIENT,
    "kl_coef": COEFFICIENT,
    "target_kl": POSITIVE,
    "max_grad_norm": POSITIVE,
    "keep": SHARE,
    "ema": DECAY,
    "gamma": DISCOUNT,
    "gae_lambda": DISCOUNT,
    "seed": whole(0, 2**32 - 1),
    "verbose": whole(0, 2),
    "stats_window_size": whole(1),
    "log_interval": whole(1),
    "total_timesteps": COEFFICIENT,
    "tensorboard_log": Domain("the name of a folder", lambda value: isinstance(value, str | Path)),
    "policy_kwargs": MAPPING,
    "rollout_buffer_kwargs": MAPPING,
    "optimizer_kwargs": MAPPING,
    "optimizer_class": a_class(torch.optim.Optimizer),
    "rollout_buffer_class": a_class(RolloutBuffer),
    "normalize_advantage": SWITCH,
    "filter_groups": SWITCH,
    # Of the policy; far larger networks than these would not fit into memory.
    "width": whole(1, 4096),
    "encoder_width": whole(1, 4096),
    "layers": whole(0, 64),
    "rounds": whole(0, 64),
}
"""The domain of each argument; those of `SCHEDULES` are schedules."""

SCHEDULES = ("learning_rate", "clip_range", "clip_range_high", "clip_range_vf")
PROVIDED = (
    *("observation_space", "action_space", "lr_schedule", "use_sde", "buffer_size", "device", "n_envs"),
    *("gamma", "gae_lambda"),
)
"""What trainers give to their policy and buffer themselves."""
SHARES = ("sample_keep", "decision_keep")
"""Schedules whose values are shares."""
OPTIONAL = (
    *("clip_range_high", "clip_range_vf", "target_kl", "seed", "log_interval", "tensorboard_log", "policy_kwargs"),
    *("rollout_buffer_kwargs", "rollout_buffer_class", "optimizer_kwargs"),
)
"""Arguments that may be None."""


def checked(name: str, value: Any) -> Any:
    """The value of the argument of that name: a plain number, a text as its schedule, what has no domain as it is.

    Raises:
        ValueError: it is outside its domain.
    """
    if value is None and name in OPTIONAL:
        return None
    if name in SCHEDULES or name in SHARES:
        found = schedule(value, name)
        if name in SHARES:
            refuse(name, SHARE, found.start)
            refuse(name, SHARE, found.end)
        return found
    if name not in DOMAINS:
        return value
    refuse(name, DOMAINS[name], value)
    return int(value) if isinstance(value, Integral) and _is(Integral, value) else value


def check_constructor(trainer: Any, given: Mapping[str, Any]) -> None:
    """Refuse what a trainer of this class cannot be made with, before stable-baselines3 asserts or fails.

    Raises:
        ValueError: an argument is outside its domain, or is none of the policy's or the buffer's.
    """
    for name, value in given.items():
        checked(name, value)
    policy = (
        trainer.policy_aliases.get(given["policy"], given["policy"]) if _hashes(given["policy"]) else given["policy"]
    )
    known = tuple(trainer.policy_aliases.values())
    if not (isinstance(policy, type) and issubclass(policy, known)):
        raise ValueError(f"policy is {policy!r}, but must be one of {', '.join(map(repr, trainer.policy_aliases))}.")
    check_names("policy_kwargs", given["policy_kwargs"], policy)
    check_names("rollout_buffer_kwargs", given.get("rollout_buffer_kwargs"), given.get("rollout_buffer_class"))
    try:
        torch.device("cpu" if given["device"] == "auto" else given["device"])
    except (RuntimeError, TypeError):
        raise ValueError(f"device is {given['device']!r}, but must be 'auto', 'cpu', 'cuda' or 'cuda:1'.") from None
    env = given["env"]
    if not isinstance(env, VecEnv | gymnasium.Env | gymnasium.vector.VectorEnv | str | None):
        raise ValueError(f"env is {env!r}, but must be an environment of Gymnasium, a VecEnv or a registered name.")


def check_learn(total_timesteps: Any, log_interval: Any, callback: Any) -> None:
    """ValueError for arguments of `learn` that are outside their domain."""
    checked("total_timesteps", total_timesteps)
    checked("log_interval", log_interval)
    if not (callback is None or callable(callback) or isinstance(callback, BaseCallback | list)):
        raise ValueError(f"callback is {callback!r}, but must be a callback, a list of them, a function or None.")


def check_guide(guide: Any, columns: int) -> None:
    """ValueError where a guide is neither None nor a column of so many and a weight."""
    pair = list(guide) if isinstance(guide, Sequence) and not isinstance(guide, str) else []
    fits = len(pair) == 2 and whole(0, columns - 1).holds(pair[0]) and _is(Real, pair[1]) and abs(pair[1]) <= LARGEST
    if guide is not None and not fits:
        raise ValueError(f"guide is {guide!r}, but must be [column, weight], a column from 0 to {columns - 1}.")


def check_names(what: str, given: Mapping[str, Any] | None, maker: Any) -> None:
    """ValueError where `given` has an argument that `maker` does not take; spaces and the like are not its."""
    if not given or maker is None:
        return
    names = [name for name in signature(maker).parameters if name not in PROVIDED]
    for name in given:
        if name not in names:
            raise ValueError(f"{what} has {name!r}, which {maker.__name__} does not take: {nearest(str(name), names)}.")


def _hashes(value: object) -> bool:
    return isinstance(value, Hashable)


def refuse(name: str, domain: Domain, value: Any) -> None:
    """ValueError for a value outside it."""
    if domain.holds(value):
        return
    if isinstance(value, int) and value >= 2**63:
        raise ValueError(f"{name} is {value}, which has more than 63 bits: name a smaller number.")
    raise ValueError(f"{name} is {value!r}, but must be {domain.words}.")


def check_trained(policy: Any) -> None:
    """ValueError where training has led to weights, or to moments of the optimizer, that are not finite."""
    for name, weight in policy.named_parameters():
        for tensor in (weight, *policy.optimizer.state[weight].values()):
            if not torch.as_tensor(tensor).isfinite().all():
                raise ValueError(f"Training ends, since {name} has weights or moments that are not finite{DIVERGED}")


def check_scores(logits: Tensor) -> None:
    """ValueError where the policy's logits (c,) are not finite."""
    if not logits.isfinite().all():
        raise ValueError(f"The policy scores its candidates with numbers that are not finite{DIVERGED}")


DIVERGED = ": go back to the last checkpoint, or begin anew with a smaller learning rate."


def check_finite(tensors: Mapping[Any, object], what: str) -> None:
    """ValueError where a tensor, by name, has a number that is NaN or infinite; `what` begins the sentence."""
    for name, tensor in tensors.items():
        if isinstance(tensor, Tensor) and tensor.is_floating_point() and not tensor.isfinite().all():
            raise ValueError(f"{what} has numbers in {name} that are not finite: go back to an earlier checkpoint.")
