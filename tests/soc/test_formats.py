"""The formats of jobs on a chip: their examples, round trips, and the sentence for each way a file can be wrong."""

import json
import re
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from envs.core.downloads import DataError, fetch
from envs.soc import formats, formats_ds3
from envs.soc.canonical import TOPCUOGLU
from envs.soc.instance import SocInstance
from envs.soc.sets import APPLICATIONS, GYM, SIMULATOR
from tests.soc.graphs import instances

EXAMPLE = "\n".join(
    line[4:51].rstrip()
    for line in (formats.__doc__ or "").split("    add_new", 1)[1].splitlines()
    if line[:4] == "    "
)
EXAMPLE = "add_new_resource CPU P1 0 1 2 performance\n" + EXAMPLE
LINES = EXAMPLE.splitlines()


def wrong(tmp_path, text: str, name: str = "soc.txt") -> str:
    """The sentence for a file with this text, without its folder."""
    (tmp_path / name).write_text(text)
    with pytest.raises(ValueError) as error:
        formats.load(tmp_path / name)
    sentence = str(error.value)
    assert sentence.startswith(str(tmp_path / name)) and "\n" not in sentence
    return sentence.removeprefix(f"{tmp_path}/")


def test_the_documented_text_is_a_chip_and_a_job(tmp_path):
    (tmp_path / "two.txt").write_text(EXAMPLE)
    (instance,) = formats.load(tmp_path / "two.txt")
    assert instance.name == "two"
    assert instance.duration.tolist() == [[14, 16], [13, -1]]
    assert (instance.edge.tolist(), instance.volume.tolist()) == ([[0, 1]], [18])
    assert instance.bandwidth.tolist() == [[100, 2], [2, 100]]
    assert instance == SocInstance.graph([[14, 16], [13, -1]], [(0, 1, 18)], bandwidth=[[100, 2], [2, 100]])


def test_caches_and_places_in_a_network_on_the_chip_are_no_pes_and_change_nothing(tmp_path):
    """As DS3's MULTIPLE_BAL_NoC has them: PEs with `mesh_information`, memory, then caches without a comm_band."""
    cache = "add_new_resource CAC CACHE_{0} {1} 1 1 none\nmesh_information LLC-{0} 4 18.2 14.56 palegreen\nNone 0\n"
    memory = "add_new_resource MEM MEMORY 2 1 1 none\nmesh_information MC 4 15.8 12.6 pink\nNone 0\n"
    chip, rest = EXAMPLE.index("add_new_resource CPU P2"), EXAMPLE.index("comm_band_self")
    first, second = EXAMPLE[:chip], EXAMPLE[chip:rest].replace("\n", "\nmesh_information FFT 6 10.24 8.2 gold\n", 1)
    network = first + second + memory + cache.format(1, 3) + cache.format(2, 4) + EXAMPLE[rest:]
    (tmp_path / "plain.txt").write_text(EXAMPLE)
    (tmp_path / "network.txt").write_text(
        network.replace("comm_band 0 1 2", "comm_band 0 1 2\ncomm_band 0 2 7\ncomm_band 2 2 0")
    )
    assert formats.load(tmp_path / "network.txt") == formats.load(tmp_path / "plain.txt")
    assert formats.load(tmp_path / "network.txt")[0].pes == 2


def test_the_documented_json_is_an_instance(tmp_path):
    text = "\n".join(line for line in (formats.__doc__ or "").splitlines() if line[:6].strip().startswith(("{", '"')))
    (tmp_path / "tiny.json").write_text(text)
    (instance,) = formats.load(tmp_path / "tiny.json")
    assert (instance.name, instance.jobs, instance.duration.tolist()) == ("tiny", 1, [[3, 5], [4, -1]])
    assert instance.true_duration.tolist() == [[3, 6], [5, -1]]
    assert (instance.edge.tolist(), instance.volume.tolist()) == ([[0, 1]], [7])


@given(instance=instances(), name=st.text(), queue=st.integers(0, 3), span=st.integers(0, 99))
@settings(deadline=None)
def test_what_is_saved_is_loaded(tmp_path_factory, instance, name, queue, span):
    path = tmp_path_factory.mktemp("soc") / "file.json"
    instance = replace(instance, name=name, queue=queue, span=span, power=np.full(instance.pes, 0.1 + 0.2))
    formats.save(instance, path)
    (loaded,) = formats.load(path)
    assert (loaded, loaded.name) == (instance, name)


def test_instances_are_written_as_json_only(tmp_path):
    with pytest.raises(ValueError, match=r"soc.txt: jobs on a chip are written as JSON, so the name has to end in"):
        formats.save(SocInstance.graph([[1]], []), tmp_path / "soc.txt")
    assert not list(tmp_path.iterdir())


def test_slots_are_pes_and_the_highest_frequency_gives_their_power(tmp_path):
    text = """
    add_new_resource type BIG name A15 resource_ID 0 capacity 2 num_supported_functionalities 2 DVFS_mode performance
    opp 1000 900
    power_profile 2000 3.0 5.0
    power_profile 1000 1.0 1.5
    run 7
    run 9
    add_new_resource MEM M 1 1 1 none
    None 0
    comm_band_self 10000
    comm_band 0 0 1000
    comm_band 0 1 2   # to the memory
    comm_band 1 1 0
    """
    (tmp_path / "chip").write_text(text)
    chip = formats_ds3.read_chip(tmp_path / "chip")
    assert chip.pes == ("A15.0", "A15.1")
    assert chip.duration == ({"run": 7}, {"run": 7})  # DS3 finds the first of two
    assert chip.bandwidth.tolist() == [[10000, 1000], [1000, 10000]]
    assert chip.power.tolist() == [2.5, 2.5]


CHIP_FAULTS = [
    (
        0,
        "add_new_resource CPU P1 0 1 performance",
        "line 1: add_new_resource is followed by a type, a name, a number, a",
    ),
    (
        0,
        "add_new_resource CPU P1 1 1 2 performance",
        "line 1: resource 1 stands where resource 0 must, resources are in",
    ),
    (0, "add_new_resource CPU P1 0 0 2 performance", "line 1: the capacity 0 is below 1"),
    (
        0,
        "add_new_resource CPU P1 0 1 two performance",
        "line 1: the count of tasks two is not written as a whole number",
    ),
    (1, "task_1 14.5", "line 2: the us of task_1 14.5 is not written as a whole number"),
    (1, "task_1 -1", "line 2: the us of task_1 -1 is below 0"),
    (1, "task_1", "line 2: P1 has 2 tasks, each a line of a task and its us, not this"),
    (1, "task_1 14 fourteen", "line 2: the us of task_1 fourteen is not written as a whole number"),
    (1, "op 2000 1362\ntask_1 14", "line 2: op takes 2000 and 1362 us: leave one"),
    (1, "comm_vol 0 1", "line 2: P1 has 2 tasks, each a line of a task and its us, not this"),
    (2, "", "line 4: P1 has 2 tasks, each a line of a task and its us, not this"),
    (2, "power_profile 1000 2 1\ntask_2 13", "line 3: the W of 1, 2, ... slots never fall, but these do: 2 1"),
    (2, "power_profile 1000 x\ntask_2 13", "line 3: x are not all numbers of W"),
    (2, "power_profile 1000\ntask_2 13", "line 3: power_profile is followed by a frequency and the W"),
    (6, "comm_band 0 2 2", "line 7: the resource 2 is above 1"),
    (6, "comm_band 0 1 0", "line 7: the bandwidth from resource 0 to resource 1 is 0, so no data can go"),
    (6, "comm_band 0 1", "line 7: comm_band is followed by resource, resource, bandwidth, not by 2 words"),
]
JOB_FAULTS = [
    (7, "job two", "line 8: this line begins with 'job', but must with job_name"),
    (7, "job_name", "line 8: job_name is followed by 1 words, not by 0"),
    (8, "add_new_tasks 2 two", "line 9: add_new_tasks is followed by 1 words, not by 2"),
    (8, "add_new_tasks 1", "line 11: 'task_2' begins no line that may stand here"),
    (11, "comm_vl 0 1 18", "line 12: 'comm_vl' begins no line that may stand here"),
    (8, "add_new_tasks 0", "line 9: the number of tasks 0 is below 1"),
    (8, "add_new_tasks 3", "line 12: task 0 stands where task 2 must, tasks are in order"),
    (9, "task_1", "line 10: a task's line is its name, its number and its predecessors' numbers"),
    (9, "task_1 1", "line 10: task 1 stands where task 0 must, tasks are in order"),
    (9, "task_1 0 1", "line 11: task 1 is on a cycle, but a job has none"),
    (9, "task_9 0", ": task task_9 of job two is listed by no PE of the chip"),
    (9, "task_1 0\ntask_2 HEAD", "line 11: this is about task_2, but task 0 is task_1"),
    (10, "task_2 1 0 0", "line 11: task 1 lists a predecessor twice"),
    (10, "task_2 1 2", "line 11: predecessor 2 is above 1"),
    (10, "task_2 1 x", "line 11: predecessor x is not written as a whole number"),
    (11, "", "line 11: task 0 precedes task 1, but no comm_vol line has their volume"),
    (11, "comm_vol 1 0 3", "line 12: task 1 is no predecessor of task 0"),
    (11, "comm_vol 0 1 3\ncomm_vol 0 1 3", "line 13: the volume from task 0 to task 1 is given a second time"),
    (11, "comm_vol 0 1 -3", "line 12: the volume -3 is below 0"),
    (11, "comm_vol 0 1 18\nopp 3", "line 13: 'opp' begins no line that may stand here"),
]


@pytest.mark.parametrize(("line", "text", "sentence"), [*CHIP_FAULTS, *JOB_FAULTS])
def test_each_fault_of_a_text_has_its_sentence_with_the_line(tmp_path, line, text, sentence):
    changed = [*LINES[:line], text, *LINES[line + 1 :]]
    assert sentence in wrong(tmp_path, "\n".join(changed))


@pytest.mark.parametrize("count", range(1, len(LINES)))
def test_a_text_that_is_cut_off_is_refused(tmp_path, count):
    assert re.search(r"line \d+|has no PE", wrong(tmp_path, "\n".join(LINES[:count])))


def test_a_profile_and_a_chip_are_read_from_files_of_their_own(tmp_path):
    (tmp_path / "chip").write_text("\n".join(LINES[:7]))
    (tmp_path / "job").write_text("\n".join(LINES[7:]))
    chip, profile = formats_ds3.read_chip(tmp_path / "chip"), formats_ds3.read_profile(tmp_path / "job")
    assert profile == ("two", ("task_1", "task_2"), ((0, 1, 18),))
    assert formats.joined(chip, [profile, profile]).job_start.tolist() == [0, 2, 4]
    for read, file, line in ((formats_ds3.read_chip, "job", 1), (formats_ds3.read_profile, "chip", 1)):
        with pytest.raises(ValueError, match=rf"{file}(, line {line})?: (the chip has no PE|this line begins with)"):
            read(tmp_path / file)
    (tmp_path / "job").write_text("\n".join([*LINES[7:], "opp 1 2"]))
    with pytest.raises(ValueError, match="line 6: 'opp' begins no line that may stand here"):
        formats_ds3.read_profile(tmp_path / "job")


JSON = {"bandwidth": [[0, 1], [1, 0]], "jobs": [{"arrival": 0, "duration": [[3, 5], [4, -1]], "edges": [[0, 1, 7]]}]}


@pytest.mark.parametrize(
    ("path", "value", "sentence"),
    [
        (("bandwidth",), None, "there is no `bandwidth` or it is of another kind, but an object has bandwidth, jobs"),
        (("jobs",), {}, "there is no `jobs` or it is of another kind"),
        (("jobs",), [], "there are no jobs, but at least one is needed"),
        (("jobs",), [3], "job 0: there is no `arrival` or it is of another kind"),
        (("bandwidth",), [[0, 1]], "row 0 of `bandwidth` is [0, 1], but must be 1 whole numbers"),
        (("bandwidth",), [], "`bandwidth` has no rows, but has one for each PE, of which at least one is needed"),
        (("jobs", 0, "duration"), [[3, 5], [4]], "row 1 of job 0: `duration` is [4], but must be 2 whole numbers"),
        (("jobs", 0, "duration"), [[3, 5], [4, 0.5]], "row 1 of job 0: `duration` is [4, 0.5], but must be 2 whole"),
        (("jobs", 0, "duration"), [[3, 5], [-1, -1]], "task 1 can run on no PE, but each must run somewhere"),
        (("jobs", 0, "edges"), [[0, 2, 7]], "job 0: edge [0, 2] is of no tasks, they are 0 to 1"),
        (("jobs", 0, "edges"), [[0, 1, 7], [1, 0, 1]], "is on or behind a cycle, but a job has none"),
        (("jobs", 0, "edges"), [[0, 1, -7]], "edge 0 has the volume -7, but none is negative"),
        (("jobs", 0, "arrival"), True, "there is no `arrival` or it is of another kind"),
        (("jobs", 0, "arrival"), -1, "job 0 arrives at -1"),
        (("jobs", 0, "true_duration"), 5, "job 0: `true_duration` is 5, but must be a list of rows of 2 whole numbers"),
        (("jobs", 0, "true_duration"), [[3, 5]], "true_duration must be of the shape of duration"),
        (("power",), ["a", "b"], "`power` is ['a', 'b'], but must be 2 numbers"),
        (("queue",), 1.5, "queue is 1.5, but is a whole number"),
        (("name",), 3, "`name` is a text, not 3"),
    ],
)
def test_each_fault_of_json_has_its_sentence(tmp_path, path, value, sentence):
    text = json.loads(json.dumps(JSON))
    inner = text
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    assert sentence in wrong(tmp_path, json.dumps(text), "soc.json")


def test_what_is_no_json_is_refused_with_the_line(tmp_path):
    assert "line 2: this is not JSON" in wrong(tmp_path, '{"jobs":\n[', "soc.json")
    assert "the file is empty" in wrong(tmp_path, " ", "soc.json")


def local(name: str):
    """A public file, or a skip where this machine has none."""
    try:
        return fetch(name, download=False)
    except DataError as error:
        pytest.skip(str(error))


def test_ds3gyms_first_job_on_its_chip_is_topcuoglus_graph():
    chip = formats_ds3.read_chip(local(f"{GYM}DASH.SoC.Top.txt"))
    instance = formats.joined(chip, [formats_ds3.read_profile(local(f"{GYM}job_Top.txt"))])
    original = TOPCUOGLU.instance("")
    assert instance.bandwidth.tolist() == [[100, 1, 1], [1, 100, 1], [1, 1, 100]]
    assert replace(instance, bandwidth=original.bandwidth) == original
    assert (instance.volume // 100 == 0).all()


# Tasks, edges, us of all tasks on their fastest PE of MULTIPLE_BAL, and on an A7. The file lists viterbi_decoder and
# descrambler twice; with the second line, the receivers take 5826 and 3474 us on an A7.
DS3 = {
    "wifi_tx": (27, 30, 180, 1677),
    "wifi_rx": (34, 37, 688, 4522),
    "lag": (7, 7, 176, 635),
    "sc_tx": (8, 7, 56, 157),
    "sc_rx": (8, 7, 153, 2170),
    "temporal": (10, 12, 101, 827),
}


@pytest.mark.parametrize("name", DS3)
def test_ds3s_applications_have_their_known_sizes(name):
    chip = formats_ds3.read_chip(local(f"{SIMULATOR}SoC.MULTIPLE_BAL.txt"))
    instance = formats.joined(chip, [formats_ds3.read_profile(local(SIMULATOR + APPLICATIONS[name]))])
    assert instance.pes == len(chip.pes) == 16
    fastest = np.where(instance.duration < 0, 10**9, instance.duration).min(axis=1).sum()
    assert (instance.tasks, len(instance.edge), fastest, instance.duration[:, 0].sum()) == DS3[name]
    assert set(instance.bandwidth.ravel().tolist()) == {10, 1000, 10000}
    assert instance.power[[0, 4, 8, 10, 14]].tolist() == pytest.approx([0.2025, 1.7275, 0.05, 0.0913, 0.05885])
