"""How groups of rollouts are played and logged; what is learned from them is `agents.grpo`'s."""

import sys
import time
from abc import abstractmethod
from typing import Any, Self

import numpy as np
import torch
from stable_baselines3.common.callbacks import BaseCallback, CallbackList
from stable_baselines3.common.type_aliases import GymEnv, MaybeCallback
from torch import Tensor

from agents import crew
from agents.checkpoint import Checkpoint
from agents.checks import check_learn, check_scores, check_trained
from agents.encoder import EmbeddingTable
from agents.graph import Choices, Graphs
from agents.objectives import Baseline
from agents.policy import GraphPolicy
from agents.progress import DecisionBar
from agents.rollouts import Rollouts
from agents.sb3_env import vector_env
from envs.core.arguments import check_fits
from envs.core.executor import refuse_copies
from envs.core.vector import DispatchVectorEnv


class GroupAlgorithm(Checkpoint):
    """Plays `n_instances` fresh instances x `group_size` rollouts, then calls `train`; surface of stable-baselines3.

    With the baseline "greedy", one more rollout of each instance is played greedily. After `collect_rollouts`,
    `returns` and `lengths` (B,) tell of each rollout, `rollouts` holds the decisions and the graphs they are about.
    """

    actor: GraphPolicy
    n_instances: int
    group_size: int
    baseline: Baseline
    _own: DispatchVectorEnv | None

    @abstractmethod
    def train(self) -> None:
        """Learn from the last rollouts."""

    def _check_room(self) -> None:
        """ValueError where the rollouts of the groups would not fit into memory."""
        assert self.env is not None
        like = vector_env(self.env)
        refuse_copies(like.executor, "A group trainer")
        check_fits(like.problem, self.n_instances * (self.group_size + (self.baseline == "greedy")), like.shape)

    def set_env(self, env: GymEnv, force_reset: bool = True) -> None:
        """As `Checkpoint.set_env`."""
        super().set_env(env, force_reset)
        assert self.env is not None
        vector_env(self.env)
        self._own = None

    def _setup_play(self) -> tuple[DispatchVectorEnv, Rollouts]:
        """The environment that groups are played in, and the buffer of what is decided there."""
        if self._own is None:
            assert self.env is not None
            like = vector_env(self.env)
            copies = self.group_size + (self.baseline == "greedy")
            rows = self.n_instances * copies
            self._own = DispatchVectorEnv(
                like.problem, rows, like.source, shape=like.shape, copy=False, autoreset=False
            )
            self.rollouts = Rollouts(self._own.observation, copies, self.device)
            self._greedy = np.arange(rows) % copies >= self.group_size
        return self._own, self.rollouts

    def collect_rollouts(self, callback: BaseCallback) -> bool:
        """Play fresh instances, each `group_size` times; False where the callback stopped it."""
        env, rollouts = self._setup_play()
        self.actor.set_training_mode(False)
        callback.on_rollout_start()
        rng = np.random.default_rng(np.random.randint(1 << 31))  # noqa: NPY002 (a checkpoint holds the global state)
        instances = [env.source.sample(rng) for _ in range(self.n_instances)]
        env.reset(options={"instances": instances, "repeat": rollouts.copies})
        rollouts.begin(graphs=self.actor.encoder is not None)
        table = EmbeddingTable()
        self.returns = np.zeros(env.num_envs)
        self.lengths = np.zeros(env.num_envs, np.int64)
        nothing: list[dict[str, Any]] = [{}] * env.num_envs
        while env.running.any():
            running = env.running.copy()
            with torch.inference_mode():
                choices = rollouts.read(running)
                if choices is not None:
                    logits = self._logits(choices, table)
                    check_scores(logits)
                    rollouts.play(logits, self._greedy)
            rewards = env.step(rollouts.actions)[1]
            self.returns += rewards
            self.lengths += running
            self.num_timesteps += int(running.sum())
            dones, infos = running & env.done, nothing.copy()
            for row in np.flatnonzero(dones).tolist():
                ended = {"r": float(self.returns[row]), "l": int(self.lengths[row])}
                infos[row] = {"objective": float(env.objective[row]), "episode": ended}
                self.ep_info_buffer.append(ended)  # type: ignore[union-attr]
            callback.update_locals(locals())
            if not callback.on_step():
                return False
        callback.on_rollout_end()
        return True

    def _logits(self, choices: Choices, table: EmbeddingTable) -> Tensor:
        """Logits (c,) of the last decisions; graphs that are not in the table are encoded."""
        if self.actor.encoder is None:
            return self.actor.logits(choices, None)
        rows, ids = self.rollouts.deciding
        observation = self.rollouts.observation._asdict()

        def encode(new: Tensor) -> tuple[Tensor, Tensor]:
            graphs = Graphs.read(observation, rows[new], with_state=False).to(self.device)
            tables = self.actor.node_tables(graphs)
            assert tables is not None
            return tables.transpose(0, 1), graphs.nodes.offsets[:-1]

        tables, first = table.find(ids, encode)
        return self.actor.logits(choices.counted_from(first.to(self.device)), tables.transpose(0, 1))

    def _together(self, callback: BaseCallback, total: int) -> bool:
        """`collect_rollouts`; in a crew, process 0 says for all whether to go on and how far the schedules are."""
        before = self.num_timesteps
        going = self.collect_rollouts(callback)
        self._update_current_progress_remaining(self.num_timesteps, total)
        if crew.size() > 1:
            mine = self.num_timesteps - before
            news = crew.exchange(going, self._current_progress_remaining, mine, time.process_time() - self._began)
            self.num_timesteps, self.others_cpu_s = before + news.decisions, news.others_cpu_s
            self._current_progress_remaining, going = news.progress_remaining, news.going
        return going

    def learn(
        self,
        total_timesteps: int,
        callback: MaybeCallback = None,
        log_interval: int | None = 1,
        tb_log_name: str | None = None,
        reset_num_timesteps: bool = True,
        progress_bar: bool = False,
    ) -> Self:
        """Train for at least so many decisions; arguments as in stable-baselines3."""
        check_learn(total_timesteps, log_interval, callback)
        name = tb_log_name or type(self).__name__
        total_timesteps, callback = self._setup_learn(
            total_timesteps, callback, reset_num_timesteps, name, progress_bar
        )
        callback.on_training_start(locals(), globals())
        iteration, self._began, self.others_cpu_s = 0, time.process_time(), 0.0
        while self.num_timesteps < total_timesteps and self._together(callback, total_timesteps):
            iteration += 1
            if log_interval is not None and iteration % log_interval == 0:
                self.dump_logs(iteration)
            self.train()
            check_trained(self.actor)
        callback.on_training_end()
        return self

    def _init_callback(self, callback: MaybeCallback, progress_bar: bool = False) -> BaseCallback:
        found = super()._init_callback(callback)
        if progress_bar:
            found = CallbackList([found, DecisionBar()])
            found.init_callback(self)
        return found

    def dump_logs(self, iteration: int = 0) -> None:  # type: ignore[override]
        """What stable-baselines3's on-policy algorithms log, under the same names."""
        seconds = max((time.time_ns() - self.start_time) / 1e9, sys.float_info.epsilon)
        sampled = ~self._greedy  # of this iteration; the window of stable-baselines3 would show those that end last
        self.logger.record("rollout/ep_rew_mean", float(self.returns[sampled].mean()))
        self.logger.record("rollout/ep_len_mean", float(self.lengths[sampled].mean()))
        self.logger.record("time/iterations", iteration, exclude="tensorboard")
        self.logger.record("time/fps", int((self.num_timesteps - self._num_timesteps_at_start) / seconds))
        self.logger.record("time/time_elapsed", int(seconds), exclude="tensorboard")
        self.logger.record("time/total_timesteps", self.num_timesteps, exclude="tensorboard")
        self.logger.dump(step=self.num_timesteps)
