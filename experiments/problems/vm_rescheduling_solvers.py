"""VM rescheduling's tables of rules and solvers, without learning."""

from experiments.kinds.comparison import Comparison, Line
from experiments.kinds.equal_time import EqualTime
from experiments.race import Contender

MEDIUM = ("medium10", "medium20", "medium", "medium100", "medium200")
LARGE = ("large10", "large20", "large", "large100", "large200")
DRAWN = ("high20", "high", "high100", "high200", "middle", "low")
"""100 clusters each; of high, limits are 20, 50, 100 and 200, of middle and low 100, as in the paper."""

GREEDY = ("ha", "joint_greedy", "alpha_vbpp")
SLOTS = ("slot_rule_single", "slot_rule_plain", "slot_rule", "slot_portfolio", "slot_best_of_32")

QUOTED_TEST_SET = {
    "paper: MIP": (41.7, 28.7, None, None, None, None),
    "paper: VMR2L": (41.9, 29.5, None, None, None, None),
    "paper: VMR2L, table": (None, 30.3, None, None, 23.8, 23.7),
    "paper: NeuPlan": (41.8, 35.8, None, None, None, None),
    "paper: MCTS": (41.9, 37.8, None, None, None, None),
    "paper: HA": (41.9, 38.7, None, None, 27.6, 25.6),
    "paper: alpha-VBPP": (46.9, 38.8, None, None, None, None),
    "paper: POP": (46.8, 34.5, None, None, 25.4, 24.9),
    "paper: Decima": (48.7, 44.9, None, None, None, None),
}
"""Fragment rates on the authors' own test mappings, which are not public in a form that could be fetched: read off the
figure of fragment rate against MNL and the table of workloads of Ding et al. (EuroSys 2025)."""

PROOFS = """`slot_rule` is the slot plan with weights that were fitted on drawn snapshots with limits of 20 and 50,
`slot_rule_plain` without potential, `slot_rule_single` with one eviction for
a slot. `slot_portfolio` takes the best of four sets of fitted weights; `slot_best_of_32` varies the best of
these. `exact` is the slot rule until it reaches the bound that needs no sinks, and HiGHS on the full model
where it does not. Gaps and what is reached are by the optimum where that is known, else by a bound."""

TABLES = {
    "published": Comparison(
        "VM rescheduling: the published snapshots, as published (FR_16)",
        (*MEDIUM, *LARGE),
        (Line((*GREEDY, *SLOTS)), Line(("beam", "pop", "exact"))),
        seconds=10,
        measures=("rate", "reached", "cpu_ms"),
        digits=2,
        notes=f"""The number in a name is the migration number limit (MNL); without one it is 50. The snapshots are
those of github.com/bytedance/DRL-based-VM-Rescheduling. {PROOFS}

`pop` solves 10 random parts by HiGHS, 1 s each. The paper reports no numbers for these two snapshots.""",
    ),
    "drawn": Comparison(
        "VM rescheduling: drawn snapshots of the paper's workloads (FR_16)",
        DRAWN,
        (Line((*GREEDY, *SLOTS)),),
        measures=("rate", "reached", "cpu_ms", "cpu_ms_most"),
        digits=2,
        quoted=QUOTED_TEST_SET,
        notes=f"""100 drawn clusters each. {PROOFS}

Rows "paper:" are fragment rates that the paper reports on its own mappings of these workloads, not on these clusters:
read off its figure of fragment rate against MNL (high20, high) and its table of workloads (high with MNL 50, middle and
low with 100). Between MNL 50 and the paper's MIP lies what its agents are compared with.""",
    ),
    "equal_time": EqualTime(
        "VM rescheduling: quality at equal CPU time (FR_16)",
        {
            "Medium, MNL 50": "medium",
            "Medium, MNL 200": "medium200",
            "Large, MNL 50": "large",
            "drawn High, MNL 50": "high",
            "drawn High, MNL 200": "high200",
        },
        {
            "HA": Contender("ha"),
            "joint greedy": Contender("joint_greedy"),
            "alpha-VBPP": Contender("alpha_vbpp"),
            "beam search": Contender("beam", seconds=(5,)),
            "slot rule": Contender("slot_rule"),
            "slot rule, 4 weights": Contender("slot_portfolio"),
            "slot rule, restarts": Contender("slot_restarts", seconds=(5,)),
            "POP with HiGHS": Contender("pop", seconds=(5,)),
            "HiGHS, reduced": Contender("highs_reduced", seconds=(10,)),
            "HiGHS, all flavours, cold": Contender("highs_cold", seconds=(30,)),
        },
        budgets=(0.001, 0.003, 0.01, 0.1, 1, 5, 30),
        take=1,
        measure="aggregate",
        digits=2,
        notes="`slot rule, restarts` and HiGHS end where they have a proof, beam search at its limit of migrations. "
        "`HiGHS, reduced` begins with the plan of the slot rule, the other one with the cluster as it is.",
    ),
    "variants": EqualTime(
        "VM rescheduling: the hard variants without learning",
        {
            "affinity: 80 % of the VMs in groups of 40": "affinity_tight",
            "memory: 1 to 8 GB per core, slots of 16 cores and 64 GB": "memory",
            "mix: FR_16 and FR_64 (double)": "mix",
            "pending: two more double slots of 64 cores": "pending",
            "cost: migrations cost by memory": "cost",
        },
        {
            "HA": Contender("ha"),
            "joint greedy": Contender("joint_greedy"),
            "beam search": Contender("beam", seconds=(5,)),
            "slot rule": Contender("slot_rule"),
            "slot rule, 4 weights": Contender("slot_portfolio"),
            "slot rule, best of 32": Contender("slot_best_of_32"),
            "slot rule, restarts": Contender("slot_restarts", seconds=(1,)),
            "HiGHS": Contender("highs", seconds=(10,)),
        },
        budgets=(0.001, 0.003, 0.01, 0.1, 1, 10),
        take=2,
        to_best=True,
        measure="aggregate",
        digits=2,
        notes="HiGHS begins with the best plan of the slot rule by 4 weights. Where it has no better one after 10 s, "
        "and its bound is not met either, nobody knows what is left to find.",
    ),
}
