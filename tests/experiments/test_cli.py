"""What all commands have in common; what they refuse stands in tests/test_bad_inputs.py."""

import sys

import pytest

from experiments import cli, evaluate, report, speed, train, verify
from experiments.training.settings import Train, begun

MAINS = {module.__name__.rpartition(".")[2]: module.main for module in (evaluate, report, speed, train, verify)}


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
