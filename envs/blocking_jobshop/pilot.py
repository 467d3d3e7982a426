"""How three list rules complete a schedule, on a layer of the shop in the order view, without failures to come.

| pilot | next is the move with the | then | jobs inside at most |
|---|---|---|---|
| `tail` | earliest start | longest tail | 0.6 M |
| `short` | earliest start | shortest duration | any number |
| `completion` | earliest completion | earliest start | 0.7 M |

of all moves of jobs inside and, while there are fewer inside, of those that enter. Where swaps are not allowed, of all
safe ones. Durations are the expected ones, and a machine that is down comes back when it is expected to.
"""

from envs.blocking_jobshop.moves import cycle, occupy, rotate_all, safe
from envs.blocking_jobshop.state import LATE, TRIAL
from envs.core.compiled import fast, part

TAIL, SHORT, COMPLETION = 0, 1, 2


@part
def complete(s, b, kind, least):
    """Makespan when a pilot completes the layer TRIAL, no move before `least`."""
    shop, level = s.shop[b], s.layer[b, TRIAL]
    cap = shop.machines + shop.jobs
    if kind == TAIL:
        cap = max(int(0.6 * shop.machines + 0.5), 1)
    elif kind == COMPLETION:
        cap = max(int(0.7 * shop.machines + 0.5), 1)
    if shop.events:
        rotate_all(s, b, TRIAL, least)
    count = 0
    for j in range(shop.jobs):
        if s.at[b, TRIAL, j].machine >= 0:
            s.waiting[b, count] = j
            count += 1
    while level.remaining > 0:
        j = choose(s, b, kind, least, cap, count)
        at = s.at[b, TRIAL, j]
        occupy(s, b, TRIAL, j, max(max(at.ready, least), s.hold[b, TRIAL, at.machine].free))
        length = cycle(s, b, TRIAL, j)
        if length == 1 or (length > 1 and shop.swap):
            rotate_all(s, b, TRIAL, least)
        kept = 0
        for c in range(count):
            s.waiting[b, kept] = s.waiting[b, c]
            kept += s.at[b, TRIAL, s.waiting[b, c]].machine >= 0
        count = kept
    return level.ended


@fast
def choose(s, b, kind, least, cap, count):
    """The job that the pilot moves next, the lowest of several."""
    shop, full = s.shop[b], s.layer[b, TRIAL].inside >= cap
    floor_first, floor_second, floor_job = -LATE, -LATE, -1  # what has been found not to be safe
    while True:
        first, second, chosen = LATE, LATE, -1
        for c in range(count):
            j = s.waiting[b, c]
            at = s.at[b, TRIAL, j]
            hold = s.hold[b, TRIAL, at.machine]
            if hold.holder >= 0 or (full and at.held < 0):
                continue
            start = max(max(at.ready, least), hold.free)
            duration = s.operation[b, at.next].expected
            if kind == TAIL:
                x, y = start, duration - at.rest
            elif kind == SHORT:
                x, y = start, duration
            else:
                x, y = start + duration, start
            sooner = x < first or (x == first and y < second)
            tried = x < floor_first or (
                x == floor_first and (y < floor_second or (y == floor_second and j <= floor_job))
            )
            if sooner and not tried:
                first, second, chosen = x, y, j
        if shop.swap or safe(s, b, TRIAL, chosen):
            return chosen
        floor_first, floor_second, floor_job = first, second, chosen
