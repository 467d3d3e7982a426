"""Calls of a kernel without numba's look-up of types."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from numba import njit, typeof
from numba.core import cgutils
from numba.extending import intrinsic, overload


def entry(function: Callable[..., None]) -> Callable[..., None]:
    """Compile what the environment calls: a kernel function of state, observation and other C-contiguous arrays.

    numba derives the types of all arguments anew at every call, which for a kernel's two dozen arrays takes 3 us. Here
    the first call settles them and later ones go straight to the compiled code, which does not look again: every call
    must have arrays of the same dtype, rank and layout, as the environment's own buffers and checked instances have.
    """
    compiled: Any = njit(cache=True, nogil=True, error_model="numpy")(function)
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


@intrinsic
def _borrowed(_context, arrays):
    """The tuple with NULL for what the arrays' memory is counted by, which lets LLVM drop the counting."""

    def generate(context, builder, signature, values):
        kind, (value,) = signature.return_type, values
        for index, array_type in enumerate(kind):
            array = context.make_array(array_type)(context, builder, builder.extract_value(value, index))
            array.meminfo = cgutils.get_null_value(array.meminfo.type)
            array.parent = cgutils.get_null_value(array.parent.type)
            value = builder.insert_value(value, array._getvalue(), index)
        return value

    return arrays(arrays), generate


def borrowed(arrays: Any) -> Any:
    """A named tuple of arrays for the helpers of a kernel, which may use it as long as the call lasts.

    numba counts references to each array of a tuple wherever the tuple is passed on: atomic operations that cost a
    kernel of many helpers up to three quarters of its time. Of what this returns nothing is counted.
    """
    return arrays  # what is compiled instead stands below


@overload(borrowed, inline="always")
def _borrowed_compiled(arrays):  # noqa: ARG001
    return lambda arrays: _borrowed(arrays)  # type: ignore[call-arg]
