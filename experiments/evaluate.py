"""Compare rules, pilots, solvers and trained agents on sets of instances; every schedule is verified."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from baselines.solution import Solution
from envs.core import schedules
from envs.core.datasets import resolve
from envs.core.files import check_writable, write_figure
from envs.core.instance import Instance
from envs.core.parts import parts
from envs.core.problem import Problem
from experiments import cli
from experiments.kinds.tables import mean, percent, summary
from experiments.locks import ANOTHER, ANOTHER_FOLDER, one_writer
from experiments.methods import Effort, Method, methods, playable
from experiments.progress import Progress
from experiments.records import Layout, Records, cell, provenance

LAYOUT = Layout(
    columns=(
        *("problem", "options", "set", "instance", "size", "fingerprint", "method", "samples", "seed"),
        *("objective", "reference", "reference_kind", "gap_pct", "wall_s", "cpu_s", "budget_s", "workers"),
        *("train_decisions", "train_cpu_s", "device", "commit", "date", "command"),
    ),
    # What was run: a case whose row the output file has already is not run again.
    key=(
        *("problem", "options", "set", "instance", "method", "samples", "seed"),
        *("budget_s", "workers", "train_decisions"),
    ),
    runs=(
        *("problem", "options", "seed", "budget_s", "workers", "train_decisions", "train_cpu_s", "device"),
        *("commit", "date", "command"),
    ),
    instances=("set", "instance", "size", "reference", "reference_kind", "fingerprint"),
)
"""Of the rows that `--output` writes."""


@dataclass(frozen=True)
class Evaluate:
    """Compare methods on instances: verify each schedule, write a row for each, print a table.

    A method is a rule, a solver, a run directory or a checkpoint file; pilot:NAME tries out what the rule or agent
    makes of each choice, both:NAME plays backwards in time too, and tabu:NAME, or that of another solver that goes on
    from any schedule, improves what NAME makes in the rest of the seconds. Rules play under the problem's options that
    are given here, agents under those that they were trained with.
    """

    instances: tuple[str, ...]
    """Named sets (taillard, taillard:15x15, ft06), files (shop.txt, shops.txt:2), globs, or random:SIZES:COUNT:SEED."""
    methods: tuple[str, ...] = ()
    """Names of methods; NAME@T samples at temperature T. Default: every rule that the options suit."""
    samples: tuple[int, ...] = (1,)
    """Schedules that a rule or an agent makes, of which the best counts; the first is greedy."""
    temperature: float | None = None
    """T where more than one schedule is sampled, from softmax(score / T). Default: for each rule what validation chose,
    for agents 1, as in training."""
    seconds: float = 10.0
    """Of a solver on each instance: wall time; of a local search, which has one thread, CPU time."""
    workers: int = 1
    """Threads of a solver."""
    seed: int = 0
    """Of samples and solvers."""
    device: str = "cpu"
    """Where agents compute: cpu or cuda."""
    output: Path | None = None
    """CSV file; the rows that it has already are kept and not run again, unless their schedule is missing. What rows
    share stands beside it, in NAME.runs.csv and NAME.instances.csv."""
    schedules: Path | None = None
    """Folder for the schedules, as JSON."""
    gantt: Path | None = None
    """Picture (png, svg or pdf) of the first instance's schedules by agents and solvers, or else by all methods."""


class Case(NamedTuple):
    """One instance of a set and one method."""

    set: str
    instance: Instance
    method: Method

    def facts(self) -> dict[str, Any]:
        """What a row says of the case itself."""
        return {
            "set": self.set,
            "instance": self.instance.name,
            "size": self.instance.size,
            "fingerprint": self.instance.identity,
            "method": self.method.name,
            "samples": self.method.samples,
            "options": self.method.options,
            "budget_s": self.method.budget_s,
            "workers": self.method.workers,
            "train_decisions": self.method.train_decisions,
            "train_cpu_s": self.method.train_cpu_s,
        }


def evaluate(command: Evaluate, problem: Problem[Any, Any]) -> list[dict[str, str]]:
    """Run the cases that the output file lacks and print the table; returns the rows of all cases."""
    if command.gantt and command.gantt.suffix not in (".png", ".svg", ".pdf"):
        raise ValueError(f"{command.gantt} is no picture that can be drawn: name a .png, .svg or .pdf file.")
    check_writable(command.output, command.gantt, folders=[command.schedules])
    with one_writer(command.output, ANOTHER), one_writer(command.schedules, ANOTHER_FOLDER, folder=True):
        cases = listed(command, problem)
        rows, solved = run(cases, command, problem)
        print(summary(rows))
        show(cases, rows, solved, command, problem.name)
    return rows


def listed(command: Evaluate, problem: Problem[Any, Any]) -> list[Case]:
    """Every method on every instance of every set."""
    if not command.instances:
        raise ValueError("There is nothing to evaluate on: name at least one set of --instances.")
    if command.seed < 0:
        raise ValueError(f"seed is {command.seed}, but must be at least 0.")
    sets = {text: resolve(problem, text) for text in dict.fromkeys(command.instances)}
    check_names(sets, across=command.schedules is not None)
    effort = Effort(command.samples, command.temperature, command.seconds, command.workers, command.device)
    chosen = methods(problem, command.methods or playable(problem), effort)
    return [Case(text, instance, method) for text, found in sets.items() for instance in found for method in chosen]


def check_names(sets: Mapping[str, Sequence[Instance]], across: bool) -> None:
    """ValueError where two instances of a set, or `across` all sets, share a name: rows and files are told by it."""
    named: dict[tuple[str, str], Instance] = {}
    for text, found in sets.items():
        for instance in found:
            key = ("", in_file(instance.name)) if across else (text, instance.name)
            if named.setdefault(key, instance) != instance:
                raise ValueError(f"Two instances of {text} are called {key[1]!r}: give them names of their own.")


def warm_up(problem: Problem[Any, Any], cases: Sequence[Case]) -> None:
    """Let kernels compile and networks wake up before anything is timed."""
    smallest = min((case.instance for case in cases), key=lambda instance: instance.shape)
    rules = methods(problem, playable(problem)[:1], Effort())
    found = {id(method): method for method in (case.method.start or case.method for case in cases)}
    for method in [*rules, *(method for method in found.values() if method.train_decisions is not None)]:
        method.solve(smallest, 0)


def run(
    cases: Sequence[Case], command: Evaluate, problem: Problem[Any, Any]
) -> tuple[list[dict[str, str]], dict[Case, Solution]]:
    """The rows of all cases, and the solutions of those that had no row yet, or no schedule file where one is due.

    Raises:
        ValueError: a row of the output file is of another instance or agent, though of the same name.
    """
    records = Records(command.output, LAYOUT)
    common = {"problem": problem.name, "seed": command.seed, "device": command.device, **provenance()}
    found = [records.find(common | case.facts()) for case in cases]
    for case, row in zip(cases, found, strict=True):
        if row is not None:
            check_kept(row, case, problem.name, command.output)
    due = [row is None or is_missing(command.schedules, case) for case, row in zip(cases, found, strict=True)]
    if any(due):
        warm_up(problem, cases)
    kept = due.count(False)
    progress = Progress("schedules", kept, kept / len(cases))
    if any(found):
        progress.say(f"{len(cases) - found.count(None)} of {len(cases)} rows are in {command.output} already.")
    rows: list[dict[str, str]] = []
    solved: dict[Case, Solution] = {}
    for case, row, wanted in zip(cases, found, due, strict=True):
        if not wanted:
            assert row is not None
            rows.append(row)
            continue
        solution = solved[case] = solve(case, problem.name, command.seed)
        if command.schedules:
            save(command.schedules, case, solution, problem.name)
        rows.append(row or records.append(common | case.facts() | result(case.instance, solution, problem.name)))
        so_far = mean([row for row in rows if row["method"] == case.method.name])
        done = kept + len(solved)
        note = f"{case.instance.name}, {case.method.title()}: gap so far {percent(so_far.gap_pct)} %"
        progress.update(done, done / len(cases), note)
    if solved:
        progress.close()
    return rows, solved


def check_kept(row: Mapping[str, str], case: Case, problem: str, output: Path | None) -> None:
    """ValueError where a kept row says something else of the instance or the agent than they are now."""
    reference, kind = parts(problem).reference(case.instance)
    now = {**case.facts(), "reference": reference, "reference_kind": kind}
    for name in ("size", "fingerprint", "reference", "reference_kind", "train_cpu_s"):
        if row[name] != cell(now[name]):
            raise ValueError(
                f"{output} has a row of {case.method.name} on {case.instance.name or case.set} with the {name} "
                f"{row[name] or 'missing'}, which now is {cell(now[name]) or 'missing'}: the instance or the agent has "
                "changed since, so delete its rows or name another file."
            )


def is_missing(folder: Path | None, case: Case) -> bool:
    """Whether the case's schedule is asked for but not in the folder."""
    return folder is not None and not schedule_file(folder, case).exists()


def solve(case: Case, problem: str, seed: int) -> Solution:
    """Solve one case and verify the schedule; ValueError where the judge comes to another objective."""
    solution = case.method.solve(case.instance, seed)
    found = parts(problem).verify.verify(case.instance, solution.schedule)
    if found != solution.objective:
        raise ValueError(f"{case.method.name} claims {solution.objective} on {case.instance.name}, but it is {found}.")
    return solution


def schedule_file(folder: Path, case: Case) -> Path:
    """Where the case's schedule stands, under the names of instance and method."""
    label = f"{case.instance.name or 'instance'}-{case.method.name}-{case.method.samples}"
    return folder / (in_file(label) + ".json")


def in_file(name: str) -> str:
    """The name as it stands in the names of files."""
    return re.sub(r"[^\w.@-]+", "_", name)


def result(instance: Instance, solution: Solution, problem: str) -> dict[str, Any]:
    """What a row says of the solution; a reference of 0 leaves the gap empty."""
    reference, kind = parts(problem).reference(instance)
    return {
        "objective": solution.objective,
        "reference": reference,
        "reference_kind": kind,
        "gap_pct": 100 * (solution.objective / reference - 1) if reference else None,
        "wall_s": solution.wall_s,
        "cpu_s": solution.cpu_s,
    }


def save(folder: Path, case: Case, solution: Solution, problem: str) -> None:
    """Write the schedule as JSON."""
    columns = parts(problem).verify.COLUMNS
    path = schedule_file(folder, case)
    repeats = case.method.budget_s is None  # a solver may find another one in the same time
    if repeats and path.exists() and (found := schedules.load(path).objective) != solution.objective:
        raise ValueError(
            f"{path} holds another schedule, with the objective {found:g} and not {solution.objective:g}: name another "
            "--schedules folder."
        )
    schedules.save(path, problem, case.instance.name, solution.objective, columns, solution.schedule)


def show(
    cases: Sequence[Case],
    rows: Sequence[Mapping[str, str]],
    solved: dict[Case, Solution],
    command: Evaluate,
    problem: str,
) -> None:
    """Print the best schedule of a single instance, and draw the picture of the first one."""
    render = parts(problem).render
    first = [case for case in cases if case.instance is cases[0].instance]

    def schedule(case: Case) -> Any:
        return (solved.get(case) or solve(case, problem, command.seed)).schedule

    if len(first) == len(cases):
        best = min(zip(rows, cases, strict=True), key=lambda pair: float(pair[0]["objective"]))[1]
        print(f"\nSchedule by {best.method.name}:\n{render.table(best.instance, schedule(best))}")
    if command.gantt:
        shown = [case for case in first if case.method.train_decisions or case.method.budget_s] or first
        pictures = {f"{case.instance.name}, {case.method.title()}": schedule(case) for case in shown}
        write_figure(command.gantt, render.compare(first[0].instance, pictures))
        print(f"\nThe schedules of {first[0].instance.name} are drawn in {command.gantt}.")


def rule_defaults(problem: str) -> dict[str, Any]:
    """The options under which the problem's rules are quoted."""
    return dict(parts(problem).rules.DEFAULTS)


def main() -> None:
    """The command line."""
    cli.main(Evaluate, evaluate, defaults=rule_defaults)


if __name__ == "__main__":
    main()
