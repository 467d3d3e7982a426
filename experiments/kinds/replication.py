"""DS3Gym's latencies made again: the table that holds the task graphs' environment to its reference simulator."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any, NamedTuple

import numpy as np

from baselines.play import finish, rule_scores
from baselines.soc.rules import DEFAULTS, RULES
from envs.core.datasets import resolve
from envs.core.files import write_text
from envs.core.vector import DispatchVectorEnv
from envs.soc.env import SoC
from envs.soc.instance import SocInstance
from envs.soc.verify import verify
from experiments.kinds.comparison import made
from experiments.kinds.tables import half_width, markdown
from experiments.records import Layout, Records, provenance


class Printed(NamedTuple):
    """What DS3Gym printed in 2 or 3 episodes."""

    law: str
    latency: Mapping[str, float]
    """Rule to the mean us of the jobs that were completed."""


@dataclass(frozen=True)
class Replication:
    """The mean latency of completed jobs, as DS3Gym prints it, beside what DS3Gym printed."""

    title: str
    cases: tuple[Printed, ...]
    count: int = 20
    seed: int = 11

    def make(self, problem: str, path: Path, command: str) -> None:
        """Write a row for each rule and stream to PATH.csv, and their means to PATH.md."""
        runs = ("problem", "commit", "date", "command")
        columns = ("problem", "law", "method", "instance", "latency", "completed", "objective")
        for suffix in (".csv", ".runs.csv"):
            path.with_suffix(suffix).unlink(missing_ok=True)
        records = Records(path.with_suffix(".csv"), Layout((*columns, *runs[1:]), columns[:4], runs))
        lines = []
        for law, printed in self.cases:
            streams = resolve(SoC, f"random:{law}:{self.count}:{self.seed}")
            for rule, theirs in printed.items():
                found = [{**row, "problem": problem, "law": law} for row in _played(rule, streams)]
                for row in found:
                    records.append({**row, **provenance()})
                ours = [row["latency"] for row in found]
                spread = f"{fmean(ours):.1f} ± {half_width(ours):.1f}"
                jobs = fmean(row["completed"] for row in found)
                lines.append((law, rule, theirs, spread, f"{100 * (fmean(ours) / theirs - 1):+.1f}", f"{jobs:.1f}"))
        heads = ("streams", "rule", "DS3Gym us", "here us", "difference %", "completed jobs here")
        text = (
            f"# {self.title}\n\nMean latency of the jobs that are completed in time, ± half of the 95 % interval over "
            f"{self.count} streams (seed {self.seed}), beside what DS3Gym printed in 2 or 3 episodes. An arrival that "
            "finds the queue full is lost, so a slow rule is also offered fewer jobs. A PE runs its tasks in the order "
            "in which they were placed; DS3Gym's takes the first whose data is there. Every schedule is verified. "
            f"{made(records.rows, command)}\n\n{markdown(heads, lines)}"
        )
        write_text(path.with_suffix(".md"), text)


def _played(rule: str, streams: Sequence[SocInstance]) -> list[dict[str, Any]]:
    """A row for each stream, played together."""
    env = DispatchVectorEnv(SoC(**DEFAULTS), len(streams), streams, autoreset=False)
    env.reset(seed=0, options={"instances": streams})
    luck = (1.0, np.random.default_rng(0)) if rule == "random" else (None, None)
    finish(env, rule_scores(RULES[rule]), *luck)
    rows = []
    for number, stream in enumerate(streams):
        objective, found = env.objective[number], env.metrics(number)
        if verify(stream, env.schedule(number)) != objective:
            raise ValueError(f"{rule} claims {objective} on {stream.name}, which is not so.")
        told = {"latency": found["latency_completed"], "completed": found["completed"], "objective": objective}
        rows.append({"method": rule, "instance": stream.name, **told})
    return rows
