"""Decisions of many episodes played side by side: legal candidates only, one after another, in buffers that stay.

Letters as in `agents.graph`: B episodes, D decisions with c legal candidates in all; F, S, C widths of features.
"""

from collections.abc import Iterator
from typing import NamedTuple, Self

import numpy as np
import torch
from numba import njit
from torch import Tensor

from agents.graph import Choices, Graphs
from agents.segments import Segments, ragged_index
from envs.core.spec import Observation


class Buffers(NamedTuple):
    """Room for decisions; candidates of decision d are the rows first[d] : first[d + 1] of what is theirs."""

    features: np.ndarray  # (c, C + 2 S) f32: of the candidate, then what changes of its two nodes
    pair: np.ndarray  # (c, 2) i64: its nodes, counted within the decision's graph
    verb: np.ndarray  # (c,) i64: its type
    action: np.ndarray  # (c,) i64: the action that it stands for
    owner: np.ndarray  # (c,) i64: its decision, counted from the first of the same step
    first: np.ndarray  # (D + 1,) i64
    clock: np.ndarray  # (D, F + S) f32: features and state of node 0
    episode: np.ndarray  # (D,) i64: the row of the environment
    graph: np.ndarray  # (D,) i64: which of the graphs that were met it is about
    chosen: np.ndarray  # (D,) i64: which of its candidates was played, from 0
    log_prob: np.ndarray  # (D,) f32: of that one
    entropy: np.ndarray  # (D,) f32: of the policy that played, in nats

    @classmethod
    def allocate(cls, decisions: int, candidates: int, like: Observation) -> Self:
        """Zeros for so many decisions and candidates."""
        state = like.node_state.shape[2]
        columns = {"features": like.candidate_features.shape[2] + 2 * state, "pair": 2}
        columns["clock"] = like.node_features.shape[2] + state
        arrays = {}
        for name in cls._fields:
            rows = candidates if name in ("features", "pair", "verb", "action", "owner") else decisions + 1
            real = name in ("features", "clock", "log_prob", "entropy")
            shape = (rows, columns[name]) if name in columns else (rows,)
            arrays[name] = np.zeros(shape, np.float32 if real else np.int64)
        return cls(**arrays)


class Chunk(NamedTuple):
    """Some decisions of the rollouts, as tensors."""

    choices: Choices  # with nodes counted as `Rollouts.chunks` was asked to
    chosen: Tensor  # (D,) i64: row number among the candidates of `choices`
    log_prob: Tensor  # (D,) f32: when it was played
    decision: Tensor  # (D,) i64: its number


class Part(NamedTuple):
    """Some graphs and the decisions about them."""

    graphs: Graphs | None  # None where no encoder sees them
    first_node: int  # where their nodes begin among those of all graphs
    decisions: np.ndarray  # (D,) i64, ascending


class Rollouts:
    """What was decided in B episodes, `copies` neighbouring rows of which play the same instance.

    A decision with one legal candidate is played and not kept. A graph is kept once for each `ids[0]` of a decision,
    whenever and in whichever row it is met.
    """

    part_nodes = 1 << 18
    """About so many nodes are encoded at once in training, which bounds its memory."""

    def __init__(self, observation: Observation, copies: int, device: torch.device) -> None:
        self.observation, self.copies, self.device = observation, copies, device
        batch, self._most = observation.action_mask.shape
        self.actions = np.zeros(batch, np.int64)
        self._buffers = Buffers.allocate(64 * batch, 256 * batch, observation)
        self._node = np.zeros(observation.node_type.shape, np.int64)  # number of each node within its graph
        self._ids = np.full(batch, -1)  # of the graphs that these numbers are about
        self.begin(graphs=False)

    def begin(self, graphs: bool) -> None:
        """Forget all decisions and graphs; from now on, keep graphs where they are asked for."""
        self.count = self._begun = 0
        self._keeps_graphs, self._numbers, self._graphs = graphs, {}, []

    def read(self, running: np.ndarray) -> Choices | None:
        """What the running (B,) episodes have to decide now, None if all of it is forced; forced `actions` are set."""
        self._make_room()
        self._begun = self.count
        self.count = _read(self.observation, running, self._ids, self._node, self._buffers, self.count, self.actions)
        if self.count == self._begun:
            return None
        decisions = slice(self._begun, self.count)
        if self._keeps_graphs:
            self._buffers.graph[decisions] = self._meet()
        first = self._buffers.first[self._begun : self.count + 1]
        rows = slice(first[0], first[-1])
        offsets, owner = torch.from_numpy(first - first[0]), torch.from_numpy(self._buffers.owner[rows])
        choices = self._choices(Segments(offsets, owner), rows, decisions)
        return choices.to(self.device) if self.device.type != "cpu" else choices

    def _meet(self) -> list[int]:
        """The numbers of the graphs of the last decisions; new ones are kept."""
        rows, ids = self.deciding
        names = ids.tolist()
        new = dict.fromkeys(name for name in names if name not in self._numbers)
        if new:
            first = torch.tensor([names.index(name) for name in new])
            with torch.inference_mode(False):  # since training reads them too
                graphs = Graphs.read(self.observation._asdict(), rows[first].clone(), with_state=False)
                self._graphs.append(graphs.to(self.device))
            self._numbers.update(zip(new, range(len(self._numbers), len(self._numbers) + len(new)), strict=True))
        return [self._numbers[name] for name in names]

    @property
    def deciding(self) -> tuple[Tensor, Tensor]:
        """Rows (D,) int64 of the last decisions, and the ids (D,) int64 of their graphs."""
        rows = torch.from_numpy(self._buffers.episode[self._begun : self.count])
        return rows, torch.from_numpy(self.observation.ids[:, 0])[rows]

    @property
    def graphs(self) -> Graphs | None:
        """All graphs that were met; None where no encoder sees them."""
        if len(self._graphs) > 1:
            self._graphs = [Graphs.cat(self._graphs)]
        return self._graphs[0] if self._graphs else None

    def play(self, logits: Tensor, greedy: np.ndarray) -> np.ndarray:
        """Sample from the softmax of the logits (c,), or take the best where `greedy` (B,); returns `actions` (B,)."""
        uniform = torch.rand(self.count - self._begun).numpy()
        _play(logits.cpu().numpy(), uniform, greedy, self._buffers, self._begun, self.actions)
        return self.actions

    @property
    def episode(self) -> np.ndarray:
        """(D,) i64: the row in which each decision was made."""
        return self._buffers.episode[: self.count]

    @property
    def entropy(self) -> np.ndarray:
        """(D,) f32: entropy of the policy at each decision, in nats."""
        return self._buffers.entropy[: self.count]

    def parts(self, decisions: np.ndarray) -> Iterator[Part]:
        """The given decisions (D',) i64, ascending, by the graphs that they are about, which come in bounded parts."""
        graphs = self.graphs
        if graphs is None:
            yield Part(None, 0, decisions)
            return
        ends = graphs.nodes.offsets[1:].cpu().numpy()
        part = (ends - 1) // self.part_nodes  # of each graph, ascending
        of_decision = part[self._buffers.graph[decisions]]
        for number in np.unique(of_decision):
            first, end = np.searchsorted(part, [number, number + 1])
            some = graphs if end - first == len(part) else graphs.select(torch.arange(first, end, device=self.device))
            yield Part(some, int(ends[first - 1]) if first else 0, decisions[of_decision == number])

    def chunks(self, decisions: np.ndarray, most: int, first_node: int = 0) -> Iterator[Chunk]:
        """The given decisions (D',) i64 in parts of about `most` candidates, for the caches of a processor.

        Nodes are counted through all graphs, from `first_node` on.
        """
        first = torch.from_numpy(self._buffers.first)
        graphs = self.graphs
        begin = None if graphs is None else graphs.nodes.offsets.cpu() - first_node
        graph = torch.from_numpy(self._buffers.graph)
        index = torch.from_numpy(decisions)
        begins, lengths = first[index], first[index + 1] - first[index]
        parts = (lengths.cumsum(0) - 1) // most
        for part in torch.split(torch.arange(len(index)), torch.bincount(parts).tolist()):
            if len(part):
                candidates = Segments.of(lengths[part])
                rows = ragged_index(begins[part], lengths[part])
                chosen = candidates.offsets[:-1] + torch.from_numpy(self._buffers.chosen)[index[part]]
                log_prob = torch.from_numpy(self._buffers.log_prob)[index[part]]
                choices = self._choices(candidates, rows, index[part])
                if begin is not None:
                    choices = choices.counted_from(begin[graph[index[part]]])
                chunk = Chunk(choices, chosen, log_prob, index[part])
                yield (
                    chunk
                    if self.device.type == "cpu"
                    else Chunk(chunk.choices.to(self.device), *(item.to(self.device) for item in chunk[1:]))
                )

    def _choices(self, candidates: Segments, rows: slice | Tensor, decisions: slice | Tensor) -> Choices:
        features = torch.from_numpy(self._buffers.features)[rows]
        width = self.observation.candidate_features.shape[2]
        return Choices(
            candidates=candidates,
            action=torch.from_numpy(self._buffers.action)[rows],
            pair=torch.from_numpy(self._buffers.pair)[rows],
            verb=torch.from_numpy(self._buffers.verb)[rows],
            features=features[:, :width],
            state=features[:, width:],
            clock=torch.from_numpy(self._buffers.clock)[decisions],
        )

    def _make_room(self) -> None:
        """Double what the next step could fill."""
        batch, buffers = len(self.actions), self._buffers
        decisions, candidates = len(buffers.first) - 1, len(buffers.verb)
        while self.count + batch > decisions:
            decisions *= 2
        while buffers.first[self.count] + batch * self._most > candidates:
            candidates *= 2
        if (decisions, candidates) != (len(buffers.first) - 1, len(buffers.verb)):
            self._buffers = Buffers.allocate(decisions, candidates, self.observation)
            for new, old in zip(self._buffers, buffers, strict=True):
                new[: len(old)] = old


@njit(cache=True, nogil=True)
def _read(o, running, ids, node, to, count, actions):
    """Append the decisions of the running episodes to the buffers; the new number of decisions."""
    d, widths, states = count, o.candidate_features.shape[2], o.node_state.shape[2]
    shift = o.node_features.shape[2]
    for b in range(running.size):
        if not running[b]:
            continue
        legal, only = 0, 0
        for a in range(o.action_mask.shape[1]):
            if o.action_mask[b, a]:
                legal, only = legal + 1, a
        if legal == 1:
            actions[b] = only
            continue
        if o.ids[b, 0] != ids[b]:
            ids[b], number = o.ids[b, 0], 0
            for n in range(node.shape[1]):
                if o.node_type[b, n] >= 0:
                    node[b, n] = number
                    number += 1
        c = to.first[d]
        for a in range(o.action_mask.shape[1]):
            if o.action_mask[b, a]:
                u, v = o.candidates[b, a, 0], o.candidates[b, a, 1]
                for k in range(widths):
                    to.features[c, k] = o.candidate_features[b, a, k]
                for k in range(states):
                    to.features[c, widths + k] = o.node_state[b, u, k]
                    to.features[c, widths + states + k] = o.node_state[b, v, k]
                to.pair[c, 0], to.pair[c, 1] = node[b, u], node[b, v]
                to.verb[c] = o.candidate_type[b, a]
                to.action[c] = a
                to.owner[c] = d - count
                c += 1
        for k in range(shift):
            to.clock[d, k] = o.node_features[b, 0, k]
        for k in range(states):
            to.clock[d, shift + k] = o.node_state[b, 0, k]
        to.episode[d] = b
        d += 1
        to.first[d] = c
    return d


@njit(cache=True, nogil=True)
def _play(logits, uniform, greedy, to, begun, actions):
    """Choose at each of the last decisions: by inversion of the distribution function, or the first best."""
    start = to.first[begun]
    for i in range(uniform.size):
        d = begun + i
        first, end = to.first[d] - start, to.first[d + 1] - start
        best = first
        for c in range(first, end):
            if logits[c] > logits[best]:
                best = c
        total, moment = 0.0, 0.0
        for c in range(first, end):
            weight = np.exp(logits[c] - logits[best])
            total += weight
            moment += weight * (logits[c] - logits[best])
        choice = best
        if not greedy[to.episode[d]]:
            left = uniform[i] * total
            for c in range(first, end):
                choice = c
                left -= np.exp(logits[c] - logits[best])
                if left < 0.0:
                    break
        to.chosen[d] = choice - first
        to.log_prob[d] = logits[choice] - logits[best] - np.log(total)
        to.entropy[d] = np.log(total) - moment / total
        actions[to.episode[d]] = to.action[start + choice]
