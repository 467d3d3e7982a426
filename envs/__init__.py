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
    "blocking_jobshop": "envs.blocking_jobshop.env:BlockingJobShop",
    "vm_rescheduling": "envs.vm_rescheduling.env:VMRescheduling",
}
"""Name of each problem and where its `Problem` class is; the only table to edit for a new one."""


ELSEWHERE: dict[str, tuple[str, str]] = {}
"""Problems that are registered from outside: where the `Problem` class is, and the package of all other parts."""


def register(name: str, entry: str, home: str) -> None:
    """Make a problem known that lives elsewhere, to `load_problem`, `DispatchVectorEnv` and `gymnasium.make`.

    Where `home` itself calls this, in its `__init__.py`, all commands take the problem as "mine.queue:queue".

    Args:
        entry: where its `Problem` class is, "mine.queue.env:Queue"; the environment is `envs:dispatch/Queue-v0`.
        home: the package that has its parts, "mine.queue": `sets`, `formats`, `verify`, `render`, `rules`, `solvers`,
            as `envs.core.parts` lists them.

    Raises:
        ValueError: the name is taken by another problem, or `entry` is not of that form.
    """
    if name in PROBLEMS or ELSEWHERE.get(name, (entry, home)) != (entry, home):
        raise ValueError(f"There is a problem {name!r} already: register yours under another name.")
    if entry.count(":") != 1:
        raise ValueError(f"entry is {entry!r}, but must be a module and a class in it, 'mine.queue.env:Queue'.")
    ELSEWHERE[name] = entry, home
    _make(name, entry)


def full_name(name: str) -> str:
    """What commands call the problem: its name, or HOME:NAME where it is registered from outside."""
    return f"{ELSEWHERE[name][1]}:{name}" if name in ELSEWHERE else name


def load_problem(name: str) -> type[Any]:
    """The `Problem` class of that name; for "MODULE:NAME" the module is imported first, which registers NAME.

    Raises:
        ValueError: no such problem, or no such module.
    """
    where, colon, name = name.rpartition(":")
    if colon:
        try:
            import_module(where)
        except Exception as error:
            cause = f"{type(error).__name__}: {error}"
            raise ValueError(f"{where!r}, which should register the problem {name!r}, fails: {cause}.") from error
    entries = PROBLEMS | {other: entry for other, (entry, _) in ELSEWHERE.items()}
    if name not in entries:
        from envs.core.text import nearest

        raise ValueError(f"There is no problem {name!r}: {nearest(name, entries)}.")
    module, title = entries[name].split(":")
    return getattr(import_module(module), title)


def _make(name: str, entry: str) -> None:
    """Make the environment known to Gymnasium."""
    gymnasium.register(
        id=f"dispatch/{entry.split(':')[1]}-v0",
        entry_point="envs.core.env:DispatchEnv",
        vector_entry_point="envs.core.vector:DispatchVectorEnv",
        kwargs={"problem": name},
    )


for _name, _entry in PROBLEMS.items():
    _make(_name, _entry)
