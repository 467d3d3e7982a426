"""Task graphs by name, by law and by size: canonical tables, fixed graphs, random graphs and streams."""

import re
from dataclasses import replace

import numpy as np
import pytest

from envs.core.datasets import open_source, resolve
from envs.core.downloads import DataError, fetch, registry
from envs.soc.env import SoC
from envs.soc.instance import SocInstance
from envs.soc.random_jobs import DEPTHS, HETEROGENEITIES, RATIOS, arrivals, layered, noisy
from envs.soc.sets import APPLICATIONS, BEST_KNOWN, GYM, SETS, SHARES, SIMULATOR, load_set, random_source, reference


def local_set(text: str) -> list[SocInstance]:
    """A set, or a skip where its files are not on this machine."""
    try:
        for name in registry("soc"):
            fetch(name, download=False)
    except DataError as error:
        pytest.skip(str(error))
    return load_set(text)


def checked(instance: SocInstance) -> SocInstance:
    """The same through the constructor, which checks every rule, and has to find nothing to sort."""
    again = replace(instance)
    assert again == instance
    return instance


def test_the_sets_and_their_files():
    assert {name: len(members) for name, members in SETS.items()} == {
        "canonical": 2,
        "dags": 200,
        "ds3gym": 10,
        "apps": 6,
    }
    files = registry("soc")
    assert {f"{SIMULATOR}{file}" for file in APPLICATIONS.values()} | {f"{GYM}DASH.SoC.Top.txt"} < set(files)
    for row in files.values():
        assert re.fullmatch(r"https://raw.githubusercontent.com/\w+/\w+/[0-9a-f]{40}/\S+\.txt", row["url"])
        assert re.fullmatch("[0-9a-f]{64}", row["sha256"])
        assert row["licence"].startswith(("MIT", "GPL-3.0: download only"))


def test_topcuoglus_and_arabnejads_graphs():
    first, second = load_set("canonical")
    assert (first.name, first.size, len(first.edge)) == ("topcuoglu", "10x3", 15)
    assert first.duration.sum(axis=0).tolist() == [127, 130, 143]
    assert (second.name, second.size, len(second.edge)) == ("arabnejad", "10x3", 15)
    assert [reference(graph) for graph in (first, second)] == [(73, "optimal"), (113, "optimal")]
    assert [int(graph.volume.sum()) for graph in (first, second)] == [241, 284]


def test_a_graph_is_known_by_its_numbers_alone():
    (graph,) = load_set("topcuoglu")
    assert reference(replace(graph, name="mine")) == (73, "optimal")
    other = replace(graph, duration=graph.duration + 1, true_duration=graph.duration + 1)
    assert reference(other) == (other.lower_bound(), "lower-bound")


def test_the_fixed_graphs_have_every_ratio_and_are_the_same_for_ever():
    graphs = load_set("dags")
    assert [graph.name for graph in graphs] == list(SETS["dags"])
    assert {graph.tasks for graph in graphs} == set(range(20, 31)) and {graph.pes for graph in graphs} == {3, 4, 5}
    means = [np.mean([graph.volume.mean() for graph in load_set(f"dags:{ratio:g}")]) for ratio in RATIOS]
    assert np.allclose(means, [50 * ratio for ratio in RATIOS], rtol=0.1)
    assert (
        sum(graph.duration.sum() + (np.arange(len(graph.volume)) * graph.volume).sum() for graph in graphs) == 6924447
    )
    assert all(len(graph.graph_ids) == 2 and checked(graph) for graph in graphs[:20])


def test_every_fixed_graph_has_a_best_known_makespan():
    assert set(BEST_KNOWN) == {*SETS["canonical"], *SETS["dags"]}
    assert all(0 < known.lb <= known.ub and known.optimal == (known.lb == known.ub) for known in BEST_KNOWN.values())
    assert all(graph.lower_bound() <= reference(graph)[0] for graph in load_set("dags"))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("dagz", "no jobs are known as 'dagz': the nearest"),
        ("dags:3", "'dags' has no jobs of the ratio '3': its ratios are 0.1, 0.5, 1, 2"),
        ("apps:1", "'apps' has no jobs of the ratio '1': it has no parts but its names"),
    ],
)
def test_an_unknown_set_is_refused(text, sentence):
    with pytest.raises(ValueError, match=re.escape(sentence)):
        load_set(text)


def test_ds3gyms_jobs_and_ds3s_applications():
    gym, apps = local_set("ds3gym"), local_set("apps")
    assert [graph.size for graph in gym] == ["10x3"] * 10
    assert {len(graph.edge) for graph in gym} == {12, 13, 14, 15}
    assert [graph.size for graph in apps] == ["27x16", "34x16", "7x16", "8x16", "8x16", "10x16"]
    assert sum(share * graph.tasks for share, graph in zip(SHARES, apps, strict=True)) == pytest.approx(17.2)


def test_layered_graphs_follow_their_law():
    rng = np.random.default_rng(0)
    depths, extra, spread, work, transfer = [], [], [], [], []
    for _ in range(400):
        tasks, pes = int(rng.integers(20, 31)), int(rng.integers(3, 6))
        graph = layered(rng, tasks, pes, 1.0, 0.5)
        depth = np.zeros(tasks, int)  # longest way from a first task; in a layered graph it is the layer
        for source, target in graph.edge.tolist():
            depth[target] = max(depth[target], depth[source] + 1)
        assert (np.diff(depth) >= 0).all()  # tasks are numbered layer by layer, and each has one from the layer before
        assert np.lexsort((graph.edge[:, 0], graph.edge[:, 1])).tolist() == list(range(len(graph.edge)))
        assert len(np.unique(graph.edge, axis=0)) == len(graph.edge)
        depths.append(round((depth.max() + 1) / tasks**0.5, 1))
        extra.append(len(graph.edge) / (depth > 0).sum())
        spread.append(graph.duration.max(axis=1) / graph.duration.min(axis=1))
        work.append(graph.duration.mean())
        transfer.append(graph.volume.mean())
    assert set(depths) <= {0.6, 0.7, 0.8, 0.9, 1.0, 1.1, 1.3, 1.4, 1.5} and np.mean(depths) == pytest.approx(
        np.mean(DEPTHS), abs=0.05
    )
    assert 1.7 < np.mean(extra) < 2.0  # one and 0 to 2 more, but for doubles
    assert np.mean(work) == pytest.approx(50, abs=1) and np.mean(transfer) == pytest.approx(25, abs=1)
    assert 2 < np.concatenate(spread).max() <= 3.2  # 1.5 / 0.5, rounded


@pytest.mark.parametrize("heterogeneity", HETEROGENEITIES)
def test_durations_lie_within_their_range(heterogeneity):
    graph = layered(np.random.default_rng(1), 2000, 5, heterogeneity, 2.0)
    low, high = 1 - heterogeneity / 2, 1 + heterogeneity / 2
    assert 10 * low - 0.5 <= graph.duration.min() and graph.duration.max() <= 90 * high + 0.5
    assert graph.volume.max() <= 200 and graph.volume.mean() == pytest.approx(100, abs=3)


def test_the_smallest_graphs_can_be_drawn():
    for tasks in (1, 2, 3):
        graph = layered(np.random.default_rng(tasks), tasks, 1, 1.5, 1.0)
        assert graph.duration.shape == (tasks, 1) and (graph.duration > 0).all()


def test_true_durations_are_gaussian_around_the_mean():
    duration = np.array([[100, 0, -1]] * 20000)
    true = noisy(np.random.default_rng(0), duration, 0.2)
    assert true[:, 0].mean() == pytest.approx(100, abs=0.5) and true[:, 0].std() == pytest.approx(20, abs=0.5)
    assert set(true[:, 1]) == {0} and set(true[:, 2]) == {-1}
    assert noisy(np.random.default_rng(0), duration, 2.0)[:, 0].min() == 1
    assert noisy(np.random.default_rng(0), duration, 0.0) is duration


def test_gaps_are_exponential_and_rounded_down():
    times = arrivals(np.random.default_rng(0), 50000, 25.0, at_once=3)
    assert times[:3].tolist() == [0, 0, 0]
    assert np.diff(times[2:]).mean() == pytest.approx(1 / (np.exp(1 / 25) - 1), abs=0.4)


@pytest.mark.parametrize(
    "text",
    ["20..30", "5x2", "20x3..30x5", "10x3x2..20x4x5,scale=50..200,noise=0..0.5", "ds3gym,profiles=1,span=300,queue=3"],
)
def test_random_sources_draw_valid_instances_within_their_shape(text):
    source = open_source(SoC, f"random:{text}")
    rng = np.random.default_rng(0)
    drawn = [checked(source.sample(rng)) for _ in range(30)]
    assert all((np.array(instance.shape) <= source.shape).all() for instance in drawn)
    assert len({instance.fingerprint for instance in drawn}) > 1 or text.startswith("ds3gym")
    same = np.random.default_rng(0)
    assert [source.sample(same) for _ in range(3)] == drawn[:3]


def test_sizes_cover_their_range():
    source = random_source("20x3..30x5")
    drawn = [source.sample(np.random.default_rng(seed)) for seed in range(300)]
    assert {instance.tasks for instance in drawn} == set(range(20, 31))
    assert {instance.pes for instance in drawn} == {3, 4, 5}
    assert all(instance.jobs == 1 and instance.arrival[0] == 0 for instance in drawn)


def test_a_span_has_jobs_until_it_ends_and_fills_the_queue_at_0():
    (instance,) = resolve(SoC, "random:ds3gym,profiles=1,scale=25,queue=3,span=5000:1:0")
    assert (instance.queue, instance.span) == (3, 5000)
    assert instance.arrival[:3].tolist() == [0, 0, 0] < instance.arrival[3:6].tolist()
    assert instance.arrival[-1] > 5000
    assert random_source("ds3gym,profiles=1,span=100").law.queue == 3


def test_streams_of_ds3gym_and_of_applications():
    local_set("apps")
    (gym,) = resolve(SoC, "random:ds3gym,jobs=40,noise=0.2:1:0")
    assert (gym.jobs, gym.pes, gym.tasks) == (40, 3, 400)
    assert len({gym.duration[10 * job : 10 * job + 10].tobytes() for job in range(40)}) == 1  # one table for all
    assert len({gym.edge[(gym.edge[:, 0] // 10) == job].sum() for job in range(40)}) > 5
    rng = np.random.default_rng(0)
    drawn = [random_source("apps,jobs=5..20,scale=20..80").sample(rng) for _ in range(300)]
    assert {instance.jobs for instance in drawn} == set(range(5, 21))
    assert sum(instance.tasks for instance in drawn) / sum(instance.jobs for instance in drawn) == pytest.approx(
        17.2, abs=1
    )
    assert checked(drawn[0]).power.max() > 1


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "'' is no kind of random jobs: write TASKS, TASKSxPES or TASKSxPESxJOBS, a range such as 20x3..30x5"),
        ("0x3", "'0x3' is no kind of random jobs"),
        ("30x3..20x5", "the sizes '30x3..20x5' run backwards: write the smallest first"),
        ("20..30x5", "the sizes '20..30x5' differ in form: write both with PEs, or both without"),
        ("20x3,nose=1", "'20x3,nose=1' has an unknown parameter 'nose': the nearest is 'noise'"),
        (
            "20x3,noise=-1",
            "'20x3,noise=-1': noise is '-1', but must be a number from 0 on, as in noise=20 or noise=10..20",
        ),
        ("20x3,noise=0.5..0.1", "'20x3,noise=0.5..0.1': the range of noise runs backwards"),
        ("20x3,noise=0,noise=1", "'20x3,noise=0,noise=1' gives a parameter twice"),
        ("20x3,jobs=3", "'20x3,jobs=3': write the number of jobs as part of the size, TASKSxPESxJOBS"),
        ("20x3,profiles=3", "'20x3,profiles=3': profiles is a parameter of ds3gym only"),
        ("ds3gym,profiles=11", "'ds3gym,profiles=11': profiles is 11, but DS3Gym has 1 to 10"),
        ("ds3gym,profiles=1,queue=3", "'ds3gym,profiles=1,queue=3': queue needs a span, as in queue=3,span=5000"),
        ("ds3gym,profiles=1,jobs=3,span=9", "has both jobs and span: with a span, jobs are drawn until it ends"),
        ("ds3gym,profiles=1,jobs=0", "jobs is '0', but must be a whole number from 1 on, as in jobs=20 or jobs=10..20"),
        ("ds3gym,profiles=1,span=1..2", "span is '1..2', but must be a whole number from 1 on, as in span=20"),
    ],
)
def test_a_malformed_law_has_its_sentence(text, sentence):
    with pytest.raises(ValueError, match=re.escape(sentence)):
        random_source(text)
