"""Learning rates and clip ranges that change during training, by name: a checkpoint stores text, never a function."""

from dataclasses import dataclass

import numpy as np
from stable_baselines3.common.utils import ConstantSchedule, FloatSchedule

SHAPES = {"constant": 1, "linear": 2}
"""Name of each shape and how many numbers follow it."""

LARGEST = float(np.finfo(np.float32).max)
"""Finite for the weights of a network, which are single precision."""


@dataclass(frozen=True)
class NamedSchedule:
    """A number by training progress: "constant:0.2", or "linear:1e-3:1e-4" from its start to its end."""

    shape: str
    start: float
    end: float

    def __post_init__(self) -> None:
        if self.shape not in SHAPES:
            raise ValueError(f"{self.shape!r} is no schedule: use one of {', '.join(SHAPES)}.")
        if not all(0 <= number <= LARGEST for number in (self.start, self.end)):
            raise ValueError(f"{self} is no schedule, since its numbers must be finite and at least 0.")
        if self.shape == "constant" and self.end != self.start:
            raise ValueError(f"{self} is no schedule, since it ends at {self.end}: use 'linear'.")

    def __call__(self, progress_remaining: float) -> float:
        """The value when `progress_remaining` (1 at the start of training, 0 at its end) is left."""
        return self.end + (self.start - self.end) * min(max(progress_remaining, 0.0), 1.0)

    def __str__(self) -> str:
        numbers = (self.start, self.end)[: SHAPES[self.shape]]
        return ":".join([self.shape, *map(repr, numbers)])


def schedule(value: object, name: str = "") -> NamedSchedule:
    """The schedule that a number or a text such as "linear:1e-3:1e-4" stands for; `name` is that of the argument.

    Schedules of this module, also inside stable-baselines3's `FloatSchedule`, are returned as they are.

    Raises:
        ValueError: another text, a function, a negative number or one that is not finite.
    """
    if isinstance(value, FloatSchedule):
        value = value.value_schedule
    if isinstance(value, ConstantSchedule):
        value = value.val
    if isinstance(value, NamedSchedule):
        return value
    shape, *texts = value.split(":") if isinstance(value, str) and ":" in value else ("constant", value)
    try:
        numbers = [float(text) for text in texts]  # type: ignore[arg-type]
    except (TypeError, ValueError):
        numbers = []
    where = f"{name} is wrong: " if name else ""
    if SHAPES.get(shape) != len(numbers):
        raise ValueError(
            f"{where}{value!r} is no schedule: write a number, 'constant:0.2' or 'linear:1e-3:1e-4' (start:end)."
        )
    try:
        return NamedSchedule(shape, numbers[0], numbers[-1])
    except ValueError as error:
        raise ValueError(f"{where}{error}") from None
