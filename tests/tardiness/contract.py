"""What the contract needs to know of the tardiness problem."""

import numpy as np
from hypothesis import strategies as st

from envs.core.vector import DispatchVectorEnv
from envs.tardiness.instance import TardinessInstance
from tests.tardiness.reference import columns as columns

INSTANCES = "random:4..14"
OPTIONS = [
    {},
    {"form": "last", "lookahead": "bound"},
    {"form": "next"},
    {"form": "next", "dominance": False, "skip_forced": False, "lookahead": "none"},
    {"dominance": False, "skip_forced": False},
]
EXACT = "exact"
EXACT_OPTIONS = {}  # what a policy plays by default can reach every optimum
MALFORMED = {"cut.txt": "3\n5 1\n4 2\n", "zero.txt": "1\n0 5\n", "cut.json": '{"processing": ['}


@st.composite
def tiny(draw: st.DrawFn) -> TardinessInstance:
    """At most 6 jobs without weights; ties, and due dates before the beginning and behind the end."""
    processing = draw(st.lists(st.integers(1, 6), min_size=1, max_size=6))
    due = draw(st.lists(st.integers(-2, sum(processing) + 2), min_size=len(processing), max_size=len(processing)))
    return TardinessInstance.from_lists(processing, due)


anything = tiny


def brute_force(instance: TardinessInstance) -> int:
    """The least weighted tardiness over every sequence: of each set of jobs, the best last one."""
    jobs = list(zip(instance.processing.tolist(), instance.due.tolist(), instance.weight.tolist(), strict=True))
    work, best = [0], [0]
    for chosen in range(1, 1 << len(jobs)):
        inside = [j for j in range(len(jobs)) if chosen >> j & 1]
        work.append(sum(jobs[j][0] for j in inside))
        ends = [(chosen & ~(1 << j), jobs[j][2] * max(0, work[chosen] - jobs[j][1])) for j in inside]
        best.append(min(best[rest] + cost for rest, cost in ends))
    return best[-1]


def most_decisions(instance: TardinessInstance) -> int:
    """An episode places every job once."""
    return instance.jobs


def objective_of(instance: TardinessInstance, total_reward: float) -> float:
    """The tardiness that the sum of the rewards tells."""
    return -total_reward * instance.processing.sum() * instance.weight.mean()


def elapsed_of(_objective: float) -> float:
    """A sequence is planned before its first job begins."""
    return 0.0


def distinct(rng: np.random.Generator) -> TardinessInstance:
    """An instance without ties, so that no rule of tie-breaking shows which job came first."""
    processing = rng.permutation(1000)[:9] + 1
    due = rng.permutation(int(processing.sum()))[:9]
    return TardinessInstance.from_lists(processing.tolist(), due.tolist())


def relabel(
    instance: TardinessInstance, rng: np.random.Generator, _options: dict[str, object]
) -> tuple[TardinessInstance, np.ndarray]:
    """The same jobs in another order, and the new index of each action: the same, since actions go by due date."""
    order = rng.permutation(instance.jobs)
    fields = instance.processing[order], instance.due[order], instance.weight[order]
    return TardinessInstance(*fields), np.arange(instance.jobs)


def other_future(_instance: TardinessInstance) -> TardinessInstance | None:
    """The problem hides nothing."""
    return None


def fills_the_room(_env: DispatchVectorEnv) -> list[TardinessInstance]:
    """Instances that use every slot of the room in turn: the largest, the smallest, one with ties."""
    rng = np.random.default_rng(5)
    large = TardinessInstance.generate(rng, 14, 0.2, 0.6)
    small = TardinessInstance.generate(rng, 1)
    tied = TardinessInstance.from_lists([3, 3, 3, 2, 2], [4, 4, 4, 4, -1])
    return [large, small, tied, large]
