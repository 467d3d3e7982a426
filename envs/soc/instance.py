"""Jobs that are graphs of tasks, arriving over time at a chip of unlike processing elements (PEs)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike
from xxhash import xxh3_64

from envs.core.instance import Instance, freeze

LARGEST = 2**40
"""No time, volume or bandwidth is above this, so that every sum of them is an exact float64."""


@dataclass(frozen=True, eq=False, repr=False)
class SocInstance(Instance):
    """J jobs with T tasks and E edges in all, on P processing elements.

    | field | shape | dtype | meaning |
    |---|---|---|---|
    | `job_start` | (J + 1,) | int64 | the tasks of job j are `job_start[j]:job_start[j + 1]` |
    | `duration` | (T, P) | int64 | mean us of the task on the PE, -1 = cannot run there; each can somewhere |
    | `edge` | (E, 2) | int64 | source and target, tasks of the same job, by target and source; no cycle, no doubles |
    | `volume` | (E,) | int64 | data that goes along the edge |
    | `bandwidth` | (P, P) | int64 | volume per us, 0 = takes no time; a transfer takes `volume // bandwidth` |
    | `arrival` | (J,) | int64 | hidden: us at which each job is meant to arrive, ascending |
    | `true_duration` | (T, P) | int64 | hidden: what the task will take there, -1 as in `duration` |
    | `power` | (P,) | float64 | W that the PE takes while it works; zeros where nothing is known |
    | `queue` | | int | the most jobs inside at once, 0 = any number |
    | `span` | | int | us after which the episode is cut, later than the first arrival; 0 = when all jobs are done |

    With a `queue`, an arrival that finds so many jobs inside is lost, as in DS3Gym, and the next job takes the next
    arrival: jobs enter in their order, at the arrivals that find room. Jobs are visible from when they enter.

    Anything else is a ValueError of one sentence that names the place, the value and the rule.
    """

    HIDDEN: ClassVar[tuple[str, ...]] = ("arrival", "true_duration")

    job_start: np.ndarray
    duration: np.ndarray
    edge: np.ndarray
    volume: np.ndarray
    bandwidth: np.ndarray
    arrival: np.ndarray
    true_duration: np.ndarray
    power: np.ndarray
    queue: int = field(default=0, kw_only=True)
    span: int = field(default=0, kw_only=True)

    def __post_init__(self) -> None:
        job_start = _integers(self.job_start, "job_start", 1)
        duration = _integers(self.duration, "duration", 2)
        edge = _integers(np.reshape(self.edge, (-1, 2)), "edge", 2)
        volume = _integers(self.volume, "volume", 1)
        bandwidth = _integers(self.bandwidth, "bandwidth", 2)
        arrival = _integers(self.arrival, "arrival", 1)
        true_duration = _integers(self.true_duration, "true_duration", 2)
        power = freeze(self.power, np.float64)
        _check_jobs(job_start, duration, arrival)
        _check_durations(duration, true_duration)
        _check_chip(duration, bandwidth, power)
        _check_edges(job_start, edge, volume)
        for name in ("queue", "span"):
            value = getattr(self, name)
            whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
            if not whole or not 0 <= value <= LARGEST:
                raise ValueError(f"{name} is {value!r}, but is a whole number from 0 (none) to {LARGEST}")
        if 0 < self.span <= arrival[0]:
            reason = (
                f"span is {self.span}, but the first job arrives at {arrival[0]}, so that there is nothing to decide"
            )
            raise ValueError(f"{reason}: let it arrive earlier or make the span longer")
        order = np.lexsort((edge[:, 0], edge[:, 1]))
        vars(self).update(
            job_start=job_start,
            duration=duration,
            edge=freeze(edge[order]),
            volume=freeze(volume[order]),
            bandwidth=bandwidth,
            arrival=arrival,
            true_duration=true_duration,
            power=power,
            queue=int(self.queue),
            span=int(self.span),
        )

    @classmethod
    def graph(
        cls,
        duration: ArrayLike,
        edges: Sequence[tuple[int, int, int]],
        bandwidth: ArrayLike | None = None,
        name: str = "",
    ) -> Self:
        """One job that arrives at 0, without noise: duration (T, P), edges [(source, target, volume), ...].

        bandwidth: (P, P); default 1 between two PEs, so that a volume is a time, and none within one.
        """
        duration = np.asarray(duration)
        tasks, pes = duration.shape
        table = np.reshape(np.array(edges, np.int64), (-1, 3))
        return cls(
            job_start=np.array([0, tasks]),
            duration=duration,
            edge=table[:, :2],
            volume=table[:, 2],
            bandwidth=1 - np.eye(pes, dtype=np.int64) if bandwidth is None else np.asarray(bandwidth),
            arrival=np.zeros(1, np.int64),
            true_duration=duration,
            power=np.zeros(pes),
            name=name,
        )

    @classmethod
    def _trusted(cls, name: str = "", queue: int = 0, span: int = 0, **arrays: np.ndarray) -> Self:
        """Skip the checks, which cost several times what drawing costs, for fields that are right by construction.

        All eight arrays, of the documented dtypes, edges sorted; they are made read-only.
        """
        for array in arrays.values():
            array.setflags(write=False)
        instance = object.__new__(cls)
        vars(instance).update(name=name, queue=queue, span=span, **arrays)
        return instance

    @property
    def jobs(self) -> int:
        """J, the number of jobs."""
        return len(self.job_start) - 1

    @property
    def tasks(self) -> int:
        """T, the number of tasks of all jobs."""
        return len(self.duration)

    @property
    def pes(self) -> int:
        """P, the number of processing elements."""
        return self.duration.shape[1]

    @property
    def shape(self) -> tuple[int, int, int, int, int]:
        """(jobs, tasks, edges, PEs, different bandwidths)."""
        return self.jobs, self.tasks, len(self.edge), self.pes, len(set(self.bandwidth.ravel().tolist()))

    @property
    def size(self) -> str:
        """Tasks times PEs of one job, "30x4"; jobs times tasks of the mean job times PEs of a stream, "20x10x3"."""
        if self.jobs == 1:
            return f"{self.tasks}x{self.pes}"
        return f"{self.jobs}x{round(self.tasks / self.jobs)}x{self.pes}"

    @cached_property
    def graph_ids(self) -> np.ndarray:
        """(J + 1,) int64: a hash of the chip and of the first k jobs, from 0 on: what is visible after k arrivals."""
        digest = xxh3_64(self.bandwidth.tobytes())
        found = [digest.intdigest()]
        duration, edge, volume = self.duration.tobytes(), self.edge.tobytes(), self.volume.tobytes()
        first, row = self.job_start.tolist(), 8 * self.pes
        edges = self.edge[:, 1].searchsorted(self.job_start).tolist() if self.jobs > 1 else (0, len(self.volume))
        for (task, end), (e, f) in zip(pairwise(first), pairwise(edges), strict=True):
            layout = b"%d %d" % (end - task, f - e)
            digest.update(layout + duration[row * task : row * end] + edge[16 * e : 16 * f] + volume[8 * e : 8 * f])
            found.append(digest.intdigest())
        return (np.array(found, np.uint64) >> 2).astype(np.int64)

    @cached_property
    def fingerprint(self) -> int:
        """The hash of the graph when all jobs have entered."""
        return int(self.graph_ids[-1])

    def lower_bound(self) -> int | float:
        """The mean over the jobs of the longest chain of tasks, each as fast as it could be, without transfers.

        For one job, also its work shared out evenly, rounded up: each task on its fastest PE. Jobs that a full queue
        may lose do not raise it; with a span nothing is known, 0.
        """
        least = np.where(self.true_duration < 0, LARGEST, self.true_duration).min(axis=1)
        end = least.copy()
        for task, sources in _in_order(self.edge, self.tasks):
            end[task] = least[task] + max((end[source] for source in sources), default=0)
        chains = np.maximum.reduceat(end, self.job_start[:-1])
        if self.span:
            return 0
        if self.jobs == 1:
            return int(max(chains[0], -(-int(least.sum()) // self.pes)))
        if self.queue:  # the last jobs may find it full
            return float((chains.cumsum() / np.arange(1, self.jobs + 1)).min())
        return float(chains.mean())


def _in_order(edge: np.ndarray, tasks: int) -> list[tuple[int, list[int]]]:
    """Each task with its sources, sources first; shorter than `tasks` where there is a cycle."""
    sources: list[list[int]] = [[] for _ in range(tasks)]
    targets: list[list[int]] = [[] for _ in range(tasks)]
    for source, target in edge.tolist():
        sources[target].append(source)
        targets[source].append(target)
    missing = [len(some) for some in sources]
    ready = [task for task in range(tasks) if not missing[task]]
    for task in ready:  # grows while it is read
        for target in targets[task]:
            missing[target] -= 1
            if not missing[target]:
                ready.append(target)
    return [(task, sources[task]) for task in ready]


def _integers(values: Any, field: str, dimensions: int) -> np.ndarray:
    """A frozen int64 array, or a ValueError."""
    array = np.asarray(values)
    if array.ndim != dimensions:
        raise ValueError(
            f"{field} has the shape {array.shape}, but needs {dimensions} dimension{'s'[: dimensions - 1]}"
        )
    if array.size and (array.dtype.kind not in "iu" or np.abs(array.astype(float)).max() > LARGEST):
        for value in array.ravel().tolist():
            if not isinstance(value, (int, float)) or not abs(value) <= LARGEST or value != int(value):
                raise ValueError(f"{field} {value} is no whole number up to {LARGEST}")
    return freeze(array)


def _check_jobs(job_start: np.ndarray, duration: np.ndarray, arrival: np.ndarray) -> None:
    if len(job_start) < 2:
        raise ValueError("there are no jobs, but at least one is needed")
    if job_start[0] != 0 or job_start[-1] != len(duration):
        raise ValueError(
            f"job_start goes from {job_start[0]} to {job_start[-1]}, but must go from 0 to the {len(duration)} tasks"
        )
    empty = np.flatnonzero(np.diff(job_start) < 1)
    if len(empty):
        raise ValueError(f"job {empty[0]} has no tasks, but every job needs at least one")
    if len(arrival) != len(job_start) - 1:
        raise ValueError(f"there are {len(arrival)} arrivals, but {len(job_start) - 1} jobs")
    late = np.flatnonzero(np.diff(arrival, prepend=0) < 0)
    if len(late):
        raise ValueError(f"job {late[0]} arrives at {arrival[late[0]]}, before 0 or before the job that precedes it")


def _check_durations(duration: np.ndarray, true_duration: np.ndarray) -> None:
    if not duration.shape[1]:
        raise ValueError("there are no PEs, but at least one is needed")
    for name, array in (("duration", duration), ("true_duration", true_duration)):
        bad = np.argwhere(array < -1)
        if len(bad):
            task, pe = bad[0]
            raise ValueError(f"task {task}: {name} {array[task, pe]} on PE {pe} is negative (-1: cannot run there)")
    nowhere = np.flatnonzero((duration < 0).all(axis=1))
    if len(nowhere):
        raise ValueError(f"task {nowhere[0]} can run on no PE, but each must run somewhere")
    if true_duration.shape != duration.shape or ((true_duration < 0) != (duration < 0)).any():
        raise ValueError("true_duration must be of the shape of duration and -1 where that is -1")


def _check_chip(duration: np.ndarray, bandwidth: np.ndarray, power: np.ndarray) -> None:
    pes = duration.shape[1]
    for name, array, shape in (("bandwidth", bandwidth, (pes, pes)), ("power", power, (pes,))):
        if array.shape != shape:
            raise ValueError(f"{name} has the shape {array.shape}, but must have {shape}, of the {pes} PEs")
        bad = array[~(np.isfinite(array) & (array >= 0))]
        if len(bad):
            raise ValueError(f"{name} has the entry {bad[0]}, but all are finite numbers from 0 on")


def _check_edges(job_start: np.ndarray, edge: np.ndarray, volume: np.ndarray) -> None:
    tasks = int(job_start[-1])
    if len(volume) != len(edge):
        raise ValueError(f"there are {len(volume)} volumes, but {len(edge)} edges")
    if (volume < 0).any():
        raise ValueError(f"edge {int(np.argmax(volume < 0))} has the volume {volume.min()}, but none is negative")
    bad = np.flatnonzero(((edge < 0) | (edge >= tasks)).any(axis=1))
    if len(bad):
        raise ValueError(f"edge {bad[0]} is {edge[bad[0]].tolist()}, but the tasks are 0 to {tasks - 1}")
    job = np.searchsorted(job_start, edge, side="right")
    bad = np.flatnonzero(job[:, 0] != job[:, 1])
    if len(bad):
        raise ValueError(f"edge {bad[0]} is {edge[bad[0]].tolist()}, which are tasks of two jobs")
    if len({(source, target) for source, target in edge.tolist()}) < len(edge):
        raise ValueError("an edge is there twice, but each is one transfer")
    found = {task for task, _ in _in_order(edge, tasks)}
    if len(found) < tasks:
        raise ValueError(f"task {min(set(range(tasks)) - found)} is on or behind a cycle, but a job has none")
