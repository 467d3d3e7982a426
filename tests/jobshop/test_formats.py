"""The three file formats: their examples, round trips, and the sentence for each way in which a file can be wrong."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from envs.jobshop import formats
from envs.jobshop.instance import JobShopInstance
from envs.jobshop.sets import FT06
from tests.jobshop.shops import shops

JOBS = [[(0, 3), (1, 2)], [(1, 4), (0, 1)]]
ENTRIES = [
    {"job": job, "operation": k, "machine": machine, "duration": duration}
    for job, operations in enumerate(JOBS)
    for k, (machine, duration) in enumerate(operations)
]
JSON = {"instance": "tiny", "jobs": 2, "machines": 2, "data": ENTRIES}
STANDARD = "2 2\n0 3 1 2\n1 4 0 1\n"
TAILLARD = "2 2\nTimes\n3 2\n4 1\nMachines\n1 2\n2 1\n"
TEXTS = {
    "shop.json": json.dumps(JSON),
    "shop.JSON": json.dumps(JSON, indent=1),
    "standard.txt": STANDARD,
    "comments": "#+++\n# instance tiny\n#+++\n\n 2\t2 # jobs machines\n0 3  1 2\n\n1 4 0 1",
    "windows.txt": STANDARD.replace("\n", "\r\n"),
    "taillard.txt": TAILLARD,
    "bare_taillard.txt": "2 2\n3 2\n4 1\n1 2\n2 1\n",
    "published.txt": "Nb of jobs, Nb of Machines, Time seed, Machine seed, Upper bound, Lower bound\n"
    "  2   2  840612802 398197754  6  6\nTimes\n 3  2\n 4  1\nMachines\n 1  2\n 2  1\n",
}


@pytest.mark.parametrize("name", TEXTS)
def test_the_format_is_told_from_the_ending_and_the_content(tmp_path, name):
    (tmp_path / name).write_bytes(TEXTS[name].encode())
    (shop,) = formats.load(tmp_path / name)
    assert shop.to_jobs() == JOBS
    assert shop.name == ("tiny" if "json" in name.lower() or name == "comments" else name.removesuffix(".txt"))
    assert formats.load(str(tmp_path / name)) == [shop]


def test_the_examples_of_the_documentation_are_lines_of_real_shops(tmp_path):
    document = formats.__doc__ or ""
    (tmp_path / "tiny.json").write_text(next(line for line in document.splitlines() if line.startswith("    {")))
    assert formats.load(tmp_path / "tiny.json")[0].to_jobs() == [[(1, 3)]]
    assert "    2 1 0 3 1 6 3 7 5 3 4 6\n" in document
    assert [number for pair in FT06[0] for number in pair] == [2, 1, 0, 3, 1, 6, 3, 7, 5, 3, 4, 6]
    durations = " ".join(map(str, JobShopInstance.taillard("ta01").duration[:15].tolist()))
    assert f"    {durations}\n" in document


@pytest.mark.parametrize("ending", [".json", ".txt"])
@pytest.mark.parametrize("format", [None, "jsplib", "standard", "orlib", "taillard"])
@given(shop=shops(most_jobs=5, most_operations=6), name=st.sampled_from(["", "ft06", "two words", "Münster 3/17"]))
def test_what_is_saved_is_loaded(tmp_path_factory, ending, format, shop, name):  # noqa: A002
    path = tmp_path_factory.mktemp("shop") / f"file{ending}"
    formats.save(replace(shop, name=name), path, format)
    (loaded,) = formats.load(path, format)
    assert (loaded, loaded.name) == (shop, name)
    if (format != "jsplib" and ending == ".txt") or format is None:
        assert formats.load(path) == [shop]


RULER = " +++++++++++++++++++++++++++++ \n"
BLOCK = f"{RULER} \n instance tiny1\n \n{RULER} A two by two example (Table 9)\n 2 2\n 0  3 1  2\n 1  4 0  1 \n"
OTHER = f"{RULER}\n instance two words\n\n{RULER} 1x2 of mine\n1 2\n 1 5 0 7\n{RULER}"
INTRO = "source: somewhere\n\n+++++++\n\nThis file contains 2 instances.\n\n++++++++\nEach instance consists of\n\n"


@pytest.mark.parametrize(
    ("text", "names"),
    [
        (BLOCK + RULER, ["tiny1"]),
        (BLOCK, ["tiny1"]),
        (BLOCK + OTHER, ["tiny1", "two words"]),
        (BLOCK + "\n+++++++ EOF ++++++++++\n", ["tiny1"]),
        (INTRO + OTHER + BLOCK.removeprefix(RULER), ["two words", "tiny1"]),
        (BLOCK.removeprefix(RULER) + OTHER, ["tiny1", "two words"]),
    ],
)
def test_orlibs_collection_holds_one_or_several_shops_under_their_names(tmp_path, text, names):
    (tmp_path / "jobshop1.txt").write_text(text)
    found = formats.load(tmp_path / "jobshop1.txt")
    jobs = {"tiny1": JOBS, "two words": [[(1, 5), (0, 7)]]}
    assert [(shop.name, shop.to_jobs()) for shop in found] == [(name, jobs[name]) for name in names]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (RULER + STANDARD, ": no line `instance NAME` stands above a line of +, so no shop begins here"),
        (BLOCK.replace("instance", "shop"), ": no line `instance NAME` stands above a line of +"),
        (BLOCK[: BLOCK.index(" A two")] + RULER, ", line 3: nothing follows the heading of tiny1"),
        (BLOCK.replace(" 1  4 0  1 \n", RULER), ", line 8: the file ends here, but a line for each job makes 2"),
        (BLOCK + " 1 4 0 1\n" + OTHER, ", line 10: this line is one too many, because a line for each job makes 2"),
        (BLOCK.replace("0  3", "2  3"), ", line 8: job 0, operation 0: machine 2 is above 1"),
        (BLOCK.replace(" 2 2\n", ""), ", line 7: the number of jobs 0 is below 1"),
    ],
)
def test_a_malformed_collection_of_orlib_is_refused_with_file_line_and_rule(tmp_path, text, sentence):
    (tmp_path / "jobshop1.txt").write_text(text)
    _refused(tmp_path / "jobshop1.txt", sentence)


def test_several_shops_stand_in_one_file_of_taillard(tmp_path):
    first, second = TEXTS["published.txt"], "Nb of jobs, Nb of Machines\n1 2\nTimes\n7 5\nMachines\n2 1\n"
    (tmp_path / "tai.txt").write_text(first + second + first)
    found = formats.load(tmp_path / "tai.txt")
    assert [shop.name for shop in found] == ["tai-1", "tai-2", "tai-3"]
    assert [shop.to_jobs() for shop in found] == [JOBS, [[(1, 7), (0, 5)]], JOBS]
    (tmp_path / "tai.txt").write_text(first + second.replace("2 1\n", "") + first)
    _refused(tmp_path / "tai.txt", ", line 12: the file ends here, but a line of durations and one of machines")
    (tmp_path / "tai.txt").write_text(first + "Nb of jobs\n")
    _refused(tmp_path / "tai.txt", ": the file ends with a heading, but a line of the numbers of jobs and machines")


@pytest.mark.parametrize("solution", ["", "0 3\n1 2\n"])
def test_a_makespan_and_a_schedule_may_follow_the_jobs_and_are_not_used(tmp_path, solution):
    path = tmp_path / "shop.jsp"
    path.write_text(f"{STANDARD}5\n{solution}")
    assert [shop.to_jobs() for shop in formats.load(path)] == [JOBS]
    path.write_text(f"{STANDARD}4\n{solution}")
    _refused(
        path, ", line 4: the makespan 4 is not of this shop, where it goes from 5, the longest job, to 10, all jobs"
    )
    path.write_text(f"{STANDARD}5\n0 3\n1 x\n")
    _refused(path, ", line 6: the entry of a solution x is not written as a whole number")
    path.write_text(f"{STANDARD}5\n0 3\n")
    _refused(path, ", line 5: the file ends here, but a line for each machine makes 2 after the makespan")


def test_a_makespan_behind_one_job_more_than_machines_is_no_taillard(tmp_path):
    """There are twice as many lines as jobs, as in Taillard's format."""
    (tmp_path / "shop.jsp").write_text("3 2\n0 3 1 2\n1 4 0 1\n0 1 1 1\n8\n0 3 4\n1 2 5\n")
    assert [shop.to_jobs() for shop in formats.load(tmp_path / "shop.jsp")] == [[*JOBS, [(0, 1), (1, 1)]]]


@given(st.text())
def test_json_keeps_any_name(tmp_path_factory, name):
    path = tmp_path_factory.mktemp("shop") / "shop.json"
    formats.save(JobShopInstance.from_jobs(JOBS, name), path)
    assert formats.load(path)[0].name == name


def test_a_name_that_no_line_holds_is_refused_before_anything_is_written(tmp_path):
    path = tmp_path / "shop.txt"
    path.write_text("mine")
    with pytest.raises(
        ValueError, match=r"the name 'a\\nb' does not fit into one line of text: save the instance as .json"
    ):
        formats.save(JobShopInstance.from_jobs(JOBS, "a\nb"), path)
    assert path.read_text() == "mine"


def test_an_unknown_format_is_answered_with_the_nearest(tmp_path):
    for call in (lambda: formats.load("shop.txt", "standart"), lambda: formats.save(_tiny(), "shop.txt", "standart")):
        with pytest.raises(ValueError, match="no format of job shops is called 'standart': the nearest is 'standard'"):
            call()


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (b"", ": the file is empty"),
        (b" \n\n", ": the file is empty"),
        (b"\xff\xfe\x00", ": this is no text file: the formats are jsplib, standard, orlib, taillard"),
        (b"# only this\n", ": the file holds nothing but comments"),
        ("hello world", ", line 1: 'hello' begins none of the formats, jsplib, standard, orlib, taillard"),
        ("6\n", ", line 1: the first line is the numbers of jobs and machines, not '6'"),
        ("0 2\n", ", line 1: the number of jobs 0 is below 1"),
        ("2 0\n", ", line 1: the number of machines 0 is below 1"),
        ("2 2000000\n", ", line 1: the number of machines 2000000 is above 1000000"),
        ("2 2 7\n0 3 1 2\n1 4 0 1\n", ", line 1: there are 3 words, but this line is the jobs and machines"),
        ("2 2\n0 3 1 2\n", ", line 2: the file ends here, but a line for each job makes 2 after the first"),
        ("2 2\n0 3 1\n1 4 0 1\n", ", line 2: job 0 has 3 numbers, but 2 operations have 4"),
        ("2 2\n0 3 1 2\n1 4\n", ", line 3: job 1 has 2 numbers, but 2 operations have 4, and a job with another"),
        (
            "2 2\n0 3 1 2\n1 4 0 1\n0 1 1 1\n",
            ", line 4: this line is one too many, because a line for each job makes 2",
        ),
        ("2 2\n0 3 1 -2\n1 4 0 1\n", ", line 2: job 0, operation 1: duration -2 is below 0"),
        ("2 2\n0 3 1 2.5\n1 4 0 1\n", ", line 2: job 0, operation 1: duration 2.5 is not written as a whole number"),
        ("2 2\n0 3 1 x\n1 4 0 1\n", ", line 2: job 0, operation 1: duration x is not written as a whole number"),
        ("2 2\n0 3 1 2\n2 4 0 1\n", ", line 3: job 1, operation 0: machine 2 is above 1"),
        ("2 2\n0 3 1 2\n-1 4 0 1\n", ", line 3: job 1, operation 0: machine -1 is below 0"),
        ("1 1\n0 99999999999999999999\n", ", line 2: job 0, operation 0: duration 99999999999999999999 is above"),
        ("1 1\n0 1" + "0" * 5000, ", line 2: job 0, operation 0: duration 1000"),
        ("2 1\n0 9007199254740992\n0 1\n", ": the durations sum to 9007199254740993, which is above"),
        (
            "2 2\nTimes\n3 2\n4 1\nMachines\n1 2\n",
            ", line 6: the file ends here, but a line of durations and one of machines",
        ),
        ("2 2\n3 2\n4 1\n1 2\n", ", line 4: the file ends here, but a line of durations and one of machines"),
        ("2 2\n3 2\n4 1\n1 2\n2\n", ", line 5: job 1 has 1 machines here and 2 durations above"),
        ("2 2\nTimes\n3 2\n4 -1\nMachines\n1 2\n2 1\n", ", line 4: job 1, operation 1: duration -1 is below 0"),
        ("2 2\nTimes\n3 2\n4 1\nMachines\n1 2\n2 0\n", ", line 7: job 1, operation 1: machine 0 is below 1"),
        ("2 2\nTimes\n3 2\n4 1\nMachines\n1 2\n2 3\n", ", line 7: job 1, operation 1: machine 3 is above 2"),
        ("2 2\nTimes\n3 2\n4 1\nMachines\n1 2\n2 1\n0 0\n", ", line 8: this line is one too many, because a line of"),
    ],
)
def test_a_malformed_text_file_is_refused_with_file_line_and_rule(tmp_path, text, sentence):
    path = tmp_path / "shop.txt"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    _refused(path, sentence)


def _json(**changes) -> str:
    return json.dumps({key: value for key, value in {**JSON, **changes}.items() if value is not ...})


def _entry(index: int, **changes) -> str:
    entries = [dict(entry) for entry in ENTRIES]
    entries[index].update(changes)
    return _json(data=entries)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (_json()[:60], ", line 1: this is not JSON"),
        ("2 2\n0 3 1 2\n", ", line 1: this is not JSON: Extra data"),
        (_json() + "]", ", line 1: this is not JSON: Extra data"),
        ("[" * 100000, ": this JSON has numbers that are too long or lists that are too deep"),
        ('{"jobs": 1' + "0" * 5000 + "}", ": this JSON has numbers that are too long or lists that are too deep"),
        ("[]", ": there is no `jobs`, but an object has jobs, machines, data"),
        (_json(machines=...), ": there is no `machines`, but an object has jobs, machines, data"),
        (_json(jobs=0), ": the number of jobs 0 is below 1"),
        (_json(jobs=2.5), ": the number of jobs 2.5 is not written as a whole number"),
        (_json(machines="2"), ": the number of machines '2' is not written as a whole number"),
        (_json(instance=7), ": `instance` is the name of the shop, not 7"),
        (_json(data={}), ": `data` is no list of operations"),
        (_json(data=[]), ": job 0 has no operation 0, but there are 2 jobs"),
        (_json(data=[1]), ": entry 0 of data: there is no `job`, but an object has job, operation, machine, duration"),
        (_json(jobs=3), ": job 2 has no operation 0, but there are 3 jobs"),
        (_json(jobs=10**12), ": job 2 has no operation 0, but there are 1000000000000 jobs"),
        (_json(jobs=1), ": entry 2 of data: job 1 is above 0"),
        (_json(data=ENTRIES[:3] + ENTRIES[1:2]), ": entry 3 of data lists operation 1 of job 0 a second time"),
        (_json(data=ENTRIES[:1] + ENTRIES[2:]), None),  # a job of one operation
        (_json(data=ENTRIES[1:]), ": job 0 has an operation 1, but no operation 0"),
        (_entry(1, operation=3), ": job 0 has an operation 3, but no operation 1"),
        (_entry(1, duration=-2), ": entry 1 of data: job 0, operation 1: duration -2 is below 0"),
        (
            _entry(1, duration=2.5),
            ": entry 1 of data: job 0, operation 1: duration 2.5 is not written as a whole number",
        ),
        (_entry(1, duration=None), ": entry 1 of data: job 0, operation 1: duration None is not written as a whole"),
        (_entry(1, duration=float("nan")), ": entry 1 of data: job 0, operation 1: duration nan is not written as a"),
        (_entry(2, machine=2), ": entry 2 of data: job 1, operation 0: machine 2 is above 1"),
        (
            _entry(2, machine=True),
            ": entry 2 of data: job 1, operation 0: machine True is not written as a whole number",
        ),
    ],
)
def test_malformed_json_is_refused_with_file_place_and_rule(tmp_path, text, sentence):
    path = tmp_path / "shop.json"
    path.write_text(text)
    if sentence is None:
        assert formats.load(path)[0].to_jobs() == [JOBS[0][:1], JOBS[1]]
    else:
        _refused(path, sentence)


def test_a_file_that_is_missing_or_a_folder_is_refused(tmp_path):
    _refused(tmp_path / "none.txt", ": there is no such file")
    _refused(tmp_path / "none.json", ": there is no such file")
    _refused(tmp_path, ": the file cannot be read: Is a directory")


def _refused(path, sentence):
    with pytest.raises(ValueError, match="^" + re.escape(f"{path}{sentence}")) as caught:
        formats.load(path)
    assert "\n" not in str(caught.value)


def _tiny() -> JobShopInstance:
    return JobShopInstance.from_jobs(JOBS, "tiny")


def test_a_file_that_cannot_be_written_whole_keeps_the_earlier_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "shop.txt"
    formats.save(JobShopInstance.from_jobs([[(0, 3)]]), path)
    before = path.read_text()
    monkeypatch.setattr(Path, "replace", lambda *_: (_ for _ in ()).throw(OSError("no room")))
    with pytest.raises(OSError, match="no room"):
        formats.save(JobShopInstance.from_jobs([[(0, 30)]]), path)
    assert path.read_text() == before and [item.name for item in tmp_path.iterdir()] == ["shop.txt"]
