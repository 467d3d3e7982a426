"""What the kernel of the job shop works on: records and arrays."""

from typing import NamedTuple

import numpy as np

from envs.core.state import records
from envs.jobshop.pilot import LINEAR, TRIAL_JOB, TRIAL_MACHINE

ACTIVE, NON_DELAY, SEMI_ACTIVE = 0, 1, 2


class KernelOptions(NamedTuple):
    """The options of the problem, as the kernel reads them."""

    scheme: int
    skip_forced: bool
    bound: bool  # lookahead "bound" or more
    pilot: bool  # lookahead "pilot"


SHOP = {
    "jobs": int,
    "machines": int,
    "operations": int,
    "mean_duration": float,  # at least a tiny positive number
    "first_bound": int,  # lower bound before any decision, at least 1
    "remaining": int,  # operations not yet scheduled
    "work": int,  # their total duration
    "bound": int,  # the larger of job bound and machine bound; the makespan at the end
    "rewarded": int,  # the bound that the rewards so far have come to
    "time": int,  # earliest start of any next operation; the makespan at the end
    "completion": int,  # smallest completion of any next operation (c* of Giffler and Thompson)
    "longest": int,  # work left in the job that has most
    "candidates": int,  # how many jobs this decision is between
    "promised": int,  # makespan when the linear rule completes the schedule, -1 where that is not known
}
JOB = {
    "first": int,  # its operations are first, ..., end - 1
    "end": int,
    "length": int,  # their total duration
    "next": int,  # its next operation, -1 when finished
    "machine": int,  # that operation's machine, -1 when finished
    "duration": int,  # that operation's duration
    "rest": int,  # work of the job from that operation on, itself included; 0 when finished
    "ready": int,  # end of the last scheduled operation
    "earliest": int,  # earliest start of the next one
    "reach": int,  # earliest end of the job
}
MACHINE_RECORD = {
    "first": int,  # where its part of the queue begins
    "total": int,  # its operations
    "queued": int,  # those not yet scheduled
    "load": int,  # their total duration
    "free": int,  # end of the last scheduled operation
    "waiting": int,  # jobs whose next operation is here
}
OPERATION_RECORD = {
    "duration": int,
    "machine": int,
    "rest": int,  # work of the job from this operation on, itself included
    "start": int,  # -1 while unscheduled
    "place": int,  # where it is in the queue while unscheduled
}
QUEUE = {"operation": int, "job": int, "duration": int, "rest": int}
LOOK = {
    "bound": float,  # after the choice
    "chain": float,  # the same with the whole queue behind it
    "priority": float,  # by the linear rule
}


class State(NamedTuple):
    """Records, so that what is read together lies together; only the kernel writes them.

    `fill` copies the numbers of an instance, `begin` all the rest.
    """

    shop: np.recarray  # (B,) of SHOP
    job: np.recarray  # (B, J) of JOB
    machine: np.recarray  # (B, M) of MACHINE_RECORD
    operation: np.recarray  # (B, O) of OPERATION_RECORD
    queue: np.recarray  # (B, O) of QUEUE: the unscheduled operations of machine 0 in any order, a gap, machine 1, ...
    legal: np.ndarray  # (B, J + 1) the jobs that this decision is between, lowest first
    look: np.recarray  # (B, J) of LOOK: the candidates, between the two passes of `look_ahead`
    pilot: np.ndarray  # (B, J) lookahead "pilot": makespan when the linear rule completes the schedule after job j
    trial: np.recarray  # (B, J) of TRIAL_JOB: the jobs while a rule completes the schedule
    trial_machine: np.recarray  # (B, M) of TRIAL_MACHINE: the machines at the same time
    soonest: np.ndarray  # (B, M) when the first of the jobs that wait for each can complete, LATE where none does
    weights: np.ndarray  # (B, 2, 6) f64 of the linear rule, as LINEAR


def allocate(batch: int, jobs: int, machines: int, operations: int) -> State:
    """Zeros for `batch` instances of at most so many jobs, machines and operations."""

    state = State(
        shop=records(batch, SHOP),
        job=records(batch, JOB, jobs),
        machine=records(batch, MACHINE_RECORD, machines),
        operation=records(batch, OPERATION_RECORD, operations),
        queue=records(batch, QUEUE, operations),
        legal=np.zeros((batch, jobs + 1), np.int64),
        look=records(batch, LOOK, jobs),
        pilot=np.zeros((batch, jobs), np.int64),
        trial=records(batch, TRIAL_JOB, jobs),
        trial_machine=records(batch, TRIAL_MACHINE, machines),
        soonest=np.zeros((batch, machines), np.int64),
        weights=np.zeros((batch, 2, 6)),
    )
    state.weights[:] = LINEAR
    state.shop["mean_duration"] = 1.0
    state.job["next"] = state.job["machine"] = -1
    return state
