"""What an agent sees of a job shop: types of nodes, edges and candidates, and the columns of each array by name."""

from envs.core.spec import Feature, Spec, columns

SPEC = Spec(
    node_types=("clock", "operation", "machine"),
    edge_types=("successor", "predecessor", "needs", "serves"),
    candidate_types=("wait", "dispatch"),
    node_features=(
        Feature("duration", "operation: duration / 2 mean durations"),
        Feature("position", "operation: operations of the job before it / operations of the job"),
        Feature("head", "operation: work of the job before it / first bound"),
        Feature("tail", "operation: work of the job after it / first bound"),
        Feature("job_length", "operation: work of its job / first bound"),
        Feature("machine_load", "operation, machine: work of the machine / first bound"),
        Feature("share", "clock: jobs / (jobs + machines); machine: its operations / jobs"),
    ),
    node_state=(
        Feature("done", "operation: 1 = scheduled; machine, clock: share of its operations that are"),
        Feature(
            "start", "operation: start, or the earliest that its job allows; machine: end of its last; clock: time"
        ),
        Feature("end", "operation: start + duration; machine: work left; clock: lower bound"),
        Feature("next", "operation: 1 = the next of its job"),
    ),
    edge_features=(Feature("duration", "duration of the operation (the earlier one) / 2 mean durations"),),
    candidate_features=(
        Feature("duration", "duration"),
        Feature("waiting", "earliest start - end of the job's last operation"),
        Feature("idle", "earliest start - end of the machine's last operation"),
        Feature("before_completion", "smallest completion of any next operation (c*) - earliest start"),
        Feature("after_completion", "earliest end - c*"),
        Feature("position", "operations of the job before it / operations of the job"),
        Feature("tail", "work of the job after it"),
        Feature("work", "work left in the job - the same of the longest job"),
        Feature("job_bound", "earliest end + tail - lower bound"),
        Feature("machine_bound", "earliest end + work the machine has left after it - lower bound"),
        Feature("machine_share", "work the machine has left / the same of the mean machine, squashed"),
        Feature("machine_waiting", "jobs whose next operation is on the machine / jobs"),
        Feature("next_duration", "duration of the job's operation after this one"),
        Feature("next_free", "end of the next machine's last operation - earliest end"),
        Feature(
            "next_bound", "earliest end or, if later, end of the next machine's last + its work left - lower bound"
        ),
        Feature("next_share", "work the next machine has left / the same of the mean machine, squashed"),
        Feature("next_waiting", "jobs whose next operation is on the next machine / jobs"),
        Feature("last", "1 = the job's last operation"),
        Feature("candidates", "candidates / jobs"),
        Feature("progress", "share of operations scheduled"),
        Feature("growth", "lower bound / first bound - 1"),
        Feature("bound_after", "lookahead: lower bound after the choice - lower bound"),
        Feature("bound_regret", "lookahead: lower bound after the choice - the least of any candidate"),
        Feature("queue_after", "lookahead: lower bound if the whole queue comes behind it - lower bound"),
        Feature("queue_regret", "lookahead: the same - the least of any candidate"),
        Feature("queue_last", "lookahead: bound of its job if it comes behind the whole queue - lower bound"),
        Feature(
            "queue_bound", "lookahead: earliest end, then the queue without gaps, then its least tail - lower bound"
        ),
        Feature("longer", "lookahead: share of the queue with more work left in the job, itself included"),
        Feature("shorter", "lookahead: share of the queue with a shorter duration"),
        Feature("tail_excess", "lookahead: tail - mean tail of the queue"),
        Feature("arriving", "lookahead: work of the queue that arrives before the earliest end"),
        Feature("to_bottleneck", "lookahead: 1 = the job still visits the machine with the latest bound"),
        Feature("bottleneck_distance", "lookahead: work of the job before it gets there"),
        Feature("bottleneck_idle", "lookahead: end of that machine's last operation - arrival there"),
    ),
)
"""Times of `node_state` are divided by the first bound. Every candidate feature that is a time is x / (4 + |x|) with x
in mean durations, and so is x what is squashed.

* Lower bound: the largest of earliest start + work left of any job, end of the last operation + work left of any
  machine. First bound: the same before any decision, at least 1.
* Time: the earliest start of any next operation. Work left is of all that is not scheduled, the candidate included.
* Queue: what else is not scheduled on the candidate's machine, there or not. It arrives when its job gets there if the
  job's next operation starts as early as it can and later ones do not wait.
* What does not exist (a next operation, a queue, a visit) has zeros.
"""


PILOT_FEATURES = (
    Feature("pilot_after", "makespan when the linear rule completes the schedule after the choice - bound after it"),
    Feature("pilot_regret", "that makespan - the least of any candidate"),
    Feature("pilot_regret_fine", "16 times the same"),
    Feature("pilot_rank", "share of the candidates with a smaller one"),
    Feature("pilot_lead", "the largest of any candidate - that makespan"),
    Feature("priority_regret", "highest priority of any candidate by the linear rule - its own, squashed"),
)
"""Further candidate features under lookahead = "pilot"; times as above. The rule is `baselines.jobshop.rules.linear`,
played under the scheme `active`."""

N, S, E = columns(SPEC.node_features), columns(SPEC.node_state), columns(SPEC.edge_features)
C = columns(SPEC.candidate_features + PILOT_FEATURES)
"""Column numbers by name: N of `node_features`, S of `node_state`, E of `edge_features`, C of `candidate_features`."""

CLOCK, OPERATION, MACHINE = range(len(SPEC.node_types))
SUCCESSOR, PREDECESSOR, NEEDS, SERVES = range(len(SPEC.edge_types))
DISPATCH = SPEC.candidate_types.index("dispatch")
