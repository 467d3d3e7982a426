"""The contract: every registered problem passes the same checks. Each needs a `tests/<problem>/contract.py`."""

import csv
import hashlib
import os
import subprocess
import sys
from itertools import combinations, product
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import pytest
import torch
from gymnasium.utils.env_checker import check_env
from gymnasium.vector import AutoresetMode, SyncVectorEnv
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from stable_baselines3.common.env_checker import check_env as check_env_of_sb3

from agents.d3s import D3S
from agents.grpo import GRPO
from agents.policy import GraphPolicy
from agents.ppo import PPO
from agents.sb3_env import DispatchVecEnv
from baselines.play import SCOUTS, objectives, play, rule_scores
from envs import PROBLEMS, load_problem
from envs.core.env import DispatchEnv
from envs.core.parts import parts
from envs.core.spec import GRAPH
from envs.core.vector import DispatchVectorEnv
from tests.agents.seen import Watch, watch_groups, watch_ppo
from tests.parts import case

ASKED = os.environ.get("DISPATCHGYM_PROBLEM")
"""The one problem of `make contract PROBLEM=...`; else all, and the example."""
CASES = {
    name: case(name)
    for name in (load_problem(text).name for text in ([ASKED] if ASKED else [*PROBLEMS, "tests.queue:queue"]))
}
JIT = os.environ.get("NUMBA_DISABLE_JIT", "0") in ("", "0")
STEPS, EXAMPLES = (60, 60) if JIT else (25, 10)
once = pytest.mark.skipif(
    not JIT or bool(os.environ.get("NUMBA_BOUNDSCHECK")), reason="does not depend on how kernels are compiled"
)
each_problem = pytest.mark.parametrize("problem", CASES)
each_option = pytest.mark.parametrize(
    ("problem", "options"), [(name, options) for name in CASES for options in CASES[name].OPTIONS], ids=str
)


def make(problem: str, count: int = 3, **arguments: Any) -> DispatchVectorEnv:
    return DispatchVectorEnv(problem, count, arguments.pop("instances", CASES[problem].INSTANCES), **arguments)


def random_actions(mask: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return (rng.random(mask.shape) * mask).argmax(axis=1)


def episodes(env: DispatchVectorEnv, seed: int = 0, **options: Any) -> tuple[np.ndarray, np.ndarray, int]:
    """Play every row to its end at random; the sums of rewards and elapsed times, and the number of steps."""
    rng = np.random.default_rng(seed)
    _, info = env.reset(seed=seed, options=options)
    reward, elapsed, steps = np.zeros(env.num_envs), info["elapsed"], 0
    while env.running.any():
        objective = env.objective.copy()
        _, r, _, _, info = env.step(random_actions(env.observation.action_mask, rng))
        assert (env.objective >= objective).all() or not env.problem.objective_grows
        reward, elapsed, steps = reward + r, elapsed + info["elapsed"], steps + 1
    return reward, elapsed, steps


def same(left: dict[str, np.ndarray], right: dict[str, np.ndarray]) -> None:
    assert left.keys() == right.keys()
    for name, array in left.items():
        assert array.dtype == right[name].dtype
        np.testing.assert_array_equal(array, right[name], err_msg=name)


@each_option
def test_1_gymnasium_and_sb3_accept_it(problem: str, options: dict[str, Any]) -> None:
    title = load_problem(problem).title
    env = gymnasium.make(f"envs:dispatch/{title}-v0", illegal="wrap", render_mode="rgb_array", **options)
    check_env(env.unwrapped)
    check_env_of_sb3(env.unwrapped)


@each_problem
def test_1_wrappers_work(problem: str) -> None:
    name = f"envs:dispatch/{load_problem(problem).title}-v0"
    env = gymnasium.make(name, max_episode_steps=1, illegal="wrap", instances=CASES[problem].INSTANCES)
    env.reset(seed=0)
    assert env.step(0)[3] or env.unwrapped.vector.done[0]  # type: ignore[attr-defined]
    envs = gymnasium.make_vec(name, num_envs=2, vectorization_mode="vector_entry_point", illegal="wrap")
    envs = gymnasium.wrappers.vector.RecordEpisodeStatistics(envs)
    envs.reset(seed=0)
    info: dict[str, Any] = {}
    while "episode" not in info:
        info = envs.step(envs.action_space.sample())[4]
    assert info["episode"]["l"].max() > 0 and info["final_info"]["objective"].max() > 0


@each_option
def test_2_same_seed_same_trajectory_other_seed_other_instance(problem: str, options: dict[str, Any]) -> None:
    assert trajectory(problem, options, 1) == trajectory(problem, options, 1)
    first, other = make(problem), make(problem)
    for env, seed in ((first, 1), (other, 1001)):
        env.reset(seed=seed)
    assert not (first.observation.ids == other.observation.ids).any(axis=0)[0]


@each_option
def test_3_the_batch_equals_single_environments_bit_for_bit(problem: str, options: dict[str, Any]) -> None:
    text, count, rng = CASES[problem].INSTANCES, 3, np.random.default_rng(0)
    batch = make(problem, count, **options)
    single = SyncVectorEnv(
        [lambda: DispatchEnv(problem, text, **options)] * count, autoreset_mode=AutoresetMode.SAME_STEP
    )
    observation, info = batch.reset(seed=4)
    expected, expected_info = single.reset(seed=4)
    same(observation, expected)
    ended = 0
    for _ in range(STEPS):
        actions = random_actions(info["action_mask"], rng)
        observation, *outcome, info = batch.step(actions)
        expected, *expected_outcome, expected_info = single.step(actions)
        same(observation, expected)
        for mine, theirs in zip(outcome, expected_outcome, strict=True):
            np.testing.assert_array_equal(mine, theirs)
        final, expected_final = info.pop("final_obs", None), expected_info.pop("final_obs", None)
        final_info, expected_final_info = info.pop("final_info", None), expected_info.pop("final_info", None)
        same(info, expected_info)
        if final is not None:
            for row in np.flatnonzero(info["_final_obs"]):
                same(final[row], expected_final[row])
                ended += 1
            same(final_info, expected_final_info)
    assert ended > 0


def trajectory(problem: str, options: dict[str, Any], seed: int) -> str:
    """A hash of everything that a few dozen random steps return."""
    digest, rng = hashlib.sha256(), np.random.default_rng(seed)
    env = make(problem, **options)
    observation, info = env.reset(seed=seed)
    for _ in range(STEPS):
        observation, reward, terminated, truncated, info = env.step(random_actions(info["action_mask"], rng))
        for array in (*observation.values(), reward, terminated, truncated, info["elapsed"]):
            digest.update(array.tobytes())
    return digest.hexdigest()


@once
@each_problem
def test_4_compiled_and_plain_python_agree_bit_for_bit(problem: str) -> None:
    options = CASES[problem].OPTIONS
    code = (
        "import tests.test_contract as contract; contract.STEPS = 25\n"
        f"print([contract.trajectory({problem!r}, options, 2) for options in {options!r}])"
    )
    printed = []
    for disabled in "01":
        environment = {**os.environ, "NUMBA_DISABLE_JIT": disabled}
        root = Path(__file__).parents[1]
        done = subprocess.run([sys.executable, "-c", code], cwd=root, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        printed.append(done.stdout)
    assert printed[0] == printed[1] and len(printed[0]) > 64


@each_option
def test_5_legal_actions_step_and_illegal_ones_change_nothing(problem: str, options: dict[str, Any]) -> None:
    env, rng = make(problem, 2, autoreset=False, **options), np.random.default_rng(3)
    env.reset(seed=3)
    limit = max(CASES[problem].most_decisions(instance) for instance in env.instances)
    for _ in range(limit):
        masks = env.observation.action_mask.copy()
        assert masks[env.running].any(axis=1).all()
        before = env.get_state()
        for row, action in product(range(2), range(-1, masks.shape[1] + 1)):
            if not env.running[row]:
                continue
            choice = masks.argmax(axis=1)
            choice[row] = action
            if 0 <= action < masks.shape[1] and masks[row, action]:
                env.step(choice)
                env.set_state(before)
            else:
                with pytest.raises(
                    ValueError, match=f"Action {action} of environment {row} is illegal, since .*legal are"
                ):
                    env.step(choice)
                unchanged(env, before)
        env.step(random_actions(masks, rng))
        if not env.running.any():
            break
    assert not env.running.any(), f"the episode did not end within {limit} decisions"
    before = env.get_state()
    _, reward, terminated, _, _ = env.step(np.array([-7, 10**6]))  # finished rows are inert
    assert (reward == 0).all() and terminated.all()
    for mine, theirs in zip(env.state, before.state, strict=True):
        np.testing.assert_array_equal(mine, theirs)


@each_option
def test_5_what_runs_has_a_legal_action_and_what_is_over_has_none(problem: str, options: dict[str, Any]) -> None:
    @settings(
        max_examples=EXAMPLES // 2,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
    )
    @given(instance=CASES[problem].anything(), seed=st.integers(0, 100))
    def check(instance: Any, seed: int) -> None:
        env, rng = make(problem, 1, instances=[instance], autoreset=False, **options), np.random.default_rng(seed)
        env.reset()
        assert env.running[0], "an instance that leaves nothing to decide must be refused when it is made"
        while env.running[0]:
            assert env.observation.action_mask[0].any()
            env.step(random_actions(env.observation.action_mask, rng))
        assert not env.observation.action_mask.any()

    check()


def unchanged(env: DispatchVectorEnv, before: Any) -> None:
    now = env.get_state()
    for mine, theirs in zip((*now.state, *now.observation), (*before.state, *before.observation), strict=True):
        np.testing.assert_array_equal(mine, theirs)


@each_option
def test_6_and_7_rewards_telescope_and_verify_agrees(problem: str, options: dict[str, Any]) -> None:
    known, verify = CASES[problem], parts(problem).verify.verify
    env = make(problem, 8, autoreset=False, **options)
    for seed in range(3):
        reward, elapsed, _ = episodes(env, 100 * seed)
        for row, instance in enumerate(env.instances):
            objective = verify(instance, env.schedule(row))
            assert objective == env.objective[row]
            assert known.objective_of(instance, reward[row]) == pytest.approx(objective, rel=1e-9)
            assert elapsed[row] == pytest.approx(known.elapsed_of(env.schedule(row)))


@each_option
def test_6_picks_of_one_commit_share_their_id_and_cost_nothing(problem: str, options: dict[str, Any]) -> None:
    env, rng, picks = make(problem, 4, autoreset=False, **options), np.random.default_rng(1), 0
    env.reset(seed=2)
    while env.running.any():
        running, before = env.running.copy(), env.observation.ids[:, 1].copy()
        _, reward, _, _, info = env.step(random_actions(env.observation.action_mask, rng))
        pick = running & (env.observation.ids[:, 1] == before)
        assert (env.observation.ids[running, 1] >= before[running]).all()
        assert not reward[pick].any() and not info["elapsed"][pick].any() and env.running[pick].all()
        picks += int(pick.sum())
    assert picks > 0 or problem not in ("queue", "soc")


@each_option
def test_8_observations_are_finite_and_in_their_space(problem: str, options: dict[str, Any]) -> None:
    env, rng = make(problem, 4, **options), np.random.default_rng(0)
    observation, info = env.reset(seed=0)
    graphs: dict[int, bytes] = {}
    for _ in range(STEPS):
        assert env.observation_space.contains(observation)
        for row in range(4):
            one = {name: array[row] for name, array in observation.items()}
            nodes, edges = one["node_type"] >= 0, one["edge_type"] >= 0
            assert all(np.isfinite(array).all() for array in one.values())
            assert np.abs(one["node_features"]).max() < 5 and np.abs(one["candidate_features"]).max() < 5
            assert nodes[0] and one["node_type"][0] == 0 and nodes[one["edges"][:, edges]].all()
            assert nodes[one["candidates"][one["candidate_type"] >= 0]].all()
            assert (one["candidate_type"][one["action_mask"] == 1] >= 0).all()
            assert not one["node_features"][~nodes].any() and not one["node_state"][~nodes].any()
            assert not one["edges"][:, ~edges].any() and not one["edge_features"][~edges].any()
            assert not one["candidate_features"][one["action_mask"] == 0].any()
            fixed = b"".join(np.ascontiguousarray(one[name]).tobytes() for name in GRAPH)
            assert graphs.setdefault(int(one["ids"][0]), fixed) == fixed
        observation, *_, info = env.step(random_actions(info["action_mask"], rng))
    assert len(graphs) > 4


@each_problem
def test_8_every_column_says_what_its_name_does(problem: str) -> None:
    compared, different = set(), set()
    for options in CASES[problem].OPTIONS:
        env, rng = make(problem, 4, **options), np.random.default_rng(0)
        env.reset(seed=1)
        for step in range(STEPS):
            row = step % env.num_envs
            for array, expected in CASES[problem].columns(env, row).items():
                found = getattr(env.observation, array)[row]
                names = [feature.name for feature in getattr(env.problem.spec, array)]
                assert list(expected) == names
                for column, name in enumerate(names):
                    np.testing.assert_allclose(found[:, column], expected[name], rtol=1e-5, atol=1e-6, err_msg=name)
                compared |= {(array, *pair) for pair in combinations(names, 2)}
                apart = (found[:, :, None] != found[:, None, :]).any(axis=0)
                different |= {(array, names[i], names[j]) for i, j in np.argwhere(apart) if i < j}
            env.step(random_actions(env.observation.action_mask, rng))
    assert len(compared) > 20
    assert compared == different, "columns that are always alike could be swapped without notice"


def policy(env: DispatchVectorEnv, encode: str) -> GraphPolicy:
    """A graph policy with random weights, the last layer included."""
    torch.set_num_threads(1)
    torch.manual_seed(0)
    agent = GraphPolicy(env.single_observation_space, env.single_action_space, lambda _: 1e-3, encode=encode)  # type: ignore[arg-type]
    for parameter in agent.parameters():
        torch.nn.init.normal_(parameter, std=0.2)
    agent.set_training_mode(False)
    return agent


def logits(agent: GraphPolicy, env: DispatchVectorEnv) -> np.ndarray:
    return np.asarray(agent.scores(env.observation._asdict()))


@each_problem
@pytest.mark.parametrize("encode", ["none", "once", "step"])
def test_8_padding_is_inert(problem: str, encode: str) -> None:
    tight, rng = make(problem, 1, copy=False, autoreset=False), np.random.default_rng(1)
    tight.reset(seed=1)
    instance = tight.instances[0]
    tight = make(problem, 1, instances=[instance], autoreset=False)
    wide = make(problem, 1, instances=[instance], autoreset=False, shape=tuple(2 * n + 3 for n in tight.shape))
    for env in (tight, wide):
        env.reset(options={"instances": [instance]})
    agent, rules = policy(tight, encode), parts(problem).rules.RULES
    while tight.running.any():
        width = tight.observation.action_mask.shape[1]
        mask = tight.observation.action_mask == 1
        left, right = logits(agent, tight), logits(agent, wide)
        np.testing.assert_allclose(left[mask], right[:, :width][mask], rtol=1e-5, atol=1e-5)
        assert not wide.observation.action_mask[:, width:].any() and not np.isfinite(right[:, width:]).any()
        for rule in rules.values():
            np.testing.assert_array_equal(rule(tight.view())[mask], rule(wide.view())[:, :width][mask])
        action = random_actions(tight.observation.action_mask, rng)
        for env in (tight, wide):
            env.step(action)
    assert tight.objective[0] == wide.objective[0]


@each_option
def test_9_names_do_not_matter(problem: str, options: dict[str, Any]) -> None:
    known, rng = CASES[problem], np.random.default_rng(2)
    for _ in range(3):
        instance = known.distinct(rng)
        renamed, new = known.relabel(instance, rng, options)
        left, right = (make(problem, 1, instances=[i], autoreset=False, **options) for i in (instance, renamed))
        for env in (left, right):
            env.reset()
        agents = [policy(left, encode) for encode in ("once", "step")]
        while left.running.any():
            mask = left.observation.action_mask[0] == 1
            np.testing.assert_array_equal(mask, right.observation.action_mask[0][new] == 1)
            for agent in agents:
                np.testing.assert_allclose(logits(agent, left)[0][mask], logits(agent, right)[0][new][mask], atol=1e-5)
            action = random_actions(left.observation.action_mask, rng)
            left.step(action)
            right.step(new[action])
        assert left.objective[0] == right.objective[0]


@each_problem
def test_10_bound_optimum_rules_are_in_order(problem: str) -> None:
    known = CASES[problem]
    solver = parts(problem).solvers.SOLVERS[known.EXACT]
    rules, problem_class = parts(problem).rules.RULES, load_problem(problem)

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
    )
    @given(instance=known.tiny(), seed=st.integers(0, 100))
    def check(instance: Any, seed: int) -> None:
        optimum = known.brute_force(instance)
        answer = solver(instance, seconds=10)
        assert answer.status == "optimal" and answer.objective == answer.bound == optimum >= instance.lower_bound()
        for options in known.OPTIONS:
            player = problem_class(**options)
            for rule in rules.values():
                assert objectives(player, [instance], rule_scores(rule))[0] >= optimum
        sampled = play(
            problem_class(**known.EXACT_OPTIONS),
            instance,
            rule_scores(rules["random"]),
            samples=64,
            temperature=1.0,
            seed=seed,
        )
        assert sampled.objective >= optimum
        assert best_of_all_play(problem_class(**known.EXACT_OPTIONS), instance) == optimum

    check()


@each_option
def test_10_a_cut_sample_was_no_better(problem: str, options: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    env = make(problem, 6, **options)
    env.reset(seed=0)
    monkeypatch.setattr("baselines.play.LONG", 0)
    random, saved = rule_scores(parts(problem).rules.RULES["random"]), 0
    for instance in env.instances:
        cut = play(env.problem, instance, random, samples=40, temperature=1.0, batch=32)
        with monkeypatch.context() as patch:
            patch.setattr("baselines.play.LONG", np.inf)
            whole = play(env.problem, instance, random, samples=40, temperature=1.0, batch=32)
        assert cut.objective == whole.objective
        np.testing.assert_array_equal(cut.schedule, whole.schedule)
        better = whole.objectives < whole.objectives[:SCOUTS].min()
        np.testing.assert_array_equal(cut.objectives[:SCOUTS], whole.objectives[:SCOUTS])
        np.testing.assert_array_equal(cut.objectives[:32][better[:32]], whole.objectives[:32][better[:32]])
        assert (cut.objectives <= whole.objectives).all()
        saved += int((cut.objectives < whole.objectives).sum())
    assert saved > 0 or problem != "jobshop"  # under dominance, hardly a choice is worse
    assert saved == 0 or env.problem.objective_grows


def best_of_all_play(problem: Any, instance: Any) -> float:
    """The best objective over every sequence of legal actions, by branching with `get_state` and `set_state`."""
    env = DispatchVectorEnv(problem, 1, [instance], copy=False, autoreset=False)
    env.reset(options={"instances": [instance]})

    def best() -> float:
        if not env.running[0]:
            return float(env.objective[0])
        here, answer = env.get_state(), np.inf
        for action in np.flatnonzero(here.observation.action_mask[0]):
            env.step(np.array([action]))
            answer = min(answer, best())
            env.set_state(here)
        return answer

    return best()


@each_option
def test_11_states_branch_and_replay(problem: str, options: dict[str, Any]) -> None:
    env, rng = make(problem, 2, autoreset=False, **options), np.random.default_rng(0)
    env.reset(seed=9)
    env.step(random_actions(env.observation.action_mask, rng))
    state = env.get_state()

    def finish(env: DispatchVectorEnv, seed: int) -> list[float]:
        rng = np.random.default_rng(seed)
        while env.running.any():
            env.step(random_actions(env.observation.action_mask, rng))
        return env.objective.tolist()

    first = finish(env, 1)
    env.set_state(state)
    assert finish(env, 1) == first
    wide = make(problem, 7, autoreset=False, **options)
    wide.set_state(state, repeat=3)
    assert wide.done.tolist() == [*np.repeat(~state.running, 3).tolist(), True]
    for row in range(6):
        np.testing.assert_array_equal(wide.observation.action_mask[row], state.observation.action_mask[row // 3])
    finish(wide, 2)
    verify = parts(problem).verify.verify
    for row in range(6):
        assert verify(wide.instances[row], wide.schedule(row)) == wide.objective[row]
    with pytest.raises(ValueError, match="exceed num_envs 7"):
        wide.set_state(state, repeat=4)


@each_problem
def test_12_instances_round_trip_and_malformed_files_are_refused(problem: str, tmp_path: Path) -> None:
    known, formats = CASES[problem], parts(problem).formats

    @settings(
        max_examples=20,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
    )
    @given(instance=known.tiny())
    def check(instance: Any) -> None:
        formats.save(instance, tmp_path / "instance.json")
        assert formats.load(tmp_path / "instance.json") == [instance]

    check()
    for name, text in known.MALFORMED.items():
        (tmp_path / name).write_text(text)
        with pytest.raises(ValueError, match=name.replace(".", r"\.")):
            formats.load(tmp_path / name)


@each_problem
def test_13_the_hidden_future_does_not_show(problem: str) -> None:
    env = make(problem, 1, autoreset=False)
    env.reset(seed=0)
    instance = env.instances[0]
    other = CASES[problem].other_future(instance)
    hidden = type(instance).HIDDEN
    assert not set(hidden) & set(env.view()._fields)
    if other is None:
        assert not hidden, "a problem that hides fields says how to change them"
        return
    twin = make(problem, 1, instances=[other], shape=env.shape, autoreset=False)
    twin.reset()
    same(env.observation._asdict(), twin.observation._asdict())


@each_option
def test_14_rows_are_reused_without_traces(problem: str, options: dict[str, Any]) -> None:
    env = make(problem, 1, autoreset=False, **options)
    for seed, instance in enumerate(CASES[problem].fills_the_room(env)):
        fresh = make(problem, 1, autoreset=False, **options)
        rng = np.random.default_rng(seed)
        observation, _ = env.reset(options={"instances": [instance]})
        expected, _ = fresh.reset(options={"instances": [instance]})
        while env.running.any():
            same(observation, expected)
            action = random_actions(env.observation.action_mask, rng)
            observation, expected = env.step(action)[0], fresh.step(action)[0]


TRAINERS: dict[str, tuple[type[GRPO], dict[str, Any]]] = {
    "grpo": (GRPO, {}),
    "greedy": (GRPO, {"baseline": "greedy", "scale": "none", "n_epochs": 2, "kl_coef": 0.1, "ent_coef": 0.01}),
    "gspo": (GRPO, {"loss": "gspo", "n_epochs": 3, "ema": 0.9, "learning_rate": 1e-2}),
    "d3s": (D3S, {"n_epochs": 2}),
}


def learner(trainer: Any, problem: str, encode: str, **arguments: Any) -> Any:
    """A trainer on two instances that fill the room; where jobs come and go, the graph changes within an episode."""
    first, *_, other, _ = CASES[problem].fills_the_room(make(problem, 1))
    env = DispatchVecEnv(make(problem, 4, instances=[first, other]), share=2)
    torch.set_num_threads(1)
    kwargs = {"encode": encode, "width": 16, "encoder_width": 8}
    return trainer("GraphPolicy", env, policy_kwargs=kwargs, seed=0, device="cpu", **arguments)


def saw_all(watch: Watch, model: Any) -> None:
    assert watch.compared >= len(watch.observations) > 0
    env = model.env.env
    changes = watch.graphs > len({instance.fingerprint for instance in env.source.instances})
    assert changes or env.problem.name != "soc"


@once
@each_problem
@pytest.mark.parametrize("encode", ["none", "once"])
@pytest.mark.parametrize("trainer", TRAINERS)
def test_16_groups_learn_from_what_the_policy_says_of_fresh_observations(
    problem: str, encode: str, trainer: str
) -> None:
    made, arguments = TRAINERS[trainer]
    model = learner(made, problem, encode, n_instances=4, group_size=4, chunk_size=50, **arguments)
    saw_all(watch_groups(model), model)


@once
@each_problem
@pytest.mark.parametrize("encode", ["none", "once", "step"])
def test_16_ppo_learns_from_what_the_policy_says_of_fresh_observations(problem: str, encode: str) -> None:
    model = learner(PPO, problem, encode, n_steps=48, batch_size=64)
    saw_all(watch_ppo(model), model)


@pytest.mark.parametrize("problem", [name for name in CASES if name in PROBLEMS])
def test_15_the_speed_table_is_in_results(problem: str) -> None:
    path = Path(__file__).parents[1] / "results" / problem / "speed.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["what"] == "step" and row["batch"] == "64"]
    assert rows and all(int(row["decisions_per_cpu_s"]) > 0 for row in rows)
