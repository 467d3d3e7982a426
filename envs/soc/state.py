"""What the kernel of task graphs works on: an instance, options, records, arrays."""

from typing import NamedTuple

import numpy as np

from envs.core.state import records

FIRST_FINISH, WORST_FINISH, NO_CUT = 0, 1, 2
LATE = np.iinfo(np.int64).max


class Numbers(NamedTuple):
    """An instance, as the kernel reads it: the fields of the same names."""

    job_start: np.ndarray
    duration: np.ndarray
    edge: np.ndarray
    volume: np.ndarray
    bandwidth: np.ndarray
    arrival: np.ndarray
    true_duration: np.ndarray
    power: np.ndarray
    queue: int
    span: int
    graph_ids: np.ndarray


class KernelOptions(NamedTuple):
    """The options of the problem, as the kernel reads them."""

    pairs: bool  # a decision is a task and its PE; False: a task, which goes where it is expected to finish first
    at_ready: bool  # tasks are placed when they become ready; False: when one of them could start
    cut: int
    wait: bool
    skip_forced: bool
    window: int  # ready tasks that are considered
    bound: bool  # lookahead "bound" or more
    pilot: bool  # lookahead "pilot"


CHIP = {
    "jobs": int,
    "tasks": int,
    "pes": int,
    "queue": int,
    "span": int,
    "noisy": int,  # 1 = some true duration is not the mean
    "scale": float,  # of the rewards: jobs x mean duration of all tasks
    "now": int,
    "arrived": int,  # arrivals that are over, whether a job entered or found the queue full
    "entered": int,  # jobs that are or were inside; they enter in their order
    "oldest": int,  # no job before this one is inside
    "inside": int,
    "done": int,  # jobs completed
    "placed": int,
    "visible": int,  # tasks of the jobs that entered
    "work": float,  # their mean durations
    "left": int,  # those not yet placed
    "left_work": float,
    "unit": float,  # mean duration of the visible tasks
    "ready": int,
    "pending": int,  # placed, but not known to have ended
    "links": int,  # edges of the graph
    "area": int,  # time that all jobs together have spent inside
    "rewarded": int,  # what the rewards so far have come to
    "considered": int,  # ready tasks within the window
    "soonest": int,  # their earliest start
    "before": int,  # what a candidate has to start before
    "candidates": int,
    "top_rank": float,  # largest upward rank of a considered task
    "least_finish": int,  # of the candidates, as the next
    "least_reach": float,
    "least_free": int,  # earliest moment at which a PE is free
    "idle": int,  # PEs that are free
    "least_work": float,  # of the jobs with tasks left, as the next
    "least_critical": float,
    "waiting": int,  # how many jobs have tasks left
    "bounds": int,  # sum of the bounds of the jobs inside
    "over": int,  # 1 = the span has ended
}
JOB = {
    "first": int,  # its tasks are first, ..., end - 1
    "end": int,
    "first_edge": int,
    "end_edge": int,
    "arrival": int,
    "entry": int,  # -1 = not yet
    "left": int,  # tasks not yet placed
    "at": int,  # where they begin in the order
    "work": float,  # their mean durations
    "critical": float,  # largest upward rank of them
    "older": int,  # jobs inside that entered before it
    "bound": int,  # no earlier end is expected
    "running": int,  # tasks not known to have ended
    "latest": int,  # expected end of what has been placed; the entry before
    "known": int,  # end of what is known to have ended
    "average": float,  # mean duration of its tasks
}
TASK_RECORD = {
    "job": int,
    "placed": int,
    "missing": int,  # sources that are not yet placed (or have not ended, where tasks are placed when they are ready)
    "first_in": int,  # its edges in are first_in, ..., end_in - 1
    "end_in": int,
    "first_out": int,  # its edges out are out[first_out], ..., out[end_out - 1]
    "end_out": int,
    "average": float,  # mean duration over the PEs that it can run on
    "least": int,
    "rank": float,  # upward rank
    "rank_oct": float,
    "sent": float,  # mean times of all its transfers
    "tail": int,  # longest chain behind it, each task on its fastest PE
    "reach": float,  # smallest duration + oct
    "start": int,
    "true_start": int,
    "true_end": int,
    "best": int,  # PE of the least expected finish
    "finish": int,  # that finish
    "second": int,  # the least on any other PE
}
EDGE = {"source": int, "target": int, "volume": int, "average": float}
PE_RECORD = {
    "free": int,  # expected end of what has been placed
    "true_free": int,
    "last": int,  # end of the last task that is known to have ended
    "busy": int,  # true durations placed there
    "power": float,
    "wanted": int,  # considered tasks that would finish first here
}
CANDIDATE = {"task": int, "pe": int, "duration": int, "arrives": int, "start": int, "finish": int, "pilot": float}
"""`pilot`: the smaller of the two sums in `State.pilots`."""


class State(NamedTuple):
    """Records, so that what is read together lies together; only the kernel writes them.

    `fill` copies the numbers of an instance, `begin` all the rest.
    """

    chip: np.recarray  # (B,) of CHIP
    job: np.recarray  # (B, J) of JOB
    task: np.recarray  # (B, T) of TASK_RECORD
    edge: np.recarray  # (B, E) of EDGE
    pe: np.recarray  # (B, P) of PE_RECORD
    candidate: np.recarray  # (B, A) of CANDIDATE
    duration: np.ndarray  # (B, T, P) means
    true_duration: np.ndarray  # (B, T, P)
    oct: np.ndarray  # (B, T, P) f64 optimistic cost table
    band: np.ndarray  # (B, P, P) which of the K bandwidths
    bandwidth: np.ndarray  # (B, K)
    transfer: np.ndarray  # (B, E, K) us
    graph_id: np.ndarray  # (B, J + 1) of the graph after k arrivals
    out: np.ndarray  # (B, E) edges by source
    where: np.ndarray  # (B, T) PE; of tasks not yet placed, what the last look-ahead thought
    end: np.ndarray  # (B, T) expected end; as `where`
    arrives: np.ndarray  # (B, T, P) when the data of a ready task are there
    ready: np.ndarray  # (B, T) tasks, in order
    pending: np.ndarray  # (B, T) tasks, in the order in which they were placed
    order: np.ndarray  # (B, T) visible tasks not yet placed, job after job, those of a job by falling upward rank
    turn: np.ndarray  # (B, 2, J) jobs with tasks left: as they entered, and by rising work left
    legal: np.ndarray  # (B, A) the candidates of this decision, lowest first
    pilots: np.ndarray  # (B, A, 3) f64 of each candidate: sum of the jobs' ends by both pilots, last end
    free: np.ndarray  # (B, 2, P) PEs in a look-ahead


def allocate(batch: int, jobs: int, tasks: int, edges: int, pes: int, bands: int, actions: int) -> State:
    """Zeros for `batch` instances of at most so many jobs, tasks, edges, PEs, bandwidths and actions."""

    def numbers(*axes: int) -> np.ndarray:
        return np.zeros((batch, *axes), np.int64)

    state = State(
        chip=records(batch, CHIP),
        job=records(batch, JOB, jobs),
        task=records(batch, TASK_RECORD, tasks),
        edge=records(batch, EDGE, edges),
        pe=records(batch, PE_RECORD, pes),
        candidate=records(batch, CANDIDATE, actions),
        duration=numbers(tasks, pes),
        true_duration=numbers(tasks, pes),
        oct=np.zeros((batch, tasks, pes)),
        band=numbers(pes, pes),
        bandwidth=numbers(bands),
        transfer=numbers(edges, bands),
        graph_id=numbers(jobs + 1),
        out=numbers(edges),
        where=numbers(tasks),
        end=numbers(tasks),
        arrives=numbers(tasks, pes),
        ready=numbers(tasks),
        pending=numbers(tasks),
        order=numbers(tasks),
        turn=numbers(2, jobs),
        legal=numbers(actions),
        pilots=np.zeros((batch, actions, 3)),
        free=numbers(2, pes),
    )
    state.chip["unit"] = 1.0
    state.job["entry"] = -1
    return state
