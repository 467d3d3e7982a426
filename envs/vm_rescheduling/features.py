"""What an agent sees of a cluster: types of nodes, edges and candidates, and the columns of each array by name."""

from envs.core.spec import Feature, Spec, columns

NODE_FEATURES = (
    Feature("cores", "numa: its cores; vm: its cores on each of its nodes; both / cores of the largest NUMA node"),
    Feature("memory", "numa, vm: the same of memory"),
    Feature("double", "vm: 1 = half of it on each NUMA node"),
    Feature("cost", "vm: what its migration takes / limit"),
    Feature("size", "clock: PMs / (PMs + 64)"),
)

NODE_STATE = (
    Feature("free", "numa, vm (of its node, the first one): free cores / cores of the largest node; clock: of all"),
    Feature("free_memory", "the same of memory"),
    Feature(
        "remainder", "numa, vm: what free cores leave over of the slots; clock: the objective, of a goal / missing"
    ),
    Feature("slots", "numa: slots that its own room is enough for, squashed; clock: slots there are / free cores"),
    Feature("near", "numa: 1 / fewest VMs that must go for one slot more, 0 = more than 4; clock: mean of all"),
    Feature("singles", "numa: small VMs on it alone, squashed; clock: share of the limit that is left"),
    Feature("doubles", "numa: small double VMs on it, squashed; clock: migrations that are left, squashed"),
    Feature("gain", "vm: slots that there are more when it goes, squashed; clock: share of the span that is left"),
    Feature("chosen", "vm: 1 = chosen, its sink is next; numa: 1 = chosen, slot is next; clock: 1 = a sink is next"),
)
"""Of slots, the first kind counts. What is squashed is x / (4 + |x|)."""

EDGE_FEATURES = (Feature("share", "vm and numa: the VM's cores there / cores of the node"),)

SIZES = ("eighth", "quarter", "half", "more")
"""Sizes of VMs on a node: up to so much of a slot's there."""

CANDIDATE_FEATURES = (
    Feature("regret", "largest score of any candidate - its own, squashed; score: (gain - damage) / cost, 0 to stop"),
    Feature("regret_fine", "16 times the same, squashed"),
    Feature("score", "its score"),
    Feature("gain", "worth of the PM that VMs leave, after that - before"),
    Feature("slots", "slots of the PM that VMs leave, after that - before"),
    Feature("damage", "worth that is lost at the sinks: at the least damaged ones (slot), or at this one (move, sink)"),
    Feature("migrations", "VMs / 4"),
    Feature("cost", "what their migration takes / limit"),
    *(Feature(f"single_{size}", f"VMs on one node, up to {size} of a slot's there, / 4") for size in SIZES),
    *(Feature(f"double_{size}", f"double VMs, up to {size} of a slot's there, / 4") for size in SIZES),
    Feature("remainder", "of the node that VMs leave: what its free cores leave over of the slots"),
    Feature("left_over", "the same after that"),
    Feature("other", "the same of the other node of the PM, before"),
    Feature("memory", "MB that move / MB of the largest node"),
    Feature("sink", "move, sink: what the sink's free cores leave over of the slots"),
    Feature("sink_left_over", "move, sink: the same after that"),
    Feature("own_pm", "move, sink: 1 = the other node of the same PM"),
    Feature("left", "share of the limit that is left"),
    Feature("left_count", "migrations that are left, squashed"),
    Feature("waste", "what free cores of all nodes leave over, in slots, / what is left of the limit, squashed"),
    *(Feature(f"price_single_{size}", f"least damage by a VM, up to {size} of a slot's") for size in SIZES[:3]),
    *(Feature(f"price_double_{size}", f"least damage by a double VM, up to {size} of a slot's") for size in SIZES[:3]),
)
"""Of the forms slot and move. Worth and slots are in slots of the first kind and squashed; prices are at most 2, also
where there is no sink. The worth of a PM is its slots plus the potential of how near it is to further ones."""

VM_FEATURES = (
    Feature("gain", "slots that there are more on the PM without the VM (sink: with it), squashed"),
    Feature("worth", "worth of the PM without the VM (sink: with it) - now, squashed"),
    Feature("cores", "cores of the VM on each of its nodes / cores of a slot on a node, squashed"),
    Feature("memory", "MB of the VM on each of its nodes / MB of the largest node"),
    Feature("double", "1 = half of it on each node"),
    Feature("remainder", "of its node (sink: of the sink): what free cores leave over of the slots"),
    Feature("left_over", "the same without the VM (sink: with it)"),
    Feature("own_pm", "sink: 1 = the other node of the same PM"),
)
"""Of the form vm."""

SPEC = Spec(
    node_types=("clock", "numa", "vm"),
    edge_types=("twin", "hosts", "hosted"),
    candidate_types=("stop", "slot", "move", "vm", "sink"),
    node_features=NODE_FEATURES,
    node_state=NODE_STATE,
    edge_features=EDGE_FEATURES,
    candidate_features=CANDIDATE_FEATURES,
    guide="regret",
)
"""Nodes are the clock, then the NUMA nodes, 1 + 2 pm + node, then, in the form vm, the VMs. Edges join the two NUMA
nodes of a PM and, in the form vm, a VM and each of its nodes, both ways."""

N, S, E = columns(NODE_FEATURES), columns(NODE_STATE), columns(EDGE_FEATURES)
C, V = columns(CANDIDATE_FEATURES), columns(VM_FEATURES)
"""Column numbers by name: N of `node_features`, S of `node_state`, E of `edge_features`, C and V of candidates."""

CLOCK, NUMA, VM = range(len(SPEC.node_types))
TWIN, HOSTS, HOSTED = range(len(SPEC.edge_types))
STOP, SLOT, MOVE, PICK, SINK = range(len(SPEC.candidate_types))
