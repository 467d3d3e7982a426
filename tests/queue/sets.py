"""Random queues by their number of jobs; nothing is published of this problem."""

from envs.core.sources import RandomSizes
from envs.core.text import size_range
from tests.queue.instance import QueueInstance


def random_source(text: str) -> RandomSizes[QueueInstance]:
    """What follows "random:": one number of jobs, "20", or the smallest and the largest, "8..14"."""
    return RandomSizes(QueueInstance.generate, *size_range(text, "queues", "JOBS", "20, or a range, 8..14"))
