"""Solvers of total tardiness: heuristics that construct a sequence, exact ones, and the search of `search`.

What each but the last does is a function (instance, search) -> (order of the jobs, a bound or None); `SOLVERS` has them
timed, and with the schedule.
"""

import math
from collections.abc import Callable
from functools import cache, lru_cache, partial

import numpy as np
from ortools.sat.python import cp_model

from baselines.cp_sat import Search, check_budget, least
from baselines.solution import Improver, Solution
from baselines.tardiness import constructive
from baselines.tardiness import exact as decomposition
from baselines.tardiness.dominance import precedence
from baselines.tardiness.lagrange import narrow
from baselines.tardiness.search import good_order, local_search, moves_per_second, schedule_of, warm_up
from envs.tardiness.instance import TardinessInstance
from envs.tardiness.verify import verify

Found = tuple[np.ndarray, int | None]

MOVES = 1_000_000
"""So many are judged for the sequence that CP-SAT is given: 0.03 seconds."""


def exact(instance: TardinessInstance, search: Search) -> Found:
    """Decomposition on the longest job with memory, for weights of 1: see `baselines.tardiness.exact`.

    One thread and no luck. Where the time or a memory of 1 GiB does not suffice, the sequence is that of augmented
    MDDC. Raises ValueError for a weight other than 1.
    """
    if not instance.unweighted:
        job = int(np.flatnonzero(instance.weight != 1)[0])
        raise ValueError(f"exact takes weights of 1, but job {job} has {instance.weight[job]}: use cp_sat.")
    found = decomposition.least_tardiness(instance.processing, instance.due, search.seconds)
    if found is None:
        return constructive.augmented_mddc(instance), instance.lower_bound()
    return found[1], found[0]


def cp_sat(instance: TardinessInstance, search: Search) -> Found:
    """OR-tools' CP-SAT, for any weights: an interval for each job, no overlap, and only times that may matter.

    A local search finds a sequence, dominance says which jobs come before which, and a Lagrangian bound leaves out the
    times at which no job ends in a better sequence: see `search`, `dominance` and `lagrange`. CP-SAT looks for a
    better one among what is left; that there is none proves the first.
    """

    def better(cost: int, order: np.ndarray) -> None:
        search.record(cost, schedule_of(instance, order))

    bound = instance.lower_bound()
    known, order = good_order(instance, search.seed, MOVES, search.moment(0.2), better)
    if bound == known:
        return order, bound
    before = precedence(instance.processing, instance.due, instance.weight)
    proved, ends = narrow(instance, before, known, search.moment(0.5))
    bound = max(bound, proved)
    if bound == known:
        return order, bound
    model, starts = _model(instance, before, ends, bound, known - 1)
    read = partial(_read, instance, starts)
    solver, found = search.run(model, read, linearization_level=2)  # its cuts bound the sum of the ends
    if solver.response_proto.status == cp_model.INFEASIBLE:
        return order, known
    if found:
        order = np.argsort([solver.value(start) for start in starts])
    return order, max(bound, min(known, least(solver)))


def _model(
    instance: TardinessInstance, before: np.ndarray, ends: np.ndarray | None, least: int, most: int
) -> tuple[cp_model.CpModel, list[cp_model.IntVar]]:
    """The interval model of sequences that cost from `least` to `most`, and the start variables, one for each job.

    before: (n, n) bool, dominance. ends: (n, P + 1) bool, when jobs may end; None for any time.
    """
    model = cp_model.CpModel()
    total, starts, intervals, costs = int(instance.processing.sum()), [], [], []
    jobs = zip(instance.processing.tolist(), instance.due.tolist(), instance.weight.tolist(), strict=True)
    for job, (length, due, weight) in enumerate(jobs):
        head, tail = (int(instance.processing[some].sum()) for some in (before[:, job], before[job]))
        domain = cp_model.Domain(head, total - tail - length)
        if ends is not None:
            domain = cp_model.Domain.from_values((np.flatnonzero(ends[job]) - length).tolist())
        start = model.new_int_var_from_domain(domain, f"start_{job}")
        late = model.new_int_var(max(0, head + length - due), max(0, total - tail - due), f"tardiness_{job}")
        model.add(late >= start + (length - due))
        starts.append(start)
        intervals.append(model.new_fixed_size_interval_var(start, length, f"job_{job}"))
        costs.append(weight * late)
    model.add_no_overlap(intervals)
    direct = before & ~((before.astype(np.int64) @ before) > 0)
    for i, j in np.argwhere(direct).tolist():
        model.add(starts[j] >= starts[i] + int(instance.processing[i]))
    model.add_linear_constraint(sum(costs), least, most)
    model.minimize(sum(costs))
    return model, starts


def _read(
    instance: TardinessInstance, starts: list[cp_model.IntVar], value: Callable[[cp_model.IntVar], int]
) -> tuple[int, np.ndarray]:
    """The objective and the schedule of the jobs in the order of these values."""
    schedule = schedule_of(instance, np.argsort([value(start) for start in starts]))
    return verify(instance, schedule), schedule


COMPUTED = 200
"""Up to so many jobs without weights, the optimum is computed: in less than a second for most."""


@lru_cache(maxsize=4096)
def reference(instance: TardinessInstance) -> int | None:
    """The optimum of an instance that nobody has published; None where that may take long."""
    if not instance.unweighted or instance.jobs > COMPUTED:
        return None
    found = decomposition.least_tardiness(instance.processing, instance.due, seconds=60.0)
    return None if found is None else found[0]


TINY = TardinessInstance.from_lists([1, 2, 3, 2], [2, 0, 1, 0], [1, 3, 2, 1])


def _warm_up_cp_sat() -> None:
    before = precedence(TINY.processing, TINY.due, TINY.weight)
    narrow(TINY, before, good_order(TINY, 0, 1, math.inf, lambda *_: None)[0] + 9, math.inf)


def _solver(name: str, find: Callable[..., Found], warm_up: Callable[[], object]) -> Callable[..., Solution]:
    """The solver that times `find`, but not the compiling of its parts, which `warm_up` does or loads."""
    warm = cache(warm_up)

    def solve(instance: TardinessInstance, seconds: float, workers: int = 1, seed: int = 0) -> Solution:
        check_budget(name, seconds, workers)
        warm()
        search = Search(name, seconds, workers, seed)
        order, bound = find(instance, search)
        schedule = schedule_of(instance, order)
        return search.solution(verify(instance, schedule), bound, schedule, "feasible")

    return solve


def _constructive(order: Callable[[TardinessInstance], np.ndarray]) -> Callable[..., Solution]:
    return _solver(order.__name__, lambda instance, *_: (order(instance), None), lambda: order(TINY))


SOLVERS: dict[str, Callable[..., Solution]] = {
    "eddc_paper": _constructive(constructive.eddc_paper),
    "eddc_code": _constructive(constructive.eddc_code),
    "augmented_mdd": _constructive(constructive.augmented_mdd),
    "augmented_mddc": _constructive(constructive.augmented_mddc),
    "exact": _solver("exact", exact, decomposition.warm_up),
    "search": local_search,
    "cp_sat": _solver("cp_sat", cp_sat, _warm_up_cp_sat),
}
IMPROVERS = {"search": Improver(warm_up, moves_per_second)}
CONSTRUCTIVE = ("eddc_paper", "eddc_code", "augmented_mdd", "augmented_mddc")
