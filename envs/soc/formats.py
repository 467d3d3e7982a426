"""The formats of jobs on a chip.

`json` (files that end in .json) holds a whole instance; the tasks of each job count from 0, `true_duration` is left
out where it is the mean:

    {"name": "tiny", "queue": 0, "span": 0, "power": [0.0, 0.0], "bandwidth": [[0, 1], [1, 0]],
     "jobs": [{"arrival": 0, "duration": [[3, 5], [4, -1]], "true_duration": [[3, 6], [5, -1]], "edges": [[0, 1, 7]]}]}

`ds3` (all other files) is the text of DS3 (segemena/DS3) and DS3Gym (EpiSci/SoCRATES): a chip, then the jobs that it
runs, which all arrive at 0. There the two are files of their own, which `read_chip` and `read_profile` of
`envs.soc.formats_ds3` read; put one behind the other they are an instance.

    add_new_resource CPU P1 0 1 2 performance      type, name, number, slots, count of tasks, mode; DS3 labels each
    task_1 14                                      a task that it can run, and its us
    task_2 13
    add_new_resource CPU P2 1 1 1 performance
    task_1 16
    comm_band_self 100                             volume per us within a PE, and
    comm_band 0 1 2                                between two resources, or two slots of one; 1 where nothing is said
    job_name two
    add_new_tasks 2
    task_1 0                                       name, number, predecessors
    task_2 1 0
    comm_vol 0 1 18                                the volume from a task to the next, for each predecessor

Each slot of a resource is a PE. Memory (type MEM) and the caches of a network on the chip (NoC, type CAC) are none:
data goes from PE to PE by their `comm_band`. Where the network has a resource (`mesh_information`) is for pictures and
not used, as in DS3. Frequencies are the highest ones; a slot's W is that of the last `power_profile` divided by its
slots. Start times and deadlines are not used, nor are HEAD and TAIL; the third column of DS3Gym's tasks repeats the
second, as it must, and is not used as a power. # begins a comment.
Every fault is a ValueError of one sentence: the file, the line (of text) or the job (of JSON), and the rule.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from envs.core.files import parse_json, read_text, write_text
from envs.core.text import lines_of, no_format
from envs.soc import formats_ds3
from envs.soc.formats_ds3 import Chip, Profile
from envs.soc.instance import SocInstance

FORMATS = {
    "json": "a whole instance, what is hidden included",
    "ds3": "a chip and the jobs that it runs, in the text of DS3 and DS3Gym",
}
"""Name of each format to what it holds."""


def load(path: str | Path) -> list[SocInstance]:
    """Read the one instance of a file: JSON where the path ends in .json, else a chip with its jobs, DS3's text."""
    path = Path(path)
    text = read_text(path, FORMATS)
    if path.suffix.lower() != ".json":
        first = lines_of(text, path)[0]
        if first.words[0] not in formats_ds3.KEYWORDS:
            raise no_format(first, FORMATS)
        chip, profiles = formats_ds3.read_both(path)
        try:
            return [joined(chip, profiles, name=path.stem)]
        except ValueError as error:
            raise ValueError(f"{path}: {error}") from None
    found = _object(parse_json(text, path), {"bandwidth": list, "jobs": list}, f"{path}:")
    try:
        return [_instance(found, path)]
    except (ValueError, TypeError, OverflowError) as error:
        reason = str(error).partition("\n")[0]
        raise ValueError(reason if reason.startswith(str(path)) else f"{path}: {reason}") from None


def save(instance: SocInstance, path: str | Path) -> None:
    """Write the JSON format, so that `load` returns the instance, name included; a ValueError for another ending."""
    path = Path(path)
    if path.suffix.lower() != ".json":
        raise ValueError(f"{path}: jobs on a chip are written as JSON, so the name has to end in .json")
    head = {
        "name": instance.name,
        "queue": instance.queue,
        "span": instance.span,
        "power": instance.power.tolist(),
        "bandwidth": instance.bandwidth.tolist(),
    }
    lines = [f" {json.dumps(key)}: {json.dumps(value)}" for key, value in head.items()]
    jobs = ",\n  ".join(json.dumps(job) for job in map(_job, [instance] * instance.jobs, range(instance.jobs)))
    write_text(path, "{\n" + ",\n".join([*lines, f' "jobs": [\n  {jobs}\n ]']) + "\n}\n")


def durations(chip: Chip, profile: Profile) -> np.ndarray:
    """(T, P) int64 us of each task of a job on each PE of a chip, -1 = cannot run there.

    Raises ValueError where a task can run nowhere.
    """
    table = np.array([[pe.get(task, -1) for pe in chip.duration] for task in profile.tasks], np.int64)
    nowhere = np.flatnonzero((table < 0).all(axis=1))
    if len(nowhere):
        raise ValueError(f"task {profile.tasks[nowhere[0]]} of job {profile.name} is listed by no PE of the chip")
    return table


def joined(chip: Chip, profiles: list[Profile], name: str = "") -> SocInstance:
    """One instance of the jobs on the chip; all of them arrive at 0, and durations are as listed."""
    tables = [durations(chip, profile) for profile in profiles]
    job_start = np.cumsum([0, *map(len, tables)])
    edges = [
        (first + source, first + target, volume)
        for first, profile in zip(job_start.tolist(), profiles, strict=False)
        for source, target, volume in profile.edges
    ]
    return _built(tables, tables, edges, job_start, [0] * len(profiles), chip.bandwidth, chip.power, name=name)


def _built(
    duration: list[np.ndarray],
    true_duration: list[np.ndarray],
    edges: list[tuple[int, int, int]],
    job_start: np.ndarray,
    arrival: list[int],
    bandwidth: Any,
    power: Any,
    **rest: Any,
) -> SocInstance:
    table = np.reshape(np.array(edges, np.int64), (-1, 3))
    return SocInstance(
        job_start=job_start,
        duration=np.concatenate(duration),
        edge=table[:, :2],
        volume=table[:, 2],
        bandwidth=np.asarray(bandwidth),
        arrival=np.asarray(arrival),
        true_duration=np.concatenate(true_duration),
        power=np.asarray(power),
        **rest,
    )


def _job(instance: SocInstance, job: int) -> dict[str, Any]:
    """What JSON says of a job."""
    first, end = instance.job_start[job : job + 2].tolist()
    mine = (instance.edge[:, 0] >= first) & (instance.edge[:, 0] < end)
    edges = np.column_stack((instance.edge[mine] - first, instance.volume[mine]))
    mean, true = instance.duration[first:end], instance.true_duration[first:end]
    noisy = {} if np.array_equal(mean, true) else {"true_duration": true.tolist()}
    return {"arrival": int(instance.arrival[job]), "duration": mean.tolist(), **noisy, "edges": edges.tolist()}


def _instance(found: dict[str, Any], path: Path) -> SocInstance:
    name = found.get("name", path.stem)
    if not isinstance(name, str):
        raise ValueError(f"`name` is a text, not {name!r}")
    jobs = [
        _object(job, {"arrival": int, "duration": list, "edges": list}, f"{path}: job {number}:")
        for number, job in enumerate(found["jobs"])
    ]
    pes = len(found["bandwidth"])
    if not pes:
        raise ValueError("`bandwidth` has no rows, but has one for each PE, of which at least one is needed")
    bandwidth = _table(found["bandwidth"], pes, "`bandwidth`")
    power = found.get("power", [0.0] * pes)
    if not isinstance(power, list) or any(type(watts) not in (int, float) for watts in power):
        raise ValueError(f"`power` is {str(power)[:60]}, but must be {pes} numbers")
    duration = [_table(job["duration"], pes, f"job {number}: `duration`") for number, job in enumerate(jobs)]
    true_duration = [
        _table(job.get("true_duration", job["duration"]), pes, f"job {number}: `true_duration`")
        for number, job in enumerate(jobs)
    ]
    job_start = np.cumsum([0, *map(len, duration)])
    edges: list[tuple[int, int, int]] = []
    for number, job in enumerate(jobs):
        first, tasks = int(job_start[number]), len(duration[number])
        for source, target, volume in _table(job["edges"], 3, f"job {number}: `edges`").tolist():
            if not (0 <= source < tasks and 0 <= target < tasks):
                raise ValueError(f"job {number}: edge {[source, target]} is of no tasks, they are 0 to {tasks - 1}")
            edges.append((first + source, first + target, volume))
    return _built(
        duration or [np.zeros((0, pes), np.int64)],
        true_duration or [np.zeros((0, pes), np.int64)],
        edges,
        job_start,
        [job["arrival"] for job in jobs],
        bandwidth,
        power,
        queue=found.get("queue", 0),
        span=found.get("span", 0),
        name=name,
    )


def _object(value: Any, types: dict[str, type], where: str) -> dict[str, Any]:
    for key, wanted in types.items():
        if not isinstance(value, dict) or not isinstance(value.get(key), wanted) or isinstance(value[key], bool):
            rule = ", ".join(types)
            raise ValueError(f"{where} there is no `{key}` or it is of another kind, but an object has {rule}")
    return value


def _table(rows: Any, width: int, what: str) -> np.ndarray:
    """(n, width) int64, or a ValueError."""
    if not isinstance(rows, list):
        raise ValueError(f"{what} is {str(rows)[:60]}, but must be a list of rows of {width} whole numbers")
    for number, row in enumerate(rows):
        whole = isinstance(row, list) and all(type(value) is int and abs(value) < 2**62 for value in row)
        if not whole or len(row) != width:
            raise ValueError(f"row {number} of {what} is {str(row)[:60]}, but must be {width} whole numbers")
    return np.reshape(np.array(rows, np.int64), (-1, width))
