"""What the kernel of VM rescheduling works on: records and arrays."""

from typing import NamedTuple

import numpy as np

from envs.core.state import records

SLOT_FORM, MOVE_FORM, VM_FORM = 0, 1, 2
MOST = 4
"""VMs that are evicted for one slot, at most."""
PATTERNS = 16
"""Ways to open a slot on a PM that are remembered: those with the fewest VMs, then the fewest cores."""
BEST = 8
"""Form move: sources and sinks of each flavour that are combined."""
ALONE = 3
"""Where VMs of a PM are: on NUMA node 0, on 1, on both; so many lists it has."""


class KernelOptions(NamedTuple):
    """The options of the problem, as the kernel reads them."""

    form: int  # SLOT_FORM, MOVE_FORM or VM_FORM
    pick_sinks: bool
    window: int
    near: tuple[float, ...]  # by the VMs that must go for a slot: [0] and [5] are 0
    waste: float
    plan: bool
    thinking: int
    migration: int


class Numbers(NamedTuple):
    """The arrays of an instance, as `fill` copies them."""

    cores: np.ndarray
    memory: np.ndarray
    double: np.ndarray
    cost: np.ndarray
    pm_cores: np.ndarray
    pm_memory: np.ndarray
    flavour: np.ndarray
    pm: np.ndarray
    numa: np.ndarray
    group: np.ndarray
    slot_cores: np.ndarray
    slot_memory: np.ndarray
    slot_double: np.ndarray
    slot_weight: np.ndarray
    arrival_flavour: np.ndarray
    event: np.ndarray  # (E, 3) time, 0 = leaves or 1 = arrives, VM; in the order in which they happen


LINE = {
    "pms": int,
    "nodes": int,  # 2 x pms
    "vms": int,  # at the beginning
    "all_vms": int,  # those that arrive included
    "flavours": int,
    "kinds": int,  # of slots
    "small": int,  # flavours whose VMs are evicted for slots
    "events": int,
    "limit": int,
    "cheapest": int,  # the least cost of a migration
    "goal": int,
    "span": int,
    "largest": int,  # cores of the largest node
    "largest_memory": int,  # MB of it, at least 1
    "all_cores": int,
    "all_memory": int,  # at least 1
    "grouped": int,  # 1 where there are anti-affinity groups
    "free": int,  # cores, of all nodes
    "free_memory": int,
    "wasted": int,  # cores that are left over of the slots, of all nodes
    "nearness": int,  # of all PMs
    "slots0": int,  # of the first kind, of all PMs
    "slots1": int,  # of the second
    "spent": int,  # of the limit
    "moves": int,  # rows of `log`
    "time": int,  # ms
    "event": int,  # the next one
    "first": float,  # the objective at the beginning
    "unit": float,  # a reward of 1 is so much of the objective
    "missing": int,  # slots of the goal at the beginning, at least 1
    "changed": int,  # PMs that have been touched since the last observation
    "stage": int,  # 0: a VM, move or slot is chosen next; 1: the sink of `chosen`
    "chosen": int,  # the VM whose sink is next, else -1
    "source": int,  # the PM on which a slot is opened
    "marked": int,  # pick_sinks: the node of it that the observation shows, -1 = none
    "waiting": int,  # the VMs that are still to leave it, packed as `members`
    "candidates": int,  # rows of `window` behind the first
    "best": float,  # the largest score of the window
    "graph": int,  # tells where VMs are, against the beginning
    "fingerprint": int,
    "stale": int,  # 1: the scores of all patterns must be worked out anew
    "stirred": int,  # 1: VMs have left or arrived since the last observation
    "returned": int,  # thinking "measured": ns of the clock when the observation was there
    "fresh": int,  # 1: nothing has been played
    "over": int,
}
FLAVOUR = {
    "cores": int,  # on each of its nodes
    "memory": int,
    "double": int,
    "cost": int,
    "band": int,  # of SIZES, + 4 for double ones
    "small": int,  # 1 = may be evicted for a slot
    "fits": int,  # places that have room for one
    "noted": int,  # form vm: how many they were, at most 2, when VMs were noted last
    "place": int,  # the least damaged, -1 = none
    "damage": float,
    "other_place": int,  # the least damaged on another PM
    "other_damage": float,
    "stale": int,  # 1: places must be searched anew
    "rated_place": int,  # these when patterns were rated last
    "rated_damage": float,
    "rated_other": float,
    "by_cores": int,  # row k: the small flavour with the k-th most cores on a node; other rows mean nothing
    "by_memory": int,  # the same by MB
}
KIND = {
    "cores": int,  # on each of its nodes
    "memory": int,
    "double": int,
    "whole": int,  # cores in all
    "weight": float,
    "worth": float,  # weight x whole / whole of the first kind
}
VM = {
    "flavour": int,
    "place": int,  # -1 = not there
    "group": int,
    "next": int,  # VM of the same list, -1 = none
    "previous": int,
    "mate": int,  # the next VM of its group, in a ring; itself where it has none
    "start": int,  # its place at the beginning, -1 where it arrives later
    "drawn": int,  # the place that the edges of the observation show
    "gain": float,  # slots that there are more on its PM without it
    "release": float,  # worth of the PM without it - with it
    "salt": int,  # a fixed random number: who is where is told by a sum of products
}
NODE = {
    "capacity": int,  # cores
    "capacity_memory": int,
    "salt": int,
}
PM = {
    "worth": float,  # slots and potential
    "slots": float,  # of all kinds, in slots of the first
    "slots0": int,
    "slots1": int,
    "near0": int,  # VMs that must go for one more slot of the first kind on node 0, on 1; 5 = more than 4
    "near1": int,
    "wasted": int,  # cores that are left over of the slots
    "nearness": int,  # 12 / VMs that must go, of both nodes
    "patterns": int,
    "top": float,  # the largest score of a pattern
    "changed": int,  # row k: the k-th PM that has been touched since the last observation
    "touched": int,  # 1: must be worked out anew, 2: has been, but not drawn
}
PATTERN = {
    "members": int,  # up to MOST of 1 + ALONE x flavour + where, 15 bits each, the first to move last
    "vms": int,
    "cost": int,
    "freed": int,  # cores, of both nodes
    "node": int,  # the first node that gets a slot
    "gain": float,
    "slots": float,
    "damage": float,
    "score": float,
}
CANDIDATE = {
    "vm": int,  # that moves; slot: -1
    "place": int,  # slot: PM; move, sink: where the VM goes
    "pattern": int,  # slot: number of the pattern of the PM, else -1
    "node": int,  # that VMs leave
    "vms": int,  # how many
    "gain": float,
    "slots": float,
    "damage": float,
    "score": float,
}
MOVES = 6
"""Columns of a schedule."""


class State(NamedTuple):
    """Records, so that what is read together lies together; only the kernel writes them.

    A place is 2 pm + node for a VM on one NUMA node and 2 pm for a double one; arrays by node are in the same order.
    """

    line: np.recarray  # (B,) of LINE
    flavour: np.recarray  # (B, F) of FLAVOUR
    kind: np.recarray  # (B, 2) of KIND
    vm: np.recarray  # (B, V) of VM
    pm: np.recarray  # (B, P) of PM
    node: np.recarray  # (B, 2 P) of NODE
    cores: np.ndarray  # (B, 2 P) free
    memory: np.ndarray  # (B, 2 P) free
    head: np.ndarray  # (B, 3 P) first VM on node 0, on 1, on both of each PM, -1 = none
    counts: np.ndarray  # (B, P, 3, F) VMs there of each flavour
    drop: np.ndarray  # (B, F, 2 P) f64 damage of a VM at each place, inf where it has no room
    lift: np.ndarray  # (B, F, 2 P) f64 form move: what a PM gains by a VM going from each place, -inf without one
    pattern: np.recarray  # (B, P, PATTERNS) of PATTERN
    window: np.recarray  # (B, 1 + K) of CANDIDATE: by action; row 0, the stop, has no VM, place and node
    event: np.ndarray  # (B, E, 3) time, 0 = leaves or 1 = arrives, VM
    log: np.ndarray  # (B, L, 6) migrations, the columns of a schedule
    best: np.recarray  # (B, 2 BEST) of CANDIDATE, row 0 serves all: form move, sources and sinks of one flavour
    pick: np.ndarray  # (B, 4, 3 F + 8) row 0 serves all: what patterns are made of
    noted: np.ndarray  # (B, V, C + 1) f32: features of the candidates that are VMs, and whether each can be picked


def allocate(batch: int, shape: tuple[int, ...], form: int, window: int, columns: int) -> State:
    """Zeros for `batch` instances of at most this shape; without room for what the form does not need.

    window: candidates at most, the stop aside. columns: of candidate features.
    """
    pms, vms, flavours, events, moves = shape
    salt = np.random.default_rng(271828)
    state = State(
        line=records(batch, LINE),
        flavour=records(batch, FLAVOUR, flavours),
        kind=records(batch, KIND, 2),
        vm=records(batch, VM, vms),
        pm=records(batch, PM, pms),
        node=records(batch, NODE, 2 * pms),
        cores=np.zeros((batch, 2 * pms), np.int64),
        memory=np.zeros((batch, 2 * pms), np.int64),
        head=np.full((batch, ALONE * pms), -1),
        counts=np.zeros((batch, pms, ALONE, flavours), np.int64),
        drop=np.full((batch, flavours, 2 * pms), np.inf),
        lift=np.full((batch, flavours if form == MOVE_FORM else 0, 2 * pms), -np.inf),
        pattern=records(batch, PATTERN, pms, PATTERNS if form == SLOT_FORM else 0),
        window=records(batch, CANDIDATE, 1 + (0 if form == VM_FORM else window)),
        event=np.zeros((batch, events, 3), np.int64),
        log=np.zeros((batch, moves, MOVES), np.int64),
        best=records(batch, CANDIDATE, 2 * BEST if form == MOVE_FORM else 0),
        pick=np.zeros((batch, 4, ALONE * flavours + 2 * MOST if form == SLOT_FORM else 0), np.int64),
        noted=np.zeros((batch, vms if form == VM_FORM else 0, columns + 1), np.float32),
    )
    state.vm["place"] = -1
    state.vm["salt"], state.node["salt"] = salt.integers(1, 2**31, vms), salt.integers(1, 2**31, 2 * pms)
    for name in ("vm", "place", "node"):
        state.window[name][:, 0] = -1
    return state
