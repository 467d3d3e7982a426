"""One process per core: every process plays and learns from its own groups, and all follow the mean gradient.

Each holds the same weights and optimizer and takes the same steps, so that only gradients and a few numbers travel, by
`torch.distributed`. Nothing here does anything in a process that has no crew.
"""

from collections.abc import Iterable
from typing import NamedTuple

import torch
import torch.distributed as dist
from torch import Tensor


class News(NamedTuple):
    """What the processes tell each other between two updates."""

    going: bool  # of process 0: whether to go on
    progress_remaining: float  # of process 0: what the schedules follow
    decisions: int  # of all processes, since the last news
    others_cpu_s: float  # of all other processes, since they began


def size() -> int:
    """How many processes learn together."""
    return dist.get_world_size() if dist.is_initialized() else 1


def exchange(going: bool, progress_remaining: float, decisions: int, cpu_s: float) -> News:
    """Wait for the others; the arguments are this process's own."""
    mine = torch.tensor([going, progress_remaining, decisions, cpu_s], dtype=torch.float64)
    all_of_them = [torch.zeros_like(mine) for _ in range(size())]
    dist.all_gather(all_of_them, mine)
    first, sums = all_of_them[0], torch.stack(all_of_them).sum(0)
    others = float(sums[3]) - cpu_s
    return News(bool(first[0]), float(first[1]), int(sums[2]), others)


def mean_gradients(parameters: Iterable[Tensor]) -> None:
    """Replace the gradients by their mean over the processes; one that is missing counts as zeros."""
    if size() == 1:
        return
    parameters = list(parameters)
    gradients = [torch.zeros_like(p) if p.grad is None else p.grad for p in parameters]
    flat = torch.cat([gradient.flatten() for gradient in gradients])
    dist.all_reduce(flat)
    parts = (flat / size()).split([gradient.numel() for gradient in gradients])
    for parameter, part in zip(parameters, parts, strict=True):
        parameter.grad = part.view_as(parameter).clone()
