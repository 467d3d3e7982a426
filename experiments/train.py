"""Train an agent on random instances: `python -m experiments.train PROBLEM --instances random:6x6..15x15`."""

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import torch
from stable_baselines3.common.logger import Logger

from agents.archive import read
from envs import full_name
from envs.core.files import check_writable
from envs.core.problem import Problem
from experiments import cli
from experiments.cli import options_text
from experiments.locks import one_writer
from experiments.training.agent import BEST, CONFIG, LAST, check_device
from experiments.training.crew import crew
from experiments.training.curve import CURVE, LOG, Curve, curve_records
from experiments.training.events import EVENTS, Events
from experiments.training.model import model_for
from experiments.training.run_directory import check_empty, read_config, remove_drafts, resumed, write_config
from experiments.training.settings import Train, begun, budget, check
from experiments.training.validation import Validation, training_source


def train(command: Train, problem: Problem[Any, Any]) -> Path:
    """Train until the budget is spent or Ctrl-C; returns the run directory."""
    torch.set_num_threads(1)
    check(command)
    folder = command.resume or command.run_dir or Path("runs") / f"{problem.name}-{command.algorithm}-{command.seed}"
    if command.resume and not folder.is_dir():
        raise ValueError(f"There is no run directory {folder}.")
    check_writable(folders=[folder])
    remedy = "wait until it ends" if command.resume else "wait until it ends, or name another --run-dir"
    with one_writer(folder, remedy, folder=True):
        return run(command, problem, folder)


def run(command: Train, problem: Problem[Any, Any], folder: Path) -> Path:
    """Train in a run directory that no other process writes; all is checked before the first byte is written."""
    if command.resume:
        command, problem = resumed(command, problem, folder)
    else:
        check_empty(folder)
    check_device(command.device)
    source = training_source(problem, command.instances or problem.default_instances)
    judged = training_source(problem, command.validation) if command.validation else source
    start = partial(model_for, command, problem, source, folder)
    model = start()
    records = curve_records(folder)
    validation = Validation.draw(problem, judged, command.validation_instances)
    with nothing_left(folder):
        remove_drafts(folder)
        write_config(folder, command, problem, validation)
        events = Events(folder, model.num_timesteps + 1 if command.resume else 0)
        events.text("command", cli.command_line(), model.num_timesteps)
        model.set_logger(Logger(str(folder), [events]))
        curve = Curve(folder, records, budget(command), command.points, validation, events)
        with stop_on_interrupt(curve), crew(command.trainer.processes, start):
            # The curve ends training, for stable-baselines3 knows no budget of CPU seconds.
            model.learn(sys.maxsize // 2, callback=curve, reset_num_timesteps=not command.resume)
    finish(curve, command, folder, problem.name)
    return folder


def ensure(command: Train, problem: Problem[Any, Any]) -> Path:
    """Train unless the run directory has spent this budget already; go on where it was stopped.

    Raises:
        ValueError: the directory holds a run with other settings.
    """
    folder = command.run_dir
    if folder is None or not (folder / LAST).exists():
        return train(command, problem)
    stored = read_config(folder, problem.name)["train"].flat()
    for name, value in command.flat().items():
        if name not in ("timesteps", "cpu_seconds", "run_dir", "resume") and value != stored.get(name, value):
            raise ValueError(f"{folder} was trained with {name} {stored[name]!r}, not {value!r}: move it away.")
    options = type(problem)(**read_config(folder, problem.name)["options"]).options
    if options != problem.options:
        raise ValueError(
            f"{folder} was trained with {options_text(options)}, not {options_text(problem.options)}: move it away."
        )
    stands = read(folder / LAST)[0]
    if budget(command).spent(stands["num_timesteps"], stands["run"]["cpu_s"]) >= 1:
        return folder
    return train(replace(command, resume=folder, run_dir=None), problem)


@contextmanager
def nothing_left(folder: Path) -> Iterator[None]:
    """Remove what a run has written that fails before its first checkpoint: it would be in the way of the next one."""
    try:
        yield
    except BaseException:
        if not (folder / LAST).exists():
            for path in (*(folder / name for name in (CONFIG, CURVE, BEST, LOG)), *folder.glob(EVENTS)):
                path.unlink(missing_ok=True)
        raise


@contextmanager
def stop_on_interrupt(curve: Curve) -> Iterator[None]:
    """Ctrl-C saves and ends; a second one ends at once."""
    before = signal.getsignal(signal.SIGINT)

    def stop(*_: object) -> None:
        signal.signal(signal.SIGINT, before)
        print("\nSaving; Ctrl-C again ends at once.", file=sys.stderr, flush=True)
        curve.stop()

    signal.signal(signal.SIGINT, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def finish(curve: Curve, command: Train, folder: Path, problem: str) -> None:
    """Write the hyperparameters beside what they led to, and say where everything is."""
    row = curve.row
    reached = {"hparam/gap_to_best_rule": row["gap_to_rule_pct"], "hparam/gap_to_reference": row["gap_pct"]}
    settings = {name: value for name, value in command.flat().items() if name not in ("resume", "run_dir")}
    curve.events.hyperparameters(settings, reached, row["decisions"])
    curve.events.close()
    curve.progress.close()
    print(f"{row['decisions']:,} decisions in {row['cpu_s']:.0f} CPU seconds: {curve.note()}.")
    if curve.budget.spent(row["decisions"], row["cpu_s"]) < 1:
        print(f"Go on with:  python -m experiments.train {full_name(problem)} --resume {folder}")
    print(f"Compare with: python -m experiments.evaluate {full_name(problem)} --instances SET --methods {folder}")
    print(f"Look with:   tensorboard --logdir {folder}")


def main() -> None:
    """The command line."""
    cli.main(Train, train, begun)


if __name__ == "__main__":
    main()
