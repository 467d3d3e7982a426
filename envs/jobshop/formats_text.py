"""The text formats of `envs.jobshop.formats`: the standard one, OR-Library's collection of such, and Taillard's."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import chain, pairwise
from pathlib import Path
from typing import NamedTuple

from envs.core.text import Line, check_count, in_one_line, lines_of, name_of, whole
from envs.jobshop.instance import LARGEST, MOST_MACHINES, JobShopInstance

RULER = re.compile(r"\s*\+{3,}(\s+\w+\s+\+{3,})?\s*")
"""A line of +; the last one of OR-Library's file has EOF in its middle."""

HEADING = re.compile(r"\s*instance\b\s*(.*?)\s*", re.IGNORECASE)


class Parsed(NamedTuple):
    """What a file says of a shop, each number in its range: the arguments of `JobShopInstance.from_jobs`."""

    jobs: list[list[tuple[int, int]]]
    name: str
    machines: int


def read_standard(text: str, path: Path) -> list[Parsed]:
    """Read "J M", then for each job a line of `machine duration` pairs, machines counted from 0.

    A line of words may stand before "J M"; behind the jobs may stand what `_check_solution` accepts.
    """
    lines = lines_of(text, path)
    return [_standard(lines[len(lines) > 1 and _is_heading(lines[0]) :], name_of(text, path))]


def read_orlib(text: str, path: Path) -> list[Parsed]:
    """Read blocks of the standard format, each under a heading, a line of + and a line of description."""
    headings = _headings(text)
    if not headings:
        raise ValueError(f"{path}: no line `instance NAME` stands above a line of +, so no shop begins here")
    lines = text.splitlines()
    found = []
    for number, name in headings:
        rows = []
        for k in range(number + 1, len(lines)):
            words = lines[k].partition("#")[0].split()
            if RULER.fullmatch(lines[k]) and rows:
                break
            if words and not RULER.fullmatch(lines[k]):
                rows.append(Line(f"{path}, line {k + 1}", words))
        if rows and not (len(rows[0].words) == 2 and all(map(str.isdecimal, rows[0].words))):
            del rows[0]  # the description
        if not rows:
            raise ValueError(f"{path}, line {number + 1}: nothing follows the heading of {name}")
        found.append(_standard(rows, name))
    return found


def read_taillard(text: str, path: Path) -> list[Parsed]:
    """Read "J M", then for each job a line of durations, then for each job one of machines, counted from 1.

    A line of words, "Nb of jobs, ...", may stand before "J M", and begins each further shop.
    """
    blocks: list[list[Line]] = [[]]
    for line in lines_of(text, path):
        if _is_heading(line) and blocks[-1]:
            blocks.append([])
        elif not _is_heading(line) and not _is_label(line):
            blocks[-1].append(line)
    if not blocks[-1]:
        raise ValueError(
            f"{path}: the file ends with a heading, but a line of the numbers of jobs and machines follows"
        )
    names = [name_of(text, path)]
    if len(blocks) > 1:
        names = [f"{path.stem}-{number}" for number in range(1, len(blocks) + 1)]
    return [_taillard(lines, name) for lines, name in zip(blocks, names, strict=True)]


def guess(text: str, path: Path) -> str | None:
    """The name of a text's format, None where the first line is the beginning of none.

    OR-Library's has lines of +. Taillard's has words between its blocks, or two lines for each job.
    """
    if any(RULER.fullmatch(line) for line in text.splitlines()):
        return "orlib"
    lines = lines_of(text, path)
    headings = sum(map(_is_heading, lines))
    lines = lines[len(lines) > 1 and _is_heading(lines[0]) :]
    if _is_heading(lines[0]):
        return None
    if headings > 1 or any(map(_is_label, lines)):
        return "taillard"
    count, machines, rest = lines[0].words[0], lines[0].words[1:2], lines[1:]
    if count.isdecimal() and _is_makespan(rest[int(count) :]) and not _is_makespan(rest):
        return "standard"
    if count == str(len(rest) / 2).removesuffix(".0"):
        return "taillard"
    if rest and count != str(len(rest)) and machines == [str(len(rest[0].words))]:
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


def write_orlib(instance: JobShopInstance) -> str:
    """A collection of one shop; a ValueError for a name that a line cannot hold."""
    name, ruler = in_one_line(instance.name).removeprefix("# instance").strip(), " " + "+" * 29
    rows = write_standard(instance).splitlines()[1:]
    return "\n".join([ruler, "", f" instance {name}".rstrip(), "", ruler, f" {instance.size}", *rows, ruler, ""])


def _headings(text: str) -> list[tuple[int, str]]:
    """Index of the line and name of each `instance NAME` that a line of + follows, but for empty lines."""
    lines = [(number, line) for number, line in enumerate(text.splitlines()) if line.strip()]
    headings = ((number, HEADING.fullmatch(line), after) for (number, line), (_, after) in pairwise(lines))
    return [(number, match[1]) for number, match, after in headings if match and RULER.fullmatch(after)]


def _is_label(line: Line) -> bool:
    return line.words[0].rstrip(":").lower() in ("times", "machines") and len(line.words) == 1


def _is_heading(line: Line) -> bool:
    """Taillard's "Nb of jobs, Nb of Machines, ..."."""
    return not _is_label(line) and not re.match(r"[+-]?\d", line.words[0])


def _is_makespan(lines: Sequence[Line]) -> bool:
    """Whether what stands behind the jobs begins with a makespan, alone on its line."""
    return bool(lines) and len(lines[0].words) == 1


def _standard(lines: Sequence[Line], name: str) -> Parsed:
    count, machines = _header(lines[0])
    if len(lines[0].words) > 2:
        raise ValueError(
            f"{lines[0].at}: there are {len(lines[0].words)} words, but this line is the jobs and machines"
        )
    solution = lines[1 + count :] if _is_makespan(lines[1 + count :]) else []
    lines = lines[: len(lines) - len(solution)]
    check_count(lines, count, f"a line for each job makes {count} after the first")
    jobs = []
    for job, row in enumerate(lines[1:]):
        words = _pairs(row, job, machines)
        jobs.append(_operations(job, Line(row.at, words[::2]), Line(row.at, words[1::2]), 0, machines))
    _check_solution(solution, machines, [sum(duration for _, duration in job) for job in jobs])
    return Parsed(jobs, name, machines)


def _check_solution(lines: Sequence[Line], machines: int, work: Sequence[int]) -> None:
    """Check what may stand behind the jobs and is not used: a makespan, then nothing or a line for each machine.

    The makespan is at least the work of the longest job and at most that of all; the lines are whole numbers.
    """
    if not lines:
        return
    makespan = whole(lines[0].words[0], f"{lines[0].at}: the makespan", 0, LARGEST)
    if not max(work) <= makespan <= sum(work):
        rule = f"from {max(work)}, the longest job, to {sum(work)}, all jobs one after the other"
        raise ValueError(f"{lines[0].at}: the makespan {makespan} is not of this shop, where it goes {rule}")
    if len(lines) > 1:
        check_count(lines, machines, f"a line for each machine makes {machines} after the makespan")
    for line in lines[1:]:
        for word in line.words:
            whole(word, f"{line.at}: the entry of a solution", 0, LARGEST)


def _taillard(lines: Sequence[Line], name: str) -> Parsed:
    count, machines = _header(lines[0])
    check_count(
        lines, 2 * count, f"a line of durations and one of machines for each job makes {2 * count} after the first"
    )
    jobs = []
    for job, (times, visits) in enumerate(zip(lines[1 : 1 + count], lines[1 + count :], strict=True)):
        if len(times.words) != len(visits.words):
            raise ValueError(
                f"{visits.at}: job {job} has {len(visits.words)} machines here and {len(times.words)} durations above"
            )
        jobs.append(_operations(job, visits, times, 1, machines))
    return Parsed(jobs, name, machines)


def _header(line: Line) -> tuple[int, int]:
    if len(line.words) < 2:
        raise ValueError(f"{line.at}: the first line is the numbers of jobs and machines, not {line.words[0][:40]!r}")
    jobs = whole(line.words[0], f"{line.at}: the number of jobs", 1, LARGEST)
    return jobs, whole(line.words[1], f"{line.at}: the number of machines", 1, MOST_MACHINES)


def _pairs(line: Line, job: int, machines: int) -> list[str]:
    """The words of `machine duration` pairs, without the number of operations that may stand first."""
    words = line.words
    if len(words) == 2 * machines:
        return words
    if len(words) % 2 and words[0] == str(len(words) // 2):
        return words[1:]
    raise ValueError(
        f"{line.at}: job {job} has {len(words)} numbers, but {machines} operations have {2 * machines}, "
        "and a job with another number of operations begins with it"
    )


def _operations(job: int, visits: Line, times: Line, first: int, machines: int) -> list[tuple[int, int]]:
    operations = []
    for k, (visit, time) in enumerate(zip(visits.words, times.words, strict=True)):
        machine = whole(visit, f"{visits.at}: job {job}, operation {k}: machine", first, first + machines - 1)
        operations.append((machine - first, whole(time, f"{times.at}: job {job}, operation {k}: duration", 0, LARGEST)))
    return operations


def _written(instance: JobShopInstance, lines: Iterable[Iterable[object]]) -> str:
    first = [in_one_line(instance.name), f"{instance.jobs} {instance.machines}"]
    return "\n".join([*first, *(" ".join(map(str, line)) for line in lines), ""])
