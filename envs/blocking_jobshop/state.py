"""What the kernel of the blocking job shop works on: records and arrays."""

from typing import NamedTuple

import numpy as np

from envs.core.state import records

LATE = np.iinfo(np.int64).max // 4
ALL, BEFORE_COMPLETION, NON_DELAY = 0, 1, 2
NOW, AFTER, TRIAL = 0, 1, 2
"""Layers of the shop: as it is, after a choice, and while a pilot completes the schedule."""
PILOTS = 3
IDS = (1 << 62) - 1
"""Names of graphs are not above this."""


class KernelOptions(NamedTuple):
    """The options of the problem, as the kernel reads them."""

    events: bool
    scheme: int
    skip_forced: bool
    bound: bool  # lookahead "bound" or more
    pilot: bool  # lookahead "pilot"


class Numbers(NamedTuple):
    """The fields of an instance that `fill` copies, with its flags as numbers."""

    duration: np.ndarray
    machine: np.ndarray
    job_start: np.ndarray
    shutdown_probability: np.ndarray
    failure_start: np.ndarray
    failure_length: np.ndarray
    failure_first: np.ndarray
    swap: int
    resume: int
    busy_only: int
    downtime_most: int
    repair_probability: float


SHOP = {
    "jobs": int,
    "machines": int,
    "operations": int,
    "swap": int,
    "resume": int,
    "busy_only": int,
    "downtime_most": int,
    "repair_probability": float,
    "mean_downtime": float,
    "can_fail": int,
    "events": int,  # 1 = moves start in real time
    "mean_duration": float,  # at least a tiny positive number
    "first_bound": int,  # lower bound before any decision, at least 1
    "origin": int,  # the graph's name before any decision
    "now": int,  # the clock; 0 in the order view
    "time": int,  # earliest start of any move, or the clock; the makespan at the end
    "soonest": int,  # smallest expected completion of any move (c*)
    "coming": int,  # when the next visible event is expected, LATE where there is none
    "bound": int,  # expected lower bound
    "floor": int,  # lower bound that no failure lowers; the makespan at the end
    "rewarded": int,  # the floor that the rewards so far have come to
    "longest": int,  # expected work left in the job that has most
    "candidates": int,
    "finished": int,  # jobs that have left
    "makespan": int,  # latest end of a job that has left
}
JOB = {
    "first": int,  # its operations are first, ..., end - 1
    "end": int,
    "length": int,  # their total duration
    "held": int,  # operation with which it is, or was last, on a machine; -1 = outside
    "next": int,  # the operation after that, -1 = none
    "inside": int,  # 1 = holds a machine
    "ready": int,  # end of that operation, expected until it is over; 0 outside
    "drawn": int,  # first operation that the graph shows; the job's end when none is
    "standing": int,  # `held` as the graph shows it
    "shown": int,  # expected start of the next operation, as the graph shows it; -1 = not yet
    "done": int,  # events: 1 = that operation is processed
    "left": int,  # events: time units to process when it was last begun
    "since": int,  # events: when that was
}
MACHINE_RECORD = {
    "total": int,  # its operations
    "load": int,  # time units of those that have not started
    "shutdown": float,  # probability
    "first": int,  # its failures are first, ..., end - 1
    "end": int,
    "failure": int,  # the next of them
    "occupant": int,  # events: job on it, -1 = none
    "up": int,
    "changed": int,  # when it went down or up last
    "repaired": int,  # hidden: when it goes up
    "processed": int,  # time units, up to when its job was last begun
    "waiting": int,  # jobs whose next operation is here
}
OPERATION_RECORD = {
    "duration": int,
    "expected": int,  # duration with the downtime that is expected in it
    "machine": int,
    "rest": int,  # expected work of the job from this operation on, itself included
    "work": int,  # the same in durations
    "start": int,  # -1 = not yet
    "end": int,  # -1 = not yet
    "leave": int,  # -1 = not yet
    "mark": int,  # what its start adds to the name of the graph
    "farewell": int,  # what the end of a last operation adds
}
LAYER = {
    "inside": int,  # jobs that hold a machine
    "remaining": int,  # operations that have not started
    "ended": int,  # latest expected end of a job whose last operation has started
    "bound": int,
}
AT = {
    "next": int,  # next operation; the job's end when all have started
    "machine": int,  # that operation's, -1 = none
    "held": int,  # the machine that it holds, -1 = none
    "ready": int,  # when it is expected to be ready for the next
    "rest": int,  # expected work from the next operation on
    "start": int,  # expected start of the next operation
}
HOLD = {
    "holder": int,  # job that holds it and will need another machine, -1 = none
    "free": int,  # when it was or will be let go, where nobody holds it
    "load": int,  # expected work that has not started
    "left": int,  # operations that have not started
    "release": int,  # expected moment from which the next job can have it
}
FAILURE = {"start": int, "length": int}
LOOK = {"bound": int, "queue": int, "delay": int, "delayed": int, "cycle": int, "release": int}


class State(NamedTuple):
    """Records, so that what is read together lies together; only the kernel writes them.

    `fill` copies the numbers of an instance, `begin` writes all the rest.
    """

    shop: np.recarray  # (B,) of SHOP
    job: np.recarray  # (B, J) of JOB
    machine: np.recarray  # (B, M) of MACHINE_RECORD
    operation: np.recarray  # (B, O) of OPERATION_RECORD
    failure: np.recarray  # (B, K) of FAILURE
    layer: np.recarray  # (B, 3) of LAYER
    at: np.recarray  # (B, 3, J) of AT: where the jobs are
    hold: np.recarray  # (B, 3, M) of HOLD: who has the machines
    legal: np.ndarray  # (B, A) the candidates of this decision, lowest first
    look: np.recarray  # (B, A) of LOOK: what the candidates would do
    pilots: np.ndarray  # (B, A, 3) makespan when each pilot completes the schedule after the candidate
    pilot: np.ndarray  # (B, A) the least of them
    needed: np.ndarray  # (B, M) operations of the jobs inside, in the check that all of them can leave
    holds: np.ndarray  # (B, M) job that has the machine, in that check
    place: np.ndarray  # (B, J) next operation of each job inside, in that check; -1 = not inside
    waiting: np.ndarray  # (B, J) jobs that a pilot chooses among


def allocate(batch: int, jobs: int, machines: int, operations: int, failures: int) -> State:
    """Zeros for `batch` instances of at most so many jobs, machines, operations and failures."""

    def numbers(*axes: int) -> np.ndarray:
        return np.zeros((batch, *axes), np.int64)

    state = State(
        shop=records(batch, SHOP),
        job=records(batch, JOB, jobs),
        machine=records(batch, MACHINE_RECORD, machines),
        operation=records(batch, OPERATION_RECORD, operations),
        failure=records(batch, FAILURE, failures),
        layer=records(batch, LAYER, 3),
        at=records(batch, AT, 3, jobs),
        hold=records(batch, HOLD, 3, machines),
        legal=numbers(jobs + 2),
        look=records(batch, LOOK, 1 + jobs),
        pilots=numbers(1 + jobs, PILOTS),
        pilot=numbers(1 + jobs),
        needed=numbers(machines),
        holds=numbers(machines),
        place=numbers(jobs),
        waiting=numbers(jobs),
    )
    state.shop["mean_duration"] = 1.0
    state.at["machine"] = state.job["next"] = -1
    return state
