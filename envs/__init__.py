"""Scheduling problems as Gymnasium environments: `gymnasium.make("envs:dispatch/JobShop-v0")`.

.. include:: README.md
"""

from importlib import import_module
from typing import Any

import gymnasium

PROBLEMS: dict[str, str] = {
    "jobshop": "envs.jobshop.env:JobShop",
    "tardiness": "envs.tardiness.env:Tardiness",
    "soc": "envs.soc.env:SoC",
}
"""Name of each problem and where its `Problem` class is; the only table to edit for a new one."""


def load_problem(name: str) -> type[Any]:
    """The `Problem` class of that name.

    Raises:
        ValueError: no such problem.
    """
    if name not in PROBLEMS:
        from envs.core.text import nearest

        raise ValueError(f"There is no problem {name!r}: {nearest(name, PROBLEMS)}")
    module, title = PROBLEMS[name].split(":")
    return getattr(import_module(module), title)


for _name, _entry in PROBLEMS.items():
    gymnasium.register(
        id=f"dispatch/{_entry.split(':')[1]}-v0",
        entry_point="envs.core.env:DispatchEnv",
        vector_entry_point="envs.core.vector:DispatchVectorEnv",
        kwargs={"problem": _name},
    )
