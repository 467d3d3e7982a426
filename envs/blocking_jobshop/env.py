"""The blocking job shop as a problem: options, and what its kernel and its rules work on."""

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal, NamedTuple

import numpy as np

from envs.blocking_jobshop import kernel
from envs.blocking_jobshop.features import PILOT_FEATURES, SPEC, WAIT
from envs.blocking_jobshop.instance import BlockingJobShopInstance
from envs.blocking_jobshop.state import IDS, KernelOptions, Numbers, State, allocate
from envs.core.problem import Outcome, Problem, read_only
from envs.core.spec import Observation, Size

SCHEMES = ("all", "before_completion", "non_delay")


@dataclass(frozen=True)
class Options:
    """What a decision is and when it is taken."""

    view: Literal["order", "events"] = "order"
    """The next move of a global order, or what starts now and at every event; shops that can fail are always played by
    events."""
    scheme: Literal["all", "before_completion", "non_delay"] = "all"
    """Candidates are all moves, those that start before any could complete, or those that start first; by events, the
    last means that nobody waits while there is a move, and the others are the same."""
    skip_forced: bool = True
    """Let the kernel play what is no decision: the only candidate, and moves to machines that no other job needs."""
    lookahead: Literal["none", "bound", "pilot"] = "bound"
    """Candidate features that cost more: none, what the choice does to bounds and starts, or also the makespans when
    three pilots complete the schedule after it."""


class View(NamedTuple):
    """What a dispatching rule may read; times in the instance's unit, leading axis B, J jobs, A = 1 + J candidates.

    Of a job whose last operation has started, `next_operation` is -1 and `earliest` means nothing; of a slot without a
    job, `next_operation` is -1 and the rest means nothing. What is by candidate means something where `action_mask`
    is 1. Times are expected ones where a failure is under way; durations are as in the instance.
    """

    duration: np.ndarray  # (B, O)
    machine: np.ndarray  # (B, O)
    rest: np.ndarray  # (B, O) work of the job from this operation on, itself included
    mean: np.ndarray  # (B,) f64 mean duration
    job_length: np.ndarray  # (B, J) work of the job
    job_end: np.ndarray  # (B, J) one more than the job's last operation
    jobs: np.ndarray  # (B,) how many
    machines: np.ndarray  # (B,)
    operations: np.ndarray  # (B,)
    next_operation: np.ndarray  # (B, J) the operation that each candidate would start
    job_ready: np.ndarray  # (B, J) end of what the job does, or did last; 0 of one that is outside
    earliest: np.ndarray  # (B, J) start of the next operation
    inside: np.ndarray  # (B, J) 1 = holds a machine
    machine_free: np.ndarray  # (B, M) when it is or will be let go
    machine_load: np.ndarray  # (B, M) work not yet started
    now: np.ndarray  # (B,) the clock; 0 in the order view
    bound: np.ndarray  # (B,) expected lower bound of the makespan
    pilots: np.ndarray  # (B, A, 3) lookahead pilot: makespan when each pilot completes the schedule after the candidate
    pilot: np.ndarray  # (B, A) the least of them
    action_mask: np.ndarray  # (B, A) i8, 1 = legal

    def of_next(self, array: np.ndarray) -> np.ndarray:
        """(B, J): the entries of a (B, O) array at each job's next operation (at some other where there is none)."""
        return np.take_along_axis(array, self.next_operation, axis=1)


class BlockingJobShop(Problem[State, BlockingJobShopInstance]):
    """Minimise the makespan of jobs that stay on their machine until the next one takes them."""

    name = "blocking_jobshop"
    title = "BlockingJobShop"
    spec = SPEC
    Instance = BlockingJobShopInstance
    Options = Options
    default_instances = "random:6x6"
    objective_grows = True

    def __init__(self, **options: object) -> None:
        super().__init__(**options)
        if self.options.lookahead == "pilot":
            self.spec = replace(SPEC, candidate_features=SPEC.candidate_features + PILOT_FEATURES, guide="pilot_regret")
        self.kernel_options = KernelOptions(
            events=self.options.view == "events",
            scheme=SCHEMES.index(self.options.scheme),
            skip_forced=self.options.skip_forced,
            bound=self.options.lookahead != "none",
            pilot=self.options.lookahead == "pilot",
        )

    def size(self, shape: tuple[int, ...]) -> Size:
        jobs, machines, operations, _ = shape
        return Size(nodes=1 + operations + machines, edges=4 * operations + 2 * jobs, candidates=1 + jobs)

    def allocate(self, batch: int, shape: tuple[int, ...]) -> State:
        return allocate(batch, *shape)

    def fill(self, state: State, row: int, instance: BlockingJobShopInstance) -> None:
        numbers = Numbers(**{name: getattr(instance, name) for name in Numbers._fields})
        kernel.fill(state, row, numbers, _marks(instance.operations + instance.jobs))

    def reset(self, state: State, observation: Observation, outcome: Outcome, rows: np.ndarray) -> None:
        kernel.step(state, observation, outcome, np.full(len(rows), kernel.BEGIN), rows, self.kernel_options)

    def step(
        self, state: State, observation: Observation, outcome: Outcome, actions: np.ndarray, running: np.ndarray
    ) -> None:
        kernel.step(state, observation, outcome, actions, running, self.kernel_options)

    def view(self, state: State, observation: Observation) -> View:
        now, operation, job = 0, state.operation, state.job
        return read_only(
            View(
                duration=operation["duration"],
                machine=operation["machine"],
                rest=operation["work"],
                mean=state.shop["mean_duration"],
                job_length=job["length"],
                job_end=job["end"],
                jobs=state.shop["jobs"],
                machines=state.shop["machines"],
                operations=state.shop["operations"],
                next_operation=job["next"],
                job_ready=job["ready"],
                earliest=state.at["start"][:, now],
                inside=job["inside"],
                machine_free=state.hold["release"][:, now],
                machine_load=state.machine["load"],
                now=state.shop["now"],
                bound=state.shop["bound"],
                pilots=state.pilots,
                pilot=state.pilot,
                action_mask=observation.action_mask,
            )
        )

    def schedule(self, state: State, row: int) -> np.ndarray:
        """(n, 6) int64: job, position, machine, start, end, leave; what has started, by job and position.

        Of an operation that has not ended or not left, the end or the leave is where the clock stands, or the end.
        """
        shop = state.shop[row]
        operation = state.operation[row, : shop.operations]
        done = np.flatnonzero(operation["start"] >= 0)
        first, end = state.job["first"][row], state.job["end"][row, : shop.jobs]
        job = np.searchsorted(end, done, side="right")
        start, ends, leaves = (operation[name][done] for name in ("start", "end", "leave"))
        ends = np.where(ends < 0, np.maximum(shop.now, start), ends)
        leaves = np.where(leaves < 0, np.maximum(shop.now, ends), leaves)
        columns = job, done - first[job], operation["machine"][done], start, ends, leaves
        return np.stack(columns, axis=1)

    def explain(self, state: State, row: int, action: int) -> str:
        shop, job = state.shop[row], action - 1
        if action == WAIT:
            return "there is nothing to wait for" if shop.events else "in the order view nobody waits"
        if job >= shop.jobs:
            return f"the instance has {shop.jobs} jobs"
        at = state.at[row, 0, job]
        if at.machine < 0:
            return f"all operations of job {job} have started"
        holder = state.hold[row, 0, at.machine].holder
        if holder >= 0:
            return f"machine {at.machine}, the next of job {job}, is held by job {holder}"
        if shop.events and at.start > shop.now:
            return f"job {job} cannot start on machine {at.machine} now, but is expected to at {at.start}"
        if not shop.swap:
            return f"after the move of job {job} not all jobs might be able to leave without a swap"
        return f"the move of job {job} is no candidate of the {self.options.scheme} scheme now"


@lru_cache(maxsize=256)
def _marks(count: int) -> np.ndarray:
    """(count,) int64: what names of graphs are made of, the same in every process."""
    return np.random.default_rng(20230205).integers(0, IDS, count, endpoint=True)
