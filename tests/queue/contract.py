"""What the contract needs to know of the queue."""

from dataclasses import replace
from itertools import permutations
from typing import Any

import numpy as np
from hypothesis import strategies as st

from envs.core.vector import DispatchVectorEnv
from tests.queue.env import Queue
from tests.queue.instance import QueueInstance

INSTANCES = "random:8..14"
OPTIONS = [{}, {"slots": 4}, {"slots": 5, "skip_forced": False}]
EXACT = "exact"
EXACT_OPTIONS = {}
MALFORMED = {
    "cut.json": '{"arrival": [0',
    "falls.json": '{"arrival": [1, 0], "expected": [1, 1], "service": [1, 1], "capacity": 1, "unit": 1}',
    "short.json": '{"arrival": [1, 1], "expected": [1, 1], "service": [1], "capacity": 1, "unit": 1}',
}


@st.composite
def tiny(draw: st.DrawFn) -> QueueInstance:
    """At most 4 jobs that are all there at once, so that waiting is never better; ties."""
    jobs = draw(st.integers(1, 4))
    times = st.lists(st.integers(1, 6), min_size=jobs, max_size=jobs)
    arrival = [draw(st.integers(0, 5))] * jobs
    return QueueInstance(arrival, draw(times), draw(times), draw(st.integers(1, 3)), 3)  # type: ignore[arg-type]


@st.composite
def anything(draw: st.DrawFn) -> QueueInstance:
    """Jobs that come whenever."""
    drawn = draw(tiny())
    gaps = draw(st.lists(st.integers(0, 9), min_size=drawn.jobs, max_size=drawn.jobs))
    return replace(drawn, arrival=drawn.arrival + np.cumsum(gaps))


def brute_force(instance: QueueInstance) -> int:
    """The least total time over every order of the jobs, cut into batches in every way."""
    arrival, service, jobs = instance.arrival.tolist(), instance.service.tolist(), instance.jobs
    answers = []
    for order in permutations(range(jobs)):
        for cuts in range(1 << (jobs - 1)):
            batches = [[order[0]]]
            for place, job in enumerate(order[1:]):
                if cuts >> place & 1:
                    batches.append([])
                batches[-1].append(job)
            now, total = 0, 0
            for batch in batches:
                now = max(now, *(arrival[job] for job in batch)) + max(service[job] for job in batch)
                total += sum(now - arrival[job] for job in batch)
            if max(map(len, batches)) <= instance.capacity:
                answers.append(total)
    return min(answers)


def most_decisions(instance: QueueInstance) -> int:
    """Each job is picked once, and each batch has at least one."""
    return 2 * instance.jobs


def objective_of(instance: QueueInstance, total_reward: float) -> float:
    """The total time that the sum of the rewards tells."""
    return -total_reward * instance.jobs * instance.unit


def elapsed_of(schedule: np.ndarray) -> float:
    """The clock goes from 0 to the last end."""
    return schedule[:, 2].max()


def distinct(rng: np.random.Generator) -> QueueInstance:
    """Four jobs that come together, each of another length."""
    expected = rng.permutation(200)[:4] + 20
    return QueueInstance([7] * 4, expected, rng.permutation(200)[:4] + 20)  # type: ignore[arg-type]


def relabel(
    instance: QueueInstance, rng: np.random.Generator, options: dict[str, Any]
) -> tuple[QueueInstance, np.ndarray]:
    """The same jobs in other slots, and the new index of each action."""
    order = rng.permutation(instance.jobs)
    renamed = replace(instance, expected=instance.expected[order], service=instance.service[order])
    new = np.arange(1 + Queue(**options).options.slots)
    new[1 + order] = 1 + np.arange(instance.jobs)
    return renamed, new


def other_future(instance: QueueInstance) -> QueueInstance:
    """The same until the first decision: later jobs come later, and everything takes otherwise."""
    arrival = instance.arrival + 7 * (instance.arrival > instance.arrival[0])
    return replace(instance, service=instance.service + 3, arrival=arrival)


def fills_the_room(env: DispatchVectorEnv) -> list[QueueInstance]:
    """The largest, whose jobs come at once and take every slot several times, the smallest, one by one, the largest."""
    rng = np.random.default_rng(5)
    large, single = QueueInstance.generate(rng, 14), QueueInstance.generate(rng, 14)
    crowd = replace(large, arrival=np.full(14, 3))
    return [crowd, QueueInstance([4], [5], [6]), replace(single, capacity=1), crowd]  # type: ignore[arg-type]


def columns(env: DispatchVectorEnv, row: int) -> dict[str, dict[str, np.ndarray]]:
    """By array and by name: what each column should hold at this decision, from instance, schedule and slots."""
    instance, seen, slots = env.instances[row], env.observation, env.state.slot[row]  # type: ignore[attr-defined]
    assert isinstance(instance, QueueInstance)
    now, count, unit = int(env.state.line[row].now), len(slots), instance.unit  # type: ignore[attr-defined]
    job, picked = slots["job"], slots["picked"] == 1
    here, known = job >= 0, seen.node_type[row, 1:] == 1
    served, alone = len(env.schedule(row)), np.zeros(count)
    outside = int((instance.arrival <= now).sum()) - served - int(here.sum())
    expected = np.where(known, slots["expected"], 0)
    longest, batch = int(expected[picked].max(initial=0)), int(picked.sum())
    legal = seen.action_mask[row, 1:] == 1
    waited = np.where(legal, now - instance.arrival[np.maximum(job, 0)], 0)
    after = np.maximum(longest, expected) * legal
    commits = batch > 0
    np.testing.assert_array_equal(expected[here], instance.expected[job[here]])
    nodes = seen.edges[row].max(axis=0)

    def of(first: float, rest: np.ndarray) -> np.ndarray:
        return np.concatenate([[first], rest])

    return {
        "node_features": {
            "expected": of(0, soft(expected / unit)),
            "capacity": of(instance.capacity / (instance.capacity + 4), alone),
        },
        "node_state": {
            "here": of(here.mean(), here),
            "picked": of(batch / instance.capacity, picked),
            "outside": of(outside / (outside + 4), alone),
            "longest": of(soft(longest / unit), alone),
        },
        "edge_features": {"expected": np.where(nodes > 0, soft(expected[nodes - 1] / unit), 0)},
        "candidate_features": {
            "expected": of(0, soft(expected / unit) * legal),
            "waited": of(0, soft(waited / unit)),
            "longest": of(commits * soft(longest / unit), soft(after / unit)),
            "longer": of(0, soft((after - longest) / unit) * legal),
            "share": of(batch / instance.capacity, (batch + 1) / instance.capacity * legal),
            "behind": of(commits * (here.sum() - batch) / count, (here.sum() - batch - 1) / count * legal),
        },
    }


def soft(x: Any) -> Any:
    """Squashed into (-1, 1), half way at 4."""
    return x / (4 + abs(x))
