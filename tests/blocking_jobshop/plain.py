"""The blocking job shop in the plainest way: non-delay play with swaps, and all orders that there are."""

from collections.abc import Callable, Sequence
from itertools import combinations, permutations

from baselines.blocking_jobshop.timing import Calendar, Shop, earliest
from envs.blocking_jobshop.instance import BlockingJobShopInstance
from envs.blocking_jobshop.verify import verify
from envs.core.schedules import ScheduleError

Jobs = list[list[tuple[int, int]]]
Key = Callable[[Jobs, int, int, int], float]
"""(jobs, job, position of its next operation, when it was ready) -> priority, the highest goes first."""

KEYS: dict[str, Key] = {
    "fifo": lambda _jobs, _j, _p, ready: -ready,
    "spt": lambda jobs, j, p, _ready: -jobs[j][p][1],
    "lpt": lambda jobs, j, p, _ready: jobs[j][p][1],
    "mwkr": lambda jobs, j, p, _ready: _work(jobs[j][p:]),
    "lwkr": lambda jobs, j, p, _ready: -_work(jobs[j][p:]),
    "mopnr": lambda jobs, j, p, _ready: len(jobs[j]) - p,
    "lopnr": lambda jobs, j, p, _ready: p - len(jobs[j]),
    "fdd_mwkr": lambda jobs, j, p, _ready: -_work(jobs[j][: p + 1]) / max(_work(jobs[j][p:]), 1),
}


def _work(operations: Sequence[tuple[int, int]]) -> int:
    return sum(duration for _, duration in operations)


def non_delay(jobs: Jobs, key: Key, cap: int | None = None) -> int:
    """The makespan when whoever can move does, the highest key first; jobs rotate only when nobody can.

    cap: so many jobs are inside at once, at most.
    """
    position, ready, place = [0] * len(jobs), [0] * len(jobs), [-1] * len(jobs)
    time, left = 0, len(jobs)
    while left:
        for j, done in enumerate(place):
            if done >= 0 and position[j] == len(jobs[j]) and ready[j] <= time:
                place[j], left = -2, left - 1
        holders = {machine: j for j, machine in enumerate(place) if machine >= 0}
        waits = [j for j in range(len(jobs)) if place[j] != -2 and position[j] < len(jobs[j]) and ready[j] <= time]
        inside = len(holders)
        movable = [
            j
            for j in waits
            if holders.get(jobs[j][position[j]][0], j) == j and (cap is None or place[j] >= 0 or inside < cap)
        ]
        moved = [max(movable, key=lambda j: key(jobs, j, position[j], ready[j]))] if movable else []
        moved = moved or _cycle(jobs, position, holders, waits)
        if not moved and left:
            time = min(ready[j] for j in range(len(jobs)) if place[j] != -2 and ready[j] > time)
        for j in moved:
            machine, duration = jobs[j][position[j]]
            place[j], position[j], ready[j] = machine, position[j] + 1, time + duration
    return time


def _cycle(jobs: Jobs, position: list[int], holders: dict[int, int], waits: list[int]) -> list[int]:
    """Jobs that wait for each other's machines in a cycle; none where there is no such."""
    for first in (j for j in waits if j in holders.values()):
        chain, j = [], first
        while j in waits and j not in chain:
            chain.append(j)
            j = holders.get(jobs[j][position[j]][0], -1)
        if j == first:
            return chain
    return []


def brute_force(instance: BlockingJobShopInstance) -> int:
    """The smallest makespan over all orders of operations on the machines, each as early as it can be."""
    shop, calendar = Shop(instance), Calendar.of(instance)

    def best(orders: list[tuple[int, ...]], least: int) -> int:
        """Of the orders on the first machines with all orders on the others; `least` is the best before."""
        try:
            rows = shop.rows(calendar, earliest(shop, calendar, orders))
        except ValueError:
            return least
        if rows[:, 5].max() >= least:
            return least
        if len(orders) == len(shop.on_machine):
            try:
                return verify(instance, rows)
            except ScheduleError:
                return least
        for order in permutations(shop.on_machine[len(orders)]):
            if all(a < b for a, b in combinations(order, 2) if shop.job[a] == shop.job[b]):
                least = best([*orders, order], least)
        return least

    return best([], MOST)


MOST = 10**9
"""More than any makespan."""
