"""The formats of one's own instances: text, and JSON for files that end in .json.

`text`: a line with the number of jobs, then a line for each job: processing time, due date and, unless it is 1, weight.

    3
    10 15
    11 11 2
    10 13

In it # begins a comment; `# instance NAME` gives the name, which otherwise is the file's.

`json`: an object of lists, one number for each job; `weight` may be left out.

    {"instance": "tiny", "processing": [10, 11, 10], "due": [15, 11, 13], "weight": [1, 2, 1]}

`orlib`: OR-Library's text, whole numbers with any line breaks: of each instance all processing times, then all weights,
then all due dates. It does not say how many jobs an instance has: the number in the file's name, "wt40.txt", does,
unless `n` is given, "mine.txt:n=40". Several instances are called like the file, with -1, -2, ... behind.

Text whose first line has more than one number is OR-Library's. Every fault is a ValueError of one sentence: the file,
the line and the rule; jobs count from 0. The collections of the literature are read by `envs.tardiness.published`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from envs.core.files import parse_json, read_text, write_text
from envs.core.text import check_count, in_one_line, lines_of, name_of, no_format, whole
from envs.tardiness.instance import LARGEST, TardinessInstance

COLUMNS = ("processing", "due", "weight")
LEAST = {"processing": 1, "due": -LARGEST, "weight": 1}
MOST_JOBS = 1_000_000


class Parsed(NamedTuple):
    """What a file says of an instance, each number in its range: the arguments of `TardinessInstance.from_lists`."""

    processing: list[int]
    due: list[int]
    weight: list[int]
    name: str


def load(path: str | Path, n: str | None = None) -> list[TardinessInstance]:
    """Read the instances of a file; n: a word that says how many jobs each has, where the file does not."""
    path = Path(path)
    text = read_text(path, FORMATS)
    if path.suffix.lower() == ".json":
        parsed = [read_json(text, path)]
    elif not re.match(r"[+-]?\d", (first := lines_of(text, path)[0]).words[0]):
        raise no_format(first, FORMATS)
    elif n is None and len(first.words) == 1:
        parsed = [read_lines(text, path)]
    else:
        parsed = read_orlib(text, path, _jobs(path, n))
    try:
        return [TardinessInstance.from_lists(*one) for one in parsed]
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None


def save(instance: TardinessInstance, path: str | Path) -> None:
    """Write an instance so that `load` returns it, name included: JSON where the path ends in .json, else text."""
    path = Path(path)
    write_text(path, (write_json if path.suffix.lower() == ".json" else write_lines)(instance))


def read_lines(text: str, path: Path) -> Parsed:
    """Read the number of jobs, then a line for each; the path stands in the sentences."""
    lines = lines_of(text, path)
    (count,) = lines[0].numbers(("the number of jobs",), 1, LARGEST)
    check_count(lines, count, f"a line for each job makes {count} after the first")
    jobs = [_job(words, f"{at}: job {job}") for job, (at, words) in enumerate(lines[1:])]
    processing, due, weight = (list(column) for column in zip(*jobs, strict=True))
    return Parsed(processing, due, weight, name_of(text, path))


def read_orlib(text: str, path: Path, jobs: int) -> list[Parsed]:
    """Read instances of so many jobs each: processing times, weights, due dates."""
    words = [(f"{at}: {{}}", word) for at, row in lines_of(text, path) for word in row]
    if not words or len(words) % (3 * jobs):
        rule = f"an instance of {jobs} jobs has {3 * jobs}, or several have as many each"
        raise ValueError(f"{path}: there are {len(words)} numbers, but {rule}; other numbers of jobs: {path}:n=JOBS")
    columns = ("processing", "weight", "due")
    keys = [key for key in columns for _ in range(jobs)]
    numbers = [
        _number(word, keys[k % len(keys)], at.format(f"instance {k // len(keys) + 1}, job {k % jobs}"))
        for k, (at, word) in enumerate(words)
    ]
    found = []
    for first in range(0, len(numbers), 3 * jobs):
        processing, weight, due = (numbers[first + k * jobs : first + (k + 1) * jobs] for k in range(3))
        name = path.stem if len(numbers) == 3 * jobs else f"{path.stem}-{first // (3 * jobs) + 1}"
        found.append(Parsed(processing, due, weight, name))
    return found


def _jobs(path: Path, n: str | None) -> int:
    """How many jobs an instance of OR-Library's format has."""
    if n is not None:
        return whole(n, f"{path}: n", 1, MOST_JOBS)
    named = re.search(r"[1-9]\d{0,5}", path.stem)
    if named is None:
        raise ValueError(
            f"{path}: the first line has several numbers, as in OR-Library's format, which does not say how many jobs "
            f"an instance has: write {path}:n=40, or begin the file with a line that is the number of jobs"
        )
    return int(named[0])


def write_lines(instance: TardinessInstance) -> str:
    """A line for each job; ValueError for a name that a line cannot hold."""
    rows = zip(instance.processing.tolist(), instance.due.tolist(), instance.weight.tolist(), strict=True)
    lines = [f"{processing} {due}" + (f" {weight}" if weight > 1 else "") for processing, due, weight in rows]
    return "\n".join([in_one_line(instance.name), str(len(lines)), *lines, ""])


def read_json(text: str, path: Path) -> Parsed:
    """Read the object with `processing`, `due` and maybe `weight` and `instance`; other keys are ignored."""
    found = parse_json(text, path)
    for key in COLUMNS[:2]:
        if not isinstance(found, dict) or key not in found:
            raise ValueError(f"{path}: there is no `{key}`, but an object has processing and due")
    columns = {key: _column(found[key], key, path) for key in COLUMNS if key in found}
    jobs = len(columns["processing"])
    for key, column in columns.items():
        if len(column) != jobs:
            raise ValueError(f"{path}: `{key}` has {len(column)} numbers, but `processing` has {jobs}")
    name = found.get("instance", path.stem)
    if not isinstance(name, str):
        raise ValueError(f"{path}: `instance` is the name, not {name!r}")
    return Parsed(columns["processing"], columns["due"], columns.get("weight", [1] * jobs), name)


def write_json(instance: TardinessInstance) -> str:
    """One line for each list."""
    facts = {"instance": instance.name, **{key: getattr(instance, key).tolist() for key in COLUMNS}}
    lines = [f"  {json.dumps(key)}: {json.dumps(value, ensure_ascii=False)}" for key, value in facts.items()]
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _job(words: list[str], at: str) -> tuple[int, ...]:
    if not 2 <= len(words) <= 3:
        raise ValueError(f"{at} has {len(words)} numbers, but these are processing time, due date and maybe weight")
    words = words if len(words) == 3 else [*words, "1"]
    return tuple(_number(word, key, at) for word, key in zip(words, COLUMNS, strict=True))


def _column(values: Any, key: str, path: Path) -> list[int]:
    if not isinstance(values, list):
        raise ValueError(f"{path}: `{key}` is no list of whole numbers")
    return [_number(repr(value), key, f"{path}: job {job}") for job, value in enumerate(values)]


def _number(word: str, key: str, at: str) -> int:
    return whole(word, f"{at}: {key}", LEAST[key], LARGEST)


FORMATS: dict[str, Callable[..., Any]] = {"text": read_lines, "json": read_json, "orlib": read_orlib}
"""Name of each format to what reads its text."""
