"""Reading what users wrote: each fault is a ValueError of one sentence that names the file and the rule."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any


def read_text(path: str | Path) -> str:
    """The text of a file that exists, is readable and holds more than blanks."""
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise ValueError(f"{path}: there is no such file") from None
    except UnicodeDecodeError:
        raise ValueError(f"{path}: this is no text file") from None
    except OSError as error:
        raise ValueError(f"{path}: the file cannot be read: {error.strerror}") from None
    if not text.strip():
        raise ValueError(f"{path}: the file is empty")
    return text


def parse_json(text: str, path: str | Path) -> Any:
    """What a JSON text holds; the path stands in the sentence where it is none."""
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise ValueError(f"{path}, line {error.lineno}: this is not JSON: {error.msg}") from None
    except (ValueError, RecursionError):  # a number of thousands of digits, thousands of nested brackets
        raise ValueError(f"{path}: this JSON has numbers that are too long or lists that are too deep") from None


def whole(word: str, what: str, low: int, high: int) -> int:
    """The whole number that a word spells; `what` begins the sentence where it is none, or outside low to high."""
    if not re.fullmatch(r"[+-]?[0-9]{1,400}", word):
        raise ValueError(f"{what} {word[:40]} is not written as a whole number")
    number = int(word)
    if number < low:
        raise ValueError(f"{what} {number} is below {low}")
    if number > high:
        raise ValueError(f"{what} {number} is above {high}")
    return number


def write_text(path: str | Path, text: str) -> None:
    """Write a file under a temporary name beside its own and rename it: a failure leaves the earlier one as it was."""
    path = Path(path)
    draft = path.with_name(f".{path.name}.part")
    try:
        draft.write_text(text, encoding="utf-8")
        draft.replace(path)
    except OSError:
        draft.unlink(missing_ok=True)
        raise
