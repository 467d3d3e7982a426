"""The blocking job shop backwards in time: each job's operations in reverse order, with the same makespans.

A stay on a machine is one of at least the duration in both directions, and moves that follow each other without a swap
do so backwards too, so that a schedule of the mirror image, read from its end, is one of the instance. Failures are
not the same backwards.
"""

from dataclasses import replace

import numpy as np

from envs.blocking_jobshop.instance import BlockingJobShopInstance
from envs.jobshop import mirror as plain


def mirror(instance: BlockingJobShopInstance) -> BlockingJobShopInstance:
    """The instance with each job's operations in reverse order; ValueError where machines can fail."""
    if instance.can_fail:
        raise ValueError(
            f"{instance.name or 'An instance'} has machines that can fail, and what is to come cannot be played "
            "backwards in time: leave both: out."
        )
    shop = plain.mirror(instance)
    return replace(instance, duration=shop.duration, machine=shop.machine)


def mirror_schedule(instance: BlockingJobShopInstance, schedule: np.ndarray) -> np.ndarray:
    """The schedule (O, 6) of the instance that a complete one of its mirror image is, read from its end.

    Jobs leave as soon as they are done: where all that were last have waited for others on their first machines in the
    mirror image, the makespan is shorter than there.
    """
    job, position, machine, start, _, leave = schedule.T
    lengths, makespan = np.diff(instance.job_start), leave.max()
    position = lengths[job] - 1 - position
    order = np.lexsort((position, job))
    entered, left = (makespan - leave)[order], (makespan - start)[order]
    end = entered + instance.duration
    left = np.where(position[order] == lengths[job[order]] - 1, end, left)
    return np.stack([job[order], position[order], machine[order], entered, end, left], axis=1)
