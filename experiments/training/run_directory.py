"""What a run directory says of its run."""

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from envs.core.files import is_draft, parse_json, read_text, write_text
from envs.core.problem import Problem
from experiments.cli import typed
from experiments.locks import LOCK
from experiments.records import provenance
from experiments.training.agent import CONFIG, LAST
from experiments.training.settings import Train, check
from experiments.training.validation import Validation

ENTRIES = {"problem": str, "options": dict, "train": dict, "validation": dict, "began": dict}
"""What stands in `config.json`."""


def resumed(command: Train, problem: Problem[Any, Any], folder: Path) -> tuple[Train, Problem[Any, Any]]:
    """The settings and the problem of a run directory, with the budget and the device that are named now.

    Raises:
        ValueError: no run directory, a half-written one, one of another problem, or other settings than its own.
    """
    config = read_config(folder)
    if config["problem"] != problem.name:
        raise ValueError(f"{folder} is a run of the problem {config['problem']}, not of {problem.name}.")
    if not (folder / LAST).exists():
        raise ValueError(
            f"{folder} has no checkpoint {LAST}: its run ended before the first one, so delete it and train anew."
        )
    train: Train = config["train"]
    given = {**command.flat(), **asdict(problem.options)}
    default = {**Train.of(algorithm=command.algorithm).flat(), **Train().flat(), **asdict(type(problem.options)())}
    stored = {**train.flat(), **config["options"]}
    for name in sorted(set(given) - {"timesteps", "cpu_seconds", "run_dir", "resume", "device"}):
        meant = name in typed() or given[name] != default[name]
        if meant and (name not in stored or given[name] != stored[name]):
            was = f"{name} {stored[name]!r}" if name in stored else f"algorithm {train.algorithm!r}"
            raise ValueError(f"{folder} was begun with {was}, which a resumed run cannot change.")
    if "device" in typed():
        train = replace(train, device=command.device)
    if command.timesteps is not None or command.cpu_seconds is not None:
        train = replace(train, timesteps=command.timesteps, cpu_seconds=command.cpu_seconds)
    return replace(train, resume=folder), type(problem)(**config["options"])


def check_empty(folder: Path) -> None:
    """ValueError where a new run would write over something; what a killed process has left half-written goes."""
    if (folder / CONFIG).exists() and not (folder / LAST).exists():
        raise ValueError(f"{folder} holds a run that ended before its first checkpoint: delete the folder.")
    found = [path for path in folder.iterdir() if path.name != LOCK]
    if not all(is_draft(path) and path.is_file() for path in found):
        raise ValueError(f"{folder} is not empty: go on with --resume {folder}, or name another --run-dir.")
    for path in found:
        path.unlink()


def read_config(folder: Path) -> dict[str, Any]:
    """What `write_config` wrote, "train" as a `Train`; ValueError where it is missing or damaged."""
    if not folder.is_dir():
        raise ValueError(f"There is no run directory {folder}.")
    if not (folder / CONFIG).exists():
        raise ValueError(f"{folder} is no run directory: it has no {CONFIG}.")
    try:
        config = parse_json(read_text(folder / CONFIG), folder / CONFIG)
        for name, wanted in ENTRIES.items():
            if not isinstance(config, dict) or not isinstance(config.get(name), wanted):
                raise ValueError(f"`{name}` is missing or of another kind")
        train = Train.of(**config["train"])
        for name in train.flat().keys() - config["train"].keys():
            raise ValueError(f"`train` has no {name}")
        check(train)
        return {**{name: config[name] for name in ENTRIES}, "train": train}
    except ValueError as error:
        raise ValueError(f"{folder / CONFIG} is damaged or of another version: {str(error).rstrip('.')}.") from None


def write_config(folder: Path, command: Train, problem: Problem[Any, Any], validation: Validation) -> None:
    """Write down what was asked for and what rules reach on the validation instances."""
    began = read_config(folder)["began"] if command.resume else provenance()
    config = {
        "problem": problem.name,
        "options": asdict(problem.options),
        "train": {**command.flat(), "resume": None, "run_dir": None},
        "validation": {
            "reference": validation.reference,
            "reference_kind": validation.kinds,
            "rules": validation.rules,
        },
        "began": began,
    }
    write_text(folder / CONFIG, json.dumps(config, indent=1) + "\n")
