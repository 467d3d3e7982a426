"""An exact solver of small queues."""

from functools import cache
from itertools import combinations

import numpy as np

from baselines.cp_sat import Search
from baselines.solution import Solution
from tests.queue.instance import QueueInstance
from tests.queue.verify import verify


def exact(instance: QueueInstance, seconds: float, workers: int = 1, seed: int = 0) -> Solution:
    """The best batches by dynamic programming over sets of served jobs and the time; it waits where that is better.

    One thread and no luck; the time grows with 2^jobs, and the budget is not looked at.
    """
    search = Search("exact", seconds, workers, seed)
    arrival, service = instance.arrival.tolist(), instance.service.tolist()

    @cache
    def best(left: tuple[int, ...], now: int) -> tuple[int, tuple[tuple[int, int, int], ...]]:
        if not left:
            return 0, ()
        answers = []
        for size in range(1, instance.capacity + 1):
            for batch in combinations(left, size):
                start = max(now, *(arrival[job] for job in batch))
                end = start + max(service[job] for job in batch)
                cost, rows = best(tuple(job for job in left if job not in batch), end)
                cost += sum(end - arrival[job] for job in batch)
                answers.append((cost, (*((job, start, end) for job in batch), *rows)))
        return min(answers)

    objective, rows = best(tuple(range(instance.jobs)), 0)
    schedule = np.array(rows)
    assert verify(instance, schedule) == objective
    return search.solution(objective, objective, schedule, "optimal")


SOLVERS = {"exact": exact}
