"""A stable-baselines3 policy that scores the legal candidates of any problem and any instance size."""

import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, Self, get_type_hints

import numpy as np
import torch
from gymnasium import spaces
from stable_baselines3.common.distributions import CategoricalDistribution, Distribution
from stable_baselines3.common.policies import ActorCriticPolicy, BasePolicy
from stable_baselines3.common.type_aliases import Schedule
from stable_baselines3.common.utils import get_device
from torch import Tensor, nn
from torch.optim import Adam

from agents.checks import check_guide, check_scores, checked
from agents.decoder import Decoder
from agents.encoder import EmbeddingTable, GraphEncoder
from agents.graph import Arrays, Choices, GraphBatch, Graphs
from agents.schema import space_from_json, space_to_json
from agents.weights import check_state, load_weights, on_cpu
from agents.wrapped import check_space, check_types
from envs.core.files import write_file
from envs.core.memory import check_memory
from envs.core.typed import fits, words

Encode = Literal["none", "once", "step"]
ARGUMENTS = ("encode", "width", "encoder_width", "layers", "rounds", "guide", "use_sde", "optimizer_kwargs")
"""What a policy is made with, besides its spaces."""

WIDTHS = ("node_features", "node_state", "edge_features", "candidate_features")
TYPES = ("node_type", "edge_type", "candidate_type")


class GraphPolicy(ActorCriticPolicy):
    """Actor and critic over the observation schema of `envs.core.spec`, masked by the observation's own mask.

    `encode` says what the graph encoder sees: "none" (no encoder: candidate features, node states and the clock alone),
    "once" (what came with the problem, once per graph: `ids[0]` must tell graphs apart) or "step" (also what changes,
    at every decision). Sizes are read from each observation, so a policy trained on 6x6 predicts on 10x10.

    `guide`, the number of a candidate feature and a weight, lets the first policy follow that column
    (`agents.decoder`) instead of choosing evenly.

    Works with stable-baselines3's `PPO`, `EvalCallback` and `evaluate_policy`; for `sb3_contrib.MaskablePPO` take
    `agents.maskable.MaskableGraphPolicy`.
    """

    def __init__(
        self,
        observation_space: spaces.Space,
        action_space: spaces.Space,
        lr_schedule: Schedule,
        encode: Encode = "once",
        width: int = 64,
        encoder_width: int = 32,
        layers: int = 2,
        rounds: int = 2,
        guide: Sequence[float] | None = None,
        use_sde: bool = False,
        optimizer_class: type[torch.optim.Optimizer] = Adam,
        optimizer_kwargs: dict[str, Any] | None = None,
    ) -> None:
        if not isinstance(observation_space, spaces.Dict) or not isinstance(action_space, spaces.Discrete):
            raise ValueError(
                f"GraphPolicy needs the Dict observations of a dispatch environment, not {observation_space}."
            )
        check_space(observation_space)
        if encode not in ("none", "once", "step"):
            raise ValueError(f"encode is {encode!r}; it must be 'none', 'once' or 'step'.")
        if not callable(lr_schedule):
            raise ValueError(f"lr_schedule is {lr_schedule!r}, but must be a function of the progress that remains.")
        if use_sde:
            raise ValueError("use_sde is for continuous actions; GraphPolicy chooses one of many candidates.")
        # ActorCriticPolicy would build networks of its own.
        BasePolicy.__init__(
            self,
            observation_space,
            action_space,
            optimizer_class=optimizer_class,
            optimizer_kwargs=optimizer_kwargs or ({"fused": True, "eps": 1e-5} if optimizer_class is Adam else {}),
        )
        self.encode: Encode = encode
        self.use_sde = False
        self.shape: dict[str, Any] = {
            "width": width,
            "encoder_width": encoder_width,
            "layers": layers,
            "rounds": rounds,
            "guide": guide,
        }
        given = {"optimizer_class": optimizer_class, "optimizer_kwargs": optimizer_kwargs}
        for name, value in (self.shape | given).items():
            checked(name, value)
        check_guide(guide, _shape(observation_space["candidate_features"])[-1])
        # Three matrices in each round of the decoder; weights, their gradients and two moments of Adam.
        weights = 16.0 * width**2 * (3 * rounds + 2)
        check_memory(weights, f"width {width} with {rounds} rounds", "choose a smaller network")
        self._build_networks(observation_space, **self.shape)
        self._table = EmbeddingTable()
        self._table_weights: list[int] = []
        self._weights = list(self.parameters())
        try:
            self.optimizer = optimizer_class(self._weights, lr=lr_schedule(1), **self.optimizer_kwargs)  # type: ignore[call-arg]
        except TypeError as error:
            raise ValueError(f"optimizer_kwargs is {optimizer_kwargs}, which is wrong: {error}.") from None
        self.optimizer.register_step_post_hook(self._forget)

    def _build_networks(
        self,
        space: spaces.Dict,
        width: int,
        encoder_width: int,
        layers: int,
        rounds: int,
        guide: Sequence[float] | None,
    ) -> None:
        self.widths = {key: _shape(space[key])[-1] for key in WIDTHS}
        self.types = {key: _types(space[key]) for key in TYPES}
        features, state = self.widths["node_features"], self.widths["node_state"]
        self.encoder: GraphEncoder | None = None
        if self.encode != "none":
            seen = features + (state if self.encode == "step" else 0)
            self.encoder = GraphEncoder(
                seen,
                self.types["node_type"],
                self.widths["edge_features"],
                self.types["edge_type"],
                encoder_width,
                layers,
            )
            self.first = nn.Linear(encoder_width, width, bias=False)
            self.second = nn.Linear(encoder_width, width, bias=False)
            nn.init.zeros_(self.first.weight)
            nn.init.zeros_(self.second.weight)
        self.decoder = Decoder(
            self.widths["candidate_features"],
            self.types["candidate_type"],
            state,
            features + state,
            width,
            rounds,
            guide,
        )

    def _get_constructor_parameters(self) -> dict[str, Any]:
        spaces_ = {"observation_space": self.observation_space, "action_space": self.action_space}
        return {**spaces_, "lr_schedule": self._dummy_schedule, "encode": self.encode, **self.shape}

    @classmethod
    def sketch(
        cls, observation_space: spaces.Space, action_space: spaces.Space, arguments: dict[str, Any], tensors: int
    ) -> Self:
        """The policy of these arguments without its weights, which only have shapes: it takes no memory.

        `tensors`: how many there are in the weights that are to fit.

        Raises:
            ValueError: arguments of another type or that no policy can be made of, or more layers than tensors.
        """
        hints = get_type_hints(cls.__init__)
        for name, value in arguments.items():
            if name not in ARGUMENTS:
                raise ValueError(f"a policy has no {name!r}")
            if not fits(value, hints[name]):
                raise ValueError(f"{name} is {value!r}, but must be {words(hints[name])}")
            if name in ("layers", "rounds") and value > tensors:
                raise ValueError(f"{name} is {value}, but there are weights for fewer")
        known = observation_space.spaces if isinstance(observation_space, spaces.Dict) else {}
        lacking = [key for key in (*WIDTHS, *TYPES) if key not in known]
        if lacking:
            raise ValueError(f"the observation lacks {', '.join(lacking)}")
        plain = {**(arguments.get("optimizer_kwargs") or {}), "fused": False}  # a fused optimizer wants real numbers
        try:
            with torch.device("meta"):
                space = {"observation_space": observation_space, "action_space": action_space}
                return cls(**space, lr_schedule=cls._dummy_schedule, **{**arguments, "optimizer_kwargs": plain})
        except (RuntimeError, TypeError, LookupError, AssertionError, AttributeError, OverflowError) as error:
            raise ValueError(f"no policy can be made of {arguments} ({error})") from error

    def save(self, path: str | Path) -> None:
        """Write the weights and what the constructor needs, as tensors and plain data, as all files are written."""
        data = {"encode": self.encode, **self.shape}
        data |= {name: space_to_json(getattr(self, name)) for name in ("observation_space", "action_space")}
        content = io.BytesIO()
        torch.save(on_cpu({"state_dict": self.state_dict(), "data": data}), content)
        write_file(path, lambda file: file.write(content.getbuffer()))

    @classmethod
    def load(cls, path: str | Path, device: torch.device | str = "auto") -> Self:
        """Read what `save` wrote; runs no code in the file, and allocates nothing that is larger than it.

        Raises:
            ValueError: something else, or weights that are not finite or of another network than is described.
        """
        content = load_weights(Path(path).read_bytes(), f"{path}")
        if not isinstance(content, dict) or not fits(content.get("data"), dict[str, Any]):
            raise ValueError(f"{path} is no policy that save has written.")
        state, data = content.get("state_dict", {}), dict(content["data"])
        try:
            made = {name: space_from_json(data.pop(name, {})) for name in ("observation_space", "action_space")}
            sketch = cls.sketch(**made, arguments=data, tensors=len(state))
        except ValueError as error:
            raise ValueError(f"{path} has data of another form ({error}): it is damaged.") from error
        check_state(state, sketch.state_dict(), f"{path}")
        policy = cls(**made, lr_schedule=cls._dummy_schedule, **data)
        policy.load_state_dict(state)
        return policy.to(get_device(device))

    def set_training_mode(self, mode: bool) -> None:
        """Training mode forgets the node vectors of earlier weights."""
        if mode:
            self._forget()
        super().set_training_mode(mode)

    def _forget(self, *_: Any) -> None:
        self._table.clear()

    def is_vectorized_observation(self, observation: Any) -> bool:
        """Whether the observation has a batch axis: the rank of its mask says so."""
        return np.ndim(_items(observation)["action_mask"]) == 2

    def obs_to_tensor(self, observation: Any) -> tuple[dict[str, Tensor], bool]:  # type: ignore[override]
        """Tensors with a batch axis, and whether the observation had one; ValueError for another problem's."""
        arrays = _items(observation)
        missing = [key for key in self.observation_space if key not in arrays]  # type: ignore[attr-defined]
        if missing:
            raise ValueError(f"The observation lacks {', '.join(missing)}: it comes from another environment.")
        batched = self.is_vectorized_observation(arrays)
        tensors = {key: torch.as_tensor(array, device=self.device) for key, array in arrays.items()}
        if not batched:
            tensors = {key: tensor.unsqueeze(0) for key, tensor in tensors.items()}
        self._check(tensors)
        return tensors, batched

    def _check(self, tensors: Mapping[str, Tensor]) -> None:
        for key, width in self.widths.items():
            if tensors[key].shape[-1] != width:
                raise ValueError(
                    f"The policy was made for {width} columns of {key}, the observation has {tensors[key].shape[-1]}: "
                    "it comes from another problem or other options."
                )

    def run(self, observation: Arrays | GraphBatch, action_masks: Any = None) -> tuple[Choices, Tensor, Tensor]:
        """The legal candidates, their logits (c,) and the values (D, 1) of batched observations."""
        if isinstance(observation, GraphBatch):
            choices, graphs = observation.choices, observation.graphs
            first_node = None if graphs is None else graphs.nodes.offsets[observation.graph]
            vectors = None if graphs is None or self.encoder is None else self.encoder(graphs)
        else:
            check_types(observation)
            choices = Choices.read(observation, action_masks)
            vectors, first_node = self._vectors(observation)
        logits, values = self.decoder(choices, self._about_pairs(choices, vectors, first_node))
        check_scores(logits)
        return choices, logits, values

    def _vectors(self, observation: Arrays) -> tuple[Tensor | None, Tensor | None]:
        """Node vectors (n, width) and the row of each observation's node 0, (B,)."""
        if self.encoder is None:
            return None, None
        ids = torch.as_tensor(observation["ids"])[:, 0]
        if self.encode == "step":
            graphs = Graphs.read(observation, torch.arange(len(ids), device=ids.device), with_state=True)
            return self.encoder(graphs), graphs.nodes.offsets[:-1]
        if torch.is_grad_enabled():
            return EmbeddingTable().find(ids, lambda rows: self._encode(observation, rows))
        weights = [parameter._version for parameter in self._weights]  # changed in place, not by an optimizer
        if weights != self._table_weights:
            self._table.clear()
            self._table_weights = weights
        return self._table.find(ids, lambda rows: self._encode(observation, rows))

    def _encode(self, observation: Arrays, rows: Tensor) -> tuple[Tensor, Tensor]:
        assert self.encoder is not None
        graphs = Graphs.read(observation, rows, with_state=False)
        return self.encoder(graphs), graphs.nodes.offsets[:-1]

    def _about_pairs(self, choices: Choices, vectors: Tensor | None, first_node: Tensor | None) -> Tensor | None:
        if vectors is None or first_node is None:
            return None
        nodes = choices.pair + first_node[choices.candidates.owner].unsqueeze(1)
        u = vectors.index_select(0, nodes[:, 0])
        if torch.equal(nodes[:, 0], nodes[:, 1]):  # all candidates pick a node: one gather and one product do
            return nn.functional.linear(u, self.first.weight + self.second.weight)
        return self.first(u) + self.second(vectors.index_select(0, nodes[:, 1]))

    def node_tables(self, graphs: Graphs | None) -> Tensor | None:
        """What the encoder says about each node as first and as second of a pair, (2, n, width); None without one.

        With `logits`, for trainers that encode each graph once and decode many decisions about it.
        """
        if self.encoder is None or graphs is None:
            return None
        vectors = self.encoder(graphs)
        return torch.stack([self.first(vectors), self.second(vectors)])

    def logits(self, choices: Choices, tables: Tensor | None) -> Tensor:
        """Logits (c,) of candidates whose `pair` counts the nodes through all graphs of the tables."""
        if tables is None:
            return self.decoder.logits(choices, None)
        first, second = choices.pair.T
        return self.decoder.logits(choices, tables[0].index_select(0, first) + tables[1].index_select(0, second))

    def forward(  # type: ignore[override]
        self, obs: Arrays, deterministic: bool = False, action_masks: Any = None
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Actions (B,) int64, values (B, 1) and log-probabilities (B,); action 0 where the episode is over."""
        choices, logits, values = self.run(obs, action_masks)
        log_probs = choices.candidates.log_softmax(logits)
        rows = choices.candidates.argmax(logits) if deterministic else choices.candidates.sample(logits)
        actions = choices.candidates.take(choices.action, rows, 0)
        return actions, values, choices.candidates.take(log_probs, rows, 0.0)

    def evaluate_actions(  # type: ignore[override]
        self, obs: Arrays | GraphBatch, actions: Tensor, action_masks: Any = None
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Values (D, 1), log-probabilities of the actions (D,) and entropies (D,) in nats.

        The log-probability of an illegal action is -inf, that of any action after the end of an episode 0.
        """
        choices, logits, values = self.run(obs, action_masks)
        candidates = choices.candidates
        log_probs = candidates.log_softmax(logits)
        chosen = (choices.action == actions.reshape(-1).index_select(0, candidates.owner)).nonzero().squeeze(1)
        none = torch.where(candidates.lengths > 0, -torch.inf, 0.0)
        log_prob = none.index_put((candidates.owner[chosen],), log_probs[chosen])
        return values, log_prob, candidates.entropy(log_probs)

    def predict_values(self, obs: Arrays | GraphBatch) -> Tensor:  # type: ignore[override]
        """Values (D, 1)."""
        return self.run(obs)[2]

    def get_distribution(self, obs: Arrays, action_masks: Any = None) -> Distribution:  # type: ignore[override]
        """The distribution over all A actions; uniform where the episode is over."""
        dense = self._dense(obs, action_masks)
        over = dense.isinf().all(dim=1, keepdim=True)
        return CategoricalDistribution(dense.shape[1]).proba_distribution(torch.where(over, 0.0, dense))

    def _dense(self, observation: Arrays, action_masks: Any = None) -> Tensor:
        choices, logits, _ = self.run(observation, action_masks)
        dense = logits.new_full(tuple(observation["action_mask"].shape), -torch.inf)
        return dense.index_put((choices.candidates.owner, choices.action), logits)

    def _predict(  # type: ignore[override]
        self, observation: Arrays, deterministic: bool = False, action_masks: Any = None
    ) -> Tensor:
        return self(observation, deterministic, action_masks)[0]

    def scores(self, observation: Any) -> np.ndarray:
        """Scores (B, A) float64 of a batched observation, larger is better, -inf where illegal: a rule that learned.

        Argmax plays greedily; a sample from their softmax plays as in training.
        """
        self.set_training_mode(False)
        with torch.no_grad():
            return self._dense(self.obs_to_tensor(observation)[0]).double().cpu().numpy()


def _items(observation: Any) -> Mapping[str, Any]:
    if isinstance(observation, Mapping):
        return observation
    if hasattr(observation, "_asdict"):
        return observation._asdict()
    raise ValueError(f"An observation is a dict or an envs.core.spec.Observation, not {type(observation).__name__}.")


def _shape(space: spaces.Space) -> tuple[int, ...]:
    assert space.shape is not None
    return space.shape


def _types(space: spaces.Space) -> int:
    assert isinstance(space, spaces.Box)
    return int(space.high.max()) + 1
