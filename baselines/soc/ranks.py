"""What the list schedulers rank tasks by, in plain Python.

Ranks are sums of means. They are whole numbers of us / `Plan.scale`: ways of the same length have the same rank.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from math import lcm

from envs.soc.instance import SocInstance


@dataclass(frozen=True)
class Plan:
    """An instance as lists, the way planners read it; they know the true durations."""

    instance: SocInstance

    @cached_property
    def durations(self) -> list[dict[int, int]]:
        """Of each task: PE to true duration, only where it can run."""
        return [{pe: time for pe, time in enumerate(row) if time >= 0} for row in self.instance.true_duration.tolist()]

    @cached_property
    def sources(self) -> list[list[tuple[int, int]]]:
        """Of each task: (source, volume)."""
        found: list[list[tuple[int, int]]] = [[] for _ in range(self.instance.tasks)]
        for (source, target), volume in self._edges:
            found[target].append((source, volume))
        return found

    @cached_property
    def targets(self) -> list[list[tuple[int, int]]]:
        """Of each task: (target, volume)."""
        found: list[list[tuple[int, int]]] = [[] for _ in range(self.instance.tasks)]
        for (source, target), volume in self._edges:
            found[source].append((target, volume))
        return found

    @cached_property
    def _edges(self) -> list[tuple[list[int], int]]:
        return list(zip(self.instance.edge.tolist(), self.instance.volume.tolist(), strict=True))

    @cached_property
    def bandwidth(self) -> list[list[int]]:
        """(P, P)."""
        return self.instance.bandwidth.tolist()

    @cached_property
    def arrival(self) -> list[int]:
        """Of the job of each task."""
        job_start, arrival = self.instance.job_start.tolist(), self.instance.arrival.tolist()
        return [
            time for time, (first, end) in zip(arrival, pairwise(job_start), strict=True) for _ in range(first, end)
        ]

    @cached_property
    def order(self) -> list[int]:
        """All tasks, each after its sources."""
        missing = [len(some) for some in self.sources]
        found = [task for task, count in enumerate(missing) if not count]
        for task in found:  # grows while it is read
            for target, _ in self.targets[task]:
                missing[target] -= 1
                if not missing[target]:
                    found.append(target)
        return found

    @cached_property
    def pairs(self) -> int:
        """The number of pairs of different PEs, at least 1."""
        return max(1, self.instance.pes * (self.instance.pes - 1))

    @cached_property
    def scale(self) -> int:
        """In how many parts a us is divided, so that all means are whole."""
        return self.pairs * lcm(*map(len, self.durations))

    @cached_property
    def mean(self) -> list[int]:
        """Mean duration of each task over the PEs that can run it."""
        return [sum(times.values()) * (self.scale // len(times)) for times in self.durations]

    def transfer(self, volume: int, source: int, target: int) -> int:
        """The us that data takes from a PE to another."""
        width = self.bandwidth[source][target]
        return volume // width if width else 0

    def mean_transfer(self, volume: int) -> int:
        """The mean over all pairs of different PEs."""
        known = self._mean_transfers.get(volume)
        if known is None:
            pes = range(self.instance.pes)
            total = sum(self.transfer(volume, p, q) for p in pes for q in pes if p != q)
            known = self._mean_transfers[volume] = total * (self.scale // self.pairs)
        return known

    @cached_property
    def _mean_transfers(self) -> dict[int, int]:
        return {}

    @cached_property
    def upward(self) -> list[int]:
        """rank_u: the mean length of the longest way to the end, the task included (Topcuoglu et al. 2002, eq. 8)."""
        rank = self.mean.copy()
        for task in reversed(self.order):
            rank[task] += max((self.mean_transfer(v) + rank[target] for target, v in self.targets[task]), default=0)
        return rank

    @cached_property
    def downward(self) -> list[int]:
        """rank_d: the mean length of the longest way to the task, it excluded (Topcuoglu et al. 2002, eq. 10)."""
        rank = [0] * self.instance.tasks
        for task in self.order:
            ways = (rank[source] + self.mean[source] + self.mean_transfer(v) for source, v in self.sources[task])
            rank[task] = max(ways, default=0)
        return rank

    @cached_property
    def priority(self) -> list[int]:
        """rank_u + rank_d: the mean length of the longest way through the task."""
        return [up + down for up, down in zip(self.upward, self.downward, strict=True)]

    @cached_property
    def optimistic(self) -> list[dict[int, int]]:
        """OCT, of each task and PE that can run it: the longest way to the end behind it if each task there had the
        PE that is best for it (Arabnejad and Barbosa 2014, eq. 3)."""
        table: list[dict[int, int]] = [{} for _ in range(self.instance.tasks)]
        for task in reversed(self.order):
            for pe in self.durations[task]:
                table[task][pe] = max(
                    (self._least(table, target, v, pe) for target, v in self.targets[task]), default=0
                )
        return table

    @cached_property
    def rank_oct(self) -> list[int]:
        """The mean of `optimistic` over the PEs that can run each task (Arabnejad and Barbosa 2014, eq. 4)."""
        # an entry is a multiple of scale / pairs, which is a multiple of each number of PEs
        return [sum(row.values()) // len(row) for row in self.optimistic]

    def _least(self, table: list[dict[int, int]], target: int, volume: int, pe: int) -> int:
        moved = self.mean_transfer(volume)
        return min(
            table[target][other] + time * self.scale + (moved if other != pe else 0)
            for other, time in self.durations[target].items()
        )
