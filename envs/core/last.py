"""The last observations of finished rows, kept from the restart that overwrites them."""

import math

import numpy as np

from envs.core.compiled import entry
from envs.core.spec import Observation


class LastObservations:
    """Room for one observation of each row; `rows` are views of it, as Gymnasium's `final_obs` has them."""

    def __init__(self, observation: Observation) -> None:
        last = Observation(*map(np.empty_like, observation))
        self.rows = [dict(zip(last._fields, arrays, strict=True)) for arrays in zip(*last, strict=True)]
        self._from, self._to = _memory(observation), _memory(last)

    def keep(self, rows: np.ndarray) -> None:
        """Copy these rows (n,) of the observation that this was made for."""
        _copy(self._from, self._to, rows)


def _memory(arrays: Observation) -> tuple[np.ndarray, ...]:
    """The same memory as one array (B, bytes) uint8 for each."""
    return tuple(array.reshape(len(array), math.prod(array.shape[1:])).view(np.uint8) for array in arrays)


@entry
def _copy(arrays, copies, rows):
    """Copy these rows of all arrays; a call of numpy for each takes longer than the copying."""
    for row in rows:
        for k in range(len(arrays)):
            array, copy = arrays[k][row], copies[k][row]
            for i in range(array.size):
                copy[i] = array[i]
