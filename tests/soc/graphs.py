"""What several tests of task graphs need: arbitrary small instances, and schedules made in the plainest way."""

import numpy as np
from hypothesis import strategies as st

from envs.soc.instance import SocInstance


@st.composite
def instances(
    draw: st.DrawFn, most_jobs: int = 3, most_tasks: int = 4, most_pes: int = 3, noisy: bool = True
) -> SocInstance:
    """Jobs of any graph on PEs of any bandwidths; some tasks cannot run everywhere, some take no time."""
    pes = draw(st.integers(1, most_pes))
    sizes = draw(st.lists(st.integers(1, most_tasks), min_size=1, max_size=most_jobs))
    job_start = np.cumsum([0, *sizes])
    duration = draw(
        st.lists(st.lists(st.integers(-1, 9), min_size=pes, max_size=pes), min_size=sum(sizes), max_size=sum(sizes))
    )
    duration = [row if max(row) >= 0 else [3] * pes for row in duration]
    pairs = [
        (int(first) + source, int(first) + target)
        for first, size in zip(job_start, sizes, strict=False)
        for target in range(size)
        for source in range(target)
    ]
    edge = draw(st.lists(st.sampled_from(pairs), unique=True)) if pairs else []
    true = np.array(duration)
    if noisy:
        change = draw(st.lists(st.integers(0, 3), min_size=true.size, max_size=true.size))
        true = np.where(true > 0, true + np.reshape(change, true.shape), true)
    gaps = draw(st.lists(st.integers(0, 6), min_size=len(sizes), max_size=len(sizes)))
    return SocInstance(
        job_start=job_start,
        duration=np.array(duration),
        edge=np.reshape(np.array(edge, np.int64), (-1, 2)),
        volume=np.array(draw(st.lists(st.integers(0, 9), min_size=len(edge), max_size=len(edge))), np.int64),
        bandwidth=np.array(
            draw(st.lists(st.lists(st.integers(0, 3), min_size=pes, max_size=pes), min_size=pes, max_size=pes))
        ),
        arrival=np.cumsum([0, *gaps[1:]]),
        true_duration=true,
        power=np.zeros(pes),
        name="drawn",
    )


def place(instance: SocInstance, choices: list[tuple[int, int]]) -> list[list[int]]:
    """Rows of `verify.COLUMNS`: each (task, PE) in turn behind what is on the PE, as soon as its data is there."""
    job = np.searchsorted(instance.job_start, np.arange(instance.tasks), side="right") - 1
    free, rows = [0] * instance.pes, {}
    for task, pe in choices:
        ready = int(instance.arrival[job[task]])
        for (source, target), volume in zip(instance.edge.tolist(), instance.volume.tolist(), strict=True):
            if target == task:
                _, there, _, end = rows[source]
                width = int(instance.bandwidth[there, pe])
                ready = max(ready, end + (volume // width if width else 0))
        start = max(ready, free[pe])
        free[pe] = start + int(instance.true_duration[task, pe])
        rows[task] = [task, pe, start, free[pe]]
    return list(rows.values())


@st.composite
def choices(draw: st.DrawFn, instance: SocInstance) -> list[tuple[int, int]]:
    """Every task once, after its sources, on a PE that can run it; edges go from lower to higher numbers."""
    order: list[int] = []
    left = set(range(instance.tasks))
    while left:
        free = [task for task in sorted(left) if not any(s in left for s, t in instance.edge.tolist() if t == task)]
        order.append(draw(st.sampled_from(free)))
        left.remove(order[-1])
    return [(task, draw(st.sampled_from(np.flatnonzero(instance.duration[task] >= 0).tolist()))) for task in order]
