"""Schedules: the integer arrays that solvers and environments return, and the JSON files that hold them.

    {"problem": "jobshop", "instance": "ft06", "objective": 55,
     "columns": ["job", "position", "machine", "start", "end"],
     "schedule": [[0, 0, 2, 5, 6], ...]}

What the columns mean is written in `envs/<problem>/verify.py`, whose `verify(instance, schedule)` judges the rows.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from operator import index
from pathlib import Path
from typing import Any, NamedTuple

from envs.core.files import parse_json, read_text, write_text


class ScheduleError(ValueError):
    """A schedule that breaks a rule of its problem; the sentence names what collides, and when."""


class SavedSchedule(NamedTuple):
    """What a schedule file says; nothing of it has been verified."""

    problem: str
    instance: str
    objective: int | float
    columns: list[str]
    schedule: list[list[int]]


def whole_rows(schedule: Any, columns: Sequence[str]) -> list[tuple[int, ...]]:
    """The rows of an array (n, len(columns)) or of nested lists, as Python integers.

    Raises ScheduleError where a row has not one whole number for each column.
    """
    rows = schedule.tolist() if hasattr(schedule, "tolist") else schedule
    if not isinstance(rows, (list, tuple)):
        raise ScheduleError(f"a schedule is a list of rows, not {rows!r}")
    return [_whole_row(row, number, columns) for number, row in enumerate(rows)]


def _whole_row(row: Any, number: int, columns: Sequence[str]) -> tuple[int, ...]:
    row = row.tolist() if hasattr(row, "tolist") else row
    if not isinstance(row, (list, tuple)) or len(row) != len(columns):
        raise ScheduleError(f"row {number} of the schedule is {row!r}, but its columns are {', '.join(columns)}")
    try:
        numbers = tuple(index(value) for value in row)
    except TypeError:
        numbers = None
    if numbers is None or any(isinstance(value, bool) for value in row):
        raise ScheduleError(f"row {number} of the schedule is {row!r}, but all of it are whole numbers")
    return numbers


def save(
    path: str | Path, problem: str, instance: str, objective: float, columns: Sequence[str], schedule: Any
) -> None:
    """Write a schedule file, one row to a line; the arguments are the fields of `SavedSchedule`."""
    number = int(objective) if float(objective).is_integer() else float(objective)
    head = {"problem": problem, "instance": instance, "objective": number, "columns": list(columns)}
    lines = [f" {json.dumps(key)}: {json.dumps(value)}" for key, value in head.items()]
    rows = ",\n  ".join(json.dumps(row) for row in whole_rows(schedule, columns))
    text = "{\n" + ",\n".join([*lines, f' "schedule": [\n  {rows}\n ]']) + "\n}\n"
    write_text(path, text)


def load(path: str | Path) -> SavedSchedule:
    """Read a schedule file; a malformed one is a ValueError of one sentence that names the file and the rule."""
    found = parse_json(read_text(path), path)
    for key, types in (("problem", str), ("instance", str), ("objective", (int, float)), ("columns", list)):
        if not isinstance(found, dict) or not isinstance(found.get(key), types):
            raise ValueError(f"{path}: a schedule file has `{key}`, which is missing or of another kind here")
    if not all(isinstance(column, str) for column in found["columns"]):
        raise ValueError(f"{path}: `columns` are names, not {found['columns']}")
    try:
        rows = whole_rows(found.get("schedule"), found["columns"])
    except ScheduleError as error:
        raise ValueError(f"{path}: {error}") from None
    return SavedSchedule(
        found["problem"], found["instance"], found["objective"], found["columns"], [list(row) for row in rows]
    )
