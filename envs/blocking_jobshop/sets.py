"""The job shops of the literature as blocking ones, by name, and the best makespans that are known of them."""

from __future__ import annotations

from csv import DictReader
from pathlib import Path
from typing import NamedTuple

from envs.blocking_jobshop.instance import BlockingJobShopInstance
from envs.blocking_jobshop.law import random_source, realisations, split
from envs.core.text import choose
from envs.jobshop import sets as shops
from envs.jobshop.instance import JobShopInstance

__all__ = ["BEST_KNOWN", "REFERENCE_DATE", "SETS", "load_set", "random_source", "reference"]


class Bounds(NamedTuple):
    """Of the smallest makespan without failures: lb <= it <= ub."""

    lb: int
    ub: int


def _best_known() -> dict[tuple[str, int], Bounds]:
    with Path(__file__).with_name("best_known.csv").open(encoding="utf-8", newline="") as file:
        rows = list(DictReader(line for line in file if not line.startswith("#")))
    return {
        (row["instance"], swap): Bounds(int(row[f"{column}_lb"]), int(row[f"{column}_ub"]))
        for row in rows
        for swap, column in ((1, "swap"), (0, "noswap"))
        if row[f"{column}_ub"]
    }


REFERENCE_DATE = "2023-07"
"""When the bounds with swaps were the best known; those without are from 2026-08."""

BEST_KNOWN = _best_known()
"""(name of a published job shop, 1 with swaps or 0 without) to what is known of it; sources stand in the file."""

_BY_IDENTITY = {known.identity: name for name, known in shops.BEST_KNOWN.items()}

CLASSICAL = ("abz5", "abz6", "ft10", *(f"la{k}" for k in range(16, 21)), *(f"orb{k:02}" for k in range(1, 11)))

SETS = {**shops.SETS, "classical": CLASSICAL}
"""Name of each set to the names of its instances: those of the job shop, and "classical", the 18 of 10x10 on which
blocking job shops have been compared since Mascis and Pacciarelli (2002)."""


def load_set(text: str) -> list[BlockingJobShopInstance]:
    """A set of job shops ("la", "classical"), part of one ("la:10x5") or one of them ("la01"), each as a blocking one.

    Behind it may stand what `envs.blocking_jobshop.law` describes: "la01:swap=not_allowed",
    "classical:shutdown=0.05:seed=0..29". Raises ValueError for an unknown name, size or parameter.
    """
    base, given = split(text)
    sizes = {name: known.size for name, known in shops.BEST_KNOWN.items()}
    names = choose(base, SETS, sizes, "job shops")
    return [one for name in names for shop in shops.load_set(name) for one in realisations(shop, given)]


def reference(instance: BlockingJobShopInstance) -> tuple[int, str]:
    """The smallest known makespan and its kind: "optimal" or "best-known", else a "lower-bound".

    The numbers of the shop decide, whatever it is called. Blocking, forbidden swaps and failures only take schedules
    away, so that with them the lower bounds of the shop without them still hold.
    """
    shop = JobShopInstance(instance.duration, instance.machine, instance.job_start, instance.machines)
    name = _BY_IDENTITY.get(shop.identity)
    if name is None:
        return instance.lower_bound(), "lower-bound"
    known = {swap: BEST_KNOWN[name, swap] for swap in (1, 0) if (name, swap) in BEST_KNOWN}
    if instance.swap in known and not instance.can_fail:
        bounds = known[instance.swap]
        return bounds.ub, "optimal" if bounds.lb == bounds.ub else "best-known"
    least = [bounds.lb for swap, bounds in known.items() if swap >= instance.swap]
    return max(instance.lower_bound(), shops.BEST_KNOWN[name].lb, *least), "lower-bound"
