"""What does not fit into memory is refused before it is allocated: a system that overcommits kills processes later."""

import os
from contextlib import suppress
from functools import cache
from math import prod
from pathlib import Path
from typing import Any

import numpy as np

LIMITS = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")
"""Where Linux says how much a container may use."""


@cache
def memory() -> int:
    """Bytes of memory that this process can have at most: the machine's, or its container's."""
    known = [2**63]
    with suppress(AttributeError, ValueError, OSError):
        known.append(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    for limit in LIMITS:
        with suppress(OSError, ValueError):
            known.append(int(Path(limit).read_text(encoding="utf-8")))
    return min(known)


def check_memory(needed: float, what: str, remedy: str) -> None:
    """ValueError where more bytes are needed than there are; `what` begins the sentence, `remedy` ends it."""
    if needed > memory():
        much = f"{needed / 1e9:.3g} GB" if needed < 1e27 else "more than any machine's"
        raise ValueError(f"{what} would take {much} of memory, but there are {memory() / 1e9:.3g} GB: {remedy}.")


def check_instances(example: Any, count: int) -> None:
    """ValueError where so many instances like the example would not fit into memory."""
    arrays = [value.nbytes for value in vars(example).values() if isinstance(value, np.ndarray)]
    check_memory(count * (1000 + sum(arrays)), f"{count} instances", "ask for fewer")


def bytes_per_row(arrays: tuple[np.ndarray, ...]) -> float:
    """Bytes of one row of arrays with a leading batch axis, which may be empty."""
    return float(sum(array.dtype.itemsize * prod(array.shape[1:]) for array in arrays))
