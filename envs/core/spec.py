"""The observation schema: one graph, one list of candidates, for every problem.

Letters: B batch, N nodes, E edges, A candidates; F, S, K, C the widths of node, node-state, edge and candidate
features.
"""

from collections import namedtuple
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from gymnasium import spaces


class Size(NamedTuple):
    """Room in an observation: the padded number of nodes, edges and candidates."""

    nodes: int
    edges: int
    candidates: int


class Feature(NamedTuple):
    """One named column of an observation array and what it means, with its unit."""

    name: str
    meaning: str


def columns(features: Sequence[Feature]) -> Any:
    """The number of each feature's column by its name: `C = columns(...)`, then `f[C.duration]`.

    As a global of a kernel's file it is a constant to numba, so a name costs nothing.
    """
    names = [feature.name for feature in features]
    return namedtuple("Columns", names)(*range(len(names)))


class Observation(NamedTuple):
    """The graph that any agent sees, for B environments at once; the field names are the keys of the `Dict` space.

    Padding is zero, and -1 in the three type arrays. The features of candidates that are not legal are zero.
    """

    node_features: np.ndarray  # (B, N, F) f32: facts that came with the problem, valid while ids[:, 0] is unchanged
    node_state: np.ndarray  # (B, N, S) f32: what changes; row 0 is the clock node
    node_type: np.ndarray  # (B, N) i8: 0 clock, then as named by the spec, -1 padding
    edges: np.ndarray  # (B, 2, E) i32: source and target nodes
    edge_type: np.ndarray  # (B, E) i8: as named by the spec, -1 padding
    edge_features: np.ndarray  # (B, E, K) f32
    candidates: np.ndarray  # (B, A, 2) i32: the node pair of each action; equal for a candidate that picks a node
    candidate_type: np.ndarray  # (B, A) i8: the verb, as named by the spec, -1 padding
    candidate_features: np.ndarray  # (B, A, C) f32: what choosing this would mean
    action_mask: np.ndarray  # (B, A) i8: 1 = legal
    ids: np.ndarray  # (B, 2) i64: [0] equal ids mean equal static arrays, [1] equal while picks belong to one commit


GRAPH = ("node_features", "node_type", "edges", "edge_type", "edge_features")
"""The keys that depend on `ids[:, 0]` alone: whatever changes a node, an edge or a feature of them changes that id."""


@dataclass(frozen=True)
class Spec:
    """Names and order of the types and features of one problem.

    The first node type is the clock. A problem with a wait, commit or stop verb names it first in `candidate_types`.
    """

    node_types: tuple[str, ...]
    edge_types: tuple[str, ...]
    candidate_types: tuple[str, ...]
    node_features: tuple[Feature, ...]
    node_state: tuple[Feature, ...]
    edge_features: tuple[Feature, ...]
    candidate_features: tuple[Feature, ...]
    guide: str = ""
    """The candidate feature that a first policy may follow: a pilot chooses its least value; "" where there is none."""

    def allocate(self, batch: int, size: Size) -> Observation:
        """An all-padding observation for `batch` environments of the given room."""
        n, e, a = size
        return Observation(
            node_features=np.zeros((batch, n, len(self.node_features)), np.float32),
            node_state=np.zeros((batch, n, len(self.node_state)), np.float32),
            node_type=np.full((batch, n), -1, np.int8),
            edges=np.zeros((batch, 2, e), np.int32),
            edge_type=np.full((batch, e), -1, np.int8),
            edge_features=np.zeros((batch, e, len(self.edge_features)), np.float32),
            candidates=np.zeros((batch, a, 2), np.int32),
            candidate_type=np.full((batch, a), -1, np.int8),
            candidate_features=np.zeros((batch, a, len(self.candidate_features)), np.float32),
            action_mask=np.zeros((batch, a), np.int8),
            ids=np.zeros((batch, 2), np.int64),
        )

    def space(self, size: Size) -> spaces.Dict:
        """The Gymnasium space of one environment's observation of the given room."""
        highest = {
            "node_type": len(self.node_types) - 1,
            "edges": size.nodes - 1,
            "edge_type": len(self.edge_types) - 1,
            "candidates": size.nodes - 1,
            "candidate_type": len(self.candidate_types) - 1,
            "action_mask": 1,
        }
        boxes = {}
        for name, array in self.allocate(1, size)._asdict().items():
            if array.dtype == np.float32:
                low, high = -np.inf, np.inf
            else:
                low, high = int(array.min()), highest.get(name, np.iinfo(np.int64).max)
            boxes[name] = spaces.Box(low, high, array.shape[1:], array.dtype)
        return spaces.Dict(boxes)
