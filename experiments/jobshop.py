"""The job shop's tables: what `python -m experiments.report` makes of it."""

from experiments.results import Comparison, LearningCurves, Line, SpeedTable
from experiments.speed import Speed
from experiments.train import Train

RULES = ("fifo", "spt", "lpt", "mwkr", "lwkr", "mopnr", "lopnr", "fdd_mwkr", "random")
TAILLARD = tuple(
    f"taillard:{size}" for size in ("15x15", "20x15", "20x20", "30x15", "30x20", "50x15", "50x20", "100x20")
)
LAWRENCE = tuple(f"la:{size}" for size in ("10x5", "15x5", "20x5", "10x10", "15x10", "20x10", "30x10", "15x15"))
AGENTS = tuple(
    Train(instances="random:10x10..20x20", cpu_seconds=900, seed=seed, points=45, run_dir=f"runs/jobshop-ppo-{seed}")  # type: ignore[arg-type]
    for seed in range(3)
)
LINES = (
    Line(RULES),
    Line(("mopnr@1",), samples=(128,)),
    Line(("pilot:fdd_mwkr",)),
    Line(("cp_sat",)),
)

TABLES = {
    "choices": Comparison(
        "Job shop: which pilot and which temperature, on validation instances",
        ("random:15x15:20:7",),
        (
            Line(tuple(f"pilot:{rule}" for rule in RULES[:-1])),
            Line(tuple(f"pilot:{rule}" for rule in RULES[:-1]), options={"scheme": "active"}),
            Line(("mopnr@0.25", "mopnr@0.5", "mopnr@1", "mopnr@2"), samples=(128,)),
            Line(("mopnr@0.25", "mopnr@0.5", "mopnr@1", "mopnr@2"), samples=(128,), options={"scheme": "active"}),
        ),
    ),
    "taillard": Comparison("Job shop: Taillard's instances", TAILLARD, LINES, agents=AGENTS, samples=(1, 128)),
    "classics": Comparison(
        "Job shop: Lawrence, Fisher and Thompson, Adams et al., Applegate and Cook",
        (*LAWRENCE, "ft", "abz", "orb"),
        LINES,
        agents=AGENTS,
        samples=(1, 128),
    ),
    "learning": LearningCurves("Job shop: learning curves of PPO", AGENTS),
    "speed": SpeedTable(
        "Job shop: speed",
        (
            ({}, Speed(("random:10x10", "random:15x15", "random:30x20"), startup=True)),
            *(
                ({"scheme": scheme}, Speed(("random:10x10", "random:15x15", "random:30x20"), only=("step",)))
                for scheme in ("non_delay", "semi_active")
            ),
        ),
    ),
}
