"""Checkpoints come back as they were, run no code, and outlive a full disk."""

import base64
import errno
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import cloudpickle
import numpy as np
import pytest
import stable_baselines3
import torch
from gymnasium.spaces import Box, Dict

from agents import archive
from agents.policy import GraphPolicy
from agents.ppo import PPO
from baselines.play import play
from envs.jobshop.env import JobShop
from envs.jobshop.instance import JobShopInstance
from tests.agents.samples import job_shops

SHORT: dict[str, Any] = {"n_steps": 16, "batch_size": 64, "n_epochs": 2, "device": "cpu"}
SCHEDULES = {"learning_rate": "linear:0.002:0.0005", "clip_range": "linear:0.3:0.1"}


class Marker:
    """Creates a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return Path.touch, (self.path,)


@pytest.fixture
def model() -> PPO:
    """Trained for half of the 1024 decisions that its schedules are meant for."""
    model = PPO("GraphPolicy", job_shops(), seed=7, policy_kwargs={"width": 32}, **SHORT, **SCHEDULES)  # type: ignore[arg-type]
    model.learn(512)
    model._total_timesteps = 1024
    return model


def rewrite(path: Path, changes: dict[str, bytes]) -> Path:
    """A copy of a checkpoint with other members."""
    target = path.with_name("changed.zip")
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            new.writestr(name, changes.get(name, old.read(name)))
    return target


def test_a_loaded_model_predicts_the_same(model: PPO, tmp_path: Path) -> None:
    model.save(tmp_path / "deep" / "model")
    loaded = PPO.load(tmp_path / "deep" / "model", device="cpu")
    observation: Any = job_shops("random:9x9").reset()
    np.testing.assert_array_equal(loaded.policy.scores(observation), model.policy.scores(observation))
    stream = io.BytesIO()
    model.save(stream)
    stream.seek(0)
    assert PPO.load(stream, device="cpu").num_timesteps == 512


def test_loading_to_predict_touches_no_generator(model: PPO, tmp_path: Path) -> None:
    model.save(tmp_path / "model.zip")
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    PPO.load(tmp_path / "model.zip", device="cpu")
    assert torch.equal(torch.rand(3), expected)


def test_resuming_keeps_schedules_optimizer_steps_and_generators(model: PPO, tmp_path: Path) -> None:
    model.save(tmp_path / "model.zip")
    expected_numbers = torch.rand(3), np.random.random(3)  # noqa: NPY002
    expected_ids = model.get_env().reset()["ids"]  # type: ignore[union-attr, index]
    env = job_shops()
    loaded = PPO.load(tmp_path / "model.zip", env=env, device="cpu")
    assert torch.equal(torch.rand(3), expected_numbers[0])
    np.testing.assert_array_equal(np.random.random(3), expected_numbers[1])  # noqa: NPY002
    np.testing.assert_array_equal(env.reset()["ids"], expected_ids)  # type: ignore[index]
    assert loaded.learning_rate == SCHEDULES["learning_rate"]
    assert (loaded.num_timesteps, loaded._n_updates, loaded.seed) == (512, model._n_updates, 7)
    assert (loaded.n_steps, loaded.batch_size, loaded.n_epochs) == (16, 64, 2)
    ours, theirs = loaded.policy.optimizer.state_dict(), model.policy.optimizer.state_dict()
    assert ours["param_groups"] == theirs["param_groups"]
    assert torch.equal(ours["state"][0]["exp_avg_sq"], theirs["state"][0]["exp_avg_sq"])
    loaded.learn(512, reset_num_timesteps=False)
    assert loaded.num_timesteps == 1024
    assert loaded.policy.optimizer.param_groups[0]["lr"] == pytest.approx(0.0005)
    assert loaded.clip_range(loaded._current_progress_remaining) == pytest.approx(0.1)  # type: ignore[operator]


def test_the_learning_rate_goes_on_from_where_it_stood(model: PPO, tmp_path: Path) -> None:
    model.save(tmp_path / "model.zip")
    loaded = PPO.load(tmp_path / "model.zip", env=job_shops(), device="cpu")
    rates: list[float] = []
    loaded.policy.optimizer.register_step_post_hook(lambda optimizer, *_: rates.append(optimizer.param_groups[0]["lr"]))
    loaded.learn(512, reset_num_timesteps=False)
    assert rates[0] == pytest.approx(0.0005 + 0.0015 * (1024 - 640) / 1024)


def test_a_pickled_field_is_refused_and_its_code_does_not_run(model: PPO, tmp_path: Path) -> None:
    marker = tmp_path / "marker"
    model.save(tmp_path / "model.zip")
    data = json.loads(zipfile.ZipFile(tmp_path / "model.zip").read("data"))
    pickled = base64.b64encode(cloudpickle.dumps(Marker(marker))).decode()
    data["lr_schedule"] = {":type:": "<class 'function'>", ":serialized:": pickled}
    changed = rewrite(tmp_path / "model.zip", {"data": json.dumps(data).encode()})
    with pytest.raises(ValueError, match=r"pickled fields \(lr_schedule\), whose loading runs code"):
        PPO.load(changed)
    assert not marker.exists()


@pytest.mark.parametrize("member", ["policy.pth", "pytorch_variables.pth"])
def test_code_among_the_weights_is_refused_and_does_not_run(model: PPO, tmp_path: Path, member: str) -> None:
    marker = tmp_path / "marker"
    model.save(tmp_path / "model.zip")
    stream = io.BytesIO()
    torch.save({"weight": Marker(marker)}, stream)
    changed = rewrite(tmp_path / "model.zip", {member: stream.getvalue()})
    with pytest.raises(ValueError, match=f"{member} in .* has something else than weights"):
        PPO.load(changed)
    assert not marker.exists()


def test_a_zip_of_stable_baselines3_is_refused_with_the_way_to_play_it(tmp_path: Path) -> None:
    stable_baselines3.PPO(GraphPolicy, job_shops(), **SHORT).save(tmp_path / "stock.zip")
    with pytest.raises(ValueError, match=r"pickled fields \(.*policy_class.*\).*stable_baselines3\.PPO\.load\(PATH\)"):
        PPO.load(tmp_path / "stock.zip")
    policy: Any = stable_baselines3.PPO.load(tmp_path / "stock.zip", device="cpu").policy
    shop = JobShopInstance.from_jobs([[(0, 3), (1, 2)], [(1, 4), (0, 1)]])
    assert play(JobShop(), shop, lambda env: policy.scores(env.observation)).objective >= 6


def test_a_full_disk_leaves_the_old_checkpoint(model: PPO, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model.save(tmp_path / "model.zip")
    before = (tmp_path / "model.zip").read_bytes()

    def no_room(content: Any, file: Any) -> None:
        file.write(b"some bytes")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(archive.torch, "save", no_room)
    with pytest.raises(OSError, match=r"was not written \(No space left on device\): the earlier one is kept"):
        model.save(tmp_path / "model.zip")
    assert (tmp_path / "model.zip").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["model.zip"]


def test_files_that_are_no_checkpoints_are_refused(model: PPO, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="There is no checkpoint"):
        PPO.load(tmp_path / "missing")
    model.save(tmp_path / "model.zip")
    whole = (tmp_path / "model.zip").read_bytes()
    for content in (b"", b"text", whole[: len(whole) // 2]):
        (tmp_path / "broken.zip").write_bytes(content)
        with pytest.raises(ValueError, match="is no checkpoint, or a damaged one"):
            PPO.load(tmp_path / "broken.zip")


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("algorithm", "GRPO", "was saved by GRPO, so PPO cannot load it"),
        ("policy_class", "Other", "has policy Other"),
        ("problem", "tardiness", "was trained on problem tardiness, the environment is jobshop"),
        ("spec", {"node_types": ["clock"]}, "was trained with node_types .'clock'.*train anew"),
    ],
)
def test_checkpoints_of_something_else_are_refused(
    model: PPO, tmp_path: Path, key: str, value: Any, message: str
) -> None:
    model.save(tmp_path / "model.zip")
    data = json.loads(zipfile.ZipFile(tmp_path / "model.zip").read("data"))
    (data if key in data else data["trained_on"])[key] = value
    changed = rewrite(tmp_path / "model.zip", {"data": json.dumps(data).encode()})
    with pytest.raises(ValueError, match=message):
        PPO.load(changed, env=job_shops())


def test_data_of_something_else_is_refused(model: PPO, tmp_path: Path) -> None:
    model.save(tmp_path / "model.zip")
    with pytest.raises(ValueError, match="it lacks algorithm, policy_class"):
        PPO.load(rewrite(tmp_path / "model.zip", {"data": b"{}"}))
    with pytest.raises(ValueError, match="is no checkpoint"):
        PPO.load(rewrite(tmp_path / "model.zip", {"data": b"[1]"}))


def test_damaged_weights_and_those_of_another_network_are_refused(model: PPO, tmp_path: Path) -> None:
    model.save(tmp_path / "model.zip")
    archived = zipfile.ZipFile(tmp_path / "model.zip")
    for content in (b"junk", archived.read("policy.pth")[:1000]):
        with pytest.raises(ValueError, match=r"policy\.pth in .* has something else than weights"):
            PPO.load(rewrite(tmp_path / "model.zip", {"policy.pth": content}))
    data = json.loads(archived.read("data"))
    data["policy_kwargs"]["width"] = 16
    with pytest.raises(ValueError, match=r"has weights for other networks than it should: first.weight is of"):
        PPO.load(rewrite(tmp_path / "model.zip", {"data": json.dumps(data).encode()}))
    scrambled = bytearray((tmp_path / "model.zip").read_bytes())
    scrambled[60:160] = bytes(255 - byte for byte in scrambled[60:160])
    (tmp_path / "broken.zip").write_bytes(scrambled)
    with pytest.raises(ValueError, match="is no checkpoint, or a damaged one"):
        PPO.load(tmp_path / "broken.zip")


def test_environments_of_other_features_or_numbers_are_refused(model: PPO) -> None:
    boxes = dict(model.observation_space.spaces)  # type: ignore[attr-defined]
    model.observation_space = Dict({**boxes, "node_state": Box(-np.inf, np.inf, (9, 11), np.float32)})
    with pytest.raises(ValueError, match="made for 11 columns of node_state, the environment has 4"):
        model.set_env(job_shops())
    model.observation_space = Dict(boxes)
    with pytest.raises(ValueError, match="has 8 environments, not 4"):
        model.set_env(job_shops(rows=4))


def test_another_number_of_environments_may_go_on(model: PPO, tmp_path: Path) -> None:
    model.save(tmp_path / "model.zip")
    ids = []
    for _ in range(2):
        env = job_shops("random:6x6", rows=4)
        PPO.load(tmp_path / "model.zip", env=env, device="cpu").learn(64, reset_num_timesteps=False)
        ids.append(env.env.observation.ids[:, 0].tolist())
    assert ids[0] == ids[1]


def test_what_is_no_json_is_not_saved(tmp_path: Path) -> None:
    model = PPO("GraphPolicy", job_shops(), policy_kwargs={"optimizer_class": torch.optim.AdamW}, **SHORT)
    with pytest.raises(ValueError, match="policy_kwargs cannot be saved: a checkpoint holds JSON and weights only"):
        model.save(tmp_path / "model.zip")
    assert not list(tmp_path.iterdir())
