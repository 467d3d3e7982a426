"""Arguments of trainers and policies: the rule of each by its name, and one sentence where a value breaks it."""

from collections.abc import Callable
from numbers import Integral, Real
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from agents.schedules import LARGEST, schedule


class Rule(NamedTuple):
    """What a value must be, in words, and whether it is."""

    words: str
    holds: Callable[[Any], bool]


def whole(low: int, high: int = 2**63 - 1, why: str = "") -> Rule:
    """Whole numbers from `low` to `high`."""
    span = f"from {low} on" if high == 2**63 - 1 else f"from {low} to {high}"
    return Rule(f"a whole number {span}{why}", lambda value: _is(Integral, value) and low <= value <= high)


def _is(kind: type, value: object) -> bool:
    return isinstance(value, kind) and not isinstance(value, bool | np.bool_)


COEFFICIENT = Rule("finite and at least 0", lambda value: _is(Real, value) and 0 <= value <= LARGEST)
POSITIVE = Rule("finite and more than 0", lambda value: _is(Real, value) and 0 < value <= LARGEST)
SHARE = Rule("a share above 0 and at most 1", lambda value: _is(Real, value) and 0 < value <= 1)
DECAY = Rule("at least 0 and below 1", lambda value: _is(Real, value) and 0 <= value < 1)
DISCOUNT = Rule("from 0 to 1", lambda value: _is(Real, value) and 0 <= value <= 1)
SWITCH = Rule("True or False", lambda value: isinstance(value, bool))

RULES = {
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
    "normalize_advantage": SWITCH,
    "filter_groups": SWITCH,
    # Of the policy; far larger networks than these would not fit into memory.
    "width": whole(1, 4096),
    "encoder_width": whole(1, 4096),
    "layers": whole(0, 64),
    "rounds": whole(0, 64),
}
"""The rule of each argument; those of `SCHEDULES` are schedules."""

SCHEDULES = ("learning_rate", "clip_range", "clip_range_high", "clip_range_vf")
SHARES = ("sample_keep", "decision_keep")
"""Schedules whose values are shares."""
OPTIONAL = ("clip_range_high", "clip_range_vf", "target_kl")
"""Arguments that may be None."""


def checked(name: str, value: Any) -> Any:
    """The value of the argument of that name: a plain number, a text as its schedule, anything without a rule as it is.

    Raises:
        ValueError: it breaks the rule.
    """
    if value is None and name in OPTIONAL:
        return None
    if name in SCHEDULES or name in SHARES:
        found = schedule(value, name)
        if name in SHARES:
            refuse(name, SHARE, found.start)
            refuse(name, SHARE, found.end)
        return found
    if name not in RULES:
        return value
    refuse(name, RULES[name], value)
    return int(value) if isinstance(value, Integral) and _is(Integral, value) else value


def refuse(name: str, rule: Rule, value: Any) -> None:
    """ValueError for a value that breaks the rule."""
    if not rule.holds(value):
        raise ValueError(f"{name} is {value!r}, but must be {rule.words}.")


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
