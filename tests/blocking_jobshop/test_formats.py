"""Files of blocking job shops."""

import json
from pathlib import Path
from typing import Any

import pytest

from envs.blocking_jobshop.env import BlockingJobShop
from envs.blocking_jobshop.formats import load, save
from envs.blocking_jobshop.sets import load_set
from envs.core.datasets import resolve

SHOP: dict[str, Any] = {
    "jobs": 1,
    "machines": 2,
    "data": [
        {"job": 0, "operation": 0, "machine": 0, "duration": 2},
        {"job": 0, "operation": 1, "machine": 1, "duration": 3},
    ],
}
FAILING = {**SHOP, "shutdown_probability": [0.1, 0.1]}


@pytest.mark.parametrize(
    "name", ["ft06", "ft06:swap=not_allowed", "ft06:shutdown=0.05:failures=busy:repair=0.2:seed=4"]
)
def test_json_holds_all_of_an_instance(name: str, tmp_path: Path) -> None:
    (shop,) = load_set(name)
    save(shop, tmp_path / "shop.json")
    (found,) = load(tmp_path / "shop.json")
    assert found == shop and found.name == shop.name


def test_text_takes_a_law_behind_its_name(tmp_path: Path) -> None:
    (shop,) = load_set("ft06")
    save(shop, tmp_path / "ft06.txt")
    assert load(tmp_path / "ft06.txt") == [shop]
    path = f"{tmp_path / 'ft06.txt'}:shutdown=0.05:seed=0..2"
    assert resolve(BlockingJobShop, path) == load_set("ft06:shutdown=0.05:seed=0..2")


def test_text_cannot_hold_failures(tmp_path: Path) -> None:
    (shop,) = load_set("ft06:shutdown=0.05")
    with pytest.raises(ValueError, match=r"the name has to end in \.json"):
        save(shop, tmp_path / "shop.txt")


@pytest.mark.parametrize(
    ("found", "sentence"),
    [
        ({**SHOP, "swap": 2}, "swap is 2, but is a whole number from 0 to 1"),
        ({**SHOP, "failures": [[0, 1, 2]]}, "machine 0 has failures, but its shutdown_probability is 0"),
        ({**FAILING, "failures": [[0, 1]]}, r"`failures` is no list of \[machine, start, length\]"),
        ({**FAILING, "failures": {"0": 1}}, "`failures` is no list"),
        ({**FAILING, "failures": [[2, 1, 2]]}, "is of machine 2, but they are 0 to 1"),
        ({**FAILING, "failures": [[0, 1.5, 2]]}, "is not three whole numbers"),
        ({**FAILING, "failures": [[0, 5, 2], [0, 7, 1]]}, "machine 0: a failure at 7"),
        ({**FAILING, "shutdown_probability": [0.1]}, "has one for each of 2 machines"),
        ({**FAILING, "shutdown_probability": "often"}, "shutdown_probability"),
        ({**FAILING, "failures": [[0, 10**30, 1]]}, "shop.json: "),
    ],
)
def test_a_wrong_law_in_a_file_is_told_in_a_sentence(found: dict[str, Any], sentence: str, tmp_path: Path) -> None:
    path = tmp_path / "shop.json"
    path.write_text(json.dumps(found))
    with pytest.raises(ValueError, match=sentence) as caught:
        load(path)
    assert str(caught.value).startswith(str(path)) and "\n" not in str(caught.value)


def test_a_law_is_said_once(tmp_path: Path) -> None:
    path = tmp_path / "shop.json"
    path.write_text(json.dumps(FAILING))
    with pytest.raises(ValueError, match="the file says shutdown_probability itself, so leave shutdown out"):
        load(path, shutdown="0.1")
