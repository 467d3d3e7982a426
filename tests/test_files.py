"""Files are written whole or not at all, and who cannot write says which file."""

import errno
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from matplotlib.figure import Figure

from envs.core.files import append_bytes, check_writable, write_figure, write_file, write_text


def no_room(file: Any) -> None:
    file.write(b"half of it")
    raise OSError(errno.ENOSPC, "No space left on device")


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize(
    ("write", "start"),
    [
        (lambda path: write_text(path, "größer\n"), "größer\n".encode()),
        (lambda path: write_file(path, lambda file: file.write(b"\0")), b"\0"),
        (lambda path: write_figure(path, Figure()), b"\x89PNG"),
    ],
)
def test_text_bytes_and_figures_are_written_beside_and_renamed(
    tmp_path: Path, write: Callable[[Path], None], start: bytes
) -> None:
    path = tmp_path / "deep" / "x.png"
    for _ in range(2):
        write(path)
        assert path.read_bytes().startswith(start)
    assert names(path.parent) == ["x.png"]


@pytest.mark.parametrize("fault", [no_room, lambda _: 1 / 0])
def test_a_write_that_fails_leaves_the_earlier_file_and_nothing_else(
    tmp_path: Path, fault: Callable[[Any], None]
) -> None:
    write_text(tmp_path / "x.md", "old")
    with pytest.raises((OSError, ZeroDivisionError)) as stop:
        write_file(tmp_path / "x.md", fault)
    assert (tmp_path / "x.md").read_text() == "old" and names(tmp_path) == ["x.md"]
    if fault is no_room:
        assert str(stop.value) == f"[Errno 28] {tmp_path / 'x.md'} was not written (No space left on device): " + (
            "the earlier one is kept."
        )


@pytest.mark.parametrize("left", [lambda path: path.mkdir(), lambda path: path.touch(0o400)])
def test_what_a_killed_process_left_half_written_is_in_nobodys_way(
    tmp_path: Path, left: Callable[[Path], None]
) -> None:
    for name in (".x.md.part", "x.md.part", ".x.md.tmp"):
        left(tmp_path / name)
    write_text(tmp_path / "x.md", "new")
    assert (tmp_path / "x.md").read_text() == "new"


def test_a_link_stays_one_and_what_is_no_file_is_not_replaced(tmp_path: Path) -> None:
    write_text(tmp_path / "real.md", "old")
    (tmp_path / "link.md").symlink_to("real.md")
    write_text(tmp_path / "link.md", "new")
    assert (tmp_path / "link.md").is_symlink() and (tmp_path / "real.md").read_text() == "new"
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path, tmp_path / "pipe"):
        with pytest.raises(OSError, match=r"was not written \(it is no regular file\)"):
            write_text(path, "new")


FULL = """
import resource, sys
from pathlib import Path
from envs.core.files import append_bytes, write_text
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))  # what a full disk looks like from inside
for write in (lambda path: append_bytes(path, b"x" * 900), lambda path: write_text(path, "x" * 2000)):
    try:
        write(Path(sys.argv[1]))
    except OSError as error:
        print(error.strerror)
"""


def test_a_disk_that_fills_up_in_the_middle_keeps_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    append_bytes(path, b"y" * 500)
    told = subprocess.run([sys.executable, "-c", FULL, str(path)], capture_output=True, text=True, check=True)
    assert told.stdout.splitlines() == [
        f"{path} was not added to (File too large): what it had is kept.",
        f"{path} was not written (File too large): the earlier one is kept.",
    ]
    assert path.read_bytes() == b"y" * 500 and names(tmp_path) == ["x.csv"]


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("folder", "cannot be written, for it is a folder: name another file"),
        ("pipe", "cannot be written, for it is no regular file"),
        ("file/x.csv", "cannot be written to, for .*file is no folder"),
        ("file/deep/x.csv", "cannot be written to, for .*file is no folder"),
    ],
)
def test_what_cannot_be_written_is_told_before_anything_is(tmp_path: Path, path: str, words: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").touch()
    os.mkfifo(tmp_path / "pipe")
    check_writable(tmp_path / "new" / "deep" / "x.csv", None, folders=[tmp_path / "other", None])
    with pytest.raises(OSError, match=words):
        check_writable(tmp_path / path)
    assert names(tmp_path) == ["file", "folder", "pipe"]


def test_permission_is_asked_for_files_and_their_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "x.csv").touch()
    for refused in (tmp_path / "x.csv", tmp_path):
        monkeypatch.setattr(os, "access", lambda path, _mode, refused=refused: Path(path) != refused)
        with pytest.raises(OSError, match=f"{refused} cannot be written.*Permission denied.*name another"):
            check_writable(tmp_path / "x.csv")
