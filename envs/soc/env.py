"""Task graphs on a chip as a problem: options, and what its kernel and its rules work on."""

from dataclasses import dataclass, replace
from typing import ClassVar, Literal, NamedTuple

import numpy as np

from envs.core.problem import Outcome, Problem, read_only
from envs.core.spec import Observation, Size
from envs.soc import kernel
from envs.soc.features import SPEC, WAIT
from envs.soc.instance import LARGEST, SocInstance
from envs.soc.state import KernelOptions, Numbers, State, allocate

CUTS = ("first_finish", "worst_finish", "none")


@dataclass(frozen=True)
class Options:
    """What a decision is and when it is taken."""

    decision: Literal["pair", "task"] = "pair"
    """A ready task and its PE, or a task alone, which the kernel puts where it is expected to finish first (EFT)."""
    commit: Literal["start", "ready"] = "start"
    """When tasks are placed: once one of them could start, or each when all its sources have ended (DS3Gym)."""
    cut: Literal["first_finish", "worst_finish", "none"] = "first_finish"
    """Candidates start before the first finish of any, the first worst finish of a task, or whenever."""
    wait: bool = False
    """Let row 0 be a candidate: place nothing until the next task ends or the next job enters."""
    skip_forced: bool = True
    """Let the kernel play decisions that have one candidate."""
    lookahead: Literal["none", "bound", "pilot"] = "pilot"
    """Candidate features that cost more than constant time: none, what others lose, or also two
    pilots that complete all visible jobs."""
    window: int = 32
    """Ready tasks that are considered: those of the oldest jobs, of a job those with the largest upward rank."""


class View(NamedTuple):
    """What a rule may read; times in us, leading axis B.

    What is by candidate means something where `action_mask` is 1; the row that waits has task and PE -1. Jobs that have
    not entered, and their tasks, have no meaning.
    """

    task: np.ndarray  # (B, A)
    pe: np.ndarray  # (B, A) where the task would go
    duration: np.ndarray  # (B, A) mean
    arrives: np.ndarray  # (B, A) when the task's data are on the PE
    start: np.ndarray  # (B, A) expected
    finish: np.ndarray  # (B, A) expected
    pilot: np.ndarray  # (B, A) f64 sum of the jobs' ends after it, see `lookahead.complete`; 0 without that option
    now: np.ndarray  # (B,)
    unit: np.ndarray  # (B,) f64 mean duration of the visible tasks
    pe_free: np.ndarray  # (B, P) expected end of what has been placed
    job: np.ndarray  # (B, T) job of each task
    placed: np.ndarray  # (B, T) 1 = placed
    mean_duration: np.ndarray  # (B, T) f64 over the PEs that it can run on
    least_duration: np.ndarray  # (B, T)
    rank_u: np.ndarray  # (B, T) f64 upward rank
    rank_oct: np.ndarray  # (B, T) f64 mean of `oct` over all PEs
    oct: np.ndarray  # (B, T, P) f64 optimistic cost table
    job_entry: np.ndarray  # (B, J) -1 = not yet
    job_left: np.ndarray  # (B, J) tasks not yet placed
    job_work: np.ndarray  # (B, J) f64 their mean durations
    job_critical: np.ndarray  # (B, J) f64 their largest upward rank
    action_mask: np.ndarray  # (B, A) i8, 1 = legal

    def of_task(self, array: np.ndarray) -> np.ndarray:
        """(B, A): the entries of a (B, T) array at each candidate's task."""
        return np.take_along_axis(array, self.task, axis=1)


class SoC(Problem[State, SocInstance]):
    """Minimise the mean latency of jobs that are task graphs; the makespan where there is one job."""

    name = "soc"
    title = "SoC"
    spec = SPEC
    Instance = SocInstance
    Options = Options
    default_instances = "random:20..30"
    RENAMED: ClassVar = {"lookahead": {"completion": "pilot"}}

    def __init__(self, **options: object) -> None:
        super().__init__(**options)
        if not 1 <= self.options.window <= LARGEST:
            raise ValueError(f"window is {self.options.window}, but must be a whole number from 1 to {LARGEST}.")
        if self.options.lookahead == "pilot":
            self.spec = replace(SPEC, guide="pilot_regret")
        self.kernel_options = KernelOptions(
            pairs=self.options.decision == "pair",
            at_ready=self.options.commit == "ready",
            cut=CUTS.index(self.options.cut),
            wait=self.options.wait,
            skip_forced=self.options.skip_forced,
            window=self.options.window,
            bound=self.options.lookahead != "none",
            pilot=self.options.lookahead == "pilot",
        )

    def size(self, shape: tuple[int, ...]) -> Size:
        _, tasks, edges, pes, _ = shape
        considered = min(tasks, self.options.window)
        candidates = 1 + considered * (pes if self.kernel_options.pairs else 1)
        return Size(nodes=1 + pes + tasks, edges=2 * edges + 2 * tasks * pes, candidates=candidates)

    def allocate(self, batch: int, shape: tuple[int, ...]) -> State:
        jobs, tasks, edges, pes, bandwidths = shape
        return allocate(batch, jobs, tasks, edges, pes, bandwidths, self.size(shape).candidates)

    def fill(self, state: State, row: int, instance: SocInstance) -> None:
        kernel.fill(state, row, Numbers(**{name: getattr(instance, name) for name in Numbers._fields}))

    def reset(self, state: State, observation: Observation, outcome: Outcome, rows: np.ndarray) -> None:
        kernel.reset(state, observation, outcome, rows, self.kernel_options)

    def step(
        self, state: State, observation: Observation, outcome: Outcome, actions: np.ndarray, running: np.ndarray
    ) -> None:
        kernel.step(state, observation, outcome, actions, running, self.kernel_options)

    def view(self, state: State, observation: Observation) -> View:
        candidate, task, job = state.candidate, state.task, state.job
        return read_only(
            View(
                task=candidate["task"],
                pe=candidate["pe"],
                duration=candidate["duration"],
                arrives=candidate["arrives"],
                start=candidate["start"],
                finish=candidate["finish"],
                pilot=candidate["pilot"],
                now=state.chip["now"],
                unit=state.chip["unit"],
                pe_free=state.pe["free"],
                job=task["job"],
                placed=task["placed"],
                mean_duration=task["average"],
                least_duration=task["least"],
                rank_u=task["rank"],
                rank_oct=task["rank_oct"],
                oct=state.oct,
                job_entry=job["entry"],
                job_left=job["left"],
                job_work=job["work"],
                job_critical=job["critical"],
                action_mask=observation.action_mask,
            )
        )

    def schedule(self, state: State, row: int) -> np.ndarray:
        """(placed tasks, 4) int64: task, PE, start, end; with true times, also of what has not ended."""
        task = state.task[row, : state.chip[row].tasks]
        done = np.flatnonzero(task["placed"])
        columns = done, state.where[row, done], task["true_start"][done], task["true_end"][done]
        return np.stack(columns, axis=1)

    def explain(self, state: State, row: int, action: int) -> str:
        chip, pes = state.chip[row], int(state.chip[row].pes)
        if action == WAIT:
            if not self.options.wait:
                return "waiting is no option"
            return "nothing that has been placed has yet to end"
        place, pe = divmod(action - 1, pes) if self.kernel_options.pairs else (action - 1, -1)
        if place >= chip.considered:
            return f"{chip.considered} tasks are ready and considered"
        task = state.ready[row, place]
        if self.kernel_options.pairs and state.duration[row, task, pe] < 0:
            return f"task {task} cannot run on PE {pe}"
        where = f" on PE {pe}" if self.kernel_options.pairs else ""
        return f"task {task}{where} would not start before {chip.before}, the cut {self.options.cut!r} of this decision"

    def metrics(self, state: State, row: int) -> dict[str, float]:
        """Further measures of what has been placed, by name.

        `completed`: jobs; `latency_completed`: their mean time inside in us (what DS3Gym prints); `utilisation`: share
        of PE time; `energy`: uJ while PEs work, on true durations.
        """
        chip, pe = state.chip[row], state.pe[row, : state.chip[row].pes]
        job = state.job[row, : chip.entered]
        done = job["running"] == 0
        latency = (job["known"] - job["entry"])[done]
        return {
            "completed": float(done.sum()),
            "latency_completed": float(latency.mean()) if len(latency) else 0.0,
            "utilisation": float(pe["busy"].sum() / max(int(chip.now) * len(pe), 1)),
            "energy": float((pe["busy"] * pe["power"]).sum()),
        }
