"""TensorBoard: what stable-baselines3 logs under the names of this project, and the run's own numbers."""

import io
import os
import platform
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from stable_baselines3.common.logger import KVWriter
from tensorboard.compat.proto import event_pb2
from tensorboard.summary.writer.record_writer import RecordWriter
from torch.utils.tensorboard.summary import hparams, image, scalar, text

from envs.core.files import append_bytes

Event: Any = event_pb2.Event  # type: ignore[attr-defined] (made when it is imported)
START: Any = event_pb2.SessionLog(status=event_pb2.SessionLog.START)  # type: ignore[attr-defined]

NAMES = {"train/": "losses/", "rollout/": "rollout/"}
"""Groups of stable-baselines3 that are kept, and what they are called here."""

EVENTS = "events.*"
"""What event files are called."""

PATIENCE = 20.0
"""Seconds after which events are written that nobody has asked to flush."""


class Events(KVWriter):
    """One event file of a run directory; what a killed run wrote at the step `first` or later is void.

    Where events cannot be written, that is said once and training goes on: they wait in memory for room on the disk.
    There is no thread, so nothing fails behind anybody's back.
    """

    def __init__(self, folder: Path, first: int) -> None:
        number = len(list(folder.glob(EVENTS)))  # TensorBoard reads the files of a second in the order of names
        name = f"events.out.tfevents.{time.time():010.0f}.{platform.node()}.{os.getpid()}.{number}"
        self.path = folder / name
        self._waiting = io.BytesIO()
        self._flushed, self._told = time.monotonic(), False
        self._add(Event(file_version="brain.Event:2"))
        if first:
            self._add(Event(session_log=START), first)

    def _add(self, event: Any, step: int = 0) -> None:
        event.wall_time, event.step = time.time(), int(step)
        RecordWriter(self._waiting).write(event.SerializeToString())

    def write(self, key_values: dict[str, Any], key_excluded: dict[str, tuple[str, ...]], step: int = 0) -> None:  # noqa: ARG002
        """stable-baselines3 hands over what was recorded since the last call."""
        for key, value in key_values.items():
            for theirs, ours in NAMES.items():
                if key.startswith(theirs) and isinstance(value, int | float | np.number) and np.isfinite(value):
                    self._add(Event(summary=scalar(ours + key.removeprefix(theirs), value)), step)
        if time.monotonic() - self._flushed > PATIENCE:
            self.flush()

    def scalars(self, values: Mapping[str, float | None], step: int) -> None:
        """Write the values that are there."""
        for name, value in values.items():
            if value is not None:
                self._add(Event(summary=scalar(name, value)), step)

    def picture(self, name: str, pixels: np.ndarray, step: int) -> None:
        """Write an image (H, W, 3) uint8."""
        self._add(Event(summary=image(name, pixels, dataformats="HWC")), step)

    def text(self, name: str, line: str, step: int) -> None:
        """Write a line of text."""
        self._add(Event(summary=text(name, f"`{line}`")), step)

    def hyperparameters(self, values: dict[str, Any], results: dict[str, float | None], step: int) -> None:
        """Write the run's settings with what came of them."""
        plain = {name: value if isinstance(value, bool | int | float) else str(value) for name, value in values.items()}
        reached = {name: value for name, value in results.items() if value is not None}
        for summary in hparams(plain, reached):
            self._add(Event(summary=summary), step)
        self.scalars(reached, step)

    def flush(self) -> None:
        """Put everything on the disk, or say once that it cannot be."""
        try:
            append_bytes(self.path, self._waiting.getvalue())
            self._waiting = io.BytesIO()
        except OSError as error:
            if not self._told:
                print(f"TensorBoard has to wait: {error.strerror} Training goes on.", file=sys.stderr, flush=True)
            self._told = True
        self._flushed = time.monotonic()

    def close(self) -> None:
        """End the file."""
        self.flush()
