"""`make demo`: train an agent, compare it with rules and a solver on published instances, look at a schedule."""

import time
from dataclasses import replace
from pathlib import Path

from envs import load_problem
from experiments import cli
from experiments.agent import LAST
from experiments.evaluate import Evaluate, evaluate, rule_defaults
from experiments.methods import known
from experiments.train import Train, ensure

RUN = Path("runs/demo")
TRAIN = Train(instances="random:10x10..15x15", cpu_seconds=100, run_dir=RUN)
EVALUATE = Evaluate(
    instances=("taillard:15x15", "ft06"),
    seconds=3,
    output=RUN / "evaluate.csv",
    schedules=RUN / "schedules",
    gantt=RUN / "gantt.png",
)


def demo() -> None:
    """Train, unless an earlier call has, compare on Taillard's ta01-ta10 and ft06, and say how to look at it."""
    began = time.perf_counter()
    problem = load_problem("jobshop")
    print(f"Training an agent for {TRAIN.cpu_seconds:.0f} CPU seconds on {TRAIN.instances} job shops:", flush=True)
    if (RUN / LAST).exists():
        print(f"{RUN} holds one from before; delete the folder to train another.", flush=True)
    ensure(TRAIN, problem())
    rules, solvers = known(problem.name)
    methods = (str(RUN), *solvers, *rules)
    print(f"\nComparing it with {len(rules)} rules and {EVALUATE.seconds:.0f} s of {', '.join(solvers)}:", flush=True)
    evaluate(replace(EVALUATE, methods=methods), problem(**rule_defaults(problem.name)))
    print(f"Every schedule was verified and stands in {EVALUATE.schedules}.")
    print(f"This took {time.perf_counter() - began:.0f} seconds. See how it learned: make tensorboard")


if __name__ == "__main__":
    cli.with_one_sentence(demo)
