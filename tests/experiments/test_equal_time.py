"""Tables at equal CPU time: what is in hand when, who is asked again, and what is made of the rows."""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from baselines.jobshop.solvers import SOLVERS
from baselines.solution import Improvement, Solution
from envs.core.datasets import resolve
from envs.jobshop.env import JobShop
from envs.jobshop.instance import JobShopInstance
from envs.jobshop.verify import verify
from experiments.kinds.equal_time import ADVICE, LEADS, Cell, EqualTime, layout, level_with_best
from experiments.kinds.frontier import draw
from experiments.kinds.page import cell
from experiments.kinds.tables import half_width
from experiments.race import Contender, Job, Race
from experiments.records import Records
from tests.experiments.conftest import SMALL

FT06 = resolve(JobShop, "ft06")[0]
BUDGETS = (0.01, 0.1, 1.0)


def ends(instance: JobShopInstance, makespan: int) -> np.ndarray:
    """One operation after the other, the last of them moved so that it ends then."""
    job = np.repeat(np.arange(instance.jobs), np.diff(instance.job_start))
    place = np.arange(len(job)) - instance.job_start[job]
    end = np.cumsum(instance.duration)
    end[-1] = makespan
    return np.stack([job, place, instance.machine, end - instance.duration, end], axis=1)


def solver(
    moments: Callable[[str, int], dict[float, int]], status: str = "feasible", share: float = 1.0
) -> Callable[..., Solution]:
    """One that has a schedule of each makespan, beyond that of the work alone, at each moment; it takes the seconds."""

    def solve(instance: JobShopInstance, seconds: float, workers: int = 1, seed: int = 0) -> Solution:
        found = moments(instance.name, seed)
        base = int(instance.duration.sum())
        had = [Improvement(at, base + over, ends(instance, base + over)) for at, over in found.items()]
        return Solution(had[-1].objective, None, had[-1].schedule, status, seconds, seconds * share, tuple(had))

    return solve


def race(contender: Contender, **settings: Any) -> Race:
    return Race("jobshop", {"it": contender}, ("ft06",), BUDGETS, **settings)


def test_a_run_has_at_a_budget_what_was_in_hand_by_then(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(SOLVERS, "fake", solver(lambda *_: {0.02: 30, 0.1: 20, 0.5: 10}))
    base = int(FT06.duration.sum())
    whole = race(Contender("fake", seconds=(1.0, 0.1)))
    told = [whole.run(job) for job in whole.jobs()]
    assert "0.01" not in told[0] and (told[0]["0.1"], told[0]["1"]) == (base + 20, base + 10)
    assert told[1]["0.1"] == base + 20 and "1" not in told[1]  # it did not run so long
    monkeypatch.setitem(SOLVERS, "fake", solver(lambda *_: {0.02: 30, 0.1: 20}, "optimal"))
    proved = race(Contender("fake", seconds=(0.1,)))
    assert proved.run(proved.jobs()[0])["1"] == base + 20


def test_a_schedule_on_the_way_that_is_not_what_it_claims_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    fake = solver(lambda *_: {0.001: 30, 0.1: 20})

    def wrong(*arguments: Any, **settings: Any) -> Solution:
        solution = fake(*arguments, **settings)
        first = solution.improvements[0]
        return replace(solution, improvements=(first._replace(objective=first.objective - 1), solution.improvements[1]))

    monkeypatch.setitem(SOLVERS, "fake", wrong)
    one = race(Contender("fake", seconds=(1.0,)))
    with pytest.raises(ValueError, match=r"it claims \d+ on ft06, but it is \d+"):
        one.run(one.jobs()[0])


def test_a_solver_that_had_too_little_of_the_processor_is_given_more(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def busy(instance: JobShopInstance, seconds: float, workers: int = 1, seed: int = 0) -> Solution:
        asked.append(seconds)
        return solver(lambda *_: {0.001: 30}, share=0.5)(instance, seconds, workers, seed)

    monkeypatch.setitem(SOLVERS, "fake", busy)
    one = race(Contender("fake", seconds=(1.0,)))
    assert one.run(one.jobs()[0])["cpu_s"] >= 0.95
    assert asked == [1.0, pytest.approx(2.2)]
    one.run(one.jobs()[0])  # the next one is given as much at once
    assert asked[2:] == [pytest.approx(2.2)]
    monkeypatch.setitem(SOLVERS, "fake", solver(lambda *_: {0.001: 30}, share=0.01))
    monkeypatch.setattr("experiments.race.TRIES", 1)
    one = race(Contender("fake", seconds=(1.0,)))
    with pytest.raises(ValueError, match=r"it had 0\.01 CPU s in 1 s of ft06: go on when the machine has less to do"):
        one.run(one.jobs()[0])


def moments(name: str, seed: int) -> dict[float, int]:
    """Of la01 always later than of la03; of seed 2 nothing before the end."""
    return {0.02 if name == "la01" else 0.004: 100 + 10 * seed, 0.3: 50} if seed < 2 else {0.4: 40}


TABLE = EqualTime(
    "Small shops",
    {"la": "la:10x5", "six": "ft06"},
    {
        "first": Contender("fake", seconds=(1.0, 0.1, 1.0)),
        "rule": Contender("mwkr"),
        "pilot (samples)": Contender("linear_pilot@0.05", {"scheme": "active", "lookahead": "pilot"}, (0.03,)),
    },
    budgets=BUDGETS,
    take=2,
    workers=1,
    digits=3,
)


def test_tables_have_the_means_over_instances_with_intervals_over_the_seeds_that_ran_so_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(SOLVERS, "fake", solver(moments))
    TABLE.make("jobshop", tmp_path / "small", "the command")
    text = (tmp_path / "small.md").read_text()
    where = Path("here")
    shops = [resolve(JobShop, name)[0] for name in ("la01", "la03")]

    def gap(over: int) -> float:
        pairs = ((int(shop.duration.sum()) + over, best) for shop, best in zip(shops, (666, 597), strict=True))
        return sum(100 * (makespan / best - 1) for makespan, best in pairs) / 2

    assert cell(tmp_path, "small#la|first|0.01 .. 0.1", where) == "- | -"  # la01 has none yet; nor has seed 2
    at_one = [gap(50), gap(40)]
    assert cell(tmp_path, "small#la|first|1", where) == f"{sum(at_one) / 2:.3f} ± {half_width(at_one):.3f}"
    assert cell(tmp_path, "small#Runs|first|CPU s of each seed", where) == "1, 0.1, 1"
    assert cell(tmp_path, "small#Runs|rule|CPU s of each seed", where) == "one schedule"
    rule = cell(tmp_path, "small#six|rule|1", where)
    assert rule == f"{100 * (61 / 55 - 1):.3f}"
    assert re.search(r"on 3 instances \(at most 2 of each set, evenly spread over it\).* made by `the command`", text)
    assert (tmp_path / "small.png").exists()
    best = cell(tmp_path, f"small#{ADVICE}|six|1", where)
    assert re.fullmatch(r"(pilot \(samples\)|rule) \d+\.\d{3}", best)
    assert re.fullmatch(r"0\.0?1 to 1 \| -", cell(tmp_path, f"small#{LEADS}|la|dispatching .. search", where))
    assert "Search: first.\n" in text


def test_what_is_best_never_gets_worse_with_time_and_names_who_is_level() -> None:
    table = replace(TABLE, contenders=dict.fromkeys("abc", Contender("fake")), digits=1)
    cells = {
        ("a", 0.01): Cell((5.0, 5.2, 4.8)),
        ("b", 0.1): Cell((4.9,)),
        ("c", 0.1): Cell((9.0,)),
        ("c", 1.0): Cell((4.0,)),
    }
    late = {("a", 0.1): Cell((0.0,)), ("b", 0.01): Cell((0.0,))}
    assert table._leader(table._standing(late, 0.1)) == "b 0.0"  # who had it first
    standing = [table._standing(cells, budget) for budget in (0.001, *BUDGETS)]
    assert [table._leader(one) for one in standing] == ["-", "a 5.0", "b 4.9", "c 4.0"]
    assert [level_with_best(one) for one in standing] == [[], [], ["a"], []]
    assert table._leads(standing[1:], {"b"}) == ["0.01, 1", "0.1"]
    assert table._leads(standing[1:], {"c"}) == ["0.01 to 0.1", "1"]
    figure = draw("It", {"set": {key: one.mean for key, one in cells.items()}}, ("a", "b", "c"))
    line = next(line for line in figure.axes[0].get_lines() if line.get_label() == "the best")
    assert np.asarray(line.get_ydata()).tolist() == [pytest.approx(5.0), 4.9, 4.0]


def test_without_an_optimum_gaps_may_be_to_the_best_of_the_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(SOLVERS, "fake", solver(lambda *_: {0.001: 100, 0.02: 10}))
    drawn = replace(TABLE, sets={"drawn": "random:4x4:3:1"}, contenders={"fake": Contender("fake", seconds=(1.0,))})
    replace(drawn, to_best=True).make("jobshop", tmp_path / "drawn", "x")
    assert cell(tmp_path, "drawn#drawn|fake|1", Path()) == "0.000"
    bases = [int(shop.duration.sum()) for shop in resolve(JobShop, "random:4x4:3:1")[:2]]
    found = sum(100 * ((base + 100) / (base + 10) - 1) for base in bases) / 2
    assert cell(tmp_path, "drawn#drawn|fake|0.01", Path()) == f"{found:.3f}"
    drawn.make("jobshop", tmp_path / "drawn", "x")  # from the same rows
    assert float(cell(tmp_path, "drawn#drawn|fake|1", Path())) > 100


def test_a_stopped_table_goes_on_and_runs_nothing_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[Job] = []
    run = Race.run

    def counted(race: Race, job: Job) -> dict[str, Any]:
        if len(ran) == 5:
            raise KeyboardInterrupt
        ran.append(job)
        return run(race, job)

    monkeypatch.setitem(SOLVERS, "fake", solver(moments))
    monkeypatch.setattr(Race, "run", counted)
    with pytest.raises(KeyboardInterrupt):
        TABLE.make("jobshop", tmp_path / "small", "x")
    assert len(Records(tmp_path / "small.csv", layout(BUDGETS)).rows) == 5
    monkeypatch.setattr(Race, "run", lambda race, job: ran.append(job) or run(race, job))
    TABLE.make("jobshop", tmp_path / "small", "x")
    assert len(ran) == len(set(ran)) == 15 == len(Records(tmp_path / "small.csv", layout(BUDGETS)).rows)
    TABLE.make("jobshop", tmp_path / "small", "x")
    assert len(ran) == 15


def test_agents_are_played_with_a_seed_each(run_dir: Path, tmp_path: Path) -> None:
    runs = (replace(SMALL, run_dir=run_dir),) * 2
    contenders = {"once": Contender(agents=runs), "samples": Contender(agents=runs, seconds=(0.05, 0.05))}
    replace(TABLE, sets={"six": "ft06"}, contenders=contenders).make("jobshop", tmp_path / "agents", "x")
    rows = Records(tmp_path / "agents.csv", layout(BUDGETS)).rows
    assert [(row["method"], row["seed"], row["budget_s"]) for row in rows] == [
        *((str(run_dir), seed, "") for seed in "01"),
        *((f"{run_dir}@1", seed, "0.05") for seed in "01"),
    ]
    assert rows[0]["1"] == rows[1]["1"] and not rows[2]["1"] and all(row["train_cpu_s"] for row in rows)
    assert cell(tmp_path, "agents#Runs|once|CPU s of each seed", Path()) == "one schedule"


def test_two_processes_find_what_one_finds(tmp_path: Path) -> None:
    contenders = {"rule": Contender("mwkr"), "CP-SAT": Contender("cp_sat", seconds=(1.0, 1.0))}
    table = replace(TABLE, sets={"six": "ft06"}, contenders=contenders)
    rows = {}
    for workers in (1, 2):
        replace(table, workers=workers).make("jobshop", tmp_path / str(workers), "x")
        rows[workers] = Records(tmp_path / f"{workers}.csv", layout(BUDGETS)).rows
    assert [row["method"] for row in rows[1]] == ["mwkr", "cp_sat", "cp_sat"]
    for one, other in zip(rows[1], rows[2], strict=True):
        assert [one[name] for name in ("method", "seed", "1")] == [other[name] for name in ("method", "seed", "1")]
    assert cell(tmp_path, "2#six|CP-SAT|1", Path()) == "0.000 ± 0.000"


def test_the_schedules_of_these_tests_are_schedules() -> None:
    base = int(FT06.duration.sum())
    assert verify(FT06, ends(FT06, base + 7)) == base + 7
