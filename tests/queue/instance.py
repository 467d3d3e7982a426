"""Jobs that come to a machine over time; it serves several at once, as long as the longest of them takes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike

from envs.core.instance import Instance, freeze

LARGEST = 2**40


@dataclass(frozen=True, eq=False, repr=False)
class QueueInstance(Instance):
    """n jobs in the order in which they come; times in whole microseconds.

    | field | shape | dtype | meaning |
    |---|---|---|---|
    | `arrival` | (n,) | int64 | when the job comes; hidden until then |
    | `expected` | (n,) | int64 | how long it should take, >= 1; known when it comes |
    | `service` | (n,) | int64 | how long it takes, >= 1; hidden, measured where there is an executor |
    | `capacity` | | int | how many jobs the machine serves at once |
    | `unit` | | int | expected time of a usual job, which times are divided by for agents |

    Anything else is a ValueError of one sentence.
    """

    HIDDEN: ClassVar[tuple[str, ...]] = ("arrival", "service")

    arrival: np.ndarray
    expected: np.ndarray
    service: np.ndarray
    capacity: int = 2
    unit: int = 100

    def __post_init__(self) -> None:
        least = {"arrival": 0, "expected": 1, "service": 1}
        arrays = {name: _times(getattr(self, name), name, low) for name, low in least.items()}
        for name, array in arrays.items():
            if len(array) != len(arrays["arrival"]) or not len(array):
                raise ValueError(
                    f"{name} has {len(array)} entries, but each job has one, and there is at least one job"
                )
        if (np.diff(arrays["arrival"]) < 0).any():
            raise ValueError("arrival falls, but jobs stand in the order in which they come")
        for name in ("capacity", "unit"):
            if type(getattr(self, name)) is not int or not 1 <= getattr(self, name) <= LARGEST:
                raise ValueError(f"{name} is {getattr(self, name)!r}, but must be a whole number from 1 to {LARGEST}")
        vars(self).update(arrays)

    @classmethod
    def generate(cls, rng: np.random.Generator, jobs: int, name: str = "") -> QueueInstance:
        """Poisson arrivals at about the rate that two at once can serve; service is up to half off what is expected."""
        arrival = np.cumsum(rng.integers(1, 120, jobs))
        expected = rng.integers(20, 181, jobs)
        return cls(arrival, expected, np.rint(expected * rng.uniform(0.5, 1.5, jobs)), name=name)

    @property
    def jobs(self) -> int:
        """n, the number of jobs."""
        return len(self.arrival)

    @property
    def shape(self) -> tuple[int]:
        """(jobs,)."""
        return (self.jobs,)

    def lower_bound(self) -> int:
        """No job leaves before it has been served."""
        return int(self.service.sum())


def _times(values: ArrayLike, name: str, least: int) -> np.ndarray:
    array = np.asarray(values)
    if array.ndim != 1 or array.dtype.kind not in "iuf":
        raise ValueError(f"{name} is no list of whole numbers")
    for job, value in enumerate(array.tolist()):
        if not least <= value <= LARGEST or value != int(value):
            raise ValueError(f"job {job}: {name} {value} is no whole number from {least} to {LARGEST}")
    return freeze(array)
