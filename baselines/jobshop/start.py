"""Where a search of the job shop starts: schedules as orders of their operations, and that of the linear rule."""

import numpy as np

from envs.core.compiled import entry
from envs.jobshop import kernel
from envs.jobshop.instance import JobShopInstance
from envs.jobshop.kernel import begin
from envs.jobshop.pilot import append, choose, copy_shop, first_completion
from envs.jobshop.state import allocate
from envs.jobshop.verify import verify


def linear_order(instance: JobShopInstance) -> np.ndarray:
    """(O,) the operations as the rule `linear` dispatches them under the scheme "active"."""
    state, order = allocate(1, *instance.shape), np.zeros(instance.operations, np.int64)
    kernel.fill(state, 0, instance.duration, instance.machine, instance.job_start, instance.machines)
    _dispatch(state, order)
    return order


def order_of(instance: JobShopInstance, schedule: np.ndarray) -> np.ndarray:
    """(O,) the operations by their start in a schedule; ScheduleError, a ValueError, if it is none of the instance."""
    verify(instance, schedule)
    rows = np.asarray(schedule)
    rows = rows[np.lexsort((rows[:, 1], rows[:, 0], rows[:, 4], rows[:, 3]))]
    return instance.job_start[rows[:, 0]] + rows[:, 1]


def schedule_of(instance: JobShopInstance, end: np.ndarray) -> np.ndarray:
    """(O, 5) int64 as `verify` reads it; end: (O,) of each operation."""
    lengths = np.diff(instance.job_start)
    job = np.repeat(np.arange(instance.jobs), lengths)
    position = np.arange(instance.operations) - np.repeat(instance.job_start[:-1], lengths)
    return np.stack((job, position, instance.machine, end - instance.duration, end), axis=1)


@entry
def _dispatch(s, order):
    begin(s, 0)
    copy_shop(s, 0)
    work = s.shop[0].work
    for k in range(order.size):
        m = first_completion(s, 0)
        chosen = s.trial_machine[0, m].front
        if s.trial[0, chosen].behind >= 0:
            chosen = choose(s, 0, m, order.size - k, work)
        order[k] = s.trial[0, chosen].next
        work -= s.trial[0, chosen].duration
        append(s, 0, m, chosen)
