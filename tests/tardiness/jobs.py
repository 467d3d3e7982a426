"""What several tests of total tardiness need: arbitrary small instances, and what an order of their jobs costs."""

from collections.abc import Sequence
from itertools import permutations

import numpy as np
from hypothesis import strategies as st

from envs.tardiness.instance import TardinessInstance


@st.composite
def instances(
    draw: st.DrawFn, most_jobs: int = 6, longest: int = 12, heaviest: int = 1, latest: int | None = None
) -> TardinessInstance:
    """Few jobs with many ties; due dates from below 0 to beyond the end, or to `latest`."""
    lists = st.lists(st.integers(1, draw(st.integers(1, longest))), min_size=1, max_size=most_jobs)
    processing = draw(lists)
    n, end = len(processing), sum(processing) + 3 if latest is None else latest
    due = draw(st.lists(st.integers(-3, end), min_size=n, max_size=n))
    weight = draw(st.lists(st.integers(1, heaviest), min_size=n, max_size=n))
    return TardinessInstance.from_lists(processing, due, weight, "drawn")


def rows_of(instance: TardinessInstance, order: Sequence[int] | np.ndarray) -> list[list[int]]:
    """The schedule, rows of `verify.COLUMNS`, in which jobs follow each other without gaps."""
    rows, time = [], 0
    for job in order:
        rows.append([job, time, time + int(instance.processing[job])])
        time = rows[-1][2]
    return rows


def tardiness(instance: TardinessInstance, order: Sequence[int] | np.ndarray) -> int:
    """Total weighted tardiness of the jobs in this order."""
    due, weight = instance.due.tolist(), instance.weight.tolist()
    return sum(weight[job] * max(0, end - due[job]) for job, _, end in rows_of(instance, order))


def brute_force(instance: TardinessInstance) -> int:
    """The smallest total weighted tardiness over all orders."""
    return min(tardiness(instance, order) for order in permutations(range(instance.jobs)))
