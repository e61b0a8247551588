"""What the commands share of their arguments."""

from __future__ import annotations

import argparse
import contextlib
import math
import textwrap
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn, TypeAlias

from spectralcmi.errors import InputError

KEYS_HELP = """\
Every key of the case file can be given on the command line as --section.key VALUE, for example
--resolution.lmax 90 --hall.enabled false --output.snapshot_times "[0, 50]".
Values are written as in the file; strings need no quotes. `spectralcmi keys` lists all keys."""


Commands: TypeAlias = "argparse._SubParsersAction[Parser]"
"""What commands add themselves to."""

Command: TypeAlias = Callable[[argparse.Namespace, Mapping[str, Any]], int]
"""Function of arguments and of changed keys of the case, which returns an exit code."""


class Parser(argparse.ArgumentParser):
    """Parser whose errors are one line, raised rather than printed."""

    def __init__(self, **options: Any) -> None:
        super().__init__(allow_abbrev=False, **options)

    def error(self, message: str) -> NoReturn:
        """Raise the error that argparse would print."""
        command = self.prog.removeprefix("spectralcmi").strip()
        raise InputError(f"{command}: {message}" if command else message)


def new_command(
    commands: Commands, name: str, function: Command, summary: str, epilog: str = ""
) -> Parser:
    """Subparser of a command that is run by ``function(arguments, changes)``."""
    lines = (textwrap.fill(line, 100) if len(line) > 100 else line for line in epilog.split("\n"))
    parser = commands.add_parser(
        name,
        help=summary,
        description=summary,
        epilog="\n".join(lines),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(name=name, command=function, takes_case_keys=False)
    return parser


def add_case(parser: Parser) -> None:
    """Argument of the case file, with which a command also takes ``--section.key VALUE``."""
    parser.add_argument(
        "case", nargs="?", type=Path, metavar="CASE.toml", help="case file; default: the paper's"
    )
    parser.set_defaults(takes_case_keys=True)


def add_quiet(parser: Parser) -> None:
    """Option that silences all but errors."""
    parser.add_argument("--quiet", action="store_true", help="no progress and no messages")


def add_overwrite(parser: Parser) -> None:
    """Option without which nothing that is there is replaced."""
    parser.add_argument(
        "--overwrite", action="store_true", help="replace what is there under the output's name"
    )


def positive_number(text: str) -> float:
    """Type of an argument: a positive number."""
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not 0.0 < number < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} is not a positive number")
    return number


def whole_numbers(name: str, least: int, example: str) -> Callable[[str], Sequence[int]]:
    """Type of an argument: numbers as ``1:60`` (both included), ``1:60:3`` or ``1,2,5``.

    Parameters
    ----------
    name : str
        Of what they are, for messages.
    least : int
    example : str
        Of a range, for messages.
    """

    def numbers(text: str) -> Sequence[int]:
        found: Sequence[int]
        try:
            if ":" in text:
                first, last, *step = (int(part) for part in text.split(":"))
                found = range(first, last + 1, *step)
            else:
                found = sorted({int(part) for part in text.split(",")})
        except (TypeError, ValueError):
            raise argparse.ArgumentTypeError(f"{text!r} is not like {example} or 1,2,5") from None
        if not found or found[0] < least:
            raise argparse.ArgumentTypeError(f"{text!r} holds no {name}, or one below {least}")
        return found

    return numbers


def split_changes(argv: Sequence[str]) -> tuple[dict[str, Any], list[str]]:
    """Separate ``--section.key VALUE`` from the other arguments.

    This comes before argparse, which would take the value of an option it does not know for a
    positional argument, and a negative number for an option.
    """
    changes: dict[str, Any] = {}
    rest: list[str] = []
    arguments: Iterator[str] = iter(argv)
    for argument in arguments:
        key, equals, value = argument.partition("=")
        if not (key.startswith("--") and "." in key):
            rest.append(argument)
            continue
        key = key.removeprefix("--")
        given = value if equals else next(arguments, None)
        if given is None:
            raise InputError(f"{key}: needs a value")
        changes[key] = _value(given)
    return changes, rest


def unrecognized(words: Sequence[str], takes_case_keys: bool) -> str:
    """What is wrong with arguments that a command does not know.

    Parameters
    ----------
    words : sequence of str
    takes_case_keys : bool
        Whether the command takes ``--section.key VALUE``, of which the section may be missing.

    Returns
    -------
    text : str
    """
    text = f"unrecognized arguments: {' '.join(words)}"
    name = words[0].removeprefix("--").partition("=")[0].replace("-", "_")
    if not (takes_case_keys and words[0].startswith("--")):
        return text
    from spectralcmi.case.parameters import sections_with_key

    keys = " or ".join(f"--{section}.{name}" for section in sections_with_key(name))
    return f"{text} (did you mean {keys}?)" if keys else text


def _value(text: str) -> Any:
    """Value as in TOML; with numbers and truth values as people type them; else a string."""
    with contextlib.suppress(ValueError, RecursionError):
        document = tomllib.loads(f"value = {text}")
        if document.keys() == {"value"}:
            return document["value"]
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    try:
        return float(text)
    except ValueError:
        return text
