"""From the legal candidates of a decision to one logit each, and to the value of the decision."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from agents.graph import Choices


class Decoder(nn.Module):
    """Candidates meet each other and the clock node: `h += relu(W h + U [mean of h, clock])`, several rounds.

    The last layers of logits and value start at zero: the first policy is uniform over the legal candidates. With
    `guide`, a column of the candidate features and a weight, it is the softmax of -weight times that column, and all
    columns may add to the logits without detour.
    """

    def __init__(
        self,
        candidate_width: int,
        candidate_types: int,
        state_width: int,
        clock_width: int,
        width: int,
        rounds: int,
        guide: Sequence[float] | None = None,
    ) -> None:
        super().__init__()
        self.features = nn.Linear(candidate_width + 2 * state_width, width)
        self.kind = nn.Embedding(candidate_types, width)
        self.clock = nn.Linear(clock_width, width)
        self.own = nn.ModuleList(nn.Linear(width, width) for _ in range(rounds))
        self.others = nn.ModuleList(nn.Linear(2 * width, width, bias=False) for _ in range(rounds))
        self.logit = nn.Linear(width, 1, bias=False)
        self.value = nn.Sequential(nn.Linear(2 * width, width), nn.ReLU(), nn.Linear(width, 1))
        for last in (self.logit, self.value[2]):
            for parameter in last.parameters():
                nn.init.zeros_(parameter)
        self.direct: nn.Linear | None = None
        if guide is not None:
            self.direct = nn.Linear(candidate_width, 1, bias=False)
            nn.init.zeros_(self.direct.weight)
            with torch.no_grad():
                self.direct.weight[0, int(guide[0])] = -guide[1]

    def forward(self, choices: Choices, pair: Tensor | None) -> tuple[Tensor, Tensor]:
        """Logits (c,) and values (D, 1); `pair` (c, width) is what the encoder says about the candidates' nodes."""
        h, clock = self._meet(choices, pair)
        value = self.value(torch.cat([choices.candidates.mean(h), clock], dim=1))
        return self._logits(choices, h), value

    def logits(self, choices: Choices, pair: Tensor | None) -> Tensor:
        """Logits (c,) alone, for trainers without a critic."""
        return self._logits(choices, self._meet(choices, pair)[0])

    def _logits(self, choices: Choices, h: Tensor) -> Tensor:
        logits = self.logit(h)
        return (logits if self.direct is None else logits + self.direct(choices.features)).squeeze(1)

    def _meet(self, choices: Choices, pair: Tensor | None) -> tuple[Tensor, Tensor]:
        """Vectors of the candidates (c, width) and of the clock nodes (D, width)."""
        rows = choices.candidates
        h = self.features(torch.cat([choices.features, choices.state], dim=1))
        h += self.kind(choices.verb)
        if pair is not None:
            h += pair
        h = h.relu_()
        clock = self.clock(choices.clock).relu_()
        for own, others in zip(self.own, self.others, strict=True):
            context = others(torch.cat([rows.mean(h), clock], dim=1))
            change = own(h)
            change += context.index_select(0, rows.owner)
            h = h + change.relu_()
        return h, clock
