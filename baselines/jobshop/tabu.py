"""Tabu search for the job shop: compiled, from any schedule, with an answer at any time.

Nowicki and Smutnicki (1996), Management Science 42(6): operations are moved within the blocks of a critical path; the
best move that is not forbidden is made. Neighbourhoods: theirs, N5, swaps at the ends of blocks; N6 of Balas and
Vazacopoulos (1998), Management Science 44(2), any operation to an end of its block; N7 of Zhang et al. (2007),
Computers & Operations Research 34(11), also those at the ends inwards.
"""

import math
import time
from functools import cache

import numpy as np

from baselines.cp_sat import Search, check_budget
from baselines.jobshop.graph import OPERATION, Graph
from baselines.jobshop.start import linear_order, order_of, schedule_of
from baselines.jobshop.trajectory import N5, N6, N7, WALK, Trajectory, begin, search
from baselines.solution import Solution
from envs.core.state import records
from envs.core.text import nearest
from envs.jobshop.instance import JobShopInstance

NEIGHBOURHOODS = {"N5": N5, "N6": N6, "N7": N7}
TENURE, PATIENCE, KICKS = 8, 50, 8
"""Of `WALK`, the patience for each operation. On random instances of 15x15 to 30x20, at 0.1 and 0.5 CPU s, less
patience and other tenures were worse; on 10x10, and between N6 and N7, there was no difference."""

CHUNK_S = 0.001
"""About how long the search goes on between two looks at the clock."""

MOST_CELLS = 2**20
"""Of the memory of forbidden moves; larger instances share cells."""


def tabu(
    instance: JobShopInstance,
    seconds: float,
    workers: int = 1,
    seed: int = 0,
    *,
    start: np.ndarray | None = None,
    moves: int | None = None,
    neighbourhood: str = "N6",
) -> Solution:
    """Search from the schedule `start` or, without one, from that of the rule "linear".

    It ends after `seconds` of CPU time, all included, after so many `moves`, or at a makespan that is the lower bound;
    `seconds` may be infinite. The same seed and number of moves give the same schedule. It runs on one thread, whatever
    `workers` says.

    Raises:
        ValueError: no time, no worker, less than no moves, an unknown neighbourhood, or a start that is no schedule of
            the instance.
    """
    check_budget("tabu", seconds, workers)
    if moves is not None and moves < 0:
        raise ValueError(f"tabu makes at least 0 moves, but got {moves}.")
    if neighbourhood not in NEIGHBOURHOODS:
        raise ValueError(f"tabu has no neighbourhood {neighbourhood!r}: {nearest(neighbourhood, NEIGHBOURHOODS)}.")
    warm_up()
    call = Search("tabu", seconds, workers, seed)
    order = linear_order(instance) if start is None else order_of(instance, start)
    graph, trajectory = prepare(instance, order, seed, neighbourhood)
    makespan, bound = int(trajectory.walk[0].best), int(instance.lower_bound())
    call.record(makespan, schedule_of(instance, trajectory.end))
    chunk, left = 16, math.inf if moves is None else moves
    while makespan > bound and left > 0 and (began := call.spent()) < seconds:
        chunk = int(min(chunk, left))
        search(graph, trajectory, chunk, bound)
        left -= chunk
        if trajectory.walk[0].best < makespan:
            makespan = int(trajectory.walk[0].best)
            call.record(makespan, schedule_of(instance, trajectory.end))
        chunk = next_chunk(chunk, call.spent() - began)
    status = "feasible" if trajectory.walk[0].moves else "hint"
    return call.solution(makespan, bound, call.improvements[-1].schedule, status)


def prepare(
    instance: JobShopInstance, order: np.ndarray, seed: int = 0, neighbourhood: str = "N6"
) -> tuple[Graph, Trajectory]:
    """A search that has made no move yet; order: (O,) of the operations, as each machine and each job takes them."""
    graph = _graph(instance)
    graph.order[:] = order
    lanes = int(graph.operation["lane"].max()) + 1
    cells = min(1 << (instance.operations * lanes - 1).bit_length(), MOST_CELLS)
    walk = records(1, WALK)
    walk["neighbourhood"], walk["lanes"] = NEIGHBOURHOODS[neighbourhood], lanes
    walk["tenure"] = walk["spread"] = TENURE
    walk["patience"], walk["kicks"] = PATIENCE * instance.operations, KICKS
    walk["random"] = np.random.default_rng(seed).integers(2**62)
    best, end = np.zeros((2, instance.operations), np.int64)
    trajectory = Trajectory(walk, np.zeros(cells, np.int64), best, end)
    begin(graph, trajectory)
    return graph, trajectory


def _graph(instance: JobShopInstance) -> Graph:
    """The graph of an instance, without a schedule: write `order` and call `rebuild`."""
    count, first = instance.operations, instance.job_start[:-1]
    last = instance.job_start[1:] - 1
    used, machine = np.unique(instance.machine, return_inverse=True)
    sizes = np.bincount(machine)
    operation = np.zeros(count + 1, OPERATION).view(np.recarray)
    operation["duration"][:count], operation["machine"][:count] = instance.duration, machine
    operation["before"][:count], operation["after"][:count] = np.arange(count) - 1, np.arange(count) + 1
    operation["before"][first] = operation["after"][last] = count
    operation["lane"][np.argsort(machine, kind="stable")] = np.arange(count) - np.repeat(
        np.cumsum(sizes) - sizes, sizes
    )
    order, moved, path = np.zeros((3, count), np.int64)
    return Graph(operation, order, moved, last, np.zeros(len(used), np.int64), path)


def next_chunk(moves: int, seconds: float) -> int:
    """How many moves to make at once, after so many have taken so long: about `CHUNK_S`, at most twice as many."""
    return max(1, int(moves * min(2.0, CHUNK_S / max(seconds, 1e-9))))


def moves_per_second(instance: JobShopInstance, seconds: float, anew: bool) -> float:
    """How many moves the search judges in a CPU second: by estimates or, `anew`, each by a pass over all operations."""
    warm_up()
    graph, trajectory = prepare(instance, linear_order(instance))
    trajectory.walk["exact"] = anew
    chunk, began = 16, time.process_time()
    while (spent := time.process_time() - began) < seconds:
        search(graph, trajectory, chunk, 0)
        chunk = next_chunk(chunk, time.process_time() - began - spent)
    return trajectory.walk[0].judged / spent


@cache
def warm_up() -> None:
    """Compile the search, or load it: what the first call would spend its time on."""
    shop = JobShopInstance.from_jobs([[(0, 1), (0, 1)], [(0, 2)]])
    search(*prepare(shop, linear_order(shop)), 1, 0)
