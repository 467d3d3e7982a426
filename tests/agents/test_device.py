"""Training with device="cuda" puts tensors where they belong; on a real GPU as well, where there is one."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from torch.utils._pytree import tree_map

from agents.d3s import D3S
from agents.grpo import GRPO
from agents.objectives import PRESETS
from agents.ppo import PPO
from tests.agents.pretend import PretendGpu
from tests.agents.samples import job_shops

GROUPS: dict[str, Any] = {"n_instances": 2, "group_size": 4}
TRAINERS: dict[str, tuple[Any, dict[str, Any]]] = {
    "ppo": (PPO, {"n_steps": 16, "batch_size": 32, "n_epochs": 1}),
    "d3s": (D3S, GROUPS),
    "self_labelling": (GRPO, GROUPS | PRESETS["self_labelling"]),
    "gspo": (GRPO, GROUPS | PRESETS["gspo"] | {"n_epochs": 2, "kl_coef": 0.1}),
    "greedy": (GRPO, GROUPS | {"baseline": "greedy", "ent_coef": 0.01}),
}


@pytest.fixture
def pretended(monkeypatch: pytest.MonkeyPatch) -> Iterator[bool]:
    """A GPU, and whether it is pretended, as it is where there is none."""
    if torch.cuda.is_available():
        yield False
        return
    load = torch.load
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "get_rng_state", lambda: torch.zeros(16, dtype=torch.uint8))
    monkeypatch.setattr(torch.cuda, "set_rng_state", lambda _: None)

    def to_device(file: Any, map_location: Any, **arguments: Any) -> Any:
        return tree_map(
            lambda item: item.to(map_location) if isinstance(item, torch.Tensor) else item,
            load(file, map_location="cpu", **arguments),
        )

    monkeypatch.setattr(torch, "load", to_device)
    with PretendGpu():
        yield True


def trained(name: str, encode: str, device: str) -> Any:
    algorithm, arguments = TRAINERS[name]
    kwargs = {"encode": encode, "width": 16, "layers": 1}
    return algorithm("GraphPolicy", job_shops(), **arguments, policy_kwargs=kwargs, seed=0, device=device).learn(300)


@pytest.mark.parametrize(
    ("name", "encode"), [("ppo", "step"), *((name, encode) for name in TRAINERS for encode in ("none", "once"))]
)
def test_training_on_a_gpu(name: str, encode: str, pretended: bool, tmp_path: Path) -> None:
    model = trained(name, encode, "cuda")
    weights = list(model.policy.parameters())
    assert {weight.device.type for weight in weights} == {"cuda"}
    if pretended:  # a real one draws and rounds in another way
        for one, other in zip(weights, trained(name, encode, "cpu").policy.parameters(), strict=True):
            assert torch.equal(one.cpu(), other)
    observation = model.get_env().reset()
    actions, _ = model.predict(observation, deterministic=True)
    model.save(tmp_path / "model.zip")
    again = type(model).load(tmp_path / "model.zip", env=model.get_env(), device="cuda")
    assert (again.predict(observation, deterministic=True)[0] == actions).all()
    assert {weight.device.type for weight in again.policy.parameters()} == {"cuda"}
    again.learn(100, reset_num_timesteps=False)


def test_what_is_pretended() -> None:
    with PretendGpu():
        here, there = torch.ones(2, 3), torch.ones(2, 3, device="cuda")
        assert (here.device.type, there.device.type, (2 * there.T)[0].device.type) == ("cpu", "cuda", "cuda")
        assert here.to("cuda").device.type == "cuda" and there.cpu().device.type == "cpu"
        assert here.device.type == "cpu" and there[torch.tensor([1, 0])].device.type == "cuda"
        rows = torch.tensor([0, 1])
        there[rows] = 2 * there
        for refused in (
            lambda: here + there,
            lambda: here[there.long()],
            lambda: torch.cat([here, there]),
            lambda: there.__setitem__(rows, here),
            lambda: there.index_put_((rows,), here),
        ):
            with pytest.raises(RuntimeError):
                refused()
        with pytest.raises(TypeError):
            there.numpy()
        layer = torch.nn.Linear(3, 1).to("cuda")
        layer(there).sum().backward()
        assert layer.weight.grad is not None and layer.weight.grad.device.type == "cuda"
        with pytest.raises(RuntimeError):
            layer(here)
