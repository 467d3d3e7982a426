"""Gantt charts of any problem: lanes with coloured bars over a common time axis, drawn without pyplot or a display."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import pi
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

WIDTH = 11.0
LEFT, RIGHT, TOP, BOTTOM, BETWEEN = 0.55, 0.55, 0.45, 0.55, 0.5
"""Inches: the figure, its margins, and what lies between two charts."""
TALL = 0.84
"""The part of a lane's height that bars fill."""
INK, FAINT, LANE, DOWN = "#22303c", "#8696a5", "#f3f5f7", "#5b6670"


class Bar(NamedTuple):
    """One piece of work: the lane it occupies from start to end, the group that gives its colour, its label."""

    lane: int
    start: float
    end: float
    group: int
    label: str = ""


class Shade(NamedTuple):
    """A lane that is taken but does no work: pale and hatched in the colour of a group, or, without one, grey."""

    lane: int
    start: float
    end: float
    group: int = -1


class Link(NamedTuple):
    """Something that goes from one lane to another, such as data: a line from the first moment to the second."""

    lane: int
    start: float
    to: int
    end: float
    group: int


@dataclass(frozen=True)
class Chart:
    """One schedule: its lanes from top to bottom, its bars, the moment that is marked as its end, links and shades."""

    title: str
    lanes: Sequence[str]
    bars: Sequence[Bar] = field(repr=False)
    end: float | None = None
    links: Sequence[Link] = field(default=(), repr=False)
    shades: Sequence[Shade] = field(default=(), repr=False)


def draw(charts: Sequence[Chart], groups: int, axis: str = "time", horizon: float = 0) -> Figure:
    """Draw charts one below the other with the same time axis.

    groups: how many colours are told apart. axis: what stands under the time axis. horizon: the time that the axis
    reaches at least. The size of the figure depends on the lanes alone, so that frames of a video agree.
    """
    heights = [len(chart.lanes) * _lane_height(len(chart.lanes)) for chart in charts]
    height = TOP + sum(heights) + (len(charts) - 1) * BETWEEN + BOTTOM
    height = round(height * 50) / 50  # an even number of pixels at 100 dots per inch, for video
    figure = Figure(figsize=(WIDTH, height), dpi=100, facecolor="white")
    FigureCanvasAgg(figure)
    ends = [bar.end for chart in charts for bar in chart.bars] + [chart.end or 0 for chart in charts]
    horizon = max([horizon, 1e-9, *ends])
    colours = palette(groups)
    top = height - TOP
    for chart, tall in zip(charts, heights, strict=True):
        rectangle = (LEFT / WIDTH, (top - tall) / height, (WIDTH - LEFT - RIGHT) / WIDTH, tall / height)
        _draw_chart(figure.add_axes(rectangle), chart, colours, horizon, last=chart is charts[-1])
        top -= tall + BETWEEN
    figure.axes[-1].set_xlabel(axis, color=FAINT, fontsize=9)
    return figure


def image(figure: Figure) -> np.ndarray:
    """The pixels of a figure: (H, W, 3) uint8, red, green, blue."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3].copy()


def palette(count: int) -> np.ndarray:
    """(count, 3) red, green and blue in [0, 1]: equally strong colours, neighbours in number far apart in hue.

    Hues around OKLCH's circle (B. Ottosson, "A perceptual color space for image processing", 2020), in three shades.
    """
    number = np.arange(count)
    hue = (0.09 + number * 0.381966) * 2 * pi  # the golden angle never comes close to an earlier hue
    lightness = np.array([0.72, 0.60, 0.80])[number % 3]
    return _srgb(lightness, 0.115 * np.cos(hue), 0.115 * np.sin(hue))


def _srgb(lightness: np.ndarray, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    linear = np.stack(
        [
            4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
            -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
            -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short,
        ],
        axis=-1,
    ).clip(0, 1)
    return np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)


def _lane_height(lanes: int) -> float:
    """Inches: less the more lanes there are, legible up to about a hundred."""
    return min(0.42, max(0.2, 4.2 / lanes), 20 / lanes)


def _draw_chart(axes: Axes, chart: Chart, colours: np.ndarray, horizon: float, last: bool) -> None:
    lanes = len(chart.lanes)
    axes.set_xlim(0, horizon)
    axes.set_ylim(lanes - 0.5, -0.5)
    axes.set_title(chart.title, loc="left", color=INK, fontsize=12, fontweight="bold", pad=8)
    axes.barh(range(lanes), horizon, height=TALL, color=LANE, zorder=0)
    axes.set_yticks(range(lanes), chart.lanes, color=INK, fontsize=9 if lanes <= 20 else 8)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=12, integer=True))
    axes.tick_params(length=0, labelcolor=INK, labelbottom=last, labelsize=9)
    axes.grid(axis="x", color="white", linewidth=0.8)
    axes.set_axisbelow(True)
    for spine in axes.spines.values():
        spine.set_visible(False)
    _draw_bars(axes, chart.bars, colours, horizon, _lane_height(lanes))
    _draw_shades(axes, chart.shades, colours, horizon)
    for link in chart.links:
        up = TALL / 2 if link.to > link.lane else -TALL / 2  # from the edge of one bar to the edge of the other
        colour = colours[link.group % len(colours)]
        axes.plot([link.start, link.end], [link.lane + up, link.to - up], color=colour, linewidth=1.0, zorder=3)
    if chart.end is not None:
        axes.plot([chart.end, chart.end], [-0.5, lanes - 0.5], color=INK, linewidth=1.3, zorder=4, clip_on=False)
        axes.text(
            chart.end, -0.62, f"{chart.end:g}", ha="center", va="bottom", color=INK, fontsize=10, fontweight="bold"
        )


def _draw_bars(axes: Axes, bars: Sequence[Bar], colours: np.ndarray, horizon: float, lane_height: float) -> None:
    if not bars:
        return
    points = 72 * (WIDTH - LEFT - RIGHT) / horizon  # of one unit of time
    widths = np.array([bar.end - bar.start for bar in bars])
    edge = float(np.clip(0.12 * points * np.median(widths), 0.0, 0.9))
    fill = colours[[bar.group % len(colours) for bar in bars]]
    lanes = [bar.lane for bar in bars]
    starts = [bar.start for bar in bars]
    axes.barh(lanes, widths, left=starts, height=TALL, color=fill, edgecolor="white", linewidth=edge, zorder=2)
    for bar, colour in zip(bars, fill, strict=True):
        if bar.end == bar.start:
            axes.vlines(bar.start, bar.lane - TALL / 2, bar.lane + TALL / 2, color=colour, linewidth=1.5, zorder=3)
    _draw_labels(axes, bars, fill, points, size=min(9.0, 72 * lane_height * 0.5))


def _draw_shades(axes: Axes, shades: Sequence[Shade], colours: np.ndarray, horizon: float) -> None:
    """Pale stripes under the bars, and grey ones over them, as far as the time axis goes."""
    for shade in shades:
        width = min(shade.end, horizon) - shade.start
        if width <= 0:
            continue
        if shade.group < 0:
            axes.barh(shade.lane, width, left=shade.start, height=TALL, color=DOWN, alpha=0.85, zorder=2.5)
        else:
            colour = colours[shade.group % len(colours)]
            pale = 1 - 0.35 * (1 - colour)
            axes.barh(
                shade.lane,
                width,
                left=shade.start,
                height=TALL,
                color=pale,
                edgecolor=colour,
                hatch="////",
                linewidth=0,
                zorder=1,
            )


def _draw_labels(axes: Axes, bars: Sequence[Bar], fill: np.ndarray, points: float, size: float) -> None:
    """Label the bars that are wide enough, if that is most of them; points: of one unit of time, size: of letters."""
    wide = [points * (bar.end - bar.start) > 0.64 * size * len(bar.label) + 2 for bar in bars]
    if 2 * sum(wide) < len(bars):
        return
    for bar, colour, fits in zip(bars, fill, wide, strict=True):
        if fits:
            ink = "white" if colour @ (0.2126, 0.7152, 0.0722) < 0.55 else INK
            middle = (bar.start + bar.end) / 2
            axes.text(
                middle, bar.lane, bar.label, ha="center", va="center_baseline", color=ink, fontsize=size, zorder=3
            )
