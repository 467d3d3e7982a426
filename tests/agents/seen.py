"""Watch a trainer: what it decodes, in play and in training, must be what its policies say of fresh observations."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch

from agents.grpo import GRPO
from agents.policy import GraphPolicy
from agents.ppo import PPO
from agents.rollouts import Chunk

Observation = dict[str, np.ndarray]


class Watch:
    """Every observation that was decided about, and how many logits have been compared with those on it."""

    def __init__(self) -> None:
        self.observations: list[Observation] = []
        self.compared = 0

    def keep(self, observation: Any, rows: Any) -> None:
        self.observations += [{key: array[row].copy() for key, array in observation.items()} for row in rows]

    def compare(self, policy: GraphPolicy, decisions: np.ndarray, logits: torch.Tensor) -> None:
        some = [self.observations[k] for k in decisions]
        scores = policy.scores({key: np.stack([one[key] for one in some]) for key in some[0]})
        np.testing.assert_allclose(logits.detach().numpy(), scores[np.isfinite(scores)], rtol=1e-3, atol=1e-4)
        self.compared += len(decisions)

    @property
    def graphs(self) -> int:
        return len({int(one["ids"][0]) for one in self.observations})


def shake(model: Any) -> None:
    """Give all layers of all policies weights that matter."""
    for name in ("policy", "actor", "reference"):
        for parameter in getattr(model, name).parameters() if hasattr(model, name) else ():
            torch.nn.init.normal_(parameter, std=0.2)


def watch_groups(model: GRPO) -> Watch:
    """Play one round of groups and learn from it under watch."""
    watch = Watch()
    shake(model)
    callback = model._setup_learn(1, None)[1]
    env, rollouts = model._setup_play()
    read, chunks, last = rollouts.read, rollouts.chunks, [np.zeros(0, int)]

    def reading(running: np.ndarray) -> Any:
        rows = np.flatnonzero(running & (env.observation.action_mask.sum(1) > 1))
        last[0] = len(watch.observations) + np.arange(len(rows))
        watch.keep(env.observation._asdict(), rows)
        return read(running)

    def chunking(*arguments: Any) -> Iterator[Chunk]:
        for chunk in chunks(*arguments):
            last[0] = chunk.decision.numpy()
            yield chunk

    def watched(policy: GraphPolicy) -> None:
        decode = policy.logits

        def logits(*arguments: Any) -> torch.Tensor:
            found = decode(*arguments)
            watch.compare(policy, last[0], found)
            return found

        policy.logits = logits  # type: ignore[method-assign]

    rollouts.read, rollouts.chunks = reading, chunking  # type: ignore[method-assign]
    for policy in {model.actor, getattr(model, "reference", model.actor)}:
        watched(policy)
    model.collect_rollouts(callback)
    model.train()
    return watch


def watch_ppo(model: PPO) -> Watch:
    """Fill PPO's buffer, then read it in minibatches under watch."""
    watch = Watch()
    shake(model)
    callback = model._setup_learn(10**6, None)[1]
    buffer: Any = model.rollout_buffer
    add, samples = buffer.add, buffer._samples

    def adding(observation: Observation, *arguments: Any) -> None:
        watch.keep(observation, range(model.n_envs))
        add(observation, *arguments)

    def sampling(decisions: np.ndarray) -> Any:
        found = samples(decisions)
        choices, logits, _ = model.policy.run(found.observations)
        watch.compare(model.policy, decisions, logits)
        log_prob = choices.candidates.log_softmax(logits)[choices.action == found.actions[choices.candidates.owner, 0]]
        torch.testing.assert_close(log_prob, found.old_log_prob, rtol=1e-3, atol=1e-4)
        return found

    buffer.add, buffer._samples = adding, sampling
    assert model.env is not None
    model.collect_rollouts(model.env, callback, buffer, model.n_steps)
    list(buffer.get(40))
    return watch
