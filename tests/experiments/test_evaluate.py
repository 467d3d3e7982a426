"""Evaluating writes the columns it promises, verifies what it writes, and goes on where it stopped."""

import csv
import json
import shutil
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from baselines.pilot import Pilot
from baselines.play import finish, rule_scores
from baselines.solution import Solution
from envs import load_problem
from envs.core.datasets import resolve
from envs.core.parts import parts
from envs.core.vector import DispatchVectorEnv
from envs.jobshop import formats
from envs.jobshop.instance import JobShopInstance
from experiments import methods, verify
from experiments.evaluate import LAYOUT, Evaluate, evaluate, rule_defaults
from experiments.methods import Effort
from experiments.records import Records

QUICK = Evaluate(instances=("ft06",), methods=("spt", "mwkr"), seconds=1)


def run(command: Evaluate) -> list[dict[str, str]]:
    return evaluate(command, load_problem("jobshop")(**rule_defaults("jobshop")))


def read(path: Path) -> list[dict[str, str]]:
    return Records(path, LAYOUT).rows


def test_the_columns_are_those_of_the_design(tmp_path: Path) -> None:
    run(replace(QUICK, output=tmp_path / "x.csv"))
    text = (
        "problem, options, set, instance, size, fingerprint, method, samples, seed, objective, reference, "
        "reference_kind, gap_pct, wall_s, cpu_s, budget_s, workers, train_decisions, train_cpu_s, device, commit, "
        "date, command"
    )
    assert tuple(text.split(", ")) == LAYOUT.columns
    row = read(tmp_path / "x.csv")[0]
    assert row["options"].startswith("scheme=non_delay ")
    assert (row["set"], row["instance"], row["size"], row["method"]) == ("ft06", "ft06", "6x6", "spt")
    assert (row["objective"], row["reference"], row["reference_kind"], row["gap_pct"]) == ("88", "55", "optimal", "60")
    assert float(row["wall_s"]) > 0 and float(row["cpu_s"]) > 0


def test_rules_pilots_solvers_samples_and_agents_stand_in_one_table(run_dir: Path, tmp_path: Path) -> None:
    names = ("spt", "random", "pilot:mwkr", "mopnr@0.5", "cp_sat", str(run_dir), f"pilot:{run_dir}")
    rows = run(replace(QUICK, methods=names, samples=(1, 4), output=tmp_path / "x.csv"))
    found = [(row["method"], row["samples"]) for row in rows]
    assert found == [
        *(("spt", "1"), ("spt@0.3", "4"), ("random", "1"), ("random", "4"), ("pilot:mwkr", "1")),
        *(("mopnr", "1"), ("mopnr@0.5", "4"), ("cp_sat", "1"), (str(run_dir), "1"), (f"{run_dir}@1", "4")),
        (f"pilot:{run_dir}", "1"),
    ]
    solver, agent = rows[7], rows[8]
    assert (solver["objective"], solver["budget_s"], solver["workers"]) == ("55", "1", "1")
    with (run_dir / "curve.csv").open(encoding="utf-8", newline="") as file:
        trained = min(csv.DictReader(file), key=lambda point: float(point["objective"]))["decisions"]
    assert agent["train_decisions"] == trained and int(trained) > 0
    assert agent["train_cpu_s"] and agent["options"].startswith("scheme=active")
    best = {row["method"]: float(row["objective"]) for row in rows}
    assert all(value >= 55 for value in best.values())


def test_a_stopped_evaluation_goes_on_and_runs_nothing_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    output = tmp_path / "x.csv"
    run(replace(QUICK, methods=("spt", "mwkr", "fifo"), output=output, schedules=tmp_path / "s"))
    lines = output.read_text().splitlines(keepends=True)
    output.write_text("".join(lines[:2]) + lines[2][:20])  # the second row is torn
    solved: list[str] = []
    monkeypatch.setattr("experiments.evaluate.save", lambda _folder, case, *_: solved.append(case.method.name))
    rows = run(replace(QUICK, methods=("spt", "mwkr", "fifo"), output=output, schedules=tmp_path / "s"))
    assert solved == ["mwkr", "fifo"]
    assert [row["method"] for row in rows] == ["spt", "mwkr", "fifo"] == [row["method"] for row in read(output)]
    assert output.read_text().startswith("".join(lines[:2]))


def test_methods_that_are_named_twice_are_run_once() -> None:
    rows = run(replace(QUICK, methods=("mwkr", "spt", "mwkr", "mwkr@0.5"), samples=(1, 2, 2)))
    found = [(row["method"], row["samples"]) for row in rows]
    assert found == [("mwkr", "1"), ("mwkr@1", "2"), ("spt", "1"), ("spt@0.3", "2"), ("mwkr@0.5", "2")]


def test_schedules_of_other_cases_are_not_written_over(tmp_path: Path) -> None:
    run(replace(QUICK, methods=("mwkr",), schedules=tmp_path))
    before = (tmp_path / "ft06-mwkr-1.json").read_text()
    with pytest.raises(ValueError, match="holds another schedule, with the objective 61 and not 67: name another"):
        evaluate(replace(QUICK, methods=("mwkr",), schedules=tmp_path), load_problem("jobshop")(scheme="active"))
    assert (tmp_path / "ft06-mwkr-1.json").read_text() == before
    for name in ("a b.txt", "a_b.txt"):
        (tmp_path / name).write_text("1 1\n0 5\n" if name == "a b.txt" else "1 1\n0 6\n")
    with pytest.raises(ValueError, match="are called 'a_b': give them names of their own"):
        run(replace(QUICK, instances=(f"{tmp_path}/a*b.txt",), methods=("mwkr",), schedules=tmp_path))


def test_a_missing_schedule_is_written_without_another_row(tmp_path: Path) -> None:
    run(replace(QUICK, output=tmp_path / "x.csv"))
    text = (tmp_path / "x.csv").read_text()
    run(replace(QUICK, output=tmp_path / "x.csv", schedules=tmp_path / "s"))
    assert sorted(path.name for path in (tmp_path / "s").iterdir()) == ["ft06-mwkr-1.json", "ft06-spt-1.json"]
    assert (tmp_path / "x.csv").read_text() == text


def test_the_row_of_an_instance_that_has_changed_is_not_taken_for_its_own(tmp_path: Path) -> None:
    shop = replace(QUICK, instances=(str(tmp_path / "shop.txt"),), output=tmp_path / "x.csv")
    formats.save(JobShopInstance.from_jobs([[(0, 3)]], name="mine"), tmp_path / "shop.txt")
    run(shop)
    text = (tmp_path / "x.csv").read_text()
    formats.save(JobShopInstance.from_jobs([[(0, 30)]], name="mine"), tmp_path / "shop.txt")
    with pytest.raises(ValueError, match=r"x\.csv has a row of spt on mine with the fingerprint .*, which now is .*: "):
        run(shop)
    assert (tmp_path / "x.csv").read_text() == text


def test_an_instance_that_is_called_like_another_gets_no_row_beside_it(tmp_path: Path) -> None:
    shop = replace(QUICK, instances=(str(tmp_path / "shop.txt"),), methods=("spt",), output=tmp_path / "x.csv")
    formats.save(JobShopInstance.from_jobs([[(0, 3)]], name="mine"), tmp_path / "shop.txt")
    run(shop)
    formats.save(JobShopInstance.from_jobs([[(0, 2)], [(0, 1)]], name="mine"), tmp_path / "shop.txt")
    with pytest.raises(ValueError, match=r"x\.csv has rows of another instance 'mine': name another file"):
        run(replace(shop, methods=("mwkr",)))


def test_what_rows_share_stands_once_beside_them(tmp_path: Path) -> None:
    rows = run(replace(QUICK, instances=("ft06", "random:3x3:2:0"), output=tmp_path / "x.csv"))
    lines = {suffix: (tmp_path / f"x{suffix}").read_text().splitlines() for suffix in (".csv", ".runs.csv")}
    lines[".instances.csv"] = (tmp_path / "x.instances.csv").read_text().splitlines()
    assert lines[".csv"][0] == "case,method,samples,objective,gap_pct,wall_s,cpu_s,run"
    assert [len(found) - 1 for found in lines.values()] == [6, 1, 3]
    assert read(tmp_path / "x.csv") == rows
    (tmp_path / "x.runs.csv").write_text(lines[".runs.csv"][0] + "\n")
    with pytest.raises(ValueError, match=r"x\.csv refers to line '0' of .*x\.runs\.csv, which it lacks"):
        read(tmp_path / "x.csv")


def test_two_realisations_of_one_visible_instance_are_told_apart() -> None:
    (stream,) = resolve(load_problem("soc"), "random:5x3x2,noise=0.5:1:0")
    other = replace(stream, true_duration=stream.true_duration + (stream.true_duration > 0))
    assert stream.fingerprint == other.fingerprint and stream.identity != other.identity
    assert stream.identity == replace(stream, name="other").identity


def test_the_row_of_an_agent_that_was_trained_anew_is_not_taken_for_its_own(run_dir: Path, tmp_path: Path) -> None:
    agent = replace(QUICK, methods=(str(run_dir),), output=tmp_path / "x.csv")
    trained = run(agent)[0]["train_cpu_s"]
    shared = tmp_path / "x.runs.csv"
    shared.write_text(shared.read_text().replace(f",{trained},", ",123,"))
    with pytest.raises(ValueError, match=r"with the train_cpu_s 123, which now is .*delete its rows or name another"):
        run(agent)


def test_a_file_with_other_columns_is_left_alone(tmp_path: Path) -> None:
    output = tmp_path / "x.csv"
    output.write_text("a,b\n1,2\n")
    with pytest.raises(ValueError, match=r"x\.csv has other columns than this command writes \(a, b\)"):
        run(replace(QUICK, output=output))
    assert output.read_text() == "a,b\n1,2\n"


@pytest.mark.parametrize("line", ["jobshop,1\n", '"jobshop\n', "x" * 200_000 + "\n"])
def test_a_damaged_file_of_rows_is_left_alone(tmp_path: Path, line: str) -> None:
    output = tmp_path / "x.csv"
    run(replace(QUICK, output=output))
    damaged = output.read_text() + line
    output.write_text(damaged)
    with pytest.raises(ValueError, match="mend it or name another file"):
        run(replace(QUICK, output=output))
    assert output.read_text() == damaged


def test_two_instances_of_one_name_are_not_taken_for_each_other(tmp_path: Path) -> None:
    for folder, duration in (("a", 3), ("b", 30)):
        (tmp_path / folder).mkdir()
        formats.save(JobShopInstance.from_jobs([[(0, duration)]]), tmp_path / folder / "shop.txt")
    both = replace(QUICK, instances=(str(tmp_path / "*" / "shop.txt"),))
    with pytest.raises(ValueError, match="are called '': give them names of their own"):
        run(both)
    apart = replace(QUICK, instances=(str(tmp_path / "a" / "shop.txt"), str(tmp_path / "b" / "shop.txt")))
    assert [row["objective"] for row in run(apart)] == ["3", "3", "30", "30"]
    with pytest.raises(ValueError, match="are called"):
        run(replace(apart, schedules=tmp_path / "s"))
    assert not (tmp_path / "s").exists()


def test_a_wrong_schedule_is_not_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def liar(instance: JobShopInstance, *_: Any, **__: Any) -> Solution:
        schedule = np.zeros((instance.operations, 5), np.int64)
        return Solution(1, None, schedule, "feasible", 0.1, 0.1)

    rules, solvers = methods.known("jobshop")
    monkeypatch.setattr(methods, "known", lambda _: (rules, {**solvers, "liar": liar}))
    with pytest.raises(ValueError, match="operation 0 of job 0"):
        run(replace(QUICK, methods=("liar",), output=tmp_path / "x.csv"))
    assert not (tmp_path / "x.csv").exists()


def test_an_own_instance_is_answered_with_its_schedule(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shop = JobShopInstance.from_jobs([[(0, 3), (1, 2)], [(1, 4), (0, 1)]], name="mine")
    formats.save(shop, tmp_path / "mine.json")
    run(replace(QUICK, instances=(str(tmp_path / "mine.json"),), methods=("cp_sat",)))
    printed = capsys.readouterr().out
    assert "gap to lower-bound" in printed
    assert "Schedule by cp_sat:" in printed
    assert "machine" in printed.partition("Schedule by")[2]


def test_schedules_and_picture_are_saved_and_judged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run(replace(QUICK, methods=("spt", "cp_sat"), schedules=tmp_path / "s", gantt=tmp_path / "g.png"))
    assert (tmp_path / "g.png").read_bytes().startswith(b"\x89PNG")
    path = tmp_path / "s" / "ft06-cp_sat-1.json"
    assert judged(path, monkeypatch) is None
    assert "is a schedule of ft06: objective 55, 0.0 % above the optimal 55." in capsys.readouterr().out

    saved = json.loads(path.read_text())
    job, position, machine, start, end = saved["schedule"][1]
    saved["schedule"][1] = [job, position, machine, start - 20, end - 20]
    path.write_text(json.dumps(saved))
    assert judged(path, monkeypatch) == 2
    assert capsys.readouterr().err.startswith("verify: operation 1 of job 0")

    saved["schedule"][1] = [job, position, machine, start, end]
    path.write_text(json.dumps({**saved, "objective": 54}))
    assert judged(path, monkeypatch) == 2
    assert "states the objective 54, but it is 55" in capsys.readouterr().err


def judged(path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The exit code of `verify`; None where it returns."""
    arguments = ["experiments/verify.py", "jobshop", "--instances", "ft06", "--schedule", str(path)]
    monkeypatch.setattr(sys, "argv", arguments)
    try:
        verify.main()
    except SystemExit as stop:
        return stop.code
    return None


def test_a_reference_of_zero_leaves_the_gap_empty_and_is_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    sets = replace(parts("jobshop").sets, reference=lambda _: (0, "optimal"))
    monkeypatch.setattr(parts("jobshop"), "sets", sets)
    run(replace(QUICK, methods=("spt",), output=tmp_path / "x.csv"))
    assert read(tmp_path / "x.csv")[0]["gap_pct"] == ""
    assert "leaves out 1 with a reference of 0" in capsys.readouterr().out


@pytest.mark.parametrize("settings", ["", "{", "[]", '{"problem": "jobshop"}'])
def test_a_run_directory_with_damaged_settings_is_refused(settings: str, run_dir: Path, tmp_path: Path) -> None:
    damaged = tmp_path / "run"
    shutil.copytree(run_dir, damaged)
    (damaged / "config.json").write_text(settings)
    with pytest.raises(ValueError, match=r"config\.json"):
        evaluate(Evaluate(("ft06",), (str(damaged),)), load_problem("jobshop")())


def test_a_pilot_of_a_pilot_judges_each_choice_by_what_the_pilot_makes_of_it() -> None:
    problem = load_problem("jobshop")(scheme="active", skip_forced=False)
    instance = resolve(problem, "random:4x3:1:3")[0]
    pilot = Pilot(rule_scores(parts("jobshop").rules.RULES["spt"]))

    def after(*actions: int) -> DispatchVectorEnv:
        env = DispatchVectorEnv(problem, 1, [instance], autoreset=False)
        env.reset()
        for action in actions:
            env.step(np.array([action]))
        return env

    def completed(env: DispatchVectorEnv) -> float:
        finish(env, pilot)
        return float(env.objective[0])

    taken: list[int] = []
    while (env := after(*taken)).running[0]:
        legal = np.flatnonzero(env.observation.action_mask[0]).tolist()
        taken.append(min(legal, key=lambda action: completed(after(*taken, action))))
    names = ("pilot:spt", "pilot:pilot:spt")
    found = {one.name: one.solve(instance, 0).objective for one in methods.methods(problem, names, Effort())}
    assert found == {"pilot:spt": completed(after()), "pilot:pilot:spt": env.objective[0]}
    assert found["pilot:pilot:spt"] < found["pilot:spt"]


def test_constructive_solvers_have_no_budget_of_seconds() -> None:
    problem = load_problem("soc")(**rule_defaults("soc"))
    found = {one.name: (one.budget_s, one.workers) for one in methods.methods(problem, ["heft", "cp_sat"], Effort())}
    assert found == {"heft": (None, None), "cp_sat": (10.0, 1)}


def test_methods_that_are_given_seconds_sample_until_these_are_over_also_both_ways() -> None:
    problem = load_problem("jobshop")(scheme="active", lookahead="pilot")
    instance = resolve(problem, "random:6x6:1:3")[0]
    names = ("linear_pilot", "both:linear_pilot", "random")
    made = methods.methods(problem, names, Effort(samples=(None,), seconds=0.2))
    assert [(one.name, one.samples, one.budget_s) for one in made] == [
        ("linear_pilot@0.05", None, 0.2),
        ("both:linear_pilot@0.05", None, 0.2),
        ("random", None, 0.2),
    ]
    greedy = {one.name: one.solve(instance, 0) for one in methods.methods(problem, names[:2], Effort())}
    for method in made:
        solution = method.solve(instance, 5)
        found = solution.improvements
        assert [parts("jobshop").verify.verify(instance, one.schedule) for one in found] == [
            one.objective for one in found
        ]
        assert 0.1 <= solution.cpu_s < 0.5 and found[0].cpu_s < 0.1
        assert solution.objective == found[-1].objective
        if method.name != "random":
            assert found[0].objective == greedy["linear_pilot"].objective
            assert found[-1].objective <= greedy[method.name.removesuffix("@0.05")].objective


def test_a_solver_goes_on_from_what_a_rule_a_pilot_or_an_agent_makes_in_the_time_that_is_left(run_dir: Path) -> None:
    names = ("tabu:mwkr", "tabu:both:mwkr", "tabu:pilot:mwkr", f"tabu:{run_dir}")
    problem = load_problem("jobshop")(**rule_defaults("jobshop"))
    (instance,) = resolve(problem, "random:10x10:1:3")
    for method in methods.methods(problem, names, Effort(samples=(1, 8), seconds=0.5)):
        assert method.start is not None and method.budget_s == 0.5 and method.samples == 1
        start, solution = method.start.solve(instance, 0), method.solve(instance, 0)
        first, *later = solution.improvements
        assert first.objective == start.objective and np.array_equal(first.schedule, start.schedule)
        assert later and solution.objective == later[-1].objective < start.objective
        assert 0 < first.cpu_s < later[0].cpu_s <= later[-1].cpu_s <= solution.cpu_s
        assert solution.wall_s < 1
    assert [method.name for method in methods.methods(problem, names, Effort())] == list(names)
    assert methods.methods(problem, names[3:], Effort())[0].train_decisions


def test_a_start_that_takes_all_the_time_is_the_answer() -> None:
    problem = load_problem("jobshop")(**rule_defaults("jobshop"))
    (instance,) = resolve(problem, "random:10x10:1:3")
    (method,) = methods.methods(problem, ("tabu:pilot:mwkr",), Effort(seconds=1e-6))
    solution = method.solve(instance, 0)
    assert solution.status == "hint" and method.start is not None
    assert np.array_equal(solution.schedule, method.start.solve(instance, 0).schedule)


def test_what_no_solver_can_go_on_from_is_refused() -> None:
    problem = load_problem("jobshop")()
    for name, sentence in (
        ("tabu:cp_sat", "'tabu:cp_sat' is no method, for cp_sat is a solver"),
        ("tabu:tabu:mwkr", "'tabu:tabu:mwkr' is no method, for tabu:mwkr is a solver"),
        ("tabu:mwkr@0.1", "asks for a temperature, but tabu:mwkr is not sampled"),
        ("tabu:mwkrr", "the nearest are 'mwkr'"),
        ("both:tabu:mwkr", "tabu:mwkr is a solver: leave both: out"),
        ("pilot:tabu", "pilot: tries out a rule or an agent"),
    ):
        with pytest.raises(ValueError, match=sentence):
            methods.methods(problem, (name,), Effort())
