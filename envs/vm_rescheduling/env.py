"""VM rescheduling as a problem: options, and what its kernel and its rules work on."""

from dataclasses import dataclass, replace
from time import perf_counter_ns
from typing import Literal, NamedTuple

import numpy as np

from envs.core.problem import Outcome, Problem, read_only
from envs.core.spec import Observation, Size
from envs.vm_rescheduling import kernel
from envs.vm_rescheduling.checks import LARGEST, NEVER
from envs.vm_rescheduling.features import SPEC, VM_FEATURES
from envs.vm_rescheduling.instance import VMReschedulingInstance
from envs.vm_rescheduling.observation import EDGES
from envs.vm_rescheduling.state import VM_FORM, KernelOptions, Numbers, State, allocate

FORMS = ("slot", "move", "vm")


@dataclass(frozen=True)
class Options:
    """What a decision is, and what happens between decisions."""

    form: Literal["slot", "move", "vm"] = "slot"
    """Which VMs leave a PM so that a slot opens there; one migration; or a VM, then its place (as published)."""
    sinks: Literal["least_damage", "pick"] = "least_damage"
    """Form slot: VMs go where they damage least, or where further picks say."""
    window: int = 32
    """Forms slot and move: candidates at most, those of the largest scores; also places, where they are picked."""
    potential: tuple[float, float, float, float] = (0.271, 0.075, 0.026, 0.0075)
    """Worth, in slots, of 1, 2, 3 or 4 VMs having to go for one slot more; zeros: slots alone count."""
    waste: float = 0.0184
    """What it costs, in slots, that a sink's free cores leave over a whole slot."""
    plan: bool = False
    """Decide everything on the cluster as it is at first; then what is still possible of it is carried out."""
    thinking: int | Literal["measured"] = 0
    """With a span: ms that pass between a decision and its migrations, or once between a plan and its own. Measured:
    what the decision has taken since the observation, the longest of a batch; an episode also ends where another as
    long would be too late, and what is played so is not deterministic."""
    migration: int = 0
    """With a span: ms that a migration of cost 1 takes; costlier ones take in proportion."""


class View(NamedTuple):
    """What a rule may read; cores and MB, leading axis B; what is by candidate means something where it is legal.

    A place is 2 pm + node, of a double VM 2 pm. `gain`, `slots`, `damage` and `score` are in slots of the first kind,
    as `features` explains them. In the form vm, action 1 + place picks a place, action 1 + 2 P + v VM v; the first
    eight arrays have no candidates then, but `release`, `vm_slots` and `drop` tell the same.
    """

    vm: np.ndarray  # (B, A) VM that moves, -1 = several or none
    node: np.ndarray  # (B, A) place that VMs leave, -1 = none
    place: np.ndarray  # (B, A) where the VM goes; of the form slot, without a VM, the PM
    vms: np.ndarray  # (B, A) how many VMs move
    gain: np.ndarray  # (B, A) f64 worth of the PM that VMs leave, after - before
    slots: np.ndarray  # (B, A) f64 its slots, after - before
    damage: np.ndarray  # (B, A) f64 worth that is lost at the sinks
    score: np.ndarray  # (B, A) f64 (gain - damage) / cost
    chosen: np.ndarray  # (B,) VM whose place is picked now, -1 = none
    nodes: np.ndarray  # (B,) NUMA nodes, 2 P
    cores: np.ndarray  # (B, 2 P) free cores of each node
    memory: np.ndarray  # (B, 2 P) free MB
    slot_cores: np.ndarray  # (B,) of the first kind, on each node that a slot is on
    vm_place: np.ndarray  # (B, V) where each VM is, -1 = not there
    vm_flavour: np.ndarray  # (B, V)
    vm_slots: np.ndarray  # (B, V) f64 form vm: slots of the PM without the VM - with it
    release: np.ndarray  # (B, V) f64 form vm: worth of the PM without the VM - with it
    flavour_cores: np.ndarray  # (B, F) of a VM, on each of its nodes
    flavour_memory: np.ndarray  # (B, F)
    double: np.ndarray  # (B, F) 1 = on both nodes of a PM
    small: np.ndarray  # (B, F) 1 = may be evicted for a slot
    cost: np.ndarray  # (B, F) of the limit
    drop: np.ndarray  # (B, F, 2 P) f64 worth that a VM costs at each place, inf = no room (form slot: of small ones)
    limit: np.ndarray  # (B,)
    spent: np.ndarray  # (B,) of the limit
    action_mask: np.ndarray  # (B, A) i8, 1 = legal


class VMRescheduling(Problem[State, VMReschedulingInstance]):
    """Minimise the fragment rate by a limited number of migrations."""

    name = "vm_rescheduling"
    title = "VMRescheduling"
    spec = SPEC
    Instance = VMReschedulingInstance
    Options = Options
    default_instances = "random:20"

    def __init__(self, **options: object) -> None:
        super().__init__(**options)
        given = self.options
        if not 1 <= given.window <= 2**16:
            raise ValueError(f"window is {given.window}, but must be a whole number from 1 to {2**16}.")
        self.measured = given.thinking == "measured"
        thinking = 0 if given.thinking == "measured" else given.thinking
        for name, value in (("thinking", thinking), ("migration", given.migration)):
            if not 0 <= value <= LARGEST:
                raise ValueError(f"{name} is {value}, but must be a whole number from 0 to {LARGEST}.")
        if self.measured and given.plan:
            raise ValueError(
                "thinking is 'measured', but must be a whole number for a plan, which takes many decisions."
            )
        if not all(0 <= value < 2 for value in given.potential):
            raise ValueError(f"potential is {given.potential}, but must be four numbers from 0 on and below 2.")
        if not 0 <= given.waste < 2:
            raise ValueError(f"waste is {given.waste}, but must be a number from 0 on and below 2.")
        if given.sinks == "pick" and given.form != "slot":
            raise ValueError(f"sinks is 'pick', but in the form {given.form!r} they always are: leave it out.")
        if given.form == "vm":
            self.spec = replace(SPEC, candidate_features=VM_FEATURES, guide="")
        self.kernel_options = KernelOptions(
            form=FORMS.index(given.form),
            pick_sinks=given.sinks == "pick",
            window=given.window,
            near=(0.0, *map(float, given.potential), 0.0),
            waste=float(given.waste),
            plan=given.plan,
            thinking=thinking,
            migration=given.migration,
        )

    def size(self, shape: tuple[int, ...]) -> Size:
        pms, vms, *_ = shape
        if self.kernel_options.form == VM_FORM:
            nodes = 1 + 2 * pms + vms
            return Size(nodes=nodes, edges=2 * pms + EDGES * vms, candidates=nodes)
        return Size(nodes=1 + 2 * pms, edges=2 * pms, candidates=1 + self.options.window)

    def allocate(self, batch: int, shape: tuple[int, ...]) -> State:
        form, columns = self.kernel_options.form, len(self.spec.candidate_features)
        return allocate(batch, shape, form, self.options.window, columns)

    def fill(self, state: State, row: int, instance: VMReschedulingInstance) -> None:
        found = {name: getattr(instance, name) for name in Numbers._fields if name != "event"}
        numbers = Numbers(**found, event=_events(instance))
        kernel.fill(state, row, numbers, instance.limit, instance.goal, instance.span)

    def reset(self, state: State, observation: Observation, outcome: Outcome, rows: np.ndarray) -> None:
        kernel.reset(state, observation, outcome, rows, self.kernel_options)
        if self.measured:
            state.line["returned"] = perf_counter_ns()

    def step(
        self, state: State, observation: Observation, outcome: Outcome, actions: np.ndarray, running: np.ndarray
    ) -> None:
        if not self.measured:
            kernel.step(state, observation, outcome, actions, running, self.kernel_options)
            return
        decisions = observation.ids[:, 1].copy()
        passed = perf_counter_ns() - int(state.line["returned"].min())
        options = self.kernel_options._replace(thinking=min(LARGEST, passed // 1_000_000))
        kernel.step(state, observation, outcome, actions, running, options)
        state.line["returned"][observation.ids[:, 1] > decisions] = perf_counter_ns()  # not between two picks

    def view(self, state: State, observation: Observation) -> View:
        window, vm, flavour, line = state.window, state.vm, state.flavour, state.line
        return read_only(
            View(
                **{name: window[name] for name in View._fields[:8]},
                chosen=line["chosen"],
                nodes=line["nodes"],
                cores=state.cores,
                memory=state.memory,
                slot_cores=state.kind["cores"][:, 0],
                vm_place=vm["place"],
                vm_flavour=vm["flavour"],
                vm_slots=vm["gain"],
                release=vm["release"],
                flavour_cores=flavour["cores"],
                flavour_memory=flavour["memory"],
                double=flavour["double"],
                small=flavour["small"],
                cost=flavour["cost"],
                drop=state.drop,
                limit=line["limit"],
                spent=line["spent"],
                action_mask=observation.action_mask,
            )
        )

    def schedule(self, state: State, row: int) -> np.ndarray:
        """(migrations so far, 6) int64: VM, from PM and NUMA node, to PM and NUMA node, time."""
        return state.log[row, : state.line[row].moves].copy()

    def explain(self, state: State, row: int, action: int) -> str:
        line = state.line[row]
        if action == 0:
            return "a VM has been chosen, so that a place for it is next"
        if self.kernel_options.form != VM_FORM:
            return f"the window has {line.candidates} candidates, numbered from 1"
        if action > line.nodes:
            return _why_no_vm(state, row, action - 1 - int(line.nodes))
        if line.chosen < 0:
            return "no VM has been chosen yet, and the first pick is a VM"
        return f"VM {line.chosen} is there, has no room there, or one of its group is there"

    def metrics(self, state: State, row: int) -> dict[str, float]:
        """Further measures of a row, by name: `slots` of the first kind, and `migrations` that were done."""
        return {"slots": float(state.line[row].slots0), "migrations": float(state.line[row].moves)}


def _why_no_vm(state: State, row: int, vm: int) -> str:
    line = state.line[row]
    if line.chosen >= 0:
        return f"VM {line.chosen} has been chosen, so that a place for it is next"
    if vm >= line.all_vms or state.vm[row, vm].place < 0:
        return f"there is no VM {vm}"
    return f"VM {vm} has no other place to go to, or its migration would exceed the limit"


def _events(instance: VMReschedulingInstance) -> np.ndarray:
    """(E, 3) int64 time, 0 = leaves or 1 = arrives, VM: what happens within the span, in order."""
    if not instance.span:
        return np.zeros((0, 3), np.int64)
    leaves = np.concatenate([instance.leaves, instance.arrival_leaves])
    gone = np.flatnonzero(leaves < NEVER)
    came = instance.vms + np.arange(len(instance.arrival))
    rows = np.concatenate(
        [
            np.stack([leaves[gone], np.zeros_like(gone), gone], axis=1),
            np.stack([instance.arrival, np.ones_like(came), came], axis=1),
        ]
    )
    return np.ascontiguousarray(rows[np.lexsort(rows.T[::-1])])
