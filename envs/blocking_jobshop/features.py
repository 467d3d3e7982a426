"""What an agent sees of a blocking job shop: types of nodes, edges and candidates, and each array's columns by name."""

from envs.core.spec import Feature, Spec, columns

SPEC = Spec(
    node_types=("clock", "operation", "machine"),
    edge_types=("successor", "predecessor", "needs", "serves", "holds", "held", "blocked_by", "blocks"),
    candidate_types=("wait", "enter"),
    node_features=(
        Feature("duration", "operation: duration / 2 mean durations"),
        Feature("position", "operation: operations of the job before it / operations of the job"),
        Feature("tail", "operation: work of the job after it / first bound"),
        Feature("job_length", "operation: work of its job / first bound"),
        Feature("machine_load", "operation, machine: work of the machine / first bound"),
        Feature("share", "clock: jobs / (jobs + machines); machine: its operations / jobs, squashed"),
        Feature("down_share", "machine: share of time that it is expected to be down"),
        Feature("downtime", "clock: mean downtime by the law in mean durations, squashed, where machines can fail"),
        Feature("swap", "clock: 1 = swaps are allowed"),
        Feature("repeat", "clock: 1 = interrupted operations begin anew, where machines can fail"),
        Feature("busy_only", "clock: 1 = machines fail only while they process, where they can fail"),
    ),
    node_state=(
        Feature("done", "machine, clock: share of its operations that have started"),
        Feature("start", "operation: expected start; machine: expected release; clock: time"),
        Feature("end", "operation: expected end; machine: expected work not started; clock: expected bound"),
        Feature("next", "operation: 1 = the next of its job; clock: share of jobs inside"),
        Feature("held", "operation: 1 = on its machine; machine: 1 = held; clock: share of machines held"),
        Feature("down", "machine: 1 = down, and still needed; clock: share of machines that are"),
    ),
    edge_features=(Feature("duration", "duration of the operation (the earlier one) / 2 mean durations"),),
    candidate_features=(
        Feature("duration", "duration with the downtime expected in it"),
        Feature("waiting", "start - when the job is ready"),
        Feature("start", "start - the least of any candidate"),
        Feature("end", "end - the least of any candidate that enters"),
        Feature("idle", "start - when the machine was let go"),
        Feature("entry", "1 = the job's first operation"),
        Feature("last", "1 = the job's last operation"),
        Feature("position", "operations of the job before it / operations of the job"),
        Feature("tail", "work of the job after it"),
        Feature("work", "work left in the job - the same of the longest job"),
        Feature("job_bound", "end + tail - bound"),
        Feature("machine_bound", "end + work of the machine that has not started, without it - bound"),
        Feature("machine_share", "work of the machine that has not started / the same of the mean machine, squashed"),
        Feature("machine_waiting", "jobs whose next operation is on the machine / jobs"),
        Feature("next_duration", "duration of the job's operation after this one"),
        Feature("next_held", "1 = its machine is held"),
        Feature("next_down", "1 = its machine is down"),
        Feature("next_release", "release of its machine - end"),
        Feature("next_bound", "end or, if later, that release + work of its machine that has not started - bound"),
        Feature("next_share", "work of its machine / the same of the mean machine, squashed"),
        Feature("next_waiting", "jobs whose next operation is on its machine / jobs"),
        Feature("chain", "held machines from its machine on, each one's holder waiting for the next / machines"),
        Feature("upstream", "jobs that wait for the machine that the job leaves / jobs"),
        Feature("upstream_all", "these, those that wait for theirs, and so on, as far as one does / jobs"),
        Feature("upstream_bound", "largest expected start + work left of the first of them - bound"),
        Feature("frees", "1 = the machine it leaves is needed by an operation that has not started"),
        Feature("down_share", "share of time that the machine is expected to be down"),
        Feature("inside", "jobs that hold a machine / jobs"),
        Feature("free", "machines that nobody holds / machines"),
        Feature("down", "machines that are down / machines"),
        Feature("candidates", "candidates / (1 + jobs)"),
        Feature("progress", "share of operations that have started"),
        Feature("growth", "1 - first bound / bound"),
        Feature("earlier", "share of the candidates that start earlier"),
        Feature("longer", "share of the candidates with a longer tail"),
        Feature("bottleneck", "1 = the job still visits the machine with the latest release + work"),
        Feature("bottleneck_distance", "work of the job before it gets there"),
        Feature("cycle", "lookahead: machines of the cycle that the move closes / machines"),
        Feature("blocking", "lookahead: release of the machine after the choice - end"),
        Feature("bound_after", "lookahead: bound after the choice - bound"),
        Feature("bound_regret", "lookahead: bound after the choice - the least of any candidate"),
        Feature("queue_after", "lookahead: release of the machine after the choice + work left on it - bound"),
        Feature("queue_regret", "lookahead: the same - the least of any candidate that enters"),
        Feature("delay", "lookahead: by how much the choice delays the next operations of the other jobs, per job"),
        Feature("delayed", "lookahead: jobs whose next operation it delays / jobs"),
    ),
)
"""Times of `node_state` are divided by the first bound. Every candidate feature that is a time is x / (4 + |x|) with x
in mean durations, and so is x what is squashed. All of it is what is expected: failures to come are in the durations on
average, a repair under way takes as long as the law says on average.

* Start of a next operation: when the job is ready and its machine is released. Release of a machine: when its holder is
  ready and the next machine of that one is released, and so on; in a closed cycle, when all are ready.
* Bound: the largest of start + work left of any job, release + work not started of any machine, end of any last
  operation. First bound: the same before any decision, of durations as they are, at least 1.
* To wait is to let nothing start before the next end or repair that is expected: its `start` is that moment.
* Time: the clock, or, in the order view, the earliest start of any move. What does not exist has zeros.
"""

PILOT_FEATURES = (
    Feature("tail_pilot", "makespan by the pilot `tail` after the choice - the least of any candidate"),
    Feature("short_pilot", "the same by the pilot `short`"),
    Feature("completion_pilot", "the same by the pilot `completion`"),
    Feature("pilot_after", "least makespan of the three - bound after the choice"),
    Feature("pilot_regret", "that makespan - the least of any candidate"),
    Feature("pilot_regret_fine", "16 times the same"),
    Feature("pilot_rank", "share of the candidates with a smaller one"),
    Feature("pilot_lead", "the largest of any candidate - that makespan"),
)
"""Further candidate features under lookahead = "pilot"; times as above. `pilot.py` says what the pilots do."""

N, S, E = columns(SPEC.node_features), columns(SPEC.node_state), columns(SPEC.edge_features)
C = columns(SPEC.candidate_features + PILOT_FEATURES)
"""Column numbers by name: N of `node_features`, S of `node_state`, E of `edge_features`, C of `candidate_features`."""

CLOCK, OPERATION, MACHINE = range(len(SPEC.node_types))
SUCCESSOR, PREDECESSOR, NEEDS, SERVES, HOLDS, HELD, BLOCKED_BY, BLOCKS = range(len(SPEC.edge_types))
WAIT, ENTER = range(len(SPEC.candidate_types))
