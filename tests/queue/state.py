"""What the kernel of the queue works on: records and arrays."""

from typing import NamedTuple

import numpy as np

from envs.core.state import records

UNMEASURED = -1
"""The service of a job that an executor has yet to measure."""


class KernelOptions(NamedTuple):
    """The options of the problem, as the kernel reads them."""

    skip_forced: bool


LINE = {
    "jobs": int,
    "capacity": int,
    "unit": float,
    "now": int,
    "seen": int,  # when the last decision was
    "arrived": int,  # jobs that have come
    "entered": int,  # jobs that have taken a slot, in the order in which they came
    "inside": int,  # jobs in slots
    "done": int,
    "picked": int,  # jobs of the batch
    "longest": int,  # of their expected times
    "serving": int,  # 1 = the batch is committed
    "links": int,  # edges of the graph
    "cost": int,  # time that the jobs which are done have spent there
    "charged": int,  # what the rewards so far have come to
}
JOB_RECORD = {"arrival": int, "expected": int, "service": int, "code": int, "start": int, "end": int}
SLOT = {"job": int, "picked": int, "expected": int, "waited": int, "code": int}


class State(NamedTuple):
    """Records; only the kernel writes them, and `Queue.fill` the numbers of an instance."""

    line: np.recarray  # (B,) of LINE
    job: np.recarray  # (B, J) of JOB_RECORD; `code` stands for what is seen of the job, `end` is -1 before it is served
    slot: np.recarray  # (B, K) of SLOT; `job` is -1 where it is free, `code` of the last job that it had


def allocate(batch: int, jobs: int, slots: int) -> State:
    """Zeros for `batch` instances of at most so many jobs, of which at most `slots` are seen at once."""
    state = State(records(batch, LINE), records(batch, JOB_RECORD, jobs), records(batch, SLOT, slots))
    state.slot["job"] = -1
    return state
