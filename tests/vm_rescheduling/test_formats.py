"""Files of clusters: the published snapshots, both ways, and what is refused with the name of the VM."""

import json
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from envs.vm_rescheduling.formats import load, save
from envs.vm_rescheduling.sets import random_source


def host(name: str, cores: int = 44) -> dict[str, Any]:
    nodes = [{"node": node, "total_cpu": cores, "memory_huge_total_mb": 1000.0, "free_cpu": 0} for node in (0, 1)]
    return {"node_id": name, "numa": nodes}


def vm(name: str, pm: str, *nodes: int, kind: str = "large", cpu: int = 8) -> dict[str, Any]:
    parts = [{"node": node, "cpu": cpu // len(nodes), "mem_mb": 16.0 * cpu / len(nodes)} for node in nodes]
    return {"instance_id": name, "instance_type": kind, "host_id": pm, "numa": parts, "allow_migration": True}


def part(cpu: int) -> dict[str, Any]:
    return {"node": 0, "cpu": cpu, "mem_mb": 128.0}


SNAPSHOT = {
    "cluster_list": [
        {
            "cluster_name": "one",
            "host_info": [host("pm_a"), host("pm_b")],
            "vm_instance": [vm("vm_x", "pm_a", 0), vm("vm_y", "pm_b", 0, 1)],
            "other_requirement": {"deployment_set": [["vm_x", "vm_y"]]},
        },
        {"cluster_name": "two", "host_info": [host("pm_c")], "vm_instance": [vm("vm_z", "pm_c", 1)]},
    ],
    "vm_type_list": [{"vm_type": "large", "request_cpu": 8, "request_mem_mb": 128.0, "numa": 1}],
}


def write(folder: Path, change: Callable[[dict[str, Any]], Any] = lambda _: None) -> Path:
    snapshot = deepcopy(SNAPSHOT)
    change(snapshot)
    path = folder / "snapshot.json"
    path.write_text(json.dumps(snapshot), encoding="utf-8")
    return path


def test_a_snapshot_is_read_as_one_cluster_and_a_type_on_two_nodes_is_a_flavour_of_its_own(tmp_path: Path) -> None:
    (one,) = load(write(tmp_path), limit="7", slots="16+64d")
    assert one.name == "snapshot" and one.limit == 7 and one.slot_cores.tolist() == [16, 64]
    assert one.cores.tolist() == [8, 8] and one.double.tolist() == [0, 1] and one.memory.tolist() == [128, 128]
    assert one.pm.tolist() == [0, 1, 2] and one.numa.tolist() == [0, 2, 1]
    assert one.group.tolist() == [0, 0, -1]
    assert one.pm_cores.tolist() == [[44, 44]] * 3


def first_vm(**change: Any) -> Callable[[dict[str, Any]], None]:
    return lambda snapshot: snapshot["cluster_list"][0]["vm_instance"][0].update(change)


def cluster(**change: Any) -> Callable[[dict[str, Any]], None]:
    return lambda snapshot: snapshot["cluster_list"][0].update(change)


REFUSED: list[tuple[str, Callable[[dict[str, Any]], Any]]] = [
    ("vm_x is on the host 'pm_q', which `host_info`", first_vm(host_id="pm_q")),
    ("vm_x is on the host None", first_vm(host_id=None)),
    ("vm_x is of the type huge, which `vm_type_list` has not", first_vm(instance_type="huge")),
    ("vm_x is on the NUMA nodes [2], but must be on 0, on 1 or on both", first_vm(numa=[{"node": 2}])),
    ("vm_x is on the NUMA nodes [], but", first_vm(numa=[])),
    ("vm_x is on the NUMA nodes [1, 1], but", first_vm(numa=[{"node": 1}, {"node": 1}])),
    ("vm_x has 4 cores and 128 MB on a NUMA node, but its type large has 8", first_vm(numa=[part(4)])),
    ("vm_x: `cpu` is None, but must be a whole number", first_vm(numa=[{"node": 0}])),
    ("vm_x must not migrate", first_vm(allow_migration=False)),
    ("a VM has no `instance_id`", first_vm(instance_id=None)),
    (
        "vm_1 is on pm_a, whose NUMA node 0 would need 16 of 12 cores",
        cluster(host_info=[host("pm_a", 12), host("pm_b")], vm_instance=[vm(f"vm_{k}", "pm_a", 0) for k in range(2)]),
    ),
    (
        "vm_y is on the same host as vm_x, but both are in one deployment set",
        cluster(vm_instance=[vm("vm_x", "pm_a", 0), vm("vm_y", "pm_a", 1)]),
    ),
    (
        "vm_x is in two deployment sets, but can be in one",
        cluster(other_requirement={"deployment_set": [["vm_x"], ["vm_x"]]}),
    ),
    (
        "a deployment set names vm_q, which is no VM",
        cluster(other_requirement={"deployment_set": [["vm_q"]]}),
    ),
    ("vm_x is in the file twice", cluster(vm_instance=[vm("vm_x", "pm_a", 0), vm("vm_x", "pm_b", 1)])),
    ("pm_a is in the file twice", cluster(host_info=[host("pm_a"), host("pm_a")])),
    (
        "pm_a has the NUMA nodes [0], but a host has 0 and 1",
        lambda s: s["cluster_list"][0]["host_info"][0]["numa"].pop(),
    ),
    ("the file has no list `vm_type_list`", lambda s: s.pop("vm_type_list")),
]


@pytest.mark.parametrize(("words", "change"), REFUSED, ids=[words for words, _ in REFUSED])
def test_a_malformed_snapshot_is_refused_with_the_name_of_the_vm(
    words: str, change: Callable[[dict[str, Any]], Any], tmp_path: Path
) -> None:
    path = write(tmp_path, change)
    with pytest.raises(ValueError) as error:
        load(path)
    sentence = str(error.value)
    assert words in sentence and sentence.startswith(str(path)) and "\n" not in sentence


@pytest.mark.parametrize("text", ["3,affinity=0.5", "4,span=5000,churn=2", "3,memory=bound,slots=0.7*16/32+0.3*64d"])
def test_what_is_saved_is_loaded_again(text: str, tmp_path: Path) -> None:
    one = random_source(text).sample(np.random.default_rng(0))
    save(one, tmp_path / "one.json")
    assert load(tmp_path / "one.json") == [one]
    with pytest.raises(ValueError, match="the file says its limit itself"):
        load(tmp_path / "one.json", limit="5")
    with pytest.raises(ValueError, match=r"has to end in \.json"):
        save(one, tmp_path / "one.txt")


@pytest.mark.parametrize(
    ("words", "change"),
    [
        ("row 0 of `vms` is [0, 0, 0], but its 5 numbers are flavour, PM, NUMA node", {"vms": [[0, 0, 0]]}),
        ("row 0 of `pms` has 44.5, but must have whole numbers", {"pms": [[44.5, 44, 100, 100]]}),
        ("`flavours` is 7, but must be a list of rows of 4 numbers", {"flavours": 7}),
        ("there is a key `vmz`", {"vmz": []}),
        ("`name` is a text, not 3", {"name": 3}),
        ("VM 0: PM is 4, but must be from 0 to 0", {"vms": [[0, 4, 0, -1, -1]]}),
    ],
)
def test_a_malformed_instance_is_refused_with_file_and_row(words: str, change: dict[str, Any], tmp_path: Path) -> None:
    right = {
        "flavours": [[4, 8, 0, 1]],
        "slots": [[16, 0, 0, 1]],
        "pms": [[44, 44, 100, 100]],
        "vms": [[0, 0, 0, -1, -1]],
    }
    path = tmp_path / "one.json"
    path.write_text(json.dumps(right), encoding="utf-8")
    assert load(path)[0].limit == 50
    path.write_text(json.dumps({**right, **change}), encoding="utf-8")
    with pytest.raises(ValueError) as error:
        load(path)
    assert words in str(error.value) and str(error.value).startswith(str(path))
