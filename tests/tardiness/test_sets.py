"""The literature's instances by name: their members, sizes and best values, and random instances by size."""

import io
import pickle
import re

import numpy as np
import pytest

from envs.core.downloads import registry
from envs.core.parts import parts
from envs.core.sources import RandomSizes
from envs.tardiness.instance import TardinessInstance
from envs.tardiness.published import read_numpy, read_orlib
from envs.tardiness.sets import FAMILIES, SETS, load_set, random_source, reference
from tests.tardiness.jobs import local

COUNTS = {"discover": 1400, "discover-published": 200, "discover-normal": 800, "wt40": 125, "wt50": 125, "wt100": 125}


def test_the_sets_are_those_of_the_literature():
    assert {name: len(members) for name, members in SETS.items()} == COUNTS
    assert [SETS["discover"][0], SETS["discover"][-1], SETS["wt40"][18]] == [
        "discover20-1",
        "discover500-200",
        "wt40-19",
    ]


def test_every_file_is_registered_pinned_and_named_by_a_set():
    files = registry("tardiness")
    collections = [collection for family in FAMILIES.values() for collection in family]
    assert set(files) == {
        f"tardiness/{name}" for collection in collections for name in (collection.file, collection.values) if name
    }
    for row in files.values():
        assert re.fullmatch(r"https://raw.githubusercontent.com/[\w/]+(-[\w]+)?/[0-9a-f]{40}/\S+", row["url"])
        assert re.fullmatch("[0-9a-f]{64}", row["sha256"]) and int(row["bytes"]) > 0 and row["licence"]


@pytest.mark.parametrize(("size", "late"), [(20, 669), (100, 163), (200, 160), (500, 160)])
def test_the_papers_instances_have_the_papers_counts(size, late):
    found = local("discover")
    found = [instance for instance in found if instance.jobs == size]
    assert found == load_set(f"discover:{size}")
    assert sum(reference(instance)[0] > 0 for instance in found) == late
    assert all(instance.unweighted and reference(instance)[1] == "optimal" for instance in found)
    assert [instance.name for instance in found] == [f"discover{size}-{k}" for k in range(1, len(found) + 1)]
    assert all(instance.lower_bound() <= reference(instance)[0] for instance in found)


def test_the_values_of_500_jobs_are_put_in_order_and_kept_as_published():
    ours, theirs = local("discover:500"), load_set("discover-published")
    assert ours == theirs
    right, wrong = ([reference(instance)[0] for instance in some] for some in (ours, theirs))
    assert right[:10] == [wrong[k] for k in (0, 9, 1, 2, 3, 4, 5, 6, 7, 8)] and right[1] == 49289
    assert sorted(right) == sorted(wrong) and reference(theirs[0]) == (wrong[0], "published")


def test_orlibs_instances_have_weights_and_the_values_of_their_files():
    instances = local("wt40")
    first = instances[0]
    assert (first.processing[:3].tolist(), first.weight[:3].tolist(), first.due[:2].tolist()) == (
        [26, 24, 79],
        [1, 10, 9],
        [1588, 1620],
    )
    assert [reference(instance)[0] for instance in instances[:5]] == [913, 1225, 537, 2094, 990]
    assert [instance.name for instance in instances if reference(instance)[1] == "best-known"] == ["wt40-19"]
    assert sum(reference(instance)[1] == "best-known" for instance in local("wt50")) == 10
    assert reference(local("wt100")[0]) == (5988, "best-known")
    assert load_set("wt40-19") == [instances[18]] and load_set("wt40:40") == instances


def test_of_any_other_instance_a_lower_bound_is_known_and_the_optimum_is_computed_where_that_is_quick():
    best = parts("tardiness").reference
    mine = TardinessInstance.from_lists([3, 2, 4], [4, 1, 4], name="mine")
    assert (reference(mine), best(mine)) == ((mine.lower_bound(), "lower-bound"), (7, "computed"))
    weighted = TardinessInstance.from_lists([3, 2, 4], [4, 1, 4], [1, 2, 1], name="mine")
    assert reference(weighted) == best(weighted) == (weighted.lower_bound(), "lower-bound")
    large = TardinessInstance.from_lists([3] * 201, [1] * 201)
    assert reference(large) == best(large) == (large.lower_bound(), "lower-bound")
    for name in ("wt40-1", "wt40-126", "wt40-x", "discover20-1", "-1"):
        renamed = TardinessInstance.from_lists([3] * 40, [1] * 40, name=name)
        assert reference(renamed) == (renamed.lower_bound(), "lower-bound")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("discovr", "no instances are known as 'discovr': the nearest are 'discover', "),
        ("wt40-126", "no instances are known as 'wt40-126': the nearest are "),
        ("discover:30", "'discover' has no instances of the size '30': its sizes are 20, 100, 200, 500"),
        ("wt40-1:50", "'wt40-1' has no instances of the size '50': its size is 40"),
    ],
)
def test_an_unknown_set_or_size_is_refused_with_the_known_ones(text, sentence):
    with pytest.raises(ValueError, match=re.escape(sentence)):
        load_set(text)


def _numpy_file(path, content):
    file = io.BytesIO()
    np.lib.format.write_array_header_1_0(file, {"descr": "|O", "fortran_order": False, "shape": (1,)})
    path.write_bytes(file.getvalue() + content)
    return path


def _saved(path, *entries):
    np.save(path, np.array([*entries, None], object)[:-1], allow_pickle=True)
    return path


def _entry(**changes):
    usual = {"processing_times": np.array([3, 2]), "due_dates": np.array([4.0, 5.0]), "optimal_solution": np.float64(1)}
    return {**usual, **changes}


def test_arrays_of_numbers_are_read_without_numpys_loader(tmp_path):
    (found,) = read_numpy(_saved(tmp_path / "good.npy", _entry()))
    assert [array.tolist() for array in found[:3]] == [[3, 2], [4, 5], [1, 1]] and found.value == 1


def test_a_numpy_file_that_would_run_code_is_refused_and_does_not_run_it(tmp_path):
    marker = tmp_path / "ran"

    class Evil:
        def __reduce__(self):
            return marker.write_text, ("code has run",)

    path = _numpy_file(tmp_path / "evil.npy", pickle.dumps(Evil()))
    with pytest.raises(ValueError, match=r"evil.npy: the file asks for \S+, but only arrays of numbers are read"):
        read_numpy(path)
    path = _numpy_file(tmp_path / "evil.npy", b"cos\nsystem\n(S'true'\ntR.")
    with pytest.raises(ValueError, match=r"the file asks for os\.system, but only arrays of numbers are read"):
        read_numpy(path)
    assert not marker.exists()


@pytest.mark.parametrize(
    ("entry", "sentence"),
    [
        (7, "instance 1 is no dictionary"),
        (_entry(due_dates=None), "instance 1: `due_dates` is missing or holds no numbers"),
        (_entry(due_dates=np.array([4.5, 5])), "instance 1: `due_dates` holds what is no whole number up to"),
        (_entry(due_dates=np.array([np.nan, 5])), "instance 1: `due_dates` holds what is no whole number up to"),
        (_entry(due_dates=np.array([4.0])), "instance 1: there are 2 processing times and 1 due dates"),
        (_entry(due_dates=np.array([True, False])), "instance 1: `due_dates` is missing or holds no numbers"),
    ],
)
def test_a_numpy_file_of_something_else_is_refused(tmp_path, entry, sentence):
    with pytest.raises(ValueError, match=r"bad\.npy: " + re.escape(sentence)):
        read_numpy(_saved(tmp_path / "bad.npy", entry))


@pytest.mark.parametrize("content", [b"", b"hello", pickle.dumps([1, 2]), pickle.dumps(_entry())[:50]])
def test_what_is_no_numpy_file_of_instances_is_refused(tmp_path, content):
    with pytest.raises(ValueError, match=r"bad.npy: (this is no numpy file of instances|the file asks for)"):
        read_numpy(_numpy_file(tmp_path / "bad.npy", content))
    (tmp_path / "worse.npy").write_bytes(content)
    with pytest.raises(ValueError, match=r"worse\.npy: this is no numpy file of instances"):
        read_numpy(tmp_path / "worse.npy")


def test_orlib_files_of_other_lengths_or_words_are_refused(tmp_path):
    values, numbers = tmp_path / "values.txt", tmp_path / "numbers.txt"
    values.write_text("7\n")
    numbers.write_text("1 2 3 4 5 6 7")
    with pytest.raises(ValueError, match=r"numbers.txt: there are 7 numbers, but an instance of 2 jobs has 6"):
        read_orlib(numbers, values, 2)
    numbers.write_text("1 2 3 4 5 x")
    with pytest.raises(ValueError, match=r"numbers.txt, line 1: instance 1, job 1: due x is not written as a whole"):
        read_orlib(numbers, values, 2)
    numbers.write_text("1 2 3 4 5 6")
    (found,) = read_orlib(numbers, values, 2)
    assert [array.tolist() for array in found[:3]] == [[1, 2], [5, 6], [3, 4]] and found.value == 7


def test_random_sizes_fill_their_range():
    source = random_source("2..5")
    rng = np.random.default_rng(0)
    sizes = [source.sample(rng).jobs for _ in range(200)]
    assert set(sizes) == {2, 3, 4, 5} and source.shape == (5,)


def test_one_size_draws_what_generate_draws():
    source = random_source("10")
    assert source.shape == (10,) and isinstance(source, RandomSizes)
    drawn = source.sample(np.random.default_rng(1))
    assert drawn == TardinessInstance.generate(np.random.default_rng(1), 10)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("10x10", "'10x10' is no size of instances: write JOBS, as in 20, or a range, 20..100"),
        ("", "'' is no size of instances"),
        ("0", "'0' is no size of instances"),
        ("6..", "'6..' is no size of instances"),
        ("6..5", "the sizes '6..5' run backwards: write the smallest first"),
    ],
)
def test_what_is_no_number_of_jobs_is_refused(text, sentence):
    with pytest.raises(ValueError, match=re.escape(sentence)):
        random_source(text)
