"""TensorBoard: what stable-baselines3 logs under the names of this project, and the run's own numbers."""

from pathlib import Path
from typing import Any

import numpy as np
from stable_baselines3.common.logger import KVWriter
from torch.utils.tensorboard import SummaryWriter

NAMES = {"train/": "losses/", "rollout/": "rollout/"}
"""Groups of stable-baselines3 that are kept, and what they are called here."""


class Events(KVWriter):
    """One event file of a run directory; what a killed run wrote at the step `first` or later is void."""

    def __init__(self, folder: Path, first: int) -> None:
        self.writer = SummaryWriter(str(folder), purge_step=first or None)

    def write(self, key_values: dict[str, Any], key_excluded: dict[str, tuple[str, ...]], step: int = 0) -> None:  # noqa: ARG002
        """stable-baselines3 hands over what was recorded since the last call."""
        for key, value in key_values.items():
            for theirs, ours in NAMES.items():
                if key.startswith(theirs) and isinstance(value, int | float | np.number) and np.isfinite(value):
                    self.writer.add_scalar(ours + key.removeprefix(theirs), value, step)

    def scalars(self, values: dict[str, float | None], step: int) -> None:
        """Write the values that are there."""
        for name, value in values.items():
            if value is not None:
                self.writer.add_scalar(name, value, step)

    def picture(self, name: str, pixels: np.ndarray, step: int) -> None:
        """Write an image (H, W, 3) uint8."""
        self.writer.add_image(name, pixels, step, dataformats="HWC")

    def text(self, name: str, text: str, step: int) -> None:
        """Write a line of text."""
        self.writer.add_text(name, f"`{text}`", step)

    def hyperparameters(self, values: dict[str, Any], results: dict[str, float | None], step: int) -> None:
        """Write the run's settings with what came of them."""
        plain = {name: value if isinstance(value, bool | int | float) else str(value) for name, value in values.items()}
        reached = {name: value for name, value in results.items() if value is not None}
        self.writer.add_hparams(plain, reached, run_name=".", global_step=step)

    def flush(self) -> None:
        """Put everything on the disk."""
        self.writer.flush()

    def close(self) -> None:
        """End the file."""
        self.writer.close()
