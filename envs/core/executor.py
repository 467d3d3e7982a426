"""The seam to the real thing: what has been committed is run, and the seconds that it took are what it takes.

Simulated, a kernel knows how long everything takes. With an executor it stops at each commit and goes on with what was
measured; everything else, and the judge, stay as they are.
"""

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np

Plan = dict[str, np.ndarray]
"""What one environment has committed: plain arrays by name, as the problem's `work` documents them."""


class Executor(Protocol):
    """Runs plans, in another process or on another machine.

    One that waits for something gives up after a time of its own, by raising: the environment waits for as long as it
    takes.
    """

    def execute(self, plans: Sequence[Plan]) -> Sequence[float] | np.ndarray:
        """Run the plans, one of each environment that waits; returns (n,) seconds, finite and at least 0."""
        ...


def measure(executor: Executor, plans: Sequence[Plan]) -> np.ndarray:
    """(n,) f64: the seconds that the executor measured for these plans.

    Raises:
        ValueError: it raised, or returned anything but that, in one sentence.
    """
    try:
        found = executor.execute(plans)
    except Exception as error:  # whatever it is made of
        raise ValueError(f"The executor failed with {type(error).__name__}: {error}; {REMEDY}.") from error
    try:
        seconds = np.asarray(found, np.float64)
    except (TypeError, ValueError):
        seconds = np.full(0, np.nan)
    if seconds.shape != (len(plans),):
        raise ValueError(f"The executor returned {found!r:.80}, but must return {len(plans)} seconds; {REMEDY}.")
    if not (np.isfinite(seconds) & (seconds >= 0)).all():
        raise ValueError(f"The executor returned {found!r:.80}, but seconds are finite and at least 0; {REMEDY}.")
    return seconds


REMEDY = "the episodes that waited for it are stopped: mend it, then call reset"


def refuse_copies(executor: Any, what: str) -> None:
    """ValueError where an environment has an executor: what really happened cannot be copied."""
    if executor is not None:
        raise ValueError(
            f"{what} copies the state of environments, but this one has an executor, whose work cannot be copied: "
            "make it without an executor."
        )
