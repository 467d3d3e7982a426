"""Tables of differences: methods on the same instances, so that what they share cancels out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean
from typing import Literal

from envs.core.files import write_text
from experiments.kinds.comparison import Agents, Line, labelled, made, measured
from experiments.kinds.tables import grouped, half_width, markdown, mean

Values = dict[str, dict[str, float]]
"""Set to instance to value, the mean over the seeds of an agent."""


@dataclass(frozen=True)
class Paired:
    """Means of methods, a row for each, on sets, a column for each, with their differences to one of the methods."""

    title: str
    sets: Mapping[str, str]
    """What a column is called, to its set: the instances of a set are what a mean is over, the same for all methods."""
    lines: tuple[Line, ...]
    base: str
    """The method that the others are compared with, as the table calls it."""
    value: Literal["objective", "gap_pct"] = "objective"
    """Objectives, with differences in % of the base's mean; or gaps to the reference, with differences in points."""
    seconds: float = 10.0
    agents: Mapping[str, Agents] = field(default_factory=dict)
    """By what the table calls them."""
    notes: str = ""
    """What else a reader has to know."""

    def make(self, problem: str, path: Path, command: str) -> None:
        """Write the rows of every instance to PATH.csv and the means with their differences to PATH.md."""
        sets = tuple(self.sets.values())
        rows, runs = measured(problem, path, sets, self.lines, self.seconds, self.agents)
        lines_of = grouped(labelled(rows, runs, problem), "label", "samples")
        values = {line: self._values(some) for line, some in lines_of.items()}
        base = next((found for (label, _), found in values.items() if label == self.base), None)
        if base is None:
            known = ", ".join(label for label, _ in values)
            raise ValueError(f"{self.base!r} is no method of the table {self.title!r}: they are {known}.")
        lines = [
            (*line, *(self._cell(found[name], base[name]) for name in sets), f"{mean(lines_of[line]).cpu_s:.3f}")
            for line, found in values.items()
        ]
        columns = ("method", "samples", *self.sets, "CPU s")
        notes = f"{self.notes}\n\n" if self.notes else ""
        text = f"# {self.title}\n\n{self._caption(rows, command)}\n\n{notes}{markdown(columns, lines)}"
        write_text(path.with_suffix(".md"), text)

    def _values(self, rows: Sequence[Mapping[str, str]]) -> Values:
        return {
            name: {
                instance: fmean(float(row[self.value]) for row in some)
                for (instance,), some in grouped(of_set, "instance").items()
            }
            for (name,), of_set in grouped(rows, "set").items()
        }

    def _cell(self, values: Mapping[str, float], base: Mapping[str, float]) -> str:
        """The mean, and the mean difference with half of its 95 % interval."""
        average = fmean(values.values())
        if values == base:
            return f"{average:.1f}"
        unit = fmean(base.values()) / 100 if self.value == "objective" else 1
        differences = [(value - base[instance]) / unit for instance, value in values.items()]
        spread = f" ± {half_width(differences):.1f}" if len(differences) > 1 else ""
        return f"{average:.1f} ({fmean(differences):+.1f}{spread})"

    def _caption(self, rows: Sequence[Mapping[str, str]], command: str) -> str:
        counts = {len({row["instance"] for row in some}) for some in grouped(rows, "set").values()}
        of = " or ".join(map(str, sorted(counts)))
        what, unit = ("gap in % to the reference", "points")
        if self.value == "objective":
            what, unit = "objective", "% of its mean"
        sets = "; ".join(f"{name}: {text}" for name, text in self.sets.items() if name != text)
        return (
            f"Mean {what} over the {of} instances of a column; in brackets the difference to {self.base} in {unit}, ± "
            "half of the 95 % interval of the paired differences: all have the same instances, with the same luck; CPU "
            "seconds are for one. "
            f"Every schedule is verified.{f' Columns: {sets}.' if sets else ''} {made(rows, command)}"
        )
