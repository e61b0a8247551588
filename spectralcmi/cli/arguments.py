"""What the commands share of their arguments."""

import argparse
import contextlib
import math
import textwrap
import tomllib
from pathlib import Path

KEYS_HELP = """\
Every key of the case file can be given on the command line as --section.key VALUE, for example
--resolution.lmax 90 --hall.enabled false --output.snapshot_times "[0, 50]".
Values are written as in the file; strings need no quotes. `spectralcmi keys` lists all keys."""


class Parser(argparse.ArgumentParser):
    """Parser whose errors are one line, raised rather than printed."""

    def __init__(self, **options):
        super().__init__(allow_abbrev=False, **options)

    def error(self, message):
        """Raise the error that argparse would print."""
        command = self.prog.removeprefix("spectralcmi").strip()
        raise ValueError(f"{command}: {message}" if command else message)


def new_command(commands, name, function, summary, epilog=""):
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


def add_case(parser):
    """Argument of the case file, with which a command also takes ``--section.key VALUE``."""
    parser.add_argument(
        "case", nargs="?", type=Path, metavar="CASE.toml", help="case file; default: the paper's"
    )
    parser.set_defaults(takes_case_keys=True)


def add_quiet(parser):
    """Option that silences all but errors."""
    parser.add_argument("--quiet", action="store_true", help="no progress and no messages")


def positive_number(text):
    """Type of an argument: a positive number."""
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not 0.0 < number < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} is not a positive number")
    return number


def split_changes(argv):
    """Separate ``--section.key VALUE`` from the other arguments.

    This comes before argparse, which would take the value of an option it does not know for a
    positional argument, and a negative number for an option.
    """
    changes, rest = {}, []
    arguments = iter(argv)
    for argument in arguments:
        key, equals, value = argument.partition("=")
        if not (key.startswith("--") and "." in key):
            rest.append(argument)
            continue
        key = key.removeprefix("--")
        if not equals:
            value = next(arguments, None)
        if value is None:
            raise ValueError(f"{key}: needs a value")
        changes[key] = _value(value)
    return changes, rest


def _value(text):
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
