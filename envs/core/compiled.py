"""How kernels are compiled, and called without numba's look-up of types."""

import ast
import sys
from collections.abc import Callable, Iterator
from functools import cache, wraps
from hashlib import sha256
from importlib.util import resolve_name
from pathlib import Path
from typing import Any

from numba import njit, typeof

OPTIONS: dict[str, Any] = {"nogil": True, "error_model": "numpy", "_nrt": False}
"""No check at each division (none is by zero) and, without numba's runtime (`_nrt`), no counting of references to each
array wherever the state is passed on, which costs up to three quarters of a kernel's time; a kernel allocates nothing.
"""

fast = njit(**OPTIONS, forceinline=True)
"""For what the functions of `entry` are made of, in any file that theirs imports at its top level."""

part = njit(**OPTIONS)
"""For large functions that are called from several places, or once in an episode: compiled once, and not into the code
of all callers, which takes minutes where kernels are large; a call passes on all arrays, which takes 0.1 us."""


def entry(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile what the environment calls: a function of C-contiguous arrays, tuples of them and numbers.

    numba derives the types of all arguments anew at every call, which for a kernel's two dozen arrays takes 3 us. Here
    the first call settles them and later ones go straight to the compiled code, which does not look again: every call
    must have arrays of the same dtype, rank and layout, as the environment's own buffers and checked instances have.
    """
    compiled: Any = njit(**OPTIONS, cache=True)(function)
    if not hasattr(compiled, "overloads"):  # NUMBA_DISABLE_JIT
        return compiled
    cached = compiled._cache._cache_file
    cached._source_stamp = _stamp(function.__module__)
    cached._version += " " + cached._source_stamp  # is read first: what follows may name classes that are gone
    direct: Any = None

    @wraps(function)
    def call(*arguments: Any) -> Any:
        nonlocal direct
        if direct is None:
            types = tuple(typeof(argument) for argument in arguments)
            compiled.compile(types)
            direct = compiled.overloads[types].entry_point
        return direct(*arguments)

    return call


OURS = ("agents", "baselines", "envs", "experiments")
"""Packages of this repository."""


@cache
def _stamp(module: str) -> str:
    """What tells whether a kernel must be compiled anew: the content of its file and of those that it imports.

    Of these, and of what they import, it knows the ones of this repository, of the kernel's own package, and beside it.
    numba looks at when the kernel's own file was written: it would miss an edit of another, and take a checkout of the
    same text for an edit.
    """
    beside = _path(module).parent
    files = {module: _path(module).read_text(encoding="utf-8")}
    waiting = [module]
    for name in waiting:  # grows while it is read
        for imported in _imported(name, files[name]):
            top, path = imported.partition(".")[0], _path(imported)
            if imported in files or path.suffix != ".py":
                continue
            if top in (*OURS, module.partition(".")[0]) or (path.parent == beside and top == imported):
                files[imported] = path.read_text(encoding="utf-8")
                waiting.append(imported)
    return sha256("\0".join(f"{name}\0{files[name]}" for name in sorted(files)).encode()).hexdigest()


def _path(module: str) -> Path:
    """The file of a module that has been imported; one without a name where there is none."""
    return Path(getattr(sys.modules.get(module), "__file__", None) or "")


def _imported(module: str, source: str) -> Iterator[str]:
    """What a module may import when it is loaded itself: not in functions, nor for type checkers."""
    for statement in ast.parse(source).body:
        if isinstance(statement, ast.Import):
            yield from (alias.name for alias in statement.names)
        elif isinstance(statement, ast.ImportFrom):
            package = "." * statement.level + (statement.module or "")
            package = resolve_name(package, sys.modules[module].__package__ or "") if statement.level else package
            yield package
            yield from (f"{package}.{alias.name}" for alias in statement.names)
