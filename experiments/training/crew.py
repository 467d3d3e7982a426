"""The other processes of `train --processes`: they play and learn along; the first one alone judges and saves."""

import multiprocessing
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import torch
import torch.distributed as dist

from agents.checkpoint import Checkpoint

PATIENCE = timedelta(minutes=30)
"""How long processes wait for each other; the first one validates and saves while the others wait."""


@contextmanager
def crew(processes: int, make: Callable[[], Checkpoint]) -> Iterator[None]:
    """Let `processes` - 1 others train along inside; each calls `make`, which has to be picklable, for its model."""
    if processes == 1:
        yield
        return
    with tempfile.TemporaryDirectory() as folder:
        place = (Path(folder) / "meet").as_uri()
        context = multiprocessing.get_context("spawn")
        others = [
            context.Process(target=follow, args=(rank, processes, place, make), daemon=True)
            for rank in range(1, processes)
        ]
        # The others inherit that they ignore Ctrl-C: the first process is asked, and says when to end.
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)
        for process in others:
            process.start()
        signal.signal(signal.SIGINT, before)
        with ended_together():
            dist.init_process_group("gloo", init_method=place, rank=0, world_size=processes, timeout=PATIENCE)
            try:
                yield
            finally:
                dist.destroy_process_group()
                for process in others:
                    process.join(60)


@contextmanager
def ended_together() -> Iterator[None]:
    """ValueError where another process has ended before its time."""
    try:
        yield
    except RuntimeError as error:
        if not isinstance(error, dist.DistError) and "gloo" not in str(error):
            raise
        raise ValueError("Another process of the run has ended: go on where it was saved, with --resume.") from error


def follow(rank: int, processes: int, place: str, make: Callable[[], Checkpoint]) -> None:
    """Train along until the first process ends; instances and actions are drawn by other generators than its own."""
    torch.set_num_threads(1)
    dist.init_process_group("gloo", init_method=place, rank=rank, world_size=processes, timeout=PATIENCE)
    model = make()
    model.set_random_seed((model.seed or 0) + model.num_timesteps + rank)
    model.learn(sys.maxsize // 2, log_interval=sys.maxsize, reset_num_timesteps=False)
    dist.destroy_process_group()
