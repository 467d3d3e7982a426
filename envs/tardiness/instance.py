"""Jobs for one machine: each has a processing time, a due date and a weight."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Self

import numpy as np
from numpy.typing import ArrayLike

from envs.core.compiled import entry
from envs.core.instance import Instance, freeze, hashed, layout_seed

LARGEST = 2**53
"""Due dates, and the total processing time times the total weight, stay below this: an objective is a float64."""

LONGEST = 100
"""Drawn processing times are whole numbers, uniform from 1 to this."""

RDD = (0.2, 0.4, 0.6, 0.8, 1.0)
"""Relative ranges of due dates: their range over the total processing time."""

TF = (0.2, 0.4, 0.6, 0.8)
"""Tardiness factors: 1 - mean due date / total processing time, about the share of jobs that are late."""


@dataclass(frozen=True, eq=False, repr=False)
class TardinessInstance(Instance):
    """n jobs, all of them there from time 0 on.

    | field | shape | dtype | meaning |
    |---|---|---|---|
    | `processing` | (n,) | int64 | time units that the job takes, >= 1: the dominance rules do not hold with less |
    | `due` | (n,) | int64 | when it should end; may be 0 or negative |
    | `weight` | (n,) | int64 | cost of a time unit that it ends later, >= 1; all ones is total tardiness |

    Anything else is a ValueError of one sentence that names the job, the value and the rule.
    """

    processing: np.ndarray
    due: np.ndarray
    weight: np.ndarray

    def __post_init__(self) -> None:
        processing = _integers(self.processing, "processing")
        due, weight = _integers(self.due, "due"), _integers(self.weight, "weight")
        for name, array in (("due", due), ("weight", weight)):
            if len(array) != len(processing):
                raise ValueError(f"{name} has {len(array)} entries, but processing has {len(processing)}")
        if not len(processing):
            raise ValueError("the instance has no jobs: it needs at least one")
        for name, array in (("processing", processing), ("weight", weight)):
            bad = np.flatnonzero(array < 1)
            if len(bad):
                raise ValueError(f"job {bad[0]}: {name} {array[bad[0]]} is below 1, the least that is allowed")
        span = sum(processing.tolist()) + max(0, -int(due.min()))
        if span * sum(weight.tolist()) > LARGEST:
            raise ValueError(f"total weight times the largest tardiness is above {LARGEST}")
        vars(self).update(processing=processing, due=due, weight=weight)

    @classmethod
    def from_lists(
        cls, processing: Sequence[int], due: Sequence[int], weight: Sequence[int] | None = None, name: str = ""
    ) -> TardinessInstance:
        """Build from one number for each job; without weights, all are 1."""
        ones = [1] * len(processing)
        return cls(processing, due, ones if weight is None else weight, name=name)  # type: ignore[arg-type]

    @classmethod
    def generate(
        cls, rng: np.random.Generator, jobs: int, rdd: float | None = None, tf: float | None = None, name: str = ""
    ) -> Self:
        """Draw an instance by the usual law: p ~ U{1..100}, d ~ U(P (1 - TF - RDD / 2), P (1 - TF + RDD / 2)).

        Potts and Van Wassenhove (1982), as Cetinkaya et al. (arXiv 2510.24013, sec. 5) have it: P is the total
        processing time, due dates are rounded down and at least 0. RDD and TF are drawn from `RDD` and `TF` where they
        are None.
        """
        if jobs < 1:
            raise ValueError(f"an instance of {jobs} jobs cannot be drawn: it needs at least one")
        numbers, (weight, seed) = np.empty((2, jobs), np.int64), _ones(jobs)
        _draw(
            rng.random(2 * jobs + 2),
            math.nan if rdd is None else float(rdd),
            math.nan if tf is None else float(tf),
            numbers,
        )
        numbers.setflags(write=False)
        instance = object.__new__(cls)  # the checks cost more than drawing, and the numbers are right by construction
        vars(instance).update(name=name, processing=numbers[0], due=numbers[1], weight=weight)
        vars(instance).update(unweighted=True, fingerprint=hashed(numbers, seed))
        return instance

    @property
    def jobs(self) -> int:
        """n, the number of jobs."""
        return len(self.processing)

    @property
    def shape(self) -> tuple[int]:
        """(jobs,)."""
        return (self.jobs,)

    @cached_property
    def unweighted(self) -> bool:
        """Whether all weights are 1, so that the objective is total tardiness."""
        return bool((self.weight == 1).all())

    @cached_property
    def fingerprint(self) -> int:
        """63-bit hash of the three arrays, of which the weights decide where that of the others begins."""
        return hashed(self.processing.tobytes() + self.due.tobytes(), _weights_seed(self.weight))

    def lower_bound(self) -> int:
        """The largest of three bounds of sum w max(0, C - d).

        The k-th end of any sequence is not before the k-th of the shortest-first order; matched with the due dates in
        their order, and charged the smallest weight, these ends are late by a total that no sequence is below. The
        latest job of the earliest-due-date order is late by no more than some job of every order (Jackson 1955). And
        sum w (C - d) is smallest in the order of p / w (Smith 1956).
        """
        least, due = int(self.weight.min()), np.sort(self.due)
        matched = np.maximum(np.cumsum(np.sort(self.processing)) - due, 0).sum()
        latest = (np.cumsum(self.processing[np.argsort(self.due, kind="stable")]) - due).max()
        order = np.argsort(self.processing / self.weight, kind="stable")
        smith = (self.weight[order] * (np.cumsum(self.processing[order]) - self.due[order])).sum()
        return int(max(least * matched, least * latest, smith, 0))


@lru_cache(maxsize=256)
def _ones(jobs: int) -> tuple[np.ndarray, int]:
    """The weights of an unweighted instance, one array that all of them share, and where their hash begins."""
    ones = freeze(np.ones(jobs))
    return ones, _weights_seed(ones)


def _weights_seed(weight: np.ndarray) -> int:
    return hashed(weight, layout_seed((weight.dtype.str, weight.shape)))


@entry
def _draw(uniform, rdd, tf, out):
    """Processing times and due dates, (2, n) int64, of (2 n + 2,) uniform numbers; the last two choose what is nan."""
    jobs, total = out.shape[1], 0
    if np.isnan(rdd):
        rdd = RDD[int(uniform[-2] * len(RDD))]
    if np.isnan(tf):
        tf = TF[int(uniform[-1] * len(TF))]
    for j in range(jobs):
        out[0, j] = 1 + int(LONGEST * uniform[j])
        total += out[0, j]
    for j in range(jobs):
        out[1, j] = max(0, int(np.floor(total * (1.0 - tf + rdd * (uniform[jobs + j] - 0.5)))))


def _integers(values: ArrayLike, field: str) -> np.ndarray:
    """(n,) int64, frozen, or a ValueError that names the job."""
    array = np.asarray(values)
    if array.ndim != 1:
        raise ValueError(f"{field} has the shape {array.shape}, but it is a list of whole numbers")
    for job, value in enumerate(array.tolist()):
        if not isinstance(value, (int, float)) or not abs(value) <= LARGEST or value != int(value):
            raise ValueError(f"job {job}: {field} {value} is no whole number up to {LARGEST}")
    return freeze(array, np.int64)
