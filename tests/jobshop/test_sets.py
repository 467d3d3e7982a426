"""The literature's job shops by name: their members, sizes and bounds, and random shops by size."""

import re

import numpy as np
import pytest

from envs.core.downloads import DataError, fetch, registry
from envs.core.sources import RandomSizes
from envs.jobshop import formats, taillard
from envs.jobshop.instance import JobShopInstance
from envs.jobshop.sets import BEST_KNOWN, FAMILIES, SETS, load_set, random_source, reference

COUNTS = {"ft": 3, "la": 40, "abz": 5, "orb": 10, "swv": 20, "yn": 4, "ta": 80, "taillard": 80, "dmu": 80}


def _local(name: str) -> JobShopInstance:
    """A file of JSPLib as it is, or a skip where this machine has none."""
    try:
        (shop,) = formats.load(fetch(f"jobshop/jsplib/{name}.json", download=False))
    except DataError as error:
        pytest.skip(str(error))
    return shop


def test_the_sets_are_those_of_the_literature():
    assert {name: len(members) for name, members in SETS.items()} == COUNTS
    assert set(FAMILIES) == set(SETS) - {"taillard"}
    assert [SETS["ta"][0], SETS["la"][-1], SETS["yn"][0], SETS["dmu"][-1]] == ["ta01", "la40", "yn1", "dmu80"]


def test_every_instance_is_registered_with_a_pinned_file():
    files = registry("jobshop")
    assert set(files) == {f"jobshop/jsplib/{name}.json" for name in BEST_KNOWN}
    for name, row in files.items():
        assert re.fullmatch(
            r"https://raw.githubusercontent.com/ScheduleOpt/benchmarks/[0-9a-f]{40}/.*\.json", row["url"]
        )
        assert (
            row["url"].removesuffix("js.json").removesuffix(".json").endswith(name.split("/")[-1].removesuffix(".json"))
        )
        assert (
            re.fullmatch("[0-9a-f]{64}", row["sha256"]) and int(row["bytes"]) > 0 and row["licence"] == "CC BY-SA 4.0"
        )


def test_bounds_are_ordered_and_optimal_means_that_they_meet():
    for name, known in BEST_KNOWN.items():
        assert 0 < known.lb <= known.ub, name
        assert bool(known.optimal) == (known.lb == known.ub), name
    assert [BEST_KNOWN[name].ub for name in ("ft06", "ft10", "ft20", "la01", "ta01")] == [55, 930, 1165, 666, 1231]


def test_taillards_sizes_and_bounds_hold_for_what_is_generated():
    for name in SETS["ta"]:
        (shop,) = load_set(name)
        known = BEST_KNOWN[name]
        assert (shop.name, shop.size) == (name, known.size)
        assert shop.lower_bound() <= known.lb
    assert list(taillard.seed_table()) == list(SETS["ta"])


def test_a_size_filters_a_set():
    assert [shop.name for shop in load_set("taillard:20x15")] == [f"ta{number}" for number in range(11, 21)]
    assert [shop.name for shop in load_set("ft:6x6")] == ["ft06"]
    assert [
        len(load_set(f"ta:{size}"))
        for size in dict.fromkeys(known.size for known in map(BEST_KNOWN.get, SETS["ta"]) if known)
    ] == [10] * 8


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("taillrd", "no job shops are known as 'taillrd': the nearest is 'taillard'"),
        (
            "la:10x6",
            "'la' has no job shops of the size '10x6': its sizes are 10x5, 15x5, 20x5, 10x10, 15x10, 20x10, 30x10, 15",
        ),
        ("ft06:10x10", "'ft06' has no job shops of the size '10x10': its size is 6x6"),
    ],
)
def test_an_unknown_set_or_size_is_refused_with_the_known_ones(text, sentence):
    with pytest.raises(ValueError, match=re.escape(sentence)):
        load_set(text)


def test_ft06_is_the_shop_that_fisher_and_thompson_printed():
    (shop,) = load_set("ft06")
    assert (shop.name, shop.size) == ("ft06", "6x6")
    assert shop.to_jobs()[0] == [(2, 1), (0, 3), (1, 6), (3, 7), (5, 3), (4, 6)]
    assert [sum(duration for _, duration in job) for job in shop.to_jobs()] == [26, 47, 34, 35, 25, 30]
    assert [int(shop.duration[shop.machine == machine].sum()) for machine in range(6)] == [40, 26, 26, 22, 40, 43]


def test_what_needs_no_file_equals_the_files_of_jsplib():
    for name in ("ft06", *SETS["ta"]):
        assert load_set(name) == [_local(name)], name


def test_published_files_are_loaded_under_their_names():
    for name in ("ft10", "la01", "la40", "abz5", "orb10"):
        _local(name)
        (shop,) = load_set(name)
        assert (shop.name, shop.size) == (name, BEST_KNOWN[name].size)
        assert shop.lower_bound() <= BEST_KNOWN[name].lb


def test_the_reference_is_the_best_known_makespan():
    assert reference(load_set("ft06")[0]) == (55, "optimal")
    assert reference(load_set("ta01")[0]) == (1231, "optimal")
    assert reference(JobShopInstance(*_arrays("ta01"), name="ta01js")) == (1231, "optimal")  # as JSPLib's file says
    open_one = next(name for name in SETS["ta"] if not BEST_KNOWN[name].optimal)
    assert reference(load_set(open_one)[0]) == (BEST_KNOWN[open_one].ub, "best-known")


def test_the_reference_of_any_other_shop_is_its_lower_bound():
    shop = JobShopInstance.from_jobs([[(0, 3), (1, 2)], [(1, 4), (0, 1)]], "mine")
    assert reference(shop) == (shop.lower_bound(), "lower-bound") == (6, "lower-bound")
    assert reference(JobShopInstance.from_jobs(shop.to_jobs(), "la01"))[1] == "lower-bound"
    duration, machine, job_start, machines = _arrays("ta01")
    off_by_one = JobShopInstance(np.where(duration == 58, 57, duration), machine, job_start, machines, name="ta01")
    assert reference(off_by_one) == (off_by_one.lower_bound(), "lower-bound")


def _arrays(name: str) -> tuple[np.ndarray, np.ndarray, np.ndarray, int]:
    shop = JobShopInstance.taillard(name)
    return shop.duration, shop.machine, shop.job_start, shop.machines


def test_random_sizes_fill_their_range():
    source = random_source("2x3..4x5")
    rng = np.random.default_rng(0)
    sizes = [source.sample(rng).size for _ in range(400)]
    assert set(sizes) == {f"{jobs}x{machines}" for jobs in (2, 3, 4) for machines in (3, 4, 5)}
    assert min(sizes.count(size) for size in set(sizes)) > 20  # 44 expected of each
    assert source.shape == (4, 5, 20)


def test_one_size_draws_what_generate_draws():
    source = random_source("10x5")
    assert source.shape == (10, 5, 50)
    drawn = source.sample(np.random.default_rng(1))
    assert drawn == JobShopInstance.generate(np.random.default_rng(1), 10, 5)
    assert isinstance(source, RandomSizes)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("10", "'10' is no size of job shops: write JOBSxMACHINES, as in 10x10, or a range, 6x6..15x15"),
        ("", "'' is no size of job shops"),
        ("0x5", "'0x5' is no size of job shops"),
        ("6x6..", "'6x6..' is no size of job shops"),
        ("6x6..5x9", "the sizes '6x6..5x9' run backwards: write the smallest first"),
    ],
)
def test_what_is_no_size_is_refused(text, sentence):
    with pytest.raises(ValueError, match=re.escape(sentence)):
        random_source(text)
