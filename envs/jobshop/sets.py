"""The job shops of the literature by name, their best known makespans, and random ones by size."""

from __future__ import annotations

import re
from csv import DictReader
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

from envs.core.datasets import Source, nearest
from envs.core.downloads import fetch
from envs.jobshop.instance import JobShopInstance


class Known(NamedTuple):
    """What is known of a published instance: its size, and the bounds of its smallest makespan (lb <= it <= ub)."""

    jobs: int
    machines: int
    lb: int
    ub: int
    optimal: int  # 1 where lb == ub

    @property
    def size(self) -> str:
        """Jobs times machines: "10x5"."""
        return f"{self.jobs}x{self.machines}"


def _best_known() -> dict[str, Known]:
    with Path(__file__).with_name("best_known.csv").open(encoding="utf-8", newline="") as file:
        rows = list(DictReader(line for line in file if not line.startswith("#")))
    return {row.pop("instance"): Known(*map(int, row.values())) for row in rows}


REFERENCE_DATE = "2026-08"
"""When the bounds of `best_known.csv` were the best known."""

BEST_KNOWN = _best_known()
"""Name of each published instance to what is known of it; source and licence stand in `best_known.csv`."""

FAMILIES = {
    "ft": "Fisher and Thompson 1963",
    "la": "Lawrence 1984",
    "abz": "Adams, Balas and Zawack 1988",
    "orb": "Applegate and Cook 1991",
    "swv": "Storer, Wu and Vaccari 1992",
    "yn": "Yamada and Nakano 1992",
    "ta": "Taillard 1993",
    "dmu": "Demirkol, Mehta and Uzsoy 1998",
}
"""Name of each set to its paper."""

SETS = {family: tuple(name for name in BEST_KNOWN if name.rstrip("0123456789") == family) for family in FAMILIES}
"""Name of each set to the names of its instances; "taillard" is the long name of "ta"."""
SETS["taillard"] = SETS["ta"]

# (machine, duration) of each operation: H. Fisher and G. L. Thompson, "Probabilistic learning combinations of local
# job-shop scheduling rules", in Muth and Thompson (eds.), Industrial Scheduling, 1963, the 6x6 problem.
FT06 = (
    ((2, 1), (0, 3), (1, 6), (3, 7), (5, 3), (4, 6)),
    ((1, 8), (2, 5), (4, 10), (5, 10), (0, 10), (3, 4)),
    ((2, 5), (3, 4), (5, 8), (0, 9), (1, 1), (4, 7)),
    ((1, 5), (0, 5), (2, 5), (3, 3), (4, 8), (5, 9)),
    ((2, 9), (1, 3), (4, 5), (5, 4), (0, 3), (3, 1)),
    ((1, 3), (3, 3), (5, 9), (0, 10), (4, 4), (2, 1)),
)


def load_set(text: str) -> list[JobShopInstance]:
    """The instances of a set ("la"), of one size in a set ("la:10x5"), or of one name ("la01").

    ft06 and Taillard's need no file; the others come from `fetch`. Raises ValueError for an unknown name or size.
    """
    head, filtered, size = text.partition(":")
    if head not in SETS and head not in BEST_KNOWN:
        raise ValueError(f"no job shops are known as {head!r}: {nearest(head, [*SETS, *BEST_KNOWN])}")
    names = SETS.get(head, (head,))
    if filtered:
        sizes = dict.fromkeys(BEST_KNOWN[name].size for name in names)
        if size not in sizes:
            raise ValueError(f"{head!r} has no job shops of the size {size!r}: its sizes are {', '.join(sizes)}")
        names = tuple(name for name in names if BEST_KNOWN[name].size == size)
    return [_constructed(name) or _downloaded(name) for name in names]


def reference(instance: JobShopInstance) -> tuple[int, str]:
    """The smallest known makespan and its kind: "optimal", "best-known", or "lower-bound" outside the literature.

    Name (JSPLib's "ta01js" is ta01) and size decide; a shop that is called ft06 or ta01 but has other numbers is not
    taken for it: copies of Taillard's with some durations off by one are about.
    """
    name = instance.name.removesuffix("js")
    known, original = BEST_KNOWN.get(name), _constructed(name)
    if known is None or known.size != instance.size or (original is not None and original != instance):
        return instance.lower_bound(), "lower-bound"
    return known.ub, "optimal" if known.optimal else "best-known"


def _downloaded(name: str) -> JobShopInstance:
    return replace(JobShopInstance.load(fetch(f"jobshop/jsplib/{name}.json")), name=name)


@lru_cache(maxsize=128)
def _constructed(name: str) -> JobShopInstance | None:
    """The published instances that need no file."""
    if name == "ft06":
        return JobShopInstance.from_jobs(FT06, name)
    return JobShopInstance.taillard(name) if name in SETS["ta"] else None


class RandomShops(Source[JobShopInstance]):
    """Endless shops by Taillard's law; the numbers of jobs and of machines are uniform between two sizes."""

    def __init__(self, smallest: tuple[int, int], largest: tuple[int, int]) -> None:
        """Each size is (jobs, machines)."""
        self.smallest = smallest
        self.largest = largest

    @property
    def shape(self) -> tuple[int, int, int]:
        """(jobs, machines, operations) of the largest shop."""
        jobs, machines = self.largest
        return jobs, machines, jobs * machines

    def sample(self, rng: np.random.Generator) -> JobShopInstance:
        """A shop of its own size; where only one size is possible, no number is spent on it."""
        (jobs, machines), (most_jobs, most_machines) = self.smallest, self.largest
        if jobs < most_jobs:
            jobs += int(rng.random() * (most_jobs - jobs + 1))
        if machines < most_machines:
            machines += int(rng.random() * (most_machines - machines + 1))
        return JobShopInstance.generate(rng, jobs, machines)


def random_source(text: str) -> RandomShops:
    """What follows "random:": one size, "10x10", or the smallest and the largest, "6x6..15x15" (jobs x machines)."""
    match = re.fullmatch(r"([1-9]\d*)x([1-9]\d*)(?:\.\.([1-9]\d*)x([1-9]\d*))?", text)
    if match is None:
        raise ValueError(f"{text!r} is no size of job shops: write JOBSxMACHINES, as in 10x10, or a range, 6x6..15x15")
    jobs, machines, most_jobs, most_machines = (int(digits) if digits else 0 for digits in match.groups())
    smallest, largest = (jobs, machines), (most_jobs or jobs, most_machines or machines)
    if smallest[0] > largest[0] or smallest[1] > largest[1]:
        raise ValueError(f"the sizes {text!r} run backwards: write the smallest first, as in 6x6..15x15")
    return RandomShops(smallest, largest)
