"""What migrations come to, in numpy: for searches that look at many plans; `verify` has the last word."""

from dataclasses import replace

import numpy as np

from envs.vm_rescheduling.instance import NEVER, VMReschedulingInstance


def schedule_of(moves: np.ndarray) -> np.ndarray:
    """(n, 6) int64 as `verify` reads it: migrations (n, 5) in this order, all at time 0."""
    return np.concatenate([moves, np.zeros((len(moves), 1), np.int64)], axis=1)


def still(instance: VMReschedulingInstance) -> VMReschedulingInstance:
    """The same with nothing that comes or goes, for that is hidden."""
    if not instance.span:
        return instance
    nothing = np.zeros(0, np.int64)
    gone = {"arrival": nothing, "arrival_flavour": nothing, "arrival_leaves": nothing}
    return replace(instance, span=0, leaves=np.full(instance.vms, NEVER), **gone)


def outcome(instance: VMReschedulingInstance, moves: np.ndarray) -> float | int:
    """The objective after legal migrations (n, 5), to the bit as `verify` has it where nothing comes or goes."""
    cores, memory = instance.free()
    vm, *places = moves.T
    flavour = instance.flavour[vm]
    part = 1 + instance.double[flavour]
    for pm, node, sign in ((places[0], places[1], 1), (places[2], places[3], -1)):
        for side in range(2):
            on = (node == 2) | (node == side)
            np.add.at(cores[:, side], pm[on], sign * (instance.cores[flavour] // part)[on])
            np.add.at(memory[:, side], pm[on], sign * (instance.memory[flavour] // part)[on])
    if instance.goal:
        missing = max(0, instance.goal - int(room_for(instance, 0, cores, memory).sum()))
        return int(instance.cost[flavour].sum()) + (instance.limit + 1) * missing
    free, rate = int(cores.sum()), 0.0
    kinds = zip(instance.slot_cores.tolist(), instance.slot_weight.tolist(), strict=True)
    for kind, (size, weight) in enumerate(kinds):
        rate += weight * (1 - size * int(room_for(instance, kind, cores, memory).sum()) / free) if free else 0.0
    return rate


def room_for(instance: VMReschedulingInstance, kind: int, cores: np.ndarray, memory: np.ndarray) -> np.ndarray:
    """(P, 2), or (P, 1) for double ones: the slots of a kind that so much free room (P, 2) has."""
    halves = 1 + int(instance.slot_double[kind])
    room = cores // (int(instance.slot_cores[kind]) // halves)
    if instance.slot_memory[kind]:
        room = np.minimum(room, memory // (int(instance.slot_memory[kind]) // halves))
    return room.min(axis=1, keepdims=True) if halves == 2 else room
