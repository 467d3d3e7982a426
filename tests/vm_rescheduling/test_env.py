"""The environment: published anchors, forms that agree, plans, and what time does to them."""

from dataclasses import replace
from time import sleep
from typing import Any

import numpy as np
import pytest

from envs.core.vector import DispatchVectorEnv
from envs.vm_rescheduling.features import SINK, SLOT, C
from envs.vm_rescheduling.instance import VMReschedulingInstance
from envs.vm_rescheduling.sets import load_set
from envs.vm_rescheduling.verify import verify
from tests.vm_rescheduling.reference import columns
from tests.vm_rescheduling.test_sets import needs_data

Cluster = VMReschedulingInstance


def play(one: Cluster, actions: Any = None, **options: Any) -> DispatchVectorEnv:
    """Play the first candidate, or these actions and then the stop."""
    env = DispatchVectorEnv("vm_rescheduling", 1, [one], autoreset=False, **options)
    env.reset()
    waiting = None if actions is None else list(actions)
    while env.running[0]:
        first = int(env.observation.action_mask[0, 1])
        action = first if waiting is None else (waiting.pop(0) if waiting else 0)
        env.step(np.array([action]))
    assert verify(one, env.schedule(0)) == env.objective[0]
    return env


@needs_data
@pytest.mark.parametrize(
    ("name", "rate"),
    [
        ("medium10", 0.8508),
        ("medium20", 0.7590),
        ("medium", 0.5753),
        ("medium100", 0.2884),
        ("large", 0.5713),
        ("large100", 0.5500),
    ],
)
def test_the_first_slot_candidate_leads_to_the_optimum_of_the_snapshots(name: str, rate: float) -> None:
    assert play(load_set(name)[0]).objective[0] == pytest.approx(rate, abs=5e-5)


@needs_data
def test_without_a_potential_the_first_candidate_does_not_and_single_migrations_lead_there_too() -> None:
    (medium,) = load_set("medium")
    assert play(medium, potential=(0.0, 0.0, 0.0, 0.0), waste=0.0).objective[0] > 0.58
    moves = play(medium, form="move")
    assert moves.observation.candidate_type.max() == -1 and moves.objective[0] == pytest.approx(0.5753, abs=5e-5)


@pytest.mark.parametrize("form", ["slot", "move", "vm"])
def test_after_random_migrations_all_that_is_seen_equals_a_recomputation(form: str) -> None:
    env = DispatchVectorEnv("vm_rescheduling", 1, "random:12,limit=90,load=high", autoreset=False, form=form)
    env.reset(seed=3)
    rng = np.random.default_rng(0)
    for _ in range(25):
        mask = env.observation.action_mask[0].astype(float)
        mask[0] = 0.0
        if not env.running[0] or not mask.any():
            break
        env.step(np.array([(mask * rng.random(mask.size)).argmax()]))
    assert len(env.schedule(0)) > 8 and env.running[0]
    for array, expected in columns(env, 0).items():
        for column, values in enumerate(expected.values()):
            np.testing.assert_allclose(getattr(env.observation, array)[0, :, column], values, rtol=1e-5, atol=1e-6)


ONE = Cluster.cluster(
    flavours=[(4, 8, 0), (8, 16, 1), (16, 8, 0)],
    pms=[[20, 20, 64, 64], [20, 20, 64, 64]],
    vms=[(0, 0, 0), (0, 0, 0), (0, 1, 1), (1, 1, 2)],
    limit=3,
)
"""Free: 12, 20 and 16, 12; two slots of 16 in 60 cores."""


def test_a_slot_candidate_says_what_it_evicts_and_what_that_costs() -> None:
    env = DispatchVectorEnv("vm_rescheduling", 1, [ONE], autoreset=False)
    env.reset()
    seen, view = env.observation, env.view()
    a = int(np.flatnonzero(view.node[0] == 0)[0])
    # One of the two VMs leaves node 0 of PM 0 for its other node, which keeps its slot: 20 - 4 cores.
    assert seen.candidate_type[0, a] == SLOT and view.vms[0, a] == 1 and view.slots[0, a] == 1.0
    assert seen.candidate_features[0, a, C.single_quarter] == 0.25
    assert seen.candidate_features[0, a, C.remainder] == 12 / 16 and seen.candidate_features[0, a, C.left_over] == 0.0
    env.step(np.array([a]))
    assert env.schedule(0).tolist() == [[0, 0, 0, 0, 1, 0]] and env.objective[0] == 1 - 16 * 3 / 60


def test_sinks_can_be_picked_and_the_slot_earns_when_its_vms_have_moved() -> None:
    env = DispatchVectorEnv("vm_rescheduling", 1, [ONE], autoreset=False, sinks="pick")
    env.reset()
    _, reward, _, _, _ = env.step(np.flatnonzero(env.view().node[0] == 0)[:1])
    assert reward[0] == 0.0 and (env.observation.candidate_type[0, :3] == [-1, SINK, SINK]).all()
    assert not env.observation.action_mask[0, 0]
    places = env.view().place[0, env.observation.action_mask[0] == 1].tolist()
    assert 1 in places and 0 not in places
    _, reward, _, _, _ = env.step(np.array([1 + places.index(1)]))
    assert reward[0] == pytest.approx(1.0) and len(env.schedule(0)) == 1


def test_the_forms_move_and_vm_make_the_same_migration() -> None:
    nodes = 4
    picked = play(ONE, [1 + nodes + 1, 1 + 1, 0], form="vm")  # VM 1, node 1 of PM 0, stop
    moved = play(ONE, form="move")
    assert picked.schedule(0).tolist() == [[1, 0, 0, 0, 1, 0]]
    assert picked.objective[0] == 1 - 16 * 3 / 60
    assert moved.objective[0] <= picked.objective[0] and [1, 0, 0, 0, 1, 0][1:] in moved.schedule(0)[:, 1:].tolist()


def test_vms_of_one_group_do_not_meet_and_vms_without_a_place_cannot_be_picked() -> None:
    kept_apart = replace(ONE, group=[0, -1, 0, -1])
    env = DispatchVectorEnv("vm_rescheduling", 1, [kept_apart], autoreset=False, form="vm")
    env.reset()
    env.step(np.array([1 + 4 + 0]))
    assert np.flatnonzero(env.observation.action_mask[0]).tolist() == [1 + 1]
    with pytest.raises(ValueError, match="VM 0 is there, has no room there, or one of its group is there"):
        env.step(np.array([1 + 2]))
    full = Cluster.cluster([(4, 0, 0), (2, 0, 0)], [[4, 4, 0, 0], [2, 3, 0, 0]], [(0, 0, 0), (0, 0, 1), (1, 1, 0)])
    env = DispatchVectorEnv("vm_rescheduling", 1, [full], autoreset=False, form="vm")
    env.reset()
    assert np.flatnonzero(env.observation.action_mask[0]).tolist() == [0, 1 + 4 + 2]
    with pytest.raises(ValueError, match="VM 0 has no other place to go to"):
        env.step(np.array([1 + 4]))


def test_an_episode_ends_at_the_goal_and_costlier_migrations_take_more_of_the_limit() -> None:
    goal = replace(ONE, goal=3)
    env = play(goal)
    assert env.objective[0] == 1 and len(env.schedule(0)) == 1
    costly = replace(ONE, cost=[2, 2, 2])
    assert len(play(costly).schedule(0)) == 1


LIVE = replace(ONE, span=100, leaves=np.array([30, *[2**40] * 3]))
"""VM 0 leaves at 30."""


def test_a_migration_that_time_has_made_impossible_is_dropped() -> None:
    pick = [1 + 4 + 0, 1 + 1, 0]
    assert len(play(LIVE, pick, form="vm", migration=29).schedule(0)) == 1
    assert len(play(LIVE, pick, form="vm", migration=30).schedule(0)) == 0
    assert len(play(LIVE, pick, form="vm", thinking=20, migration=10).schedule(0)) == 0
    assert len(play(LIVE, pick, form="vm", migration=101).schedule(0)) == 0


def test_a_plan_is_made_on_what_was_there_and_carried_out_on_what_is() -> None:
    picks = [1 + 4 + 0, 1 + 1, 1 + 4 + 1, 1 + 1, 0]
    env = DispatchVectorEnv(
        "vm_rescheduling", 1, [LIVE], autoreset=False, form="vm", plan=True, thinking=40, migration=10
    )
    env.reset()
    for action in picks[:-1]:
        _, reward, _, _, info = env.step(np.array([action]))
        assert reward[0] == 0.0 and info["elapsed"][0] == 0.0 and env.observation.ids[0, 1] == 0
    assert env.schedule(0).tolist() == [[0, 0, 0, 0, 1, 0], [1, 0, 0, 0, 1, 0]]
    _, reward, terminated, _, info = env.step(np.array([picks[-1]]))
    assert terminated[0] and info["elapsed"][0] == 100
    assert env.schedule(0).tolist() == [[1, 0, 0, 0, 1, 60]]  # VM 0 has left; its place in the plan takes time
    assert env.objective[0] == verify(LIVE, env.schedule(0)) == 1 - 16 * 3 / 64


def test_an_arriving_vm_is_seen_and_moved_like_any_other() -> None:
    come = replace(
        ONE,
        span=100,
        arrival=np.array([10]),
        arrival_flavour=np.array([0]),
        arrival_leaves=np.array([2**40]),
    )
    env = DispatchVectorEnv("vm_rescheduling", 1, [come], autoreset=False, form="vm", migration=15)
    env.reset()
    assert env.observation.node_type[0, -1] == -1
    before = env.observation.ids[0, 0]
    for action in (1 + 4 + 3, 1 + 0):
        env.step(np.array([action]))
    assert env.observation.node_type[0, -1] == 2 and env.observation.ids[0, 0] != before
    seen = {name: array for part in columns(env, 0).values() for name, array in part.items()}
    assert seen["share"].shape == (4 + 4 * 5,)
    for action in (1 + 4 + 4, 1 + 1):
        env.step(np.array([action]))
    assert env.schedule(0)[:, 0].tolist() == [3, 4]


def test_measured_thinking_passes_as_much_time_as_was_taken() -> None:
    later = replace(LIVE, span=10**6)
    env = DispatchVectorEnv("vm_rescheduling", 1, [later], autoreset=False, form="vm", thinking="measured")
    env.reset()
    for action in (1 + 4 + 1, 1 + 1):
        sleep(0.03)
        _, _, _, _, info = env.step(np.array([action]))
    (row,) = env.schedule(0).tolist()
    assert 60 <= row[-1] == info["elapsed"][0] < 10**5
    with pytest.raises(ValueError, match="thinking is 'measured', but must be a whole number for a plan"):
        DispatchVectorEnv("vm_rescheduling", 1, [LIVE], thinking="measured", plan=True)
