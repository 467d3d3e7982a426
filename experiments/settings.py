"""What a training run is asked for."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

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
