"""Schedules as text, one machine after the other; pictures of them are drawn by `envs.core.gantt`."""

from collections.abc import Iterable


def lanes_table(heading: str, cells: Iterable[tuple[int, str]], lanes: int, letter: str, width: int = 100) -> str:
    """The heading, then each lane's cells in columns of equal width; its first line begins with the lane's name.

    cells: (lane, text) in the order in which they are shown. letter: the lanes are called so, "m0", "m1", ... Lines are
    wrapped at `width`.
    """
    found: list[list[str]] = [[] for _ in range(lanes)]
    for lane, cell in cells:
        found[lane].append(cell)
    margin = len(f"{letter}{lanes - 1}")
    column = max((len(cell) for some in found for cell in some), default=0) + 2
    fit = max(1, (width - margin - 3) // column)
    lines = [heading]
    for lane, some in enumerate(found):
        for first in range(0, max(len(some), 1), fit):
            name = f"{letter}{lane}" if first == 0 else ""
            line = "".join(cell.ljust(column) for cell in some[first : first + fit])
            lines.append(f"{name:<{margin}} | {line}".rstrip())
    return "\n".join(lines)
