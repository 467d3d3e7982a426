"""Blocking job shops in the order view, slow and plain: what moves, rotations, bounds and pilots are, from their words.

Nothing of it is shared with the kernel. Times are what is expected, so the same serves shops with failures.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass


@dataclass
class Shop:
    """Where the jobs are, and who holds the machines."""

    lines: list[list[tuple[int, int]]]
    """Of each job the (machine, expected duration) of its operations."""
    machines: int
    swap: bool
    position: list[int]
    """Of each job how many operations have started."""
    ready: list[int]
    holder: dict[int, int]
    """Job on each machine that is held by one with operations to come."""
    free: list[int]
    """Of each machine when it was, or will be, let go."""
    ended: int
    """The latest end of a last operation that has started."""

    # Who is where

    @property
    def waiting(self) -> list[int]:
        """Jobs with operations to come."""
        return [job for job, line in enumerate(self.lines) if self.position[job] < len(line)]

    @property
    def inside(self) -> list[int]:
        return sorted(self.holder.values())

    def machine(self, job: int) -> int:
        """Of the job's next operation."""
        return self.lines[job][self.position[job]][0]

    def duration(self, job: int) -> int:
        return self.lines[job][self.position[job]][1]

    def rest(self, job: int) -> int:
        return sum(duration for _, duration in self.lines[job][self.position[job] :])

    def tail(self, job: int) -> int:
        return self.rest(job) - self.duration(job)

    def held(self, job: int) -> int | None:
        return next((machine for machine, holder in self.holder.items() if holder == job), None)

    def load(self, machine: int) -> int:
        return sum(d for job in self.waiting for m, d in self.lines[job][self.position[job] :] if m == machine)

    def queue(self, machine: int) -> list[int]:
        return [job for job in self.waiting if self.machine(job) == machine]

    # What is expected

    def chain(self, machine: int) -> list[int]:
        """The holder of a machine, that of the machine that this one waits for, and so on, each once."""
        found: list[int] = []
        while machine in self.holder and self.holder[machine] not in found:
            found.append(self.holder[machine])
            machine = self.machine(found[-1])
        return found

    def release(self, machine: int, least: int) -> int:
        """From when the next job can have the machine."""
        chain = self.chain(machine)
        end = self.machine(chain[-1]) if chain else machine
        last = [] if end in self.holder else [self.free[end]]
        return max([least, *(self.ready[job] for job in chain), *last])

    def start(self, job: int, least: int) -> int:
        return max(self.ready[job], self.release(self.machine(job), least))

    def bound(self, least: int) -> int:
        jobs = [self.start(job, least) + self.rest(job) for job in self.waiting]
        needed = {machine for job in self.waiting for machine, _ in self.lines[job][self.position[job] :]}
        machines = [self.release(machine, least) + self.load(machine) for machine in needed]
        return max([self.ended, *jobs, *machines])

    # What happens

    def enter(self, job: int, start: int) -> None:
        """The job lets go of its machine and starts its next operation."""
        before, (machine, duration) = self.held(job), self.lines[job][self.position[job]]
        if before is not None:
            del self.holder[before]
            self.free[before] = start
        self.position[job] += 1
        self.ready[job] = start + duration
        if self.position[job] < len(self.lines[job]):
            self.holder[machine] = job
        else:
            self.free[machine] = self.ready[job]
            self.ended = max(self.ended, self.ready[job])

    def cycle(self, job: int) -> list[int]:
        """The jobs of a closed cycle, each waiting for the machine of the next; empty where the job is in none."""
        if self.held(job) is None:
            return []
        chain = self.chain(self.machine(job))
        return chain if job in chain and self.machine(chain[-1]) in self.holder and chain[-1] == job else []

    def rotate_all(self, least: int) -> None:
        """Rotate closed cycles, when their jobs are ready, until there are none."""
        found: list[int] | None = []
        while found is not None:
            cycles = [self.cycle(job) for job in self.inside]
            found = next((jobs for jobs in cycles if len(jobs) == 1 or (jobs and self.swap)), None)
            if found:
                start = max([least, *(self.ready[job] for job in found)])
                for job in found:
                    del self.holder[next(m for m, holder in self.holder.items() if holder == job)]
                for job in found:
                    self.enter(job, start)

    def after(self, job: int, least: int, rotate: bool = True) -> Shop:
        """The shop after the move of a job, as early as it can."""
        later = deepcopy(self)
        later.enter(job, max(self.ready[job], self.free[self.machine(job)], least))
        if rotate:
            later.rotate_all(least)
        return later

    def movable(self) -> list[int]:
        """Jobs whose next machine nobody holds and, where swaps are not allowed, whose move is safe."""
        free = [job for job in self.waiting if self.machine(job) not in self.holder]
        return [job for job in free if self.swap or self.after(job, 0, rotate=False).can_empty()]

    def can_empty(self) -> bool:
        """Whether the jobs inside, going ahead from place to place, all come to where they are in nobody's way."""
        shop = deepcopy(self)
        while ahead := [(job, places[-1]) for job in shop.inside if (places := shop.places(job))]:
            job, position = ahead[0]
            here = shop.held(job)
            assert here is not None
            del shop.holder[here]
            shop.position[job] = position
            if position < len(shop.lines[job]):
                shop.holder[shop.lines[job][position - 1][0]] = job
        return not any(shop.in_the_way(job, shop.held(job)) for job in shop.inside)

    def in_the_way(self, job: int, machine: int | None) -> bool:
        """Whether another job inside still needs the machine."""
        others = [other for other in self.inside if other != job]
        return any(m == machine for other in others for m, _ in self.lines[other][self.position[other] :])

    def places(self, job: int) -> list[int]:
        """How many operations the job may have started when it is in nobody's way, as far as its way is free."""
        line, found = self.lines[job], []
        for position in range(self.position[job] + 1, len(line) + 1):
            machine = line[position - 1][0]
            if self.holder.get(machine, job) != job:
                break
            if position == len(line) or not self.in_the_way(job, machine):
                found.append(position)
        return found

    # Pilots

    def completed(self, pilot: str, least: int) -> int:
        """The makespan when a pilot goes on from here."""
        shop = deepcopy(self)
        shop.rotate_all(least)
        key, cap = shop.pilot(pilot, least)
        while shop.waiting:
            free = [job for job in shop.waiting if shop.machine(job) not in shop.holder]
            allowed = [job for job in free if shop.held(job) is not None or len(shop.inside) < cap]
            for job in sorted(allowed, key=key):
                if self.swap or shop.after(job, 0, rotate=False).can_empty():
                    break
            else:
                raise AssertionError("a pilot is stuck")
            shop.enter(job, max(shop.ready[job], shop.free[shop.machine(job)], least))
            shop.rotate_all(least)
        return shop.ended

    def pilot(self, name: str, least: int) -> tuple[Callable[[int], tuple[int, int]], int]:
        """What it goes by, smallest first, and how many jobs it lets in."""

        def begins(job: int) -> int:
            return max(self.ready[job], self.free[self.machine(job)], least)

        if name == "tail":
            return lambda job: (begins(job), -self.tail(job)), max(int(0.6 * self.machines + 0.5), 1)
        if name == "short":
            return lambda job: (begins(job), self.duration(job)), 10**9
        return lambda job: (begins(job) + self.duration(job), begins(job)), max(int(0.7 * self.machines + 0.5), 1)
