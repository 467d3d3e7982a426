"""The tables of speed: what `experiments.speed` measures under several options of a problem."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from envs import load_problem
from envs.core.files import write_text
from envs.core.problem import Problem
from experiments.cli import options_text
from experiments.kinds.comparison import made
from experiments.kinds.tables import grouped, markdown
from experiments.speed import LAYOUT, Speed, placed, speed

MOVES = ("moves", "moves_anew")
"""The measurements that are of a local search."""


@dataclass(frozen=True)
class SpeedTable:
    """Decisions per CPU second under several options of the problem."""

    title: str
    commands: tuple[tuple[Mapping[str, Any], Speed], ...]
    """Options of the problem and what is measured under them."""
    placed: str = ""
    """What a row of a schedule is, "jobs": also a table of how many a `step` places, forced moves included."""

    def make(self, problem: str, path: Path, command: str) -> None:
        """Write the measurements to PATH.csv and PATH.md."""
        problem_class, rows = load_problem(problem), []
        for options, asked in self.commands:
            rows += speed(replace(asked, output=path.with_suffix(".csv")), problem_class(**options))
        rows = list({tuple(row[name] for name in LAYOUT.key): row for row in rows}.values())  # two may ask for one
        usual = options_text(problem_class().options).split()
        searches = [row for row in rows if row["what"] in MOVES]
        plays = [row for row in rows if row["decisions_per_cpu_s"] and not row["shares"] and row not in searches]
        lines = []
        for (options, instances, what), some in grouped(plays, "options", "instances", "what").items():
            rates = {row["batch"]: f"{int(row['decisions_per_cpu_s']):,}" for row in some}
            cells = [rates.get(batch, "") for batch in self._batches(plays)]
            unusual = [option for option in options.split() if option not in usual]
            lines.append([what, ", ".join(unusual), instances, *cells, some[0]["bytes_per_observation"]])
        heads = [f"B = {batch}" for batch in self._batches(plays)]
        columns = ("measurement", "options", "instances", *heads, "bytes per observation")
        starts = [(row["what"], f"{float(row['seconds']):.2f}") for row in rows if row["seconds"]]
        trainings = [
            (row["what"], row["instances"], row["batch"], f"{int(row['decisions_per_cpu_s']):,}", row["shares"])
            for row in rows
            if row["shares"]
        ]
        caption = (
            "Decisions per CPU second on one core: random legal actions chosen outside the timing; masks, candidate "
            "features, the whole observation, resets and the drawing of new instances inside. `step` returns the "
            "kernel's buffers, `copy` copies of them, `bare` writes no observation, `sb3` is the stable-baselines3 "
            "adapter, `policy` one pass of the network without the step; `sampled` are the decisions of GRPO's "
            "rollouts, network and all, `trained` those of its gradient steps, each by the time of that part. "
            f"Median of {plays[0]['repeats']} runs on {plays[0]['processor']}. "
            f"{made(rows, command)}"
        )
        text = f"# {self.title}\n\n{caption}\n\n{markdown(columns, lines)}"
        if self.placed:
            text += self._placed([problem_class(**options) for options, _ in self.commands], plays)
        if trainings:
            columns = ("GRPO", "instances", "rollouts", "decisions per CPU second", "where the time goes")
            text += f"\n{markdown(columns, trainings)}"
        if searches:
            text += self._searches(searches)
        if starts:
            text += f"\n{markdown(('start of a process', 'CPU seconds'), starts)}"
        write_text(path.with_suffix(".md"), text)

    def _placed(self, problems: Sequence[Problem[Any, Any]], plays: Sequence[Mapping[str, str]]) -> str:
        """The decisions of `step` at B = 64, times what each places; and how that changes with the size."""
        rates = {
            (row["options"], row["instances"]): int(row["decisions_per_cpu_s"])
            for row in plays
            if row["what"] == "step" and row["batch"] == "64"
        }
        texts = list(dict.fromkeys(text for _, text in rates))
        usual = options_text(type(problems[0])().options).split()
        lines = {}
        for problem in problems:
            options = options_text(problem.options)
            found = {text: placed(problem, text) for text in texts if (options, text) in rates}
            speeds = [rates[options, text] * each for text, (each, _) in found.items()]
            cells = {
                text: f"{rate:,.0f} ({each:.1f})" for (text, (each, _)), rate in zip(found.items(), speeds, strict=True)
            }
            slope = np.polyfit(np.log([size for _, size in found.values()]), np.log(speeds), 1)[0] if speeds[2:] else 0
            unusual = ", ".join(option for option in options.split() if option not in usual)
            lines[options] = [unusual, *(cells.get(text, "") for text in texts), f"{slope:.2f}" if slope else ""]
        what = self.placed[0].upper() + self.placed[1:]
        text = (
            f"{what} placed per CPU second by `step` at B = 64, forced moves included: the decisions, times the "
            f"{self.placed} that each places (in brackets, from 64 episodes of random play). Slope: of its logarithm "
            f"against that of the number of {self.placed} of an instance."
        )
        return f"\n{text}\n\n{markdown(('options', *texts, 'slope'), lines.values())}"

    @staticmethod
    def _searches(rows: Sequence[Mapping[str, str]]) -> str:
        """Moves per CPU second, by instances."""
        lines = [
            (text, *(f"{int(row['decisions_per_cpu_s']):,}" for name in MOVES for row in some if row["what"] == name))
            for (text,), some in grouped(rows, "instances").items()
        ]
        return (
            "\nMoves that the local search judges per CPU second on one instance: by its estimates, and where the "
            "objective that each leads to is computed from nothing.\n\n"
            f"{markdown(('instances', 'by estimates', 'anew'), lines)}"
        )

    @staticmethod
    def _batches(rows: Sequence[Mapping[str, str]]) -> list[str]:
        return sorted({row["batch"] for row in rows}, key=int)
