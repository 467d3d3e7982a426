"""State dicts that a stranger has sent: read from bytes without running code, and never larger than those bytes."""

import io
import pickle
import pickletools
import re
import struct
import zipfile
from collections.abc import Mapping
from math import isfinite
from typing import Any

import torch
from torch import Tensor

from agents.checks import check_finite
from agents.zips import check_zip
from envs.core.typed import fits

ALLOWED = re.compile(
    r"collections OrderedDict|torch\._utils _rebuild_tensor_v2|"
    r"torch (Float|Double|Half|BFloat16|Long|Int|Short|Char|Byte|Bool)Storage"
)
"""What a pickle of tensors names, as "module name"; torch allows more, some of which allocates what it is told to."""

FAULTS = (zipfile.BadZipFile, NotImplementedError, pickle.UnpicklingError, struct.error, RuntimeError)
FAULTS += (ValueError, LookupError, TypeError, AttributeError, EOFError, AssertionError, OverflowError)
"""What `zipfile`, `pickletools` and `torch` raise of damaged bytes."""


def on_cpu(tree: Any) -> Any:
    """The same with all tensors in the processor's memory, where every machine can read them again."""
    if isinstance(tree, torch.Tensor):
        return tree.detach().cpu()
    if isinstance(tree, dict):
        return type(tree)((key, on_cpu(value)) for key, value in tree.items())
    return [on_cpu(value) for value in tree] if isinstance(tree, list) else tree


def load_weights(content: bytes, what: str) -> Any:
    """What `torch.save` wrote: a state dict of a module or an optimizer, or another dict of tensors, on the CPU.

    Everything is checked before it is allocated: the zip file (`agents.zips`) is not compressed, its pickle names
    tensors only, and these are no larger together than the bytes that are stored for them.

    Raises:
        ValueError: anything else; the sentence begins with `what`.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            check_zip(archive, len(content))
            (name,) = (name for name in archive.namelist() if re.fullmatch(r"[^/]+/data\.pkl", name))
            _check_names(archive.read(name))
        found = torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
    except FAULTS as error:
        raise ValueError(f"{what} has something else than weights, whose loading could run code ({error}).") from error
    tensors = _tensors(found, len(content), what)
    for name, tensor in tensors.items():
        if tensor.layout is not torch.strided or tensor.device.type != "cpu":
            raise ValueError(f"{what} has in {name[1:]} a tensor of another kind than weights: it is damaged.")
    needed = sum(tensor.numel() * tensor.element_size() for tensor in tensors.values())
    if needed > len(content):
        raise ValueError(f"{what} claims tensors of {needed:,} bytes, but stores {len(content):,}: it is damaged.")
    return found


def check_state(state: Any, like: Mapping[str, Tensor], what: str) -> None:
    """ValueError unless these are finite weights with the names and shapes of `like`."""
    for name in like:
        if not isinstance(state, dict) or name not in state:
            raise ValueError(f"{what} has no weights {name}, which the network has that is described: train anew.")
    for name, tensor in state.items():
        if name not in like:
            raise ValueError(f"{what} has weights {name}, which the network lacks that is described: train anew.")
        found, wanted = tuple(getattr(tensor, "shape", ())), tuple(like[name].shape)
        if not isinstance(tensor, Tensor) or found != wanted or tensor.dtype != like[name].dtype:
            raise ValueError(
                f"{what} has weights for other networks than it should: {name} is of shape {found}, but in the network "
                f"that is described {wanted}, so train anew."
            )
    check_finite(state, what)


def check_optimizer(state: Any, like: torch.optim.Optimizer, what: str) -> None:
    """ValueError unless this is a finite state of an optimizer of parameters as those of `like`."""
    fresh = like.state_dict()
    parameters = [parameter for group in like.param_groups for parameter in group["params"]]
    if not isinstance(state, dict) or set(state) != {"state", "param_groups"}:
        raise ValueError(f"{what} is no state of an optimizer: it is damaged.")
    groups, moments = state["param_groups"], state["state"]
    if not fits(groups, list[dict[str, Any]]) or not fits(moments, dict[int, dict[str, Tensor]]):
        raise ValueError(f"{what} is no state of an optimizer: it is damaged.")
    if [group.get("params") for group in groups] != [group["params"] for group in fresh["param_groups"]]:
        raise ValueError(f"{what} is of other parameters than the {len(parameters)} of the network: it is damaged.")
    for group, usual in zip(groups, fresh["param_groups"], strict=True):
        for name in set(group) ^ set(usual):
            raise ValueError(f"{what} {'has' if name in group else 'lacks'} {name!r}: it is of another optimizer.")
        for name, value in group.items():
            if isinstance(value, Tensor) or (isinstance(value, float) and not isfinite(value)):
                raise ValueError(f"{what} has {name} {value}, but it must be finite: it is damaged.")
    for number, some in moments.items():
        for name, tensor in some.items():
            if not 0 <= number < len(parameters) or tensor.shape not in (parameters[number].shape, torch.Size([])):
                raise ValueError(f"{what} has for parameter {number} a {name} that does not fit it: it is damaged.")
        check_finite(some, what)


def _check_names(content: bytes) -> None:
    """ValueError for a pickle that names something else than tensors."""
    for operation, argument, _ in pickletools.genops(content):
        if operation.name == "STACK_GLOBAL" or (
            operation.name in ("GLOBAL", "INST") and not ALLOWED.fullmatch(str(argument))
        ):
            raise ValueError(f"it names {argument}")


def _tensors(tree: Any, most: int, what: str) -> dict[str, Tensor]:
    """All tensors in dicts, lists and tuples, by name; ValueError for another thing, or for more than `most` things.

    `most` is that of bytes: what stands there once but counts many times, a list in lists in lists, is more.
    """
    found, waiting = {}, [("", tree)]
    for _ in range(most):
        if not waiting:
            return found
        if len(waiting) > most:
            break
        name, thing = waiting.pop()
        if isinstance(thing, Tensor):
            found[name] = thing
        elif isinstance(thing, dict):
            waiting += [(f"{name}.{key}", value) for key, value in thing.items()]
        elif isinstance(thing, list | tuple):
            waiting += [(f"{name}.{number}", value) for number, value in enumerate(thing)]
        elif not isinstance(thing, int | float | str | None):
            raise ValueError(f"{what} has in {name[1:]} something else than weights, whose loading could run code.")
    raise ValueError(f"{what} has more in it than its size: it is damaged.")
