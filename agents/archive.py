"""The zip file of a checkpoint: written beside its name and renamed, read without running any code in it.

The layout is that of stable-baselines3: `data` (here plain JSON), `policy.pth`, `policy.optimizer.pth`,
`pytorch_variables.pth` (states of the random generators), `_stable_baselines3_version` and `system_info.txt`.
"""

import io
import json
import os
import re
import zipfile
import zlib
from math import isfinite
from pathlib import Path
from typing import IO, Any

import stable_baselines3
import torch
from stable_baselines3.common.utils import get_system_info

from agents.weights import load_weights, on_cpu
from agents.zips import check_zip

File = str | Path | io.BufferedIOBase

DAMAGED = (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, KeyError, EOFError, OSError)
DAMAGED += (ValueError, RecursionError)
"""What reading a damaged zip file or its `data` raises; numbers of thousands of digits are a ValueError."""

MEMBERS = re.compile(r"data|_stable_baselines3_version|system_info\.txt|[a-z_]+(\.[a-z_]+)?\.pth")
"""What a checkpoint consists of."""


def write(file: IO[bytes], data: str, params: dict[str, Any]) -> None:
    """Write the attributes (JSON text) and the state dicts into an open binary file."""
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("data", data, zipfile.ZIP_DEFLATED)
        for name, content in params.items():
            weights = io.BytesIO()  # torch has errors of its own where a disk is full
            torch.save(on_cpu(content), weights)
            archive.writestr(f"{name}.pth", weights.getbuffer())
        archive.writestr("_stable_baselines3_version", stable_baselines3.__version__)
        archive.writestr("system_info.txt", get_system_info(print_info=False)[1])


def read(path: File) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """The attributes, the state dicts and the generator states of a checkpoint, all on the CPU.

    Nothing in the file is executed, and nothing is allocated that is larger than what the file holds. What the
    attributes say is not checked here.

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
            assert archive.fp is not None
            check_zip(archive, archive.fp.seek(0, os.SEEK_END), may_be_compressed=("data", "system_info.txt"))
            for name in archive.namelist():
                if not MEMBERS.fullmatch(name):
                    raise ValueError(f"{name!r} is no part of one")
            data = json.loads(archive.read("data"), parse_constant=_finite, parse_float=_finite)
            contents = {name: archive.read(name) for name in archive.namelist() if name.endswith(".pth")}
    except DAMAGED as error:
        raise ValueError(f"{path} is no checkpoint, or a damaged one ({error}).") from error
    if not isinstance(data, dict):
        raise ValueError(f"{path} is no checkpoint, or a damaged one (its data is no dict).")
    pickled = [name for name, value in data.items() if isinstance(value, dict) and ":serialized:" in value]
    if pickled:
        raise ValueError(
            f"{path} has pickled fields ({', '.join(pickled)}), whose loading runs code: this package did not save "
            "it. Where you trust it, take policy = stable_baselines3.PPO.load(PATH).policy and play it by "
            "baselines.play.play(problem, instance, lambda env: policy.scores(env.observation)), or by scores of your "
            'own for another policy than GraphPolicy, as README says under "Your own policy".'
        )
    params = {name[:-4]: load_weights(content, f"{name} in {path}") for name, content in contents.items()}
    return data, params, params.pop("pytorch_variables", {})


def _finite(text: str) -> float:
    if not isfinite(number := float(text)):
        raise ValueError(f"its data has the number {text}")
    return number
