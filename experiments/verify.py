"""Judge a schedule file: `python -m experiments.verify PROBLEM --instances FILE --schedule FILE`."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from envs.core import schedules
from envs.core.datasets import resolve
from envs.core.parts import parts
from envs.core.problem import Problem
from experiments import cli


@dataclass(frozen=True)
class Verify:
    """Judge a schedule file, as `evaluate --schedules` writes them, by the rules of its problem.

    Prints the objective of a schedule that keeps them; names the rule that it breaks otherwise (exit code 2).
    """

    instances: str
    """The instance: a file, or a set in which the schedule file names it."""
    schedule: Path
    """The schedule file."""


def verify(command: Verify, problem: Problem[Any, Any]) -> None:
    """Print what the judge finds.

    Raises:
        ValueError: a schedule that breaks a rule or states another objective, a malformed file, another problem.
    """
    saved = schedules.load(command.schedule)
    if saved.problem != problem.name:
        raise ValueError(f"{command.schedule} is a schedule of the problem {saved.problem}, not of {problem.name}.")
    found = resolve(problem, command.instances)
    if len(found) > 1:
        found = [instance for instance in found if instance.name == saved.instance]
    if not found:
        raise ValueError(f"{command.schedule} is of {saved.instance!r}, which is not among {command.instances}.")
    judge = parts(problem.name).verify
    if tuple(saved.columns) != judge.COLUMNS:
        raise ValueError(f"{command.schedule} has columns {saved.columns}, but must have {list(judge.COLUMNS)}.")
    objective = judge.verify(found[0], saved.schedule)
    if objective != saved.objective:
        raise ValueError(f"{command.schedule} states the objective {saved.objective}, but it is {objective}.")
    reference, kind = parts(problem.name).reference(found[0])
    gap = f", {100 * (objective / reference - 1):.1f} % above the {kind} {reference}" if reference else ""
    print(f"{command.schedule} is a schedule of {found[0].name}: objective {objective}{gap}.")


def main() -> None:
    """The command line."""
    cli.main(Verify, verify)


if __name__ == "__main__":
    main()
