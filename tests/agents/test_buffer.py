"""The graph buffer holds what stable-baselines3's holds, once and without padding."""

from typing import Any

import numpy as np
import pytest
import torch
from stable_baselines3.common.buffers import DictRolloutBuffer

from agents.buffer import GraphRolloutBuffer, minibatches
from agents.graph import Choices, GraphBatch
from tests.agents.samples import job_shops, random_policy

STEPS = 24


def filled(encode: str) -> tuple[GraphRolloutBuffer, DictRolloutBuffer, Any]:
    """Both buffers after the same random play, and the policy that played."""
    env = job_shops()
    spaces = (env.observation_space, env.action_space)
    arguments: dict[str, Any] = {"gae_lambda": 0.9, "gamma": 0.97, "n_envs": 8, "device": "cpu"}
    ours = GraphRolloutBuffer(STEPS, *spaces, encode=encode, **arguments)  # type: ignore[arg-type]
    theirs = DictRolloutBuffer(STEPS, *spaces, **arguments)  # type: ignore[arg-type]
    policy = random_policy(encode, like=env)
    env.seed(0)
    observation: Any = env.reset()
    done = np.ones(8, bool)
    for _ in range(STEPS):
        start = done
        with torch.no_grad():
            actions, values, log_prob = policy(policy.obs_to_tensor(observation)[0])
        following, reward, done, _ = env.step(actions.numpy())
        for buffer in (ours, theirs):
            buffer.add(observation, actions.numpy(), reward, start, values, log_prob)
        observation = following
    for buffer in (ours, theirs):
        buffer.compute_returns_and_advantage(torch.linspace(-1, 1, 8), done)
    return ours, theirs, policy


def test_returns_and_advantages_are_stable_baselines3_s() -> None:
    ours, theirs, _ = filled("none")
    for name in ("values", "log_probs", "rewards", "episode_starts", "advantages", "returns", "actions"):
        np.testing.assert_array_equal(getattr(ours, name), getattr(theirs, name), err_msg=name)


@pytest.mark.parametrize("encode", ["none", "once", "step"])
def test_minibatches_hold_every_decision_as_the_policy_saw_it(encode: str) -> None:
    ours, _, policy = filled(encode)
    seen = 0
    for batch in ours.get(40):
        with torch.no_grad():
            values, log_prob, _ = policy.evaluate_actions(batch.observations, batch.actions)
        assert torch.allclose(values.flatten(), batch.old_values, atol=1e-5)
        assert torch.allclose(log_prob, batch.old_log_prob, atol=1e-5)
        seen += len(log_prob)
    assert seen == STEPS * 8


def test_a_graph_is_in_one_minibatch_only_and_stored_once() -> None:
    ours, theirs, _ = filled("once")
    graphs = 0
    for batch in ours.get(40):
        assert isinstance(batch.observations, GraphBatch) and batch.observations.graphs is not None
        graphs += batch.observations.graphs.nodes.number
    assert graphs == len(np.unique(theirs.observations["ids"][:, :, 0]))


@pytest.mark.parametrize("encode", ["none", "step"])
def test_where_graphs_are_not_shared_minibatches_have_their_size(encode: str) -> None:
    ours = filled(encode)[0]
    total = STEPS * ours.n_envs
    sizes = [len(part.actions) for part in ours.get(total // 4)]
    assert sizes == [total // 4] * 4


def test_everything_comes_at_once_without_a_batch_size() -> None:
    ours, theirs, _ = filled("none")
    (batch,) = ours.get()
    assert isinstance(batch.observations.choices, Choices)
    assert batch.returns.sum().item() == pytest.approx(theirs.returns.sum(), rel=1e-5)
    assert batch.actions.shape == (STEPS * 8, 1)


def test_an_unfilled_buffer_gives_nothing() -> None:
    env = job_shops()
    buffer = GraphRolloutBuffer(STEPS, env.observation_space, env.action_space, n_envs=8)
    with pytest.raises(ValueError, match="holds 0 of 24 steps"):
        next(buffer.get(10))


def test_minibatches_are_cut_near_their_size() -> None:
    graph = np.repeat(np.arange(50), 7)
    parts = minibatches(graph, 35)
    assert sorted(np.concatenate(parts).tolist()) == list(range(350))
    assert all(len(part) == 35 for part in parts)
    assert [len(part) for part in minibatches(np.zeros(9, np.int64), 3)] == [9]
