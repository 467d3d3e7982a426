"""Iterated local search for total weighted tardiness as a solver; `baselines.tardiness.walk` is how it searches."""

import math
from collections.abc import Callable
from functools import cache
from time import perf_counter, process_time

import numpy as np

from baselines.cp_sat import Search, check_budget
from baselines.solution import Solution
from baselines.tardiness.walk import AT_ONCE, go_on, improve, judge_anew, walk_from, weighted_tardiness
from envs.tardiness.instance import TardinessInstance
from envs.tardiness.verify import verify


def local_search(
    instance: TardinessInstance,
    seconds: float,
    workers: int = 1,
    seed: int = 0,
    *,
    start: np.ndarray | None = None,
    moves: int | None = None,
) -> Solution:
    """Search from the schedule `start` or, without one, from the jobs by due date or by processing time over weight.

    It ends after `seconds` of CPU time, all included, after so many judged `moves`, or at a value that is the lower
    bound; `seconds` may be infinite. The same seed and number of moves give the same schedule. It runs on one thread,
    whatever `workers` says.

    Raises:
        ValueError: no time, no worker, less than no moves, or a start that is no schedule of the instance.
    """
    check_budget("search", seconds, workers)
    if moves is not None and moves < 0:
        raise ValueError(f"search judges at least 0 moves, but got {moves}.")
    warm_up()
    call, bound = Search("search", seconds, workers, seed), instance.lower_bound()
    order = plain_order(instance) if start is None else order_of(instance, start)
    known, status = math.inf, "hint"
    for value, best in improve(instance, order, seed, math.inf if moves is None else moves, bound):
        status = "feasible" if call.improvements else status
        if value < known:
            known = value
            call.record(value, schedule_of(instance, best))
        if call.spent() > seconds:
            break
    schedule = call.improvements[-1].schedule
    return call.solution(known, bound if bound == known else None, schedule, status)


def good_order(
    instance: TardinessInstance, seed: int, moves: int, until: float, record: Callable[[int, np.ndarray], object]
) -> tuple[int, np.ndarray]:
    """The weighted tardiness of a good order (n,) and that order, found before `until`, by `time.perf_counter`.

    Each that is the best so far is told to `record`, with what it costs.
    """
    known, order = math.inf, plain_order(instance)
    for value, best in improve(instance, order, seed, moves, instance.lower_bound()):
        if value < known:
            known, order = value, best.copy()
            record(value, order)
        if perf_counter() > until:
            break
    return int(known), order


def plain_order(instance: TardinessInstance) -> np.ndarray:
    """(n,) the jobs by due date or, if that is better, by processing time over weight."""
    due, ratio = np.lexsort((instance.processing, instance.due)), instance.processing / instance.weight
    orders = due, np.argsort(ratio, kind="stable")
    return min(orders, key=lambda order: weighted_tardiness(instance, order))


def order_of(instance: TardinessInstance, schedule: np.ndarray) -> np.ndarray:
    """(n,) the jobs of a schedule by their starts; ScheduleError where it is none."""
    verify(instance, schedule)
    rows = np.asarray(schedule, np.int64)
    return rows[np.argsort(rows[:, 1]), 0]


def schedule_of(instance: TardinessInstance, order: np.ndarray) -> np.ndarray:
    """(n, 3) int64 as `verify` reads it: the jobs in this order without gaps."""
    end = np.cumsum(instance.processing[order])
    return np.stack([order, end - instance.processing[order], end], axis=1)


def moves_per_second(instance: TardinessInstance, seconds: float, anew: bool) -> float:
    """How many moves the search judges in a CPU second: by what they change or, `anew`, by the whole sequence."""
    warm_up()
    s = walk_from(instance, plain_order(instance), 0)
    w, began = s.walk[0], process_time()
    while process_time() - began < seconds:
        if anew:
            judge_anew(s, w.moves + AT_ONCE)
        else:
            go_on(s, w.moves + AT_ONCE, -1)
    return w.moves / (process_time() - began)


TINY = TardinessInstance.from_lists([1, 2], [0, 1])


@cache
def warm_up() -> None:
    """Compile the search, or load it: what the first call would spend its time on."""
    for _ in improve(TINY, np.arange(2), 0, 1, 0):
        pass
    judge_anew(walk_from(TINY, np.arange(2), 0), 1)
