"""The local search for task graphs: plans against plain Python, optima, streams, what it may know, budgets."""

import math
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from baselines.soc import walk
from baselines.soc.lists import LISTS
from baselines.soc.search import Stream, local_search
from envs.core.datasets import resolve
from envs.core.schedules import ScheduleError
from envs.soc.env import SoC
from envs.soc.instance import SocInstance
from envs.soc.sets import load_set, reference
from envs.soc.verify import verify
from tests.soc.graphs import instances, place
from tests.soc.test_solvers import total_latency

TOPCUOGLU, ARABNEJAD = load_set("canonical")


def at_once(instance: SocInstance) -> SocInstance:
    """The same jobs, all there at 0."""
    return replace(instance, arrival=np.zeros(instance.jobs, np.int64))


@settings(max_examples=60, deadline=None)  # the first call compiles
@given(instances(most_tasks=6, noisy=False), st.integers(0, 9), st.integers(1, 40))
def test_values_and_ends_are_those_of_plain_python_whatever_was_moved(
    instance: SocInstance, seed: int, moves: int
) -> None:
    instance = at_once(instance)
    stream = Stream(instance, seed)
    next(stream.plans(None))
    s = stream.walk
    walk.begin(s)
    for k in range(1, moves + 1):
        walk.go_on(s, k, -1)
        rows = place(instance, [(int(t), int(s.where[t])) for t in s.order])
        assert {row[0]: row[3] for row in rows} == dict(enumerate(s.end.tolist()))
        assert s.end.tolist() == s.kept_end.tolist() and s.order[s.place].tolist() == list(range(instance.tasks))
        assert s.walk[0].value == round(verify(instance, rows) * instance.jobs) >= s.walk[0].best
    walk.end(s)
    rows = place(instance, [(int(t), int(s.where[t])) for t in s.order])
    assert s.walk[0].best == round(verify(instance, rows) * instance.jobs)


def test_planning_all_tasks_for_each_move_finds_the_same() -> None:
    (graph,) = resolve(SoC, "random:40x4:1:0")
    found = []
    for anew in (0, 1):
        stream = Stream(graph, 3)
        next(stream.plans(None))
        stream.walk.walk["anew"] = anew
        values = list(walk.improve(stream.walk, 5000, 0))
        found.append((values[-1], stream.walk.walk[0].moves, stream.walk.order.tolist()))
    assert found[0] == found[1] and values[-1] < values[0]


@settings(max_examples=60, deadline=None)
@given(instances(most_tasks=5))
def test_a_critical_path_leads_without_a_gap_to_the_end_of_a_job(instance: SocInstance) -> None:
    stream = Stream(at_once(instance), 0)
    next(stream.plans(None))
    s = stream.walk
    walk.begin(s)
    walk.find_path(s, s.walk[0])
    path = s.path[: s.walk[0].paths].tolist()
    job = s.job[path[0]]
    starts = s.end - instance.duration[np.arange(instance.tasks), s.where]
    assert s.end[path[0]] == s.end[s.job == job].max() and starts[path[-1]] == 0
    sent = dict(zip(map(tuple, instance.edge.tolist()), instance.volume.tolist(), strict=True))
    for after, before in pairwise(path):
        width = int(instance.bandwidth[s.where[before], s.where[after]])
        moved = sent.get((before, after), 0) // width if width else 0
        assert starts[after] == s.end[before] + moved or (
            s.where[after] == s.where[before] and starts[after] == s.end[before]
        )


@settings(max_examples=40, deadline=None)
@given(instances(most_jobs=2, most_tasks=3, most_pes=2, noisy=False))
def test_tiny_instances_are_solved(instance: SocInstance) -> None:
    instance = at_once(instance)
    solution = local_search(instance, math.inf, moves=4000)
    assert verify(instance, solution.schedule) == solution.objective == total_latency(instance) / instance.jobs


@pytest.mark.parametrize(("graph", "optimum"), [(TOPCUOGLU, 73), (ARABNEJAD, 113)])
def test_the_optima_of_the_papers_graphs_are_reached(graph: SocInstance, optimum: int) -> None:
    for seed in range(3):
        solution = local_search(graph, math.inf, seed=seed, moves=50_000)
        assert verify(graph, solution.schedule) == solution.objective == optimum


def test_graphs_of_20_to_30_tasks_are_near_or_at_their_proved_optima() -> None:
    graphs = load_set("dags")[::8]
    gaps = [local_search(g, math.inf, moves=300_000).objective / reference(g)[0] - 1 for g in graphs]
    assert min(gaps) >= 0 and np.mean(gaps) < 0.01 and gaps.count(0) >= 10


@settings(max_examples=100, deadline=None)
@given(instances(most_jobs=4), st.integers(0, 2), st.integers(0, 30), st.integers(0, 60))
def test_any_stream_with_or_without_queue_and_span_gets_a_schedule(
    instance: SocInstance, queue: int, span: int, moves: int
) -> None:
    instance = replace(instance, queue=queue, span=span)
    solution = local_search(instance, math.inf, moves=moves)
    assert verify(instance, solution.schedule) == solution.objective >= instance.lower_bound()
    assert solution.improvements[-1].objective == solution.objective


def test_what_has_started_before_an_arrival_does_not_depend_on_it() -> None:
    (stream,) = resolve(SoC, "random:10x3x3,scale=60:1:5")
    time = int(stream.arrival[1])
    later = replace(stream, arrival=stream.arrival + np.array([0, 40, 40]))
    rows = [local_search(some, math.inf, moves=9000).schedule.tolist() for some in (stream, later)]
    before = [[row for row in some if row[2] < time] for some in rows]
    assert before[0] == before[1] and len(before[0]) > 2 and rows[0] != rows[1]


def test_true_durations_are_known_when_tasks_have_ended() -> None:
    (graph,) = resolve(SoC, "random:20x3:1:1")
    other = replace(graph, true_duration=np.where(graph.duration > 0, 2 * graph.duration, graph.duration))
    plans = [local_search(some, math.inf, moves=2000).schedule for some in (graph, other)]
    assert np.array_equal(plans[0][np.argsort(plans[0][:, 0]), :2], plans[1][np.argsort(plans[1][:, 0]), :2])


def test_what_is_overdue_is_expected_to_be_as_late_again() -> None:
    """A task that should have ended at 10 runs at 14: it is expected to end at 18, so the second job goes elsewhere."""
    two = SocInstance.graph([[10, 90], [5, 8]], [])
    late = replace(
        two,
        job_start=np.array([0, 1, 2]),
        arrival=np.array([0, 14]),
        true_duration=np.array([[100, 90], [5, 8]]),
    )
    stream = Stream(late, 0)
    plans = stream.plans(None)
    assert [next(plans), next(plans)] == [0.5, 1.0]
    assert stream.walk.free.tolist() == [18, 14]
    list(plans)
    assert stream.schedule().tolist() == [[0, 0, 0, 100], [1, 1, 14, 22]]


def test_more_search_at_each_arrival_makes_streams_faster() -> None:
    streams = resolve(SoC, "random:ds3gym,jobs=20,noise=0.1:5:901")
    short, long = (np.mean([local_search(s, math.inf, moves=m).objective for s in streams]) for m in (0, 100_000))
    assert long < 0.97 * short


@pytest.mark.parametrize("text", ["random:30x4:1:0", "random:10x3x5,noise=0.2:1:0"])
def test_the_same_seed_and_moves_give_the_same_schedule_and_other_seeds_another(text: str) -> None:
    (instance,) = resolve(SoC, text)
    first, again, other = (local_search(instance, math.inf, seed=s, moves=5000).schedule for s in (1, 1, 2))
    assert np.array_equal(first, again) and not np.array_equal(first, other)


def test_what_was_in_hand_when_is_told_from_the_first_schedule_on() -> None:
    (graph,) = resolve(SoC, "random:60x4:1:0")
    solution = local_search(graph, seconds=0.1)
    steps = solution.improvements
    assert all(before.objective > after.objective and before.cpu_s <= after.cpu_s for before, after in pairwise(steps))
    assert all(verify(graph, step.schedule) == step.objective for step in steps)
    assert np.array_equal(steps[-1].schedule, solution.schedule) and len(steps) > 3


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("random:1x3:1:0", 0.02), ("random:30x4:1:0", 0.003), ("random:300x8:1:0", 0.05), ("random:10x3x9:1:0", 0.1)],
)
def test_it_ends_within_20_ms_of_its_seconds(text: str, seconds: float) -> None:
    (instance,) = resolve(SoC, text)
    local_search(instance, seconds=seconds)
    solution = local_search(instance, seconds=seconds)
    assert solution.cpu_s < seconds + 0.02
    assert solution.status == "optimal" or solution.cpu_s >= seconds


@pytest.mark.parametrize("name", LISTS)
def test_it_improves_the_schedule_that_it_is_given(name: str) -> None:
    (graph,) = resolve(SoC, "random:40x4:1:0")
    start = LISTS[name](graph)
    none = local_search(graph, 1, start=start[::-1], moves=0)
    assert none.status == "hint" and none.objective <= verify(graph, start)
    assert local_search(graph, 1, start=start, moves=20_000).objective < none.objective


def test_bad_starts_and_moves_are_refused() -> None:
    start = LISTS["heft"](ARABNEJAD)
    with pytest.raises(ScheduleError, match="task 9 is not scheduled"):
        local_search(ARABNEJAD, 1, start=start[:-1])
    with pytest.raises(ValueError, match=r"search judges at least 0 moves, but got -1\."):
        local_search(ARABNEJAD, 1, moves=-1)
    with pytest.raises(ValueError, match="search takes more than 0 seconds"):
        local_search(ARABNEJAD, 0)
    (stream,) = resolve(SoC, "random:4x2x3:1:0")
    with pytest.raises(ValueError, match=r"this instance has 3 jobs and is planned again whenever one enters: leave"):
        local_search(stream, 1, start=LISTS["heft"](stream))
