"""Tables of differences: means, paired differences and their intervals."""

import re
from dataclasses import replace
from pathlib import Path
from statistics import fmean, stdev

import pytest

from experiments.evaluate import LAYOUT
from experiments.kinds.comparison import Agents, Line
from experiments.kinds.paired import Paired
from experiments.kinds.tables import half_width
from experiments.records import Records
from tests.experiments.conftest import SMALL


def test_differences_are_paired_and_have_an_interval(run_dir: Path, tmp_path: Path) -> None:
    table = Paired(
        "Small shops",
        {"small": "random:3x3:12:0", "one": "ft06"},
        (Line(("spt", "mwkr")), Line(("spt",), options={"scheme": "active"})),
        base="mwkr",
        agents={"agent": Agents((replace(SMALL, run_dir=run_dir),))},
    )
    table.make("jobshop", tmp_path / "small", "the command")
    text = (tmp_path / "small.md").read_text()
    lines = [[cell.strip() for cell in line.split("|")[1:-1]] for line in text.splitlines() if line.startswith("|")]
    assert lines[0] == ["method", "samples", "small", "one", "CPU s"]
    assert [line[0] for line in lines[2:]] == ["spt", "mwkr", "spt (scheme=active)", "agent"]
    kept = Records(tmp_path / "small.csv", LAYOUT).rows
    rows = [row for row in kept if row["set"] != "ft06" and "active" not in row["options"]]
    found = {name: [float(row["objective"]) for row in rows if row["method"] == name] for name in ("spt", "mwkr")}
    base = fmean(found["mwkr"])
    differences = [100 * (a - b) / base for a, b in zip(found["spt"], found["mwkr"], strict=True)]
    half = 2.201 * stdev(differences) / 12**0.5
    assert lines[2][2] == f"{fmean(found['spt']):.1f} ({fmean(differences):+.1f} ± {half:.1f})"
    assert lines[3][2:4] == [f"{base:.1f}", "61.0"] and re.fullmatch(r"88\.0 \(\+44\.3\)", lines[2][3])
    assert "difference to mwkr in % of its mean" in text and "Columns: small: random:3x3:12:0; one: ft06." in text
    assert text.endswith("|\n") and "made by `the command`" in text


def test_gaps_are_compared_in_points(tmp_path: Path) -> None:
    table = Paired("Gaps", {"ft06": "ft06"}, (Line(("spt", "mwkr")),), base="mwkr", value="gap_pct")
    table.make("jobshop", tmp_path / "gaps", "x")
    assert "| spt | 1 | 60.0 (+49.1) | 0." in (tmp_path / "gaps.md").read_text()
    assert "difference to mwkr in points" in (tmp_path / "gaps.md").read_text()


def test_a_base_that_is_no_row_is_refused(tmp_path: Path) -> None:
    table = Paired("Gaps", {"ft06": "ft06"}, (Line(("spt",)),), base="mwkr")
    with pytest.raises(ValueError, match="'mwkr' is no method of the table 'Gaps': they are spt"):
        table.make("jobshop", tmp_path / "gaps", "x")


def test_intervals_of_more_than_ten_values_use_the_series_of_students_quantile() -> None:
    for count, quantile in ((11, 2.2281), (20, 2.0930), (31, 2.0423), (200, 1.9720)):
        values = [float(k % 2) for k in range(count)]
        assert half_width(values) == pytest.approx(quantile * stdev(values) / count**0.5, rel=2e-4)
