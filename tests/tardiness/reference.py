"""What an agent sees of a job sequence at one decision, column by column and in plain Python.

It is worked out from the instance, the schedule so far, which jobs the decision is about and which are candidates: no
part of the kernel.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from statistics import fmean, pstdev

import numpy as np

from envs.core.vector import DispatchVectorEnv
from envs.tardiness.env import Options
from envs.tardiness.instance import TardinessInstance

Numbers = dict[str, float]


def columns(env: DispatchVectorEnv, row: int) -> dict[str, dict[str, np.ndarray]]:
    """By array and by name: what each column of a row of `env` that is running should hold, padding included."""
    instance, seen, spec = env.instances[row], env.observation, env.problem.spec
    assert isinstance(instance, TardinessInstance)
    block = np.flatnonzero(env.view().unscheduled[row]).tolist()
    legal = np.flatnonzero(seen.action_mask[row]).tolist()
    now = Moment(instance, env.problem.options, env.schedule(row).tolist(), block, legal)
    edges = zip(seen.edge_type[row].tolist(), *seen.edges[row].tolist(), strict=True)
    entries = {
        "node_features": [now.node_features(node - 1) for node in range(seen.node_type.shape[1])],
        "node_state": [now.node_state(node - 1) for node in range(seen.node_type.shape[1])],
        "edge_features": [now.edge(edge_type, source - 1, target - 1) for edge_type, source, target in edges],
        "candidate_features": [now.candidate(job) for job in range(seen.action_mask.shape[1])],
    }
    return {
        array: {column.name: np.array([one.get(column.name, 0.0) for one in found]) for column in getattr(spec, array)}
        for array, found in entries.items()
    }


def soft(x: float) -> float:
    """Squashed into (-1, 1), half way at 4."""
    return x / (4 + abs(x))


def squashed(x: float) -> float:
    """Squashed into (-1, 1), half way at 1."""
    return x / (1 + abs(x))


@dataclass(frozen=True)
class Completed:
    """What MDD makes of jobs: their weighted tardiness, how many are late, and the largest tardiness."""

    cost: int = 0
    late: int = 0
    latest: int = 0


@dataclass(frozen=True)
class Moment:
    """One decision; jobs are numbered by due date, then processing time, weight and the instance's order."""

    instance: TardinessInstance
    options: Options
    schedule: list[list[int]]
    """Rows (job as the instance numbers it, start, end) of the placed jobs."""
    block: list[int]
    """The jobs that this decision is about."""
    legal: list[int]
    """The jobs of the candidates."""

    @cached_property
    def jobs(self) -> list[tuple[int, int, int, int]]:
        """(due, processing, weight, number) of each job."""
        numbers = self.instance.due.tolist(), self.instance.processing.tolist(), self.instance.weight.tolist()
        return sorted(zip(*numbers, range(self.instance.jobs), strict=True))

    def due(self, job: int) -> int:
        return self.jobs[job][0]

    def processing(self, job: int) -> int:
        return self.jobs[job][1]

    def weight(self, job: int) -> int:
        return self.jobs[job][2]

    def by_length(self, jobs: Sequence[int]) -> list[int]:
        return sorted(jobs, key=lambda job: (self.processing(job), job))

    @cached_property
    def total(self) -> int:
        return int(self.instance.processing.sum())

    @cached_property
    def mean(self) -> float:
        return self.total / self.instance.jobs

    @cached_property
    def mean_weight(self) -> float:
        return float(self.instance.weight.mean())

    @cached_property
    def end(self) -> dict[int, int]:
        """Of each placed job."""
        job = {number: j for j, (*_, number) in enumerate(self.jobs)}
        return {job[number]: end for number, _, end in self.schedule}

    @cached_property
    def begin(self) -> int:
        """Of the block: the end of what is placed without a gap from time 0."""
        time = 0
        for _, start, end in sorted(self.schedule, key=lambda row: row[1]):
            if start > time:
                break
            time = end
        return time

    @cached_property
    def work(self) -> int:
        """Processing time of the block."""
        return sum(map(self.processing, self.block))

    def node_features(self, job: int) -> Numbers:
        """Of a job, or of the clock, which is job -1."""
        n = self.instance.jobs
        if job < 0:
            return {"size": n / (n + 32)}
        if job >= n:
            return {}
        return {
            "processing": self.processing(job) / (2 * self.mean),
            "due": squashed(self.due(job) / self.total),
            "due_rank": job / n,
            "length_rank": self.by_length(range(n)).index(job) / n,
            "weight": self.weight(job) / (self.weight(job) + self.mean_weight),
        }

    def node_state(self, job: int) -> Numbers:
        """Of a job, or of the clock, which is job -1."""
        n = self.instance.jobs
        if job < 0:
            return {"placed": len(self.end) / n, "end": self.begin / self.total, "block": len(self.block) / n}
        return {
            "placed": float(job in self.end),
            "end": self.end.get(job, 0) / self.total,
            "block": float(job in self.block),
        }

    def edge(self, edge_type: int, source: int, target: int) -> Numbers:
        """later, earlier, longer, shorter; -1 is none."""
        if edge_type < 0:
            return {}
        if edge_type < 2:
            return {"gap": squashed(abs(self.due(target) - self.due(source)) / (2 * self.mean))}
        return {"gap": abs(self.processing(target) - self.processing(source)) / (2 * self.mean)}

    # Candidates

    def candidate(self, job: int) -> Numbers:
        if job not in self.legal:
            return {}
        seen = self.constant(job)
        if self.options.lookahead != "none":
            seen |= self.bounds(job)
        if self.options.lookahead == "pilot":
            seen |= self.pilots(job)
        return seen

    @cached_property
    def longest(self) -> int:
        return self.by_length(self.block)[-1]

    def placed(self, job: int) -> int:
        """The job that the choice places."""
        return self.longest if self.options.form == "position" else job

    def ends(self, job: int) -> int:
        """When the placed job ends."""
        if self.options.form == "next":
            return self.begin + self.processing(job)
        if self.options.form == "last":
            return self.begin + self.work
        return self.begin + sum(self.processing(other) for other in self.block if other <= job)

    def cost(self, job: int) -> int:
        """Weighted tardiness of the placed job."""
        return self.weight(self.placed(job)) * max(0, self.ends(job) - self.due(self.placed(job)))

    def time(self, value: float) -> float:
        return soft(value * len(self.block) / self.work)

    def constant(self, job: int) -> Numbers:
        """What costs constant time."""
        m, form, end, placed = len(self.block), self.options.form, self.ends(job), self.placed(job)
        place, first, last = self.block.index(job), self.block[0], self.block[-1]
        dues = list(map(self.due, self.block))
        lengths = list(map(self.processing, self.block))
        if form == "position":
            passed = place - self.block.index(self.longest)
            next_due = self.time(self.due(self.block[place + 1]) - end) if job != last else 1.0
            passed_due = self.due(job) + self.processing(job) - end
        else:
            passed = place if form == "next" else m - 1 - place
            next_due = self.time(self.due(first if form == "next" else last) - end)
            passed_due = self.due(job) + self.processing(job) - self.begin - self.work
        return {
            "processing": self.time(self.processing(placed)),
            "slack": self.time(self.due(placed) - end),
            "tardiness": self.time(self.cost(job) / self.mean_weight),
            "place": place / m,
            "passed": passed / m,
            "length_rank": self.by_length(self.block).index(job) / m,
            "work": self.processing(placed) / self.work,
            "next_due": next_due,
            "passed_due": self.time(passed_due),
            "modified_due": self.time(max(self.begin + self.processing(job), self.due(job)) - self.begin - self.work),
            "tardiness_factor": squashed(1 - (fmean(dues) - self.begin) / self.work),
            "due_range": squashed((dues[-1] - dues[0]) / self.work),
            "longest": self.time(max(lengths)),
            "shortest": self.time(min(lengths)),
            "block_size": m / (m + 32),
            "block_share": m / self.instance.jobs,
            "candidates": len(self.legal) / (len(self.legal) + 4),
            "begin": self.begin / self.total,
        }

    def parts(self, job: int) -> list[tuple[list[int], int]]:
        """The jobs that the choice leaves undecided, and from when on: one block or two."""
        others = [other for other in self.block if other != self.placed(job)]
        if self.options.form == "position":
            before, after = (
                ([o for o in others if o <= job], self.begin),
                ([o for o in others if o > job], self.ends(job)),
            )
            return [before, after]
        return [(others, self.ends(job) if self.options.form == "next" else self.begin)]

    def bound(self, job: int) -> int:
        """Of the block after the choice: ends by length meet due dates in their order, at the least weight."""
        late = 0
        for jobs, time in self.parts(job):
            for other, due in zip(self.by_length(jobs), sorted(map(self.due, jobs)), strict=True):
                time += self.processing(other)
                late += max(0, time - due)
        return self.cost(job) + int(self.instance.weight.min()) * late

    def bounds(self, job: int) -> Numbers:
        m, ends, tardy = len(self.block), self.begin, 0
        for other in self.block:
            ends += self.processing(other)
            tardy += ends > self.due(other)
        lengths = list(map(self.processing, self.block))
        return {
            "late": sum(self.begin + self.processing(other) >= self.due(other) for other in self.block) / m,
            "tardy": tardy / m,
            "spread": squashed(pstdev(lengths) / fmean(lengths)),
            "bound_regret": self.time((self.bound(job) - min(map(self.bound, self.legal))) / self.mean_weight),
            "bound_level": self.time(self.bound(job) / self.mean_weight / m),
        }

    def mdd(self, jobs: Sequence[int], time: int) -> Completed:
        """The modified due date rule; a job that is late goes before one in time with the same modified due date."""
        left, found = list(jobs), Completed()
        while left:

            def priority(job: int, time: int = time) -> tuple[int, bool, tuple[int, int]]:
                end = time + self.processing(job)
                in_time = end <= self.due(job)
                return max(end, self.due(job)), in_time, (0 if in_time else self.processing(job), job)

            job = min(left, key=priority)
            left.remove(job)
            time += self.processing(job)
            late = max(0, time - self.due(job))
            cost = found.cost + self.weight(job) * late
            found = Completed(cost, found.late + (late > 0), max(found.latest, late))
        return found

    def completed(self, job: int) -> int:
        """Weighted tardiness of the block when MDD completes it after the choice."""
        return self.cost(job) + sum(self.mdd(*part).cost for part in self.parts(job))

    def pilots(self, job: int) -> Numbers:
        m, found, cost = len(self.block), self.completed(job), self.cost(job)
        completed = list(map(self.completed, self.legal))
        least, parts = min(completed), [self.mdd(*part) for part in self.parts(job)]
        over, above, size = found - least, found - self.bound(job), max(found, 1)
        before = 0 if self.options.form == "next" else parts[0].cost
        times = {
            "pilot_regret": over,
            "pilot_regret_fine": 16 * over,
            "pilot_above": above,
            "pilot_latest": max([cost, *(part.latest for part in parts)]),
            "pilot_level": least / m,
        }
        return {name: self.time(value / self.mean_weight) for name, value in times.items()} | {
            "pilot_regret_share": over / (0.05 * max(least, 1) + over),
            "pilot_rank": sum(other < found for other in completed) / len(completed),
            "pilot_above_share": above / size,
            "before_share": before / size,
            "own_share": cost / size,
            "pilot_tardy": ((cost > 0) + sum(part.late for part in parts)) / m,
        }
