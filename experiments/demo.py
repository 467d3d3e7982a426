"""`make demo`: train an agent, compare it with rules and a solver on published instances, look at a schedule."""

import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from envs import load_problem
from experiments import cli
from experiments.evaluate import Evaluate, evaluate, rule_defaults
from experiments.methods import known, playable
from experiments.train import ensure
from experiments.training.agent import LAST
from experiments.training.settings import Train

SHOPS = "random:10x10..15x15"


@dataclass(frozen=True)
class Demo:
    """Train an agent on random job shops, compare it on Taillard's ta01-ta10 and ft06, and say how to look at it.

    An agent that an earlier call has trained is taken as it is; one whose training was stopped goes on.
    """

    algorithm: Literal["d3s", "ppo"] = "d3s"
    """The trainer; what agents see is the same."""


def demo(command: Demo) -> None:
    """Train, compare, and draw."""
    began = time.perf_counter()
    problem = load_problem("jobshop")
    folder = Path("runs/demo") if command.algorithm == "d3s" else Path(f"runs/demo-{command.algorithm}")
    train = Train.of(
        instances=SHOPS,
        algorithm=command.algorithm,
        **({"share": 1} if command.algorithm == "ppo" else {}),
        cpu_seconds=60,
        points=12,
        encode="none",
        ent_coef=0.01,
        guide=20,
        run_dir=folder,
    )
    if (folder / LAST).exists():
        print(f"Taking the agent in {folder}, trained on if it was stopped; delete the folder for another.", flush=True)
    else:
        print(f"Training an agent for {train.cpu_seconds:.0f} CPU seconds on {SHOPS} job shops:", flush=True)
    looking = problem(lookahead="pilot")
    ensure(train, looking)
    usual, solvers = problem(**rule_defaults(problem.name)), known(problem.name)[1]
    rules = playable(usual)
    asked = Evaluate(
        instances=("taillard:15x15", "ft06"),
        methods=(str(folder), *solvers, *rules),
        seconds=3,
        output=folder / "evaluate.csv",
        schedules=folder / "schedules",
        gantt=folder / "gantt.png",
    )
    print(f"\nComparing it with {len(rules)} rules and {asked.seconds:.0f} s of {', '.join(solvers)}:", flush=True)
    evaluate(asked, usual)
    print("\nBeside the pilot that it sees; both: is backwards in time too, pilot: tries out each choice:")
    pair = (str(folder), "linear_pilot")
    methods = tuple(way + name for way in ("", "both:", "pilot:") for name in pair)
    evaluate(replace(asked, methods=methods, schedules=folder / "schedules_pilots", gantt=None), looking)
    print(f"Every schedule was verified and stands in {asked.schedules} or {asked.schedules}_pilots.")
    print(f"This took {time.perf_counter() - began:.0f} seconds. See how it learned: make tensorboard")


def main() -> None:
    """The command line."""
    cli.with_one_sentence(lambda: demo(cli.read(Demo, sys.argv[1:], "python -m experiments.demo", Demo.__doc__)))


if __name__ == "__main__":
    main()
