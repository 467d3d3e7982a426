"""The runs behind the job shop's tables: which agents are trained, how, and for how long."""

from typing import Any

from experiments.results import Agents, seeds

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
PILOTS = seeds("jobshop-pilot", instances=SHOPS, algorithm="self_labelling", cpu_seconds=40, points=8)
"""Their candidates carry the makespan that the linear rule reaches after them."""

PILOT = {"lookahead": "pilot"}
ALGORITHMS: dict[str, dict[str, Any]] = {
    "self-labelling": {"algorithm": "self_labelling"},
    "D3S": {"algorithm": "d3s", "ent_coef": 0.01},
    "GRPO": {"algorithm": "grpo", "ent_coef": 0.01},
    "PODS": {"algorithm": "pods", "ent_coef": 0.01},
    "POMO": {"algorithm": "pomo", "ent_coef": 0.01},
    "PPO": {"algorithm": "ppo", "ent_coef": 0.01, "share": 1},
}
"""By what tables call them; the network, the features and the instances are the same for all."""


def trained(name: str, seconds: int, points: int, options: dict[str, Any] | None = None, **settings: Any) -> Agents:
    """Five runs on random shops, with the look-ahead unless the options say otherwise."""
    runs = seeds(f"jobshop-{name}-{seconds}", instances=SHOPS, cpu_seconds=seconds, points=points, **settings)
    return Agents(runs, options=PILOT if options is None else options)


def trainers(seconds: int, points: int) -> dict[str, Agents]:
    """The agents of all trainers after so many CPU seconds."""
    return {name: trained(settings["algorithm"], seconds, points, **settings) for name, settings in ALGORITHMS.items()}


MINUTE = trainers(60, 12)
LABELS = ALGORITHMS["self-labelling"]
ABLATIONS = {
    "as it is": MINUTE["self-labelling"],
    "groups of 8": trained("groups-8", 60, 12, **LABELS, group_size=8),
    "groups of 128": trained("groups-128", 60, 12, **LABELS, group_size=128),
    "graph encoder": trained("graph", 60, 12, **LABELS, encode="once"),
    "look-ahead: bounds alone": trained("bound", 60, 12, {"lookahead": "bound"}, **LABELS),
    "no look-ahead": trained("blind", 60, 12, {"lookahead": "none"}, **LABELS),
    "non-delay schedules": trained("non-delay", 60, 12, {**PILOT, "scheme": "non_delay"}, **LABELS),
    "any operation next": trained("semi-active", 60, 12, {**PILOT, "scheme": "semi_active"}, **LABELS),
}
"""Self-labelling for a minute, with one part changed."""
