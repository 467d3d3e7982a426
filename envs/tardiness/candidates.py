"""What a decision is between: dominance rules leave out what no optimal sequence needs."""

from envs.core.compiled import fast
from envs.tardiness.state import BY_DUE_DATE, LAST, LATE, NEXT, POSITION


@fast
def offer(s, b, form, dominance, block):
    """List the candidates for the block."""
    if form == POSITION:
        offer_places(s, b, dominance, block)
    elif not dominance or s.line[b].weighted:
        for k in range(block.low, block.high):
            if not dominance or not is_dominated(s, b, form, block, k):
                offer_job(s, b, form, block, s.order[b, k])
    elif form == NEXT:
        offer_first(s, b, block)
    else:
        offer_last(s, b, block)


@fast
def offer_job(s, b, form, block, slot):
    """The job as the first or the last one of the block."""
    line = s.line[b]
    choice = s.choice[b, line.candidates]
    choice.job, choice.processing, choice.due = slot.job, slot.processing, slot.due
    choice.place, choice.spot = s.place[b, slot.job], s.spot[b, slot.job]
    choice.end = block.time + (slot.processing if form == NEXT else block.work)
    choice.cost = s.job[b, slot.job].weight * max(0, choice.end - slot.due)
    line.candidates += 1


@fast
def offer_place(s, b, block, k, end):
    """The longest job of the block at place k, where it ends then."""
    line, longest, slot = s.line[b], s.short[b, block.high - 1], s.order[b, k]
    line.longest = longest.job
    choice = s.choice[b, line.candidates]
    choice.job, choice.processing, choice.due = slot.job, slot.processing, slot.due
    choice.place, choice.spot, choice.end = k, s.spot[b, slot.job], end
    choice.cost = s.job[b, longest.job].weight * max(0, end - longest.due)
    line.candidates += 1


@fast
def offer_places(s, b, dominance, block):
    """Where the longest job may go: Lawler (1977), narrowed by Potts and Van Wassenhove (1982).

    Behind the job at place k, where it ends at E, if the next job is due after E and every job that it passes is due no
    later than E less its own processing time.
    """
    own, last, reach = s.place[b, s.short[b, block.high - 1].job], block.high - 1, -LATE
    end = block.time + work_until(s, b, block, own)
    for k in range(own, block.high):
        if k > own:
            end += s.order[b, k].processing
            reach = max(reach, s.order[b, k].due + s.order[b, k].processing)
        if not dominance or (reach <= end and (k == last or end < s.order[b, k + 1].due)):
            offer_place(s, b, block, k, end)


@fast
def offer_first(s, b, block):
    """Jobs that some optimal sequence begins with: no other precedes them by Emmons (1969), theorems 1 and 2.

    By processing time, a job that is due before all shorter ones, and could not end later than they are due, has no
    shorter one before it; then a longer one of that kind precedes it if the job would be in time as the last one. The
    job that is due first ends the list.
    """
    line, least, end = s.line[b], LATE, block.time + block.work
    earliest, k = s.order[b, block.low].due, block.low
    while least > earliest and block.time + s.short[b, k].processing < least:
        slot = s.short[b, k]
        if slot.due < least:
            if line.candidates > 0:
                before = s.choice[b, line.candidates - 1]
                line.candidates -= before.due == least and least + before.processing >= end
            offer_job(s, b, NEXT, block, slot)
            least = slot.due
        k += 1


@fast
def offer_last(s, b, block):
    """Jobs that some optimal sequence ends with: no other follows them by Emmons (1969), theorems 1 and 2."""
    line, reach, end = s.line[b], -LATE, block.time + block.work
    latest = s.order[b, block.high - 1].due
    k = block.high - 1
    while k >= block.low and reach < latest:
        slot = s.short[b, k]
        if slot.due > reach:
            if slot.due + slot.processing >= end:
                line.candidates = 0
            offer_job(s, b, LAST, block, slot)
        reach = max(reach, slot.due, block.time + slot.processing)
        k -= 1


@fast
def is_dominated(s, b, form, block, at):
    """Whether a job neither longer nor of less weight precedes the one at this place; LAST: the other way round.

    It does in some optimal sequence if it is due before the other is, or before that can end (Rinnooy Kan et al. 1975).
    """
    for k in range(block.low, block.high):
        one, other = (s.order[b, k], s.order[b, at]) if form == NEXT else (s.order[b, at], s.order[b, k])
        weight, least = s.job[b, one.job].weight, s.job[b, other.job].weight
        if (
            k != at
            and one.processing <= other.processing
            and weight >= least
            and (one.job < other.job or one.processing < other.processing or weight > least)
            and one.due <= max(other.due, block.time + other.processing)
        ):
            return True
    return False


@fast
def offer_only(s, b, form, block, solved):
    """One candidate, the beginning of an order that is optimal."""
    slots = s.order[b] if solved == BY_DUE_DATE else s.short[b]
    if form == NEXT:
        offer_job(s, b, form, block, slots[block.low])
    elif form == LAST:
        offer_job(s, b, form, block, slots[block.high - 1])
    elif solved == BY_DUE_DATE:
        own = s.place[b, s.short[b, block.high - 1].job]
        offer_place(s, b, block, own, block.time + work_until(s, b, block, own))
    else:
        offer_place(s, b, block, block.high - 1, block.time + block.work)


@fast
def work_until(s, b, block, last):
    """Processing time of the block's jobs by due date up to this place, itself included."""
    work = 0
    for k in range(block.low, last + 1):
        work += s.order[b, k].processing
    return work
