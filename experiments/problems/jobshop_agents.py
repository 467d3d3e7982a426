"""The runs behind the job shop's tables: which agents are trained, how, and for how long."""

from typing import Any

from experiments.kinds.comparison import Agents, seeds

SHOPS = "random:10x10..15x15"
AGENTS = seeds("jobshop-ppo", instances=SHOPS, cpu_seconds=300, points=30, share=1, width=128, ent_coef=0.01)
ENCODERS = seeds(
    "jobshop-encoder",
    count=2,
    instances="random:10x10..20x15",
    cpu_seconds=600,
    points=40,
    encode="once",
    width=128,
    ent_coef=0.01,
)
"""With the graph encoder, on larger shops and for longer: not better on the validation instances of "choices"."""
BOUND = {"lookahead": "bound"}
PILOT = {"lookahead": "pilot"}
"""With the makespans that the linear rule reaches after each candidate."""
HEADLINE = "results/jobshop/agents/pilot.zip"
"""`train jobshop --instances random:10x10..20x20 --algorithm self_labelling --guide 20 --group-size 64 --points 20
--validation-instances 100 --encode none --lookahead pilot --cpu-seconds 600`: the best by validation."""

ALGORITHMS: dict[str, dict[str, Any]] = {
    "self-labelling": {"algorithm": "self_labelling"},
    "D3S": {"algorithm": "d3s", "ent_coef": 0.01},
    "GRPO": {"algorithm": "grpo", "ent_coef": 0.01},
    "PODS": {"algorithm": "pods", "ent_coef": 0.01},
    "POMO": {"algorithm": "pomo", "ent_coef": 0.01},
    "PPO": {"algorithm": "ppo", "ent_coef": 0.01, "share": 1},
}
"""By what tables call them; the network and the instances are the same for all."""


def trained(name: str, options: dict[str, Any], seconds: int = 60, points: int = 12, **settings: Any) -> Agents:
    """Five runs on random shops."""
    runs = seeds(f"jobshop-{name}-{seconds}", instances=SHOPS, cpu_seconds=seconds, points=points, **settings)
    return Agents(runs, options=options)


def trainers(options: dict[str, Any], seconds: int = 60, points: int = 12) -> dict[str, Agents]:
    """The agents of all trainers."""
    return {
        name: trained(f"{options['lookahead']}-{settings['algorithm']}", options, seconds, points, **settings)
        for name, settings in ALGORITHMS.items()
    }


MINUTE, FIVE_MINUTES, PILOT_MINUTE = trainers(BOUND), trainers(BOUND, 300, 20), trainers(PILOT)
LONGEST = {name: agents for name, agents in trainers(BOUND, 1200, 30).items() if name in ("self-labelling", "PODS")}
"""The best two by validation after five minutes."""
BY_BUDGET = {
    f"{name}, {seconds} CPU s": agents
    for seconds, budget in ((60, MINUTE), (300, FIVE_MINUTES), (1200, LONGEST))
    for name, agents in budget.items()
}
LABELS = ALGORITHMS["self-labelling"]
ABLATIONS = {
    "as it is": MINUTE["self-labelling"],
    "look-ahead: pilot": PILOT_MINUTE["self-labelling"],
    "no look-ahead": trained("none-self_labelling", {"lookahead": "none"}, **LABELS),
    "groups of 8": trained("groups-8", BOUND, **LABELS, group_size=8),
    "groups of 128": trained("groups-128", BOUND, **LABELS, group_size=128),
    "graph encoder": trained("graph", BOUND, **LABELS, encode="once"),
    "non-delay schedules": trained("non-delay", {**BOUND, "scheme": "non_delay"}, **LABELS),
    "any operation next": trained("semi-active", {**BOUND, "scheme": "semi_active"}, **LABELS),
}
"""Self-labelling for a minute, with one part changed."""
