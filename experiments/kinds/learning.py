"""Learning curves of trainers, side by side."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from envs import load_problem
from envs.core.files import write_figure, write_text
from experiments.kinds.comparison import Agents
from experiments.kinds.tables import half_width, markdown, percent
from experiments.records import Layout, Records, provenance
from experiments.train import ensure
from experiments.training.agent import CONFIG
from experiments.training.curve import curve_records
from experiments.training.validation import above

Curve = list[dict[str, str]]
AXES = {"cpu_s": "CPU seconds of training", "decisions": "decisions"}


@dataclass(frozen=True)
class LearningCurves:
    """The validation gap against CPU seconds and decisions: a line for the mean of the seeds, thin ones for each."""

    title: str
    agents: Mapping[str, Agents]
    """All trained on the same sizes, by what the picture calls them."""
    digits: int = 1
    """Decimals of gaps."""

    def make(self, problem: str, path: Path, command: str) -> None:
        """Write the points to PATH.csv, the picture to PATH.png and both with the last gaps to PATH.md."""
        found = {name: self._read(problem, agents) for name, agents in self.agents.items()}
        curves = {name: runs for name, (runs, _, _) in found.items()}
        _, rules, kind = next(iter(found.values()))
        columns = ("agent", "seed", *curves[next(iter(curves))][0][0])
        path.with_suffix(".csv").unlink(missing_ok=True)
        records = Records(path.with_suffix(".csv"), Layout(columns, columns[:3]))
        for name, runs in curves.items():
            for agent, curve in zip(self.agents[name].runs, runs, strict=True):
                for row in curve:
                    records.append({"agent": name, "seed": agent.seed, **row})
        write_figure(path.with_suffix(".png"), self._draw(curves, rules))
        first = next(iter(self.agents.values())).runs[0]
        caption = (
            f"Greedy gap of the mean objective to the mean reference ({kind}) on {first.validation_instances} "
            f"validation instances drawn from {first.validation or first.instances}; CPU seconds of training, "
            "validation not counted. In the table the best point of each seed, mean ± half of the 95 % interval. "
            f"Commit {provenance()['commit']}, {provenance()['date']}, made by `{command}`."
        )
        lines = [(name, str(len(runs)), *self._best(runs)) for name, runs in curves.items()]
        lines += [
            (name, "", percent(gap, self.digits), "")
            for name, gap in sorted(rules.items(), key=lambda rule: rule[1] or 0)
        ]
        columns = ("agent or rule", "seeds", "gap %", "decisions")
        text = f"# {self.title}\n\n![learning curves]({path.name}.png)\n\n{caption}\n\n{markdown(columns, lines)}"
        write_text(path.with_suffix(".md"), text)

    def _read(self, problem: str, agents: Agents) -> tuple[list[Curve], dict[str, float | None], str]:
        """The curves of the seeds, the gaps of the rules on the same instances, and to what kind of reference."""
        curves, rules, kind = [], {}, ""
        for agent in agents.runs:
            folder = ensure(agent, load_problem(problem)(**agents.options))
            curves.append(curve_records(folder).rows)
            facts = json.loads((folder / CONFIG).read_text(encoding="utf-8"))["validation"]
            rules = {name: above(value, facts["reference"]) for name, value in facts["rules"].items()}
            kind = facts["reference_kind"]
        return curves, rules, kind

    def _best(self, runs: Sequence[Curve]) -> tuple[str, str]:
        gaps = [min(float(row["gap_pct"]) for row in rows) for rows in runs]
        around = f" ± {half_width(gaps):.{self.digits}f}" if len(gaps) > 1 else ""
        return percent(
            fmean(gaps), self.digits
        ) + around, f"{fmean(float(rows[-1]['decisions']) for rows in runs) / 1e6:.1f} M"

    def _draw(self, curves: Mapping[str, list[Curve]], rules: Mapping[str, float | None]) -> Figure:
        figure = Figure(figsize=(12, 5), dpi=100, layout="constrained")
        FigureCanvasAgg(figure)
        panels = figure.subplots(1, 2, sharey=True)
        drawn = sorted((gap, name) for name, gap in rules.items() if gap is not None)[:2]
        for axes, (column, label) in zip(panels, AXES.items(), strict=True):
            for color, (name, runs) in enumerate(curves.items()):
                self._lines(axes, runs, column, name, f"C{color}")
            for gap, name in drawn:
                axes.axhline(gap, color="grey", linewidth=0.8, linestyle="--")
                axes.annotate(name, (1, gap), xycoords=("axes fraction", "data"), ha="right", va="bottom", color="grey")
            axes.set_xlabel(label)
            axes.spines[["top", "right"]].set_visible(False)
        panels[0].set_ylabel("gap to the reference, %")
        figure.suptitle(self.title, x=0.01, ha="left")
        handles, labels = panels[0].get_legend_handles_labels()
        figure.legend(handles, labels, frameon=False, ncols=6, loc="outside lower center")
        return figure

    def _lines(self, axes: Axes, runs: Sequence[Curve], column: str, name: str, color: str) -> None:
        """The runs as far as all of them got; the first point, untrained, is far above and left out."""
        points = min(map(len, runs))
        x, y = (np.array([[float(row[key]) for row in rows[1:points]] for rows in runs]) for key in (column, "gap_pct"))
        for one in range(len(runs)):
            axes.plot(x[one], y[one], color=color, linewidth=0.5, alpha=0.4)
        axes.plot(x.mean(0), y.mean(0), color=color, linewidth=2, label=name)
