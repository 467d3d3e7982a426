"""Tables of results/ are made again from the rows that they have."""

from dataclasses import replace
from pathlib import Path

import pytest

from envs import load_problem
from envs.core.parts import parts
from experiments.evaluate import LAYOUT
from experiments.kinds.comparison import Agents, Comparison, Line
from experiments.kinds.learning import LearningCurves
from experiments.kinds.speed_table import SpeedTable
from experiments.kinds.tables import MEASURES
from experiments.methods import Effort, methods
from experiments.problems.jobshop import HEADLINE, TABLES
from experiments.records import Records
from experiments.report import Report, report
from experiments.speed import Speed
from experiments.train import ensure
from tests.experiments.conftest import SMALL


def test_a_comparison_has_a_row_for_each_method_and_a_column_for_each_set(run_dir: Path, tmp_path: Path) -> None:
    table = Comparison(
        "Small shops",
        ("random:3x3:2:0", "ft06"),
        (
            Line(("spt", "random")),
            Line(("mopnr@0.5",), samples=(4,)),
            Line(("spt",), options={"scheme": "active"}),
            Line(("cp_sat",)),
        ),
        seconds=1,
        agents={"agent": Agents((replace(SMALL, run_dir=run_dir),), (1, 4))},
    )
    table.make("jobshop", tmp_path / "small", "the command")
    text = (tmp_path / "small.md").read_text()
    lines = [[cell.strip() for cell in line.split("|")[1:-1]] for line in text.splitlines() if line.startswith("|")]
    assert lines[0] == ["method", "samples", "random:3x3:2:0", "ft06", "mean", "s / instance", "CPU s / instance"]
    assert [line[0] for line in lines[2:]] == [
        *("spt", "random", "mopnr@0.5", "spt (scheme=active)", "cp_sat", "agent", "agent, T = 1")
    ]
    spt = dict(zip(lines[0], lines[2], strict=True))
    assert spt["ft06"] == "60.0"
    assert "made by `the command`" in text and "reference of 2026-08 (lower-bound or optimal) on 3 instances" in text
    rows = (tmp_path / "small.csv").read_text()
    table.make("jobshop", tmp_path / "small", "the command")
    assert (tmp_path / "small.csv").read_text() == rows
    assert (tmp_path / "small.md").read_text() == text


def test_a_comparison_may_have_a_table_for_each_measure(run_dir: Path, tmp_path: Path) -> None:
    table = Comparison(
        "Small shops",
        ("random:3x3:4:0", "ft06"),
        (Line(("spt", "cp_sat")),),
        seconds=1,
        agents={"agent": Agents((replace(SMALL, run_dir=run_dir),), (1, 4))},
        measures=("mean", "median", "aggregate", "reached", "cpu_ms"),
        digits=2,
        quoted={"a paper's SPT": (None, 60.123)},
        notes="What else there is to say.",
    )
    table.make("jobshop", tmp_path / "small", "the command")
    text = (tmp_path / "small.md").read_text()
    sections = {part.partition("\n")[0]: part for part in text.split("\n## ")[1:]}
    assert list(sections) == [MEASURES[name].title for name in table.measures]
    assert "\n\nWhat else there is to say.\n\n## Mean gap, %\n\n| method | samples | random:3x3:4:0 | ft06 |\n" in text
    assert "| spt | 1 | " in sections["Mean gap, %"] and " | 60.00 |\n" in sections["Mean gap, %"]
    assert "| a paper's SPT |  | - | 60.12 |" in text and text.count("a paper's SPT") == 1
    assert "| cp_sat | 1 | " in sections[MEASURES["reached"].title] and " | 100.00 |\n" in text


def test_measures_sum_up_the_rows_of_a_method() -> None:
    rows = [
        {"gap_pct": gap, "objective": objective, "reference": reference, "cpu_s": cpu_s}
        for gap, objective, reference, cpu_s in (("50", "3", "2", "1"), ("0", "4", "4", "2"), ("", "1", "0", "6"))
    ]
    found = {name: measure.of(rows) for name, measure in MEASURES.items()}
    assert found == {
        "rate": pytest.approx(800 / 3),
        "mean": 25,
        "median": 25,
        "aggregate": pytest.approx(100 / 3),
        "reached": pytest.approx(100 / 3),
        "cpu_ms": 3000,
        "cpu_ms_most": 6000,
    }
    assert MEASURES["mean"].of(rows[2:]) is None and MEASURES["aggregate"].of(rows[2:]) is None


def test_learning_curves_are_drawn_with_the_rules(run_dir: Path, tmp_path: Path) -> None:
    table = LearningCurves("Small curves", {"agent": Agents((replace(SMALL, run_dir=run_dir),))})
    table.make("jobshop", tmp_path / "learning", "the command")
    assert (tmp_path / "learning.png").read_bytes().startswith(b"\x89PNG")
    assert len((tmp_path / "learning.csv").read_text().splitlines()) == 5
    assert "| fdd_mwkr |" in (tmp_path / "learning.md").read_text()


def test_a_speed_table_has_a_column_for_each_batch(tmp_path: Path) -> None:
    quick = Speed(("random:3x3",), (1, 2), repeats=1, seconds=0.01, only=("step", "bare"))
    SpeedTable("Speed", (({}, quick), ({"scheme": "non_delay"}, quick))).make("jobshop", tmp_path / "speed", "x")
    text = (tmp_path / "speed.md").read_text()
    assert "| measurement | options | instances | B = 1 | B = 2 | bytes per observation |" in text
    assert text.count("| step |") == 2 and "| bare | scheme=non_delay |" in text


def test_a_speed_table_counts_what_is_placed(tmp_path: Path) -> None:
    quick = Speed(("random:4", "random:8", "random:16"), (64,), repeats=1, seconds=0.01, only=("step",))
    one_by_one = {"form": "next", "skip_forced": False}
    SpeedTable("Speed", (({}, quick), (one_by_one, quick)), placed="jobs").make("tardiness", tmp_path / "speed", "x")
    text = (tmp_path / "speed.md").read_text()
    assert "| options | random:4 | random:8 | random:16 | slope |" in text
    line = next(line for line in text.splitlines() if line.startswith("| form=next, skip_forced=False | "))
    assert line.count("(1.0)") == 3 and float(line.split("|")[-2]) < 1


def test_a_run_of_other_settings_is_not_taken_for_the_one_asked_for(run_dir: Path) -> None:
    asked = replace(SMALL, run_dir=run_dir, ent_coef=0.5)
    with pytest.raises(ValueError, match=r"was trained with ent_coef 0\.0, not 0\.5"):
        ensure(asked, load_problem("jobshop")())
    with pytest.raises(ValueError, match=r"was trained with .*lookahead=bound.*, not .*lookahead=none"):
        ensure(replace(SMALL, run_dir=run_dir), load_problem("jobshop")(lookahead="none"))


def test_report_makes_the_tables_that_are_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    small = Comparison("Small", ("ft06",), (Line(("spt",)),))
    monkeypatch.setitem(TABLES, "small", small)
    report(Report(("jobshop/small",), tmp_path))
    assert {path.name for path in (tmp_path / "jobshop").iterdir()} == {
        *("small.csv", "small.runs.csv", "small.instances.csv", "small.md")
    }
    assert "python -m experiments.report --only jobshop/small" in (tmp_path / "jobshop" / "small.md").read_text()


def test_every_page_of_results_has_its_table() -> None:
    pages = list(Path("results").glob("*/*.md"))
    assert len(pages) > 30
    for path in pages:
        tables = parts(path.parent.name).tables.TABLES
        assert path.stem in tables, f"{path} is made by no table"
        title = path.read_text(encoding="utf-8").splitlines()[0]
        assert title == f"# {tables[path.stem].title}"


def test_the_committed_agent_plays_as_its_table_says() -> None:
    rows = Records(Path("results/jobshop/classics.csv"), LAYOUT).rows
    found = [row for row in rows if row["method"] == HEADLINE and row["samples"] == "1"]
    greedy = {row["instance"]: float(row["objective"]) for row in found}
    (agent,) = methods(load_problem("jobshop")(), [HEADLINE], Effort())
    shops = [shop for name in ("ft", "la:10x5") for shop in parts("jobshop").sets.load_set(name)]
    assert [agent.solve(shop, 0).objective for shop in shops] == [greedy[shop.name] for shop in shops]
