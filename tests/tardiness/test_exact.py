"""The decomposition against brute force, published optima, the clock and a small memory."""

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from baselines.tardiness import exact
from baselines.tardiness.exact import FRAME, OPEN, Search, find, least_tardiness, name_of, refill
from envs.tardiness.instance import TardinessInstance
from envs.tardiness.sets import reference
from tests.tardiness.jobs import brute_force, instances, local, tardiness


@settings(max_examples=400, deadline=None)
@given(instances(most_jobs=7))
def test_the_least_tardiness_is_that_of_brute_force(instance: TardinessInstance) -> None:
    found = least_tardiness(instance.processing, instance.due, 10)
    assert found is not None
    assert found[0] == tardiness(instance, found[1]) == brute_force(instance)


@settings(max_examples=30, deadline=None)
@given(instances(most_jobs=8, longest=100))
def test_long_jobs_too(instance: TardinessInstance) -> None:
    found = least_tardiness(instance.processing, instance.due, 10)
    assert found is not None
    assert found[0] == tardiness(instance, found[1]) == brute_force(instance)


def test_the_numbers_may_be_as_large_as_an_instance_allows() -> None:
    scale = 10**13
    instance = TardinessInstance.from_lists([3 * scale, 5 * scale, 4 * scale], [6 * scale, 5 * scale, -scale])
    found = least_tardiness(instance.processing, instance.due, 10)
    assert found is not None and found[0] == brute_force(instance)


@pytest.mark.parametrize(("size", "every"), [(20, 5), (100, 4), (200, 10)])
def test_it_comes_to_the_published_optima(size: int, every: int) -> None:
    for instance in local(f"discover:{size}")[::every]:
        found = least_tardiness(instance.processing, instance.due, 60)
        assert found is not None and found[0] == reference(instance)[0] == tardiness(instance, found[1]), instance.name


def test_a_hundred_jobs_take_milliseconds() -> None:
    rng = np.random.default_rng(0)
    drawn = [TardinessInstance.generate(rng, 100) for _ in range(40)]
    spent = []
    for _ in range(2):  # first compile all of the search, or load it from its cache: no single instance needs all
        began = time.process_time()
        for instance in drawn:
            assert least_tardiness(instance.processing, instance.due, 10) is not None
        spent.append(time.process_time() - began)
    assert spent[1] < 40 * 0.01


def test_without_time_or_memory_there_is_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    hard = TardinessInstance.generate(np.random.default_rng(0), 300, rdd=0.2, tf=0.6)
    began = time.perf_counter()
    assert least_tardiness(hard.processing, hard.due, 1e-6) is None
    assert time.perf_counter() - began < 2
    monkeypatch.setattr(exact, "MOST_ROWS", 2**10)
    assert least_tardiness(hard.processing, hard.due, 100) is None


def test_a_search_that_is_stopped_often_comes_to_the_same_value(monkeypatch: pytest.MonkeyPatch) -> None:
    instance = TardinessInstance.generate(np.random.default_rng(1), 60, rdd=0.2, tf=0.6)
    whole = least_tardiness(instance.processing, instance.due, 60)
    monkeypatch.setattr(exact, "BLOCKS_AT_ONCE", 70)
    stopped = least_tardiness(instance.processing, instance.due, 60)
    assert whole is not None and stopped is not None
    assert whole[0] == stopped[0] == tardiness(instance, stopped[1])


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 10**9), st.integers(0, 2**53)), unique=True, max_size=60))
def test_the_memory_keeps_entries_apart_whose_hashes_are_equal(entries: list[tuple[int, int]]) -> None:
    small, large = np.full((128, 4), OPEN), np.full((512, 4), OPEN)
    for value, (key, start) in enumerate(entries):
        small[find(small, key, start)] = key, start, value, 7
    refill(large, small)
    for memory in (small, large):
        for value, (key, start) in enumerate(entries):
            assert memory[find(memory, key, start)].tolist() == [key, start, value, 7]


@settings(max_examples=60, deadline=None)
@given(instances(most_jobs=6), instances(most_jobs=6), st.data())
def test_different_blocks_have_different_names(
    instance: TardinessInstance, _other: TardinessInstance, data: st.DataObject
) -> None:
    """Every set that arises by cutting a block at a place of its longest job, as long as two jobs are in it."""
    n = instance.jobs
    by_length = sorted(range(n), key=lambda job: (instance.processing[job], job))
    rank = np.argsort(by_length)
    search = Search(
        *(np.arange(n), np.arange(n), rank, np.zeros(n * n, np.int64)),
        *(np.zeros(1, [(name, np.int64) for name in FRAME]).view(np.recarray), np.zeros((1, 4)), np.zeros(2)),
    )
    names: dict[int, tuple[int, ...]] = {}

    def descend(block: tuple[int, ...]) -> None:
        if not block:
            return
        search.jobs[: len(block)] = block
        place = max(range(len(block)), key=lambda k: rank[block[k]])
        assert names.setdefault(int(name_of(search, 0, len(block), place)), block) == block
        for at in range(place, len(block)):
            descend(block[:place] + block[place + 1 : at + 1])
            descend(block[at + 1 :])
        if data.draw(st.booleans()):
            descend(block[:-1])

    descend(tuple(range(n)))
