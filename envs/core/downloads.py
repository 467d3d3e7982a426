"""Public files: found in a mirror or in the user's cache, or downloaded, and always checked.

Each problem lists its files in `envs/<problem>/downloads.csv` (name, url, sha256, bytes, licence, source).
"""

from __future__ import annotations

import hashlib
import os
import re
from csv import DictReader
from functools import cache
from pathlib import Path

from envs.core.text import nearest

VARIABLE = "DISPATCHGYM_DATA"
"""Environment variable: a folder that holds public files under their registered names; it is only read."""


class DataError(ValueError):
    """A public file cannot be had: it is unknown, damaged, or absent and not to be downloaded."""


def fetch(name: str, download: bool = True) -> Path:
    """The local path of a public file such as "jobshop/jsplib/la01.json".

    Looks in the folder that DISPATCHGYM_DATA names, then in the user's cache, then downloads into the cache.
    Raises DataError for an unknown name, a wrong checksum, or a file that is absent and cannot be downloaded.
    """
    row = _registered(name)
    mirror = _mirror()
    if mirror and (mirror / name).is_file():
        _check_sum(mirror / name, row["sha256"])
        return mirror / name
    import pooch  # here, because it is slow to import and rarely needed

    cached = Path(pooch.os_cache("dispatchgym")) / name
    if cached.is_file() and hashlib.sha256(cached.read_bytes()).hexdigest() == row["sha256"]:
        return cached
    if not download:
        raise DataError(f"{name} is not on this machine: fetch it once with a network, or set {VARIABLE} to a copy")
    try:
        pooch.retrieve(row["url"], f"sha256:{row['sha256']}", fname=cached.name, path=cached.parent)
    except OSError as error:  # what requests raises is an OSError
        reason = type(error).__name__
        remedy = f"download {row['url']} elsewhere as {name} and set {VARIABLE} to the folder that holds it"
        raise DataError(f"{name} cannot be downloaded ({reason}): {remedy}") from error
    except ValueError as error:
        found = re.findall("[0-9a-f]{64}", str(error))[-1:]
        raise DataError(_wrong(f"{name} from {row['url']}", row["sha256"], "".join(found))) from error
    return cached


def _mirror() -> Path | None:
    folder = os.environ.get(VARIABLE)
    if folder and not Path(folder).is_dir():
        raise DataError(f"{VARIABLE} names {folder}, which is no folder: unset it or correct it")
    return Path(folder) if folder else None


def _check_sum(path: Path, expected: str) -> None:
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if found != expected:
        raise DataError(_wrong(str(path), expected, found))


def _wrong(file: str, expected: str, found: str) -> str:
    return f"{file} has the wrong sha256 checksum: expected {expected}, found {found}"


def _registered(name: str) -> dict[str, str]:
    table = registry(name.partition("/")[0])
    if name not in table:
        raise DataError(f"no public file is registered as {name!r}: {nearest(name, table)}")
    return table[name]


@cache
def registry(folder: str) -> dict[str, dict[str, str]]:
    """Name to row of the public files of that folder, "jobshop", that problems list; empty where none does."""
    found = {}
    for path in sorted(Path(__file__).parents[1].glob("*/downloads.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(DictReader(line for line in file if not line.startswith("#")))
        found |= {row["name"]: row for row in rows if row["name"].startswith(f"{folder}/")}
    return found
