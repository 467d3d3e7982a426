"""How kinds of slots are written: "16", "64d", "16+64d", "0.7*16/32+0.3*64d/128".

Each kind is [weight *] cores [d for double] [/ GB of memory], joined by +; without weights, all weigh the same.
"""

from __future__ import annotations

import re
from typing import NamedTuple

import numpy as np

from envs.core.instance import freeze

KIND = re.compile(r"(?:(\d{1,9}(?:\.\d{1,9})?)\*)?([1-9]\d{0,5})(d?)(?:/([1-9]\d{0,5}))?")


class Slots(NamedTuple):
    """The fields of an instance that say which slots count; see there."""

    slot_cores: np.ndarray
    slot_memory: np.ndarray
    slot_double: np.ndarray
    slot_weight: np.ndarray


def slots_of(text: str) -> Slots:
    """The kinds of slots that a text names; ValueError where it is no such text."""
    found = [KIND.fullmatch(word) for word in text.split("+")]
    if not all(found) or not 1 <= len(found) <= 2:
        rule = "write cores, as in 16, 64d (double), 16/32 (with GB), 16+64d (both)"
        raise ValueError(f"{text!r} names no slots: {rule}")
    words = [match.groups() for match in found if match]
    weights = [float(weight) if weight else 1 / len(words) for weight, *_ in words]
    given = [weight is not None for weight, *_ in words]
    if any(given) != all(given) or abs(sum(weights) - 1) > 1e-9:
        raise ValueError(f"{text!r} has weights that do not add up to 1: write all of them, as in 0.7*16+0.3*64d")
    for _, cores, double, memory in words:
        if double and int(cores) % 2:
            raise ValueError(f"{text!r}: a double slot has halves, but {cores} is odd")
        if memory and int(memory) > 2**20:
            raise ValueError(f"{text!r}: {memory} GB are more than {2**20}")
    return Slots(
        freeze([int(cores) for _, cores, _, _ in words]),
        freeze([1024 * int(memory or 0) for *_, memory in words]),
        freeze([int(bool(double)) for _, _, double, _ in words]),
        freeze(weights, np.float64),
    )


FR_16 = slots_of("16")
"""The published objective: slots of 16 cores on one NUMA node."""
