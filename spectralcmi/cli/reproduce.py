"""Command that reproduces the paper."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from spectralcmi.cli.arguments import Commands, add_quiet, new_command
from spectralcmi.cli.exit_codes import DONE
from spectralcmi.cli.files import writable
from spectralcmi.cli.messages import say, say_nothing

if TYPE_CHECKING:  # imported by the command itself, so that help comes at once
    from spectralcmi.paper.verdicts import Claim


def add(commands: Commands) -> None:
    """Add the command to a parser."""
    parser = new_command(
        commands,
        "reproduce",
        _reproduce,
        "run what Dehman & Pons report, draw their figures, judge their claims",
        epilog="The table of claims goes to stdout and, with figures and datasets, into the "
        "folder. Runs that are there already are not computed again, and an interrupted one goes "
        "on where it was; several processes may work in one folder.",
    )
    parser.add_argument(
        "--quick", action="store_true", help="low resolution, two minutes instead of twenty"
    )
    parser.add_argument(
        "--stored", action="store_true", help="run nothing: draw and judge what the folder has"
    )
    parser.add_argument(
        "--output",
        type=Path,
        metavar="DIR",
        help="folder; default: runs/reproduce, runs/reproduce_quick with --quick",
    )
    parser.add_argument(
        "--table", type=Path, metavar="FILE.md", help="write the table of claims into this file too"
    )
    add_quiet(parser)


def _reproduce(arguments: argparse.Namespace, changes: Mapping[str, Any]) -> int:
    import matplotlib

    name = "reproduce_quick" if arguments.quick else "reproduce"
    folder = arguments.output or Path("runs", name)
    tell = say_nothing if arguments.quiet else say
    matplotlib.use("Agg")  # files are all that is wanted, with or without a screen
    with ExitStack() as writing:
        writing.enter_context(writable(folder / "claims.md"))
        if arguments.table is not None:
            writing.enter_context(writable(arguments.table))
        from spectralcmi.paper import claims_document
        from spectralcmi.paper.verdicts import markdown

        rows = _judge(arguments, folder, tell)
        if arguments.table is not None:
            document = claims_document(rows, arguments.quick)
            arguments.table.write_text(document, encoding="utf-8")
    print(markdown(rows), end="")
    tell(f"{folder}: figures, datasets and claims.md")
    return DONE


def _judge(arguments: argparse.Namespace, folder: Path, tell: Callable[[str], None]) -> list[Claim]:
    """Rows of the table, from what the folder has or once everything is computed."""
    from spectralcmi.paper import judge_stored, reproduce

    try:
        if arguments.stored:
            return judge_stored(folder, arguments.quick)
        return reproduce(folder, arguments.quick, tell)
    except KeyboardInterrupt:
        raise KeyboardInterrupt(
            f"what was computed is in {folder}; the same command goes on"
        ) from None
