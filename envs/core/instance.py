"""The base of all problem instances: named numpy arrays that never change."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from functools import cache, cached_property, lru_cache
from hashlib import sha256
from operator import attrgetter
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from envs.core.compiled import entry, fast


@dataclass(frozen=True, eq=False, repr=False)
class Instance(ABC):
    """The numbers of one problem and of one realisation of its chances.

    A problem derives a `@dataclass(frozen=True, eq=False, repr=False)` whose fields are read-only numpy arrays
    (made so with `freeze`) and integers, and says each array's shape, dtype and unit in its docstring.

    Two instances are equal when all their fields but the name are, hidden ones included.
    """

    HIDDEN: ClassVar[tuple[str, ...]] = ()
    """Names of the fields that no agent and no rule may see: the future, the true durations."""

    name: str = field(default="", kw_only=True)
    """A label for tables and pictures: not compared, not part of the fingerprint."""

    @property
    @abstractmethod
    def shape(self) -> tuple[int, ...]:
        """The problem's dimensions: their elementwise maximum over instances is the room an environment needs."""

    @property
    def size(self) -> str:
        """The dimensions as people write them, "15x15": what tables are grouped by."""
        return "x".join(map(str, self.shape))

    @abstractmethod
    def lower_bound(self) -> int | float:
        """A cheap bound that no schedule's objective is below."""

    @classmethod
    @abstractmethod
    def load(cls, path: str | Path) -> Self:
        """Read an instance from a file; a malformed one is a ValueError of one sentence: file, line and rule."""

    @abstractmethod
    def save(self, path: str | Path) -> None:
        """Write the instance so that `load` returns an equal one of the same name."""

    @cached_property
    def fingerprint(self) -> int:
        """63-bit hash of everything visible but the name: equal fingerprints mean equal graphs."""
        layout: list[Any] = []
        arrays: list[Any] = []
        for value in _visible_values(type(self))(self):
            if type(value) is np.ndarray:
                layout += (value.dtype.char, value.shape)
                arrays.append(value)
            else:
                layout.append(value)
        data = b"".join(arrays)
        data += bytes(-len(data) % 8)
        return finished(int(mixed(np.frombuffer(data, np.uint64), 0, layout_hash(tuple(layout)))))

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return all(np.array_equal(getattr(self, name), getattr(other, name)) for name in _compared(type(self)))

    def __hash__(self) -> int:
        return self.fingerprint

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name!r}, shape={self.shape})"


@cache
def _compared(cls: type[Instance]) -> tuple[str, ...]:
    return tuple(item.name for item in fields(cls) if item.name != "name")


@cache
def _visible_values(cls: type[Instance]) -> Callable[[Instance], tuple[Any, ...]]:
    """Reads a tuple of all fields that agents may see, but the name."""
    names = [name for name in _compared(cls) if name not in cls.HIDDEN]
    read = attrgetter(*names)
    return read if len(names) > 1 else lambda instance: (read(instance),)


@lru_cache(maxsize=1024)
def layout_hash(layout: tuple) -> int:
    """Where the hash of an instance starts: 63 bits, `mixed` is compiled for a signed number."""
    return int.from_bytes(sha256(repr(layout).encode()).digest()[:8], "little") >> 1


def finished(total: int) -> int:
    """The fingerprint, 63 bits, of a sum of hashes."""
    return total % 2**64 >> 1


@entry
def mixed(words: np.ndarray, first: int, start: int) -> Any:
    """Add (n,) uint64, at the places from `first` on, to a 64-bit hash.

    Several times as fast as SHA-256, and as good where nobody forges instances.
    """
    total = np.uint64(start)
    for i in range(words.size):
        total += scrambled(words[i], first + i)
    return total


@fast
def scrambled(word, place):
    """What the mixer of SplitMix64 (Steele et al. 2014) makes of a word at its place; the hash is the sum of these."""
    value = np.uint64(word) + np.uint64(place + 1) * np.uint64(0x9E3779B97F4A7C15)
    value = (value ^ (value >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    value = (value ^ (value >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return value ^ (value >> np.uint64(31))


def freeze(values: ArrayLike, dtype: DTypeLike = np.int64) -> np.ndarray:
    """A contiguous, read-only copy of `values`: what the fields of an instance hold."""
    array = np.array(values, dtype=dtype, order="C")
    array.setflags(write=False)
    return array
