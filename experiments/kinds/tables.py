"""Tables that people read: aligned text for a terminal, Markdown for results/."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from math import sqrt
from statistics import fmean, median, stdev
from typing import Any, NamedTuple


class Mean(NamedTuple):
    """The rows of one method on one set, as means over its instances."""

    method: str
    samples: int
    instances: int
    objective: float
    gap_pct: float | None  # over the instances whose reference is not 0
    no_gap: int  # how many have a reference of 0
    seconds: float  # wall time for one instance
    cpu_s: float


def mean(rows: Sequence[Mapping[str, str]]) -> Mean:
    """Rows of `evaluate`'s CSV that share their method, as means."""
    known = gaps(rows)
    return Mean(
        rows[0]["method"],
        int(rows[0]["samples"]),
        len(rows),
        fmean(float(row["objective"]) for row in rows),
        fmean(known) if known else None,
        len(rows) - len(known),
        fmean(float(row["wall_s"]) for row in rows),
        fmean(float(row["cpu_s"]) for row in rows),
    )


def gaps(rows: Sequence[Mapping[str, str]]) -> list[float]:
    """Gaps in % of the rows whose reference is not 0."""
    return [float(row["gap_pct"]) for row in rows if row["gap_pct"]]


def aggregate_gap(rows: Sequence[Mapping[str, str]]) -> float | None:
    """How far the sum of all objectives is above the sum of all references, in %."""
    reference = sum(float(row["reference"]) for row in rows)
    return 100 * (sum(float(row["objective"]) for row in rows) / reference - 1) if reference else None


def share_reached(rows: Sequence[Mapping[str, str]]) -> float:
    """In % of all rows, those whose objective is the reference."""
    return 100 * fmean(float(row["objective"]) == float(row["reference"]) for row in rows)


class Measure(NamedTuple):
    """A number that sums up the rows of one method on one set."""

    title: str
    of: Callable[[Sequence[Mapping[str, str]]], float | None]


MEASURES = {
    "rate": Measure("Mean objective, %", lambda rows: 100 * fmean(float(row["objective"]) for row in rows)),
    "mean": Measure("Mean gap, %", lambda rows: fmean(gaps(rows)) if gaps(rows) else None),
    "median": Measure("Median gap, %", lambda rows: median(gaps(rows)) if gaps(rows) else None),
    "aggregate": Measure("Aggregate gap (sum of objectives over sum of references), %", aggregate_gap),
    "reached": Measure("Share of all instances whose objective is the reference, %", share_reached),
    "cpu_ms": Measure(
        "CPU milliseconds for an instance", lambda rows: 1000 * fmean(float(row["cpu_s"]) for row in rows)
    ),
    "cpu_ms_most": Measure(
        "CPU milliseconds, the slowest instance", lambda rows: 1000 * max(float(row["cpu_s"]) for row in rows)
    ),
}
"""What a table may say of methods on sets; all but "aggregate" and "reached" leave out references of 0 from gaps."""


STUDENT = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262)
"""The 97.5 % quantiles of Student's t distribution with 1 to 9 degrees of freedom."""


def half_width(values: Sequence[float]) -> float:
    """Half of the 95 % interval of the mean of 2 or more values that are normally distributed."""
    degrees, z = len(values) - 1, 1.959964
    if degrees <= len(STUDENT):
        quantile = STUDENT[degrees - 1]
    else:  # Abramowitz and Stegun (1964), 26.7.5
        series = z**3 + z, 5 * z**5 + 16 * z**3 + 3 * z, 3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z
        quantile = z + series[0] / (4 * degrees) + series[1] / (96 * degrees**2) + series[2] / (384 * degrees**3)
    return quantile * stdev(values) / sqrt(len(values))


def grouped(rows: Iterable[Mapping[str, str]], *columns: str) -> dict[tuple[str, ...], list[Mapping[str, str]]]:
    """Rows by their values in the columns, in the order of their first appearance."""
    groups: dict[tuple[str, ...], list[Mapping[str, str]]] = {}
    for row in rows:
        groups.setdefault(tuple(row[name] for name in columns), []).append(row)
    return groups


def summary(rows: Iterable[Mapping[str, str]]) -> str:
    """For each set, its methods from the smallest mean gap up: objective, gap and seconds."""
    blocks = []
    for (name,), block in grouped(rows, "set").items():
        means = [mean(some) for some in grouped(block, "method", "samples", "options", "budget_s").values()]
        means.sort(key=lambda one: (one.gap_pct is None, one.gap_pct, one.objective))
        kinds = " or ".join(dict.fromkeys(row["reference_kind"] for row in block))
        zero = f"; the gap leaves out {means[0].no_gap} with a reference of 0" if means[0].no_gap else ""
        count = f"{means[0].instances} instances" if means[0].instances > 1 else f"size {block[0]['size']}"
        lines = [
            (one.method, one.samples, f"{one.objective:.1f}", percent(one.gap_pct), f"{one.seconds:.3f}")
            for one in means
        ]
        text = aligned(("method", "samples", "objective", "gap %", "seconds"), lines)
        blocks.append(f"{name} ({count}; means; gap to {kinds}{zero})\n{text}")
    return "\n\n".join(blocks)


def percent(gap: float | None, digits: int = 1) -> str:
    """A gap for a table, with so many decimals; a dash where there is none."""
    return "-" if gap is None else f"{gap:.{digits}f}"


def aligned(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """Rows under their headings: the first column to the left, the others to the right."""
    lines = [[str(cell) for cell in row] for row in (columns, *rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]

    def line(cells: Sequence[str]) -> str:
        right = [cell.rjust(width) for cell, width in zip(cells[1:], widths[1:], strict=True)]
        return "  ".join([cells[0].ljust(widths[0]), *right])

    return "\n".join([line(lines[0]), "  ".join("-" * width for width in widths), *map(line, lines[1:])])


def markdown(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """The same as a Markdown table."""
    lines = [[str(cell) for cell in row] for row in (columns, ["---", *["---:"] * (len(columns) - 1)], *rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"
