"""The command line of every experiment: `python -m experiments.COMMAND PROBLEM --options`."""

import inspect
import io
import os
import re
import shlex
import sys
import tempfile
import traceback
from collections.abc import Callable
from contextlib import redirect_stderr
from dataclasses import field, fields, is_dataclass, make_dataclass
from itertools import groupby, pairwise
from pathlib import Path
from typing import Annotated, Any, ClassVar, TypeVar, get_args, get_origin, get_type_hints

import tyro

from envs import PROBLEMS, load_problem
from envs.core.problem import Problem
from envs.core.text import check_spelling, nearest
from envs.core.typed import words

LONG = 600
"""Characters of a sentence; what a user has typed in it may be longer, and is shown in part."""

C = TypeVar("C")
D = TypeVar("D")


def no_defaults(_problem: str) -> dict[str, Any]:
    """The problem's own defaults hold."""
    return {}


def main(
    command: type[C],
    run: Callable[[C, Problem[Any, Any]], object],
    begun: Callable[[list[str]], C] | None = None,
    defaults: Callable[[str], dict[str, Any]] = no_defaults,
) -> None:
    """Read the command line into the dataclass `command` and the options of its problem, then run it.

    `begun` makes the command that holds before the words behind PROBLEM are read, where a field is one of several
    dataclasses: the options are then those of the one that it holds. `defaults` names the problem's options whose
    default differs from that of its `Options`. Bad input ends the process with one sentence on standard error and exit
    code 2.
    """
    with_one_sentence(lambda: run(*parse(command, sys.argv[1:], begun, defaults)))


def with_one_sentence(run: Callable[[], object]) -> None:
    """Run; whatever goes wrong becomes one sentence on standard error and exit code 2, never a traceback.

    What is expected of input and machines (ValueError, OSError, too little memory, numbers that are too large) says
    itself what is wrong. Anything else is a bug of ours: the sentence names a file with the traceback. With the
    environment variable DISPATCHGYM_TRACEBACK set, all errors are raised as they are.
    """
    try:
        run()
    except BrokenPipeError:  # the reader, such as head, has gone
        sys.stdout = None
        sys.exit(1)
    except KeyboardInterrupt:
        print("Interrupted.", file=sys.stderr)
        sys.exit(130)
    except Exception as error:
        if os.environ.get("DISPATCHGYM_TRACEBACK"):
            raise
        print(f"{program()}: {sentence(error)}", file=sys.stderr)
        sys.exit(2)


def sentence(error: Exception) -> str:
    """What went wrong, in one line."""
    text = " ".join(str(error).split())
    if isinstance(error, MemoryError) or "not enough memory" in text or "out of memory" in text:
        text = f"There is not enough memory for this ({text or 'no more is told'}): ask for less at once"
    elif isinstance(error, OverflowError):
        text = f"A number is too large ({text}): name a smaller one"
    elif isinstance(error, RecursionError):
        text = "Something is nested too deeply to be read: write it flatter"
    elif "embedded null" in text:
        text = "The name of a file has a zero byte in it: write another"
    elif "int_max_str_digits" in text:
        text = "A number has thousands of digits: name a smaller one"
    elif isinstance(error, OSError) and error.strerror:
        text = f"{error.strerror}: {error.filename}" if error.filename else error.strerror
    elif not isinstance(error, ValueError | OSError):
        text = f"This is a bug of DispatchGym ({type(error).__name__}: {text}): report it with {_kept(error)}"
    if len(text) > LONG:
        text = f"{text[: LONG // 2]} ... {text[-LONG // 2 :]}"
    return text if text.endswith((".", "!", "?")) else text + "."


def _kept(error: Exception) -> str:
    """A file with the traceback, or what to do where there is no room for one."""
    try:
        with tempfile.NamedTemporaryFile("w", prefix="dispatchgym-", suffix=".txt", delete=False) as file:
            file.write(f"{command_line()}\n{''.join(traceback.format_exception(error))}")
            return file.name
    except OSError:
        return "what DISPATCHGYM_TRACEBACK=1 shows"


def program() -> str:
    """The name of the running command, as in "evaluate"."""
    return Path(sys.argv[0]).stem


def command_line() -> str:
    """The running command as a person would type it."""
    name = Path(sys.argv[0])
    run = f"-m experiments.{name.stem}" if name.parent.name == "experiments" else str(name)
    return f"python {run} {shlex.join(sys.argv[1:])}".strip()


def typed() -> set[str]:
    """The options that stand on the running command line, as names of fields."""
    return {word[2:].partition("=")[0].replace("-", "_") for word in sys.argv[1:] if word.startswith("--")}


def parse(
    command: type[C],
    argv: list[str],
    begun: Callable[[list[str]], C] | None = None,
    defaults: Callable[[str], dict[str, Any]] = no_defaults,
) -> tuple[C, Problem[Any, Any]]:
    """The command's dataclass and the problem with its options; ValueError for an unknown problem or option."""
    name = command.__name__.lower()
    usage = f"python -m experiments.{name}"
    if not argv or argv[0].startswith("-"):
        if "-h" in argv or "--help" in argv:
            print(f"{inspect.cleandoc(command.__doc__ or '')}\n")
            print(
                f"usage: {usage} PROBLEM [OPTIONS]\nproblems: {', '.join(PROBLEMS)}, or MODULE:NAME, registered there"
            )
            print(f"options of a problem: {usage} {next(iter(PROBLEMS))} --help")
            sys.exit(0)
        raise ValueError(f"Name a problem first: {usage} PROBLEM, where PROBLEM is one of {', '.join(PROBLEMS)}.")
    problem = load_problem(argv[0])
    check_spellings(problem, argv[1:])
    options = problem.Options(**defaults(problem.name))
    first = ("command", command, field(default=begun(argv[1:]))) if begun else ("command", command)
    both = make_dataclass(name, [first, ("problem", problem.Options, field(default=options))])
    parsed = read(both, argv[1:], f"{usage} {argv[0]}", command.__doc__)
    return parsed.command, problem(**{item.name: getattr(parsed.problem, item.name) for item in fields(options)})


def check_spellings(problem: type[Problem[Any, Any]], words: list[str]) -> None:
    """ValueError where a command line has the old name of an option's value, which tyro would call unknown."""
    for word, following in zip(words, [*words, ""][1:], strict=True):
        option, equals, value = word.partition("=")
        name = option.removeprefix("--").replace("-", "_")
        check_spelling(name, value if equals else following, problem.RENAMED.get(name, {}))


def check_options(argv: list[str], known: dict[str, Any]) -> None:
    """ValueError where an option stands twice, of which tyro takes the last, or a list has no value, which is all."""
    found = [word.partition("=")[0].replace("_", "-") for word in argv if word.startswith("--") and word != "--"]
    for option in found:
        if option in known and found.count(option) > 1:
            many = "all of its values behind one" if get_origin(known[option]) is tuple else "it once"
            raise ValueError(f"{option} stands there {found.count(option)} times: write {many}.")
    for word, following in pairwise([*argv, "--"]):
        if get_origin(known.get(word.replace("_", "-"))) is tuple and following.startswith("--"):
            raise ValueError(f"{word} has no value: write one or more behind it, or leave it out.")


def read(shape: type[D], argv: list[str], usage: str, description: str | None) -> D:
    """The dataclass `shape`, whose fields may be dataclasses, from a command line; ValueError for a wrong one."""
    check_options(argv, _options(shape))
    box = io.StringIO()
    try:
        with redirect_stderr(box):
            parsed, unknown = tyro.cli(
                shape,
                args=argv,
                prog=usage,
                description=inspect.cleandoc(description or ""),
                config=(tyro.conf.OmitArgPrefixes, tyro.conf.FlagConversionOff, tyro.conf.AvoidSubcommands),
                return_unknown_args=True,
            )
    except SystemExit as stop:
        if stop.code:
            raise ValueError(_of_tyro(_sentence_in(box.getvalue()), _options(shape))) from None
        raise
    if unknown:
        raise ValueError(f"There is no option {unknown[0]!r}: {nearest(unknown[0], _options(shape))}.")
    return parsed


def _options(shape: Any) -> dict[str, Any]:
    """The options that tyro makes of a dataclass and of the dataclasses in it, with their types."""
    found: dict[str, Any] = {}
    for name, hint in get_type_hints(shape, include_extras=True).items():
        inside = [hint, *get_args(hint)]  # one dataclass, or a union of several
        if any(map(is_dataclass, inside)):
            found |= {option: kind for one in inside if is_dataclass(one) for option, kind in _options(one).items()}
        elif get_origin(hint) not in (ClassVar, Annotated):  # what is annotated stands without a name
            found["--" + name.replace("_", "-")] = hint
    return found


def _of_tyro(text: str, options: dict[str, Any]) -> str:
    """What tyro says of a value that it cannot read, in our words: the option, the value, the rule."""
    match = re.match(r"Error parsing (--[\w-]+): .*'([^']*)'", text)
    if match is None or match[1] not in options:
        return text
    hint = options[match[1]]
    return f"{match[1]} is {match[2]!r}, but must be {words(get_args(hint)[0] if get_origin(hint) is tuple else hint)}."


def _sentence_in(box: str) -> str:
    """What tyro says in its box: between the heading and the next rule."""
    lines = [line.strip("│ ") for line in box.strip().splitlines()[1:]]
    parts = [list(part) for rule, part in groupby(lines, lambda line: not line.strip("─-")) if not rule]
    return " ".join(parts[0]) if parts else box


def options_text(options: Any) -> str:
    """The fields of an options dataclass as one cell of a table: "scheme=active skip_forced=True"."""
    return " ".join(f"{item.name}={getattr(options, item.name)}" for item in fields(options))
