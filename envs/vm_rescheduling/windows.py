"""Forms move and slot: the candidates that compete are many, and the best of them are offered."""

import numpy as np

from envs.core.compiled import fast, part
from envs.vm_rescheduling.cluster import may_go, one_of, where
from envs.vm_rescheduling.damage import with_vm
from envs.vm_rescheduling.state import ALONE, BEST


@part
def best_moves(s, b, options):
    """Fill the window with the moves of the largest scores among the best sources and sinks of each flavour."""
    line = s.line[b]
    line.candidates = 0
    for f in range(line.flavours):
        if s.flavour[b, f].cost <= line.limit - line.spent and s.flavour[b, f].fits > 0:
            sources, sinks = best_sources(s, b, f, options), best_sinks(s, b, f)
            for i in range(sources):
                for j in range(sinks):
                    combine(s, b, s.best[0, i], s.best[0, BEST + j], options.window)


@fast
def combine(s, b, source, sink, room):
    """Offer the move of a VM to a place, if it may go there and is good enough."""
    line, vm = s.line[b], s.vm[b, source.vm]
    score = (source.score + sink.score) / s.flavour[b, vm.flavour].cost
    at = line.candidates
    if at == room and score <= s.window[b, at].score:
        return
    if not may_go(s.vm[b], s.flavour[b], s.cores[b], s.memory[b], source.vm, sink.place):
        return
    while at > 0 and score > s.window[b, at].score:
        at -= 1
    for row in range(min(line.candidates, room - 1), at, -1):
        s.window[b, 1 + row] = s.window[b, row]
    one = s.window[b, 1 + at]
    one.vm, one.place, one.pattern, one.node, one.vms = source.vm, sink.place, -1, vm.place, 1
    one.gain, one.slots, one.damage, one.score = source.score, source.slots, -sink.score, score
    line.candidates = min(line.candidates + 1, room)


@fast
def best_sources(s, b, f, options):
    """List the VMs of a flavour whose going gains most, alike ones once; returns how many."""
    flavour, lift, found = s.flavour[b, f], s.lift[b, f], 0
    for place in range(0, s.line[b].nodes, 1 + flavour.double):
        if lift[place] > -np.inf and (found < BEST or lift[place] > s.best[0, found - 1].score):
            p, at = place // 2, where(flavour, place)
            _, slots = with_vm(s, b, p, place, flavour, at, f, -1, options)
            v = one_of(s.vm[b], s.head[b, ALONE * p + at], f)
            found = keep(s, b, 0, found, lift[place], slots - s.pm[b, p].slots, v, place)
    return found


@fast
def best_sinks(s, b, f):
    """List the places that a VM of a flavour damages least, alike ones once; returns how many."""
    found, drop = 0, s.drop[b, f]
    for place in range(0, s.line[b].nodes, 1 + s.flavour[b, f].double):
        if drop[place] < np.inf and (found < BEST or -drop[place] > s.best[0, BEST + found - 1].score):
            found = keep(s, b, BEST, found, -drop[place], 0.0, -1, place)
    return found


@fast
def keep(s, b, first, found, score, slots, v, place):
    """Put a place into the list that begins at `first`, by score; returns how many are in it."""
    at = found
    while at > 0 and score > s.best[0, first + at - 1].score:
        at -= 1
    same = at - 1
    while same >= 0 and s.best[0, first + same].score == score:
        if same_room(s, b, s.best[0, first + same].place, place):
            return found
        same -= 1
    if at == BEST:
        return found
    for row in range(min(found, BEST - 1), at, -1):
        s.best[0, first + row] = s.best[0, first + row - 1]
    one = s.best[0, first + at]
    one.vm, one.place, one.score, one.slots = v, place, score, slots
    return min(found + 1, BEST)


@fast
def same_room(s, b, place, other):
    """Whether two places and the nodes beside them have the same free room."""
    for k in range(2):
        one, two = place ^ k, other ^ k
        if s.cores[b, one] != s.cores[b, two] or s.memory[b, one] != s.memory[b, two]:
            return False
    return True


@part
def best_places(s, b, v, p, room):
    """Fill the window with the places that the VM damages least, alike ones once; p: the PM that it leaves."""
    line, vm = s.line[b], s.vm[b, v]
    flavour, drop, found = s.flavour[b, vm.flavour], s.drop[b, vm.flavour], 0
    for place in range(0, line.nodes, 1 + flavour.double):
        damage = drop[place]
        if damage == np.inf or (found == room and damage >= s.window[b, found].damage):
            continue
        if not may_go(s.vm[b], s.flavour[b], s.cores[b], s.memory[b], v, place):
            continue
        at = found
        while at > 0 and damage < s.window[b, at].damage:
            at -= 1
        same, known = at, False
        while same > 0 and s.window[b, same].damage == damage and not known:
            other = s.window[b, same].place
            known = same_room(s, b, other, place) and (other // 2 == p) == (place // 2 == p)
            same -= 1
        if known:
            continue
        for row in range(min(found, room - 1), at, -1):
            s.window[b, 1 + row] = s.window[b, row]
        one = s.window[b, 1 + at]
        one.vm, one.place, one.pattern, one.node, one.vms = v, place, -1, vm.place, 1
        one.gain, one.slots, one.damage, one.score = 0.0, 0.0, damage, -damage / flavour.cost
        found = min(found + 1, room)
    line.candidates = found
