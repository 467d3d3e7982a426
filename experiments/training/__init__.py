"""Training behind the command `train`: settings, run directory, learning curve, validation, processes."""
