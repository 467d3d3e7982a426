"""Random jobs: layered graphs, arrivals and true durations, each drawn by its law."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numba import njit

from envs.core.instance import freeze

HETEROGENEITIES = (0.5, 1.0, 1.5)
"""How unlike PEs are: a task of mean w takes w U(1 - b/2, 1 + b/2) on each, b one of these."""

RATIOS = (0.1, 0.5, 1.0, 2.0)
"""Communication over computation: an edge between two PEs takes ratio * 100 U(0, 1) us, where tasks take U(10, 90)."""

DEPTHS = (0.7, 1.0, 1.4)
"""Layers of a graph of n tasks over the square root of n."""


class Graph(NamedTuple):
    """A job: T tasks, E edges sorted by target and source."""

    duration: np.ndarray  # (T, P) int64 mean us, -1 = cannot run there
    edge: np.ndarray  # (E, 2) int64
    volume: np.ndarray  # (E,) int64


def layered(rng: np.random.Generator, tasks: int, pes: int, heterogeneity: float, ratio: float) -> Graph:
    """Draw a layered graph.

    Each of its layers has a task, the others are spread evenly. A task that is not in the first layer has one
    predecessor in the layer before it and 0 to 2 more in any layer before it (those that come out twice count once).
    Durations are unrelated across PEs; all numbers are rounded, durations are at least 1.

    ratio: of mean transfer time between two PEs to mean duration, where the bandwidth is 1.
    """
    depth = min(tasks, max(1, round(DEPTHS[int(rng.random() * len(DEPTHS))] * tasks**0.5)))
    uniform = rng.random(tasks * (9 + pes))
    duration = np.empty((tasks, pes), np.int64)
    table = np.empty((3 * tasks, 3), np.int64)
    edges = _layered(uniform, depth, heterogeneity, ratio, duration, table)
    return Graph(duration, table[:edges, :2].copy(), table[:edges, 2].copy())


@njit(cache=True, nogil=True)
def _layered(uniform, depth, heterogeneity, ratio, duration, table):
    """Write duration (T, P) and the rows (source, target, volume) of table (3 T, 3); returns the number of edges.

    uniform: in [0, 1), used up from the front.
    """
    tasks, pes = duration.shape
    drawn, edges = tasks - depth, 0
    first = np.zeros(depth + 1, np.int64)  # the tasks of layer k are first[k]:first[k + 1]
    first[1:] = 1
    for task in range(drawn):
        first[1 + int(depth * uniform[task])] += 1
    for layer in range(depth):
        first[layer + 1] += first[layer]
    for task in range(tasks):
        mean = 10 + 80 * uniform[drawn]
        for p in range(pes):
            scale = 1 + heterogeneity * (uniform[drawn + 1 + p] - 0.5)
            duration[task, p] = max(1, int(mean * scale + 0.5))
        drawn += 1 + pes
    for layer in range(1, depth):
        for target in range(first[layer], first[layer + 1]):
            begin, more = edges, int(3 * uniform[drawn])
            for k in range(1 + more):
                low = first[layer - 1] if k == 0 else 0
                source = low + int((first[layer] - low) * uniform[drawn + 1 + k])
                at = edges
                while at > begin and table[at - 1, 0] > source:
                    at -= 1
                if at > begin and table[at - 1, 0] == source:
                    continue
                for row in range(edges, at, -1):
                    table[row] = table[row - 1]
                table[at, 0], table[at, 1] = source, target
                edges += 1
            drawn += 2 + more
            for row in range(begin, edges):
                table[row, 2] = int(100 * ratio * uniform[drawn] + 0.5)
                drawn += 1
    return edges


def noisy(rng: np.random.Generator, duration: np.ndarray, noise: float) -> np.ndarray:
    """(T, P) int64 true durations: Gaussian around the mean, rounded, at least 1; 0 and -1 stay.

    noise: standard deviation over mean. As in DS3 and DS3Gym (`get_execution_time`).
    """
    if not noise:
        return duration
    drawn = np.rint(duration * (1 + noise * rng.standard_normal(duration.shape))).astype(np.int64)
    return np.where(duration > 0, np.maximum(drawn, 1), duration)


def arrivals(rng: np.random.Generator, jobs: int, scale: float, at_once: int = 1) -> np.ndarray:
    """(J,) int64: `at_once` jobs at 0, then gaps that are exponential with mean `scale` us, rounded down."""
    gaps = np.zeros(jobs, np.int64)
    gaps[at_once:] = rng.exponential(scale, max(0, jobs - at_once)).astype(np.int64)
    return gaps.cumsum()


def put_together(graphs: Sequence[Graph]) -> dict[str, np.ndarray]:
    """The fields `job_start`, `duration`, `edge` and `volume` of an instance with these jobs."""
    job_start = np.cumsum([0, *(len(graph.duration) for graph in graphs)])
    edge = np.concatenate([graph.edge for graph in graphs])
    edge += np.repeat(job_start[:-1], [len(graph.edge) for graph in graphs])[:, None]
    return {
        "job_start": job_start,
        "duration": np.concatenate([graph.duration for graph in graphs]),
        "edge": edge,
        "volume": np.concatenate([graph.volume for graph in graphs]),
    }


@lru_cache(maxsize=64)
def no_power(pes: int) -> np.ndarray:
    """(P,) float64 of zeros: nothing is known of the PEs' power."""
    return freeze(np.zeros(pes), np.float64)


@lru_cache(maxsize=64)
def unit_bandwidth(pes: int) -> np.ndarray:
    """(P, P) int64: 1 between two PEs, so that a volume is a time, and 0 (no time) within one."""
    return freeze(1 - np.eye(pes, dtype=np.int64))
