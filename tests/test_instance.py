"""What every problem's instances share: a fingerprint of the visible fields, equality, no writing."""

from dataclasses import FrozenInstanceError, dataclass

import numpy as np
import pytest

from envs.core.instance import Instance, freeze


@dataclass(frozen=True, eq=False, repr=False)
class Toy(Instance):
    HIDDEN = ("future",)

    known: np.ndarray
    future: np.ndarray
    machines: int = 2

    @property
    def shape(self) -> tuple[int, ...]:
        return len(self.known), self.machines

    def lower_bound(self) -> int:
        return 0


def _toy(known=(1, 2), future=(3,), machines=2, name="") -> Toy:
    return Toy(freeze(known), freeze(future), machines, name=name)


def test_the_fingerprint_sees_visible_fields_and_no_others():
    assert _toy().fingerprint == _toy(future=(4,), name="other").fingerprint
    different = [_toy(), _toy(known=(1, 3)), _toy(known=(1, 2, 0)), _toy(machines=3), _toy(known=((1, 2),))]
    assert len({toy.fingerprint for toy in different}) == len(different)


def test_the_fingerprint_sees_the_dtype():
    assert Toy(freeze([0.0], np.float64), freeze([])).fingerprint != Toy(freeze([0]), freeze([])).fingerprint


def test_the_fingerprint_is_the_same_in_every_process():
    assert _toy().fingerprint == 3821577525580793901


def test_equality_sees_hidden_fields_too_but_not_the_name():
    assert _toy() == _toy(name="other") and hash(_toy()) == hash(_toy(name="other"))
    assert _toy() != _toy(future=(4,)) and _toy() != _toy(machines=3) and _toy() != "toy"


def test_an_instance_cannot_be_changed():
    source = np.array([1, 2])
    toy = _toy(known=source)
    source[0] = 5
    assert toy.known.tolist() == [1, 2]
    with pytest.raises(ValueError, match="read-only"):
        toy.known[0] = 5
    with pytest.raises(FrozenInstanceError):
        toy.machines = 3  # type: ignore[misc]


def test_size_and_text_are_short():
    assert (_toy(name="a").size, repr(_toy(name="a"))) == ("2x2", "Toy('a', shape=(2, 2))")
