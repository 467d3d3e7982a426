"""Reading what users wrote, and writing files: each fault is one sentence that names the file and the rule."""

from __future__ import annotations

import errno
import json
import os
import secrets
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure


MOST_BYTES = 1 << 28
"""Of a text file: instances, schedules and results are shorter, and a device such as /dev/zero has no end."""


def read_text(path: str | Path, formats: Iterable[str] = ()) -> str:
    """The text of a file that exists, is readable and holds more than blanks; `formats` are what it may be."""
    try:
        with Path(path).open("rb") as file:
            content = file.read(MOST_BYTES + 1)
        if len(content) > MOST_BYTES:
            raise ValueError(f"{path}: the file is longer than {MOST_BYTES:,} bytes")
        text = content.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    except FileNotFoundError:
        raise ValueError(f"{path}: there is no such file") from None
    except UnicodeDecodeError:
        known = ", ".join(formats)
        raise ValueError(f"{path}: this is no text file" + (f": the formats are {known}" if known else "")) from None
    except OSError as error:
        raise ValueError(f"{path}: the file cannot be read: {error.strerror}") from None
    if not text.strip():
        raise ValueError(f"{path}: the file is empty")
    return text


def parse_json(text: str, path: str | Path) -> Any:
    """What a JSON text holds; the path stands in the sentence where it is none."""
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise ValueError(f"{path}, line {error.lineno}: this is not JSON: {error.msg}") from None
    except (ValueError, RecursionError):  # a number of thousands of digits, thousands of nested brackets
        raise ValueError(f"{path}: this JSON has numbers that are too long or lists that are too deep") from None


def write_file(path: str | Path, fill: Callable[[IO[bytes]], object]) -> None:
    """Let `fill` write a file under a temporary name beside its own, then rename it; missing folders are made.

    A reader finds the old file or the new one, and a failure leaves the old one as it was. What a killed process has
    left under its temporary name is in nobody's way.

    Raises:
        OSError: no room, no permission, something else than a file of that name; the sentence names the file.
    """
    target = Path(os.path.realpath(path))
    draft = target.with_name(f".{target.name[:40]}.{secrets.token_hex(4)}.part")
    try:
        if target.exists() and not target.is_file():
            raise OSError(errno.EEXIST, "it is no regular file")
        target.parent.mkdir(parents=True, exist_ok=True)
        with draft.open("xb") as file:
            fill(file)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(target)
    except OSError as error:
        kept = "the earlier one is kept" if target.is_file() else "there is no earlier one"
        raise OSError(error.errno, f"{path} was not written ({error.strerror or error}): {kept}.") from error
    finally:
        with suppress(OSError):
            draft.unlink(missing_ok=True)


def write_text(path: str | Path, text: str) -> None:
    """Write a text file as `write_file` does."""
    write_file(path, lambda file: file.write(text.encode()))


def write_figure(path: str | Path, figure: Figure) -> None:
    """Write a picture as `write_file` does, in the format that its suffix names."""
    write_file(path, lambda file: figure.savefig(file, format=Path(path).suffix[1:].lower()))


def append_bytes(path: Path, content: bytes) -> None:
    """Add to a file, on the disk when this returns: all of it or, where there is no room, nothing.

    Raises:
        OSError: no room, no permission; the sentence names the file.
    """
    try:
        with path.open("ab", buffering=0) as file:
            before = file.seek(0, os.SEEK_END)
            try:
                left = memoryview(content)
                while left:
                    left = left[file.write(left) :]
                os.fsync(file.fileno())
            except OSError:
                file.truncate(before)
                raise
    except OSError as error:
        raise OSError(error.errno, f"{path} was not added to ({error.strerror}): what it had is kept.") from error


def is_draft(path: Path) -> bool:
    """Whether a killed process has left this file while it wrote another."""
    return path.name.startswith(".") and path.name.endswith(".part")


def check_writable(*files: Path | None, folders: Iterable[Path | None] = ()) -> None:
    """OSError where one of the files, or something in one of the folders, cannot be written; writes nothing itself."""
    for path in (path for path in files if path):
        if path.exists() and not path.is_file():
            what = "a folder" if path.is_dir() else "no regular file"
            raise OSError(errno.EEXIST, f"{path} cannot be written, for it is {what}: name another file.")
        if path.exists() and not os.access(path, os.W_OK):
            raise OSError(errno.EACCES, f"{path} cannot be written ({os.strerror(errno.EACCES)}): name another file.")
    for path in (*(path.parent for path in files if path), *(path for path in folders if path)):
        there = next(one for one in (path, *path.absolute().parents) if one.exists())
        if not there.is_dir():
            raise OSError(errno.ENOTDIR, f"{path} cannot be written to, for {there} is no folder: name another.")
        if not os.access(there, os.W_OK | os.X_OK):
            raise OSError(errno.EACCES, f"{there} cannot be written to ({os.strerror(errno.EACCES)}): name another.")
