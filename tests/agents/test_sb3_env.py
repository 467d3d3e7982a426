"""The adapter gives stable-baselines3 what the vector environment gives, with episodes counted."""

import numpy as np
import pytest
from stable_baselines3.common.vec_env import VecMonitor

from agents.sb3_env import DispatchVecEnv
from envs.core.vector import DispatchVectorEnv
from tests.agents.samples import job_shops


def first_legal(env: DispatchVecEnv) -> np.ndarray:
    return np.asarray(env.env_method("action_masks")).argmax(1)


def test_steps_are_those_of_the_vector_environment() -> None:
    env, reference = job_shops(), DispatchVectorEnv("jobshop", 8, "random:4x4..6x6")
    env.seed(5)
    observation, (expected, _) = env.reset(), reference.reset(seed=5)
    for _ in range(20):
        assert isinstance(observation, dict)
        assert all(np.array_equal(observation[key], expected[key]) for key in expected)
        actions = first_legal(env)
        observation, reward, done, _ = env.step(actions)
        expected, expected_reward, terminated, truncated, _ = reference.step(actions)
        np.testing.assert_allclose(reward, expected_reward, rtol=1e-6)
        np.testing.assert_array_equal(done, terminated | truncated)


@pytest.mark.filterwarnings("ignore:The environment is already wrapped")
def test_infos_are_those_of_vec_monitor_and_the_objective() -> None:
    env, monitored = job_shops(), VecMonitor(job_shops())
    for one in (env, monitored):
        one.seed(1)
        one.reset()
    finished = 0
    for _ in range(30):
        actions = first_legal(env)
        _, _, done, infos = env.step(actions)
        _, _, _, expected = monitored.step(actions)
        for row, info in enumerate(infos):
            assert bool(info) == done[row]
            if info:
                finished += 1
                assert info["episode"]["r"] == pytest.approx(float(expected[row]["episode"]["r"]), rel=1e-5)
                assert info["episode"]["l"] == expected[row]["episode"]["l"]
                assert info["TimeLimit.truncated"] is False
                assert not info["terminal_observation"]["action_mask"].any()
                assert info["objective"] > 0
    assert finished > 8


def test_seeds_hold_for_one_reset_only() -> None:
    env = job_shops()
    first, second = [], []
    for ids in (first, second):
        env.seed(3)
        ids += [env.reset()["ids"][0, 0] for _ in range(2)]  # type: ignore[index]
    assert first == second
    assert first[0] != first[1]


def test_generators_go_on_from_their_state() -> None:
    env = job_shops()
    assert env.generator_states() == []
    env.seed(3)
    env.reset()
    states = env.generator_states()
    expected = env.reset()["ids"]  # type: ignore[index]
    other = job_shops()
    other.set_generator_states(states)
    np.testing.assert_array_equal(other.reset()["ids"], expected)  # type: ignore[index]


def test_rows_that_share_play_the_same_instances() -> None:
    env = DispatchVecEnv(DispatchVectorEnv("jobshop", 8, "random:4x4..6x6"), share=4)
    ids = env.reset()["ids"][:, 0]  # type: ignore[index]
    assert len(set(ids[:4])) == len(set(ids[4:])) == 1 and ids[0] != ids[4]
    with pytest.raises(ValueError, match="share is 3, but must divide num_envs, which is 8"):
        DispatchVecEnv(env.env, share=3)


def test_attributes_and_methods_are_of_the_batch() -> None:
    env = job_shops()
    env.reset()
    assert env.get_attr("num_envs", [0, 2]) == [8, 8]
    assert np.stack(env.env_method("action_masks")).shape == (8, 6)
    assert len(env.env_method("action_masks", indices=[1])) == 1
    assert env.has_attr("action_masks") and not env.has_attr("no_such_thing")
    with pytest.raises(ValueError, match="share one environment"):
        env.set_attr("illegal", "wrap", indices=[0])
    env.close()


def test_an_environment_that_overwrites_observations_is_refused() -> None:
    with pytest.raises(ValueError, match="copy=True and autoreset=True"):
        DispatchVecEnv(DispatchVectorEnv("jobshop", 2, "random:4x4", copy=False))
