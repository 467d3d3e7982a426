"""Least total tardiness by decomposition on the longest job, with memory.

Lawler (1977), Annals of Discrete Mathematics 1: in some optimal sequence the jobs before the longest one are the first
of the others by due date, so that its place splits a block of jobs in two. Potts and Van Wassenhove (1982), Operations
Research Letters 1, narrow down its place: with E_j the end of the first j jobs by due date, the longest job goes to a
place j with E_j < d_{j+1}, and with d_i + p_i <= E_j for all jobs i that would otherwise have come behind it.

Every block is {i: first <= i <= last, i not longer than `longest`} in the order of due dates, so these three name it
exactly; with its start they are the key under which its value is remembered. Equal hashes do no harm.

| array | shape | dtype | meaning |
|---|---|---|---|
| `processing`, `due` | (n,) | int64 | jobs in the order of due dates, the shorter first among equals |
| `rank` | (n,) | int64 | place of each in the order of processing times, the later due first among equals |
| `jobs` | (n (n + 3) / 2 + 1,) | int64 | the open blocks, one behind the other |
| `frame` | (n + 1,) | FRAME | the same blocks, from the whole to the innermost |
| `memory` | (2^k, 4) | int64 | hash table: key, start, least tardiness (-1 = empty row), place of the longest job |
| `tally` | (2,) | int64 | rows of the memory in use; blocks that may still be opened |
"""

from time import perf_counter
from typing import NamedTuple

import numpy as np
from numba import njit

OPEN, STOPPED = -1, -2
LEFT, RIGHT = 0, 1
NEVER = -(2**62)
FEWEST_ROWS, MOST_ROWS = 2**10, 2**25
"""Of the memory; the most take 1 GiB."""

BLOCKS_AT_ONCE = 2**15
"""How many blocks are opened between two looks at the clock."""

FRAME = {
    "top": int,  # the block is jobs[top : top + jobs]
    "jobs": int,
    "start": int,
    "key": int,
    "place": int,  # where the longest job stands in the order of due dates, counted from the block's begin
    "at": int,  # the place that is tried for it
    "end": int,  # when it ends there
    "need": int,  # the latest d_i + p_i of the jobs that come before it only there
    "own": int,  # its tardiness there
    "half": int,  # which part is being solved: LEFT, the jobs before it, or RIGHT
    "left": int,  # tardiness of the jobs before it
    "best": int,  # least tardiness of the block so far, OPEN before any
    "choice": int,  # the place that has it
}


class Search(NamedTuple):
    """The arrays of the module's docstring."""

    processing: np.ndarray
    due: np.ndarray
    rank: np.ndarray
    jobs: np.ndarray
    frame: np.recarray
    memory: np.ndarray
    tally: np.ndarray


compiled = njit(cache=True, nogil=True, error_model="numpy")


def least_tardiness(processing: np.ndarray, due: np.ndarray, seconds: float) -> tuple[int, np.ndarray] | None:
    """The least total tardiness and an order (n,) that has it, or None where `seconds` or the memory do not suffice.

    processing: (n,) int64, at least 1. due: (n,) int64.
    """
    until, n = perf_counter() + seconds, len(processing)
    by_due = np.lexsort((processing, due))
    rank = np.empty(n, np.int64)
    rank[np.argsort(processing[by_due], kind="stable")] = np.arange(n)
    s = Search(
        processing=processing[by_due],
        due=due[by_due],
        rank=rank,
        jobs=np.zeros(n * (n + 3) // 2 + 1, np.int64),
        frame=np.zeros(n + 1, [(name, np.int64) for name in FRAME]).view(np.recarray),
        memory=np.full((FEWEST_ROWS, 4), OPEN),
        tally=np.zeros(2, np.int64),
    )
    while True:
        s.jobs[:n] = np.arange(n)
        s.tally[1] = BLOCKS_AT_ONCE
        value = search(s)  # what it has solved before it was stopped, it remembers
        if value != STOPPED:
            arrange(s)
            return int(value), by_due[s.jobs[:n]]
        if 2 * s.tally[0] >= len(s.memory):
            larger = np.full((4 * len(s.memory), 4), OPEN)
            refill(larger, s.memory)
            s = s._replace(memory=larger)
        if len(s.memory) > MOST_ROWS or perf_counter() > until:
            return None


def warm_up() -> None:
    """Compile the search, or load it: what the first call of `least_tardiness` spends its time on."""
    least_tardiness(np.array([1, 2, 3]), np.zeros(3, np.int64), 1.0)
    refill(np.full((2, 4), OPEN), np.full((2, 4), OPEN))


@compiled
def search(s: Search):
    """Least tardiness of `jobs[:n]`, or STOPPED when no more blocks may be opened or the memory is half full."""
    value = enter(s, 0, 0, s.processing.size, -1, 0, 0)
    if value != OPEN:
        return value
    depth = 0
    while True:
        f = s.frame[depth]
        if value != OPEN and f.half == RIGHT:
            value += f.own + f.left
            if f.best == OPEN or value < f.best:
                f.best, f.choice = value, f.at
        elif value != OPEN and (f.best == OPEN or f.own + value < f.best):
            f.half, f.left = RIGHT, value
            value = enter(s, depth + 1, f.top + f.at + 1, f.jobs - f.at - 1, -1, f.top + f.jobs, f.end)
            if value == STOPPED:
                return value
            depth += value == OPEN
            continue
        if next_place(s, f):
            f.half = LEFT
            value = enter(s, depth + 1, f.top, f.at + 1, f.top + f.place, f.top + f.jobs, f.start)
            if value == STOPPED:
                return value
            depth += value == OPEN
        else:
            value = f.best
            row = find(s.memory, f.key, f.start)
            s.memory[row, 0], s.memory[row, 1], s.memory[row, 2], s.memory[row, 3] = f.key, f.start, value, f.choice
            s.tally[0] += 1
            if depth == 0:
                return value
            depth -= 1


@compiled
def enter(s, depth, first, size, skip, top, start):
    """Copy a block, `jobs[first : first + size]` without `jobs[skip]`, to `top`; returns its least tardiness if it is
    known or plain to see, and otherwise OPEN, with the block in `frame[depth]`.
    """
    count, end = 0, start
    for x in range(first, first + size):
        if x != skip:
            s.jobs[top + count] = s.jobs[x]
            end += s.processing[s.jobs[x]]
            count += 1
    count, value = trim(s, top, count, start, end)
    if value != OPEN:
        return value
    place = longest(s, top, count)
    key = name_of(s, top, count, place)
    row = find(s.memory, key, start)
    if s.memory[row, 2] != OPEN:
        return s.memory[row, 2]
    if s.tally[1] == 0 or 2 * s.tally[0] >= s.memory.shape[0]:
        return STOPPED
    s.tally[1] -= 1
    f = s.frame[depth]
    f.top, f.jobs, f.start, f.key, f.place, f.at = top, count, start, key, place, place - 1
    f.end, f.need, f.best, f.choice = start, NEVER, OPEN, OPEN
    for x in range(top, top + place):
        f.end += s.processing[s.jobs[x]]
    return OPEN


@compiled
def trim(s, top, size, start, end):
    """Leave out jobs at the end of the block that are on time there; the tardiness if at most one job is then late.

    With at most one late job the order of due dates is optimal, since no order has a smaller largest tardiness.
    """
    while size > 0 and s.due[s.jobs[top + size - 1]] >= end:
        size -= 1
        end -= s.processing[s.jobs[top + size]]
    time, late, tardiness = start, 0, 0
    for x in range(top, top + size):
        i = s.jobs[x]
        time += s.processing[i]
        if time > s.due[i]:
            late += 1
            tardiness += time - s.due[i]
    return size, tardiness if late <= 1 else OPEN


@compiled
def longest(s, top, size):
    """Where in the block the longest job is."""
    place = 0
    for x in range(1, size):
        if s.rank[s.jobs[top + x]] > s.rank[s.jobs[top + place]]:
            place = x
    return place


@compiled
def name_of(s, top, size, place):
    """The number of the block: no other set of jobs has it."""
    n = s.processing.size
    return (s.jobs[top] * n + s.jobs[top + size - 1]) * n + s.rank[s.jobs[top + place]]


@compiled
def next_place(s, f):
    """Move `at` to the next place where the longest job may have to be; False where there is none."""
    job = s.jobs[f.top + f.place]
    while f.at + 1 < f.jobs:
        f.at += 1
        i = s.jobs[f.top + f.at]
        f.end += s.processing[i]
        f.own = max(0, f.end - s.due[job])
        if f.best != OPEN and f.own >= f.best:
            return False
        if i != job:
            f.need = max(f.need, s.due[i] + s.processing[i])
        if f.need <= f.end and (f.at + 1 == f.jobs or f.end < s.due[s.jobs[f.top + f.at + 1]]):
            return True
    return False


@compiled
def find(memory, key, start):
    """The row of this block and start, or the empty one where it belongs."""
    mask = memory.shape[0] - 1
    row = (key % 2147483629) * 0x2545F491 + (start % 2147483629) * 0x27D4EB2F
    row = (row ^ (row >> 29)) & mask
    while memory[row, 2] != OPEN and (memory[row, 0] != key or memory[row, 1] != start):
        row = (row + 1) & mask
    return row


@compiled
def refill(larger, memory):
    """Copy what is remembered into a larger memory."""
    for row in range(memory.shape[0]):
        if memory[row, 2] != OPEN:
            larger[find(larger, memory[row, 0], memory[row, 1])] = memory[row]


@compiled
def arrange(s: Search):
    """Bring `jobs[:n]` into an optimal order, after `search` has come to its end."""
    f = s.frame[0]
    f.top, f.jobs, f.start = 0, s.processing.size, 0
    blocks = 1
    for x in range(s.processing.size):
        s.jobs[x] = x
    while blocks > 0:
        blocks -= 1
        top, size, start = s.frame[blocks].top, s.frame[blocks].jobs, s.frame[blocks].start
        end = start
        for x in range(top, top + size):
            end += s.processing[s.jobs[x]]
        size, value = trim(s, top, size, start, end)
        if value == OPEN:
            place = longest(s, top, size)
            at = s.memory[find(s.memory, name_of(s, top, size, place), start), 3]
            job, end = s.jobs[top + place], start
            for x in range(top + place, top + at):
                s.jobs[x] = s.jobs[x + 1]
            s.jobs[top + at] = job
            for x in range(top, top + at + 1):
                end += s.processing[s.jobs[x]]
            for first, count, begin in ((top, at, start), (top + at + 1, size - at - 1, end)):
                f = s.frame[blocks]
                f.top, f.jobs, f.start = first, count, begin
                blocks += 1
