"""POP: the cluster is cut into random parts, and each is solved by itself.

Narayanan et al. (2021), "Solving large-scale granular resource allocation problems efficiently with POP", SOSP.
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from envs.vm_rescheduling.instance import VMReschedulingInstance

Solve = Callable[[VMReschedulingInstance], np.ndarray]
"""instance -> (n, 5) migrations"""


def pop(instance: VMReschedulingInstance, parts: int, seed: int, solve: Solve) -> np.ndarray:
    """(n, 5) migrations: those of random parts of the PMs, among which the limit is shared evenly.

    Raises ValueError for a goal, which cannot be shared.
    """
    if instance.goal:
        raise ValueError(f"pop cannot share a goal of {instance.goal} slots among parts: take highs.")
    rng, found = np.random.default_rng(seed), []
    parts = max(1, min(parts, instance.pms))
    groups = np.array_split(rng.permutation(instance.pms), parts)
    for number, pms in enumerate(groups):
        limit = instance.limit // parts + (number < instance.limit % parts)
        vms = np.flatnonzero(np.isin(instance.pm, pms))
        if limit == 0 or not len(vms):
            continue
        pms = np.sort(pms)
        moves = solve(_part(instance, pms, vms, limit)).copy()
        moves[:, 0], moves[:, 1], moves[:, 3] = vms[moves[:, 0]], pms[moves[:, 1]], pms[moves[:, 3]]
        found.append(moves)
    return np.concatenate([np.empty((0, 5), np.int64), *found])


def _part(instance: VMReschedulingInstance, pms: np.ndarray, vms: np.ndarray, limit: int) -> VMReschedulingInstance:
    """The PMs and VMs of these numbers, ascending."""
    group = instance.group[vms]
    members, renamed = np.unique(group, return_inverse=True)
    renamed = renamed.reshape(-1) - int(members[0] < 0)
    return replace(
        instance,
        pm_cores=instance.pm_cores[pms],
        pm_memory=instance.pm_memory[pms],
        flavour=instance.flavour[vms],
        pm=np.searchsorted(pms, instance.pm[vms]),
        numa=instance.numa[vms],
        group=renamed,
        leaves=instance.leaves[vms],
        limit=limit,
        name="",
    )
