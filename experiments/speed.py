"""How fast the environment is: decisions per CPU second of random legal play on one core."""

import gc
import math
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from envs.core.files import check_writable
from envs.core.problem import Problem
from envs.core.text import nearest
from envs.core.vector import DispatchVectorEnv
from experiments import cli
from experiments.cli import options_text
from experiments.kinds.tables import aligned
from experiments.locks import ANOTHER, one_writer
from experiments.progress import Progress
from experiments.records import Layout, Records, provenance
from experiments.timings import TIMINGS, Timing

LAYOUT = Layout(
    columns=(
        *("problem", "options", "instances", "batch", "what", "decisions_per_cpu_s", "slowest", "fastest", "repeats"),
        *("shares", "bytes_per_observation", "seconds", "processor", "commit", "date", "command"),
    ),
    key=("problem", "options", "instances", "batch", "what"),
    runs=("problem", "processor", "commit", "date", "command"),
)

STARTUP = """
import time
began = time.process_time()
from envs.core.vector import DispatchVectorEnv
imported = time.process_time()
env = DispatchVectorEnv({problem!r}, 1)
_, info = env.reset(seed=0)
env.step(info["action_mask"].argmax(1))
print(imported - began, time.process_time() - imported)
"""


MOST = 1000
"""More repeats than these are taken for a mistake."""


@dataclass(frozen=True)
class Speed:
    """Measure decisions per CPU second: random legal actions, chosen outside the timing; all else is inside.

    Inside are the step with its masks, candidate features and observation, resets, and the drawing of new instances.
    Each number is the median of the repeats, each of about a CPU second, on one thread. "sampled" and "trained" are of
    GRPO: decisions in rollouts, network and all, and decisions of a gradient step, each by the CPU time of that part.
    "moves" are those that the problem's local search judges on one instance, "moves_anew" the same where each is judged
    by computing its objective from nothing.
    """

    instances: tuple[str, ...] = ()
    """Sources of instances: random:10x10 ... Default: the problem's."""
    batch: tuple[int, ...] = (1, 64, 1024)
    """Environments stepped together."""
    repeats: int = 5
    """Of each measurement."""
    seconds: float = 1.0
    """CPU seconds of each."""
    only: tuple[str, ...] = ()
    """Rows to measure: "step", "copy", "bare", "sb3", "policy", "sampled", "trained", "moves", "moves_anew". Default:
    all."""
    startup: bool = False
    """Also time the import, and the first step with and without compiled kernels."""
    output: Path | None = None
    """CSV file; rows that it has already are kept and not measured again."""


def speed(command: Speed, problem: Problem[Any, Any]) -> list[dict[str, str]]:
    """Measure what the output file lacks, print the table and return its rows."""
    torch.set_num_threads(1)
    gc.collect()
    gc.freeze()  # or the collector walks over torch's objects while something else is timed
    for name in command.only:
        if name not in TIMINGS:
            raise ValueError(f"speed has no measure {name!r}: {nearest(name, TIMINGS)}.")
    for what, number in (("repeats", command.repeats), *(("batch", batch) for batch in command.batch)):
        if number < 1:
            raise ValueError(f"{what} is {number}, but must be at least 1.")
    if not command.batch:
        raise ValueError("There is nothing to measure: name at least one --batch.")
    if command.repeats > MOST:
        raise ValueError(f"repeats is {command.repeats}, but must be at most {MOST}: each takes seconds.")
    if not (command.seconds > 0 and math.isfinite(command.seconds)):
        raise ValueError(f"seconds is {command.seconds:g}, but must be finite and more than 0.")
    check_writable(command.output)
    with one_writer(command.output, ANOTHER):
        rows = measured(command, problem)
    print(shown(rows))
    return rows


def measured(command: Speed, problem: Problem[Any, Any]) -> list[dict[str, str]]:
    """The rows of all measurements, those that the output file lacks measured now."""
    records = Records(command.output, LAYOUT)
    texts = command.instances or (problem.default_instances,)
    options = options_text(problem.options)
    cases = [
        {"problem": problem.name, "options": options, "instances": text, "batch": batch, "what": what}
        for text in texts
        for batch in command.batch
        for what in command.only or TIMINGS
    ]
    common = {"repeats": command.repeats, "processor": processor(), **provenance()}
    progress = Progress("measurements")
    rows = []
    for number, case in enumerate(cases):
        row = records.find(case)
        if row is None:
            found = measure(problem, case["instances"], case["batch"], case["what"], command)
            row = records.append({**common, **case, **found}) if found else None
        rows += [row] if row else []
        note = f"{case['what']} {row['decisions_per_cpu_s']}/s" if row else ""
        progress.update(number + 1, (number + 1) / len(cases), f"{case['instances']} x {case['batch']} {note}")
    if command.startup:
        rows += startup(problem, records, common)
    return rows


def measure(problem: Problem[Any, Any], text: str, batch: int, what: str, command: Speed) -> dict[str, Any] | None:
    """The columns of one measurement; None where the problem has nothing of the kind."""
    made = TIMINGS[what](problem, text, batch)
    if made is None:
        return None
    rate(made, command.seconds / 5)  # compile, and let the episodes fall out of step
    rates = sorted(rate(made, command.seconds) for _ in range(command.repeats))
    size = sum(array[0].nbytes for array in made.env.observation)
    return {
        "decisions_per_cpu_s": round(statistics.median(rates)),
        "slowest": round(rates[0]),
        "fastest": round(rates[-1]),
        "shares": made.shares(command.seconds),
        "bytes_per_observation": size,
    }


def rate(made: Timing, seconds: float) -> float:
    """Decisions per CPU second over about so many CPU seconds of `timed`."""
    if made.rate is not None:
        return made.rate(seconds)
    rng = np.random.default_rng(0)
    budget, spent, decisions = seconds * 1e9, 0, 0
    while spent < budget:
        actions = _random_actions(made.env, rng)
        began = time.process_time_ns()
        made.timed(actions)
        spent += time.process_time_ns() - began
        made.after(actions)
        decisions += made.env.num_envs
    return decisions / (spent / 1e9)


def placed(problem: Problem[Any, Any], text: str, episodes: int = 64) -> tuple[float, float]:
    """How many rows the schedule gets by a decision of random play, forced moves included, and how many it has."""
    env = DispatchVectorEnv(problem, episodes, text, copy=False, autoreset=False)
    env.reset(seed=0)
    rng, decisions = np.random.default_rng(0), 0
    while env.running.any():
        decisions += int(env.running.sum())
        env.step(_random_actions(env, rng))
    rows = sum(len(env.schedule(row)) for row in range(episodes))
    return rows / decisions, rows / episodes


def _random_actions(env: DispatchVectorEnv, rng: np.random.Generator) -> np.ndarray:
    mask = env.observation.action_mask
    return ((1 - rng.random(mask.shape, np.float32)) * mask).argmax(axis=1)  # never 0 where legal


def startup(problem: Problem[Any, Any], records: Records, common: dict[str, Any]) -> list[dict[str, str]]:
    """CPU seconds of the import, and of the first step in a new process: with an empty kernel cache and a full one."""
    rows = []
    with tempfile.TemporaryDirectory() as cache:
        for what in ("first step, compiling", "first step, compiled before"):
            output = subprocess.check_output(
                [sys.executable, "-c", STARTUP.format(problem=problem.name)],
                env={**os.environ, "NUMBA_CACHE_DIR": cache},
                text=True,
            )
            imported, stepped = map(float, output.split())
            rows.append({"what": what, "seconds": stepped})
    rows.append({"what": "import", "seconds": imported})
    facts = {**common, "problem": problem.name, "repeats": 1}
    return [records.find({**facts, **row}) or records.append({**facts, **row}) for row in rows]


def processor() -> str:
    """The name of this machine's processor."""
    path = Path("/proc/cpuinfo")
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()


def shown(rows: list[dict[str, str]]) -> str:
    """The rows for a terminal."""
    lines = [
        (
            row["what"],
            row["instances"],
            row["batch"],
            f"{int(row['decisions_per_cpu_s']):,}" if row["decisions_per_cpu_s"] else f"{float(row['seconds']):.2f} s",
            row["bytes_per_observation"],
        )
        for row in rows
    ]
    return aligned(("what", "instances", "batch", "decisions per CPU second", "bytes per observation"), lines)


def main() -> None:
    """The command line."""
    cli.main(Speed, speed)


if __name__ == "__main__":
    main()
