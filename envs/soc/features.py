"""The columns of each array that an agent sees of task graphs, and their numbers: `f[C.duration]`."""

from envs.core.spec import Feature, Spec, columns

SPEC = Spec(
    node_types=("clock", "pe", "task"),
    edge_types=("successor", "predecessor", "runs", "serves"),
    candidate_types=("wait", "place"),
    node_features=(
        Feature("duration", "task: mean duration over the PEs that it can run on"),
        Feature("least", "task: duration on its fastest PE"),
        Feature("rank_u", "task: upward rank, the longest chain from it to the end with mean durations and transfers"),
        Feature("tail", "task: longest chain behind it, each task on its fastest PE, no transfers"),
        Feature("sources", "task: edges in, squashed"),
        Feature("targets", "task: edges out, squashed"),
        Feature("pes", "clock: PEs / (PEs + 8)"),
    ),
    node_state=(
        Feature("placed", "task: 1 = placed; pe: 1 = taken; clock: share of the visible tasks that are placed"),
        Feature("ended", "task: 1 = known to have ended; clock: jobs inside, squashed"),
        Feature("ready", "task: 1 = may be placed; clock: ready tasks, squashed"),
        Feature(
            "start", "task: start - entry of its job; pe: expected end of what is placed - now; clock: work per PE"
        ),
        Feature("end", "task: expected or known end - entry of its job; pe: share of ready tasks that suit it best"),
    ),
    edge_features=(Feature("length", "mean transfer time along it, or duration of the task on the PE"),),
    candidate_features=(
        Feature("duration", "mean duration on the PE"),
        Feature("over_least", "duration - the same on the fastest PE"),
        Feature("over_mean", "duration - mean duration over the PEs"),
        Feature("start", "expected start - now; wait: expected end of the next task - now"),
        Feature("over_best", "expected finish - least of this task on any PE"),
        Feature("over_first", "expected finish - least of any candidate"),
        Feature("idle", "expected start - when the PE is free"),
        Feature("data", "when the task's data are there - when the PE is free"),
        Feature("bound_over", "finish + tail - bound of the job"),
        Feature("oct_over", "finish + optimistic cost of what follows - least of any candidate"),
        Feature("oct_bound", "finish + optimistic cost of what follows - bound of the job"),
        Feature("pe_free", "when the PE is free - the same of the first free PE"),
        Feature("fastest", "1 = no PE runs it faster"),
        Feature("wanted", "share of ready tasks that would finish first on the PE"),
        Feature("regret", "second least finish of the task on any PE - least; 1 where only one can run it"),
        Feature("rank_u", "upward rank - largest of a ready task"),
        Feature("place", "ready tasks before it in the order of rows / ready tasks considered"),
        Feature("released", "targets that wait for this task alone, squashed"),
        Feature("targets", "edges out, squashed"),
        Feature("sent", "sum of the mean transfer times of its edges out"),
        Feature("chain", "upward rank"),
        Feature("progress", "share of the job's tasks that are placed"),
        Feature("age", "now - entry of the job"),
        Feature("job_chain", "largest upward rank of the job's tasks that are left"),
        Feature("job_work", "work left in the job - the least of any job"),
        Feature("job_chain_over", "largest upward rank left in the job - the least of any job"),
        Feature("older", "share of the jobs inside that entered earlier"),
        Feature("job_left", "tasks left in the job, squashed"),
        Feature("ready", "ready tasks, squashed"),
        Feature("pes", "PEs, squashed"),
        Feature("work", "work left in all jobs / PEs"),
        Feature("pes_idle", "share of PEs that are free now"),
        Feature("inside", "jobs inside, squashed"),
        Feature("candidates", "candidates, squashed"),
        Feature("losses", "lookahead: sum of what other ready tasks finish later when the PE is taken"),
        Feature("others", "lookahead: largest finish + tail - bound of the job among them then"),
        Feature("pilot_by_entry", "pilot: sum of the jobs' ends, older jobs first, EFT + OCT - least of any candidate"),
        Feature("pilot_by_work", "pilot: the same, short jobs first, duration + start / 2 - least of any candidate"),
        Feature("pilot_regret", "pilot: the smaller of the two sums - least of any candidate"),
        Feature("pilot_regret_fine", "pilot: 16 times the same"),
        Feature("pilot_rank", "pilot: share of candidates with a smaller one"),
        Feature("pilot_above", "pilot: smaller sum - sum of the jobs' bounds, per job inside"),
        Feature("pilot_last", "pilot: last end - least of any candidate"),
    ),
)
"""Of the graph, times are divided by the mean duration of the job's tasks; of PEs, the clock and candidates, by the
mean duration of all visible tasks. A time, and what is called squashed, is x / (4 + |x|).

* Visible are the tasks of jobs that have entered; work is mean durations over the PEs; ready is what may be placed.
* Expected: mean durations for what has not ended; a task that is overdue is expected to be as late again as it is.
* Optimistic cost: the table of PEFT for (task, PE). Tail: longest chain behind the task on the fastest PEs.
* Bound of a job: latest expected end of its placed tasks, or later least finish + tail of its ready ones.
* A waiting candidate has `start`, the pilots' columns and what is alike for all candidates.
"""

N, S, E = columns(SPEC.node_features), columns(SPEC.node_state), columns(SPEC.edge_features)
C = columns(SPEC.candidate_features)
"""Column numbers by name: N of `node_features`, S of `node_state`, E of `edge_features`, C of `candidate_features`.

Candidates of the same task share the columns from `regret` to `job_left`; all share those from `ready` to `candidates`.
"""

CLOCK, PE, TASK = range(len(SPEC.node_types))
SUCCESSOR, PREDECESSOR, RUNS, SERVES = range(len(SPEC.edge_types))
WAIT, PLACE = range(len(SPEC.candidate_types))
