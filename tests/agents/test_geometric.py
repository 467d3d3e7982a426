"""Observations as batches of torch-geometric, and networks of it as players: the page's own, on every problem."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from torch_geometric.data import Batch, Data

from agents import geometric
from baselines.play import objectives, play
from envs import PROBLEMS, load_problem
from envs.core.datasets import resolve
from envs.core.spec import Observation
from envs.core.vector import DispatchVectorEnv
from tests.agents.samples import SPEC, pad, random_observation

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "agents" / "README.md").read_text(encoding="utf-8").partition("## Your own graph network\n")[2]
EXAMPLE = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)[0]
SETTING = '"jobshop", "random:4x4..6x6", "mwkr"'
"""Of the example; the tests put another problem, its sizes and a rule in its place."""


def example(problem: str = "jobshop", sizes: str = "random:4x4..6x6", rule: str = "mwkr") -> dict[str, Any]:
    """The names of the page's example after it has run on this problem."""
    assert SETTING in EXAMPLE
    names: dict[str, Any] = {"__name__": "example"}
    exec(EXAMPLE.replace(SETTING, f'"{problem}", "{sizes}", "{rule}"'), names)
    return names


def network(spec: Any = SPEC) -> nn.Module:
    """The page's network, not trained."""
    names: dict[str, Any] = {"__name__": "example"}
    exec(EXAMPLE.partition("\nname, sizes")[0], names)
    return names["Network"](spec)


class Decision(Data):
    """One row of an observation, whose candidates are node numbers."""

    def __inc__(self, key: str, value: Any, *args: Any, **kwargs: Any) -> Any:
        return self.num_nodes if key == "candidate" else super().__inc__(key, value, *args, **kwargs)


def decisions(observation: dict[str, np.ndarray]) -> list[Any]:
    """Each row without its padding, which stands at the end, by plain slices."""
    rows = []
    for b in range(len(observation["ids"])):
        one = {key: torch.as_tensor(array[b]) for key, array in observation.items()}
        n, e = int((one["node_type"] >= 0).sum()), int((one["edge_type"] >= 0).sum())
        action = torch.tensor([a for a, legal in enumerate(one["action_mask"]) if legal], dtype=torch.int64)
        rows.append(
            Decision(
                x=torch.cat([one["node_features"], one["node_state"]], dim=1)[:n],
                node_type=one["node_type"][:n].long(),
                edge_index=one["edges"][:, :e].long(),
                edge_type=one["edge_type"][:e].long(),
                edge_attr=one["edge_features"][:e],
                candidate=one["candidates"][action].long(),
                candidate_x=one["candidate_features"][action],
                candidate_type=one["candidate_type"][action].long(),
                action=action,
            )
        )
    return rows


def test_a_batch_is_what_torch_geometric_makes_of_the_rows(rng: np.random.Generator) -> None:
    observation = random_observation(rng)
    ours: Any = geometric.batch(Observation(**observation))
    theirs: Any = Batch.from_data_list(decisions(observation), follow_batch=["candidate"])
    theirs["candidate_row"] = theirs.candidate_batch
    del theirs["candidate_batch"], theirs["candidate_ptr"]
    assert set(ours.keys()) == set(theirs.keys())
    for key in ours.keys():  # noqa: SIM118
        assert ours[key].dtype == theirs[key].dtype, key
        assert torch.equal(ours[key], theirs[key]), key
    assert (ours.num_graphs, ours.num_nodes) == (theirs.num_graphs, theirs.num_nodes)
    ours.validate()
    assert isinstance(ours, Batch)


def test_logits_do_not_depend_on_padding(rng: np.random.Generator) -> None:
    observation, model = random_observation(rng), network()
    found = [model(geometric.batch(seen)) for seen in (observation, pad(observation, 7))]
    assert len(found[0]) == observation["action_mask"].sum()
    assert torch.equal(*found)


@pytest.mark.parametrize(
    ("problem", "sizes", "rule"),
    [
        ("jobshop", "random:4x4..6x6", "mwkr"),
        ("tardiness", "random:6..9", "mdd"),
        ("soc", "random:8..12", "heft_rank"),
    ],
)
def test_the_network_of_the_page_learns_and_plays_every_problem(problem: str, sizes: str, rule: str) -> None:
    assert problem in PROBLEMS
    names = example(problem, sizes, rule)
    assert np.mean(names["losses"][-10:]) < 0.7 * np.mean(names["losses"][:5])
    instances = resolve(names["env"].problem, f"{sizes}:20:1")
    torch.manual_seed(1)
    fresh = objectives(names["env"].problem, instances, geometric.scores(network(names["env"].problem.spec)))
    trained = objectives(names["env"].problem, instances, geometric.scores(names["network"]))
    assert trained.mean() < fresh.mean()


def test_scores_stand_at_the_legal_candidates_of_their_row_and_sampling_works() -> None:
    class Action(nn.Module):
        def forward(self, batch: Any) -> torch.Tensor:
            return 100.0 * batch.candidate_row + batch.action

    env = DispatchVectorEnv("jobshop", 3, "random:3x3..5x5", copy=False)
    env.reset(seed=0)
    found = geometric.scores(Action())(env)
    legal = env.observation.action_mask == 1
    wanted = 100.0 * np.arange(3)[:, None] + np.arange(legal.shape[1])
    assert found.dtype == np.float64
    assert np.array_equal(found, np.where(legal, wanted, -np.inf))
    model = network(env.problem.spec)
    assert play(env.problem, env.instances[0], geometric.scores(model), samples=4, temperature=1.0).objective > 0


def test_a_batch_goes_to_the_device_that_is_named(rng: np.random.Generator) -> None:
    found: Any = geometric.batch(random_observation(rng), "meta")
    assert {array.device.type for array in found.to_dict().values()} == {"meta"}


def test_an_observation_that_is_none_is_refused(rng: np.random.Generator) -> None:
    observation = random_observation(rng)
    single = {key: array[0] for key, array in observation.items()}
    with pytest.raises(ValueError, match=r"has node_features \(9, 3\), but it must be \(B, N, F\).* batch axis"):
        geometric.batch(single)
    with pytest.raises(ValueError, match=r"has edge_type \(5, 13\), but it must be \(B, E\)"):
        geometric.batch(observation | {"edge_type": observation["edge_type"][:, 1:]})
    with pytest.raises(ValueError, match="lacks edges"):
        geometric.batch({key: array for key, array in observation.items() if key != "edges"})


def test_a_model_that_cannot_score_this_problem_is_refused_in_one_sentence() -> None:
    class Wrong(nn.Module):
        def __init__(self, result: Any) -> None:
            super().__init__()
            self.result = result

        def forward(self, batch: Any) -> Any:
            return self.result(batch)

    shop = load_problem("jobshop")()
    instance = resolve(shop, "random:3x3:1:0")[0]
    for model, sentence in (
        (network(load_problem("soc")().spec), r"cannot read this problem's batch, whose widths are x 11, edge_attr 1,"),
        (Wrong(lambda batch: batch.candidate_x[:, :1]), r"returns \(\d+, 1\), but must return a tensor \(\d+,\)"),
        (Wrong(lambda batch: batch.action.tolist()), "returns list, but must return a tensor"),
    ):
        with pytest.raises(ValueError, match=sentence):
            play(shop, instance, geometric.scores(model))


def test_nothing_else_imports_torch_geometric() -> None:
    code = "import sys, experiments.train; sys.exit('torch_geometric' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT).returncode == 0
    users = [
        path.name
        for package in ("agents", "baselines", "envs", "experiments")
        for path in (ROOT / package).rglob("*.py")
        if re.search(r"^\s*(from|import) torch_geometric", path.read_text(encoding="utf-8"), re.MULTILINE)
    ]
    assert users == ["geometric.py"]
