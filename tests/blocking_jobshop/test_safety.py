"""Without swaps the mask lets nobody into a dead end, and closes few ways that are none."""

import numpy as np
import pytest
from hypothesis import given, settings

from envs.blocking_jobshop.instance import BlockingJobShopInstance
from envs.blocking_jobshop.law import random_source
from envs.jobshop.instance import JobShopInstance
from tests.blocking_jobshop.contract import shops
from tests.blocking_jobshop.safety import search


@settings(deadline=None, max_examples=30)
@given(shop=shops())
def test_in_no_state_is_the_mask_empty_or_a_legal_move_a_dead_end(shop: JobShopInstance) -> None:
    search(BlockingJobShopInstance.of(shop, swap=0))  # asserts it in every state that play reaches


@pytest.mark.parametrize(("size", "least"), [("3x3", 0.85), ("4x3", 0.85), ("4x4", 0.8)])
def test_most_safe_moves_are_legal(size: str, least: float) -> None:
    source, rng = random_source(f"{size},swap=not_allowed"), np.random.default_rng(1)
    found = [search(source.sample(rng)) for _ in range(4)]
    assert sum(one.allowed for one in found) >= least * sum(one.safe for one in found)
