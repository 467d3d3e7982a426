"""All that some rows of an environment are, to go on from later, elsewhere or several times."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from xxhash import xxh3_64

from envs.core.executor import refuse_copies
from envs.core.instance import Instance
from envs.core.problem import Outcome, Problem
from envs.core.spec import Observation

Arrays = Sequence[np.ndarray]


class Snapshot(NamedTuple):
    """Copies of n rows, as `get_state` makes them; only the generators may be replaced.

    A kernel follows the indices that it finds in a state without looking, so that a changed one could end the process:
    `digest` tells whether anything has changed.
    """

    state: tuple[np.ndarray, ...]  # the problem's named tuple
    observation: Observation
    outcome: Outcome
    running: np.ndarray  # (n,) bool
    instances: list[Instance]
    generators: list[dict[str, Any]]  # states of numpy's bit generators
    options: Any  # the problem's `Options` under which the rows were played
    measured: bool  # whether the environment had an executor
    digest: int  # of all before but the generators

    def arrays(self) -> tuple[np.ndarray, ...]:
        """All arrays, in the order in which an environment has its own."""
        return *self.state, *self.observation, *self.outcome, self.running


def digest(arrays: Arrays, instances: Sequence[Instance], options: Any, measured: bool) -> int:
    """64-bit hash of arrays, of the fingerprints of instances, and of what else a snapshot tells."""
    found: Any = xxh3_64(repr((options, measured)).encode())
    for array in arrays:
        found.update(array if array.flags.c_contiguous else array.copy())
    found.update(np.array([instance.fingerprint for instance in instances], np.int64))
    return found.intdigest()


def check_snapshot(
    snapshot: Any, state: tuple[np.ndarray, ...], arrays: Arrays, repeat: Any, problem: Problem[Any, Any]
) -> int:
    """How many rows the snapshot fills with `repeat` of each, or a ValueError of one sentence where it does not fit.

    Args:
        state, arrays: those of the environment that would take it, which plays `problem`.
    """
    if not isinstance(snapshot, Snapshot):
        raise ValueError(f"The state is a {type(snapshot).__name__}, but must be a Snapshot, as get_state returns it.")
    if not isinstance(repeat, int | np.integer) or isinstance(repeat, bool) or repeat < 1:
        raise ValueError(f"repeat is {repeat!r}, but must be a whole number from 1 on.")
    if type(snapshot.state) is not type(state):
        raise ValueError(f"The snapshot is not of {problem.name}, which this environment plays.")
    refuse_copies(snapshot.measured or None, "set_state")
    if snapshot.options != problem.options:
        raise ValueError(
            f"The snapshot was played under {snapshot.options}, but this environment has {problem.options}: "
            "make both with the same options."
        )
    rows, room = _check_layout(snapshot, arrays), len(arrays[-1])
    if rows * repeat > room:
        raise ValueError(f"{rows} rows x repeat {repeat} = {rows * repeat} exceed num_envs {room}.")
    instances = snapshot.instances
    if (
        not isinstance(instances, list)
        or not all(isinstance(one, problem.Instance) for one in instances)
        or digest(snapshot.arrays(), instances, snapshot.options, snapshot.measured) != snapshot.digest
    ):
        raise ValueError(f"The snapshot {CHANGED}.")
    check_generators(snapshot.generators, rows)
    return rows * int(repeat)


CHANGED = "has been changed since get_state made it, of which only the generators may be: take another with get_state"


def _check_layout(snapshot: Snapshot, arrays: Arrays) -> int:
    """How many rows it has; ValueError where an array is not what this environment has there."""
    if type(snapshot.observation) is not Observation or type(snapshot.outcome) is not Outcome:
        raise ValueError(f"The observation or the outcome of the snapshot {CHANGED}.")
    theirs = snapshot.arrays()
    for mine, one in zip(arrays, theirs, strict=True):
        if not isinstance(one, np.ndarray) or one.ndim != mine.ndim or one.dtype != mine.dtype:
            found = f"array of {one.ndim} axes and {one.dtype}" if isinstance(one, np.ndarray) else type(one).__name__
            raise ValueError(
                f"The snapshot has an {found} where there must be one of {mine.ndim} and {mine.dtype}: "
                "take another with get_state."
            )
        if one.shape[1:] != mine.shape[1:]:
            raise ValueError(
                f"The snapshot is of another shape: an array of {one.shape[1:]} where this environment has "
                f"{mine.shape[1:]}; make both with the same shape=."
            )
    if any(len(one) != len(snapshot.running) for one in theirs) or len(snapshot.instances) != len(snapshot.running):
        raise ValueError(f"The arrays and instances of the snapshot differ in their number of rows: it {CHANGED}.")
    return len(snapshot.running)


_SCRATCH = np.random.PCG64(0)


def check_generators(states: Any, rows: int) -> None:
    """ValueError unless there is a state of numpy's PCG64 for each row."""
    if not isinstance(states, list) or len(states) != rows:
        raise ValueError(f"The snapshot has {rows} rows, but its generators are not a list of as many states.")
    for row, state in enumerate(states):
        try:
            numbers = state["state"]["state"], state["state"]["inc"], state["has_uint32"], state["uinteger"]
            _SCRATCH.state = state
        except (TypeError, KeyError, ValueError, OverflowError, IndexError):
            numbers = (None,)
        if any(type(number) is not int for number in numbers):
            raise ValueError(
                f"The generator of row {row} of the snapshot is {state!r:.80}, but must be the state of a PCG64, "
                "as np.random.default_rng(seed).bit_generator.state is."
            )
