"""The environment: B episodes of one problem, stepped together by its kernel."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from gymnasium.spaces import Discrete
from gymnasium.utils import seeding
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space

from envs.core import actions as legality
from envs.core import arguments
from envs.core.executor import Executor, measure, refuse_copies
from envs.core.instance import Instance
from envs.core.last import LastObservations
from envs.core.parts import parts
from envs.core.problem import Outcome, Problem
from envs.core.snapshot import Snapshot, check_generators, check_snapshot, digest
from envs.core.sources import Source
from envs.core.spec import GRAPH, Observation


class DispatchVectorEnv(VectorEnv[dict[str, np.ndarray], np.ndarray, np.ndarray]):
    """B environments of one problem.

    Args:
        problem: a `Problem` or the name of one; `options` are the fields of its `Options`.
        num_envs: B.
        instances: where episodes come from: text ("random:6x6..15x15", "taillard:15x15", a file), a list of
            instances, or a `Source`. Environment b draws from it with its own generator.
        copy: return copies (the graph's arrays only when a graph has changed); False gives the kernel's buffers, which
            the next step overwrites; a row's `final_obs` is overwritten when its next episode ends.
        autoreset: restart a finished row within the step (`AutoresetMode.SAME_STEP`); False leaves finished rows
            inert until a reset (`AutoresetMode.DISABLED`).
        illegal: "raise" refuses an illegal action before anything changes; "wrap" reads action a as the (a mod L)-th
            of the L legal ones.
        shape: the largest instance to make room for; default the largest of the source.
        render_mode: "rgb_array" or "ansi".
        executor: runs what is committed and measures how long it takes; such an environment cannot be copied.

    Raises:
        ValueError: an unknown problem, option or instance set; an instance larger than the room; an illegal action.
    """

    metadata: dict[str, Any] = {"render_modes": ["rgb_array", "ansi"], "render_fps": 4}  # noqa: RUF012

    def __init__(
        self,
        problem: Problem[Any, Any] | str,
        num_envs: int = 1,
        instances: str | Sequence[Instance] | Source | None = None,
        *,
        copy: bool = True,
        autoreset: bool = True,
        illegal: str = "raise",
        shape: tuple[int, ...] | None = None,
        render_mode: str | None = None,
        executor: Executor | None = None,
        **options: Any,
    ) -> None:
        self.problem = arguments.a_problem(problem, options)
        self.executor = arguments.an_executor(executor, self.problem)
        if not isinstance(num_envs, int | np.integer) or isinstance(num_envs, bool) or num_envs < 1:
            raise ValueError(f"num_envs is {num_envs!r}, but a vector environment needs at least 1.")
        for name, value in (("copy", copy), ("autoreset", autoreset)):
            if not isinstance(value, bool):
                raise ValueError(f"{name} is {value!r}, but must be True or False.")
        if illegal not in ("raise", "wrap"):
            raise ValueError(f"illegal is {illegal!r}, but must be 'raise' or 'wrap'.")
        if render_mode not in (None, *self.metadata["render_modes"]):
            raise ValueError(f"render_mode is {render_mode!r}, but must be 'rgb_array', 'ansi' or None.")
        self.source = arguments.a_source(self.problem, instances)
        self.shape = arguments.a_shape(shape, self.source)
        arguments.check_fits(self.problem, num_envs, self.shape)
        self.num_envs, self.copy, self.autoreset, self.illegal = num_envs, copy, autoreset, illegal
        self.render_mode = render_mode
        mode = AutoresetMode.SAME_STEP if autoreset else AutoresetMode.DISABLED
        self.metadata = {**self.metadata, "autoreset_mode": mode}

        size = self.problem.size(self.shape)
        self.single_observation_space = self.problem.spec.space(size)
        self.single_action_space = Discrete(size.candidates)
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self.action_space = batch_space(self.single_action_space, num_envs)

        self.state = self.problem.allocate(num_envs, self.shape)
        self.observation = self.problem.spec.allocate(num_envs, size)
        self.outcome = Outcome.allocate(num_envs)
        self.running = np.zeros(num_envs, bool)
        self.instances: list[Instance] = [None] * num_envs  # type: ignore[list-item]  # filled by the first reset
        self._generators: list[np.random.Generator] = []
        self._rows = np.arange(num_envs)
        self._everywhere = np.ones(num_envs, bool)
        self._link()
        self._graph: dict[str, np.ndarray] = {}
        self._graph_ids = np.zeros(0, np.int64)

    # Gymnasium's interface

    def reset(
        self, *, seed: int | Sequence[int | None] | None = None, options: dict[str, Any] | None = None
    ) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        """Start new episodes.

        Args:
            seed: environment b is seeded with seed + b, or with the b-th of a list.
            options: "instances" (a list) times "repeat" (default 1) says what the rows play instead of drawing it;
                "reset_mask" (B,) bool restarts these rows only.

        Raises:
            ValueError: an unknown option, instances that do not fit, a number of seeds or a mask of another length;
                nothing has changed then.
        """
        options = options or {}
        mask = arguments.a_reset_mask(options, self.num_envs, begun=bool(self._generators))
        rows = np.flatnonzero(mask)
        instances, repeat = arguments.chosen_instances(options, self.problem, self.shape, len(rows))
        self._seed(arguments.some_seeds(seed, self.num_envs), rows)
        if instances is None:
            instances = [self.source.sample(self._generators[row]) for row in rows[::repeat]]
        self._fill(rows, [instance for instance in instances for _ in range(repeat)])
        self.problem.reset(self.state, self.observation, self.outcome, mask)
        self.running[mask] = True
        self._measure()
        observation = self._observe()
        return observation, self._info(observation["action_mask"], mask)

    def step(
        self, actions: np.ndarray
    ) -> tuple[dict[str, np.ndarray], np.ndarray, np.ndarray, np.ndarray, dict[str, Any]]:
        """Play one action in every running row; actions of finished rows are ignored.

        Raises:
            ValueError: no reset yet, an illegal action, actions that are no (B,) integers; nothing has changed then.
        """
        self._begun()
        actions = self._legal(np.asarray(actions))
        out = self.outcome
        self.problem.step(self.state, self.observation, out, actions, self.running)
        self._measure()
        done = out.terminated | out.truncated
        reward, terminated, truncated = out.reward.copy(), out.terminated.copy(), out.truncated.copy()
        final: dict[str, Any] = {}
        if np.count_nonzero(done):  # faster than any()
            if self.autoreset:
                final = self._restart(done)
            else:
                final = {"objective": out.objective.copy(), "_objective": done}
                self.running &= ~done
        observation = self._observe()
        info = self._info(observation["action_mask"], self._everywhere.copy())
        return observation, reward, terminated, truncated, info | final

    def render(self) -> tuple[Any, ...] | None:  # type: ignore[override]
        """A Gantt chart ("rgb_array") or a table ("ansi") of what has been decided in each row."""
        if self.render_mode is None:
            return None
        self._begun()
        module = parts(self.problem.name).render
        if self.render_mode == "ansi":
            return tuple(module.table(self.instances[row], self.schedule(row)) for row in range(self.num_envs))
        from envs.core.gantt import image  # matplotlib is slow to import and rarely needed

        return tuple(image(module.figure(self.instances[row], self.schedule(row))) for row in range(self.num_envs))

    # What rules, solvers and trainers use

    @property
    def done(self) -> np.ndarray:
        """(B,) bool: rows whose episode is over (with autoreset, none)."""
        return ~self.running

    @property
    def objective(self) -> np.ndarray:
        """(B,) f64: the objective of finished rows, the bound or the value so far of the others."""
        return self.outcome.objective

    def stop(self, rows: np.ndarray) -> None:
        """Leave these rows (B,) bool as they are, without a legal action, until they are reset."""
        self.running &= ~rows
        self.observation.action_mask[rows] = 0

    def view(self) -> Any:
        """What a rule reads; it follows the environment."""
        return self._view

    def action_masks(self) -> np.ndarray:
        """(B, A) i8, 1 = legal: the mask of the last observation."""
        return self.observation.action_mask.copy() if self.copy else self.observation.action_mask

    def schedule(self, row: int) -> np.ndarray:
        """What has been decided so far in one row, as the problem's `verify` reads it."""
        return self.problem.schedule(self.state, row)

    def realised(self, row: int) -> Instance:
        """The row's instance with what the executor measured: `verify` and exact replay hold on it.

        Of an episode that is over, ask before the next one begins: with `autoreset=False`.
        """
        instance = self.instances[row]
        return instance if self.executor is None else self.problem.realised(self.state, row, instance)

    def metrics(self, row: int) -> dict[str, float]:
        """The problem's further measures of one row."""
        return self.problem.metrics(self.state, row)

    def get_state(self, rows: np.ndarray | None = None) -> Snapshot:
        """A copy of all that the given rows are, generators included: indices or a (B,) bool mask, default all."""
        self._begun()
        rows = self._rows if rows is None else arguments.some_rows(rows, self.num_envs)
        state = type(self.state)(*(array[rows] for array in self.state))
        observation = Observation(*(array[rows] for array in self.observation))
        outcome = Outcome(*(array[rows] for array in self.outcome))
        running, instances = self.running[rows], [self.instances[row] for row in rows]
        generators = [self._generators[row].bit_generator.state for row in rows]
        options = self.problem.options
        measured = self.executor is not None
        known = digest((*state, *observation, *outcome, running), instances, options, measured)
        return Snapshot(state, observation, outcome, running, instances, generators, options, measured, known)

    def set_state(self, state: Snapshot, repeat: int = 1) -> None:
        """Go on from a snapshot of this problem and shape, each of its rows `repeat` times; rows left over are done.

        Raises:
            ValueError: more rows than environments, a snapshot of another problem, of other options or shape, or one
                that was changed since `get_state` made it, or an executor; nothing has changed then.
        """
        refuse_copies(self.executor, "set_state")
        mine = (*self.state, *self.observation, *self.outcome, self.running)
        count = check_snapshot(state, self.state, mine, repeat, self.problem)
        for array, theirs in zip(mine, state.arrays(), strict=True):
            array[:count] = theirs if repeat == 1 else np.repeat(theirs, repeat, axis=0)
        self.running[count:] = False
        self.instances[:count] = [instance for instance in state.instances for _ in range(repeat)]
        if not self._generators:
            self._generators = [np.random.default_rng(0) for _ in self._rows]
        for row in range(count):
            self._generators[row].bit_generator.state = state.generators[row // repeat]

    def set_generators(self, states: list[dict[str, Any]]) -> None:
        """Draw the next instances from where generators of these states stood, one for each row.

        Raises:
            ValueError: no reset yet, or other states than those that `get_state` has; nothing has changed then.
        """
        self._begun()
        check_generators(states, self.num_envs)
        for generator, state in zip(self._generators, states, strict=True):
            generator.bit_generator.state = state

    # Parts of reset and step

    def __setstate__(self, state: dict[str, Any]) -> None:
        """A copied or unpickled environment has buffers of its own."""
        vars(self).update(state)
        self._link()

    def _link(self) -> None:
        """Views of the buffers."""
        self._view = self.problem.view(self.state, self.observation)
        self._arrays = self.observation._asdict()
        self._last = LastObservations(self.observation) if self.autoreset else None

    def _begun(self) -> None:
        if not self._generators:
            raise ValueError("No episode has begun: call reset first.")

    def _seed(self, seeds: list[int | None], rows: np.ndarray) -> None:
        if not self._generators:
            self._generators = [seeding.np_random(seed)[0] for seed in seeds]
            return
        for row in rows:
            if seeds[row] is not None:
                self._generators[row] = seeding.np_random(seeds[row])[0]

    def _fill(self, rows: np.ndarray, instances: Sequence[Instance]) -> None:
        ids, fill = self.observation.ids, self.problem.fill if self.executor is None else self.problem.fill_unmeasured
        for row, instance in zip(rows.tolist(), instances, strict=True):
            self.instances[row] = instance
            fill(self.state, row, instance)
            ids[row, 0] = instance.fingerprint
            ids[row, 1] = 0

    def _legal(self, actions: np.ndarray) -> np.ndarray:
        if actions.shape != (self.num_envs,) or actions.dtype.kind not in "iu":
            raise ValueError(
                f"The actions have shape {actions.shape} and dtype {actions.dtype}, "
                f"but must be ({self.num_envs},) integers."
            )
        actions = np.ascontiguousarray(actions, np.int64)  # of another type, the kernel would be compiled again
        if self.illegal == "wrap":
            return legality.wrap(actions, self.observation.action_mask)
        legality.refuse(actions, self.observation.action_mask, self.running, self.problem, self.state)
        return actions

    def _measure(self) -> None:
        """Have the executor run what is committed, until no row waits for it; ValueError where it cannot."""
        if self.executor is None:
            return
        waiting = self.outcome.waiting
        while waiting.any():
            rows = waiting.nonzero()[0]
            try:
                seconds = measure(self.executor, [self.problem.work(self.state, row) for row in rows.tolist()])
            except ValueError:
                self.stop(waiting)
                waiting[:] = False
                raise
            self.problem.resume(self.state, self.observation, self.outcome, rows, seconds)

    def _observe(self) -> dict[str, np.ndarray]:
        arrays = self._arrays
        if not self.copy:
            return arrays.copy()
        if not np.array_equal(self._graph_ids, arrays["ids"][:, 0]):
            self._graph_ids = arrays["ids"][:, 0].copy()
            self._graph = {name: arrays[name].copy() for name in GRAPH}
        return {name: self._graph[name] if name in GRAPH else array.copy() for name, array in arrays.items()}

    def _info(self, mask: np.ndarray, rows: np.ndarray) -> dict[str, Any]:
        return {"action_mask": mask, "_action_mask": rows, "elapsed": self.outcome.elapsed.copy(), "_elapsed": rows}

    def _restart(self, done: np.ndarray) -> dict[str, Any]:
        """Restart the finished rows; Gymnasium's `final_obs` and `final_info` say how they ended."""
        rows = done.nonzero()[0]
        observations, masks = np.empty(self.num_envs, object), np.zeros(self.observation.action_mask.shape, np.int8)
        elapsed, objective = np.zeros((2, self.num_envs))
        assert self._last is not None
        self._last.keep(rows)
        for row in rows.tolist():
            last = self._last.rows[row]
            observations[row] = {name: array.copy() for name, array in last.items()} if self.copy else last.copy()
            masks[row] = last["action_mask"]
            elapsed[row], objective[row] = self.outcome.elapsed[row], self.outcome.objective[row]
        info = {"action_mask": masks, "elapsed": elapsed, "objective": objective}
        info |= {"_action_mask": done, "_elapsed": done, "_objective": done}
        self._fill(rows, [self.source.sample(self._generators[row]) for row in rows.tolist()])
        self.problem.reset(self.state, self.observation, self.outcome, done)
        self._measure()
        return {"final_obs": observations, "_final_obs": done, "final_info": info, "_final_info": done}
