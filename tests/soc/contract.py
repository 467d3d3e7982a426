"""What the contract needs to know of task graphs."""

from dataclasses import replace
from itertools import pairwise, product
from typing import Any

import numpy as np
from hypothesis import strategies as st

from envs.core.datasets import open_source
from envs.core.vector import DispatchVectorEnv
from envs.soc.env import SoC
from envs.soc.instance import SocInstance
from tests.soc.graphs import instances
from tests.soc.reference import columns as columns

INSTANCES = "random:4x2x1..8x3x3,scale=100,noise=0..0.5"
OPTIONS = [
    {},
    {"decision": "task", "lookahead": "bound"},
    {"commit": "ready", "cut": "none"},
    {"cut": "worst_finish", "wait": True, "skip_forced": False},
    {"cut": "none", "lookahead": "none"},
]
EXACT = "cp_sat"
EXACT_OPTIONS = {"cut": "none", "lookahead": "none"}
MALFORMED = {
    "cut.json": '{"job_start": [0, 1',
    "late.json": '{"bandwidth": [[0]], "span": 15, "jobs": [{"arrival": 15, "duration": [[4]], "edges": []}]}',
    "cycle.json": '{"job_start": [0, 2], "duration": [[1], [1]], "edge": [[0, 1], [1, 0]], "volume": [1, 1]}',
}


@st.composite
def tiny(draw: st.DrawFn) -> SocInstance:
    """One job of at most 4 tasks on at most 3 PEs; durations of 0, PEs that cannot run a task, transfers of 0."""
    tasks, pes = draw(st.integers(1, 4)), draw(st.integers(1, 3))
    if tasks == 4:
        pes = min(pes, 2)
    row = st.lists(st.integers(-1, 5), min_size=pes, max_size=pes).filter(lambda times: max(times) >= 0)
    duration = draw(st.lists(row, min_size=tasks, max_size=tasks))
    pairs = [(source, target) for target in range(tasks) for source in range(target)]
    edges = [(source, target, draw(st.integers(0, 6))) for source, target in pairs if draw(st.booleans())]
    return SocInstance.graph(duration, edges)


@st.composite
def anything(draw: st.DrawFn) -> SocInstance:
    """Streams of any graphs with noise, of which a queue may lose jobs and a span may cut off all but the first."""
    drawn = draw(instances())
    arrival = drawn.arrival + draw(st.integers(0, 5))
    span = draw(st.just(0) | st.integers(int(arrival[0]) + 1, 30))
    return replace(drawn, arrival=arrival, span=span, queue=draw(st.integers(0, 2)))


def brute_force(instance: SocInstance) -> int:
    """The smallest makespan over every order in which tasks can be appended to the PEs, on every PE that runs them."""
    sources: list[list[tuple[int, int]]] = [[] for _ in range(instance.tasks)]
    for (source, target), volume in zip(instance.edge.tolist(), instance.volume.tolist(), strict=True):
        sources[target].append((source, volume))

    def best(done: dict[int, tuple[int, int]], free: tuple[int, ...]) -> int:
        if len(done) == instance.tasks:
            return max(end for _, end in done.values())
        answers = []
        for task, pe in product(range(instance.tasks), range(instance.pes)):
            duration = int(instance.duration[task, pe])
            if task in done or duration < 0 or any(source not in done for source, _ in sources[task]):
                continue
            data = [done[source][1] + (volume if done[source][0] != pe else 0) for source, volume in sources[task]]
            end = max([free[pe], *data]) + duration
            answers.append(best({**done, task: (pe, end)}, (*free[:pe], end, *free[pe + 1 :])))
        return min(answers)

    return best({}, (0,) * instance.pes)


def most_decisions(instance: SocInstance) -> int:
    """Each task is placed once, and each end of a task and each entry of a job may be waited for."""
    return 2 * instance.tasks + instance.jobs


def objective_of(instance: SocInstance, total_reward: float) -> float:
    """The mean latency that the sum of the rewards tells: they are in mean durations over tasks and their PEs."""
    able = instance.duration >= 0
    mean = ((instance.duration * able).sum(axis=1) / able.sum(axis=1)).mean()
    return -total_reward * max(mean, 1e-9)


def elapsed_of(schedule: np.ndarray) -> float:
    """The clock goes from 0 to the last end."""
    return schedule[:, 3].max()


def distinct(rng: np.random.Generator) -> SocInstance:
    """Two jobs without ties, so that no rule of tie-breaking shows which name came first."""
    instance = open_source(SoC, "random:6x3x2,scale=100000,noise=0.2").sample(rng)
    duration = rng.permutation(10**5)[: instance.duration.size].reshape(instance.duration.shape) + 1
    volume = rng.permutation(10**5)[: len(instance.volume)]
    true = np.maximum(1, (duration * rng.uniform(0.7, 1.3, duration.shape)).astype(np.int64))
    return replace(instance, duration=duration, true_duration=true, volume=volume)


def relabel(instance: SocInstance, rng: np.random.Generator, options: dict[str, Any]) -> tuple[SocInstance, np.ndarray]:
    """The same jobs with other names of PEs and, within each job, of tasks; the new index of each action."""
    pes = rng.permutation(instance.pes)
    first = instance.job_start.tolist()
    tasks = np.concatenate([a + rng.permutation(b - a) for a, b in pairwise(first)])
    here, there = np.argsort(pes), np.argsort(tasks)  # the old name of each new one
    renamed = replace(
        instance,
        duration=instance.duration[there][:, here],
        true_duration=instance.true_duration[there][:, here],
        edge=tasks[instance.edge],
        bandwidth=instance.bandwidth[here][:, here],
        power=instance.power[here],
    )
    if options.get("decision") == "task":
        return renamed, np.arange(1 + instance.tasks)
    rows = 1 + np.arange(instance.tasks)[:, None] * instance.pes + pes
    return renamed, np.concatenate([[0], rows.ravel()])


def other_future(instance: SocInstance) -> SocInstance:
    """The same until the first decision: later jobs come at other times, and everything takes otherwise."""
    true = np.where(instance.duration > 0, instance.true_duration + 1, instance.true_duration)
    arrival = instance.arrival + 7 * np.arange(instance.jobs)
    return replace(instance, true_duration=true, arrival=arrival)


def fills_the_room(env: DispatchVectorEnv) -> list[SocInstance]:
    """The largest, the smallest, one whose queue of a single job is always full, one that is cut, the largest again."""
    rng = np.random.default_rng(5)
    large, queued = (open_source(SoC, f"random:8x3x3,noise=0.3,scale={scale}").sample(rng) for scale in (100, 1))
    small = SocInstance.graph([[3]], [])
    return [large, small, replace(queued, queue=1), replace(large, span=150), large]
