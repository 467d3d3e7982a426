"""Solve the graphs of "canonical" and "dags": `python -m baselines.soc.best_known` writes `envs/soc/best_known.csv`."""

from dataclasses import dataclass
from pathlib import Path

import ortools
import tyro

from baselines.soc.solvers import cp_sat
from envs.core.files import check_writable, write_text
from envs.soc.sets import SETS, load_set


@dataclass(frozen=True)
class BestKnown:
    """Bounds of the smallest makespan of each graph, by CP-SAT with one worker."""

    seconds: float = 600.0
    """Wall seconds for each graph."""
    output: Path = Path("envs/soc/best_known.csv")
    """Where to write."""


def main() -> None:
    """The command line."""
    asked = tyro.cli(BestKnown)
    check_writable(asked.output)
    command = f"python -m baselines.soc.best_known --seconds {asked.seconds:g}"
    lines = [f"# Makespans by OR-tools {ortools.__version__} CP-SAT, 1 worker: {command}", "instance,lb,ub,optimal"]
    for name in (*SETS["canonical"], *SETS["dags"]):
        (instance,) = load_set(name)
        found = cp_sat(instance, asked.seconds)
        lines.append(f"{name},{found.bound},{found.objective},{int(found.status == 'optimal')}")
        print(lines[-1], f"{found.wall_s:.2f} s", flush=True)
    write_text(asked.output, "\n".join([*lines, ""]))


if __name__ == "__main__":
    main()
