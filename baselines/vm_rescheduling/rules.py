"""Rules of VM rescheduling; they stop where nothing that they look for gains. Scores are in slots of the first kind.

`worth` is the slot rule of `baselines.vm_rescheduling.slots` in the form slot, and the best single migration in the
others; the options `potential` and `waste` say what it values besides slots.
"""

from collections.abc import Callable

import numpy as np

from envs.vm_rescheduling.env import View

NEVER = -1e6
"""Below all that is looked for, and still a score: something must be picked once a VM is."""
NO_POTENTIAL = {"potential": (0.0, 0.0, 0.0, 0.0), "waste": 0.0}


def worth(view: View) -> np.ndarray:
    """Gain in worth for its cost: slots, and how near nodes are to further ones; 0 for the stop.

    Where the form is slot, these are the slot plans of `../shared/reference/vm_policy.md`, section 2; where it is vm, a
    VM counts with the place that it harms least.
    """
    if view.vm.shape[1] > 1:
        return np.array(view.score)
    harm, _ = _least_harm(view)
    cost = np.take_along_axis(view.cost, view.vm_flavour, axis=1)
    return _by_stage(view, 0.0, (view.release - harm) / np.maximum(cost, 1), -_harm_of_chosen(view))


def single(view: View) -> np.ndarray:
    """`worth`, of slots that one migration opens."""
    return np.where(view.vms > 1, NEVER, worth(view))


def filtering(view: View) -> np.ndarray:
    """The filtering heuristic (HA) of Ding et al., as in their code: see `baselines.vm_rescheduling.greedy`.

    The VM of at most a slot's cores whose going leaves the fewest fragments, then the place on another PM whose
    fragments its coming lowers most; it stops where the two together lower none. Ties go to the first. In other forms
    than vm it is `single`.
    """
    if view.vm.shape[1] > 1:
        return single(view)
    size = view.slot_cores[:, None].astype(float)
    cores = np.take_along_axis(view.flavour_cores * (1 + view.double), view.vm_flavour, axis=1) / size
    harm, _ = _least_harm(view)
    lowered = np.where((cores <= 1) & (view.vm_place >= 0), view.vm_slots - cores, NEVER)
    actions = 1 + view.nodes[:, None] + np.arange(lowered.shape[1])
    legal = np.take_along_axis(view.action_mask, actions, axis=1) == 1
    best = np.where(legal, lowered, -np.inf).argmax(axis=1)[:, None]
    total = np.take_along_axis(lowered + cores - harm, best, axis=1)[:, 0]
    stop = np.where(total > 1e-9, 2 * NEVER, -NEVER)
    own = np.arange(view.drop.shape[2]) // 2 == _place_of_chosen(view) // 2
    return _by_stage(view, stop, lowered, np.where(own, NEVER, -_harm_of_chosen(view)))


def random(view: View) -> np.ndarray:
    """All candidates alike: random play when sampled, the stop when greedy."""
    return np.zeros(view.action_mask.shape)


def _least_harm(view: View) -> tuple[np.ndarray, np.ndarray]:
    """(B, V) the least harm by each VM on another PM than its own, inf where none has room; and the place."""
    rows, pms = np.arange(len(view.drop))[:, None], np.arange(view.drop.shape[2]) // 2
    first = view.drop.argmin(axis=2)
    elsewhere = np.where(pms == first[:, :, None] // 2, np.inf, view.drop)
    second = elsewhere.argmin(axis=2)
    flavour = view.vm_flavour
    place = np.where(first[rows, flavour] // 2 == view.vm_place // 2, second[rows, flavour], first[rows, flavour])
    return view.drop[rows, flavour, place], place


def _harm_of_chosen(view: View) -> np.ndarray:
    """(B, 2 P) harm by the VM whose place is picked now, of any VM where none is."""
    rows, vm = np.arange(len(view.drop)), np.maximum(view.chosen, 0)
    return view.drop[rows, view.vm_flavour[rows, vm]]


def _place_of_chosen(view: View) -> np.ndarray:
    """(B, 1) where that VM is."""
    return view.vm_place[np.arange(len(view.drop)), np.maximum(view.chosen, 0)][:, None]


def _by_stage(view: View, stop: np.ndarray | float, vms: np.ndarray, places: np.ndarray) -> np.ndarray:
    """(B, A) scores of the form vm: of the stop (B,), VMs (B, V) and places (B, 2 P)."""
    action, nodes = np.arange(view.action_mask.shape[1])[None], view.nodes[:, None]
    place, vm = (np.clip(action - 1 - first, 0, None) for first in (np.zeros_like(nodes), nodes))
    of_place = np.take_along_axis(places, np.minimum(place, places.shape[1] - 1), axis=1)
    of_vm = np.take_along_axis(vms, np.minimum(vm, vms.shape[1] - 1), axis=1)
    scores = np.where(action <= nodes, of_place, of_vm)
    scores[:, 0] = stop
    return scores


DEFAULTS = {"form": "slot"}
"""Options under which the rules are quoted."""

NEEDS: dict[str, dict[str, object]] = {"single": {"form": "slot"}, "filtering": {"form": "vm", **NO_POTENTIAL}}
"""Options without which the scores of a rule mean something else."""

RULES: dict[str, Callable[[View], np.ndarray]] = {
    "worth": worth,
    "single": single,
    "filtering": filtering,
    "random": random,
}

TEMPERATURES: dict[str, float] = {"worth": 0.03, "single": 0.3, "filtering": 0.03}
"""At which each is sampled: the table "temperatures" of results/vm_rescheduling."""
