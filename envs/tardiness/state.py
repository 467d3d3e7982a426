"""What the kernel of the tardiness problem works on: records and arrays."""

from typing import NamedTuple

import numpy as np

from envs.core.state import records

NEXT, LAST, POSITION = 0, 1, 2
OPEN, BY_DUE_DATE, BY_LENGTH = 0, 1, 2
LATE = np.iinfo(np.int64).max


class KernelOptions(NamedTuple):
    """The options of the problem, as the kernel reads them."""

    form: int  # NEXT, LAST or POSITION
    dominance: bool
    skip_forced: bool
    bound: bool  # lookahead "bound" or more
    pilot: bool  # lookahead "pilot"


LINE = {
    "jobs": int,
    "mean_processing": float,
    "total": int,  # processing time
    "mean_weight": float,
    "least_weight": int,
    "weighted": int,  # 1 where not all weights are 1
    "blocks": int,  # undecided ones
    "placed": int,  # jobs whose end is known
    "cost": int,  # their weighted tardiness
    "charged": int,  # what the rewards so far have come to
    "longest": int,  # POSITION: the job that is placed, else -1
    "candidates": int,  # how many this decision is between
    "shown": int,  # how many candidates the observation has
    "low": int,  # places of the block that is decided next
    "high": int,
    "time": int,  # when it begins; the end of all once nothing is left
    "work": int,  # its processing time
}
JOB = {
    "processing": int,
    "due": int,
    "weight": int,
    "number": int,  # in the instance
    "rank": int,  # by processing time among all jobs
}
SLOT = {"job": int, "processing": int, "due": int}
BLOCK = {
    "low": int,
    "high": int,
    "time": int,  # when its first job begins
    "work": int,  # total processing time
    "dues": int,  # total of the due dates
}
CHOICE = {
    "job": int,  # job a, the action
    "processing": int,
    "due": int,
    "place": int,  # NEXT, LAST: of job a in `order`; POSITION: the new place of the longest job
    "spot": int,  # of job a in `short`
    "end": int,  # of the job that is placed
    "cost": int,  # weighted tardiness of that job
    "bound": int,  # lookahead: of the block's weighted tardiness after the choice
    "pilot": int,  # lookahead: the same when MDD completes the block
    "before": int,  # what of it is due to the jobs before the placed one
    "tardy": int,  # how many of them are late
    "latest": int,  # the largest tardiness
}


class State(NamedTuple):
    """Records, so that what is read together lies together; only the kernel writes them.

    `fill` copies the numbers of an instance, `begin` all the rest.
    """

    line: np.recarray  # (B,) of LINE
    job: np.recarray  # (B, N) of JOB
    block: np.recarray  # (B, N + 1) of BLOCK: the stack; the last of `line.blocks` is decided next
    order: np.recarray  # (B, N) of SLOT: jobs of a block by due date, at the block's places
    short: np.recarray  # (B, N) of SLOT: jobs of a block by processing time, then due date, at the block's places
    place: np.ndarray  # (B, N) where each job is in `order`
    spot: np.ndarray  # (B, N) where each job is in `short`
    end: np.ndarray  # (B, N) when each job ends, -1 while undecided
    open: np.ndarray  # (B, N) bool: the jobs of the block that is decided next
    choice: np.recarray  # (B, N) of CHOICE: what this decision is between
    pilot: np.ndarray  # (B, N) lookahead "pilot": `pilot` of each candidate
    legal: np.ndarray  # (B, N) jobs whose candidates the observation has
    aside: np.recarray  # (B, N) of SLOT: jobs on their way from one place to another; row 0 serves all
    waiting: np.ndarray  # (B, N) bool: which jobs of `short` are late already in the pilot; row 0 serves all


def allocate(batch: int, jobs: int) -> State:
    """Zeros for `batch` instances of at most so many jobs."""

    state = State(
        line=records(batch, LINE),
        job=records(batch, JOB, jobs),
        block=records(batch, BLOCK, jobs + 1),
        order=records(batch, SLOT, jobs),
        short=records(batch, SLOT, jobs),
        place=np.zeros((batch, jobs), np.int64),
        spot=np.zeros((batch, jobs), np.int64),
        end=np.full((batch, jobs), -1),
        open=np.zeros((batch, jobs), bool),
        choice=records(batch, CHOICE, jobs),
        pilot=np.zeros((batch, jobs), np.int64),
        legal=np.zeros((batch, jobs), np.int64),
        aside=records(batch, SLOT, jobs),
        waiting=np.zeros((batch, jobs), bool),
    )
    state.line["mean_processing"] = state.line["mean_weight"] = 1.0
    state.line["longest"] = -1
    state.job["processing"] = state.job["weight"] = 1
    state.job["number"] = -1
    return state
