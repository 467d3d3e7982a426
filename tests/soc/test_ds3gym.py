"""DS3Gym's rules, in its own simulator's order of events and in ours."""

from pathlib import Path
from statistics import fmean

import numpy as np
import pytest

from baselines.play import finish, rule_scores
from baselines.soc.rules import DEFAULTS, RULES
from envs.core.datasets import resolve
from envs.core.vector import DispatchVectorEnv
from envs.soc.env import SoC
from envs.soc.instance import SocInstance
from envs.soc.verify import verify
from experiments.problems.soc import Printed, Replication
from tests.soc import ticks
from tests.soc.ticks import Assign, Ticks

LAW = "ds3gym,profiles=1,scale=25,queue=3,span=5000"
PRINTED = {"met": 107.8, "etf": 104.9, "eft": 109.7}  # us, by DS3Gym in 2 or 3 episodes


@pytest.mark.parametrize("rule", PRINTED)
def test_its_order_of_events_gives_its_latencies(rule: str) -> None:
    streams = resolve(SoC, f"random:{LAW}:6:0")
    found = [Ticks(stream, getattr(ticks, rule), in_order=False).run().latency() for stream in streams]
    assert fmean(found) == pytest.approx(PRINTED[rule], rel=0.02)


def played(stream: SocInstance, rule: str) -> DispatchVectorEnv:
    env = DispatchVectorEnv(SoC(**DEFAULTS), 1, [stream], copy=False, autoreset=False)
    env.reset()
    finish(env, rule_scores(RULES[rule]))
    return env


def by_rows(assign: Assign, rank: np.ndarray) -> Assign:
    """The same with ready tasks in the environment's order: the oldest job first, of a job the largest upward rank."""

    def sorted_first(state: Ticks) -> list[tuple[int, int]]:
        job = np.searchsorted(state.instance.job_start, state.ready, side="right")
        keys = {task: (own, -rank[task], task) for task, own in zip(state.ready, job, strict=True)}
        state.ready.sort(key=keys.__getitem__)
        return assign(state)

    return sorted_first


@pytest.mark.parametrize("rule", ["eft", "etf"])
@pytest.mark.parametrize("law", ["ds3gym,profiles=1,scale=25,queue=3,span=600", "8x3x1,scale=90,queue=2,span=2000"])
def test_the_environment_does_in_events_what_the_ticks_do(rule: str, law: str) -> None:
    for stream in resolve(SoC, f"random:{law}:3:1"):
        env = played(stream, rule)
        slow = Ticks(stream, by_rows(getattr(ticks, rule), env.view().rank_u[0]), in_order=True).run()
        ended = [row for row in env.schedule(0).tolist() if row[3] < stream.span]
        assert ended == sorted(map(list, slow.rows))
        assert env.metrics(0)["completed"] == pytest.approx(len(slow.latencies), abs=1)  # one may end at the span
        assert verify(stream, env.schedule(0)) == env.objective[0]


def test_the_replication_has_a_row_for_each_rule(tmp_path: Path) -> None:
    law = "ds3gym,profiles=1,scale=25,queue=3,span=1000"
    table = Replication("Small", (Printed(law, {"met": 107.8, "random": 166.0}),), count=4, seed=0)
    table.make("soc", tmp_path / "small", "the command")
    lines = (tmp_path / "small.md").read_text().splitlines()
    assert [line.split(" | ")[:3] for line in lines[-2:]] == [
        [f"| {law}", "met", "107.8"],
        [f"| {law}", "random", "166.0"],
    ]
    assert "4 streams" in lines[2] and "made by `the command`" in lines[2]
    assert len((tmp_path / "small.csv").read_text().splitlines()) == 1 + 2 * 4
