"""Learned decision makers: a graph policy, the trainers around it and their safe checkpoints.

.. include:: README.md
"""

from baselines.names import check_ours

check_ours("envs")
