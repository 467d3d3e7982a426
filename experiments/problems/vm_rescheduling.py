"""VM rescheduling: what `python -m experiments.report` makes of it."""

from experiments.kinds.comparison import Comparison, Line, sampled
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

DELAYS = (0, 1_000, 5_000, 20_000, 40_000, 60_000)
"""ms; a migration takes 200."""


def after_thinking(**how: bool) -> tuple[Line, ...]:
    """The slot rule when decisions take so long."""
    return tuple(Line(("worth",), options={"migration": 200, "thinking": delay, **how}) for delay in DELAYS)


TABLES = {
    **SOLVERS,
    "latency": Comparison(
        "VM rescheduling: what is left of a plan after the time that it took",
        ("random:medium,churn=2,span=60000:16:1",),
        (*after_thinking(plan=True), *after_thinking()),
        measures=("rate",),
        digits=2,
        notes="""Two VMs arrive and two leave in each s; fragment rates are taken after 60 s. With `plan`, up to 50
migrations are decided on the cluster as it was at first, and what is still possible of them is done after the thinking
time, in ms, 200 ms for each migration. Without it the rule decides anew for each slot, with that time before each: what
takes a ms can always do so. After 60000 ms nothing can be done any more. Rules play `slot`.""",
    ),
    "temperatures": Comparison(
        "VM rescheduling: at which temperature rules are sampled, on validation instances",
        VALIDATION,
        (
            sampled(("worth", "single"), HOT, form="slot"),
            sampled(("filtering",), HOT, form="vm", potential=(0.0,) * 4, waste=0.0),
        ),
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
