"""The files in which instances and their best known values are published; sets.py says which there are.

* OR-Library's text, which `envs.tardiness.formats` describes; a second file has one value for each instance.
* The numpy files of arXiv 2510.24013: arrays of dictionaries with `processing_times`, `due_dates` and
  `optimal_solution`. numpy keeps such arrays as pickles, which run code when they are loaded the usual way; here they
  are read by an unpickler that knows numpy's arrays and nothing else, and puts plain objects in their place.
"""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from envs.core.files import read_text
from envs.core.text import Line, lines_of
from envs.tardiness import formats
from envs.tardiness.instance import LARGEST

NUMBERS = ("<i4", "<i8", "<f8")
"""The types of the numbers in the numpy files."""


class Published(NamedTuple):
    """One instance as it stands in a file: int64 arrays (n,), and the best value that its authors know."""

    processing: np.ndarray
    due: np.ndarray
    weight: np.ndarray
    value: int


def read_orlib(instances: Path, values: Path, jobs: int) -> list[Published]:
    """Instances of `jobs` jobs each; the second file has as many values as the first has instances."""
    known = [value for line in lines_of(read_text(values), values) for value in _values(line)]
    found = formats.read_orlib(read_text(instances), instances, jobs)
    if len(found) != len(known):
        raise ValueError(f"{instances}: there are {len(found)} instances of {jobs} jobs, but {len(known)} values")
    arrays = [np.array(one[:3], np.int64) for one in found]
    return [Published(p, d, w, value) for (p, d, w), value in zip(arrays, known, strict=True)]


def _values(line: Line) -> list[int]:
    return line.numbers(["the value"] * len(line.words), 0, LARGEST)


def read_numpy(path: Path) -> list[Published]:
    """The instances of a numpy file; ValueError of one sentence where it holds anything but arrays of numbers."""
    try:
        with path.open("rb") as file:
            np.lib.format.read_magic(file)
            np.lib.format.read_array_header_1_0(file)
            array = _Unpickler(file).load()
    except _UnknownName as error:
        raise ValueError(f"{path}: the file asks for {error}, but only arrays of numbers are read") from None
    except (ValueError, pickle.UnpicklingError, EOFError, TypeError, KeyError, IndexError, AttributeError) as error:
        raise ValueError(f"{path}: this is no numpy file of instances ({error})") from None
    entries = array.content if isinstance(array, _Array) else None
    if not isinstance(entries, list):
        raise ValueError(f"{path}: this is no numpy file of instances (it is no array of objects)")
    return [_entry(entry, f"{path}: instance {number}") for number, entry in enumerate(entries, 1)]


def _entry(entry: Any, at: str) -> Published:
    if not isinstance(entry, dict):
        raise ValueError(f"{at} is no dictionary")
    processing, due, value = (_numbers(entry, key, at) for key in ("processing_times", "due_dates", "optimal_solution"))
    if len(processing) != len(due) or len(value) != 1:
        raise ValueError(f"{at}: there are {len(processing)} processing times and {len(due)} due dates")
    return Published(processing, due, np.ones(len(due), np.int64), int(value[0]))


def _numbers(entry: dict[str, Any], key: str, at: str) -> np.ndarray:
    """(n,) int64 of an array, (1,) of a single number."""
    found: Any = entry.get(key)
    try:
        values = found.numbers() if isinstance(found, _Array) else np.array([float(found)])
    except (TypeError, ValueError):
        raise ValueError(f"{at}: `{key}` is missing or holds no numbers") from None
    if not (np.abs(values) <= LARGEST).all() or (values != np.trunc(values)).any():
        raise ValueError(f"{at}: `{key}` holds what is no whole number up to {LARGEST}")
    return values.astype(np.int64)


class _UnknownName(pickle.UnpicklingError):
    """A pickle names something that is not in `_STAND_INS`."""


class _Type:
    """Stands for numpy.dtype."""

    def __init__(self, code: str, *_: Any) -> None:
        self.code, self.order = code, "<"

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        self.order = state[1]

    def numbers(self, content: bytes) -> np.ndarray:
        """What the bytes say in this type."""
        name = f"{self.order}{self.code}"
        if name not in NUMBERS:
            raise ValueError(f"{name} is none of {', '.join(NUMBERS)}")
        return np.frombuffer(content, name)


class _Array:
    """Stands for numpy.ndarray: of numbers as bytes, of objects as a list."""

    def __init__(self, *_: Any) -> None:
        self.type, self.content = _Type("O8"), b""

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        _version, _shape, self.type, _fortran, self.content = state

    def numbers(self) -> np.ndarray:
        """(n,) the numbers."""
        return self.type.numbers(self.content)


def _scalar(of: _Type, content: bytes) -> float:
    return of.numbers(content).item()


_STAND_INS = {"ndarray": _Array, "_reconstruct": _Array, "dtype": _Type, "scalar": _scalar}
_MODULES = ("numpy", "numpy.core.multiarray", "numpy._core.multiarray")


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if module not in _MODULES or name not in _STAND_INS:
            raise _UnknownName(f"{module}.{name}")
        return _STAND_INS[name]
