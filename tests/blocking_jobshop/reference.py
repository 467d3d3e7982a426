"""What a blocking job shop's observation should hold, in plain Python, from an instance and what its schedule says.

Written from the names and meanings in `envs.blocking_jobshop.features`; shares no code with the kernel.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np

from envs.blocking_jobshop.instance import BlockingJobShopInstance
from envs.core.vector import DispatchVectorEnv
from tests.blocking_jobshop.shop import Shop

WAIT = 0
PILOTS = ("tail", "short", "completion")


def soft(x: float) -> float:
    """Squashed into (-1, 1)."""
    return x / (4 + abs(x))


class Moment:
    """A decision: what has happened, what is expected, what can be done."""

    def __init__(self, instance: BlockingJobShopInstance, rows: list[list[int]], now: int, view: str, scheme: str):
        self.instance, self.now, self.scheme = instance, now, scheme
        self.events = view == "events" or instance.can_fail
        self.jobs, self.machines = instance.to_jobs(), range(instance.machines)
        self.starts = [[start for j, _, _, start, *_ in rows if j == job] for job in range(len(self.jobs))]
        self.mean = max(float(instance.duration.mean()), 1e-9)
        loads = np.bincount(instance.machine, weights=instance.duration)
        lengths = [sum(d for _, d in line) for line in self.jobs]
        self.first_bound = max(int(loads.max()), *lengths, 1)
        self.downs: list[list[tuple[int, int]]] = [[] for _ in self.machines]
        self.ends: dict[tuple[int, int], int] = {}
        for machine in self.machines:
            self._run(machine)

    # What has happened

    def _run(self, machine: int) -> None:
        """When the machine was down, up to now, and when its operations ended."""
        first = self.instance.failure_first.tolist()[machine : machine + 2]
        failures = [(int(self.instance.failure_start[k]), int(self.instance.failure_length[k])) for k in range(*first)]
        busy, done, downs = bool(self.instance.busy_only), 0, self.downs[machine]
        if not busy:
            downs += [(start, start + length) for start, length in failures if start <= self.now]
        stays = sorted(
            (start, job, k)
            for job, starts in enumerate(self.starts)
            for k, start in enumerate(starts)
            if self.jobs[job][k][0] == machine
        )
        stays.sort(key=lambda stay: (stay[0], self.jobs[stay[1]][stay[2]][1]))
        for start, job, k in stays:
            time, left = start, self.jobs[job][k][1]
            while left and (time < self.now or not self.events):  # unit by unit
                worked = not any(a <= time < b for a, b in downs)
                time += 1
                if worked:
                    left, done = left - 1, done + 1
                    if busy and failures and failures[0][0] == done:
                        downs.append((time, time + failures.pop(0)[1]))
                    if left and not self.instance.resume and any(a == time for a, _ in downs):
                        left = self.jobs[job][k][1]
            if not left:
                self.ends[job, k] = time
            self.left_over = getattr(self, "left_over", {}) | {(job, k): left}

    def down(self, machine: int) -> tuple[int, int] | None:
        """The failure that the machine, if anybody still needs it, suffers from now."""
        if self.on(machine) is None and not self.needed(machine):
            return None
        return next(((a, b) for a, b in self.downs[machine] if a <= self.now < b), None)

    def started(self, job: int) -> int:
        return len(self.starts[job])

    def gone(self, job: int) -> bool:
        """In the order view, a job on its last operation is as good as gone."""
        last = len(self.jobs[job]) - 1
        return self.started(job) > last and ((job, last) in self.ends or not self.events)

    def on(self, machine: int) -> int | None:
        """The job that is on the machine."""
        for job in range(len(self.jobs)):
            if self.started(job) and not self.gone(job) and self.jobs[job][self.started(job) - 1][0] == machine:
                return job
        return None

    # What is expected

    @cached_property
    def downtime(self) -> float:
        law = self.instance
        return 1 / law.repair_probability if law.repair_probability else (1 + law.downtime_most) / 2

    def expected(self, machine: int, duration: int) -> int:
        """The duration with the downtimes after all of its units but the last."""
        p = float(self.instance.shutdown_probability[machine])
        if duration < 2 or not p:
            return duration
        if self.instance.resume:
            return int(duration + (duration - 1) * p * self.downtime + 0.5)
        attempts = (1 - p) ** (1 - duration)
        return int(min((attempts - 1) * (1 / p + self.downtime) + 1, 50 * duration) + 0.5)

    def repaired(self, machine: int) -> int:
        """When the machine takes and gives jobs, as far as is expected."""
        down = self.down(machine)
        if down is None:
            return self.now
        if self.instance.repair_probability:
            return self.now + int(1 / self.instance.repair_probability + 0.5)
        passed = self.now - down[0]  # what is left is uniform on 1 to most - passed: its mean, rounded up
        return self.now + max(-(-(1 + self.instance.downtime_most - passed) // 2), 1)

    @cached_property
    def shop(self) -> Shop:
        """The shop as it is expected to go on."""
        lines = [[(m, self.expected(m, d)) for m, d in line] for line in self.jobs]
        count, machines = len(self.jobs), len(self.machines)
        shop = Shop(lines, machines, bool(self.instance.swap), [0] * count, [self.now] * count, {}, [0] * machines, 0)
        shop.position = [self.started(job) for job in range(count)]
        if self.events:
            self._expect(shop)
        else:
            self._replay(shop)
        return shop

    def _replay(self, shop: Shop) -> None:
        """Without failures all times are known."""
        for job, starts in enumerate(self.starts):
            for k, start in enumerate(starts):
                machine, duration = self.jobs[job][k]
                shop.ready[job] = start + duration
                leave = starts[k + 1] if k + 1 < len(starts) else start + duration
                if k + 1 == len(starts) < len(self.jobs[job]):
                    shop.holder[machine] = job
                else:
                    shop.free[machine] = max(shop.free[machine], leave)
            if self.gone(job):
                shop.ended = max(shop.ended, shop.ready[job])

    def _expect(self, shop: Shop) -> None:
        for machine in self.machines:
            job, up = self.on(machine), self.repaired(machine)
            shop.free[machine] = up
            if job is None:
                continue
            last = self.started(job) - 1
            if (job, last) not in self.ends:
                shop.ready[job] = up + self.left_over[job, last]
            else:
                down = self.down(machine)
                shop.ready[job] = self.now if down is not None and down[0] == self.now else up
            if last + 1 < len(self.jobs[job]):
                shop.holder[machine] = job
            else:
                shop.free[machine] = shop.ready[job]
                shop.ended = max(shop.ended, shop.ready[job])
        over = [self.ends[job, len(line) - 1] for job, line in enumerate(self.jobs) if self.gone(job)]
        shop.ended = max([shop.ended, *over])

    @cached_property
    def coming(self) -> int | None:
        """When something is expected to happen that can be seen to come."""
        moments = []
        for machine in self.machines:
            job, needed = self.on(machine), self.shop.load(machine) or self.needed(machine)
            at_work = job is not None and (job, self.started(job) - 1) not in self.ends
            if self.down(machine) is not None:
                if job is not None or needed:
                    moments.append(self.repaired(machine))
            elif at_work:
                assert job is not None
                moments.append(self.shop.ready[job])
        return min(moments, default=None)

    def needed(self, machine: int) -> bool:
        return any(m == machine for job, line in enumerate(self.jobs) for m, _ in line[self.started(job) :])

    @cached_property
    def candidates(self) -> list[int]:
        """Actions."""
        shop, moves = self.shop, self.shop.movable()
        if self.events:
            moves = [job for job in moves if self.can_start(job)]
            waits = self.coming is not None and (self.scheme != "non_delay" or not moves)
            return [WAIT] * waits + [1 + job for job in moves]
        starts = {job: shop.start(job, 0) for job in moves}
        ends = {job: starts[job] + shop.duration(job) for job in moves}
        if self.scheme == "non_delay":
            moves = [job for job in moves if starts[job] == min(starts.values())]
        elif self.scheme == "before_completion":
            first = min(moves, key=lambda job: ends[job])
            moves = [job for job in moves if starts[job] < ends[first] or job == first]
        return [1 + job for job in moves]

    def can_start(self, job: int) -> bool:
        """Now, on a machine that is up and empty, from one where it is done and which was up a moment ago."""
        machine, here = self.shop.machine(job), self.shop.held(job)
        if self.on(machine) is not None or self.down(machine) is not None:
            return False
        if here is None:
            return True
        down = self.down(here)
        return (job, self.started(job) - 1) in self.ends and (down is None or down[0] == self.now)

    # The observation

    @cached_property
    def time(self) -> int:
        """The clock, or the earliest start of any move."""
        if self.events:
            return self.now
        return min((self.shop.start(job, 0) for job in self.shop.movable()), default=self.shop.ended)

    def is_node(self, job: int, position: int) -> bool:
        return not self.gone(job) and position >= self.started(job) - 1

    def operations(self) -> list[tuple[int, int]]:
        return [(job, k) for job, line in enumerate(self.jobs) for k in range(len(line))]

    def total(self, machine: int) -> int:
        return sum(m == machine for line in self.jobs for m, _ in line)

    def work(self, machine: int) -> int:
        return sum(d for line in self.jobs for m, d in line if m == machine)

    def node_features(self) -> list[dict[str, float]]:
        law, bound, jobs, machines = self.instance, self.first_bound, len(self.jobs), len(self.machines)
        clock = {"share": jobs / (jobs + machines), "swap": float(law.swap)}
        if law.can_fail:
            clock |= {"downtime": soft(self.downtime / self.mean), "repeat": 1 - law.resume, "busy_only": law.busy_only}
        found: list[dict[str, float]] = [clock]
        for job, k in self.operations():
            line = self.jobs[job]
            machine, duration = line[k]
            features = {
                "duration": duration / (2 * self.mean),
                "position": k / len(line),
                "tail": sum(d for _, d in line[k + 1 :]) / bound,
                "job_length": sum(d for _, d in line) / bound,
                "machine_load": self.work(machine) / bound,
            }
            found.append(features if self.is_node(job, k) else {})
        for m in self.machines:
            share = soft(self.total(m) / jobs)
            found.append({"machine_load": self.work(m) / bound, "share": share, "down_share": self.down_share(m)})
        return found

    def down_share(self, machine: int) -> float:
        down = float(self.instance.shutdown_probability[machine]) * self.downtime
        return down / (1 + down)

    def node_state(self) -> list[dict[str, float]]:
        shop, bound, count = self.shop, self.first_bound, len(self.operations())
        machines: list[dict[str, float]] = []
        for m in self.machines:
            todo = sum(x == m for job, line in enumerate(self.jobs) for x, _ in line[self.started(job) :])
            machines.append(
                {
                    "done": 1 - todo / max(self.total(m), 1),
                    "start": shop.release(m, self.now) / bound,
                    "end": shop.load(m) / bound,
                    "held": float(self.on(m) is not None),
                    "down": float(self.down(m) is not None),
                }
            )
        clock = {
            "done": sum(map(len, self.starts)) / count,
            "start": self.time / bound,
            "end": shop.bound(self.now) / bound,
            "next": len(shop.inside) / len(self.jobs),
            "held": sum(one["held"] for one in machines) / len(machines),
            "down": sum(one["down"] for one in machines) / len(machines),
        }
        return [clock, *(self.operation_state(job, k) for job, k in self.operations()), *machines]

    def operation_state(self, job: int, k: int) -> dict[str, float]:
        if not self.is_node(job, k):
            return {}
        position = self.started(job)
        if k < position:
            end = self.ends.get((job, k), self.shop.ready[job])
            return {"start": self.starts[job][k] / self.first_bound, "end": end / self.first_bound, "held": 1.0}
        durations = [d for _, d in self.shop.lines[job]]
        start = self.shop.start(job, self.now) + sum(durations[position:k])
        ends = start + durations[k]
        return {"start": start / self.first_bound, "end": ends / self.first_bound, "next": float(k == position)}

    def edges(self) -> dict[tuple[int, int, str], float]:
        """(source node, target node, type) to the feature "duration"."""
        node = {operation: 1 + index for index, operation in enumerate(self.operations())}
        found: dict[tuple[int, int, str], float] = {}
        for job, k in self.operations():
            if not self.is_node(job, k):
                continue
            machine, duration = self.jobs[job][k]
            here, there, length = node[job, k], 1 + len(node) + machine, duration / (2 * self.mean)
            names = ("holds", "held") if k < self.started(job) else ("needs", "serves")
            found[here, there, names[0]] = found[there, here, names[1]] = length
            if k + 1 < len(self.jobs[job]):
                found[here, here + 1, "successor"] = found[here + 1, here, "predecessor"] = length
            other = self.on(machine)
            if k == self.started(job) and other not in (None, job):
                assert other is not None
                there = node[other, self.started(other) - 1]
                found[here, there, "blocked_by"] = found[there, here, "blocks"] = length
        return found

    def candidate(self, action: int, lookahead: str) -> dict[str, float]:
        """Of one action, as an agent sees it; nothing where it is not legal."""
        if action not in self.candidates:
            return {}
        times, shares = self.shared_times(action), self.shared_shares(action)
        if action != WAIT:
            times |= self.move_times(action - 1)
            shares |= self.move_shares(action - 1)
        if lookahead != "none":
            times |= self.lookahead_times(action)
            shares |= self.lookahead_shares(action)
        if lookahead == "pilot":
            times |= self.pilot_times(action)
            best = {one: min(self.makespans(one)) for one in self.candidates}
            shares["pilot_rank"] = sum(best[one] < best[action] for one in best) / len(best)
        return shares | {name: soft(time / self.mean) for name, time in times.items()}

    def begin(self, action: int) -> int:
        """When what the action starts begins; of a wait, when the next thing happens."""
        if action == WAIT:
            assert self.coming is not None
            return self.coming
        return self.shop.start(action - 1, self.now)

    def end(self, action: int) -> int:
        return self.begin(action) + self.shop.duration(action - 1)

    def shared_times(self, action: int) -> dict[str, float]:
        return {"start": self.begin(action) - min(map(self.begin, self.candidates))}

    def shared_shares(self, action: int) -> dict[str, float]:
        tails = {one: self.shop.tail(one - 1) if one != WAIT else 0 for one in self.candidates}
        machines, count, inside = len(self.machines), len(self.candidates), len(self.shop.inside)
        return {
            "inside": inside / len(self.jobs),
            "free": 1 - inside / machines,
            "down": sum(self.down(m) is not None for m in self.machines) / machines,
            "candidates": count / (1 + len(self.jobs)),
            "progress": sum(map(len, self.starts)) / len(self.operations()),
            "growth": 1 - self.first_bound / max(self.shop.bound(self.now), self.first_bound),
            "earlier": sum(self.begin(one) < self.begin(action) for one in self.candidates) / count,
            "longer": sum(tails[one] > tails[action] for one in self.candidates) / count,
        }

    def move_times(self, job: int) -> dict[str, float]:
        shop, action, bound = self.shop, 1 + job, self.shop.bound(self.now)
        machine, start, end = shop.machine(job), self.begin(action), self.end(action)
        moves = [one for one in self.candidates if one != WAIT]
        soonest = min(self.end(one) for one in (moves if self.events else [1 + j for j in shop.movable()]))
        times: dict[str, float] = {
            "duration": shop.duration(job),
            "waiting": start - shop.ready[job],
            "end": end - soonest,
            "idle": start - shop.free[machine],
            "tail": shop.tail(job),
            "work": shop.rest(job) - max(map(shop.rest, shop.waiting)),
            "job_bound": end + shop.tail(job) - bound,
            "machine_bound": end + shop.load(machine) - shop.duration(job) - bound,
        }
        position, line = shop.position[job], shop.lines[job]
        if position + 1 < len(line):
            then, duration = line[position + 1]
            release = shop.release(then, self.now)
            times |= {"next_duration": duration, "next_release": release - end}
            times["next_bound"] = max(release, end) + shop.load(then) - bound
        here = shop.held(job)
        if here is not None and shop.queue(here):
            times["upstream_bound"] = max(shop.start(k, self.now) + shop.rest(k) for k in shop.queue(here)) - bound
        visits = [k for k in range(position, len(line)) if line[k][0] == self.bottleneck]
        if visits:
            times["bottleneck_distance"] = sum(d for _, d in line[position : visits[0]])
        return times

    @cached_property
    def bottleneck(self) -> int:
        """The machine with the latest release and work, the lowest of equal ones."""
        return max(self.machines, key=lambda m: self.shop.release(m, self.now) + self.shop.load(m))

    def move_shares(self, job: int) -> dict[str, float]:
        shop, jobs, machines = self.shop, len(self.jobs), len(self.machines)
        machine, position, line = shop.machine(job), shop.position[job], shop.lines[job]
        mean_load = max(sum(map(shop.load, self.machines)), 1) / machines
        shares = {
            "entry": float(position == 0),
            "last": float(position + 1 == len(line)),
            "position": position / len(line),
            "machine_share": soft(shop.load(machine) / mean_load),
            "machine_waiting": len(shop.queue(machine)) / jobs,
            "down_share": self.down_share(machine),
            "bottleneck": float(any(m == self.bottleneck for m, _ in line[position:])),
        }
        if position + 1 < len(line):
            then = line[position + 1][0]
            shares |= {
                "next_held": float(then in shop.holder),
                "next_down": float(self.down(then) is not None),
                "next_share": soft(shop.load(then) / mean_load),
                "next_waiting": len(shop.queue(then)) / jobs,
                "chain": self.chain_length(then) / machines,
            }
        here = shop.held(job)
        if here is not None:
            shares["frees"] = float(self.needed(here))
            shares["upstream"] = len(shop.queue(here)) / jobs
            shares["upstream_all"] = self.upstream(here) / jobs
        return shares

    def chain_length(self, machine: int) -> int:
        """Held machines in a row; as many as there are machines where they close."""
        chain = self.shop.chain(machine)
        closed = bool(chain) and self.shop.machine(chain[-1]) in self.shop.holder
        return len(self.machines) if closed else len(chain)

    def upstream(self, machine: int) -> int:
        """Jobs that wait for the machine, for that of the one job of these on a machine, and so on."""
        count = 0
        for _ in self.machines:
            queue = self.shop.queue(machine)
            count += len(queue)
            on = [self.shop.held(k) for k in queue if self.shop.held(k) not in (None, machine)]
            if len(on) != 1:
                break
            assert on[0] is not None
            machine = on[0]
        return count

    def later(self, action: int) -> tuple[Shop, int]:
        """The shop after an action, and the moment before which nothing then starts."""
        if action == WAIT:
            return self.shop, self.begin(WAIT)
        return self.shop.after(action - 1, self.now, rotate=not self.events), self.now

    def bound_after(self, action: int) -> int:
        shop, least = self.later(action)
        return shop.bound(least)

    def queue_after(self, action: int) -> int:
        (shop, least), machine = self.later(action), self.shop.machine(action - 1)
        return shop.release(machine, least) + shop.load(machine)

    def delays(self, action: int) -> list[int]:
        shop, least = self.later(action)
        others = [k for k in self.shop.waiting if k != action - 1 and shop.position[k] == self.shop.position[k]]
        return [shop.start(k, least) - self.shop.start(k, self.now) for k in others]

    def lookahead_times(self, action: int) -> dict[str, float]:
        bound = self.shop.bound(self.now)
        times: dict[str, float] = {
            "bound_after": self.bound_after(action) - bound,
            "bound_regret": self.bound_after(action) - min(map(self.bound_after, self.candidates)),
            "delay": sum(self.delays(action)) / len(self.jobs),
        }
        if action != WAIT:
            shop, least = self.later(action)
            moves = [one for one in self.candidates if one != WAIT]
            times |= {
                "blocking": shop.release(self.shop.machine(action - 1), least) - self.end(action),
                "queue_after": self.queue_after(action) - bound,
                "queue_regret": self.queue_after(action) - min(map(self.queue_after, moves)),
            }
        return times

    def lookahead_shares(self, action: int) -> dict[str, float]:
        shares = {"delayed": sum(delay > 0 for delay in self.delays(action)) / len(self.jobs)}
        if action != WAIT:
            entered = self.shop.after(action - 1, self.now, rotate=False)
            shares["cycle"] = len(entered.cycle(action - 1)) / len(self.machines)
        return shares

    def makespans(self, action: int) -> tuple[int, ...]:
        shop, least = self.later(action)
        return tuple(shop.completed(pilot, least) for pilot in PILOTS)

    def pilot_times(self, action: int) -> dict[str, float]:
        by_pilot = [self.makespans(one) for one in self.candidates]
        least, mine = list(map(min, zip(*by_pilot, strict=True))), self.makespans(action)
        best = list(map(min, by_pilot))
        times: dict[str, float] = {f"{name}_pilot": mine[k] - least[k] for k, name in enumerate(PILOTS)}
        return times | {
            "pilot_after": min(mine) - self.bound_after(action),
            "pilot_regret": min(mine) - min(best),
            "pilot_regret_fine": 16 * (min(mine) - min(best)),
            "pilot_lead": max(best) - min(mine),
        }


def moment(env: DispatchVectorEnv, row: int) -> Moment:
    """What a row of `env` that is running decides on now."""
    instance, options = env.instances[row], env.problem.options
    assert isinstance(instance, BlockingJobShopInstance)
    now = int(env.state.shop["now"][row])
    return Moment(instance, env.schedule(row).tolist(), now, options.view, options.scheme)


def columns(env: DispatchVectorEnv, row: int) -> dict[str, dict[str, np.ndarray]]:
    """By array and by name: what each column of a row of `env` should hold, padding included."""
    now, seen, spec = moment(env, row), env.observation, env.problem.spec
    edges, actions = now.edges(), range(1 + len(now.jobs))
    types = [spec.edge_types[k] if k >= 0 else "" for k in seen.edge_type[row].tolist()]
    shown = list(zip(*seen.edges[row].tolist(), types, strict=True))
    assert sorted(edge for edge in shown if edge[2]) == sorted(edges)
    nodes = [True, *(now.is_node(*operation) for operation in now.operations()), *(True for _ in now.machines)]
    assert np.flatnonzero(seen.node_type[row] >= 0).tolist() == np.flatnonzero(nodes).tolist()
    assert np.flatnonzero(seen.action_mask[row]).tolist() == now.candidates
    entries: dict[str, list[dict[str, float]]] = {
        "node_features": now.node_features(),
        "node_state": now.node_state(),
        "edge_features": [{"duration": edges[edge]} if edge[2] else {} for edge in shown],
        "candidate_features": [now.candidate(action, env.problem.options.lookahead) for action in actions],
    }
    found = {}
    for array, entry in entries.items():
        padding = [0.0] * (getattr(seen, array).shape[1] - len(entry))
        found[array] = {
            column.name: np.array([one.get(column.name, 0.0) for one in entry] + padding)
            for column in getattr(spec, array)
        }
    return found
