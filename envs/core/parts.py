"""What a problem consists of, part by part: the one place that imports a problem's modules by name.

Each class below lists the names of one module; a name without a default must be there, and what is missing is told.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, dataclass, field, fields
from functools import cache, cached_property
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import numpy as np

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from baselines.solution import Improver, Solution
    from envs.core.sources import Source

T = TypeVar("T")


@dataclass(frozen=True)
class Sets:
    """`envs/<problem>/sets.py`: where instances come from, and the best that is known of them."""

    random_source: Callable[[str], "Source[Any]"]
    """What stands behind "random:", its sizes."""
    SETS: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Name of each named set to the names of its instances."""
    load_set: Callable[[str], list[Any]] = lambda _: []
    """A set ("la"), a part of it ("la:10x5") or one instance ("la01"): see `envs.core.text.choose`."""
    reference: Callable[[Any], tuple[float, str]] = lambda instance: (instance.lower_bound(), "lower-bound")
    """The best published objective of an instance and its kind, "optimal" or "best-known"; else a "lower-bound"."""
    REFERENCE_DATE: str = ""
    """When the published values were looked up."""


class Load(Protocol):
    """(path, what the file does not say) -> its instances; keywords beyond the path are words such as "n=40"."""

    def __call__(self, path: str | Path, **given: Any) -> list[Any]: ...


@dataclass(frozen=True)
class Formats:
    """`envs/<problem>/formats.py`: the only file that knows what files of instances look like."""

    FORMATS: Mapping[str, Any]
    """By name; an unknown one is answered with these."""
    load: Load
    """The instances of a file; a malformed one is a ValueError of one sentence: file, line and rule."""
    save: Callable[[Any, str | Path], None]
    """(instance, path): so that `load` returns an equal one of the same name."""


@dataclass(frozen=True)
class Verify:
    """`envs/<problem>/verify.py`: the judge, which imports neither kernel nor environment."""

    COLUMNS: tuple[str, ...]
    """Of a schedule."""
    verify: Callable[[Any, Any], float]
    """(instance, schedule) -> objective; ScheduleError where a rule is broken."""


@dataclass(frozen=True)
class Render:
    """`envs/<problem>/render.py`: schedules for people to look at."""

    figure: Callable[..., "Figure"]
    """(instance, schedule, title="", horizon=0); the time axis reaches the horizon at least."""
    compare: Callable[[Any, Mapping[str, Any]], "Figure"]
    """(instance, schedules by name)"""
    table: Callable[[Any, Any], str]
    """(instance, schedule)"""


@dataclass(frozen=True)
class Mirror:
    """`envs/<problem>/mirror.py`, where a problem can be played backwards in time."""

    mirror: Callable[[Any], Any]
    """instance -> instance"""
    mirror_schedule: Callable[[Any, np.ndarray], np.ndarray]
    """(instance, schedule of its mirror image) -> schedule of the instance"""


@dataclass(frozen=True)
class Rules:
    """`baselines/<problem>/rules.py`: what scores the candidates of a view."""

    RULES: Mapping[str, Callable[[Any], np.ndarray]]
    """By name; "random" among them."""
    DEFAULTS: Mapping[str, Any]
    """Options of the problem under which the rules are quoted."""
    TEMPERATURES: Mapping[str, Mapping[str, float] | float] = field(default_factory=dict)
    """By rule: at which temperature it is sampled, as validation chose (results/<problem>/temperatures.md); where that
    depends on an option, by "option=value"."""
    NEEDS: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """By rule: options without which it means nothing."""
    RENAMED: Mapping[str, str] = field(default_factory=dict)
    """Rules that had another name once, old to new."""


@dataclass(frozen=True)
class Bare:
    """`baselines/<problem>/bare.py`, where the whole step is to be compared with the least that it could be."""

    bare_step: Callable[[Any, np.ndarray], None]
    """(env, actions): the kernel's step without an observation."""


class Solver(Protocol):
    """(instance, seconds, workers, seed) -> Solution."""

    def __call__(self, instance: Any, seconds: float, workers: int = 1, seed: int = 0) -> "Solution": ...


@dataclass(frozen=True)
class Solvers:
    """`baselines/<problem>/solvers.py`: what makes a schedule without scoring candidates."""

    SOLVERS: Mapping[str, Solver]
    CONSTRUCTIVE: Sequence[str] = ()
    """Of them, those that build one schedule and need no budget of seconds."""
    IMPROVERS: Mapping[str, "Improver"] = field(default_factory=dict)
    """Of them, those that take `start`, the schedule that they go on from: SOLVER:NAME is a method then."""
    reference: Callable[[Any], float | None] = lambda _: None
    """The optimum of an instance that nobody has published, where it takes about a second to compute; else None."""


class Table(Protocol):
    """A table or picture of results/."""

    @property
    def title(self) -> str: ...

    def make(self, problem: str, path: Any, command: str) -> None:
        """Write PATH.csv, PATH.md and maybe PATH.png; `command` makes them again."""


@dataclass(frozen=True)
class Tables:
    """`experiments/problems/<problem>.py`: what `python -m experiments.report` makes."""

    TABLES: Mapping[str, Table]
    DEMO: Any = None
    """`experiments.kinds.demonstration.Demonstration`: what `make demo PROBLEM=...` does."""


class Parts:
    """The parts of one problem, each imported when it is first asked for.

    Raises:
        ValueError: a module that is not there, or that lacks a name: which, and what the name is for.
    """

    def __init__(self, problem: str) -> None:
        from envs import ELSEWHERE  # the table imports nothing of ours, and is complete by now

        self.problem = problem
        self.home = f"envs.{problem}", f"baselines.{problem}", f"experiments.problems.{problem}"
        if problem in ELSEWHERE:
            home = ELSEWHERE[problem][1]
            self.home = home, home, f"{home}.tables"

    @cached_property
    def sets(self) -> Sets:
        """Where instances come from."""
        return _read(Sets, f"{self.home[0]}.sets")

    @cached_property
    def formats(self) -> Formats:
        """Files of instances."""
        return _read(Formats, f"{self.home[0]}.formats")

    @cached_property
    def verify(self) -> Verify:
        """The judge."""
        return _read(Verify, f"{self.home[0]}.verify")

    @cached_property
    def render(self) -> Render:
        """Schedules as pictures and text; brings matplotlib, which is slow to import."""
        return _read(Render, f"{self.home[0]}.render")

    @cached_property
    def mirror(self) -> Mirror | None:
        """The problem backwards in time; None where it has no such thing."""
        name = f"{self.home[0]}.mirror"
        return _read(Mirror, name) if find_spec(name) else None

    @cached_property
    def rules(self) -> Rules:
        """Dispatching rules."""
        return _read(Rules, f"{self.home[1]}.rules")

    @cached_property
    def bare(self) -> Bare | None:
        """The kernel's step without an observation; None where the problem has none."""
        name = f"{self.home[1]}.bare"
        return _read(Bare, name) if find_spec(name) else None

    @cached_property
    def solvers(self) -> Solvers:
        """Exact solvers and constructive heuristics."""
        return _read(Solvers, f"{self.home[1]}.solvers")

    def reference(self, instance: Any) -> tuple[float, str]:
        """The smallest known objective and its kind: what is published, else "computed", else a "lower-bound"."""
        published = self.sets.reference(instance)
        if published[1] != "lower-bound":
            return published
        optimum = self.solvers.reference(instance)
        return published if optimum is None else (optimum, "computed")

    @cached_property
    def tables(self) -> Tables:
        """What is made of the problem in results/."""
        return _read(Tables, self.home[2])


@cache
def parts(problem: str) -> Parts:
    """The parts of the problem of that name, a key of `envs.PROBLEMS` or registered."""
    return Parts(problem)


def _read(part: type[T], name: str) -> T:
    """What the module of that name holds of a part."""
    file = name.replace(".", "/") + ".py"
    try:
        module = import_module(name)
    except ModuleNotFoundError as error:
        if error.name is None or not name.startswith(error.name):
            raise
        raise ValueError(
            f"There is no {file}, which a problem must have: CONTRIBUTING.md says what is in it."
        ) from None
    known = fields(part)  # type: ignore[arg-type]
    for one in known:
        if one.default is MISSING and one.default_factory is MISSING and not hasattr(module, one.name):
            raise ValueError(f"{file} lacks {one.name}, which a problem must have: see {part.__name__} in {__name__}.")
    return part(**{one.name: getattr(module, one.name) for one in known if hasattr(module, one.name)})
