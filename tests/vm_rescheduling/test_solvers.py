"""Exact solvers of VM rescheduling and what all solvers answer."""

from dataclasses import replace

import numpy as np
import pytest

from baselines.vm_rescheduling.model import Model, classes_of
from baselines.vm_rescheduling.order import Ordering
from baselines.vm_rescheduling.plan import schedule_of
from baselines.vm_rescheduling.pop import pop
from baselines.vm_rescheduling.slots import SlotRule
from baselines.vm_rescheduling.solvers import CONSTRUCTIVE, SOLVERS
from envs.vm_rescheduling.instance import VMReschedulingInstance
from envs.vm_rescheduling.verify import verify
from tests.vm_rescheduling.clusters import VARIANTS, drawn, few, optimum, snapshots

SECONDS = 20.0


@pytest.mark.parametrize("variant", VARIANTS)
def test_exact_finds_the_optimum_that_trying_out_all_plans_finds(variant):
    for cluster in drawn(f"2,{few(variant)}", 3, seed=1):
        best = optimum(cluster)
        found, proof = SOLVERS["exact"](cluster, SECONDS), SOLVERS["highs"](cluster, SECONDS)
        assert found.objective == found.bound == best
        assert proof.bound is not None and proof.bound <= best <= proof.objective


@pytest.mark.parametrize("name", ["slot_restarts", "beam", "pop", "highs_cold", "exact", *CONSTRUCTIVE])
def test_no_solver_is_below_the_optimum_or_a_bound(name):
    for cluster in drawn("2,limit=2", 3, seed=2):
        found = SOLVERS[name](cluster, 0.5)
        assert optimum(cluster) <= found.objective == verify(cluster, found.schedule)
        assert found.bound is None or found.bound <= optimum(cluster)
        assert found.improvements[-1].objective == found.objective
        assert [one.objective for one in found.improvements] == sorted(
            (one.objective for one in found.improvements), reverse=True
        )


def test_the_reduced_model_proves_medium_in_the_end_by_the_bound_that_needs_no_sinks():
    (medium,) = snapshots("medium")
    small = Model(medium, classes_of(medium, np.isin(medium.cores * (2 - medium.double), (4, 8, 16)), groups=False))
    full = Model(medium, classes_of(medium, np.ones(11, bool), groups=False))
    assert full.program.columns == 6292
    assert small.program.columns < full.program.columns
    found = SOLVERS["exact"](medium, SECONDS)
    assert (found.status, round(found.objective, 4)) == ("optimal", 0.5753)


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_plan_is_a_solution_of_the_model_and_comes_back_as_a_plan(variant):
    for cluster in drawn(f"6..12,{variant.replace('limit=3', 'limit=12')}", 4):
        plan = SlotRule(cluster).plan().moves
        model = Model(cluster, classes_of(cluster, np.ones(cluster.flavours, bool), groups=True))
        values, lp = model.start(plan), model.program.highs(maximise=not cluster.goal)
        rows = np.repeat(np.arange(lp.num_row_), np.diff(lp.a_matrix_.start_))
        sums = np.zeros(lp.num_row_)
        np.add.at(sums, rows, np.array(lp.a_matrix_.value_) * values[np.array(lp.a_matrix_.index_)])
        assert (np.array(lp.row_lower_) <= sums + 1e-9).all() and (sums <= np.array(lp.row_upper_) + 1e-9).all()
        assert (values >= 0).all() and (values <= np.array(lp.col_upper_)).all()
        again = Ordering(cluster, model.classes.of, model.count, model.counts(values)).run()
        assert verify(cluster, schedule_of(again)) <= verify(cluster, schedule_of(plan))


def test_two_vms_that_swap_places_wait_elsewhere():
    cluster = VMReschedulingInstance.cluster(
        [(40, 0, 0), (36, 0, 0)], [(44, 44, 0, 0), (44, 4, 0, 0)], [(0, 0, 0), (1, 1, 0)], limit=3
    )
    before = np.zeros((2, 2, 3), np.int64)
    before[0, 0, 0] = before[1, 1, 0] = 1
    moves = Ordering(cluster, np.array([0, 1]), before, before[:, ::-1].copy()).run()
    assert len(moves) == 3
    assert moves[-1, 3:].tolist() in ([0, 0], [1, 0])
    verify(cluster, schedule_of(moves))
    short = replace(cluster, limit=2)
    assert len(Ordering(short, np.array([0, 1]), before, before[:, ::-1].copy()).run()) == 0


def test_pop_shares_the_limit_and_moves_within_its_parts():
    (cluster,) = drawn("30,limit=10", 1)
    limits = []

    def solve(part: VMReschedulingInstance) -> np.ndarray:
        limits.append(part.limit)
        return SlotRule(part).plan().moves

    moves = pop(cluster, 4, 0, solve)
    assert sorted(limits) == [2, 2, 3, 3]
    assert verify(cluster, schedule_of(moves)) < verify(cluster, [])


def test_what_comes_and_goes_is_hidden_from_solvers():
    (cluster,) = drawn("20,churn=2,span=60000", 1)
    calm = replace(cluster, leaves=np.full(cluster.vms, 2**40), **dict.fromkeys(ARRIVALS, np.zeros(0, np.int64)))
    for name in ("ha", "slot_rule"):
        assert SOLVERS[name](cluster, 1.0).schedule.tolist() == SOLVERS[name](calm, 1.0).schedule.tolist()
        assert SOLVERS[name](cluster, 1.0).bound is None


ARRIVALS = ("arrival", "arrival_flavour", "arrival_leaves")


def test_solvers_say_what_they_cannot_take():
    goal, mixed = drawn("4,goal=2", 1)[0], drawn("4,slots=16+64d", 1)[0]
    with pytest.raises(ValueError, match="pop cannot share a goal of"):
        SOLVERS["pop"](goal, 1.0)
    with pytest.raises(ValueError, match="highs_reduced takes one kind of single slots"):
        SOLVERS["highs_reduced"](mixed, 1.0)
    with pytest.raises(ValueError, match="takes more than 0 seconds"):
        SOLVERS["slot_rule"](goal, 0.0)
