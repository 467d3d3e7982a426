"""Commands: train, evaluate, verify, speed, report and demo.

.. include:: README.md
"""

try:
    from baselines.names import check_ours

    check_ours("envs", "agents")
except ImportError as error:
    raise SystemExit(f"error: {error}") from None  # these are commands, whose faults are sentences
