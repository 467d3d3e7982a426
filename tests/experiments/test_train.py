"""Training writes a run directory that survives kills and goes on exactly where it stood."""

import csv
import json
import math
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import torch
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from agents.objectives import PRESETS
from envs import load_problem
from experiments.train import ensure, main, train
from experiments.training.agent import ALGORITHMS, load_agent
from experiments.training.settings import BY_ALGORITHM, Train
from tests.experiments.conftest import SMALL, SMALL_GROUPS

ENDLESS = {
    **{"--instances": "random:3x3", "--timesteps": "100000000", "--points": "100000", "--num-envs": "8"},
    **{"--n-steps": "16", "--batch-size": "64", "--validation-instances": "2", "--width": "16", "--layers": "1"},
}


def curve(folder: Path) -> list[dict[str, float]]:
    with (folder / "curve.csv").open(encoding="utf-8", newline="") as file:
        return [{name: float(value) for name, value in row.items()} for row in csv.DictReader(file)]


def events(folder: Path) -> EventAccumulator:
    accumulator = EventAccumulator(str(folder), size_guidance={"scalars": 0, "images": 0, "tensors": 0})
    return accumulator.Reload()


def copy(run_dir: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(run_dir, tmp_path / "copy"))


def resume(folder: Path, **changes: object) -> Path:
    return train(replace(Train(), resume=folder, **changes), load_problem("jobshop")())  # type: ignore[arg-type]


def started(folder: Path, rows: int) -> subprocess.Popen[str]:
    """An endless training in a process of its own, once its curve has so many rows."""
    options = [word for pair in {**ENDLESS, "--run-dir": str(folder)}.items() for word in pair]
    line = [sys.executable, "-m", "experiments.train", "jobshop", *options]
    process = subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    end = time.monotonic() + 120
    while not (folder / "curve.csv").exists() or len(curve(folder)) < rows:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < end
        time.sleep(0.02)
    return process


def test_a_run_directory_holds_the_settings_the_checkpoints_the_curve_and_a_log(run_dir: Path) -> None:
    names = {path.name.split(".")[0] if "tfevents" in path.name else path.name for path in run_dir.iterdir()}
    assert names == {"config.json", "best.zip", "last.zip", "curve.csv", "log.txt", "events"}
    config = json.loads((run_dir / "config.json").read_text())
    assert config["problem"] == "jobshop"
    assert config["train"]["timesteps"] == 600
    assert set(config["validation"]["rules"]) == set(RULE_NAMES)
    rows = curve(run_dir)
    assert [row["decisions"] for row in rows] == [0, 256, 512, 640]
    assert all(row["gap_pct"] >= 0 for row in rows)
    assert "gap to" in (run_dir / "log.txt").read_text()


RULE_NAMES = ("fifo", "spt", "lpt", "mwkr", "lwkr", "mopnr", "lopnr", "fdd_mwkr", "linear", "linear_pilot")


def test_tensorboard_finds_finite_values_the_picture_the_command_and_the_hyperparameters(run_dir: Path) -> None:
    found = events(run_dir)
    tags = found.Tags()
    for tag in (
        *("objective/validation", "objective/training", "gap_percent/reference", "gap_percent/best_rule"),
        *("rollout/ep_rew_mean", "losses/policy_gradient_loss", "time/decisions_per_second"),
    ):
        values = [event.value for event in found.Scalars(tag)]
        assert values, tag
        assert all(map(math.isfinite, values)), tag
    assert all(
        tag.partition("/")[0] in ("objective", "gap_percent", "rollout", "losses", "time", "hparam")
        for tag in tags["scalars"]
    )
    picture = found.Images("schedule/validation")[0]
    assert picture.width > 100 and picture.height > 100
    assert any(tag.startswith("command") for tag in tags["tensors"])
    assert any("hparams" in tag for tag in found.summary_metadata)


@pytest.mark.parametrize("algorithm", ["d3s", "self_labelling"])
def test_group_trainers_write_the_same_directory_and_go_on_where_they_stood(tmp_path: Path, algorithm: Any) -> None:
    small = Train.of(**{**SMALL_GROUPS.flat(), "algorithm": algorithm})
    folder = train(replace(small, run_dir=tmp_path / "run"), load_problem("jobshop")())
    names = {path.name.split(".")[0] if "tfevents" in path.name else path.name for path in folder.iterdir()}
    assert names == {"config.json", "best.zip", "last.zip", "curve.csv", "log.txt", "events"}
    resume(folder, timesteps=1000)
    rows = curve(folder)
    assert rows[-1]["decisions"] >= 1000 and len(rows) >= 6
    best = min(rows, key=lambda row: row["objective"])
    assert load_agent(folder, "jobshop").train_decisions == best["decisions"]
    assert events(folder).Scalars("losses/policy_gradient_loss")


def test_the_best_checkpoint_is_the_best_of_the_curve(run_dir: Path) -> None:
    best = min(curve(run_dir), key=lambda row: row["objective"])
    assert load_agent(run_dir, "jobshop").train_decisions == best["decisions"]


def test_two_runs_with_the_same_seed_learn_the_same(run_dir: Path, tmp_path: Path) -> None:
    again = train(replace(SMALL, run_dir=tmp_path / "again"), load_problem("jobshop")())
    assert [row["objective"] for row in curve(again)] == [row["objective"] for row in curve(run_dir)]


def test_a_resumed_run_adds_to_its_curve(run_dir: Path, tmp_path: Path) -> None:
    folder = copy(run_dir, tmp_path)
    before = (folder / "curve.csv").read_text()
    resume(folder, timesteps=1200)
    assert (folder / "curve.csv").read_text().startswith(before)
    rows = curve(folder)
    assert [row["decisions"] for row in rows] == [0, 256, 512, 640, 896, 1280]
    assert all(early["cpu_s"] < late["cpu_s"] for early, late in pairwise(rows))


def test_a_point_whose_row_a_kill_prevented_comes_back(run_dir: Path, tmp_path: Path) -> None:
    folder = copy(run_dir, tmp_path)
    text = (folder / "curve.csv").read_text()
    (folder / "curve.csv").write_text(text[: text.rindex("640") + 5])
    resume(folder, timesteps=700)
    assert (folder / "curve.csv").read_text().startswith(text)


def test_a_killed_run_loses_no_row_and_writes_none_twice(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    process = started(folder, rows=5)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    before = (folder / "curve.csv").read_text()
    resume(folder, timesteps=int(curve(folder)[-1]["decisions"]) + 2000)
    after = (folder / "curve.csv").read_text()
    assert after.startswith(before[: before.rindex("\n") + 1])
    steps = [row["decisions"] for row in curve(folder)]
    assert steps == sorted(set(steps))
    logged = [event.step for event in events(folder).Scalars("gap_percent/reference")]
    assert logged == steps


def test_ctrl_c_saves_and_ends_cleanly(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    process = started(folder, rows=2)
    process.send_signal(signal.SIGINT)
    output, error = process.communicate(timeout=60)
    assert process.returncode == 0, error
    assert f"--resume {folder}" in output
    rows = len(curve(folder))
    resume(folder, timesteps=int(curve(folder)[-1]["decisions"]) + 500)
    assert len(curve(folder)) > rows


def test_a_run_directory_is_never_written_over(run_dir: Path) -> None:
    with pytest.raises(ValueError, match="is not empty: go on with --resume"):
        train(replace(SMALL, run_dir=run_dir), load_problem("jobshop")())


def test_a_run_without_a_checkpoint_is_to_be_deleted(run_dir: Path, tmp_path: Path) -> None:
    folder = copy(run_dir, tmp_path)
    (folder / "last.zip").unlink()
    with pytest.raises(ValueError, match="ended before its first checkpoint: delete the folder"):
        ensure(replace(SMALL, run_dir=folder), load_problem("jobshop")())


@pytest.mark.parametrize("damage", [b"", b"PK"])
def test_a_best_checkpoint_that_is_lost_is_made_anew(run_dir: Path, tmp_path: Path, damage: bytes) -> None:
    folder = copy(run_dir, tmp_path)
    (folder / "best.zip").unlink()
    if damage:
        (folder / "best.zip").write_bytes(damage)
    resume(folder, timesteps=1200)
    assert "best.zip is missing or damaged" in (folder / "log.txt").read_text()
    assert load_agent(folder, "jobshop").train_decisions > 640


def test_a_run_goes_on_where_the_command_line_says(
    run_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = copy(run_dir, tmp_path)
    edit(folder, '"device": "cpu"', '"device": "cuda"')
    if not torch.cuda.is_available():
        with pytest.raises(ValueError, match="torch finds no GPU here: name --device cpu"):
            resume(folder, timesteps=700)
    monkeypatch.setattr(sys, "argv", ["experiments/train.py", "jobshop", "--device", "cpu"])
    resume(folder, timesteps=700)
    assert '"device": "cpu"' in (folder / "config.json").read_text()


def test_a_finished_run_goes_on_only_with_a_larger_budget(run_dir: Path) -> None:
    with pytest.raises(ValueError, match="has spent its budget"):
        resume(run_dir)


def test_a_resumed_run_cannot_change_its_settings(run_dir: Path) -> None:
    with pytest.raises(ValueError, match="was begun with seed 0, which a resumed run cannot change"):
        resume(run_dir, timesteps=1200, seed=7)


def test_what_is_typed_counts_even_where_it_is_the_default(
    run_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = copy(run_dir, tmp_path)
    monkeypatch.setattr(sys, "argv", ["experiments/train.py", "jobshop", "--resume", str(folder), "--n-steps=128"])
    with pytest.raises(SystemExit):
        main()
    assert "was begun with n_steps 16, which a resumed run cannot change" in capsys.readouterr().err


def edit(folder: Path, old: str, new: str) -> None:
    """Replace a part of the run's settings."""
    text = (folder / "config.json").read_text()
    assert old in text
    (folder / "config.json").write_text(text.replace(old, new))


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        (lambda folder: (folder / "config.json").unlink(), "is no run directory: it has no config.json"),
        (lambda folder: (folder / "config.json").write_text("{"), "config.json is damaged or of another version"),
        (lambda folder: edit(folder, '"num_envs": 8', '"num_envs": "8"'), "config.json is damaged or of another"),
        (
            lambda folder: edit(folder, '"algorithm": "ppo"', '"algorithm": "x"'),
            "There is no algorithm 'x'",
        ),
        (lambda folder: edit(folder, '"instances": "random:3x3"', '"instances": 5'), "instances is 5, but must be"),
        (
            lambda folder: edit(folder, '"n_steps": 16', '"n_steps": -16'),
            "n_steps is -16, but must be a whole",
        ),
        (lambda folder: edit(folder, '"n_steps": 16', '"other": 16'), "train has no setting 'other'"),
        (lambda folder: edit(folder, '"n_steps": 16,', ""), "train lacks n_steps"),
        (lambda folder: edit(folder, '"began": {', '"began": [], "then": {'), "began is \\[\\], but must be a dict"),
        (lambda folder: (folder / "config.json").write_text("[" * 100_000), "lists that are too deep"),
        (lambda folder: (folder / "last.zip").unlink(), "has no checkpoint last.zip"),
        (lambda folder: (folder / "last.zip").write_bytes(b"PK"), "last.zip is no checkpoint, or a damaged one"),
    ],
)
def test_a_half_written_run_directory_is_refused(
    run_dir: Path, tmp_path: Path, damage: Callable[[Path], object], sentence: str
) -> None:
    folder = copy(run_dir, tmp_path)
    damage(folder)
    with pytest.raises(ValueError, match=sentence):
        resume(folder, timesteps=1200)


@pytest.mark.parametrize("damage", ["a,b\n1,2\n", "{curve}768,1,2,much,3,4\n", "{curve}768,1,2,3\n"])
def test_a_damaged_curve_is_refused_before_anything_is_written(run_dir: Path, tmp_path: Path, damage: str) -> None:
    folder = copy(run_dir, tmp_path)
    damaged = damage.format(curve=(folder / "curve.csv").read_text())
    (folder / "curve.csv").write_text(damaged)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    with pytest.raises(ValueError, match=r"curve\.csv"):
        resume(folder, timesteps=1200)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_a_run_of_another_problem_is_refused(run_dir: Path, tmp_path: Path) -> None:
    folder = copy(run_dir, tmp_path)
    text = (folder / "config.json").read_text()
    (folder / "config.json").write_text(text.replace('"problem": "jobshop"', '"problem": "tardiness"'))
    with pytest.raises(ValueError, match="is a run of the problem tardiness, not of jobshop"):
        resume(folder, timesteps=1200)


def test_a_published_instance_from_a_file_is_refused_too(tmp_path: Path) -> None:
    from envs.jobshop import formats
    from envs.jobshop.instance import JobShopInstance

    formats.save(JobShopInstance.taillard("ta01"), tmp_path / "ta01.json")
    with pytest.raises(ValueError, match="ta01 is for tests"):
        train(replace(SMALL, instances=str(tmp_path / "ta01.json"), run_dir=tmp_path / "x"), load_problem("jobshop")())


def test_every_preset_is_an_algorithm_whose_settings_say_so() -> None:
    assert set(BY_ALGORITHM) == set(ALGORITHMS) == {"ppo", "d3s", *PRESETS}
    for name, chosen in BY_ALGORITHM.items():
        assert name in (Train.__doc__ or "")
        command = Train(trainer=chosen(algorithm=name))  # type: ignore[arg-type]
        assert Train.of(**command.flat()) == command


def test_schedules_follow_a_budget_of_cpu_seconds(tmp_path: Path) -> None:
    command = replace(SMALL, timesteps=None, cpu_seconds=1.0, run_dir=tmp_path / "run")
    folder = train(command, load_problem("jobshop")())
    rates = [event.value for event in events(folder).Scalars("losses/learning_rate")]
    assert rates[0] > 1.5e-3 and rates[-1] < 5e-4
    assert rates == sorted(rates, reverse=True)
