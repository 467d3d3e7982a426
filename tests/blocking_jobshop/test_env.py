"""The blocking job shop's environment: no play gets stuck, and moments are what `verify` says they are."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from envs.blocking_jobshop.env import BlockingJobShop
from envs.blocking_jobshop.instance import BlockingJobShopInstance
from envs.blocking_jobshop.sets import load_set
from envs.blocking_jobshop.verify import verify
from envs.core.vector import DispatchVectorEnv
from envs.jobshop.instance import JobShopInstance


def judged(env: DispatchVectorEnv) -> list[int]:
    """The makespans by the judge."""
    found = []
    for row, shop in enumerate(env.instances):
        assert isinstance(shop, BlockingJobShopInstance)
        found.append(verify(shop, env.schedule(row)))
    return found


LAWS = ("", ",shutdown=0.02..0.2", ",shutdown=0.1,failures=busy", ",shutdown=0.03,interrupted=repeat,repair=0.1")


def finish(env: DispatchVectorEnv, seed: int) -> None:
    """Play at random, to the end."""
    rng = np.random.default_rng(seed)
    while env.running.any():
        assert env.observation.action_mask[env.running].any(axis=1).all(), "a play is stuck"
        env.step((rng.random(env.observation.action_mask.shape) * env.observation.action_mask).argmax(axis=1))


@pytest.mark.parametrize("swap", ["allowed", "not_allowed"])
@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize("view", ["order", "events"])
def test_no_play_of_random_shops_gets_stuck(view: str, law: str, swap: str) -> None:
    env = DispatchVectorEnv(BlockingJobShop(view=view), 12, f"random:4x3..8x8,swap={swap}{law}", autoreset=False)
    env.reset(seed=3)
    finish(env, 3)
    assert judged(env) == env.objective.tolist()


@pytest.mark.parametrize(
    "words", ["", ":shutdown=0.05:seed=0..2", ":swap=not_allowed", ":swap=not_allowed:shutdown=0.02"]
)
@pytest.mark.parametrize("name", ["ft06", "ta01"])
def test_no_play_of_benchmarks_gets_stuck(name: str, words: str) -> None:
    instances = load_set(name + words)
    env = DispatchVectorEnv(BlockingJobShop(), 6 * len(instances), instances, autoreset=False)
    env.reset(options={"instances": instances, "repeat": 6})
    finish(env, 0)
    assert judged(env) == env.objective.tolist()


def played(
    jobs: list[list[tuple[int, int]]], actions: list[int], failures: Sequence[tuple[int, int, int]] = (), **law: Any
) -> list[tuple[int, ...]]:
    """(job, position, start, end, leave) of each operation when so much is played, by events, then whatever comes."""
    shop = BlockingJobShopInstance.of(JobShopInstance.from_jobs(jobs))
    table = np.array(sorted(failures), np.int64).reshape(-1, 3)
    shop = BlockingJobShopInstance.of(
        shop,
        shutdown_probability=np.full(shop.machines, 0.1 if len(table) else 0.0),
        failure_start=table[:, 1],
        failure_length=table[:, 2],
        failure_first=np.searchsorted(table[:, 0], np.arange(shop.machines + 1)),
        **law,
    )
    env = DispatchVectorEnv(BlockingJobShop(view="events", skip_forced=False), 1, [shop], autoreset=False)
    env.reset()
    for action in actions:
        env.step(np.array([action]))
    while env.running[0]:
        env.step(np.flatnonzero(env.observation.action_mask[0])[-1:])  # wait only where there is nothing else
    assert verify(shop, env.schedule(0)) == env.objective[0]
    return [(job, position, start, end, leave) for job, position, _, start, end, leave in env.schedule(0).tolist()]


def test_who_is_done_blocks_until_the_next_machine_is_free() -> None:
    assert played([[(0, 2), (1, 1)], [(1, 5)]], [1, 2])[:2] == [(0, 0, 0, 2, 5), (0, 1, 5, 6, 6)]


def test_jobs_swap_machines_at_one_moment() -> None:
    assert played([[(0, 2), (1, 3)], [(1, 4), (0, 1)]], [1, 2]) == [
        (0, 0, 0, 2, 4),
        (0, 1, 4, 7, 7),
        (1, 0, 0, 4, 4),
        (1, 1, 4, 5, 5),
    ]


def test_a_job_stays_where_its_next_operation_is_too() -> None:
    assert played([[(0, 2), (0, 3)]], [1]) == [(0, 0, 0, 2, 2), (0, 1, 2, 5, 5)]


def test_an_interrupted_operation_goes_on_or_begins_anew() -> None:
    assert played([[(0, 5)]], [1], [(0, 3, 4)]) == [(0, 0, 0, 9, 9)]
    assert played([[(0, 5)]], [1], [(0, 3, 4)], resume=0) == [(0, 0, 0, 12, 12)]


def test_an_end_that_falls_on_a_failure_is_an_end_and_the_job_may_still_leave() -> None:
    assert played([[(0, 3), (1, 2)]], [1], [(0, 3, 4)]) == [(0, 0, 0, 3, 3), (0, 1, 3, 5, 5)]


def test_a_machine_that_is_down_neither_takes_nor_gives() -> None:
    jobs = [[(0, 2), (1, 2)], [(1, 4)]]
    assert played(jobs, [1, 2], [(0, 3, 5)])[:2] == [(0, 0, 0, 2, 8), (0, 1, 8, 10, 10)]  # done at 2, free to go at 4
    assert played([[(0, 3), (1, 2)]], [1], [(1, 2, 6)]) == [(0, 0, 0, 3, 8), (0, 1, 8, 10, 10)]


def test_a_swap_waits_for_all_its_machines() -> None:
    jobs = [[(0, 2), (1, 3)], [(1, 4), (0, 1)]]
    assert played(jobs, [1, 2], [(0, 3, 5)])[0] == (0, 0, 0, 2, 8)


def test_busy_machines_fail_by_what_they_have_processed() -> None:
    jobs = [[(0, 4)], [(1, 6), (0, 4)]]
    found = played(jobs, [1, 2], [(0, 6, 3)], busy_only=1)
    assert found == [(0, 0, 0, 4, 4), (1, 0, 0, 6, 6), (1, 1, 6, 13, 13)]


def test_the_order_view_reaches_what_starts_later_than_it_is_decided() -> None:
    """Job 1 is moved first and starts at 0, then job 0 at 9 although it could have been first."""
    shop = BlockingJobShopInstance.from_jobs([[(0, 1)], [(1, 9), (0, 2)]])
    env = DispatchVectorEnv(BlockingJobShop(skip_forced=False), 1, [shop], autoreset=False)
    env.reset()
    for action in (2, 2, 1):
        env.step(np.array([action]))
    assert env.schedule(0)[:, [3, 4]].tolist() == [[11, 12], [0, 9], [9, 11]]


def test_waiting_is_refused_where_nothing_comes() -> None:
    shop = BlockingJobShopInstance.from_jobs([[(0, 1)], [(0, 2)]])
    for view, reason in (("order", "in the order view nobody waits"), ("events", "there is nothing to wait for")):
        env = DispatchVectorEnv(BlockingJobShop(view=view), 1, [shop], autoreset=False)
        env.reset()
        with pytest.raises(ValueError, match=reason):
            env.step(np.array([0]))


def test_a_failure_that_comes_changes_nothing_before() -> None:
    """The same visible numbers: observations agree until one of the two shops fails."""
    (shop,) = load_set("ft06:shutdown=0.005")
    twins, room = [shop.realise(4), shop.realise(5)], (6, 6, 36, 500)
    envs = [
        DispatchVectorEnv(BlockingJobShop(lookahead="pilot"), 1, [one], shape=room, autoreset=False) for one in twins
    ]
    for env in envs:
        env.reset()
    first = min(int(one.failure_start[one.failure_first[:-1]].min()) for one in twins)
    rng, compared = np.random.default_rng(0), 0
    while all(env.state.shop["now"][0] < first for env in envs):
        for left, right in zip(*(env.observation for env in envs), strict=True):
            np.testing.assert_array_equal(left, right)
        action = (rng.random(envs[0].observation.action_mask.shape) * envs[0].observation.action_mask).argmax(axis=1)
        for env in envs:
            env.step(action)
        compared += 1
    assert compared > 5


def test_the_graph_loses_what_is_over_and_its_name_tells() -> None:
    env = DispatchVectorEnv(BlockingJobShop(), 2, "random:5x4", autoreset=False)
    env.reset(seed=0, options={"repeat": 2})
    names, rng, nodes = set(), np.random.default_rng(0), []
    while env.running.any():
        names.add(int(env.observation.ids[0, 0]))
        nodes.append(int((env.observation.node_type[0] >= 0).sum()))
        env.step((rng.random(env.observation.action_mask.shape) * env.observation.action_mask).argmax(axis=1))
    assert len(names) == len(nodes) and nodes == sorted(nodes, reverse=True) and nodes[0] == 25
    assert (env.observation.node_type[0] >= 0).sum() == 5, "the clock and the machines are left"
