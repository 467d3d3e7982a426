"""Solvers of VM rescheduling: one migration after the other, the slot rule, and exact ones.

What each does is a function (instance, search) -> migrations and a bound; `SOLVERS` has them timed, and judged by
`verify`, which no time is counted for. What comes and goes is hidden from them: they plan for the cluster as it is, and
migrate at once.
"""

import time
from collections.abc import Callable
from functools import cache, lru_cache, partial
from typing import NamedTuple

import numpy as np

from baselines.cp_sat import Search, check_budget
from baselines.solution import Improvement, Solution
from baselines.vm_rescheduling.beam import beam
from baselines.vm_rescheduling.bound import bound, neutral
from baselines.vm_rescheduling.enumeration import enumerate_plans
from baselines.vm_rescheduling.greedy import filtering, joint
from baselines.vm_rescheduling.highs import Answer, proved, run
from baselines.vm_rescheduling.model import Model, classes_of
from baselines.vm_rescheduling.plan import outcome, schedule_of, still
from baselines.vm_rescheduling.pop import pop
from baselines.vm_rescheduling.slots import FAR, FITTED, HAND, NONE, SlotRule, Weights, better
from baselines.vm_rescheduling.vbpp import alpha_vbpp
from envs.vm_rescheduling.instance import VMReschedulingInstance
from envs.vm_rescheduling.verify import verify

NOTHING = np.empty((0, 5), np.int64)
MOST_COLUMNS = 40_000
"""Of the model that tells VMs of anti-affinity groups apart; beyond, HiGHS solves the one without groups."""
FEW = 20
"""VMs of a cluster whose plans may be tried out."""
PARTS = 10
"""Of POP."""


class Found(NamedTuple):
    """Migrations (n, 5), and what no plan's objective is below, None for nothing."""

    moves: np.ndarray
    bound: float | None = None


def slot_rule(instance: VMReschedulingInstance, _: Search, weights: Weights = FITTED, most: int = FAR) -> Found:
    """The plan of the slot rule by these weights, with at most so many evictions for a slot."""
    return Found(SlotRule(instance).plan(weights, most).moves)


def slot_portfolio(instance: VMReschedulingInstance, _: Search) -> Found:
    """The best plan of the slot rule by the weights that were fitted, each for another kind of cluster."""
    return Found(SlotRule(instance).portfolio()[0].moves)


def slot_best(instance: VMReschedulingInstance, search: Search, count: int = 32) -> Found:
    """The best of so many plans of the slot rule."""
    return Found(SlotRule(instance).restarts(count, search.seed).moves)


def slot_restarts(instance: VMReschedulingInstance, search: Search, share: float = 1.0) -> Found:
    """Plans of the slot rule by weights that chance varies, until the time is over or the bound is reached."""
    rule, rng, least = SlotRule(instance), np.random.default_rng(search.seed), bound(instance)
    best, base = rule.portfolio()
    answer = Answer(instance, best.moves, search)
    while answer.objective != least and time.perf_counter() < search.moment(share):
        other = better(best, rule.varied(rng, base))
        if other is not best:
            best = other
            answer.offer(best.moves)
    return Found(answer.moves, least)


def highs(instance: VMReschedulingInstance, search: Search, cold: bool = False) -> Found:
    """HiGHS on all flavours, from the slot rule's plan on or, `cold`, from the cluster as it is."""
    return _proof(instance, search, NOTHING if cold else SlotRule(instance).portfolio()[0].moves)


def exact(instance: VMReschedulingInstance, search: Search) -> Found:
    """The slot rule, varied for a tenth of the time; where it does not reach the bound that needs no sinks, HiGHS.

    A solution of the model may have no order in which every VM finds room. Of a very small cluster, all plans are then
    tried out.
    """
    found = slot_restarts(instance, search, 0.1)
    if outcome(instance, found.moves) == found.bound:
        return found
    proof = _proof(instance, search, found.moves)
    known = [one for one in (found.bound, proof.bound) if one is not None]
    least = max(known, default=None)
    if outcome(instance, proof.moves) != least and instance.vms <= FEW:
        moves = enumerate_plans(instance, search.moment(1))
        if moves is not None:
            return Found(moves, outcome(instance, moves))
    return Found(proof.moves, least)


def _proof(instance: VMReschedulingInstance, search: Search, moves: np.ndarray) -> Found:
    """HiGHS on the full model from these migrations on."""
    every, answer = np.ones(instance.flavours, bool), Answer(instance, moves, search)
    model = Model(instance, classes_of(instance, every, groups=False))
    kinds = len(classes_of(instance, every, groups=True).flavour)
    if kinds * 2 * instance.pms <= MOST_COLUMNS:
        model = Model(instance, classes_of(instance, every, groups=True))
    dual = run(model, answer, search)
    return Found(answer.moves, proved(instance, dual, answer.objective))


def highs_reduced(instance: VMReschedulingInstance, search: Search) -> Found:
    """HiGHS on the flavours that can change what is left over of a node; what it proves is the bound without sinks.

    Raises ValueError for other slots than single ones of one kind without memory, which have no such flavours.
    """
    least = bound(instance)
    if least is None:
        raise ValueError("highs_reduced takes one kind of single slots without memory: take highs for others.")
    answer = Answer(instance, SlotRule(instance).portfolio()[0].moves, search)
    run(Model(instance, classes_of(instance, ~neutral(instance), groups=False)), answer, search)
    return Found(answer.moves, least)


def pop_highs(instance: VMReschedulingInstance, search: Search, parts: int = PARTS) -> Found:
    """POP on the model of all flavours: HiGHS on each of so many random parts, with an equal share of the time."""
    parts = max(1, min(parts, instance.pms, instance.limit))
    share = search.seconds / parts

    def solve(part: VMReschedulingInstance) -> np.ndarray:
        return _proof(part, Search("pop", share, 1, search.seed), NOTHING).moves

    return Found(pop(instance, parts, search.seed, solve))


def beam_search(instance: VMReschedulingInstance, search: Search) -> Found:
    """Beam search with migrations that gain nothing."""
    return Found(beam(instance, search.moment(1)))


@lru_cache(maxsize=4096)
def reference(instance: VMReschedulingInstance) -> float | None:
    """The optimum, where plans of the slot rule reach the bound that needs no sinks within a fifth of a second."""
    if instance.span:
        return None
    found = slot_restarts(instance, Search("reference", 0.2))
    return found.bound if outcome(instance, found.moves) == found.bound else None


TINY = VMReschedulingInstance.cluster(
    [(16, 0, 0), (8, 0, 0), (16, 0, 1)],
    [(44, 44, 9, 9)] * 3,
    [(0, 0, 0), (1, 0, 0), (2, 0, 2), (1, 1, 1), (1, 2, 0), (2, 2, 2)],
    group=[-1, -1, -1, 0, 0, -1],
)


def _solver(find: Callable[[VMReschedulingInstance, Search], Found], name: str) -> Callable[..., Solution]:
    """The solver that times `find`, but neither its compiling, which a tiny cluster does or loads, nor the judge."""
    warm = cache(lambda: find(TINY, Search(name, 0.01)))

    def solve(instance: VMReschedulingInstance, seconds: float, workers: int = 1, seed: int = 0) -> Solution:
        check_budget(name, seconds, workers)
        plain = still(instance)
        warm()
        search = Search(name, seconds, workers, seed)
        moves, least = find(plain, search)
        schedule, spent = schedule_of(moves), (time.perf_counter() - search.wall, search.spent())
        objective = verify(instance, schedule)
        if instance.span:
            return Solution(objective, None, schedule, "feasible", *spent)
        status, found = "optimal" if objective == least else "feasible", search.improvements
        if not found or objective < found[-1].objective:
            found.append(Improvement(spent[1], objective, schedule))
        return Solution(objective, least, schedule, status, *spent, tuple(found))

    return solve


def _alone(plan: Callable[[VMReschedulingInstance], np.ndarray]) -> Callable[[VMReschedulingInstance, Search], Found]:
    return lambda instance, _: Found(plan(instance))


FINDERS: dict[str, Callable[[VMReschedulingInstance, Search], Found]] = {
    "ha": _alone(filtering),
    "joint_greedy": _alone(joint),
    "alpha_vbpp": _alone(alpha_vbpp),
    "beam": beam_search,
    "slot_rule": slot_rule,
    "slot_rule_hand": partial(slot_rule, weights=HAND),
    "slot_rule_plain": partial(slot_rule, weights=NONE),
    "slot_rule_single": partial(slot_rule, most=1),
    "slot_portfolio": slot_portfolio,
    "slot_best_of_8": partial(slot_best, count=8),
    "slot_best_of_32": slot_best,
    "slot_restarts": slot_restarts,
    "highs": highs,
    "highs_cold": partial(highs, cold=True),
    "highs_reduced": highs_reduced,
    "pop": pop_highs,
    "exact": exact,
}
SOLVERS: dict[str, Callable[..., Solution]] = {name: _solver(find, name) for name, find in FINDERS.items()}
CONSTRUCTIVE = tuple(
    name for name in FINDERS if name in ("ha", "joint_greedy", "alpha_vbpp", "slot_portfolio") or "slot_rule" in name
)
