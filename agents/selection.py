"""Which rollouts of a group or a batch are worth training on."""

import numpy as np


def max_variance_subset(values: np.ndarray, size: int) -> np.ndarray:
    """Positions, ascending, of the `size` values (n,) whose variance is the largest; exact in O(n log n).

    The best subset is the a lowest and the size - a highest values for some a (Xu et al. 2025, PODS, arXiv 2504.13818,
    theorem 1); prefix sums of values and squares give the variance for every a.

    Raises:
        ValueError: a size below 1 or above n.
    """
    if not 1 <= size <= len(values):
        raise ValueError(f"The subset has size {size}, but must have 1 to {len(values)} of the {len(values)} values.")
    order = np.argsort(values, kind="stable")
    ranked = values[order] - values.mean()
    sums = np.concatenate([[0.0], ranked.cumsum()])
    squares = np.concatenate([[0.0], (ranked**2).cumsum()])
    low = np.arange(size + 1)
    high = len(values) - size + low  # the highest begin here
    total = sums[low] + sums[-1] - sums[high]
    variance = (squares[low] + squares[-1] - squares[high]) / size - (total / size) ** 2
    a = int(variance.argmax())
    return np.sort(np.concatenate([order[:a], order[len(values) - size + a :]]))


def count_of(share: float, total: int) -> int:
    """How many of `total` things a share is, at least one where there are any."""
    return min(total, max(1, int(np.ceil(share * total - 1e-9))))
