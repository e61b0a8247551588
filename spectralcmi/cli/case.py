"""Commands about case files: keys and new."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from spectralcmi.cli.arguments import KEYS_HELP, Commands, new_command
from spectralcmi.cli.exit_codes import DONE
from spectralcmi.cli.files import not_written, write_new
from spectralcmi.cli.messages import print_lines, say
from spectralcmi.errors import InputError


def add(commands: Commands) -> None:
    """Add the commands to a parser."""
    _add_new(commands)
    _add_keys(commands)


def _add_new(commands: Commands) -> None:
    parser = new_command(
        commands, "new", _new, "write a case file with every key and what it means",
        epilog=KEYS_HELP,
    )  # fmt: skip
    parser.set_defaults(takes_case_keys=True)
    parser.add_argument(
        "file", type=Path, metavar="CASE.toml", help="file to write, which must not be there"
    )


def _new(arguments: argparse.Namespace, changes: Mapping[str, Any]) -> int:
    from spectralcmi.case.case_file import load_parameters
    from spectralcmi.case.text import commented_case

    text = commented_case(load_parameters(None, changes))
    try:
        write_new(arguments.file, text)
    except FileExistsError:
        raise InputError(f"{arguments.file}: is there already") from None
    except OSError as error:
        raise not_written(str(arguments.file), error) from None
    say(f"{arguments.file}: written; `spectralcmi run {arguments.file}` runs it")
    return DONE


def _add_keys(commands: Commands) -> None:
    parser = new_command(
        commands, "keys", _keys, "list every key of the case file: default, meaning, unit, rule",
        epilog="Example: spectralcmi keys chiral",
    )  # fmt: skip
    parser.add_argument(
        "words", nargs="*", metavar="WORD", help="only keys whose name holds one of these words"
    )


def _keys(arguments: argparse.Namespace, changes: Mapping[str, Any]) -> int:
    from spectralcmi.case.text import key_table

    print_lines([key_table(arguments.words)])
    return DONE
