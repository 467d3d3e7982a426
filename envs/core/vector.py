"""The environment: B episodes of one problem, stepped together by its kernel."""

from collections.abc import Sequence
from importlib import import_module
from typing import Any, NamedTuple

import numpy as np
from gymnasium.spaces import Discrete
from gymnasium.utils import seeding
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space
from numba import njit

from envs.core.datasets import FixedSource, Source, nearest
from envs.core.instance import Instance
from envs.core.problem import Outcome, Problem
from envs.core.spec import GRAPH, Observation


class Snapshot(NamedTuple):
    """Everything that `set_state` needs to go on from where `get_state` stood."""

    state: tuple[np.ndarray, ...]
    observation: Observation
    outcome: Outcome
    running: np.ndarray
    instances: list[Instance]
    generators: list[dict[str, Any]]


RESET_OPTIONS = ("instances", "repeat", "reset_mask")


class DispatchVectorEnv(VectorEnv[dict[str, np.ndarray], np.ndarray, np.ndarray]):
    """B environments of one problem.

    Args:
        problem: a `Problem` or the name of one; `options` are the fields of its `Options`.
        num_envs: B.
        instances: where episodes come from: text ("random:6x6..15x15", "taillard:15x15", a file), a list of
            instances, or a `Source`. Environment b draws from it with its own generator.
        copy: return copies (the graph's arrays only when a graph has changed); False gives the kernel's buffers, which
            the next step overwrites.
        autoreset: restart a finished row within the step (`AutoresetMode.SAME_STEP`); False leaves finished rows
            inert until a reset (`AutoresetMode.DISABLED`).
        illegal: "raise" refuses an illegal action before anything changes; "wrap" reads action a as the (a mod L)-th
            of the L legal ones.
        shape: the largest instance to make room for; default the largest of the source.
        render_mode: "rgb_array" or "ansi".

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
        **options: Any,
    ) -> None:
        self.problem = _problem(problem, options)
        if num_envs < 1:
            raise ValueError(f"num_envs is {num_envs}, but a vector environment needs at least 1.")
        if illegal not in ("raise", "wrap"):
            raise ValueError(f"illegal is {illegal!r}, but must be 'raise' or 'wrap'.")
        if render_mode not in (None, *self.metadata["render_modes"]):
            raise ValueError(f"render_mode is {render_mode!r}, but must be 'rgb_array', 'ansi' or None.")
        self.source = self._source(instances)
        self.shape = tuple(shape or self.source.shape)
        self._fits(self.source.shape, "The instance source")
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
        self._view = self.problem.view(self.state, self.observation)
        self._generators: list[np.random.Generator] = []
        self._rows = np.arange(num_envs)
        self._everywhere = np.ones(num_envs, bool)
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
        for name in options:
            if name not in RESET_OPTIONS:
                raise ValueError(f"reset has no option {name!r}: {nearest(name, RESET_OPTIONS)}")
        mask = self._reset_mask(options.get("reset_mask"))
        rows = np.flatnonzero(mask)
        instances, repeat = self._chosen(options, len(rows))
        self._seed(self._seeds(seed), rows)
        if instances is None:
            instances = [self.source.sample(self._generators[row]) for row in rows[::repeat]]
        self._load(rows, [instance for instance in instances for _ in range(repeat)])
        self.problem.reset(self.state, self.observation, self.outcome, mask)
        self.running[mask] = True
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
        done = out.terminated | out.truncated
        reward, terminated, truncated = out.reward.copy(), out.terminated.copy(), out.truncated.copy()
        final: dict[str, Any] = {}
        if done.any():
            final = self._restart(done) if self.autoreset else {"objective": out.objective.copy(), "_objective": done}
            self.running &= ~done | self.autoreset
        observation = self._observe()
        info = self._info(observation["action_mask"], self._everywhere)
        return observation, reward, terminated, truncated, info | final

    def render(self) -> tuple[Any, ...] | None:  # type: ignore[override]
        """A Gantt chart ("rgb_array") or a table ("ansi") of what has been decided in each row."""
        if self.render_mode is None:
            return None
        self._begun()
        module = import_module(f"envs.{self.problem.name}.render")
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

    def view(self) -> Any:
        """What a rule reads; it follows the environment."""
        return self._view

    def action_masks(self) -> np.ndarray:
        """(B, A) i8, 1 = legal: the mask of the last observation."""
        return self.observation.action_mask.copy() if self.copy else self.observation.action_mask

    def schedule(self, row: int) -> np.ndarray:
        """What has been decided so far in one row, as the problem's `verify` reads it."""
        return self.problem.schedule(self.state, row)

    def metrics(self, row: int) -> dict[str, float]:
        """The problem's further measures of one row."""
        return self.problem.metrics(self.state, row)

    def get_state(self, rows: np.ndarray | None = None) -> Snapshot:
        """A copy of all that the given rows are, generators included: indices or a (B,) bool mask, default all."""
        self._begun()
        rows = self._rows if rows is None else np.asarray(rows)
        if rows.dtype == bool:
            rows = np.flatnonzero(rows)
        take = [array[rows] for array in self.state]
        return Snapshot(
            type(self.state)(*take),
            Observation(*(array[rows] for array in self.observation)),
            Outcome(*(array[rows] for array in self.outcome)),
            self.running[rows],
            [self.instances[row] for row in rows],
            [self._generators[row].bit_generator.state for row in rows],
        )

    def set_state(self, state: Snapshot, repeat: int = 1) -> None:
        """Go on from a snapshot of this problem and shape, each of its rows `repeat` times; rows left over are done.

        Raises:
            ValueError: more rows than environments, or a snapshot of another problem or shape.
        """
        if repeat < 1:
            raise ValueError(f"repeat is {repeat}, but must be at least 1.")
        count = len(state.running) * repeat
        if count > self.num_envs:
            raise ValueError(f"{len(state.running)} rows x repeat {repeat} = {count} exceed num_envs {self.num_envs}.")
        if type(state.state) is not type(self.state):
            raise ValueError(f"The snapshot is not of {self.problem.name}, which this environment plays.")
        for mine, theirs in zip((*self.state, *self.observation), (*state.state, *state.observation), strict=True):
            if mine.shape[1:] != theirs.shape[1:]:
                raise ValueError(
                    f"The snapshot is of another shape: an array of {theirs.shape[1:]} where this environment has "
                    f"{mine.shape[1:]}; make both with the same shape=."
                )
        for mine, theirs in zip(
            (*self.state, *self.observation, *self.outcome, self.running),
            (*state.state, *state.observation, *state.outcome, state.running),
            strict=True,
        ):
            mine[:count] = np.repeat(theirs, repeat, axis=0)
        self.running[count:] = False
        self.instances[:count] = [instance for instance in state.instances for _ in range(repeat)]
        if not self._generators:
            self._generators = [np.random.default_rng(0) for _ in self._rows]
        for row in range(count):
            self._generators[row].bit_generator.state = state.generators[row // repeat]

    # Parts of reset and step

    def _begun(self) -> None:
        if not self._generators:
            raise ValueError("No episode has begun: call reset first.")

    def _reset_mask(self, mask: np.ndarray | None) -> np.ndarray:
        if mask is None:
            return self._everywhere
        mask = np.asarray(mask)
        if mask.shape != (self.num_envs,) or mask.dtype != bool or not mask.any():
            raise ValueError(
                f"reset_mask has shape {mask.shape} and dtype {mask.dtype}, "
                f"but must be ({self.num_envs},) bool with at least one True."
            )
        if not self._generators and not mask.all():
            raise ValueError("No episode has begun: the first reset is of all environments, without reset_mask.")
        return mask

    def _seeds(self, seed: int | Sequence[int | None] | None) -> list[int | None]:
        """One seed for each row."""
        if seed is None:
            return [None] * self.num_envs
        if isinstance(seed, int | np.integer):
            seeds = [int(seed) + row for row in range(self.num_envs)]
        else:
            seeds = list(np.asarray(seed, object).ravel())
        if len(seeds) != self.num_envs:
            raise ValueError(f"{len(seeds)} seeds are given, but num_envs is {self.num_envs}: give one for each.")
        for one in seeds:
            if one is not None and not (isinstance(one, int | np.integer) and one >= 0):
                raise ValueError(f"A seed is {one!r}, but must be a whole number from 0 on, or None.")
        return [None if one is None else int(one) for one in seeds]

    def _seed(self, seeds: list[int | None], rows: np.ndarray) -> None:
        if not self._generators:
            self._generators = [seeding.np_random(seed)[0] for seed in seeds]
            return
        for row in rows:
            if seeds[row] is not None:
                self._generators[row] = seeding.np_random(seeds[row])[0]

    def _chosen(self, options: dict[str, Any], count: int) -> tuple[Sequence[Instance] | None, int]:
        """The instances for `count` rows, None where they are to be drawn, and how many rows play each."""
        repeat = options.get("repeat", 1)
        if not isinstance(repeat, int | np.integer) or repeat < 1:
            raise ValueError(f"repeat is {repeat!r}, but must be a whole number from 1 on.")
        if options.get("instances") is None:
            if count % repeat:
                raise ValueError(f"repeat is {repeat}, but must divide the {count} environments that are reset.")
            return None, int(repeat)
        instances = self._all(options["instances"])
        if len(instances) * repeat != count:
            raise ValueError(
                f"{len(instances)} instances x repeat {repeat} = {len(instances) * repeat}, "
                f"but {count} environments are reset: the two must be equal."
            )
        for instance in instances:
            self._fits(instance.shape, f"Instance {instance.name or instance!r}")
        return instances, int(repeat)

    def _source(self, instances: str | Sequence[Instance] | Source | None) -> Source:
        if instances is None or isinstance(instances, str):
            return self.problem.source(self.problem.default_instances if instances is None else instances)
        return instances if isinstance(instances, Source) else FixedSource(self._all(instances))

    def _all(self, instances: Sequence[Instance]) -> list[Instance]:
        """A list of instances of this problem, or a ValueError."""
        kind = self.problem.Instance
        if isinstance(instances, str | Instance):
            raise ValueError(f"instances is {instances!r}, but must be a list: [{kind.__name__}(...), ...].")
        instances = list(instances)
        for instance in instances:
            if not isinstance(instance, kind):
                raise ValueError(f"{instance!r} is no {kind.__name__}, but this environment plays {self.problem.name}.")
        return instances

    def _fits(self, shape: tuple[int, ...], what: str) -> None:
        if len(shape) != len(self.shape):
            raise ValueError(f"{what} has shape {shape}, but the room is {self.shape}, which has other dimensions.")
        if any(need > room for need, room in zip(shape, self.shape, strict=True)):
            larger = tuple(map(max, shape, self.shape))
            raise ValueError(f"{what} has shape {shape}, but the room is {self.shape}: make it with shape={larger}.")

    def _load(self, rows: np.ndarray, instances: Sequence[Instance]) -> None:
        ids = self.observation.ids
        for row, instance in zip(rows.tolist(), instances, strict=True):
            self.instances[row] = instance
            self.problem.load(self.state, row, instance)
            ids[row, 0] = instance.fingerprint
            ids[row, 1] = 0

    def _legal(self, actions: np.ndarray) -> np.ndarray:
        if actions.shape != (self.num_envs,) or actions.dtype.kind not in "iu":
            raise ValueError(
                f"The actions have shape {actions.shape} and dtype {actions.dtype}, "
                f"but must be ({self.num_envs},) integers."
            )
        actions = np.ascontiguousarray(actions, np.int64)  # of another type, the kernel would be compiled again
        mask = self.observation.action_mask
        if self.illegal == "wrap":
            return _wrap(actions, mask)
        row = _first_illegal(actions, mask, self.running)
        if row >= 0:
            choice = int(actions[row])
            inside = 0 <= choice < mask.shape[1]
            why = self.problem.explain(self.state, row, choice) if inside else f"actions are 0..{mask.shape[1] - 1}"
            allowed = np.flatnonzero(mask[row]).tolist()
            raise ValueError(f"Action {choice} of environment {row} is illegal, since {why}; legal are {allowed}.")
        return actions

    def _observe(self) -> dict[str, np.ndarray]:
        arrays = self.observation._asdict()
        if not self.copy:
            return arrays
        fixed = GRAPH[:2] if self.problem.spec.dynamic_edges else GRAPH
        if not np.array_equal(self._graph_ids, arrays["ids"][:, 0]):
            self._graph_ids = arrays["ids"][:, 0].copy()
            self._graph = {name: arrays[name].copy() for name in fixed}
        return {name: self._graph[name] if name in fixed else array.copy() for name, array in arrays.items()}

    def _info(self, mask: np.ndarray, rows: np.ndarray) -> dict[str, Any]:
        rows = rows.copy()
        return {"action_mask": mask, "_action_mask": rows, "elapsed": self.outcome.elapsed.copy(), "_elapsed": rows}

    def _restart(self, done: np.ndarray) -> dict[str, Any]:
        """Restart the finished rows; Gymnasium's `final_obs` and `final_info` say how they ended."""
        rows = np.flatnonzero(done)
        arrays = self.observation._asdict()
        observations = np.empty(self.num_envs, object)
        for row in rows.tolist():
            observations[row] = {name: array[row].copy() for name, array in arrays.items()}
        ended = {
            "action_mask": self.observation.action_mask * done[:, None],
            "elapsed": self.outcome.elapsed * done,
            "objective": self.outcome.objective * done,
        }
        info = ended | {f"_{name}": done for name in ended}
        self._load(rows, [self.source.sample(self._generators[row]) for row in rows])
        self.problem.reset(self.state, self.observation, self.outcome, done)
        return {"final_obs": observations, "_final_obs": done, "final_info": info, "_final_info": done}


def _problem(problem: Problem[Any, Any] | str, options: dict[str, Any]) -> Problem[Any, Any]:
    if isinstance(problem, str):
        from envs import load_problem  # the table imports this module

        return load_problem(problem)(**options)
    if not isinstance(problem, Problem):
        raise ValueError(f"problem is {problem!r}, but must be a Problem or the name of one.")
    if options:
        raise ValueError(f"Options {sorted(options)} go to the problem's constructor when a Problem is given.")
    return problem


@njit(cache=True)
def _first_illegal(actions: np.ndarray, mask: np.ndarray, running: np.ndarray) -> int:
    """The first running row whose action is out of range or masked, -1 if there is none."""
    for b in range(actions.size):
        if running[b] and (actions[b] < 0 or actions[b] >= mask.shape[1] or mask[b, actions[b]] == 0):
            return b
    return -1


def _wrap(actions: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """The (a mod L)-th legal action of each row; 0 where none is legal."""
    count = np.maximum(mask.sum(1), 1)
    order = np.argsort(-mask, axis=1, kind="stable")  # legal candidates first, in their order
    return order[np.arange(len(mask)), actions % count]
