"""List schedulers and CP-SAT: tables and makespans of the papers, brute force, budgets, replay by the environment."""

import time
from fractions import Fraction
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from baselines.soc.lists import LISTS, critical_path
from baselines.soc.ranks import Plan
from baselines.soc.solvers import SOLVERS, cp_sat
from envs.core.datasets import resolve
from envs.core.schedules import ScheduleError
from envs.core.vector import DispatchVectorEnv
from envs.soc.env import SoC
from envs.soc.instance import SocInstance
from envs.soc.sets import load_set
from envs.soc.verify import verify
from tests.soc.graphs import instances

TOPCUOGLU, ARABNEJAD = load_set("canonical")
MAKESPANS = {
    "topcuoglu": {"heft": 80, "cpop": 86, "peft": 85},  # 80 and 86 printed in Topcuoglu et al. (2002), figures 4 and 6
    "arabnejad": {"heft": 133, "cpop": 167, "peft": 122},  # 133 and 122 printed in Arabnejad and Barbosa (2014)
}


@pytest.mark.parametrize(("name", "solver"), [(name, solver) for name, row in MAKESPANS.items() for solver in row])
def test_the_papers_makespans(name: str, solver: str) -> None:
    (graph,) = load_set(name)
    solution = SOLVERS[solver](graph, 1)
    assert verify(graph, solution.schedule) == solution.objective == MAKESPANS[name][solver]
    assert (solution.status, solution.bound) == ("feasible", None)


def test_the_papers_ranks() -> None:
    rank_u = [108, 77, 80, 80, 69, 63.333, 42.667, 35.667, 44.333, 14.667]
    plan = Plan(TOPCUOGLU)
    assert [rank / plan.scale for rank in plan.upward] == pytest.approx(rank_u, abs=1e-3)
    both = [108, 108, 105, 102, 93, 90.333, 105, 102.333, 108, 108]
    assert [rank / plan.scale for rank in plan.priority] == pytest.approx(both, abs=1e-3)
    table, plan = [72.67, 41, 37, 43.67, 31, 41.67, 17, 20.67, 16.33, 0], Plan(ARABNEJAD)
    assert [rank / plan.scale for rank in plan.rank_oct] == pytest.approx(table, abs=5e-3)


def longest_ways(instance: SocInstance) -> list[set[int]]:
    """The longest ways of mean durations and transfers through a graph, by looking at every way, in fractions."""
    plan = Plan(instance)
    apart = instance.pes * (instance.pes - 1)
    able = [list(times.values()) for times in plan.durations]
    means = [Fraction(sum(times), len(times)) for times in able]

    def ways(task: int) -> list[tuple[Fraction, set[int]]]:
        onward = []
        for target, volume in plan.targets[task]:
            moved = sum(plan.transfer(volume, p, q) for p in range(instance.pes) for q in range(instance.pes) if p != q)
            onward += [(length + Fraction(moved, max(apart, 1)), way) for length, way in ways(target)]
        return [(means[task] + length, {task} | way) for length, way in onward or [(Fraction(0), set())]]

    found = [way for task in range(instance.tasks) if not plan.sources[task] for way in ways(task)]
    return [tasks for length, tasks in found if length == max(length for length, _ in found)]


def test_cpops_path_goes_on_where_a_tie_is_one_but_for_rounding() -> None:
    graph = SocInstance.graph(
        [[1, 2, 1], [7, 5, 6], [3, 6, 7], [4, 5, 9]], [(0, 1, 7), (1, 2, 8), (0, 2, 1), (2, 3, 1)]
    )
    assert critical_path(Plan(graph), range(4)) == {0, 1, 2, 3}
    assert SOLVERS["cpop"](graph).objective == 15


@given(instance=instances(most_jobs=1, most_tasks=6))
@settings(deadline=None)
def test_cpops_path_is_a_longest_way(instance: SocInstance) -> None:
    assert critical_path(Plan(instance), range(instance.tasks)) in longest_ways(instance)


def test_cpops_paths_of_the_200_graphs_are_longest_ways() -> None:
    for graph in load_set("dags"):
        assert critical_path(Plan(graph), range(graph.tasks)) in longest_ways(graph)


def test_hefts_schedule_is_the_printed_one() -> None:
    rows = "1 3 0 9, 3 3 9 28, 4 2 18 26, 6 2 26 42, 2 1 27 40, 5 3 28 38, 7 3 38 49, 9 2 56 68, 8 1 57 62, 10 2 73 80"
    printed = np.array([row.split() for row in rows.split(", ")], int) - [1, 1, 0, 0]
    assert LISTS["heft"](TOPCUOGLU).tolist() == sorted(printed.tolist())


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize(("graph", "optimum"), [(TOPCUOGLU, 73), (ARABNEJAD, 113)])
def test_the_optima_are_proved(graph: SocInstance, optimum: int, workers: int) -> None:
    solution = cp_sat(graph, seconds=30, workers=workers)
    assert (solution.objective, solution.bound, solution.status) == (optimum, optimum, "optimal")
    assert verify(graph, solution.schedule) == optimum


def total_latency(instance: SocInstance) -> int:
    """The least sum of latencies over every order in which tasks can be appended to the PEs, by looking at all."""
    plan = Plan(instance)
    ends = instance.job_start[1:].tolist()

    @cache
    def best(rows: tuple[tuple[int, int, int], ...]) -> int:
        placed = {task: (pe, end) for task, pe, end in rows}
        if len(rows) == instance.tasks:
            last = [0] * instance.jobs
            for task, (_, end) in placed.items():
                job = next(job for job, limit in enumerate(ends) if task < limit)
                last[job] = max(last[job], end)
            return sum(last)
        answers = []
        for task in range(instance.tasks):
            if task in placed or any(source not in placed for source, _ in plan.sources[task]):
                continue
            for pe, duration in plan.durations[task].items():
                times = [placed[s][1] + plan.transfer(v, placed[s][0], pe) for s, v in plan.sources[task]]
                free = max((end for where, end in placed.values() if where == pe), default=0)
                end = max([plan.arrival[task], free, *times]) + duration
                answers.append(best(tuple(sorted((*rows, (task, pe, end))))))
        return min(answers)

    return best(()) - int(instance.arrival.sum())


@given(st.data())
@settings(max_examples=40, deadline=None)
def test_the_optimum_equals_brute_force(data: st.DataObject) -> None:
    instance = data.draw(instances(most_jobs=2, most_tasks=3, most_pes=2))
    solution = cp_sat(instance, seconds=20)
    assert solution.status == "optimal"
    least = total_latency(instance)
    assert solution.objective == solution.bound == (least if instance.jobs == 1 else least / instance.jobs)
    assert verify(instance, solution.schedule) == solution.objective >= instance.lower_bound()


@given(instance=instances(most_jobs=4, most_tasks=6))
@settings(deadline=None)
def test_list_schedules_are_schedules_and_no_better_than_the_bound(instance: SocInstance) -> None:
    for solver in LISTS:
        solution = SOLVERS[solver](instance)
        assert verify(instance, solution.schedule) == solution.objective >= instance.lower_bound()


def replayed(instance: SocInstance, schedule: np.ndarray) -> float:
    """The objective when the environment places the tasks of a schedule in the order of their starts.

    Of two that start together, the one that takes no time and sources go first.
    """
    env = DispatchVectorEnv(SoC(cut="none", lookahead="none", skip_forced=False), 1, [instance], autoreset=False)
    env.reset()
    depth = {task: place for place, task in enumerate(Plan(instance).order)}
    for task, pe, *_ in sorted(schedule.tolist(), key=lambda row: (row[2], row[3], depth[row[0]])):
        view = env.view()
        (action,) = np.flatnonzero((view.action_mask[0] == 1) & (view.task[0] == task) & (view.pe[0] == pe))
        env.step(np.array([action]))
    assert env.done.all()
    return float(env.objective[0])


@pytest.mark.parametrize("solver", SOLVERS)
def test_the_environment_replays_a_plan_to_the_same_makespan(solver: str) -> None:
    for graph in (TOPCUOGLU, ARABNEJAD, *resolve(SoC, "random:20x3..30x5:5:3")):
        solution = SOLVERS[solver](graph, 0.1 if solver == "search" else 2)
        assert replayed(graph, solution.schedule) == solution.objective


def test_cp_sat_improves_on_the_list_schedulers() -> None:
    (graph,) = resolve(SoC, "random:40x4:1:0")
    solution = cp_sat(graph, seconds=2)
    assert solution.bound is not None
    assert (
        graph.lower_bound()
        <= solution.bound
        <= solution.objective
        < min(SOLVERS[name](graph).objective for name in LISTS)
    )


def test_a_large_graph_gets_a_schedule_within_its_second() -> None:
    (graph,) = resolve(SoC, "random:300x8:1:0")
    began = time.perf_counter()
    solution = cp_sat(graph, seconds=1)
    assert time.perf_counter() - began < 3
    assert verify(graph, solution.schedule) == solution.objective
    assert solution.bound is not None and graph.lower_bound() <= solution.bound <= solution.objective
    assert solution.cpu_s > 0 and solution.status in ("feasible", "hint")


def test_without_time_the_answer_is_the_hint() -> None:
    (graph,) = resolve(SoC, "random:30x4:1:0")
    hint = LISTS["cpop"](graph)
    solution = cp_sat(graph, seconds=1e-6, hint=hint[::-1])
    assert solution.status == "hint" and np.array_equal(solution.schedule, hint)
    assert solution.bound == graph.lower_bound()


def test_the_same_seed_gives_the_same_schedule() -> None:
    first, second = (cp_sat(ARABNEJAD, seconds=30, seed=3).schedule for _ in range(2))
    assert np.array_equal(first, second)


def test_a_hint_that_is_no_schedule_is_refused() -> None:
    hint = LISTS["heft"](ARABNEJAD)
    hint[0, 2:] += 1
    with pytest.raises(ScheduleError, match="starts before the data of task 0"):
        cp_sat(ARABNEJAD, seconds=5, hint=hint)


@pytest.mark.parametrize(("seconds", "workers"), [(1, 10_001), (0, 1), (-1, 1), (float("nan"), 1), (1, 0)])
def test_a_budget_of_nothing_is_refused(seconds: float, workers: int) -> None:
    with pytest.raises(ValueError, match="more than 0 seconds and 1 to 10000 workers"):
        cp_sat(ARABNEJAD, seconds=seconds, workers=workers)


@pytest.mark.parametrize("solver", [*LISTS, "cp_sat"])
def test_a_stream_that_is_cut_is_for_rules_and_the_search(solver: str) -> None:
    (stream,) = resolve(SoC, "random:ds3gym,profiles=1,span=100:1:0")
    with pytest.raises(ValueError, match="A solver plans all jobs of an instance, but this one has a span or a queue"):
        SOLVERS[solver](stream, 1)


def test_a_clairvoyant_plan_of_a_noisy_stream_can_be_played() -> None:
    (stream,) = resolve(SoC, "random:6x3x3,scale=40,noise=0.3:1:0")
    for solver in SOLVERS:
        solution = SOLVERS[solver](stream, 2)
        assert verify(stream, solution.schedule) == solution.objective >= stream.lower_bound()
