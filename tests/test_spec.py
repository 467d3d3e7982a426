"""Columns and records go by name."""

import pytest

from envs.core.spec import Feature, columns
from envs.core.state import records


def test_a_column_is_found_by_its_name() -> None:
    c = columns((Feature("duration", ""), Feature("slack", "")))
    assert (c.duration, c.slack) == (0, 1)


@pytest.mark.parametrize("name", ["mean", "size", "shape", "data", "sum", "item"])
def test_a_record_has_no_field_that_numpy_has(name: str) -> None:
    with pytest.raises(ValueError, match=f"the field '{name}', which is an attribute of numpy's: use another name"):
        records(3, {"time": int, name: float})
