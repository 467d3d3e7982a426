"""What an agent sees of a job sequence: types of nodes, edges and candidates, and the columns of each array by name."""

from envs.core.spec import Feature, Spec, columns

SPEC = Spec(
    node_types=("clock", "job"),
    edge_types=("later", "earlier", "longer", "shorter"),
    candidate_types=("wait", "next", "last", "behind"),
    node_features=(
        Feature("processing", "job: processing time / 2 mean processing times"),
        Feature("due", "job: due date / total processing time, squashed"),
        Feature("due_rank", "job: jobs that are due before it / jobs"),
        Feature("length_rank", "job: jobs that are shorter / jobs"),
        Feature("weight", "job: weight / (weight + mean weight)"),
        Feature("size", "clock: jobs / (jobs + 32)"),
    ),
    node_state=(
        Feature("placed", "job: 1 = its end is known; clock: share of the jobs of which it is"),
        Feature("end", "job: its end, once known; clock: begin of the block"),
        Feature("block", "job: 1 = of the block that is decided now; clock: share of the jobs that are"),
    ),
    edge_features=(Feature("gap", "difference of the two due dates (squashed) or processing times / 2 mean times"),),
    candidate_features=(
        Feature("processing", "processing time of the placed job"),
        Feature("slack", "its due date - its end"),
        Feature("tardiness", "its weighted tardiness / mean weight"),
        Feature("place", "its place in the block by due date (position: its new one) / jobs of the block"),
        Feature("passed", "jobs between it and the edge of the block (position: its old place) / jobs of the block"),
        Feature("length_rank", "jobs of the block that are shorter than job a / jobs of the block"),
        Feature("work", "its processing time / work of the block"),
        Feature("next_due", "due date of the job behind it (next, last: of the first, last by due date) - its end"),
        Feature("passed_due", "due date + processing time of job a - end of the placed job (next, last: of the block)"),
        Feature("modified_due", "due date of job a or, if later, its end as the next job - end of the block"),
        Feature("tardiness_factor", "1 - (mean due date of the block - its begin) / its work, squashed"),
        Feature("due_range", "range of the block's due dates / its work, squashed"),
        Feature("longest", "processing time of the longest job"),
        Feature("shortest", "processing time of the shortest job"),
        Feature("block_size", "jobs of the block / (jobs of the block + 32)"),
        Feature("block_share", "jobs of the block / jobs"),
        Feature("candidates", "candidates / (candidates + 4)"),
        Feature("begin", "begin of the block / total processing time"),
    ),
)
"""A candidate feature that is a time is x / (4 + |x|) with x in mean processing times of the block; squashed is
x / (1 + |x|). In the graph, times without another unit are divided by the total processing time.

* Job a: the one that the action names; the placed job is the longest one of the block in the form `position`.
* A pilot's tardiness is that of the block, weighted: the placed job's own and that of the other jobs by MDD
  (which is blind to weights) from where they can begin. Lower bound: see `lookahead.follow`.
"""


BOUND_FEATURES = (
    Feature("late", "share of the block's jobs that are late, or just in time, if they are next"),
    Feature("tardy", "share of the block's jobs that are late by due date"),
    Feature("spread", "coefficient of variation of the block's processing times, squashed"),
    Feature("bound_regret", "lower bound after the choice - the least of any candidate"),
    Feature("bound_level", "lower bound after the choice / jobs of the block"),
)

PILOT_FEATURES = (
    Feature("pilot_regret", "the pilot's tardiness - the least of any candidate"),
    Feature("pilot_regret_fine", "16 times the same"),
    Feature("pilot_regret_share", "the same / (the same + 5 % of the least)"),
    Feature("pilot_rank", "share of the candidates whose pilot is better"),
    Feature("pilot_above", "the pilot's tardiness - lower bound after the choice"),
    Feature("pilot_above_share", "the same / the pilot's tardiness"),
    Feature("before_share", "share of it that jobs before the placed one have"),
    Feature("own_share", "share of it that the placed job has"),
    Feature("pilot_tardy", "the pilot's late jobs / jobs of the block"),
    Feature("pilot_latest", "the pilot's largest tardiness; of the placed job weighted"),
    Feature("pilot_level", "least tardiness of any pilot / jobs of the block"),
)
FURTHER = {"none": (), "bound": BOUND_FEATURES, "pilot": BOUND_FEATURES + PILOT_FEATURES}
"""Further candidate features, by the look-ahead; times as above."""

N, S, E = columns(SPEC.node_features), columns(SPEC.node_state), columns(SPEC.edge_features)
C = columns(SPEC.candidate_features + BOUND_FEATURES + PILOT_FEATURES)
"""Column numbers by name: N of `node_features`, S of `node_state`, E of `edge_features`, C of `candidate_features`."""

CLOCK, JOB_NODE = range(len(SPEC.node_types))
LATER, EARLIER, LONGER, SHORTER = range(len(SPEC.edge_types))
