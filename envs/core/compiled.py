"""How kernels are compiled, and called without numba's look-up of types."""

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

from numba import njit, typeof

OPTIONS: dict[str, Any] = {"nogil": True, "error_model": "numpy", "_nrt": False}
"""No check at each division (none is by zero) and, without numba's runtime (`_nrt`), no counting of references to each
array wherever the state is passed on, which costs up to three quarters of a kernel's time; a kernel allocates nothing.
"""

fast = njit(**OPTIONS, forceinline=True)
"""For what the functions of `entry` are made of, in their own folder or in this one: `_stamp` knows no others."""


def entry(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile what the environment calls: a function of C-contiguous arrays, tuples of them and numbers.

    numba derives the types of all arguments anew at every call, which for a kernel's two dozen arrays takes 3 us. Here
    the first call settles them and later ones go straight to the compiled code, which does not look again: every call
    must have arrays of the same dtype, rank and layout, as the environment's own buffers and checked instances have.
    """
    compiled: Any = njit(**OPTIONS, cache=True)(function)
    if not hasattr(compiled, "overloads"):  # NUMBA_DISABLE_JIT
        return compiled
    compiled._cache._cache_file._source_stamp = _stamp(Path(function.__code__.co_filename).parent)
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


def _stamp(folder: Path) -> list[tuple[str, float, int]]:
    """What tells whether a kernel must be compiled anew: any file here or beside it; numba looks at its own alone."""
    found = ((path.name, path.stat()) for home in (Path(__file__).parent, folder) for path in sorted(home.glob("*.py")))
    return [(name, stat.st_mtime, stat.st_size) for name, stat in found]
