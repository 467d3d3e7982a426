"""A rollout buffer that keeps each graph once and each decision without padding."""

from collections.abc import Generator
from typing import NamedTuple

import numpy as np
import torch
from gymnasium import spaces
from stable_baselines3.common.buffers import RolloutBuffer
from torch import Tensor

from agents.graph import Choices, GraphBatch, Graphs
from agents.policy import Encode
from agents.segments import Segments
from envs.core.memory import check_memory


class GraphSamples(NamedTuple):
    """A minibatch of D decisions, with the field names of stable-baselines3's `DictRolloutBufferSamples`."""

    observations: GraphBatch
    actions: Tensor  # (D, 1) i64
    old_values: Tensor  # (D,) f32
    old_log_prob: Tensor  # (D,) f32
    advantages: Tensor  # (D,) f32
    returns: Tensor  # (D,) f32
    action_masks: None = None  # `sb3_contrib.MaskablePPO` asks for them; the observations hold what is legal only


class GraphRolloutBuffer(RolloutBuffer):
    """Rollouts of `GraphPolicy`, for PPO's `rollout_buffer_class`; returns and advantages are `RolloutBuffer`'s.

    `encode` must be the policy's. Static arrays are kept once for each `ids[0]`. With "once", minibatches hold all
    decisions about a set of graphs, so that an epoch encodes each graph once, and about `batch_size` decisions, more
    where one graph has more; advantages are then normalised over few instances, over one where rows share them.
    """

    def __init__(
        self,
        buffer_size: int,
        observation_space: spaces.Space,
        action_space: spaces.Space,
        device: torch.device | str = "auto",
        gae_lambda: float = 1,
        gamma: float = 1,
        n_envs: int = 1,
        encode: Encode = "once",
    ) -> None:
        self.encode: Encode = encode
        what = f"{buffer_size} steps of {n_envs} environments"  # a decision takes 64 bytes, and more by its candidates
        check_memory(64.0 * buffer_size * n_envs, what, "choose a smaller n_steps or fewer environments")
        super().__init__(buffer_size, observation_space, action_space, device, gae_lambda, gamma, n_envs)

    def reset(self) -> None:
        """Forget all rollouts."""
        shape = (self.buffer_size, self.n_envs)
        self.actions = np.zeros((*shape, 1), np.int64)
        for name in ("rewards", "returns", "episode_starts", "values", "log_probs", "advantages"):
            setattr(self, name, np.zeros(shape, np.float32))
        self._graph = np.zeros(shape, np.int64)
        self._numbers: dict[int, int] = {}
        self._graphs: list[Graphs] = []
        self._states: list[tuple[Tensor, Tensor]] = []
        self._choices: list[Choices] = []
        self._batch: GraphBatch | None = None
        self._node_states: tuple[Tensor, Segments] | None = None
        super(RolloutBuffer, self).reset()

    def add(  # type: ignore[override]
        self,
        obs: dict[str, np.ndarray],
        action: np.ndarray,
        reward: np.ndarray,
        episode_start: np.ndarray,
        value: Tensor,
        log_prob: Tensor,
    ) -> None:
        """One step of all environments: arrays with leading axis n_envs."""
        self._choices.append(Choices.read(obs))
        ids = obs["ids"][:, 0].tolist()
        new = {name: row for row, name in enumerate(ids) if name not in self._numbers}
        if new:
            if self.encode != "none":
                self._graphs.append(Graphs.read(obs, torch.tensor(list(new.values())), with_state=False))
            for name in new:
                self._numbers[name] = len(self._numbers)
        self._graph[self.pos] = [self._numbers[name] for name in ids]
        if self.encode == "step":
            valid = torch.as_tensor(obs["node_type"]) >= 0
            self._states.append((torch.as_tensor(obs["node_state"])[valid], valid.sum(1)))
        self.actions[self.pos] = action.reshape(self.n_envs, 1)
        self.rewards[self.pos] = reward
        self.episode_starts[self.pos] = episode_start
        self.values[self.pos] = value.cpu().numpy().reshape(-1)
        self.log_probs[self.pos] = log_prob.cpu().numpy().reshape(-1)
        self.pos += 1
        self.full = self.pos == self.buffer_size

    def get(self, batch_size: int | None = None) -> Generator[GraphSamples, None, None]:  # type: ignore[override]
        """Minibatches in random order, with "once" each with all decisions about its graphs; all at once for None."""
        if not self.full:
            raise ValueError(f"The rollout buffer holds {self.pos} of {self.buffer_size} steps: fill it first.")
        graph = self._graph.ravel() if self.encode == "once" else np.arange(self._graph.size)
        for decisions in minibatches(graph, batch_size or len(graph)):
            yield self._samples(decisions)

    def _samples(self, decisions: np.ndarray) -> GraphSamples:
        def column(array: np.ndarray) -> Tensor:
            return torch.from_numpy(array.ravel()[decisions]).to(self.device)

        return GraphSamples(
            observations=self._observations(decisions),
            actions=column(self.actions).unsqueeze(1),
            old_values=column(self.values),
            old_log_prob=column(self.log_probs),
            advantages=column(self.advantages),
            returns=column(self.returns),
        )

    def _observations(self, decisions: np.ndarray) -> GraphBatch:
        if self._batch is None:
            graphs = Graphs.cat(self._graphs) if self._graphs else None
            self._batch = GraphBatch(Choices.cat(self._choices), graphs, torch.from_numpy(self._graph.ravel()))
            if self._states:
                lengths = Segments.of(torch.cat([lengths for _, lengths in self._states]))
                self._node_states = torch.cat([state for state, _ in self._states]), lengths
        index = torch.from_numpy(decisions)
        choices = self._batch.choices.select(index).to(self.device)
        graph, graphs = self._batch.graph[index], self._batch.graphs
        if graphs is None:
            return GraphBatch(choices, None, graph.to(self.device))
        if self._node_states is not None:
            states, lengths = self._node_states
            graphs = graphs.select(graph)._replace(node_state=states[lengths.select(index)[1]])
            return GraphBatch(choices, graphs.to(self.device), torch.arange(len(index), device=self.device))
        used, graph = torch.unique(graph, return_inverse=True)
        return GraphBatch(choices, graphs.select(used).to(self.device), graph.to(self.device))


def minibatches(graph: np.ndarray, batch_size: int) -> list[np.ndarray]:
    """Cut decisions 0..D-1 into parts of about `batch_size`, in random order, all those about a graph into one part.

    `graph` (D,) int64 says what each decision is about; the cuts nearest to equal parts are taken.
    """
    count = max(1, round(len(graph) / batch_size))
    rank = np.random.permutation(int(graph.max()) + 1)  # noqa: NPY002 (stable-baselines3 seeds the global generator)
    order = np.argsort(rank[graph], kind="stable")
    ends = np.flatnonzero(np.diff(rank[graph[order]], append=-1)) + 1
    wanted = np.arange(1, count) * len(graph) / count
    cuts = np.unique(ends[np.abs(ends[:, None] - wanted).argmin(0)])
    return [part for part in np.split(order, cuts) if len(part)]
