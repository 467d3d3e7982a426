"""The format of queues: a JSON object with the fields of `QueueInstance`, and `instance`, the name."""

from __future__ import annotations

import json
from pathlib import Path

from envs.core.files import parse_json, read_text, write_text
from tests.queue.instance import QueueInstance

FIELDS = ("arrival", "expected", "service", "capacity", "unit")


def load(path: str | Path) -> list[QueueInstance]:
    """The one instance of a file; ValueError, one sentence with the file and the rule, for a malformed one."""
    path = Path(path)
    found = parse_json(read_text(path, FORMATS), path)
    if not isinstance(found, dict) or any(name not in found for name in FIELDS):
        raise ValueError(f"{path}: a queue is an object with {', '.join(FIELDS)}")
    try:
        return [QueueInstance(**{name: found[name] for name in FIELDS}, name=str(found.get("instance", path.stem)))]
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None


def save(instance: QueueInstance, path: str | Path) -> None:
    """Write an instance so that `load` returns it, name included."""
    lists = {name: getattr(instance, name).tolist() for name in FIELDS[:3]}
    facts = {"instance": instance.name, **lists, "capacity": instance.capacity, "unit": instance.unit}
    write_text(Path(path), json.dumps(facts) + "\n")


FORMATS = {"json": load}
"""Name of each format to what reads it."""
