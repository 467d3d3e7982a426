"""Train an agent on random instances: `python -m experiments.train PROBLEM --instances random:6x6..15x15`."""

import json
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from stable_baselines3.common.logger import Logger

from agents.archive import read
from agents.checkpoint import Checkpoint
from agents.d3s import D3S
from agents.objectives import PRESETS
from agents.ppo import PPO
from agents.sb3_env import DispatchVecEnv, vector_env
from agents.schedules import schedule
from envs.core.problem import Problem
from envs.core.vector import DispatchVectorEnv
from experiments import cli
from experiments.agent import ALGORITHMS, CONFIG, LAST, check_device
from experiments.cli import describe
from experiments.crew import crew
from experiments.curve import Budget, Curve, curve_records
from experiments.events import Events
from experiments.records import provenance, write_atomically
from experiments.validation import Validation, training_source

Algorithm = Literal["ppo", "d3s", "grpo", "pomo", "rloo", "dr_grpo", "dapo", "gspo", "cispo", "self_labelling", "pods"]


@dataclass(frozen=True)
class Train:
    """Train an agent, keep the best one by validation, and write all of it into a run directory.

    The run directory holds config.json, best.zip and last.zip (checkpoints), curve.csv, log.txt and TensorBoard events.
    Ctrl-C saves and ends; --resume goes on where the last checkpoint stands.
    """

    instances: str = ""
    """Where training instances come from: random:6x6..15x15, or files of your own. Default: the problem's."""
    algorithm: Algorithm = "ppo"
    """The trainer: ppo, or one that compares rollouts of the same instance."""
    timesteps: int | None = None
    """Budget in decisions; 200,000 where no budget is given."""
    cpu_seconds: float | None = None
    """Budget in CPU seconds of training, validation not counted."""
    seed: int = 0
    """Of the first weights, the instances and the sampled actions."""
    run_dir: Path | None = None
    """Where to write; default runs/PROBLEM-ALGORITHM-SEED."""
    resume: Path | None = None
    """A run directory to go on with; its settings hold, but a new budget may be given."""
    validation: str = ""
    """Where validation instances come from. Default: as --instances, drawn by a generator of its own."""
    validation_instances: int = 32
    """How many of them."""
    points: int = 20
    """How often in its budget the run is validated and saved."""
    num_envs: int = 64
    """ppo: episodes played at once."""
    share: int = 8
    """ppo: neighbouring episodes that play the same instances, so that each is encoded once for all of them."""
    n_steps: int = 128
    """ppo: decisions of each before an update."""
    batch_size: int = 512
    """ppo: decisions in a minibatch."""
    n_epochs: int = 3
    """ppo: passes over the decisions in an update."""
    learning_rate: str = "linear:2e-3:2e-4"
    """A schedule over the budget: linear:START:END or constant:VALUE."""
    clip_range: float = 0.2
    """ppo: of the probability ratio."""
    ent_coef: float = 0.0
    """Weight of the entropy bonus."""
    gae_lambda: float = 0.95
    """ppo: of the advantages; there is no discount."""
    n_instances: int = 8
    """All but ppo: fresh instances in an update."""
    group_size: int = 32
    """All but ppo: rollouts of each."""
    processes: int = 1
    """All but ppo: processes that play and learn together, dividing the instances; one for each core is fastest."""
    ema: float = 0.99
    """All but ppo: decay of the averaged weights that are validated and kept; 0 is none."""
    sample_keep: str = "linear:0.25:1"
    """d3s: share of the rollouts that are trained on, over the budget."""
    decision_keep: str = "linear:0.2:1"
    """d3s: share of their decisions."""
    encode: Literal["none", "once", "step"] = "once"
    """What the graph encoder sees: nothing, the graph once per instance, or also its state at every decision."""
    width: int = 64
    """Numbers per node and candidate."""
    layers: int = 2
    """Of the graph encoder."""
    rounds: int = 2
    """In which the candidates look at each other."""
    guide: float = 0.0
    """Weight with which the first policy follows the problem's look-ahead; 0: it chooses evenly."""
    device: str = "cpu"
    """Where the networks compute: cpu or cuda."""


def train(command: Train, problem: Problem[Any, Any]) -> Path:
    """Train until the budget is spent or Ctrl-C; returns the run directory."""
    torch.set_num_threads(1)
    check(command)
    if command.resume:
        folder = command.resume
        command, problem = resumed(command, problem, folder)
    else:
        folder = command.run_dir or Path("runs") / f"{problem.name}-{command.algorithm}-{command.seed}"
        if folder.exists() and any(folder.iterdir()):
            raise ValueError(f"{folder} is not empty: go on with --resume {folder}, or name another --run-dir.")
    check_device(command.device)
    source = training_source(problem, command.instances or problem.default_instances)
    judged = training_source(problem, command.validation) if command.validation else source
    validation = Validation.draw(problem, judged, command.validation_instances)
    start = partial(model_for, command, problem, source, folder)
    model = start()
    records = curve_records(folder)
    write_config(folder, command, problem, validation)
    events = Events(folder, model.num_timesteps + 1 if command.resume else 0)
    events.text("command", cli.command_line(), model.num_timesteps)
    model.set_logger(Logger(str(folder), [events]))
    curve = Curve(folder, records, budget(command), command.points, validation, events)
    with stop_on_interrupt(curve), crew(command.processes, start):
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
    stored = asdict(Train(**read_config(folder)["train"]))
    for name, value in asdict(command).items():
        if name not in ("timesteps", "cpu_seconds", "run_dir", "resume") and value != stored[name]:
            raise ValueError(f"{folder} was trained with {name} {stored[name]!r}, not {value!r}: move it away.")
    options = type(problem)(**read_config(folder)["options"]).options
    if options != problem.options:
        raise ValueError(
            f"{folder} was trained with {describe(options)}, not {describe(problem.options)}: move it away."
        )
    stands = read(folder / LAST, torch.device("cpu"))[0]
    if budget(command).spent(stands["num_timesteps"], stands["run"]["cpu_s"]) >= 1:
        return folder
    return train(replace(command, resume=folder, run_dir=None), problem)


def check(command: Train) -> None:
    """ValueError for settings that no training can be done with."""
    if command.timesteps is not None and command.cpu_seconds is not None:
        raise ValueError("There are two budgets: name --timesteps or --cpu-seconds, not both.")
    if command.resume and command.run_dir:
        raise ValueError(f"A resumed run stays in {command.resume}: leave --run-dir out.")
    for value in (command.learning_rate, command.clip_range, command.sample_keep, command.decision_keep):
        schedule(value)
    least = {"timesteps": 1, "cpu_seconds": 1e-3, "validation_instances": 1, "points": 1, "num_envs": 1, "n_steps": 2}
    least |= {
        "n_instances": 1,
        "group_size": 2,
        "batch_size": 2,
        "n_epochs": 1,
        "width": 1,
        "layers": 0,
        "rounds": 0,
        "processes": 1,
        "seed": 0,
        "ent_coef": 0,
        "guide": 0,
    }
    for name, low in least.items():
        value = getattr(command, name)
        if value is not None and not value >= low:
            raise ValueError(f"{name} is {value}, but must be at least {low:g}.")
    if command.processes > 1 and (command.algorithm == "ppo" or command.n_instances % command.processes):
        raise ValueError(
            f"processes is {command.processes}, but must be 1 for ppo, and divide n_instances ({command.n_instances}) "
            "for the others."
        )
    for name in ("gae_lambda", "ema"):
        if not 0 <= getattr(command, name) <= 1:
            raise ValueError(f"{name} is {getattr(command, name)}, but must be from 0 to 1.")


ARGUMENTS = {
    "ppo": ("n_steps", "batch_size", "n_epochs", "clip_range", "gae_lambda"),
    "group": ("n_instances", "group_size", "ema"),
    "d3s": ("sample_keep", "decision_keep"),
}
"""Which settings go to which trainer, besides those of all."""


def budget(command: Train) -> Budget:
    """The budget that is asked for."""
    if command.timesteps is None and command.cpu_seconds is None:
        return Budget(decisions=200_000)
    return Budget(command.timesteps, command.cpu_seconds)


def model_for(command: Train, problem: Problem[Any, Any], source: Any, folder: Path) -> Checkpoint:
    """A new model, or that of the last checkpoint where the command resumes a run."""
    env = DispatchVecEnv(DispatchVectorEnv(problem, command.num_envs, source), command.share)
    return loaded(folder, command, env) if command.resume else new(command, env)


def new(command: Train, env: DispatchVecEnv) -> Checkpoint:
    """A model with fresh weights."""
    algorithm: Any = ALGORITHMS[command.algorithm]
    arguments = {name: getattr(command, name) for name in ARGUMENTS["ppo" if algorithm is PPO else "group"]}
    if algorithm is D3S:
        arguments |= {name: getattr(command, name) for name in ARGUMENTS["d3s"]}
    if algorithm is not PPO:
        arguments["n_instances"] //= command.processes
    return algorithm(
        "GraphPolicy",
        env,
        learning_rate=command.learning_rate,
        ent_coef=command.ent_coef,
        **arguments,
        **PRESETS.get(command.algorithm, {}),
        policy_kwargs=policy_kwargs(command, vector_env(env).problem),
        seed=int(np.random.SeedSequence(command.seed).generate_state(1)[0] >> 1),  # row b draws from this + b
        device=command.device,
    )


def policy_kwargs(command: Train, problem: Problem[Any, Any]) -> dict[str, Any]:
    """What the policy is made with; ValueError for a guide where the problem's options show none."""
    found = {name: getattr(command, name) for name in ("encode", "width", "layers", "rounds")}
    if not command.guide:
        return found
    names = [feature.name for feature in problem.spec.candidate_features]
    if problem.spec.guide not in names:
        raise ValueError(
            f"guide is {command.guide:g}, but there is no look-ahead to follow: choose another --lookahead."
        )
    return {**found, "guide": [names.index(problem.spec.guide), command.guide]}


def loaded(folder: Path, command: Train, env: DispatchVecEnv) -> Checkpoint:
    """The model of the last checkpoint; ValueError where its budget is spent."""
    model: Any = ALGORITHMS[command.algorithm].load(folder / LAST, env=env, device=command.device)
    if not hasattr(model, "run"):
        raise ValueError(f"{folder / LAST} was not written by this command, which cannot go on with it.")
    if budget(command).spent(model.num_timesteps, model.run["cpu_s"]) >= 1:
        raise ValueError(f"{folder} has spent its budget: name a larger --timesteps or --cpu-seconds to go on.")
    return model


def resumed(command: Train, problem: Problem[Any, Any], folder: Path) -> tuple[Train, Problem[Any, Any]]:
    """The settings and the problem of a run directory, with the budget of the command line where it names one.

    Raises:
        ValueError: no run directory, a half-written one, one of another problem, or other settings than its own.
    """
    config = read_config(folder)
    if config["problem"] != problem.name:
        raise ValueError(f"{folder} is a run of the problem {config['problem']}, not of {problem.name}.")
    if not (folder / LAST).exists():
        raise ValueError(f"{folder} has no checkpoint {LAST}: its run ended before the first one, so train anew.")
    given = {**asdict(command), **asdict(problem.options)}
    default = {**asdict(Train()), **asdict(type(problem.options)())}
    stored = {**asdict(Train(**config["train"])), **config["options"]}
    for name in sorted(set(given) - {"timesteps", "cpu_seconds", "run_dir", "resume"}):
        if given[name] not in (default[name], stored[name]):
            raise ValueError(f"{folder} was begun with {name} {stored[name]!r}, which a resumed run cannot change.")
    train = Train(**config["train"])
    if command.timesteps is not None or command.cpu_seconds is not None:
        train = replace(train, timesteps=command.timesteps, cpu_seconds=command.cpu_seconds)
    return replace(train, resume=folder), type(problem)(**config["options"])


def read_config(folder: Path) -> dict[str, Any]:
    """What `write_config` wrote; ValueError where it is missing or damaged."""
    if not folder.is_dir():
        raise ValueError(f"There is no run directory {folder}.")
    if not (folder / CONFIG).exists():
        raise ValueError(f"{folder} is no run directory: it has no {CONFIG}.")
    try:
        config = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
        stored, usual = Train(**config["train"]), Train()
        for name in ("instances", "validation", "learning_rate", "sample_keep", "decision_keep", "encode", "device"):
            if not isinstance(getattr(stored, name), str):
                raise ValueError(f"{name} is {getattr(stored, name)!r}, but must be as {getattr(usual, name)!r}")
        if stored.algorithm not in ALGORITHMS:
            raise ValueError(f"algorithm is {stored.algorithm!r}, but must be one of {', '.join(ALGORITHMS)}")
        check(stored)
        dict(**config["options"])
        return {name: config[name] for name in ("problem", "options", "train", "validation", "began")}
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{folder / CONFIG} is damaged or of another version: {error}.") from None


def write_config(folder: Path, command: Train, problem: Problem[Any, Any], validation: Validation) -> None:
    """Write down what was asked for and what rules reach on the validation instances."""
    began = read_config(folder)["began"] if command.resume else provenance()
    config = {
        "problem": problem.name,
        "options": asdict(problem.options),
        "train": {**asdict(command), "resume": None, "run_dir": None},
        "validation": {
            "reference": validation.reference,
            "reference_kind": validation.kinds,
            "rules": validation.rules,
        },
        "began": began,
    }
    write_atomically(folder / CONFIG, json.dumps(config, indent=1) + "\n")


@contextmanager
def stop_on_interrupt(curve: Curve) -> Iterator[None]:
    """Ctrl-C saves and ends; a second one ends at once."""
    before = signal.getsignal(signal.SIGINT)

    def stop(*_: object) -> None:
        signal.signal(signal.SIGINT, before)
        curve.progress.say("Saving; Ctrl-C again ends at once.")
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
    settings = {name: value for name, value in asdict(command).items() if name not in ("resume", "run_dir")}
    curve.events.hyperparameters(settings, reached, row["decisions"])
    curve.events.close()
    curve.progress.close()
    print(f"{row['decisions']:,} decisions in {row['cpu_s']:.0f} CPU seconds: {curve.note()}.")
    if curve.budget.spent(row["decisions"], row["cpu_s"]) < 1:
        print(f"Go on with:  python -m experiments.train {problem} --resume {folder}")
    print(f"Compare with: python -m experiments.evaluate {problem} --instances SET --methods {folder}")
    print(f"Look with:   tensorboard --logdir {folder}")


def main() -> None:
    """The command line."""
    cli.main(Train, train)


if __name__ == "__main__":
    main()
