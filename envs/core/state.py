"""What the states of all problems are made of."""

import numpy as np


def records(batch: int, fields: dict[str, type], *axes: int) -> np.recarray:
    """Zeros (batch, *axes) of a record whose fields are int (int64) or float (float64)."""
    dtype = np.dtype([(name, np.float64 if kind is float else np.int64) for name, kind in fields.items()])
    return np.zeros((batch, *axes), dtype).view(np.recarray)
