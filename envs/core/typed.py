"""Values of the type that a dataclass says: the annotations are the rule, and this is where it is enforced."""

from collections.abc import Sequence
from dataclasses import fields, is_dataclass
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

WORDS = {
    bool: "True or False",
    int: "a whole number",
    float: "a number",
    str: "a text",
    Path: "a path",
    NoneType: "None",
}
"""What a value of a type is called in a sentence."""


def check_types(settings: Any) -> None:
    """ValueError for a field of a dataclass whose value is not of its annotated type, also in dataclasses inside it.

    As in typing, a float may be written as a whole number; unlike there, True is no number.
    """
    hints = get_type_hints(type(settings))
    for item in fields(settings):
        value, hint = getattr(settings, item.name), hints[item.name]
        if not fits(value, hint):
            raise ValueError(f"{item.name} is {value!r}, but must be {words(hint)}.")
        if is_dataclass(value):
            check_types(value)


def fits(value: Any, hint: Any) -> bool:
    """Whether a value is of a type: of `WORDS`, Literal, unions, tuples, lists, dicts, classes, with what is inside."""
    origin, inside = get_origin(hint), get_args(hint)
    if hint is Any:
        return True
    if origin is Literal:
        return any(type(value) is type(one) and value == one for one in inside)
    if origin in (Union, UnionType):
        return any(fits(value, one) for one in inside)
    if origin is tuple:
        if not isinstance(value, tuple):
            return False
        if inside[1:] == (...,):
            return all(fits(one, inside[0]) for one in value)
        return len(value) == len(inside) and all(map(fits, value, inside))
    if origin in (list, Sequence):
        return isinstance(value, list | tuple) and all(fits(one, inside[0]) for one in value)
    if origin is dict:
        return isinstance(value, dict) and all(fits(key, inside[0]) and fits(value[key], inside[1]) for key in value)
    if isinstance(value, bool):
        return hint is bool
    return isinstance(value, (int, float) if hint is float else hint)


def words(hint: Any) -> str:
    """What a value of the type is called in a sentence."""
    origin, inside = get_origin(hint), get_args(hint)
    if origin is Literal:
        return f"one of {', '.join(map(str, inside))}"
    if origin in (Union, UnionType):
        return " or ".join(map(words, inside))
    if origin is tuple:
        found = [words(one) for one in inside if one is not ...]
        return f"a tuple, each of its values {found[0]}" if ... in inside else f"a tuple of {' and '.join(found)}"
    if origin in (list, Sequence, dict) and inside[-1] is Any:
        return f"a {'dict' if origin is dict else 'list'}"
    if origin in (list, Sequence, dict):
        return f"a {'dict' if origin is dict else 'list'}, each of its values {words(inside[-1])}"
    return WORDS.get(hint, f"of type {getattr(hint, '__name__', hint)}")
