"""What group-relative methods maximise: advantages, weights and clipped ratios, and the methods by name."""

from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor

Baseline = Literal["group", "leave_one_out", "greedy", "label"]
Scale = Literal["group", "batch", "none"]
Loss = Literal["grpo", "dr_grpo", "dapo", "gspo", "cispo"]

PRESETS: dict[str, dict[str, Any]] = {
    # Shao et al. 2024, arXiv 2402.03300, sec. 4.1, eq. 3, without its KL term unless `kl_coef` says so.
    "grpo": {},
    # Kwon et al. 2020, arXiv 2010.16011, sec. 4.2: the mean of the rollouts is their shared baseline; no scale.
    "pomo": {"scale": "none", "loss": "dr_grpo", "n_epochs": 1},
    # Kool et al. 2019, and Ahmadian et al. 2024, arXiv 2402.14740: the mean of the other rollouts.
    "rloo": {"baseline": "leave_one_out", "scale": "none", "loss": "dr_grpo", "n_epochs": 1},
    # Liu et al. 2025, arXiv 2503.20783, sec. 3: neither a rollout's own length nor deviations in the denominator.
    "dr_grpo": {"scale": "none", "loss": "dr_grpo"},
    # Yu et al. 2025, arXiv 2503.14476, sec. 3: clip higher, mean over all decisions, no tied groups.
    "dapo": {"loss": "dapo", "clip_range_high": 0.28, "filter_groups": True, "n_epochs": 4},
    # Zheng et al. 2025, arXiv 2507.18071, sec. 4.1 and 5.1: one ratio per rollout.
    "gspo": {"loss": "gspo", "clip_range": 3e-4, "clip_range_high": 4e-4, "n_epochs": 4},
    # MiniMax 2025, arXiv 2506.13585, sec. 3.1: the weight is clipped, not the gradient; at 5 as in arXiv 2510.13786.
    "cispo": {"loss": "cispo", "clip_range_high": 4.0, "n_epochs": 4},
    # Corsini et al. 2024, arXiv 2401.11849: cross-entropy on the best rollout; here its mean over all decisions of a
    # batch, in the authors' code over those of each instance, which differs where instances differ in size.
    "self_labelling": {"baseline": "label", "scale": "none", "loss": "dapo", "n_epochs": 1},
    # Xu et al. 2025, arXiv 2504.13818, sec. 3: the part of each group whose rewards vary most, then its advantages.
    "pods": {"keep": 0.25},
}
"""Arguments of `GRPO` by the name of the method: `GRPO("GraphPolicy", env, **PRESETS["dapo"])`.

In the first of several epochs all ratios are 1 and nothing is clipped; what differs in the ratio alone has four. With
one, GSPO is GRPO and CISPO is DAPO, as POMO is Dr. GRPO. Tied groups are left out by all of them, since they teach
nothing (`filter_groups`, in the papers DAPO's alone): the mean is over the others.
"""


def advantages(returns: np.ndarray, baseline: Baseline, scale: Scale, greedy: np.ndarray | None = None) -> np.ndarray:
    """A (P, G) of the returns (P, G) of P groups; `greedy` (P, 1) are the returns of the greedy rollouts.

    Deviations are of samples (divided by G - 1) and 1e-4 is added to them, as in TRL: "group" divides by that of the
    group's returns, "batch" by that of all R - baseline (TRL: of all R, which differ in level from instance to
    instance). Labels, 1 for the best rollout, have no scale.
    """
    size = returns.shape[1]
    if baseline == "label":
        return (np.arange(size) == returns.argmax(1)[:, None]).astype(float)
    mean = returns.mean(1, keepdims=True)
    if baseline == "leave_one_out":
        mean = (size * mean - returns) / (size - 1)
    found = returns - (greedy if baseline == "greedy" and greedy is not None else mean)
    if scale == "group":
        return found / (returns.std(1, ddof=1, keepdims=True) + 1e-4)
    return found / (found.std(ddof=1) + 1e-4) if scale == "batch" else found


def decision_weights(loss: Loss, episode: np.ndarray) -> np.ndarray:
    """The weight w (n,) of decisions that were made in the given episodes (n,)."""
    lengths = np.bincount(episode)
    rollouts = (lengths > 0).sum()
    if loss in ("dapo", "cispo"):
        return np.full(len(episode), 1 / len(episode))
    if loss == "dr_grpo":
        return np.full(len(episode), 1 / (rollouts * lengths.max()))
    return 1 / (rollouts * lengths[episode])


def surrogate(loss: Loss, log_prob: Tensor, ratio: Tensor, a: Tensor, low: float, high: float) -> Tensor:
    """What is maximised for each decision (n,): PPO's clipped objective, or that of CISPO."""
    if loss == "cispo":
        return ratio.detach().clamp(max=high) * a * log_prob
    return torch.minimum(ratio * a, ratio.clamp(low, high) * a)
