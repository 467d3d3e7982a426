"""The rules and solvers of the blocking job shop."""
