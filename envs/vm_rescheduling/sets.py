"""Published snapshots and fixed sets of drawn clusters by name, and random ones by `envs.vm_rescheduling.law`.

The drawn sets are for testing: 100 clusters each, of Medium, by the laws of `VARIANTS` and fixed seeds. Whoever trains
draws from the same laws with seeds of their own, "random:medium,load=high"; for choosing between agents there is
"random:medium,load=high:100:1".
"""

from __future__ import annotations

from csv import DictReader
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np

from envs.core.downloads import fetch
from envs.core.text import choose, size_range
from envs.vm_rescheduling.formats import load
from envs.vm_rescheduling.instance import VMReschedulingInstance
from envs.vm_rescheduling.law import law_of
from envs.vm_rescheduling.sources import Base, RandomClusters

SNAPSHOTS = ("medium", "large")
LIMITS = (50, 10, 20, 100, 200)

VARIANTS = {
    "high": "load=high",
    "high20": "load=high,limit=20",
    "high100": "load=high,limit=100",
    "high200": "load=high,limit=200",
    "middle": "load=middle,limit=100",
    "low": "load=low,limit=100",
    "affinity": "affinity=0.2",
    "affinity_tight": "affinity=0.8,members=40",
    "memory": "memory=bound,slots=16/64",
    "mix": "slots=16+64d",
    "pending": "slots=64d,goal=2",
    "cost": "cost=memory,limit=100",
    "churn": "churn=2,span=60000",
}
"""Name of each drawn set to the parameters of its law."""

COUNT, SEED = 100, 20250330

SETS = {
    "bytedance": tuple(f"{name}{limit if limit != 50 else ''}" for name in SNAPSHOTS for limit in LIMITS),
    **{name: tuple(f"{name}_{k:03}" for k in range(COUNT)) for name in VARIANTS},
}
"""Name of each set to the names of its instances; "medium20" is the snapshot with a limit of 20 migrations, not 50."""

REFERENCE_DATE = "2026-11"
"""When `best_known.csv` was made."""


def load_set(text: str) -> list[VMReschedulingInstance]:
    """The instances of a set ("high"), of a snapshot ("bytedance:medium"), or of one name ("medium20", "high_007").

    The snapshots come from `fetch`. Raises ValueError for an unknown name.
    """
    part_of = {name: name.rstrip("0123456789") for name in SETS["bytedance"]}
    return [_instance(name) for name in choose(text, SETS, part_of, "clusters", "snapshot")]


def reference(instance: VMReschedulingInstance) -> tuple[float, str]:
    """The smallest known objective and its kind, "optimal" or, where nothing is known, "lower-bound".

    The numbers decide, whatever the cluster is called.
    """
    slots = _by_identity().get(instance.identity)
    if slots is None:
        return instance.lower_bound(), "lower-bound"
    return 1 - 16 * slots / int(instance.free()[0].sum()), "optimal"


@cache
def _by_identity() -> dict[str, int]:
    with Path(__file__).with_name("best_known.csv").open(encoding="utf-8", newline="") as file:
        return {row["identity"]: int(row["slots"]) for row in DictReader(line for line in file if line[0] != "#")}


@cache
def _instance(name: str) -> VMReschedulingInstance:
    if name in SETS["bytedance"]:
        snapshot = name.rstrip("0123456789")
        limit = int(name.removeprefix(snapshot) or 50)
        return replace(_snapshot(snapshot), limit=limit, name=name)
    variant, _, number = name.rpartition("_")
    source = random_source(f"medium,{VARIANTS[variant]}")
    rng = np.random.default_rng([SEED, *variant.encode(), int(number)])
    return replace(source.sample(rng), name=name)


@cache
def _snapshot(name: str) -> VMReschedulingInstance:
    return load(fetch(f"vm/bytedance/{name}.json"))[0]


def random_source(text: str) -> RandomClusters:
    """What follows "random:", as `envs.vm_rescheduling.law` documents it; ValueError for anything else."""
    base, *words = text.split(",")
    law = law_of(text, words)
    if base in SNAPSHOTS:
        return RandomClusters(Base.of(_snapshot(base)), law)
    (low,), (high,) = size_range(base, "clusters", "PMS", "20, or a range, 20..60")
    return RandomClusters((low, high), law)
