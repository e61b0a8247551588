"""Command eigenmodes: linear growth rates."""

import argparse
import contextlib
from pathlib import Path

from spectralcmi.cli.arguments import KEYS_HELP, add_case, new_command
from spectralcmi.cli.exit_codes import DONE
from spectralcmi.cli.files import save, writable
from spectralcmi.cli.messages import print_table


def add(commands):
    """Add the command to a parser."""
    parser = new_command(
        commands,
        "eigenmodes",
        _eigenmodes,
        "linear growth rates of the fastest mode of each degree, as CSV",
        epilog=KEYS_HELP,
    )
    add_case(parser)
    parser.add_argument(
        "--degrees",
        type=_degrees,
        metavar="FIRST:LAST",
        help="degrees, both ends included, or a list 1,2,5; default: 1 to lmax",
    )
    parser.add_argument(
        "--output", type=Path, metavar="MODES.nc", help="netCDF file of all modes computed"
    )


def _eigenmodes(arguments, changes):
    import spectralcmi
    from spectralcmi.parameters import load_parameters, require_files

    parameters = load_parameters(arguments.case, changes)
    require_files(parameters)
    degrees = arguments.degrees or range(1, parameters.resolution.lmax + 1)
    with contextlib.ExitStack() as stack:
        if arguments.output is not None:
            stack.enter_context(writable(arguments.output))
        modes = spectralcmi.eigenmodes(parameters, degrees=degrees)
        if arguments.output is not None:
            save(modes, arguments.output)
    fastest = modes["growth_rate"].argmax("mode")
    print_table(modes[["growth_rate", "frequency"]].isel(mode=fastest), "degree")
    return DONE


def _degrees(text):
    """Degrees from ``1:60`` (both included), ``1:60:3`` or ``1,2,5``."""
    try:
        if ":" in text:
            first, last, *step = (int(part) for part in text.split(":"))
            degrees = range(first, last + 1, *step)
        else:
            degrees = sorted({int(part) for part in text.split(",")})
    except (TypeError, ValueError):
        raise argparse.ArgumentTypeError(f"{text!r} is not like 1:60 or 1,2,5") from None
    if not degrees or degrees[0] < 1:
        raise argparse.ArgumentTypeError(f"{text!r} holds no degree, or one below 1")
    return degrees
