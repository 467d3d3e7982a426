"""The rules and solvers of task graphs on unlike processing elements."""
