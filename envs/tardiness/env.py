"""Total tardiness as a problem: options, observation schema, and what its kernel and its rules work on."""

from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

import numpy as np

from envs.core.problem import Outcome, Problem, read_only
from envs.core.spec import Feature, Observation, Size, Spec
from envs.tardiness import kernel
from envs.tardiness.instance import TardinessInstance
from envs.tardiness.state import State, allocate

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
    """Candidate features that cost more than constant time: none, bounds after the choice, also completions by MDD."""


SPEC = Spec(
    node_types=("clock", "job"),
    edge_types=("later", "earlier", "longer", "shorter"),
    candidate_types=("wait", "next", "last", "behind"),
    node_features=(
        Feature("processing", "job: processing time / 2 mean processing times"),
        Feature("due", "job: due date / total processing time, squashed"),
        Feature("due_rank", "job: jobs that are due before it / jobs"),
        Feature("length_rank", "job: jobs that are shorter / jobs"),
        Feature("weight", "job: weight / (weight + mean weight)"),
        Feature("size", "clock: jobs / (jobs + 32)"),
    ),
    node_state=(
        Feature("placed", "job: 1 = its end is known; clock: share of the jobs of which it is"),
        Feature("end", "job: its end, once known; clock: begin of the block"),
        Feature("block", "job: 1 = of the block that is decided now; clock: share of the jobs that are"),
    ),
    edge_features=(Feature("gap", "difference of the two due dates (squashed) or processing times / 2 mean times"),),
    candidate_features=(
        Feature("processing", "processing time of the placed job"),
        Feature("slack", "its due date - its end"),
        Feature("tardiness", "its weighted tardiness / mean weight"),
        Feature("place", "its place in the block by due date (position: its new one) / jobs of the block"),
        Feature("passed", "jobs between it and the edge of the block (position: its old place) / jobs of the block"),
        Feature("length_rank", "jobs of the block that are shorter than job a / jobs of the block"),
        Feature("work", "its processing time / work of the block"),
        Feature("next_due", "due date of the job behind it (next, last: of the first, last by due date) - its end"),
        Feature("passed_due", "due date + processing time of job a - end of the placed job (next, last: of the block)"),
        Feature("modified_due", "due date of job a or, if later, its end as the next job - end of the block"),
        Feature("tardiness_factor", "1 - (mean due date of the block - its begin) / its work, squashed"),
        Feature("due_range", "range of the block's due dates / its work, squashed"),
        Feature("longest", "processing time of the longest job"),
        Feature("shortest", "processing time of the shortest job"),
        Feature("block_size", "jobs of the block / (jobs of the block + 32)"),
        Feature("block_share", "jobs of the block / jobs"),
        Feature("candidates", "candidates / (candidates + 4)"),
        Feature("begin", "begin of the block / total processing time"),
    ),
)
"""A candidate feature that is a time is x / (4 + |x|) with x in mean processing times of the block; squashed is
x / (1 + |x|). In the graph, times without another unit are divided by the total processing time.

* Job a: the one that the action names; the placed job is the longest one of the block in the form `position`.
* The tardiness of a completion is that of the block, weighted: the placed job's own and that of the other jobs by MDD
  (which is blind to weights) from where they can begin. Lower bound: see `lookahead.follow`.
"""


BOUND_FEATURES = (
    Feature("late", "share of the block's jobs that are late if they are next"),
    Feature("tardy", "share of the block's jobs that are late by due date"),
    Feature("spread", "coefficient of variation of the block's processing times, squashed"),
    Feature("bound_regret", "lower bound after the choice - the least of any candidate"),
    Feature("bound_level", "lower bound after the choice / jobs of the block"),
)

PILOT_FEATURES = (
    Feature("pilot_regret", "tardiness of the completion - the least of any candidate"),
    Feature("pilot_regret_fine", "16 times the same"),
    Feature("pilot_regret_share", "the same / (the same + 5 % of the least)"),
    Feature("pilot_rank", "share of the candidates whose completion is better"),
    Feature("pilot_above", "tardiness of the completion - lower bound after the choice"),
    Feature("pilot_above_share", "the same / tardiness of the completion"),
    Feature("before_share", "share of it that jobs before the placed one have"),
    Feature("own_share", "share of it that the placed job has"),
    Feature("pilot_tardy", "late jobs of the completion / jobs of the block"),
    Feature("pilot_latest", "largest tardiness of the completion"),
    Feature("pilot_level", "least tardiness of any completion / jobs of the block"),
)
FURTHER = {"none": (), "bound": BOUND_FEATURES, "pilot": BOUND_FEATURES + PILOT_FEATURES}
"""Further candidate features, by the look-ahead; times as above."""


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
    completion: np.ndarray  # (B, N) lookahead pilot: tardiness of the block when MDD completes it after candidate a
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
        form, lookahead = FORMS.index(self.options.form), LOOKAHEADS.index(self.options.lookahead)
        features = SPEC.candidate_features + FURTHER[self.options.lookahead]
        guide = "pilot_regret" if self.options.lookahead == "pilot" else SPEC.guide
        self.spec = replace(SPEC, candidate_features=features, guide=guide)
        self._rules = (form, bool(self.options.dominance), bool(self.options.skip_forced), lookahead)

    def size(self, shape: tuple[int, ...]) -> Size:
        (jobs,) = shape
        return Size(nodes=1 + jobs, edges=max(4 * (jobs - 1), 1), candidates=jobs)

    def allocate(self, batch: int, shape: tuple[int, ...]) -> State:
        return allocate(batch, *shape)

    def load(self, state: State, row: int, instance: TardinessInstance) -> None:
        if self.options.form == "position" and not instance.unweighted:
            raise ValueError(
                f"{instance.name or instance!r} has weights, but the form 'position' needs all of them to be 1: "
                "play it in the form 'next' or 'last'."
            )
        kernel.load(state, row, instance.processing, instance.due, instance.weight)

    def reset(self, state: State, observation: Observation, outcome: Outcome, rows: np.ndarray) -> None:
        kernel.reset(state, observation, outcome, rows, *self._rules)

    def step(
        self, state: State, observation: Observation, outcome: Outcome, actions: np.ndarray, running: np.ndarray
    ) -> None:
        kernel.step(state, observation, outcome, actions, running, *self._rules)

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
                completion=state.completion,
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
