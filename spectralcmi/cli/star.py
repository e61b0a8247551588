"""Command star: the radial profiles of the crust."""

from pathlib import Path

from spectralcmi.cli.arguments import KEYS_HELP, add_case, new_command
from spectralcmi.cli.exit_codes import DONE
from spectralcmi.cli.files import save, writable
from spectralcmi.cli.messages import print_table, say


def add(commands):
    """Add the command to a parser."""
    parser = new_command(
        commands, "star", _star, "radial profiles of the crust, as CSV or netCDF", epilog=KEYS_HELP
    )
    add_case(parser)
    parser.add_argument(
        "--output", type=Path, metavar="CRUST.nc", help="netCDF file; default: CSV to stdout"
    )


def _star(arguments, changes):
    from spectralcmi import build_background
    from spectralcmi.parameters import load_parameters, require_files

    parameters = load_parameters(arguments.case, changes)
    require_files(parameters)
    if arguments.output is None:
        print_table(build_background(parameters), "radius")
        return DONE
    with writable(arguments.output):
        save(build_background(parameters), arguments.output)
    say(f"{arguments.output}: written; `spectralcmi plot {arguments.output} profiles` draws it")
    return DONE
