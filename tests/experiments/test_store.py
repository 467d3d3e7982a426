"""Nothing is lost: one writer at a time, what is torn heals, what fails leaves what was there, and says which file."""

import errno
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from envs import load_problem
from experiments.evaluate import Evaluate, evaluate
from experiments.records import Lines, Records
from experiments.report import Report, report
from experiments.speed import Speed, speed
from experiments.train import train
from experiments.training import curve, events
from experiments.training.settings import Train
from tests.experiments.conftest import SMALL
from tests.experiments.test_locks import holder, said
from tests.experiments.test_train import edit, resume

JOBSHOP = load_problem("jobshop")()


def content(folder: Path) -> dict[str, tuple[bytes, int]]:
    """Bytes and times of all files."""
    return {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize(
    ("name", "command"),
    [
        ("run", lambda path: train(replace(SMALL, run_dir=path), JOBSHOP)),
        ("run", lambda path: train(replace(Train(), resume=path, timesteps=10**6), JOBSHOP)),
        ("x.csv", lambda path: evaluate(Evaluate(instances=("ft06",), methods=("spt",), output=path), JOBSHOP)),
        ("x.csv", lambda path: speed(Speed(batch=(1,), only=("step",), seconds=0.01, output=path), JOBSHOP)),
        ("jobshop/gantt.csv", lambda path: report(Report(only=("jobshop/gantt",), folder=path.parents[1]))),
    ],
)
def test_a_second_command_that_would_write_the_same_is_refused(
    run_dir: Path, tmp_path: Path, name: str, command: Callable[[Path], object]
) -> None:
    path = tmp_path / name
    shutil.copytree(run_dir, path) if name == "run" else path.parent.mkdir(exist_ok=True)
    before = content(tmp_path)
    with holder(path) as process:
        assert said(process) == "held"
        with pytest.raises(ValueError, match=f"{name} is being written by process {process.pid} on .*: wait until"):
            command(path)
    assert content(tmp_path) == before


def test_a_run_that_is_written_can_be_evaluated(run_dir: Path, tmp_path: Path) -> None:
    shutil.copytree(run_dir, tmp_path / "run")
    with holder(tmp_path / "run") as process:
        assert said(process) == "held"
        assert evaluate(Evaluate(instances=("ft06",), methods=(str(tmp_path / "run"),)), JOBSHOP)


@pytest.mark.parametrize("name", ["seed", "n_steps", "width", "algorithm", "validation_instances"])
def test_settings_that_lack_a_name_are_refused_with_it_and_nothing_is_touched(
    run_dir: Path, tmp_path: Path, name: str
) -> None:
    folder = Path(shutil.copytree(run_dir, tmp_path / "run"))
    text = (folder / "config.json").read_text()
    edit(folder, next(line for line in text.splitlines() if f'"{name}":' in line) + "\n", "")
    before = content(folder)
    with pytest.raises(ValueError, match=rf"config\.json is damaged or of another version: train lacks {name}\."):
        resume(folder, timesteps=1200)
    assert content(folder) == before


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ('"scheme": "active"', '"scheme": 3', "scheme is 3, but must be"),
        ('"scheme": "active",', "", "options lacks scheme"),
        ('"rules": {', '"rule": {', "validation lacks rules"),
        ('"began": {', '"began": 1, "x": {', "began is 1, but must be a dict"),
        ('"width": 16', '"width": [16]', "width is .16., but must be a whole number"),
        ('"encode": "once"', '"encode": "never"', "encode is 'never', but must be one of none, once, step"),
        ('"seed": 0', '"seed": ' + "[" * 5000 + "]" * 5000, "lists that are too deep"),
    ],
)
def test_settings_of_another_type_are_refused_and_nothing_is_touched(
    run_dir: Path, tmp_path: Path, old: str, new: str, sentence: str
) -> None:
    folder = Path(shutil.copytree(run_dir, tmp_path / "run"))
    edit(folder, old, new)
    before = content(folder)
    with pytest.raises(ValueError, match=sentence):
        resume(folder, timesteps=1200)
    assert content(folder) == before


def no_room(*_: Any, **__: Any) -> None:
    raise OSError(errno.ENOSPC, "x was not written (No space left on device): there is no earlier one.")


def test_a_start_that_fails_before_its_first_checkpoint_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = replace(SMALL, run_dir=tmp_path / "deep" / "run")
    with monkeypatch.context() as patch:
        patch.setattr("agents.checkpoint.write_file", no_room)
        with pytest.raises(OSError, match="No space left on device"):
            train(command, JOBSHOP)
    assert not list(tmp_path.iterdir())
    train(replace(command, timesteps=100), JOBSHOP)


def test_what_a_killed_process_has_left_is_in_nobodys_way(tmp_path: Path) -> None:
    for command in (replace(SMALL, timesteps=100, run_dir=tmp_path), Train(timesteps=200, resume=tmp_path)):
        for name in (".lock", ".config.json.1234abcd.part"):
            (tmp_path / name).write_text("half")
        train(command, JOBSHOP)
        assert not [path.name for path in tmp_path.iterdir() if path.name.startswith(".")]


def test_files_of_others_in_a_run_directory_stay_when_a_start_is_refused(tmp_path: Path) -> None:
    for name in ("log.txt", "events.csv"):
        (tmp_path / name).write_text("mine")
    with pytest.raises(ValueError, match="is not empty: go on with --resume"):
        train(replace(SMALL, run_dir=tmp_path), JOBSHOP)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["events.csv", "log.txt"]


def test_tensorboard_waits_for_room_and_says_so_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    writer = events.Events(tmp_path, 0)
    with monkeypatch.context() as patch:
        patch.setattr(events, "append_bytes", no_room)
        for step in range(3):
            writer.scalars({"objective/validation": float(step)}, step)
            writer.flush()
    told = capfd.readouterr().err
    assert told.count("\n") == 1 and "No space left on device" in told and "Training goes on." in told
    assert not list(tmp_path.iterdir())
    writer.close()
    from tests.experiments.test_train import events as read

    assert [event.value for event in read(tmp_path).Scalars("objective/validation")] == [0, 1, 2]


def test_training_ends_in_a_sentence_when_its_folder_vanishes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    append = curve.Records.append

    def vanish(self: Records, row: Any) -> Any:
        found = append(self, row)
        if row["decisions"]:
            shutil.rmtree(tmp_path / "run")
        return found

    monkeypatch.setattr(curve.Records, "append", vanish)
    with pytest.raises(OSError, match=r"run has vanished, or its config\.json has: training ends here"):
        train(replace(SMALL, run_dir=tmp_path / "run"), JOBSHOP)
    assert "Traceback" not in capfd.readouterr().err


COLUMNS = ("name", "größe")
HEADER = "name,größe\n"


@pytest.mark.parametrize(
    ("torn", "whole"),
    [
        (b"", HEADER),
        (b"na", HEADER),
        ("name,grö".encode()[:-1], HEADER),
        (HEADER.encode() + b"a,1\nb", HEADER + "a,1\n"),
        ((HEADER + "a,1\nü").encode()[:-1], HEADER + "a,1\n"),
    ],
)
def test_a_torn_header_heals_as_a_torn_row_does_and_only_when_a_row_is_added(
    tmp_path: Path, torn: bytes, whole: str
) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(torn)
    lines = Lines(path, COLUMNS)
    assert path.read_bytes() == torn
    lines.append({"name": "z", "größe": "7"})
    lines.append({"name": "y", "größe": "8"})
    assert path.read_text(encoding="utf-8") == whole + "z,7\ny,8\n"
    assert [row["name"] for row in Lines(path, COLUMNS).found][-2:] == ["z", "y"]


def test_a_torn_header_of_another_file_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_bytes(b"other")
    with pytest.raises(ValueError, match="has other columns than this command writes"):
        Lines(tmp_path / "x.csv", COLUMNS)
    assert (tmp_path / "x.csv").read_bytes() == b"other"


def test_a_row_that_finds_no_room_names_the_file_and_can_be_added_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = Lines(tmp_path / "x.csv", COLUMNS)
    lines.append({"name": "a", "größe": ""})
    with monkeypatch.context() as patch:
        patch.setattr("envs.core.files.os.fsync", no_room)
        with pytest.raises(OSError, match=r"x\.csv was not added to .*: what it had is kept"):
            lines.append({"name": "b", "größe": ""})
    assert (tmp_path / "x.csv").read_text(encoding="utf-8") == HEADER + "a,\n"
    lines.append({"name": "b", "größe": ""})
    assert (tmp_path / "x.csv").read_text(encoding="utf-8") == HEADER + "a,\nb,\n"
