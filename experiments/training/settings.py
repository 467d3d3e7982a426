"""What a training run is asked for: settings of every run, and those that its trainer alone knows."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, fields
from math import inf
from pathlib import Path
from typing import Any, ClassVar, Literal, Self, get_args, get_type_hints

from agents.checks import COEFFICIENT, Domain, checked, refuse, whole
from agents.objectives import PRESETS
from envs.core.text import nearest
from envs.core.typed import check_types

Encode = Literal["none", "once", "step"]


@dataclass(frozen=True)
class PPOSettings:
    """Proximal policy optimisation, with a critic: `agents.ppo`."""

    algorithm: Literal["ppo"] = "ppo"
    """The trainer; each has settings of its own."""
    num_envs: int = 64
    """Episodes played at once."""
    share: int = 8
    """Neighbouring episodes that play the same instances, so that each is encoded once for all of them."""
    n_steps: int = 128
    """Decisions of each episode before an update."""
    batch_size: int = 512
    """Decisions in a minibatch."""
    n_epochs: int = 3
    """Passes over the decisions in an update."""
    clip_range: float = 0.2
    """Of the probability ratio."""
    gae_lambda: float = 0.95
    """Of the advantages; there is no discount."""

    processes: ClassVar[int] = 1

    def arguments(self) -> dict[str, Any]:
        """What the trainer is made with."""
        names = ("n_steps", "batch_size", "n_epochs", "clip_range", "gae_lambda")
        return {name: getattr(self, name) for name in names}


@dataclass(frozen=True)
class _Groups:
    """What all trainers share that compare rollouts of the same instance."""

    n_instances: int = 8
    """Fresh instances in an update."""
    group_size: int = 32
    """Rollouts of each instance."""
    processes: int = 1
    """Processes that play and learn together, dividing the instances; one for each core is fastest."""
    ema: float = 0.99
    """Decay of the averaged weights that are validated and kept; 0 is none."""

    num_envs: ClassVar[int] = 1
    share: ClassVar[int] = 1

    def arguments(self) -> dict[str, Any]:
        """What the trainer is made with, in each process."""
        if self.n_instances % self.processes:
            raise ValueError(f"processes is {self.processes}, but must divide n_instances ({self.n_instances}).")
        return {"n_instances": self.n_instances // self.processes, "group_size": self.group_size, "ema": self.ema}


@dataclass(frozen=True)
class GRPOSettings(_Groups):
    """Group-relative policy optimisation and its relatives: `agents.grpo`, with a preset of `agents.objectives`."""

    algorithm: Literal["grpo", "pomo", "rloo", "dr_grpo", "dapo", "gspo", "cispo", "self_labelling", "pods"] = "grpo"
    """The trainer; each has settings of its own."""

    def arguments(self) -> dict[str, Any]:
        """What the trainer is made with, in each process."""
        return {**super().arguments(), **PRESETS[self.algorithm]}


@dataclass(frozen=True)
class D3SSettings(_Groups):
    """Group-relative training on the rollouts and decisions that teach most: `agents.d3s`.

    With several processes, each selects from what it has played.
    """

    algorithm: Literal["d3s"] = "d3s"
    """The trainer; each has settings of its own."""
    sample_keep: str = "linear:0.25:1"
    """Share of the rollouts that are trained on: a schedule over the budget."""
    decision_keep: str = "linear:0.2:1"
    """Share of their decisions that are trained on: a schedule over the budget."""

    def arguments(self) -> dict[str, Any]:
        """What the trainer is made with, in each process."""
        return {**super().arguments(), "sample_keep": self.sample_keep, "decision_keep": self.decision_keep}


TrainerSettings = PPOSettings | GRPOSettings | D3SSettings
TRAINERS: tuple[type[TrainerSettings], ...] = get_args(TrainerSettings)
BY_ALGORITHM = {name: chosen for chosen in TRAINERS for name in get_args(get_type_hints(chosen)["algorithm"])}
"""The settings of a trainer by its name."""


@dataclass(frozen=True)
class Train:
    """Train an agent, keep the best one by validation, and write all of it into a run directory.

    The run directory holds config.json, best.zip and last.zip (checkpoints), curve.csv, log.txt and TensorBoard events.
    Ctrl-C saves and ends; --resume goes on where the last checkpoint stands.

    --algorithm is one of ppo, d3s, grpo, pomo, rloo, dr_grpo, dapo, gspo, cispo, self_labelling and pods; each has
    settings of its own, which --algorithm NAME --help lists.
    """

    instances: str = ""
    """Where training instances come from: random:6x6..15x15, or files of your own. Default: the problem's."""
    trainer: TrainerSettings = field(default_factory=PPOSettings)
    """The algorithm and what belongs to it."""
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
    learning_rate: str = "linear:2e-3:2e-4"
    """A schedule over the budget: linear:START:END or constant:VALUE."""
    ent_coef: float = 0.0
    """Weight of the entropy bonus."""
    encode: Encode = "once"
    """What the graph encoder sees: nothing, the graph once per instance, or also its state at every decision."""
    width: int = 64
    """Numbers per node and candidate."""
    layers: int = 2
    """Of the graph encoder."""
    rounds: int = 2
    """In which the candidates look at each other."""
    guide: float = 0.0
    """Weight with which the first policy follows the guide, a column of the pilot; 0: it chooses evenly."""
    device: str = "cpu"
    """Where the networks compute: cpu or cuda; a resumed run may change it."""

    @property
    def algorithm(self) -> str:
        """The name of the trainer."""
        return self.trainer.algorithm

    @classmethod
    def of(cls, **settings: Any) -> Self:
        """The command with these settings, those of the trainer among them: `Train.of(algorithm="d3s", ema=0)`.

        Raises:
            ValueError: an unknown algorithm, or a setting that neither the command nor this trainer has.
        """
        algorithm = settings.get("algorithm", "ppo")
        chosen = trainer_settings(algorithm)
        own, common = _names(chosen), _names(cls)
        check_used(algorithm, settings)
        for name in settings:
            if name not in (*own, *common):
                raise ValueError(f"train has no setting {name!r}: {nearest(name, (*own, *common))}.")
        trainer = chosen(**{name: settings[name] for name in own if name in settings})
        return cls(trainer=trainer, **{name: settings[name] for name in common if name in settings})

    def flat(self) -> dict[str, Any]:
        """All settings by name, those of the trainer among them: what `of` takes."""
        own = {name: value for name, value in vars(self).items() if name != "trainer"}
        return {**own, **vars(self.trainer)}


def _names(chosen: type) -> list[str]:
    """The settings in a dataclass, without those of a trainer in it."""
    return [item.name for item in fields(chosen) if item.name != "trainer"]


def trainer_settings(algorithm: str) -> type[TrainerSettings]:
    """The settings of the trainer of that name; ValueError where there is none."""
    if not isinstance(algorithm, str) or algorithm not in BY_ALGORITHM:
        raise ValueError(f"There is no algorithm {algorithm!r}: {nearest(str(algorithm), BY_ALGORITHM)}.")
    return BY_ALGORITHM[algorithm]


def check_used(algorithm: str, names: Iterable[str]) -> None:
    """ValueError for settings that belong to other trainers."""
    for name in names:
        others = [one for one, chosen in BY_ALGORITHM.items() if name in _names(chosen)]
        if others and algorithm not in others:
            more = " and others" if len(others) > 1 else ""
            raise ValueError(f"{algorithm} does not use {name}, a setting of {others[0]}{more}: leave it out.")


def begun(words: Sequence[str]) -> Train:
    """The defaults of a command line: those of the trainer that its --algorithm names.

    Raises:
        ValueError: no such trainer, or an option of another one.
    """
    algorithm = "ppo"
    for word, following in zip(words, [*words, ""][1:], strict=True):
        name, equals, value = word.partition("=")
        if name == "--algorithm":
            algorithm = value if equals else following
    chosen = trainer_settings(algorithm)
    check_used(algorithm, [word[2:].partition("=")[0].replace("-", "_") for word in words if word.startswith("--")])
    return Train(trainer=chosen(algorithm=algorithm))  # type: ignore[arg-type]


DOMAINS = {
    "timesteps": whole(1),
    "cpu_seconds": Domain("at least 0.001 and finite", lambda value: 0.001 <= value < inf),
    "validation_instances": whole(1),
    "points": whole(1),
    "guide": COEFFICIENT,
    "num_envs": whole(1),
    "share": whole(1),
}
"""The domain of each setting that is no argument of a trainer; `agents.checks` has theirs."""


def check(command: Train) -> None:
    """ValueError for settings that no training can be done with."""
    check_types(command)
    if command.timesteps is not None and command.cpu_seconds is not None:
        raise ValueError("There are two budgets: name --timesteps or --cpu-seconds, not both.")
    if command.resume and command.run_dir:
        raise ValueError(f"A resumed run stays in {command.resume}: leave --run-dir out.")
    for name, value in command.flat().items():
        checked(name, value)
        if name in DOMAINS and value is not None:
            refuse(name, DOMAINS[name], value)
    command.trainer.arguments()


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
