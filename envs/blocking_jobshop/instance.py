"""Blocking job shops: a job stays on its machine until the next one takes it, and machines may shut down."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise
from math import ceil, sqrt
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike

from envs.core.instance import freeze
from envs.jobshop.instance import LARGEST, JobShopInstance

LONGEST_DOWNTIME = 10**6
"""No downtime law reaches above this."""


@dataclass(frozen=True, eq=False, repr=False)
class BlockingJobShopInstance(JobShopInstance):
    """A job shop without room between machines, and one realisation of its failures, K in all.

    | field | shape | dtype | meaning |
    |---|---|---|---|
    | `swap` | | int | 1: jobs may rotate over a cycle of machines at one moment; 0: they may not |
    | `resume` | | int | 1: an interrupted operation goes on after the repair; 0: it is repeated from its beginning |
    | `busy_only` | | int | 1: machines fail only while they process; 0: at moments of the calendar |
    | `shutdown_probability` | (M,) | float64 | that an up machine fails at the end of a time unit; below 1 |
    | `downtime_most` | | int | downtimes are uniform on 1..this, unless `repair_probability` is above 0 |
    | `repair_probability` | | float | above 0: geometric downtimes, repaired at the end of each unit with this chance |
    | `failure_start` | (K,) | int64 | hidden: when it fails; with `busy_only`, after how many processed time units |
    | `failure_length` | (K,) | int64 | hidden: for how many time units it is then down, at least 1 |
    | `failure_first` | (M + 1,) | int64 | hidden: machine m's are `failure_first[m]:failure_first[m + 1]`, in order |

    A machine is up for at least one unit between two failures and does not fail again after its last. What is drawn
    (`realise`) suffices for as much up time as all the work of the shop takes, one operation after the other, and six
    standard deviations more. Fields of the job shop are as there; anything else is a ValueError of one sentence.
    """

    HIDDEN: ClassVar[tuple[str, ...]] = ("failure_start", "failure_length", "failure_first")

    swap: int = 1
    resume: int = 1
    busy_only: int = 0
    shutdown_probability: np.ndarray = field(default=None)  # type: ignore[assignment]  # zeros
    downtime_most: int = 10
    repair_probability: float = 0.0
    failure_start: np.ndarray = field(default=None)  # type: ignore[assignment]  # none
    failure_length: np.ndarray = field(default=None)  # type: ignore[assignment]  # none
    failure_first: np.ndarray = field(default=None)  # type: ignore[assignment]  # zeros

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("swap", "resume", "busy_only"):
            vars(self)[name] = _whole(name, getattr(self, name), 0, 1)
        vars(self)["downtime_most"] = _whole("downtime_most", self.downtime_most, 1, LONGEST_DOWNTIME)
        vars(self)["repair_probability"] = _probability("repair_probability", self.repair_probability)
        vars(self)["shutdown_probability"] = _probabilities(self.shutdown_probability, self.machines)
        given = (self.failure_start, self.failure_length, self.failure_first)
        if all(array is None for array in given):
            given = _no_failures(self.machines)
        start, length, first = (
            _numbers(f"failure_{name}", one) for name, one in zip(("start", "length", "first"), given, strict=True)
        )
        _check_failures(start, length, first, self.machines, bool(self.busy_only))
        never = np.flatnonzero((np.diff(first) > 0) & (self.shutdown_probability == 0))
        if len(never):
            rule = "but its shutdown_probability is 0: whatever fails has one that agents may know"
            raise ValueError(f"machine {never[0]} has failures, {rule}")
        vars(self).update(failure_start=start, failure_length=length, failure_first=first)

    @classmethod
    def of(cls, shop: JobShopInstance, **law: Any) -> Self:
        """The blocking variant of a job shop, without failures; law: any of the fields above."""
        return cls(shop.duration, shop.machine, shop.job_start, shop.machines, name=law.pop("name", shop.name), **law)

    @classmethod
    def _trusted(cls, numbers: np.ndarray, jobs: int, machines: int, name: str) -> Self:
        """As the job shop's, without failures and with the defaults of the law."""
        shop = super()._trusted(numbers, jobs, machines, name)
        start, length, first = _no_failures(machines)
        vars(shop).update(
            swap=1,
            resume=1,
            busy_only=0,
            shutdown_probability=_same_probability(0.0, machines),
            downtime_most=10,
            repair_probability=0.0,
            failure_start=start,
            failure_length=length,
            failure_first=first,
        )
        return shop

    def under(self, law: dict[str, Any]) -> Self:
        """The same under fields of a law that need no check; `shutdown_probability` is one number for all machines."""
        shop = object.__new__(type(self))
        probability = law.get("shutdown_probability", 0.0)
        vars(shop).update({key: value for key, value in vars(self).items() if key not in ("fingerprint", "identity")})
        vars(shop).update(law, shutdown_probability=_same_probability(probability, self.machines))
        return shop

    def realise(self, seed: int) -> Self:
        """The same with failures drawn anew, each machine's from a stream of its own: (seed, machine).

        A stream is one pair of uniform numbers for each failure, whatever the law, so that under the same seed all
        policies meet the same failures, and a larger probability brings each of them sooner.
        """
        if not self.can_fail:
            return self
        work = int(self.duration.sum())
        counts = [most_failures(work, p) for p in self.shutdown_probability.tolist()]
        first = np.cumsum([0, *counts])
        uniform = np.concatenate([np.random.default_rng((seed, m)).random((n, 2)) for m, n in enumerate(counts)])
        up = _geometric(uniform[:, 0], np.repeat(self.shutdown_probability, counts))
        length = self._downtimes(uniform[:, 1])
        apart = up if self.busy_only else up + np.concatenate([[0], length[:-1]])
        apart[first[:-1][np.diff(first) > 0]] = up[first[:-1][np.diff(first) > 0]]  # a machine begins up
        start = np.concatenate([np.cumsum(apart[a:b]) for a, b in pairwise(first.tolist())])
        for array in (start, length, first):
            array.setflags(write=False)
        shop = object.__new__(type(self))
        vars(shop).update({key: value for key, value in vars(self).items() if key != "identity"})
        vars(shop).update(failure_start=start, failure_length=length, failure_first=first)
        return shop

    def _downtimes(self, uniform: np.ndarray) -> np.ndarray:
        """(K,) int64 by the law, from uniform numbers."""
        if self.repair_probability > 0:
            return _geometric(uniform, np.full(len(uniform), self.repair_probability))
        return 1 + (uniform * self.downtime_most).astype(np.int64)

    @property
    def shape(self) -> tuple[int, int, int, int]:  # type: ignore[override]  # one dimension more
        """(jobs, machines, operations, failures)."""
        return *super().shape, len(self.failure_start)

    @property
    def can_fail(self) -> bool:
        """Whether a machine may fail."""
        return bool(self.shutdown_probability.any())

    @property
    def mean_downtime(self) -> float:
        """Time units, by the law."""
        return 1 / self.repair_probability if self.repair_probability > 0 else (1 + self.downtime_most) / 2


def most_failures(work: int, probability: float) -> int:
    """How many failures of a machine are drawn for a shop with so much work in all."""
    mean = work * probability
    return ceil(mean + 6 * sqrt(mean)) + 6 if probability > 0 else 0


def _geometric(uniform: np.ndarray, probability: np.ndarray) -> np.ndarray:
    """Time units until something happens that does so at the end of each with this probability (below 1): from 1 on."""
    units = np.log1p(-uniform) / np.log1p(-probability)
    return 1 + np.minimum(units, LONGEST_DOWNTIME * 1000.0).astype(np.int64)


@lru_cache(maxsize=1024)
def _same_probability(probability: float, machines: int) -> np.ndarray:
    return freeze(np.full(machines, probability), np.float64)


@lru_cache(maxsize=256)
def _no_failures(machines: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    none = freeze([], np.int64)
    return none, none, freeze(np.zeros(machines + 1))


def _whole(name: str, value: Any, low: int, high: int) -> int:
    if not isinstance(value, int | np.integer) or isinstance(value, bool) or not low <= value <= high:
        raise ValueError(f"{name} is {value!r}, but is a whole number from {low} to {high}")
    return int(value)


def _probability(name: str, value: Any) -> float:
    number = isinstance(value, int | float | np.number) and not isinstance(value, bool)
    if not number or not 0 <= value < 1:
        raise ValueError(f"{name} is {value!r}, but is a number from 0 to below 1")
    return float(value)


def _probabilities(values: ArrayLike | None, machines: int) -> np.ndarray:
    if values is None:
        return _same_probability(0.0, machines)
    array = np.asarray(values)
    if array.shape != (machines,):
        raise ValueError(
            f"shutdown_probability has the shape {array.shape}, but has one for each of {machines} machines"
        )
    for machine, value in enumerate(array.tolist()):
        _probability(f"machine {machine}: shutdown_probability", value)
    return freeze(array, np.float64)


def _numbers(name: str, values: ArrayLike | None) -> np.ndarray:
    if values is None:
        raise ValueError(f"{name} is missing: the three arrays of failures are given together")
    array = np.asarray(values)
    if array.ndim != 1 or (array.size and array.dtype.kind not in "iu"):
        raise ValueError(f"{name} is {array.tolist()!r:.60}, but is a list of whole numbers")
    if array.size and not 0 <= array.min() <= array.max() <= LARGEST:
        raise ValueError(f"{name} reaches from {array.min()} to {array.max()}, but lies between 0 and {LARGEST}")
    return freeze(array)


def _check_failures(start: np.ndarray, length: np.ndarray, first: np.ndarray, machines: int, busy_only: bool) -> None:
    if len(length) != len(start):
        raise ValueError(f"there are {len(start)} starts of failures, but {len(length)} lengths")
    if len(first) != machines + 1 or first[0] != 0 or first[-1] != len(start) or (np.diff(first) < 0).any():
        raise ValueError(
            f"failure_first is {first.tolist()!r:.60}, but rises from 0 to the {len(start)} failures in "
            f"{machines + 1} numbers, for {machines} machines"
        )
    machine = np.repeat(np.arange(machines), np.diff(first))
    short = np.flatnonzero(length < 1)
    if len(short):
        raise ValueError(
            f"machine {machine[short[0]]}: a failure has the length {length[short[0]]}, but takes at least 1"
        )
    up = np.diff(start, prepend=0) - (0 if busy_only else np.concatenate([[0], length[:-1]]))
    up[first[:-1][np.diff(first) > 0]] = start[first[:-1][np.diff(first) > 0]] + (0 if busy_only else 1)
    soon = np.flatnonzero(up < 1)
    if len(soon):
        what = "has processed" if busy_only else "is up for"
        raise ValueError(
            f"machine {machine[soon[0]]}: a failure at {start[soon[0]]} is not at least one unit after what precedes "
            f"it, but a machine {what} one before it fails again"
        )
