"""Everything that makes schedules, by name: rules, pilots, solvers, and trained agents by their run directory."""

import math
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import zip_longest
from pathlib import Path
from typing import Any

import numpy as np

from baselines.cp_sat import MOST_WORKERS, Search
from baselines.pilot import Pilot
from baselines.play import Episode, Scores, play, play_for, rule_scores
from baselines.solution import Solution
from envs.core.instance import Instance
from envs.core.parts import Mirror, parts
from envs.core.problem import Problem
from envs.core.text import check_spelling, nearest
from experiments.cli import options_text

MOST = 1_000_000
"""More samples than these are taken for a mistake: they would never end."""


@dataclass(frozen=True)
class Method:
    """One way to make a schedule, with what a table says of it."""

    name: str
    solve: Callable[[Instance, int], Solution]
    """(instance, seed) -> Solution"""
    samples: int | None = 1
    """None: as many as it makes in `budget_s` CPU seconds, by `rounds`."""
    options: str = ""
    budget_s: float | None = None
    workers: int | None = None
    train_decisions: int | None = None
    train_cpu_s: float | None = None
    rounds: Callable[[Instance, int, float], Iterator[Episode]] | None = None
    """(instance, seed, CPU seconds) -> the best so far after each round of samples"""
    start: "Method | None" = None
    """What makes the schedule that a solver improves."""

    def title(self) -> str:
        """The name for a heading: a run directory without its parents, and how many samples."""
        who = "agent " if self.train_decisions is not None else ""
        return who + Path(self.name).name + (f", best of {self.samples}" if self.samples and self.samples > 1 else "")


@dataclass(frozen=True)
class Effort:
    """What methods may spend: solvers the seconds and workers, rules and agents the samples."""

    samples: Sequence[int | None] = (1,)
    """None: as many as a rule or an agent makes in `seconds` of CPU time."""
    temperature: float | None = None
    """None is that of each method."""
    seconds: float = 10.0
    workers: int = 1
    device: str = "cpu"


def methods(problem: Problem[Any, Any], names: Sequence[str], effort: Effort) -> list[Method]:
    """The methods of these names, once for each number of samples where that makes a difference.

    A name is a rule, a solver, a run directory or a checkpoint file. `pilot:NAME` judges each candidate by what the
    rule, agent or other pilot makes of it, `both:NAME` also plays each instance backwards in time, as often again, and
    `NAME@T` samples at temperature T. Without, a rule is sampled at the one that validation chose for it, an agent at
    1, as in training. The first sample of a rule or an agent is greedy, but of "random", which has no preference.
    `SOLVER:NAME`, of a solver that goes on from any schedule, spends the rest of its seconds on that which NAME makes.
    Rules and pilots play under the options of `problem`, agents under those that they were trained with.

    Raises:
        ValueError: an unknown name, a run directory of another problem, an effort of nothing.
    """
    if any(samples is not None and not 1 <= samples <= MOST for samples in effort.samples) or not effort.samples:
        given = ", ".join(map(str, effort.samples)) or "missing"
        raise ValueError(f"samples are {given}, but must be at least 1 and at most {MOST:,}.")
    _check_positive("seconds", effort.seconds)
    if effort.temperature is not None:
        _check_positive("temperature", effort.temperature)
    if effort.device != "cpu":
        from experiments.training.agent import check_device  # torch is slow to import, and rules do without it

        check_device(effort.device)
    if not 1 <= effort.workers <= MOST_WORKERS:
        raise ValueError(f"workers is {effort.workers}, but must be at least 1 and at most {MOST_WORKERS:,}.")
    made = [method for name in names for method in _method(problem, name, effort)]
    return list({(method.name, method.samples): method for method in made}.values())


def _check_positive(what: str, value: float) -> None:
    if not (value > 0 and math.isfinite(value)):
        raise ValueError(f"{what} is {value:g}, but must be finite and more than 0.")


def _method(problem: Problem[Any, Any], name: str, effort: Effort) -> list[Method]:
    solvers = known(problem.name)[1]
    if name in ("", "both:"):
        raise ValueError(f"{name!r} is no method: name a rule, a solver or a run directory.")
    if name.startswith("both:both:"):
        raise ValueError(f"{name!r} is no method: both: plays each instance there and back already, so write it once.")
    if name.startswith("both:"):
        return [_both(problem, method) for method in _method(problem, name.removeprefix("both:"), effort)]
    improvers, first = parts(problem.name).solvers.IMPROVERS, name.partition(":")[0]
    base, _, suffix = name.rpartition("@")
    if base and re.fullmatch(r"-?[0-9.]+(e-?[0-9]+)?", suffix) and not Path(name).exists():
        if base in solvers or first in ("pilot", *improvers):
            raise ValueError(f"{name!r} asks for a temperature, but {base} is not sampled: leave @{suffix} out.")
        try:
            temperature = float(suffix)
        except ValueError:
            raise ValueError(f"{name!r} ends in no temperature: write it as in {base}@0.5.") from None
        _check_positive(f"The temperature of {name}", temperature)
        return _sampled(problem, base, effort, temperature)
    if name in solvers:
        return [_solver(problem, name, effort)]
    if first in improvers:
        return [_improved(problem, first, name.removeprefix(f"{first}:"), effort)]
    pilots, inner = 0, name
    while inner.startswith("pilot:"):
        pilots, inner = pilots + 1, inner.removeprefix("pilot:")
    if pilots:
        if inner in ("", *solvers) or inner.startswith("both:"):
            raise ValueError(f"{name!r} is no method: pilot: tries out a rule or an agent, as in pilot:NAME.")
        problem, scores, facts = _scorer(problem, inner, effort.device)
        for _ in range(pilots):
            scores = Pilot(scores)
        return [Method(name, _player(problem, scores, 1, None), **facts)]
    return _sampled(problem, name, effort, effort.temperature)


def _sampled(problem: Problem[Any, Any], name: str, effort: Effort, temperature: float | None) -> list[Method]:
    """The rule or agent, once for each number of samples."""
    problem, scores, facts = _scorer(problem, name, effort.device)
    made = []
    for samples in effort.samples:
        hot = None
        if name == "random":
            hot = 1.0
        elif samples != 1:
            hot = temperature or _chosen(problem, name)
        label = f"{name}@{hot!r}".removesuffix(".0") if samples != 1 and name != "random" else name
        if samples is None:
            made.append(_timed(label, partial(_rounds, problem, scores, hot, name != "random"), effort.seconds, facts))
        else:
            made.append(Method(label, _player(problem, scores, samples, hot, lead=name != "random"), samples, **facts))
    return made


def _chosen(problem: Problem[Any, Any], name: str) -> float:
    """The temperature at which the rule or agent is sampled where none is asked for."""
    rules = parts(problem.name).rules
    if name not in rules.RULES:
        return 1.0
    found = rules.TEMPERATURES.get(name)
    if isinstance(found, Mapping):
        options = {f"{option}={value}" for option, value in vars(problem.options).items()}
        found = next((value for option, value in found.items() if option in options), None)
    if found is None:
        raise ValueError(f"No temperature has been chosen for samples of {name}: name one, as in {name}@0.1.")
    return found


def _scorer(problem: Problem[Any, Any], name: str, device: str) -> tuple[Problem[Any, Any], Scores, dict[str, Any]]:
    """The rule or agent of that name: the problem with the options that it plays under, its scores, facts for a row."""
    rules, solvers = known(problem.name)
    facts: dict[str, Any] = {}
    if name in rules:
        for option, (value, needed) in lacking(problem, name).items():
            raise ValueError(f"{name} needs {option}={needed}, not {value}: add --{option} {needed}.")
        scores = rule_scores(rules[name])
    elif Path(name).exists() or "/" in name or name.endswith(".zip"):
        from experiments.training.agent import load_agent  # torch is slow to import, and rules do without it

        agent = load_agent(Path(name), problem.name, device)
        problem, scores = agent.problem, agent.scores
        facts = {"train_decisions": agent.train_decisions, "train_cpu_s": agent.train_cpu_s}
    else:
        check_spelling("method", name, parts(problem.name).rules.RENAMED)
        prefixes = ("pilot", *parts(problem.name).solvers.IMPROVERS)
        options = [*rules, *solvers, *(f"{prefix}:{rule}" for prefix in prefixes for rule in rules)]
        raise ValueError(f"{name!r} is no rule, solver or run directory of {problem.name}: {nearest(name, options)}.")
    return problem, scores, {**facts, "options": options_text(problem.options)}


def known(problem: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The problem's rules and solvers by name."""
    return dict(parts(problem).rules.RULES), dict(parts(problem).solvers.SOLVERS)


def lacking(problem: Problem[Any, Any], rule: str) -> dict[str, tuple[Any, Any]]:
    """The options without which the rule means nothing, where the problem has another value: that and the needed one.

    They stand in `NEEDS` of the problem's rules, if there is one.
    """
    needs = parts(problem.name).rules.NEEDS.get(rule, {})
    pairs = {option: (getattr(problem.options, option), value) for option, value in needs.items()}
    return {option: pair for option, pair in pairs.items() if pair[0] != pair[1]}


def playable(problem: Problem[Any, Any]) -> tuple[str, ...]:
    """The rules that mean something under the problem's options."""
    return tuple(rule for rule in known(problem.name)[0] if not lacking(problem, rule))


def _solver(problem: Problem[Any, Any], name: str, effort: Effort) -> Method:
    solver = known(problem.name)[1][name]

    def solve(instance: Instance, seed: int) -> Solution:
        return solver(instance, effort.seconds, workers=effort.workers, seed=seed)

    if name in parts(problem.name).solvers.CONSTRUCTIVE:
        return Method(name, solve)
    return Method(name, solve, budget_s=effort.seconds, workers=effort.workers)


def _improved(problem: Problem[Any, Any], solver: str, name: str, effort: Effort) -> Method:
    """The schedule that a method makes, and what the solver makes of it in the rest of the seconds."""
    inner = _method(problem, name, replace(effort, samples=(1,)))[0]
    if inner.budget_s is not None:
        raise ValueError(f"'{solver}:{name}' is no method, for {name} is a solver: leave one of them out.")
    improve, improver = known(problem.name)[1][solver], parts(problem.name).solvers.IMPROVERS[solver]

    def solve(instance: Instance, seed: int) -> Solution:
        improver.warm_up()
        search = Search(solver, effort.seconds, effort.workers, seed)
        start = inner.solve(instance, seed)
        search.record(start.objective, start.schedule)
        spent, left = search.spent(), search.moment(1) - time.perf_counter()
        if left <= 0:
            return search.solution(start.objective, start.bound, start.schedule, "hint")
        found = improve(instance, left, workers=effort.workers, seed=seed, start=start.schedule)
        later = [one._replace(cpu_s=spent + one.cpu_s) for one in found.improvements]
        search.improvements += [one for one in later if one.objective < start.objective]
        return search.solution(found.objective, found.bound, found.schedule, found.status)

    spends: dict[str, Any] = {"budget_s": effort.seconds, "workers": effort.workers, "start": inner}
    return replace(inner, name=f"{solver}:{inner.name}", solve=solve, **spends)


def _both(problem: Problem[Any, Any], method: Method) -> Method:
    """The better of what the method makes of an instance and of its mirror image."""
    if method.budget_s is not None and method.rounds is None:
        raise ValueError(f"'both:{method.name}' is no method, for {method.name} is a solver: leave both: out.")
    mirror = parts(problem.name).mirror
    if mirror is None:
        raise ValueError(f"'both:{method.name}' is no method, for {problem.name} cannot be played backwards in time.")
    name, judge = f"both:{method.name}", parts(problem.name).verify.verify
    if method.rounds is not None:
        facts = {
            "options": method.options,
            "train_decisions": method.train_decisions,
            "train_cpu_s": method.train_cpu_s,
        }
        return _timed(name, partial(_in_turn, method.rounds, mirror, judge), method.budget_s or 0, facts)

    def solve(instance: Instance, seed: int) -> Solution:
        search = Search(name, math.inf)
        there = method.solve(instance, seed)
        search.record(there.objective, there.schedule)
        back = mirror.mirror_schedule(instance, method.solve(mirror.mirror(instance), seed).schedule)
        objective = judge(instance, back)  # it may be better than that of the mirror image
        if there.objective <= objective:
            return search.solution(there.objective, None, there.schedule, "feasible")
        return search.solution(objective, None, back, "feasible")

    return replace(method, name=name, solve=solve)


def _player(
    problem: Problem[Any, Any], scores: Scores, samples: int, temperature: float | None, lead: bool = True
) -> Callable[[Instance, int], Solution]:
    def solve(instance: Instance, seed: int) -> Solution:
        search = Search("play", math.inf)
        episode = play(problem, instance, scores, samples=samples, temperature=temperature, seed=seed, lead=lead)
        return search.solution(episode.objective, None, episode.schedule, "feasible")

    return solve


def _timed(
    name: str, rounds: Callable[[Instance, int, float], Iterator[Episode]], seconds: float, facts: Mapping[str, Any]
) -> Method:
    """The method that plays such rounds for CPU seconds."""

    def solve(instance: Instance, seed: int) -> Solution:
        search = Search(name, seconds)
        for best in rounds(instance, seed, seconds):
            search.record(best.objective, best.schedule)
        last = search.improvements[-1]
        return search.solution(last.objective, None, last.schedule, "feasible")

    return Method(name, solve, samples=None, budget_s=seconds, rounds=rounds, **facts)


def _rounds(
    problem: Problem[Any, Any],
    scores: Scores,
    temperature: float | None,
    lead: bool,
    instance: Instance,
    seed: int,
    seconds: float,
) -> Iterator[Episode]:
    return play_for(problem, instance, scores, seconds, temperature=temperature, seed=seed, lead=lead)


def _in_turn(
    rounds: Callable[[Instance, int, float], Iterator[Episode]],
    mirror: Mirror,
    judge: Callable[[Instance, np.ndarray], float],
    instance: Instance,
    seed: int,
    seconds: float,
) -> Iterator[Episode]:
    """A round of the instance, one of its mirror image, and so on; each has half of the seconds."""
    there, back = rounds(instance, seed, seconds / 2), rounds(mirror.mirror(instance), seed, seconds / 2)
    for one, other in zip_longest(there, back):
        if one is not None:
            yield one
        if other is not None:
            schedule = mirror.mirror_schedule(instance, other.schedule)
            yield other._replace(objective=judge(instance, schedule), schedule=schedule)
