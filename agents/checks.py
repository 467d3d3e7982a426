"""Arguments that trainers refuse: one sentence with the name, the value and the rule."""

from math import inf
from numbers import Integral, Real

from agents.schedules import NamedSchedule, schedule


def whole(name: str, value: object, low: int, why: str = "") -> int:
    """The value as a plain integer; ValueError for what is no whole number from `low` on."""
    if not isinstance(value, Integral) or isinstance(value, bool) or value < low:
        raise ValueError(f"{name} is {value}, but must be a whole number from {low} on{why}.")
    return int(value)


def check_coefficient(name: str, value: object, positive: bool = False) -> None:
    """ValueError for what is no finite number from 0 on, or above 0."""
    if not (isinstance(value, Real) and 0 <= float(value) < inf) or (positive and value == 0):
        raise ValueError(f"{name} is {value!r}, but must be finite and {'more than 0' if positive else 'at least 0'}.")


def shares(value: object, name: str) -> NamedSchedule:
    """The schedule of the argument of that name, whose values must be shares."""
    named = schedule(value, name)
    check_share(name, named.start)
    check_share(name, named.end)
    return named


def check_share(name: str, share: float) -> None:
    """ValueError for what is no share of something."""
    if not (isinstance(share, Real) and 0 < share <= 1):
        raise ValueError(f"{name} is {share!r}, but must be a share above 0 and at most 1.")
