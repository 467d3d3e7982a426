"""Rules: what each would choose by its definition, worked out anew at every decision from the instance."""

from collections.abc import Callable
from statistics import fmean
from typing import NamedTuple

import numpy as np
import pytest

from baselines.play import greedy, objectives, play, rule_scores
from baselines.soc.lists import LISTS
from baselines.soc.ranks import Plan
from baselines.soc.rules import DEFAULTS, RULES
from envs.core.datasets import resolve
from envs.core.vector import DispatchVectorEnv
from envs.soc.env import SoC
from envs.soc.instance import SocInstance
from envs.soc.sets import load_set
from envs.soc.verify import verify


class Choice(NamedTuple):
    """A ready task on a PE, as the definitions of rules speak of it."""

    task: int
    pe: int
    duration: int
    start: int
    finish: int
    blind: int  # the finish if the data were there
    rank_u: float
    rank_oct: float
    behind: float  # the optimistic cost of what follows
    mean: float


Key = Callable[[Choice], float]
TASK_AND_PE: dict[str, tuple[Key | None, Key]] = {  # the largest of the first chooses the task, the least of the second
    "eft": (None, lambda choice: choice.finish),  # its PE; without a first, the task of the first row goes
    "heft_rank": (lambda choice: choice.rank_u, lambda choice: choice.finish),
    "peft_rank": (lambda choice: choice.rank_oct, lambda choice: choice.finish + choice.behind),
    "heft_rt": (lambda choice: choice.mean, lambda choice: choice.blind),
}
PAIR: dict[str, Key] = {  # the least of all pairs goes; of equal ones, the earliest start
    "etf": lambda choice: choice.finish,
    "stf": lambda choice: choice.duration,
}


def choices(env: DispatchVectorEnv, instance: SocInstance) -> dict[int, Choice]:
    """Row to choice of the legal rows, from the instance and what is placed; for instances without noise."""
    plan, view, now = Plan(instance), env.view(), int(env.view().now[0])
    placed = {task: (pe, end) for task, pe, _, end in env.schedule(0).tolist()}
    free = [max((end for where, end in placed.values() if where == pe), default=0) for pe in range(instance.pes)]
    found = {}
    for row in np.flatnonzero(env.observation.action_mask[0]).tolist():
        task, pe = int(view.task[0, row]), int(view.pe[0, row])
        times = [placed[s][1] + plan.transfer(volume, placed[s][0], pe) for s, volume in plan.sources[task]]
        start = max([now, free[pe], plan.arrival[task], *times])
        duration = plan.durations[task][pe]
        blind = max(now, free[pe]) + duration
        ranks = plan.upward[task], plan.rank_oct[task], plan.optimistic[task][pe], plan.mean[task]
        found[row] = Choice(task, pe, duration, start, start + duration, blind, *(r / plan.scale for r in ranks))
    return found


def expected(rule: str, found: dict[int, Choice]) -> list[int]:
    """The rows that the rule may take: one but for ties of its last key."""
    if rule in PAIR:
        key = PAIR[rule]
        return _least(found, list(found), lambda choice: (round(key(choice), 6), choice.start if rule == "stf" else 0))
    if rule == "met":
        least = {
            choice.task: min(c.duration for c in found.values() if c.task == choice.task) for choice in found.values()
        }
        return [row for row, choice in found.items() if choice.duration == least[choice.task]]
    rank, cost = TASK_AND_PE[rule]
    if rank is None:
        task = found[min(found)].task
    else:
        task = found[_least(found, list(found), lambda choice: -round(rank(choice), 6))[0]].task
    return _least(found, [row for row in found if found[row].task == task], lambda choice: round(cost(choice), 6))


def _least(found: dict[int, Choice], rows: list[int], key: Callable[[Choice], object]) -> list[int]:
    least = min(key(found[row]) for row in rows)  # type: ignore[type-var]
    return [row for row in rows if key(found[row]) == least]


STREAM = "random:5x2x2..9x4x4,scale=60:4:1"


@pytest.mark.parametrize("commit", ["ready", "start"])
@pytest.mark.parametrize("rule", [*TASK_AND_PE, *PAIR, "met"])
def test_each_rule_does_what_its_definition_says(rule: str, commit: str) -> None:
    options = {**DEFAULTS, "commit": commit, "skip_forced": False}
    decisions = 0
    for instance in [*load_set("canonical"), *resolve(SoC, STREAM)]:
        env = DispatchVectorEnv(SoC(**options), 1, [instance], copy=False, autoreset=False)
        env.reset()
        while env.running.any():
            found = choices(env, instance)
            scores = RULES[rule](env.view())
            action = greedy(scores, env.observation.action_mask)
            ties = expected(rule, found)
            assert action[0] in ties
            if rule != "met":
                assert action[0] == ties[0] or found[ties[0]].start > found[int(action[0])].start
            assert np.abs(scores[0, list(found)]).max() < 100  # in mean durations
            env.step(action)
            decisions += len(found) > 1
    assert decisions > 50


@pytest.mark.parametrize("rule", ["heft_rank", "peft_rank"])
def test_ranks_that_differ_by_rounding_are_ties_and_go_to_the_first_row(rule: str) -> None:
    assert 8 / 3 < 1 / 3 + (1 / 3 + 6 / 3)
    first, other = [0, -1], [-1, 0]  # tasks of two chains, to and fro between two PEs, take no time, transfers do
    duration = np.array([first, other, first, first, other, first, other, first])
    chains = SocInstance(
        job_start=np.array([0, 3, 8]),
        duration=duration,
        edge=np.array([[0, 1], [1, 2], [3, 4], [4, 5], [5, 6], [6, 7]]),
        volume=np.array([0, 8, 0, 1, 1, 6]),
        bandwidth=3 - 3 * np.eye(2, dtype=np.int64),
        arrival=np.zeros(2, np.int64),
        true_duration=duration,
        power=np.zeros(2),
    )
    env = DispatchVectorEnv(SoC(**DEFAULTS), 1, [chains], copy=False, autoreset=False)
    env.reset()
    action = greedy(RULES[rule](env.view()), env.observation.action_mask)
    assert env.view().task[0, action[0]] == 0


@pytest.mark.parametrize("rule", RULES)
def test_scores_mean_the_same_in_any_unit_and_waiting_is_the_last_resort(rule: str) -> None:
    (graph,) = resolve(SoC, "random:12x3:1:4")
    large = SocInstance.graph(graph.duration * 1000, np.column_stack((graph.edge, graph.volume * 1000)).tolist())
    tables = []
    for instance in (graph, large):
        env = DispatchVectorEnv(SoC(wait=True, cut="none"), 1, [instance], copy=False, autoreset=False)
        env.reset()
        env.step(np.array([np.flatnonzero(env.observation.action_mask[0])[-1]]))
        scores, legal = RULES[rule](env.view()), env.observation.action_mask[0] == 1
        assert scores.shape == legal[None].shape and scores[0, 0] == -np.inf
        tables.append(scores[0, 1:][legal[1:]])
    assert np.allclose(tables[0], tables[1], atol=1e-3)


def test_the_greedy_pilot_places_what_the_completions_favour() -> None:
    graphs = resolve(SoC, "random:20x3..30x5:20:9")
    problem = SoC(commit="start", cut="first_finish", lookahead="pilot")
    reached = objectives(problem, graphs, rule_scores(RULES["greedy_pilot"]))
    heft = np.array([verify(graph, LISTS["heft"](graph)) for graph in graphs])
    assert reached.mean() < 0.97 * heft.mean()


def test_heft_without_insertion_is_a_little_worse_than_heft() -> None:
    graphs = resolve(SoC, "random:20x3..30x5:100:9")
    problem = SoC(commit="start", cut="none", lookahead="none")
    reached = objectives(problem, graphs, rule_scores(RULES["heft_rank"]))
    heft = np.array([verify(graph, LISTS["heft"](graph)) for graph in graphs])
    assert reached.mean() / heft.mean() == pytest.approx(1.0335, abs=0.02)  # measured before on 200 others: + 3.35 %


def test_rules_do_not_see_true_durations() -> None:
    (noisy,) = resolve(SoC, "random:8x3x1,noise=0.4:1:2")
    env = DispatchVectorEnv(SoC(**DEFAULTS), 1, [noisy], copy=False, autoreset=False)
    env.reset()
    view = env.view()
    legal = env.observation.action_mask[0] == 1
    assert np.array_equal(view.duration[0, legal], noisy.duration[view.task[0, legal], view.pe[0, legal]])


def test_best_of_several_samples_is_never_worse_with_more() -> None:
    (graph,) = load_set("topcuoglu")
    values = [
        play(SoC(**DEFAULTS), graph, rule_scores(RULES["heft_rank"]), samples=n, temperature=0.3).objective
        for n in (1, 8, 64)
    ]
    assert values[0] >= values[1] >= values[2] >= 73


def test_random_play_is_worse_than_a_rule() -> None:
    graphs = resolve(SoC, "random:10x3:5:0")
    means = [
        fmean(play(SoC(**DEFAULTS), graph, rule_scores(RULES["random"]), samples=50, temperature=1.0).objectives)
        for graph in graphs
    ]
    best = objectives(SoC(**DEFAULTS), graphs, rule_scores(RULES["etf"]))
    assert fmean(means) > 1.2 * best.mean()
