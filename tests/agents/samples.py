"""Random observations of the documented schema, which belong to no problem; small job shops and models for them."""

from typing import Any

import numpy as np
import torch
from gymnasium.spaces import Discrete

from agents.grpo import GRPO
from agents.policy import GraphPolicy
from agents.sb3_env import DispatchVecEnv
from envs.core.spec import Feature, Size, Spec
from envs.core.vector import DispatchVectorEnv

SMALL: dict[str, Any] = {
    **{"n_instances": 3, "group_size": 4, "device": "cpu", "seed": 0},
    "policy_kwargs": {"width": 16, "encoder_width": 8, "layers": 1},
}
SPEC = Spec(
    node_types=("clock", "task", "host"),
    edge_types=("next", "needs"),
    candidate_types=("wait", "start"),
    node_features=tuple(Feature(f"f{i}", "a number") for i in range(3)),
    node_state=tuple(Feature(f"s{i}", "a number") for i in range(2)),
    edge_features=(Feature("length", "a number"),),
    candidate_features=tuple(Feature(f"c{i}", "a number") for i in range(5)),
)
SIZE = Size(nodes=9, edges=14, candidates=6)


def random_observation(rng: np.random.Generator, batch: int = 5, size: Size = SIZE) -> dict[str, np.ndarray]:
    """`batch` graphs of different sizes, each with some legal candidates; the last decision has none."""
    observation = SPEC.allocate(batch, size)
    for row in range(batch):
        nodes = rng.integers(3, size.nodes + 1)
        edges, candidates = rng.integers(2, size.edges + 1), rng.integers(2, size.candidates + 1)
        observation.node_features[row, :nodes] = rng.normal(size=(nodes, 3))
        observation.node_state[row, :nodes] = rng.normal(size=(nodes, 2))
        observation.node_type[row, 1:nodes] = rng.integers(1, 3, nodes - 1)
        observation.node_type[row, 0] = 0
        observation.edges[row, :, :edges] = rng.integers(0, nodes, (2, edges))
        observation.edge_type[row, :edges] = rng.integers(0, 2, edges)
        observation.edge_features[row, :edges] = rng.normal(size=(edges, 1))
        observation.candidates[row, :candidates] = rng.integers(1, nodes, (candidates, 2))
        observation.candidate_type[row, :candidates] = rng.integers(0, 2, candidates)
        legal = rng.permutation(candidates)[: rng.integers(1, candidates + 1)]
        if row < batch - 1:
            observation.action_mask[row, legal] = 1
        observation.candidate_features[row, legal] = rng.normal(size=(len(legal), 5))
        observation.ids[row] = rng.integers(1 << 60), 0
    return observation._asdict()


def pad(observation: dict[str, np.ndarray], more: int) -> dict[str, np.ndarray]:
    """The same graphs with `more` padded nodes, edges and candidates."""
    batch, nodes, candidates = *observation["node_type"].shape, observation["action_mask"].shape[1]
    size = Size(nodes + more, observation["edge_type"].shape[1] + more, candidates + more)
    larger = SPEC.allocate(batch, size)._asdict()
    for key, array in observation.items():
        larger[key][tuple(slice(0, length) for length in array.shape)] = array
    return larger


def random_policy(encode: str, like: DispatchVecEnv | None = None, **arguments: Any) -> GraphPolicy:
    """A small policy for `SPEC`, or for an environment, none of whose layers is zero."""
    space = like.observation_space if like else SPEC.space(SIZE)
    actions = like.action_space if like else Discrete(SIZE.candidates)
    policy = GraphPolicy(space, actions, lambda _: 1e-3, encode=encode, width=16, **arguments)  # type: ignore[arg-type]
    layers = [policy.decoder.logit, policy.decoder.value[2]]
    layers += [] if encode == "none" else [policy.first, policy.second]
    for layer in layers:
        torch.nn.init.normal_(layer.weight)  # type: ignore[arg-type]
    return policy


def job_shops(sizes: str = "random:4x4..6x6", rows: int = 8) -> DispatchVecEnv:
    """Job shops for stable-baselines3."""
    return DispatchVecEnv(DispatchVectorEnv("jobshop", rows, sizes))


def small(**arguments: Any) -> GRPO:
    """A model for job shops of mixed sizes none of whose layers is zero."""
    model = GRPO("GraphPolicy", job_shops(), **{**SMALL, **arguments})
    for layer in (model.actor.decoder.logit, model.actor.first, model.actor.second):
        torch.nn.init.normal_(layer.weight, std=0.5)
    return model


def play(model: GRPO) -> GRPO:
    """The model after one round of rollouts, not yet trained on."""
    model.collect_rollouts(model._setup_learn(1, None)[1])
    return model
