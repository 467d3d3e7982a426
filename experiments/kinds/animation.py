"""An agent at work: the schedule as it grows, and what the agent thinks of each candidate, decision by decision."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

from baselines.play import greedy
from envs import load_problem
from envs.core.datasets import resolve
from envs.core.files import write_file, write_text
from envs.core.gantt import FAINT, INK, WIDTH, image
from envs.core.instance import Instance
from envs.core.parts import parts
from envs.core.vector import DispatchVectorEnv
from experiments.records import provenance
from experiments.training.agent import Agent, load_agent

SHOWN = 16
"""Candidates that a frame has room for: the best."""


@dataclass(frozen=True)
class Animation:
    """A trained agent that plays one instance greedily, as a GIF."""

    title: str
    instance: str
    agent: Path
    """A checkpoint or a run directory."""
    frames: int = 60
    """At most; decisions between two frames are played without one."""
    milliseconds: int = 220
    """Of a frame; the last stays ten times as long."""

    def make(self, problem: str, path: Path, command: str) -> None:
        """Write PATH.gif, and PATH.md that shows it."""
        agent = load_agent(self.agent, problem)
        instance = resolve(load_problem(problem), self.instance)[0]
        end, objective = played(agent, instance)
        frames = [Image.fromarray(frame) for frame in self._frames(agent, instance, end)]
        colours = frames[-1].quantize(64)
        first, *others = [frame.quantize(palette=colours, dither=Image.Dither.NONE) for frame in frames]
        durations = [self.milliseconds] * len(others) + [10 * self.milliseconds]
        how: dict[str, Any] = {"save_all": True, "append_images": others, "duration": durations, "loop": 0}
        write_file(path.with_suffix(".gif"), lambda file: first.save(file, "GIF", optimize=True, **how))
        source = provenance()
        text = (
            f"# {self.title}\n\n![{self.title}]({path.name}.gif)\n\n`{self.agent}` plays {instance.name} greedily: "
            f"objective {objective:g}. Bars are the agent's probabilities of the candidates. "
            f"Commit {source['commit']}, {source['date']}, made by `{command}`.\n"
        )
        write_text(path.with_suffix(".md"), text)

    def _frames(self, agent: Agent, instance: Instance, end: float) -> Iterator[np.ndarray]:
        """Pictures (H, W, 3) uint8: before every few decisions, and of the complete schedule."""
        env = began(agent, instance)
        total = sum(1 for _ in decisions(agent, began(agent, instance)))
        step = -(-total // max(self.frames - 1, 1))
        figure, name = parts(agent.problem.name).render.figure, self.title
        shown = np.zeros(0)
        for number, scores in enumerate(decisions(agent, env)):
            if number % step == 0:
                gantt = image(figure(instance, env.schedule(0), f"{name}: decision {number + 1} of {total}", end))
                shown = np.concatenate([gantt, image(bars(env, scores))])
                yield shown
        whole = image(figure(instance, env.schedule(0), f"{name}: {env.objective[0]:g}", end))
        yield np.concatenate([whole, np.full_like(shown[len(whole) :], 255)])


def began(agent: Agent, instance: Instance) -> DispatchVectorEnv:
    """An environment of the agent's problem at the first decision."""
    env = DispatchVectorEnv(agent.problem, 1, [instance], copy=False, autoreset=False)
    env.reset(options={"instances": [instance]})
    return env


def decisions(agent: Agent, env: DispatchVectorEnv) -> Iterator[np.ndarray]:
    """Play greedily; the scores (1, A) at each decision, before it is made."""
    while env.running[0]:
        scores = agent.scores(env)
        yield scores
        env.step(greedy(scores, env.observation.action_mask))


def played(agent: Agent, instance: Instance) -> tuple[float, float]:
    """When the greedy schedule ends, and its objective."""
    env = began(agent, instance)
    for _ in decisions(agent, env):
        pass
    columns = parts(agent.problem.name).verify.COLUMNS
    return float(env.schedule(0)[:, columns.index("end")].max()), float(env.objective[0])


def bars(env: DispatchVectorEnv, scores: np.ndarray) -> Figure:
    """The probabilities of the best candidates, the choice in a strong colour."""
    legal = np.flatnonzero(env.observation.action_mask[0])
    weights = np.exp(scores[0, legal] - scores[0, legal].max())
    order = np.argsort(-weights, kind="stable")[:SHOWN]
    verbs = env.problem.spec.candidate_types
    names = [f"{verbs[env.observation.candidate_type[0, action]]}\n{action}" for action in legal[order]]
    figure = Figure(figsize=(WIDTH, 1.5), dpi=100, facecolor="white")
    FigureCanvasAgg(figure)
    axes: Any = figure.add_axes((0.05, 0.34, 0.9, 0.46))
    axes.bar(range(len(order)), weights[order] / weights.sum(), 0.7, color=[INK, *[FAINT] * (len(order) - 1)])
    axes.set_xlim(-0.6, SHOWN - 0.4)
    axes.set_ylim(0, 1)
    axes.set_xticks(range(len(order)), names, color=INK, fontsize=7)
    axes.set_yticks([0, 1], ["0", "1"], color=FAINT, fontsize=8)
    axes.tick_params(length=0)
    title = f"probability of each of {len(legal)} candidates" + (f", the best {SHOWN}" if len(legal) > SHOWN else "")
    axes.set_title(title, loc="left", color=INK, fontsize=9)
    axes.spines[["top", "right", "left"]].set_visible(False)
    return figure
