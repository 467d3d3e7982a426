"""What the states of all problems are made of."""

import numpy as np


def records(batch: int, fields: dict[str, type], *axes: int) -> np.recarray:
    """Zeros (batch, *axes) of a record whose fields are int (int64) or float (float64).

    Raises:
        ValueError: a field with the name of an attribute of numpy's records, which would hide it without compilation.
    """
    for name in fields:
        if hasattr(np.record, name) or hasattr(np.recarray, name):
            raise ValueError(f"A record has the field {name!r}, which is an attribute of numpy's: use another name.")
    dtype = np.dtype([(name, np.float64 if number is float else np.int64) for name, number in fields.items()])
    return np.zeros((batch, *axes), dtype).view(np.recarray)
