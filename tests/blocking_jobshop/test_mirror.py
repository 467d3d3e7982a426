"""Backwards in time: schedules of the mirror image are schedules of the instance."""

import numpy as np
import pytest
from hypothesis import given, settings

from baselines.blocking_jobshop.hint import best_rule_schedule
from baselines.blocking_jobshop.solvers import cp_sat
from envs.blocking_jobshop.instance import BlockingJobShopInstance
from envs.blocking_jobshop.mirror import mirror, mirror_schedule
from envs.blocking_jobshop.sets import load_set
from envs.blocking_jobshop.verify import verify
from tests.blocking_jobshop.shops import blocking, flows
from tests.jobshop.shops import shops


@given(blocking(shops(), shutdown=0.0))
@settings(max_examples=20, deadline=None)
def test_a_schedule_of_the_mirror_image_is_one_of_the_instance(instance: BlockingJobShopInstance) -> None:
    assert mirror(mirror(instance)) == instance
    back = best_rule_schedule(mirror(instance))
    assert verify(instance, mirror_schedule(instance, back)) <= verify(mirror(instance), back)


@given(blocking(flows(4, 3), shutdown=0.0))
@settings(max_examples=8, deadline=None)
def test_optima_are_the_same_both_ways(instance: BlockingJobShopInstance) -> None:
    there, back = cp_sat(instance, seconds=20), cp_sat(mirror(instance), seconds=20)
    assert there.objective == there.bound == back.objective
    assert verify(instance, mirror_schedule(instance, back.schedule)) == there.objective


def test_what_can_fail_is_not_played_backwards() -> None:
    (instance,) = load_set("ft06:shutdown=0.05")
    with pytest.raises(ValueError, match=r"ft06:shutdown=0\.05:seed=0 has machines that can fail"):
        mirror(instance)
    assert np.array_equal(mirror(load_set("ft06")[0]).job_start, instance.job_start)
