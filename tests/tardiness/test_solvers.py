"""The constructing solvers against plain Python and the paper's example, the exact ones against brute force."""

import time

import numpy as np
import pytest
from hypothesis import given, settings

from baselines.tardiness.constructive import augmented_mdd, augmented_mddc, eddc_code, eddc_paper
from baselines.tardiness.solvers import SOLVERS
from envs.tardiness.instance import TardinessInstance
from envs.tardiness.verify import verify
from tests.tardiness.jobs import brute_force, instances, tardiness

EXAMPLE = TardinessInstance.from_lists([10, 11, 10, 10, 11, 10], [15, 11, 13, 11, 12, 11])
"""Of arXiv 2510.24013, section 4.4: the least total tardiness is 141."""


@settings(deadline=None)  # the first call compiles
@given(instances(most_jobs=8))
def test_eddc_as_printed_is_the_order_of_due_dates(instance: TardinessInstance) -> None:
    order = sorted(range(instance.jobs), key=lambda job: (instance.due[job], instance.processing[job]))
    assert eddc_paper(instance).tolist() == order


@settings(deadline=None)  # the first call compiles
@given(instances(most_jobs=8))
def test_eddc_of_the_code_inserts_into_the_shortest_first(instance: TardinessInstance) -> None:
    p, d = instance.processing.tolist(), instance.due.tolist()
    order = sorted(range(instance.jobs), key=lambda job: (p[job], d[job]))
    for i in range(1, len(order)):
        j = i
        while j > 0 and d[order[j]] < d[order[j - 1]]:
            if d[order[j - 1]] > sum(p[job] for job in order[:j]):
                order[j], order[j - 1] = order[j - 1], order[j]
            j -= 1
    assert eddc_code(instance).tolist() == order


def augmented(instance: TardinessInstance, challenge: bool) -> list[int]:
    """MDD or MDDC, and after each job the best of all moves of one job to the end."""
    p, d = instance.processing.tolist(), instance.due.tolist()
    left = sorted(range(instance.jobs), key=lambda job: (d[job], p[job], instance.weight[job], job))
    order: list[int] = []
    while left:
        time = sum(p[job] for job in order)
        longest, mean = max(p[job] for job in left), sum(p[job] for job in left) / len(left)

        def index(job: int, time: int = time, longest: int = longest, mean: float = mean) -> float:
            if not challenge:
                return max(time + p[job], d[job])
            share = min(p[job] / (time + longest), 1)
            return max(1.1 * p[job] + time, d[job]) * (1 + share**2 / (1 + share**2)) + p[job] / (time + mean)

        best = min(left, key=index)
        left.remove(best)
        order.append(best)
        moved = [order[:i] + order[i + 1 :] + [order[i]] for i in range(len(order) - 1)]
        order = min([order, *moved], key=lambda some: tardiness(instance, some))
    return order


@settings(deadline=None)
@given(instances(most_jobs=7, heaviest=3))
def test_augmented_rules_make_the_sequences_of_plain_python(instance: TardinessInstance) -> None:
    assert augmented_mdd(instance).tolist() == augmented(instance, challenge=False)
    assert tardiness(instance, augmented_mddc(instance)) == tardiness(instance, augmented(instance, challenge=True))


def test_the_papers_example_is_solved_to_optimality() -> None:
    assert brute_force(EXAMPLE) == 141
    for name in ("augmented_mdd", "augmented_mddc", "exact"):
        assert SOLVERS[name](EXAMPLE, seconds=1).objective == 141


@settings(max_examples=50, deadline=None)
@given(instances(heaviest=4))
def test_every_solver_returns_a_schedule_of_its_objective(instance: TardinessInstance) -> None:
    optimum = brute_force(instance)
    for name, solver in SOLVERS.items():
        if name == "exact" and not instance.unweighted:
            continue
        solution = solver(instance, seconds=0.02 if name == "search" else 10, workers=1, seed=3)
        assert verify(instance, solution.schedule) == solution.objective >= optimum
        assert solution.bound is None or instance.lower_bound() <= solution.bound <= optimum
        assert solution.status in ("optimal", "feasible") and (
            solution.status != "optimal" or solution.objective == optimum
        )
        assert name not in ("exact", "cp_sat") or solution.status == "optimal"


def test_exact_refuses_weights() -> None:
    weighted = TardinessInstance.from_lists([1, 2], [1, 1], [1, 5])
    with pytest.raises(ValueError, match=r"exact takes weights of 1, but job 1 has 5: use cp_sat\."):
        SOLVERS["exact"](weighted, seconds=1)


@pytest.mark.parametrize("name", SOLVERS)
@pytest.mark.parametrize(("seconds", "workers"), [(1, 10_001), (0, 1), (-1, 1), (float("nan"), 1), (1, 0)])
def test_a_budget_of_nothing_is_refused(name: str, seconds: float, workers: int) -> None:
    with pytest.raises(ValueError, match=f"{name} takes more than 0 seconds and 1 to 10000 workers; got {seconds} and"):
        SOLVERS[name](EXAMPLE, seconds=seconds, workers=workers)


def test_exact_without_time_is_augmented_mddc() -> None:
    hard = TardinessInstance.generate(np.random.default_rng(0), 300, rdd=0.2, tf=0.6)
    began = time.perf_counter()
    solution = SOLVERS["exact"](hard, seconds=1e-6)
    assert time.perf_counter() - began < 4
    assert (solution.status, solution.bound) == ("feasible", hard.lower_bound())
    assert solution.schedule[:, 0].tolist() == augmented_mddc(hard).tolist()
