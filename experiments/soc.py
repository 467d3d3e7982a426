"""The tables of task graphs: what `python -m experiments.report` makes of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any, NamedTuple

import numpy as np

from baselines.play import finish, rule_scores
from baselines.soc.rules import DEFAULTS, RULES
from envs.core.datasets import resolve
from envs.core.vector import DispatchVectorEnv
from envs.soc.env import SoC
from envs.soc.instance import SocInstance
from envs.soc.verify import verify
from experiments.paired import Paired
from experiments.records import Records, provenance, write_atomically
from experiments.results import Comparison, Line, SpeedTable, made
from experiments.speed import Speed
from experiments.tables import half_width, markdown
from experiments.train import Train

PLAN = {"commit": "start", "cut": "none"}
"""List scheduling: a task is placed when one could start, wherever and whenever it then will."""
NEXT = {"commit": "start", "cut": "first_finish"}
"""The same among what starts before anything could end: what agents play."""
COMPLETION = {**NEXT, "lookahead": "completion"}
WHOLE = {**COMPLETION, "cut": "none"}
"""No cut: better on small graphs, slower and worse on large ones, by validation."""
ORDER = {"decision": "task", "commit": "ready", "lookahead": "bound"}
"""DeepSoCS (Sung et al. 2020, arXiv 2005.07666): the agent orders ready tasks, each goes where it finishes first."""

READY = ("met", "eft", "etf", "stf", "heft_rank", "peft_rank", "heft_rt", "random")
STREAM_LINES = (
    Line(READY),
    Line(("met", "etf", "stf"), options=NEXT),
    Line(("completion",), options=COMPLETION),
)
GRAPH_LINES = (
    Line(READY),
    Line(("eft", "peft_rank", "etf"), options=PLAN),
    Line(("eft", "peft_rank", "random"), options=NEXT),
    Line(("eft@0.3",), samples=(32,), options=NEXT),
    Line(("completion",), options=COMPLETION),
    Line(("completion",), options={**COMPLETION, "cut": "worst_finish"}),
    Line(("completion",), options={**COMPLETION, "cut": "none"}),
    Line(("completion@0.15",), samples=(32,), options=COMPLETION),
    Line(("heft", "peft", "cpop", "cp_sat")),
)


def trained(name: str, instances: str, seconds: float, **settings: Any) -> tuple[Train, ...]:
    """Five runs on random instances, without the graph encoder."""
    return tuple(
        Train(
            instances=f"random:{instances}",
            cpu_seconds=seconds,
            seed=seed,
            points=10,
            encode="none",
            run_dir=Path(f"runs/soc-{name}-{seed}"),
            **settings,
        )
        for seed in range(5)
    )


LABELS: dict[str, Any] = {"algorithm": "self_labelling", "guide": 20, "validation_instances": 200}
GROUPS: dict[str, Any] = {"algorithm": "grpo", "guide": 20, "ent_coef": 0.01, "validation_instances": 64}
"""With noise, the best rollout is a lucky one: labels get worse with training, group means do not."""
FIRST: dict[str, Any] = {**GROUPS, "guide": 0}

SMALL = trained("small", "20..30", 100, **LABELS)
LARGE = trained("large", "20..60", 100, **LABELS)
ON_GYM = trained("ds3gym", "ds3gym,noise=0..0.5,scale=25..75", 100, **GROUPS)
ON_APPS = trained("apps", "apps,noise=0..0.5,scale=30..100", 100, **GROUPS)
ON_GRAPHS = trained("graphs", "10x4x20..20x4x20,noise=0..0.5,scale=100..300", 60, **GROUPS)
ORDER_GYM = trained("order-ds3gym", "ds3gym,noise=0..0.5,scale=25..75", 60, **FIRST)
ORDER_APPS = trained("order-apps", "apps,noise=0..0.5,scale=30..100", 60, **FIRST)

NOISES = (0, 0.1, 0.2, 0.3, 0.4, 0.5)
GYM, APPS, GRAPHS = "ds3gym,jobs=50", "apps,jobs=50", "10x4x20..20x4x20"


def streams(law: str, option: str, values: tuple[float, ...], rest: str = "") -> dict[str, str]:
    """A column for each value of an option: 20 streams."""
    return {f"{option} {value:g}": f"random:{law},{option}={value:g}{rest}:20:11" for value in values}


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
        columns = ("problem", "law", "method", "instance", "latency", "completed", "objective")
        path.with_suffix(".csv").unlink(missing_ok=True)
        records = Records(path.with_suffix(".csv"), (*columns, "commit", "date", "command"), columns[:4])
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
        write_atomically(path.with_suffix(".md"), text)


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


TABLES = {
    "dags": Comparison(
        "Task graphs: 200 fixed random graphs of 20 to 30 tasks, by communication over computation",
        ("dags:0.1", "dags:0.5", "dags:1", "dags:2"),
        GRAPH_LINES,
    ),
    "large": Paired(
        "Task graphs: makespan in us of random graphs of 50 to 200 tasks",
        {"50 to 100": "random:50x3..100x5:20:11", "100 to 200": "random:100x3..200x5:20:11"},
        (
            Line(("eft", "peft_rank"), options=PLAN),
            Line(("completion",), options=COMPLETION),
            Line(("completion@0.15",), samples=(32,), options=COMPLETION),
            Line(("heft", "peft", "cpop", "cp_sat")),
        ),
        "heft",
    ),
    "canonical": Comparison("Task graphs: the graphs of the papers", ("topcuoglu", "arabnejad"), GRAPH_LINES),
    "replication": Replication(
        "DS3Gym's jobs on its chip, with its rules",
        (
            Printed(
                "ds3gym,profiles=1,scale=25,queue=3,span=5000",
                {"met": 107.8, "etf": 104.9, "eft": 109.7, "stf": 107.8, "heft_rt": 121.6, "random": 166.0},
            ),
            Printed(
                "ds3gym,scale=25,noise=0.1,queue=3,span=5000",
                {"met": 118.5, "etf": 112.2, "eft": 115.0, "heft_rt": 128.1, "random": 173.7},
            ),
            Printed(
                "ds3gym,scale=25,noise=0.5,queue=3,span=5000",
                {"met": 127.3, "etf": 122.7, "eft": 123.2, "heft_rt": 131.8, "random": 172.0},
            ),
            Printed(
                "ds3gym,scale=50,queue=6,span=5000",
                {"met": 155.5, "etf": 147.2, "eft": 144.9, "heft_rt": 154.4},
            ),
        ),
    ),
    "gym_rate": Paired(
        "DS3Gym's ten jobs: mean latency in us against the mean gap between arrivals, noise 0.1",
        streams(GYM, "scale", (100, 75, 50, 40, 30, 25), ",noise=0.1"),
        STREAM_LINES,
        "etf",
    ),
    "gym_noise": Paired(
        "DS3Gym's ten jobs: mean latency in us against noise, mean gap 50 us",
        streams(GYM, "noise", NOISES, ",scale=50"),
        STREAM_LINES,
        "etf",
    ),
    "gym_queue": Paired(
        "DS3Gym's ten jobs: mean latency in us against the length of the queue, mean gap 25 us, noise 0.1, 5000 us",
        streams("ds3gym,scale=25,noise=0.1,span=5000", "queue", (3, 4, 5, 6)),
        STREAM_LINES,
        "etf",
    ),
    "apps_rate": Paired(
        "DS3's six applications: mean latency in us against the mean gap between arrivals, noise 0.1",
        streams(APPS, "scale", (100, 75, 50, 40, 30), ",noise=0.1"),
        STREAM_LINES,
        "etf",
    ),
    "apps_noise": Paired(
        "DS3's six applications: mean latency in us against noise, mean gap 50 us",
        streams(APPS, "noise", NOISES, ",scale=50"),
        STREAM_LINES,
        "etf",
    ),
    "graphs_rate": Paired(
        "Streams of random graphs: mean latency in us against the mean gap between arrivals, noise 0.1",
        streams(GRAPHS, "scale", (300, 200, 150, 100), ",noise=0.1"),
        STREAM_LINES,
        "etf",
    ),
    "graphs_noise": Paired(
        "Streams of random graphs: mean latency in us against noise, mean gap 200 us",
        streams(GRAPHS, "noise", NOISES, ",scale=200"),
        STREAM_LINES,
        "etf",
    ),
    "speed": SpeedTable(
        "Task graphs: speed",
        tuple(
            (
                {"lookahead": lookahead},
                Speed(("random:20..30", f"random:{GYM}"), batch=(1, 64), seconds=0.3, only=("step",)),
            )
            for lookahead in ("bound", "completion")
        ),
    ),
}
