"""The blocking job shop's tables: what `python -m experiments.report` makes of it."""

from experiments.kinds.demonstration import Demonstration
from experiments.kinds.speed_table import SpeedTable
from experiments.problems import blocking_jobshop_tables
from experiments.speed import Speed

SHOPS = ("random:10x10", "random:15x15")
FAILING = ("random:10x10,shutdown=0.05",)
CAPTIVE = ("random:10x10,swap=not_allowed",)
LOOK = {"lookahead": "pilot"}

DEMO = Demonstration(
    instances="random:8x8..10x10",
    cpu_seconds=60,
    pilot="list_pilot",
    guide=20,
    tests=("la:10x5", "ft06"),
    solvers=("cp_sat",),
    sees={"lookahead": "bound"},
    ways=("", "both:"),
)

TABLES = {
    **blocking_jobshop_tables.TABLES,
    "speed": SpeedTable(
        "Blocking job shop: speed",
        (
            ({}, Speed(SHOPS, batch=(1, 64), seconds=0.5, only=("step", "copy", "sb3", "policy"))),
            *(
                (options, Speed(shops, batch=(1, 64), seconds=0.5, only=("step",)))
                for options, shops in (
                    (LOOK, SHOPS),
                    ({"lookahead": "none"}, SHOPS),
                    ({"view": "events"}, SHOPS),
                    ({}, (*FAILING, *CAPTIVE)),
                    (LOOK, (*FAILING, *CAPTIVE)),
                )
            ),
        ),
    ),
}
