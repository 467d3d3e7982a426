"""What people write to name instances: random ones, published ones by name, and files.

A problem states its own part in `envs/<problem>/sets.py` and `formats.py`, which `envs.core.parts` describes.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from functools import cache
from glob import glob, has_magic
from inspect import signature
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from envs.core.memory import check_instances, check_memory
from envs.core.parts import Sets, parts
from envs.core.sources import FixedSource, Source
from envs.core.text import nearest


def open_source(problem: Any, text: str) -> Source[Any]:
    """What `instances=` and `train --instances` mean: "random:SIZES" is endless, all else is what `resolve` lists.

    problem: a problem or its class: its `name` is used.
    """
    head, _, rest = text.partition(":")
    if head == "random" and rest.count(":") == 0:
        return _drawn(parts(problem.name).sets, rest)
    return FixedSource(resolve(problem, text))


def resolve(problem: Any, text: str) -> list[Any]:
    """A finite list of instances, from the first that fits of:

    * "random:SIZES:COUNT:SEED";
    * a file, "shop.txt", or what of it is chosen, by number or name: "shop.txt:2", "jobshop1.txt:la02"; what the file
      does not say is given as in "wt.txt:n=40";
    * a set, a part of it or an instance by name, "la", "la:10x5", "la01";
    * the files that match a pattern, "mine/*.json".

    problem: a problem or its class: its `name` and `default_instances` are used.
    Raises ValueError: one sentence, with the nearest names where the text is none of these.
    """
    sets = parts(problem.name).sets
    head = text.partition(":")[0]
    if head == "random":
        return _random(sets, text, problem.default_instances)
    names = _names(sets)
    if file := _file(text):
        if head in names:
            _say(f"{head}: the file of that name in this folder is taken; {_otherwise(sets, head)}.")
        return _load(problem, *file)
    if head in names:
        return sets.load_set(text)
    if has_magic(text):
        paths = sorted(path for path in glob(text, recursive=True) if Path(path).is_file())  # noqa: PTH207
        if not paths:
            raise ValueError(f"no file matches {text!r}")
        return [instance for path in paths for instance in _load(problem, path, [])]
    if text and _exists(text) and Path(text).is_dir():
        raise ValueError(f"{text} is a folder: write {Path(text) / '*'} for the files in it")
    if "/" in head or Path(head).suffix:
        return _load(problem, head, [])
    raise ValueError(f"{text!r} is neither a set of {problem.name} nor a file: {nearest(head, names)}")


def is_published(problem: Any, text: str) -> bool:
    """Whether `resolve` takes the text for the name of a set or of a published instance."""
    return text.partition(":")[0] in _names(parts(problem.name).sets) and _file(text) is None


def _names(sets: Sets) -> dict[str, None]:
    return dict.fromkeys([*sets.SETS, *(name for members in sets.SETS.values() for name in members)])


def _otherwise(sets: Sets, name: str) -> str:
    """What to write for what is published under a name that a file has too."""
    found = [head for head, members in sets.SETS.items() if name in members]
    return f"write {found[0]}:{name} for the published one" if found else "rename it for the published set"


@cache
def _say(sentence: str) -> None:
    print(sentence, file=sys.stderr)


def _exists(path: str) -> bool:
    try:
        return Path(path).exists()
    except (OSError, ValueError):  # a name that is too long or holds a zero
        return False


def _file(text: str) -> tuple[str, list[str]] | None:
    """The file that a text begins with, and the words after it; a name with colons in it comes first."""
    words = text.split(":")
    for count in range(len(words), 0, -1):
        path = ":".join(words[:count])
        if path and _exists(path) and not Path(path).is_dir():
            return path, words[count:]
    return None


def _load(problem: Any, path: str, words: list[str]) -> list[Any]:
    """The instances of a file; words: what is chosen of them, and NAME=VALUE of what the file does not say."""
    load = parts(problem.name).formats.load
    given = dict(word.split("=", 1) for word in words if "=" in word)
    chosen = [word for word in words if "=" not in word]
    known = list(signature(load).parameters)[1:]
    for name in given:
        if name not in known:
            raise ValueError(f"{path}: a file of {problem.name} is not read with {name!r}: {nearest(name, known)}")
    if len(chosen) > 1:
        raise ValueError(f"{path}: {' and '.join(chosen)} are chosen, but one name or number can be")
    instances = load(path, **given)
    if not chosen:
        return instances
    (word,) = chosen
    names = [instance.name for instance in instances]
    if word in names:
        return [instances[names.index(word)]]
    if word.isdecimal() and 1 <= int(word) <= len(instances):
        return [instances[int(word) - 1]]
    raise ValueError(
        f"{path} has no instance {word!r}: write a number from 1 to {len(names)} or a name, {nearest(word, names)}"
    )


def _random(sets: Sets, text: str, example: str) -> list[Any]:
    words = text.split(":")
    if len(words) != 4 or not (words[2].isdecimal() and words[3].isdecimal() and int(words[2]) > 0):
        raise ValueError(f"{text!r} is no finite random set: write random:SIZES:COUNT:SEED, as in {example}:100:0")
    source = _drawn(sets, words[1])
    rng = np.random.default_rng(int(words[3]))
    first = source.sample(rng)
    check_instances(first, int(words[2]))
    others = (source.sample(rng) for _ in range(int(words[2]) - 1))
    return [replace(one, name=f"{text}/{index}") for index, one in enumerate(chain([first], others))]


def _drawn(sets: Sets, sizes: str) -> Source[Any]:
    """The random source of these sizes; ValueError where an instance of the largest would not fit into memory."""
    source = sets.random_source(sizes)
    what = f"An instance of shape {source.shape}"  # of each part, 64 bytes at least while it is drawn
    check_memory(64.0 * max(source.shape), what, "choose smaller sizes")
    return source
