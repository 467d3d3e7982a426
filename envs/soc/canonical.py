"""The graphs that the papers of HEFT and PEFT work through: 10 tasks, three PEs, a volume is a time between two PEs."""

from __future__ import annotations

from typing import NamedTuple

from envs.soc.instance import SocInstance


class Table(NamedTuple):
    """A printed graph."""

    duration: tuple[tuple[int, int, int], ...]
    """Of each task on each PE."""
    edges: tuple[tuple[int, int, int], ...]
    """(source, target, volume); tasks count from 1, as printed."""

    def instance(self, name: str) -> SocInstance:
        """The graph as a job that arrives at 0; tasks count from 0."""
        return SocInstance.graph(self.duration, [(a - 1, b - 1, volume) for a, b, volume in self.edges], name=name)


# H. Topcuoglu, S. Hariri, M.-Y. Wu, "Performance-effective and low-complexity task scheduling for heterogeneous
# computing", IEEE Transactions on Parallel and Distributed Systems 13(3), 2002, figure 2.
TOPCUOGLU = Table(
    (
        (14, 16, 9),
        (13, 19, 18),
        (11, 13, 19),
        (13, 8, 17),
        (12, 13, 10),
        (13, 16, 9),
        (7, 15, 11),
        (5, 11, 14),
        (18, 12, 20),
        (21, 7, 16),
    ),
    (
        *((1, 2, 18), (1, 3, 12), (1, 4, 9), (1, 5, 11), (1, 6, 14), (2, 8, 19), (2, 9, 16), (3, 7, 23)),
        *((4, 8, 27), (4, 9, 23), (5, 9, 13), (6, 8, 15), (7, 10, 17), (8, 10, 11), (9, 10, 13)),
    ),
)

# H. Arabnejad, J. G. Barbosa, "List scheduling algorithm for heterogeneous systems by an optimistic cost table", IEEE
# Transactions on Parallel and Distributed Systems 25(3), 2014, the example. The numbers are held to the paper by the
# makespans that they give: HEFT 133, PEFT 122.
ARABNEJAD = Table(
    (
        (22, 21, 36),
        (22, 18, 18),
        (32, 27, 43),
        (7, 10, 4),
        (29, 27, 35),
        (26, 17, 24),
        (14, 25, 30),
        (29, 23, 36),
        (15, 21, 8),
        (13, 16, 33),
    ),
    (
        *((1, 2, 17), (1, 3, 31), (1, 4, 29), (1, 5, 13), (1, 6, 7), (2, 8, 3), (2, 9, 30), (3, 7, 16)),
        *((4, 8, 11), (4, 9, 7), (5, 9, 57), (6, 8, 5), (7, 10, 9), (8, 10, 42), (9, 10, 7)),
    ),
)

CANONICAL = {"topcuoglu": TOPCUOGLU, "arabnejad": ARABNEJAD}
"""Name to table."""
