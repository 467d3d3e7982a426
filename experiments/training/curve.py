"""The learning curve of a run: validate, keep the best agent, and be able to go on after a kill."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from stable_baselines3.common.callbacks import BaseCallback

from agents.archive import read
from experiments.progress import Progress
from experiments.records import Layout, Records
from experiments.training.agent import BEST, CONFIG, LAST
from experiments.training.events import Events
from experiments.training.settings import Budget
from experiments.training.validation import Validation

CURVE, LOG = "curve.csv", "log.txt"
COLUMNS = ("decisions", "cpu_s", "wall_s", "objective", "gap_pct", "gap_to_rule_pct")
"""Training so far, without validation, and the mean objective on the validation instances with its gaps."""


class Stopwatch:
    """CPU and wall seconds of training; `paused` leaves out what is done inside."""

    def __init__(self, cpu_s: float = 0.0, wall_s: float = 0.0) -> None:
        self._cpu = cpu_s - time.process_time()
        self._wall = wall_s - time.perf_counter()

    def read(self) -> tuple[float, float]:
        """CPU seconds and wall seconds."""
        return self._cpu + time.process_time(), self._wall + time.perf_counter()

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Let no time pass."""
        cpu, wall = self.read()
        try:
            yield
        finally:
            self._cpu, self._wall = cpu - time.process_time(), wall - time.perf_counter()


def curve_records(folder: Path) -> Records:
    """The curve of a run directory; ValueError where it is damaged."""
    records = Records(folder / CURVE, Layout(COLUMNS, COLUMNS[:1]))
    for number, row in enumerate(records.rows, 1):
        for name, value in row.items():
            try:
                float(value or ("nothing" if name in COLUMNS[:4] else 0))  # a gap to a bound of 0 is empty
            except ValueError:
                raise ValueError(f"{records.path}: row {number} has {value!r} as {name}, which is no number.") from None
    return records


def is_checkpoint(path: Path) -> bool:
    """Whether there is one that can be read."""
    try:
        read(path)
    except (OSError, ValueError):
        return False
    return True


class Curve(BaseCallback):
    """Validates and saves a model at even distances of its budget, and stops it when that is spent.

    At a point of the curve, between two updates: events are flushed, the checkpoint is written with the point in it,
    then the row of the curve. A kill at any moment leaves no row whose checkpoint is missing; a checkpoint whose row is
    missing brings it back when the run goes on.
    """

    def __init__(
        self, folder: Path, records: Records, budget: Budget, points: int, validation: Validation, events: Events
    ) -> None:
        super().__init__()
        self.folder, self.budget, self.points, self.validation, self.events = folder, budget, points, validation, events
        self.records = records
        self.stopped = False
        self._objectives: list[float] = []

    def _init_callback(self) -> None:
        model: Any = self.model
        row = getattr(model, "run", None)
        if row and self.records.find(row) is None:
            self.records.append(row)
        best = min((float(found["objective"]) for found in self.records.rows), default=np.inf)
        self.best, self.row = best, row or {}
        self.watch = Stopwatch(self.row.get("cpu_s", 0.0), self.row.get("wall_s", 0.0))
        self.next = self._after(self._spent()) if row else 0.0
        self.progress = Progress("decisions", model.num_timesteps, self._spent(), self.folder / LOG)
        if row and not is_checkpoint(self.folder / BEST):
            self.progress.say(f"{self.folder / BEST} is missing or damaged; the best from now on will be kept.")
            self.best = np.inf
        model.spent = self._spent

    def stop(self) -> None:
        """Save and end before the next update."""
        self.stopped = True

    def _spent(self) -> float:
        return self.budget.spent(self.model.num_timesteps, self._time()[0])

    def _time(self) -> tuple[float, float]:
        """CPU seconds of training, by all processes, and wall seconds."""
        cpu, wall = self.watch.read()
        return cpu + getattr(self.model, "others_cpu_s", 0.0), wall

    def _on_rollout_start(self) -> None:
        spent = self._spent()
        self.stopped |= spent >= 1
        saved = self.row.get("decisions") == self.model.num_timesteps
        if (spent >= self.next or self.stopped) and not saved:
            with self.watch.paused():
                self._point()
            self.next = self._after(spent)

    def _after(self, spent: float) -> float:
        """The share of the budget at which the next point is due."""
        return (int(spent * self.points + 1e-9) + 1) / self.points

    def _on_step(self) -> bool:
        if self.stopped:
            return False
        if self.locals["dones"].any():
            self._objectives += [info["objective"] for info in self.locals["infos"] if "objective" in info]
        self.progress.update(self.model.num_timesteps, self._spent())
        return True

    def _point(self) -> None:
        """Validate and save.

        Raises:
            OSError: the run directory has vanished, or there is no room for the checkpoint or the row.
        """
        model: Any = self.model
        if not (self.folder / CONFIG).is_file():
            raise OSError(f"{self.folder} has vanished, or its {CONFIG} has: training ends here.")
        cpu, wall = self._time()
        step = model.num_timesteps
        rate = (step - self.row.get("decisions", 0)) / max(cpu - self.row.get("cpu_s", 0.0), 1e-9)
        found = self.validation.judge(self._scores)
        self.row = model.run = {"decisions": step, "cpu_s": cpu, "wall_s": wall, **found._asdict()}
        better = found.objective < self.best
        self.best = min(self.best, found.objective)
        self.events.scalars(
            {
                "objective/validation": found.objective,
                "objective/training": float(np.mean(self._objectives)) if self._objectives else None,
                "gap_percent/reference": found.gap_pct,
                "gap_percent/best_rule": found.gap_to_rule_pct,
                "time/decisions_per_second": rate if step else None,
                "time/cpu_seconds": cpu,
            },
            step,
        )
        self._objectives.clear()
        if better:
            title = f"{step:,} decisions, mean objective {found.objective:.1f}"
            self.events.picture("schedule/validation", self.validation.picture(self._scores, title), step)
        self.events.flush()
        if better:
            model.save(self.folder / BEST, include=["run"])
        model.save(self.folder / LAST, include=["run"])
        self.records.append(self.row)
        self.progress.update(step, self._spent(), self.note())

    def _scores(self, env: Any) -> np.ndarray:
        policy: Any = self.model.policy
        return policy.scores(env.observation)

    def note(self) -> str:
        rule = self.validation.best_rule
        now = self.row["gap_to_rule_pct"]
        gap = f"gap to {rule} {now:+.1f} %, " if now is not None else ""
        return f"{gap}objective {self.row['objective']:.1f}, best {self.best:.1f}"
