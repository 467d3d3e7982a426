"""A GPU that is none: it finds, on any machine, most of what a real one would refuse.

Within `PretendGpu`, a tensor that is made on "cuda" or moved there says so, as does what is computed from it, but all
stay in memory. As torch does, it refuses an operation of tensors here and there, and `numpy()` of those there. It knows
no copies between devices but those by `to`, `cpu`, `cuda` and `copy_`.
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode, resolve_name
from torch.utils._pytree import tree_leaves, tree_map

CPU, GPU = torch.device("cpu"), torch.device("cuda", 0)
READS = {"torch.Tensor.numpy", "torch.Tensor.__array__"}
MOVES = {"torch.Tensor.to": None, "torch.Tensor.cpu": CPU, "torch.Tensor.cuda": GPU}
INDEXES = {"torch.Tensor.__getitem__", "torch.Tensor.__setitem__", "torch.Tensor.index_put", "torch.Tensor.index_put_"}
"""A tensor that is there may be indexed by some that are here."""


class PretendGpu(TorchFunctionMode):
    """Every function of torch in a `with` block sees tensors where they say that they are."""

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        name = resolve_name(func)
        if name is None or func is torch.device:  # torch's own: what reads the arguments of Module.to
            return func(*args, **(kwargs or {}))
        if name == "torch.Tensor.copy_":  # between devices, too
            return func(*args, **(kwargs or {}))
        if name == "torch.Tensor.data.__set__":
            if _is_there(args[1]):
                args[0].pretends = True
            else:
                vars(args[0]).pop("pretends", None)
            return func(*args)
        tensors = _tensors((args, kwargs))
        there = [tensor for tensor in tensors if _is_there(tensor)]
        if name == "torch.Tensor.device.__get__":
            return GPU if there else CPU
        if name in READS and there:
            raise TypeError("A tensor on cuda:0 has no numpy array: move it to the CPU first.")
        devices = [item for item in tree_leaves((args, kwargs)) if _is_device(item)]
        target = torch.device(devices[0]) if devices else MOVES.get(name)
        free = [id(tensor) for tensor in _tensors(args[1])] if name in INDEXES else []
        bound = [tensor for tensor in tensors if tensor.dim() and id(tensor) not in free]
        if there and target is None and not all(map(_is_there, bound)):
            raise RuntimeError(f"{name} of tensors on cuda:0 and on the CPU.")
        here, named = tree_map(lambda item: CPU if _is_device(item) else item, (args, kwargs or {}))
        found = func(*here, **named)
        on_gpu = bool(there) if target is None else target.type == "cuda"
        if name in MOVES and on_gpu != bool(there):
            found = found.clone()
        for tensor in _tensors(found):
            if on_gpu:
                tensor.pretends = True
            else:  # an attribute would be saved with it
                vars(tensor).pop("pretends", None)
        return found


def _tensors(tree: Any) -> list[Any]:
    return [item for item in tree_leaves(tree) if isinstance(item, Tensor)]


def _is_there(tensor: Tensor) -> bool:
    return getattr(tensor, "pretends", False)


def _is_device(item: Any) -> bool:
    return isinstance(item, torch.device) or (isinstance(item, str) and item.partition(":")[0] in ("cuda", "cpu"))
