"""Total tardiness as a problem: options, observation schema, and what its kernel and its rules work on."""

from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

import numpy as np

from envs.core.problem import Outcome, Problem, read_only
from envs.core.spec import Observation, Size
from envs.tardiness import kernel
from envs.tardiness.features import FURTHER, SPEC
from envs.tardiness.instance import TardinessInstance
from envs.tardiness.state import KernelOptions, State, allocate

FORMS = ("next", "last", "position")
LOOKAHEADS = ("none", "bound", "pilot")


@dataclass(frozen=True)
class Options:
    """How sequences are built."""

    form: Literal["next", "last", "position"] = "position"
    """What a decision is: the next job, the last job, or the position of the longest job."""
    dominance: bool = True
    """Leave out candidates that no optimal sequence needs."""
    skip_forced: bool = True
    """Let the kernel play decisions that have one candidate, and blocks of which an optimal order is known."""
    lookahead: Literal["none", "bound", "pilot"] = "pilot"
    """Candidate features that cost more than constant time: none, bounds after the choice, also the pilot by MDD."""


class View(NamedTuple):
    """What a rule may read; times in the instance's unit, leading axis B.

    Jobs are by due date, then processing time, weight and the instance's order; candidate a is about job a. Of a slot
    without a job, `number` is -1, `unscheduled` is False and the rest means nothing.
    """

    processing: np.ndarray  # (B, N)
    due: np.ndarray  # (B, N)
    weight: np.ndarray  # (B, N)
    number: np.ndarray  # (B, N) the job's number in the instance
    unscheduled: np.ndarray  # (B, N) bool: jobs of the block that is decided now
    mean: np.ndarray  # (B,) mean processing time of all jobs
    time: np.ndarray  # (B,) when the block begins
    work: np.ndarray  # (B,) its processing time
    longest: np.ndarray  # (B,) form position: the job that is placed, behind job a; -1 in the other forms
    pilot: np.ndarray  # (B, N) lookahead pilot: tardiness of the block when MDD completes it after candidate a
    action_mask: np.ndarray  # (B, N) i8, 1 = legal


class Tardiness(Problem[State, TardinessInstance]):
    """Minimise the total weighted tardiness of jobs on one machine."""

    name = "tardiness"
    title = "Tardiness"
    spec = SPEC
    Instance = TardinessInstance
    Options = Options
    default_instances = "random:20"
    objective_grows = True

    def __init__(self, **options: object) -> None:
        super().__init__(**options)
        lookahead = self.options.lookahead
        features = SPEC.candidate_features + FURTHER[lookahead]
        guide = "pilot_regret" if lookahead == "pilot" else SPEC.guide
        self.spec = replace(SPEC, candidate_features=features, guide=guide)
        self.kernel_options = KernelOptions(
            form=FORMS.index(self.options.form),
            dominance=self.options.dominance,
            skip_forced=self.options.skip_forced,
            bound=lookahead != "none",
            pilot=lookahead == "pilot",
        )

    def size(self, shape: tuple[int, ...]) -> Size:
        (jobs,) = shape
        return Size(nodes=1 + jobs, edges=max(4 * (jobs - 1), 1), candidates=jobs)

    def allocate(self, batch: int, shape: tuple[int, ...]) -> State:
        return allocate(batch, *shape)

    def fill(self, state: State, row: int, instance: TardinessInstance) -> None:
        if self.options.form == "position" and not instance.unweighted:
            raise ValueError(
                f"{instance.name or instance!r} has weights, but the form 'position' needs all of them to be 1: "
                "play it in the form 'next' or 'last'."
            )
        kernel.fill(state, row, instance.processing, instance.due, instance.weight)

    def reset(self, state: State, observation: Observation, outcome: Outcome, rows: np.ndarray) -> None:
        kernel.reset(state, observation, outcome, rows, self.kernel_options)

    def step(
        self, state: State, observation: Observation, outcome: Outcome, actions: np.ndarray, running: np.ndarray
    ) -> None:
        kernel.step(state, observation, outcome, actions, running, self.kernel_options)

    def view(self, state: State, observation: Observation) -> View:
        job, line = state.job, state.line
        return read_only(
            View(
                processing=job["processing"],
                due=job["due"],
                weight=job["weight"],
                number=job["number"],
                unscheduled=state.open,
                mean=line["mean_processing"],
                time=line["time"],
                work=line["work"],
                longest=line["longest"],
                pilot=state.pilot,
                action_mask=observation.action_mask,
            )
        )

    def schedule(self, state: State, row: int) -> np.ndarray:
        """(placed jobs, 3) int64: job, start, end; by start."""
        end = state.end[row]
        jobs = np.argsort(end)[len(end) - state.line[row].placed :]
        job, end = state.job[row, jobs], end[jobs]
        return np.stack([job["number"], end - job["processing"], end], axis=1)

    def explain(self, state: State, row: int, action: int) -> str:
        if action >= state.line[row].jobs:
            return f"the instance has {state.line[row].jobs} jobs"
        if state.end[row, action] >= 0:
            return f"the place of job {action} (by due date) is decided"
        if not state.open[row, action]:
            return f"job {action} (by due date) is of a later block"
        return f"some optimal sequence does without job {action} (by due date) there"
