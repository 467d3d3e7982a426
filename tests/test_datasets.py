"""Where instances come from: downloads with checksums, text that names instances, and sources."""

import hashlib
import re
import socket
import sys
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from types import ModuleType

import numpy as np
import pytest

from envs.core import downloads
from envs.core.datasets import is_published, open_source, resolve
from envs.core.downloads import DataError, fetch
from envs.core.parts import parts
from envs.core.sources import FixedSource
from envs.core.text import nearest
from envs.jobshop import formats
from envs.jobshop.instance import JobShopInstance
from envs.jobshop.sets import random_source

NAME = "jobshop/jsplib/tiny.json"
CONTENT = b'{"jobs": 1, "machines": 1, "data": [{"job": 0, "operation": 0, "machine": 0, "duration": 1}]}'


class Problem:
    """What `resolve` asks of a problem."""

    name = "jobshop"
    Instance = JobShopInstance
    default_instances = "random:6x6"


@pytest.fixture
def registered(monkeypatch, tmp_path):
    """One registered file, at a port where nobody answers; an empty cache, no mirror. The row and the cache."""
    row = {
        "name": NAME,
        "url": f"http://127.0.0.1:{_free_port()}/tiny.json",
        "sha256": hashlib.sha256(CONTENT).hexdigest(),
    }
    monkeypatch.setattr(downloads, "registry", lambda problem: {NAME: row} if problem == "jobshop" else {})
    monkeypatch.setattr("pooch.os_cache", lambda project: tmp_path / "cache" / project)
    monkeypatch.delenv(downloads.VARIABLE, raising=False)
    return row, tmp_path / "cache" / "dispatchgym"


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


@pytest.fixture
def server(tmp_path):
    """A folder that is served, and its address."""
    folder = tmp_path / "served"
    folder.mkdir()

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, format, *arguments):  # noqa: A002
            pass

    web = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    Thread(target=web.serve_forever, args=(0.01,), daemon=True).start()
    yield folder, f"http://127.0.0.1:{web.server_port}"
    web.shutdown()
    web.server_close()


def test_the_mirror_is_read_first(registered, monkeypatch, tmp_path):
    mirror = tmp_path / "mirror"
    (mirror / NAME).parent.mkdir(parents=True)
    (mirror / NAME).write_bytes(CONTENT)
    monkeypatch.setenv(downloads.VARIABLE, str(mirror))
    assert fetch(NAME) == mirror / NAME
    assert not registered[1].exists()


def test_a_wrong_checksum_in_the_mirror_names_file_expected_and_found(registered, monkeypatch, tmp_path):
    (tmp_path / NAME).parent.mkdir(parents=True)
    (tmp_path / NAME).write_bytes(b"changed")
    monkeypatch.setenv(downloads.VARIABLE, str(tmp_path))
    found = hashlib.sha256(b"changed").hexdigest()
    sentence = f"{tmp_path / NAME} has the wrong sha256 checksum: expected {registered[0]['sha256']}, found {found}"
    with pytest.raises(DataError, match=re.escape(sentence)):
        fetch(NAME)
    assert (tmp_path / NAME).read_bytes() == b"changed"


def test_a_mirror_that_is_no_folder_is_named(registered, monkeypatch):
    monkeypatch.setenv(downloads.VARIABLE, "/nowhere")
    with pytest.raises(DataError, match="DISPATCHGYM_DATA names /nowhere, which is no folder: unset it or correct it"):
        fetch(NAME)


def test_a_file_is_downloaded_once_and_then_cached(registered, server):
    row, cache = registered
    folder, address = server
    (folder / "tiny.json").write_bytes(CONTENT)
    row["url"] = f"{address}/tiny.json"
    assert fetch(NAME) == cache / NAME
    (folder / "tiny.json").unlink()
    assert fetch(NAME).read_bytes() == CONTENT
    assert formats.load(fetch(NAME, download=False))[0].size == "1x1"


def test_a_damaged_file_in_the_cache_is_downloaded_again(registered, server):
    row, cache = registered
    folder, address = server
    (folder / "tiny.json").write_bytes(CONTENT)
    row["url"] = f"{address}/tiny.json"
    (cache / NAME).parent.mkdir(parents=True)
    (cache / NAME).write_bytes(b"cut")
    assert fetch(NAME).read_bytes() == CONTENT


def test_a_download_with_the_wrong_checksum_is_refused_and_not_kept(registered, server):
    row, cache = registered
    folder, address = server
    (folder / "tiny.json").write_bytes(b"changed")
    row["url"] = f"{address}/tiny.json"
    found = hashlib.sha256(b"changed").hexdigest()
    with pytest.raises(DataError, match=f"{NAME} .* wrong sha256 checksum: expected {row['sha256']}, found {found}"):
        fetch(NAME)
    assert not (cache / NAME).exists()


def test_without_a_network_one_sentence_says_what_to_do(registered):
    row, _ = registered
    remedy = f"download {row['url']} elsewhere as {NAME} and set DISPATCHGYM_DATA to the folder that holds it"
    with pytest.raises(DataError, match=re.escape(f"{NAME} cannot be downloaded (ConnectionError): {remedy}")):
        fetch(NAME)
    with pytest.raises(
        DataError, match=f"{NAME} is not on this machine: fetch it once with a network, or set DISPATCH"
    ):
        fetch(NAME, download=False)


def test_an_unregistered_name_is_answered_with_the_nearest(registered):
    with pytest.raises(
        DataError, match=f"no public file is registered as 'jobshop/jsplib/tiny': the nearest is '{NAME}'"
    ):
        fetch("jobshop/jsplib/tiny")
    with pytest.raises(DataError, match=r"no public file is registered as '\.\./secret': there are none"):
        fetch("../secret")


def test_nearest_names_what_is_close_or_else_everything():
    assert nearest("mkwr", ["mwkr", "spt"]) == "the nearest is 'mwkr'"
    assert nearest("la1", ["la01", "la10", "ft06"]) == "the nearest are 'la10', 'la01'"
    assert nearest("zzz", ["mwkr", "spt"]) == "there are mwkr, spt"
    assert nearest("zzz", map(str, range(30))).endswith("10, 11 and 18 more")
    assert nearest("zzz", []) == "there are none"


def test_a_finite_random_set_is_the_same_each_time_and_named():
    first, again = (resolve(Problem, "random:3x2..5x4:20:7") for _ in range(2))
    assert first == again and len({shop.fingerprint for shop in first}) == 20
    assert [first[0].name, first[19].name] == ["random:3x2..5x4:20:7/0", "random:3x2..5x4:20:7/19"]
    assert resolve(Problem, "random:3x2..5x4:5:7") == first[:5]
    assert resolve(Problem, "random:3x2..5x4:20:8") != first


def test_sets_names_files_and_globs_are_resolved(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("b.txt", "a.json"):
        formats.save(JobShopInstance.generate(np.random.default_rng(0), 2, 3, name), name)
    assert [shop.name for shop in resolve(Problem, "taillard:15x15")] == [f"ta{number:02d}" for number in range(1, 11)]
    assert [shop.name for shop in resolve(Problem, "ft06")] == ["ft06"]
    assert [shop.name for shop in resolve(Problem, "b.txt")] == ["b.txt"]
    assert [shop.name for shop in resolve(Problem, "*")] == ["a.json", "b.txt"]
    assert [shop.name for shop in resolve(Problem, f"{tmp_path}/**/*.json")] == ["a.json"]


SHOPS = "Nb of jobs\n1 1\n3\n1\nNb of jobs\n1 1\n4\n1\n"
"""Two shops in Taillard's format: one operation of 3, and one of 4."""


@pytest.mark.parametrize(
    ("name", "text", "durations"),
    [
        ("tai.txt", "tai.txt", [3, 4]),
        ("tai.txt", "tai.txt:2", [4]),
        ("tai.txt", "tai.txt:tai-1", [3]),
        ("tai.txt", "tai.txt:format=taillard", [3, 4]),
        ("tai.txt", "tai.txt:format=taillard:2", [4]),
        ("shop[1].txt", "shop[1].txt", [3, 4]),
        ("shop[1].txt", "shop[1].txt:1", [3]),
        ("shop1.txt", "shop[1].txt", [3, 4]),
        ("what?", "what?", [3, 4]),
        ("a:b", "a:b", [3, 4]),
        ("a:b", "a:b:2", [4]),
        ("la01", "la01", [3, 4]),
        ("la01", "la01:2", [4]),
        ("ta", "ta", [3, 4]),
    ],
)
def test_a_file_is_a_file_before_it_is_a_pattern_or_a_name(name, text, durations, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / name).write_text(SHOPS)
    assert [shop.duration.tolist() for shop in resolve(Problem, text)] == [[duration] for duration in durations]
    assert not is_published(Problem, text)


def test_that_a_file_is_taken_for_a_published_name_is_said(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "ft06").write_text("1 1\n0 3\n")
    assert [shop.size for shop in resolve(Problem, "ft06")] == ["1x1"]
    sentence = "ft06: the file of that name in this folder is taken; write ft:ft06 for the published one.\n"
    assert capsys.readouterr().err == sentence
    assert [shop.size for shop in resolve(Problem, "ft:ft06")] == ["6x6"] and is_published(Problem, "ft:ft06")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("tai.txt:3", "tai.txt has no instance '3': write a number from 1 to 2 or a name, there are tai-1, tai-2"),
        ("tai.txt:0", "tai.txt has no instance '0': write a number from 1 to 2"),
        (
            "tai.txt:tai-3",
            "tai.txt has no instance 'tai-3': write a number from 1 to 2 or a name, the nearest are",
        ),
        ("tai.txt:1:2", "tai.txt: 1 and 2 are chosen, but one name or number can be"),
        ("tai.txt:n=4", "tai.txt: a file of jobshop is not read with 'n': there are format"),
        ("tai.txt:format=xml", "no format of job shops is called 'xml': there are jsplib, standard, orlib, taillard"),
        ("none.txt:2", "none.txt: there is no such file"),
        ("random:5x5:1000000000:0", "1000000000 instances would take"),
        ("x" * 5000, "'xxxx"),
    ],
)
def test_what_a_file_does_not_hold_is_refused(text, sentence, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tai.txt").write_text(SHOPS)
    with pytest.raises(ValueError, match="^" + re.escape(sentence)):
        resolve(Problem, text)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("taillrd", "'taillrd' is neither a set of jobshop nor a file: the nearest is 'taillard'"),
        ("taillrd:15x15", "'taillrd:15x15' is neither a set of jobshop nor a file: the nearest is 'taillard'"),
        ("zz", "'zz' is neither a set of jobshop nor a file: there are ft, la, abz, orb, swv, yn, ta, dmu, taillard"),
        ("la:9x9", "'la' has no job shops of the size '9x9'"),
        ("shop.txt", "shop.txt: there is no such file"),
        ("folder/shop", "folder/shop: there is no such file"),
        (".", ". is a folder: write * for the files in it"),
        ("*.nothing", "no file matches '*.nothing'"),
        (
            "random:10x10",
            "'random:10x10' is no finite random set: write random:SIZES:COUNT:SEED, as in random:6x6:100:0",
        ),
        ("random:10x10:0:0", "'random:10x10:0:0' is no finite random set"),
        ("random:10x10:5:-1", "'random:10x10:5:-1' is no finite random set"),
        ("random:10:5:1", "'10' is no size of job shops"),
        ("", "'' is neither a set of jobshop nor a file"),
    ],
)
def test_text_that_names_no_instances_is_answered_with_a_sentence(text, sentence, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match="^" + re.escape(sentence)):
        resolve(Problem, text)


def test_a_problem_of_which_nothing_is_published_says_only_how_instances_are_drawn(monkeypatch):
    module = ModuleType("envs.own.sets")
    vars(module)["random_source"] = random_source
    monkeypatch.setitem(sys.modules, module.__name__, module)

    class Own(Problem):
        name = "own"

    (shop,) = resolve(Own, "random:3x2:1:0")
    assert parts("own").sets.reference(shop) == (shop.lower_bound(), "lower-bound")
    with pytest.raises(ValueError, match="'own01' is neither a set of own nor a file: there are none"):
        resolve(Own, "own01")


def test_a_source_is_endless_for_random_and_uniform_over_a_list():
    endless = open_source(Problem, "random:2x2..3x4")
    assert endless.shape == (3, 4, 12)
    rng = np.random.default_rng(0)
    assert len({endless.sample(rng).fingerprint for _ in range(50)}) == 50
    listed = open_source(Problem, "random:2x2..3x4:4:0")
    names = [listed.sample(rng).name for _ in range(400)]
    assert len(set(names)) == 4 and min(names.count(name) for name in set(names)) > 60


def test_the_shape_of_a_list_is_its_elementwise_maximum():
    shops = [JobShopInstance.generate(np.random.default_rng(0), *size) for size in ((2, 5), (4, 3))]
    assert FixedSource(shops).shape == (4, 5, 12)
    with pytest.raises(ValueError, match="a source needs at least one instance"):
        FixedSource([])


def test_the_same_generator_draws_the_same_instances():
    for text in ("random:2x2..9x9", "taillard:15x15"):
        source = open_source(Problem, text)
        first, again = ([source.sample(np.random.default_rng(5)) for _ in range(3)] for _ in range(2))
        assert first == again
