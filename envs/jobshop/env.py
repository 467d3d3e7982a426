"""The job shop as a problem: options, observation schema, and what its kernel and its rules work on."""

from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

import numpy as np

from envs.core.problem import Outcome, Problem, read_only
from envs.core.spec import Feature, Observation, Size, Spec
from envs.jobshop import kernel
from envs.jobshop.instance import JobShopInstance
from envs.jobshop.state import State, allocate

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


SPEC = Spec(
    node_types=("clock", "operation", "machine"),
    edge_types=("successor", "predecessor", "needs", "serves"),
    candidate_types=("wait", "dispatch"),
    node_features=(
        Feature("duration", "operation: duration / 2 mean durations"),
        Feature("position", "operation: operations of the job before it / operations of the job"),
        Feature("head", "operation: work of the job before it / first bound"),
        Feature("tail", "operation: work of the job after it / first bound"),
        Feature("job_length", "operation: work of its job / first bound"),
        Feature("machine_load", "operation, machine: work of the machine / first bound"),
        Feature("share", "clock: jobs / (jobs + machines); machine: its operations / jobs"),
    ),
    node_state=(
        Feature("done", "operation: 1 = scheduled; machine, clock: share of its operations that are"),
        Feature(
            "start", "operation: start, or the earliest that its job allows; machine: end of its last; clock: time"
        ),
        Feature("end", "operation: start + duration; machine: work left; clock: lower bound"),
        Feature("next", "operation: 1 = the next of its job"),
    ),
    edge_features=(Feature("duration", "duration of the operation (the earlier one) / 2 mean durations"),),
    candidate_features=(
        Feature("duration", "duration"),
        Feature("waiting", "earliest start - end of the job's last operation"),
        Feature("idle", "earliest start - end of the machine's last operation"),
        Feature("before_completion", "smallest completion of any next operation (c*) - earliest start"),
        Feature("after_completion", "earliest end - c*"),
        Feature("position", "operations of the job before it / operations of the job"),
        Feature("tail", "work of the job after it"),
        Feature("work", "work left in the job - the same of the longest job"),
        Feature("job_bound", "earliest end + tail - lower bound"),
        Feature("machine_bound", "earliest end + work the machine has left after it - lower bound"),
        Feature("machine_share", "work the machine has left / the same of the mean machine, squashed"),
        Feature("machine_waiting", "jobs whose next operation is on the machine / jobs"),
        Feature("next_duration", "duration of the job's operation after this one"),
        Feature("next_free", "end of the next machine's last operation - earliest end"),
        Feature(
            "next_bound", "earliest end or, if later, end of the next machine's last + its work left - lower bound"
        ),
        Feature("next_share", "work the next machine has left / the same of the mean machine, squashed"),
        Feature("next_waiting", "jobs whose next operation is on the next machine / jobs"),
        Feature("last", "1 = the job's last operation"),
        Feature("candidates", "candidates / jobs"),
        Feature("progress", "share of operations scheduled"),
        Feature("growth", "lower bound / first bound - 1"),
        Feature("bound_after", "lookahead: lower bound after the choice - lower bound"),
        Feature("bound_regret", "lookahead: lower bound after the choice - the least of any candidate"),
        Feature("queue_after", "lookahead: lower bound if the whole queue comes behind it - lower bound"),
        Feature("queue_regret", "lookahead: the same - the least of any candidate"),
        Feature("queue_last", "lookahead: bound of its job if it comes behind the whole queue - lower bound"),
        Feature(
            "queue_bound", "lookahead: earliest end, then the queue without gaps, then its least tail - lower bound"
        ),
        Feature("longer", "lookahead: share of the queue with more work left in the job, itself included"),
        Feature("shorter", "lookahead: share of the queue with a shorter duration"),
        Feature("tail_excess", "lookahead: tail - mean tail of the queue"),
        Feature("arriving", "lookahead: work of the queue that arrives before the earliest end"),
        Feature("to_bottleneck", "lookahead: 1 = the job still visits the machine with the latest bound"),
        Feature("bottleneck_distance", "lookahead: work of the job before it gets there"),
        Feature("bottleneck_idle", "lookahead: end of that machine's last operation - arrival there"),
    ),
)
"""Times of `node_state` are divided by the first bound. Every candidate feature that is a time is x / (4 + |x|) with x
in mean durations, and so is x what is squashed.

* Lower bound: the largest of earliest start + work left of any job, end of the last operation + work left of any
  machine. First bound: the same before any decision, at least 1.
* Time: the earliest start of any next operation. Work left is of all that is not scheduled, the candidate included.
* Queue: what else is not scheduled on the candidate's machine, there or not. It arrives when its job gets there if the
  job's next operation starts as early as it can and later ones do not wait.
* What does not exist (a next operation, a queue, a visit) has zeros.
"""


PILOT_FEATURES = (
    Feature("pilot_after", "makespan when the linear rule completes the schedule after the choice - bound after it"),
    Feature("pilot_regret", "that makespan - the least of any candidate"),
    Feature("pilot_regret_fine", "16 times the same"),
    Feature("pilot_rank", "share of the candidates with a smaller one"),
    Feature("pilot_lead", "the largest of any candidate - that makespan"),
    Feature("priority_regret", "highest priority of any candidate by the linear rule - its own, squashed"),
)
"""Further candidate features under lookahead = "pilot"; times as above. The rule is `baselines.jobshop.rules.linear`,
played under the scheme `active`."""


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
    completion: np.ndarray  # (B, J) lookahead pilot, of candidates: makespan when the linear rule goes on after job j
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
        scheme, lookahead = SCHEMES.index(self.options.scheme), LOOKAHEADS.index(self.options.lookahead)
        self._rules = (scheme, bool(self.options.skip_forced), lookahead)

    def size(self, shape: tuple[int, ...]) -> Size:
        jobs, machines, operations = shape
        return Size(nodes=1 + operations + machines, edges=max(4 * operations, 1), candidates=jobs)

    def allocate(self, batch: int, shape: tuple[int, ...]) -> State:
        return allocate(batch, *shape)

    def load(self, state: State, row: int, instance: JobShopInstance) -> None:
        kernel.load(state, row, instance.duration, instance.machine, instance.job_start, instance.machines)

    def reset(self, state: State, observation: Observation, outcome: Outcome, rows: np.ndarray) -> None:
        kernel.reset(state, observation, outcome, rows, *self._rules)

    def step(
        self, state: State, observation: Observation, outcome: Outcome, actions: np.ndarray, running: np.ndarray
    ) -> None:
        kernel.step(state, observation, outcome, actions, running, *self._rules)

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
                completion=state.completion,
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
