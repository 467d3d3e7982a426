"""The judge of migrations: objectives worked out by hand, and what it refuses."""

from dataclasses import replace
from typing import Any

import pytest

from envs.core.schedules import ScheduleError
from envs.vm_rescheduling.instance import VMReschedulingInstance
from envs.vm_rescheduling.verify import verify

STAYS = 2**40
ONE = VMReschedulingInstance.cluster(
    flavours=[(4, 8, 0), (8, 8, 1)],
    pms=[[20, 20, 64, 64], [20, 20, 64, 64]],
    vms=[(0, 0, 0), (0, 0, 0), (0, 1, 1), (1, 1, 2)],
    group=[5 - 5, -1, 0, -1],
    cost=[1, 3],
    limit=4,
)
"""Free: 12, 20 and 16, 12; two slots of 16 in 60 cores."""


def test_the_fragment_rate_is_the_share_of_free_cores_outside_slots() -> None:
    assert verify(ONE, []) == 1 - 16 * 2 / 60
    assert verify(ONE, [(1, 0, 0, 0, 1, 0)]) == 1 - 16 * 3 / 60  # to the other node of its own PM
    assert verify(replace(ONE, slot_double=[1], slot_cores=[24]), []) == 1 - 24 * 2 / 60
    mix = replace(
        ONE,
        slot_cores=[16, 24],
        slot_double=[0, 1],
        slot_memory=[0, 0],
        slot_weight=[0.25, 0.75],
    )
    assert verify(mix, []) == pytest.approx(0.25 * (1 - 32 / 60) + 0.75 * (1 - 48 / 60))
    assert verify(replace(ONE, slot_memory=[61]), []) == 1 - 16 / 60  # 48, 64, 60 and 52 MB are free


def test_with_a_goal_the_objective_is_the_cost_and_five_for_each_slot_that_is_missing() -> None:
    goal = replace(ONE, goal=3)
    assert verify(goal, []) == 5
    assert verify(goal, [(1, 0, 0, 0, 1, 0)]) == 1
    assert verify(goal, [(3, 1, 2, 0, 2, 0), (1, 0, 0, 1, 0, 0)]) == 4
    assert verify(replace(ONE, goal=5), []) == 15


def test_full_clusters_have_no_fragments() -> None:
    full = VMReschedulingInstance.cluster([(4, 0, 0)], [[4, 4, 0, 0]], [(0, 0, 0), (0, 0, 1)])
    assert verify(full, []) == 0.0 == full.lower_bound()


@pytest.mark.parametrize(
    ("words", "rows"),
    [
        ("VM 9 to PM 1, NUMA node 0, at 0: there is no such VM then", [(9, 0, 0, 1, 0, 0)]),
        ("it should come from PM 1, NUMA node 0, but is on PM 0, NUMA node 0", [(0, 1, 0, 1, 0, 0)]),
        ("there is no such PM, they are 0 to 1", [(0, 0, 0, 2, 0, 0)]),
        ("a VM of its flavour is on both nodes, 2", [(3, 1, 2, 0, 0, 0)]),
        ("a VM of its flavour is on 0 or 1", [(0, 0, 0, 1, 2, 0)]),
        ("it is there already", [(0, 0, 0, 0, 0, 0)]),
        ("VM 2 of the same anti-affinity group is there", [(0, 0, 0, 1, 0, 0)]),
        ("the migrations take 6 by then, but the limit is 4", [(3, 1, 2, 0, 2, 0), (3, 0, 2, 1, 2, 0)]),
        ("its time must be from that of the row before on, and within the span", [(1, 0, 0, 0, 1, 7)]),
        ("row 0 of the schedule is [1, 0], but its columns are vm, from_pm", [[1, 0]]),
    ],
)
def test_what_is_no_migration_is_refused_in_a_sentence(words: str, rows: Any) -> None:
    with pytest.raises(ScheduleError) as error:
        verify(ONE, rows)
    assert words in str(error.value)


def test_there_must_be_room_in_cores_and_in_memory() -> None:
    narrow = replace(ONE, pm_cores=[[20, 3], [20, 20]])
    with pytest.raises(ScheduleError, match="there is no room for it"):
        verify(narrow, [(1, 0, 0, 0, 1, 0)])
    with pytest.raises(ScheduleError, match="there is no room for it"):
        verify(replace(ONE, pm_memory=[[64, 7], [64, 64]]), [(1, 0, 0, 0, 1, 0)])


LIVE = replace(
    ONE,
    span=100,
    leaves=[40, STAYS, STAYS, STAYS],
    arrival=[10, 60],
    arrival_flavour=[0, 1],
    arrival_leaves=[STAYS, STAYS],
)
"""VM 4 comes to PM 0, node 0 at 10, VM 0 leaves there at 40, double VM 5 comes at 60, where the fewest cores are."""


def test_vms_arrive_where_they_fit_best_and_leave_and_the_objective_is_taken_at_the_end_of_the_span() -> None:
    # At 60, PM 0 has 12 and 20 free cores, PM 1 has 16 and 12: the double VM takes 4 and 4 there.
    assert verify(LIVE, []) == 1 - 16 / 52
    assert verify(LIVE, [(4, 0, 0, 0, 1, 60)]) == 1 - 16 * 2 / 52
    with pytest.raises(ScheduleError, match="VM 0 to PM 0, NUMA node 1, at 40: there is no such VM then"):
        verify(LIVE, [(0, 0, 0, 0, 1, 40)])
    assert verify(LIVE, [(0, 0, 0, 0, 1, 39)]) == verify(LIVE, [])
    with pytest.raises(ScheduleError, match="within the span"):
        verify(LIVE, [(4, 0, 0, 0, 1, 101)])
