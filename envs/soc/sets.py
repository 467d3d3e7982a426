"""Graphs and streams of jobs by name, the best known makespans, and random ones by size.

After "random:" stands what is drawn, then options, all parted by commas: "20x3..30x5", "ds3gym,jobs=50,noise=0.2".

* a size, TASKS, TASKSxPES or TASKSxPESxJOBS, or a range of sizes: layered graphs (`envs.soc.generators`) on 3 to 5 PEs
  and a single one unless the size says otherwise;
* `ds3gym`: streams of DS3Gym's synthetic jobs on its three PEs; `profiles` = the first so many of ten (10);
* `apps`: streams of DS3's six applications on the chip MULTIPLE_BAL, in DS3's proportions.

| option | meaning | default |
|---|---|---|
| `jobs` | number of jobs; of `ds3gym` and `apps` | 20 |
| `scale` | mean us between two arrivals | 300 for a size, 25 for `ds3gym`, 50 for `apps` |
| `noise` | standard deviation of true durations over their mean | 0 |
| `span` | us after which the episode is cut; jobs are drawn until then | none |
| `queue` | with `span`: most jobs inside at once; so many arrive at 0 (DS3Gym's pseudo steady state) | 3 |

The first three may be ranges, "noise=0..0.5", from which each instance draws uniformly.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from csv import DictReader
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from envs.core.datasets import Source, nearest
from envs.core.downloads import fetch
from envs.soc import formats_ds3
from envs.soc.canonical import CANONICAL, TOPCUOGLU
from envs.soc.formats import joined
from envs.soc.formats_ds3 import Chip, Profile
from envs.soc.generators import (
    HETEROGENEITIES,
    RATIOS,
    Graph,
    arrivals,
    layered,
    no_power,
    noisy,
    put_together,
    unit_bandwidth,
)
from envs.soc.instance import SocInstance


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
    head, filtered, ratio = text.partition(":")
    members = {name: name for names in SETS.values() for name in names}
    if head not in SETS and head not in members:
        raise ValueError(f"no jobs are known as {head!r}: {nearest(head, [*SETS, *members])}")
    names = SETS.get(head, (head,))
    if filtered:
        known = [f"{known:g}" for known in RATIOS]
        if head != "dags" or ratio not in known:
            raise ValueError(f"{text!r} is no part of a set: only dags has parts, dags:{', dags:'.join(known)}")
        names = names[known.index(ratio) :: len(RATIOS)]
    return [_instance(name) for name in names]


def reference(instance: SocInstance) -> tuple[int | float, str]:
    """The smallest known objective and its kind: "optimal", "best-known", or "lower-bound" where nothing is known.

    A graph is known by its name and its numbers.
    """
    known = BEST_KNOWN.get(instance.name)
    if known is None or _instance(instance.name) != instance:
        return instance.lower_bound(), "lower-bound"
    return known.ub, "optimal" if known.optimal else "best-known"


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


@dataclass(frozen=True)
class Law:
    """How a random source draws, as documented at the top; the pairs are ranges."""

    jobs: tuple[int, int] = (1, 1)
    scale: tuple[float, float] = (300.0, 300.0)
    noise: tuple[float, float] = (0.0, 0.0)
    queue: int = 0
    span: int = 0

    @property
    def most_jobs(self) -> int:
        """Jobs of an instance: with a span, more than arrive within it but for one case in 10^9."""
        if not self.span:
            return self.jobs[1]
        mean = self.span / max(self.scale[0] - 0.5, 0.5)  # gaps are rounded down
        return self.queue + int(mean + 6 * mean**0.5) + 1

    def number(self, rng: np.random.Generator) -> int:
        """Of the jobs of the next instance."""
        low, high = self.jobs
        return self.most_jobs if self.span or low == high else int(rng.integers(low, high + 1))

    def instance(
        self, rng: np.random.Generator, graphs: Sequence[Graph], bandwidth: np.ndarray, power: np.ndarray
    ) -> SocInstance:
        """The jobs with their arrivals and true durations."""
        fields = put_together(graphs)
        return SocInstance._trusted(
            name="",
            queue=self.queue,
            span=self.span,
            arrival=arrivals(rng, len(graphs), _between(rng, self.scale), max(1, self.queue)),
            true_duration=noisy(rng, fields["duration"], _between(rng, self.noise)),
            bandwidth=bandwidth,
            power=power,
            **fields,
        )


def _between(rng: np.random.Generator, pair: tuple[float, float]) -> float:
    low, high = pair
    return low if low == high else rng.uniform(low, high)


class RandomGraphs(Source[SocInstance]):
    """Layered graphs: numbers of tasks and PEs uniform between two sizes, unlikeness and ratio among those listed."""

    def __init__(self, smallest: tuple[int, int], largest: tuple[int, int], law: Law) -> None:
        """Each size is (tasks, PEs)."""
        self.smallest, self.largest, self.law = smallest, largest, law

    @property
    def shape(self) -> tuple[int, int, int, int, int]:
        """(jobs, tasks, edges, PEs, different bandwidths) of the largest."""
        jobs, (tasks, pes) = self.law.most_jobs, self.largest
        return jobs, jobs * tasks, jobs * 3 * tasks, pes, min(pes, 2)

    def sample(self, rng: np.random.Generator) -> SocInstance:
        """An instance of its own size, unlikeness and ratio."""
        pes = int(rng.integers(self.smallest[1], self.largest[1] + 1))
        heterogeneity = HETEROGENEITIES[int(rng.random() * len(HETEROGENEITIES))]
        ratio = RATIOS[int(rng.random() * len(RATIOS))]
        sizes = rng.integers(self.smallest[0], self.largest[0] + 1, self.law.number(rng)).tolist()
        graphs = [layered(rng, tasks, pes, heterogeneity, ratio) for tasks in sizes]
        return self.law.instance(rng, graphs, unit_bandwidth(pes), no_power(pes))


class RandomStreams(Source[SocInstance]):
    """Streams of known jobs on a known chip."""

    def __init__(self, instances: Sequence[SocInstance], shares: Sequence[float], law: Law) -> None:
        """instances: single jobs of the same chip, each drawn with the probability that stands in shares."""
        self.instances, self.law = tuple(instances), law
        self.graphs = [Graph(one.duration, one.edge, one.volume) for one in instances]
        self._thresholds = np.cumsum(shares)[:-1]

    @property
    def shape(self) -> tuple[int, int, int, int, int]:
        """(jobs, tasks, edges, PEs, different bandwidths) of a stream of the largest jobs."""
        jobs = self.law.most_jobs
        _, tasks, edges, pes, bandwidths = map(max, zip(*(one.shape for one in self.instances), strict=True))
        return jobs, jobs * tasks, jobs * edges, pes, bandwidths

    def sample(self, rng: np.random.Generator) -> SocInstance:
        """A stream."""
        chosen = np.searchsorted(self._thresholds, rng.random(self.law.number(rng)), side="right").tolist()
        first = self.instances[0]
        return self.law.instance(rng, [self.graphs[k] for k in chosen], first.bandwidth, first.power)


def random_source(text: str) -> RandomGraphs | RandomStreams:
    """What follows "random:", as documented at the top; ValueError for anything else."""
    base, *words = text.split(",")
    options = dict(_option(text, word) for word in words)
    if len(options) < len(words):
        raise ValueError(f"{text!r} gives an option twice: each stands once")
    if base == "ds3gym":
        count = options.pop("profiles", (10, 10))[0]
        if not 1 <= count <= 10:
            raise ValueError(f"{text!r}: profiles is {count}, but DS3Gym has 1 to 10")
        jobs = [_instance(name) for name in SETS["ds3gym"][: int(count)]]
        return RandomStreams(jobs, [1 / len(jobs)] * len(jobs), _law(text, options, Law((20, 20), (25.0, 25.0))))
    if base == "apps":
        law = _law(text, options, Law((20, 20), (50.0, 50.0)))
        return RandomStreams([_instance(name) for name in APPLICATIONS], SHARES, law)
    smallest, largest = _sizes(base)
    if "jobs" in options:
        raise ValueError(f"{text!r}: write the number of jobs as part of the size, TASKSxPESxJOBS")
    law = _law(text, options, Law(jobs=(smallest[2], largest[2])))
    return RandomGraphs(smallest[:2], largest[:2], law)


def _sizes(text: str) -> tuple[tuple[int, int, int], tuple[int, int, int]]:
    """The smallest and the largest (tasks, PEs, jobs)."""
    match = re.fullmatch(rf"{SIZE}(?:\.\.{SIZE})?", text)
    if match is None:
        rule = "write TASKS, TASKSxPES or TASKSxPESxJOBS, a range such as 20x3..30x5, ds3gym or apps"
        raise ValueError(f"{text!r} is no kind of random jobs: {rule}")
    words = match.groups()
    smallest, largest = words[:3], words[3:] if words[3] else words[:3]
    if [word is None for word in smallest] != [word is None for word in largest]:
        raise ValueError(f"the sizes {text!r} differ in form: write both with PEs, or both without, as in 20x3..30x5")
    low = tuple(int(word) if word else usual for word, usual in zip(smallest, (0, 3, 1), strict=True))
    high = tuple(int(word) if word else usual for word, usual in zip(largest, (0, 5, 1), strict=True))
    if any(a > b for a, b in zip(low, high, strict=True)):
        raise ValueError(f"the sizes {text!r} run backwards: write the smallest first, as in 20x3..30x5")
    return low, high  # type: ignore[return-value]


SIZE = r"([1-9]\d{0,5})(?:x([1-9]\d{0,3}))?(?:x([1-9]\d{0,5}))?"

OPTIONS: dict[str, tuple[type[int] | type[float], bool]] = {
    "jobs": (int, True),
    "scale": (float, True),
    "noise": (float, True),
    "queue": (int, False),
    "span": (int, False),
    "profiles": (int, False),
}
"""Whether the value of each option is whole, and whether it may be a range."""


def _option(text: str, word: str) -> tuple[str, tuple[float, float]]:
    name, _, value = word.partition("=")
    if name not in OPTIONS:
        raise ValueError(f"{text!r} has an unknown option {name!r}: {nearest(name, OPTIONS)}")
    kind, ranged = OPTIONS[name]
    number = r"([1-9]\d{0,8})" if kind is int else r"(\d{1,9}(?:\.\d+)?)"
    match = re.fullmatch(rf"{number}(?:\.\.{number})?" if ranged else number + "()", value)
    if match is None:
        example = f"as in {name}=20" + (f" or {name}=10..20" if ranged else "")
        rule = "a whole number from 1 on" if kind is int else "a number from 0 on"
        raise ValueError(f"{text!r}: {name} is {value!r}, but must be {rule}, {example}")
    low, high = kind(match[1]), kind(match[2] or match[1])
    if low > high:
        raise ValueError(f"{text!r}: the range of {name} runs backwards, write the smaller number first")
    return name, (low, high)


def _law(text: str, options: dict[str, tuple[float, float]], usual: Law) -> Law:
    if "profiles" in options:
        raise ValueError(f"{text!r}: profiles is an option of ds3gym only")
    if "queue" in options and "span" not in options:
        raise ValueError(f"{text!r}: queue needs a span, as in queue=3,span=5000")
    if "span" in options and "jobs" in options:
        raise ValueError(f"{text!r} has both jobs and span: with a span, jobs are drawn until it ends")
    chosen: dict[str, Any] = {name: pair if OPTIONS[name][1] else int(pair[0]) for name, pair in options.items()}
    return replace(usual, **({"queue": 3, **chosen} if "span" in chosen else chosen))
