"""Job shops: jobs are sequences of operations, each of which holds one machine for its duration."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Self

import numpy as np
from numpy.typing import ArrayLike

from envs.core.instance import Instance, freeze
from envs.core.text import nearest
from envs.jobshop import taillard

LARGEST = 2**53
"""No duration, and no sum of all durations, is above this: an objective is a float64, which is exact up to here."""

MOST_MACHINES = 1_000_000
"""A count of machines above this is taken for a mistake: the arrays of an environment are that long."""


@dataclass(frozen=True, eq=False, repr=False)
class JobShopInstance(Instance):
    """J jobs with O operations in all, on M machines.

    | field | shape | dtype | meaning |
    |---|---|---|---|
    | `duration` | (O,) | int64 | time units that the operation holds its machine, >= 0 |
    | `machine` | (O,) | int64 | the machine it needs, 0 to M - 1; a job may visit one more than once |
    | `job_start` | (J + 1,) | int64 | the operations of job j, in their order, are `job_start[j]:job_start[j + 1]` |
    | `machines` | | int | M; a machine may be used by no operation |

    Anything else is a ValueError of one sentence that names the job, the operation, the value and the rule.
    """

    duration: np.ndarray
    machine: np.ndarray
    job_start: np.ndarray
    machines: int

    def __post_init__(self) -> None:
        job_start = _integers(self.job_start, "job_start")
        _check_jobs(job_start)
        duration = _integers(self.duration, "duration", job_start)
        machine = _integers(self.machine, "machine", job_start)
        _check_operations(duration, machine, job_start, self.machines)
        vars(self).update(duration=duration, machine=machine, job_start=job_start, machines=int(self.machines))

    @classmethod
    def from_jobs(cls, jobs: Iterable[Sequence[tuple[int, int]]], name: str = "", machines: int | None = None) -> Self:
        """Build from [[(machine, duration), ...] for each job]; M is the largest machine plus one unless given."""
        jobs = [list(job) for job in jobs]
        pairs = [pair for job in jobs for pair in job]
        wrong = [pair for pair in pairs if len(pair) != 2]
        if wrong:
            raise ValueError(f"an operation is (machine, duration), not {wrong[0]!r}")
        job_start = np.cumsum([0, *(len(job) for job in jobs)])
        machine = [pair[0] for pair in pairs]
        if machines is None:
            machines = max([0, *machine]) + 1
        return cls([pair[1] for pair in pairs], machine, job_start, machines, name=name)  # type: ignore[arg-type]

    def to_jobs(self) -> list[list[tuple[int, int]]]:
        """The inverse of `from_jobs`: the (machine, duration) of each operation of each job."""
        operations = list(zip(self.machine.tolist(), self.duration.tolist(), strict=True))
        return [operations[first:end] for first, end in pairwise(self.job_start.tolist())]

    @classmethod
    def generate(cls, rng: np.random.Generator, jobs: int, machines: int, name: str = "") -> Self:
        """Draw a shop by Taillard's law: durations U{1..99}, each job visits each machine once in random order."""
        if jobs < 1 or machines < 1:
            raise ValueError(f"a job shop of {jobs}x{machines} cannot be drawn: it needs at least one job and machine")
        numbers = np.empty((2, jobs * machines), np.int64)
        taillard.shop(rng.random(2 * jobs * machines), jobs, machines, numbers)
        return cls._trusted(numbers, jobs, machines, name)

    @classmethod
    def taillard(cls, name: str) -> Self:
        """One of Taillard's 80 published shops, "ta01" to "ta80", made from its seeds."""
        table = taillard.seed_table()
        if name not in table:
            raise ValueError(f"{name!r} is none of Taillard's instances: {nearest(name, table)}")
        seeds = table[name]
        return cls._trusted(taillard.published(seeds), seeds.jobs, seeds.machines, name)

    @classmethod
    def _trusted(cls, numbers: np.ndarray, jobs: int, machines: int, name: str) -> Self:
        """Skip the checks, which cost several times what drawing costs, for numbers that are right by construction."""
        numbers.setflags(write=False)
        instance = object.__new__(cls)
        vars(instance).update(
            name=name,
            duration=numbers[0],
            machine=numbers[1],
            job_start=_equal_jobs(jobs, machines),
            machines=machines,
        )
        return instance

    @property
    def jobs(self) -> int:
        """J, the number of jobs."""
        return len(self.job_start) - 1

    @property
    def operations(self) -> int:
        """O, the number of operations of all jobs."""
        return len(self.duration)

    @property
    def shape(self) -> tuple[int, int, int]:
        """(jobs, machines, operations)."""
        return self.jobs, self.machines, self.operations

    @property
    def size(self) -> str:
        """Jobs times machines, as the literature writes it: "15x15"."""
        return f"{self.jobs}x{self.machines}"

    def lower_bound(self) -> int:
        """The longer of the longest job and the longest machine: least work before it, its load, least work after it.

        Taillard (1993), section 3. Work before an operation is the work of its job that precedes it.
        """
        ends = np.cumsum(self.duration)
        first = self.job_start[:-1]
        length = np.add.reduceat(self.duration, first)
        before_job = np.repeat(ends[first] - self.duration[first], np.diff(self.job_start))
        head = ends - self.duration - before_job
        tail = np.repeat(length, np.diff(self.job_start)) - head - self.duration
        used, index = np.unique(self.machine, return_inverse=True)
        least = np.full((2, len(used)), np.iinfo(np.int64).max)
        np.minimum.at(least[0], index, head)
        np.minimum.at(least[1], index, tail)
        load = np.zeros(len(used), np.int64)
        np.add.at(load, index, self.duration)
        return int(max(length.max(), (least.sum(axis=0) + load).max()))


@lru_cache(maxsize=256)
def _equal_jobs(jobs: int, operations: int) -> np.ndarray:
    """`job_start` (J + 1,) of jobs with `operations` each: one array that all such instances share."""
    return freeze(np.arange(jobs + 1) * operations)


def _integers(values: ArrayLike, field: str, job_start: np.ndarray | None = None) -> np.ndarray:
    """(n,) int64, frozen, or a ValueError; with `job_start` its sentence names the job and the operation."""
    array = np.asarray(values)
    if array.ndim != 1:
        raise ValueError(f"{field} has the shape {array.shape}, but it is a list of whole numbers")
    if job_start is not None and len(array) != job_start[-1]:
        raise ValueError(f"{field} has {len(array)} entries, but job_start counts {job_start[-1]} operations")
    if array.dtype.kind not in "iu" or array.dtype == np.uint64:
        for index, value in enumerate(array.tolist()):
            if not isinstance(value, (int, float)) or not abs(value) <= LARGEST or value != int(value):
                where = "" if job_start is None else f"{_place(job_start, index)}: "
                raise ValueError(f"{where}{field} {value} is no whole number up to {LARGEST}")
    return freeze(array, np.int64)


def _place(job_start: np.ndarray, operation: int) -> str:
    job = int(np.searchsorted(job_start, operation, side="right")) - 1
    return f"job {job}, operation {operation - int(job_start[job])}"


def _check_jobs(job_start: np.ndarray) -> None:
    if len(job_start) < 2:
        raise ValueError("the shop has no jobs: it needs at least one")
    if job_start[0] != 0:
        raise ValueError(f"job_start begins with {job_start[0]}, but the first job begins at operation 0")
    empty = np.flatnonzero(np.diff(job_start) < 1)
    if len(empty):
        raise ValueError(f"job {empty[0]} has no operations: every job needs at least one")


def _check_operations(duration: np.ndarray, machine: np.ndarray, job_start: np.ndarray, machines: int) -> None:
    if not isinstance(machines, (int, np.integer)) or not 1 <= machines <= MOST_MACHINES:
        raise ValueError(f"the number of machines is {machines}, but it is between 1 and {MOST_MACHINES}")
    bad = np.flatnonzero(duration < 0)
    if len(bad):
        raise ValueError(f"{_place(job_start, bad[0])}: duration {duration[bad[0]]} is negative")
    bad = np.flatnonzero((machine < 0) | (machine >= machines))
    if len(bad):
        value = machine[bad[0]]
        raise ValueError(f"{_place(job_start, bad[0])}: machine {value} is out of range, they are 0 to {machines - 1}")
    total = sum(duration.tolist())
    if total > LARGEST:
        raise ValueError(f"the durations sum to {total}, which is above {LARGEST}")
