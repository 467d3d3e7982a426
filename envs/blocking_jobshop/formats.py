"""Files of blocking job shops: those of the job shop (`envs.jobshop.formats`), and JSON that says how machines fail.

The text formats and JSPLib's JSON hold a shop with swaps and without failures, unless the parameters of
`envs.blocking_jobshop.law` stand behind the path: "shop.txt:shutdown=0.05:seed=0..29". In a file that ends in .json may
further stand, each with the meaning of the instance's field and its default:

    {"instance": "tiny", "jobs": 1, "machines": 1, "data": [{"job": 0, "operation": 0, "machine": 0, "duration": 3}],
     "swap": 1, "resume": 1, "busy_only": 0, "shutdown_probability": [0.05], "downtime_most": 10,
     "repair_probability": 0.0, "failures": [[0, 2, 5]]}

A failure is machine, start, length; those of a machine stand in their order. Every fault is a ValueError of one
sentence: the file and the rule.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from envs.blocking_jobshop.instance import BlockingJobShopInstance
from envs.blocking_jobshop.law import PARAMETERS, realisations
from envs.core.files import parse_json, read_text, write_text
from envs.jobshop import formats as shops
from envs.jobshop import formats_json
from envs.jobshop.instance import JobShopInstance

FORMATS = shops.FORMATS
"""Name of each format, as of the job shop's."""

LAW = ("swap", "resume", "busy_only", "shutdown_probability", "downtime_most", "repair_probability")
"""What JSON may say besides the shop and its failures."""


def load(
    path: str | Path,
    format: str | None = None,  # noqa: A002
    swap: str | None = None,
    shutdown: str | None = None,
    downtime: str | None = None,
    repair: str | None = None,
    failures: str | None = None,
    interrupted: str | None = None,
    seed: str | None = None,
) -> list[BlockingJobShopInstance]:
    """Read the shops of a file; unless `format` names it, the format is told from the ending .json and the content.

    The others are parameters of the law, as they are written; with them, a file must not have a law of its own.
    """
    path = Path(path)
    words = dict(zip(PARAMETERS, (swap, shutdown, downtime, repair, failures, interrupted, seed), strict=True))
    given = {name: word for name, word in words.items() if word is not None}
    found = shops.load(path, format)
    try:
        law = _law(parse_json(read_text(path, FORMATS), path), found[0].machines) if _is_json(path, format) else {}
        if law and given:
            raise ValueError(f"the file says {next(iter(law))} itself, so leave {next(iter(given))} out")
        blocking = [BlockingJobShopInstance.of(shop, **law) for shop in found]
        return [one for shop in blocking for one in realisations(shop, given)]
    except (ValueError, TypeError, OverflowError) as error:
        raise ValueError(f"{path}: {str(error).partition(chr(10))[0]}") from None


def save(instance: BlockingJobShopInstance, path: str | Path) -> None:
    """Write a shop so that `load` returns it, name included; text has neither a law nor failures.

    Raises ValueError where the text would lose something.
    """
    path = Path(path)
    plain = BlockingJobShopInstance.of(_shop(instance))
    if path.suffix.lower() != ".json":
        if instance != plain:
            raise ValueError(f"{path}: text says nothing of swaps and failures, so the name has to end in .json")
        shops.save(instance, path)
        return
    law = {name: getattr(instance, name) for name in LAW}
    law["shutdown_probability"] = instance.shutdown_probability.tolist()
    head = "".join(f"  {json.dumps(name)}: {json.dumps(value)},\n" for name, value in law.items())
    head += f'  "failures": {json.dumps(list(_failures(instance)))},\n'
    write_text(path, formats_json.write(instance).replace("{\n", "{\n" + head, 1))


def _is_json(path: Path, name: str | None) -> bool:
    return name == "jsplib" or (name is None and path.suffix.lower() == ".json")


def _shop(instance: BlockingJobShopInstance) -> JobShopInstance:
    return JobShopInstance(instance.duration, instance.machine, instance.job_start, instance.machines)


def _failures(instance: BlockingJobShopInstance) -> Iterator[tuple[int, int, int]]:
    """(machine, start, length) of each failure."""
    machine = np.repeat(np.arange(instance.machines), np.diff(instance.failure_first))
    yield from zip(machine.tolist(), instance.failure_start.tolist(), instance.failure_length.tolist(), strict=True)


def _law(found: dict[str, Any], machines: int) -> dict[str, Any]:
    """What the object says of the fields of an instance beyond those of a job shop."""
    law = {name: found[name] for name in LAW if name in found}
    if "failures" not in found:
        return law
    failures = found["failures"]
    if not isinstance(failures, list) or not all(isinstance(one, list) and len(one) == 3 for one in failures):
        raise ValueError("`failures` is no list of [machine, start, length]")
    for one in failures:
        if not all(isinstance(value, int) and not isinstance(value, bool) for value in one):
            raise ValueError(f"the failure {one} is not three whole numbers, machine, start and length")
        if not 0 <= one[0] < machines:
            raise ValueError(f"the failure {one} is of machine {one[0]}, but they are 0 to {machines - 1}")
    ordered = sorted(failures, key=lambda one: one[0])
    table = np.array(ordered, np.int64).reshape(-1, 3)
    first = np.searchsorted(table[:, 0], np.arange(machines + 1))
    return {**law, "failure_start": table[:, 1], "failure_length": table[:, 2], "failure_first": first}
