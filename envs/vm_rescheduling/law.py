"""The law of random clusters: what instances are drawn by, and how it is written.

After "random:" stands what is drawn, then parameters, all parted by commas: "20..60", "medium,load=low,limit=100".

* a number of PMs or a range of them: PMs of the published size are filled by best fit, with VMs of the published
  flavours as often as in the published snapshot Medium, until 94.3 % of their cores are in use, as there;
* `medium`, `large`: the published snapshots, which `fetch` brings.

Then VMs leave and return as the load says. Parameters:

| parameter | meaning | default |
|---|---|---|
| `load` | `high`, `middle`, `low`: the workloads of the paper; `full`: 10 % leave and all return; `none` | high |
| `limit` | the most that migrations may take; may be a range, "20..200" | 50 |
| `slots` | which slots count, as in 16, 64d, 16+64d, 16/64 (`envs.vm_rescheduling.slots`) | 16 |
| `affinity` | share of the VMs that are in anti-affinity groups; may be a range, "0..0.5" | 0 |
| `members` | most VMs of one group | 8 |
| `memory` | `published`, where it never binds; `bound`: 1, 2, 4 or 8 GB per core, as the PMs can hold | published |
| `cost` | `count`: each migration takes 1 of the limit; `memory`: 1 for each 4 GB that is begun | count |
| `goal` | the least cost of migrations after which there are so many slots more; 0 = the least fragment rate | 0 |
| `churn` | with `span`: VMs that arrive per s; as many leave | 1 |
| `span` | ms after which the objective is taken | none |

The paper shows how full PMs are at each workload (share of PMs by their use of cores). Medium fits these where each VM
leaves with probability 0.25 and 80 % of them return by best fit (high), and where 0.33 or 0.60 leave (middle, low).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from envs.core.text import nearest
from envs.vm_rescheduling.slots import FR_16, Slots, slots_of

LOADS = {"high": (0.25, 0.8), "middle": (0.33, 0.0), "low": (0.6, 0.0), "full": (0.1, 1.0), "none": (0.0, 0.0)}
"""How likely a VM leaves, and which share of those that left return."""

CHOICES = {"load": tuple(LOADS), "memory": ("published", "bound"), "cost": ("count", "memory")}
"""Parameters that are words, and which."""

NUMBERS: dict[str, tuple[type[int] | type[float], bool, float]] = {
    "limit": (int, True, 10**6),
    "affinity": (float, True, 1),
    "members": (int, False, 10**6),
    "goal": (int, False, 10**6),
    "churn": (float, False, 10**4),
    "span": (int, False, 10**8),
}
"""Whether the value of each parameter is whole, whether it may be a range, and the largest."""


@dataclass(frozen=True)
class Law:
    """How a random source draws, as documented at the top; the pairs are ranges."""

    load: str = "high"
    limit: tuple[int, int] = (50, 50)
    slots: Slots = FR_16
    affinity: tuple[float, float] = (0.0, 0.0)
    members: int = 8
    memory: str = "published"
    cost: str = "count"
    goal: int = 0
    churn: float = 1.0
    span: int = 0

    @property
    def most_arrivals(self) -> int:
        """More VMs than arrive within the span but for one case in 10^9."""
        mean = self.churn * self.span / 1000
        return int(mean + 6 * mean**0.5) + 1 if self.span else 0

    def migration_cost(self, memory: np.ndarray) -> np.ndarray:
        """(F,) int64 of flavours with so many MB."""
        if self.cost == "count":
            return np.ones(len(memory), np.int64)
        return np.maximum(1, -(-memory // 4096))


def law_of(text: str, words: list[str]) -> Law:
    """The law that the parameters of `text` name; ValueError for what is none, or stands there twice."""
    found: dict[str, Any] = {}
    for word in words:
        name, value = _parameter(text, word)
        if name in found:
            raise ValueError(f"{text!r} gives {name} twice: each parameter stands once")
        found[name] = value
    if "churn" in found and "span" not in found:
        raise ValueError(f"{text!r}: churn needs a span, as in churn=2,span=60000")
    if "members" in found and "affinity" not in found:
        raise ValueError(f"{text!r}: members needs an affinity, as in affinity=0.2,members=5")
    return replace(Law(), **found)


def _parameter(text: str, word: str) -> tuple[str, Any]:
    name, _, value = word.partition("=")
    known = [*CHOICES, *NUMBERS, "slots"]
    if name not in known:
        raise ValueError(f"{text!r} has an unknown parameter {name!r}: {nearest(name, known)}")
    if name == "slots":
        return name, slots_of(value)
    if name in CHOICES:
        if value not in CHOICES[name]:
            raise ValueError(f"{text!r}: {name} is {value!r}, but must be one of {', '.join(CHOICES[name])}")
        return name, value
    read, ranged, most = NUMBERS[name]
    number = r"(\d{1,9})" if read is int else r"(\d{1,9}(?:\.\d+)?)"
    match = re.fullmatch(rf"{number}(?:\.\.{number})?" if ranged else number + "()", value)
    low, high = (read(match[1]), read(match[2] or match[1])) if match else (0, -1)
    least = 1 if name in ("limit", "members", "span") else 0
    if match is None or not least <= low <= high <= most:
        rule = f"a {'whole ' if read is int else ''}number from {least} to {most:g}"
        example = f"as in {name}={'0.2' if read is float else 20}" + (" or a range, low..high" if ranged else "")
        raise ValueError(f"{text!r}: {name} is {value!r}, but must be {rule}, {example}")
    return name, (low, high) if ranged else low
