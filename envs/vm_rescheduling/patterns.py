"""Form slot: the ways to open slots, which VMs go from a PM, and the best of them.

A pattern is a set of at most 4 small VMs of a PM, no more than one above the fewest that open a slot there, of which
none can be left out. VMs of one flavour on the same node are alike.
"""

import numpy as np

from envs.core.compiled import fast, part
from envs.vm_rescheduling.cluster import one_of
from envs.vm_rescheduling.damage import least, sink_of
from envs.vm_rescheduling.state import ALONE, MOST, PATTERNS
from envs.vm_rescheduling.worth import near, slots_on, worth

BITS = 15
MASK = (1 << BITS) - 1
CLASS, THERE, AT, LEFT = range(4)
"""Rows of `pick`: the classes of VMs that may go, 1 + ALONE x flavour + where; how many there are; the chosen ones by
their place in CLASS; for each of them from 1 on, cores that are still lacking on both nodes before it."""


@fast
def list_patterns(s, b, p, options):
    """Work out anew the patterns of a PM."""
    s.pm[b, p].patterns = 0
    cores, memory, node = s.cores[b], s.memory[b], 2 * p
    line, flavours, count = s.line[b], s.flavour[b], s.counts[b, p]
    for k in range(line.kinds):
        kind = s.kind[b, k]
        n0 = slots_on(kind, cores[node], memory[node])
        n1 = slots_on(kind, cores[node + 1], memory[node + 1])
        for target in range(2 - kind.double):
            if kind.double:
                n0 = n1 = min(n0, n1)
            on = 2 if kind.double else target
            fewest = 0
            for one in range(2):
                if on == 2 or on == one:
                    slots = n1 if one else n0
                    fewest = max(
                        fewest, near(line, flavours, count, one, kind, slots, cores[node + one], memory[node + one])
                    )
            if fewest <= MOST:
                combine(s, b, p, kind, on, n0, n1, min(MOST, fewest + 1), options)


@fast
def list_classes(s, b, p, on):
    """Write the classes of small VMs that make room on a node, or (on = 2) on both; returns how many."""
    found, pick = 0, s.pick[0]
    for k in range(s.line[b].small):
        f = s.flavour[b, k].by_cores
        for at in range(ALONE):
            if (on == 2 or at == 2 or at == on) and s.counts[b, p, at, f] > 0:
                pick[CLASS, found], pick[THERE, found] = 1 + ALONE * f + at, s.counts[b, p, at, f]
                found += 1
    return found


@fast
def combine(s, b, p, kind, on, n0, n1, most, options):
    """Remember every set of at most so many VMs that opens a slot of a kind on a node, or (on = 2) on both."""
    classes, pick = list_classes(s, b, p, on), s.pick[0]
    node = 2 * p
    lack0 = (n0 + 1) * kind.cores - s.cores[b, node] if on != 1 else 0
    lack1 = (n1 + 1) * kind.cores - s.cores[b, node + 1] if on != 0 else 0
    pick[LEFT, 0] = max(lack0, 0) + max(lack1, 0)
    depth = 0
    pick[AT, 0] = 0
    while depth >= 0:
        k = pick[AT, depth]
        alike = 0
        while alike < depth and pick[AT, depth - 1 - alike] == k:
            alike += 1
        if k >= classes:
            depth -= 1
        elif alike < pick[THERE, k]:
            f = (pick[CLASS, k] - 1) // ALONE
            double = s.flavour[b, f].double
            size = s.flavour[b, f].cores
            reach = size * (most - depth)
            if (2 * reach if on == 2 else reach) < pick[LEFT, depth]:  # nor would any that follow
                depth -= 1
            elif opens(s, b, p, kind, on, n0, n1, depth + 1, -1):
                if needs_all(s, b, p, kind, on, n0, n1, depth + 1):
                    remember(s, b, p, depth + 1, options)
            elif depth + 1 < most:
                pick[LEFT, depth + 1] = pick[LEFT, depth] - (size * (1 + double) if on == 2 else size)
                pick[AT, depth + 1] = k
                depth += 1
                continue
        if depth >= 0:
            pick[AT, depth] += 1


@fast
def freed(s, b, count, without, on):
    """(cores, MB) that so many of the chosen VMs free on a node, but for the one numbered `without`."""
    cores, memory, pick = 0, 0, s.pick[0]
    for t in range(count):
        code = pick[CLASS, pick[AT, t]] - 1
        if t != without and (code % ALONE == on or code % ALONE == 2):
            flavour = s.flavour[b, code // ALONE]
            cores += flavour.cores
            memory += flavour.memory
    return cores, memory


@fast
def opens(s, b, p, kind, on, n0, n1, count, without):
    """Whether the chosen VMs open a slot by going, but for the one numbered `without`."""
    node = 2 * p
    if on != 1:
        cores, memory = freed(s, b, count, without, 0)
        if slots_on(kind, s.cores[b, node] + cores, s.memory[b, node] + memory) <= n0:
            return False
    if on != 0:
        cores, memory = freed(s, b, count, without, 1)
        if slots_on(kind, s.cores[b, node + 1] + cores, s.memory[b, node + 1] + memory) <= n1:
            return False
    return True


@fast
def needs_all(s, b, p, kind, on, n0, n1, count):
    """Whether none of the chosen VMs can be left out."""
    spare = False
    for t in range(count):
        spare |= opens(s, b, p, kind, on, n0, n1, count, t)
    return not spare


@fast
def remember(s, b, p, count, options):
    """Keep the chosen VMs as a pattern, among those with the fewest VMs and cores; doubles first, then the largest."""
    members, cost, size, pick, pm = 0, 0, 0, s.pick[0], s.pm[b, p]
    for double in range(2):
        for t in range(count - 1, -1, -1):
            code = pick[CLASS, pick[AT, t]]
            flavour = s.flavour[b, (code - 1) // ALONE]
            if flavour.double == double:
                members = (members << BITS) | code
                cost += flavour.cost
                size += flavour.cores * (1 + double)
    at = pm.patterns
    for q in range(pm.patterns):
        if s.pattern[b, p, q].members == members:
            return
    while at > 0 and comes_before(count, size, s.pattern[b, p, at - 1]):
        if at < PATTERNS:
            s.pattern[b, p, at] = s.pattern[b, p, at - 1]
        at -= 1
    if at == PATTERNS:
        return
    pm.patterns = min(pm.patterns + 1, PATTERNS)
    pattern = s.pattern[b, p, at]
    pattern.members, pattern.vms, pattern.cost, pattern.freed = members, count, cost, size
    evict(s, b, p, members, -1)
    (c0, m0), (c1, m1) = freed(s, b, count, -1, 0), freed(s, b, count, -1, 1)
    cores, memory, node = s.cores[b], s.memory[b], 2 * p
    after, slots = worth(
        s.line[b],
        s.kind[b],
        s.flavour[b],
        s.counts[b, p],
        cores[node] + c0,
        memory[node] + m0,
        cores[node + 1] + c1,
        memory[node + 1] + m1,
        options,
    )
    evict(s, b, p, members, 1)
    pattern.gain, pattern.slots = after - pm.worth, slots - pm.slots
    kind = s.kind[b, 0]
    more = slots_on(kind, cores[node] + c0, memory[node] + m0) > slots_on(kind, cores[node], memory[node])
    pattern.node = node if more else node + 1


@fast
def comes_before(count, size, pattern):
    """Whether a pattern of so many VMs and cores is remembered before another."""
    return count < pattern.vms or (count == pattern.vms and size < pattern.freed)


@fast
def evict(s, b, p, members, sign):
    """Count the VMs of a pattern out of a PM (sign -1), or in again."""
    while members > 0:
        code = (members & MASK) - 1
        s.counts[b, p, code % ALONE, code // ALONE] += sign
        members >>= BITS


@fast
def rate(s, b, p):
    """Work out anew the scores of the patterns of a PM: (gain - least damage by its VMs) / cost."""
    pm = s.pm[b, p]
    pm.top = -np.inf
    for q in range(pm.patterns):
        pattern = s.pattern[b, p, q]
        members, damage = pattern.members, 0.0
        while members > 0:
            damage += least(s.flavour[b, ((members & MASK) - 1) // ALONE], p)
            members >>= BITS
        pattern.damage = damage
        pattern.score = (pattern.gain - damage) / pattern.cost
        pm.top = max(pm.top, pattern.score)


@part
def rate_all(s, b, options):
    """Work out anew the patterns of the PMs that have changed, and all scores that may have."""
    line = s.line[b]
    for k in range(line.changed):
        list_patterns(s, b, s.pm[b, k].changed, options)
    for k in range(line.small):
        flavour = s.flavour[b, s.flavour[b, k].by_cores]
        line.stale |= flavour.damage != flavour.rated_damage
    for p in range(line.pms if line.stale else 0):
        rate(s, b, p)
    for k in range(0 if line.stale else line.changed):
        rate(s, b, s.pm[b, k].changed)
    for k in range(line.small):
        flavour = s.flavour[b, s.flavour[b, k].by_cores]
        moved = flavour.place // 2 != flavour.rated_place // 2 or flavour.other_damage != flavour.rated_other
        if moved and not line.stale:
            for place in (flavour.place, flavour.rated_place):
                if place >= 0:
                    rate(s, b, place // 2)
        flavour.rated_place, flavour.rated_damage = flavour.place, flavour.damage
        flavour.rated_other = flavour.other_damage
    line.stale = 0


@part
def best_patterns(s, b, options):
    """Fill the window with the patterns of the largest scores that the limit allows, alike ones once."""
    line, found = s.line[b], 0
    left = line.limit - line.spent
    for p in range(line.pms):
        if found < options.window or s.pm[b, p].top > s.window[b, found].score:
            for q in range(s.pm[b, p].patterns):
                pattern = s.pattern[b, p, q]
                if pattern.score > -np.inf and pattern.cost <= left:
                    found = insert(s, b, p, q, found, options.window)
    line.candidates = found


@fast
def insert(s, b, p, q, found, room):
    """Put a pattern into the window, of which so many rows are filled, by score; returns how many are then."""
    pattern, at = s.pattern[b, p, q], found
    while at > 0 and pattern.score > s.window[b, at].score:
        at -= 1
    if at == room:
        return found
    same = at
    while same > 0 and s.window[b, same].score == pattern.score:
        if alike(s, b, p, q, s.window[b, same].place, s.window[b, same].pattern):
            return found
        same -= 1
    if s.line[b].grouped and not all_go(s, b, p, pattern.members):
        return found
    for row in range(min(found, room - 1), at, -1):
        s.window[b, 1 + row] = s.window[b, row]
    one = s.window[b, 1 + at]
    one.vm, one.place, one.pattern, one.node, one.vms = -1, p, q, pattern.node, pattern.vms
    one.gain, one.slots, one.damage, one.score = pattern.gain, pattern.slots, pattern.damage, pattern.score
    return min(found + 1, room)


@fast
def alike(s, b, p, q, other, r):
    """Whether two patterns evict the same flavours from PMs with the same free room."""
    if s.pattern[b, p, q].members != s.pattern[b, other, r].members:
        return False
    for node in range(2):
        if s.cores[b, 2 * p + node] != s.cores[b, 2 * other + node]:
            return False
        if s.memory[b, 2 * p + node] != s.memory[b, 2 * other + node]:
            return False
    return True


@fast
def all_go(s, b, p, members):
    """Whether each VM of a pattern, taken alone, has a place to go to."""
    while members > 0:
        code = (members & MASK) - 1
        v = one_of(s.vm[b], s.head[b, ALONE * p + code % ALONE], code // ALONE)
        if s.vm[b, v].mate != v and sink_of(s, b, v) < 0:
            return False
        members >>= BITS
    return True
