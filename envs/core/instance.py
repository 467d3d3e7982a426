"""The base of all problem instances: named numpy arrays that never change."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field, fields
from functools import cache, cached_property
from hashlib import blake2b
from pathlib import Path
from typing import ClassVar, Self

import numpy as np


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
        cls = type(self)
        values = [self.__dict__[name] for name in _compared(cls) if name not in cls.HIDDEN]
        arrays = [value for value in values if isinstance(value, np.ndarray)]
        layout = [(value.dtype.char, value.shape) if isinstance(value, np.ndarray) else value for value in values]
        digest = blake2b(repr(layout).encode(), digest_size=8)
        for array in arrays:
            digest.update(array)  # its bytes: frozen arrays are contiguous
        return int.from_bytes(digest.digest(), "little") >> 1

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


def freeze(array: np.ndarray) -> np.ndarray:
    """The same array, contiguous and read-only (a copy where it was a view into something that may change)."""
    array = np.ascontiguousarray(array)
    if array.base is not None:
        array = array.copy()
    array.setflags(write=False)
    return array
