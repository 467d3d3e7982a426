"""A page about a problem's results, in words; its numbers are cells of the tables beside it."""

import re
from dataclasses import dataclass
from pathlib import Path

from envs.core.files import read_text, write_text
from envs.core.text import nearest

PLACE = re.compile(r"\{\{([^{}]+)\}\}")
TEMPLATES = Path(__file__).parents[1] / "problems"


@dataclass(frozen=True)
class Page:
    """`experiments/problems/<problem>.md` with numbers filled in.

    `{{TABLE|ROW|SAMPLES|COLUMN}}` is a cell of TABLE.md, in the row whose first cells are ROW and SAMPLES;
    `{{TABLE|ROW|COLUMN}}` where rows have no samples. `TABLE#HEADING` is its table under that heading, `FIRST .. LAST`
    the cells of the columns from one to the other.
    """

    title: str
    template: str = ""
    """`experiments/problems/<template>.md` instead."""
    front: str = ""
    """The heading of a section that the front page, README.md beside the folder of the page, has too, if it has it."""

    def make(self, problem: str, path: Path, command: str) -> None:
        """Write PATH.md.

        Raises:
            ValueError: a cell that there is not.
        """
        template = TEMPLATES / f"{self.template or problem}.md"
        text = PLACE.sub(lambda place: cell(path.parent, place[1], template), read_text(template))
        made = f"The numbers are cells of the tables that are named beside them, filled in by `{command}`."
        page, front = f"# {self.title}\n\n{text.strip()}\n\n{made}\n", path.parents[1] / "README.md"
        write_text(path.with_suffix(".md"), page)
        if self.front and front.exists():
            write_text(front, with_section(read_text(front), self.front, page, path.parent.name))


def with_section(front: str, heading: str, page: str, folder: str) -> str:
    """The front page with the section of that heading, where it has one, as the page in that folder has it."""
    section = re.compile(rf"^## {re.escape(heading)}\n.*?(?=^## |\Z)", re.DOTALL | re.MULTILINE)
    found = section.search(page)
    assert found is not None, heading
    linked = re.sub(r"\]\((?!\w+://)", f"]({folder}/", found[0].rstrip() + "\n\n")
    return section.sub(lambda _: linked, front)


def cell(folder: Path, place: str, template: Path) -> str:
    """What stands in a place; ValueError where it names no cell."""
    table, *words, columns = (word.strip() for word in place.split("|"))
    name, _, heading = table.partition("#")
    head, *rows = table_rows(read_text(folder / f"{name}.md"), heading)
    found = [row for row in rows if row[: len(words)] == words]
    if len(found) != 1:
        known = ["|".join(row[: len(words)]) for row in rows]
        raise ValueError(f"{template}: {place!r} names no row of {name}.md: {nearest('|'.join(words), known)}.")
    first, _, last = (column.strip() for column in columns.partition(" .. "))
    for column in (first, last or first):
        if column not in head:
            raise ValueError(f"{template}: {place!r} names no column of {name}.md: {nearest(column, head)}.")
    return " | ".join(found[0][head.index(first) : head.index(last or first) + 1])


def table_rows(text: str, heading: str) -> list[list[str]]:
    """The cells of the first table below a heading, its columns first; nothing else where there is none."""
    begin = text.find(f"## {heading}\n") if heading else 0
    lines = [] if begin < 0 else text[begin:].splitlines()
    rows: list[list[str]] = []
    for line in lines:
        if line.startswith("|"):
            rows.append([one.strip() for one in line.strip("|").split("|")])
        elif rows:
            break
    return [row for row in rows if not set("".join(row)) <= set("-: ")] or [[]]
