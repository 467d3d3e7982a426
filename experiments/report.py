"""Regenerate results/: `python -m experiments.report`, all of it, or one table of one problem with --only."""

import sys
from dataclasses import dataclass
from pathlib import Path

from envs import PROBLEMS
from envs.core.files import check_writable
from envs.core.parts import Table, parts
from envs.core.text import nearest
from experiments import cli
from experiments.kinds.page import Page
from experiments.locks import one_writer

ALL = {"README": Page("Results", template="results", front="Which method to take")}
"""What is made of the tables of all problems."""


@dataclass(frozen=True)
class Report:
    """Regenerate the tables and figures of results/.

    Each is a CSV file that keeps the rows it has, so a stopped report goes on, and a Markdown file made from it. Delete
    a CSV file to make it anew. Agents that a table needs are trained first, into runs/.
    """

    only: tuple[str, ...] = ()
    """PROBLEM/TABLE ..., or README, the page about all problems; default: all."""
    folder: Path = Path("results")
    """Where to write."""


def report(command: Report) -> None:
    """Make the tables that are asked for, one after the other."""
    tables: dict[str, tuple[str, Table]] = {
        f"{problem}/{name}": (problem, table)
        for problem in PROBLEMS
        for name, table in parts(problem).tables.TABLES.items()
    }
    tables |= {name: ("", table) for name, table in ALL.items()}
    for name in command.only:
        if name not in tables:
            raise ValueError(f"{name!r} is no table: {nearest(name, tables)}.")
    files = {name: command.folder / f"{name}.csv" for name in command.only or tables}
    check_writable(*files.values())
    for name, file in files.items():
        print(f"== {name}", file=sys.stderr, flush=True)
        problem, table = tables[name]
        with one_writer(file, "wait until it ends, or name another --folder"):
            table.make(problem, command.folder / name, f"python -m experiments.report --only {name}")


def main() -> None:
    """The command line."""
    usage = "python -m experiments.report"
    cli.with_one_sentence(lambda: report(cli.read(Report, sys.argv[1:], usage, Report.__doc__)))


if __name__ == "__main__":
    main()
