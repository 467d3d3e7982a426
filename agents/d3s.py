"""D3S: down-sampling of rollouts and of decisions, by the variance of advantages and by |A| H."""

from typing import Any, ClassVar, Literal

import numpy as np

from agents.grpo import GRPO
from agents.schedules import NamedSchedule
from agents.selection import count_of, max_variance_subset


class D3S(GRPO):
    """Dynamic dual-level down-sampling (Wang et al. 2025, arXiv 2509.22115, sec. 4) on top of `GRPO`.

    Advantages are those of the whole groups and are not normalised again. Then
    1. sample level: the N rollouts with the largest variance of A, exactly, out of the whole batch
       (`sample_level="batch"`, the paper's D3S), or so many of each group ("group"); a share of all rollouts, but taken
       from those that `GRPO` would train on;
    2. decision level: of their decisions the K with the largest |A| H, in one pool, H the entropy of the policy that
       played.
    Both shares go linearly from few to all over training: with progress p, N = (1 - p) N_init + p N_final, and so K.
    `sample_keep` and `decision_keep` are shares in (0, 1] or schedules of them; with both 1 it is `GRPO`.

    Arguments are those of `GRPO`, but labels have no variance to select by. Its weights and the ratio of GSPO are over
    the kept decisions. In a crew, each process selects from, and averages over, the rollouts that it has played.

    Raises:
        ValueError: as `GRPO`; a schedule of shares outside (0, 1], `baseline="label"`.
    """

    saved: ClassVar[tuple[str, ...]] = (*GRPO.saved, "sample_level")
    schedules: ClassVar[tuple[str, ...]] = (*GRPO.schedules, "sample_keep", "decision_keep")
    choices: ClassVar[dict[str, Any]] = {**GRPO.choices, "sample_level": Literal["batch", "group"]}

    def __init__(
        self,
        *args: Any,
        sample_keep: float | str | NamedSchedule = "linear:0.25:1",
        decision_keep: float | str | NamedSchedule = "linear:0.2:1",
        sample_level: Literal["batch", "group"] = "batch",
        **kwargs: Any,
    ) -> None:
        self.sample_keep, self.decision_keep, self.sample_level = sample_keep, decision_keep, sample_level
        super().__init__(*args, **kwargs)

    def _check_arguments(self) -> None:
        super()._check_arguments()
        if self.baseline == "label":
            raise ValueError("baseline is 'label', but D3S selects by the variance of advantages: use GRPO for labels.")

    def _select(self, values: np.ndarray, kept: np.ndarray) -> np.ndarray:
        """The decisions to train on, ascending, given A (B,) and the rollouts that GRPO would train on (B,)."""
        samples, decisions = (self._share(name) for name in ("sample_keep", "decision_keep"))
        chosen = np.zeros(len(values), bool)
        rows = np.arange(len(values)).reshape(self.n_instances, -1)
        for pool in [rows.ravel()] if self.sample_level == "batch" else rows:
            useful = pool[kept[pool]]
            if len(useful):
                size = min(len(useful), count_of(samples, int((~self._greedy[pool]).sum())))
                chosen[useful[max_variance_subset(values[useful], size)]] = True
        episode = self.rollouts.episode
        found = np.flatnonzero(chosen[episode])
        size = count_of(decisions, len(found))
        if size >= len(found):
            return found
        key = np.abs(values[episode[found]]) * self.rollouts.entropy[found]
        return np.sort(found[np.argpartition(-key, size - 1)[:size]])

    def _share(self, name: str) -> float:
        share = float(getattr(self, name)(self._current_progress_remaining))
        self.logger.record(f"train/{name}", share)
        return share
