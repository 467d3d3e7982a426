"""Rules, the pilot and best-of-n: known mean gaps, hand examples, and what the pilot makes, in plain Python."""

from collections.abc import Callable
from copy import deepcopy
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from baselines.jobshop.linear import Fit, fit, gap
from baselines.jobshop.rules import DEFAULTS, NEEDS, RULES
from baselines.pilot import Pilot
from baselines.play import greedy, objectives, play, rule_scores, sample
from envs.core.arguments import bytes_of_one
from envs.core.datasets import resolve
from envs.core.downloads import DataError, fetch
from envs.core.vector import DispatchVectorEnv
from envs.jobshop.env import SCHEMES, JobShop
from envs.jobshop.instance import JobShopInstance
from envs.jobshop.sets import BEST_KNOWN, SETS, load_set
from envs.jobshop.verify import verify
from tests.jobshop.reference import ReferenceShop
from tests.jobshop.shops import shops

# Mean gaps to the best known makespans in %: non-delay, ties to the lowest job. For MWKR, 19.5 and 12.7 are quoted in
# A. Corsini, A. Porrello, S. Calderara, M. Dell'Amico, "Self-labeling the job shop scheduling problem" (2024).
GAPS = {
    "taillard": {"spt": 27.5, "mwkr": 19.6, "mopnr": 19.7, "fifo": 25.4},
    "la": {"spt": 20.0, "mwkr": 12.6, "mopnr": 13.9, "fifo": 18.9},
}


@cache
def instances_of(name: str) -> list[JobShopInstance]:
    """The set, or a skip where its files are not on this machine."""
    try:
        for member in SETS[name] if name != "taillard" else ():
            fetch(f"jobshop/jsplib/{member}.json", download=False)
    except DataError as error:
        pytest.skip(f"{name} cannot be played here: {error}")
    return load_set(name)


@pytest.mark.parametrize(("name", "rule"), [(name, rule) for name, gaps in GAPS.items() for rule in gaps])
def test_mean_gaps_on_public_instances(name: str, rule: str) -> None:
    instances = instances_of(name)
    best = np.array([BEST_KNOWN[instance.name].ub for instance in instances])
    reached = objectives(JobShop(**DEFAULTS), instances, rule_scores(RULES[rule]), batch=10)
    assert 100 * (reached / best - 1).mean() == pytest.approx(GAPS[name][rule], abs=0.3)


# After job 0's first operation (0-3 on m0) and job 2's (0-9 on m1):
#           next    ready   work left    operations left   flow due date / work left
#   job 0   m1:2    3       2 + 5 = 7    2                 (3 + 2) / 7
#   job 1   m0:5    0       5 + 3 = 8    2                 5 / 8
#   job 2   m0:2    9       2+7+1 = 10   3                 (9 + 2) / 10
SHOP = [
    [(0, 3), (1, 2), (0, 5)],
    [(0, 5), (1, 3)],
    [(1, 9), (0, 2), (1, 7), (0, 1)],
]
ORDERS = {
    "fifo": [1, 0, 2],
    "spt": [0, 2, 1],  # jobs 0 and 2 are equal: the lowest first
    "lpt": [1, 0, 2],
    "mwkr": [2, 1, 0],
    "lwkr": [0, 1, 2],
    "mopnr": [2, 0, 1],  # jobs 0 and 1 are equal
    "lopnr": [0, 1, 2],
    "fdd_mwkr": [1, 0, 2],
    "linear": [1, 2, 0],  # -1.29, -2.85, -3.00: earliest starts are 9, 3, 9; then come m0, m1, m1
    "linear_pilot": [0, 1, 2],  # 22 after each
    "random": [0, 1, 2],
}


def begun(instance: JobShopInstance, **options: object) -> DispatchVectorEnv:
    env = DispatchVectorEnv(JobShop(**options), 1, [instance], copy=False, autoreset=False)
    env.reset()
    return env


@pytest.mark.parametrize("scale", [1, 1000])
@pytest.mark.parametrize("rule", RULES)
def test_each_rule_ranks_jobs_by_its_definition(rule: str, scale: int) -> None:
    jobs = [[(machine, scale * duration) for machine, duration in job] for job in SHOP]
    env = begun(JobShopInstance.from_jobs(jobs), scheme="semi_active", **NEEDS.get(rule, {}))
    for job in (0, 2):
        env.step(np.array([job]))
    scores = RULES[rule](env.view())
    assert scores.shape == (1, 3) and np.argsort(-scores[0], kind="stable").tolist() == ORDERS[rule]
    assert np.abs(scores).max() < 5  # in mean durations or operations: sampling means the same in any unit
    assert greedy(scores, env.observation.action_mask)[0] == ORDERS[rule][0]
    assert greedy(scores, np.array([[job != ORDERS[rule][0] for job in range(3)]], np.int8))[0] == ORDERS[rule][1]


Key = Callable[[ReferenceShop, int], float]
KEYS: dict[str, Key] = {  # the job with the smallest goes
    "fifo": lambda shop, job: shop.ready(job),
    "spt": lambda shop, job: shop.duration(shop.next(job)),
    "lpt": lambda shop, job: -shop.duration(shop.next(job)),
    "mwkr": lambda shop, job: -shop.work(shop.next(job)),
    "lwkr": lambda shop, job: shop.work(shop.next(job)),
    "mopnr": lambda shop, job: shop.position(job) - len(shop.jobs[job]),
    "lopnr": lambda shop, job: len(shop.jobs[job]) - shop.position(job),
    "fdd_mwkr": lambda shop, job: (shop.work((job, 0)) - shop.tail(shop.next(job))) / max(shop.work(shop.next(job)), 1),
    "linear": lambda shop, job: -shop.priority(job),
    "linear_pilot": lambda shop, job: shop.completed(job),
    "random": lambda _shop, job: job,
}


def completed(shop: ReferenceShop, key: Key) -> ReferenceShop:
    """The shop when a rule has dispatched all that is left, ties to the lowest job."""
    shop = deepcopy(shop)
    while shop.left():
        shop.step(min(shop.candidates(), key=lambda job: key(shop, job)))
    return shop


@settings(max_examples=60, deadline=None)
@given(instance=shops(), scheme=st.sampled_from(SCHEMES), rule=st.sampled_from(list(RULES)))
def test_rules_make_the_schedules_of_plain_python(instance: JobShopInstance, scheme: str, rule: str) -> None:
    shop = completed(ReferenceShop(instance, scheme), KEYS[rule])
    episode = play(JobShop(scheme=scheme, **NEEDS.get(rule, {})), instance, rule_scores(RULES[rule]))
    assert episode.schedule[:, 3].tolist() == [start for starts in shop.starts for start in starts]
    assert episode.objective == shop.bound() == verify(instance, episode.schedule)


@settings(max_examples=25, deadline=None)
@given(instance=shops(), scheme=st.sampled_from(SCHEMES), rule=st.sampled_from(sorted(RULES.keys() - NEEDS.keys())))
def test_the_pilot_scores_what_the_rule_makes_of_each_choice(instance: JobShopInstance, scheme: str, rule: str) -> None:
    pilot, env, shop = Pilot(rule_scores(RULES[rule])), begun(instance, scheme=scheme), ReferenceShop(instance, scheme)
    while env.running[0]:
        before = env.get_state()
        expected = np.full((1, instance.jobs), -np.inf)
        for job in shop.candidates():
            branch = deepcopy(shop)
            branch.step(job)
            expected[0, job] = -completed(branch, KEYS[rule]).bound()
        np.testing.assert_array_equal(pilot(env), expected)
        for mine, theirs in zip(env.state, before.state, strict=True):
            np.testing.assert_array_equal(mine, theirs)
        job = int(expected.argmax())
        env.step(np.array([job]))
        shop.step(job)


def test_the_pilot_plays_many_rows_at_once_and_leaves_finished_ones_out() -> None:
    rng = np.random.default_rng(0)
    instances = [JobShopInstance.generate(rng, jobs, machines) for jobs, machines in ((2, 1), (5, 4), (6, 3))]
    pilot = rule_scores(RULES["mwkr"])
    together = objectives(JobShop(), instances, Pilot(pilot))
    assert together.tolist() == [play(JobShop(), instance, Pilot(pilot)).objective for instance in instances]


def test_the_pilot_is_no_worse_than_its_rule_on_average() -> None:
    rng = np.random.default_rng(1)
    instances = [JobShopInstance.generate(rng, 6, 6) for _ in range(20)]
    scores = rule_scores(RULES["mwkr"])
    assert objectives(JobShop(), instances, Pilot(scores)).mean() < objectives(JobShop(), instances, scores).mean()


RANDOM = rule_scores(RULES["random"])
MWKR = rule_scores(RULES["mwkr"])


def drawn(jobs: int = 6, machines: int = 5, seed: int = 3) -> JobShopInstance:
    return JobShopInstance.generate(np.random.default_rng(seed), jobs, machines)


@pytest.mark.parametrize("rows", [1, 3, 16])
def test_a_pilot_with_little_memory_completes_in_turns(rows: int, monkeypatch: pytest.MonkeyPatch) -> None:
    rng, scores = np.random.default_rng(0), rule_scores(RULES["mwkr"])
    instances = [JobShopInstance.generate(rng, 5, machines) for machines in (3, 5, 4)]
    env, twin = (DispatchVectorEnv(JobShop(), 3, instances, copy=False, autoreset=False) for _ in range(2))
    whole, turns = Pilot(scores), Pilot(scores)
    bound = rows * bytes_of_one(env.problem, env.shape) + 1
    for one in (env, twin):
        one.reset(seed=0, options={"instances": instances})
    while env.running.any():
        expected = whole(env)
        with monkeypatch.context() as patch:
            patch.setattr("baselines.pilot.MOST_BYTES", bound)
            np.testing.assert_array_equal(turns(twin), expected)
        actions = greedy(expected, env.observation.action_mask)
        for one in (env, twin):
            one.step(actions)
    assert turns._branch is not None and turns._branch.num_envs <= rows
    assert np.isneginf(whole(env)).all()  # nothing runs


def test_more_samples_are_never_worse_than_fewer() -> None:
    many = play(JobShop(), drawn(), MWKR, samples=40, temperature=1.0, seed=5)
    assert many.objectives.shape == (40,) and len(set(many.objectives)) > 3
    for samples in (2, 13, 39):
        few = play(JobShop(), drawn(), MWKR, samples=samples, temperature=1.0, seed=5)
        assert few.objectives.tolist() == many.objectives[:samples].tolist()
        assert many.objective <= few.objective == few.objectives.min()
    assert verify(drawn(), many.schedule) == many.objective


def test_batches_of_samples_are_independent_and_extend_one_another() -> None:
    split = play(JobShop(), drawn(), RANDOM, samples=30, temperature=1.0, seed=5, batch=8)
    shorter = play(JobShop(), drawn(), RANDOM, samples=20, temperature=1.0, seed=5, batch=8)
    assert split.objectives[:20].tolist() == shorter.objectives.tolist()
    assert split.objectives[:8].tolist() != split.objectives[8:16].tolist()
    assert verify(drawn(), split.schedule) == split.objective == split.objectives.min()


def test_the_seed_decides_the_samples() -> None:
    first, again, other = (
        play(JobShop(), drawn(), RANDOM, samples=20, temperature=1.0, seed=seed).objectives.tolist()
        for seed in (1, 1, 2)
    )
    assert first == again != other


@pytest.mark.parametrize("temperature", [1e-6, 1e-300, 5e-324])
def test_cold_samples_are_greedy(temperature: float) -> None:
    instance = JobShopInstance(np.random.default_rng(0).permutation(30) + 1, drawn().machine, drawn().job_start, 5)
    for scheme in SCHEMES:
        problem = JobShop(scheme=scheme)
        episode = play(problem, instance, rule_scores(RULES["fdd_mwkr"]), samples=3, temperature=temperature)
        assert set(episode.objectives) == {play(problem, instance, rule_scores(RULES["fdd_mwkr"])).objective}


def test_hot_samples_have_no_preference() -> None:
    instance = drawn()
    random = play(JobShop(), instance, RANDOM, samples=50, temperature=1.0, lead=False)
    hot = play(JobShop(), instance, MWKR, samples=50, temperature=np.inf, lead=False)
    assert hot.objectives.tolist() == random.objectives.tolist()


def test_samples_follow_the_softmax() -> None:
    rows, temperature = 40_000, 0.5
    scores = np.tile([0.3, -0.2, 9.0, 0.0], (rows, 1))
    mask = np.tile(np.array([1, 1, 0, 1], np.int8), (rows, 1))
    picks = sample(scores, mask, temperature, np.random.default_rng(0))
    expected = np.exp(scores[0] / temperature) * mask[0]
    np.testing.assert_allclose(np.bincount(picks, minlength=4) / rows, expected / expected.sum(), atol=0.01)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"samples": 0}, "samples is 0, but must be 1 without a temperature and at least 1 with one"),
        ({"samples": 2}, "samples is 2, but must be 1 without a temperature"),
        ({"samples": 0, "temperature": 1.0}, "samples is 0"),
        ({"batch": 0}, "batch is 0, but must be at least 1"),
        ({"samples": 2, "temperature": 0.0}, "The temperature is 0.0, but must be positive"),
        ({"samples": 2, "temperature": -1.0}, "The temperature is -1.0, but must be positive"),
        ({"samples": 2, "temperature": np.nan}, "The temperature is nan, but must be positive"),
    ],
)
def test_what_cannot_be_sampled_is_one_sentence(arguments: dict[str, float], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        play(JobShop(), drawn(), MWKR, **arguments)  # type: ignore[arg-type]


def test_the_kernel_tries_out_what_the_linear_rule_makes_of_each_candidate() -> None:
    env = DispatchVectorEnv("jobshop", 3, "random:6x5", copy=False, autoreset=False, lookahead="pilot")
    env.reset(seed=0)
    pilot, names = (
        Pilot(rule_scores(RULES["linear"])),
        [feature.name for feature in env.problem.spec.candidate_features],
    )
    rng = np.random.default_rng(0)
    while env.running.any():
        found = env.observation.candidate_features[:, :, names.index("pilot_regret")]
        makespans = -pilot(env)
        for row in np.flatnonzero(env.running):
            legal = np.isfinite(makespans[row])
            regret = (makespans[row, legal] - makespans[row, legal].min()) / env.view().mean[row]
            np.testing.assert_allclose(found[row, legal], regret / (4 + regret), rtol=1e-5)
        mask = env.observation.action_mask
        env.step((rng.random(mask.shape) * mask).argmax(axis=1))


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("skip_forced", [True, False])
def test_pilots_do_not_depend_on_what_came_before(scheme: str, skip_forced: bool) -> None:
    """What the last choice promised is used again, but only where it holds."""
    rng = np.random.default_rng(0)
    usual, env, fresh = (
        DispatchVectorEnv(
            "jobshop", 8, "random:6x5", copy=False, lookahead="pilot", scheme=scheme, skip_forced=skip_forced
        )
        for _ in range(3)
    )
    usual.reset(seed=0)
    for begin in (0, 3):
        for _ in range(begin):
            usual.step(usual.observation.action_mask.argmax(axis=1))
        for one in (env, fresh):
            one.set_state(usual.get_state())
        for _ in range(40):
            mask = env.observation.action_mask
            actions = (rng.random(mask.shape) * mask).argmax(axis=1)
            fresh.state.shop["promised"] = -1
            fresh.state.pilot[:] = -1
            env.step(actions)
            fresh.step(actions)
            np.testing.assert_array_equal(env.observation.candidate_features, fresh.observation.candidate_features)


def test_the_linear_rule_is_better_than_those_of_the_literature() -> None:
    shops = resolve(JobShop, "random:15x15:30:5")
    usual, active = JobShop(**DEFAULTS), JobShop(scheme="active")
    best = min(objectives(usual, shops, rule_scores(RULES[name])).mean() for name in ("fdd_mwkr", "mwkr", "mopnr"))
    assert objectives(active, shops, rule_scores(RULES["linear"])).mean() < best


def test_the_weights_of_the_linear_rule_can_be_found_again() -> None:
    weights = fit(Fit(generations=4, population=12, elite=4, shops=4))
    assert weights.shape == (2, 6) and np.abs(weights).max() == 1
    env = DispatchVectorEnv("jobshop", 32, "random:10x10", copy=False)
    env.reset(seed=1)
    assert gap(env, weights) < gap(env, np.zeros((2, 6)))
