"""The policy reads graphs of any size, ignores padding and order, and chooses legal candidates only."""

from typing import Any

import numpy as np
import pytest
import torch
from gymnasium.spaces import Discrete

from agents.encoder import TypedMean
from agents.graph import Choices, GraphBatch, Graphs
from agents.policy import GraphPolicy
from tests.agents.samples import SIZE, SPEC, job_shops, pad, random_observation, random_policy

ENCODE = ("none", "once", "step")


def run(policy: GraphPolicy, observation: dict[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    with torch.no_grad():
        values = policy.predict_values(policy.obs_to_tensor(observation)[0])
    return policy.scores(observation), values.numpy()


@pytest.mark.parametrize("encode", ENCODE)
def test_padding_changes_no_logit_and_no_value(encode: str, rng: np.random.Generator) -> None:
    policy, observation = random_policy(encode), random_observation(rng)
    scores, values = run(policy, observation)
    padded_scores, padded_values = run(policy, pad(observation, 7))
    assert np.isinf(padded_scores[:, SIZE.candidates :]).all()
    np.testing.assert_allclose(scores, padded_scores[:, : SIZE.candidates], atol=1e-6)
    np.testing.assert_allclose(values, padded_values, atol=1e-6)


@pytest.mark.parametrize("encode", ENCODE)
def test_a_batch_is_as_good_as_one_observation_at_a_time(encode: str, rng: np.random.Generator) -> None:
    policy, observation = random_policy(encode), random_observation(rng)
    scores, _ = run(policy, observation)
    for row, expected in enumerate(scores):
        single, _ = run(policy, {key: array[row : row + 1] for key, array in observation.items()})
        np.testing.assert_allclose(single[0], expected, atol=1e-5)


@pytest.mark.parametrize("encode", ENCODE)
def test_renumbered_candidates_and_nodes_keep_their_logits(encode: str, rng: np.random.Generator) -> None:
    policy, observation = random_policy(encode), random_observation(rng)
    candidates = rng.permutation(SIZE.candidates)
    nodes = np.concatenate([[0], 1 + rng.permutation(SIZE.nodes - 1)])
    place = np.argsort(nodes)
    moved = dict(observation)
    for key in ("candidates", "candidate_type", "candidate_features", "action_mask"):
        moved[key] = observation[key][:, candidates]
    for key in ("node_features", "node_state", "node_type"):
        moved[key] = observation[key][:, nodes]
    moved["candidates"] = place[moved["candidates"]].astype(np.int32)
    moved["edges"] = place[observation["edges"]].astype(np.int32)
    moved["ids"] = observation["ids"] + 1
    scores, values = run(policy, observation)
    moved_scores, moved_values = run(policy, moved)
    np.testing.assert_allclose(moved_scores, scores[:, candidates], atol=1e-5)
    np.testing.assert_allclose(moved_values, values, atol=1e-5)


@pytest.mark.parametrize("encode", ENCODE)
def test_the_buffer_s_ragged_batch_is_read_like_the_observation(encode: str, rng: np.random.Generator) -> None:
    policy, observation = random_policy(encode), random_observation(rng)
    rows = torch.tensor([3, 0, 0, 2])
    graphs = None if encode == "none" else Graphs.read(observation, torch.arange(5), encode == "step").select(rows)
    batch = GraphBatch(Choices.read(observation).select(rows), graphs, torch.arange(4))
    repeated = {key: array[rows.numpy()] for key, array in observation.items()}
    actions = torch.from_numpy(repeated["action_mask"].argmax(1))
    for ours, theirs in zip(
        policy.evaluate_actions(batch, actions),
        policy.evaluate_actions(policy.obs_to_tensor(repeated)[0], actions),
        strict=True,
    ):
        assert torch.allclose(ours, theirs, atol=1e-5)


def test_the_first_policy_is_uniform_over_the_legal_candidates(rng: np.random.Generator) -> None:
    env = job_shops()
    policy = GraphPolicy(env.observation_space, env.action_space, lambda _: 1e-3)
    observation: Any = env.reset()
    tensors, _ = policy.obs_to_tensor(observation)
    _, log_prob, entropy = policy.evaluate_actions(tensors, tensors["action_mask"].argmax(1))
    legal = tensors["action_mask"].sum(1).float()
    assert torch.allclose(log_prob, -legal.log())
    assert torch.allclose(entropy, legal.log(), atol=1e-6)
    illegal = policy.evaluate_actions(tensors, tensors["action_mask"].argmin(1))[1]
    assert illegal.isneginf().all()


@pytest.mark.parametrize("encode", ENCODE)
def test_finished_rows_give_finite_values_and_gradients(encode: str, rng: np.random.Generator) -> None:
    policy, observation = random_policy(encode), random_observation(rng)
    observation["action_mask"][:] = 0
    tensors, _ = policy.obs_to_tensor(observation)
    actions, values, log_prob = policy(tensors)
    assert actions.tolist() == [0] * 5 and log_prob.tolist() == [0.0] * 5
    values, log_prob, entropy = policy.evaluate_actions(tensors, actions)
    (values.sum() + log_prob.sum() + entropy.sum()).backward()
    gradients = [parameter.grad for parameter in policy.parameters() if parameter.grad is not None]
    assert values.isfinite().all() and all(gradient.isfinite().all() for gradient in gradients)
    assert policy.get_distribution(tensors).sample().shape == (5,)


def test_predict_takes_single_and_batched_observations(rng: np.random.Generator) -> None:
    policy, observation = random_policy("once"), random_observation(rng)
    actions, _ = policy.predict(observation, deterministic=True)
    for row in range(4):
        action, _ = policy.predict({key: array[row] for key, array in observation.items()}, deterministic=True)
        assert action.shape == () and action == actions[row]
        assert observation["action_mask"][row, action] == 1


def test_sampled_actions_are_legal_and_obey_a_further_mask(rng: np.random.Generator) -> None:
    policy, observation = random_policy("none"), random_observation(rng, batch=50)
    tensors, _ = policy.obs_to_tensor(observation)
    only_last = np.zeros_like(observation["action_mask"])
    last = SIZE.candidates - 1 - observation["action_mask"][:, ::-1].argmax(1)
    only_last[np.arange(50), last] = 1
    assert (policy(tensors, action_masks=only_last)[0][:-1].numpy() == last[:-1]).all()
    actions = policy(tensors)[0][:-1].numpy()
    assert (observation["action_mask"][np.arange(49), actions] == 1).all()


def test_picked_nodes_are_read_like_edges_to_themselves(rng: np.random.Generator) -> None:
    policy, observation = random_policy("once"), random_observation(rng)
    observation["candidates"][..., 1] = observation["candidates"][..., 0]
    mixed = {key: array.copy() for key, array in observation.items()}
    mixed["candidates"][3, observation["action_mask"][3].argmax(), 1] = 0  # an edge, in one row only
    expected = policy.scores(mixed)
    np.testing.assert_allclose(policy.scores(observation)[:3], expected[:3], rtol=1e-5)


def test_node_vectors_are_kept_until_the_weights_change(rng: np.random.Generator) -> None:
    policy, observation = random_policy("once"), random_observation(rng)
    calls: list[int] = []
    assert policy.encoder is not None
    policy.encoder.register_forward_hook(lambda *_: calls.append(1))
    before = policy.scores(observation)
    assert len(calls) == 1
    np.testing.assert_array_equal(policy.scores(observation), before)
    assert len(calls) == 1
    with torch.no_grad():
        policy.encoder.features.weight.mul_(2.0)
    assert not np.allclose(policy.scores(observation)[:-1], before[:-1])
    assert len(calls) == 2


def test_node_vectors_serve_inference_mode_and_no_grad_alike(rng: np.random.Generator) -> None:
    policy = random_policy("once")
    for observation in (random_observation(rng), random_observation(rng)):
        with torch.inference_mode():
            tensors, _ = policy.obs_to_tensor({key: array[:3] for key, array in observation.items()})
            expected = policy(tensors, deterministic=True)[0].tolist()
        assert policy.predict(observation, deterministic=True)[0][:3].tolist() == expected


def test_another_problem_s_observation_is_refused_in_one_sentence(rng: np.random.Generator) -> None:
    observation = random_observation(rng)
    observation["candidate_features"] = observation["candidate_features"][:, :, :4]
    with pytest.raises(ValueError, match="made for 5 columns of candidate_features, the observation has 4"):
        random_policy("once").predict(observation)


def test_an_observation_without_its_arrays_is_refused(rng: np.random.Generator) -> None:
    observation = random_observation(rng)
    del observation["edges"], observation["ids"]
    with pytest.raises(ValueError, match=r"The observation lacks .*edges"):
        random_policy("once").predict(observation)


def test_wrong_arguments_are_refused() -> None:
    with pytest.raises(ValueError, match="must be 'none', 'once' or 'step'"):
        random_policy("twice")
    with pytest.raises(ValueError, match="use_sde"):
        random_policy("once", use_sde=True)
    with pytest.raises(ValueError, match="Dict observations"):
        GraphPolicy(SPEC.space(SIZE)["ids"], random_policy("none").action_space, lambda _: 1e-3)


def test_a_saved_policy_scores_the_same(tmp_path: Any, rng: np.random.Generator) -> None:
    policy, observation = random_policy("step"), random_observation(rng)
    policy.save(str(tmp_path / "policy.pt"))
    loaded = GraphPolicy.load(str(tmp_path / "policy.pt"))
    assert loaded.encode == "step"
    np.testing.assert_array_equal(loaded.scores(observation), policy.scores(observation))


def test_a_guided_policy_begins_by_its_column_and_is_saved_with_it(tmp_path: Any, rng: np.random.Generator) -> None:
    observation = random_observation(rng)
    policy = GraphPolicy(SPEC.space(SIZE), Discrete(SIZE.candidates), lambda _: 1e-3, encode="none", guide=[2, 5.0])
    legal = observation["action_mask"].astype(bool)
    expected = np.where(legal, -5.0 * observation["candidate_features"][:, :, 2], -np.inf)
    np.testing.assert_allclose(policy.scores(observation), expected, atol=1e-5)
    policy.save(str(tmp_path / "policy.pt"))
    np.testing.assert_array_equal(
        GraphPolicy.load(str(tmp_path / "policy.pt")).scores(observation), policy.scores(observation)
    )


def test_a_layer_of_the_encoder_takes_means_by_type_of_edge(rng: np.random.Generator) -> None:
    layer, x = TypedMean(4, edge_types=3, edge_width=2), torch.randn(5, 4)
    edges, edge_type = torch.from_numpy(rng.integers(0, 5, (2, 12))), torch.from_numpy(rng.integers(0, 3, 12))
    features = torch.randn(12, 2)
    rows = []
    for node in range(5):
        parts = [x[node]]
        for r in range(3):
            into = [e for e in range(12) if edges[1, e] == node and edge_type[e] == r]
            messages = [(x[edges[0, e]] + layer.edge(features[e])).relu() for e in into]
            parts.append(torch.stack(messages).mean(0) if messages else torch.zeros(4))
        rows.append(layer.out(layer.mix(torch.cat(parts)).relu()))
    torch.testing.assert_close(layer(x, edges, edge_type, features), torch.stack(rows))
