"""Time: VMs leave and arrive, migrations take effect, and a plan is carried out on what has become of the cluster."""

from envs.core.compiled import fast, part
from envs.vm_rescheduling.cluster import may_go, put, take
from envs.vm_rescheduling.places import best_fit


@fast
def objective(s, b):
    """The objective of an instance as things are."""
    line = s.line[b]
    if line.goal > 0:
        return float(line.spent + (line.limit + 1) * max(0, line.goal - line.slots0))
    rate = 0.0
    if line.free > 0:
        rate += s.kind[b, 0].weight * (1 - s.kind[b, 0].whole * line.slots0 / line.free)
        if line.kinds > 1:
            rate += s.kind[b, 1].weight * (1 - s.kind[b, 1].whole * line.slots1 / line.free)
    return rate


@part
def pass_time(s, b, time):
    """Let VMs leave and arrive up to a time; without a span there is none."""
    line = s.line[b]
    if line.span == 0:
        return
    line.time = min(time, line.span)
    while line.event < line.events and s.event[b, line.event, 0] <= line.time:
        v = s.event[b, line.event, 2]
        if s.event[b, line.event, 1] == 0:
            leave(s, b, v)
        else:
            arrive(s, b, v)
        line.event += 1
        line.stirred = 1


@fast
def leave(s, b, v):
    """A VM goes for good, where it is still there."""
    if s.vm[b, v].place >= 0:
        take(s, b, v)
        if s.vm[b, v].start >= 0:
            s.line[b].graph ^= s.vm[b, v].salt


@fast
def arrive(s, b, v):
    """A new VM takes the place with the fewest cores left in it; none where nothing has room."""
    flavour = s.flavour[b, s.vm[b, v].flavour]
    need, memory, double = flavour.cores, flavour.memory, flavour.double
    place = best_fit(s.cores[b], s.memory[b], s.line[b].nodes, need, memory, double)
    if place >= 0:
        put(s, b, v, place)


@fast
def too_late(s, b, cost, options):
    """Whether a migration of that cost would not be done within the span."""
    line = s.line[b]
    return line.span > 0 and line.time + options.migration * cost > line.span


@fast
def migrate(s, b, v, place):
    """Migrate a VM, or nothing, where the VM or the room has gone."""
    line, vm = s.line[b], s.vm[b, v]
    if vm.place < 0 or not may_go(s.vm[b], s.flavour[b], s.cores[b], s.memory[b], v, place):
        return
    flavour, row = s.flavour[b, vm.flavour], s.log[b, line.moves]
    row[0], row[1], row[2] = v, vm.place // 2, 2 if flavour.double else vm.place % 2
    row[3], row[4], row[5] = place // 2, 2 if flavour.double else place % 2, line.time
    line.moves += 1
    line.spent += flavour.cost
    take(s, b, v)
    put(s, b, v, place)


@part
def carry_out(s, b, options):
    """Put all that a plan has moved back, let the thinking time pass, then do what is still possible of it."""
    line = s.line[b]
    planned = line.moves
    for k in range(planned - 1, -1, -1):
        take(s, b, s.log[b, k, 0])
        put(s, b, s.log[b, k, 0], 2 * s.log[b, k, 1] + s.log[b, k, 2] % 2)
    line.moves = line.spent = 0
    pass_time(s, b, line.time + options.thinking)
    for k in range(planned):
        v, place = s.log[b, k, 0], 2 * s.log[b, k, 3] + s.log[b, k, 4] % 2
        cost = s.flavour[b, s.vm[b, v].flavour].cost
        if too_late(s, b, cost, options):
            break
        pass_time(s, b, line.time + options.migration * cost)
        migrate(s, b, v, place)
