"""The slot-plan rule and the bound that needs no sinks."""

from dataclasses import replace

import numpy as np
import pytest

from baselines.play import play, rule_scores
from baselines.vm_rescheduling.bound import bound, most_slots, neutral
from baselines.vm_rescheduling.greedy import filtering
from baselines.vm_rescheduling.plan import outcome, schedule_of
from baselines.vm_rescheduling.rules import RULES
from baselines.vm_rescheduling.slots import FITTED, HAND, NONE, SlotRule
from envs.vm_rescheduling.env import VMRescheduling
from envs.vm_rescheduling.verify import verify
from tests.vm_rescheduling.clusters import VARIANTS, drawn, few, optimum, snapshots

OPTIMA = {
    "medium10": 13, "medium20": 21, "medium": 37, "medium100": 62,
    "large10": 479, "large20": 488, "large": 503, "large100": 528, "large200": 537,
}  # fmt: skip
"""Slots of 16 cores; HiGHS proves those of Medium."""


@pytest.mark.parametrize("name", OPTIMA)
def test_the_rule_solves_the_snapshots_to_the_optimum_and_the_bound_proves_it(name):
    (snapshot,) = snapshots(name)
    for weights in (HAND, FITTED):
        plan = SlotRule(snapshot).plan(weights)
        assert plan.worth == 16 * OPTIMA[name]
        assert verify(snapshot, schedule_of(plan.moves)) == bound(snapshot)


def test_published_fragment_rates_of_the_snapshots():
    rates = {name: bound(snapshots(name)[0]) for name in (*OPTIMA, "medium200")}
    found = {name: round(rate, 4) for name, rate in rates.items() if rate is not None}
    assert [found[name] for name in ("medium10", "medium20", "medium", "medium100")] == [0.8508, 0.7590, 0.5753, 0.2884]
    assert found["medium200"] == 0.0014
    assert found["large"] == 0.5713


def test_potential_and_several_evictions_are_both_needed():
    (medium,) = snapshots("medium")
    rule = SlotRule(medium)
    assert [rule.plan(NONE).worth / 16, rule.plan(most=1).worth / 16, rule.plan().worth / 16] == [35, 18, 37]


def test_more_restarts_are_never_worse_and_repeat_themselves():
    (medium,) = snapshots("medium200")
    rule = SlotRule(medium)
    found = [rule.restarts(count).worth for count in (5, 8, 32)]
    assert found == sorted(found)
    assert rule.restarts(32).moves.tolist() == SlotRule(medium).restarts(32).moves.tolist()
    assert 16 * 85 <= rule.plan().worth <= rule.portfolio()[0].worth <= found[0]


@pytest.mark.parametrize(
    ("name", "one", "best"), [("high", 0.99, 0.99), ("high100", 0.985, 0.995), ("high200", 0.97, 0.99)]
)
def test_the_rule_closes_the_gap_from_greedy_play_to_the_bound_on_drawn_snapshots(name, one, best):
    closed = []
    for cluster in snapshots(name)[:20]:
        cores, free = int(cluster.slot_cores[0]), int(cluster.free()[0].sum())
        greedy = round((1 - verify(cluster, schedule_of(filtering(cluster)))) * free / cores)
        rule, most = SlotRule(cluster), most_slots(cluster)[-1]
        plans = rule.plan().worth / cores, rule.restarts(32).worth / cores
        closed.append([most - greedy, *(plan - greedy for plan in plans)])
    possible, once, often = np.sum(closed, axis=0)
    assert once >= one * possible and often >= best * possible


def test_scores_in_the_form_slot_are_the_compiled_rule_migration_by_migration():
    problem = VMRescheduling(form="slot", potential=FITTED.near, waste=8 * FITTED.residue)
    for cluster in [*snapshots("medium"), *snapshots("low")[:3], *drawn("12..20,load=middle,limit=15", 6)]:
        played = play(problem, cluster, rule_scores(RULES["worth"])).schedule[:, :5]
        planned = SlotRule(cluster).plan().moves
        both = min(len(played), len(planned))
        assert both >= len(planned) - 1
        for count in range(both + 1):
            assert outcome(cluster, played[:count]) == outcome(cluster, planned[:count])


@pytest.mark.parametrize("variant", VARIANTS)
def test_plans_are_legal_and_come_to_what_the_rule_says(variant):
    for cluster in drawn(f"12..20,{variant.replace('limit=3', 'limit=15')}", 12):
        rule = SlotRule(cluster)
        for plan in (rule.plan(), rule.plan(NONE, most=6), rule.restarts(7, seed=3)):
            objective = verify(cluster, schedule_of(plan.moves))
            assert objective == outcome(cluster, plan.moves)
            if cluster.goal:
                missing = cluster.goal - plan.worth / cluster.slot_cores[0]
                assert objective == plan.spent + (cluster.limit + 1) * missing
            else:
                assert objective == pytest.approx(1 - plan.worth / cluster.free()[0].sum())


def test_groups_and_memory_keep_the_rule_from_places_it_would_take():
    loose, tight = drawn("20,affinity=0.9,members=20", 8), drawn("20,affinity=0.9,members=20", 8)
    free = [replace(cluster, group=np.full(cluster.vms, -1)) for cluster in tight]
    plans = [SlotRule(cluster).plan().moves.tolist() for cluster in loose]
    assert plans != [SlotRule(cluster).plan().moves.tolist() for cluster in free]


@pytest.mark.parametrize("variant", [variant for variant in VARIANTS if "/" not in variant and "d" not in variant])
def test_the_bound_is_never_above_the_optimum(variant):
    values = [(bound(cluster), optimum(cluster)) for cluster in drawn(f"2,{few(variant)}", 5, seed=1)]
    assert all(least is not None and least <= best for least, best in values)


def test_the_bound_counts_evictions_by_the_slots_that_they_open():
    (medium,) = snapshots("medium")
    most = most_slots(medium)
    assert len(most) == 51
    assert (np.diff(most) >= 0).all()
    assert most[0] == medium.slots()[0] == 2


def test_neutral_flavours_take_the_same_slots_wherever_they_are():
    (large,) = snapshots("large")
    pairs = zip(large.cores.tolist(), large.double.tolist(), strict=True)
    found = dict(zip(pairs, neutral(large).tolist(), strict=True))
    movers = {(2, 0), (4, 0), (8, 0), (4, 1), (8, 1), (16, 1)}
    assert {pair for pair, flag in found.items() if not flag} == movers


def test_other_kinds_of_slots_have_no_such_bound():
    for text in ("4,slots=16+64d", "4,slots=64d", "4,slots=16/64"):
        assert bound(drawn(text, 1)[0]) is None
