"""An encoder over the typed graph of an observation; its weights do not depend on a size."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from agents.graph import Graphs


class TypedMean(nn.Module):
    """`W2 relu(W1 [x, m_1, ..., m_R])` with m_r the mean of relu(x_source + U edge_features) over edges of type r.

    Relational graph convolution (Schlichtkrull et al. 2018, arXiv 1703.06103, eq. 2, c = |N_r|) with the edge
    features of GINE (Hu et al. 2020, arXiv 1905.12265), which torch-geometric's relational layers do not know; all R
    means in one scatter, all R matrices in one product.
    """

    def __init__(self, width: int, edge_types: int, edge_width: int) -> None:
        super().__init__()
        self.edge_types = edge_types
        self.edge = nn.Linear(edge_width, width)
        self.mix = nn.Linear(width * (1 + edge_types), width)
        self.out = nn.Linear(width, width)

    def forward(self, x: Tensor, edges: Tensor, edge_type: Tensor, edge_features: Tensor) -> Tensor:
        """New node vectors (n, width) from x (n, width), edges (2, e), edge_type (e,), edge_features (e, K)."""
        source, target = edges
        messages = (x.index_select(0, source) + self.edge(edge_features)).relu()
        slot = target * self.edge_types + edge_type
        sums = x.new_zeros(len(x) * self.edge_types, x.shape[1]).index_add(0, slot, messages)
        count = x.new_zeros(len(sums)).index_add(0, slot, x.new_ones(len(slot))).clamp(min=1)
        means = (sums / count.unsqueeze(1)).view(len(x), -1)
        return self.out(self.mix(torch.cat([x, means], dim=1)).relu())


class GraphEncoder(nn.Module):
    """Node vectors from node features, type and neighbours: pre-norm residual layers of `TypedMean`."""

    def __init__(
        self, node_width: int, node_types: int, edge_width: int, edge_types: int, width: int, layers: int
    ) -> None:
        super().__init__()
        self.features = nn.Linear(node_width, width)
        self.kind = nn.Embedding(node_types, width)
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(layers))
        self.layers = nn.ModuleList(TypedMean(width, edge_types, edge_width) for _ in range(layers))
        self.last_norm = nn.LayerNorm(width)

    def forward(self, graphs: Graphs) -> Tensor:
        """Vectors of all valid nodes, (n, width), in the order of `graphs.nodes`."""
        first_node = graphs.nodes.offsets[graphs.edge_lists.owner]
        edges = graphs.edges + first_node
        inputs = torch.cat([graphs.node_features, graphs.node_state], dim=1)
        x = (self.features(inputs) + self.kind(graphs.node_type)).relu()
        for norm, layer in zip(self.norms, self.layers, strict=True):
            x = x + layer(norm(x), edges, graphs.edge_type, graphs.edge_features)
        return self.last_norm(x)


class EmbeddingTable:
    """Node vectors of the graphs met since the weights last changed, found again by graph id."""

    max_rows = 1 << 20

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """Forget everything."""
        self._first: dict[int, int] = {}
        self._rows = torch.empty(0, 0)
        self._used = 0

    def find(self, ids: Tensor, encode: Callable[[Tensor], tuple[Tensor, Tensor]]) -> tuple[Tensor, Tensor]:
        """The table (m, ...) and the row of node 0 of each graph, (B,) int64, for graph ids (B,) int64.

        `encode(positions)` gives the node vectors of the graphs at these positions in `ids`, and where each graph
        begins among them; it is called once, for the ids that are new.
        """
        if self._used > self.max_rows:
            self.clear()
        known = ids.tolist()
        new = {name: position for position, name in enumerate(known) if name not in self._first}
        if new:
            vectors, starts = encode(torch.tensor(list(new.values()), device=ids.device))
            self._append(vectors)
            first = (starts + self._used).tolist()
            self._first.update(zip(new, first, strict=True))
            self._used += len(vectors)
        return self._rows, torch.tensor([self._first[name] for name in known], device=ids.device)

    def _append(self, vectors: Tensor) -> None:
        needed = self._used + len(vectors)
        if needed > len(self._rows):
            with torch.inference_mode(False):  # so that both modes may write into it
                larger = vectors.new_empty(max(needed, 2 * len(self._rows)), *vectors.shape[1:])
            if self._used:
                larger[: self._used] = self._rows[: self._used]
            self._rows = larger
        self._rows[self._used : needed] = vectors
