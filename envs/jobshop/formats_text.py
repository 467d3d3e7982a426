"""The two text formats of `envs.jobshop.formats`: the standard one and Taillard's."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import chain
from pathlib import Path
from typing import NamedTuple

from envs.core.files import whole
from envs.jobshop.instance import LARGEST, MOST_MACHINES, JobShopInstance

NAME = re.compile(r"^#[ \t]*instance\b[ \t]*(.*?)[ \t]*$", re.MULTILINE)


class Parsed(NamedTuple):
    """What a file says, each number in its range: the arguments of `JobShopInstance.from_jobs`."""

    jobs: list[list[tuple[int, int]]]
    name: str
    machines: int


class Row(NamedTuple):
    """A line that holds more than a comment: where it stands ("shop.txt, line 3") and its words."""

    at: str
    words: list[str]


def read_standard(text: str, path: Path) -> Parsed:
    """Read "J M", then for each job a line of `machine duration` pairs, machines counted from 0."""
    rows = _rows(text, path)
    count, machines = _header(rows[0])
    if len(rows[0].words) > 2:
        raise ValueError(f"{rows[0].at}: there are {len(rows[0].words)} words, but this line is the jobs and machines")
    _check_count(rows, count, "a line")
    jobs = []
    for job, row in enumerate(rows[1:]):
        words = _pairs(row, job, machines)
        jobs.append(_operations(job, Row(row.at, words[::2]), Row(row.at, words[1::2]), 0, machines))
    return Parsed(jobs, _name(text, path), machines)


def read_taillard(text: str, path: Path) -> Parsed:
    """Read "J M", then for each job a line of durations, then for each job one of machines, counted from 1."""
    rows = [row for row in _rows(text, path) if not _is_label(row)]
    count, machines = _header(rows[0])
    _check_count(rows, 2 * count, "a line of durations and one of machines")
    jobs = []
    for job, (times, visits) in enumerate(zip(rows[1 : 1 + count], rows[1 + count :], strict=True)):
        if len(times.words) != len(visits.words):
            raise ValueError(
                f"{visits.at}: job {job} has {len(visits.words)} machines here and {len(times.words)} durations above"
            )
        jobs.append(_operations(job, visits, times, 1, machines))
    return Parsed(jobs, _name(text, path), machines)


def guess(text: str, path: Path) -> str:
    """The name of a text's format: Taillard's has words between its blocks, or two lines for each job."""
    rows = _rows(text, path)
    count, machines, lines = rows[0].words[0], rows[0].words[1:2], len(rows) - 1
    if any(map(_is_label, rows)) or count == str(lines / 2).removesuffix(".0"):
        return "taillard"
    if lines and count != str(lines) and machines == [str(len(rows[1].words))]:
        return "taillard"  # with lines missing or left over
    return "standard"


def write_standard(instance: JobShopInstance) -> str:
    """The standard format; a ValueError for a name that a line cannot hold."""
    lines = []
    for job in instance.to_jobs():
        count = [] if len(job) == instance.machines else [len(job)]
        lines.append([*count, *chain.from_iterable(job)])
    return _written(instance, lines)


def write_taillard(instance: JobShopInstance) -> str:
    """Taillard's format; a ValueError for a name that a line cannot hold."""
    jobs = instance.to_jobs()
    times = [[duration for _, duration in job] for job in jobs]
    visits = [[machine + 1 for machine, _ in job] for job in jobs]
    return _written(instance, [["Times"], *times, ["Machines"], *visits])


def _rows(text: str, path: Path) -> list[Row]:
    lines = enumerate(text.splitlines(), 1)
    rows = [Row(f"{path}, line {number}", line.partition("#")[0].split()) for number, line in lines]
    rows = [row for row in rows if row.words]
    if len(rows) > 1 and not re.match(r"[+-]?\d", rows[0].words[0]):
        del rows[0]  # Taillard's "Nb of jobs, Nb of Machines, ..."
    if not rows:
        raise ValueError(f"{path}: the file holds nothing but comments")
    return rows


def _is_label(row: Row) -> bool:
    return row.words[0].rstrip(":").lower() in ("times", "machines") and len(row.words) == 1


def _header(row: Row) -> tuple[int, int]:
    if len(row.words) < 2:
        raise ValueError(f"{row.at}: the first line is the numbers of jobs and machines, not {row.words[0][:40]!r}")
    jobs = whole(row.words[0], f"{row.at}: the number of jobs", 1, LARGEST)
    return jobs, whole(row.words[1], f"{row.at}: the number of machines", 1, MOST_MACHINES)


def _check_count(rows: list[Row], expected: int, each: str) -> None:
    rule = f"{each} for each job makes {expected} after the first"
    if len(rows) - 1 < expected:
        raise ValueError(f"{rows[-1].at}: the file ends here, but {rule}")
    if len(rows) - 1 > expected:
        raise ValueError(f"{rows[1 + expected].at}: this line is one too many, because {rule}")


def _pairs(row: Row, job: int, machines: int) -> list[str]:
    """The words of `machine duration` pairs, without the number of operations that may stand first."""
    words = row.words
    if len(words) == 2 * machines:
        return words
    if len(words) % 2 and words[0] == str(len(words) // 2):
        return words[1:]
    raise ValueError(
        f"{row.at}: job {job} has {len(words)} numbers, but {machines} operations have {2 * machines}, "
        "and a job with another number of operations begins with it"
    )


def _operations(job: int, visits: Row, times: Row, first: int, machines: int) -> list[tuple[int, int]]:
    operations = []
    for k, (visit, time) in enumerate(zip(visits.words, times.words, strict=True)):
        machine = whole(visit, f"{visits.at}: job {job}, operation {k}: machine", first, first + machines - 1)
        operations.append((machine - first, whole(time, f"{times.at}: job {job}, operation {k}: duration", 0, LARGEST)))
    return operations


def _name(text: str, path: Path) -> str:
    named = NAME.search(text)
    return named[1] if named else path.stem


def _written(instance: JobShopInstance, lines: Iterable[Iterable[object]]) -> str:
    if instance.name != " ".join(instance.name.split()):
        raise ValueError(f"the name {instance.name!r} does not fit into one line of text: save the shop as .json")
    first = [f"# instance {instance.name}".rstrip(), f"{instance.jobs} {instance.machines}"]
    return "\n".join([*first, *(" ".join(map(str, line)) for line in lines), ""])
