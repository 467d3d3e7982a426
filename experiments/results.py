"""The kinds of tables in results/: comparisons of methods, learning curves, speed."""

import csv
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib import import_module
from pathlib import Path
from statistics import fmean
from typing import Any

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from envs import load_problem
from experiments.agent import CONFIG
from experiments.cli import describe
from experiments.curve import CURVE
from experiments.evaluate import Evaluate, evaluate, listed, rule_defaults, run
from experiments.records import Records, provenance, write_atomically
from experiments.speed import Speed, speed
from experiments.tables import grouped, half_width, markdown, mean, percent
from experiments.train import Train, ensure
from experiments.validation import above


@dataclass(frozen=True)
class Line:
    """Methods that are compared under the same options and with the same numbers of samples."""

    methods: tuple[str, ...]
    samples: tuple[int, ...] = (1,)
    options: Mapping[str, Any] = field(default_factory=dict)
    """Of the problem, where they differ from those under which rules are quoted."""


@dataclass(frozen=True)
class Comparison:
    """Mean gaps of methods, a row for each, on sets, a column for each."""

    title: str
    sets: tuple[str, ...]
    lines: tuple[Line, ...]
    seconds: float = 10.0
    agents: Mapping[str, tuple[Train, ...]] = field(default_factory=dict)
    """Names for runs, alike but for their seeds, that are trained where they are not, and compared as one method."""
    samples: tuple[int, ...] = (1,)
    """Of the agents."""

    def make(self, problem: str, path: Path, command: str) -> None:
        """Write the rows of every instance to PATH.csv and the mean gaps to PATH.md."""
        rows, runs = measured(problem, path, self.sets, self.lines, self.seconds, self.agents, self.samples)
        published = any(row["reference_kind"] != "lower-bound" for row in rows)
        dated = getattr(import_module(f"envs.{problem}.sets"), "REFERENCE_DATE", "") if published else ""
        columns = ("method", "samples", *self.sets, "mean", "s / instance", "CPU s / instance")
        caption = self._caption(rows, command, f" of {dated}" if dated else "")
        text = f"# {self.title}\n\n{caption}\n\n{markdown(columns, self._cells(labelled(rows, runs, problem)))}"
        write_atomically(path.with_suffix(".md"), text)

    def _cells(self, rows: list[dict[str, str]]) -> list[list[str]]:
        """The lines of the Markdown table, the agents' seeds as one."""
        lines = []
        for (label, samples, _), some in grouped(rows, "label", "samples", "budget_s").items():
            seeds = list(grouped(some, "method").values())
            by_set = [[_gap(seed, name) for name in self.sets] for seed in seeds]
            means = [_mean(gaps) for gaps in by_set]
            spread = [gap for gap in means if gap is not None]
            total = percent(_mean(means)) + (f" ± {half_width(spread):.1f}" if len(spread) > 1 else "")
            cells = [percent(_mean([gaps[k] for gaps in by_set])) for k in range(len(self.sets))]
            lines.append([label, samples, *cells, total, f"{mean(some).seconds:.3f}", f"{mean(some).cpu_s:.3f}"])
        return lines

    def _caption(self, rows: list[dict[str, str]], command: str, dated: str) -> str:
        count = len({row["instance"] for row in rows})
        kinds = " or ".join(dict.fromkeys(row["reference_kind"] for row in rows))
        trained = sorted(float(row["train_cpu_s"]) for row in rows if row["train_cpu_s"])
        found = " Agents: the best by validation, found after {:.0f} to {:.0f} CPU s of training."
        agents = found.format(trained[0], trained[-1]) if trained else ""
        return (
            f"Mean gap in % to the reference{dated} ({kinds}) on {count} instances, every schedule verified; `mean` is "
            f"over the columns, ± half of the 95 % interval over the seeds. Solvers have {self.seconds:g} s and 1 "
            f"worker; NAME@T is the best of samples from softmax(score / T).{agents} {made(rows, command)}"
        )


def measured(
    problem: str,
    path: Path,
    sets: tuple[str, ...],
    lines: tuple[Line, ...],
    seconds: float,
    agents: Mapping[str, tuple[Train, ...]],
    samples: tuple[int, ...],
) -> tuple[list[dict[str, str]], dict[str, str]]:
    """The rows of all methods on all sets, kept in PATH.csv, and what tables call each run directory of the agents."""
    kind = load_problem(problem)
    runs = {str(ensure(run, kind())): f"{name}, {len(some)} seeds" for name, some in agents.items() for run in some}
    rows: list[dict[str, str]] = []
    for line in (*lines, Line(tuple(runs), samples)):
        if line.methods:
            options = kind(**{**rule_defaults(problem), **line.options})
            asked = Evaluate(sets, line.methods, line.samples, seconds=seconds, output=path.with_suffix(".csv"))
            rows += run(listed(asked, options), asked, options)[0]
    return rows, runs


def made(rows: Sequence[Mapping[str, str]], command: str) -> str:
    """Where the rows of a table come from: the end of its caption."""
    dates = sorted(row["date"] for row in rows)
    when = dates[0] if dates[0] == dates[-1] else f"{dates[0]} to {dates[-1]}"
    commits = ", ".join(dict.fromkeys(row["commit"] for row in rows))
    return f"Commit {commits}, {when}, made by `{command}`."


def labelled(rows: Sequence[Mapping[str, str]], runs: Mapping[str, str], problem: str) -> list[dict[str, str]]:
    """The rows with `label`: an agent by its name, without its run directory; options where they are not usual."""
    usual = describe(load_problem(problem)(**rule_defaults(problem)).options).split()
    found = []
    for row in rows:
        path, _, temperature = row["method"].partition("@")
        unusual = [option for option in row["options"].split() if option not in usual]
        label = f"{row['method']} ({', '.join(unusual)})" if unusual else row["method"]
        if path in runs:
            label = runs[path] + (f", T = {temperature}" if temperature else "")
        found.append({**row, "label": label})
    return found


def _gap(rows: Sequence[Mapping[str, str]], name: str) -> float | None:
    some = [row for row in rows if row["set"] == name]
    return mean(some).gap_pct if some else None


def _mean(gaps: Sequence[float | None]) -> float | None:
    known = [gap for gap in gaps if gap is not None]
    return fmean(known) if known else None


@dataclass(frozen=True)
class LearningCurves:
    """The validation gap of runs, alike but for their seeds, against CPU seconds, with the rules as lines."""

    title: str
    agents: tuple[Train, ...]

    def make(self, problem: str, path: Path, command: str) -> None:
        """Write the points to PATH.csv, the picture to PATH.png and both together to PATH.md."""
        curves, rules = {}, {}
        for agent in self.agents:
            folder = ensure(agent, load_problem(problem)())
            with (folder / CURVE).open(encoding="utf-8", newline="") as file:
                curves[agent.seed] = list(csv.DictReader(file))
            facts = json.loads((folder / CONFIG).read_text(encoding="utf-8"))["validation"]
            rules = {name: above(value, facts["lower_bound"]) for name, value in facts["rules"].items()}
        columns = ("seed", *next(iter(curves.values()))[0])
        path.with_suffix(".csv").unlink(missing_ok=True)
        records = Records(path.with_suffix(".csv"), columns, columns[:2])
        for seed, rows in curves.items():
            for row in rows:
                records.append({"seed": seed, **row})
        self._draw(curves, rules).savefig(path.with_suffix(".png"), dpi=100)
        best = [min(float(row["gap_pct"]) for row in rows) for rows in curves.values()]
        caption = (
            f"Mean greedy gap to the lower bound on {self.agents[0].validation_instances} validation instances drawn "
            f"from {self.agents[0].instances}, {len(curves)} seeds; CPU seconds of training, validation not counted. "
            f"Best of each seed: {', '.join(f'{gap:.1f} %' for gap in best)}. "
            f"Commit {provenance()['commit']}, {provenance()['date']}, made by `{command}`."
        )
        lines = [(name, percent(gap)) for name, gap in sorted(rules.items(), key=lambda rule: rule[1] or 0)]
        picture = f"![learning curves]({path.name}.png)"
        text = f"# {self.title}\n\n{picture}\n\n{caption}\n\n{markdown(('rule', 'gap %'), lines)}"
        write_atomically(path.with_suffix(".md"), text)

    def _draw(self, curves: Mapping[int, list[dict[str, str]]], rules: Mapping[str, float | None]) -> Figure:
        figure = Figure(figsize=(9, 5), dpi=100, layout="constrained")
        FigureCanvasAgg(figure)
        axes = figure.add_subplot()
        for seed, rows in curves.items():
            rows = [row for row in rows if float(row["decisions"])]  # the first point, untrained, is far above
            axes.plot(
                [float(row["cpu_s"]) for row in rows], [float(row["gap_pct"]) for row in rows], label=f"seed {seed}"
            )
        drawn = sorted((gap, name) for name, gap in rules.items() if gap is not None)[:4]
        for gap, name in drawn:
            axes.axhline(gap, color="grey", linewidth=0.8, linestyle="--")
            axes.annotate(name, (1, gap), xycoords=("axes fraction", "data"), ha="right", va="bottom", color="grey")
        axes.set_xlabel("CPU seconds of training")
        axes.set_ylabel("gap to the lower bound, %")
        axes.set_title(self.title, loc="left")
        axes.spines[["top", "right"]].set_visible(False)
        axes.legend(frameon=False, ncols=6, loc="upper center", bbox_to_anchor=(0.5, -0.1))
        return figure


@dataclass(frozen=True)
class Picture:
    """The schedules that an agent and a solver make of one instance."""

    title: str
    instance: str
    methods: tuple[str, ...]
    agent: Train
    seconds: float = 10.0

    def make(self, problem: str, path: Path, command: str) -> None:
        """Write PATH.png, and PATH.md that shows it."""
        kind = load_problem(problem)
        methods = (str(ensure(self.agent, kind())), *self.methods)
        asked = Evaluate((self.instance,), methods, seconds=self.seconds, gantt=path.with_suffix(".png"))
        rows = evaluate(asked, kind(**rule_defaults(problem)))
        found = ", ".join(f"{Path(row['method']).name} {float(row['objective']):g}" for row in rows)
        text = (
            f"# {self.title}\n\n![{self.title}]({path.name}.png)\n\nObjectives: {found}; the reference is "
            f"{rows[0]['reference']} ({rows[0]['reference_kind']}). Commit {rows[0]['commit']}, {rows[0]['date']}, "
            f"made by `{command}`.\n"
        )
        write_atomically(path.with_suffix(".md"), text)


@dataclass(frozen=True)
class SpeedTable:
    """Decisions per CPU second under several options of the problem."""

    title: str
    commands: tuple[tuple[Mapping[str, Any], Speed], ...]
    """Options of the problem and what is measured under them."""

    def make(self, problem: str, path: Path, command: str) -> None:
        """Write the measurements to PATH.csv and PATH.md."""
        rows: list[dict[str, str]] = []
        for options, asked in self.commands:
            rows += speed(replace(asked, output=path.with_suffix(".csv")), load_problem(problem)(**options))
        plays = [row for row in rows if row["decisions_per_cpu_s"]]
        lines = []
        for (options, instances, what), some in grouped(plays, "options", "instances", "what").items():
            rates = {row["batch"]: f"{int(row['decisions_per_cpu_s']):,}" for row in some}
            cells = [rates.get(batch, "") for batch in self._batches(plays)]
            lines.append(
                [what, options.split()[0].partition("=")[2], instances, *cells, some[0]["bytes_per_observation"]]
            )
        heads = [f"B = {batch}" for batch in self._batches(plays)]
        columns = ("measurement", "scheme", "instances", *heads, "bytes per observation")
        starts = [(row["what"], f"{float(row['seconds']):.2f}") for row in rows if row["seconds"]]
        caption = (
            "Decisions per CPU second on one core: random legal actions chosen outside the timing; masks, candidate "
            "features, the whole observation, resets and the drawing of new instances inside. `step` returns the "
            "kernel's buffers, `copy` copies of them, `bare` writes no observation, `sb3` is the stable-baselines3 "
            "adapter, `policy` one pass of the network without the step. "
            f"Median of {plays[0]['repeats']} runs on {plays[0]['processor']}. "
            f"Commit {plays[0]['commit']}, {plays[0]['date']}, made by `{command}`."
        )
        text = f"# {self.title}\n\n{caption}\n\n{markdown(columns, lines)}"
        if starts:
            text += f"\n{markdown(('start of a process', 'wall seconds'), starts)}"
        write_atomically(path.with_suffix(".md"), text)

    @staticmethod
    def _batches(rows: Sequence[Mapping[str, str]]) -> list[str]:
        return sorted({row["batch"] for row in rows}, key=int)
