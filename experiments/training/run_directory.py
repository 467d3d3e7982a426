"""What a run directory says of its run."""

import json
from collections.abc import Iterable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from envs import load_problem
from envs.core.files import is_draft, parse_json, read_text, write_text
from envs.core.problem import Problem
from envs.core.typed import fits, words
from experiments.cli import typed
from experiments.locks import LOCK
from experiments.records import provenance
from experiments.training.agent import CONFIG, LAST
from experiments.training.settings import Train, check
from experiments.training.validation import Validation

PARTS: dict[str, Any] = {
    "problem": str,
    "options": dict[str, Any],
    "train": dict[str, Any],
    "validation": dict[str, Any],
    "began": dict[str, str],
}
"""What the settings of a run consist of."""

JUDGED = ("reference", "reference_kind", "rules")
"""What is written down of its validation instances."""


def resumed(command: Train, problem: Problem[Any, Any], folder: Path) -> tuple[Train, Problem[Any, Any]]:
    """The settings and the problem of a run directory, with the budget and the device that are named now.

    Raises:
        ValueError: no run directory, a half-written one, one of another problem, or other settings than its own.
    """
    config = read_config(folder, problem.name)
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
    """ValueError where a new run would write over something; what a killed process has left half-written is nothing."""
    if (folder / CONFIG).exists() and not (folder / LAST).exists():
        raise ValueError(f"{folder} holds a run that ended before its first checkpoint: delete the folder.")
    if any(path.name != LOCK and not is_draft(path) for path in folder.iterdir()):
        raise ValueError(f"{folder} is not empty: go on with --resume {folder}, or name another --run-dir.")


def remove_drafts(folder: Path) -> None:
    """Remove what killed processes have left half-written; only for the one writer of the folder."""
    for path in folder.iterdir():
        if is_draft(path) and path.is_file():
            path.unlink()


def read_config(folder: Path, problem: str | None = None) -> dict[str, Any]:
    """What `write_config` wrote, "train" as a `Train`; a run of the `problem`, where one is named.

    Nothing is taken for granted: every setting of the command and every option of the problem stands there, and has the
    type that `Train`, the settings of its trainer and the problem's `Options` give it.

    Raises:
        ValueError: it is of another problem or missing, lacks something, or has something of another type; the
            sentence names it.
    """
    if not folder.is_dir():
        raise ValueError(f"There is no run directory {folder}.")
    if not (folder / CONFIG).exists():
        raise ValueError(f"{folder} is no run directory: it has no {CONFIG}.")
    try:
        config = parse_json(read_text(folder / CONFIG), CONFIG)
        check_whole("the file", config, PARTS)
        for name, kind in PARTS.items():
            if not fits(config[name], kind):
                raise ValueError(f"{name} is {str(config[name])[:60]}, but must be {words(kind)}")
        check_whole("validation", config["validation"], JUDGED)
        train = Train.of(**config["train"])
        check(train)
        check_whole("train", config["train"], train.flat())
    except (ValueError, TypeError) as error:
        raise _damaged(folder, error) from None
    if problem is not None and config["problem"] != problem:
        raise ValueError(f"{folder} is a run of the problem {config['problem']}, not of {problem}.")
    try:
        options = load_problem(config["problem"])(**config["options"]).options
        check_whole("options", config["options"], vars(options))
    except (ValueError, TypeError) as error:
        raise _damaged(folder, error) from None
    return {**config, "train": train}


def _damaged(folder: Path, error: Exception) -> ValueError:
    return ValueError(f"{folder / CONFIG} is damaged or of another version: {str(error).rstrip('.')}.")


def check_whole(what: str, found: Any, names: Iterable[str]) -> None:
    """ValueError where one of the names is missing."""
    if not isinstance(found, dict):
        raise ValueError(f"{what} is no dict of settings")
    for name in names:
        if name not in found:
            raise ValueError(f"{what} lacks {name}")


def write_config(folder: Path, command: Train, problem: Problem[Any, Any], validation: Validation) -> None:
    """Write down what was asked for and what rules reach on the validation instances."""
    began = read_config(folder, problem.name)["began"] if command.resume else provenance()
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
