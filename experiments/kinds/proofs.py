"""A kind of table in results/: what an exact solver proves within its time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, median
from typing import Any

from baselines.solution import Solution
from envs import load_problem
from envs.core.datasets import resolve
from envs.core.files import write_text
from envs.core.instance import Instance
from envs.core.parts import parts
from experiments.kinds.tables import grouped, markdown
from experiments.methods import known
from experiments.progress import Progress
from experiments.records import Layout, Records, provenance

LAYOUT = Layout(
    columns=(
        *("problem", "set", "instance", "size", "fingerprint", "solver", "budget_s", "workers", "seed"),
        *("status", "objective", "bound", "reference", "reference_kind", "wall_s", "cpu_s"),
        *("commit", "date", "command"),
    ),
    key=("problem", "set", "instance", "fingerprint", "solver", "budget_s", "workers", "seed"),
    runs=("problem", "solver", "budget_s", "workers", "seed", "commit", "date", "command"),
    instances=("set", "instance", "size", "reference", "reference_kind", "fingerprint"),
)


@dataclass(frozen=True)
class Proofs:
    """How many instances of each set a solver proves, and whether what it proves is the reference."""

    title: str
    sets: tuple[str, ...]
    solver: str
    seconds: float
    notes: str = ""
    """What else a reader has to know."""

    def make(self, problem: str, path: Path, command: str) -> None:
        """Write a row for each instance to PATH.csv and a line for each set to PATH.md."""
        records = Records(path.with_suffix(".csv"), LAYOUT)
        cases = [(text, instance) for text in self.sets for instance in resolve(load_problem(problem), text)]
        rows, progress = [], Progress("instances")
        for done, (text, instance) in enumerate(cases, 1):
            facts = {"problem": problem, "set": text, "instance": instance.name, "size": instance.size}
            facts["fingerprint"] = instance.identity
            facts |= {"solver": self.solver, "budget_s": self.seconds, "workers": 1, "seed": 0}
            rows.append(records.find(facts) or records.append(facts | self._solved(problem, instance)))
            progress.update(done, done / len(cases), f"{instance.name}: {rows[-1]['status']}")
        progress.close()
        columns = ("set", "instances", "proved", "share %", "at the reference", "not proved", "at the reference")
        table = markdown((*columns, "mean CPU s", "median", "most"), map(_line, grouped(rows, "set").values()))
        write_text(path.with_suffix(".md"), f"# {self.title}\n\n{self._caption(rows, command)}\n\n{table}")

    def _solved(self, problem: str, instance: Instance) -> dict[str, Any]:
        """What a row says of the solver's answer; ValueError where the judge comes to another objective."""
        solution: Solution = known(problem)[1][self.solver](instance, self.seconds, workers=1, seed=0)
        found = parts(problem).verify.verify(instance, solution.schedule)
        if found != solution.objective:
            raise ValueError(f"{self.solver} claims {solution.objective} on {instance.name}, but it is {found}.")
        reference, kind = parts(problem).reference(instance)
        facts = {name: getattr(solution, name) for name in ("status", "objective", "bound", "wall_s", "cpu_s")}
        return facts | {"reference": reference, "reference_kind": kind} | provenance()

    def _caption(self, rows: Sequence[Mapping[str, str]], command: str) -> str:
        dates, commits = (list(dict.fromkeys(row[name] for row in rows)) for name in ("date", "commit"))
        return (
            f"`{self.solver}` with {self.seconds:g} s of wall time, 1 worker and seed 0 for each instance, every "
            f"schedule verified; `at the reference` counts those whose objective is the published value. {self.notes} "
            f"Commit {', '.join(commits)}, {' to '.join(dates)}, made by `{command}`."
        )


def _line(rows: Sequence[Mapping[str, str]]) -> list[str]:
    """One set: how many are proved, how many of these and of the others are at the reference, and CPU seconds."""
    proved = [row for row in rows if row["status"] == "optimal"]
    others = [row for row in rows if row["status"] != "optimal"]
    reached = [sum(float(row["objective"]) == float(row["reference"]) for row in some) for some in (proved, others)]
    times = [float(row["cpu_s"]) for row in rows]
    counts = [len(rows), len(proved), f"{100 * len(proved) / len(rows):.1f}", reached[0], len(others), reached[1]]
    return [rows[0]["set"], *map(str, counts), *(f"{of(times):.1f}" for of in (fmean, median, max))]
