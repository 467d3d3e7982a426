"""Results as CSV files that grow a row at a time and survive a kill, and where a result comes from."""

import csv
import io
import os
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from envs.core.files import append_bytes
from experiments.cli import command_line

RUN, CASE = "run", "case"
"""Columns of rows: in which line, from 0, of NAME.runs.csv and of NAME.instances.csv the rest of them stands."""

INSTANCE = ("set", "instance")
"""The columns by which an instance is called."""


class Lines:
    """A CSV file that grows line by line: each is on the disk when `append` returns; those of earlier runs stay.

    What a kill has torn, the last line or the header, is not read, and goes when the first line is added. Who adds
    lines is to be the only one (`experiments.locks.one_writer`), since the file is read once.
    """

    def __init__(self, path: Path, columns: Sequence[str]) -> None:
        """Read the file where there is one; ValueError where it has other columns, so that nothing is written over."""
        self.path, self.columns = path, tuple(columns)
        self.found: list[dict[str, str]] = []
        self._whole: int | None = 0
        """Bytes of the file that are not torn; None once this has written to it."""
        if path.exists():
            self._read(path.read_bytes())

    def _read(self, content: bytes) -> None:
        path = self.path
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
            self.found = list(reader)
        except csv.Error as error:
            raise ValueError(f"{path}, line {reader.line_num}: {error}; mend it or name another file.") from None
        for number, row in enumerate(self.found, 1):
            if None in row or None in row.values():
                raise ValueError(f"{path}: row {number} lacks cells or has too many: mend it or name another file.")

    def append(self, line: Mapping[str, str]) -> None:
        """Add a line; before the first one, cut off what is torn and write the header where it lacks."""
        content = _line(line[name] for name in self.columns)
        if self._whole is not None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            if self.path.exists():
                os.truncate(self.path, self._whole)
            content = content if self._whole else _line(self.columns) + content
        append_bytes(self.path, content)
        self._whole = None


class Layout(NamedTuple):
    """Where the columns of rows stand: what differs from row to row in NAME.csv, the rest once beside it."""

    columns: tuple[str, ...]
    """Of the rows."""
    key: tuple[str, ...]
    """What tells one row from another."""
    runs: tuple[str, ...] = ()
    """What all rows of a command share, in NAME.runs.csv."""
    instances: tuple[str, ...] = ()
    """What is said of an instance, in NAME.instances.csv; first what it is called (`INSTANCE`)."""

    @property
    def rows(self) -> tuple[str, ...]:
        """The columns of NAME.csv."""
        elsewhere = {*self.runs, *self.instances}
        own = tuple(name for name in self.columns if name not in elsewhere)
        return ((CASE,) if self.instances else ()) + own + ((RUN,) if self.runs else ())


class Shared:
    """Lines that rows refer to by their number, each there once."""

    def __init__(self, path: Path | None, columns: Sequence[str]) -> None:
        self.columns = tuple(columns)
        self.lines = Lines(path, columns) if path is not None and columns else None
        self.found = [] if self.lines is None else [_cells(line, columns) for line in self.lines.found]
        self._numbers = {line: number for number, line in enumerate(self.found)}

    def number(self, row: Mapping[str, str]) -> str:
        """Of the line with what the row says, which is added where it lacks; nothing where nothing is shared."""
        if not self.columns:
            return ""
        line = _cells(row, self.columns)
        if line not in self._numbers:
            if self.lines is not None:
                self.lines.append(row)
            self._numbers[line] = len(self.found)
            self.found.append(line)
        return str(self._numbers[line])

    def of(self, number: str, where: str) -> dict[str, str]:
        """The line of that number; ValueError where there is none."""
        if not self.columns:
            return {}
        if not number.isdecimal() or int(number) >= len(self.found):
            assert self.lines is not None
            raise ValueError(f"{where} refers to line {number!r} of {self.lines.path}, which it lacks.")
        return dict(zip(self.columns, self.found[int(number)], strict=True))


class Records:
    """Rows of results, whole in memory; on the disk as the layout says. Rows of earlier runs stay.

    path: None keeps the rows in memory alone.
    """

    def __init__(self, path: Path | None, layout: Layout) -> None:
        """Read the files where there are some; ValueError where they are damaged or have other columns."""
        self.path, self.layout = path, layout
        self._runs = Shared(path and path.with_suffix(".runs.csv"), layout.runs)
        self._instances = Shared(path and path.with_suffix(".instances.csv"), layout.instances)
        self._lines = None if path is None else Lines(path, layout.rows)
        self.rows = [] if self._lines is None else list(map(self._whole, self._lines.found))
        self._called = {line[: len(INSTANCE)]: line for line in self._instances.found}
        self._by_key: dict[tuple[str, ...], dict[str, str]] = {}
        for row in self.rows:
            self._by_key.setdefault(self._key_of(row), row)

    def _whole(self, line: Mapping[str, str]) -> dict[str, str]:
        """A row with what it shares with others."""
        shared = self._runs.of(line.get(RUN, ""), str(self.path))
        shared |= self._instances.of(line.get(CASE, ""), str(self.path))
        return {name: shared[name] if name in shared else line[name] for name in self.layout.columns}

    def find(self, row: Mapping[str, Any]) -> dict[str, str] | None:
        """The row with the same key, if there is one."""
        return self._by_key.get(self._key_of(row))

    def _key_of(self, row: Mapping[str, Any]) -> tuple[str, ...]:
        return tuple(cell(row.get(name)) for name in self.layout.key)

    def append(self, row: Mapping[str, Any]) -> dict[str, str]:
        """Write one row; columns that it lacks stay empty. Returns it as it stands in the file.

        Raises:
            ValueError: the file has rows of another instance that is called like this one.
        """
        line = {name: cell(row.get(name)) for name in self.layout.columns}
        about = _cells(line, self.layout.instances)
        if about and self._called.setdefault(about[: len(INSTANCE)], about) != about:
            raise ValueError(
                f"{self.path} has rows of another instance {line['instance'] or line['set']!r}: name another file."
            )
        if self._lines is not None:  # what is shared first, so that no row is without it
            self._lines.append({**line, RUN: self._runs.number(line), CASE: self._instances.number(line)})
        self.rows.append(line)
        self._by_key.setdefault(self._key_of(line), line)
        return line


def _cells(line: Mapping[str, str], columns: Sequence[str]) -> tuple[str, ...]:
    return tuple(line[name] for name in columns)


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
