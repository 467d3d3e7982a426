"""What `make demo` does with a problem: two agents learn, and are compared with what needs no learning."""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullLocator

from experiments.kinds.tables import aligned
from experiments.training.curve import CURVE
from experiments.training.run_directory import read_config
from experiments.training.settings import Train
from experiments.training.validation import above


@dataclass(frozen=True)
class Demonstration:
    """An agent that begins knowing nothing, beside one that begins as a pilot and sees what it makes of each choice."""

    instances: str
    """What they train on."""
    cpu_seconds: int
    """That each of them trains."""
    pilot: str
    """The rule that the second one begins as."""
    guide: float
    """How closely."""
    tests: tuple[str, ...]
    """Sets that all are compared on."""
    solvers: tuple[str, ...]
    seconds: float = 3
    """Of solvers, on each instance."""
    sees: Mapping[str, Any] = field(default_factory=lambda: {"lookahead": "pilot"})
    """Options of the agent that begins knowing nothing."""
    follows: Mapping[str, Any] = field(default_factory=lambda: {"lookahead": "pilot"})
    """Options of the agent that begins as the pilot."""
    ways: tuple[str, ...] = ("",)
    """Before the names of the second agent and its pilot, as `experiments.methods` says."""

    def trainings(self, folder: Path) -> dict[str, tuple[Train, Mapping[str, Any]]]:
        """By what it is called, how each agent is trained, and the options that it plays under."""
        common = {"instances": self.instances, "algorithm": "self_labelling", "cpu_seconds": self.cpu_seconds}
        common |= {"points": 12, "encode": "none"}
        pilot = {"guide": self.guide, "run_dir": folder / "pilot"}
        return {
            "began knowing nothing": (Train.of(**common, run_dir=folder / "nothing"), self.sees),
            f"began as {self.pilot}": (Train.of(**common, **pilot), self.follows),
        }


Curve = list[tuple[float, float]]
"""CPU seconds of training and the gap in % then."""


def read_curve(folder: Path) -> tuple[Curve, dict[str, float]]:
    """The learning curve of a run, and the gaps of rules on the same validation instances, the smallest first."""
    with (folder / CURVE).open(encoding="utf-8", newline="") as file:
        curve = [(float(row["cpu_s"]), float(row["gap_pct"])) for row in csv.DictReader(file)]
    facts = read_config(folder)["validation"]
    gaps = {name: above(value, facts["reference"]) or 0.0 for name, value in facts["rules"].items()}
    return curve, dict(sorted(gaps.items(), key=lambda rule: rule[1]))


def told(curves: Mapping[str, Curve], rules: Mapping[str, float]) -> str:
    """The curves point by point, with the rules that each point is below."""
    names = list(curves)
    lines = []
    for points in zip(*curves.values(), strict=False):
        beaten = [name for name, gap in rules.items() if gap > points[0][1]]
        lines.append((f"{points[0][0]:.0f}", *(f"{gap:.2f}" for _, gap in points), f"{len(beaten)} of {len(rules)}"))
    table = aligned(("CPU s", *names, "rules that the first is below"), lines)
    ranked = ", ".join(f"{name} {gap:.2f}" for name, gap in rules.items())
    return f"{table}\n\nRules: {ranked}."


def drawn(curves: Mapping[str, Curve], rules: Mapping[str, float], title: str) -> Figure:
    """The curves over the rules."""
    figure = Figure(figsize=(10, 5.5), dpi=100, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    for number, (name, curve) in enumerate(curves.items()):
        seconds, gaps = zip(*curve, strict=True)
        axes.plot(seconds, gaps, color=f"C{number}", linewidth=2, marker="o", markersize=3, label=name)
    known = [gap for gap in (*rules.values(), *(gap for curve in curves.values() for _, gap in curve)) if gap > 0]
    for name, gap in apart(rules, (max(known) / min(known)) ** 0.05):
        axes.axhline(gap, color="grey", linewidth=0.8, linestyle="--")
        axes.annotate(name, (1, gap), xycoords=("axes fraction", "data"), ha="right", va="bottom", color="grey")
    axes.set_yscale("log")
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 3, 5)))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter("{x:g}")
    axes.set_xlabel("CPU seconds of training")
    axes.set_ylabel("gap to the reference on validation instances, %")
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_title(title, loc="left")
    axes.legend(frameon=False)
    return figure


def apart(rules: Mapping[str, float], ratio: float) -> Sequence[tuple[str, float]]:
    """The rules, smallest gap first, without those that are closer than this to the one before."""
    shown: list[tuple[str, float]] = []
    for name, gap in rules.items():
        if gap > 0 and (not shown or gap > ratio * shown[-1][1]):
            shown.append((name, gap))
    return shown
