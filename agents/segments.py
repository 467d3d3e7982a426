"""Operations over ragged rows: many short lists (the legal candidates of each decision) stored one after another."""

from typing import NamedTuple, Self

import torch
from torch import Tensor


def ragged_index(starts: Tensor, lengths: Tensor) -> Tensor:
    """Row numbers of the blocks `starts[i], starts[i] + 1, ..., starts[i] + lengths[i] - 1`, one after another.

    Both arguments are (G,) int64; the result is (lengths.sum(),) int64.
    """
    ends = lengths.cumsum(0)
    total = int(ends[-1]) if len(ends) else 0
    shift = torch.repeat_interleave(starts - ends + lengths, lengths, output_size=total)
    return shift + torch.arange(total, device=starts.device)


class Segments(NamedTuple):
    """D consecutive segments of altogether c rows; a segment may be empty."""

    offsets: Tensor  # (D + 1,) i64: segment d owns the rows offsets[d] : offsets[d + 1]
    owner: Tensor  # (c,) i64: the segment of each row

    @classmethod
    def of(cls, lengths: Tensor) -> Self:
        """Segments of the given lengths (D,) int64."""
        offsets = torch.cat([lengths.new_zeros(1), lengths.cumsum(0)])
        numbers = torch.arange(len(lengths), device=lengths.device)
        return cls(offsets, torch.repeat_interleave(numbers, lengths, output_size=int(offsets[-1])))

    @property
    def number(self) -> int:
        """The number of segments, D."""
        return len(self.offsets) - 1

    @property
    def lengths(self) -> Tensor:
        """Rows in each segment, (D,) int64."""
        return self.offsets.diff()

    def sum(self, rows: Tensor) -> Tensor:
        """Sum of the rows (c, ...) of each segment, (D, ...); zero for an empty one."""
        return rows.new_zeros(self.number, *rows.shape[1:]).index_add(0, self.owner, rows)

    def mean(self, rows: Tensor) -> Tensor:
        """Mean of the rows (c, H) of each segment, (D, H); zero for an empty one."""
        return self.sum(rows) / self.lengths.clamp(min=1).to(rows.dtype).unsqueeze(1)

    def max(self, rows: Tensor) -> Tensor:
        """Largest of the numbers (c,) in each segment, (D,); -inf for an empty one. Carries no gradient."""
        lowest = rows.new_full((self.number,), -torch.inf)
        return lowest.scatter_reduce(0, self.owner, rows.detach(), "amax")

    def log_softmax(self, logits: Tensor) -> Tensor:
        """Logarithm of the softmax of the finite logits (c,) within each segment, (c,)."""
        shifted = logits - self.max(logits).index_select(0, self.owner)
        return shifted - self.sum(shifted.exp()).log().index_select(0, self.owner)

    def entropy(self, log_probs: Tensor) -> Tensor:
        """Entropy in nats of each segment's log-probabilities (c,), (D,); zero for an empty one."""
        return -self.sum(log_probs * log_probs.exp())

    def argmax(self, rows: Tensor) -> Tensor:
        """Row number (0 to c - 1) of the first largest entry of each segment, (D,) int64; -1 for an empty one."""
        best = rows >= self.max(rows).index_select(0, self.owner)
        numbers = torch.where(best, torch.arange(len(rows), device=rows.device), len(rows))
        first = numbers.new_full((self.number,), len(rows)).scatter_reduce(0, self.owner, numbers, "amin")
        return torch.where(self.lengths > 0, first, -1)

    def sample(self, logits: Tensor) -> Tensor:
        """Row number drawn from each segment's softmax by the Gumbel-max trick, (D,) int64; -1 for an empty one."""
        return self.argmax(logits - torch.empty_like(logits).exponential_().log())

    def take(self, rows: Tensor, numbers: Tensor, default: float) -> Tensor:
        """The entries of `rows` (c,) at the row numbers (D,) that `argmax` or `sample` gave; `default` for -1."""
        if len(rows) == 0:
            return rows.new_full((self.number,), default)
        return torch.where(numbers >= 0, rows[numbers.clamp(min=0)], default)

    def select(self, segments: Tensor) -> tuple[Self, Tensor]:
        """The given segments (D',) int64 in that order, and the row numbers (c',) that they own here."""
        lengths = self.lengths[segments]
        return type(self).of(lengths), ragged_index(self.offsets[segments], lengths)
