"""What several tests of total tardiness need: arbitrary small instances, and what an order of their jobs costs."""

from collections.abc import Sequence
from itertools import permutations

import numpy as np
import pytest
from hypothesis import strategies as st

from envs.core.downloads import DataError, fetch
from envs.tardiness.instance import TardinessInstance
from envs.tardiness.sets import FAMILIES, load_set


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


def local(text: str) -> list[TardinessInstance]:
    """The instances of a set, or a skip where its files are not on this machine."""
    try:
        for collection in FAMILIES[text.partition(":")[0]]:
            for name in filter(None, (collection.file, collection.values)):
                fetch(f"tardiness/{name}", download=False)
    except DataError as error:
        pytest.skip(str(error))
    return load_set(text)


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
