"""What a solver says about when it had what in hand."""

from itertools import pairwise

import numpy as np
import pytest

from baselines.cp_sat import Search
from envs import load_problem
from envs.core.datasets import resolve
from envs.core.parts import parts


def test_a_search_keeps_only_what_is_better_with_a_copy_and_the_cpu_moment():
    search, schedule = Search("any", 1), np.zeros((2, 2), int)
    search.record(5, schedule)
    schedule[0] = 7
    search.record(5, schedule)
    search.record(6, schedule)
    while search.spent() < 0.002:
        pass
    search.record(4, schedule)
    solution = search.solution(4, None, schedule, "feasible")
    assert [found.objective for found in solution.improvements] == [5, 4]
    assert not solution.improvements[0].schedule.any()
    first, last = (found.cpu_s for found in solution.improvements)
    assert 0 <= first < 0.002 <= last <= solution.cpu_s


SOLVED = [
    ("jobshop", "random:6x6:1:3", "cp_sat"),
    ("jobshop", "random:10x10:1:3", "tabu"),
    ("soc", "random:12:1:3", "cp_sat"),
    ("soc", "random:12:1:3", "heft"),
    ("tardiness", "random:30:1:3", "exact"),
    ("tardiness", "random:30:1:3", "augmented_mddc"),
    ("tardiness", "random:30:1:3", "cp_sat"),
]


@pytest.mark.parametrize(("problem", "instances", "name"), SOLVED)
def test_each_improvement_of_a_solver_is_a_schedule_of_that_objective_better_and_later_than_the_one_before(
    problem, instances, name
):
    instance = resolve(load_problem(problem), instances)[0]
    solution = parts(problem).solvers.SOLVERS[name](instance, 1.0)
    found = solution.improvements
    assert [parts(problem).verify.verify(instance, one.schedule) for one in found] == [one.objective for one in found]
    assert found[-1].objective == solution.objective
    assert all(a.objective > b.objective and a.cpu_s <= b.cpu_s for a, b in pairwise(found))
    assert found[-1].cpu_s <= solution.cpu_s
