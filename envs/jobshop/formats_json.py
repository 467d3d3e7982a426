"""JSPLib's JSON, as documented in `envs.jobshop.formats`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from envs.core.files import parse_json
from envs.core.text import whole
from envs.jobshop.formats_text import Parsed
from envs.jobshop.instance import LARGEST, MOST_MACHINES, JobShopInstance


def read(text: str, path: Path) -> list[Parsed]:
    """Read the object with `instance`, `jobs`, `machines` and `data`; other keys are ignored."""
    shop = _object(parse_json(text, path), ("jobs", "machines", "data"), f"{path}:")
    count = whole(repr(shop["jobs"]), f"{path}: the number of jobs", 1, LARGEST)
    machines = whole(repr(shop["machines"]), f"{path}: the number of machines", 1, MOST_MACHINES)
    name = shop.get("instance", path.stem)
    if not isinstance(name, str):
        raise ValueError(f"{path}: `instance` is the name of the shop, not {name!r}")
    if not isinstance(shop["data"], list):
        raise ValueError(f"{path}: `data` is no list of operations")
    found: dict[tuple[int, int], tuple[int, int]] = {}
    for index, entry in enumerate(shop["data"]):
        job, k, operation = _operation(entry, f"{path}: entry {index} of data", count, machines)
        if (job, k) in found:
            raise ValueError(f"{path}: entry {index} of data lists operation {k} of job {job} a second time")
        found[job, k] = operation
    return [Parsed(_complete(found, count, path), name, machines)]


def write(instance: JobShopInstance) -> str:
    """One line for each operation, as JSPLib has it."""
    lines = [
        json.dumps({"job": job, "operation": k, "machine": machine, "duration": duration})
        for job, operations in enumerate(instance.to_jobs())
        for k, (machine, duration) in enumerate(operations)
    ]
    name = json.dumps(instance.name, ensure_ascii=False)
    head = f'"instance": {name},\n  "machines": {instance.machines},\n  "jobs": {instance.jobs},\n  "data": [\n  '
    return "{\n  " + head + ",\n  ".join(lines) + "\n  ]\n}\n"


def _object(value: Any, keys: tuple[str, ...], where: str) -> dict[str, Any]:
    missing = [key for key in keys if not isinstance(value, dict) or key not in value]
    if missing:
        raise ValueError(f"{where} there is no `{missing[0]}`, but an object has {', '.join(keys)}")
    return value


def _operation(entry: Any, where: str, jobs: int, machines: int) -> tuple[int, int, tuple[int, int]]:
    entry = _object(entry, ("job", "operation", "machine", "duration"), f"{where}:")
    job = whole(repr(entry["job"]), f"{where}: job", 0, jobs - 1)
    k = whole(repr(entry["operation"]), f"{where}: operation", 0, LARGEST)
    at = f"{where}: job {job}, operation {k}:"
    machine = whole(repr(entry["machine"]), f"{at} machine", 0, machines - 1)
    return job, k, (machine, whole(repr(entry["duration"]), f"{at} duration", 0, LARGEST))


def _complete(found: dict[tuple[int, int], tuple[int, int]], count: int, path: Path) -> list[list[tuple[int, int]]]:
    """The operations of each job in order; a ValueError where one between them, or a whole job, is not listed."""
    if count > len(found):
        absent = next(job for job in range(count) if (job, 0) not in found)
        raise ValueError(f"{path}: job {absent} has no operation 0, but there are {count} jobs")
    jobs: list[list[tuple[int, int]]] = [[] for _ in range(count)]
    for job, k in sorted(found):
        if k != len(jobs[job]):
            raise ValueError(f"{path}: job {job} has an operation {k}, but no operation {len(jobs[job])}")
        jobs[job].append(found[job, k])
    empty = [job for job in range(count) if not jobs[job]]
    if empty:
        raise ValueError(f"{path}: job {empty[0]} has no operation 0, but there are {count} jobs")
    return jobs
