"""The job shop backwards in time: each job's operations in reverse order, with the same makespans.

A schedule of the mirror image, read from its end, is one of the instance. Dispatching builds schedules from their
beginning, so the two directions give different ones, and the better of both is worth twice the time.
"""

from itertools import pairwise

import numpy as np

from envs.jobshop.instance import JobShopInstance


def mirror(instance: JobShopInstance) -> JobShopInstance:
    """The instance with each job's operations in reverse order."""
    bounds = instance.job_start.tolist()
    order = np.concatenate([np.arange(end - 1, first - 1, -1) for first, end in pairwise(bounds)])
    return JobShopInstance(
        instance.duration[order], instance.machine[order], instance.job_start, instance.machines, name=instance.name
    )


def mirror_schedule(instance: JobShopInstance, schedule: np.ndarray) -> np.ndarray:
    """The schedule (O, 5) of the instance that a complete one of its mirror image is, read from its end."""
    job, position, machine, start, end = schedule.T
    lengths, makespan = np.diff(instance.job_start), end.max()
    found = np.stack([job, lengths[job] - 1 - position, machine, makespan - end, makespan - start], axis=1)
    return found[np.lexsort((found[:, 1], found[:, 0]))]
