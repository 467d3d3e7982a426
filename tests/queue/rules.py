"""Rules for the queue: scores (B, 1 + K) of committing and of picking the job of each slot."""

from collections.abc import Callable

import numpy as np

from tests.queue.env import View


def fifo(view: View) -> np.ndarray:
    """Full batches of the jobs that have waited longest."""
    return _scores(view, view.waited, np.full(len(view.unit), -1.0))


def spt(view: View) -> np.ndarray:
    """Shortest jobs first (Smith 1956), as long as the next one takes no more than twice as long as the batch."""
    return _scores(view, -view.expected, -2 * view.longest)


def random(view: View) -> np.ndarray:
    """All candidates alike."""
    return np.zeros(view.action_mask.shape)


def _scores(view: View, pick: np.ndarray, commit: np.ndarray) -> np.ndarray:
    scores = np.zeros(view.action_mask.shape)
    scores[:, 0], scores[:, 1:] = commit, pick
    return scores / np.maximum(view.unit, 1)[:, None]  # a row that nothing has filled has 0


RULES: dict[str, Callable[[View], np.ndarray]] = {"fifo": fifo, "spt": spt, "random": random}
DEFAULTS: dict[str, object] = {}
