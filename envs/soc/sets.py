"""Graphs and streams of jobs by name, the best known makespans, and random ones by what `envs.soc.law` describes."""

from __future__ import annotations

from csv import DictReader
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

from envs.core.downloads import fetch
from envs.core.text import choose
from envs.soc import formats_ds3
from envs.soc.canonical import CANONICAL, TOPCUOGLU
from envs.soc.formats import joined
from envs.soc.formats_ds3 import Chip, Profile
from envs.soc.instance import SocInstance
from envs.soc.law import Law, law_of, parameter, sizes
from envs.soc.random_jobs import (
    HETEROGENEITIES,
    RATIOS,
    layered,
    no_power,
    unit_bandwidth,
)
from envs.soc.sources import RandomGraphs, RandomStreams


class Known(NamedTuple):
    """What is known of a graph: bounds of its smallest makespan (lb <= it <= ub)."""

    lb: int
    ub: int
    optimal: int  # 1 where lb == ub


def _best_known() -> dict[str, Known]:
    with Path(__file__).with_name("best_known.csv").open(encoding="utf-8", newline="") as file:
        rows = list(DictReader(line for line in file if not line.startswith("#")))
    return {row["instance"]: Known(*(int(row[key]) for key in Known._fields)) for row in rows}


REFERENCE_DATE = "2026-11"
"""When the bounds of `best_known.csv` were the best known."""

BEST_KNOWN = _best_known()
"""Name of each graph of "canonical" and "dags" to what is known of it; the command stands in `best_known.csv`."""

GYM = "soc/socrates/"
SIMULATOR = "soc/ds3/"
APPLICATIONS = {
    "wifi_tx": "job_WIFI_5TXM.txt",
    "wifi_rx": "job_WIFI_5RXM.txt",
    "lag": "job_LAG.txt",
    "sc_tx": "job_SCT.txt",
    "sc_rx": "job_SCR.txt",
    "temporal": "job_TEMP_MIT.txt",
}
"""DS3's applications: WiFi transmitter and receiver, range detection, single-carrier transmitter and receiver, temporal
mitigation."""
SHARES = (0.2, 0.2, 0.2, 0.1, 0.1, 0.2)
"""How often each application arrives: DS3's default."""

DAGS = 200
DAGS_SEED = 20020713

SETS = {
    "canonical": tuple(CANONICAL),
    "dags": tuple(f"dag{k:03}" for k in range(DAGS)),
    "ds3gym": tuple(f"top{k}" for k in range(1, 11)),
    "apps": tuple(APPLICATIONS),
}
"""Name of each set to the names of its instances, all of them single jobs.

"dags" are 200 fixed random graphs of 20 to 30 tasks on 3 to 5 PEs: the test set.
"""


def load_set(text: str) -> list[SocInstance]:
    """The instances of a set ("canonical"), or of one name ("topcuoglu"); "dags:0.5" has the 50 of that ratio.

    ds3gym but for top1, and apps come from `fetch`. Raises ValueError for an unknown name or ratio.
    """
    ratios = {name: f"{RATIOS[k % len(RATIOS)]:g}" for k, name in enumerate(SETS["dags"])}
    return [_instance(name) for name in choose(text, SETS, ratios, "jobs", "ratio")]


def reference(instance: SocInstance) -> tuple[int | float, str]:
    """The smallest known objective and its kind: "optimal", "best-known", or "lower-bound" where nothing is known.

    The numbers decide, whatever the graph is called.
    """
    known = _by_identity().get(instance.identity)
    if known is None:
        return instance.lower_bound(), "lower-bound"
    return known.ub, "optimal" if known.optimal else "best-known"


@cache
def _by_identity() -> dict[str, Known]:
    return {_instance(name).identity: known for name, known in BEST_KNOWN.items()}


@cache
def _instance(name: str) -> SocInstance:
    if name in CANONICAL:
        return CANONICAL[name].instance(name)
    if name in SETS["dags"]:
        return _dags()[int(name.removeprefix("dag"))]
    if name == "top1":  # DS3Gym's first job is Topcuoglu's graph, and int(volume / 100) within a PE is 0
        return TOPCUOGLU.instance(name)
    if name in APPLICATIONS:
        chip, profile = multiple_bal(), _profile(SIMULATOR + APPLICATIONS[name])
    else:
        chip, profile = top(), _profile(f"{GYM}job_Top{name.removeprefix('top')}.txt")
    return joined(chip, [profile], name)


@cache
def _dags() -> tuple[SocInstance, ...]:
    """Every ratio and heterogeneity as often as any other, as far as 200 goes."""
    rng = np.random.default_rng(DAGS_SEED)
    found = []
    for k, name in enumerate(SETS["dags"]):
        tasks, pes = int(rng.integers(20, 31)), int(rng.integers(3, 6))
        ratio = RATIOS[k % len(RATIOS)]
        heterogeneity = HETEROGENEITIES[k // len(RATIOS) % len(HETEROGENEITIES)]
        graph = layered(rng, tasks, pes, heterogeneity, ratio)
        found.append(replace(Law().instance(rng, [graph], unit_bandwidth(pes), no_power(pes)), name=name))
    return tuple(found)


@cache
def top() -> Chip:
    """DS3Gym's chip: three PEs."""
    return formats_ds3.read_chip(fetch(f"{GYM}DASH.SoC.Top.txt"))


@cache
def multiple_bal() -> Chip:
    """DS3's chip MULTIPLE_BAL: 4 A7, 4 A15, 2 matrix multipliers, 4 FFT and 2 Viterbi accelerators."""
    return formats_ds3.read_chip(fetch(f"{SIMULATOR}SoC.MULTIPLE_BAL.txt"))


@cache
def _profile(name: str) -> Profile:
    return formats_ds3.read_profile(fetch(name))


def random_source(text: str) -> RandomGraphs | RandomStreams:
    """What follows "random:", as `envs.soc.law` documents it; ValueError for anything else."""
    base, *words = text.split(",")
    parameters = dict(parameter(text, word) for word in words)
    if len(parameters) < len(words):
        raise ValueError(f"{text!r} gives a parameter twice: each stands once")
    if base == "ds3gym":
        count = parameters.pop("profiles", (10, 10))[0]
        if not 1 <= count <= 10:
            raise ValueError(f"{text!r}: profiles is {count}, but DS3Gym has 1 to 10")
        jobs = [_instance(name) for name in SETS["ds3gym"][: int(count)]]
        return RandomStreams(jobs, [1 / len(jobs)] * len(jobs), law_of(text, parameters, Law((20, 20), (25.0, 25.0))))
    if base == "apps":
        law = law_of(text, parameters, Law((20, 20), (50.0, 50.0)))
        return RandomStreams([_instance(name) for name in APPLICATIONS], SHARES, law)
    smallest, largest = sizes(base)
    if "jobs" in parameters:
        raise ValueError(f"{text!r}: write the number of jobs as part of the size, TASKSxPESxJOBS")
    law = law_of(text, parameters, Law(jobs=(smallest[2], largest[2])))
    return RandomGraphs(smallest[:2], largest[:2], law)
