"""Rules, solvers and the pilot method: what a learned policy has to beat."""

from baselines.names import check_ours

check_ours("envs")
