"""Command field: the magnetic field of a snapshot on a regular grid."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from spectralcmi.cli.arguments import Commands, add_overwrite, new_command, positive_number
from spectralcmi.cli.exit_codes import DONE
from spectralcmi.cli.files import NETCDF, opened, require_suffix, writable
from spectralcmi.cli.messages import say
from spectralcmi.errors import InputError

if TYPE_CHECKING:
    import xarray as xr

_EPILOG = """\
The field is summed from its coefficients at the points of the grid, exactly. B_r, B_theta, B_phi
in G; radius in km, colatitude and longitude in rad.

Examples:
  spectralcmi field runs/paper.nc --time 100 --curl --k5
  spectralcmi field runs/paper.nc --output snapshot.vts          for ParaView"""

#: Longitudes around the axis in a file for ParaView, where the field itself needs fewer.
_FEWEST_AROUND = 72


def add(commands: Commands) -> None:
    """Add the command to a parser."""
    parser = new_command(
        commands, "field", _field, "the field of a snapshot on a regular grid, netCDF or VTK",
        epilog=_EPILOG,
    )  # fmt: skip
    parser.add_argument("file", type=Path, metavar="RUN.nc", help="dataset of a run")
    parser.add_argument(
        "--output", type=Path, metavar="FIELD.nc",
        help="netCDF file, or .vts or .vtk for ParaView; default: <file>_field.nc",
    )  # fmt: skip
    parser.add_argument(
        "--time", type=float, metavar="YEAR",
        help="year, of which the nearest snapshot is taken; default: the last",
    )  # fmt: skip
    parser.add_argument("--curl", action="store_true", help="with curl B [G/km]")
    parser.add_argument("--k5", action="store_true", help="with the chiral wavenumber [1/km]")
    parser.add_argument(
        "--mu5", action="store_true", help="with the chiral chemical potential [MeV]"
    )
    for name, text in (
        ("radii", "from the bottom to the top; default: those of the run"),
        ("colatitudes", "from pole to pole; default: 2 lmax + 1"),
        ("longitudes", "around the axis; default: 2 mmax + 2, 1 if axisymmetric, 72 for VTK"),
    ):
        parser.add_argument(f"--{name}", type=int, metavar="N", help=f"{name} {text}")
    parser.add_argument(
        "--up-to", type=positive_number, metavar="KM",
        help="radius of the outermost point, beyond the crust in the potential field",
    )  # fmt: skip
    add_overwrite(parser)


def _field(arguments: argparse.Namespace, changes: Mapping[str, Any]) -> int:
    from spectralcmi.runs.files import save_dataset
    from spectralcmi.view.field import field
    from spectralcmi.view.vtk import SUFFIXES, save_vtk

    path = arguments.file
    output = arguments.output or path.with_name(f"{path.stem}_field.nc")
    require_suffix(output, (*NETCDF, *SUFFIXES), "a field")
    is_vtk = output.suffix in SUFFIXES
    with (
        opened(path) as dataset,
        writable(output, overwrite=arguments.overwrite, inputs=[path]),
    ):
        grid = field(
            _nearest(dataset, arguments.time, path),
            **_grid(dataset, arguments, is_vtk),
            curl=arguments.curl,
            k5=arguments.k5,
            mu5=arguments.mu5,
        )
        (save_vtk if is_vtk else save_dataset)(grid, output)
    say(f"{output}: written, the field at {float(grid['time']):g} yr")
    return DONE


def _nearest(dataset: xr.Dataset, time: float | None, path: Path) -> xr.Dataset:
    """Dataset of the snapshot nearest to a year, or of the last."""
    if dataset.sizes.get("snapshot", 0) == 0:
        raise InputError(f"{path}: no snapshot in it")
    if time is None:
        return dataset.isel(snapshot=-1)
    return dataset.sel(snapshot=time, method="nearest")


def _grid(dataset: xr.Dataset, arguments: argparse.Namespace, is_vtk: bool) -> dict[str, Any]:
    """Coordinates that were asked for."""
    import numpy as np

    for name in ("radii", "colatitudes", "longitudes"):
        count = getattr(arguments, name)
        if count is not None and count < 1:
            raise InputError(f"--{name} = {count}: must be at least 1")
    inner, outer = (float(dataset.attrs[f"{end}_radius_km"]) for end in ("inner", "outer"))
    grid, around = {}, arguments.longitudes
    if arguments.radii or arguments.up_to:
        count = arguments.radii or dataset.sizes["radius"]
        grid["radius"] = np.linspace(inner, arguments.up_to or outer, count)
    if arguments.colatitudes:
        grid["colatitude"] = np.linspace(0, np.pi, arguments.colatitudes)
    if is_vtk and not around:
        around = max(_FEWEST_AROUND, 2 * int(dataset["order_of_lm"].max()) + 2)
    if around:
        grid["longitude"] = 2 * np.pi * np.arange(around) / around
    return grid
