"""The zip file of a checkpoint: written beside its name and renamed, read without running any code in it.

The layout is that of stable-baselines3: `data` (here plain JSON), `policy.pth`, `policy.optimizer.pth`,
`pytorch_variables.pth` (states of the random generators), `_stable_baselines3_version` and `system_info.txt`.
"""

import io
import json
import os
import pickle
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

import stable_baselines3
import torch
from stable_baselines3.common.utils import get_system_info

File = str | Path | io.BufferedIOBase

REQUIRED = (
    *("algorithm", "policy_class", "policy_kwargs", "trained_on", "observation_space", "action_space", "n_envs"),
    "num_timesteps",
)
"""Attributes without which no model can be made."""


DAMAGED = (zipfile.BadZipFile, zlib.error, KeyError, TypeError, UnicodeDecodeError, json.JSONDecodeError, EOFError)
"""What reading a damaged zip file or its `data` raises."""


def write(file: IO[bytes], data: str, params: dict[str, Any]) -> None:
    """Write the attributes (JSON text) and the state dicts into an open binary file."""
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("data", data, zipfile.ZIP_DEFLATED)
        for name, content in params.items():
            with archive.open(f"{name}.pth", "w", force_zip64=True) as member:
                torch.save(content, member)
        archive.writestr("_stable_baselines3_version", stable_baselines3.__version__)
        archive.writestr("system_info.txt", get_system_info(print_info=False)[1])


def replace_file(target: Path, write_to: Callable[[IO[bytes]], None]) -> None:
    """Let `write_to` fill a file under a temporary name in the same folder, then rename it to `target`.

    Raises:
        OSError: no room, no permission; the earlier file is kept, as the message says.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f".{target.name}.tmp")
    try:
        with temporary.open("wb") as file:
            write_to(file)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(target)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        kept = "the earlier one is kept" if target.exists() else "there is no earlier one"
        raise OSError(error.errno, f"{target} was not written ({error.strerror}): {kept}.") from error


def read(
    path: File, device: torch.device, custom_objects: dict[str, Any] | None = None
) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """The attributes, the state dicts and the generator states of a checkpoint; nothing in the file is executed.

    Raises:
        ValueError: not a checkpoint, or one with pickled fields.
        FileNotFoundError: no such file.
    """
    file = path
    if not isinstance(path, io.BufferedIOBase):
        file = Path(path)
        if not file.exists() and not file.suffix:
            file = file.with_suffix(".zip")
        if not file.is_file():
            raise FileNotFoundError(f"There is no checkpoint {path}.")
    try:
        with zipfile.ZipFile(file) as archive:  # type: ignore[arg-type]
            data = {**json.loads(archive.read("data")), **(custom_objects or {})}
            pickled = [name for name, value in data.items() if isinstance(value, dict) and ":serialized:" in value]
            if pickled:
                raise ValueError(
                    f"{path} has pickled fields ({', '.join(pickled)}), whose loading runs code: "
                    "only checkpoints that this package saved can be loaded."
                )
            missing = [name for name in REQUIRED if name not in data]
            if missing:
                raise ValueError(f"{path} is no checkpoint of this package: it lacks {', '.join(missing)}.")
            members = [name for name in archive.namelist() if name.endswith(".pth")]
            params = {name.removesuffix(".pth"): _weights(archive, name, path, device) for name in members}
    except DAMAGED as error:
        raise ValueError(f"{path} is no checkpoint, or a damaged one ({error}).") from error
    return data, params, params.pop("pytorch_variables", {})


def _weights(archive: zipfile.ZipFile, name: str, path: File, device: torch.device) -> Any:
    content = io.BytesIO(archive.read(name))
    try:
        return torch.load(content, map_location=device, weights_only=True)
    except (pickle.UnpicklingError, RuntimeError, ValueError, LookupError, struct.error) as error:
        raise ValueError(f"{path} has in {name} something else than weights, whose loading could run code.") from error
