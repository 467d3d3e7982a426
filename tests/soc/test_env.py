"""The environment on jobs small enough to be worked out by hand.

The example is one job on two PEs; a volume is a time between them. The mean duration is (6 + 6 + 3) / 3 = 5.

            P0   P1    mean   rank_u                   tail
    task 0   3    9     6     6 + max(3 + 6, 1 + 3)     3
    task 1   9    3     6     6                         0       from task 0: 3
    task 2   2    4     3     3                         0       from task 0: 1

Nodes: the clock is 0, the PEs are 1 and 2, the tasks 3, 4, 5. Task 0 goes to P0, 0-3. The second decision, at time 3:

            on P0             on P1               first finish 5 (task 2 on P0), job bound 9 (task 1 on P1)
    task 1  3-12 candidate    6-9  too late       P0 is free at 3
    task 2  3-5  candidate    4-8  candidate      P1 is free since 0

Task 2 goes to P0, 3-5. Now task 1 could start at 5, where it ends at 14, or at 6 on P1, where it ends at 9: both start
before 9. It goes to P1.
"""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from envs.core.spec import Feature
from envs.core.vector import DispatchVectorEnv
from envs.soc.env import SoC
from envs.soc.features import SPEC
from envs.soc.instance import LARGEST, SocInstance
from envs.soc.verify import verify
from tests.soc.contract import OPTIONS, anything
from tests.soc.graphs import instances
from tests.soc.reference import columns, moment

EXAMPLE = SocInstance.graph([[3, 9], [9, 3], [2, 4]], [(0, 1, 3), (0, 2, 1)])
MEAN = 5

TASK_FEATURES = {"duration": (6, 6, 3), "least": (3, 3, 2), "rank_u": (15, 6, 3), "tail": (3, 0, 0)}
EDGES = {  # type to (source, target, us)
    "successor": [(3, 4, 3), (3, 5, 1)],
    "predecessor": [(4, 3, 3), (5, 3, 1)],
    "runs": [(3, 1, 3), (3, 2, 9), (4, 1, 9), (4, 2, 3), (5, 1, 2), (5, 2, 4)],
    "serves": [(1, 3, 3), (2, 3, 9), (1, 4, 9), (2, 4, 3), (1, 5, 2), (2, 5, 4)],
}

SECOND_TIMES = {  # task 1 on P0, task 2 on P0, task 2 on P1
    "duration": (9, 2, 4),
    "over_least": (9 - 3, 2 - 2, 4 - 2),
    "over_mean": (9 - 6, 2 - 3, 4 - 3),
    "start": (3 - 3, 3 - 3, 4 - 3),
    "over_best": (12 - 9, 5 - 5, 8 - 5),
    "over_first": (12 - 5, 5 - 5, 8 - 5),
    "idle": (3 - 3, 3 - 3, 4 - 3),
    "data": (3 - 3, 3 - 3, 4 - 3),
    "bound_over": (12 - 9, 5 - 9, 8 - 9),
    "oct_over": (12 - 5, 5 - 5, 8 - 5),  # nothing follows
    "oct_bound": (12 - 9, 5 - 9, 8 - 9),
    "pe_free": (0, 0, 0),
    "regret": (12 - 9, 8 - 5, 8 - 5),
    "rank_u": (6 - 6, 3 - 6, 3 - 6),
    "sent": (0, 0, 0),
    "chain": (6, 3, 3),
    "age": (3, 3, 3),
    "job_chain": (6, 6, 6),
    "job_work": (0, 0, 0),
    "job_chain_over": (0, 0, 0),
    "work": (9 / 2, 9 / 2, 9 / 2),
    # taken until 12: task 2 ends at 8 on P1. Until 5: task 1 does not mind. P1 until 8: task 1 ends there at 11.
    "losses": (8 - 5, 0, 11 - 9),
    "others": (8 - 9, 9 - 9, 11 - 9),
    # both rules then put the other task on P1: the job ends at 12, 9, 11
    "pilot_by_entry": (12 - 9, 9 - 9, 11 - 9),
    "pilot_by_work": (12 - 9, 9 - 9, 11 - 9),
    "pilot_regret": (12 - 9, 9 - 9, 11 - 9),
    "pilot_regret_fine": (16 * (12 - 9), 16 * (9 - 9), 16 * (11 - 9)),
    "pilot_above": (12 - 9, 9 - 9, 11 - 9),
    "pilot_last": (12 - 9, 9 - 9, 11 - 9),
}
SECOND_SHARES = {
    "fastest": (0, 1, 0),
    "wanted": (1 / 2, 1 / 2, 1 / 2),  # task 1 by P1, task 2 by P0
    "place": (0 / 2, 1 / 2, 1 / 2),
    "released": (0, 0, 0),
    "targets": (0, 0, 0),
    "progress": (1 / 3, 1 / 3, 1 / 3),
    "older": (0, 0, 0),
    "job_left": (2 / 6, 2 / 6, 2 / 6),
    "ready": (2 / 6, 2 / 6, 2 / 6),
    "pes": (2 / 6, 2 / 6, 2 / 6),
    "pes_idle": (1, 1, 1),
    "inside": (1 / 5, 1 / 5, 1 / 5),
    "candidates": (3 / 7, 3 / 7, 3 / 7),
    "pilot_rank": (2 / 3, 0, 1 / 3),
}


def start(instance: SocInstance, **options: Any) -> DispatchVectorEnv:
    """One environment at the first decision of the instance."""
    env = DispatchVectorEnv(SoC(**options), 1, [instance], autoreset=False)
    env.reset()
    return env


def play(env: DispatchVectorEnv, *actions: int) -> DispatchVectorEnv:
    for action in actions:
        env.step(np.array([action]))
    return env


def legal(env: DispatchVectorEnv) -> list[int]:
    return env.action_masks()[0].nonzero()[0].tolist()


def jobs(*durations: list[list[int]], arrival: list[int], **rest: Any) -> SocInstance:
    """Jobs without edges: the durations of each one's tasks on the PEs."""
    table = np.concatenate([np.array(job) for job in durations])
    pes = table.shape[1]
    return SocInstance(
        job_start=np.cumsum([0, *map(len, durations)]),
        duration=table,
        edge=np.zeros((0, 2), np.int64),
        volume=np.zeros(0, np.int64),
        bandwidth=np.zeros((pes, pes), np.int64),
        arrival=np.array(arrival),
        true_duration=np.array(rest.pop("true", table)),
        power=np.zeros(pes),
        **rest,
    )


def squashed(time: float, mean: float = MEAN) -> float:
    return time / mean / (4 + abs(time / mean))


def names(columns: tuple[Feature, ...]) -> list[str]:
    return [feature.name for feature in columns]


def feature(env: DispatchVectorEnv, name: str) -> np.ndarray:
    """The values of one feature at the legal rows."""
    return env.observation.candidate_features[0, legal(env), names(SPEC.candidate_features).index(name)]


def test_the_graph_of_the_example() -> None:
    seen = start(EXAMPLE).observation
    assert [SPEC.node_types[k] for k in seen.node_type[0]] == ["clock", "pe", "pe", "task", "task", "task"]
    expected = np.zeros((6, 7))
    for name, times in TASK_FEATURES.items():
        expected[3:, names(SPEC.node_features).index(name)] = [squashed(time) for time in times]
    expected[3:, 4:6] = [(0, 2 / 6), (1 / 5, 0), (1 / 5, 0)]
    expected[0, 6] = 2 / (2 + 8)
    np.testing.assert_allclose(seen.node_features[0], expected, rtol=1e-6)
    wanted = {(*edge[:2], SPEC.edge_types.index(name), edge[2]) for name, edges in EDGES.items() for edge in edges}
    found = zip(*seen.edges[0].tolist(), seen.edge_type[0].tolist(), seen.edge_features[0, :, 0].tolist(), strict=True)
    assert {(a, b, edge_type, round(4 * MEAN * x / (1 - x), 3)) for a, b, edge_type, x in found} == wanted


def test_the_second_decision_of_the_example() -> None:
    env = start(EXAMPLE)
    assert legal(env) == [1, 2]
    _, reward, _, _, info = env.step(np.array([1]))
    assert reward[0] == -3 / MEAN and info["elapsed"][0] == 3
    seen = env.observation
    assert legal(env) == [1, 3, 4] and seen.candidates[0, 1:].tolist() == [
        [4, 1],
        [0, 0],
        [5, 1],
        [5, 2],
        *[[0, 0]] * 2,
    ]
    assert seen.candidate_type[0].tolist() == [-1, 1, -1, 1, 1, -1, -1] and SPEC.candidate_types == ("wait", "place")
    assert seen.ids[0].tolist() == [EXAMPLE.fingerprint, 1]
    assert sorted([*SECOND_TIMES, *SECOND_SHARES]) == sorted(names(SPEC.candidate_features))
    for name in names(SPEC.candidate_features):
        values = [squashed(time) for time in SECOND_TIMES[name]] if name in SECOND_TIMES else SECOND_SHARES[name]
        np.testing.assert_allclose(feature(env, name), values, rtol=1e-6, err_msg=name)
    state = [
        # placed, ended, ready, start, end
        [1 / 3, 1 / 5, 2 / 6, squashed(9 / 2), 0],
        [0, 0, 0, squashed(3 - 3), 1 / 2],
        [0, 0, 0, squashed(0 - 3), 1 / 2],
        [1, 1, 0, 0, squashed(3)],
        [0, 0, 1, 0, 0],
        [0, 0, 1, 0, 0],
    ]
    np.testing.assert_allclose(seen.node_state[0], state, rtol=1e-6)


def test_the_end_of_the_example() -> None:
    env = play(start(EXAMPLE), 1, 3)
    assert legal(env) == [1, 2] and env.view().now[0] == 5
    _, reward, terminated, truncated, info = env.step(np.array([2]))
    assert reward[0] == -4 / MEAN and info["elapsed"][0] == 4 and info["objective"][0] == 9
    assert terminated[0] and not truncated[0] and not env.observation.action_mask.any()
    assert (
        env.schedule(0).tolist() == [[0, 0, 0, 3], [1, 1, 6, 9], [2, 0, 3, 5]] and verify(EXAMPLE, env.schedule(0)) == 9
    )


@pytest.mark.parametrize(("cut", "rows"), [("first_finish", [1, 3, 4]), ("worst_finish", [1, 2, 3, 4])])
def test_candidates_start_before_the_cut(cut: str, rows: list[int]) -> None:
    """The least finish is 5, the last ones are 12 and 8; task 1 could start on P1 at 6."""
    assert legal(play(start(EXAMPLE, cut=cut), 1)) == rows


@pytest.mark.parametrize(("cut", "rows"), [("worst_finish", [2, 4]), ("none", [2, 3, 4])])
def test_without_a_cut_a_pe_may_be_taken_long_ahead(cut: str, rows: list[int]) -> None:
    """P0 is taken until 10; one task ends at 5 wherever it goes, the other could start on P0 at 10."""
    assert legal(play(start(SocInstance.graph([[10, 30], [2, 3], [-1, 5]], []), cut=cut), 1)) == rows


def test_a_task_may_be_ready_when_its_sources_are_placed_or_when_they_have_ended() -> None:
    for commit, moments in (("start", [0, 3, 5]), ("ready", [0, 3, 3])):
        env, found = start(EXAMPLE, commit=commit, cut="none", skip_forced=False), []
        for action in (1, 3, 2):
            found.append(int(env.view().now[0]))
            play(env, action)
        assert found == moments and env.objective[0] == 9
    shared = jobs([[4], [4]], [[1]], arrival=[0, 1])  # the second task of job 0 waits, or is placed before job 1 enters
    assert [play(start(shared, commit=c, skip_forced=False), 1).view().now[0] for c in ("start", "ready")] == [4, 0]


def test_the_agent_orders_tasks_and_the_kernel_takes_the_pe_where_they_end_first() -> None:
    env = play(start(EXAMPLE, decision="task", cut="none", skip_forced=False), 1)
    assert env.schedule(0).tolist() == [[0, 0, 0, 3]]
    assert legal(env) == [1, 2] and env.observation.candidates[0].tolist() == [[0, 0], [4, 4], [5, 5], [0, 0]]
    assert play(env, 1).schedule(0).tolist() == [[0, 0, 0, 3], [1, 1, 6, 9]]
    assert play(env, 1).objective[0] == 9


def test_what_a_task_loses_elsewhere_is_as_of_now() -> None:
    """Task 1 ends first on P0, free at 10: at 12. On P1, free at 5 already, it would end at 19, not at 14."""
    env = start(jobs([[10, -1], [2, 9], [-1, 5]], arrival=[0]), decision="task", cut="none", skip_forced=False)
    play(env, 1, 2)
    assert env.view().now[0] == 10 and env.schedule(0)[:, 0].tolist() == [0, 2]
    assert feature(env, "regret")[0] == pytest.approx(squashed(19 - 12, (10 + 5.5 + 5) / 3))


def test_waiting_goes_to_the_next_end_or_entry_and_needs_something_that_runs() -> None:
    stream = jobs([[4, 9], [5, 9]], [[1, 1]], arrival=[0, 2])
    env = start(stream, wait=True, skip_forced=False)
    assert legal(env) == [1, 2, 3, 4]  # the empty chip cannot wait
    play(env, 3)  # task 0 on P0
    assert legal(env) == [0, 1, 2] and feature(env, "start")[0] == pytest.approx(squashed(4, 27 / 4))
    assert env.observation.candidate_type[0, :3].tolist() == [0, 1, 1]
    assert not env.observation.candidates[0, 0].any()
    for time in (2, 4):  # job 1 enters, task 0 ends
        play(env, 0)
        assert env.view().now[0] == time
    assert 0 not in legal(env)
    with pytest.raises(ValueError, match="illegal, since nothing that has been placed has yet to end; legal are"):
        play(env, 0)


def test_what_a_task_takes_is_seen_when_it_has_ended() -> None:
    """Task 0 is expected to end at 3 and does at 20; jobs that the other PE takes at once enter at 5 and 10."""
    table = [[3, -1], [-1, 1], [-1, 1], [1, -1]]
    true = [[20, -1], *table[1:]]
    stream = jobs(*([row] for row in table), arrival=[0, 5, 10, 10], true=true)
    env = start(stream, skip_forced=False)
    expected = []
    for _ in range(3):
        play(env, legal(env)[0])
        expected.append((int(env.view().now[0]), int(env.view().pe_free[0, 0])))
    assert expected == [(5, 7), (10, 17), (20, 20)]  # as late again as it is already; then known
    assert env.observation.node_state[0, 3, 1] == 1 and play(env, legal(env)[0]).objective[0] == (20 + 1 + 1 + 11) / 4


def test_an_arrival_that_finds_the_queue_full_is_lost() -> None:
    env = start(jobs([[10]], [[10]], [[10]], arrival=[0, 4, 12], queue=1))
    env = play(env, 1, 1)
    assert env.done[0] and env.schedule(0).tolist() == [[0, 0, 0, 10], [1, 0, 12, 22]]
    assert env.objective[0] == (10 + 10) / 2 and env.metrics(0)["completed"] == 2


@pytest.mark.parametrize("commit", ["start", "ready"])
def test_a_job_that_ends_now_by_a_task_without_time_makes_room_now(commit: str) -> None:
    stream = jobs([[4], [0]], [[10]], arrival=[0, 4], queue=1)
    stream = replace(stream, edge=np.array([[0, 1]]), volume=np.array([0]))
    env = play(start(stream, commit=commit), 1, 1, 1)
    assert env.done[0] and env.metrics(0)["completed"] == 2
    assert env.objective[0] == (4 + 10) / 2 == verify(stream, env.schedule(0))


@given(instances(), st.integers(1, 2), st.integers(0, 30), st.sampled_from(["start", "ready"]), st.integers(0, 99))
@settings(deadline=None, max_examples=200)
def test_queues_and_spans_are_as_verify_says(
    instance: SocInstance, queue: int, span: int, commit: str, seed: int
) -> None:
    instance, rng = replace(instance, queue=queue, span=span), np.random.default_rng(seed)
    env = start(instance, commit=commit, lookahead="none")
    while env.running[0]:
        env.step(rng.choice(np.flatnonzero(env.observation.action_mask[0]), 1))
    assert env.objective[0] == pytest.approx(verify(instance, env.schedule(0)), rel=1e-12)


def test_a_span_truncates_and_shares_the_time_inside_among_those_who_left() -> None:
    stream = jobs([[10]], [[10]], arrival=[0, 4], span=15)
    env = start(stream)
    _, reward, terminated, truncated, info = env.step(np.array([1]))  # and the second, forced
    assert truncated[0] and not terminated[0] and not env.running[0]
    assert info["objective"][0] == (10 + 11) / 1 == verify(stream, env.schedule(0))
    assert env.view().now[0] == 15 and env.metrics(0)["latency_completed"] == 10
    assert reward[0] == -(10 + 11) / 20


def test_jobs_are_seen_from_when_they_enter() -> None:
    early, late = [[3, 4], [5, 6]], [[7, 8]]
    env = start(jobs(early, late, arrival=[0, 100]), skip_forced=False)
    alone = start(jobs(early, arrival=[0]), skip_forced=False)
    assert env.observation.node_type[0].tolist() == [0, 1, 1, 2, 2, -1]
    assert env.observation.ids[0, 0] == alone.observation.ids[0, 0] == alone.instances[0].fingerprint
    play(env, 1, 2)
    assert env.observation.node_type[0].tolist() == [0, 1, 1, 2, 2, 2] and env.view().now[0] == 100
    assert env.observation.ids[0, 0] == env.instances[0].fingerprint


def test_metrics_count_work_on_true_durations() -> None:
    env = play(start(replace(EXAMPLE, power=np.array([2.0, 0.5]))), 1, 3, 2)
    metrics = {"completed": 1, "latency_completed": 9, "utilisation": 8 / 18, "energy": 5 * 2.0 + 3 * 0.5}
    assert env.metrics(0) == pytest.approx(metrics)


def test_only_a_window_of_the_ready_tasks_is_considered() -> None:
    graph = SocInstance.graph([[1], [2], [3]], [])
    env = start(graph, window=2, skip_forced=False)
    assert env.view().task[0, legal(env)].tolist() == [2, 1] and env.observation.action_mask.shape == (1, 3)
    env = start(graph, skip_forced=False)
    assert env.view().task[0, legal(env)].tolist() == [2, 1, 0]


def test_forced_decisions_are_played_but_for_the_last_of_a_reset() -> None:
    chain = SocInstance.graph([[1], [2], [3]], [(0, 1, 0), (1, 2, 0)])
    env = start(chain)
    assert len(env.schedule(0)) == 2 and legal(env) == [1] and env.view().now[0] == 3
    assert play(env, 1).done[0] and env.objective[0] == 6


def test_jobs_that_take_no_time_are_played_and_finite() -> None:
    idle = jobs([[0, 0], [0, 0]], [[0, 0]], arrival=[0, 0])
    env = start(idle, skip_forced=False)
    for _ in range(3):
        assert all(np.isfinite(array).all() for array in env.observation)
        play(env, legal(env)[-1])
    assert env.done[0] and env.objective[0] == 0 == verify(idle, env.schedule(0))


@given(anything(), st.sampled_from(OPTIONS), st.integers(0, 99))
@settings(deadline=None, max_examples=60)
def test_every_column_is_what_plain_python_makes_of_it(
    instance: SocInstance, options: dict[str, Any], seed: int
) -> None:
    env, rng = start(instance, **options), np.random.default_rng(seed)
    while env.running[0]:
        for array, found in columns(env, 0).items():
            seen = getattr(env.observation, array)[0].T
            for column, (name, expected) in zip(seen, found.items(), strict=True):
                np.testing.assert_allclose(column, expected, atol=1e-6, err_msg=f"{array}: {name}")
        for action, ends in moment(env, 0).pilots.items():
            assert env.view().pilot[0, action] == (min(map(sum, ends)) if "lookahead" not in options else 0)
        play(env, int(rng.choice(legal(env))))


@pytest.mark.parametrize(("lookahead", "first"), [("none", "losses"), ("bound", "pilot_by_entry")])
def test_columns_of_less_look_ahead_are_zero_and_the_others_the_same(lookahead: str, first: str) -> None:
    full, less = (play(start(EXAMPLE, lookahead=ahead), 1) for ahead in ("pilot", lookahead))
    column = names(SPEC.candidate_features).index(first)
    expected = full.observation.candidate_features.copy()
    expected[:, :, column:] = 0
    np.testing.assert_array_equal(less.observation.candidate_features, expected)
    assert not less.view().pilot.any()


def test_errors_name_value_rule_and_remedy() -> None:
    for option, sentence in (
        ({"decision": "job"}, "decision is 'job', but must be one of pair, task"),
        ({"commit": "now"}, "commit is 'now', but must be one of start, ready"),
        ({"cut": "all"}, "cut is 'all', but must be one of first_finish, worst_finish, none"),
        ({"lookahead": "all"}, "lookahead is 'all', but must be one of none, bound, pilot"),
        (
            {"lookahead": "completion"},
            "lookahead is 'completion', which is called 'pilot' now: write 'pilot'",
        ),
        ({"window": 0}, f"window is 0, but must be a whole number from 1 to {LARGEST}"),
        ({"window": 2**70}, f"window is {2**70}, but must be a whole number from 1 to {LARGEST}"),
    ):
        with pytest.raises(ValueError, match=sentence):
            SoC(**option)
    env = play(start(SocInstance.graph([[3, 9], [9, 3], [2, -1]], [(0, 1, 3), (0, 2, 1)])), 1)
    for action, why in (
        (0, "waiting is no option"),
        (2, "task 1 on PE 1 would not start before 5, the cut 'first_finish' of this decision"),
        (4, "task 2 cannot run on PE 1"),
        (5, "2 tasks are ready and considered"),
        (7, "actions are 0..6"),
    ):
        with pytest.raises(ValueError, match=f"Action {action} of environment 0 is illegal, since {why}; legal are"):
            play(env, action)
