"""Where instances come from: random generators, named sets of public files, and the user's own files.

A problem states its own part in `envs/<problem>/sets.py`, which `envs.core.parts.Sets` describes.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import replace
from difflib import get_close_matches
from glob import glob, has_magic
from itertools import chain
from pathlib import Path
from typing import Any, Generic, TypeVar

import numpy as np

from envs.core.instance import Instance
from envs.core.memory import check_instances
from envs.core.parts import Sets, parts

I_co = TypeVar("I_co", bound=Instance, covariant=True)


def nearest(name: str, options: Iterable[str]) -> str:
    """The end of a sentence about an unknown `name`: the options that look like it, or else all of them."""
    options = list(dict.fromkeys(map(str, options)))
    close = get_close_matches(name, options, n=3)
    if close:
        return f"the nearest {'is' if len(close) == 1 else 'are'} {', '.join(map(repr, close))}"
    shown = ", ".join(options[:12]) + (f" and {len(options) - 12} more" if len(options) > 12 else "")
    return f"there are {shown}" if shown else "there are none"


class Source(ABC, Generic[I_co]):
    """Where an environment takes its next instance from."""

    @property
    @abstractmethod
    def shape(self) -> tuple[int, ...]:
        """The elementwise largest `Instance.shape` that `sample` returns."""

    @abstractmethod
    def sample(self, rng: np.random.Generator) -> I_co:
        """The next instance: all luck comes from `rng`."""


class FixedSource(Source[I_co]):
    """A list of instances, from which each sample is drawn uniformly."""

    def __init__(self, instances: Sequence[I_co]) -> None:
        if not instances:
            raise ValueError("a source needs at least one instance")
        self.instances = tuple(instances)
        dimensions = zip(*(instance.shape for instance in self.instances), strict=True)
        self._shape = tuple(max(dimension) for dimension in dimensions)

    @property
    def shape(self) -> tuple[int, ...]:
        """The elementwise largest shape of the instances."""
        return self._shape

    def sample(self, rng: np.random.Generator) -> I_co:
        """One of the instances, each with the same probability."""
        return self.instances[int(rng.random() * len(self.instances))]


def open_source(problem: Any, text: str) -> Source[Any]:
    """What `instances=` and `train --instances` mean: "random:SIZES" is endless, all else is what `resolve` lists.

    problem: a problem or its class: its `name` and its `Instance` are used.
    """
    head, _, rest = text.partition(":")
    if head == "random" and rest.count(":") == 0:
        return parts(problem.name).sets.random_source(rest)
    return FixedSource(resolve(problem, text))


def resolve(problem: Any, text: str) -> list[Any]:
    """A finite list of instances from "random:SIZES:COUNT:SEED", a named set, an instance's name, a file or a glob.

    problem: a problem or its class: its `name`, `Instance` and `default_instances` are used.
    Raises ValueError: one sentence, with the nearest names where the text is none of these.
    """
    sets = parts(problem.name).sets
    head = text.partition(":")[0]
    if head == "random":
        return _random(sets, text, problem.default_instances)
    names = [*sets.SETS, *(name for members in sets.SETS.values() for name in members)]
    if head in names:
        return sets.load_set(text)
    if has_magic(text):
        paths = sorted(glob(text, recursive=True))  # noqa: PTH207 (Path.glob knows no absolute patterns)
        if not paths:
            raise ValueError(f"no file matches {text!r}")
        return [problem.Instance.load(path) for path in paths]
    if text and Path(text).is_dir():
        raise ValueError(f"{text} is a folder: write {Path(text) / '*'} for the files in it")
    if (text and Path(text).exists()) or "/" in text or Path(text).suffix:
        return [problem.Instance.load(text)]
    raise ValueError(f"{text!r} is neither a set of {problem.name} nor a file: {nearest(head, names)}")


def _random(sets: Sets, text: str, example: str) -> list[Any]:
    parts = text.split(":")
    if len(parts) != 4 or not (parts[2].isdecimal() and parts[3].isdecimal() and int(parts[2]) > 0):
        raise ValueError(f"{text!r} is no finite random set: write random:SIZES:COUNT:SEED, as in {example}:100:0")
    source = sets.random_source(parts[1])
    rng = np.random.default_rng(int(parts[3]))
    first = source.sample(rng)
    check_instances(first, int(parts[2]))
    others = (source.sample(rng) for _ in range(int(parts[2]) - 1))
    return [replace(one, name=f"{text}/{index}") for index, one in enumerate(chain([first], others))]
