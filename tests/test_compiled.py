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


PART = "from envs.core.compiled import fast\n\n@fast\ndef part(x):\n    return x + {}\n"
WHOLE = """
import numpy as np
from envs.core.compiled import entry
from part import part

@entry
def whole(array):
    array[0] = part(array[0])

array = np.zeros(1, np.int64)
whole(array)
print(array[0])
"""


def test_a_kernel_is_compiled_anew_when_a_file_beside_it_has_changed(tmp_path: Path):
    paths = [str(tmp_path), str(Path(__file__).parents[1])]
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path / "cache"), "PYTHONPATH": os.pathsep.join(paths)}
    (tmp_path / "whole.py").write_text(WHOLE)
    for number in (1, 1, 20):
        (tmp_path / "part.py").write_text(PART.format(number))
        code = [sys.executable, "-c", "import whole"]
        shown = subprocess.run(code, env=environment, capture_output=True, text=True, check=True).stdout
        assert shown.strip() == str(number)
