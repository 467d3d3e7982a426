"""What the contract needs to know of the blocking job shop."""

from dataclasses import replace
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np
from hypothesis import strategies as st

from envs.blocking_jobshop.instance import BlockingJobShopInstance
from envs.blocking_jobshop.law import random_source
from envs.core.vector import DispatchVectorEnv
from envs.jobshop.instance import JobShopInstance
from tests.blocking_jobshop.reference import columns as columns

INSTANCES = (
    "random:3x3..5x4,shutdown=0/0.005..0.03,swap=allowed/not_allowed,failures=calendar/busy,interrupted=resume/repeat"
)
OPTIONS = [
    {},
    {"lookahead": "pilot"},
    {"scheme": "before_completion", "lookahead": "pilot"},
    {"view": "events", "lookahead": "pilot"},
    {"view": "events", "scheme": "non_delay", "skip_forced": False},
    {"scheme": "non_delay", "lookahead": "none"},
    {"skip_forced": False, "lookahead": "none"},
]
EXACT = "cp_sat"
EXACT_OPTIONS = {}  # what a policy plays by default can reach every optimum
MALFORMED = {
    "cut.txt": "2 2\n0 3 1 2\n1 4 0\n",
    "cut.json": '{"data": [',
    "early.json": '{"jobs": 1, "machines": 1, "data": [{"job": 0, "operation": 0, "machine": 0, "duration": 2}], '
    '"shutdown_probability": [0.1], "failures": [[0, 5, 2], [0, 6, 1]]}',
    "certain.json": '{"jobs": 1, "machines": 1, "data": [{"job": 0, "operation": 0, "machine": 0, "duration": 2}], '
    '"shutdown_probability": [1.5]}',
}


@st.composite
def shops(draw: st.DrawFn, most: int = 7) -> JobShopInstance:
    """At most so many operations; jobs of unequal length, machines visited again, durations of 0."""
    machines = draw(st.integers(1, 3))
    operation = st.tuples(st.integers(0, machines - 1), st.integers(0, 4))
    jobs = draw(st.lists(st.lists(operation, min_size=1, max_size=3), min_size=1, max_size=3))
    while sum(map(len, jobs)) > most:
        jobs.pop()
    return JobShopInstance.from_jobs(jobs, machines=machines)


@st.composite
def tiny(draw: st.DrawFn) -> BlockingJobShopInstance:
    """With swaps or without, and no failures: what `brute_force` and an exact solver agree on."""
    return BlockingJobShopInstance.of(draw(shops()), swap=draw(st.integers(0, 1)))


@st.composite
def anything(draw: st.DrawFn) -> BlockingJobShopInstance:
    """With any failures, the first of them maybe at the beginning, or without."""
    shop, busy = draw(shops()), draw(st.integers(0, 1))
    if draw(st.booleans()):
        return BlockingJobShopInstance.of(shop, swap=draw(st.integers(0, 1)))
    start, length, first = [], [], [0]
    for _ in range(shop.machines):
        at = draw(st.integers(busy, 4))
        for _ in range(draw(st.integers(0, 3))):
            start.append(at)
            length.append(draw(st.integers(1, 5)))
            at += draw(st.integers(1, 4)) + (0 if busy else length[-1])
        first.append(len(start))
    return BlockingJobShopInstance.of(
        shop,
        swap=draw(st.integers(0, 1)),
        resume=draw(st.integers(0, 1)),
        busy_only=busy,
        shutdown_probability=np.full(shop.machines, draw(st.sampled_from([0.05, 0.3]))),
        repair_probability=draw(st.sampled_from([0.0, 0.4])),
        failure_start=np.array(start, np.int64),
        failure_length=np.array(length, np.int64),
        failure_first=np.array(first),
    )


Where = tuple[tuple[int, ...], ...]
"""Of each job the operations that have started and when it is ready, of each machine when it was let go and by whom it
is held."""


def brute_force(instance: BlockingJobShopInstance) -> int:
    """The smallest makespan over every order in which jobs can enter machines, one at a time or by rotation.

    A move begins when its job is ready and its machine was let go; a job on its last operation lets go at its end.
    """
    jobs = instance.to_jobs()

    def enter(state: Where, moves: list[int], start: int) -> Where:
        done, ready, free, holder = map(list, state)
        for j in moves:
            if done[j] and holder[jobs[j][done[j] - 1][0]] == j:
                holder[jobs[j][done[j] - 1][0]], free[jobs[j][done[j] - 1][0]] = -1, start
        for j in moves:
            machine, duration = jobs[j][done[j]]
            done[j], ready[j] = done[j] + 1, start + duration
            if done[j] < len(jobs[j]):
                holder[machine] = j
            else:
                free[machine] = ready[j]
        return tuple(done), tuple(ready), tuple(free), tuple(holder)

    def rotations(state: Where) -> list[list[int]]:
        done, _, _, holder = state
        found = []
        for j in (one for one in holder if one >= 0):
            cycle = [j]
            while (k := holder[jobs[cycle[-1]][done[cycle[-1]]][0]]) >= 0 and k not in cycle:
                cycle.append(k)
            if k == j == min(cycle) and (instance.swap or len(cycle) == 1):
                found.append(cycle)
        return found

    @cache
    def best(state: Where) -> float:
        done, ready, free, holder = state
        if all(count == len(line) for count, line in zip(done, jobs, strict=True)):
            return max(ready)
        answers = [best(enter(state, cycle, max(ready[j] for j in cycle))) for cycle in rotations(state)]
        for j, line in enumerate(jobs):
            if done[j] < len(line) and holder[line[done[j]][0]] < 0:
                answers.append(best(enter(state, [j], max(ready[j], free[line[done[j]][0]]))))
        return min(answers, default=np.inf)

    count = len(jobs)
    return int(best(((0,) * count, (0,) * count, (0,) * instance.machines, (-1,) * instance.machines)))


def most_decisions(instance: BlockingJobShopInstance) -> int:
    """Every operation enters once; each end, failure and repair may be waited for."""
    return 2 * instance.operations + 2 * len(instance.failure_start) + 1


def objective_of(instance: BlockingJobShopInstance, total_reward: float) -> float:
    """The makespan that the sum of the rewards tells: the first bound is the longest job or the busiest machine."""
    loads = np.bincount(instance.machine, weights=instance.duration)
    lengths = np.add.reduceat(instance.duration, instance.job_start[:-1])
    return max(loads.max(), lengths.max()) - total_reward * max(instance.duration.mean(), 1e-9)


def elapsed_of(schedule: np.ndarray) -> float:
    """The clock goes from 0 to the makespan."""
    return schedule[:, 5].max()


def distinct(rng: np.random.Generator) -> BlockingJobShopInstance:
    """An instance without ties, so that no rule of tie-breaking shows which name came first."""
    law = "shutdown=0/0.00001..0.00003,swap=allowed/not_allowed,downtime=100000,failures=calendar/busy"
    shop = random_source(f"5x4,{law}").sample(rng)
    renewed = replace(shop, duration=rng.permutation(10**5)[: shop.operations] + 1)
    return renewed.realise(int(rng.integers(2**31)))


def relabel(
    instance: BlockingJobShopInstance, rng: np.random.Generator, options: dict[str, Any]
) -> tuple[BlockingJobShopInstance, np.ndarray]:
    """The same shop under other names, and the new index of each action, whatever the options."""
    jobs, machines = rng.permutation(instance.jobs), rng.permutation(instance.machines)
    lines: list[list[tuple[int, int]]] = [[] for _ in jobs]
    for old, (first, end) in enumerate(pairwise(instance.job_start.tolist())):
        lines[jobs[old]] = [(int(machines[instance.machine[i]]), int(instance.duration[i])) for i in range(first, end)]
    old_machines = np.argsort(machines)
    spans = list(pairwise(instance.failure_first.tolist()))
    failures = np.concatenate([np.arange(*spans[m]) for m in old_machines]).astype(np.int64)
    renamed = BlockingJobShopInstance.of(
        JobShopInstance.from_jobs(lines, machines=instance.machines),
        **{name: getattr(instance, name) for name in ("swap", "resume", "busy_only", "downtime_most")},
        repair_probability=instance.repair_probability,
        shutdown_probability=instance.shutdown_probability[old_machines],
        failure_start=instance.failure_start[failures],
        failure_length=instance.failure_length[failures],
        failure_first=np.cumsum([0, *(spans[m][1] - spans[m][0] for m in old_machines)]),
    )
    return renamed, np.concatenate([[0], 1 + jobs])


def other_future(instance: BlockingJobShopInstance) -> BlockingJobShopInstance:
    """The same until the first decision: other failures, if any, all of them later."""
    if not instance.can_fail:
        return instance
    start, length, first = [], [], [0]
    for machine in range(instance.machines):
        start += [1 + machine, 9 + 2 * machine]
        length += [2, 3]
        first.append(len(start))
    return replace(
        instance,
        failure_start=np.array(start),
        failure_length=np.array(length),
        failure_first=np.array(first),
    )


def fills_the_room(env: DispatchVectorEnv) -> list[BlockingJobShopInstance]:
    """The largest with most failures, the smallest, a ragged one with returns and no swaps, the largest again."""
    rng = np.random.default_rng(5)
    ragged = JobShopInstance.from_jobs([[(0, 3)], [(1, 2), (0, 4), (1, 1)], [(2, 5), (2, 5)], [(0, 2), (1, 0), (2, 1)]])
    large, small = (random_source(f"{size},shutdown=0.03").sample(rng) for size in ("5x4", "1x1"))
    return [large, small, BlockingJobShopInstance.of(ragged, swap=0), large]
