"""Quality at equal CPU time: what each method has in hand at each of a row of budgets, and which is best when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from statistics import fmean
from typing import Literal, NamedTuple

from envs.core.files import write_figure, write_text
from envs.core.parts import parts
from experiments.kinds.comparison import made
from experiments.kinds.frontier import draw
from experiments.kinds.tables import MEASURES, half_width, markdown, percent
from experiments.progress import Progress
from experiments.race import Contender, Job, Race, column, results
from experiments.records import Layout, Records, provenance

BUDGETS = (0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10)
"""CPU seconds."""

ADVICE, LEVEL, LEADS = "Which is best at which budget", "Which are level with it", "At which budgets what is best"
"""The headings of the tables that pages quote."""


class Cell(NamedTuple):
    """What a contender reaches on a set at a budget: a mean over the instances for each seed that ran so long."""

    gaps: tuple[float, ...]

    @property
    def mean(self) -> float:
        """Over the seeds."""
        return fmean(self.gaps)

    @property
    def around(self) -> float:
        """Half of the 95 % interval over the seeds; 0 of one seed."""
        return half_width(self.gaps) if len(self.gaps) > 1 else 0.0


Cells = Mapping[tuple[str, float], Cell]
"""Of one set, by contender and budget; there is none where not all instances have a schedule."""


@dataclass(frozen=True)
class EqualTime:
    """Gaps against CPU seconds: a table for each set, a row for each method, a column for each budget, and a picture.

    Each method runs once on each instance with each seed, for the largest of its budgets.
    """

    title: str
    sets: Mapping[str, str]
    """What a table is called, to its set."""
    contenders: Mapping[str, Contender]
    """By what the tables call them."""
    budgets: tuple[float, ...] = BUDGETS
    take: int | None = None
    """So many instances of each set, evenly spread over it; None for all."""
    workers: int = 2
    """Runs at once, each in a process of its own."""
    measure: Literal["mean", "aggregate"] = "mean"
    """How instances are summed up: see `MEASURES`."""
    to_best: bool = False
    """Where no optimum is known, gaps are to the best schedule that any run of the table has, not to a bound."""
    digits: int = 1
    """Decimals of gaps."""
    notes: str = ""
    """What else a reader has to know."""

    def make(self, problem: str, path: Path, command: str) -> None:
        """Write a row for each run to PATH.csv, the picture to PATH.png and the tables to PATH.md."""
        race = Race(problem, self.contenders, tuple(self.sets.values()), self.budgets, self.take)
        rows = self.measured(race, path)
        cells = {name: self._cells(rows, text) for name, text in self.sets.items()}
        figure = draw(
            self.title,
            {name: {key: cell.mean for key, cell in found.items()} for name, found in cells.items()},
            tuple(self.contenders),
        )
        write_figure(path.with_suffix(".png"), figure)
        all_rows = [row for _, row in rows]
        notes = f"{self.notes}\n\n" if self.notes else ""
        tables = "\n".join(self._table(name, found) for name, found in cells.items())
        text = (
            f"# {self.title}\n\n![gap against CPU seconds]({path.name}.png)\n\n{self._caption(all_rows, command)}\n\n"
            f"{notes}{self._advice(problem, cells)}\n{tables}\n{self._runs(rows)}"
        )
        write_text(path.with_suffix(".md"), text)

    def measured(self, race: Race, path: Path) -> list[tuple[Job, dict[str, str]]]:
        """All runs with their rows; those that PATH.csv lacks are run and added one by one."""
        records = Records(path.with_suffix(".csv"), layout(self.budgets))
        jobs = race.jobs()
        found = {job: records.find(race.facts(job)) for job in jobs}
        due = [job for job in jobs if found[job] is None]
        cost = {job: 0.01 + (job.seconds if self.contenders[job.contender].seconds else 0) for job in jobs}
        whole, spent = sum(cost.values()), sum(cost[job] for job in jobs if found[job] is not None)
        progress = Progress("runs", len(jobs) - len(due), spent / whole)
        if len(due) < len(jobs):
            progress.say(f"{len(jobs) - len(due)} of {len(jobs)} rows are in {records.path} already.")
        for done, (job, told) in enumerate(zip(due, results(race, due, self.workers), strict=True), 1):
            row = found[job] = records.append({**race.facts(job), **told, **provenance()})
            spent += cost[job]
            last = next((row[column(budget)] for budget in reversed(self.budgets) if row[column(budget)]), "nothing")
            note = f"{job.contender} on {row['instance']}: {last} of {row['reference']}"
            progress.update(len(jobs) - len(due) + done, spent / whole, note)
        if due:
            progress.close()
        return [(job, row) for job, row in found.items() if row is not None]

    def _cells(self, rows: Sequence[tuple[Job, Mapping[str, str]]], text: str) -> Cells:
        of_set = [(job, row) for job, row in rows if job.set == text]
        best = least(self.budgets, [row for _, row in of_set]) if self.to_best else {}
        cells = {}
        for name, contender in self.contenders.items():
            for budget in self.budgets:
                gaps, late = [], False
                for seed, seconds in contender.seeds():
                    some = [row for job, row in of_set if (job.contender, job.seed) == (name, seed)]
                    if all(row[column(budget)] for row in some):
                        gaps.append(MEASURES[self.measure].of([gap(row, budget, best) for row in some]))
                    else:
                        late |= budget <= seconds  # a seed that never ran so long is no reason for a dash
                known = tuple(value for value in gaps if value is not None)
                if known and not late:
                    cells[name, budget] = Cell(known)
        return cells

    def _table(self, name: str, cells: Cells) -> str:
        """The gaps of one set."""
        lines = [(who, *(self._spread(cells.get((who, budget))) for budget in self.budgets)) for who in self.contenders]
        return f"## {name}\n\n{markdown(('method', *map(column, self.budgets)), lines)}"

    def _spread(self, cell: Cell | None) -> str:
        if cell is None:
            return "-"
        around = f" ± {cell.around:.{self.digits}f}" if len(cell.gaps) > 1 else ""
        return percent(cell.mean, self.digits) + around

    def _advice(self, problem: str, cells: Mapping[str, Cells]) -> str:
        """For each set and budget, who is best, who is no worse as far as the intervals tell, and what leads."""
        best = {name: [self._standing(found, budget) for budget in self.budgets] for name, found in cells.items()}
        head = ("instances", *map(column, self.budgets))
        leaders = [(name, *(self._leader(standing) for standing in row)) for name, row in best.items()]
        level = [(name, *("; ".join(level_with_best(standing)) for standing in row)) for name, row in best.items()]
        searches = {who for who, contender in self.contenders.items() if contender.searches(problem)}
        leads = [(name, *self._leads(row, searches)) for name, row in best.items()]
        return (
            "Who did not run so long counts here with what it had when it ended.\n\n"
            f"## {ADVICE}\n\nAnd its gap.\n\n{markdown(head, leaders)}\n"
            f"## {LEVEL}\n\nWhose interval meets that of the best.\n\n{markdown(head, level)}\n"
            f"## {LEADS}\n\nDispatching: rules, list schedulers, pilots, agents, and their samples. Search: "
            f"{', '.join(sorted(searches))}.\n\n{markdown(('instances', 'dispatching', 'search'), leads)}"
        )

    def _standing(self, cells: Cells, budget: float) -> Cells:
        """The last cell of each contender up to a budget, from the smallest gap up; of equal ones who had it first."""
        last = {who: max(at for one, at in cells if one == who and at <= budget) for who, at in cells if at <= budget}
        return {key: cells[key] for key in sorted(last.items(), key=lambda key: (cells[key].mean, reached(cells, key)))}

    def _leader(self, standing: Cells) -> str:
        return next((f"{who} {percent(cell.mean, self.digits)}" for (who, _), cell in standing.items()), "-")

    def _leads(self, row: Sequence[Cells], searches: set[str]) -> list[str]:
        """The budgets at which dispatching and at which search has the smallest gap."""
        first = {column(at): next(iter(cells))[0] for at, cells in zip(self.budgets, row, strict=True) if cells}
        said: dict[bool, list[str]] = {False: [], True: []}
        for side, some in groupby(first, key=lambda at: first[at] in searches):
            begin, *others = some
            said[side].append(f"{begin} to {others[-1]}" if others else begin)
        return [", ".join(budgets) or "-" for budgets in said.values()]

    def _caption(self, rows: Sequence[Mapping[str, str]], command: str) -> str:
        kinds = " or ".join(dict.fromkeys(row["reference_kind"] for row in rows))
        dated = parts(rows[0]["problem"]).sets.REFERENCE_DATE if kinds != "lower-bound" else ""
        reference = f"the reference{f' of {dated}' if dated else ''} ({kinds})"
        if self.to_best:
            reference += ", in place of a lower bound the best schedule that any run of this table has"
        count = len({(row["set"], row["instance"]) for row in rows})
        some = f" (at most {self.take} of each set, evenly spread over it)" if self.take else ""
        spent = sum(float(row["cpu_s"]) for row in rows)
        return (
            f"{MEASURES[self.measure].title} to {reference}, on {count} instances{some}, of the schedule that a method "
            "has in hand after so many CPU seconds (over all its threads, from the call on; compiling and loading "
            "not counted), ± half of the 95 % interval over the seeds that ran so long. A dash: on some instance there "
            "is no schedule yet, or no seed ran so long. Each method ran once for each seed; which seeds ran for how "
            "long is in the last table. Every schedule is verified, outside of the clock. "
            f"{self.workers} runs at once, {spent:.0f} CPU s in all. {made(rows, command)}"
        )

    def _runs(self, rows: Sequence[tuple[Job, Mapping[str, str]]]) -> str:
        """What each method is, how long its seeds ran, and what its training took."""
        lines = []
        for name, contender in self.contenders.items():
            first = next(row for job, row in rows if job.contender == name)
            trained = [float(row["train_cpu_s"]) for job, row in rows if job.contender == name and row["train_cpu_s"]]
            seconds = ", ".join(map(column, contender.seconds)) or "one schedule"
            training = f"{max(trained):.0f}" if trained else ""
            method = first["method"] + (f" to {len(contender.seeds()) - 1}" if contender.agents else "")
            lines.append((name, f"`{method}`", f"`{first['options']}`" if first["options"] else "", seconds, training))
        head = ("method", "as `evaluate` calls it", "options", "CPU s of each seed", "CPU s of training")
        return f"## Runs\n\n{markdown(head, lines)}"


def reached(cells: Cells, key: tuple[str, float]) -> float:
    """The budget at which the contender of that cell first was as good."""
    return min(at for (who, at), cell in cells.items() if who == key[0] and cell.mean <= cells[key].mean)


def level_with_best(standing: Cells) -> list[str]:
    """Who is worse than the first of these, but by no more than both intervals reach."""
    if not standing:
        return []
    first = next(iter(standing.values()))
    return [who for (who, _), one in standing.items() if 0 < one.mean - first.mean <= one.around + first.around]


def gap(row: Mapping[str, str], budget: float, best: Mapping[str, float]) -> dict[str, str]:
    """The row of a budget as measures read it; best: by instance, in place of a lower bound."""
    objective, reference = float(row[column(budget)]), float(row["reference"])
    if row["reference_kind"] == "lower-bound":
        reference = best.get(row["instance"], reference)
    above = str(100 * (objective / reference - 1)) if reference else ""
    return {"objective": str(objective), "reference": str(reference), "gap_pct": above}


def least(budgets: Sequence[float], rows: Sequence[Mapping[str, str]]) -> dict[str, float]:
    """The best objective of each instance at any budget."""
    best: dict[str, float] = {}
    for row in rows:
        for budget in budgets:
            if row[column(budget)]:
                best[row["instance"]] = min(float(row[column(budget)]), best.get(row["instance"], float("inf")))
    return best


def layout(budgets: Sequence[float]) -> Layout:
    """A row for each run, with a column of objectives for each budget; empty where there is no schedule."""
    return Layout(
        columns=(
            *("problem", "set", "instance", "size", "fingerprint", "method", "options", "seed", "budget_s"),
            *map(column, budgets),
            *("reference", "reference_kind", "wall_s", "cpu_s", "train_decisions", "train_cpu_s"),
            *("commit", "date", "command"),
        ),
        key=(
            *("problem", "set", "instance", "fingerprint", "method", "options", "seed", "budget_s"),
            "train_decisions",
        ),
        runs=(
            *("problem", "method", "options", "seed", "budget_s", "train_decisions", "train_cpu_s"),
            *("commit", "date", "command"),
        ),
        instances=("set", "instance", "size", "reference", "reference_kind", "fingerprint"),
    )
