"""The queue as a problem: options, and what its kernel and its rules work on."""

from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np

from envs.core.instance import hashed, layout_seed
from envs.core.problem import Outcome, Problem, read_only
from envs.core.spec import Observation, Size
from tests.queue import kernel
from tests.queue.features import SPEC
from tests.queue.instance import LARGEST, QueueInstance
from tests.queue.state import UNMEASURED, KernelOptions, State, allocate


@dataclass(frozen=True)
class Options:
    """What is seen and decided."""

    slots: int = 32
    """Jobs that are seen at once, however long the trace is; further ones wait outside."""
    skip_forced: bool = True
    """Let the kernel play decisions that have one candidate, but the first."""


class View(NamedTuple):
    """What a rule may read; times in us, leading axis B; candidate 1 + k is about slot k, candidate 0 commits."""

    expected: np.ndarray  # (B, K) of the job in the slot
    waited: np.ndarray  # (B, K) how long it has been there, where it may be picked
    picked: np.ndarray  # (B,) jobs of the batch
    longest: np.ndarray  # (B,) of their expected times
    unit: np.ndarray  # (B,) expected time of a usual job
    action_mask: np.ndarray  # (B, 1 + K) i8, 1 = legal


class Queue(Problem[State, QueueInstance]):
    """Minimise the total time that jobs spend in a queue and on its machine."""

    name = "queue"
    title = "Queue"
    spec = SPEC
    Instance = QueueInstance
    Options = Options
    default_instances = "random:8..14"
    objective_grows = True
    measurable = True

    def __init__(self, **options: object) -> None:
        super().__init__(**options)
        if not 1 <= self.options.slots <= 10_000:
            raise ValueError(f"slots is {self.options.slots}, but must be a whole number from 1 to 10000.")
        self.kernel_options = KernelOptions(skip_forced=self.options.skip_forced)

    def size(self, shape: tuple[int, ...]) -> Size:  # noqa: ARG002  # slots are what is alive, not how long the trace is
        slots = self.options.slots
        return Size(nodes=1 + slots, edges=2 * slots, candidates=1 + slots)

    def allocate(self, batch: int, shape: tuple[int, ...]) -> State:
        (jobs,) = shape
        return allocate(batch, jobs, self.options.slots)

    def fill(self, state: State, row: int, instance: QueueInstance) -> None:
        line, job = state.line[row], state.job[row, : instance.jobs]
        line.jobs, line.capacity, line.unit = instance.jobs, instance.capacity, instance.unit
        job["arrival"], job["expected"], job["service"] = instance.arrival, instance.expected, instance.service
        job["code"] = [hashed(expected.tobytes(), layout_seed(("job",))) for expected in instance.expected]

    def reset(self, state: State, observation: Observation, outcome: Outcome, rows: np.ndarray) -> None:
        kernel.reset(state, observation, outcome, rows)

    def step(
        self, state: State, observation: Observation, outcome: Outcome, actions: np.ndarray, running: np.ndarray
    ) -> None:
        kernel.step(state, observation, outcome, actions, running, self.kernel_options)

    def view(self, state: State, observation: Observation) -> View:
        line, slot = state.line, state.slot
        return read_only(
            View(
                expected=slot["expected"],
                waited=slot["waited"],
                picked=line["picked"],
                longest=line["longest"],
                unit=line["unit"],
                action_mask=observation.action_mask,
            )
        )

    def schedule(self, state: State, row: int) -> np.ndarray:
        """(served jobs, 3) int64: job, start, end."""
        job = state.job[row, : state.line[row].jobs]
        served = np.flatnonzero(job["end"] >= 0)
        return np.stack([served, job["start"][served], job["end"][served]], axis=1)

    def explain(self, state: State, row: int, action: int) -> str:
        if action == 0:
            return "no job is picked that a commit could serve"
        slot, line = state.slot[row, action - 1], state.line[row]
        if slot.job < 0:
            return f"slot {action - 1} is free"
        if slot.picked:
            return f"the job of slot {action - 1} is picked"
        return f"the {line.capacity} jobs that the machine serves at once are picked"

    # With an executor

    def fill_unmeasured(self, state: State, row: int, instance: QueueInstance) -> None:
        self.fill(state, row, instance)
        state.job["service"][row] = UNMEASURED

    def work(self, state: State, row: int) -> dict[str, np.ndarray]:
        """`job` (n,) numbers and `expected` (n,) us of the batch."""
        slot = state.slot[row]
        picked = slot["picked"] == 1
        return {"job": slot["job"][picked], "expected": slot["expected"][picked]}

    def resume(
        self, state: State, observation: Observation, outcome: Outcome, rows: np.ndarray, seconds: np.ndarray
    ) -> None:
        durations = np.clip(np.rint(seconds * 1e6), 1, LARGEST).astype(np.int64)
        kernel.resume(state, observation, outcome, rows, durations, self.kernel_options)

    def realised(self, state: State, row: int, instance: QueueInstance) -> QueueInstance:
        measured = state.job["service"][row, : instance.jobs]
        service: Any = np.where(measured == UNMEASURED, instance.service, measured)
        return replace(instance, service=service)
