"""Published snapshots, drawn sets, and the texts that name random ones."""

import numpy as np
import pytest

from envs.core.downloads import DataError, fetch, registry
from envs.vm_rescheduling.sets import LIMITS, SETS, load_set, random_source, reference
from envs.vm_rescheduling.slots import slots_of
from envs.vm_rescheduling.verify import verify


def there() -> bool:
    try:
        for name in registry("vm"):
            fetch(name, download=False)
    except DataError:
        return False
    return True


needs_data = pytest.mark.skipif(not there(), reason="the snapshots are not on this machine: fetch them once")


@needs_data
def test_the_snapshots_are_those_that_were_measured() -> None:
    (medium,), (large,) = load_set("medium"), load_set("large")
    assert (medium.pms, medium.vms, large.pms, large.vms) == (279, 2089, 1176, 4546)
    assert int(medium.free()[0].sum()) == 1394 and int(large.free()[0].sum()) == 18772
    assert verify(medium, []) == pytest.approx(0.977, abs=5e-4) and verify(large, []) == pytest.approx(0.600, abs=5e-4)
    assert sorted(medium.cores[medium.double == 0].tolist()) == [2, 4, 8, 16, 32]
    assert sorted(medium.cores[medium.double == 1].tolist()) == [4, 8, 16, 32, 64, 88]


@needs_data
def test_limits_are_part_of_the_name_and_optima_go_by_the_numbers() -> None:
    assert [load_set(f"medium{limit}")[0].limit for limit in LIMITS if limit != 50] == [10, 20, 100, 200]
    assert [round(reference(one)[0], 4) for one in load_set("bytedance:medium")] == [
        0.5753,
        0.8508,
        0.759,
        0.2884,
        0.0014,
    ]
    assert all(reference(one)[1] == "optimal" for one in load_set("bytedance"))
    assert reference(load_set("high_000")[0])[1] == "lower-bound"


@needs_data
def test_the_workloads_are_as_full_as_the_papers() -> None:
    # Share of PMs with no more than so much of their cores in use: read off the figure of the paper.
    for name, levels, shares in (
        ("high", (0.5, 0.7, 0.9), (0.03, 0.105, 0.31)),
        ("low", (0.2, 0.5, 0.8), (0.35, 0.68, 0.86)),
    ):
        use = [1 - one.free()[0].sum(1) / one.pm_cores.sum(1) for one in load_set(name)[:20]]
        found = [(np.concatenate(use) <= level).mean() for level in levels]
        assert found == pytest.approx(shares, abs=0.06)


@needs_data
def test_drawn_sets_are_always_the_same() -> None:
    assert len(SETS["affinity"]) == 100
    (one,) = load_set("affinity_007")
    assert one.name == "affinity_007" and one.identity == "75046b3d3f39930b"


def test_random_clusters_need_no_network_and_are_nearly_full() -> None:
    rng = np.random.default_rng(0)
    one = random_source("40,load=none").sample(rng)
    cores = one.free()[0]
    assert 0.94 < 1 - cores.sum() / one.pm_cores.sum() < 0.96
    share = np.bincount(one.flavour, minlength=one.flavours) / one.vms
    assert share[one.cores == 4].max() == pytest.approx(906 / 2089, abs=0.06)


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ("'x' is no size of clusters: write PMS, as in 20", "x"),
        ("has an unknown parameter 'lood': the nearest is 'load'", "20,lood=high"),
        ("load is 'heavy', but must be one of high, middle, low, full, none", "20,load=heavy"),
        ("limit is '0', but must be a whole number from 1 to", "20,limit=0"),
        ("affinity is '2', but must be a number from 0 to 1", "20,affinity=2"),
        ("gives limit twice", "20,limit=5,limit=6"),
        ("churn needs a span", "20,churn=2"),
        ("members needs an affinity", "20,members=2"),
        ("'16x' names no slots", "20,slots=16x"),
        ("a double slot has halves, but 15 is odd", "20,slots=15d"),
        ("weights that do not add up to 1", "20,slots=0.5*16+0.6*64d"),
        ("span is '1..5'", "20,span=1..5"),
    ],
)
def test_a_text_that_names_no_law_is_refused(words: str, text: str) -> None:
    with pytest.raises(ValueError) as error:
        random_source(text)
    assert words in str(error.value)


def test_kinds_of_slots_are_written_as_people_do() -> None:
    slots = slots_of("0.7*16/32+0.3*64d")
    assert [array.tolist() for array in slots] == [[16, 64], [32 * 1024, 0], [0, 1], [0.7, 0.3]]
    assert slots_of("16+64d").slot_weight.tolist() == [0.5, 0.5]
