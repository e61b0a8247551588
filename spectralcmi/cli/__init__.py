"""Command line: arguments, progress and exit codes.

Results go to stdout; messages, errors and the progress bar to stderr. Everything heavy is imported
by the command that needs it, so that help comes at once. One command, or two that belong together,
a module.
"""

import argparse
import sys

from spectralcmi import __version__
from spectralcmi.cli import case, eigenmodes, field, plot, reproduce, run, scan, star
from spectralcmi.cli.arguments import Parser, split_changes
from spectralcmi.cli.exit_codes import BAD_INPUT, DONE, EXPLANATION, INTERRUPTED
from spectralcmi.cli.messages import close_stdout, one_line, say
from spectralcmi.runs.signals import Interruptions

__all__ = ["main"]

_EPILOG = f"""\
`spectralcmi COMMAND --help` tells more. A first hour:
  spectralcmi run                          the paper's run: 300 yr, axisymmetric, minutes
  spectralcmi plot runs/paper.nc energies
  spectralcmi new case.toml                a case of one's own; change it, and then
  spectralcmi run case.toml

{EXPLANATION}"""


def main(argv=None):
    """Run a command.

    Parameters
    ----------
    argv : sequence of str, optional
        Arguments without the program's name; without, those of the process.

    Returns
    -------
    code : int
        Exit code: 0 done, 2 bad input, 3 diverged, 130 interrupted.
    """
    try:
        with Interruptions():
            changes, rest = split_changes(sys.argv[1:] if argv is None else argv)
            arguments = _parser().parse_args(rest)
            if changes and not arguments.takes_case_keys:
                raise ValueError(f"{next(iter(changes))}: {arguments.name} takes no case keys")
            return arguments.command(arguments, changes)
    except SystemExit as end:  # argparse after --help and --version
        return end.code or DONE
    except KeyboardInterrupt as interrupt:
        say("; ".join(["interrupted", *interrupt.args]))
        return INTERRUPTED
    except BrokenPipeError:  # the reader of our stdout has seen enough
        close_stdout()
        return DONE
    except (ValueError, OSError, MemoryError, ImportError) as error:
        # ValueError is what the package raises for parameters; python -X dev shows where
        if sys.flags.dev_mode:
            raise
        say(one_line(error))
        return BAD_INPUT


def _parser():
    """Parser of all commands."""
    parser = Parser(
        prog="spectralcmi",
        description="Magnetic field of a neutron star's crust under Ohmic decay, Hall drift and "
        "the chiral magnetic effect.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"spectralcmi {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for command in (case, run, scan, star, eigenmodes, plot, field, reproduce):
        command.add(commands)
    return parser
