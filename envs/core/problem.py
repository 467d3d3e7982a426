"""What a problem brings to the environment: instances, options, the schema and the kernel."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import fields
from typing import Any, ClassVar, Generic, NamedTuple, TypeVar

import numpy as np

from envs.core.datasets import open_source
from envs.core.executor import Plan
from envs.core.instance import Instance
from envs.core.sources import Source
from envs.core.spec import Observation, Size, Spec
from envs.core.text import check_spelling, nearest
from envs.core.typed import check_types

S = TypeVar("S", bound=tuple[Any, ...])
InstanceT = TypeVar("InstanceT", bound=Instance)


class Outcome(NamedTuple):
    """What a reset or a step led to, one entry for each of the B environments; the kernel writes it."""

    reward: np.ndarray  # (B,) f64
    terminated: np.ndarray  # (B,) bool
    truncated: np.ndarray  # (B,) bool
    elapsed: np.ndarray  # (B,) f64: how far the clock went, 0 for a pick
    waiting: np.ndarray  # (B,) bool: stopped at a commit that an executor has to measure
    objective: np.ndarray  # (B,) f64: the objective once the episode is over, before that its bound or its value so far

    @classmethod
    def allocate(cls, batch: int) -> "Outcome":
        """Zeros for `batch` environments."""
        return cls(
            np.zeros(batch),
            np.zeros(batch, bool),
            np.zeros(batch, bool),
            np.zeros(batch),
            np.zeros(batch, bool),
            np.zeros(batch),
        )


class Problem(ABC, Generic[S, InstanceT]):
    """The rules of one problem with its options; holds no episode, so environments may share it.

    A state is a named tuple of arrays with a leading batch axis; it is written by the kernel alone. `shape` is the
    problem's own list of dimensions (jobs, machines, operations, ...), taken from the instances by their maximum.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    spec: Spec  # an option may give it further features
    Instance: ClassVar[type[Instance]]
    Options: ClassVar[type]
    default_instances: ClassVar[str]
    objective_grows: ClassVar[bool] = False
    """Whether `Outcome.objective` never falls during an episode, so that it bounds what the episode ends with."""
    RENAMED: ClassVar[Mapping[str, Mapping[str, str]]] = {}
    """By option: values that had another name once, old to new."""

    measurable: ClassVar[bool] = False
    """Whether it can be played with an executor: then it has the last four methods."""

    def __init__(self, **options: Any) -> None:
        known = [field.name for field in fields(self.Options)]
        for name, value in options.items():
            if name not in known:
                raise ValueError(f"{self.name} has no option {name!r}: {nearest(name, known)}")
            check_spelling(name, value, self.RENAMED.get(name, {}))
        self.options = self.Options(**options)
        check_types(self.options)

    @classmethod
    def source(cls, text: str) -> Source:
        """An endless supply of instances from text such as "random:6x6..15x15" or a named set."""
        return open_source(cls, text)

    @abstractmethod
    def size(self, shape: tuple[int, ...]) -> Size:
        """The room that instances of at most this shape need in an observation."""

    @abstractmethod
    def allocate(self, batch: int, shape: tuple[int, ...]) -> S:
        """The state of `batch` environments whose instances have at most this shape."""

    @abstractmethod
    def fill(self, state: S, row: int, instance: InstanceT) -> None:
        """Copy the numbers of the instance into one row of the state."""

    @abstractmethod
    def reset(self, state: S, observation: Observation, outcome: Outcome, rows: np.ndarray) -> None:
        """Start the instances where `rows` (B,) is true, up to the first decision."""

    @abstractmethod
    def step(
        self, state: S, observation: Observation, outcome: Outcome, actions: np.ndarray, running: np.ndarray
    ) -> None:
        """Play the legal `actions` (B,) where `running` (B,) is true, up to the next decision; other rows rest."""

    @abstractmethod
    def view(self, state: S, observation: Observation) -> Any:
        """The read-only named arrays of a rule; they follow the state, so one view serves a whole episode."""

    @abstractmethod
    def schedule(self, state: S, row: int) -> np.ndarray:
        """What has been decided so far in one row, as `verify` reads it."""

    @abstractmethod
    def explain(self, state: S, row: int, action: int) -> str:
        """Why the action is not legal in this row, as the end of a sentence."""

    def metrics(self, state: S, row: int) -> dict[str, float]:  # noqa: ARG002
        """What else is worth reporting of one row, by name; nothing unless the problem says so."""
        return {}

    def fill_unmeasured(self, state: S, row: int, instance: InstanceT) -> None:
        """As `fill`, but how long things take is unknown: the kernel stops at each commit, `Outcome.waiting`."""
        raise NotImplementedError

    def work(self, state: S, row: int) -> Plan:
        """What the row, which waits, has committed."""
        raise NotImplementedError

    def resume(
        self, state: S, observation: Observation, outcome: Outcome, rows: np.ndarray, seconds: np.ndarray
    ) -> None:
        """Play `rows` (n,), which wait, on to the next decision or commit: their work took `seconds` (n,)."""
        raise NotImplementedError

    def realised(self, state: S, row: int, instance: InstanceT) -> InstanceT:
        """The instance with what was measured in the place of what was drawn: `verify` and exact replay hold on it."""
        raise NotImplementedError


def read_only(arrays: S) -> S:
    """The same named tuple over views that cannot be written."""
    views = []
    for array in arrays:
        view = array.view()
        view.flags.writeable = False
        views.append(view)
    return type(arrays)(*views)
