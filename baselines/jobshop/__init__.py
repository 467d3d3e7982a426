"""The rules and solvers of the job shop."""
