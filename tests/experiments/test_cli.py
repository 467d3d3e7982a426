"""Every command refuses bad input with one sentence and exit code 2, before it writes anything."""

import sys
from pathlib import Path

import pytest

from experiments import cli, evaluate, report, speed, train, verify
from experiments.training.settings import Train, begun

REFUSED = [
    ("evaluate", "", "Name a problem first: python -m experiments.evaluate PROBLEM, where PROBLEM is one of jobshop"),
    ("evaluate", "soc --instances topcuoglu --methods greedy_pilot", "greedy_pilot needs lookahead=pilot, not none"),
    (
        "evaluate",
        "soc --instances heft --lookahead completion",
        "lookahead is 'completion', which is called 'pilot' now",
    ),
    ("train", "soc --lookahead=completion", "lookahead is 'completion', which is called 'pilot' now: write 'pilot'."),
    (
        "evaluate",
        "soc --instances topcuoglu --methods completion",
        "method is 'completion', which is called 'greedy_pilot'",
    ),
    ("evaluate", "soc --instances topcuoglu --methods pilot:completion", "which is called 'greedy_pilot' now: write"),
    (
        "evaluate",
        "soc --instances topcuoglu --methods completion@2",
        "called 'greedy_pilot' now: write 'greedy_pilot'.",
    ),
    ("evaluate", "jobshp --instances ft06", "There is no problem 'jobshp': the nearest is 'jobshop'."),
    ("evaluate", "jobshop", "Missing from python -m experiments.evaluate jobshop: --instances"),
    ("evaluate", "jobshop --instances taillrd", "the nearest is 'taillard'"),
    ("evaluate", "jobshop --instances ta99", "the nearest are 'ta79', 'ta69', 'ta59'."),
    ("evaluate", "jobshop --instances no/such.json", "no/such.json: there is no such file."),
    ("evaluate", "jobshop --instances ft06 --methods mwkx", "'mwkx' is no rule, solver or run directory of jobshop"),
    ("evaluate", "jobshop --instances ft06 --methods runs/none", "There is no run directory or checkpoint runs/none."),
    ("evaluate", "jobshop --instances ft06 --sheme active", "There is no option '--sheme': the nearest are '--scheme'"),
    ("evaluate", "jobshop --instances ft06 --scheme actve", "invalid choice 'actve' for argument '--scheme'."),
    ("evaluate", "jobshop --instances ft06 --seconds soon", "could not convert string to float: 'soon'."),
    ("evaluate", "jobshop --instances ft06 --samples 0", "samples are 0, but must be at least 1."),
    ("evaluate", "jobshop --instances ft06 --methods spt@0 --samples 2", "The temperature of spt@0 is 0, but"),
    ("evaluate", "jobshop --instances ft06 --temperature nan", "temperature is nan, but must be finite and more than"),
    ("evaluate", "jobshop --instances ft06 --methods mwkr@1.2.3", "'mwkr@1.2.3' ends in no temperature: write it as"),
    ("evaluate", "jobshop --instances ft06 --methods cp_sat@2", "but cp_sat is not sampled: leave @2 out."),
    ("evaluate", "jobshop --instances ft06 --methods pilot:pilot:mwkr", "'pilot:pilot:mwkr' is no method"),
    ("evaluate", "jobshop --instances ft06 --methods pilot:cp_sat", "is no method: pilot: tries out a rule"),
    ("evaluate", "jobshop --instances ft06 --methods both:", "'both:' is no method: name a rule, a solver or a run"),
    ("evaluate", "jobshop --instances ft06 --methods mwkr --device gpu", "The device is 'gpu', but must be cpu or"),
    ("evaluate", "jobshop --instances ft06 --seconds -1", "seconds is -1, but must be finite and more than 0."),
    ("evaluate", "jobshop --instances ft06 --workers 0", "workers is 0, but must be at least 1."),
    ("evaluate", "jobshop --instances ft06 --output .", ". cannot be written, for it is a folder: name another file"),
    ("evaluate", "jobshop --instances ft06 --schedules /dev/null", "for /dev/null is no folder: name another."),
    ("evaluate", "jobshop --instances ft06 --methods cp_sat --seconds 0", "seconds is 0, but must be"),
    ("evaluate", "jobshop --instances ft06 --gantt x.exe", "name a .png, .svg or .pdf file."),
    ("evaluate", "jobshop --instances ft06 --output /dev/null/x.csv", "for /dev/null is no folder: name another."),
    ("train", "jobshop --instances random:3x3 --guide 5", "guide is 5, but there is no look-ahead to follow"),
    ("train", "jobshop --instances taillard:15x15", "taillard is for tests: an agent that has trained on it"),
    ("train", "jobshop --instances ft06", "ft06 is for tests"),
    ("train", "jobshop --validation la01", "la01 is for tests"),
    ("train", "jobshop --learning-rate fast", "'fast' is no schedule"),
    ("train", "jobshop --learning-rate linear:1e-3:-1", "its numbers must be finite and at least 0."),
    ("train", "jobshop --clip-range nan", "clip_range is wrong: constant:nan is no schedule"),
    ("train", "jobshop --algorithm d3s --sample-keep 0", "sample_keep is 0.0, but must be a share above 0"),
    ("train", "jobshop --algorithm d3s --decision-keep -1", "decision_keep is wrong: constant:-1.0 is no schedule"),
    ("train", "jobshop --algorithm d3s --ema 1", "ema is 1.0, but must be at least 0 and below 1."),
    ("train", "jobshop --algorithm gspo --n-epochs 4", "gspo does not use n_epochs, a setting of ppo: leave it out."),
    ("train", "jobshop --algorithm grpo --num-envs 4", "grpo does not use num_envs, a setting of ppo: leave it out."),
    ("train", "jobshop --group-size 8", "ppo does not use group_size, a setting of grpo and others: leave it"),
    ("train", "jobshop --lookahead pilot --guide inf", "guide is inf, but must be finite and at least 0."),
    ("train", "jobshop --gae-lambda nan", "gae_lambda is nan, but must be from 0 to 1."),
    ("train", "jobshop --gae-lambda 7", "gae_lambda is 7.0, but must be from 0 to 1."),
    ("train", "jobshop --ent-coef nan", "ent_coef is nan, but must be finite and at least 0."),
    ("train", "jobshop --device tpu", "The device is 'tpu', but must be cpu or cuda."),
    ("train", "jobshop --timesteps 9 --cpu-seconds 9", "There are two budgets"),
    ("train", "jobshop --resume runs/a --run-dir runs/b", "A resumed run stays in runs/a: leave --run-dir out."),
    ("train", "jobshop --algorithm dqn", "There is no algorithm 'dqn': there are ppo, grpo, pomo"),
    ("train", "jobshop --resume runs/none", "There is no run directory runs/none."),
    ("train", "jobshop --timesteps 0", "timesteps is 0, but must be a whole number from 1 on."),
    ("verify", "jobshop --instances ft06 --schedule no/such.json", "no/such.json: there is no such file."),
    ("speed", "jobshop --only stp", "speed has no measure 'stp': the nearest is 'step'."),
    ("speed", f"jobshop --batch {10**20} --only step", "GB of memory, but there are"),
    ("speed", "jobshop --batch -1", "batch is -1, but must be at least 1."),
    ("speed", "jobshop --repeats 0", "repeats is 0, but must be at least 1."),
    ("speed", "jobshop --seconds nan", "seconds is nan, but must be finite and more than 0."),
    ("report", "--only jobshop/taillrd", "'jobshop/taillrd' is no table: the nearest are 'jobshop/taillard'"),
]


MAINS = {module.__name__.rpartition(".")[2]: module.main for module in (evaluate, report, speed, train, verify)}


@pytest.mark.parametrize(("command", "arguments", "sentence"), REFUSED)
def test_bad_input_is_one_sentence_and_exit_code_2(
    command: str,
    arguments: str,
    sentence: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", [f"experiments/{command}.py", *arguments.split()])
    with pytest.raises(SystemExit) as stop:
        MAINS[command]()
    error = capsys.readouterr().err
    assert stop.value.code == 2
    assert error.startswith(f"{command}: ")
    assert error.count("\n") == 1
    assert sentence in error
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("command", ["evaluate", "speed", "train", "verify"])
def test_help_without_a_problem_names_the_problems(
    command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", [f"experiments/{command}.py", "--help"])
    with pytest.raises(SystemExit) as stop:
        MAINS[command]()
    assert stop.value.code == 0
    assert "jobshop" in capsys.readouterr().out


def test_the_command_is_recorded_as_it_would_be_typed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["/x/experiments/evaluate.py", "jobshop", "--instances", "my shops/*.json"])
    assert cli.command_line() == "python -m experiments.evaluate jobshop --instances 'my shops/*.json'"


def test_a_command_line_without_options_has_the_defaults() -> None:
    assert begun([]) == Train()
    with pytest.raises(ValueError, match=r"Missing from .* soc: --instances"):
        cli.parse(evaluate.Evaluate, ["soc"])
