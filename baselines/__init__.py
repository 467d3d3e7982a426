"""Rules, solvers and the pilot method: what a learned policy has to beat."""
