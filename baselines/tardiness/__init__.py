"""The rules and solvers of total tardiness."""
