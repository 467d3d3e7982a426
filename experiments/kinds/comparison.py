"""The mean gaps of methods on sets, with the agents that are trained for them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import fmean
from typing import Any, NamedTuple

from envs import load_problem
from envs.core.files import write_text
from envs.core.parts import parts
from experiments.cli import options_text
from experiments.evaluate import Evaluate, listed, rule_defaults, run
from experiments.kinds.tables import MEASURES, grouped, half_width, markdown, mean, percent
from experiments.train import ensure
from experiments.training.settings import Train


@dataclass(frozen=True)
class Line:
    """Methods that are compared under the same options and with the same numbers of samples."""

    methods: tuple[str, ...]
    samples: tuple[int, ...] = (1,)
    options: Mapping[str, Any] = field(default_factory=dict)
    """Of the problem, where they differ from those under which rules are quoted."""


def sampled(rules: Iterable[str], temperatures: Sequence[float], **options: Any) -> Line:
    """32 samples of each rule at each temperature."""
    return Line(tuple(f"{rule}@{t:g}" for rule in rules for t in temperatures), (32,), options)


def seeds(name: str, count: int = 5, **settings: Any) -> tuple[Train, ...]:
    """Runs in runs/NAME-SEED alike but for their seeds; without the graph encoder unless the settings say so."""
    alike = Train.of(**{"encode": "none", **settings})
    return tuple(replace(alike, seed=seed, run_dir=Path(f"runs/{name}-{seed}")) for seed in range(count))


@dataclass(frozen=True)
class Agents:
    """Runs alike but for their seeds, that are trained where they are not, and compared as one method."""

    runs: tuple[Train, ...]
    samples: tuple[int, ...] = (1,)
    options: Mapping[str, Any] = field(default_factory=dict)
    """Of the problem, where they differ from its defaults."""
    temperatures: tuple[float, ...] = (1.0,)
    """Where more than one schedule is sampled."""
    ways: tuple[str, ...] = ("",)
    """Before their name: "" plays the agent, "pilot:" and "both:" as `experiments.methods` says."""


@dataclass(frozen=True)
class Comparison:
    """Mean gaps of methods, a row for each, on sets, a column for each."""

    title: str
    sets: tuple[str, ...]
    lines: tuple[Line, ...]
    seconds: float = 10.0
    agents: Mapping[str, Agents] = field(default_factory=dict)
    """By what the table calls them."""
    measures: tuple[str, ...] = ()
    """Of `MEASURES`: a table for each, instead of one with the mean gaps, their mean over the sets, and times."""
    digits: int = 1
    """Decimals of what is in %."""
    quoted: Mapping[str, tuple[float | None, ...]] = field(default_factory=dict)
    """What others have published, one number for each set, as further rows: mean gaps, or the first of `measures`."""
    notes: str = ""
    """What else a reader has to know."""

    def make(self, problem: str, path: Path, command: str) -> None:
        """Write the rows of every instance to PATH.csv and the mean gaps to PATH.md."""
        rows, runs = measured(problem, path, self.sets, self.lines, self.seconds, self.agents)
        published = any(row["reference_kind"] != "lower-bound" for row in rows)
        dated = parts(problem).sets.REFERENCE_DATE if published else ""
        caption = self._caption(rows, command, f" of {dated}" if dated else "")
        notes = f"{self.notes}\n\n" if self.notes else ""
        text = f"# {self.title}\n\n{caption}\n\n{notes}{self._tables(_compared(labelled(rows, runs, problem)))}"
        write_text(path.with_suffix(".md"), text)

    def _tables(self, compared: list[Compared]) -> str:
        """The table of mean gaps, or one for each measure."""
        if not self.measures:
            columns = ("method", "samples", *self.sets, "mean", "s / instance", "CPU s / instance")
            quoted = [
                [label, "", *self._quoted(label), percent(_mean(gaps), self.digits), "", ""]
                for label, gaps in self.quoted.items()
            ]
            return markdown(columns, [*map(self._line, compared), *quoted])
        tables = []
        for name in self.measures:
            lines = [
                [one.label, one.samples, *(self._spread(one.by_seed(name, text)) for text in self.sets)]
                for one in compared
            ]
            quoted = [[label, "", *self._quoted(label)] for label in self.quoted if name == self.measures[0]]
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
        trained = sorted(float(row["train_cpu_s"]) for row in rows if row["train_cpu_s"])
        found = " Agents: the best by validation, found after {:.0f} to {:.0f} CPU s of training."
        agents = found.format(trained[0], trained[-1]) if trained else ""
        what, over = ("Gaps in %", "") if self.measures else ("Mean gap in %", "`mean` is over the columns, ")
        return (
            f"{what} to the reference{dated} ({kinds}) on {count} instances, every schedule verified; "
            f"{over}± half of the 95 % interval over the seeds. Solvers have {self.seconds:g} s and 1 "
            f"worker; NAME@T is the best of samples from softmax(score / T).{agents} {made(rows, command)}"
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


def _compared(rows: list[dict[str, str]]) -> list[Compared]:
    """The lines of a comparison, the agents' seeds as one."""
    return [
        Compared(label, samples, list(grouped(some, "method").values()))
        for (label, samples, _), some in grouped(rows, "label", "samples", "budget_s").items()
    ]


def measured(
    problem: str,
    path: Path,
    sets: tuple[str, ...],
    lines: tuple[Line, ...],
    seconds: float,
    agents: Mapping[str, Agents],
) -> tuple[list[dict[str, str]], dict[str, str]]:
    """The rows of all methods on all sets, kept in PATH.csv, and what tables call each run directory of the agents."""
    problem_class = load_problem(problem)
    runs, learned = {}, []
    for name, some in agents.items():
        folders = [str(ensure(run, problem_class(**some.options))) for run in some.runs]
        runs |= dict.fromkeys(folders, f"{name}, {len(folders)} seeds" if len(folders) > 1 else name)
        learned.append(
            Line(
                tuple(
                    f"{way}{folder}@{temperature:g}"
                    for temperature in some.temperatures
                    for way in some.ways
                    for folder in folders
                ),
                some.samples,
            )
        )
    rows: list[dict[str, str]] = []
    for line in (*lines, *learned):
        options = problem_class(**{**rule_defaults(problem), **line.options})
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
    usual = options_text(load_problem(problem)(**rule_defaults(problem)).options).split()
    found = []
    for row in rows:
        path, _, temperature = row["method"].partition("@")
        unusual = [option for option in row["options"].split() if option not in usual]
        label = f"{row['method']} ({', '.join(unusual)})" if unusual else row["method"]
        way, folder = path.rpartition(":")[::2] if path not in runs else ("", path)
        if folder in runs:
            label = (f"{way}: " if way else "") + runs[folder] + (f", T = {temperature}" if temperature else "")
        found.append({**row, "label": label})
    return found


def _mean(gaps: Sequence[float | None]) -> float | None:
    known = [gap for gap in gaps if gap is not None]
    return fmean(known) if known else None
