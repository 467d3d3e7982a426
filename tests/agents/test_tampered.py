"""A checkpoint that a stranger has sent: whatever was changed in it is refused in one sentence, and costs no memory."""

import io
import json
import subprocess
import sys
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from agents.attributes import FIXED, types_of
from agents.d3s import D3S
from agents.grpo import GRPO
from agents.policy import GraphPolicy
from agents.ppo import PPO
from envs.core.typed import words
from tests.agents.samples import job_shops, random_policy

Members = dict[str, bytes]


@pytest.fixture(scope="module")
def members() -> Members:
    """Those of a small checkpoint that has learned a little."""
    model = PPO("GraphPolicy", job_shops(), n_steps=8, batch_size=32, device="cpu", policy_kwargs={"width": 16})
    model.learn(64)
    file = io.BytesIO()
    model.save(file)
    with zipfile.ZipFile(file) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(members: Members, **how: Any) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content, **how)
    return file.getvalue()


def with_data(change: Callable[[dict[str, Any]], Any]) -> Callable[[Members], bytes]:
    """The checkpoint with other attributes."""

    def tamper(members: Members) -> bytes:
        data = json.loads(members["data"])
        change(data)
        return packed(members | {"data": json.dumps(data).encode()})

    return tamper


def sets(*path: str, to: Any) -> Callable[[Members], bytes]:
    """The checkpoint with another value at a place of its data."""

    def change(data: Any) -> None:
        for name in path[:-1]:
            data = data[name]
        data[path[-1]] = to

    return with_data(change)


def with_weights(name: str, change: Callable[[Any], Any]) -> Callable[[Members], bytes]:
    """The checkpoint with other tensors."""

    def tamper(members: Members) -> bytes:
        state = torch.load(io.BytesIO(members[name]), weights_only=True)
        found = change(state)
        state = found if isinstance(found, dict | list) else state
        file = io.BytesIO()
        torch.save(state, file)
        return packed(members | {name: file.getvalue()})

    return tamper


def puts(name: str, value: Any) -> Callable[[dict[str, Any]], None]:
    return lambda state: state.__setitem__(name, value)


def fills(name: str, value: float) -> Callable[[dict[str, Any]], None]:
    return lambda state: state[name].view(-1)[:1].fill_(value)


def edited(name: str, old: bytes, new: bytes) -> Callable[[Members], bytes]:
    """The checkpoint with another text in its data or its tensors' pickle."""

    def tamper(members: Members) -> bytes:
        assert old in members[name]
        return packed(members | {name: members[name].replace(old, new)})

    return tamper


def inside(name: str, change: Callable[[str, bytes], bytes], **how: Any) -> Callable[[Members], bytes]:
    """The checkpoint with other members in the zip file of tensors that a member is."""

    def tamper(members: Members) -> bytes:
        with zipfile.ZipFile(io.BytesIO(members[name])) as archive:
            inner = {one: change(one, archive.read(one)) for one in archive.namelist()}
        return packed(members | {name: packed(inner, **how)})

    return tamper


def calls(function: str) -> Callable[[str, bytes], bytes]:
    """A pickle that calls something with ten thousand million."""
    pickle = b"\x80\x02c" + function.replace(" ", "\n").encode() + b"\n\x8a\x05\x00\xe4\x0bT\x02\x85R."
    return lambda name, content: pickle if name.endswith("data.pkl") else content


def flagged(members: Members) -> bytes:
    """As a zip file that is encrypted says of its members."""
    content = bytearray(packed(members))
    for signature, offset in ((b"PK\x01\x02", 8), (b"PK\x03\x04", 6)):
        content[content.rindex(signature, 0, content.rindex(b"PK\x05\x06")) + offset] |= 1
    return bytes(content)


def twice(members: Members) -> bytes:
    file = io.BytesIO(packed(members))
    with pytest.warns(UserWarning, match="Duplicate"), zipfile.ZipFile(file, "a") as archive:
        archive.writestr("data", members["data"])
    return file.getvalue()


def commented(members: Members) -> bytes:
    file = io.BytesIO(packed(members))
    with zipfile.ZipFile(file, "a") as archive:
        archive.comment = b"hello"
    return file.getvalue()


def overlapping(members: Members) -> bytes:
    """A directory whose last member lies where its first one does."""
    content = bytearray(packed(members))
    last = content.rindex(b"PK\x01\x02")
    content[last + 42 : last + 46] = bytes(4)
    return bytes(content)


def larger_than_stored(members: Members) -> bytes:
    """A directory that claims four thousand million bytes for a member."""
    content = bytearray(packed(members))
    last = content.rindex(b"PK\x01\x02")
    content[last + 24 : last + 28] = b"\xf0\xff\xff\xff"
    return bytes(content)


def expanded(state: dict[str, Any]) -> None:
    name = next(iter(state))
    state[name] = torch.zeros(1).expand(1 << 30)


DATA = "it is damaged"
TAMPERED: list[tuple[str, Callable[[Members], bytes], str]] = [
    # The zip file.
    (
        "is a bomb",
        lambda m: packed(m | {"data": bytes(1 << 28)}, compress_type=8),
        "is compressed|unpacks to 268,435,456",
    ),
    ("has compressed weights", lambda m: packed(m, compress_type=8), "is compressed, which weights are not"),
    ("is compressed oddly", lambda m: packed(m, compress_type=12), "is compressed in an unknown way"),
    ("is encrypted", flagged, "is encrypted"),
    ("has a member twice", twice, "data is in it twice"),
    ("has members over each other", overlapping, "lies over another member"),
    ("claims more than it stores", larger_than_stored, r"claims 4,294,967,280 bytes, but stores"),
    ("has an absolute name", lambda m: packed(m | {"/etc/passwd": b""}), "'/etc/passwd' is no part of one"),
    ("has another member", lambda m: packed(m | {"run.py": b""}), "'run.py' is no part of one"),
    ("has a comment", commented, "has a comment"),
    ("has bytes before it", lambda m: b"MZ" + packed(m), "bytes that belong to no member"),
    (
        "has bytes after it",
        lambda m: packed(m) + b"more",
        "bytes that belong to no member|has a comment|no zip|not a zip",
    ),
    ("has no data", lambda m: packed({name: m[name] for name in m if name != "data"}), "no item named 'data'"),
    ("is cut", lambda m: packed(m)[:2000], "File is not a zip file"),
    # Its data as JSON.
    ("has deep data", lambda m: packed(m | {"data": b"[" * 100_000}), "is no checkpoint, or a damaged one"),
    ("has long numbers", lambda m: packed(m | {"data": b"1" * 10_000}), "is no checkpoint, or a damaged one"),
    ("has data that is no dict", lambda m: packed(m | {"data": b"[]"}), "its data is no dict"),
    ("has data that is no text", lambda m: packed(m | {"data": b"\xff\xfe"}), "is no checkpoint, or a damaged one"),
    ("has NaN", edited("data", b'"gamma": 1.0', b'"gamma": NaN'), "its data has the number NaN"),
    ("has infinity", edited("data", b'"gamma": 1.0', b'"gamma": 1e999'), "its data has the number 1e999"),
    # Names and types.
    ("sets a method", sets("learn", to=3), "sets 'learn', which no checkpoint may"),
    ("sets a buffer", sets("rollout_buffer_class", to="x"), "sets 'rollout_buffer_class', which no checkpoint may"),
    ("sets the logger", sets("_logger", to=None), "sets '_logger', which no checkpoint may"),
    ("lacks a name", with_data(lambda data: data.pop("trained_on")), "it lacks trained_on"),
    ("lacks two", with_data(lambda data: [data.pop("n_envs"), data.pop("seed")]), "it lacks n_envs, seed"),
    *(
        (f"has another {name}", sets(name, to={"x": [1]}), f"has {name} .* but it must be")
        for name in (
            "n_envs",
            "seed",
            "verbose",
            "num_timesteps",
            "gamma",
            "normalize_advantage",
            "learning_rate",
            "tensorboard_log",
        )
    ),
    ("has text for a number", sets("n_steps", to="128"), "n_steps '128', but it must be a whole number"),
    ("has a fraction", sets("num_timesteps", to=0.5), "num_timesteps 0.5, but it must be a whole number"),
    ("has true for a number", sets("batch_size", to=True), "batch_size True, but it must be a whole number"),
    ("has no environments", sets("n_envs", to=0), "n_envs 0, but it must be from 1 on"),
    ("has an odd window", sets("_stats_window_size", to=-1), "_stats_window_size -1, but it must be from 1 on"),
    ("has an endless number", sets("_n_updates", to=2**70), "_n_updates .*, but it must be from 0 on"),
    ("has other episodes", sets("ep_info_buffer", to=[{"r": "x"}]), "ep_info_buffer .* but it must be a list"),
    ("has no schedule", sets("learning_rate", to="fast"), "learning_rate is wrong: 'fast' is no schedule"),
    ("breaks a rule", sets("n_epochs", to=0), "n_epochs is 0, but must be a whole number from 1 on"),
    ("has a coefficient below 0", sets("ent_coef", to=-1.0), "ent_coef is -1.0, but must be"),
    ("has a run that is a list", sets("run", to=[1]), "has run .* but it must be"),
    ("has half a run", sets("run", to={"cpu_s": 1.0}), "has no decisions in its run"),
    ("was trained on a number", sets("trained_on", to={"problem": 3}), "another form as trained_on"),
    ("was trained on another form", sets("trained_on", "spec", to={"node_types": 3}), "another form as trained_on"),
    # Sizes.
    ("has many rounds", sets("policy_kwargs", "rounds", to=10_000_000), "rounds is 10000000, but"),
    ("has many layers", sets("policy_kwargs", "layers", to=10_000_000), "layers is 10000000, but"),
    ("is wide", sets("policy_kwargs", "width", to=100_000), "100000"),
    ("is wider than stored", sets("policy_kwargs", "width", to=64), "has weights for other networks than it should"),
    ("is below zero", sets("policy_kwargs", "width", to=-4), "-4"),
    ("has a long observation", sets("observation_space", "node_features", "shape", to=[10**9, 6]), "shape"),
    (
        "has a large observation",
        sets("observation_space", "node_features", "shape", to=[10**7, 6]),
        "at most 33,554,432",
    ),
    (
        "has another observation",
        with_data(lambda d: d["observation_space"]["node_state"]["shape"].__setitem__(1, 11)),
        "has weights for other",
    ),
    ("has many types", sets("observation_space", "node_type", "high", to=2**31), DATA),
    ("has more types", sets("observation_space", "node_type", "high", to=9), "has weights for other networks"),
    ("has no observation", sets("observation_space", to={}), "the observation lacks node_features"),
    ("has a shape of text", sets("observation_space", "edges", "shape", to=["2"]), "the array edges has the shape"),
    ("has objects", sets("observation_space", "edges", "dtype", to="object"), "the array edges has 'object'"),
    ("has many actions", sets("action_space", "n", to=10**12), "a number of actions is 1000000000000"),
    ("has large updates", sets("n_steps", to=10**9), "updates of 8,000,000,000 decisions"),
    ("has another network", sets("policy_kwargs", "encode", to="none"), "the network lacks that is described"),
    ("has another argument", sets("policy_kwargs", "wide", to=3), "a policy has no 'wide'"),
    ("has code as an argument", sets("policy_kwargs", "lr_schedule", to="x"), "a policy has no 'lr_schedule'"),
    (
        "has another optimizer",
        sets("policy_kwargs", "optimizer_kwargs", to={"x": 1}),
        "optimizer_kwargs is .*unexpected keyword",
    ),
    ("has an odd guide", sets("policy_kwargs", "guide", to=[10**6, 1.0]), DATA),
    # Weights.
    ("has NaN in its weights", with_weights("policy.pth", fills("decoder.logit.weight", float("nan"))), "not finite"),
    (
        "has infinite moments",
        with_weights("policy.optimizer.pth", lambda s: s["state"][0]["exp_avg"].fill_(torch.inf)),
        "not finite",
    ),
    (
        "has an odd rate",
        with_weights("policy.optimizer.pth", lambda s: s["param_groups"][0].update(lr=torch.inf)),
        "lr inf",
    ),
    (
        "lacks weights",
        with_weights("policy.pth", lambda s: s.pop("decoder.logit.weight")),
        "has no weights decoder",
    ),
    (
        "has more weights",
        with_weights("policy.pth", puts("more", torch.zeros(3))),
        "has weights more, which the network",
    ),
    (
        "has double weights",
        with_weights("policy.pth", lambda s: {k: v.double() for k, v in s.items()}),
        "other networks",
    ),
    ("has expanded weights", with_weights("policy.pth", expanded), "claims tensors of 4,29"),
    ("has a list as weights", with_weights("policy.pth", lambda _: [torch.zeros(2)]), "has no weights"),
    (
        "has other moments",
        with_weights("policy.optimizer.pth", lambda s: s["state"][0].update(exp_avg=torch.zeros(7))),
        "for parameter 0 a exp_avg that does not fit",
    ),
    (
        "has other parameters",
        with_weights("policy.optimizer.pth", lambda s: s["param_groups"][0].update(params=[0])),
        "is of other parameters than",
    ),
    ("has another option", with_weights("policy.optimizer.pth", lambda s: s["param_groups"][0].update(x=1)), "has 'x'"),
    ("has compressed tensors", inside("policy.pth", lambda _, content: content, compress_type=8), "is compressed"),
    ("calls bytearray", inside("policy.pth", calls("builtins bytearray")), "it names builtins bytearray"),
    ("calls a tensor", inside("policy.pth", calls("torch FloatTensor")), "it names torch FloatTensor"),
    ("calls a storage", inside("policy.pth", calls("torch.storage UntypedStorage")), "it names torch.storage"),
    ("calls a shell", inside("policy.pth", calls("posix system")), "it names posix system"),
    (
        "stores less",
        inside("policy.pth", lambda name, content: b"" if name.endswith("data/0") else content),
        "something else than weights",
    ),
    (
        "has other networks",
        lambda m: packed(m | {"env.pth": m["policy.pth"]}),
        "has weights of 'env', which no model has",
    ),
    # Generators.
    *(
        (
            f"has a short {name}",
            with_weights(
                "pytorch_variables.pth",
                lambda s, name=name: puts(name, s[name][:3])(s) if name != "numpy_rest" else puts(name, s[name][:1])(s),
            ),
            f"generator '{name}' is not",
        )
        for name in ("torch", "numpy", "numpy_rest", "python")
    ),
    (
        "has generators of another type",
        with_weights("pytorch_variables.pth", lambda s: puts("torch", s["torch"].float())(s)),
        "generator 'torch' is not 5056 numbers",
    ),
    (
        "has another generator",
        with_weights("pytorch_variables.pth", puts("other", torch.zeros(3))),
        "generator 'other'",
    ),
    (
        "has a far position",
        with_weights("pytorch_variables.pth", fills("numpy_rest", 1e6)),
        "no position from 0 to 624",
    ),
    ("has a negative word", with_weights("pytorch_variables.pth", fills("python", -1)), "has numbers outside"),
    ("has another stream", sets("env_generators", to=[{"bit_generator": "MT19937"}] * 8), "generator of row 0"),
    ("has an endless stream", with_data(lambda d: d["env_generators"][1]["state"].update(state=2**200)), "of row 1"),
]


@pytest.mark.parametrize(("tamper", "sentence"), [one[1:] for one in TAMPERED], ids=[one[0] for one in TAMPERED])
def test_a_checkpoint_that_is_refused(
    members: Members, tmp_path: Path, tamper: Callable[[Members], bytes], sentence: str
) -> None:
    (tmp_path / "x.zip").write_bytes(tamper(members))
    before = torch.get_rng_state()
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match=sentence) as stop:
            PPO.load(tmp_path / "x.zip", env=job_shops(), device="cpu")
        assert tracemalloc.get_traced_memory()[1] < 50e6
    finally:
        tracemalloc.stop()
    assert "x.zip" in str(stop.value) and "\n" not in str(stop.value)
    assert torch.equal(torch.get_rng_state(), before)


def test_a_checkpoint_that_is_put_together_again_is_taken(members: Members, tmp_path: Path) -> None:
    (tmp_path / "x.zip").write_bytes(packed(members))
    assert PPO.load(tmp_path / "x.zip", env=job_shops(), device="cpu").num_timesteps == 64


BOUNDED = """
import resource, sys
from agents.ppo import PPO
from agents.policy import GraphPolicy
used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + 400_000_000, -1))
for path in sys.argv[1:]:
    try:
        PPO.load(path, device="cpu")
    except ValueError as error:
        print("refused")
"""


def test_what_claims_to_be_large_is_refused_in_little_memory(members: Members, tmp_path: Path) -> None:
    names = (
        "is a bomb",
        "has many rounds",
        "is wide",
        "has a long observation",
        "has many types",
        "has expanded weights",
    )
    names += (
        "calls bytearray",
        "calls a tensor",
        "has large updates",
        "claims more than it stores",
        "has many actions",
    )
    paths = []
    for name, tamper, _ in TAMPERED:
        if name in names:
            paths.append(tmp_path / f"{len(paths)}.zip")
            paths[-1].write_bytes(tamper(members))
    assert len(paths) == len(names)
    line = [sys.executable, "-c", BOUNDED, *map(str, paths)]
    found = subprocess.run(line, capture_output=True, text=True, check=False)
    assert found.stdout.split() == ["refused"] * len(paths), found.stderr


@pytest.mark.parametrize("kind", [PPO, GRPO, D3S])
def test_every_attribute_that_is_saved_has_a_type(kind: Any) -> None:
    found = types_of(kind, (*kind.saved, *kind.added))
    assert all(words(one) and one is not Any for one in (FIXED | found).values())


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda c: c["data"].update(rounds=10**7), "rounds is 10000000"),
        (lambda c: c["data"].update(width=10**5), "100000|other networks"),
        (lambda c: c["data"].update(width="16"), "width is '16'"),
        (lambda c: c["data"].update(x=1), "a policy has no 'x'"),
        (lambda c: c["data"]["observation_space"]["node_features"].update(shape=[10**9, 3]), "shape"),
        (lambda c: c["data"].pop("action_space"), "another form|no policy"),
        (lambda c: c.pop("data"), "is no policy that save has written"),
        (lambda c: c["state_dict"]["decoder.logit.weight"].fill_(torch.nan), "not finite"),
        (lambda c: c.pop("state_dict"), "there are weights for fewer"),
    ],
)
def test_a_policy_that_a_stranger_sent_is_checked_as_a_checkpoint_is(
    tmp_path: Path, change: Callable[[Any], object], sentence: str
) -> None:
    random_policy("once").save(tmp_path / "policy.pt")
    GraphPolicy.load(tmp_path / "policy.pt")
    content = torch.load(tmp_path / "policy.pt", weights_only=True)
    change(content)
    torch.save(content, tmp_path / "policy.pt")
    with pytest.raises(ValueError, match=sentence):
        GraphPolicy.load(tmp_path / "policy.pt", device="cpu")
