"""The tables of task graphs: what `python -m experiments.report` makes of them."""

from typing import Any

from experiments.kinds.comparison import Agents, Comparison, Line, sampled, seeds
from experiments.kinds.demonstration import Demonstration
from experiments.kinds.equal_time import EqualTime
from experiments.kinds.learning import LearningCurves
from experiments.kinds.page import Page
from experiments.kinds.paired import Paired
from experiments.kinds.picture import Picture
from experiments.kinds.replication import Printed, Replication
from experiments.kinds.speed_table import SpeedTable
from experiments.race import Contender
from experiments.speed import Speed

PLAN = {"commit": "start", "cut": "none"}
"""List scheduling: a task is placed when one could start, wherever and whenever it then will."""
NEXT = {"commit": "start", "cut": "first_finish"}
"""The same among what starts before anything could end: what agents play."""
PILOT = {**NEXT, "lookahead": "pilot"}
WHOLE = {**PILOT, "cut": "none"}
"""No cut: better on small graphs, slower and worse on large ones, by validation."""
ORDER = {"decision": "task", "commit": "ready", "cut": "none", "lookahead": "bound"}
"""DeepSoCS (Sung et al. 2020, arXiv 2005.07666): the agent orders ready tasks, each goes where it finishes first.

The decisions are theirs; network, trainer and budget are those of the other agents, which also see the pilots.
"""

TEMPERATURES = (0.005, 0.01, 0.02, 0.05, 0.15)
PILOT_T, LARGE_T = 0.02, 0.01
"""The best temperatures of the tables "choices", as is the agents', and "choices_large"."""

READY = ("met", "eft", "etf", "stf", "heft_rank", "peft_rank", "heft_rt", "random")
STREAM_LINES = (
    Line(READY),
    Line(("met", "etf", "stf"), options=NEXT),
    Line(("greedy_pilot",), options=PILOT),
)
GRAPH_LINES = (
    Line(READY),
    Line(("eft", "peft_rank", "etf"), options=PLAN),
    Line(("eft", "peft_rank", "random"), options=NEXT),
    Line(("eft@0.3",), samples=(32,), options=NEXT),
    Line(("greedy_pilot",), options=PILOT),
    Line(("greedy_pilot",), options={**PILOT, "cut": "worst_finish"}),
    Line(("greedy_pilot",), options=WHOLE),
    Line((f"greedy_pilot@{PILOT_T}",), samples=(32,), options=WHOLE),
    Line(("heft", "peft", "cpop", "cp_sat")),
)


LABELS: dict[str, Any] = {"algorithm": "self_labelling", "guide": 20, "validation_instances": 200}
GROUPS: dict[str, Any] = {"algorithm": "grpo", "guide": 20, "ent_coef": 0.01, "validation_instances": 64}
"""With noise, the best rollout is a lucky one: labels get worse with training, group means do not."""
BUSY: dict[str, Any] = {
    "algorithm": "grpo",
    "validation": "random:apps,jobs=40,noise=0..0.5,scale=40..60",
    "validation_instances": 64,
    "n_instances": 8,
    "group_size": 8,
    "learning_rate": "linear:1e-3:1e-4",
}
"""Episodes of DS3's applications are long: smaller groups make more steps."""

SMALL = seeds("soc-small", instances="random:20..30", cpu_seconds=100, points=10, **LABELS)
LARGE = seeds("soc-large", instances="random:20..60", cpu_seconds=100, points=10, **LABELS)
ON_GYM = seeds("soc-ds3gym", instances="random:ds3gym,noise=0..0.5,scale=25..75", cpu_seconds=100, points=10, **GROUPS)
ON_APPS = seeds(
    "soc-apps", instances="random:apps,noise=0..0.5,scale=30..60", cpu_seconds=320, points=10, **BUSY, guide=300
)
ON_GRAPHS = seeds(
    "soc-graphs", instances="random:10x4x20..20x4x20,noise=0..0.5,scale=100..300", cpu_seconds=60, points=10, **GROUPS
)
ORDERED = {**GROUPS, "guide": 0}
ORDER_GYM = seeds(
    "soc-order-ds3gym", instances="random:ds3gym,noise=0..0.5,scale=25..75", cpu_seconds=100, points=10, **ORDERED
)
ORDER_APPS = seeds(
    "soc-order-apps", instances="random:apps,noise=0..0.5,scale=30..60", cpu_seconds=320, points=10, **BUSY
)
ORDER_GRAPHS = seeds(
    "soc-order-graphs",
    instances="random:10x4x20..20x4x20,noise=0..0.5,scale=100..300",
    cpu_seconds=60,
    points=10,
    **ORDERED,
)

SMALL_AGENTS = {"self-labelling": Agents(SMALL, (1, 32), options=WHOLE, temperatures=(1.5,))}
GYM_AGENTS = {"GRPO": Agents(ON_GYM, options=PILOT), "DeepSoCS": Agents(ORDER_GYM, options=ORDER)}
APPS_AGENTS = {"GRPO": Agents(ON_APPS, options=PILOT), "DeepSoCS": Agents(ORDER_APPS, options=ORDER)}
GRAPHS_AGENTS = {"GRPO": Agents(ON_GRAPHS, options=PILOT), "DeepSoCS": Agents(ORDER_GRAPHS, options=ORDER)}
BEST_RULE = "greedy_pilot (commit=start, cut=first_finish, lookahead=pilot)"
"""The rule that is best on validation instances."""

NOISES = (0, 0.1, 0.2, 0.3, 0.4, 0.5)
GYM, APPS, GRAPHS = "ds3gym,jobs=50", "apps,jobs=50", "10x4x20..20x4x20"
LOST = "An arrival that finds the queue full is lost, so a slow method is also offered fewer jobs."


def streams(law: str, option: str, values: tuple[float, ...], rest: str = "") -> dict[str, str]:
    """A column for each value of an option: 20 streams."""
    return {f"{option} {value:g}": f"random:{law},{option}={value:g}{rest}:20:11" for value in values}


def latency(title: str, sets: dict[str, str], agents: dict[str, Agents], notes: str = "") -> Paired:
    """Mean latencies of rules and agents on streams, paired with the best rule."""
    return Paired(title, sets, STREAM_LINES, BEST_RULE, agents=agents, notes=notes)


PLANNED = {
    "HEFT": Contender("heft"),
    "PEFT": Contender("peft"),
}
BRIEFLY = (1, 0.3, 0.3, 0.3, 0.3)
TIMED = {
    **PLANNED,
    "pilot": Contender("greedy_pilot", WHOLE),
    "pilot (samples)": Contender(f"greedy_pilot@{PILOT_T}", WHOLE, BRIEFLY),
    "agent": Contender(agents=SMALL[:1], options=WHOLE),
    "agent (samples)": Contender(agents=SMALL[:1], options=WHOLE, seconds=(1,), temperature=1.5),
    "search": Contender("search", seconds=BRIEFLY),
    "CP-SAT": Contender("cp_sat", seconds=(3,)),
}
"""10 CPU s for an instance at most; what is proved optimal ends earlier."""
TIMED_LARGE = {
    **PLANNED,
    "pilot": Contender("greedy_pilot", PILOT),
    "pilot (samples)": Contender(f"greedy_pilot@{LARGE_T}", PILOT, BRIEFLY),
    "agent": Contender(agents=LARGE[:1], options=PILOT),
    "agent (samples)": Contender(agents=LARGE[:1], options=PILOT, seconds=(1,)),
    "search": Contender("search", seconds=(3, 0.3, 0.3, 0.3, 0.3)),
    "CP-SAT": Contender("cp_sat", seconds=(3,)),
}
"""12 CPU s for an instance."""

DEMO = Demonstration(
    instances="random:20..30",
    cpu_seconds=60,
    pilot="greedy_pilot",
    guide=20,
    tests=("canonical", "dags:1"),
    solvers=("cpop", "peft", "heft", "cp_sat"),
    seconds=1,
)

HOT = (0.003, 0.01, 0.03, 0.1, 0.3)

TABLES = {
    "temperatures": Comparison(
        "Task graphs: at which temperature rules are sampled, on validation instances",
        ("random:20..30:40:901", "random:ds3gym,jobs=20,noise=0.2:10:901"),
        (
            sampled((rule for rule in READY if rule != "random"), HOT),
            sampled(("greedy_pilot",), HOT, **PILOT),
            sampled(("greedy_pilot",), HOT, **WHOLE),
        ),
    ),
    "dags": Comparison(
        "Task graphs: 200 fixed random graphs of 20 to 30 tasks, by communication over computation",
        ("dags:0.1", "dags:0.5", "dags:1", "dags:2"),
        GRAPH_LINES,
        agents=SMALL_AGENTS,
    ),
    "paired": Paired(
        "Task graphs: the gap in % of an agent and of the rule that it begins with, on the 200 graphs",
        {"dags": "dags"},
        (Line(("greedy_pilot",), options=WHOLE), Line((f"greedy_pilot@{PILOT_T}",), (32,), options=WHOLE)),
        "greedy_pilot (commit=start, lookahead=pilot)",
        value="gap_pct",
        agents=SMALL_AGENTS,
    ),
    "large": Paired(
        "Task graphs: makespan in us of random graphs of 50 to 200 tasks",
        {"50 to 100": "random:50x3..100x5:20:11", "100 to 200": "random:100x3..200x5:20:11"},
        (
            Line(("eft", "peft_rank"), options=PLAN),
            Line(("greedy_pilot",), options=PILOT),
            Line((f"greedy_pilot@{LARGE_T}",), samples=(8, 32, 128), options=PILOT),
            Line(("heft", "peft", "cpop", "cp_sat")),
        ),
        BEST_RULE,
        agents={"self-labelling": Agents(LARGE, (1, 32), options=PILOT)},
    ),
    "equal_time": EqualTime(
        "Task graphs of 20 to 30 tasks: quality at equal CPU time, by communication over computation",
        {f"ratio {ratio}": f"dags:{ratio}" for ratio in (0.1, 0.5, 1, 2)},
        TIMED,
        take=10,
    ),
    "equal_time_large": EqualTime(
        "Task graphs of 50 to 200 tasks: quality at equal CPU time",
        {"50 to 100 tasks": "random:50x3..100x5:10:11", "100 to 200 tasks": "random:100x3..200x5:10:11"},
        TIMED_LARGE,
        to_best=True,
    ),
    "choices": Paired(
        "Task graphs of 20 to 30 tasks: which temperature, makespans in us on validation instances",
        {"20 to 30": "random:20..30:200:901"},
        (
            Line(("greedy_pilot",), options=WHOLE),
            Line(tuple(f"greedy_pilot@{t}" for t in TEMPERATURES), samples=(32,), options=WHOLE),
        ),
        "greedy_pilot (commit=start, lookahead=pilot)",
        agents={"self-labelling": Agents(SMALL, (32,), options=WHOLE, temperatures=(1, 1.5, 2))},
    ),
    "choices_large": Paired(
        "Task graphs of 50 to 200 tasks: which temperature, makespans in us on validation instances",
        {"50 to 100": "random:50x3..100x5:20:901", "100 to 200": "random:100x3..200x5:20:901"},
        (
            Line(("greedy_pilot",), options=PILOT),
            Line(tuple(f"greedy_pilot@{t}" for t in TEMPERATURES), samples=(32,), options=PILOT),
        ),
        BEST_RULE,
    ),
    "canonical": Comparison(
        "Task graphs: the graphs of the papers", ("topcuoglu", "arabnejad"), GRAPH_LINES, agents=SMALL_AGENTS
    ),
    "replication": Replication(
        "DS3Gym's jobs on its chip, with its rules",
        (
            Printed(
                "ds3gym,profiles=1,scale=25,queue=3,span=5000",
                {"met": 107.8, "etf": 104.9, "eft": 109.7, "stf": 107.8, "heft_rt": 121.6, "random": 166.0},
            ),
            Printed(
                "ds3gym,scale=25,noise=0.1,queue=3,span=5000",
                {"met": 118.5, "etf": 112.2, "eft": 115.0, "heft_rt": 128.1, "random": 173.7},
            ),
            Printed(
                "ds3gym,scale=25,noise=0.5,queue=3,span=5000",
                {"met": 127.3, "etf": 122.7, "eft": 123.2, "heft_rt": 131.8, "random": 172.0},
            ),
            Printed(
                "ds3gym,scale=50,queue=6,span=5000",
                {"met": 155.5, "etf": 147.2, "eft": 144.9, "heft_rt": 154.4},
            ),
            Printed(
                "ds3gym,scale=250,queue=12,span=10000",
                {"met": 188, "etf": 172, "eft": 180, "heft_rt": 191},
            ),
        ),
    ),
    "gym_rate": latency(
        "DS3Gym's ten jobs: mean latency in us against the mean gap between arrivals, noise 0.1",
        streams(GYM, "scale", (100, 75, 50, 40, 30, 25), ",noise=0.1"),
        GYM_AGENTS,
    ),
    "gym_noise": latency(
        "DS3Gym's ten jobs: mean latency in us against noise, mean gap 50 us",
        streams(GYM, "noise", NOISES, ",scale=50"),
        GYM_AGENTS,
    ),
    "gym_queue": latency(
        "DS3Gym's ten jobs: mean latency in us against the length of the queue, mean gap 25 us, noise 0.1, 5000 us",
        streams("ds3gym,scale=25,noise=0.1,span=5000", "queue", (3, 4, 5, 6)),
        GYM_AGENTS,
        LOST,
    ),
    "apps_queue": latency(
        "DS3's six applications: mean latency in us against the length of the queue, mean gap 30 us, noise 0.1, 5 ms",
        streams("apps,scale=30,noise=0.1,span=5000", "queue", (3, 4, 5, 6)),
        APPS_AGENTS,
        LOST,
    ),
    "graphs_queue": latency(
        "Streams of random graphs: mean latency in us against the length of the queue, gap 100 us, noise 0.1, 10 ms",
        streams(f"{GRAPHS},scale=100,noise=0.1,span=10000", "queue", (3, 4, 5, 6)),
        GRAPHS_AGENTS,
        LOST,
    ),
    "apps_rate": latency(
        "DS3's six applications: mean latency in us against the mean gap between arrivals, noise 0.1",
        streams(APPS, "scale", (100, 75, 50, 40, 30), ",noise=0.1"),
        APPS_AGENTS,
    ),
    "apps_noise": latency(
        "DS3's six applications: mean latency in us against noise, mean gap 50 us",
        streams(APPS, "noise", NOISES, ",scale=50"),
        APPS_AGENTS,
    ),
    "graphs_rate": latency(
        "Streams of random graphs: mean latency in us against the mean gap between arrivals, noise 0.1",
        streams(GRAPHS, "scale", (300, 200, 150, 100), ",noise=0.1"),
        GRAPHS_AGENTS,
    ),
    "graphs_noise": latency(
        "Streams of random graphs: mean latency in us against noise, mean gap 200 us",
        streams(GRAPHS, "noise", NOISES, ",scale=200"),
        GRAPHS_AGENTS,
    ),
    "learning": LearningCurves("Task graphs of 20 to 30 tasks: learning curves", SMALL_AGENTS),
    "gym_learning": LearningCurves("DS3Gym's ten jobs: learning curves", GYM_AGENTS),
    "apps_learning": LearningCurves("DS3's six applications: learning curves", APPS_AGENTS),
    "gantt": Picture(
        "The graph of Topcuoglu et al.: an agent, HEFT and CP-SAT",
        "topcuoglu",
        ("heft", "cp_sat"),
        Agents(SMALL, options=WHOLE),
    ),
    "speed": SpeedTable(
        "Task graphs: speed",
        tuple(
            (
                options,
                Speed(
                    ("random:20..30", f"random:{GYM}"),
                    batch=(1, 64),
                    seconds=0.3,
                    only=("step",),
                    startup=options == {"lookahead": "bound"},
                ),
            )
            for options in ({"lookahead": "bound"}, {"lookahead": "pilot"}, ORDER)
        ),
    ),
    "README": Page("Task graphs: what agents reach, and what it takes"),
}
