"""The formats in which job shops are published: all say how many jobs J and machines M there are, then what each does.

`jsplib` (files that end in .json): an object for each operation; jobs, operations and machines counted from 0.

    {"instance": "tiny", "jobs": 1, "machines": 2, "data": [{"job": 0, "operation": 0, "machine": 1, "duration": 3}]}

`standard`: a line "J M", then a line for each job: `machine duration` of each operation, machines counted from 0. Where
a job has not M operations its line begins with their number, so that a line that was cut off is noticed.

    2 1 0 3 1 6 3 7 5 3 4 6

A line of words may stand before "J M". Behind the jobs may stand the makespan of a known schedule, alone on its line,
and then a line for each machine; that they are whole numbers of this shop is checked, and they are not used.

`orlib`: OR-Library's jobshop1.txt, or blocks of it: a heading `instance NAME` between two lines of +, of which the
first may lack, a line of description, and a shop in the standard format. What stands before all headings is ignored.

     +++++++++++++++++++++++++++++
     instance tiny
     +++++++++++++++++++++++++++++
     A shop of two jobs
     2 2
     0 3 1 2
     1 4 0 1
     +++++++++++++++++++++++++++++

`taillard`: a line "J M", then a line of durations for each job, then a line of machines for each job, counted from 1.
A line of words at the top, numbers after M, and the words Times and Machines before the blocks are tolerated. A line of
words further down begins the next shop; the shops of a file are called like it, with -1, -2, ... behind.

    94 66 10 53 26 15 65 82 10 27 93 92 96 70 83

In the text formats # begins a comment; `# instance NAME` gives the name, which otherwise is the file's.
Every fault is a ValueError of one sentence: the file, the line and the rule; jobs and operations count from 0.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from envs.core.files import read_text, write_text
from envs.core.text import lines_of, nearest, no_format
from envs.jobshop import formats_json, formats_text
from envs.jobshop.formats_text import Parsed
from envs.jobshop.instance import JobShopInstance


class Format(NamedTuple):
    """How a file of one format is read and written."""

    read: Callable[[str, Path], list[Parsed]]
    """From the text of a file; the path stands in the sentences and gives the name where the text has none."""
    write: Callable[[JobShopInstance], str]


FORMATS = {
    "jsplib": Format(formats_json.read, formats_json.write),
    "standard": Format(formats_text.read_standard, formats_text.write_standard),
    "orlib": Format(formats_text.read_orlib, formats_text.write_orlib),
    "taillard": Format(formats_text.read_taillard, formats_text.write_taillard),
}


def load(path: str | Path, format: str | None = None) -> list[JobShopInstance]:  # noqa: A002
    """Read the shops of a file; unless `format` names it, the format is told from the ending .json and the content."""
    path = Path(path)
    chosen = _format(path, format)
    text = read_text(path, FORMATS)
    chosen = chosen or formats_text.guess(text, path)
    if chosen is None:
        raise no_format(lines_of(text, path)[0], FORMATS)
    parsed = FORMATS[chosen].read(text, path)
    try:
        return [JobShopInstance.from_jobs(*one) for one in parsed]
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None


def save(instance: JobShopInstance, path: str | Path, format: str | None = None) -> None:  # noqa: A002
    """Write a job shop so that `load` returns it, name included: JSPLib's JSON for .json, else the standard text."""
    path = Path(path)
    text = FORMATS[_format(path, format) or "standard"].write(instance)
    write_text(path, text)


def _format(path: Path, name: str | None) -> str | None:
    if name is not None and name not in FORMATS:
        raise ValueError(f"no format of job shops is called {name!r}: {nearest(name, FORMATS)}")
    return name or ("jsplib" if path.suffix.lower() == ".json" else None)
