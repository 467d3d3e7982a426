"""What the contract needs to know of the job shop."""

from itertools import pairwise
from typing import Any

import numpy as np
from hypothesis import strategies as st

from envs.core.vector import DispatchVectorEnv
from envs.jobshop.instance import JobShopInstance
from tests.jobshop.reference import columns as columns

INSTANCES = "random:3x3..6x5"
OPTIONS = [
    {},
    {"lookahead": "pilot"},
    {"scheme": "non_delay", "lookahead": "pilot"},
    {"scheme": "semi_active"},
    {"skip_forced": False, "lookahead": "none"},
]
EXACT = "cp_sat"
EXACT_OPTIONS = {}  # what a policy plays by default can reach every optimum
MALFORMED = {"cut.txt": "2 2\n0 3 1 2\n1 4 0\n", "negative.txt": "1 1\n0 -3\n", "cut.json": '{"data": ['}


@st.composite
def tiny(draw: st.DrawFn) -> JobShopInstance:
    """At most 7 operations; jobs of unequal length, machines visited again, durations of 0."""
    machines = draw(st.integers(1, 3))
    operation = st.tuples(st.integers(0, machines - 1), st.integers(0, 4))
    jobs = draw(st.lists(st.lists(operation, min_size=1, max_size=3), min_size=1, max_size=3))
    while sum(map(len, jobs)) > 7:
        jobs.pop()
    return JobShopInstance.from_jobs(jobs, machines=machines)


anything = tiny


def brute_force(instance: JobShopInstance) -> int:
    """The smallest makespan over every order in which the operations can be appended to their machines."""
    jobs = [range(first, end) for first, end in pairwise(instance.job_start.tolist())]

    def best(done: tuple[int, ...], ready: tuple[int, ...], free: tuple[int, ...]) -> int:
        answer = None
        for j, job in enumerate(jobs):
            if done[j] < len(job):
                i = job[done[j]]
                m = int(instance.machine[i])
                end = max(ready[j], free[m]) + int(instance.duration[i])
                value = best(
                    (*done[:j], done[j] + 1, *done[j + 1 :]),
                    (*ready[:j], end, *ready[j + 1 :]),
                    (*free[:m], end, *free[m + 1 :]),
                )
                answer = value if answer is None else min(answer, value)
        return max(ready) if answer is None else answer

    return best((0,) * len(jobs), (0,) * len(jobs), (0,) * instance.machines)


def most_decisions(instance: JobShopInstance) -> int:
    """An episode dispatches every operation once."""
    return instance.operations


def objective_of(instance: JobShopInstance, total_reward: float) -> float:
    """The makespan that the sum of the rewards tells: the first bound is the longest job or the busiest machine."""
    loads = np.bincount(instance.machine, weights=instance.duration)
    lengths = np.add.reduceat(instance.duration, instance.job_start[:-1])
    return max(loads.max(), lengths.max()) - total_reward * max(instance.duration.mean(), 1e-9)


def elapsed_of(schedule: np.ndarray) -> float:
    """The clock goes from 0 to the makespan."""
    return schedule[:, 4].max()


def distinct(rng: np.random.Generator) -> JobShopInstance:
    """An instance without ties, so that no rule of tie-breaking shows which name came first."""
    shop = JobShopInstance.generate(rng, 5, 4)
    return JobShopInstance(rng.permutation(10**6)[: shop.operations] + 1, shop.machine, shop.job_start, 4)


def relabel(
    instance: JobShopInstance, rng: np.random.Generator, options: dict[str, Any]
) -> tuple[JobShopInstance, np.ndarray]:
    """The same shop under other names, and the new index of each action (= job), whatever the options."""
    jobs, machines = rng.permutation(instance.jobs), rng.permutation(instance.machines)
    lines = [[]] * instance.jobs
    for old, (first, end) in enumerate(pairwise(instance.job_start.tolist())):
        lines[jobs[old]] = [(int(machines[instance.machine[i]]), int(instance.duration[i])) for i in range(first, end)]
    return JobShopInstance.from_jobs(lines, machines=instance.machines), jobs


def other_future(instance: JobShopInstance) -> JobShopInstance | None:
    """The job shop hides nothing."""
    return None


def fills_the_room(env: DispatchVectorEnv) -> list[JobShopInstance]:
    """Instances that use every slot of the room in turn: the largest, the smallest, a ragged one with returns."""
    rng = np.random.default_rng(5)
    ragged = JobShopInstance.from_jobs([[(0, 3)], [(1, 2), (0, 4), (1, 1)], [(2, 5), (2, 5)]])
    large, small = JobShopInstance.generate(rng, 6, 5), JobShopInstance.generate(rng, 1, 1)
    return [large, small, ragged, large]
