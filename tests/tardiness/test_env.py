"""The forms of decisions, forced moves, look-ahead, view and errors of the tardiness environment."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from envs import load_problem
from envs.core.vector import DispatchVectorEnv
from envs.tardiness.env import LOOKAHEADS
from envs.tardiness.instance import TardinessInstance
from envs.tardiness.verify import verify
from tests.tardiness.contract import brute_force, tiny
from tests.test_contract import best_of_all_play

FORMS = ("next", "last", "position")


def begin(instance: TardinessInstance, **options: Any) -> DispatchVectorEnv:
    env = DispatchVectorEnv("tardiness", 1, [instance], autoreset=False, copy=False, **options)
    env.reset()
    return env


def legal(env: DispatchVectorEnv) -> list[int]:
    return np.flatnonzero(env.observation.action_mask[0]).tolist()


def decisions(env: DispatchVectorEnv, seed: int = 0) -> Iterator[None]:
    """Stop at each decision of random play."""
    rng = np.random.default_rng(seed)
    while env.running[0]:
        yield
        env.step(rng.choice(legal(env), 1))


@pytest.mark.parametrize("form", FORMS)
@settings(max_examples=25, deadline=None)
@given(instance=tiny())
def test_every_form_reaches_the_optimum(form: str, instance: TardinessInstance) -> None:
    problem, forced = (load_problem("tardiness")(form=form, skip_forced=skip) for skip in (True, False))
    assert best_of_all_play(problem, instance) == best_of_all_play(forced, instance) == brute_force(instance)


@pytest.mark.parametrize("form", FORMS[:2])
@settings(max_examples=25, deadline=None)
@given(instance=tiny(), weights=st.lists(st.integers(1, 3), min_size=6, max_size=6))
def test_with_weights_the_optimum_is_reached_as_well(
    form: str, instance: TardinessInstance, weights: list[int]
) -> None:
    weighted = TardinessInstance(instance.processing, instance.due, np.array(weights[: instance.jobs]))
    assert best_of_all_play(load_problem("tardiness")(form=form), weighted) == brute_force(weighted)


def test_a_position_splits_the_block() -> None:
    instance = TardinessInstance.from_lists([2, 9, 3, 4, 2], [3, 4, 5, 6, 7])
    env = begin(instance, dominance=False, skip_forced=False)
    assert legal(env) == [1, 2, 3, 4] and env.view().longest[0] == 1
    assert env.observation.candidates[0, 3].tolist() == [2, 4]
    env.step(np.array([3]))
    assert env.schedule(0).tolist() == [[1, 9, 18]]
    assert env.view().unscheduled[0].tolist() == [True, False, True, True, False]
    assert env.view().longest[0] == 3 and legal(env) == [3]


def test_next_and_last_place_the_job_at_the_ends() -> None:
    instance = TardinessInstance.from_lists([2, 9, 3], [3, 4, 5])
    env = begin(instance, form="next", dominance=False, skip_forced=False)
    env.step(np.array([2]))
    assert env.schedule(0).tolist() == [[2, 0, 3]] and env.view().time[0] == 3 and env.objective[0] == 0
    env = begin(instance, form="last", dominance=False, skip_forced=False)
    env.step(np.array([2]))
    assert env.schedule(0).tolist() == [[2, 11, 14]] and env.view().time[0] == 0 and env.objective[0] == 9


@pytest.mark.parametrize("form", FORMS)
def test_forced_instances_leave_one_decision(form: str) -> None:
    in_time = TardinessInstance.from_lists([2, 3, 4], [9, 9, 9])
    all_late = TardinessInstance.from_lists([4, 3, 2], [1, 0, -5])
    for instance, objective in ((in_time, 0), (all_late, 20)):
        env = begin(instance, form=form)
        assert len(legal(env)) == 1 and env.running[0]
        env.step(np.array(legal(env)))
        assert not env.running[0] and env.objective[0] == objective == brute_force(instance)


def modified_due_date(jobs: list[tuple[int, int]], time: int) -> tuple[int, int, int]:
    """Tardiness, number of late jobs and largest tardiness of MDD, step by step."""
    jobs, late = list(jobs), []
    while jobs:
        job = min(jobs, key=lambda job: (max(time + job[0], job[1]), job[0]))
        jobs.remove(job)
        time += job[0]
        late.append(max(0, time - job[1]))
    return sum(late), sum(value > 0 for value in late), max(late, default=0)


@pytest.mark.parametrize("form", FORMS)
def test_the_look_ahead_is_that_of_a_slow_completion(form: str) -> None:
    rng = np.random.default_rng(4)
    for _ in range(20):
        drawn = TardinessInstance.generate(rng, 25)
        instance = TardinessInstance(10 * drawn.processing + rng.permutation(25) % 10, 10 * drawn.due, drawn.weight)
        env = begin(instance, form=form)
        for _ in decisions(env):
            check_completions(env, form)


def check_completions(env: DispatchVectorEnv, form: str) -> None:
    view, choice, line = env.view(), env.state.choice[0], env.state.line[0]
    block = np.flatnonzero(view.unscheduled[0]).tolist()
    jobs = {j: (int(view.processing[0, j]), int(view.due[0, j])) for j in block}
    begins = int(view.time[0])
    for c in range(line.candidates):
        a = int(choice[c].job)
        placed = int(view.longest[0]) if form == "position" else a
        rest = [j for j in block if j != placed]
        if form == "next":
            parts = [(rest, begins + jobs[a][0])]
            end = begins + jobs[a][0]
        elif form == "last":
            parts = [(rest, begins)]
            end = begins + sum(p for p, _ in jobs.values())
        else:
            before = [j for j in rest if j <= a]
            end = begins + sum(jobs[j][0] for j in before) + jobs[placed][0]
            parts = [(before, begins), ([j for j in rest if j > a], end)]
        own = max(0, end - jobs[placed][1])
        found = [modified_due_date([jobs[j] for j in part], at) for part, at in parts]
        assert choice[c].pilot == own + sum(cost for cost, _, _ in found)
        assert choice[c].tardy == (own > 0) + sum(late for _, late, _ in found)
        assert choice[c].latest == max(own, *(most for _, _, most in found))
        assert choice[c].bound <= choice[c].pilot


def test_a_look_ahead_adds_columns_and_leaves_the_others() -> None:
    instance = TardinessInstance.generate(np.random.default_rng(1), 30, 0.6, 0.6)
    for form in FORMS:
        none, bound, pilot = (begin(instance, form=form, lookahead=lookahead) for lookahead in LOOKAHEADS)
        for env, columns in ((none, 18), (bound, 23)):
            assert len(env.problem.spec.candidate_features) == columns
            found, more = env.observation.candidate_features, pilot.observation.candidate_features
            assert np.array_equal(found, more[:, :, :columns]) and more[0, legal(env), columns:].any()


def test_the_view_is_read_only_and_by_due_date() -> None:
    env = begin(TardinessInstance.from_lists([5, 4, 3], [9, 2, 2]), form="next", dominance=False, skip_forced=False)
    view = env.view()
    assert view.number[0].tolist() == [2, 1, 0] and view.due[0].tolist() == [2, 2, 9]
    assert view.work[0] == 12 and view.mean[0] == 4 and view.longest[0] == -1
    with pytest.raises(ValueError, match="read-only"):
        view.due[0, 0] = 1


def test_weighted_schedules_are_judged_alike() -> None:
    instance = TardinessInstance.from_lists([3, 5, 2, 4], [4, 3, 6, 5], [2, 1, 3, 2])
    for form in FORMS[:2]:
        env = begin(instance, form=form)
        for _ in decisions(env):
            pass
        assert verify(instance, env.schedule(0)) == env.objective[0]


def test_errors_name_value_rule_and_remedy() -> None:
    with pytest.raises(ValueError, match="form is 'first', but must be one of next, last, position"):
        load_problem("tardiness")(form="first")
    with pytest.raises(ValueError, match="lookahead is 'all', but must be one of none, bound, pilot"):
        load_problem("tardiness")(lookahead="all")
    weighted = TardinessInstance.from_lists([1, 2], [0, 0], [1, 2], name="w")
    with pytest.raises(ValueError, match=r"has weights, but the form 'position' needs all of them to be 1: play it"):
        begin(weighted)
    env = begin(TardinessInstance.from_lists([2, 9, 3, 4, 2], [3, 4, 5, 6, 7]), dominance=False, skip_forced=False)
    for action, why in ((0, "some optimal sequence does without job 0"), (7, "actions are 0..4")):
        with pytest.raises(ValueError, match=why):
            env.step(np.array([action]))
    env.step(np.array([3]))
    for action, why in ((1, "the place of job 1"), (4, "job 4 .* is of a later block")):
        with pytest.raises(ValueError, match=why):
            env.step(np.array([action]))
