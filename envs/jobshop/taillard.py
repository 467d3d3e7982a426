"""Taillard's law for random job shops, and the uniform numbers of the 80 that he published.

E. Taillard, "Benchmarks for basic scheduling problems", EJOR 64 (1993) 278-285, section 3 and tables 4-5.
"""

from __future__ import annotations

from csv import DictReader
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numba import njit

LONGEST = 99
"""Durations are whole numbers, uniform from 1 to this."""


class Seeds(NamedTuple):
    """A published instance: its size and the seeds of its two streams of numbers."""

    jobs: int
    machines: int
    time_seed: int
    machine_seed: int


@njit(cache=True, nogil=True)
def shop(uniform: np.ndarray, jobs: int, machines: int, out: np.ndarray) -> None:
    """Make a job shop in which each job visits each machine once, in random order.

    uniform: (2 J M,) float64 in [0, 1), used up from the front: the durations job by job, then the machines.
    out:     (2, J M) int64, written: row 0 the durations, row 1 the machines.
    """
    drawn = jobs * machines
    for operation in range(jobs * machines):
        out[0, operation] = 1 + int(LONGEST * uniform[operation])
        out[1, operation] = operation % machines
    for job in range(jobs):
        for k in range(machines):
            here = job * machines + k
            there = here + int((machines - k) * uniform[drawn])
            drawn += 1
            out[1, here], out[1, there] = out[1, there], out[1, here]


def published(seeds: Seeds) -> np.ndarray:
    """The numbers of a published instance: (2, J M) int64, durations and machines as `shop` writes them."""
    operations = seeds.jobs * seeds.machines
    numbers = stream(seeds.time_seed, operations) + stream(seeds.machine_seed, operations)
    out = np.empty((2, operations), np.int64)
    shop(np.array(numbers), seeds.jobs, seeds.machines, out)
    return out


def stream(seed: int, count: int) -> list[float]:
    """The first `count` uniform numbers of Taillard's generator, x <- 16807 x mod (2^31 - 1), started at `seed`."""
    numbers = []
    for _ in range(count):
        seed = 16807 * seed % (2**31 - 1)
        numbers.append(seed / (2**31 - 1))
    return numbers


@cache
def seed_table() -> dict[str, Seeds]:
    """Name ("ta01" to "ta80") to size and seeds, as printed in the paper."""
    with Path(__file__).with_name("taillard_seeds.csv").open(encoding="utf-8", newline="") as file:
        rows = list(DictReader(file))
    return {row["instance"]: Seeds(*(int(row[key]) for key in Seeds._fields)) for row in rows}
