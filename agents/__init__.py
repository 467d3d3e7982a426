"""Learned decision makers: a graph policy, the trainers around it and their safe checkpoints."""
