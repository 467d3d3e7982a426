"""The text files of DS3 and DS3Gym, as documented in `envs.soc.formats`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np

from envs.core.files import read_text
from envs.core.text import Line, lines_of, whole
from envs.soc.instance import LARGEST

MOST = 100_000
"""A count above this is taken for a mistake."""

ATTRIBUTES = ("HEAD", "TAIL", "earliest_start")
"""The second word of the lines about a task that follow its own; start times and deadlines are not used."""

KEYWORDS = ("add_new_resource", "comm_band", "comm_band_self", "job_name", "add_new_tasks", "comm_vol")
"""No names of tasks."""

IGNORED = ("opp", "trip_freq", "DTPM_trip_freq", "PG_profile", "mesh_information")
"""What a chip says of its frequencies, of which each PE runs at its highest, and of where a picture has its parts."""

STORES = ("MEM", "CAC")
"""Types of resources that run no task: memory, and the caches of a network on the chip."""


class Profile(NamedTuple):
    """An application: a graph of tasks."""

    name: str
    tasks: tuple[str, ...]
    """The name of each task, under which the chip's PEs list it; numbers are in this order."""
    edges: tuple[tuple[int, int, int], ...]
    """(source, target, volume)."""


class Chip(NamedTuple):
    """A system on a chip: its PEs, one for each parallel slot, without memory and caches."""

    pes: tuple[str, ...]
    """Names: "A7.0" is the first slot of A7, "P1" the only one of P1."""
    duration: tuple[dict[str, int], ...]
    """Of each PE: task to mean us; what is not listed cannot run there."""
    bandwidth: np.ndarray
    """(P, P) int64, volume per us."""
    power: np.ndarray
    """(P,) float64, W while it works; 0 where the file has no power profile."""


class Cluster(NamedTuple):
    """What `add_new_resource` begins: equal slots."""

    name: str
    stores: bool
    slots: int
    duration: dict[str, int]
    power: float


def read_profile(path: str | Path) -> Profile:
    """Read a file with one job; a ValueError of one sentence, file, line and rule, for anything else."""
    lines = _lines(path)
    profile = _profile(lines)
    _check_end(lines)
    return profile


def read_chip(path: str | Path) -> Chip:
    """Read a file with one chip; a ValueError of one sentence, file, line and rule, for anything else."""
    lines = _lines(path)
    chip = _chip(lines)
    _check_end(lines)
    return chip


def read_both(path: str | Path) -> tuple[Chip, list[Profile]]:
    """Read a chip and the jobs after it from one file."""
    lines = _lines(path)
    chip = _chip(lines)
    profiles = [_profile(lines)]
    while not lines.is_over():
        profiles.append(_profile(lines))
    return chip, profiles


class Lines:
    """The lines of a file, read from the front."""

    def __init__(self, path: str | Path, lines: list[Line]) -> None:
        self.path = path
        self._lines = lines
        self._next = 0

    def is_over(self) -> bool:
        """Whether there are no more."""
        return self._next == len(self._lines)

    def first_word(self) -> str:
        """Of the next line; nothing at the end."""
        return "" if self.is_over() else self._lines[self._next].words[0]

    def take(self, expected: str) -> Line:
        """The next line; `expected` says what it should be where the file ends here."""
        if self.is_over():
            at = self._lines[-1].at if self._lines else str(self.path)
            raise ValueError(f"{at}: the file ends here, but {expected} must follow")
        self._next += 1
        return self._lines[self._next - 1]

    def take_while(self, matches: Callable[[Line], bool]) -> Iterator[Line]:
        """The next lines as long as they match."""
        while not self.is_over() and matches(self._lines[self._next]):
            self._next += 1
            yield self._lines[self._next - 1]


def _lines(path: str | Path) -> Lines:
    return Lines(path, lines_of(read_text(path), Path(path)))


def _check_end(lines: Lines, *allowed: str) -> None:
    """ValueError for a line that begins with anything else."""
    if lines.first_word() not in ("", *allowed):
        line = lines.take("")
        raise ValueError(f"{line.at}: {line.words[0]!r} begins no line that may stand here")


def _keyword(lines: Lines, keyword: str, words: int) -> Line:
    line = lines.take(f"a line {keyword}")
    if line.words[0] != keyword:
        raise ValueError(f"{line.at}: this line begins with {line.words[0][:40]!r}, but must with {keyword}")
    if len(line.words) != words:
        raise ValueError(f"{line.at}: {keyword} is followed by {words - 1} words, not by {len(line.words) - 1}")
    return line


def _profile(lines: Lines) -> Profile:
    """`job_name`, `add_new_tasks` with the lines of each task, then a `comm_vol` for each predecessor."""
    name = _keyword(lines, "job_name", 2).words[1]
    head = _keyword(lines, "add_new_tasks", 2)
    count = whole(head.words[1], f"{head.at}: the number of tasks", 1, MOST)
    tasks: list[str] = []
    needed: dict[tuple[int, int], str] = {}  # (source, target) to where it stands
    for task in range(count):
        line = lines.take(f"task {task} of {count}")
        tasks.append(line.words[0])
        for source in _predecessors(line, task, count):
            needed[source, task] = line.at
        for more in lines.take_while(lambda line: len(line.words) > 1 and line.words[1] in ATTRIBUTES):
            if more.words[0] != tasks[task]:
                raise ValueError(f"{more.at}: this is about {more.words[0]}, but task {task} is {tasks[task]}")
    _check_no_cycle(needed)
    volumes: dict[tuple[int, int], int] = {}
    for line in lines.take_while(lambda line: line.words[0] == "comm_vol"):
        source, target, volume = _numbers(line, ("source task", "target task", "volume"), (count - 1,) * 2 + (LARGEST,))
        if (source, target) not in needed:
            raise ValueError(f"{line.at}: task {source} is no predecessor of task {target}")
        if (source, target) in volumes:
            raise ValueError(f"{line.at}: the volume from task {source} to task {target} is given a second time")
        volumes[source, target] = volume
    _check_end(lines, "job_name")
    for (source, target), at in needed.items():
        if (source, target) not in volumes:
            raise ValueError(f"{at}: task {source} precedes task {target}, but no comm_vol line has their volume")
    return Profile(name, tuple(tasks), tuple((*pair, volumes[pair]) for pair in needed))


def _predecessors(line: Line, task: int, count: int) -> list[int]:
    """The third and later words of a task's line, after its name and number."""
    if len(line.words) < 2:
        raise ValueError(f"{line.at}: a task's line is its name, its number and its predecessors' numbers")
    if whole(line.words[1], f"{line.at}: the number of the task", 0, count - 1) != task:
        raise ValueError(f"{line.at}: task {line.words[1]} stands where task {task} must, tasks are in order")
    found = [whole(word, f"{line.at}: predecessor", 0, count - 1) for word in line.words[2:]]
    if len(set(found)) < len(found):
        raise ValueError(f"{line.at}: task {task} lists a predecessor twice")
    return found


def _check_no_cycle(needed: dict[tuple[int, int], str]) -> None:
    """needed: (source, target) to where it stands."""
    sources: dict[int, list[int]] = {}
    for source, target in needed:
        sources.setdefault(target, []).append(source)
    try:
        TopologicalSorter(sources).prepare()
    except CycleError as error:
        source, target, *_ = error.args[1]
        raise ValueError(f"{needed[source, target]}: task {target} is on a cycle, but a job has none") from None


def _chip(lines: Lines) -> Chip:
    """`add_new_resource` with its lines for each cluster, then `comm_band` for pairs of clusters."""
    clusters: list[Cluster] = []
    while lines.first_word() == "add_new_resource":
        clusters.append(_cluster(lines, len(clusters)))
    owner = [index for index, cluster in enumerate(clusters) if not cluster.stores for _ in range(cluster.slots)]
    if not owner:
        raise ValueError(f"{lines.path}: the chip has no PE, but at least one add_new_resource is needed")
    between = np.ones((len(clusters), len(clusters)), np.int64)  # DS3Gym's default
    itself = 0
    for line in lines.take_while(lambda line: line.words[0] in ("comm_band", "comm_band_self")):
        if line.words[0] == "comm_band_self":
            (itself,) = _numbers(line, ("bandwidth",), (LARGEST,))
            continue
        high = len(clusters) - 1
        a, b, width = _numbers(line, ("resource", "resource", "bandwidth"), (high, high, LARGEST))
        if not width and not (clusters[a].stores and clusters[b].stores):
            raise ValueError(f"{line.at}: the bandwidth from resource {a} to resource {b} is 0, so no data can go")
        between[a, b] = between[b, a] = width
    bandwidth = between[np.ix_(owner, owner)]
    if itself:
        np.fill_diagonal(bandwidth, itself)
    return Chip(
        tuple(_slot_names(clusters)),
        tuple(clusters[index].duration for index in owner),
        bandwidth,
        np.array([clusters[index].power for index in owner]),
    )


def _slot_names(clusters: list[Cluster]) -> Iterator[str]:
    for cluster in clusters:
        if not cluster.stores:
            many = cluster.slots > 1
            yield from (f"{cluster.name}.{slot}" if many else cluster.name for slot in range(cluster.slots))


def _cluster(lines: Lines, index: int) -> Cluster:
    line = lines.take("add_new_resource")
    words = line.words[2::2] if len(line.words) == 13 else line.words[1:]  # DS3 labels its words, DS3Gym does not
    if len(words) != 6:
        rule = "a type, a name, a number, a capacity, a count of tasks and a mode"
        raise ValueError(f"{line.at}: add_new_resource is followed by {rule}, not by {len(line.words) - 1} words")
    resource, name, number, capacity, tasks, _ = words
    if whole(number, f"{line.at}: the number of the resource", 0, MOST) != index:
        raise ValueError(f"{line.at}: resource {number} stands where resource {index} must, resources are in order")
    slots = whole(capacity, f"{line.at}: the capacity", 1, MOST)
    count = whole(tasks, f"{line.at}: the count of tasks", 1, MOST)
    duration: dict[str, int] = {}
    power = (0, 0.0)  # at the highest frequency that is listed
    for _ in range(count):
        listed = lines.take(f"{count} tasks of {name}")
        while listed.words[0] in (*IGNORED, "power_profile"):
            if listed.words[0] == "power_profile":
                power = max(power, _power(listed, slots))
            listed = lines.take(f"{count} tasks of {name}")
        if listed.words[0] in KEYWORDS or len(listed.words) < 2:
            raise ValueError(f"{listed.at}: {name} has {count} tasks, each a line of a task and its us, not this")
        times = [whole(word, f"{listed.at}: the us of {listed.words[0]}", 0, LARGEST) for word in listed.words[1:]]
        if len(set(times)) > 1:
            raise ValueError(f"{listed.at}: {listed.words[0]} takes {' and '.join(listed.words[1:])} us: leave one")
        duration.setdefault(listed.words[0], times[0])  # DS3 finds the first of two
    return Cluster(name, resource in STORES, slots, duration, power[1])


def _power(line: Line, slots: int) -> tuple[int, float]:
    """The frequency, and the W of one slot when all of them work."""
    if len(line.words) < 3:
        raise ValueError(f"{line.at}: power_profile is followed by a frequency and the W of 1, 2, ... slots")
    frequency = whole(line.words[1], f"{line.at}: frequency", 0, LARGEST)
    try:
        watts = [float(word) for word in line.words[2:]]
    except ValueError:
        raise ValueError(f"{line.at}: {' '.join(line.words[2:])} are not all numbers of W") from None
    if not all(0 <= low <= high < np.inf for low, high in pairwise((0.0, *watts))):
        raise ValueError(f"{line.at}: the W of 1, 2, ... slots never fall, but these do: {' '.join(line.words[2:])}")
    return frequency, watts[-1] / min(len(watts), slots)


def _numbers(line: Line, what: tuple[str, ...], high: tuple[int, ...]) -> list[int]:
    words = line.words[1:]
    if len(words) != len(what):
        raise ValueError(f"{line.at}: {line.words[0]} is followed by {', '.join(what)}, not by {len(words)} words")
    return [whole(word, f"{line.at}: the {name}", 0, most) for word, name, most in zip(words, what, high, strict=True)]
