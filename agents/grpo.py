"""Group-relative policy optimisation: several rollouts of each instance are each other's baseline, no critic.

GRPO (Shao et al. 2024, DeepSeekMath, arXiv 2402.03300, sec. 4.1) and its family by the options that tell them apart.
With R_i the sum of rewards of rollout i of a group of G, r = pi(a) / pi_old(a) the ratio of a decision, clip its
clipping to [1 - clip_range, 1 + clip_range_high], and A_i = (R_i - baseline) / scale, the trainer maximises

    sum over decisions of w (min(r A, clip(r) A) + ent_coef H - kl_coef (e^(ref - log pi) - (ref - log pi) - 1))

where w, the form of r, and what A is, are options (`GRPO`) or come together by name (`agents.objectives.PRESETS`).
"""

from typing import Any, ClassVar

import numpy as np
import torch
from gymnasium import spaces
from stable_baselines3.common.policies import BasePolicy
from stable_baselines3.common.type_aliases import GymEnv
from torch import Tensor

from agents import crew
from agents.checkpoint import Checkpoint
from agents.checks import check_constructor
from agents.groups import GroupAlgorithm
from agents.objectives import Baseline, Loss, Scale, advantages, decision_weights, surrogate
from agents.policy import GraphPolicy
from agents.rollouts import Part
from agents.sb3_env import made
from agents.schedules import NamedSchedule
from agents.selection import count_of, max_variance_subset


class GRPO(GroupAlgorithm):
    """Learns from `n_instances` fresh instances x `group_size` rollouts at a time; surface of stable-baselines3.

    It plays in an environment of its own, of the problem, options and instances of `env`: an
    `agents.sb3_env.DispatchVecEnv`, or stable-baselines3's wrapping of an `envs.core.env.DispatchEnv`. `learning_rate`,
    `clip_range` and `clip_range_high` are numbers or named schedules.

    Args:
        baseline: "group" mean, mean of the others ("leave_one_out"), a "greedy" rollout; "label" makes A 1 for the best
            rollout of each group and 0 for the others.
        scale: of A: standard deviation of R in the "group", of R - baseline in the "batch", or "none"; not of labels.
        loss: "grpo": w = 1 / decisions of the rollout / rollouts; "dapo": 1 / decisions of all; "dr_grpo": 1 /
            decisions of the longest rollout / rollouts; "gspo": as grpo with r the geometric mean over the rollout;
            "cispo": as dapo with sg(min(r, 1 + clip_range_high)) A log pi in place of the minimum.
        clip_range_high: None is `clip_range`.
        kl_coef: weight of the KL divergence (the estimate k3) to the policy that training began with; to that of the
            checkpoint for one that was trained without and is loaded with `load(path, env, kl_coef=...)`.
        filter_groups: leave groups out whose rollouts are all tied (whole groups, whatever the baseline), also from
            the mean; their decisions have no entropy bonus either.
        keep: share of each group that is trained on, the one with the largest variance of R (PODS); at least two.
        n_epochs: gradient steps on the same rollouts.
        ema: decay of the moving average of the weights that `policy` holds, and that predicts; 0 is none. `actor` plays
            and learns.
        chunk_size: candidates that are decoded at once; about what the processor's cache holds.

    Raises:
        ValueError: a group of one, a share outside (0, 1], a coefficient that is negative or not finite, an unknown
            option or schedule, `encode="step"`, an environment that cannot repeat.
    """

    policy: GraphPolicy  # type: ignore[assignment]
    policy_aliases: ClassVar[dict[str, type[BasePolicy]]] = {"GraphPolicy": GraphPolicy}
    schedules: ClassVar[tuple[str, ...]] = (*Checkpoint.schedules, "clip_range", "clip_range_high")
    saved: ClassVar[tuple[str, ...]] = (
        *Checkpoint.saved,
        *("n_instances", "group_size", "baseline", "scale", "loss", "ent_coef", "kl_coef", "filter_groups", "keep"),
        *("n_epochs", "ema", "max_grad_norm", "chunk_size"),
    )
    choices: ClassVar[dict[str, Any]] = {"baseline": Baseline, "scale": Scale, "loss": Loss}

    def __init__(
        self,
        policy: str | type[GraphPolicy] = "GraphPolicy",
        env: GymEnv | str | None = None,
        learning_rate: float | str | NamedSchedule = "linear:2e-3:2e-4",
        n_instances: int = 8,
        group_size: int = 32,
        n_epochs: int = 1,
        baseline: Baseline = "group",
        scale: Scale = "group",
        loss: Loss = "grpo",
        clip_range: float | str | NamedSchedule = 0.2,
        clip_range_high: float | str | NamedSchedule | None = None,
        ent_coef: float = 0.0,
        kl_coef: float = 0.0,
        filter_groups: bool = True,
        keep: float = 1.0,
        ema: float = 0.0,
        max_grad_norm: float = 1.0,
        chunk_size: int = 6000,
        stats_window_size: int = 100,
        tensorboard_log: str | None = None,
        policy_kwargs: dict[str, Any] | None = None,
        verbose: int = 0,
        seed: int | None = None,
        device: torch.device | str = "auto",
        _init_setup_model: bool = True,
    ) -> None:
        check_constructor(type(self), locals())
        super().__init__(
            policy,  # type: ignore[arg-type]
            made(env),  # type: ignore[arg-type]
            learning_rate=learning_rate,  # type: ignore[arg-type]
            policy_kwargs=policy_kwargs,
            stats_window_size=stats_window_size,
            tensorboard_log=tensorboard_log,
            verbose=verbose,
            device=device,
            support_multi_env=True,
            seed=seed,
            supported_action_spaces=(spaces.Discrete,),
        )
        self.n_instances, self.group_size, self.n_epochs = n_instances, group_size, n_epochs
        self.baseline: Baseline = baseline
        self.scale: Scale = scale
        self.loss: Loss = loss
        self.clip_range, self.clip_range_high = clip_range, clip_range_high
        self.ent_coef, self.kl_coef, self.filter_groups, self.keep = ent_coef, kl_coef, filter_groups, keep
        self.ema, self.max_grad_norm, self.chunk_size = ema, max_grad_norm, chunk_size
        if _init_setup_model:
            self._setup_model()

    def _setup_model(self) -> None:
        super()._setup_model()
        self._setup_lr_schedule()
        self.set_random_seed(self.seed)
        self._own = None
        if self.env is not None:
            self._check_room()
        self.actor = self._new_policy()
        self.policy = self.actor  # type: ignore[assignment]
        if self.ema:
            self.actor = self._new_policy()
            self.actor.load_state_dict(self.policy.state_dict())
        if self.kl_coef:
            self.reference = self._new_policy()
            self.reference.load_state_dict(self.policy.state_dict())

    def _new_policy(self) -> GraphPolicy:
        policy: Any = self.policy_class
        return policy(self.observation_space, self.action_space, self.lr_schedule, **self.policy_kwargs).to(self.device)

    def _check_arguments(self) -> None:
        super()._check_arguments()
        for name, choices in self.choices.items():
            if getattr(self, name) not in choices.__args__:
                raise ValueError(f"{name} is {getattr(self, name)!r}, but must be one of {choices.__args__}.")
        if self.policy_kwargs.get("encode", "once") == "step":
            raise ValueError("encode is 'step', but group trainers encode each graph once: use 'once' or 'none'.")

    def _get_torch_save_params(self) -> tuple[list[str], list[str]]:
        names = ["policy", "actor", "actor.optimizer"] if self.ema else ["policy", "policy.optimizer"]
        return names + (["reference"] if self.kl_coef else []), []

    def set_parameters(
        self, load_path_or_dict: Any, exact_match: bool = True, device: torch.device | str = "auto"
    ) -> None:
        """As in stable-baselines3; a policy that comes without a reference is its own."""
        params = load_path_or_dict
        if self.kl_coef and isinstance(params, dict) and "policy" in params:
            params = {"reference": params["policy"], **params}
        super().set_parameters(params, exact_match, device)

    def _advantages(self) -> tuple[np.ndarray, np.ndarray]:
        """A (B,) of each rollout, and which rollouts are trained on, (B,) bool.

        Logs the useful share of rollouts, those of groups that are not all tied.
        """
        groups = self.returns.reshape(self.n_instances, -1)
        returns, greedy = groups[:, : self.group_size], groups[:, self.group_size :]
        part = np.tile(np.arange(self.group_size), (self.n_instances, 1))
        if self.keep < 1:
            size = max(2, count_of(self.keep, self.group_size))
            part = np.stack([max_variance_subset(row, size) for row in returns])
        found = advantages(np.take_along_axis(returns, part, 1), self.baseline, self.scale, greedy)
        trained, useful = np.ones(part.shape, bool), np.ptp(returns, axis=1, keepdims=True) > 1e-9
        self.logger.record("train/useful_share", float(useful.mean()))
        if self.filter_groups:
            trained &= useful
        if self.baseline == "label":
            trained &= found > 0
        values, kept = np.zeros(groups.shape), np.zeros(groups.shape, bool)
        np.put_along_axis(values, part, found, 1)
        np.put_along_axis(kept, part, trained, 1)
        return values.ravel(), kept.ravel()

    def _select(self, values: np.ndarray, kept: np.ndarray) -> np.ndarray:  # noqa: ARG002 (D3S looks at them)
        """The decisions to train on, ascending: here all of the rollouts that are kept (B,)."""
        return np.flatnonzero(kept[self.rollouts.episode])

    def train(self) -> None:
        """`n_epochs` gradient steps on the last rollouts; none where all of their groups are tied."""
        self.actor.set_training_mode(True)
        self._update_learning_rate(self.actor.optimizer)
        rollouts = self.rollouts
        values, kept = self._advantages()
        decisions = self._select(values, kept)
        episode = rollouts.episode
        self.logger.record("train/entropy", float(rollouts.entropy.mean()) if len(episode) else 0.0)
        self.logger.record("train/kept_share", len(decisions) / max(len(episode), 1))
        weights = np.zeros(len(episode))
        if len(decisions):
            self.logger.record("train/advantage_variance", float(values[np.unique(episode[decisions])].var()))
            weights[decisions] = decision_weights(self.loss, episode[decisions])
        elif crew.size() == 1:  # in a crew, the others have something to learn
            return
        value, weight = (
            torch.tensor(array, dtype=torch.float32, device=self.device) for array in (values[episode], weights)
        )
        for epoch in range(self.n_epochs):
            shared = self._sequence_log_ratio(decisions) if self.loss == "gspo" and epoch else None
            self._step(decisions, value, weight, shared)
        low, high = self._clips()
        self.logger.record("train/clip_range", 1 - low)
        self.logger.record("train/clip_range_high", high - 1)
        self.logger.record("train/n_updates", self._n_updates, exclude="tensorboard")

    def _step(self, decisions: np.ndarray, value: Tensor, weight: Tensor, shared: Tensor | None) -> None:
        """One gradient step; `shared` (D,) is the log-ratio that the decisions of a rollout have in common."""
        self.actor.optimizer.zero_grad()
        sums = torch.zeros(5, device=self.device)
        for part in self.rollouts.parts(decisions):
            self._add_gradient(part, value, weight, shared, sums)
        crew.mean_gradients(self.actor.parameters())
        norm = torch.nn.utils.clip_grad_norm_(self.actor.parameters(), self.max_grad_norm)
        self.actor.optimizer.step()
        self._n_updates += 1
        if self.ema:
            self._average()
        self._log_step(sums.tolist(), max(len(decisions), 1), float(norm))

    def _add_gradient(self, part: Part, value: Tensor, weight: Tensor, shared: Tensor | None, sums: Tensor) -> None:
        """Chunks of the part's decisions add to the gradient, then the encoder's backward runs once for its graphs.

        What `_log_step` needs is added to `sums` (5,).
        """
        low, high = self._clips()
        tables = self.actor.node_tables(part.graphs)
        leaf = None if tables is None else tables.detach().requires_grad_()
        with torch.no_grad():
            known = self.reference.node_tables(part.graphs) if self.kl_coef else None
        for chunk in self.rollouts.chunks(part.decisions, self.chunk_size, part.first_node):
            candidates, a, w = chunk.choices.candidates, value[chunk.decision], weight[chunk.decision]
            log_probs = candidates.log_softmax(self.actor.logits(chunk.choices, leaf))
            log_prob = log_probs[chunk.chosen]
            log_ratio = log_prob - chunk.log_prob
            if shared is not None:  # GSPO-token (sec. 4.3): the rollout's value, the decision's gradient
                log_ratio = log_prob - log_prob.detach() + shared[chunk.decision]
            ratio = log_ratio.exp()
            gain = surrogate(self.loss, log_prob, ratio, a, low, high)
            with torch.no_grad():
                clipped = ratio > high if self.loss == "cispo" else (ratio < low) | (ratio > high)
                sums[:3] += torch.stack([(w * gain).sum(), clipped.sum(), (ratio - 1 - log_ratio).sum()])
            if self.ent_coef:
                gain = gain + self.ent_coef * candidates.entropy(log_probs)
            if self.kl_coef:
                with torch.no_grad():
                    reference = candidates.log_softmax(self.reference.logits(chunk.choices, known))[chunk.chosen]
                divergence = (reference - log_prob).exp() - (reference - log_prob) - 1
                gain = gain - self.kl_coef * divergence
                sums[3] += divergence.detach().sum()
            loss = -(w * gain).sum()
            sums[4] += loss.detach()
            loss.backward()
        if tables is not None and leaf is not None and leaf.grad is not None:
            tables.backward(leaf.grad)

    def _log_step(self, sums: list[float], decisions: int, norm: float) -> None:
        """stable-baselines3's keys, means over the epochs, and the KL divergence to the reference."""
        total, clips, moved, divergence, loss = sums
        self.logger.record_mean("train/loss", loss)
        self.logger.record_mean("train/policy_gradient_loss", -total)
        self.logger.record_mean("train/clip_fraction", clips / decisions)
        self.logger.record_mean("train/approx_kl", moved / decisions)
        self.logger.record_mean("train/grad_norm", norm)
        if self.kl_coef:
            self.logger.record_mean("train/reference_kl", divergence / decisions)

    def _clips(self) -> tuple[float, float]:
        """The lowest and the highest ratio that is not clipped."""
        low: Any = self.clip_range
        high: Any = self.clip_range if self.clip_range_high is None else self.clip_range_high
        return 1 - low(self._current_progress_remaining), 1 + high(self._current_progress_remaining)

    @torch.no_grad()
    def _sequence_log_ratio(self, decisions: np.ndarray) -> Tensor:
        """For each decision, the mean log-ratio over the kept ones of its rollout, (D,)."""
        log_ratio = torch.zeros(self.rollouts.count, device=self.device)
        for part in self.rollouts.parts(decisions):
            tables = self.actor.node_tables(part.graphs)
            for chunk in self.rollouts.chunks(part.decisions, self.chunk_size, part.first_node):
                log_probs = chunk.choices.candidates.log_softmax(self.actor.logits(chunk.choices, tables))
                log_ratio[chunk.decision] = log_probs[chunk.chosen] - chunk.log_prob
        episode = torch.tensor(self.rollouts.episode, device=self.device)
        lengths = torch.bincount(episode[decisions], minlength=len(self.returns)).clamp(min=1)
        sums = torch.zeros(len(self.returns), device=self.device).index_add(0, episode, log_ratio)
        return (sums / lengths)[episode]

    @torch.no_grad()
    def _average(self) -> None:
        """Let `policy` follow `actor`; fast at first, so that the first weights are soon forgotten."""
        decay = min(self.ema, (1 + self._n_updates) / (10 + self._n_updates))
        for average, new in zip(self.policy.parameters(), self.actor.parameters(), strict=True):
            average.lerp_(new, 1 - decay)
