"""What an agent sees of task graphs at one decision, column by column and in plain Python.

It is worked out from the instance, the schedule so far, the clock, and which rows are legal: no part of the kernel.
What has not ended by now is known by its mean duration alone. Sums of means are added in the kernel's order, so that
ties fall as they do there.
"""

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from math import inf

import numpy as np

from envs.core.vector import DispatchVectorEnv
from envs.soc.env import Options
from envs.soc.features import SPEC
from envs.soc.instance import SocInstance


def columns(env: DispatchVectorEnv, row: int) -> dict[str, dict[str, np.ndarray]]:
    """By array and by name: what each column of a row of `env` that is running should hold, padding included."""
    seen, now = env.observation, moment(env, row)
    edges = zip(seen.edge_type[row].tolist(), *seen.edges[row].tolist(), strict=True)
    entries = {
        "node_features": [now.node_features(node) for node in range(seen.node_type.shape[1])],
        "node_state": [now.node_state(node) for node in range(seen.node_type.shape[1])],
        "edge_features": [{"length": now.length(*edge)} for edge in edges],
        "candidate_features": [now.candidate(action) for action in range(seen.action_mask.shape[1])],
    }
    return {
        array: {column.name: np.array([one.get(column.name, 0.0) for one in found]) for column in getattr(SPEC, array)}
        for array, found in entries.items()
    }


def moment(env: DispatchVectorEnv, row: int) -> "Moment":
    """What a row of `env` that is running decides on now."""
    instance, seen = env.instances[row], env.observation
    assert isinstance(instance, SocInstance)
    nodes = seen.candidates[row, :, 0].tolist()
    legal = {action: nodes[action] - 1 - instance.pes for action in np.flatnonzero(seen.action_mask[row]).tolist()}
    return Moment(instance, env.problem.options, env.schedule(row).tolist(), int(env.view().now[row]), legal)


def soft(x: float) -> float:
    """Squashed into (-1, 1)."""
    return x / (4 + abs(x))


@dataclass(frozen=True)
class Job:
    """A job that has entered."""

    entry: int
    tasks: range


@dataclass(frozen=True)
class Placed:
    """What is known or expected of a placed task."""

    pe: int
    start: int
    end: int
    ended: bool


@dataclass(frozen=True)
class Place:
    """A task on a PE where it could go; `pe` is -1 where nothing is placed."""

    task: int
    pe: int
    arrives: int
    start: int
    finish: int


@dataclass(frozen=True)
class Moment:
    """One decision."""

    instance: SocInstance
    options: Options
    schedule: list[list[int]]
    """Rows (task, PE, start, end) with true times; those after `now` only tell the order on each PE."""
    now: int
    legal: dict[int, int]
    """Rows of the candidates, in order, and the task that each is about; row 0 waits."""

    # The instance as lists

    @cached_property
    def pes(self) -> range:
        return range(self.instance.pes)

    @cached_property
    def duration(self) -> list[dict[int, int]]:
        """Of each task: PE to mean duration, where it can run."""
        return [{p: time for p, time in enumerate(row) if time >= 0} for row in self.instance.duration.tolist()]

    @cached_property
    def edges(self) -> dict[tuple[int, int], int]:
        """(source, target) to volume."""
        return {(s, t): v for (s, t), v in zip(self.instance.edge.tolist(), self.instance.volume.tolist(), strict=True)}

    @cached_property
    def sources(self) -> list[list[int]]:
        return [[s for s, t in self.edges if t == task] for task in range(self.instance.tasks)]

    @cached_property
    def targets(self) -> list[list[int]]:
        return [[t for s, t in self.edges if s == task] for task in range(self.instance.tasks)]

    def transfer(self, source: int, target: int, from_pe: int, to_pe: int) -> int:
        """us that the data takes from a PE to another."""
        width = int(self.instance.bandwidth[from_pe, to_pe])
        return self.edges[source, target] // width if width else 0

    @cached_property
    def mean_transfer(self) -> dict[tuple[int, int], float]:
        """Of each edge, between two different PEs."""
        widths = [int(self.instance.bandwidth[p, q]) for p in self.pes for q in self.pes if p != q]
        apart = sum(1 / width for width in widths if width) / max(len(widths), 1)
        return {edge: volume * apart for edge, volume in self.edges.items()}

    # What follows from means alone, of each task

    @cached_property
    def average(self) -> list[float]:
        return [sum(times.values()) / len(times) for times in self.duration]

    @cached_property
    def least(self) -> list[int]:
        return [min(times.values()) for times in self.duration]

    @cached_property
    def behind(self) -> list[int]:
        """All tasks, each after its sources: those that wait for nothing first, then as they are released."""
        missing, found = [len(some) for some in self.sources], []
        for tasks in (range(*job) for job in pairwise(self.instance.job_start.tolist())):
            mine = [task for task in tasks if not missing[task]]
            for task in mine:  # grows while it is read
                for target in self.targets[task]:
                    missing[target] -= 1
                    if not missing[target]:
                        mine.append(target)
            found += mine
        return found

    @cached_property
    def rank(self) -> list[float]:
        """Upward rank."""
        rank = [0.0] * self.instance.tasks
        for task in reversed(self.behind):
            ways = [self.mean_transfer[task, target] + rank[target] for target in self.targets[task]]
            rank[task] = max(ways, default=0.0) + self.average[task]
        return rank

    @cached_property
    def tail(self) -> list[int]:
        tail = [0] * self.instance.tasks
        for task in reversed(self.behind):
            tail[task] = max((self.least[target] + tail[target] for target in self.targets[task]), default=0)
        return tail

    @cached_property
    def cost(self) -> list[list[float]]:
        """[task][PE]: the optimistic cost of what follows the task there: PEFT's table."""
        table: list[list[float]] = [[] for _ in range(self.instance.tasks)]
        for task in reversed(self.behind):
            table[task] = [
                max((self._onward(table, task, t, p) for t in self.targets[task]), default=0.0) for p in self.pes
            ]
        return table

    def _onward(self, table: list[list[float]], task: int, target: int, pe: int) -> float:
        """The least that the target and what follows it take, here or, with its data moved, anywhere."""
        times = self.duration[target]
        anywhere = min(table[target][q] + time for q, time in times.items()) + self.mean_transfer[task, target]
        return min(anywhere, table[target][pe] + times[pe]) if pe in times else anywhere

    # What has happened, and what is expected of what is under way

    @cached_property
    def jobs(self) -> list[Job]:
        """Those that have entered: at each arrival so far that found room, the next."""
        ends, found = {row[0]: row[3] for row in self.schedule}, []
        spans = [range(*job) for job in pairwise(self.instance.job_start.tolist())]
        for arrival in self.instance.arrival.tolist():
            inside = sum(any(ends.get(task, inf) > arrival for task in job.tasks) for job in found)
            if arrival <= self.now and (not self.instance.queue or inside < self.instance.queue):
                found.append(Job(arrival, spans[len(found)]))
        return found

    @cached_property
    def job_of(self) -> dict[int, int]:
        """Visible tasks to their jobs."""
        return {task: j for j, job in enumerate(self.jobs) for task in job.tasks}

    @cached_property
    def placed(self) -> dict[int, Placed]:
        """A task that is overdue is expected to be as late again as it is."""
        found: dict[int, Placed] = {}
        free = dict.fromkeys(self.pes, 0)
        depth = {task: k for k, task in enumerate(self.behind)}
        for task, pe, start, end in sorted(self.schedule, key=lambda row: (row[2], row[3], depth[row[0]])):
            if end > self.now:
                if start > self.now:
                    start = max(free[pe], self._arrival(task, pe, found))
                end = start + self.duration[task][pe]
                if end <= self.now:
                    end = self.now + max(self.now - end, 1)
            found[task] = Placed(pe, start, end, ended=end <= self.now)
            free[pe] = end
        return found

    def _arrival(self, task: int, pe: int, placed: dict[int, Placed]) -> int:
        """When the data of a visible task are on a PE."""
        times = [placed[s].end + self.transfer(s, task, placed[s].pe, pe) for s in self.sources[task]]
        return max([self.jobs[self.job_of[task]].entry, *times])

    @cached_property
    def free(self) -> list[int]:
        """When what is placed on each PE ends."""
        return [max((one.end for one in self.placed.values() if one.pe == p), default=0) for p in self.pes]

    @cached_property
    def left(self) -> list[list[int]]:
        """Of each job: tasks not yet placed, by falling upward rank."""
        order = [[task for task in self.behind if self.job_of.get(task) == j] for j in range(len(self.jobs))]
        return [
            [task for task in sorted(some, key=lambda task: -self.rank[task]) if task not in self.placed]
            for some in order
        ]

    @cached_property
    def work(self) -> list[float]:
        """Of each job: the mean durations of what is left."""
        return [sum(self.average[task] for task in tasks) for tasks in self.left]

    @cached_property
    def inside(self) -> list[int]:
        """Jobs of which a task is not known to have ended."""
        done = {task for task, one in self.placed.items() if one.ended}
        return [j for j, job in enumerate(self.jobs) if not done.issuperset(job.tasks)]

    @cached_property
    def latest(self) -> list[int]:
        """Of each job: when the last of what is placed ends, or its entry."""
        return [max([job.entry, *(self.placed[t].end for t in job.tasks if t in self.placed)]) for job in self.jobs]

    @cached_property
    def unit(self) -> float:
        """Mean duration of the visible tasks."""
        return max(sum(self.average[task] for task in self.job_of) / max(len(self.job_of), 1), 1e-9)

    def job_unit(self, j: int) -> float:
        """The same of one job."""
        return max(sum(self.average[task] for task in self.jobs[j].tasks) / len(self.jobs[j].tasks), 1e-9)

    def waits_for(self, task: int) -> int:
        """Sources that have yet to be placed or, where tasks are placed when they are ready, to end."""
        started = self.options.commit == "start"
        return sum(s not in self.placed or not (started or self.placed[s].ended) for s in self.sources[task])

    # What the decision is between

    @cached_property
    def ready(self) -> list[int]:
        """Tasks that may be placed, in the order of rows."""
        tasks = [task for tasks in self.left for task in tasks if not self.waits_for(task)]
        rows = {task: action for action, task in reversed(self.legal.items())}  # tell tasks of equal rank apart
        return sorted(tasks, key=lambda t: (self.job_of[t], -self.rank[t], rows.get(t, inf)))

    @cached_property
    def considered(self) -> list[int]:
        return self.ready[: self.options.window]

    @cached_property
    def places(self) -> dict[int, dict[int, Place]]:
        """Of each considered task: PE to what would become of it there."""
        return {task: {pe: self._place(task, pe) for pe in self.duration[task]} for task in self.considered}

    def _place(self, task: int, pe: int) -> Place:
        arrives = self._arrival(task, pe, self.placed)
        start = max(self.now, self.free[pe], arrives)
        return Place(task, pe, arrives, start, start + self.duration[task][pe])

    @cached_property
    def best(self) -> dict[int, Place]:
        """Of each considered task: where it would end first."""
        return {task: min(some.values(), key=lambda place: place.finish) for task, some in self.places.items()}

    @cached_property
    def second(self) -> dict[int, float]:
        """Of each considered task: when it would end on the best other PE."""
        return {
            task: min((place.finish for place in some.values() if place.pe != self.best[task].pe), default=inf)
            for task, some in self.places.items()
        }

    @cached_property
    def chosen(self) -> dict[int, Place | None]:
        """The place of each candidate; None where it waits."""
        pairs = self.options.decision == "pair"
        return {
            action: None
            if action == 0
            else self.places[task][(action - 1) % len(self.pes)]
            if pairs
            else self.best[task]
            for action, task in self.legal.items()
        }

    @cached_property
    def waits_until(self) -> int:
        """When the next task that is under way is expected to end."""
        return max(self.now, min(one.end for one in self.placed.values() if not one.ended))

    @cached_property
    def bound(self) -> list[int]:
        """Of each job: no earlier end is expected."""
        return [
            max([latest, *(self.best[t].finish + self.tail[t] for t in self.considered if self.job_of[t] == j)])
            for j, latest in enumerate(self.latest)
        ]

    # The columns

    def node_features(self, node: int) -> dict[str, float]:
        """Of the clock, a PE, or a task that is visible."""
        task = node - 1 - len(self.pes)
        if node == 0:
            return {"pes": len(self.pes) / (len(self.pes) + 8)}
        if task not in self.job_of:
            return {}
        times = {"duration": self.average, "least": self.least, "rank_u": self.rank, "tail": self.tail}
        unit = self.job_unit(self.job_of[task])
        counts = {"sources": soft(len(self.sources[task])), "targets": soft(len(self.targets[task]))}
        return {name: soft(some[task] / unit) for name, some in times.items()} | counts

    def node_state(self, node: int) -> dict[str, float]:
        """Of the same."""
        task = node - 1 - len(self.pes)
        if node == 0:
            return {
                "placed": len(self.placed) / max(len(self.job_of), 1),
                "ended": soft(len(self.inside)),
                "ready": soft(len(self.ready)),
                "start": soft(sum(self.work) / len(self.pes) / self.unit),
            }
        if task < 0:
            return {
                "placed": self.free[node - 1] > self.now,
                "start": soft((self.free[node - 1] - self.now) / self.unit),
                "end": self.wanted(node - 1),
            }
        if task not in self.placed:
            return {"ready": task in self.ready}
        one, j = self.placed[task], self.job_of[task]
        times = {"start": one.start, "end": one.end}
        since = {name: soft((time - self.jobs[j].entry) / self.job_unit(j)) for name, time in times.items()}
        return {"placed": 1, "ended": one.ended, **since}

    def wanted(self, pe: int) -> float:
        """Share of the considered tasks that would end first there."""
        return sum(place.pe == pe for place in self.best.values()) / max(len(self.considered), 1)

    def length(self, edge_type: int, source: int, target: int) -> float:
        """Of an edge of that type between two nodes."""
        if edge_type < 0:
            return 0.0
        first = 1 + len(self.pes)
        name, ends = SPEC.edge_types[edge_type], (source, target)
        if name in ("predecessor", "serves"):
            ends = (target, source)
        task = ends[0] - first
        between = name in ("successor", "predecessor")
        time = self.mean_transfer[task, ends[1] - first] if between else self.duration[task][ends[1] - 1]
        return soft(time / self.job_unit(self.job_of[task]))

    def candidate(self, action: int) -> dict[str, float]:
        """Of a row; nothing where it is not legal."""
        if action not in self.legal:
            return {}
        place = self.chosen[action]
        found = self._chip() | self._pilot(action)
        if place is None:
            return found | {"start": soft((self.waits_until - self.now) / self.unit)}
        return found | self._choice(place) | self._task(action, place.task) | self._others(place)

    def _times(self, times: dict[str, float]) -> dict[str, float]:
        return {name: soft(time / self.unit) for name, time in times.items()}

    def _choice(self, place: Place) -> dict[str, float]:
        """What depends on task and PE."""
        task, pe = place.task, place.pe
        candidates = [other for other in self.chosen.values() if other]
        reach = place.finish + self.cost[task][pe]
        free = [max(self.free[p], self.now) for p in self.pes]
        bound = self.bound[self.job_of[task]]
        times = {
            "duration": self.duration[task][pe],
            "over_least": self.duration[task][pe] - self.least[task],
            "over_mean": self.duration[task][pe] - self.average[task],
            "start": place.start - self.now,
            "over_best": place.finish - self.best[task].finish,
            "over_first": place.finish - min(other.finish for other in candidates),
            "idle": place.start - free[pe],
            "data": place.arrives - free[pe],
            "bound_over": place.finish + self.tail[task] - bound,
            "oct_over": reach - min(other.finish + self.cost[other.task][other.pe] for other in candidates),
            "oct_bound": reach - bound,
            "pe_free": free[pe] - min(free),
        }
        fastest = self.duration[task][pe] == self.least[task]
        return self._times(times) | {"fastest": fastest, "wanted": self.wanted(pe)}

    def _task(self, action: int, task: int) -> dict[str, float]:
        """What depends on the task and its job."""
        j = self.job_of[task]
        job, critical = self.jobs[j], [self.rank[tasks[0]] if tasks else inf for tasks in self.left]
        place = (action - 1) // len(self.pes) if self.options.decision == "pair" else action - 1
        work = [work for work, tasks in zip(self.work, self.left, strict=True) if tasks]
        times = {
            "rank_u": self.rank[task] - max(self.rank[other] for other in self.considered),
            "sent": sum(self.mean_transfer[task, target] for target in self.targets[task]),
            "chain": self.rank[task],
            "age": self.now - job.entry,
            "job_chain": critical[j],
            "job_work": self.work[j] - min(work),
            "job_chain_over": critical[j] - min(critical),
        }
        second = self.second[task]
        return self._times(times) | {
            "regret": soft((second - self.best[task].finish) / self.unit) if second < inf else 1,
            "place": place / len(self.considered),
            "released": soft(sum(self.waits_for(target) == 1 for target in self.targets[task])),
            "targets": soft(len(self.targets[task])),
            "progress": 1 - len(self.left[j]) / len(job.tasks),
            "older": self.inside.index(j) / len(self.inside),
            "job_left": soft(len(self.left[j])),
        }

    def _chip(self) -> dict[str, float]:
        """What is alike for all."""
        return {
            "ready": soft(len(self.ready)),
            "pes": soft(len(self.pes)),
            "work": soft(sum(self.work) / len(self.pes) / self.unit),
            "pes_idle": sum(time <= self.now for time in self.free) / len(self.pes),
            "inside": soft(len(self.inside)),
            "candidates": soft(len(self.legal)),
        }

    def _others(self, place: Place) -> dict[str, float]:
        """What the other considered tasks make of it that the PE is taken until then."""
        if self.options.lookahead == "none":
            return {}
        finish = {}
        for task in self.considered:
            best, there = self.best[task], self.places[task].get(place.pe)
            if task != place.task:
                behind = max(place.finish, there.arrives) + self.duration[task][place.pe] if there else inf
                finish[task] = min(self.second[task], behind) if best.pe == place.pe else best.finish
        losses = {
            "losses": sum(time - self.best[task].finish for task, time in finish.items()),
            "others": max((finish[t] + self.tail[t] - self.bound[self.job_of[t]] for t in finish), default=0),
        }
        return self._times(losses)

    # The look-ahead: all visible tasks placed behind a candidate, in two ways

    @cached_property
    def pilots(self) -> dict[int, tuple[list[int], list[int]]]:
        """Of each candidate: jobs' ends when older jobs go first, each task where end + optimistic cost is least; and
        when jobs with little work left do, each where duration + start / 2 is."""
        turns = [[j for j in self.inside if self.left[j]] for _ in range(2)]
        turns[1].sort(key=self.work.__getitem__)
        return {
            action: (self._ends(0, turns[0], place), self._ends(1, turns[1], place))
            for action, place in self.chosen.items()
        }

    def _ends(self, way: int, turn: list[int], place: Place | None) -> list[int]:
        """Of the jobs inside; those with nothing left end when they are expected to."""
        free = [max(time, self.now if place else self.waits_until) for time in self.free]
        known = {task: (one.pe, one.end) for task, one in self.placed.items()}
        if place:
            free[place.pe], known[place.task] = place.finish, (place.pe, place.finish)
        for task in (task for j in turn for task in self.left[j] if task not in known):
            begins = {
                p: max([free[p], *(known[s][1] + self.transfer(s, task, known[s][0], p) for s in self.sources[task])])
                for p in self.duration[task]
            }
            costs = {
                p: begin / 2 + self.duration[task][p] if way else begin + self.duration[task][p] + self.cost[task][p]
                for p, begin in begins.items()
            }
            pe = min(costs, key=costs.__getitem__)
            free[pe] = begins[pe] + self.duration[task][pe]
            known[task] = pe, free[pe]
        return [max([self.latest[j], *(known[task][1] for task in self.jobs[j].tasks)]) for j in self.inside]

    def _pilot(self, action: int) -> dict[str, float]:
        if self.options.lookahead != "pilot":
            return {}
        totals = {a: [sum(ends) for ends in both] for a, both in self.pilots.items()}
        least = {a: min(both) for a, both in totals.items()}
        last = {a: min(max(ends) for ends in both) for a, both in self.pilots.items()}
        over = least[action] - min(least.values())
        times = {
            "pilot_by_entry": totals[action][0] - min(both[0] for both in totals.values()),
            "pilot_by_work": totals[action][1] - min(both[1] for both in totals.values()),
            "pilot_regret": over,
            "pilot_regret_fine": 16 * over,
            "pilot_above": (least[action] - sum(self.bound[j] for j in self.inside)) / len(self.inside),
            "pilot_last": last[action] - min(last.values()),
        }
        return self._times(times) | {"pilot_rank": sum(one < least[action] for one in least.values()) / len(least)}
