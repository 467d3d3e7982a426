"""Calling a kernel without numba's look-up of types gives what the plain function gives."""

import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np

from envs.core.compiled import entry


class Pair(NamedTuple):
    left: np.ndarray
    right: np.ndarray


@entry
def add(pair, rows, twice):
    """Add right to left in the given rows."""
    for b in range(rows.size):
        if rows[b]:
            pair.left[b] += pair.right[b] * (2 if twice else 1)


def test_it_does_what_the_function_does_at_every_call():
    for twice in (False, True):
        pair, rows = Pair(np.arange(4.0), np.ones(4, np.int64)), np.array([True, False, True, False])
        add(pair, rows, twice)
        np.testing.assert_array_equal(pair.left, [1 + twice, 1, 3 + twice, 3])


@entry
def count(pair, rows):
    """Add 1 to the left of each given row."""
    for b in range(rows.size):
        if rows[b]:
            pair.left[b] += 1


def test_no_references_are_counted():
    pair, rows = Pair(np.arange(4.0), np.ones(4, np.int64)), np.array([True, False, True, False])
    count(pair, rows)
    references = sys.getrefcount(pair.left)
    for _ in range(100):
        count(pair, rows)
    afterwards = sys.getrefcount(pair.left)
    assert afterwards == references


PART = """
from envs.core.compiled import fast

@fast
def {name}(x):
    return x + 0
"""
FILES = {
    "envs/toy/kernel.py": """
import numpy as np
from envs.core.compiled import entry
from envs.other import numbers
from envs.toy.step import step
from .near import near
import beside

ADDED = numbers.ADDED

@entry
def whole(array):
    array[0] = step(near(beside.more(array[0]))) + ADDED

array = np.zeros(1, np.int64)
whole(array)
print(array[0])
""",
    "envs/toy/step.py": "from envs.other.part import part" + PART.format(name="step").replace("x + 0", "part(x) + 0"),
    "envs/toy/near.py": PART.format(name="near"),
    "envs/toy/gantt.py": "TALL = 0",
    "envs/other/numbers.py": "ADDED = 0",
    "envs/other/part.py": PART.format(name="part"),
    "envs/toy/beside.py": PART.format(name="more"),
}
"""A kernel made of what lies in its folder, in another problem's, and beside it; and a file that it does not import."""


def _play(folder: Path) -> tuple[str, bool]:
    """What the kernel prints in a new process, and whether it was compiled for that."""
    cache = folder / "cache"
    before = {path: path.stat().st_mtime_ns for path in cache.rglob("*") if path.is_file()}
    code = f"import envs, sys; envs.__path__.append({str(folder / 'envs')!r}); import envs.toy.kernel"
    paths = [str(Path(__file__).parents[1]), str(folder / "envs" / "toy")]
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(cache), "PYTHONPATH": os.pathsep.join(paths)}
    shown = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    after = {path: path.stat().st_mtime_ns for path in cache.rglob("*") if path.is_file()}
    return shown.stdout.strip(), before != after


def test_a_kernel_is_compiled_anew_when_what_it_imports_says_something_else(tmp_path: Path):
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    assert _play(tmp_path) == ("0", True)
    assert _play(tmp_path) == ("0", False)
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)  # as a checkout does
    (tmp_path / "envs/toy/gantt.py").write_text("TALL = 1")
    assert _play(tmp_path) == ("0", False)
    for number, name in enumerate(
        ("toy/step", "toy/near", "toy/beside", "other/part", "other/numbers", "toy/kernel"), 1
    ):
        path = tmp_path / "envs" / f"{name}.py"
        path.write_text(path.read_text().replace("= 0", "= 1").replace("+ 0", "+ 1").replace("+ ADDED", "+ ADDED + 1"))
        assert _play(tmp_path) == (str(number), True), name


TUPLE = """
from typing import NamedTuple
import numpy as np
from envs.core.compiled import entry

class {name}(NamedTuple):
    array: np.ndarray

@entry
def whole(pair):
    pair.array[0] += 1

pair = {name}(np.zeros(1, np.int64))
whole(pair)
print(pair.array[0])
"""


def test_a_kernel_whose_named_tuple_is_called_otherwise_now_is_compiled_anew(tmp_path: Path):
    (tmp_path / "envs/toy").mkdir(parents=True)
    for name in ("Old", "New"):
        (tmp_path / "envs/toy/kernel.py").write_text(TUPLE.format(name=name))
        assert _play(tmp_path) == ("1", True)
        assert _play(tmp_path) == ("1", False)
