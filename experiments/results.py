"""The kinds of tables in results/: comparisons of methods, learning curves, speed."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib import import_module
from pathlib import Path
from statistics import fmean
from typing import Any, NamedTuple

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from envs import load_problem
from experiments.agent import CONFIG
from experiments.cli import describe
from experiments.curve import CURVE
from experiments.evaluate import Evaluate, evaluate, listed, rule_defaults, run
from experiments.records import Records, provenance, write_atomically
from experiments.speed import Speed, speed
from experiments.tables import MEASURES, grouped, half_width, markdown, mean, percent
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
    temperature: float = 1.0
    """Of the agents where more than one schedule is sampled."""
    measures: tuple[str, ...] = ()
    """Of `MEASURES`: a table for each, instead of one with the mean gaps, their mean over the sets, and times."""
    digits: int = 1
    """Decimals of what is in %."""
    quoted: Mapping[str, tuple[float | None, ...]] = field(default_factory=dict)
    """Mean gaps as others have published them, one for each set, as further rows."""
    notes: str = ""
    """What else a reader has to know."""

    def make(self, problem: str, path: Path, command: str) -> None:
        """Write the rows of every instance to PATH.csv and the mean gaps to PATH.md."""
        kind = load_problem(problem)
        runs = {
            str(ensure(run, kind())): f"{name}, {len(agents)} seeds"
            for name, agents in self.agents.items()
            for run in agents
        }
        rows: list[dict[str, str]] = []
        for line in (*self.lines, Line(tuple(runs), self.samples)):
            if line.methods:
                options = kind(**{**rule_defaults(problem), **line.options})
                asked = Evaluate(self.sets, line.methods, line.samples, self.temperature, self.seconds)
                asked = replace(asked, output=path.with_suffix(".csv"))
                rows += run(listed(asked, options), asked, options)[0]
        usual = describe(kind(**rule_defaults(problem)).options).split()
        published = any(row["reference_kind"] != "lower-bound" for row in rows)
        dated = getattr(import_module(f"envs.{problem}.sets"), "REFERENCE_DATE", "") if published else ""
        caption = self._caption(rows, command, f" of {dated}" if dated else "")
        notes = f"{self.notes}\n\n" if self.notes else ""
        text = f"# {self.title}\n\n{caption}\n\n{notes}{self._tables(_compared(rows, runs, usual))}"
        write_atomically(path.with_suffix(".md"), text)

    def _tables(self, compared: list[Compared]) -> str:
        """The table of mean gaps, or one for each measure."""
        if not self.measures:
            columns = ("method", "samples", *self.sets, "mean", "s / instance", "CPU s / instance")
            quoted = [[label, "", *self._quoted(label), "", "", ""] for label in self.quoted]
            return markdown(columns, [*map(self._line, compared), *quoted])
        tables = []
        for name in self.measures:
            lines = [
                [one.label, one.samples, *(self._spread(one.by_seed(name, text)) for text in self.sets)]
                for one in compared
            ]
            quoted = [[label, "", *self._quoted(label)] for label in self.quoted if name == "mean"]
            table = markdown(("method", "samples", *self.sets), [*lines, *quoted])
            tables.append(f"## {MEASURES[name].title}\n\n{table}")
        return "\n".join(tables)

    def _line(self, one: Compared) -> list[str]:
        """Mean gaps, their mean over the sets with its spread over the seeds, and times."""
        by_set = [one.by_seed("mean", name) for name in self.sets]
        means = [_mean(gaps) for gaps in zip(*by_set, strict=True)]
        cells = [percent(_mean(gaps), self.digits) for gaps in by_set]
        times = mean([row for seed in one.seeds for row in seed])
        return [one.label, one.samples, *cells, self._spread(means), f"{times.seconds:.3f}", f"{times.cpu_s:.3f}"]

    def _spread(self, values: Sequence[float | None]) -> str:
        """The mean over the seeds ± half of its 95 % interval."""
        known = [value for value in values if value is not None]
        around = f" ± {half_width(known):.{self.digits}f}" if len(known) > 1 else ""
        return percent(_mean(values), self.digits) + around

    def _quoted(self, label: str) -> list[str]:
        return [percent(gap, self.digits) for gap in self.quoted[label]]

    def _caption(self, rows: list[dict[str, str]], command: str, dated: str) -> str:
        count = len({row["instance"] for row in rows})
        kinds = " or ".join(dict.fromkeys(row["reference_kind"] for row in rows))
        dates = sorted(row["date"] for row in rows)
        when = dates[0] if dates[0] == dates[-1] else f"{dates[0]} to {dates[-1]}"
        commits = ", ".join(dict.fromkeys(row["commit"] for row in rows))
        trained = sorted(float(row["train_cpu_s"]) for row in rows if row["train_cpu_s"])
        found = " Agents: the best by validation, found after {:.0f} to {:.0f} CPU s of training."
        agents = found.format(trained[0], trained[-1]) if trained else ""
        what, over = ("Gaps in %", "") if self.measures else ("Mean gap in %", "`mean` is over the columns, ")
        return (
            f"{what} to the reference{dated} ({kinds}) on {count} instances, every schedule verified; "
            f"{over}± half of the 95 % interval over the seeds. Solvers have {self.seconds:g} s and 1 "
            f"worker; NAME@T is the best of samples from softmax(score / T).{agents} Commit {commits}, {when}, made by "
            f"`{command}`."
        )


class Compared(NamedTuple):
    """A line of a comparison: one method, and its rows by seed, of which only agents have several."""

    label: str
    samples: str
    seeds: list[list[Mapping[str, str]]]

    def by_seed(self, measure: str, name: str) -> list[float | None]:
        """The measure of each seed on the set of that name."""
        rows = [[row for row in seed if row["set"] == name] for seed in self.seeds]
        return [MEASURES[measure].of(some) if some else None for some in rows]


def _compared(rows: list[dict[str, str]], runs: Mapping[str, str], usual: Sequence[str]) -> list[Compared]:
    """The lines of a comparison, the agents' seeds as one; options are named where they are not usual."""
    named = [{**row, "method": _named(row["method"], runs), "seed": row["method"]} for row in rows]
    learned = tuple(runs.values())
    lines = []
    for (method, samples, options, _), some in grouped(named, "method", "samples", "options", "budget_s").items():
        unusual = [option for option in options.split() if option not in usual and not method.startswith(learned)]
        label = f"{method} ({', '.join(unusual)})" if unusual else method
        lines.append(Compared(label, samples, list(grouped(some, "seed").values())))
    return lines


def _named(method: str, runs: Mapping[str, str]) -> str:
    """What a table calls the method: an agent by its name instead of its run directory."""
    path, _, temperature = method.partition("@")
    if path not in runs:
        return method
    return runs[path] + (f", T = {temperature}" if temperature else "")


def _mean(gaps: Sequence[float | None]) -> float | None:
    known = [gap for gap in gaps if gap is not None]
    return fmean(known) if known else None


@dataclass(frozen=True)
class LearningCurves:
    """The validation gap of runs, alike but for their seeds, against CPU seconds, with the rules as lines."""

    title: str
    agents: tuple[Train, ...]
    digits: int = 1
    """Decimals of what is in %."""

    def make(self, problem: str, path: Path, command: str) -> None:
        """Write the points to PATH.csv, the picture to PATH.png and both together to PATH.md."""
        curves, rules, kind = {}, {}, ""
        for agent in self.agents:
            folder = ensure(agent, load_problem(problem)())
            with (folder / CURVE).open(encoding="utf-8", newline="") as file:
                curves[agent.seed] = list(csv.DictReader(file))
            facts = json.loads((folder / CONFIG).read_text(encoding="utf-8"))["validation"]
            rules = {name: above(value, facts["reference"]) for name, value in facts["rules"].items()}
            kind = facts["reference_kind"]
        columns = ("seed", *next(iter(curves.values()))[0])
        path.with_suffix(".csv").unlink(missing_ok=True)
        records = Records(path.with_suffix(".csv"), columns, columns[:2])
        for seed, rows in curves.items():
            for row in rows:
                records.append({"seed": seed, **row})
        self._draw(curves, rules).savefig(path.with_suffix(".png"), dpi=100)
        best = [min(float(row["gap_pct"]) for row in rows) for rows in curves.values()]
        caption = (
            f"Greedy gap of the mean objective to the mean reference ({kind}) on {self.agents[0].validation_instances} validation instances drawn "
            f"from {self.agents[0].instances}, {len(curves)} seeds; CPU seconds of training, validation not counted. "
            f"Best of each seed: {', '.join(f'{gap:.{self.digits}f} %' for gap in best)}. "
            f"Commit {provenance()['commit']}, {provenance()['date']}, made by `{command}`."
        )
        lines = [
            (name, percent(gap, self.digits)) for name, gap in sorted(rules.items(), key=lambda rule: rule[1] or 0)
        ]
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
        axes.set_ylabel("gap to the reference, %")
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
        kind, rows = load_problem(problem), []
        for options, asked in self.commands:
            rows += speed(replace(asked, output=path.with_suffix(".csv")), kind(**options))
        usual = describe(kind().options).split()
        plays = [row for row in rows if row["decisions_per_cpu_s"] and not row["shares"]]
        lines = []
        for (options, instances, what), some in grouped(plays, "options", "instances", "what").items():
            rates = {row["batch"]: f"{int(row['decisions_per_cpu_s']):,}" for row in some}
            cells = [rates.get(batch, "") for batch in self._batches(plays)]
            unusual = [option for option in options.split() if option not in usual]
            lines.append([what, ", ".join(unusual), instances, *cells, some[0]["bytes_per_observation"]])
        heads = [f"B = {batch}" for batch in self._batches(plays)]
        columns = ("measurement", "options", "instances", *heads, "bytes per observation")
        starts = [(row["what"], f"{float(row['seconds']):.2f}") for row in rows if row["seconds"]]
        trainings = [
            (row["what"], row["instances"], row["batch"], f"{int(row['decisions_per_cpu_s']):,}", row["shares"])
            for row in rows
            if row["shares"]
        ]
        caption = (
            "Decisions per CPU second on one core: random legal actions chosen outside the timing; masks, candidate "
            "features, the whole observation, resets and the drawing of new instances inside. `step` returns the "
            "kernel's buffers, `copy` copies of them, `bare` writes no observation, `sb3` is the stable-baselines3 "
            "adapter, `policy` one pass of the network without the step; `sampled` are the decisions of GRPO's "
            "rollouts, network and all, `trained` those of its gradient steps, each by the time of that part. "
            f"Median of {plays[0]['repeats']} runs on {plays[0]['processor']}. "
            f"Commit {plays[0]['commit']}, {plays[0]['date']}, made by `{command}`."
        )
        text = f"# {self.title}\n\n{caption}\n\n{markdown(columns, lines)}"
        if trainings:
            columns = ("GRPO", "instances", "rollouts", "decisions per CPU second", "where the time goes")
            text += f"\n{markdown(columns, trainings)}"
        if starts:
            text += f"\n{markdown(('start of a process', 'wall seconds'), starts)}"
        write_atomically(path.with_suffix(".md"), text)

    @staticmethod
    def _batches(rows: Sequence[Mapping[str, str]]) -> list[str]:
        return sorted({row["batch"] for row in rows}, key=int)
