"""The environment on shops small enough to be worked out by hand.

The example: 36 units of work in 9 operations, so the mean duration is 4; the first bound is the work of job 0, 16.

            operations (machine:duration)   work         machine   work
    job 0   m2:8   m0:4   m1:4              16           m0        4 + 1 + 5 = 10
    job 1   m0:1   m2:4   m1:6              11           m1        4 + 6 + 3 = 13
    job 2   m1:3   m0:5   m2:1               9           m2        8 + 4 + 1 = 13

Nodes: the clock is 0, the operations are 1-3, 4-6, 7-9, the machines 10-12.

At the start job 1 on m0 would end first (c* = 1) and has m0 to itself: forced, 0-1. Then job 2 on m1 (c* = 3): forced,
0-3. That leaves the first decision, at time 0 with the bound at 16:

            next   start-end                             m0 |1........        free at 1, 9 left
    job 0   m2:8   0-8          candidate                m1 |222......        free at 3, 10 left
    job 1   m2:4   1-5 (c*)     candidate                m2 |                 free at 0, 13 left
    job 2   m0:5   3-8

Job 1 goes, 1-5: job 0 cannot end before 5 + 16 = 21. Job 2 on m0 (c* = 8) is forced, 3-8. The second decision, at time
5 with the bound at 21:

            next   start-end                             m0 |1..22222         free at 8, 4 left
    job 0   m2:8   5-13         candidate                m1 |222              free at 3, 10 left
    job 1   m1:6   5-11                                  m2 | 1111            free at 5, 9 left
    job 2   m2:1   8-9 (c*)     candidate

Job 0 goes, 5-13. All else is forced: job 1 on m1 5-11, job 2 on m2 13-14, job 0 on m0 13-17 and m1 17-21.
"""

from typing import Any

import numpy as np
import pytest

from envs.core.spec import Feature
from envs.core.vector import DispatchVectorEnv
from envs.jobshop.features import SPEC
from envs.jobshop.instance import JobShopInstance
from envs.jobshop.verify import verify

EXAMPLE = JobShopInstance.from_jobs(
    [
        [(2, 8), (0, 4), (1, 4)],
        [(0, 1), (2, 4), (1, 6)],
        [(1, 3), (0, 5), (2, 1)],
    ]
)
MEAN, FIRST_BOUND = 4, 16

NODE_FEATURES = [
    # duration, position, head, tail, job_length, machine_load, share
    [0, 0, 0, 0, 0, 0, 3 / 6],
    [8, 0 / 3, 0, 8, 16, 13, 0],
    [4, 1 / 3, 8, 4, 16, 10, 0],
    [4, 2 / 3, 12, 0, 16, 13, 0],
    [1, 0 / 3, 0, 10, 11, 10, 0],
    [4, 1 / 3, 1, 6, 11, 13, 0],
    [6, 2 / 3, 5, 0, 11, 13, 0],
    [3, 0 / 3, 0, 6, 9, 13, 0],
    [5, 1 / 3, 3, 1, 9, 10, 0],
    [1, 2 / 3, 8, 0, 9, 13, 0],
    [0, 0, 0, 0, 0, 10, 3 / 3],
    [0, 0, 0, 0, 0, 13, 3 / 3],
    [0, 0, 0, 0, 0, 13, 3 / 3],
]
NODE_UNITS = [1 / (2 * MEAN), 1, 1 / FIRST_BOUND, 1 / FIRST_BOUND, 1 / FIRST_BOUND, 1 / FIRST_BOUND, 1]

WITHIN_JOBS = [  # operation, the next one, duration of the first
    (1, 2, 8), (2, 3, 4),
    (4, 5, 1), (5, 6, 4),
    (7, 8, 3), (8, 9, 5),
]  # fmt: skip
TO_MACHINES = [  # operation, machine, duration
    (1, 12, 8), (2, 10, 4), (3, 11, 4),
    (4, 10, 1), (5, 12, 4), (6, 11, 6),
    (7, 11, 3), (8, 10, 5), (9, 12, 1),
]  # fmt: skip

STATE_UNITS = [1, 1 / FIRST_BOUND, 1 / FIRST_BOUND, 1]
FIRST_STATE = [
    # done, start, end, next
    [2 / 9, 0, 16, 0],  # clock: time and bound
    [0, 0, 8, 1],
    [0, 8, 12, 0],
    [0, 12, 16, 0],
    [1, 0, 1, 0],
    [0, 1, 5, 1],
    [0, 5, 11, 0],
    [1, 0, 3, 0],
    [0, 3, 8, 1],
    [0, 8, 9, 0],
    [1 / 3, 1, 9, 0],  # machines: end of the last and work left
    [1 / 3, 3, 10, 0],
    [0 / 3, 0, 13, 0],
]
SECOND_STATE = [
    [4 / 9, 5, 21, 0],
    [0, 0, 8, 1],  # where its job allows it to start, not where its machine does
    [0, 8, 12, 0],
    [0, 12, 16, 0],
    [1, 0, 1, 0],
    [1, 1, 5, 0],
    [0, 5, 11, 1],
    [1, 0, 3, 0],
    [1, 3, 8, 0],
    [0, 8, 9, 1],
    [2 / 3, 8, 4, 0],
    [1 / 3, 3, 10, 0],
    [1 / 3, 5, 9, 0],
]

# The queue of m2 beside job 0: job 1's 4 (arrives at 1, 6 come after it) and job 2's 1 (arrives at 8, none come after).
# Beside job 1: job 0's 8 (arrives at 0, 8 come after it) and job 2's 1. The machine with the latest bound is m1 with
# 3 + 10, the lowest of two: m2 has 0 + 13.
FIRST_TIMES = {  # job 0, job 1
    "duration": (8, 4),
    "waiting": (0 - 0, 1 - 1),
    "idle": (0 - 0, 1 - 0),
    "before_completion": (5 - 0, 5 - 1),
    "after_completion": (8 - 5, 5 - 5),
    "tail": (4 + 4, 6),
    "work": (16 - 16, 10 - 16),
    "job_bound": (8 + 8 - 16, 5 + 6 - 16),
    "machine_bound": (8 + 5 - 16, 5 + 9 - 16),
    "next_duration": (4, 6),
    "next_free": (1 - 8, 3 - 5),  # m0, m1
    "next_bound": (8 + 9 - 16, 5 + 10 - 16),
    "bound_after": (18 - 16, 21 - 16),  # job 1 from 8 on: 8 + 10; job 0 from 5 on: 5 + 16
    "bound_regret": (18 - 18, 21 - 18),
    "queue_after": (18 - 16, 21 - 16),  # job 2's is later and shorter: 8 + 1
    "queue_regret": (18 - 18, 21 - 18),
    "queue_last": (1 + 5 + 16 - 16, 0 + 9 + 10 - 16),
    "queue_bound": (8 + 5 + 0 - 16, 5 + 9 + 0 - 16),
    "tail_excess": (8 - (6 + 0) / 2, 6 - (8 + 0) / 2),
    "arriving": (4, 8),  # job 2 is there at 8: not before 8, not before 5
    "bottleneck_distance": (8 + 4, 4),
    "bottleneck_idle": (3 - 12, 3 - 5),
}
FIRST_SHARES = {
    "position": (0 / 3, 1 / 3),
    "machine_share": (39 / (4 * 32 + 39), 39 / (4 * 32 + 39)),  # 13 of 32 left in all, which is x = 39 / 32 means
    "machine_waiting": (2 / 3, 2 / 3),
    "next_share": (27 / (4 * 32 + 27), 30 / (4 * 32 + 30)),  # 9 on m0, 10 on m1
    "next_waiting": (1 / 3, 0 / 3),
    "last": (0, 0),
    "candidates": (2 / 3, 2 / 3),
    "progress": (2 / 9, 2 / 9),
    "growth": (0, 0),
    "longer": (0 / 2, 1 / 2),
    "shorter": (2 / 2, 1 / 2),
    "to_bottleneck": (1, 1),
}

# The queue of m2 beside job 0: job 2's 1 (arrives at 8, none come after it). Beside job 2: job 0's 8 (arrives at 5, 8
# come after it). The machine with the latest bound is m2 itself with 5 + 9.
SECOND_TIMES = {  # job 0, job 2
    "duration": (8, 1),
    "waiting": (5 - 0, 8 - 8),
    "idle": (5 - 5, 8 - 5),
    "before_completion": (9 - 5, 9 - 8),
    "after_completion": (13 - 9, 9 - 9),
    "tail": (4 + 4, 0),
    "work": (16 - 16, 1 - 16),
    "job_bound": (13 + 8 - 21, 9 + 0 - 21),
    "machine_bound": (13 + 1 - 21, 9 + 8 - 21),
    "next_duration": (4, 0),
    "next_free": (8 - 13, 0),
    "next_bound": (13 + 4 - 21, 0),
    "bound_after": (21 - 21, 25 - 21),  # job 0 from 9 on: 9 + 16
    "bound_regret": (21 - 21, 25 - 21),
    "queue_after": (21 - 21, 25 - 21),
    "queue_regret": (21 - 21, 25 - 21),
    "queue_last": (8 + 1 + 16 - 21, 5 + 8 + 1 - 21),
    "queue_bound": (13 + 1 + 0 - 21, 9 + 8 + 8 - 21),
    "tail_excess": (8 - 0, 0 - 8),
    "arriving": (1, 8),
    "bottleneck_distance": (0, 0),
    "bottleneck_idle": (5 - 5, 5 - 8),
}
SECOND_SHARES = {
    "position": (0 / 3, 2 / 3),
    "machine_share": (27 / (4 * 23 + 27), 27 / (4 * 23 + 27)),  # 9 of 23 left in all
    "machine_waiting": (2 / 3, 2 / 3),
    "next_share": (12 / (4 * 23 + 12), 0),  # 4 on m0
    "next_waiting": (0 / 3, 0),
    "last": (0, 1),
    "candidates": (2 / 3, 2 / 3),
    "progress": (4 / 9, 4 / 9),
    "growth": (21 / 16 - 1, 21 / 16 - 1),
    "longer": (0 / 1, 1 / 1),
    "shorter": (1 / 1, 0 / 1),
    "to_bottleneck": (1, 1),
}


def start(instance: JobShopInstance, **options: Any) -> DispatchVectorEnv:
    """One environment at the first decision of the instance."""
    env = DispatchVectorEnv("jobshop", 1, [instance], autoreset=False, **options)
    env.reset()
    return env


def squashed(time: float, mean: float = MEAN) -> float:
    return time / mean / (4 + abs(time / mean))


def candidate_features(jobs: tuple[int, int], times: dict[str, Any], shares: dict[str, Any]) -> np.ndarray:
    """(3, C): the two candidates' values, zeros for the third job."""
    names = [feature.name for feature in SPEC.candidate_features]
    assert sorted(names) == sorted([*times, *shares])
    array = np.zeros((3, len(names)))
    for name in names:
        values = [squashed(time) for time in times[name]] if name in times else shares[name]
        array[jobs, names.index(name)] = values
    return array


def equal(array: np.ndarray, expected: Any, columns: tuple[Feature, ...]) -> None:
    expected = np.asarray(expected, float)
    assert array.shape == expected.shape
    for index, (name, _) in enumerate(columns):
        np.testing.assert_allclose(array[:, index], expected[:, index], rtol=1e-6, atol=1e-9, err_msg=name)


def column(env: DispatchVectorEnv, name: str) -> np.ndarray:
    """(J,): the values of one candidate feature."""
    names = [feature.name for feature in SPEC.candidate_features]
    return env.observation.candidate_features[0, :, names.index(name)]


def legal(env: DispatchVectorEnv) -> list[int]:
    return env.action_masks()[0].nonzero()[0].tolist()


def test_the_graph_of_the_example() -> None:
    seen = start(EXAMPLE).observation
    equal(seen.node_features[0], np.array(NODE_FEATURES) * NODE_UNITS, SPEC.node_features)
    assert seen.node_type[0].tolist() == [0] + [1] * 9 + [2] * 3
    assert SPEC.node_types == ("clock", "operation", "machine")

    successor, predecessor, needs, serves = range(4)
    assert SPEC.edge_types == ("successor", "predecessor", "needs", "serves")
    expected = [(source, target, successor, duration / 8) for source, target, duration in WITHIN_JOBS]
    expected += [(target, source, predecessor, duration / 8) for source, target, duration in WITHIN_JOBS]
    expected += [(operation, machine, needs, duration / 8) for operation, machine, duration in TO_MACHINES]
    expected += [(machine, operation, serves, duration / 8) for operation, machine, duration in TO_MACHINES]
    columns = *seen.edges[0].tolist(), seen.edge_type[0].tolist(), seen.edge_features[0, :, 0].tolist()
    found = list(zip(*columns, strict=True))
    assert sorted(found[:30]) == sorted(expected)
    assert found[30:] == [(0, 0, -1, 0)] * 6  # room for four edges of each operation; the last of a job has two


def test_the_first_decision_of_the_example() -> None:
    env = start(EXAMPLE)
    seen = env.observation
    equal(seen.node_state[0], np.array(FIRST_STATE) * STATE_UNITS, SPEC.node_state)
    assert seen.action_mask[0].tolist() == [1, 1, 0]
    assert seen.candidates[0].tolist() == [[1, 1], [5, 5], [8, 8]]
    assert seen.candidate_type[0].tolist() == [1, 1, 1] and SPEC.candidate_types == ("wait", "dispatch")
    equal(seen.candidate_features[0], candidate_features((0, 1), FIRST_TIMES, FIRST_SHARES), SPEC.candidate_features)
    assert seen.ids[0].tolist() == [EXAMPLE.fingerprint, 0]
    assert env.objective[0] == 16 and env.schedule(0).tolist() == [[1, 0, 0, 0, 1], [2, 0, 1, 0, 3]]


def test_the_second_decision_of_the_example() -> None:
    env = start(EXAMPLE)
    _, reward, terminated, truncated, info = env.step(np.array([1]))
    seen = env.observation
    equal(seen.node_state[0], np.array(SECOND_STATE) * STATE_UNITS, SPEC.node_state)
    assert seen.action_mask[0].tolist() == [1, 0, 1]
    assert seen.candidates[0].tolist() == [[1, 1], [6, 6], [9, 9]]
    assert seen.candidate_type[0].tolist() == [1, 1, 1]
    equal(seen.candidate_features[0], candidate_features((0, 2), SECOND_TIMES, SECOND_SHARES), SPEC.candidate_features)
    assert seen.ids[0].tolist() == [EXAMPLE.fingerprint, 1]
    assert reward[0] == (16 - 21) / MEAN and info["elapsed"][0] == 5 - 0
    assert not terminated[0] and not truncated[0] and env.objective[0] == 21


def test_the_end_of_the_example() -> None:
    env = start(EXAMPLE)
    env.step(np.array([1]))
    _, reward, terminated, truncated, info = env.step(np.array([0]))
    assert terminated[0] and not truncated[0] and info["objective"][0] == 21
    assert reward[0] == 0 and info["elapsed"][0] == 21 - 5
    seen = env.observation
    assert not seen.action_mask.any() and not seen.candidates.any() and not seen.candidate_features.any()
    assert seen.candidate_type[0].tolist() == [-1] * 3
    assert seen.node_state[0, 0].tolist() == [1, 21 / 16, 21 / 16, 0]
    assert seen.node_state[0, 10:].tolist() == [[1, 17 / 16, 0, 0], [1, 21 / 16, 0, 0], [1, 14 / 16, 0, 0]]
    assert seen.ids[0].tolist() == [EXAMPLE.fingerprint, 2]
    assert env.schedule(0).tolist() == [
        [0, 0, 2, 5, 13], [0, 1, 0, 13, 17], [0, 2, 1, 17, 21],
        [1, 0, 0, 0, 1], [1, 1, 2, 1, 5], [1, 2, 1, 5, 11],
        [2, 0, 1, 0, 3], [2, 1, 0, 3, 8], [2, 2, 2, 13, 14],
    ]  # fmt: skip
    assert verify(EXAMPLE, env.schedule(0)) == 21


def test_without_look_ahead_its_columns_are_zero_and_the_others_the_same() -> None:
    features = start(EXAMPLE, lookahead="none").observation.candidate_features[0]
    ahead = [feature.meaning.startswith("lookahead: ") for feature in SPEC.candidate_features]
    expected = candidate_features((0, 1), FIRST_TIMES, FIRST_SHARES)
    expected[:, ahead] = 0
    equal(features, expected, SPEC.candidate_features)


# The candidates of each decision, then the job that is chosen; * marks what skip_forced leaves to the agent.
PLAYS = {
    # c*, its machine: 1 m0, 3 m1, 5 m2*, 8 m0, 9 m2*, 11 m1, 14 m2, 17 m0, 21 m1
    "active": ["1: 1", "2: 2", "01: 1 *", "2: 2", "02: 0 *", "1: 1", "2: 2", "0: 0", "0: 0"],
    # first start and its machine, the soonest end where several start: 0 m0, 0 m1, 0 m2, 3 m0, 8 m2*, 8 m0, 12 m2, then
    # jobs 0 and 1 both wait for m1 from 12 on*
    "non_delay": ["1: 1", "2: 2", "0: 0", "2: 2", "12: 1 *", "0: 0", "2: 2", "01: 1 *", "0: 0"],
    "semi_active": ["012: 2 *", "012: 2 *", "012: 2 *", "01: 1 *", "01: 1 *", "01: 1 *", "0: 0", "0: 0", "0: 0"],
}
MAKESPANS = {"active": 21, "non_delay": 22, "semi_active": 29}


@pytest.mark.parametrize("scheme", PLAYS)
@pytest.mark.parametrize("skip_forced", [False, True])
def test_the_candidates_of_each_scheme(scheme: str, skip_forced: bool) -> None:
    env, decisions = start(EXAMPLE, scheme=scheme, skip_forced=skip_forced), 0
    for line in PLAYS[scheme]:
        if not skip_forced or "*" in line:
            candidates, choice = line.removesuffix(" *").split(": ")
            assert "".join(map(str, legal(env))) == candidates
            env.step(np.array([int(choice)]))
            decisions += 1
            assert env.observation.ids[0, 1] == decisions
    assert env.done[0] and env.objective[0] == MAKESPANS[scheme] == verify(EXAMPLE, env.schedule(0))


def test_rewards_are_the_growth_of_the_bound_from_the_first_bound_on() -> None:
    # The jobs are 3, 12, 12 long and m2 has 1 + 8 + 8 = 17 to do: the first bound. All is forced up to the wish of two
    # jobs for m2 at 4: job 0 was there from 2 to 3, which is why m2 cannot end before 3 + 16 = 19. It will at 4 + 16.
    env = start(JobShopInstance.from_jobs([[(0, 2), (2, 1)], [(1, 4), (2, 8)], [(3, 4), (2, 8)]]))
    assert legal(env) == [1, 2] and env.objective[0] == 19
    _, reward, *_ = env.step(np.array([1]))
    assert env.objective[0] == 20 and reward[0] == pytest.approx((17 - 20) / (27 / 6))


def test_elapsed_is_the_time_to_the_next_decision_and_sums_to_the_makespan() -> None:
    env = start(JobShopInstance.from_jobs([[(0, 2), (2, 1)], [(1, 4), (2, 8)], [(3, 4), (2, 8)]]))
    assert env.reset()[1]["elapsed"][0] == 4
    assert env.step(np.array([2]))[4]["elapsed"][0] == 20 - 4


def test_the_bound_after_a_choice_counts_the_wait_for_the_next_machine() -> None:
    # Mean 4, bound 13. Once job 1 holds m1 until 6, job 0 on m0 means 6 + 3 + 9 = 18, job 2 on m0 means 1 + 13 = 14.
    shop = JobShopInstance.from_jobs([[(0, 1), (1, 3), (2, 9)], [(1, 6)], [(0, 1)]])
    env = start(shop, scheme="semi_active")
    env.step(np.array([1]))
    assert env.objective[0] == 13
    expected = [squashed(18 - 13), 0, squashed(14 - 13)]
    np.testing.assert_allclose(column(env, "bound_after"), expected, rtol=1e-6)
    env.step(np.array([0]))
    assert env.objective[0] == 18


def test_an_operation_without_duration_is_a_candidate_at_its_completion() -> None:
    # c* = 0 on m0: job 0 cannot start before c*, yet it is what ends there. Job 1 would start at 0, not before c*.
    shop = JobShopInstance.from_jobs([[(0, 0), (1, 2)], [(0, 3), (1, 2)]])
    env = start(shop, skip_forced=False)
    assert legal(env) == [0]
    env.step(np.array([0]))
    assert legal(env) == [0]  # 0-2 on m1, c* = 2
    env = start(shop, scheme="non_delay", skip_forced=False)
    assert legal(env) == [0, 1]  # both can start at 0
    env = start(shop)
    assert legal(env) == [1] and env.observation.ids[0, 1] == 0 and len(env.schedule(0)) == 3
    env.step(np.array([1]))
    assert env.done[0] and env.objective[0] == 5


def test_a_shop_without_any_work_is_played_and_finite() -> None:
    shop = JobShopInstance.from_jobs([[(0, 0), (1, 0)], [(0, 0), (1, 0)]])
    env = start(shop, scheme="semi_active")
    total = 0.0
    while not env.done[0]:
        assert all(np.isfinite(array).all() for array in env.observation)
        total += float(env.step(np.array([legal(env)[-1]]))[1][0])
    assert total == 0 and env.objective[0] == 0 and verify(shop, env.schedule(0)) == 0


def test_a_job_may_come_back_to_a_machine() -> None:
    # Job 0 is on m0 twice in a row. At the start both jobs want m0: job 0 0-2 (c*), job 1 0-4. The mean is 12 / 4.
    shop = JobShopInstance.from_jobs([[(0, 2), (0, 3)], [(0, 4), (1, 3)]])
    env = start(shop)
    assert legal(env) == [0, 1] and env.objective[0] == 9
    assert env.observation.node_features[0, -2:, 6].tolist() == [3 / 2, 1 / 2]  # operations of the machine / jobs
    times = {
        "next_free": [0 - 2, 0 - 4],
        "next_bound": [2 + 9 - 9, 4 + 3 - 9],
        "queue_after": [0, 0],  # behind 2: job 0's own 3, job 1's 4 + 3; behind 4: job 0's 2 + 3
        "arriving": [4, 2 + 3],  # job 0's second gets there at 2: too late for the first, in time for job 1
    }
    shares = {
        "machine_waiting": [2 / 2, 2 / 2],
        "next_waiting": [2 / 2, 0 / 2],
        "longer": [1 / 2, 0 / 2],  # in job 0's queue: its own second operation and job 1, which has 7 left
    }
    expected = shares | {name: [squashed(time, mean=3) for time in pair] for name, pair in times.items()}
    for name, values in expected.items():
        np.testing.assert_allclose(column(env, name), values, rtol=1e-6, err_msg=name)
    env.step(np.array([0]))
    assert legal(env) == [0, 1]  # on m0 from 2 on: job 0 ends at 5 (c*), job 1 at 6
    env.step(np.array([1]))
    assert env.done[0] and env.objective[0] == 9
    assert env.schedule(0).tolist() == [[0, 0, 0, 0, 2], [0, 1, 0, 6, 9], [1, 0, 0, 2, 6], [1, 1, 1, 6, 9]]


def test_jobs_of_unequal_length_end_one_after_the_other() -> None:
    shop = JobShopInstance.from_jobs([[(0, 5)], [(0, 1), (1, 1), (0, 1)], [(1, 9), (0, 1)]])
    env = start(shop, scheme="semi_active")
    assert column(env, "last").tolist() == [1, 0, 0]
    env.step(np.array([0]))
    seen = env.observation
    assert seen.candidate_type[0].tolist() == [-1, 1, 1] and seen.candidates[0, :, 0].tolist() == [0, 2, 5]
    assert not seen.candidate_features[0, 0].any() and legal(env) == [1, 2]
    env.step(np.array([1]))
    np.testing.assert_allclose(column(env, "position"), [0, 1 / 3, 0 / 2], rtol=1e-6)
    env.step(np.array([2]))
    np.testing.assert_allclose(column(env, "position"), [0, 1 / 3, 1 / 2], rtol=1e-6)
    with pytest.raises(ValueError, match=r"Action 0 of environment 0 is illegal, since job 0 is finished; legal are"):
        env.step(np.array([0]))


def test_one_job_leaves_one_decision() -> None:
    env = DispatchVectorEnv("jobshop", 1, [JobShopInstance.from_jobs([[(0, 2), (1, 3), (0, 4)]])], autoreset=False)
    _, info = env.reset()
    assert legal(env) == [0] and info["elapsed"][0] == 5 and len(env.schedule(0)) == 2
    assert column(env, "last").tolist() == [1] and column(env, "work").tolist() == [0]
    _, reward, terminated, _, info = env.step(np.array([0]))
    assert (reward[0], terminated[0], info["elapsed"][0], info["objective"][0]) == (0, True, 4, 9)


def test_one_operation_is_one_decision() -> None:
    env = start(JobShopInstance.from_jobs([[(0, 7)]]))
    assert legal(env) == [0] and env.objective[0] == 7
    env.step(np.array([0]))
    assert env.done[0] and env.schedule(0).tolist() == [[0, 0, 0, 0, 7]]


def test_ids_are_equal_where_the_graph_is() -> None:
    env = DispatchVectorEnv("jobshop", 4, [EXAMPLE], autoreset=False)
    other = JobShopInstance.from_jobs([*EXAMPLE.to_jobs()[:2], [(1, 3), (0, 5), (2, 2)]])
    env.reset(options={"instances": [EXAMPLE, other], "repeat": 2})
    ids = env.observation.ids
    assert ids[:, 0].tolist() == [EXAMPLE.fingerprint] * 2 + [other.fingerprint] * 2 and not ids[:, 1].any()
    env.step(np.array([0, 1, 0, 1]))
    assert ids[:, 0].tolist() == [EXAMPLE.fingerprint] * 2 + [other.fingerprint] * 2 and (ids[:, 1] == 1).all()
