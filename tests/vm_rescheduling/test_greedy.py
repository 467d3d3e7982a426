"""Heuristics by one migration after the other, beside plain Python and what the published code makes."""

import pytest

from baselines.play import play, rule_scores
from baselines.vm_rescheduling.beam import beam
from baselines.vm_rescheduling.greedy import filtering, joint
from baselines.vm_rescheduling.plan import schedule_of
from baselines.vm_rescheduling.rules import NO_POTENTIAL, RULES
from baselines.vm_rescheduling.vbpp import alpha_vbpp
from envs.vm_rescheduling.env import VMRescheduling
from envs.vm_rescheduling.instance import VMReschedulingInstance
from envs.vm_rescheduling.verify import verify
from tests.vm_rescheduling.clusters import VARIANTS, State, drawn, left, moves, needs, objective, sides, snapshots

HEURISTICS = (filtering, joint, alpha_vbpp, beam)


def test_the_filtering_heuristic_makes_what_the_published_code_makes():
    found = {}
    for name in ("medium10", "medium20", "medium", "large"):
        (snapshot,) = snapshots(name)
        plan = filtering(snapshot)
        found[name] = (round(verify(snapshot, schedule_of(plan)), 4), len(plan))
    assert found["medium10"] == (0.8508, 10)
    assert found["medium20"] == found["medium"] == (0.8049, 14)
    assert found["large"] == (0.5866, 16)


@pytest.mark.parametrize("variant", ["limit=20", "limit=20,affinity=0.8,members=9", "limit=60,cost=memory"])
def test_the_filtering_heuristic_equals_plain_python(variant):
    for cluster in drawn(f"5..9,{variant}", 6):
        assert filtering(cluster).tolist() == published(cluster)


def test_the_filtering_rule_picks_what_the_solver_migrates():
    problem = VMRescheduling(form="vm", **NO_POTENTIAL)
    for cluster in [*snapshots("medium20"), *drawn("6..12,limit=20", 6)]:
        assert (
            play(problem, cluster, rule_scores(RULES["filtering"])).schedule[:, :5].tolist()
            == filtering(cluster).tolist()
        )


def test_single_migrations_by_worth_reach_the_optimum_of_medium_in_the_published_form_and_without_potential_do_not():
    (medium,) = snapshots("medium")
    for form in ("move", "vm"):
        near, plain = (
            play(VMRescheduling(form=form, **options), medium, rule_scores(RULES["worth"]))
            for options in ({}, NO_POTENTIAL)
        )
        assert round(near.objective, 4) == 0.5753
        assert (round(plain.objective, 4), len(plain.schedule)) == (0.7934, 15)


def published(instance: VMReschedulingInstance) -> list[list[int]]:
    """The loop of the published code: of VMs up to 16 cores the best to leave, then the best other PM for it."""
    state: State = tuple(zip(instance.pm.tolist(), instance.numa.tolist(), strict=True))
    plan, spent = [], 0
    while True:
        free = left(instance, state)[:, :, 0]
        best, mover = -1000.0, -1
        for vm, (pm, node) in enumerate(state):
            if instance.cores[instance.flavour[vm]] <= 16:
                lowered = change(instance, free, vm, pm, node, 1)
                if lowered > best:
                    best, mover = lowered, vm
        if mover < 0 or spent + instance.cost[instance.flavour[mover]] > instance.limit:
            return plan
        more, target = -1000.0, None
        for vm, (pm, node) in moves(instance, state):
            if vm == mover and pm != state[vm][0]:
                lowered = change(instance, free, vm, pm, node, -1)
                if lowered > more:
                    more, target = lowered, (pm, node)
        if target is None or best + more <= 0:
            return plan
        plan.append([mover, *state[mover], *target])
        spent += instance.cost[instance.flavour[mover]]
        state = (*state[:mover], target, *state[mover + 1 :])


def change(instance: VMReschedulingInstance, free, vm: int, pm: int, node: int, sign: int) -> int:
    """By how much fragments fall on a PM when a VM goes (1) or comes (-1)."""
    cores = int(needs(instance, int(instance.flavour[vm]))[0])
    after = [free[pm, side] + sign * cores * (side in sides(node)) for side in range(2)]
    return sum(free[pm, side] % 16 - after[side] % 16 for side in range(2))


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("heuristic", HEURISTICS)
def test_heuristics_make_legal_plans_that_are_no_worse_than_none(heuristic, variant):
    for cluster in drawn(f"4..9,{variant.replace('limit=3', 'limit=12')}", 5):
        assert verify(cluster, schedule_of(heuristic(cluster))) <= verify(cluster, [])


@pytest.mark.parametrize("variant", ["limit=1", "limit=1,slots=16+64d", "limit=1,affinity=0.9,members=4"])
def test_joint_greedy_takes_the_best_single_migration(variant):
    for cluster in drawn(f"3,{variant}", 6, seed=4):
        start: State = tuple(zip(cluster.pm.tolist(), cluster.numa.tolist(), strict=True))
        after = [objective(cluster, (*start[:vm], place, *start[vm + 1 :]), 1) for vm, place in moves(cluster, start)]
        assert verify(cluster, schedule_of(joint(cluster))) == pytest.approx(min(verify(cluster, []), *after))


def test_a_wider_beam_finds_chains_that_greedy_play_does_not():
    (medium,) = snapshots("medium")
    rates = [verify(medium, schedule_of(plan)) for plan in (filtering(medium), beam(medium, width=1), beam(medium))]
    assert rates == sorted(rates, reverse=True)
    assert rates[-1] < 0.7
