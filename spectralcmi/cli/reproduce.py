"""Command that reproduces a paper."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from spectralcmi.cli.arguments import Commands, add_overwrite, add_quiet, new_command
from spectralcmi.cli.exit_codes import DONE
from spectralcmi.cli.files import writable
from spectralcmi.cli.messages import print_lines, say, say_nothing

if TYPE_CHECKING:  # imported by the command itself, so that help comes at once
    from spectralcmi.paper.description import Paper
    from spectralcmi.paper.verdicts import Claim

DEFAULT_PAPER = "2408.05281"


def add(commands: Commands) -> None:
    """Add the command to a parser."""
    parser = new_command(
        commands,
        "reproduce",
        _reproduce,
        "run what a paper reports, draw its figures, judge its claims",
        epilog="The table of claims goes to stdout and, with figures and datasets, into the "
        "folder. Runs that are there already are not computed again, and an interrupted one goes "
        "on where it was; several processes may work in one folder.",
    )
    parser.add_argument(
        "--paper",
        default=DEFAULT_PAPER,
        metavar="ID",
        help="arXiv identifier: 2408.05281 (default), 2505.06196 or 2605.08068",
    )
    parser.add_argument(
        "--quick", action="store_true", help="low resolution, minutes instead of tens of them"
    )
    parser.add_argument(
        "--stored", action="store_true", help="run nothing: draw and judge what the folder has"
    )
    parser.add_argument(
        "--output",
        type=Path,
        metavar="DIR",
        help="folder; default: runs/reproduce, with the identifier of another paper and _quick",
    )
    parser.add_argument(
        "--table", type=Path, metavar="FILE.md", help="write the table of claims into this file too"
    )
    add_overwrite(parser)
    add_quiet(parser)


def _reproduce(arguments: argparse.Namespace, changes: Mapping[str, Any]) -> int:
    import matplotlib

    from spectralcmi.paper.registry import paper_of
    from spectralcmi.paper.reproduction import claims_document, default_folder
    from spectralcmi.paper.verdicts import markdown

    paper = paper_of(arguments.paper)
    folder = arguments.output or Path("runs", default_folder(paper, arguments.quick))
    tell = say_nothing if arguments.quiet else say
    matplotlib.use("Agg")  # files are all that is wanted, with or without a screen
    with ExitStack() as writing:
        # the folder is of this command, which keeps in it what is computed
        writing.enter_context(writable(folder / "claims.md", overwrite=True))
        if arguments.table is not None:
            overwrite = arguments.overwrite
            writing.enter_context(writable(arguments.table, overwrite=overwrite, option="--table"))
        rows = _judge(paper, arguments, folder, tell)
        if arguments.table is not None:
            document = claims_document(paper, rows, arguments.quick)
            arguments.table.write_text(document, encoding="utf-8")
    print_lines([markdown(rows, paper.columns).rstrip("\n")])
    tell(f"{folder}: figures, datasets and claims.md")
    return DONE


def _judge(
    paper: Paper, arguments: argparse.Namespace, folder: Path, tell: Callable[[str], None]
) -> list[Claim]:
    """Rows of the table, from what the folder has or once everything is computed."""
    from spectralcmi.paper.reproduction import judge_stored, reproduce

    try:
        if arguments.stored:
            return judge_stored(paper, folder, arguments.quick)
        return reproduce(paper, folder, arguments.quick, tell)
    except KeyboardInterrupt:
        raise KeyboardInterrupt(
            f"what was computed is in {folder}; the same command goes on"
        ) from None
