"""Learned decision makers: a graph policy, the trainers around it and their safe checkpoints."""

from baselines.names import check_ours

check_ours("envs")
