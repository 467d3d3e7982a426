"""The schedule that solvers start from."""

from typing import Any

import numpy as np

from baselines.blocking_jobshop.rules import DEFAULTS, NEEDS, RULES
from baselines.play import finish
from envs.blocking_jobshop.env import BlockingJobShop
from envs.blocking_jobshop.instance import BlockingJobShopInstance
from envs.core.vector import DispatchVectorEnv

SMALL = 250
"""Operations up to which the pilot takes a fraction of a second."""


def best_rule_schedule(instance: BlockingJobShopInstance) -> np.ndarray:
    """The schedule (O, 6) of smallest makespan among those of all rules; the pilot is one of them on small shops."""
    groups: dict[str, tuple[dict[str, Any], list[str]]] = {}
    for name in RULES:
        options = {**DEFAULTS, **NEEDS.get(name, {})}
        if name == "list_pilot":
            options["scheme"] = "all"
        if name != "list_pilot" or instance.operations <= SMALL:
            groups.setdefault(repr(options), (options, []))[1].append(name)
    found = [_played(instance, options, names) for options, names in groups.values()]
    return min(found, key=lambda schedule: int(schedule[:, 5].max()))


def _played(instance: BlockingJobShopInstance, options: dict[str, Any], names: list[str]) -> np.ndarray:
    """The best schedule of rules that play under the same options: one environment each, played together."""
    rows = np.arange(len(names))
    env = DispatchVectorEnv(BlockingJobShop(**options), len(rows), [instance], copy=False, autoreset=False)
    env.reset(seed=0, options={"instances": [instance], "repeat": len(rows)})
    finish(env, lambda env: np.stack([RULES[name](env.view()) for name in names])[rows, rows])
    return env.schedule(int(env.objective.argmin()))
