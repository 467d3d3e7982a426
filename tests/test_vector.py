"""What the two environment classes promise beside the contract: sentences for bad input, and whose arrays are whose."""

import pickle
import subprocess
import sys
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import pytest

from envs.core.env import DispatchEnv
from envs.core.spec import GRAPH
from envs.core.vector import DispatchVectorEnv
from envs.jobshop.env import JobShop
from envs.jobshop.instance import JobShopInstance
from envs.jobshop.sets import load_set

SMALL = JobShopInstance.from_jobs([[(0, 3), (1, 2)], [(0, 2), (1, 4)]], name="small")
OTHER = JobShopInstance.from_jobs([[(1, 3), (0, 2)], [(1, 2), (0, 4)]], name="other")
LARGE = JobShopInstance.from_jobs([[(0, 1), (1, 1), (2, 1)]] * 3, name="large")


@dataclass(frozen=True, eq=False, repr=False)
class ForeignInstance(JobShopInstance.__bases__[0]):
    """An instance of some other problem."""

    shape = (1,)

    def lower_bound(self) -> int:
        return 0

    @classmethod
    def load(cls, path: Any) -> Any: ...

    def save(self, path: Any) -> None: ...


FOREIGN = ForeignInstance(name="foreign")


def make(count: int = 2, instances: Any = None, **arguments: Any) -> DispatchVectorEnv:
    return DispatchVectorEnv("jobshop", count, [SMALL] if instances is None else instances, **arguments)


def begun(count: int = 2, instances: Any = None, **arguments: Any) -> DispatchVectorEnv:
    env = make(count, instances, **arguments)
    env.reset(seed=0)
    return env


def lowest(env: DispatchVectorEnv) -> np.ndarray:
    return env.observation.action_mask.argmax(axis=1)


CONSTRUCTOR_ERRORS = {
    "There is no problem 'jobshp': the nearest is 'jobshop'": lambda: DispatchVectorEnv("jobshp"),
    "problem is 3, but must be a Problem or the name of one": lambda: DispatchVectorEnv(3),  # type: ignore[arg-type]
    "problem is <class .*JobShop'>, but must be a Problem": lambda: DispatchVectorEnv(JobShop),  # type: ignore[arg-type]
    "jobshop has no option 'sceme': the nearest is 'scheme'": lambda: make(sceme="active"),
    "scheme is 'greedy', but must be one of active, non_delay, semi_active": lambda: make(scheme="greedy"),
    "lookahead is 'all', but must be one of none, bound, pilot": lambda: make(lookahead="all"),
    r"Options \['scheme'\] go to the problem's constructor": lambda: DispatchVectorEnv(JobShop(), scheme="active"),
    "illegal is 'skip', but must be 'raise' or 'wrap'": lambda: make(illegal="skip"),
    "render_mode is 'human', but must be 'rgb_array', 'ansi' or None": lambda: make(render_mode="human"),
    "num_envs is 2.5, but a vector environment needs at least 1": lambda: make(2.5),  # type: ignore[arg-type]
    "instances is 5, but must be a list": lambda: make(instances=5),
    "num_envs is 0, but a vector environment needs at least 1": lambda: make(0),
    "a source needs at least one instance": lambda: make(instances=[]),
    r"instances is JobShopInstance\('small', .*\), but must be a list": lambda: make(instances=SMALL),
    r"ForeignInstance\('foreign', .*\) is no JobShopInstance, but this .* plays jobshop": lambda: make(
        instances=[FOREIGN]
    ),
    "7 is no JobShopInstance": lambda: make(instances=[7]),
    "'tailard' is neither a set of jobshop nor a file: the nearest (is|are) 'taillard'": lambda: make(
        instances="tailard"
    ),
    r"The instance source has shape \(3, 3, 9\), but the room is \(2, 3, 9\): make it with shape=\(3, 3, 9\)": lambda: (
        make(instances=[LARGE], shape=(2, 3, 9))
    ),
    r"The instance source has shape \(2, 2, 4\), but the room is \(2, 2\), which has other": lambda: make(shape=(2, 2)),
}


@pytest.mark.parametrize("sentence", CONSTRUCTOR_ERRORS)
def test_a_bad_argument_is_one_sentence(sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        CONSTRUCTOR_ERRORS[sentence]()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"seed": [1, 2, 3]}, "3 seeds are given, but num_envs is 2: give one for each"),
        ({"seed": -1}, "A seed is -1, but must be a whole number from 0 on, or None"),
        ({"seed": [1, 1.5]}, "A seed is 1.5, but must be a whole number"),
        ({"options": {"instance": [SMALL]}}, "reset has no option 'instance': the nearest is 'instances'"),
        ({"options": {"instances": SMALL}}, "instances is JobShopInstance.*, but must be a list"),
        ({"options": {"instances": "la01"}}, "instances is 'la01', but must be a list"),
        ({"options": {"instances": [SMALL] * 3}}, "3 instances x repeat 1 = 3, but 2 environments are reset"),
        ({"options": {"instances": [SMALL], "repeat": 3}}, "1 instances x repeat 3 = 3, but 2 environments are reset"),
        ({"options": {"repeat": 3}}, "repeat is 3, but must divide the 2 environments that are reset"),
        ({"options": {"repeat": 0}}, "repeat is 0, but must be a whole number from 1 on"),
        ({"options": {"repeat": 1.5}}, "repeat is 1.5, but must be a whole number from 1 on"),
        ({"options": {"instances": [FOREIGN, SMALL]}}, "ForeignInstance.* is no JobShopInstance"),
        (
            {"options": {"instances": [SMALL, LARGE]}},
            r"Instance 'large' has shape \(3, 3, 9\), but the room is \(2, 2, 4\): make it with shape=\(3, 3, 9\)",
        ),
        ({"options": {"reset_mask": np.array([True])}}, r"reset_mask has shape \(1,\) and dtype bool, but must be \(2"),
        ({"options": {"reset_mask": np.array([1, 0])}}, r"reset_mask has shape \(2,\) and dtype int64, but must be"),
        ({"options": {"reset_mask": np.array([False, False])}}, "with at least one True"),
    ],
)
def test_a_bad_reset_is_one_sentence_and_changes_nothing(arguments: dict[str, Any], sentence: str) -> None:
    env, twin = begun(instances="random:2x2"), begun(instances="random:2x2")
    with pytest.raises(ValueError, match=sentence):
        env.reset(**{"seed": 5, **arguments})
    for mine, theirs in zip(env.observation, twin.observation, strict=True):
        np.testing.assert_array_equal(mine, theirs)
    env.reset()
    twin.reset()
    np.testing.assert_array_equal(env.observation.ids, twin.observation.ids)  # nor have the generators changed


@pytest.mark.parametrize(
    ("actions", "sentence"),
    [
        (np.array([0]), r"The actions have shape \(1,\) and dtype int64, but must be \(2,\) integers"),
        (np.array([[0], [0]]), r"The actions have shape \(2, 1\)"),
        (np.array([0.0, 1.0]), r"The actions have shape \(2,\) and dtype float64, but must be \(2,\) integers"),
        (np.array([True, False]), "dtype bool"),
        (["a", "b"], "dtype <U1"),
        (np.array([0, 2]), r"Action 2 of environment 1 is illegal, since actions are 0..1; legal are \[0, 1\]"),
        (np.array([-1, 0]), "Action -1 of environment 0 is illegal, since actions are 0..1"),
    ],
)
def test_bad_actions_are_one_sentence(actions: Any, sentence: str) -> None:
    env = begun()
    before = env.get_state()
    with pytest.raises(ValueError, match=sentence):
        env.step(actions)
    for mine, theirs in zip((*env.state, *env.observation), (*before.state, *before.observation), strict=True):
        np.testing.assert_array_equal(mine, theirs)


def test_a_masked_action_says_why() -> None:
    env = begun(1, [SMALL], shape=(3, 2, 4), autoreset=False)
    with pytest.raises(ValueError, match=r"Action 2 .* since the instance has 2 jobs; legal are \[0, 1\]"):
        env.step(np.array([2]))
    env = begun(1, [SMALL], skip_forced=False, autoreset=False)
    for _ in range(2):
        env.step(np.array([0]))
    with pytest.raises(ValueError, match=r"Action 0 .* since job 0 is finished; legal are \[1\]"):
        env.step(np.array([0]))
    env = begun(1, [JobShopInstance.from_jobs([[(0, 1)], [(0, 1)], [(1, 9)]])])
    with pytest.raises(ValueError, match="the next operation of job 2 is no candidate of the active scheme now"):
        env.step(np.array([2]))


@pytest.mark.parametrize("illegal", ["raise", "wrap"])
@pytest.mark.parametrize("dtype", [np.int8, np.int32, np.uint64])
def test_actions_may_be_any_integers(illegal: str, dtype: type) -> None:
    expected = begun().step(np.array([1, 0]))[1].tolist()
    assert begun(illegal=illegal).step(np.array([1, 0], dtype))[1].tolist() == expected
    assert begun(illegal=illegal).step([1, 0])[1].tolist() == expected  # type: ignore[arg-type]


def test_wrapped_actions_count_the_legal_ones() -> None:
    shop = JobShopInstance.from_jobs([[(1, 9)], [(0, 1)], [(1, 8)], [(0, 2)]])  # first decision: jobs 1 and 3 on m0
    for action, job in ((0, 1), (1, 3), (2, 1), (7, 3), (-1, 3)):
        env = begun(1, [shop], illegal="wrap")
        assert lowest(env)[0] == 1
        env.step(np.array([action]))
        assert env.observation.node_state[0, 1 + job, 1:3].tolist() == pytest.approx([0, (1, 2)[job == 3] / 17])


def test_nothing_is_played_before_a_reset() -> None:
    env = make(render_mode="ansi")
    for call in (lambda: env.step(np.zeros(2, int)), env.get_state, env.render):
        with pytest.raises(ValueError, match="No episode has begun: call reset first"):
            call()
    with pytest.raises(ValueError, match="the first reset is of all environments"):
        env.reset(options={"reset_mask": np.array([True, False])})
    assert env.done.all()
    one = DispatchEnv("jobshop", [SMALL])
    with pytest.raises(ValueError, match="The episode is over or not begun, so no action is legal: call reset first"):
        one.step(0)


def test_a_finished_episode_takes_no_action() -> None:
    one = DispatchEnv("jobshop", [JobShopInstance.from_jobs([[(0, 1)]])])
    one.reset()
    _, _, terminated, truncated, info = one.step(0)
    assert terminated is True and truncated is False and info["objective"] == 1
    with pytest.raises(ValueError, match="The episode is over"):
        one.step(0)


def pieces(snapshot: Any) -> Iterator[tuple[str, str, np.ndarray]]:
    """Part, name and array of everything in a snapshot."""
    for part in ("state", "observation", "outcome"):
        yield from ((part, name, array) for name, array in getattr(snapshot, part)._asdict().items())


def swapped(snapshot: Any, part: str, name: str, array: Any) -> Any:
    return snapshot._replace(**{part: getattr(snapshot, part)._replace(**{name: array})})


CHANGED = "has been changed since get_state made it, .*: take another with get_state"
GENERATOR = np.random.default_rng(0).bit_generator.state
MISFITS: dict[str, tuple[Callable[[Any], Any], str]] = {
    "nothing": (lambda _: None, "The state is a NoneType, but must be a Snapshot, as get_state returns it"),
    "a tuple": (tuple, "The state is a tuple, but must be a Snapshot"),
    "other problem": (lambda s: s._replace(state=(np.zeros(2),)), "The snapshot is not of jobshop, which this"),
    "an own class": (lambda s: s._replace(state=tuple(s.state)), "The snapshot is not of jobshop, which this"),
    "other options": (
        lambda _: begun(scheme="semi_active").get_state(),
        r"played under Options\(scheme='semi_active'.*, but this environment has .*: make both with the same options",
    ),
    "options passed off": (
        lambda s: begun(scheme="semi_active").get_state()._replace(options=s.options),
        f"The snapshot {CHANGED}",
    ),
    "larger room": (
        lambda _: begun(instances=[LARGE]).get_state(),
        r"The snapshot is of another shape: .* make both with the same shape=",
    ),
    "no observation": (lambda s: s._replace(observation=None), f"The observation or the outcome .* {CHANGED}"),
    "other outcome": (lambda s: s._replace(outcome=tuple(s.outcome)), f"The observation or the outcome .* {CHANGED}"),
    "a list": (
        lambda s: swapped(s, "outcome", "reward", [0.0, 0.0]),
        "The snapshot has an list where there must be one of 1 and float64",
    ),
    "rows differ": (
        lambda s: s._replace(running=s.running[:1]),
        f"arrays and instances of the snapshot differ in their number of rows: it {CHANGED}",
    ),
    "instances left out": (
        lambda s: s._replace(instances=s.instances[:1]),
        f"arrays and instances of the snapshot differ in their number of rows: it {CHANGED}",
    ),
    "instances of another problem": (lambda s: s._replace(instances=[FOREIGN] * 2), f"The snapshot {CHANGED}"),
    "other instances": (lambda s: s._replace(instances=[OTHER] * 2), f"The snapshot {CHANGED}"),
    "no instances": (lambda s: s._replace(instances="ab"), f"The snapshot {CHANGED}"),
    "generators left out": (lambda s: s._replace(generators=[]), "has 2 rows, but its generators are not a list of"),
    "no generators": (lambda s: s._replace(generators=None), "has 2 rows, but its generators are not a list of"),
    "other generators": (
        lambda s: s._replace(generators=[GENERATOR, np.random.MT19937(0).state]),
        "The generator of row 1 of the snapshot is .*, but must be the state of a PCG64",
    ),
    "half a generator": (
        lambda s: s._replace(generators=[{**GENERATOR, "state": {}}] * 2),
        "The generator of row 0 of the snapshot is",
    ),
    "a generator below 0": (
        lambda s: s._replace(generators=[{**GENERATOR, "state": {"state": -1, "inc": 3}}] * 2),
        "The generator of row 0 of the snapshot is",
    ),
    "half a number": (
        lambda s: s._replace(generators=[{**GENERATOR, "state": {"state": 1.5, "inc": 3}}] * 2),
        "The generator of row 0 of the snapshot is",
    ),
}


def unchanged(env: DispatchVectorEnv, before: Any) -> None:
    for mine, theirs in zip(env.get_state().arrays(), before.arrays(), strict=True):
        np.testing.assert_array_equal(mine, theirs)


@pytest.mark.parametrize("misfit", MISFITS)
def test_a_snapshot_that_does_not_belong_is_one_sentence_and_changes_nothing(misfit: str) -> None:
    change, sentence = MISFITS[misfit]
    env = begun()
    before = env.get_state()
    env.step(lowest(env))
    after = env.get_state()
    with pytest.raises(ValueError, match=sentence):
        env.set_state(change(before))
    unchanged(env, after)
    assert env.get_state().generators == after.generators


def test_a_snapshot_of_which_any_array_was_changed_is_refused() -> None:
    env = begun()
    before, count = env.get_state(), 0
    for part, name, array in pieces(before):
        others = [array.astype(np.int16 if array.dtype != np.int16 else np.int32) if array.dtype.names is None else 0]
        others.append(array[..., None])
        if array.size:
            changed = array.copy()
            changed.view(np.uint8).reshape(-1)[-1] ^= 0x3F  # among others, an index far beyond the room
            others.append(changed)
        for other in others:
            count += 1
            with pytest.raises(ValueError, match=r"snapshot"):
                env.set_state(swapped(before, part, name, other))
    assert count > 60
    unchanged(env, before)


@pytest.mark.parametrize(
    ("repeat", "sentence"),
    [
        (2, r"2 rows x repeat 2 = 4 exceed num_envs 2"),
        (0, "repeat is 0, but must be a whole number from 1 on"),
        (1.0, "repeat is 1.0, but must be a whole number from 1 on"),
        (True, "repeat is True, but must be"),
        ("2", "repeat is '2', but must be"),
    ],
)
def test_a_snapshot_is_repeated_a_whole_number_of_times(repeat: Any, sentence: str) -> None:
    env = begun()
    with pytest.raises(ValueError, match=sentence):
        env.set_state(env.get_state(), repeat=repeat)


@pytest.mark.parametrize("rows", [[2], [-1], [0.0], [True], [[0, 1]], "ab", [None], 0])
def test_a_snapshot_is_of_rows_that_are_there(rows: Any) -> None:
    with pytest.raises(ValueError, match=r"rows is .*, but must be whole numbers from 0 to 1 or a \(2,\) bool mask"):
        begun().get_state(rows)


@pytest.mark.parametrize(
    "travelled",
    [
        lambda state: pickle.loads(pickle.dumps(state)),
        deepcopy,
        lambda state: state._replace(observation=type(state.observation)(*map(np.asfortranarray, state.observation))),
    ],
    ids=["pickled", "copied", "in other memory order"],
)
def test_a_snapshot_may_travel(travelled: Any) -> None:
    env, fresh = begun(2, "random:3x3"), make(2, "random:3x3")
    env.step(lowest(env))
    fresh.set_state(travelled(env.get_state()))
    unchanged(fresh, env.get_state())


def test_a_snapshot_of_no_rows_ends_all() -> None:
    env = begun()
    env.set_state(env.get_state(np.zeros(0, int)))
    assert env.done.all()


def test_a_snapshot_of_some_rows_is_theirs() -> None:
    env = begun(3, "random:2x2", autoreset=False)
    for rows in (np.array([2, 0]), np.array([True, False, True])):
        chosen = np.flatnonzero(rows) if rows.dtype == bool else rows
        state = env.get_state(rows)
        assert [instance.name for instance in state.instances] == [env.instances[row].name for row in chosen]
        fresh = make(2, "random:2x2", autoreset=False)
        fresh.set_state(state)
        assert fresh.observation.ids.tolist() == env.observation.ids[chosen].tolist()
        assert [fresh.instances[row] is env.instances[chosen[row]] for row in range(2)] == [True, True]


def test_a_snapshot_carries_the_generators() -> None:
    env = begun(2, "random:2x2")
    state = env.get_state()
    first = env.reset()[0]["ids"]
    env.set_state(state)
    np.testing.assert_array_equal(env.reset()[0]["ids"], first)


@pytest.mark.parametrize("copied", [deepcopy, lambda env: pickle.loads(pickle.dumps(env))])
def test_a_copied_environment_has_buffers_of_its_own(copied: Any) -> None:
    env = begun(2, "random:2x2")
    other = copied(env)
    for _ in range(8):
        actions = env.observation.action_mask.argmax(1)
        _, _, ended, _, info = env.step(actions)
        found = other.step(actions)[4]
        np.testing.assert_array_equal(other.view().next_operation, env.view().next_operation)
        assert info.keys() == found.keys()
        for row in np.flatnonzero(ended):
            for name, array in info["final_obs"][row].items():
                np.testing.assert_array_equal(found["final_obs"][row][name], array)


def test_seeds_may_be_one_or_a_list() -> None:
    def ids(seed: Any) -> list[int]:
        return make(3, "random:3x3").reset(seed=seed)[0]["ids"][:, 0].tolist()

    assert ids(7) == ids([7, 8, 9]) == ids((7, 8, 9)) == ids(np.array([7, 8, 9])) == ids(np.int64(7))
    assert ids([7, None, 9])[::2] == ids(7)[::2] and ids([7, None, 9])[1] != ids(7)[1]
    assert len(set(ids(7))) == 3


def test_options_say_what_the_rows_play() -> None:
    env = make(4, [SMALL, OTHER])
    env.reset(options={"instances": [SMALL, OTHER], "repeat": 2})
    assert [instance.name for instance in env.instances] == ["small", "small", "other", "other"]
    env.reset(options={"instances": (OTHER, SMALL, SMALL, OTHER)})
    assert [instance.name for instance in env.instances] == ["other", "small", "small", "other"]
    drawn = make(4, "random:3x3")
    drawn.reset(seed=0, options={"repeat": 2})
    first, second, third, fourth = drawn.instances
    assert first is second and third is fourth and first != third


def test_a_reset_mask_restarts_these_rows_only() -> None:
    env = begun(3, "random:3x3", autoreset=False, copy=False)
    while env.running.any():
        env.step(lowest(env))
    before, instances = env.get_state(), list(env.instances)
    mask = np.array([False, True, False])
    _, info = env.reset(options={"reset_mask": mask, "instances": [LARGE]})
    assert env.done.tolist() == [True, False, True] and info["_action_mask"].tolist() == mask.tolist()
    assert env.instances[1] is LARGE and env.instances[0] is instances[0] and env.instances[2] is instances[2]
    for mine, theirs in zip((*env.state, *env.observation, *env.outcome), unrolled(before), strict=True):
        np.testing.assert_array_equal(mine[~mask], theirs[~mask])
    _, reward, terminated, _, info = env.step(lowest(env))
    assert terminated.tolist() == [True, False, True] and not reward[~mask].any()
    assert info["_objective"].tolist() == [True, False, True]
    assert info["objective"][0] == before.outcome.objective[0]


def unrolled(state: Any) -> tuple[np.ndarray, ...]:
    return (*state.state, *state.observation, *state.outcome)


def test_a_reset_mask_and_a_seed_touch_the_generators_of_these_rows_only() -> None:
    mask = np.array([True, False, True])
    env, twin = begun(3, "random:3x3"), begun(3, "random:3x3")
    env.reset(seed=50, options={"reset_mask": mask})
    assert env.reset()[0]["ids"][1].tolist() == twin.reset()[0]["ids"][1].tolist()


def play(env: DispatchVectorEnv, steps: int) -> list[Any]:
    """Everything that a reset and some steps return."""
    returned: list[Any] = [env.reset(seed=3)]
    rng = np.random.default_rng(0)
    for _ in range(steps):
        mask = env.observation.action_mask
        returned.append(env.step((rng.random(mask.shape) * mask).argmax(axis=1)))
    return returned


def arrays(value: Any) -> list[np.ndarray]:
    """All arrays inside tuples and dictionaries, in order."""
    if isinstance(value, dict):
        return [array for item in value.values() for array in arrays(item)]
    if isinstance(value, tuple | list):
        return [array for item in value for array in arrays(item)]
    return [value] if isinstance(value, np.ndarray) and value.dtype != object else []


def test_copies_are_never_changed_by_later_steps() -> None:
    env = make(3, "random:2x2..4x3")
    rng, kept, seen = np.random.default_rng(0), [], set()
    returned: Any = env.reset(seed=3)
    for _ in range(60):
        kept.append((returned, env.action_masks(), [array.copy() for array in arrays(returned)]))
        seen.add(returned[0]["ids"][:, 0].tobytes())
        mask = returned[-1]["action_mask"]
        returned = env.step((rng.random(mask.shape) * mask).argmax(axis=1))
    assert len(seen) > 10
    for returned, masks, copies in kept:
        for now, then in zip(arrays(returned), copies, strict=True):
            np.testing.assert_array_equal(now, then)
        np.testing.assert_array_equal(masks, returned[-1]["action_mask"])


def test_copies_share_the_graph_until_it_changes() -> None:
    env = make(2, [SMALL, OTHER], autoreset=False)
    first, _ = env.reset(options={"instances": [SMALL, OTHER]})
    second = env.step(np.array([0, 0]))[0]
    for name in first:
        assert (first[name] is second[name]) == (name in GRAPH)
    third, _ = env.reset(options={"instances": [OTHER, OTHER]})
    assert all(third[name] is not second[name] for name in third)


def test_writing_into_copies_leaves_the_environment_alone() -> None:
    env, twin = make(3, "random:2x2..4x3"), make(3, "random:2x2..4x3")
    (observation, info), _ = env.reset(seed=3), twin.reset(seed=3)
    rng = np.random.default_rng(0)
    for _ in range(40):
        mask = twin.observation.action_mask
        for array in arrays([{name: array for name, array in observation.items() if name not in GRAPH}, info]):
            array[...] = 0
        actions = (rng.random(mask.shape) * mask).argmax(axis=1)
        (observation, reward, *_, info), expected = env.step(actions), twin.step(actions)
        np.testing.assert_array_equal(reward, expected[1])
        for name, array in observation.items():
            np.testing.assert_array_equal(array, expected[0][name])


def test_without_copies_the_buffers_are_returned() -> None:
    env = make(2, copy=False)
    observation, info = env.reset(seed=0)
    later = env.step(lowest(env))[0]
    for name, buffer in env.observation._asdict().items():
        assert observation[name] is buffer and later[name] is buffer
    assert info["action_mask"] is env.observation.action_mask and env.action_masks() is env.observation.action_mask


def test_one_environment_copies_too() -> None:
    env = DispatchEnv("jobshop", "random:3x3")
    observation, info = env.reset(seed=0)
    mask = env.action_masks()
    kept = {name: array.copy() for name, array in observation.items()}
    done = False
    while not done:
        done = env.step(int(env.action_masks().argmax()))[2]
    env.reset()
    for name, array in observation.items():
        np.testing.assert_array_equal(array, kept[name])
    np.testing.assert_array_equal(mask, kept["action_mask"])
    np.testing.assert_array_equal(info["action_mask"], kept["action_mask"])
    raw = DispatchEnv("jobshop", [SMALL], copy=False)
    observation, _ = raw.reset(seed=0)
    assert all(np.shares_memory(observation[name], getattr(raw.vector.observation, name)) for name in observation)


def test_pictures_are_alike_in_size_and_show_what_was_decided() -> None:
    env = DispatchEnv("jobshop", [SMALL], render_mode="rgb_array")
    env.reset(seed=0)
    frames, done = [env.render()], False
    while not done:
        done = env.step(int(env.action_masks().argmax()))[2]
        frames.append(env.render())
    assert all(frame.dtype == np.uint8 and frame.ndim == 3 and frame.shape[2] == 3 for frame in frames)
    assert len({frame.shape for frame in frames}) == 1 and (frames[0] != frames[-1]).any()
    both = begun(2, render_mode="rgb_array").render()
    assert both is not None and len(both) == 2 and both[0].shape == frames[0].shape


def test_tables_show_what_was_decided() -> None:
    env = DispatchEnv("jobshop", [SMALL], render_mode="ansi")
    env.reset(seed=0)
    assert env.render() == "small 2x2, 0 of 4 operations (j: job, m: machine, start-end)\nm0 |\nm1 |"
    env.step(0)
    assert env.render().splitlines() == [
        "small 2x2, makespan 9 (j: job, m: machine, start-end)", "m0 | j0 0-3  j1 3-5", "m1 | j0 3-5  j1 5-9"
    ]  # fmt: skip
    tables = begun(2, render_mode="ansi").render()
    assert tables is not None and [table.splitlines()[0][:5] for table in tables] == ["small"] * 2
    assert begun(2).render() is None


def test_a_fixed_set_is_played_with_room_for_its_largest() -> None:
    env = make(5, [SMALL, LARGE])
    assert env.shape == (3, 3, 9)
    names = set()
    for seed in range(5):
        env.reset(seed=10 * seed)
        names |= {instance.name for instance in env.instances}
    assert names == {"small", "large"}


def test_gymnasium_makes_both_by_name() -> None:
    env = gymnasium.make("envs:dispatch/JobShop-v0", instances=load_set("ft06"), scheme="semi_active")
    assert env.reset(seed=0)[1]["action_mask"].tolist() == [1] * 6
    envs = gymnasium.make_vec("envs:dispatch/JobShop-v0", 2, "vector_entry_point", instances="random:2x2")
    assert envs.num_envs == 2 and envs.reset(seed=0)[0]["node_type"].shape == (2, 7)
    with pytest.raises(ValueError, match="jobshop has no option 'shceme': the nearest is 'scheme'"):
        gymnasium.make("envs:dispatch/JobShop-v0", shceme="active")


def test_importing_the_package_is_cheap() -> None:
    code = "import sys, envs; print([name for name in ('torch', 'matplotlib', 'numba') if name in sys.modules])"
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=Path(__file__).parents[1]
    )
    assert answer.stdout.strip() == "[]"
