"""A queue before one machine: the example of a problem, small, whole and outside of the package.

It is registered from here, as a problem of somebody else's would be.
"""

from envs import register

register("queue", "tests.queue.env:Queue", home="tests.queue")
