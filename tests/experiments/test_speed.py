"""The speed command measures what it says and keeps what it has measured."""

from pathlib import Path

from envs import load_problem
from experiments.speed import Speed, placed, speed
from experiments.timings import TIMINGS


def test_each_measurement_has_a_row_that_is_kept(tmp_path: Path) -> None:
    command = Speed(instances=("random:3x3",), batch=(1, 32), repeats=2, seconds=0.01, output=tmp_path / "speed.csv")
    rows = speed(command, load_problem("jobshop")())
    assert {row["what"] for row in rows} == set(TIMINGS)
    assert all(int(row["decisions_per_cpu_s"]) > 0 for row in rows)
    assert all(int(row["slowest"]) <= int(row["decisions_per_cpu_s"]) <= int(row["fastest"]) for row in rows)
    assert {row["batch"] for row in rows} == {"1", "32"}
    assert {row["what"] for row in rows if "network" in row["shares"]} == {"sampled", "trained"}
    text = (tmp_path / "speed.csv").read_text()
    assert speed(command, load_problem("jobshop")()) == rows
    assert (tmp_path / "speed.csv").read_text() == text


def test_what_a_decision_places_is_counted_with_the_forced_moves() -> None:
    problem = load_problem("jobshop")
    assert placed(problem(skip_forced=False), "random:3x3", episodes=4) == (1, 9)
    each, whole = placed(problem(skip_forced=True), "random:3x3", episodes=4)
    assert each > 1 and whole == 9
