"""How kernels are compiled, and called without numba's look-up of types."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from numba import njit, typeof

OPTIONS: dict[str, Any] = {"cache": True, "nogil": True, "error_model": "numpy", "_nrt": False}
"""No check at each division (none is by zero) and, without numba's runtime (`_nrt`), no counting of references to each
array wherever the state is passed on, which costs up to three quarters of a kernel's time; a kernel allocates nothing.
"""

fast = njit(**OPTIONS, forceinline=True)
"""For what the functions of `entry` are made of."""


def entry(function: Callable[..., None]) -> Callable[..., None]:
    """Compile what the environment calls: a kernel function of state, observation and other C-contiguous arrays.

    numba derives the types of all arguments anew at every call, which for a kernel's two dozen arrays takes 3 us. Here
    the first call settles them and later ones go straight to the compiled code, which does not look again: every call
    must have arrays of the same dtype, rank and layout, as the environment's own buffers and checked instances have.
    """
    compiled: Any = njit(**OPTIONS)(function)
    if not hasattr(compiled, "overloads"):  # NUMBA_DISABLE_JIT
        return compiled
    direct: Any = None

    @wraps(function)
    def call(*arguments: Any) -> None:
        nonlocal direct
        if direct is None:
            types = tuple(typeof(argument) for argument in arguments)
            compiled.compile(types)
            direct = compiled.overloads[types].entry_point
        direct(*arguments)

    return call
