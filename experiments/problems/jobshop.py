"""The job shop's tables: what `python -m experiments.report` makes of it."""

from pathlib import Path

from experiments.kinds.animation import Animation
from experiments.kinds.comparison import Agents, Comparison, Line, sampled
from experiments.kinds.demonstration import Demonstration
from experiments.kinds.equal_time import EqualTime
from experiments.kinds.learning import LearningCurves
from experiments.kinds.page import Page
from experiments.kinds.picture import Picture
from experiments.kinds.speed_table import SpeedTable
from experiments.problems.jobshop_agents import (
    ABLATIONS,
    AGENTS,
    BY_BUDGET,
    ENCODERS,
    FIVE_MINUTES,
    HEADLINE,
    LONGEST,
    MINUTE,
    PILOT_MINUTE,
)
from experiments.race import Contender
from experiments.speed import Speed

SHOPS = ("random:10x10", "random:15x15", "random:30x20")
RULES = ("fifo", "spt", "lpt", "mwkr", "lwkr", "mopnr", "lopnr", "fdd_mwkr", "random")
TAILLARD = tuple(
    f"taillard:{size}" for size in ("15x15", "20x15", "20x20", "30x15", "30x20", "50x15", "50x20", "100x20")
)
LAWRENCE = tuple(f"la:{size}" for size in ("10x5", "15x5", "20x5", "10x10", "15x10", "20x10", "30x10", "15x15"))
ACTIVE = {"scheme": "active"}
LOOK = {**ACTIVE, "lookahead": "pilot"}
LINES = (
    Line(RULES),
    Line(("mopnr@1", "fdd_mwkr@0.1"), samples=(128,)),
    Line(("pilot:fdd_mwkr",)),
    Line(("linear",), options=ACTIVE),
    Line(("linear_pilot", "both:linear_pilot"), options=LOOK),
    Line(("linear_pilot@0.05",), samples=(32, 128), options=LOOK),
    Line((HEADLINE, f"both:{HEADLINE}")),
    Line((HEADLINE,), samples=(32, 128, 512)),
    Line((f"both:{HEADLINE}",), samples=(128,)),
    Line(("cp_sat",)),
)
"""The temperatures and the pilot of FDD/MWKR are among the best of the table "choices"."""

QUOTED = {
    "L2D, greedy, as in arXiv 2401.11849": (24.4, 30.2, 28.6, 30.1, 34.6, 19.6, 23.1, 13.4),
    "SPN, greedy (arXiv 2401.11849)": (13.8, 15.0, 15.2, 17.1, 18.5, 10.1, 11.5, 5.9),
    "SPN, 128 samples": (7.2, 9.3, 9.9, 11.0, 13.5, 5.5, 8.4, 2.3),
    "SPN, 512 samples": (6.5, 8.8, 9.0, 10.6, 12.7, 4.9, 7.6, 2.1),
    "TBGAT, 5000 steps of improvement (UAI 2024)": (4.8, 7.1, 7.4, 10.4, 11.3, 5.0, 6.1, 2.0),
}
"""On Taillard's instances, as published."""

TIMED = {
    "MWKR": Contender("mwkr"),
    "linear rule": Contender("linear", ACTIVE),
    "pilot": Contender("linear_pilot", LOOK),
    "pilot (both ways)": Contender("both:linear_pilot", LOOK),
    "pilot (samples)": Contender("linear_pilot@0.05", LOOK, seconds=(1, 0.3, 0.3, 0.3, 0.3)),
    "agent": Contender(HEADLINE),
    "agent (both ways)": Contender(f"both:{HEADLINE}"),
    "agent (samples)": Contender(f"{HEADLINE}@1", seconds=(1, 0.3, 0.3, 0.3, 0.3)),
    "tabu": Contender("tabu", seconds=(3, 0.3, 0.3, 0.3, 0.3)),
    "tabu from the pilot": Contender("tabu:linear_pilot", LOOK, seconds=(1, 0.3, 0.3, 0.3, 0.3)),
    "CP-SAT": Contender("cp_sat", seconds=(3,)),
}
"""14 CPU s for an instance at most; tabu and CP-SAT end where the lower bound is reached."""

STARTS = {
    "from MWKR": Contender("tabu:mwkr", seconds=(1,) * 5),
    "from the linear rule": Contender("tabu", seconds=(1,) * 5),
    "from the pilot": Contender("tabu:linear_pilot", LOOK, seconds=(1,) * 5),
    "from the agent": Contender(f"tabu:{HEADLINE}", seconds=(1,) * 5),
}

DEMO = Demonstration(
    instances="random:10x10..15x15",
    cpu_seconds=60,
    pilot="linear_pilot",
    guide=20,
    tests=("taillard:15x15", "ft06"),
    solvers=("cp_sat",),
    sees={"lookahead": "bound"},
    ways=("", "both:", "pilot:"),
)

HOT = (0.03, 0.1, 0.3, 1, 3)

TABLES = {
    "temperatures": Comparison(
        "Job shop: at which temperature rules are sampled, on validation instances",
        ("random:10x10:20:7", "random:15x15:20:7"),
        (
            sampled(("fifo", "spt", "lpt", "mwkr", "lwkr", "mopnr", "lopnr", "fdd_mwkr"), HOT),
            sampled(("linear",), HOT, **ACTIVE),
            sampled(("linear_pilot",), HOT, **LOOK),
        ),
    ),
    "agent": Animation("Job shop ft10", "ft10", Path(HEADLINE)),
    "choices": Comparison(
        "Job shop: which pilot and which temperature, on validation instances",
        ("random:15x15:20:7", "random:20x20:20:7"),
        (
            Line(tuple(f"pilot:{rule}" for rule in RULES[:-1])),
            Line(tuple(f"pilot:{rule}" for rule in RULES[:-1]), options=ACTIVE),
            Line(("mopnr@0.5", "mopnr@1", "mopnr@2", "mopnr@4"), samples=(128,)),
            Line(("fdd_mwkr@0.1", "fdd_mwkr@0.2", "fdd_mwkr@0.4"), samples=(128,)),
            Line(("linear_pilot@0.02", "linear_pilot@0.05", "linear_pilot@0.1"), samples=(128,), options=LOOK),
        ),
        agents={"PPO": Agents(AGENTS), "PPO with encoder": Agents(ENCODERS)},
    ),
    "taillard": Comparison(
        "Job shop: Taillard's instances", TAILLARD, LINES, agents={"PPO": Agents(AGENTS, (1, 128))}, quoted=QUOTED
    ),
    "classics": Comparison(
        "Job shop: Lawrence, Fisher and Thompson, Adams et al., Applegate and Cook",
        (*LAWRENCE, "ft", "abz", "orb"),
        (*LINES, Line(("pilot:linear_pilot",), options=LOOK)),
        agents={"PPO": Agents(AGENTS, (1, 128))},
    ),
    "pilots": Comparison(
        "Job shop: pilots of the pilot, up to 600 operations",
        TAILLARD[:5],
        (
            Line(("linear_pilot", "pilot:linear_pilot", "both:pilot:linear_pilot"), options=LOOK),
            Line((HEADLINE,), samples=(1, 128)),
        ),
    ),
    "equal_time": EqualTime(
        "Job shop: quality at equal CPU time, on Taillard's 80 instances and Lawrence's la21 to la40",
        {
            **{text.replace("taillard:", "ta "): text for text in TAILLARD},
            **{text.replace("la:", "la "): text for text in ("la:15x10", "la:20x10", "la:30x10", "la:15x15")},
        },
        TIMED,
        notes="Rules, pilots and agents decide from Python, a batch of schedules at a time; tabu search is compiled. "
        "`tabu` begins with the schedule of the linear rule, `tabu from the pilot` with that of its pilot. Every seed "
        "runs on every instance, the first the longest. CP-SAT after 10 seconds is in [the comparison](taillard.md).",
    ),
    "starts": EqualTime(
        "Job shop: what a start schedule is worth to tabu search, the time to make it included",
        {size: f"taillard:{size}" for size in ("15x15", "30x20", "50x20", "100x20")},
        STARTS,
        budgets=(0.03, 0.1, 0.3, 1),
        take=3,
        digits=2,
    ),
    "trainers": Comparison("Job shop: trainers at equal CPU time", TAILLARD, (), agents=BY_BUDGET, digits=2),
    "trainers_learning": LearningCurves("Job shop: trainers in a minute", MINUTE, digits=2),
    "trainers_learning_300": LearningCurves("Job shop: trainers in five minutes", FIVE_MINUTES, digits=2),
    "trainers_learning_1200": LearningCurves("Job shop: the best two in twenty minutes", LONGEST, digits=2),
    "trainers_pilot": Comparison(
        "Job shop: trainers after a minute of CPU time, trying out the linear rule",
        TAILLARD,
        (Line(("linear_pilot",), options=LOOK),),
        agents=PILOT_MINUTE,
        digits=2,
    ),
    "ablations": Comparison("Job shop: what an agent's parts are worth", TAILLARD, (), agents=ABLATIONS, digits=2),
    "learning": LearningCurves("Job shop: learning curves of PPO", {"PPO": Agents(AGENTS)}),
    "gantt": Picture(
        "Taillard's ta01: the schedules of an agent and of CP-SAT", "ta01", ("cp_sat",), PILOT_MINUTE["D3S"]
    ),
    "speed": SpeedTable(
        "Job shop: speed",
        (
            ({}, Speed(SHOPS, seconds=0.5, startup=True)),
            ({}, Speed(("random:15x15",), batch=(256,), only=("sampled", "trained"))),
            ({}, Speed((*SHOPS[1:], "random:100x20"), batch=(1,), seconds=0.5, only=("moves", "moves_anew"))),
            *(
                (options, Speed(SHOPS, seconds=0.5, only=("step",)))
                for options in ({"lookahead": "pilot"}, {"scheme": "non_delay"}, {"scheme": "semi_active"})
            ),
        ),
    ),
    "README": Page("Job shop: what agents reach, and what it takes"),
}
