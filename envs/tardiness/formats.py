"""The formats of one's own instances: text, and JSON for files that end in .json.

`text`: a line with the number of jobs, then a line for each job: processing time, due date and, unless it is 1, weight.

    3
    10 15
    11 11 2
    10 13

In it # begins a comment; `# instance NAME` gives the name, which otherwise is the file's.

`json`: an object of lists, one number for each job; `weight` may be left out.

    {"instance": "tiny", "processing": [10, 11, 10], "due": [15, 11, 13], "weight": [1, 2, 1]}

Every fault is a ValueError of one sentence: the file, the line and the rule; jobs count from 0. The collections of the
literature are read by `envs.tardiness.published`.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, NamedTuple

from envs.core.files import parse_json, read_text, whole, write_text
from envs.tardiness.instance import LARGEST, TardinessInstance

NAME = re.compile(r"^#[ \t]*instance\b[ \t]*(.*?)[ \t]*$", re.MULTILINE)
COLUMNS = ("processing", "due", "weight")
LEAST = {"processing": 1, "due": -LARGEST, "weight": 1}


class Parsed(NamedTuple):
    """What a file says, each number in its range: the arguments of `TardinessInstance.from_lists`."""

    processing: list[int]
    due: list[int]
    weight: list[int]
    name: str


def load(path: str | Path) -> TardinessInstance:
    """Read an instance: JSON where the path ends in .json, else text."""
    path = Path(path)
    read = read_json if path.suffix.lower() == ".json" else read_lines
    parsed = read(read_text(path), path)
    try:
        return TardinessInstance.from_lists(*parsed)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None


def save(instance: TardinessInstance, path: str | Path) -> None:
    """Write an instance so that `load` returns it, name included: JSON where the path ends in .json, else text."""
    path = Path(path)
    write_text(path, (write_json if path.suffix.lower() == ".json" else write_lines)(instance))


def read_lines(text: str, path: Path) -> Parsed:
    """Read the number of jobs, then a line for each; the path stands in the sentences."""
    lines = [(number, line.partition("#")[0].split()) for number, line in enumerate(text.splitlines(), 1)]
    lines = [(f"{path}, line {number}", words) for number, words in lines if words]
    if not lines:
        raise ValueError(f"{path}: the file holds nothing but comments")
    (at, words), rows = lines[0], lines[1:]
    if len(words) > 1:
        raise ValueError(f"{at}: there are {len(words)} words, but this line is the number of jobs")
    count = whole(words[0], f"{at}: the number of jobs", 1, LARGEST)
    if len(rows) < count:
        raise ValueError(f"{lines[-1][0]}: the file ends here, but a line for each job makes {count} after the first")
    if len(rows) > count:
        at = rows[count][0]
        raise ValueError(f"{at}: this line is one too many, because a line for each job makes {count} after the first")
    jobs = [_job(words, f"{at}: job {job}") for job, (at, words) in enumerate(rows)]
    processing, due, weight = (list(column) for column in zip(*jobs, strict=True))
    named = NAME.search(text)
    return Parsed(processing, due, weight, named[1] if named else path.stem)


def write_lines(instance: TardinessInstance) -> str:
    """A line for each job; ValueError for a name that a line cannot hold."""
    if instance.name != " ".join(instance.name.split()):
        raise ValueError(f"the name {instance.name!r} does not fit into one line of text: save the instance as .json")
    rows = zip(instance.processing.tolist(), instance.due.tolist(), instance.weight.tolist(), strict=True)
    lines = [f"{processing} {due}" + (f" {weight}" if weight > 1 else "") for processing, due, weight in rows]
    return "\n".join([f"# instance {instance.name}".rstrip(), str(len(lines)), *lines, ""])


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
