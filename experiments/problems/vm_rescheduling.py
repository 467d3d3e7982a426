"""VM rescheduling: what `python -m experiments.report` makes of it."""

from experiments.kinds.comparison import Comparison, sampled
from experiments.kinds.demonstration import Demonstration
from experiments.kinds.page import Page
from experiments.kinds.speed_table import SpeedTable
from experiments.problems.vm_rescheduling_solvers import TABLES as SOLVERS
from experiments.speed import Speed

FORMS = ({"form": "slot"}, {"form": "slot", "sinks": "pick"}, {"form": "move"}, {"form": "vm"})

HOT = (0.003, 0.01, 0.03, 0.1, 0.3)
VALIDATION = ("random:medium,load=high,limit=50:8:901", "random:medium,load=high,limit=100:8:901")

DEMO = Demonstration(
    instances="random:20..60,limit=20",
    cpu_seconds=40,
    pilot="worth",
    guide=20,
    tests=("random:40,limit=20:20:1",),
    solvers=("slot_rule", "highs_reduced"),
    sees={"potential": (0.0, 0.0, 0.0, 0.0)},
    follows={},
)

TABLES = {
    **SOLVERS,
    "temperatures": Comparison(
        "VM rescheduling: at which temperature rules are sampled, on validation instances",
        VALIDATION,
        (sampled(("worth", "single"), HOT, form="slot"), sampled(("filtering",), HOT)),
        measures=("mean",),
        digits=4,
    ),
    "speed": SpeedTable(
        "VM rescheduling: speed",
        (
            *(
                (form, Speed(("medium", "random:medium"), batch=(1, 16, 64), seconds=0.5, only=("step",)))
                for form in FORMS
            ),
            ({"form": "slot"}, Speed(("random:20",), batch=(1, 16, 64), seconds=0.3, only=("step",), startup=True)),
        ),
    ),
    "README": Page("VM rescheduling: what rules and agents reach, and what it takes"),
}
