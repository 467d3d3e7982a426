"""A file and a run directory have one writer at a time, as long as its process lives."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from envs import load_problem
from experiments.evaluate import Evaluate, evaluate
from experiments.locks import one_writer

HOLD = """
import os, sys, time
from pathlib import Path
from experiments.locks import one_writer
with one_writer(Path(sys.argv[1]), "wait", folder=Path(sys.argv[1]).is_dir()):
    {then}
    print("held", flush=True)
    sys.stdin.readline()
"""
CHILD = """if not (child := os.fork()):
        time.sleep(60)
    print(child, flush=True)"""


@contextmanager
def holder(target: Path, then: str = "pass") -> Iterator[subprocess.Popen[str]]:
    """Another process that holds the lock until it is told to end."""
    line = [sys.executable, "-c", HOLD.format(then=then), str(target)]
    with subprocess.Popen(line, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield process
        process.communicate("\n")


def said(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


@pytest.mark.parametrize("folder", [False, True])
def test_the_second_writer_is_refused_until_the_first_has_ended(tmp_path: Path, folder: bool) -> None:
    target = tmp_path / "run.1" if folder else tmp_path / "rows"
    if folder:
        target.mkdir()
    with holder(target) as process:
        assert said(process) == "held"
        sentence = f"{target} is being written by process {process.pid} on .*: wait and see"
        with pytest.raises(ValueError, match=sentence), one_writer(target, "wait and see", folder):
            pass
    with one_writer(target, "wait", folder), one_writer(target, "a process may ask again", folder):
        pass
    assert not list(tmp_path.rglob(".*"))


def test_the_lock_dies_with_its_process_though_a_child_lives_on(tmp_path: Path) -> None:
    with holder(tmp_path / "x.csv", CHILD) as process:
        child = int(said(process))
        assert said(process) == "held"
        with pytest.raises(ValueError, match="is being written by process"), one_writer(tmp_path / "x.csv", "wait"):
            pass
        process.kill()
        process.wait()
        try:
            assert (tmp_path / ".x.csv.lock").exists()
            with one_writer(tmp_path / "x.csv", "wait"):
                os.kill(child, 0)  # the child is there still
        finally:
            os.kill(child, signal.SIGKILL)
    assert not list(tmp_path.iterdir())


def test_the_lock_outlives_the_file_that_it_is_about(tmp_path: Path) -> None:
    with holder(tmp_path / "x.csv") as process:
        assert said(process) == "held"
        (tmp_path / "draft").touch()
        (tmp_path / "draft").replace(tmp_path / "x.csv")
        (tmp_path / "same.csv").symlink_to("x.csv")
        with pytest.raises(ValueError, match="is being written"), one_writer(tmp_path / "same.csv", "wait"):
            pass


def test_the_lock_needs_no_room_on_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_room(*_: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "write", no_room)
    with one_writer(tmp_path / "x.csv", "wait"):
        assert (tmp_path / ".x.csv.lock").exists()


def test_a_folder_of_schedules_is_written_by_one_evaluation(tmp_path: Path) -> None:
    command = Evaluate(("ft06",), ("spt",), schedules=tmp_path)
    with holder(tmp_path) as process:
        assert said(process) == "held"
        with pytest.raises(ValueError, match=r"is being written by .*: wait until it ends, or name another folder"):
            evaluate(command, load_problem("jobshop")())
    assert not list(tmp_path.iterdir())
    evaluate(command, load_problem("jobshop")())
    assert [path.name for path in tmp_path.iterdir()] == ["ft06-spt-1.json"]


def test_a_folder_that_is_made_for_the_lock_goes_with_it(tmp_path: Path) -> None:
    with one_writer(tmp_path / "new" / "run", "wait", folder=True), one_writer(None, "no file, no lock"):
        assert (tmp_path / "new" / "run").is_dir()
    assert not (tmp_path / "new").exists()
    with one_writer(tmp_path / "new", "wait", folder=True):
        (tmp_path / "new" / "result").touch()
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["result"]
