"""Commands: train, evaluate, verify, speed, report and demo."""
