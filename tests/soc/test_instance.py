"""Instances of task graphs: arrays, hashes, the bound, and what is refused."""

import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from envs.core.datasets import open_source
from envs.soc.env import SoC
from envs.soc.instance import LARGEST, SocInstance
from envs.soc.verify import verify
from tests.soc.contract import brute_force, tiny
from tests.soc.graphs import choices, instances, place

# two jobs, of two tasks and of one
PAIR: dict[str, Any] = {
    "job_start": [0, 2, 3],
    "duration": [[3, 5], [4, -1], [2, 2]],
    "edge": [[0, 1]],
    "volume": [9],
    "bandwidth": [[0, 2], [2, 0]],
    "arrival": [0, 6],
    "true_duration": [[3, 6], [4, -1], [2, 2]],
    "power": [1.5, 0.5],
}


DURATIONS = ("duration", "true_duration")


def pair(**changes: Any) -> SocInstance:
    return SocInstance(**{**PAIR, **changes})


def test_the_arrays_of_two_jobs() -> None:
    instance = pair(name="two", queue=2, span=50)
    assert (instance.jobs, instance.tasks, instance.pes, instance.size) == (2, 3, 2, "2x2x2")
    assert instance.shape == (2, 3, 1, 2, 2) and repr(instance) == "SocInstance('two', shape=(2, 3, 1, 2, 2))"
    assert SocInstance.graph([[3, 5], [4, -1]], []).size == "2x2"


def test_arrays_are_copies_that_cannot_be_written() -> None:
    duration = np.array([[1, 2]], np.int32)
    graph = SocInstance.graph(duration, [])
    duration[0] = 9
    assert graph.duration.tolist() == [[1, 2]] and graph.duration.dtype == np.int64
    for array in (graph.duration, open_source(SoC, "random:5x2").sample(np.random.default_rng(0)).duration):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0


def test_edges_are_sorted_by_target_and_source() -> None:
    graph = SocInstance.graph([[1]] * 4, [(2, 3, 7), (0, 3, 8), (1, 2, 9)])
    assert (graph.edge.tolist(), graph.volume.tolist()) == ([[1, 2], [0, 3], [2, 3]], [9, 8, 7])


def test_the_fingerprint_sees_what_is_visible_and_equality_all_but_the_name() -> None:
    base = pair(name="two")
    assert base == pair() and base.fingerprint == pair().fingerprint
    hidden = [pair(arrival=[0, 7]), pair(true_duration=PAIR["duration"])]
    assert {item.fingerprint for item in hidden} == {base.fingerprint} and base not in hidden
    seen = [
        pair(duration=[[3, 4], [4, -1], [2, 2]]),
        pair(volume=[8]),
        pair(bandwidth=[[0, 2], [3, 0]]),
        pair(edge=[[1, 0]]),
    ]
    assert len({item.fingerprint for item in [base, *seen]}) == 5


def test_a_hash_for_each_number_of_jobs_that_have_entered() -> None:
    base, other = pair(), pair(duration=[[3, 5], [4, -1], [2, 7]], true_duration=[[3, 6], [4, -1], [2, 7]])
    assert base.graph_ids.shape == (3,) and base.graph_ids[-1] == base.fingerprint
    assert (base.graph_ids[:2] == other.graph_ids[:2]).all() and base.graph_ids[2] != other.graph_ids[2]


@pytest.mark.parametrize("text", ["random:6x3x3,scale=50,noise=0.3", "random:6x3,span=900", "random:20..30"])
def test_what_is_drawn_passes_the_checks_that_drawing_skips(text: str) -> None:
    drawn = open_source(SoC, text).sample(np.random.default_rng(1))
    again = replace(drawn)
    assert again == drawn and again.fingerprint == drawn.fingerprint


@pytest.mark.parametrize("law", ["4x2,span=1", "4x2x3,span=1,queue=1,scale=0", "9..20,span=7,scale=1..900"])
def test_a_span_that_is_drawn_begins_with_a_job(law: str) -> None:
    for drawn in (open_source(SoC, f"random:{law}").sample(np.random.default_rng(seed)) for seed in range(20)):
        assert replace(drawn).arrival[0] == 0 < drawn.span


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"duration": [[3, 5], [4, -2], [2, 2]]}, "task 1: duration -2 on PE 1 is negative (-1: cannot run there)"),
        ({"duration": [[3, 5], [-1, -1], [2, 2]]}, "task 1 can run on no PE, but each must run somewhere"),
        ({"duration": [[3, 5], [4, -1], [2, 2.5]]}, f"duration 2.5 is no whole number up to {LARGEST}"),
        ({"duration": [[3, 5], [4, -1], [2, LARGEST + 1]]}, f"duration {LARGEST + 1} is no whole number"),
        ({"duration": [[3, 5], [4, -1], [2, float("nan")]]}, "duration nan is no whole number"),
        ({"duration": [3, 4, 2]}, "duration has the shape (3,), but needs 2 dimensions"),
        ({"duration": np.zeros((3, 0), int)}, "there are no PEs, but at least one is needed"),
        ({"true_duration": [[3, 6], [4, 4], [2, 2]]}, "true_duration must be of the shape of duration and -1 where"),
        ({"true_duration": [[3, 6], [4, -1], [2, -5]]}, "task 2: true_duration -5 on PE 1 is negative"),
        ({"job_start": [0]}, "there are no jobs, but at least one is needed"),
        ({"job_start": [0, 2, 4]}, "job_start goes from 0 to 4, but must go from 0 to the 3 tasks"),
        ({"job_start": [0, 3, 3]}, "job 1 has no tasks, but every job needs at least one"),
        ({"arrival": [0]}, "there are 1 arrivals, but 2 jobs"),
        ({"arrival": [6, 0]}, "job 1 arrives at 0, before 0 or before the job that precedes it"),
        ({"arrival": [-1, 0]}, "job 0 arrives at -1, before 0"),
        ({"edge": [[0, 3]]}, "edge 0 is [0, 3], but the tasks are 0 to 2"),
        ({"edge": [[0, 2]]}, "edge 0 is [0, 2], which are tasks of two jobs"),
        ({"edge": [[0, 1], [0, 1]], "volume": [1, 2]}, "an edge is there twice, but each is one transfer"),
        ({"edge": [[0, 1], [1, 0]], "volume": [1, 2]}, "task 0 is on or behind a cycle, but a job has none"),
        ({"edge": [[1, 1]]}, "task 1 is on or behind a cycle"),
        ({"volume": [1, 2]}, "there are 2 volumes, but 1 edges"),
        ({"volume": [-9]}, "edge 0 has the volume -9, but none is negative"),
        ({"bandwidth": [[0, 2]]}, "bandwidth has the shape (1, 2), but must have (2, 2), of the 2 PEs"),
        ({"bandwidth": [[0, -2], [2, 0]]}, "bandwidth has the entry -2, but all are finite numbers from 0 on"),
        ({"power": [1.0]}, "power has the shape (1,), but must have (2,), of the 2 PEs"),
        ({"power": [1.0, float("inf")]}, "power has the entry inf, but all are finite numbers from 0 on"),
        ({"queue": -1}, "queue is -1, but is a whole number from 0 (none)"),
        (
            {"span": 5, "arrival": [5, 9]},
            "span is 5, but the first job arrives at 5, so that there is nothing to decide",
        ),
        ({"queue": True}, "queue is True, but is a whole number from 0 (none)"),
        ({"span": 1.5}, "span is 1.5, but is a whole number from 0 (none)"),
    ],
)
def test_what_is_no_instance_is_refused_with_a_sentence(changes: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValueError, match=re.escape(sentence)):
        pair(**changes)


@given(tiny())
def test_the_bound_of_a_graph_is_not_above_its_optimum(graph: SocInstance) -> None:
    assert graph.lower_bound() <= brute_force(graph)


@given(st.data())
@settings(deadline=None)
def test_no_schedule_is_below_the_bound(data: st.DataObject) -> None:
    instance = data.draw(instances())
    schedule = place(instance, data.draw(choices(instance)))
    assert verify(instance, schedule) >= instance.lower_bound()


def test_the_bound_is_the_longest_chain_or_the_work_shared_out() -> None:
    chain = SocInstance.graph([[3, 5], [4, -1], [9, 2]], [(0, 1, 50), (1, 2, 50)])
    assert chain.lower_bound() == 3 + 4 + 2
    assert SocInstance.graph([[5, 5]] * 3, []).lower_bound() == 8  # 15 / 2
    assert pair().lower_bound() == (3 + 4 + 2) / 2  # of the true durations
    assert pair(span=10).lower_bound() == 0


def test_a_job_that_finds_the_queue_full_does_not_raise_the_bound() -> None:
    short, long = [[1, 1]], [[9, 9]]
    stream = pair(queue=1, arrival=[0, 0], edge=[], volume=[], **dict.fromkeys(DURATIONS, short + short + long))
    assert stream.lower_bound() == 1 == verify(stream, [[0, 0, 0, 1], [1, 1, 0, 1]])
