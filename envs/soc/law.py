"""The law of random jobs: what instances are drawn by, and how it is written.

After "random:" stands what is drawn, then parameters, all parted by commas: "20x3..30x5", "ds3gym,jobs=50,noise=0.2".

* a size, TASKS, TASKSxPES or TASKSxPESxJOBS, or a range of sizes: layered graphs (`envs.soc.random_jobs`) on 3 to 5 PEs
  and a single one unless the size says otherwise;
* `ds3gym`: streams of DS3Gym's synthetic jobs on its three PEs; `profiles` = the first so many of ten (10);
* `apps`: streams of DS3's six applications on the chip MULTIPLE_BAL, in DS3's proportions.

| parameter | meaning | default |
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
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from envs.core.text import nearest
from envs.soc.instance import SocInstance
from envs.soc.random_jobs import Graph, arrivals, noisy, put_together


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


SIZE = r"([1-9]\d{0,5})(?:x([1-9]\d{0,3}))?(?:x([1-9]\d{0,5}))?"

PARAMETERS: dict[str, tuple[type[int] | type[float], bool]] = {
    "jobs": (int, True),
    "scale": (float, True),
    "noise": (float, True),
    "queue": (int, False),
    "span": (int, False),
    "profiles": (int, False),
}
"""Whether the value of each parameter is whole, and whether it may be a range."""


def sizes(text: str) -> tuple[tuple[int, int, int], tuple[int, int, int]]:
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


def parameter(text: str, word: str) -> tuple[str, tuple[float, float]]:
    """The name and the range of values of a word such as "noise=0..0.5"; `text` is what it is part of."""
    name, _, value = word.partition("=")
    if name not in PARAMETERS:
        raise ValueError(f"{text!r} has an unknown parameter {name!r}: {nearest(name, PARAMETERS)}")
    read, ranged = PARAMETERS[name]
    number = r"([1-9]\d{0,8})" if read is int else r"(\d{1,9}(?:\.\d+)?)"
    match = re.fullmatch(rf"{number}(?:\.\.{number})?" if ranged else number + "()", value)
    if match is None:
        example = f"as in {name}=20" + (f" or {name}=10..20" if ranged else "")
        rule = "a whole number from 1 on" if read is int else "a number from 0 on"
        raise ValueError(f"{text!r}: {name} is {value!r}, but must be {rule}, {example}")
    low, high = read(match[1]), read(match[2] or match[1])
    if low > high:
        raise ValueError(f"{text!r}: the range of {name} runs backwards, write the smaller number first")
    return name, (low, high)


def law_of(text: str, parameters: dict[str, tuple[float, float]], usual: Law) -> Law:
    """The usual law with the parameters of `text`; ValueError for parameters that do not go together."""
    if "profiles" in parameters:
        raise ValueError(f"{text!r}: profiles is a parameter of ds3gym only")
    if "queue" in parameters and "span" not in parameters:
        raise ValueError(f"{text!r}: queue needs a span, as in queue=3,span=5000")
    if "span" in parameters and "jobs" in parameters:
        raise ValueError(f"{text!r} has both jobs and span: with a span, jobs are drawn until it ends")
    chosen: dict[str, Any] = {name: pair if PARAMETERS[name][1] else int(pair[0]) for name, pair in parameters.items()}
    return replace(usual, **({"queue": 3, **chosen} if "span" in chosen else chosen))
