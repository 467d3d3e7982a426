"""A picture of gaps against CPU seconds, a panel for each set, with the frontier: the best up to each budget."""

from collections.abc import Mapping, Sequence
from math import ceil
from typing import Any

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullLocator

Gaps = Mapping[tuple[str, float], float]
"""By method and budget."""

COLORS = (
    "#4c78a8",
    "#f58518",
    "#54a24b",
    "#e45756",
    "#72b7b2",
    "#b279a2",
    "#9d755d",
    "#eeca3b",
    "#ff9da6",
    "#79706e",
    "#1b4d3e",
    "#17becf",
)
MARKERS = "osD^vP*X<>hd"
WIDE = 4
"""Panels beside each other."""


def draw(title: str, panels: Mapping[str, Gaps], methods: Sequence[str]) -> Figure:
    """Gaps are drawn by their logarithm, and linearly between 0 and the smallest where one is 0."""
    columns = min(WIDE, len(panels))
    lines = ceil(len(panels) / columns)
    figure = Figure(figsize=(max(3.3 * columns, 6), 2.7 * lines + 1.4), dpi=110, layout="constrained")
    FigureCanvasAgg(figure)
    grid = figure.subplots(lines, columns, squeeze=False, sharex=True)
    for place, axes in enumerate(grid.flat):
        axes.set_visible(place < len(panels))
    for axes, (name, gaps) in zip(grid.flat, panels.items(), strict=False):
        _panel(axes, name, gaps, methods)
    for line in grid:
        line[0].set_ylabel("gap, %")
    for place, axes in enumerate(grid.flat):
        if place < len(panels) <= place + columns:
            axes.set_xlabel("CPU seconds")
            axes.tick_params(labelbottom=True)
    figure.suptitle(title, x=0.01, ha="left")
    handles = {
        label: handle for axes in grid.flat for handle, label in zip(*axes.get_legend_handles_labels(), strict=True)
    }
    names = [name for name in (*methods, "the best") if name in handles]
    legend = [handles[name] for name in names]
    figure.legend(legend, names, frameon=False, ncols=min(len(names), 2 * columns), loc="outside lower center")
    return figure


def _panel(axes: Any, name: str, gaps: Gaps, methods: Sequence[str]) -> None:
    budgets = sorted({budget for _, budget in gaps})
    best = [min(gap for (_, at), gap in gaps.items() if at <= budget) for budget in budgets]
    axes.plot(budgets, best, color="#d0d0d0", linewidth=7, solid_capstyle="round", label="the best", zorder=1)
    for number, method in enumerate(methods):
        points = [(budget, gaps[method, budget]) for budget in budgets if (method, budget) in gaps]
        if points:
            color, marker = COLORS[number % len(COLORS)], MARKERS[number % len(MARKERS)]
            style = {"color": color, "marker": marker, "markersize": 4, "linewidth": 1.3}
            axes.plot(*zip(*points, strict=True), label=method, zorder=2, **style)
    axes.set_xscale("log")
    threshold, most = _threshold(best), 1.3 * max((gap for gap in gaps.values() if gap > 0), default=1)
    if min(best, default=0) <= 0:
        axes.set_yscale("symlog", linthresh=threshold, linscale=0.6)
        least = -0.05 * threshold
    else:
        axes.set_yscale("log")
        least = min(best) / 1.3
    axes.set_ylim(least, most)
    steps = (1, 2, 5) if least > 0 and most < 50 * least else (1, 3)
    ticks = [0, *(step * 10.0**power for power in range(-4, 5) for step in steps)]
    axes.set_yticks([tick for tick in ticks if least <= tick <= most and (least > 0 or tick == 0 or tick >= threshold)])
    plain = FuncFormatter(lambda value, _: f"{value:g}")
    axes.xaxis.set_major_formatter(plain)
    axes.yaxis.set_major_formatter(plain)
    axes.yaxis.set_minor_locator(NullLocator())
    axes.grid(color="#eeeeee", linewidth=0.6)
    axes.set_title(name, loc="left", fontsize=10)
    axes.spines[["top", "right"]].set_visible(False)


def _threshold(best: Sequence[float]) -> float:
    """The power of ten below which gaps are drawn linearly: that of the smallest positive one, 1 at most."""
    exponent = 0
    while exponent > -4 and any(0 < gap < 10**exponent for gap in best):
        exponent -= 1
    return 10.0**exponent
