"""The blocking job shop as a model of OR-tools' CP-SAT: a start for each operation, who precedes whom on each machine.

The alternative graph of Mascis and Pacciarelli (2002), European Journal of Operational Research 143(3): of two
operations on a machine one has left before the other starts, and an operation leaves when the job's next one starts.
Without swaps the moves also have an order, in which each comes after the one that empties its machine.
"""

from collections.abc import Callable, Sequence
from itertools import combinations, pairwise
from typing import Any

from ortools.sat.python import cp_model

from baselines.blocking_jobshop.timing import Calendar, Shop

Literal = cp_model.LiteralT
"""A variable that is true or false, its negation, or a constant."""


class Model:
    """A shop whose failures are all known, from some moment on.

    Exact where they are on the calendar: moves avoid down time by the domain of their moments; of each failure it is
    known whether a stay is before, around or after it, so that an operation's up time is linear in its moments.
    """

    def __init__(
        self,
        shop: Shop,
        calendar: Calendar,
        swap: bool,
        hint: Sequence[int],
        started: Sequence[int] = (),
        now: int = 0,
    ) -> None:
        """hint: (O,) starts of a schedule, whose makespan is the horizon. started, now: as `timing.earliest`."""
        self.shop, self.calendar, self.cp = shop, calendar, cp_model.CpModel()
        self.now, self.started = now, list(started) or [-1] * len(shop.duration)
        ends = [calendar.end(shop.machine[o], start, shop.duration[o]) for o, start in enumerate(hint)]
        self.hint = [*hint, *(ends[o] for o in shop.last)]
        self.horizon = max(self.hint[len(hint) :])
        self._after: dict[tuple[int, int], cp_model.IntVar] = {}
        self.low, self.high = self._windows()
        self.moves = [self._move(node) for node in range(len(self.hint))]
        self.makespan = self.cp.new_int_var(0, self.horizon, "makespan")
        self.cp.add_max_equality(self.makespan, [self.moves[node] for node in range(len(hint), len(self.hint))])
        self.cp.add_hint(self.makespan, self.horizon)
        for o in range(len(hint)):
            self._process(o)
        self.before: dict[tuple[int, int], Literal] = {}
        places = [] if swap else self._places()
        for operations in shop.on_machine:
            self._order(operations, places)
        self.cp.minimize(self.makespan)

    def leave(self, o: int) -> int:
        """The node of the move with which operation o leaves: the start of the next one, or the end of the job."""
        return len(self.shop.duration) + self.shop.job[o] if self.shop.is_last[o] else o + 1

    def starts(self, value: Callable[[cp_model.IntVar], int]) -> list[int]:
        """(O,) of a solution."""
        return [value(move) for move in self.moves[: len(self.shop.duration)]]

    def orders(self, value: Callable[[Any], int]) -> list[list[int]]:
        """The operations of each machine in the order of a solution."""
        return [
            sorted(operations, key=lambda o: sum(value(self.before[one, o]) for one in operations if one != o))
            for operations in self.shop.on_machine
        ]

    def _windows(self) -> tuple[list[int], list[int]]:
        """The first and the last moment of each move."""
        shop, low, high = self.shop, [0] * len(self.hint), [self.horizon] * len(self.hint)
        for first, last in zip(shop.first, shop.last, strict=True):
            ready, left = 0, sum(shop.duration[first : last + 1])
            for o in range(first, last + 1):
                low[o], high[o] = max(self.now, ready), self.horizon - left
                if self.started[o] >= 0:
                    low[o] = high[o] = self.started[o]
                ready = self.calendar.end(shop.machine[o], low[o], shop.duration[o])
                left -= shop.duration[o]
            low[self.leave(last)] = ready
        return low, high

    def _move(self, node: int) -> cp_model.IntVar:
        """The moment of a move: neither out of a machine that is down nor into one."""
        shop, gaps = self.shop, []
        operations = len(shop.duration)
        if node < operations:
            gaps = [(down.start, down.end - 1) for down in self.calendar.downs[shop.machine[node]]]
        left = node - 1 if node < operations and shop.position[node] else -1
        if node >= operations:
            left = shop.last[node - operations]
        if left >= 0:
            gaps += [(down.start + 1, down.end - 1) for down in self.calendar.downs[shop.machine[left]]]
        domain = cp_model.Domain(self.low[node], self.high[node])
        near = [
            list(gap) for gap in gaps if gap[0] <= gap[1] and gap[1] >= self.low[node] and gap[0] <= self.high[node]
        ]
        if near and self.low[node] < self.high[node]:
            domain = domain.intersection_with(cp_model.Domain.from_intervals(near).complement())
        move = self.cp.new_int_var_from_domain(domain, f"move_{node}")
        self.cp.add_hint(move, self.hint[node])
        return move

    def _process(self, o: int) -> None:
        """Operation o is on its machine for its duration of up time."""
        machine, duration, leave = self.shop.machine[o], self.shop.duration[o], self.leave(o)
        downs = [down for down in self.calendar.downs[machine] if self.low[o] < down.start < self.high[leave]]
        if not downs or duration == 0:
            self.cp.add(self.moves[leave] >= self.moves[o] + duration)
        elif self.calendar.resume:
            inside = [(leave, down.start + 1, down.start - down.end) for down in downs]
            inside += [(o, down.start, down.end - down.start) for down in downs]
            lost = [length * self._is_after(node, moment) for node, moment, length in inside]
            self.cp.add(self.moves[leave] - self.moves[o] + sum(lost) >= duration)
        else:  # the last attempt is not interrupted
            gaps = [[down.start - duration + 1, down.end - 1] for down in downs]
            domain = cp_model.Domain(self.low[o], self.high[leave])
            attempt = self.cp.new_int_var_from_domain(
                domain.intersection_with(cp_model.Domain.from_intervals(gaps).complement()), f"attempt_{o}"
            )
            self.cp.add_hint(attempt, self.calendar.end(machine, self.hint[o], duration) - duration)
            self.cp.add(attempt >= self.moves[o])
            self.cp.add(self.moves[leave] >= attempt + duration)

    def _is_after(self, node: int, moment: int) -> cp_model.IntVar | int:
        """Whether a move is at that moment or later."""
        if self.low[node] >= moment:
            return 1
        if self.high[node] < moment:
            return 0
        if (node, moment) not in self._after:
            literal = self.cp.new_bool_var(f"move_{node}_after_{moment}")
            self.cp.add(self.moves[node] >= moment).only_enforce_if(literal)
            self.cp.add(self.moves[node] < moment).only_enforce_if(~literal)
            self.cp.add_hint(literal, self.hint[node] >= moment)
            self._after[node, moment] = literal
        return self._after[node, moment]

    def _places(self) -> list[cp_model.IntVar]:
        """Without swaps: of each move, its place in an order of all."""
        places = [self.cp.new_int_var(0, len(self.hint) - 1, f"place_{node}") for node in range(len(self.hint))]
        for first, last in zip(self.shop.first, self.shop.last, strict=True):
            for one, other in pairwise([*range(first, last + 1), self.leave(last)]):
                self.cp.add(places[one] < places[other])
        return places

    def _order(self, operations: Sequence[int], places: Sequence[cp_model.IntVar]) -> None:
        """One machine's operations do not overlap, each of them has left before the other starts."""
        stays = []
        for o in operations:
            length = self.cp.new_int_var(0, self.horizon, f"length_{o}")
            self.cp.add_hint(length, self.hint[self.leave(o)] - self.hint[o])
            stays.append(self.cp.new_interval_var(self.moves[o], length, self.moves[self.leave(o)], f"stay_{o}"))
        self.cp.add_no_overlap(stays)
        for one, other in combinations(operations, 2):
            if self.shop.job[one] == self.shop.job[other]:
                self.before[one, other], self.before[other, one] = True, False
                continue
            literal = self.cp.new_bool_var(f"before_{one}_{other}")
            key = [(self.hint[o], self.hint[self.leave(o)]) for o in (one, other)]
            self.cp.add_hint(literal, key[0] < key[1])
            self.before[one, other], self.before[other, one] = literal, ~literal
            for a, b in ((one, other), (other, one)):
                leave = self.leave(a)
                self.cp.add(self.moves[leave] <= self.moves[b]).only_enforce_if(self.before[a, b])
                if places:
                    self.cp.add(places[leave] < places[b]).only_enforce_if(self.before[a, b])
