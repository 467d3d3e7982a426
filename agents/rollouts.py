"""Decisions of many episodes played side by side: legal candidates only, one after another, in buffers that stay.

Letters as in `agents.graph`: B episodes, D decisions with c legal candidates in all; F, S, C widths of features.
"""

from collections.abc import Iterator
from typing import NamedTuple, Self

import numpy as np
import torch
from numba import njit
from torch import Tensor

from agents.graph import Choices, Graphs, node_numbers
from agents.segments import Segments, ragged_index
from envs.core.spec import Observation


class Buffers(NamedTuple):
    """Room for decisions; candidates of decision d are the rows first[d] : first[d + 1] of what is theirs."""

    features: np.ndarray  # (c, C + 2 S) f32: of the candidate, then what changes of its two nodes
    pair: np.ndarray  # (c, 2) i64: its nodes, counted through all graphs
    kind: np.ndarray  # (c,) i64: the verb
    action: np.ndarray  # (c,) i64: the action that it stands for
    owner: np.ndarray  # (c,) i64: its decision, counted from the first of the same step
    first: np.ndarray  # (D + 1,) i64
    clock: np.ndarray  # (D, F + S) f32: features and state of node 0
    episode: np.ndarray  # (D,) i64: the row of the environment
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
            rows = candidates if name in ("features", "pair", "kind", "action", "owner") else decisions + 1
            real = name in ("features", "clock", "log_prob", "entropy")
            shape = (rows, columns[name]) if name in columns else (rows,)
            arrays[name] = np.zeros(shape, np.float32 if real else np.int64)
        return cls(**arrays)


class Chunk(NamedTuple):
    """Some decisions of the rollouts, as tensors."""

    choices: Choices
    chosen: Tensor  # (D,) i64: row number among the candidates of `choices`
    log_prob: Tensor  # (D,) f32: when it was played
    decision: Tensor  # (D,) i64: its number


class Rollouts:
    """What was decided in B episodes, `copies` neighbouring rows of which play the same instance.

    A decision with one legal candidate is played and not kept. Graphs must not change during an episode.
    """

    def __init__(self, observation: Observation, copies: int, device: torch.device) -> None:
        self.observation, self.copies, self.device = observation, copies, device
        batch, self._most = observation.action_mask.shape
        self.actions = np.zeros(batch, np.int64)
        self._buffers = Buffers.allocate(64 * batch, 256 * batch, observation)
        self._node = np.zeros((0, 0), np.int64)
        self.count = self._begun = 0

    def begin(self, graphs: bool) -> Graphs | None:
        """Forget all decisions; the graphs of the instances that are on now, where they are asked for."""
        self.count = self._begun = 0
        rows = torch.arange(0, len(self.actions), self.copies)
        valid = torch.from_numpy(self.observation.node_type)[rows] >= 0
        offsets = Segments.of(valid.sum(1)).offsets[:-1].unsqueeze(1)
        self._node = (offsets + node_numbers(valid)).numpy()
        return Graphs.read(self.observation._asdict(), rows, with_state=False).to(self.device) if graphs else None

    def read(self, running: np.ndarray) -> Choices | None:
        """What the running (B,) episodes have to decide now, None if all of it is forced; forced `actions` are set."""
        self._make_room()
        self._begun = self.count
        self.count = _read(self.observation, running, self._node, self.copies, self._buffers, self.count, self.actions)
        if self.count == self._begun:
            return None
        decisions = slice(self._begun, self.count)
        first = self._buffers.first[self._begun : self.count + 1]
        rows = slice(first[0], first[-1])
        offsets, owner = torch.from_numpy(first - first[0]), torch.from_numpy(self._buffers.owner[rows])
        choices = self._choices(Segments(offsets, owner), rows, decisions)
        return choices.to(self.device) if self.device.type != "cpu" else choices

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

    def chunks(self, decisions: np.ndarray, most: int) -> Iterator[Chunk]:
        """The given decisions (D',) i64 in parts of about `most` candidates, for the caches of a processor."""
        first = torch.from_numpy(self._buffers.first)
        index = torch.from_numpy(decisions)
        begins, lengths = first[index], first[index + 1] - first[index]
        parts = (lengths.cumsum(0) - 1) // most
        for part in torch.split(torch.arange(len(index)), torch.bincount(parts).tolist()):
            if len(part):
                candidates = Segments.of(lengths[part])
                rows = ragged_index(begins[part], lengths[part])
                chosen = candidates.offsets[:-1] + torch.from_numpy(self._buffers.chosen)[index[part]]
                log_prob = torch.from_numpy(self._buffers.log_prob)[index[part]]
                chunk = Chunk(self._choices(candidates, rows, index[part]), chosen, log_prob, index[part])
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
            kind=torch.from_numpy(self._buffers.kind)[rows],
            features=features[:, :width],
            state=features[:, width:],
            clock=torch.from_numpy(self._buffers.clock)[decisions],
        )

    def _make_room(self) -> None:
        """Double what the next step could fill."""
        batch, buffers = len(self.actions), self._buffers
        decisions, candidates = len(buffers.first) - 1, len(buffers.kind)
        while self.count + batch > decisions:
            decisions *= 2
        while buffers.first[self.count] + batch * self._most > candidates:
            candidates *= 2
        if (decisions, candidates) != (len(buffers.first) - 1, len(buffers.kind)):
            self._buffers = Buffers.allocate(decisions, candidates, self.observation)
            for new, old in zip(self._buffers, buffers, strict=True):
                new[: len(old)] = old


@njit(cache=True, nogil=True)
def _read(o, running, node, copies, to, count, actions):
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
        c = to.first[d]
        for a in range(o.action_mask.shape[1]):
            if o.action_mask[b, a]:
                u, v = o.candidates[b, a, 0], o.candidates[b, a, 1]
                for k in range(widths):
                    to.features[c, k] = o.candidate_features[b, a, k]
                for k in range(states):
                    to.features[c, widths + k] = o.node_state[b, u, k]
                    to.features[c, widths + states + k] = o.node_state[b, v, k]
                to.pair[c, 0], to.pair[c, 1] = node[b // copies, u], node[b // copies, v]
                to.kind[c] = o.candidate_type[b, a]
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
