"""A schedule of the mirror image, read from its end, is a schedule of the instance."""

import numpy as np
import pytest
from hypothesis import given, settings

from baselines.jobshop.rules import DEFAULTS, RULES
from baselines.jobshop.solvers import cp_sat
from baselines.play import play, rule_scores
from envs.jobshop.env import JobShop
from envs.jobshop.instance import JobShopInstance
from envs.jobshop.mirror import mirror, mirror_schedule
from envs.jobshop.verify import verify
from experiments.methods import Effort, methods
from tests.jobshop.shops import shops


@settings(deadline=None)
@given(instance=shops(most_jobs=5))
def test_its_schedules_are_schedules_of_the_instance(instance: JobShopInstance) -> None:
    image = mirror(instance)
    assert mirror(image) == instance
    episode = play(JobShop(**DEFAULTS), image, rule_scores(RULES["mwkr"]))
    assert verify(instance, mirror_schedule(instance, episode.schedule)) == verify(image, episode.schedule)


def test_both_directions_have_the_same_optimum() -> None:
    instance = JobShopInstance.generate(np.random.default_rng(0), 5, 4)
    assert cp_sat(instance, 10).objective == cp_sat(mirror(instance), 10).objective


def test_both_is_the_better_of_the_two() -> None:
    there, both = methods(JobShop(**DEFAULTS), ("spt", "both:spt"), Effort())
    improved = 0
    for seed in range(5):
        instance = JobShopInstance.generate(np.random.default_rng(seed), 6, 6)
        first, better = there.solve(instance, 0), both.solve(instance, 0)
        back = there.solve(mirror(instance), 0)
        assert better.objective == min(first.objective, back.objective) == verify(instance, better.schedule)
        improved += better.objective < first.objective
    assert improved
    with pytest.raises(ValueError, match="'both:cp_sat' is no method, for cp_sat is a solver: leave both: out"):
        methods(JobShop(), ("both:cp_sat",), Effort())
