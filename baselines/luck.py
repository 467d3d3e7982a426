"""Random numbers for compiled searches: the same whether or not they are compiled."""

import numpy as np

from envs.core.compiled import fast


def first_luck(seed: int) -> int:
    """Where the numbers of a seed begin."""
    return int(np.random.default_rng(seed).integers(1, 2**32))


@fast
def next_luck(luck):
    """The number from 1 to 2^32 - 1 after this one: G. Marsaglia (2003), Journal of Statistical Software 8(14)."""
    luck ^= (luck << 13) & 0xFFFFFFFF
    luck ^= luck >> 17
    return luck ^ ((luck << 5) & 0xFFFFFFFF)
