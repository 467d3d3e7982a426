"""Endless random graphs and streams of jobs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from envs.core.sources import Source
from envs.soc.instance import SocInstance
from envs.soc.law import Law
from envs.soc.random_jobs import HETEROGENEITIES, RATIOS, Graph, layered, no_power, unit_bandwidth


class RandomGraphs(Source[SocInstance]):
    """Layered graphs: numbers of tasks and PEs uniform between two sizes, unlikeness and ratio among those listed."""

    def __init__(self, smallest: tuple[int, int], largest: tuple[int, int], law: Law) -> None:
        """Each size is (tasks, PEs)."""
        self.smallest, self.largest, self.law = smallest, largest, law

    @property
    def shape(self) -> tuple[int, int, int, int, int]:
        """(jobs, tasks, edges, PEs, different bandwidths) of the largest."""
        jobs, (tasks, pes) = self.law.most_jobs, self.largest
        return jobs, jobs * tasks, jobs * 3 * tasks, pes, min(pes, 2)

    def sample(self, rng: np.random.Generator) -> SocInstance:
        """An instance of its own size, unlikeness and ratio."""
        pes = int(rng.integers(self.smallest[1], self.largest[1] + 1))
        heterogeneity = HETEROGENEITIES[int(rng.random() * len(HETEROGENEITIES))]
        ratio = RATIOS[int(rng.random() * len(RATIOS))]
        sizes = rng.integers(self.smallest[0], self.largest[0] + 1, self.law.number(rng)).tolist()
        graphs = [layered(rng, tasks, pes, heterogeneity, ratio) for tasks in sizes]
        return self.law.instance(rng, graphs, unit_bandwidth(pes), no_power(pes))


class RandomStreams(Source[SocInstance]):
    """Streams of known jobs on a known chip."""

    def __init__(self, instances: Sequence[SocInstance], shares: Sequence[float], law: Law) -> None:
        """instances: single jobs of the same chip, each drawn with the probability that stands in shares."""
        self.instances, self.law = tuple(instances), law
        self.graphs = [Graph(one.duration, one.edge, one.volume) for one in instances]
        self._thresholds = np.cumsum(shares)[:-1]

    @property
    def shape(self) -> tuple[int, int, int, int, int]:
        """(jobs, tasks, edges, PEs, different bandwidths) of a stream of the largest jobs."""
        jobs = self.law.most_jobs
        _, tasks, edges, pes, bandwidths = map(max, zip(*(one.shape for one in self.instances), strict=True))
        return jobs, jobs * tasks, jobs * edges, pes, bandwidths

    def sample(self, rng: np.random.Generator) -> SocInstance:
        """A stream."""
        chosen = np.searchsorted(self._thresholds, rng.random(self.law.number(rng)), side="right").tolist()
        first = self.instances[0]
        return self.law.instance(rng, [self.graphs[k] for k in chosen], first.bandwidth, first.power)
