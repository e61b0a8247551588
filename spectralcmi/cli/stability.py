"""Command stability: growth of small perturbations about a stored state."""

from __future__ import annotations

import argparse
import contextlib
import csv
import io
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from spectralcmi.cli.arguments import (
    Commands,
    add_overwrite,
    add_quiet,
    new_command,
    whole_numbers,
)
from spectralcmi.cli.exit_codes import DONE
from spectralcmi.cli.files import NETCDF, PICTURE, require_suffix, writable
from spectralcmi.cli.messages import number, print_lines, say, say_nothing

if TYPE_CHECKING:
    import xarray as xr

CSV = (".csv",)
COLUMNS = (
    "kind", "order", "lmax", "direction", "degree", "resolution", "growth_rate [julian_year^-1]",
    "frequency [julian_year^-1]", "change", "residual",
)  # fmt: skip

_EPILOG = """\
Perturbations obey the linearised equation of the run about one of its snapshots, held fixed:
Ohm, Hall, the chiral term with its feedback and its cutoff. Global modes have the degrees of the
run (or --lmax), at its radial resolution and at a finer one; where the two differ, the run was not
resolved. Local ones, at one latitude, reach to degrees of thousands: what the run leaves out.
About an axisymmetric state on radial elements a few factorisations find the global modes, but for
those that oscillate more than ten times faster than they grow; other states take much longer.

Examples:
  spectralcmi stability runs/paper.nc --year 110
  spectralcmi stability runs/paper.nc --year 110 --orders 0:3 --output growth.nc growth.png"""


def add(commands: Commands) -> None:
    """Add the command to a parser."""
    parser = new_command(
        commands,
        "stability",
        _stability,
        "growth of small perturbations about a stored state, at its resolution and a finer one",
        epilog=_EPILOG,
    )
    parser.add_argument("file", type=Path, metavar="RUN.nc", help="dataset of a run")
    parser.add_argument(
        "--year", type=float, metavar="YEAR", help="nearest snapshot; default: the last"
    )
    parser.add_argument(
        "--degrees",
        type=whole_numbers("number", 0, "0:3"),
        metavar="LIST",
        help="degrees of the local growth, 60,240,960 or FIRST:LAST:STEP; default: 10 to 3000",
    )
    parser.add_argument(
        "--orders",
        type=whole_numbers("number", 0, "0:3"),
        metavar="LIST",
        help="orders m of perturbations of an axisymmetric state, 0:3 or 0,1,5; default: 0",
    )
    parser.add_argument(
        "--lmax",
        type=whole_numbers("number", 0, "0:3"),
        metavar="LIST",
        help="largest degrees of global perturbations; default: that of the run",
    )
    parser.add_argument(
        "--refine",
        type=int,
        default=2,
        metavar="FACTOR",
        help="radial functions of the finer resolution over those of the run; default: 2",
    )
    parser.add_argument(
        "--colatitude",
        type=float,
        default=90.0,
        metavar="DEGREES",
        help="where the local growth is taken; default: the equator",
    )
    parser.add_argument(
        "--angular-dissipation",
        action="store_true",
        help="let the angular dissipation of the run damp perturbations",
    )
    parser.add_argument(
        "--output",
        type=Path,
        nargs="+",
        default=[],
        metavar="FILE",
        help="files of the result, their formats by their suffixes: growth.nc, growth.csv, "
        "growth.png (pdf, svg)",
    )
    add_overwrite(parser)
    add_quiet(parser)


def _stability(arguments: argparse.Namespace, changes: Mapping[str, Any]) -> int:
    import spectralcmi

    for path in arguments.output:
        require_suffix(path, (*NETCDF, *CSV, *PICTURE), "a growth of perturbations")
    tell = say_nothing if arguments.quiet else say
    dataset = spectralcmi.open_run(arguments.file)
    chosen = {} if arguments.degrees is None else {"degrees": arguments.degrees}
    with contextlib.ExitStack() as stack:
        for path in arguments.output:
            stack.enter_context(
                writable(path, overwrite=arguments.overwrite, inputs=[arguments.file])
            )
        growth = spectralcmi.stability(
            dataset,
            year=arguments.year,
            orders=arguments.orders,
            refine=arguments.refine,
            lmax=arguments.lmax,
            colatitude=arguments.colatitude,
            angular_dissipation=arguments.angular_dissipation,
            progress=tell,
            **chosen,
        )
        for path in arguments.output:
            _save(growth, path)
    table = io.StringIO()
    _write_rows(growth, table)
    print_lines(table.getvalue().splitlines())
    tell(f"year {growth.attrs['time_yr']:g}: {growth.attrs['verdict']}")
    if (left_out := _left_out(growth)) is not None:
        tell(left_out)
    return DONE


def _save(growth: xr.Dataset, path: Path) -> None:
    """Write a result in the format of a suffix."""
    suffix = path.suffix.lower()
    if suffix in NETCDF:
        from spectralcmi.runs.files import save_dataset

        save_dataset(growth, path)
    elif suffix in CSV:
        with path.open("w", newline="") as file:
            _write_rows(growth, file)
    else:
        _draw(growth, path)


def _draw(growth: xr.Dataset, path: Path) -> None:
    import matplotlib

    from spectralcmi.cli.plot import save_figure
    from spectralcmi.view import plotting

    matplotlib.use("Agg")  # a file is all that is wanted, with or without a screen
    with matplotlib.rc_context(dict(plotting.STYLE)):
        save_figure(plotting.growth(growth), path)


def _write_rows(growth: xr.Dataset, file: TextIO) -> None:
    """Global modes, then the local growth, as CSV."""
    rows = csv.writer(file, lineterminator="\n")
    rows.writerow(COLUMNS)
    rows.writerows(_global_rows(growth))
    if "local_growth_rate" in growth:
        rows.writerows(_local_rows(growth))


def _global_rows(growth: xr.Dataset) -> Iterator[list[str]]:
    for order in growth["order"].values:
        for limit in growth["lmax"].values:
            modes = growth.sel(order=order, lmax=limit)
            change = f"{float(modes['change']):.3g}" if "change" in modes else ""
            for factor in growth["resolution"].values:
                mode = modes.sel(resolution=factor)
                numbers = ("mean_degree", "growth_rate", "frequency", "residual")
                degree, *growing, residual = (f"{float(mode[name]):.6g}" for name in numbers)
                name = "all" if order < 0 else str(order)
                where = ["global", name, str(limit), "", degree, str(factor)]
                yield [*where, *growing, change, residual]


def _local_rows(growth: xr.Dataset) -> Iterator[list[str]]:
    for direction in growth["direction"].values:
        for degree in growth["local_degree"].values:
            mode = growth.sel(direction=direction, local_degree=degree)
            rate, frequency, change = (
                f"{float(mode[f'local_{name}']):.6g}"
                for name in ("growth_rate", "frequency", "change")
            )
            yield ["local", "", "", str(direction), f"{degree:g}", "", rate, frequency, change, ""]


def _left_out(growth: xr.Dataset) -> str | None:
    """What grows faster at degrees that the run does not have."""
    if "local_growth_rate" not in growth:
        return None
    beyond = growth["local_growth_rate"].sel(
        local_degree=growth["local_degree"] > growth.attrs["lmax"]
    )
    if beyond.size == 0 or float(beyond.max()) <= float(growth["growth_rate"].max()):
        return None
    place = beyond.argmax(("direction", "local_degree"))
    degree = float(beyond["local_degree"][place["local_degree"]])
    return (
        f"beyond lmax = {growth.attrs['lmax']} perturbations grow faster: "
        f"{number(float(beyond.max()))} /yr at degree {degree:g}"
    )
