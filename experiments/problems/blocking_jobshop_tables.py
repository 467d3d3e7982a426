"""The blocking job shop's tables of rules, agents and solvers."""

from dataclasses import replace

from baselines.blocking_jobshop.rules import PLAIN
from experiments.kinds.comparison import Comparison, Line, sampled
from experiments.kinds.equal_time import EqualTime
from experiments.kinds.learning import LearningCurves
from experiments.kinds.page import Page
from experiments.kinds.paired import Paired
from experiments.problems.blocking_jobshop_agents import GRAPH, LOOK, MIXED, ORDERED
from experiments.race import Contender

ALL = {"scheme": "all"}
PILOT = {**ALL, **LOOK}
CAPPED = {**ALL, "view": "events"}
CAPS = tuple(f"{name}_cap" for name in PLAIN)
PLAIN_RULES = (*PLAIN, "random")
GROUPS = ("la:10x5", "la:15x5", "la:20x5", "classical", "la:15x15", "ta:15x15")
"""la01-05, la06-10, la11-15, the 18 of 10x10, la36-40, ta01-10."""
QUOTED = tuple(name for name in GROUPS if name != "la:20x5")
"""Those on which another simulator has played rules."""

ANOTHER = {
    f"{name}, another simulator": gaps
    for name, gaps in {
        "fifo": (40.9, 58.8, 47.7, 57.5, 67.1),
        "spt": (45.3, 53.4, 45.3, 60.1, 68.4),
        "lpt": (38.6, 55.4, 51.2, 61.9, 73.7),
        "mwkr": (44.9, 38.8, 53.0, 63.3, 68.6),
        "lwkr": (45.2, 42.7, 51.3, 62.0, 74.9),
        "mopnr": (42.3, 58.7, 50.6, 68.2, 70.8),
        "lopnr": (44.3, 45.1, 46.0, 67.3, 71.3),
        "fdd_mwkr": (38.0, 55.1, 46.4, 60.7, 72.7),
        "random": (42.3, 53.5, 48.3, 67.0, 74.7),
        "random, best of 100": (15.4, 30.3, 23.3, 37.2, 45.9),
    }.items()
}
"""On these, mean gaps of a simulator in plain Python, written for the facts that this problem began with."""

RULE_LINES = (
    Line(PLAIN_RULES),
    Line(CAPS, options=CAPPED),
    Line(("tail", "completion"), options=ALL),
    Line(("list_pilot",), options=PILOT),
)
PILOT_LABEL = "list_pilot (scheme=all, lookahead=pilot)"
"""What tables call the untrained pilot."""

PROBABILITIES = (0.01, 0.05, 0.1)
MARKED = (
    "Failures and their repairs are drawn once for each shop and seed, and are the same for all methods. "
    "`clairvoyant` is CP-SAT that knows all of them beforehand, as nothing else does."
)


def failing(shops: str, seeds: str) -> dict[str, str]:
    """A column for each probability: shops with the failures of so many seeds."""
    return {f"p = {p:g}": f"{shops}:shutdown={p:g}:seed={seeds}" for p in PROBABILITIES}


HOT = (0.03, 0.1, 0.3, 1, 3)
VALIDATION = ("random:10x10:20:901", "random:15x15:10:901")
PAIRED = {"10x10": "random:10x10:100:902"}

TABLES = {
    "rules": Comparison(
        "Blocking job shop: rules, without failures",
        QUOTED,
        (
            *RULE_LINES,
            Line(("list_pilot", "both:list_pilot"), options={**PILOT, "view": "events"}),
            Line(("random",), samples=(128,)),
        ),
        quoted=ANOTHER,
        notes="Plain rules never delay a move; NAME_cap keeps jobs out while too many are inside; tail and completion "
        "are two of the pilot's list rules, the third is spt. The last rows are another simulator's, which shares "
        "nothing with this one. Its random play is a mean of many; one play of five instances, as here, is several "
        "points from it, and the best of many plays two or three.",
    ),
    "temperatures": Comparison(
        "Blocking job shop: at which temperature rules are sampled, on validation instances",
        VALIDATION,
        (
            sampled(tuple(PLAIN), HOT),
            sampled(CAPS, HOT, **CAPPED),
            sampled(("tail", "completion"), HOT, **ALL),
            sampled(("list_pilot",), HOT, **PILOT),
        ),
    ),
    "classical": Comparison(
        "Blocking job shop: the 18 classical instances of 10x10, without failures",
        ("classical",),
        (
            Line(("fdd_mwkr", "spt", "random")),
            Line(("spt", "random"), samples=(128,)),
            Line(("spt_cap", "mwkr_cap"), samples=(1, 128), options=CAPPED),
            Line(("list_pilot", "both:list_pilot"), samples=(1, 128), options=PILOT),
            Line(("pilot:list_pilot", "both:pilot:list_pilot"), options=PILOT),
        ),
        agents={"agent": ORDERED, "mixed agent": replace(MIXED, ways=("", "both:")), "graph network": GRAPH},
        notes="`both:` also plays backwards in time, as often again; `pilot:` tries each choice by what the rule makes "
        "of it. The graph network is the setting of Wong et al. (arXiv 2302.02506): PPO, a dynamic graph, no pilots. "
        "CP-SAT is in [equal time](equal_time.md).",
    ),
    "pilots": Comparison(
        "Blocking job shop: pilots of an agent and of the pilot on the 18 classical instances, without failures",
        ("classical",),
        (Line(("list_pilot", "pilot:list_pilot", "both:pilot:list_pilot"), options=PILOT),),
        agents={
            "agent": replace(ORDERED, runs=ORDERED.runs[:1], samples=(1,), ways=("", "both:", "pilot:", "both:pilot:"))
        },
    ),
    "groups": Comparison(
        "Blocking job shop: Lawrence's and Taillard's instances, without failures",
        GROUPS,
        (
            Line(("spt", "mwkr", "fdd_mwkr")),
            Line(("spt_cap", "mwkr_cap"), options=CAPPED),
            Line(("list_pilot",), samples=(1, 32), options=PILOT),
            Line(("both:list_pilot",), options=PILOT),
        ),
        agents={"agent": replace(ORDERED, samples=(1, 32)), "mixed agent": MIXED, "graph network": GRAPH},
    ),
    "validation": Paired(
        "Blocking job shop: agents against the pilot that they begin as, makespans of 100 drawn 10x10 shops",
        PAIRED,
        (Line(("list_pilot",), samples=(1, 32), options=PILOT),),
        PILOT_LABEL,
        agents={"agent": replace(ORDERED, samples=(1, 32), ways=("",)), "mixed agent": MIXED},
    ),
    "equal_time": EqualTime(
        "Blocking job shop: quality at equal CPU time, without failures",
        {"classical": "classical", "ta 15x15": "ta:15x15"},
        {
            "pilot": Contender("list_pilot", PILOT, seconds=(10, 1, 1)),
            "agent": Contender(options=LOOK, seconds=(10, 1, 1), agents=ORDERED.runs[:3]),
            "CP-SAT": Contender("cp_sat", seconds=(10, 1, 1)),
        },
        budgets=(0.03, 0.1, 0.3, 1, 3, 10),
        take=6,
    ),
    "failures": Paired(
        "Blocking job shop: mean makespans when machines fail, la16 to la20 with 30 seeds of failures",
        failing("la:10x10", "0..29"),
        RULE_LINES,
        PILOT_LABEL,
        agents={"agent": MIXED, "graph network": GRAPH},
        notes=f"{MARKED} The pilot plans again at every decision: it completes the schedule as if nothing would fail.",
    ),
    "clairvoyant": Paired(
        "Blocking job shop: mean makespans when machines fail, against CP-SAT that knows all failures beforehand",
        failing("la:10x10", "0..1"),
        (
            Line(("spt", "mwkr", "clairvoyant")),
            Line(("spt_cap", "mwkr_cap"), options=CAPPED),
            Line(("list_pilot",), options=PILOT),
        ),
        "clairvoyant",
        seconds=20,
        agents={"agent": MIXED, "graph network": GRAPH},
        notes=f"{MARKED} It has 20 s for each instance, which is not enough for a proof.",
    ),
    "replan": Paired(
        "Blocking job shop: mean makespans when machines fail, against CP-SAT that plans again",
        failing("la:10x10", "0"),
        (Line(("replan",)), Line(("list_pilot",), options=PILOT)),
        "replan",
        seconds=0.05,
        agents={"agent": MIXED},
        notes="`replan` makes a new plan whenever a failure or a repair changes the makespan of the old, in 0.05 s. "
        "Its CPU seconds are those of all plans.",
    ),
    "learning": LearningCurves("Blocking job shop: learning curves without failures", {"agent": ORDERED}),
    "mixed_learning": LearningCurves(
        "Blocking job shop: learning curves with failures", {"agent": MIXED, "graph network": GRAPH}
    ),
    "README": Page("Blocking job shop: what agents reach, and what it takes"),
}
