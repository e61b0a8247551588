"""Command line: arguments, progress and exit codes.

Results go to stdout; messages, errors and the progress bar to stderr. Everything heavy is imported
by the command that needs it, so that help comes at once. One command, or two that belong together,
a module.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from spectralcmi import __version__
from spectralcmi.cli import (
    case,
    check,
    eigenmodes,
    field,
    plot,
    reproduce,
    run,
    scan,
    stability,
    star,
)
from spectralcmi.cli.arguments import Parser, split_changes, unrecognized
from spectralcmi.cli.exit_codes import DONE, EXPLANATION, FAULT, INTERRUPTED, exit_code
from spectralcmi.cli.messages import one_line, print_lines, say
from spectralcmi.errors import InputError
from spectralcmi.runs.signals import Interruptions

__all__ = ["main"]

_EPILOG = f"""\
`spectralcmi COMMAND --help` tells more. A first hour:
  spectralcmi run                          the paper's run: 300 yr, axisymmetric, minutes
  spectralcmi plot runs/paper.nc energies
  spectralcmi new case.toml                a case of one's own; change it, and then
  spectralcmi run case.toml

{EXPLANATION}"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command.

    Parameters
    ----------
    argv : sequence of str, optional
        Arguments without the program's name; without, those of the process.

    Returns
    -------
    code : int
        One of `spectralcmi.cli.exit_codes`, but for 1: a fault of the package is raised, and the
        interpreter shows its traceback and ends with 1.
    """
    try:
        with Interruptions():
            changes, rest = split_changes(sys.argv[1:] if argv is None else argv)
            arguments, unknown = _parser().parse_known_args(rest)
            if unknown:
                raise InputError(unrecognized(unknown, arguments.takes_case_keys))
            if changes and not arguments.takes_case_keys:
                raise InputError(f"{next(iter(changes))}: {arguments.name} takes no case keys")
            return arguments.command(arguments, changes)
    except SystemExit as end:  # argparse after --help and --version
        print_lines(())
        return end.code if isinstance(end.code, int) else DONE
    except KeyboardInterrupt as interrupt:
        say("; ".join(["interrupted", *interrupt.args]))
        return INTERRUPTED
    except Exception as error:
        code = exit_code(error)
        if code == FAULT or sys.flags.dev_mode:  # python -X dev shows where any error comes from
            raise
        say(one_line(error))
        return code


def _parser() -> Parser:
    """Parser of all commands."""
    parser = Parser(
        prog="spectralcmi",
        description="Magnetic field and temperature of a neutron star's crust: Ohmic decay, Hall "
        "drift, the chiral magnetic effect and heat.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"spectralcmi {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for command in (case, run, scan, star, eigenmodes, stability, plot, field, check, reproduce):
        command.add(commands)
    return parser
