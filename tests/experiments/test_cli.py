"""What all commands have in common; what they refuse stands in tests/test_bad_inputs.py."""

import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from envs import load_problem
from envs.core.parts import parts
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


def test_a_problem_that_a_module_registers_is_taken_by_every_command(tmp_path: Path) -> None:
    def told(command: str, *words: str) -> str:
        line = [sys.executable, "-m", f"experiments.{command}", "tests.queue:queue", "--instances"]
        root = Path(__file__).parents[2]
        return subprocess.run([*line, *words], cwd=root, capture_output=True, text=True, check=True).stdout

    small = ("--timesteps", "64", "--validation-instances", "2", "--num-envs", "8", "--n-steps", "16")
    folder = str(tmp_path / "run")
    shown = told("train", "random:3", "--run-dir", folder, *small)
    assert "experiments.evaluate tests.queue:queue" in shown
    assert "exact" in told("evaluate", "random:3:1:0", "--methods", "exact", "--schedules", str(tmp_path))
    assert "objective" in told("verify", "random:3:1:0", "--schedule", str(tmp_path / "random_3_1_0_0-exact-1.json"))
    queue = parts(load_problem("tests.queue:queue").name)
    assert queue.bare is queue.mirror is None


def test_the_command_is_recorded_as_it_would_be_typed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["/x/experiments/evaluate.py", "jobshop", "--instances", "my shops/*.json"])
    assert cli.command_line() == "python -m experiments.evaluate jobshop --instances 'my shops/*.json'"


def test_a_command_line_without_options_has_the_defaults() -> None:
    assert begun([]) == Train()
    with pytest.raises(ValueError, match=r"Missing from .* soc: --instances"):
        cli.parse(evaluate.Evaluate, ["soc"])


def failing(error: BaseException) -> Callable[[], object]:
    def run() -> object:
        raise error

    return run


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (MemoryError("Unable to allocate 9 TiB"), 2, "There is not enough memory for this (Unable to allocate 9 TiB)"),
        (MemoryError(), 2, "There is not enough memory for this (no more is told): ask for less at once."),
        (RuntimeError("CUDA out of memory"), 2, "There is not enough memory for this (CUDA out of memory)"),
        (OverflowError("int too large"), 2, "A number is too large (int too large): name a smaller one."),
        (RecursionError("depth"), 2, "Something is nested too deeply to be read"),
        (FileNotFoundError(2, "No such file", "a.txt"), 2, "No such file: a.txt."),
        (ValueError("x" * 10_000), 2, "xxx ... xxx"),
        (KeyboardInterrupt(), 130, "Interrupted."),
    ],
)
def test_what_is_to_be_expected_says_itself_what_is_wrong(
    error: BaseException, code: int, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stop:
        cli.with_one_sentence(failing(error))
    written = capsys.readouterr().err
    assert stop.value.code == code
    assert words in written and written.count("\n") == 1 and len(written) < 1000


def test_a_bug_is_one_sentence_and_a_file_with_the_traceback(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with pytest.raises(SystemExit):
        cli.with_one_sentence(failing(KeyError("machine")))
    sentence = capsys.readouterr().err
    (file,) = tmp_path.iterdir()
    assert "This is a bug of DispatchGym (KeyError: 'machine'): report it with" in sentence and str(file) in sentence
    assert "Traceback (most recent call last)" in file.read_text(encoding="utf-8")
    monkeypatch.setenv("DISPATCHGYM_TRACEBACK", "1")
    with pytest.raises(KeyError):
        cli.with_one_sentence(failing(KeyError("machine")))
