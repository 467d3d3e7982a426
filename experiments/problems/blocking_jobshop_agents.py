"""The runs behind the blocking job shop's tables: which agents are trained, how, and for how long."""

from typing import Any

from experiments.kinds.comparison import Agents, seeds

CALM = "random:8x8..12x10"
"""Sizes around the classical 10x10, without failures."""
FAILING = f"{CALM},shutdown=0/0.01/0.05/0.1"
"""The same with one of the tables' probabilities each."""

LOOK = {"lookahead": "pilot"}
"""Every move is a candidate, with the makespans that three list rules reach after it."""
PAPER = {"view": "events", "scheme": "non_delay", "lookahead": "none"}
"""Wong et al. (2023), arXiv 2302.02506, as far as it says: whenever a machine is free, which job it is to load."""

BEGUN_AS_PILOT: dict[str, Any] = {
    "algorithm": "grpo",
    "ent_coef": 0.002,
    "learning_rate": "linear:5e-4:5e-5",
    "guide": 20,
    "points": 15,
    "validation_instances": 100,
    "cpu_seconds": 150,
}
"""Chosen on drawn 10x10 shops without failures, greedily: by GRPO with the usual rate, 2e-3, an agent gained half a
percent on the pilot that it had begun as and lost it again within 40 CPU seconds, with a fifth of the rate it kept it;
by self-labelling it was behind the pilot after each of six validations.
"""

ORDERED = Agents(
    seeds("blocking-order", instances=CALM, **BEGUN_AS_PILOT),
    samples=(1, 128),
    options=LOOK,
    ways=("", "both:"),
)
MIXED = Agents(seeds("blocking-mixed", instances=FAILING, **BEGUN_AS_PILOT), options=LOOK)
GRAPH = Agents(
    seeds(
        "blocking-graph",
        instances="random:6x6..10x10,shutdown=0/0.01/0.05/0.1",
        algorithm="ppo",
        encode="step",
        width=32,
        ent_coef=0.01,
        n_steps=64,
        n_epochs=1,
        points=10,
        validation_instances=100,
        cpu_seconds=300,
        count=2,
    ),
    options=PAPER,
)
"""The paper's own setting: a graph network that reads the graph at every decision, PPO, and no pilots.

It makes some hundred decisions in a CPU second, a fiftieth of what the others do: so it is narrower, and sees smaller
shops.
"""
