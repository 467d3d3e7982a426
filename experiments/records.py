"""Results as CSV files that grow a row at a time and survive a kill, and where a result comes from."""

import csv
import io
import os
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from envs.core.files import append_bytes
from experiments.cli import command_line


class Records:
    """Rows of a CSV file: each is on the disk when `append` returns; those of earlier runs stay.

    What a kill has torn, the last row or the header, is not read, and goes when the first row is added. Who adds rows
    is to be the only one (`experiments.locks.one_writer`), since the file is read once.

    path: None keeps the rows in memory. columns: their names. key: the columns that tell one row from another.
    """

    def __init__(self, path: Path | None, columns: Sequence[str], key: Sequence[str]) -> None:
        """Read the file where there is one; ValueError where it has other columns, so that nothing is written over."""
        self.path, self.columns, self.key = path, tuple(columns), tuple(key)
        self.rows: list[dict[str, str]] = []
        self._whole: int | None = 0
        """Bytes of the file that are not torn; None once this has written to it."""
        if path is not None and path.exists():
            self._read(path, path.read_bytes())
        self._by_key: dict[tuple[str, ...], dict[str, str]] = {}
        for row in self.rows:
            self._by_key.setdefault(self._key_of(row), row)

    def _read(self, path: Path, content: bytes) -> None:
        self._whole = content.rfind(b"\n") + 1
        if not self._whole and _line(self.columns).startswith(content):
            return
        try:
            text = content[: self._whole].decode("utf-8-sig")
        except UnicodeDecodeError:
            raise ValueError(f"{path} is no text file: name another file.") from None
        reader = csv.DictReader(io.StringIO(text))
        if tuple(reader.fieldnames or ()) != self.columns:
            found = ", ".join(reader.fieldnames or ["none"])
            raise ValueError(f"{path} has other columns than this command writes ({found[:60]}): name another file.")
        try:
            self.rows = list(reader)
        except csv.Error as error:
            raise ValueError(f"{path}, line {reader.line_num}: {error}; mend it or name another file.") from None
        for number, row in enumerate(self.rows, 1):
            if None in row or None in row.values():
                raise ValueError(f"{path}: row {number} lacks cells or has too many: mend it or name another file.")

    def find(self, row: Mapping[str, Any]) -> dict[str, str] | None:
        """The row with the same key, if there is one."""
        return self._by_key.get(self._key_of(row))

    def _key_of(self, row: Mapping[str, Any]) -> tuple[str, ...]:
        return tuple(cell(row.get(name)) for name in self.key)

    def append(self, row: Mapping[str, Any]) -> dict[str, str]:
        """Write one row; columns that it lacks stay empty. Returns it as it stands in the file."""
        line = {name: cell(row.get(name)) for name in self.columns}
        if self.path is not None:
            self._write(self.path, _line(line.values()))
        self.rows.append(line)
        self._by_key.setdefault(self._key_of(line), line)
        return line

    def _write(self, path: Path, content: bytes) -> None:
        """Add a line to the file; before the first one, cut off what is torn and write the header where it lacks."""
        if self._whole is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            if path.exists():
                os.truncate(path, self._whole)
            content = content if self._whole else _line(self.columns) + content
        append_bytes(path, content)
        self._whole = None


def _line(cells: Iterable[str]) -> bytes:
    """A line of a CSV file."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(cells)
    return text.getvalue().encode()


def cell(value: Any) -> str:
    """A value as it stands in a CSV file: nothing for None, six digits of a fraction."""
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.0f}" if value.is_integer() else f"{value:.6g}"
    return str(value)


def provenance() -> dict[str, str]:
    """The columns `commit`, `date` and `command` of this process."""
    return {"commit": commit(), "date": datetime.now(UTC).strftime("%Y-%m-%d"), "command": command_line()}


@cache
def commit() -> str:
    """The commit of this checkout, with "+" where tracked files outside results/ differ; empty outside a checkout."""

    def git(*arguments: str) -> str:
        return subprocess.check_output(["git", *arguments], cwd=Path(__file__).parent, text=True, stderr=-3).strip()

    changes = ("status", "--porcelain", "-uno", "--", ":/", ":(top,exclude)results")
    try:
        return git("rev-parse", "--short=10", "HEAD") + ("+" if git(*changes) else "")
    except (OSError, subprocess.CalledProcessError):
        return ""
