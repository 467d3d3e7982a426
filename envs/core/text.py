"""Words and numbers that people wrote, in commands and in text files, and sentences about what is wrong with them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import NamedTuple

NAME = re.compile(r"^#[ \t]*instance\b[ \t]*(.*?)[ \t]*$", re.MULTILINE)
"""The comment that names the instance of a text file."""


def nearest(name: str, options: Iterable[str]) -> str:
    """The end of a sentence about an unknown `name`: the options that look like it, or else all of them."""
    options = list(dict.fromkeys(map(str, options)))
    close = get_close_matches(name, options, n=3)
    if close:
        return f"the nearest {'is' if len(close) == 1 else 'are'} {', '.join(map(repr, close))}"
    shown = ", ".join(options[:12]) + (f" and {len(options) - 12} more" if len(options) > 12 else "")
    return f"there are {shown}" if shown else "there are none"


def check_spelling(what: str, value: object, renamed: Mapping[str, str]) -> None:
    """ValueError where `what`, an option or a rule, has the old name of a value; renamed: old to new."""
    if isinstance(value, str) and value in renamed:
        raise ValueError(f"{what} is {value!r}, which is called {renamed[value]!r} now: write {renamed[value]!r}.")


def whole(word: str, what: str, low: int, high: int) -> int:
    """The whole number that a word spells; `what` begins the sentence where it is none, or outside low to high."""
    if not re.fullmatch(r"[+-]?[0-9]{1,400}", word):
        raise ValueError(f"{what} {word[:40]} is not written as a whole number")
    number = int(word)
    if number < low:
        raise ValueError(f"{what} {number} is below {low}")
    if number > high:
        raise ValueError(f"{what} {number} is above {high}")
    return number


class Line(NamedTuple):
    """A line that holds more than a comment: where it stands ("shop.txt, line 3") and its words."""

    at: str
    words: list[str]

    def numbers(self, names: Sequence[str], low: int, high: int) -> list[int]:
        """One whole number for each name, or a ValueError that says which is wrong."""
        if len(self.words) != len(names):
            raise ValueError(f"{self.at}: there are {len(self.words)} words, but this line is {', '.join(names)}")
        return [whole(word, f"{self.at}: {name}", low, high) for name, word in zip(names, self.words, strict=True)]


def lines_of(text: str, path: Path) -> list[Line]:
    """The lines of a file; # begins a comment. ValueError where they are nothing but comments."""
    numbered = enumerate(text.splitlines(), 1)
    lines = [Line(f"{path}, line {number}", line.partition("#")[0].split()) for number, line in numbered]
    lines = [line for line in lines if line.words]
    if not lines:
        raise ValueError(f"{path}: the file holds nothing but comments")
    return lines


def no_format(line: Line, formats: Iterable[str]) -> ValueError:
    """What to raise where a file's first line is the beginning of none of the formats."""
    return ValueError(f"{line.at}: {line.words[0][:40]!r} begins none of the formats, {', '.join(formats)}")


def check_count(lines: Sequence[Line], expected: int, rule: str) -> None:
    """ValueError unless so many lines follow the first; `rule` ends its sentence, "because {rule}"."""
    if len(lines) - 1 < expected:
        raise ValueError(f"{lines[-1].at}: the file ends here, but {rule}")
    if len(lines) - 1 > expected:
        raise ValueError(f"{lines[1 + expected].at}: this line is one too many, because {rule}")


def name_of(text: str, path: Path) -> str:
    """What the comment `# instance NAME` says, or the file's name without its ending."""
    named = NAME.search(text)
    return named[1] if named else path.stem


def in_one_line(name: str) -> str:
    """The comment `# instance NAME`; ValueError for a name that it cannot hold."""
    if name != " ".join(name.split()):
        raise ValueError(f"the name {name!r} does not fit into one line of text: save the instance as .json")
    return f"# instance {name}".rstrip()


InstanceSize = tuple[int, ...]
"""As people count it, "10x10"; `envs.core.spec.Size` is the room in an observation."""


def size_range(text: str, what: str, form: str, example: str) -> tuple[InstanceSize, InstanceSize]:
    """The smallest and the largest size in "6x6..15x15"; "10x10" is both.

    what: what has sizes, "job shops". form: the dimensions, "JOBSxMACHINES". example: "10x10, or a range, 6x6..15x15".
    """
    one = "x".join([r"[1-9]\d{0,8}"] * len(form.split("x")))
    if not re.fullmatch(rf"{one}(\.\.{one})?", text):
        raise ValueError(f"{text!r} is no size of {what}: write {form}, as in {example}")
    low, _, high = text.partition("..")
    smallest, largest = (tuple(map(int, words.split("x"))) for words in (low, high or low))
    if any(a > b for a, b in zip(smallest, largest, strict=True)):
        raise ValueError(f"the sizes {text!r} run backwards: write the smallest first, as in {example.split()[-1]}")
    return smallest, largest


def choose(
    text: str, sets: Mapping[str, Sequence[str]], part_of: Mapping[str, str], what: str, part: str = "size"
) -> Sequence[str]:
    """The names of the instances that "la", "la:10x5", "la:la01" or "la01" mean.

    sets: name of each set to the names of its instances. part_of: name of an instance to the part of its set that it
    belongs to. what: is known by name, "job shops". part: what parts are told by.
    """
    head, filtered, chosen = text.partition(":")
    known = {name: name for names in sets.values() for name in names}
    if head not in sets and head not in known:
        raise ValueError(f"no {what} are known as {head!r}: {nearest(head, [*sets, *known])}")
    names = sets.get(head, (head,))
    if not filtered:
        return names
    found = tuple(name for name in names if chosen in (name, part_of.get(name)))
    if not found:
        parts = dict.fromkeys(part_of[name] for name in names if name in part_of)
        verb = " is" if len(parts) == 1 else "s are"
        rule = f"its {part}{verb} {', '.join(parts)}" if parts else "it has no parts but its names"
        raise ValueError(f"{head!r} has no {what} of the {part} {chosen!r}: {rule}")
    return found
