"""From padded observations of any size to ragged tensors: valid nodes, valid edges and legal candidates only.

Letters: G graphs with n nodes and e edges in all, D decisions with c legal candidates in all; F, S, K, C as in
`envs.core.spec`. Many decisions may be about one graph.

The graphs of 64 job shops of 10x10 are read 3 times as fast as into torch-geometric's `Data` and `Batch`, any 64 of
them are selected 10 times as fast, and `Segments.log_softmax` takes two thirds of the time of its `softmax` (one core,
version 2.8.1): hence tensors of our own.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Self, TypeVar

import torch
from torch import Tensor

from agents.segments import Segments

T = TypeVar("T", bound=tuple[Any, ...])

Arrays = Mapping[str, Any]
"""An observation: the keys of `envs.core.spec.Observation`, numpy arrays or tensors with a leading batch axis."""


class Graphs(NamedTuple):
    """The static side of G observations; node numbers count the valid nodes of each graph from 0, the clock."""

    node_features: Tensor  # (n, F) f32
    node_state: Tensor  # (n, S) f32, or (n, 0) where the encoder is not to see what changes
    node_type: Tensor  # (n,) i64
    nodes: Segments  # the nodes of each graph
    edges: Tensor  # (2, e) i64: source and target, node numbers within the graph
    edge_type: Tensor  # (e,) i64
    edge_features: Tensor  # (e, K) f32
    edge_lists: Segments  # the edges of each graph

    @classmethod
    def read(cls, observation: Arrays, rows: Tensor, with_state: bool) -> Self:
        """The graphs of the given rows (G,) int64 of an observation; padding is dropped."""
        arrays = {key: torch.as_tensor(observation[key])[rows] for key in _GRAPH}
        valid = arrays["node_type"] >= 0
        used = arrays["edge_type"] >= 0
        nodes, edge_lists = Segments.of(valid.sum(1)), Segments.of(used.sum(1))
        features = arrays["node_features"][valid]
        state = torch.as_tensor(observation["node_state"])[rows][valid] if with_state else features[:, :0]
        ends = arrays["edges"].transpose(1, 2)[used].long()
        numbers = node_numbers(valid)
        return cls(
            node_features=features,
            node_state=state,
            node_type=arrays["node_type"][valid].long(),
            nodes=nodes,
            edges=numbers[edge_lists.owner.unsqueeze(1), ends].T,
            edge_type=arrays["edge_type"][used].long(),
            edge_features=arrays["edge_features"][used],
            edge_lists=edge_lists,
        )

    @classmethod
    def cat(cls, parts: Sequence[Self]) -> Self:
        """All graphs of the parts, one after another."""
        return cls(
            node_features=torch.cat([part.node_features for part in parts]),
            node_state=torch.cat([part.node_state for part in parts]),
            node_type=torch.cat([part.node_type for part in parts]),
            nodes=Segments.of(torch.cat([part.nodes.lengths for part in parts])),
            edges=torch.cat([part.edges for part in parts], dim=1),
            edge_type=torch.cat([part.edge_type for part in parts]),
            edge_features=torch.cat([part.edge_features for part in parts]),
            edge_lists=Segments.of(torch.cat([part.edge_lists.lengths for part in parts])),
        )

    def select(self, graphs: Tensor) -> Self:
        """The given graphs (G',) int64, which may repeat, in that order."""
        nodes, node_rows = self.nodes.select(graphs)
        edge_lists, edge_rows = self.edge_lists.select(graphs)
        return type(self)(
            node_features=self.node_features[node_rows],
            node_state=self.node_state[node_rows],
            node_type=self.node_type[node_rows],
            nodes=nodes,
            edges=self.edges[:, edge_rows],
            edge_type=self.edge_type[edge_rows],
            edge_features=self.edge_features[edge_rows],
            edge_lists=edge_lists,
        )

    def to(self, device: torch.device) -> Self:
        """The same graphs on another device."""
        return _to(self, device)


class Choices(NamedTuple):
    """What D decisions are between: their legal candidates, one row each, and the clock node."""

    candidates: Segments  # the legal candidates of each decision; none once an episode is over
    action: Tensor  # (c,) i64: the action that each row stands for
    pair: Tensor  # (c, 2) i64: node numbers within the decision's graph
    verb: Tensor  # (c,) i64: its type
    features: Tensor  # (c, C) f32
    state: Tensor  # (c, 2 S) f32: what changes, of the two nodes
    clock: Tensor  # (D, F + S) f32: features and state of node 0

    @classmethod
    def read(cls, observation: Arrays, action_masks: Any = None) -> Self:
        """The legal candidates of an observation with a batch axis, less those that `action_masks` (D, A) forbids."""
        arrays = {key: torch.as_tensor(observation[key]) for key in _CHOICES}
        mask = arrays["action_mask"] > 0
        if action_masks is not None:
            mask = mask & (torch.as_tensor(action_masks, device=mask.device).reshape(mask.shape) > 0)
        decision, action = mask.nonzero(as_tuple=True)
        lengths = mask.sum(1)
        padded_pair = arrays["candidates"][decision, action].long()
        numbers = node_numbers(arrays["node_type"] >= 0)
        state = arrays["node_state"]
        rows = decision.unsqueeze(1)
        return cls(
            candidates=Segments(torch.cat([lengths.new_zeros(1), lengths.cumsum(0)]), decision),
            action=action,
            pair=numbers[rows, padded_pair],
            verb=arrays["candidate_type"][decision, action].long(),
            features=arrays["candidate_features"][decision, action],
            state=state[rows, padded_pair].flatten(1),
            clock=torch.cat([arrays["node_features"][:, 0], state[:, 0]], dim=1),
        )

    @classmethod
    def cat(cls, parts: Sequence[Self]) -> Self:
        """All decisions of the parts, one after another."""
        return cls(
            candidates=Segments.of(torch.cat([part.candidates.lengths for part in parts])),
            action=torch.cat([part.action for part in parts]),
            pair=torch.cat([part.pair for part in parts]),
            verb=torch.cat([part.verb for part in parts]),
            features=torch.cat([part.features for part in parts]),
            state=torch.cat([part.state for part in parts]),
            clock=torch.cat([part.clock for part in parts]),
        )

    def select(self, decisions: Tensor) -> Self:
        """The given decisions (D',) int64 in that order."""
        candidates, rows = self.candidates.select(decisions)
        return type(self)(
            candidates=candidates,
            action=self.action[rows],
            pair=self.pair[rows],
            verb=self.verb[rows],
            features=self.features[rows],
            state=self.state[rows],
            clock=self.clock[decisions],
        )

    def counted_from(self, first_node: Tensor) -> Self:
        """With nodes counted through all graphs of a table in which those of each decision begin at (D,) int64."""
        return self._replace(pair=self.pair + first_node.index_select(0, self.candidates.owner).unsqueeze(1))

    def to(self, device: torch.device) -> Self:
        """The same decisions on another device."""
        return _to(self, device)


class GraphBatch(NamedTuple):
    """Decisions and the graphs that they are about: what a rollout buffer gives to the policy."""

    choices: Choices
    graphs: Graphs | None  # None for a policy without an encoder
    graph: Tensor  # (D,) i64: the graph of each decision


_GRAPH = ("node_features", "node_type", "edges", "edge_type", "edge_features")
_CHOICES = (
    "node_features",
    "node_state",
    "node_type",
    "candidates",
    "candidate_type",
    "candidate_features",
    "action_mask",
)


def node_numbers(valid: Tensor) -> Tensor:
    """For nodes (B, N), where `valid` says which are no padding: the number of each among the valid ones of its row."""
    return valid.cumsum(1) - 1


def _to(arrays: T, device: torch.device) -> T:
    moved = (_to(item, device) if isinstance(item, tuple) else item.to(device) for item in arrays)
    return type(arrays)(*moved)
