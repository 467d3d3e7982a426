"""Runs against the clock: each method once on each instance, and what it has in hand at each budget of CPU seconds."""

import gc
import os
import signal
import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field, replace
from functools import cached_property
from math import inf
from multiprocessing import get_context, parent_process
from typing import Any, NamedTuple

from baselines.solution import Improvement, Solution
from envs import load_problem
from envs.core.datasets import resolve
from envs.core.instance import Instance
from envs.core.parts import parts
from experiments.evaluate import check_names, rule_defaults
from experiments.methods import Effort, Method, known, methods
from experiments.train import ensure
from experiments.training.settings import Train

FULL, TRIES, LONGEST = 0.95, 5, 20.0
"""A run whose solver has had less of its CPU seconds, since other processes had the processor, is tried again, with up
to so many times as much wall time."""

WARM_UP_S = 0.1


@dataclass(frozen=True)
class Contender:
    """A method, and how long it runs."""

    method: str = ""
    """As `experiments.methods` calls it."""
    options: Mapping[str, Any] = field(default_factory=dict)
    """Of the problem, where they differ from those under which rules are quoted; agents': from its defaults."""
    seconds: tuple[float, ...] = ()
    """Of CPU time, for each seed: of a solver, or for as many samples as fit. None: it is played once, greedily."""
    agents: tuple[Train, ...] = ()
    """Instead of a method: runs that are trained where they are not; the k-th is played with the k-th seed."""
    temperature: float = 1.0
    """Of the agents' samples."""

    def seeds(self) -> list[tuple[int, float]]:
        """Each seed with its CPU seconds, or without end."""
        alone = max(1, len(self.agents))
        return list(enumerate(self.seconds or (inf,) * alone))

    def searches(self, problem: str) -> bool:
        """Whether it is a solver that goes on for its seconds, rather than a dispatcher or its samples."""
        solver = self.method.partition(":")[0]
        return solver in known(problem)[1] and solver not in parts(problem).solvers.CONSTRUCTIVE

    def made(self, problem: str, seed: int, seconds: float) -> Method:
        """The method of that seed, with so many seconds."""
        problem_class, name, usual = load_problem(problem), self.method, rule_defaults(problem)
        if self.agents:
            played = problem_class(**self.options)
            name, usual = str(ensure(self.agents[seed], played)), {}
            name += f"@{self.temperature:g}" if self.seconds else ""
        options = problem_class(**{**usual, **self.options})
        effort = Effort((None,), seconds=seconds) if self.seconds else Effort()
        return methods(options, (name,), effort)[0]


class Job(NamedTuple):
    """A run: a contender on an instance, with a seed."""

    contender: str
    set: str
    instance: int
    """Its number in the set."""
    seed: int
    seconds: float


@dataclass(frozen=True)
class Race:
    """Contenders by what tables call them, on sets."""

    problem: str
    contenders: Mapping[str, Contender]
    sets: tuple[str, ...]
    budgets: tuple[float, ...]
    """CPU seconds, rising."""
    take: int | None = None
    """So many instances of each set, evenly spread over it; None for all."""

    @cached_property
    def instances(self) -> dict[str, list[Instance]]:
        """Of each set."""
        found = {text: resolve(load_problem(self.problem), text) for text in self.sets}
        check_names(found, across=False)
        return {text: spread(some, self.take) for text, some in found.items()}

    @cached_property
    def methods(self) -> dict[tuple[str, int], Method]:
        """By contender and seed."""
        return {
            (name, seed): contender.made(self.problem, seed, seconds)
            for name, contender in self.contenders.items()
            for seed, seconds in contender.seeds()
        }

    def jobs(self) -> list[Job]:
        """All runs, instance by instance."""
        return [
            Job(name, text, number, seed, seconds)
            for text, found in self.instances.items()
            for number in range(len(found))
            for name, contender in self.contenders.items()
            for seed, seconds in contender.seeds()
        ]

    def facts(self, job: Job) -> dict[str, Any]:
        """What a row says of the run itself."""
        instance, method = self.instances[job.set][job.instance], self.methods[job.contender, job.seed]
        return {
            "problem": self.problem,
            "set": job.set,
            "instance": instance.name,
            "size": instance.size,
            "fingerprint": instance.identity,
            "method": method.name,
            "options": method.options,
            "seed": job.seed,
            "budget_s": method.budget_s,
            "train_decisions": method.train_decisions,
            "train_cpu_s": method.train_cpu_s,
        }

    def warm_up(self, names: Sequence[str]) -> None:
        """Let all that these contenders need be compiled and loaded before anything is timed."""
        smallest = min((one for found in self.instances.values() for one in found), key=lambda one: one.shape)
        for name in names:
            self.contenders[name].made(self.problem, 0, WARM_UP_S).solve(smallest, 0)
        gc.collect()
        gc.freeze()  # what has been loaded is not gone through again while the clock runs

    def run(self, job: Job) -> dict[str, Any]:
        """What the run has in hand at each budget, verified, and the seconds that it took.

        Budgets at which it has no schedule yet are left out, and those beyond its seconds unless its schedule is
        proved optimal. ValueError where the judge comes to another objective.
        """
        instance = self.instances[job.set][job.instance]
        solution = self._solved(job, instance)
        whole = Improvement(solution.cpu_s, solution.objective, solution.schedule)
        kept: dict[str, Any] = {"wall_s": solution.wall_s, "cpu_s": solution.cpu_s}
        judged: dict[float, float] = {}
        for budget in self.budgets:
            had = [one for one in solution.improvements or (whole,) if one.cpu_s <= budget]
            if had and (budget <= job.seconds or solution.status == "optimal"):
                last = had[-1]
                if last.cpu_s not in judged:
                    judged[last.cpu_s] = parts(self.problem).verify.verify(instance, last.schedule)
                    check(job, instance, last.objective, judged[last.cpu_s])
                kept[column(budget)] = judged[last.cpu_s]
        reference, kind = parts(self.problem).reference(instance)
        return kept | {"reference": reference, "reference_kind": kind}

    @cached_property
    def _wall(self) -> dict[str, float]:
        """Wall seconds for a CPU second, of contenders that did not have their CPU seconds."""
        return {}

    def _solved(self, job: Job, instance: Instance) -> Solution:
        """The method's answer. Where a solver, which goes by wall time, has not had its CPU seconds, it is given more.

        ValueError where the machine is too busy for that.
        """
        method, solution = self.methods[job.contender, job.seed], None
        for _ in range(TRIES):
            seconds = job.seconds * self._wall.get(job.contender, 1.0)
            if seconds > job.seconds:
                method = self.contenders[job.contender].made(self.problem, job.seed, seconds)
            solution = method.solve(instance, job.seed)
            had = solution.cpu_s >= FULL * job.seconds or solution.wall_s < FULL * seconds
            if seconds > job.seconds or not had:
                ratio = solution.wall_s / solution.cpu_s
                self._wall[job.contender] = min(1.1 * ratio, LONGEST) if ratio > 1 / FULL else 1.0
            if method.budget_s is None or method.rounds is not None or had:
                return solution
        assert solution is not None
        raise ValueError(
            f"{job.contender} had {solution.cpu_s:.3g} CPU s in {solution.wall_s:.3g} s of {instance.name}: go on when "
            "the machine has less to do."
        )


def spread(instances: list[Instance], take: int | None) -> list[Instance]:
    """So many of them, evenly spread; all where that is None or more."""
    count = min(take or len(instances), len(instances))
    return [instances[k * len(instances) // count] for k in range(count)]


def check(job: Job, instance: Instance, claimed: float, found: float) -> None:
    """ValueError where the judge comes to another objective."""
    if found != claimed:
        raise ValueError(f"{job.contender} claims {claimed} on {instance.name}, but it is {found}.")


def column(budget: float) -> str:
    """What the column of a budget is called."""
    return f"{budget:g}"


def results(race: Race, jobs: Sequence[Job], workers: int = 1) -> Iterator[dict[str, Any]]:
    """What each of these runs says, in their order, by so many processes at once, each with a CPU clock of its own."""
    names = tuple(dict.fromkeys(job.contender for job in jobs))
    if workers == 1 or len(jobs) == 1:
        race.warm_up(names)
        yield from map(race.run, jobs)
        return
    pool = ProcessPoolExecutor(workers, get_context("spawn"), _begin, (replace(race), names))
    try:
        yield from pool.map(_run, jobs)
    except BrokenProcessPool as error:
        raise ValueError(
            "A process that ran methods has ended before its time: go on with the same command."
        ) from error
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


_races: list[Race] = []
"""What a process of the pool runs."""


def _begin(race: Race, names: Sequence[str]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the first process is asked, and says when to end
    threading.Thread(target=_end_with_parent, daemon=True).start()
    race.warm_up(names)
    _races.append(race)


def _end_with_parent() -> None:
    """Where the first process was killed, nobody asks for more: do not wait for it for ever."""
    first = parent_process()
    assert first is not None
    first.join()
    os._exit(1)


def _run(job: Job) -> dict[str, Any]:
    return _races[0].run(job)
