"""The demo trains two agents, says how they learned, and compares them with rules and solvers."""

from dataclasses import replace
from pathlib import Path

import pytest

from envs import PROBLEMS
from envs.core.parts import parts
from experiments.demo import Demo, demo
from experiments.kinds.demonstration import Demonstration, apart, told


@pytest.mark.parametrize("problem", PROBLEMS)
def test_every_problem_has_a_demonstration_whose_pilot_and_solvers_exist(problem: str) -> None:
    shown: Demonstration = parts(problem).tables.DEMO
    assert shown.pilot in parts(problem).rules.RULES
    assert set(shown.solvers) <= set(parts(problem).solvers.SOLVERS)
    nothing, pilot = shown.trainings(Path("runs"))
    assert nothing == "began knowing nothing" and shown.trainings(Path("runs"))[nothing][0].guide == 0
    assert shown.trainings(Path("runs"))[pilot][0].guide > 0


def test_a_small_demonstration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture) -> None:
    small = replace(
        parts("jobshop").tables.DEMO, instances="random:3x3", cpu_seconds=1, tests=("random:4x3:2:0",), seconds=1
    )
    monkeypatch.setattr(parts("jobshop"), "tables", replace(parts("jobshop").tables, DEMO=small))
    monkeypatch.chdir(tmp_path)
    demo(Demo("jobshop"))
    text = capsys.readouterr().out
    assert "began knowing nothing  began as linear_pilot" in text and "cp_sat" in text
    made = {path.name for path in (tmp_path / "runs" / "demo" / "jobshop").iterdir()}
    assert {"nothing", "pilot", "learning.png", "gantt.png", "evaluate.csv", "schedules"} <= made
    demo(Demo("jobshop"))
    assert "Taking the agent in runs/demo/jobshop/nothing" in capsys.readouterr().out


def test_an_unknown_problem_is_one_sentence() -> None:
    with pytest.raises(ValueError, match="There is no problem 'jobshp': the nearest is 'jobshop'"):
        demo(Demo("jobshp"))


def test_curves_are_told_with_the_rules_that_they_pass() -> None:
    text = told({"a": [(0.0, 9.0), (5.0, 2.0)], "b": [(0.0, 4.0), (5.0, 3.0)]}, {"good": 1.0, "fair": 3.0, "bad": 8.0})
    assert [line.split()[-3] for line in text.splitlines()[2:4]] == ["0", "2"]
    assert text.endswith("Rules: good 1.00, fair 3.00, bad 8.00.")
    assert [name for name, _ in apart({"zero": 0.0, "a": 1.0, "b": 1.01, "c": 2.0}, 1.1)] == ["a", "c"]
