"""Solvers of the blocking job shop: exact ones, which know all failures beforehand, and one that plans again."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from itertools import pairwise
from math import ceil, inf
from typing import Any

import numpy as np
from ortools.sat.python import cp_model

from baselines.blocking_jobshop.hint import best_rule_schedule
from baselines.blocking_jobshop.model import Model
from baselines.blocking_jobshop.timing import Calendar, Down, Shop, earliest
from baselines.cp_sat import Search, least
from baselines.solution import Solution
from envs.blocking_jobshop.instance import BlockingJobShopInstance
from envs.blocking_jobshop.verify import verify


def cp_sat(
    instance: BlockingJobShopInstance, seconds: float, workers: int = 1, seed: int = 0, hint: np.ndarray | None = None
) -> Solution:
    """Solve a shop whose machines cannot fail with OR-tools' CP-SAT: see `Model` and `Search`.

    It starts from the schedule `hint` or, without one, from the best schedule of the rules: that is its horizon, and
    its answer where the time is too short for another.

    Raises:
        ValueError: no time, no worker, machines that can fail, or a hint that is no schedule of the instance.
    """
    if instance.can_fail:
        name = instance.name or "the instance"
        raise ValueError(
            f"cp_sat knows of no failures, but the machines of {name} can fail: take replan, "
            "which plans again at each, or clairvoyant, which knows all of them beforehand."
        )
    return _solve("cp_sat", instance, seconds, workers, seed, hint)


def clairvoyant(
    instance: BlockingJobShopInstance, seconds: float, workers: int = 1, seed: int = 0, hint: np.ndarray | None = None
) -> Solution:
    """The same with all failures known before they happen: what no policy can reach, and where the bound is, a bound.

    Exact for failures on the calendar, whether interrupted operations go on or are repeated. Raises ValueError where
    machines fail only while busy: when they do then depends on the schedule.
    """
    _check_calendar("clairvoyant", instance)
    return _solve("clairvoyant", instance, seconds, workers, seed, hint)


def replan(instance: BlockingJobShopInstance, seconds: float, workers: int = 1, seed: int = 0) -> Solution:
    """CP-SAT that plans again, with the `seconds` of wall time for each plan, and knows what has happened by then.

    The first plan expects no failures. Whenever a machine fails or is repaired, what is down is expected back after the
    mean downtime of those that have lasted as long; where that changes the makespan of the plan, there is a new one of
    all that has not started. In between, each machine takes its operations in the order of the plan, as soon as it can.
    Raises ValueError where machines fail only while busy.
    """
    _check_calendar("replan", instance)
    search = Search("replan", seconds, workers, seed)
    shop, calendar = Shop(instance), Calendar.of(instance)
    events = sorted({moment for downs in calendar.downs for down in downs for moment in down})
    calm = best_rule_schedule(_without_failures(instance))
    orders, started, predicted = _orders(shop, calm), [-1] * instance.operations, inf
    starts = earliest(shop, calendar, orders)
    for now, then in pairwise([0, *(moment for moment in events if moment > 0), inf]):
        known = _known(instance, calendar, int(now))
        expected = earliest(shop, known, orders, started, int(now))
        if _makespan(shop, known, expected) != predicted:
            model = Model(shop, known, bool(instance.swap), expected, started, int(now))
            orders = _planned(model, shop, known, Search("replan", seconds, workers, seed)) or orders
            predicted = _makespan(shop, known, earliest(shop, known, orders, started, int(now)))
        starts = earliest(shop, calendar, orders, started, int(now))
        started = [start if start < then else -1 for start in starts]
        if min(started) >= 0:
            break
    schedule = shop.rows(calendar, starts)
    return search.solution(verify(instance, schedule), None, schedule, "feasible")


SOLVERS: dict[str, Callable[..., Solution]] = {"cp_sat": cp_sat, "clairvoyant": clairvoyant, "replan": replan}


def _check_calendar(name: str, instance: BlockingJobShopInstance) -> None:
    if instance.can_fail and instance.busy_only:
        raise ValueError(
            f"{name} knows failures on the calendar alone, not such as come with use: leave failures=busy out."
        )


def _solve(
    name: str, instance: BlockingJobShopInstance, seconds: float, workers: int, seed: int, hint: np.ndarray | None
) -> Solution:
    search = Search(name, seconds, workers, seed)
    schedule = best_rule_schedule(instance) if hint is None else hint
    makespan, bound, status = verify(instance, schedule), int(instance.lower_bound()), "hint"
    schedule = schedule[np.lexsort((schedule[:, 1], schedule[:, 0]))]
    search.record(makespan, schedule)
    if bound < makespan:
        shop, calendar = Shop(instance), Calendar.of(instance)
        if len(instance.failure_start):
            makespan, schedule, status = _adapted(search, instance, shop, calendar, schedule)
        model = Model(shop, calendar, bool(instance.swap), schedule[:, 3].tolist())
        solver, found = search.run(model.cp, partial(_read, model, shop, calendar), **_alone(workers))
        bound = max(bound, least(solver))
        if found:
            (makespan, schedule), status = _read(model, shop, calendar, solver.value), "feasible"
    return search.solution(makespan, bound, schedule, status)


CALM = 0.4
"""The share of the seconds in which a shop with failures is solved as if it had none."""


def _adapted(
    search: Search, instance: BlockingJobShopInstance, shop: Shop, calendar: Calendar, schedule: np.ndarray
) -> tuple[int, np.ndarray, str]:
    """The best schedule, among the given one and the orders of those that are better and better without failures.

    The model without failures is a tenth as large, and what it finds is a better start for the whole one.
    """
    calm = Calendar([[] for _ in calendar.downs], calendar.resume)
    model = Model(shop, calm, bool(instance.swap), earliest(shop, calm, _orders(shop, schedule)))

    def read(value: Callable[[Any], int]) -> tuple[int, np.ndarray]:
        starts = earliest(shop, calendar, model.orders(value))
        return _makespan(shop, calendar, starts), shop.rows(calendar, starts)

    seconds = CALM * search.seconds
    _, found = search.run(model.cp, read, max_time_in_seconds=seconds, **_alone(search.workers))
    best = search.improvements[-1]
    return int(best.objective), best.schedule, "feasible" if found else "hint"


def _alone(workers: int) -> dict[str, int]:
    """Parameters of CP-SAT: alone it finds more without linear relaxations."""
    return {"linearization_level": 0} if workers == 1 else {}


def _read(
    model: Model, shop: Shop, calendar: Calendar, value: Callable[[cp_model.IntVar], int]
) -> tuple[int, np.ndarray]:
    """The makespan and the schedule of a solution."""
    starts = model.starts(value)
    return _makespan(shop, calendar, starts), shop.rows(calendar, starts)


def _makespan(shop: Shop, calendar: Calendar, starts: Sequence[int]) -> int:
    return max(calendar.end(shop.machine[o], starts[o], shop.duration[o]) for o in shop.last)


def _planned(model: Model, shop: Shop, known: Calendar, search: Search) -> list[list[int]] | None:
    """The orders of a new plan; None where the time is too short for one."""
    solver, found = search.run(model.cp, partial(_read, model, shop, known), **_alone(search.workers))
    return model.orders(solver.boolean_value) if found else None


def _known(instance: BlockingJobShopInstance, calendar: Calendar, now: int) -> Calendar:
    """What is known of the failures at a moment: those that have begun; repairs that are not done are expected."""

    def seen(down: Down) -> Down:
        return down if down.end <= now else Down(down.start, now + expected_repair(instance, now - down.start))

    downs = [[seen(down) for down in of_machine if down.start <= now] for of_machine in calendar.downs]
    return Calendar(downs, calendar.resume)


def expected_repair(instance: BlockingJobShopInstance, elapsed: int) -> int:
    """Time units that a machine will still be down on average, rounded up, which has been so for `elapsed` units."""
    if instance.repair_probability > 0:
        return ceil(1 / instance.repair_probability)
    return max(1, ceil((elapsed + 1 + instance.downtime_most) / 2) - elapsed)


def _orders(shop: Shop, schedule: np.ndarray) -> list[list[int]]:
    """The operations of each machine in the order of a schedule."""
    rows = schedule[np.lexsort((schedule[:, 1], schedule[:, 0]))].tolist()
    return [sorted(operations, key=lambda o: (rows[o][3], rows[o][5])) for operations in shop.on_machine]


def _without_failures(instance: BlockingJobShopInstance) -> BlockingJobShopInstance:
    none = {"failure_start": [], "failure_length": [], "failure_first": [0] * (instance.machines + 1)}
    return replace(instance, shutdown_probability=None, **none)
