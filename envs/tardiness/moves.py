"""Jobs get their places in the sequence, and blocks change."""

from envs.core.compiled import fast
from envs.tardiness.features import S
from envs.tardiness.state import BY_DUE_DATE, LAST, NEXT


@fast
def decide(s, o, b, form, action):
    """Place the chosen job of the topmost block."""
    if form == NEXT:
        put_first(s, o, b, action)
    elif form == LAST:
        put_last(s, o, b, action)
    else:
        divide(s, o, b, action)


@fast
def put_first(s, o, b, j):
    """Job j begins the block."""
    block = s.block[b, s.line[b].blocks - 1]
    move(s.order[b], s.place[b], s.place[b, j], block.low)
    move(s.short[b], s.spot[b], s.spot[b, j], block.low)
    slot = s.order[b, block.low]
    block.time += slot.processing
    settle(s, o, b, slot, block.time)
    block.low += 1
    shrink(s, b, block, slot)


@fast
def put_last(s, o, b, j):
    """Job j ends the block."""
    block = s.block[b, s.line[b].blocks - 1]
    block.high -= 1
    move(s.order[b], s.place[b], s.place[b, j], block.high)
    move(s.short[b], s.spot[b], s.spot[b, j], block.high)
    slot, end = s.order[b, block.high], block.time + block.work
    settle(s, o, b, slot, end)
    shrink(s, b, block, slot)


@fast
def shrink(s, b, block, slot):
    """A job has left the block; an empty one leaves the stack."""
    block.work -= slot.processing
    block.dues -= slot.due
    if block.low == block.high:
        s.line[b].blocks -= 1


@fast
def divide(s, o, b, pick):
    """The longest job of the block goes behind job `pick`: those before it are one block, those after it another."""
    line = s.line[b]
    line.blocks -= 1
    block = s.block[b, line.blocks]
    low, high, time, work, dues = block.low, block.high, block.time, block.work, block.dues
    longest, k = s.short[b, high - 1].job, s.place[b, pick]
    move(s.order[b], s.place[b], s.place[b, longest], k)
    slot = s.order[b, k]
    before, before_dues = 0, 0
    for i in range(low, k):
        before, before_dues = before + s.order[b, i].processing, before_dues + s.order[b, i].due
    end = time + before + slot.processing
    split(s, b, low, k, high, pick)
    settle(s, o, b, slot, end)
    push(s, b, k + 1, high, end, work - before - slot.processing, dues - before_dues - slot.due)
    push(s, b, low, k, time, before, before_dues)


@fast
def split(s, b, low, k, high, pick):
    """Divide `short` in two as well: jobs up to `pick` before place k, the others after it; the longest has left."""
    left, right = low, 0
    for i in range(low, high - 1):
        slot = s.short[b, i]
        if slot.job <= pick:
            s.spot[b, slot.job] = left
            one = s.short[b, left]
            one.job, one.processing, one.due = slot.job, slot.processing, slot.due
            left += 1
        else:
            one = s.aside[0, right]
            one.job, one.processing, one.due = slot.job, slot.processing, slot.due
            right += 1
    for i in range(right):
        one, slot = s.aside[0, i], s.short[b, k + 1 + i]
        slot.job, slot.processing, slot.due = one.job, one.processing, one.due
        s.spot[b, slot.job] = k + 1 + i


@fast
def push(s, b, low, high, time, work, dues):
    """Put a block on the stack, unless it is empty."""
    if low < high:
        block = s.block[b, s.line[b].blocks]
        block.low, block.high, block.time, block.work, block.dues = low, high, time, work, dues
        s.line[b].blocks += 1


@fast
def finish(s, o, b, block, solved):
    """Place the whole block in an order that is optimal, and take it off the stack."""
    slots = s.order[b] if solved == BY_DUE_DATE else s.short[b]
    time = block.time
    for k in range(block.low, block.high):
        slot = slots[k]
        time += slot.processing
        settle(s, o, b, slot, time)
    s.line[b].blocks -= 1


@fast
def settle(s, o, b, slot, end):
    """The job of this slot ends then."""
    j = slot.job
    s.end[b, j] = end
    s.line[b].placed += 1
    s.line[b].cost += s.job[b, j].weight * max(0, end - slot.due)
    o.node_state[b, 1 + j, S.placed] = 1.0
    o.node_state[b, 1 + j, S.end] = end / s.line[b].total
    o.candidates[b, j, 0] = o.candidates[b, j, 1] = 0
    o.candidate_type[b, j] = -1


@fast
def move(slots, at, start, end):
    """Take the job at one place of a block and put it at another; those in between give way."""
    slot, step, k = slots[start], 1 if start < end else -1, start
    j, processing, due = slot.job, slot.processing, slot.due
    while k != end:
        one, other = slots[k], slots[k + step]
        one.job, one.processing, one.due = other.job, other.processing, other.due
        at[one.job] = k
        k += step
    slot = slots[end]
    slot.job, slot.processing, slot.due = j, processing, due
    at[j] = end
