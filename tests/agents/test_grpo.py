"""GRPO and its family: formulas, gradients, groups."""

from typing import Any

import numpy as np
import pytest
import torch

from agents.encoder import EmbeddingTable
from agents.grpo import GRPO
from agents.objectives import PRESETS, advantages, decision_weights, surrogate
from agents.sb3_env import DispatchVecEnv
from envs.core.vector import DispatchVectorEnv
from tests.agents.samples import SMALL, job_shops, play, small


def gradients(model: GRPO) -> torch.Tensor:
    """Those of all weights, as one vector."""
    return torch.cat([p.grad.ravel() for p in model.actor.parameters() if p.grad is not None])


def gradient(model: GRPO) -> torch.Tensor:
    """What the next gradient step would go along, before clipping, as one vector."""
    model.max_grad_norm, model.actor.optimizer.step = np.inf, lambda *_: None  # type: ignore[method-assign, assignment]
    model.train()
    return gradients(model)


def expected_gradient(model: GRPO, weights: np.ndarray) -> torch.Tensor:
    """Of -sum w A log pi, with every decision decoded at once."""
    values, _ = model._advantages()
    tables = model.actor.node_tables(model.rollouts.graphs)
    (chunk,) = model.rollouts.chunks(np.arange(model.rollouts.count), 1 << 30)
    log_probs = chunk.choices.candidates.log_softmax(model.actor.logits(chunk.choices, tables))[chunk.chosen]
    model.actor.optimizer.zero_grad()
    (-(torch.tensor(weights * values[model.rollouts.episode], dtype=torch.float32) * log_probs).sum()).backward()
    return gradients(model)


def test_advantages_are_those_of_the_papers() -> None:
    returns = np.array([[1.0, 2.0, 6.0], [4.0, 4.0, 4.0]])
    deviation = np.sqrt(7)
    group = advantages(returns, "group", "group")
    np.testing.assert_allclose(group[0], np.array([-2, -1, 3]) / (deviation + 1e-4))
    np.testing.assert_array_equal(group[1], 0)
    np.testing.assert_allclose(advantages(returns, "leave_one_out", "none")[0], [-3, -1.5, 4.5])
    np.testing.assert_allclose(advantages(returns, "greedy", "none", np.array([[2.0], [5.0]]))[0], [-1, 0, 4])
    np.testing.assert_array_equal(advantages(returns, "label", "none"), [[0, 0, 1], [1, 0, 0]])
    batch = advantages(returns, "group", "batch")
    np.testing.assert_allclose(batch[0], np.array([-2, -1, 3]) / (np.std([-2, -1, 3, 0, 0, 0], ddof=1) + 1e-4))


def test_weights_average_over_decisions_or_rollouts() -> None:
    episode = np.array([0, 0, 0, 2])
    np.testing.assert_allclose(decision_weights("grpo", episode), [1 / 6, 1 / 6, 1 / 6, 1 / 2])
    np.testing.assert_allclose(decision_weights("dapo", episode), [1 / 4] * 4)
    np.testing.assert_allclose(decision_weights("dr_grpo", episode), [1 / 6] * 4)
    np.testing.assert_allclose(decision_weights("cispo", episode), [1 / 4] * 4)
    np.testing.assert_allclose(decision_weights("gspo", episode), [1 / 6, 1 / 6, 1 / 6, 1 / 2])


@pytest.mark.parametrize(("ratio", "a", "slope"), [(1.5, 1, 0), (1.5, -1, -1.5), (0.5, 1, 0.5), (0.5, -1, 0)])
def test_clipping_stops_the_gradient_only_where_it_would_go_further(ratio: float, a: float, slope: float) -> None:
    log_prob = torch.tensor([np.log(ratio)], requires_grad=True)
    surrogate("grpo", log_prob, log_prob.exp(), torch.tensor([a]), 0.8, 1.2).sum().backward()
    assert log_prob.grad is not None
    assert log_prob.grad.item() == pytest.approx(slope)


def test_cispo_clips_the_weight_and_keeps_the_gradient() -> None:
    log_prob = torch.tensor([np.log(9.0)], requires_grad=True)
    surrogate("cispo", log_prob, log_prob.exp(), torch.tensor([2.0]), 0.8, 5.0).sum().backward()
    assert log_prob.grad is not None
    assert log_prob.grad.item() == pytest.approx(10)


@pytest.mark.parametrize("loss", ["grpo", "dr_grpo", "dapo", "gspo", "cispo"])
def test_at_ratio_one_every_loss_has_the_gradient_of_weighted_log_probabilities(loss: Any) -> None:
    model = play(small(loss=loss, chunk_size=37, filter_groups=False))
    expected = expected_gradient(model, decision_weights(loss, model.rollouts.episode))
    assert expected.abs().max() > 1e-3
    torch.testing.assert_close(gradient(model), expected, rtol=1e-4, atol=1e-6)


def gradient_of_second_epoch(model: GRPO) -> torch.Tensor:
    """What the second of two steps would go along, where the first has moved all weights by chance."""

    def move() -> None:
        generator = torch.Generator().manual_seed(5)
        for p in model.actor.parameters():
            p.data += 0.05 * torch.randn(p.shape, generator=generator)
        model.actor.optimizer.step = lambda *_: None  # type: ignore[method-assign]

    model.max_grad_norm, model.n_epochs, model.actor.optimizer.step = np.inf, 2, move  # type: ignore[assignment]
    model.train()
    return gradients(model)


@pytest.mark.parametrize("loss", ["grpo", "gspo"])
def test_clipped_ratios_are_those_of_the_papers(loss: Any) -> None:
    model = play(small(loss=loss, clip_range=0.02, clip_range_high=0.05, filter_groups=False, chunk_size=53))
    found = gradient_of_second_epoch(model)
    a, episode = torch.from_numpy(model._advantages()[0]).float(), torch.from_numpy(model.rollouts.episode)
    (chunk,) = model.rollouts.chunks(np.arange(model.rollouts.count), 1 << 30)
    logits = model.actor.logits(chunk.choices, model.actor.node_tables(model.rollouts.graphs))
    log_ratio = chunk.choices.candidates.log_softmax(logits)[chunk.chosen] - chunk.log_prob
    gains, inside = [], []
    for rollout in range(len(a)):  # mean over rollouts, of decisions (DeepSeekMath, eq. 3) or one ratio (GSPO, eq. 5)
        mine = log_ratio[episode == rollout]
        ratio = mine.mean().exp() if loss == "gspo" else mine.exp()
        gains.append(torch.minimum(ratio * a[rollout], ratio.clamp(0.98, 1.05) * a[rollout]).mean())
        inside.append((ratio > 0.98) & (ratio < 1.05))
    inside = torch.stack([share.float().mean() for share in inside])
    assert 0 < inside.mean() < 1
    model.actor.optimizer.zero_grad()
    (-torch.stack(gains).mean()).backward()
    expected = gradients(model)
    assert expected.abs().max() > 1e-3
    torch.testing.assert_close(found, expected, rtol=1e-3, atol=1e-6)


def test_long_gradients_are_clipped() -> None:
    model, norms = play(small(max_grad_norm=1e-3)), []
    model.actor.optimizer.step = lambda *_: norms.append(  # type: ignore[method-assign]
        gradients(model).norm().item()
    )
    model.train()
    assert norms == [pytest.approx(1e-3, rel=1e-2)] and model.logger.name_to_value["train/grad_norm"] > 1e-2


def test_log_probabilities_and_entropies_of_play_are_those_of_the_policy() -> None:
    model = play(small())
    tables = model.actor.node_tables(model.rollouts.graphs)
    for chunk in model.rollouts.chunks(np.arange(model.rollouts.count), 50):
        log_probs = chunk.choices.candidates.log_softmax(model.actor.logits(chunk.choices, tables))
        torch.testing.assert_close(log_probs[chunk.chosen], chunk.log_prob, rtol=1e-4, atol=1e-5)
        entropy = torch.from_numpy(model.rollouts.entropy)[chunk.decision]
        torch.testing.assert_close(chunk.choices.candidates.entropy(log_probs), entropy, rtol=1e-4, atol=1e-5)


def test_the_fast_path_gives_the_scores_that_evaluation_gives() -> None:
    model = small()
    env, rollouts = model._setup_play()
    env.reset(seed=3, options={"repeat": model.group_size})
    rollouts.begin(graphs=True)
    table = EmbeddingTable()
    for _ in range(5):
        choices = rollouts.read(env.running)
        assert choices is not None
        logits = model._logits(choices, table).detach().numpy()
        scores = model.actor.scores(env.observation)
        np.testing.assert_allclose(logits, scores[np.isfinite(scores)], rtol=1e-4, atol=1e-5)
        rollouts.play(torch.from_numpy(logits), np.ones(env.num_envs, bool))
        np.testing.assert_array_equal(rollouts.actions, scores.argmax(1))
        env.step(rollouts.actions)


def test_actions_are_drawn_from_the_softmax() -> None:
    model = small(group_size=2000, n_instances=1)
    env, rollouts = model._setup_play()
    env.reset(seed=1, options={"repeat": 2000})
    rollouts.begin(graphs=True)
    choices = rollouts.read(env.running)
    assert choices is not None
    logits = model._logits(choices, EmbeddingTable()).detach()
    rollouts.play(logits, np.zeros(2000, bool))
    one = logits[: int(choices.candidates.lengths[0])].softmax(0).numpy()
    actions = choices.action[: len(one)].numpy()
    shares = [(rollouts.actions == action).mean() for action in actions]
    np.testing.assert_allclose(shares, one, atol=0.04)


def test_forced_decisions_are_played_and_not_kept() -> None:
    env = DispatchVecEnv(DispatchVectorEnv("jobshop", 4, "random:3x3", skip_forced=False))
    model = play(GRPO("GraphPolicy", env, **SMALL))
    assert model.num_timesteps == 3 * 4 * 9
    first = model.rollouts._buffers.first[: model.rollouts.count + 1]
    assert 0 < model.rollouts.count < model.num_timesteps
    assert np.diff(first).min() >= 2


def test_a_group_plays_one_instance_and_the_greedy_rollout_is_not_trained_on() -> None:
    model = play(small(baseline="greedy", scale="none"))
    assert model._own is not None
    ids = model._own.observation.ids[:, 0].reshape(3, 5)
    assert (ids == ids[:, :1]).all() and len(np.unique(ids)) == 3
    values, kept = model._advantages()
    returns = model.returns.reshape(3, 5)
    np.testing.assert_allclose(values.reshape(3, 5)[:, :4], returns[:, :4] - returns[:, 4:])
    assert not kept.reshape(3, 5)[:, 4].any()
    (chunk,) = model.rollouts.chunks(np.arange(model.rollouts.count), 1 << 30)
    logits = model.actor.logits(chunk.choices, model.actor.node_tables(model.rollouts.graphs)).detach().numpy()
    first = np.concatenate([[0], np.cumsum(chunk.choices.candidates.lengths)])[:-1]
    best = logits[chunk.chosen] == np.maximum.reduceat(logits, first)
    greedy = model.rollouts.episode % 5 == 4
    assert best[greedy].all() and greedy.sum() > 10 and not best[~greedy].all()


def test_tied_groups_are_left_out_as_a_whole() -> None:
    model = play(small(baseline="leave_one_out", scale="none"))
    model.returns[:] = [0, 0.95, 0.95, 0.95, 1, 1, 1, 1, 2, 2, 2, 2]
    np.testing.assert_array_equal(model._advantages()[1].reshape(3, 4).sum(1), [4, 0, 0])
    model.returns[:] = 1
    before = model.actor.parameters_to_vector()
    model.train()
    np.testing.assert_array_equal(model.actor.parameters_to_vector(), before)


def test_pods_takes_the_part_of_a_group_that_varies_most_and_then_normalises() -> None:
    model = play(small(keep=0.5))
    model.returns[:] = [0, 5, 6, 10, 1, 1, 2, 1, 3, 3, 3, 3]
    values, kept = model._advantages()
    np.testing.assert_array_equal(np.flatnonzero(kept[:4]), [0, 3])
    np.testing.assert_allclose(values[:4], [-(0.5**0.5), 0, 0, 0.5**0.5], rtol=1e-3)


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_moves_the_weights(name: str) -> None:
    model = small(**PRESETS[name], learning_rate=1e-2)
    before = model.actor.parameters_to_vector()
    model.learn(200)
    after = model.actor.parameters_to_vector()
    assert np.isfinite(after).all() and np.abs(after - before).max() > 1e-3


def test_presets_have_the_constants_of_the_papers() -> None:
    models = {name: small(**preset) for name, preset in PRESETS.items()}
    clips = {"dapo": (0.8, 1.28), "gspo": (1 - 3e-4, 1 + 4e-4), "cispo": (0.8, 5.0)}
    losses = {"pomo": "dr_grpo", "rloo": "dr_grpo", "self_labelling": "dapo", "pods": "grpo"}
    for name, model in models.items():
        assert model._clips() == pytest.approx(clips.get(name, (0.8, 1.2)))
        assert model.loss == losses.get(name, name)
        assert (model.scale == "none") == (name in ("pomo", "rloo", "dr_grpo", "self_labelling"))
        assert (model.n_epochs > 1) == (name in clips)
        assert model.keep == (0.25 if name == "pods" else 1)
    assert models["rloo"].baseline == "leave_one_out" and models["self_labelling"].baseline == "label"


@pytest.mark.parametrize("loss", ["grpo", "gspo"])
def test_further_epochs_meet_ratios_that_are_not_one(loss: Any) -> None:
    model = play(small(loss=loss, n_epochs=3, learning_rate=3e-2, clip_range=1e-3))
    model.train()
    assert model.logger.name_to_value["train/clip_fraction"] > 0
    assert model._n_updates == 3


def test_what_is_learned_on_6x6_helps_on_10x10() -> None:
    model = GRPO("GraphPolicy", job_shops("random:6x6"), learning_rate=3e-3, device="cpu", seed=0, ema=0.9)
    model.learn(60_000)
    env = DispatchVectorEnv("jobshop", 32, "random:10x10", copy=False, autoreset=False)
    means = []
    for scores in (lambda: env.observation.action_mask, lambda: model.policy.scores(env.observation)):
        env.reset(seed=1)
        while not env.done.all():
            env.step(np.nan_to_num(scores(), neginf=-1e9).argmax(1))
        means.append(env.objective.mean())
    assert means[1] < 0.93 * means[0]


def test_entropy_and_kl_pull_towards_where_they_should() -> None:
    entropies = []
    for coefficient in (0.0, 10.0):
        model = small(ent_coef=coefficient, learning_rate=1e-2, seed=1)
        model.learn(1500)
        entropies.append(model.rollouts.entropy.mean())
    assert entropies[1] > 1.1 * entropies[0]
    moved = []
    for coefficient in (0.0, 100.0):
        model = GRPO("GraphPolicy", job_shops(), **SMALL, kl_coef=coefficient, learning_rate=3e-3)
        model.learn(1500)
        moved.append(abs(model.rollouts.entropy.mean() - first_entropy(model)))
    assert moved[1] < 0.5 * moved[0]


@pytest.mark.parametrize(("ent_coef", "kl_coef"), [(0.3, 0.0), (0.0, 0.7)])
def test_entropy_and_kl_have_the_gradients_of_their_formulas(ent_coef: float, kl_coef: float) -> None:
    model = play(small(ent_coef=ent_coef, kl_coef=kl_coef, loss="dapo", filter_groups=False, chunk_size=53))
    found = gradient_of_second_epoch(model)
    a = torch.from_numpy(model._advantages()[0][model.rollouts.episode]).float()
    (chunk,) = model.rollouts.chunks(np.arange(model.rollouts.count), 1 << 30)
    candidates = chunk.choices.candidates
    log_probs = candidates.log_softmax(
        model.actor.logits(chunk.choices, model.actor.node_tables(model.rollouts.graphs))
    )
    log_prob = log_probs[chunk.chosen]
    ratio = (log_prob - chunk.log_prob).exp()
    gain = torch.minimum(ratio * a, ratio.clamp(0.8, 1.2) * a)
    entropy = -torch.zeros(len(a)).index_add(0, candidates.owner, log_probs.exp() * log_probs)
    gain = gain + ent_coef * entropy
    if kl_coef:
        with torch.no_grad():
            logits = model.reference.logits(chunk.choices, model.reference.node_tables(model.rollouts.graphs))
            of_reference = candidates.log_softmax(logits)[chunk.chosen].exp()
        gain = gain - kl_coef * (of_reference / log_prob.exp() - (of_reference / log_prob.exp()).log() - 1)
        logged = model.logger.name_to_value["train/reference_kl"]
        assert logged > 1e-4
    model.actor.optimizer.zero_grad()
    loss = -gain.mean()
    loss.backward()
    expected = gradients(model)
    torch.testing.assert_close(found, expected, rtol=1e-3, atol=1e-6)


def test_what_is_logged_are_means_over_the_epochs() -> None:
    model = play(small(n_epochs=3, learning_rate=3e-2, clip_range=0.01))
    sums: list[tuple[list[float], int]] = []
    log = model._log_step
    model._log_step = lambda *row: (sums.append(row[:2]), log(*row))[1]  # type: ignore[method-assign]
    model.train()
    logged = model.logger.name_to_value
    for k, name in enumerate(("policy_gradient_loss", "clip_fraction", "approx_kl")):
        mean = np.mean([row[k] / (count if k else -1) for row, count in sums])
        assert logged[f"train/{name}"] == pytest.approx(mean)
    assert logged["train/approx_kl"] > 0 < logged["train/clip_fraction"]
    assert logged["train/clip_range"] == pytest.approx(0.01) == logged["train/clip_range_high"]


def test_cispo_counts_as_clipped_only_what_is_too_high() -> None:
    model = play(small(loss="cispo", n_epochs=3, learning_rate=3e-2, clip_range=1e-3, clip_range_high=1e6))
    model.train()
    assert model.logger.name_to_value["train/clip_fraction"] == 0


def test_the_useful_share_is_that_of_groups_that_are_not_tied() -> None:
    model = play(small())
    model.returns[:] = [1, 2, 3, 4, 5, 5, 5, 5, 0, 0, 0, 0]
    model._advantages()
    assert model.logger.name_to_value["train/useful_share"] == pytest.approx(1 / 3)


def first_entropy(model: GRPO) -> float:
    """Mean entropy of uniform play over the decisions of the last rollouts."""
    return float(np.log(np.diff(model.rollouts._buffers.first[: model.rollouts.count + 1])).mean())


def test_the_average_follows_the_weights_that_play() -> None:
    model = small(ema=0.5, learning_rate=1e-2)
    model.policy.load_state_dict(model.actor.state_dict())
    before = model.actor.parameters_to_vector()
    model.learn(1)
    assert model.policy is not model.actor and model._n_updates == 1
    step = model.actor.parameters_to_vector() - before
    followed = model.policy.parameters_to_vector() - before
    np.testing.assert_allclose(followed, (1 - 2 / 11) * step, atol=1e-6)
    assert np.abs(step).max() > 1e-3


def stream() -> DispatchVecEnv:
    """Streams of jobs, whose graph grows whenever one enters."""
    return DispatchVecEnv(DispatchVectorEnv("soc", 2, "random:4x5x2,scale=20"))


@pytest.mark.parametrize("loss", ["grpo", "gspo"])
def test_graphs_that_are_encoded_in_parts_give_the_gradient_of_all_at_once(
    loss: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = []
    for nodes in (1 << 18, 40):
        monkeypatch.setattr("agents.rollouts.Rollouts.part_nodes", nodes)
        model = play(small(loss=loss, filter_groups=False, kl_coef=0.1))
        assert len(list(model.rollouts.parts(np.arange(model.rollouts.count)))) == (1 if nodes > 40 else 3)
        found.append(gradient_of_second_epoch(model))
    assert found[0].abs().max() > 1e-3
    torch.testing.assert_close(found[1], found[0], rtol=1e-3, atol=1e-6)


def test_each_graph_of_a_stream_is_kept_and_encoded_once_for_all_rollouts(monkeypatch: pytest.MonkeyPatch) -> None:
    model = play(GRPO("GraphPolicy", stream(), **SMALL))
    graphs = model.rollouts.graphs
    assert graphs is not None and 3 < graphs.nodes.number <= 3 * 4
    monkeypatch.setattr("agents.encoder.EmbeddingTable.max_rows", 20)  # now and then it forgets all
    again = play(GRPO("GraphPolicy", stream(), **SMALL))
    np.testing.assert_array_equal(again.returns, model.returns)
