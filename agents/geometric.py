"""Observations for graph networks of torch-geometric (PyG): your own network scores the candidates of any problem.

The only file that imports torch-geometric; agents/README.md has a network of 25 lines and its training.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch_geometric.data import Batch

from agents.graph import Choices, Graphs
from agents.wrapped import SHAPES
from baselines.play import Scores
from envs.core.spec import Observation
from envs.core.vector import DispatchVectorEnv


def batch(observation: Observation | Mapping[str, Any], device: torch.device | str = "cpu") -> Batch:
    """The valid nodes, valid edges and legal candidates of an observation with a batch axis, arrays or tensors.

    Letters as in `envs.core.spec`, with n nodes, e edges and c legal candidates in all. Node 0 of each graph, at `ptr`,
    is the clock. Like any `Batch` it moves by `to`.

    Returns:
        x (n, F + S) f32: features and state of each node; node_type (n,) i64; batch (n,) i64: the row of each node;
        ptr (B + 1,) i64: where the nodes of each row begin; edge_index (2, e) i64; edge_type (e,) i64; edge_attr
        (e, K) f32; candidate (c, 2) i64: both nodes of each candidate, counted through the whole batch as in
        edge_index; candidate_x (c, C) f32; candidate_type (c,) i64: the verb; candidate_row (c,) i64: the row it is a
        choice of; action (c,) i64: what to step with.

    Raises:
        ValueError: an array is missing or not of the shape that `envs.core.spec` says, as without a batch axis.
    """
    arrays = observation._asdict() if isinstance(observation, Observation) else observation
    _check(arrays)
    graphs = Graphs.read(arrays, torch.arange(len(arrays["node_type"])), with_state=True)
    first = graphs.nodes.offsets
    choices = Choices.read(arrays).counted_from(first)
    return Batch(
        x=torch.cat([graphs.node_features, graphs.node_state], dim=1),
        node_type=graphs.node_type,
        batch=graphs.nodes.owner,
        ptr=first,
        edge_index=graphs.edges + first[graphs.edge_lists.owner],
        edge_type=graphs.edge_type,
        edge_attr=graphs.edge_features,
        candidate=choices.pair,
        candidate_x=choices.features,
        candidate_type=choices.verb,
        candidate_row=choices.candidates.owner,
        action=choices.action,
    ).to(str(device))


def scores(model: nn.Module) -> Scores:
    """A module that maps a batch to one score per candidate (c,), as scores for `baselines.play`.

    It sees batches on its own device, without gradients; whether it drops out is left to its `train` and `eval`.

    Raises:
        ValueError: when played, the model cannot read this problem's batches or returns another shape.
    """

    def play(env: DispatchVectorEnv) -> np.ndarray:
        weight = next(model.parameters(), torch.empty(0))
        seen: Any = batch(env.observation, weight.device)  # pyright knows no attributes of a Batch
        with torch.no_grad():
            found = _call(model, seen)
        result = np.full(env.observation.action_mask.shape, -np.inf)
        result[seen.candidate_row.cpu().numpy(), seen.action.cpu().numpy()] = found.double().cpu().numpy()
        return result

    return play


def _call(model: nn.Module, seen: Any) -> Tensor:
    """The model's scores (c,) of a batch; ValueError where it cannot read it or returns anything else."""
    try:
        found = model(seen)
    except torch.OutOfMemoryError:
        raise
    except (RuntimeError, IndexError) as error:
        widths = ", ".join(f"{key} {seen[key].shape[1]}" for key in ("x", "edge_attr", "candidate_x"))
        reason = str(error).partition("\n")[0].rstrip(".")
        raise ValueError(
            f"The model cannot read this problem's batch, whose widths are {widths} ({reason}): "
            "play the problem it was made for, or take the widths and numbers of types from problem.spec."
        ) from error
    given = tuple(found.shape) if isinstance(found, Tensor) else type(found).__name__
    wanted = (len(seen.action),)
    if given != wanted:
        raise ValueError(f"The model returns {given}, but must return a tensor {wanted}: one score per candidate.")
    return found


def _check(arrays: Mapping[str, Any]) -> None:
    """ValueError where the arrays are no observation with a batch axis."""
    sizes: dict[str | int, int] = {2: 2}
    for key, letters in SHAPES.items():
        if key not in arrays:
            raise ValueError(f"The observation lacks {key}: give all arrays of a dispatch environment.")
        shape, wanted = tuple(arrays[key].shape), ("B", *letters)
        fits = len(shape) == len(wanted)
        if not fits or any(sizes.setdefault(letter, n) != n for letter, n in zip(wanted, shape, strict=True)):
            raise ValueError(
                f"The observation has {key} {shape}, but it must be ({', '.join(map(str, wanted))}) with the sizes of "
                "the other arrays: give one environment's observation a batch axis, array[None] for each."
            )
