"""The job shops of the literature by name, their best known makespans, and random ones by size."""

from __future__ import annotations

from csv import DictReader
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from envs.core.downloads import fetch
from envs.core.sources import RandomSizes
from envs.core.text import choose, size_range
from envs.jobshop import formats
from envs.jobshop.instance import JobShopInstance


class Known(NamedTuple):
    """What is known of a published instance: its size, and the bounds of its smallest makespan (lb <= it <= ub)."""

    jobs: int
    machines: int
    lb: int
    ub: int
    optimal: int  # 1 where lb == ub
    identity: str  # `Instance.identity` of its numbers

    @property
    def size(self) -> str:
        """Jobs times machines: "10x5"."""
        return f"{self.jobs}x{self.machines}"


def _best_known() -> dict[str, Known]:
    with Path(__file__).with_name("best_known.csv").open(encoding="utf-8", newline="") as file:
        rows = list(DictReader(line for line in file if not line.startswith("#")))
    return {
        row["instance"]: Known(*(int(row[name]) for name in Known._fields[:-1]), identity=row["identity"])
        for row in rows
    }


REFERENCE_DATE = "2026-08"
"""When the bounds of `best_known.csv` were the best known."""

BEST_KNOWN = _best_known()
"""Name of each published instance to what is known of it; source and licence stand in `best_known.csv`."""

_BY_IDENTITY = {known.identity: known for known in BEST_KNOWN.values()}

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
    """The instances of a set ("la"), of one size in a set ("la:10x5"), or of one name ("la01", "la:la01").

    ft06 and Taillard's need no file; the others come from `fetch`. Raises ValueError for an unknown name or size.
    """
    sizes = {name: known.size for name, known in BEST_KNOWN.items()}
    return [_constructed(name) or _downloaded(name) for name in choose(text, SETS, sizes, "job shops")]


def reference(instance: JobShopInstance) -> tuple[int, str]:
    """The smallest known makespan and its kind: "optimal", "best-known", or "lower-bound" outside the literature.

    The numbers decide, whatever the shop is called: copies of Taillard's with some durations off by one are about.
    """
    known = _BY_IDENTITY.get(instance.identity)
    if known is None:
        return instance.lower_bound(), "lower-bound"
    return known.ub, "optimal" if known.optimal else "best-known"


def _downloaded(name: str) -> JobShopInstance:
    (shop,) = formats.load(fetch(f"jobshop/jsplib/{name}.json"))
    return replace(shop, name=name)


@lru_cache(maxsize=128)
def _constructed(name: str) -> JobShopInstance | None:
    """The published instances that need no file."""
    if name == "ft06":
        return JobShopInstance.from_jobs(FT06, name)
    return JobShopInstance.taillard(name) if name in SETS["ta"] else None


def random_source(text: str) -> RandomSizes[JobShopInstance]:
    """What follows "random:": one size, "10x10", or the smallest and the largest, "6x6..15x15" (jobs x machines)."""
    smallest, largest = size_range(text, "job shops", "JOBSxMACHINES", "10x10, or a range, 6x6..15x15")
    return RandomSizes(JobShopInstance.generate, smallest, largest, _shape)


def _shape(jobs: int, machines: int) -> tuple[int, int, int]:
    return jobs, machines, jobs * machines
