"""The job shop's environment a second time: slow, plain, and recomputed from nothing at every decision.

It is written from the names and meanings of `envs.jobshop.features.SPEC` and shares no code with the kernel. All that
an episode keeps is the list of start times of each job; whatever else is asked for is worked out from these.
"""

from __future__ import annotations

from copy import deepcopy

import numpy as np

from envs.core.spec import Observation, Spec
from envs.core.vector import DispatchVectorEnv
from envs.jobshop.instance import JobShopInstance
from envs.jobshop.pilot import LINEAR

Operation = tuple[int, int]
"""(job, position)"""


class ReferenceShop:
    """An episode of one job shop; times are in the instance's unit."""

    def __init__(self, instance: JobShopInstance, scheme: str = "active", skip_forced: bool = True) -> None:
        self.jobs = instance.to_jobs()
        self.machines = range(instance.machines)
        self.operations = [(job, position) for job, line in enumerate(self.jobs) for position in range(len(line))]
        self.starts: list[list[int]] = [[] for _ in self.jobs]
        self.scheme, self.skip_forced = scheme, skip_forced
        self.mean = max(sum(map(self.duration, self.operations)) / len(self.operations), 1e-9)
        self.first_bound = max(self.bound(), 1)
        while skip_forced and len(self.candidates()) == 1 and len(self.left()) > 1:
            self.dispatch(*self.candidates())

    # What happens

    def step(self, job: int) -> None:
        """Dispatch the job's next operation, then whatever is forced."""
        self.dispatch(job)
        while self.skip_forced and len(self.candidates()) == 1:
            self.dispatch(*self.candidates())

    def dispatch(self, job: int) -> None:
        self.starts[job].append(self.earliest(job))

    def candidates(self) -> list[int]:
        """The jobs among which the scheme leaves a choice."""
        waiting = [job for job in range(len(self.jobs)) if self.position(job) < len(self.jobs[job])]
        if not waiting or self.scheme == "semi_active":
            return waiting
        if self.scheme == "active":
            chosen = min(waiting, key=self.earliest_end)
            rivals = [job for job in waiting if self.earliest(job) < self.earliest_end(chosen)]
        else:
            chosen = min(waiting, key=lambda job: (self.earliest(job), self.earliest_end(job)))
            rivals = [job for job in waiting if self.earliest(job) == self.earliest(chosen)]
        machine = self.machine(self.next(chosen))
        return [job for job in waiting if job == chosen or (job in rivals and self.machine(self.next(job)) == machine)]

    # Operations

    def machine(self, operation: Operation) -> int:
        job, position = operation
        return self.jobs[job][position][0]

    def duration(self, operation: Operation) -> int:
        job, position = operation
        return self.jobs[job][position][1]

    def work(self, operation: Operation) -> int:
        """Of the job from this operation on, itself included."""
        job, position = operation
        return sum(duration for _, duration in self.jobs[job][position:])

    def tail(self, operation: Operation) -> int:
        return self.work(operation) - self.duration(operation)

    def left(self) -> list[Operation]:
        """The operations that are not dispatched."""
        return [(job, position) for job, position in self.operations if position >= self.position(job)]

    def arrival(self, operation: Operation) -> int:
        """When the job gets there if its next operation starts as soon as it can and no later one has to wait."""
        job = operation[0]
        return self.earliest(job) + self.work(self.next(job)) - self.work(operation)

    # Jobs

    def position(self, job: int) -> int:
        return len(self.starts[job])

    def next(self, job: int) -> Operation:
        return job, self.position(job)

    def ready(self, job: int) -> int:
        position = self.position(job)
        return self.starts[job][-1] + self.duration((job, position - 1)) if position else 0

    def earliest(self, job: int) -> int:
        return max(self.ready(job), self.free(self.machine(self.next(job))))

    def earliest_end(self, job: int) -> int:
        return self.earliest(job) + self.duration(self.next(job))

    def unfinished(self) -> list[int]:
        return sorted({job for job, _ in self.left()})

    # Machines

    def free(self, machine: int) -> int:
        """The end of its last operation."""
        ends = [0]
        for job, starts in enumerate(self.starts):
            for position, start in enumerate(starts):
                if self.machine((job, position)) == machine:
                    ends.append(start + self.duration((job, position)))
        return max(ends)

    def on(self, machine: int) -> list[Operation]:
        return [operation for operation in self.operations if self.machine(operation) == machine]

    def on_left(self, machine: int) -> list[Operation]:
        return [operation for operation in self.left() if self.machine(operation) == machine]

    def load(self, machine: int) -> int:
        """Work it has left."""
        return sum(map(self.duration, self.on_left(machine)))

    def waiting(self, machine: int) -> int:
        """Jobs whose next operation is on it."""
        return sum(self.machine(self.next(job)) == machine for job in self.unfinished())

    # The shop

    def bound(self) -> int:
        """The larger of job bound and machine bound; the makespan at the end."""
        unfinished = self.unfinished()
        jobs = [
            self.earliest(job) + self.work(self.next(job)) if job in unfinished else self.ready(job)
            for job in range(len(self.jobs))
        ]
        return max(jobs + [self.free(machine) + self.load(machine) for machine in self.machines])

    def bound_after(self, job: int) -> int:
        """The lower bound once the job's next operation is dispatched."""
        later = deepcopy(self)
        later.dispatch(job)
        return later.bound()

    def completed(self, job: int) -> int:
        """The makespan if the job is dispatched now, and then the linear rule chooses from each conflict set."""
        later = deepcopy(self)
        later.scheme = "active"
        later.dispatch(job)
        while later.left():
            later.dispatch(max(later.candidates(), key=later.priority))
        return later.bound()

    def priority(self, job: int) -> float:
        """What the linear rule says of the job."""
        operation, left = self.next(job), len(self.left()) / len(self.operations)
        then = (job, operation[1] + 1)
        measures = [
            self.earliest(job) / self.mean,
            self.duration(operation) / self.mean,
            self.work(operation) / self.mean,
        ]
        if then in self.operations:
            machine, machines = self.machine(then), len(self.machines)
            work = max(sum(map(self.duration, self.left())), 1)
            measures += [
                max(self.free(machine) - self.earliest_end(job), 0) / self.mean,
                self.load(machine) * machines / work,
                self.waiting(machine) * machines / len(self.jobs),
            ]
        return sum((late + left * early) * measure for late, early, measure in zip(*LINEAR, measures, strict=False))

    def time(self) -> int:
        return min(map(self.earliest, self.unfinished()), default=self.bound())

    def progress(self) -> float:
        return 1 - len(self.left()) / len(self.operations)

    # The observation

    def node_features(self) -> list[dict[str, float]]:
        """Of the clock, each operation, each machine."""
        bound, jobs, machines = self.first_bound, len(self.jobs), len(self.machines)
        loads = [sum(map(self.duration, self.on(machine))) / bound for machine in self.machines]
        clock = {"share": jobs / (jobs + machines)}
        operations = []
        for operation in self.operations:
            job, position = operation
            length = self.work((job, 0))
            operations.append(
                {
                    "duration": self.duration(operation) / (2 * self.mean),
                    "position": position / len(self.jobs[job]),
                    "head": (length - self.work(operation)) / bound,
                    "tail": self.tail(operation) / bound,
                    "job_length": length / bound,
                    "machine_load": loads[self.machine(operation)],
                }
            )
        return [
            clock,
            *operations,
            *({"machine_load": loads[m], "share": len(self.on(m)) / jobs} for m in self.machines),
        ]

    def node_state(self) -> list[dict[str, float]]:
        """Of the clock, each operation, each machine; times are divided by the first bound at the end."""
        states: list[dict[str, float]] = [{"done": self.progress(), "start": self.time(), "end": self.bound()}]
        for operation in self.operations:
            job, position = operation
            done = position < self.position(job)
            if done:
                start = self.starts[job][position]
            else:
                start = self.ready(job) + self.work(self.next(job)) - self.work(operation)
            states.append(
                {
                    "done": float(done),
                    "start": start,
                    "end": start + self.duration(operation),
                    "next": float(position == self.position(job)),
                }
            )
        for machine in self.machines:
            total = len(self.on(machine))
            done_share = 1 - len(self.on_left(machine)) / total if total else 0.0
            states.append({"done": done_share, "start": self.free(machine), "end": self.load(machine)})
        for state in states:
            state.update(start=state["start"] / self.first_bound, end=state["end"] / self.first_bound)
        return states

    def edges(self) -> dict[tuple[int, int, str], float]:
        """(source node, target node, type) to the feature "duration"."""
        node = {operation: 1 + index for index, operation in enumerate(self.operations)}
        edges: dict[tuple[int, int, str], float] = {}
        for operation in self.operations:
            job, position = operation
            here, length = node[operation], self.duration(operation) / (2 * self.mean)
            machine = 1 + len(self.operations) + self.machine(operation)
            edges[here, machine, "needs"] = edges[machine, here, "serves"] = length
            then = node.get((job, position + 1))
            if then is not None:
                edges[here, then, "successor"] = edges[then, here, "predecessor"] = length
        return edges

    def candidate_features(self, job: int, lookahead: str = "bound") -> dict[str, float]:
        """Of one candidate, as an agent sees them."""
        times, features = self.candidate_times(job), self.candidate_shares(job)
        if lookahead != "none":
            times |= self.lookahead_times(job)
            features |= self.lookahead_shares(job)
        if lookahead == "pilot":
            ends = [self.completed(candidate) for candidate in self.candidates()]
            end = self.completed(job)
            times |= {"pilot_after": end - self.bound_after(job), "pilot_lead": max(ends) - end}
            times |= {"pilot_regret": end - min(ends), "pilot_regret_fine": 16 * (end - min(ends))}
            features["pilot_rank"] = sum(other < end for other in ends) / len(ends)
            highest = max(map(self.priority, self.candidates()))
            features["priority_regret"] = self.squashed(highest - self.priority(job))
        return features | {name: self.squashed(time / self.mean) for name, time in times.items()}

    @staticmethod
    def squashed(value: float) -> float:
        return value / (4 + abs(value))

    def candidate_times(self, job: int) -> dict[str, float]:
        operation = self.next(job)
        machine, start, end, bound = self.machine(operation), self.earliest(job), self.earliest_end(job), self.bound()
        unfinished = self.unfinished()
        completion = min(map(self.earliest_end, unfinished))
        times: dict[str, float] = {
            "duration": self.duration(operation),
            "waiting": start - self.ready(job),
            "idle": start - self.free(machine),
            "before_completion": completion - start,
            "after_completion": end - completion,
            "tail": self.tail(operation),
            "work": self.work(operation) - max(self.work(self.next(other)) for other in unfinished),
            "job_bound": end + self.tail(operation) - bound,
            "machine_bound": end + self.load(machine) - self.duration(operation) - bound,
        }
        then = (job, operation[1] + 1)
        if then in self.operations:
            free, load = self.free(self.machine(then)), self.load(self.machine(then))
            times |= {
                "next_duration": self.duration(then),
                "next_free": free - end,
                "next_bound": max(free, end) + load - bound,
            }
        return times

    def candidate_shares(self, job: int) -> dict[str, float]:
        operation, jobs = self.next(job), len(self.jobs)
        mean_load = max(sum(map(self.duration, self.left())), 1) / len(self.machines)
        then = (job, operation[1] + 1)
        shares = {
            "position": operation[1] / len(self.jobs[job]),
            "machine_share": self.squashed(self.load(self.machine(operation)) / mean_load),
            "machine_waiting": self.waiting(self.machine(operation)) / jobs,
            "last": float(then not in self.operations),
            "candidates": len(self.candidates()) / jobs,
            "progress": self.progress(),
            "growth": self.bound() / self.first_bound - 1,
        }
        if then in self.operations:
            shares["next_share"] = self.squashed(self.load(self.machine(then)) / mean_load)
            shares["next_waiting"] = self.waiting(self.machine(then)) / jobs
        return shares

    def queue(self, job: int) -> list[Operation]:
        """What is left on the machine of the job's next operation, but that operation."""
        operation = self.next(job)
        return [other for other in self.on_left(self.machine(operation)) if other != operation]

    def queue_after(self, job: int) -> int:
        """The bound after the choice, with everything in the queue behind it."""
        end = self.earliest_end(job)
        return max([self.bound_after(job), *(max(self.arrival(o), end) + self.work(o) for o in self.queue(job))])

    def lookahead_times(self, job: int) -> dict[str, float]:
        operation, bound = self.next(job), self.bound()
        candidates = self.candidates()
        times: dict[str, float] = {
            "bound_after": self.bound_after(job) - bound,
            "bound_regret": self.bound_after(job) - min(map(self.bound_after, candidates)),
            "queue_after": self.queue_after(job) - bound,
            "queue_regret": self.queue_after(job) - min(map(self.queue_after, candidates)),
        }
        queue = self.queue(job)
        if queue:
            end, arrivals = self.earliest_end(job), list(map(self.arrival, queue))
            work, tails = sum(map(self.duration, queue)), list(map(self.tail, queue))
            emptied = max(self.free(self.machine(operation)), min(arrivals)) + work
            times |= {
                "queue_last": max(self.earliest(job), emptied) + self.work(operation) - bound,
                "queue_bound": max(end, min(arrivals)) + work + min(tails) - bound,
                "tail_excess": self.tail(operation) - sum(tails) / len(tails),
                "arriving": sum(self.duration(o) for o in queue if self.arrival(o) < end),
            }
        visits = self.bottleneck_visits(job)
        if visits:
            distance = self.work(operation) - self.work(visits[0])
            free = self.free(self.machine(visits[0]))
            times |= {"bottleneck_distance": distance, "bottleneck_idle": free - self.arrival(visits[0])}
        return times

    def lookahead_shares(self, job: int) -> dict[str, float]:
        shares = {"to_bottleneck": float(bool(self.bottleneck_visits(job)))}
        operation, queue = self.next(job), self.queue(job)
        if queue:
            shares["longer"] = sum(self.work(other) > self.work(operation) for other in queue) / len(queue)
            shares["shorter"] = sum(self.duration(other) < self.duration(operation) for other in queue) / len(queue)
        return shares

    def bottleneck_visits(self, job: int) -> list[Operation]:
        """The operations that the job still has on the machine with the latest bound, the lowest of equal ones."""
        bottleneck = max(self.machines, key=lambda machine: self.free(machine) + self.load(machine))
        return [operation for operation in self.on_left(bottleneck) if operation[0] == job]


def columns(env: DispatchVectorEnv, row: int) -> dict[str, dict[str, np.ndarray]]:
    """By array and by name: what each column of a row of `env` should hold, padding included."""
    instance, options, seen = env.instances[row], env.problem.options, env.observation
    assert isinstance(instance, JobShopInstance)
    shop = ReferenceShop(instance, options.scheme, skip_forced=False)
    for job, _, _, start, _ in env.schedule(row).tolist():
        shop.starts[job].append(start)
    edges = shop.edges()
    types = [env.problem.spec.edge_types[k] if k >= 0 else "" for k in seen.edge_type[row].tolist()]
    candidates = shop.candidates()
    entries: dict[str, list[dict[str, float]]] = {
        "node_features": shop.node_features(),
        "node_state": shop.node_state(),
        "edge_features": [
            {"duration": edges[edge]} if edge[2] else {} for edge in zip(*seen.edges[row].tolist(), types, strict=True)
        ],
        "candidate_features": [
            shop.candidate_features(job, options.lookahead) if job in candidates else {}
            for job in range(len(shop.jobs))
        ],
    }
    return filled(entries, seen, env.problem.spec)


def filled(
    entries: dict[str, list[dict[str, float]]], seen: Observation, spec: Spec
) -> dict[str, dict[str, np.ndarray]]:
    """The columns of named entries, zero where an entry has no such name, with padding as in the observation."""
    found = {}
    for array, rows in entries.items():
        padding = getattr(seen, array).shape[1] - len(rows)
        found[array] = {
            column.name: np.array([one.get(column.name, 0.0) for one in rows] + [0.0] * padding)
            for column in getattr(spec, array)
        }
    return found
