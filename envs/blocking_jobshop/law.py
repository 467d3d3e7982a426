"""What is added to a job shop to make it a blocking one with failures, and how it is written.

Behind the size of random shops stand parameters parted by commas, "10x10,shutdown=0..0.1,swap=allowed/not_allowed";
behind the name of a set, an instance or a file they are parted by colons, "la16:shutdown=0.05:seed=0..29".

| parameter | values | default |
|---|---|---|
| `swap` | `allowed`, `not_allowed`: whether jobs may rotate over a cycle of machines | allowed |
| `shutdown` | the probability of every machine, from 0 to below 1 | 0 |
| `downtime` | downtimes are uniform on 1..this | 10 |
| `repair` | downtimes are geometric: a machine is repaired at the end of each unit with this probability | none |
| `failures` | `calendar`, `busy`: whether machines fail at any time or only while they process | calendar |
| `interrupted` | `resume`, `repeat`: whether an operation goes on after the repair or begins anew | resume |
| `seed` | of the failures, not with random shops; a range, "0..29", is so many instances of each shop | 0 |

For random shops each parameter may list alternatives, "0/0.01/0.05", of which each instance draws one, and `shutdown`
may be a range, from which each draws uniformly.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from envs.blocking_jobshop.instance import LONGEST_DOWNTIME, BlockingJobShopInstance, most_failures
from envs.core.sources import Source
from envs.core.text import nearest, size_range
from envs.jobshop.instance import JobShopInstance

CHOICES: dict[str, tuple[str, dict[str, int]]] = {
    "swap": ("swap", {"allowed": 1, "not_allowed": 0}),
    "failures": ("busy_only", {"calendar": 0, "busy": 1}),
    "interrupted": ("resume", {"resume": 1, "repeat": 0}),
}
"""Parameters that are words: the field of the instance and the value of each word."""
PARAMETERS = ("swap", "shutdown", "downtime", "repair", "failures", "interrupted", "seed")
SEEDS = 10_000
"""A range of seeds is not longer."""
LONGEST = 99
"""Durations of random shops are not above this."""


@dataclass(frozen=True)
class Law:
    """Alternatives for each field of an instance, of which one is drawn; `shutdown` are pairs, ranges."""

    swap: tuple[int, ...] = (1,)
    resume: tuple[int, ...] = (1,)
    busy_only: tuple[int, ...] = (0,)
    shutdown: tuple[tuple[float, float], ...] = ((0.0, 0.0),)
    downtime_most: tuple[int, ...] = (10,)
    repair_probability: tuple[float, ...] = (0.0,)

    def draw(self, rng: np.random.Generator) -> dict[str, Any]:
        """Fields of an instance; no number is spent where there is no choice."""
        low, high = _one(rng, self.shutdown)
        return {
            "swap": _one(rng, self.swap),
            "resume": _one(rng, self.resume),
            "busy_only": _one(rng, self.busy_only),
            "shutdown_probability": low if low == high else rng.uniform(low, high),
            "downtime_most": _one(rng, self.downtime_most),
            "repair_probability": _one(rng, self.repair_probability),
        }


class RandomShops(Source[BlockingJobShopInstance]):
    """Shops by Taillard's law with sizes between two, under a law of failures."""

    def __init__(self, smallest: tuple[int, ...], largest: tuple[int, ...], law: Law) -> None:
        """Each size is (jobs, machines)."""
        self.smallest, self.largest, self.law = smallest, largest, law
        self._plain = law == Law()

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """(jobs, machines, operations, failures) of the largest."""
        jobs, machines = self.largest
        failures = most_failures(LONGEST * jobs * machines, max(high for _, high in self.law.shutdown))
        return jobs, machines, jobs * machines, machines * failures

    def sample(self, rng: np.random.Generator) -> BlockingJobShopInstance:
        """An instance of its own size and law, with failures of its own seed."""
        jobs, machines = (
            low + int(rng.random() * (high - low + 1)) if low < high else low
            for low, high in zip(self.smallest, self.largest, strict=True)
        )
        shop = BlockingJobShopInstance.generate(rng, jobs, machines)
        if self._plain:
            return shop
        shop = shop.under(self.law.draw(rng))
        return shop.realise(int(rng.integers(2**62))) if shop.can_fail else shop


def random_source(text: str) -> RandomShops:
    """What follows "random:": "10x10", "6x6..15x15,shutdown=0..0.1", as the top of this file says it."""
    size, *words = text.split(",")
    smallest, largest = size_range(size, "job shops", "JOBSxMACHINES", "10x10, or a range, 6x6..15x15")
    given = dict(_parameter(text, word) for word in words)
    if len(given) < len(words):
        raise ValueError(f"{text!r} gives a parameter twice: each stands once")
    if "seed" in given:
        raise ValueError(f"{text!r}: random shops draw the seed of their failures themselves, so leave seed out")
    return RandomShops(smallest, largest, law_of(text, given))


def split(text: str) -> tuple[str, dict[str, str]]:
    """What "la:10x5:shutdown=0.05:seed=3" says before its parameters, "la:10x5", and the parameters."""
    words = text.split(":")
    pairs = [_parameter(text, word) for word in words if "=" in word]
    given = dict(pairs)
    if len(given) < len(pairs):
        raise ValueError(f"{text!r} gives a parameter twice: each stands once")
    return ":".join(word for word in words if "=" not in word), given


def realisations(shop: JobShopInstance, given: Mapping[str, str]) -> list[BlockingJobShopInstance]:
    """The blocking shop under parameters, each one value, and the failures of each seed; their names say which."""
    text = ":".join([shop.name, *(f"{name}={value}" for name, value in given.items())])
    for name, value in given.items():
        if "/" in value or (".." in value and name != "seed"):
            raise ValueError(f"{text!r}: {name} is {value!r}, but has one value here; only random shops draw")
    law = law_of(text, {name: value for name, value in given.items() if name != "seed"})
    if isinstance(shop, BlockingJobShopInstance) and not given:
        return [shop]
    blocking = BlockingJobShopInstance.of(shop).under(law.draw(np.random.default_rng(0)))
    if not blocking.can_fail:
        if "seed" in given:
            raise ValueError(
                f"{text!r} has a seed of failures, but no failures: write shutdown=0.05, or leave seed out"
            )
        return [replace(blocking, name=text)]
    words = [f"{name}={value}" for name, value in given.items() if name != "seed"]
    seeds = _seeds(text, given.get("seed", "0"))
    return [replace(blocking.realise(seed), name=":".join([shop.name, *words, f"seed={seed}"])) for seed in seeds]


def law_of(text: str, given: Mapping[str, str]) -> Law:
    """The law that the parameters of `text` say."""
    found: dict[str, Any] = {}
    for name, value in given.items():
        alternatives = value.split("/")
        if name in CHOICES:
            field, words = CHOICES[name]
            for word in alternatives:
                if word not in words:
                    raise ValueError(f"{text!r}: {name} is {word!r}, but must be {' or '.join(words)}")
            found[field] = tuple(words[word] for word in alternatives)
        elif name == "shutdown":
            found[name] = tuple(_range(text, word) for word in alternatives)
        elif name == "repair":
            found["repair_probability"] = tuple(_fraction(text, name, word, positive=True) for word in alternatives)
        else:
            found["downtime_most"] = tuple(_most(text, word) for word in alternatives)
    if "repair" in given and "downtime" in given:
        raise ValueError(f"{text!r} has both downtime (uniform) and repair (geometric): write one of them")
    return Law(**found)


def _parameter(text: str, word: str) -> tuple[str, str]:
    name, _, value = word.partition("=")
    if name not in PARAMETERS:
        raise ValueError(f"{text!r} has an unknown parameter {name!r}: {nearest(name, PARAMETERS)}")
    return name, value


def _one(rng: np.random.Generator, alternatives: Sequence[Any]) -> Any:
    return alternatives[int(rng.random() * len(alternatives))] if len(alternatives) > 1 else alternatives[0]


def _fraction(text: str, name: str, word: str, positive: bool = False) -> float:
    match = re.fullmatch(r"0(\.\d{1,9})?", word)
    if match is None or (positive and float(word) == 0):
        rule = "a number above 0 and below 1" if positive else "a number from 0 to below 1"
        raise ValueError(f"{text!r}: {name} is {word!r}, but must be {rule}, as in {name}=0.05")
    return float(word)


def _range(text: str, word: str) -> tuple[float, float]:
    low, dots, high = word.partition("..")
    pair = _fraction(text, "shutdown", low), _fraction(text, "shutdown", high if dots else low)
    if pair[0] > pair[1]:
        raise ValueError(f"{text!r}: the range of shutdown runs backwards, write the smaller number first")
    return pair


def _most(text: str, word: str) -> int:
    if not re.fullmatch(r"[1-9]\d{0,6}", word) or int(word) > LONGEST_DOWNTIME:
        rule = f"a whole number from 1 to {LONGEST_DOWNTIME}, as in downtime=10"
        raise ValueError(f"{text!r}: downtime is {word!r}, but must be {rule}")
    return int(word)


def _seeds(text: str, word: str) -> range:
    match = re.fullmatch(r"(\d{1,15})(?:\.\.(\d{1,15}))?", word)
    if match is None:
        raise ValueError(f"{text!r}: seed is {word!r}, but must be a whole number or a range, as in seed=0..29")
    low, high = int(match[1]), int(match[2] or match[1])
    if not 0 <= high - low < SEEDS:
        raise ValueError(f"{text!r}: seed is {word!r}, but a range runs upwards and has at most {SEEDS} seeds")
    return range(low, high + 1)
