"""Command eigenmodes: linear growth rates."""

from __future__ import annotations

import argparse
import contextlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from spectralcmi.cli.arguments import (
    KEYS_HELP,
    Commands,
    add_case,
    add_overwrite,
    new_command,
    whole_numbers,
)
from spectralcmi.cli.exit_codes import DONE
from spectralcmi.cli.files import NETCDF, require_suffix, writable
from spectralcmi.cli.messages import print_table, say
from spectralcmi.errors import InputError

if TYPE_CHECKING:
    import xarray as xr

    from spectralcmi.case.parameters import Parameters

RESOLVED = 0.1  # of the truncation; a growth rate is off by about its square


def add(commands: Commands) -> None:
    """Add the command to a parser."""
    parser = new_command(
        commands,
        "eigenmodes",
        _eigenmodes,
        "linear growth rates of each degree, as CSV",
        epilog=KEYS_HELP,
    )
    add_case(parser)
    parser.add_argument(
        "--degrees",
        type=whole_numbers("degree", 1, "1:60"),
        metavar="FIRST:LAST",
        help="degrees, both ends included, or a list 1,2,5; default: 1 to lmax",
    )
    parser.add_argument(
        "--modes",
        type=int,
        metavar="N",
        help="modes of each degree to print and to save; default: the fastest is printed, 10 saved",
    )
    parser.add_argument(
        "--fastest",
        action="store_true",
        help="only the fastest mode and where it grows, on a grid as fine as its waves: for values "
        "of chiral.k5_max that no radial order resolves (1e99: no cutoff)",
    )
    parser.add_argument(
        "--output", type=Path, metavar="MODES.nc", help="netCDF file of what was computed"
    )
    add_overwrite(parser)


def _eigenmodes(arguments: argparse.Namespace, changes: Mapping[str, Any]) -> int:
    from spectralcmi.case.case_file import load_parameters
    from spectralcmi.case.files import input_paths, require_files
    from spectralcmi.runs.files import save_dataset

    require_suffix(arguments.output, NETCDF, "a set of modes")
    if arguments.fastest and arguments.modes is not None:
        raise InputError("eigenmodes: --fastest is one mode, and takes no --modes")
    parameters = load_parameters(arguments.case, changes)
    require_files(parameters)
    degrees = arguments.degrees or range(1, parameters.resolution.lmax + 1)
    with contextlib.ExitStack() as stack:
        if arguments.output is not None:
            stack.enter_context(
                writable(
                    arguments.output,
                    overwrite=arguments.overwrite,
                    inputs=input_paths(parameters, arguments.case),
                )
            )
        compute = _fastest_modes if arguments.fastest else _all_modes
        dataset, table = compute(parameters, degrees, arguments.modes)
        if arguments.output is not None:
            save_dataset(dataset, arguments.output)
    print_table(table, "degree")
    return DONE


def _all_modes(
    parameters: Parameters, degrees: Sequence[int], count: int | None
) -> tuple[xr.Dataset, xr.Dataset]:
    """Modes of all degrees, and a table of as many as are wanted, or the fastest."""
    import spectralcmi

    wanted = {} if count is None else {"modes": count}
    modes = spectralcmi.eigenmodes(parameters, degrees=degrees, **wanted)
    fastest = modes.isel(mode=modes["growth_rate"].argmax("mode"))
    if "truncation" in modes and (unresolved := int((fastest["truncation"] > RESOLVED).sum())):
        say(
            f"{unresolved} of {len(degrees)} degrees are not resolved by "
            f"{modes.attrs['radial_functions']} radial functions: raise resolution.radial_order, "
            "or --fastest"
        )
    rates = modes[["growth_rate", "frequency"]]
    if count is None:
        return modes, rates.isel(mode=modes["growth_rate"].argmax("mode"))
    # one row a mode, the degree repeated
    rows = rates.stack(row=("degree", "mode"), create_index=False).reset_coords("mode")
    return modes, rows.swap_dims(row="degree")[["mode", *rates]]


def _fastest_modes(
    parameters: Parameters, degrees: Sequence[int], count: int | None
) -> tuple[xr.Dataset, xr.Dataset]:
    """The fastest mode of each degree, numbers only, and a table of these."""
    import xarray

    import spectralcmi

    def numbers(degree: int) -> xr.Dataset:
        mode = spectralcmi.fastest_mode(parameters, degree)
        return mode.drop_dims("radius")

    dataset = xarray.concat([numbers(degree) for degree in degrees], "degree")
    return dataset, dataset[["growth_rate", "frequency", "location", "wavelength"]]
