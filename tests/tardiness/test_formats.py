"""The two file formats: their examples, round trips, and the sentence for each way in which a file can be wrong."""

import json
import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from envs.tardiness import formats
from envs.tardiness.instance import TardinessInstance
from tests.tardiness.jobs import instances

TINY = TardinessInstance.from_lists([10, 11, 10], [15, 11, 13], [1, 2, 1], "tiny")
JSON = {"instance": "tiny", "processing": [10, 11, 10], "due": [15, 11, 13], "weight": [1, 2, 1]}


def test_the_examples_of_the_documentation_are_one_instance(tmp_path):
    lines = [line.strip() for line in (formats.__doc__ or "").splitlines() if line.startswith("    ")]
    (tmp_path / "tiny.txt").write_text("\n".join(lines[:4]))
    (tmp_path / "tiny.json").write_text(lines[4])
    for name in ("tiny.txt", "tiny.json"):
        (instance,) = formats.load(tmp_path / name)
        assert (instance, instance.name) == (TINY, "tiny")


@pytest.mark.parametrize(
    "text",
    [
        "# instance tiny\n3\n10 15\n11 11 2\n10 13\n",
        "#+++\n# instance tiny \n\n 3 # jobs\n10\t15 1\n\n11 11 +2 # heavy\n10 13",
        "# instance tiny\r\n3\r\n10 15\r\n11 11 2\r\n10 13\r\n",
    ],
)
def test_comments_blanks_and_line_ends_do_not_matter(tmp_path, text):
    (tmp_path / "jobs").write_bytes(text.encode())
    assert formats.load(tmp_path / "jobs") == [TINY] and formats.load(str(tmp_path / "jobs"))[0].name == "tiny"


@pytest.mark.parametrize("ending", [".json", ".txt", ""])
@given(instance=instances(heaviest=4), name=st.sampled_from(["", "wt40-1", "two words", "Münster 3/17"]))
def test_what_is_saved_is_loaded(tmp_path_factory, ending, instance, name):
    path = tmp_path_factory.mktemp("jobs") / f"file{ending}"
    formats.save(replace(instance, name=name), path)
    (loaded,) = formats.load(path)
    assert (loaded, loaded.name) == (instance, name)


@given(st.text())
def test_json_keeps_any_name(tmp_path_factory, name):
    path = tmp_path_factory.mktemp("jobs") / "jobs.json"
    formats.save(replace(TINY, name=name), path)
    assert formats.load(path)[0].name == name


def test_a_name_that_no_line_holds_is_refused_before_anything_is_written(tmp_path):
    path = tmp_path / "jobs.txt"
    path.write_text("mine")
    with pytest.raises(ValueError, match=r"the name 'a\\nb' does not fit into one line of text: save the instance as"):
        formats.save(replace(TINY, name="a\nb"), path)
    assert path.read_text() == "mine"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", ": the file is empty"),
        ("# only this\n", ": the file holds nothing but comments"),
        ("hello\n", ", line 1: 'hello' begins none of the formats, text, json, orlib"),
        ("0\n", ", line 1: the number of jobs 0 is below 1"),
        (
            "2 2\n1 1\n1 1\n",
            ": the first line has several numbers, as in OR-Library's format, which does not say",
        ),
        ("2\n1 1\n", ", line 2: the file ends here, but a line for each job makes 2 after the first"),
        ("1\n1 1\n1 1\n", ", line 3: this line is one too many, because a line for each job makes 1 after the first"),
        ("2\n1 1\n1\n", ", line 3: job 1 has 1 numbers, but these are processing time, due date and maybe weight"),
        ("1\n1 1 1 1\n", ", line 2: job 0 has 4 numbers, but these are processing time, due date and maybe weight"),
        ("1\n0 1\n", ", line 2: job 0: processing 0 is below 1"),
        ("1\n1 x\n", ", line 2: job 0: due x is not written as a whole number"),
        ("1\n1 1.5\n", ", line 2: job 0: due 1.5 is not written as a whole number"),
        ("1\n1 1 0\n", ", line 2: job 0: weight 0 is below 1"),
        ("1\n1 1 1" + "0" * 30, ", line 2: job 0: weight 1000000000000000000000000000000 is above"),
        ("1\n9007199254740992 1 2\n", ": total weight times the largest tardiness is above"),
    ],
)
def test_a_malformed_text_file_is_refused_with_file_line_and_rule(tmp_path, text, sentence):
    (tmp_path / "jobs.txt").write_text(text)
    _refused(tmp_path / "jobs.txt", sentence)


ORLIB = "26 24\n 1 10\n 100\t30\n\n35 52 3 5 40 60"
"""Two instances of two jobs, with any line breaks."""
NUMBERS = [([26, 24], [100, 30], [1, 10]), ([35, 52], [40, 60], [3, 5])]


@pytest.mark.parametrize(("name", "n"), [("my2.txt", None), ("mine.txt", "2"), ("wt40.txt", "2")])
def test_orlibs_text_is_read_with_the_number_of_jobs_of_its_name_or_as_given(tmp_path, name, n):
    (tmp_path / name).write_text(ORLIB)
    found = formats.load(tmp_path / name, n)
    assert [(one.processing.tolist(), one.due.tolist(), one.weight.tolist()) for one in found] == NUMBERS
    assert [one.name for one in found] == [f"{name[:-4]}-1", f"{name[:-4]}-2"]


def test_one_instance_in_orlibs_text_is_called_like_its_file(tmp_path):
    (tmp_path / "own.txt").write_text("3\n2\n5\n")
    (found,) = formats.load(tmp_path / "own.txt", "1")
    assert (found.name, found.processing.tolist(), found.weight.tolist(), found.due.tolist()) == ("own", [3], [2], [5])


@pytest.mark.parametrize(
    ("text", "n", "sentence"),
    [
        (
            ORLIB,
            None,
            ": the first line has several numbers, as in OR-Library's format, which does not say how many jobs",
        ),
        (ORLIB, "5", ": there are 12 numbers, but an instance of 5 jobs has 15, or several have as many each; other"),
        (ORLIB, "x", ": n x is not written as a whole number"),
        (ORLIB, "0", ": n 0 is below 1"),
        (ORLIB.replace("24", "0"), "2", ", line 1: instance 1, job 1: processing 0 is below 1"),
        (ORLIB.replace("60", "6.5"), "2", ", line 5: instance 2, job 1: due 6.5 is not written as a whole number"),
        (ORLIB.replace("3 5", "3 -5"), "2", ", line 5: instance 2, job 1: weight -5 is below 1"),
    ],
)
def test_a_malformed_text_of_orlib_is_refused_with_file_line_and_rule(tmp_path, text, n, sentence):
    (tmp_path / "jobs.txt").write_text(text)
    with pytest.raises(ValueError, match="^" + re.escape(f"{tmp_path / 'jobs.txt'}{sentence}")):
        formats.load(tmp_path / "jobs.txt", n)


def _json(**changes) -> str:
    return json.dumps({key: value for key, value in {**JSON, **changes}.items() if value is not ...})


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (_json()[:40], ", line 1: this is not JSON"),
        ("[]", ": there is no `processing`, but an object has processing and due"),
        (_json(due=...), ": there is no `due`, but an object has processing and due"),
        (_json(due=7), ": `due` is no list of whole numbers"),
        (_json(due=[1, 2]), ": `due` has 2 numbers, but `processing` has 3"),
        (_json(weight=[1]), ": `weight` has 1 numbers, but `processing` has 3"),
        (_json(processing=[10, 0, 10]), ": job 1: processing 0 is below 1"),
        (_json(processing=[10, True, 10]), ": job 1: processing True is not written as a whole number"),
        (_json(due=[1, 2, None]), ": job 2: due None is not written as a whole number"),
        (_json(due=[1, 2, float("nan")]), ": job 2: due nan is not written as a whole number"),
        (_json(instance=7), ": `instance` is the name, not 7"),
        (_json(processing=[], due=[], weight=...), ": the instance has no jobs"),
    ],
)
def test_malformed_json_is_refused_with_file_place_and_rule(tmp_path, text, sentence):
    (tmp_path / "jobs.json").write_text(text)
    _refused(tmp_path / "jobs.json", sentence)


def test_without_weights_all_are_one(tmp_path):
    (tmp_path / "jobs.json").write_text(_json(weight=...))
    assert formats.load(tmp_path / "jobs.json")[0].unweighted


def test_a_file_that_is_missing_or_a_folder_is_refused(tmp_path):
    _refused(tmp_path / "none.txt", ": there is no such file")
    _refused(tmp_path, ": the file cannot be read: Is a directory")


def _refused(path, sentence):
    with pytest.raises(ValueError, match="^" + re.escape(f"{path}{sentence}")) as caught:
        formats.load(path)
    assert "\n" not in str(caught.value)
