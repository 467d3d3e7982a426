"""Processes that learn together exchange gradients and news."""

import multiprocessing
from dataclasses import replace
from pathlib import Path

import pytest
import torch
import torch.distributed as dist

from agents import crew
from envs import load_problem
from experiments.train import train
from experiments.training.settings import GRPOSettings, Train
from tests.experiments.conftest import SMALL_GROUPS


def meet(rank: int, place: str) -> None:
    """What each of two processes does; rank 1 has no gradient of its second weight, and wants to go on for longer."""
    dist.init_process_group("gloo", init_method=place, rank=rank, world_size=2)
    first, second = torch.nn.Parameter(torch.zeros(2)), torch.nn.Parameter(torch.zeros(()))
    loss = (first * torch.tensor([1.0, 2.0 + 2 * rank])).sum()
    (loss if rank else loss + 4 * second).backward()
    crew.mean_gradients([first, second])
    assert first.grad is not None and first.grad.tolist() == [1.0, 3.0]
    assert second.grad is not None and second.grad.item() == 2.0
    news = crew.exchange(rank == 1, 0.25 + rank, 10 + rank, 3.0 + rank)
    assert news == (False, 0.25, 21, 4.0 - rank)
    dist.destroy_process_group()


def test_gradients_are_averaged_and_process_0_decides(tmp_path: Path) -> None:
    place = (tmp_path / "meet").as_uri()
    other = multiprocessing.get_context("spawn").Process(target=meet, args=(1, place), daemon=True)
    other.start()
    meet(0, place)
    other.join(60)
    assert other.exitcode == 0 and crew.size() == 1


def test_two_processes_train_one_agent(tmp_path: Path) -> None:
    changes = {"algorithm": "self_labelling", "processes": 2, "timesteps": 400}
    command = Train.of(**{**SMALL_GROUPS.flat(), **changes})
    folder = train(replace(command, run_dir=tmp_path / "two"), load_problem("jobshop")())
    assert (folder / "best.zip").exists() and crew.size() == 1
    rows = (folder / "curve.csv").read_text().splitlines()
    assert int(rows[-1].split(",")[0]) >= 400
    with pytest.raises(ValueError, match=r"has spent its budget"):
        train(Train(resume=folder), load_problem("jobshop")())
    train(Train(resume=folder, timesteps=600), load_problem("jobshop")())


def test_what_cannot_be_divided_is_one_sentence(tmp_path: Path) -> None:
    command = Train(trainer=GRPOSettings(n_instances=3, processes=2), run_dir=tmp_path / "x")
    with pytest.raises(ValueError, match=r"processes is 2, but must divide n_instances \(3\)"):
        train(command, load_problem("jobshop")())
