"""The job shop as a problem: options, observation schema, and what its kernel and its rules work on."""

from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

import numpy as np

from envs.core.problem import Outcome, Problem, read_only
from envs.core.spec import Observation, Size
from envs.jobshop import kernel
from envs.jobshop.features import PILOT_FEATURES, SPEC
from envs.jobshop.instance import JobShopInstance
from envs.jobshop.state import KernelOptions, State, allocate

SCHEMES = ("active", "non_delay", "semi_active")
LOOKAHEADS = ("none", "bound", "pilot")


@dataclass(frozen=True)
class Options:
    """How schedules are built."""

    scheme: Literal["active", "non_delay", "semi_active"] = "active"
    """Schedule generation scheme: which operations a decision is between."""
    skip_forced: bool = True
    """Let the kernel play decisions that have one candidate."""
    lookahead: Literal["none", "bound", "pilot"] = "bound"
    """Candidate features that cost more than constant time: none, the bounds after the choice, or also the makespan
    when the linear rule completes the schedule after it."""


class View(NamedTuple):
    """What a dispatching rule may read; times in the instance's unit, leading axis B.

    Of a finished job, `next_operation` is -1, `job_ready` is its end and `earliest` means nothing; of a slot without a
    job, `next_operation` is -1 and the rest means nothing.
    """

    duration: np.ndarray  # (B, O)
    machine: np.ndarray  # (B, O)
    rest: np.ndarray  # (B, O) work of the job from this operation on, itself included
    mean: np.ndarray  # (B,) mean duration
    job_length: np.ndarray  # (B, J) work of the job
    job_end: np.ndarray  # (B, J) one more than the job's last operation
    jobs: np.ndarray  # (B,) how many
    machines: np.ndarray  # (B,)
    operations: np.ndarray  # (B,)
    next_operation: np.ndarray  # (B, J) the operation each candidate would dispatch
    job_ready: np.ndarray  # (B, J) when the job's last scheduled operation ends: its arrival at the machine
    earliest: np.ndarray  # (B, J) earliest start of the next operation
    machine_free: np.ndarray  # (B, M)
    machine_load: np.ndarray  # (B, M) work not yet scheduled
    bound: np.ndarray  # (B,) lower bound of the makespan
    pilot: np.ndarray  # (B, J) lookahead pilot, of candidates: makespan when the linear rule goes on after job j
    action_mask: np.ndarray  # (B, J) i8, 1 = legal

    def of_next(self, array: np.ndarray) -> np.ndarray:
        """(B, J): the entries of a (B, O) array at each job's next operation (at some other where it is finished)."""
        return np.take_along_axis(array, self.next_operation, axis=1)


class JobShop(Problem[State, JobShopInstance]):
    """Minimise the makespan: each job's operations in order, each machine one operation at a time."""

    name = "jobshop"
    title = "JobShop"
    spec = SPEC
    Instance = JobShopInstance
    Options = Options
    default_instances = "random:6x6"
    objective_grows = True

    def __init__(self, **options: object) -> None:
        super().__init__(**options)
        if self.options.lookahead == "pilot":
            self.spec = replace(SPEC, candidate_features=SPEC.candidate_features + PILOT_FEATURES, guide="pilot_regret")
        self.kernel_options = KernelOptions(
            scheme=SCHEMES.index(self.options.scheme),
            skip_forced=self.options.skip_forced,
            bound=self.options.lookahead != "none",
            pilot=self.options.lookahead == "pilot",
        )

    def size(self, shape: tuple[int, ...]) -> Size:
        jobs, machines, operations = shape
        return Size(nodes=1 + operations + machines, edges=max(4 * operations, 1), candidates=jobs)

    def allocate(self, batch: int, shape: tuple[int, ...]) -> State:
        return allocate(batch, *shape)

    def fill(self, state: State, row: int, instance: JobShopInstance) -> None:
        kernel.fill(state, row, instance.duration, instance.machine, instance.job_start, instance.machines)

    def reset(self, state: State, observation: Observation, outcome: Outcome, rows: np.ndarray) -> None:
        kernel.reset(state, observation, outcome, rows, self.kernel_options)

    def step(
        self, state: State, observation: Observation, outcome: Outcome, actions: np.ndarray, running: np.ndarray
    ) -> None:
        kernel.step(state, observation, outcome, actions, running, self.kernel_options)

    def view(self, state: State, observation: Observation) -> View:
        job, machine, operation = state.job, state.machine, state.operation
        return read_only(
            View(
                duration=operation["duration"],
                machine=operation["machine"],
                rest=operation["rest"],
                mean=state.shop["mean_duration"],
                job_length=job["length"],
                job_end=job["end"],
                jobs=state.shop["jobs"],
                machines=state.shop["machines"],
                operations=state.shop["operations"],
                next_operation=job["next"],
                job_ready=job["ready"],
                earliest=job["earliest"],
                machine_free=machine["free"],
                machine_load=machine["load"],
                bound=state.shop["bound"],
                pilot=state.pilot,
                action_mask=observation.action_mask,
            )
        )

    def schedule(self, state: State, row: int) -> np.ndarray:
        """(scheduled operations, 5) int64: job, position, machine, start, end; by job and position."""
        shop = state.shop[row]
        first, end = state.job["first"][row], state.job["end"][row, : shop.jobs]
        start, duration, machine = (
            state.operation[name][row, : shop.operations] for name in ("start", "duration", "machine")
        )
        done = np.flatnonzero(start >= 0)
        job = np.searchsorted(end, done, side="right")
        columns = job, done - first[job], machine[done], start[done], start[done] + duration[done]
        return np.stack(columns, axis=1)

    def explain(self, state: State, row: int, action: int) -> str:
        if action >= state.shop[row].jobs:
            return f"the instance has {state.shop[row].jobs} jobs"
        if state.job[row, action].next < 0:
            return f"job {action} is finished"
        return f"the next operation of job {action} is no candidate of the {self.options.scheme} scheme now"
