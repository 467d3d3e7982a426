"""`make demo`: watch an agent learn, and compare it with rules, its pilot and a solver."""

import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import tyro

from envs import PROBLEMS, load_problem
from envs.core.files import write_figure
from envs.core.parts import parts
from envs.core.text import nearest
from experiments import cli
from experiments.evaluate import Evaluate, evaluate, rule_defaults
from experiments.kinds.demonstration import Demonstration, drawn, read_curve, told
from experiments.methods import playable
from experiments.train import ensure
from experiments.training.agent import LAST


@dataclass(frozen=True)
class Demo:
    """Train two agents, one that begins knowing nothing and one that begins as a pilot, and compare them.

    Agents that an earlier call has trained are taken as they are; where one was stopped, it goes on.
    """

    problem: Annotated[str, tyro.conf.Positional] = "jobshop"
    """jobshop, tardiness, soc or vm_rescheduling."""


def demo(command: Demo) -> None:
    """Train, show how they learned, compare, and draw."""
    if command.problem not in PROBLEMS:
        raise ValueError(f"There is no problem {command.problem!r}: {nearest(command.problem, PROBLEMS)}.")
    began = time.perf_counter()
    shown = parts(command.problem).tables.DEMO
    if shown is None:
        raise ValueError(f"{command.problem} has no DEMO in experiments/problems/{command.problem}.py.")
    folder = Path("runs/demo") / command.problem
    learn(shown, command.problem, folder)
    compare(shown, command.problem, folder)
    print(f"This took {time.perf_counter() - began:.0f} seconds. See more of how they learned: make tensorboard")


def learn(shown: Demonstration, problem: str, folder: Path) -> None:
    """Train the agents where they are not, and show their learning curves beside the rules."""
    curves, rules = {}, {}
    for name, (train, options) in shown.trainings(folder).items():
        assert train.run_dir is not None
        if (train.run_dir / LAST).exists():
            print(f"Taking the agent in {train.run_dir}; delete the folder for another.", flush=True)
        else:
            print(f"Training an agent that {name}, for {train.cpu_seconds} CPU s on {train.instances}:", flush=True)
        ensure(train, load_problem(problem)(**options))
        curves[name], rules = read_curve(train.run_dir)
    print("\nGaps in % on validation instances, one greedy schedule each:\n")
    print(told(curves, rules))
    picture = folder / "learning.png"
    write_figure(picture, drawn(curves, rules, f"{problem}: two agents learn on {shown.instances}"))
    print(f"They are drawn in {picture}.")


def compare(shown: Demonstration, problem: str, folder: Path) -> None:
    """Evaluate the agents, rules and solvers on the test sets, and each agent's ways beside its pilot's."""
    kind, (nothing, pilot) = load_problem(problem), (str(folder / name) for name in ("nothing", "pilot"))
    usual = kind(**rule_defaults(problem))
    rules = playable(usual)
    asked = Evaluate(
        instances=shown.tests,
        methods=(nothing, pilot, *shown.solvers, *rules),
        seconds=shown.seconds,
        output=folder / "evaluate.csv",
        schedules=folder / "schedules",
        gantt=folder / "gantt.png",
    )
    print(
        f"\nComparing them with {len(rules)} rules and {shown.seconds:g} s of {', '.join(shown.solvers)}:", flush=True
    )
    evaluate(asked, usual)
    print(f"\nBeside {shown.pilot}, the pilot that the second agent sees:", flush=True)
    methods = tuple(way + name for way in shown.ways for name in (pilot, shown.pilot))
    look = kind(**shown.follows)
    evaluate(replace(asked, methods=methods, schedules=folder / "schedules_pilots", gantt=None), look)
    print(f"Every schedule was verified and stands in {asked.schedules} or {asked.schedules}_pilots.")


def main() -> None:
    """The command line."""
    cli.with_one_sentence(lambda: demo(cli.read(Demo, sys.argv[1:], "python -m experiments.demo", Demo.__doc__)))


if __name__ == "__main__":
    main()
