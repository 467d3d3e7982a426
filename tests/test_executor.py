"""Measured time: what is committed is run by an executor, and all else holds as in the simulation."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from agents.grpo import GRPO
from agents.ppo import PPO
from agents.sb3_env import DispatchVecEnv
from baselines.pilot import Pilot
from baselines.play import finish, rule_scores
from envs.core.executor import Plan
from envs.core.parts import parts
from envs.core.vector import DispatchVectorEnv
from tests.queue.instance import QueueInstance


class Clock:
    """An executor that takes as long as the longest job should, and a tenth more each time."""

    def __init__(self) -> None:
        self.plans: list[Plan] = []

    def execute(self, plans: Sequence[Plan]) -> list[float]:
        self.plans += plans
        return [1e-6 * plan["expected"].max() * 1.1 for plan in plans]


def queue(executor: Any, rows: int = 3, **arguments: Any) -> DispatchVectorEnv:
    env = DispatchVectorEnv("queue", rows, "random:8..14", autoreset=False, executor=executor, **arguments)
    env.reset(seed=0)
    return env


def test_a_measured_episode_is_judged_and_replayed_on_what_was_measured() -> None:
    clock, fifo = Clock(), rule_scores(parts("queue").rules.RULES["fifo"])
    env = queue(clock)
    finish(env, fifo)
    assert len(clock.plans) == sum(len(np.unique(env.schedule(row)[:, 1])) for row in range(3))
    for row in range(3):
        realised, drawn = env.realised(row), env.instances[row]
        assert isinstance(realised, QueueInstance) and isinstance(drawn, QueueInstance)
        assert (realised.service != drawn.service).any() and realised.fingerprint == drawn.fingerprint
        assert parts("queue").verify.verify(realised, env.schedule(row)) == env.objective[row]
        again = DispatchVectorEnv("queue", 1, [realised], autoreset=False)
        again.reset(options={"instances": [realised]})
        finish(again, fifo)
        np.testing.assert_array_equal(again.schedule(0), env.schedule(row))
        assert again.objective[0] == env.objective[row]


def test_a_slot_that_is_taken_again_is_another_graph() -> None:
    env = DispatchVectorEnv("queue", 1, "random:30", autoreset=False, slots=3)
    env.reset(seed=0)
    graphs: dict[int, bytes] = {}
    while env.running[0]:
        seen = env.observation
        fixed = b"".join(array[0].tobytes() for array in (seen.node_features, seen.node_type, seen.edge_features))
        assert graphs.setdefault(int(seen.ids[0, 0]), fixed) == fixed
        env.step(env.observation.action_mask.argmax(axis=1))
    assert len(graphs) > 10 and env.observation.node_type.shape == (1, 4)


@pytest.mark.parametrize(
    ("returned", "words"),
    [
        ([1.0, 2.0], "must return 1 seconds"),
        ([float("nan")], "seconds are finite and at least 0"),
        ([-1.0], "seconds are finite and at least 0"),
        ("soon", "must return 1 seconds"),
        (None, "must return 1 seconds"),
        (RuntimeError("the worker is gone"), "failed with RuntimeError: the worker is gone"),
    ],
    ids=str,
)
def test_an_executor_that_fails_is_one_sentence_and_a_reset_goes_on(returned: Any, words: str) -> None:
    class Broken(Clock):
        def execute(self, plans: Sequence[Plan]) -> Any:  # noqa: ARG002
            if isinstance(returned, Exception):
                raise returned
            return returned

    env = queue(Broken(), rows=1)
    with pytest.raises(ValueError, match=f"The executor .*{words}.*then call reset"):
        finish(env, rule_scores(parts("queue").rules.RULES["fifo"]))
    env.executor = Clock()
    env.reset(seed=1)
    finish(env, rule_scores(parts("queue").rules.RULES["fifo"]))
    assert env.done.all()


def test_what_really_happens_cannot_be_copied() -> None:
    env, fifo = queue(Clock()), rule_scores(parts("queue").rules.RULES["fifo"])
    state = env.get_state()
    with pytest.raises(ValueError, match="set_state copies the state of environments, but this one has an executor"):
        env.set_state(state)
    with pytest.raises(ValueError, match="set_state copies the state of environments"):
        queue(None).set_state(state)
    with pytest.raises(ValueError, match="A pilot copies the state of environments"):
        Pilot(fifo)(env)
    learner = DispatchVecEnv(DispatchVectorEnv("queue", 2, "random:8", executor=Clock()))
    with pytest.raises(ValueError, match="A group trainer copies the state of environments"):
        GRPO("GraphPolicy", learner, n_instances=1, group_size=2, device="cpu").learn(1)


def test_training_goes_on_from_a_checkpoint_with_an_executor(tmp_path: Path) -> None:
    def measured() -> DispatchVecEnv:
        return DispatchVecEnv(DispatchVectorEnv("queue", 2, "random:4..6", executor=Clock()))

    model = PPO("GraphPolicy", measured(), n_steps=8, batch_size=8, n_epochs=1, seed=0, device="cpu").learn(16)
    model.save(tmp_path / "model.zip")
    env = measured()
    again = PPO.load(tmp_path / "model.zip", env, device="cpu")
    assert env.generator_states() == model.env.generator_states()  # type: ignore[union-attr]
    assert again.learn(16, reset_num_timesteps=False).num_timesteps == 32
    with pytest.raises(ValueError, match="its generators are not a list of as many states"):
        env.set_generator_states([])


@pytest.mark.parametrize(
    ("problem", "executor", "words"),
    [
        ("queue", "clock", "must have a method execute"),
        ("jobshop", Clock(), "jobshop commits nothing that an executor could measure"),
    ],
    ids=["no executor", "no commits"],
)
def test_an_executor_is_checked(problem: str, executor: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        DispatchVectorEnv(problem, 1, executor=executor)
