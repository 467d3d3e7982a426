"""What an agent sees of a queue: types of nodes, edges and candidates, and the columns of each array by name."""

from envs.core.spec import Feature, Spec, columns

SPEC = Spec(
    node_types=("machine", "job"),
    edge_types=("waits", "serves"),
    candidate_types=("commit", "pick"),
    node_features=(
        Feature("expected", "job: expected time"),
        Feature("capacity", "machine: jobs that it serves at once / (the same + 4)"),
    ),
    node_state=(
        Feature("here", "job: 1 = in its slot; machine: share of the slots that are taken"),
        Feature("picked", "job: 1 = of the batch that is picked now; machine: share of its capacity that is"),
        Feature("outside", "machine: jobs that have come and wait for a slot / (the same + 4)"),
        Feature("longest", "machine: longest expected time of a picked job"),
    ),
    edge_features=(Feature("expected", "expected time of the job"),),
    candidate_features=(
        Feature("expected", "pick: expected time of the job"),
        Feature("waited", "pick: how long it has been there"),
        Feature("longest", "longest expected time of the batch after the choice"),
        Feature("longer", "how much that is longer than before"),
        Feature("share", "jobs of the batch after the choice / capacity"),
        Feature("behind", "jobs in slots that are not picked after the choice / slots"),
    ),
)
"""Times x are in units of the instance, x / (4 + x)."""

N, S = columns(SPEC.node_features), columns(SPEC.node_state)
E, C = columns(SPEC.edge_features), columns(SPEC.candidate_features)
MACHINE, JOB = range(len(SPEC.node_types))
WAITS, SERVES = range(len(SPEC.edge_types))
COMMIT, PICK = range(len(SPEC.candidate_types))
