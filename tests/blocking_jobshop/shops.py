"""Arbitrary small blocking job shops, with failures."""

from typing import Any

import numpy as np
from hypothesis import strategies as st

from envs.blocking_jobshop.instance import BlockingJobShopInstance
from envs.jobshop.instance import JobShopInstance


@st.composite
def flows(draw: st.DrawFn, jobs: int = 3, machines: int = 3, longest: int = 6) -> JobShopInstance:
    """Every job visits every machine once; durations may be 0."""
    orders = [draw(st.permutations(range(machines))) for _ in range(jobs)]
    duration = st.integers(0, longest)
    return JobShopInstance.from_jobs([[(m, draw(duration)) for m in order] for order in orders], "drawn", machines)


@st.composite
def blocking(
    draw: st.DrawFn, shops: st.SearchStrategy[JobShopInstance], shutdown: float | None = None, **law: Any
) -> BlockingJobShopInstance:
    """A drawn shop, with or without swaps, under a law of failures that may have none; what is given is not drawn."""
    shop = draw(shops)
    fields = {name: draw(st.integers(0, 1)) for name in ("swap", "resume")} | law
    probability = draw(st.sampled_from([0.0, 0.05, 0.2])) if shutdown is None else shutdown
    most = draw(st.integers(1, 8))
    instance = BlockingJobShopInstance.of(
        shop, shutdown_probability=np.full(shop.machines, probability), downtime_most=most, **fields
    )
    return instance.realise(draw(st.integers(0, 1000)))
