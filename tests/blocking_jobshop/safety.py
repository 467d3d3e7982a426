"""How many moves that would be safe the mask forbids where swaps are not allowed, by exhaustive search.

    python -m tests.blocking_jobshop.safety

A move is safe if, by some moves into empty machines, all jobs can still finish. The states are all that play under the
mask reaches.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np

from envs.blocking_jobshop.env import BlockingJobShop
from envs.blocking_jobshop.instance import BlockingJobShopInstance
from envs.blocking_jobshop.law import random_source
from envs.core.vector import DispatchVectorEnv

SIZES = ("3x3", "4x3", "4x4", "5x4", "5x5")
SHOPS = 20


class Found(NamedTuple):
    """Of one shop: states that play reaches, safe moves in them, and those that the mask allows."""

    states: int
    safe: int
    allowed: int


def search(shop: BlockingJobShopInstance) -> Found:
    """Every state that play under the mask reaches, told apart by how far the jobs are.

    Raises AssertionError where the mask is empty or allows a move that is not safe.
    """
    jobs = [[machine for machine, _ in line] for line in shop.to_jobs()]

    def moves(at: tuple[int, ...]) -> list[int]:
        """Jobs whose next machine nobody holds, or they themselves."""
        stand = list(enumerate(zip(jobs, at, strict=True)))
        held = {line[k - 1]: j for j, (line, k) in stand if 0 < k < len(line)}
        return [j for j, (line, k) in stand if k < len(line) and held.get(line[k], j) == j]

    def moved(at: tuple[int, ...], j: int) -> tuple[int, ...]:
        return (*at[:j], at[j] + 1, *at[j + 1 :])

    @cache
    def safe(at: tuple[int, ...]) -> bool:
        return list(at) == list(map(len, jobs)) or any(safe(moved(at, j)) for j in moves(at))

    env = DispatchVectorEnv(BlockingJobShop(skip_forced=False, lookahead="none"), 1, [shop], autoreset=False)
    env.reset()
    waiting, seen, count, allowed = [env.get_state()], set(), 0, 0
    while waiting:
        state = waiting.pop()
        env.set_state(state)
        rows = env.schedule(0)
        at = tuple(int((rows[:, 0] == j).sum()) for j in range(shop.jobs))
        if at in seen or not env.running[0]:
            continue
        seen.add(at)
        legal, good = (np.flatnonzero(env.action_masks()[0]) - 1).tolist(), [j for j in moves(at) if safe(moved(at, j))]
        assert legal and set(legal) <= set(good), (at, legal, good)
        count, allowed = count + len(good), allowed + len(legal)
        for j in legal:
            env.set_state(state)
            env.step(np.array([1 + j]))
            waiting.append(env.get_state())
    return Found(len(seen), count, allowed)


def main() -> None:
    print("| size | states | safe moves | forbidden |\n|---|---:|---:|---:|")
    for size in SIZES:
        source, rng = random_source(f"{size},swap=not_allowed"), np.random.default_rng(0)
        found = [search(source.sample(rng)) for _ in range(SHOPS)]
        states, safe, allowed = map(sum, zip(*found, strict=True))
        print(f"| {size} | {states:,} | {safe:,} | {100 * (1 - allowed / safe):.1f} % |")


if __name__ == "__main__":
    main()
