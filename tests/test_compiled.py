"""Calling a kernel without numba's look-up of types gives what the plain function gives."""

import sys
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
