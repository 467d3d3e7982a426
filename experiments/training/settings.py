"""What a training run is asked for."""

from dataclasses import dataclass
from math import inf
from pathlib import Path
from typing import Literal

from agents.checks import shares
from agents.schedules import schedule

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
    """All but ppo: processes that play and learn together, dividing the instances; one for each core is fastest. What
    d3s selects from is then what each of them has played."""
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
    """Where the networks compute: cpu or cuda; a resumed run may change it."""


ARGUMENTS = {
    "ppo": ("n_steps", "batch_size", "n_epochs", "clip_range", "gae_lambda"),
    "group": ("n_instances", "group_size", "ema"),
    "d3s": ("sample_keep", "decision_keep"),
}
"""Which settings go to which kind of trainer, besides those of all."""


def kinds(algorithm: str) -> tuple[str, ...]:
    """What a trainer is, as `ARGUMENTS` has it."""
    return ("ppo",) if algorithm == "ppo" else ("group", "d3s") if algorithm == "d3s" else ("group",)


def check(command: Train) -> None:
    """ValueError for settings that no training can be done with."""
    if command.timesteps is not None and command.cpu_seconds is not None:
        raise ValueError("There are two budgets: name --timesteps or --cpu-seconds, not both.")
    if command.resume and command.run_dir:
        raise ValueError(f"A resumed run stays in {command.resume}: leave --run-dir out.")
    for kind, names in ((schedule, ("learning_rate", "clip_range")), (shares, ("sample_keep", "decision_keep"))):
        for name in names:
            kind(getattr(command, name), name)
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
        if value is not None and not low <= value < inf:
            raise ValueError(f"{name} is {value}, but must be at least {low:g} and finite.")
    if command.processes > 1 and (command.algorithm == "ppo" or command.n_instances % command.processes):
        raise ValueError(
            f"processes is {command.processes}, but must be 1 for ppo, and divide n_instances ({command.n_instances}) "
            "for the others."
        )
    if not 0 <= command.gae_lambda <= 1:
        raise ValueError(f"gae_lambda is {command.gae_lambda}, but must be from 0 to 1.")
    if not 0 <= command.ema < 1:
        raise ValueError(f"ema is {command.ema}, but must be at least 0 and below 1.")
    unread = [name for kind in ARGUMENTS if kind not in kinds(command.algorithm) for name in ARGUMENTS[kind]]
    for name in unread + (["num_envs", "share"] if command.algorithm != "ppo" else []):
        if getattr(command, name) != getattr(Train, name):
            raise ValueError(f"{command.algorithm} does not use {name}: leave it out.")


@dataclass(frozen=True)
class Budget:
    """How long to train: decisions, or CPU seconds, whichever is given."""

    decisions: int | None = None
    cpu_s: float | None = None

    def spent(self, decisions: int, cpu_s: float) -> float:
        """The share of the budget that is used up, 1 at its end."""
        if self.cpu_s is not None:
            return cpu_s / self.cpu_s
        return decisions / (self.decisions or 1)


def budget(command: Train) -> Budget:
    """The budget that is asked for."""
    if command.timesteps is None and command.cpu_seconds is None:
        return Budget(decisions=200_000)
    return Budget(command.timesteps, command.cpu_seconds)
