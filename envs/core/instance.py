"""The base of all problem instances: named numpy arrays that never change."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from functools import cache, cached_property, lru_cache
from operator import attrgetter
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, DTypeLike
from xxhash import xxh3_64_intdigest


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

    @cached_property
    def fingerprint(self) -> int:
        """63-bit hash of everything visible but the name: equal fingerprints mean equal graphs."""
        layout: list[Any] = []
        arrays: list[Any] = []
        for value in _visible_values(type(self))(self):
            if type(value) is np.ndarray:
                layout.append((value.dtype.str, value.shape))
                arrays.append(value)
            else:
                layout.append(value)
        return hashed(b"".join(arrays), layout_seed(tuple(layout)))

    @cached_property
    def identity(self) -> str:
        """Hash of all fields but the name, hidden ones included, as 16 hexadecimal digits: what a result is about."""
        values = [np.asarray(getattr(self, name)) for name in _compared(type(self))]
        layout = tuple((value.dtype.str, value.shape) for value in values)
        return f"{hashed(b''.join(value.tobytes() for value in values), layout_seed(layout)):016x}"

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
def layout_seed(layout: tuple[Any, ...]) -> int:
    """Where the hash of arrays begins: 64 bits of their types, shapes and what else the content does not tell."""
    return xxh3_64_intdigest(repr(layout).encode())


def hashed(data: Any, seed: int) -> int:
    """63-bit hash of bytes or of a contiguous array: a hundred times as fast as SHA-256, where nobody forges."""
    return xxh3_64_intdigest(data, seed) >> 1


def freeze(values: ArrayLike, dtype: DTypeLike = np.int64) -> np.ndarray:
    """A contiguous, read-only copy of `values`: what the fields of an instance hold."""
    array = np.array(values, dtype=dtype, order="C")
    array.setflags(write=False)
    return array
