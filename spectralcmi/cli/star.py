"""Command star: the radial profiles of the crust, and the paper's Fig. 1."""

from __future__ import annotations

import argparse
import contextlib
import math
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from spectralcmi.cli.arguments import KEYS_HELP, Commands, add_case, add_overwrite, new_command
from spectralcmi.cli.exit_codes import DONE
from spectralcmi.cli.files import NETCDF, PICTURE, require_suffix, writable
from spectralcmi.cli.messages import print_table, say

if TYPE_CHECKING:
    import xarray as xr

    from spectralcmi.case.parameters import Parameters

_EPILOG = f"""\
With --output the figure of the chiral imbalance, the paper's Fig. 1, is drawn beside the file: the
crust at 1e8, 1e9 and 1e10 K, with a caption in a text file that compares it with what the paper
states. Rates are in Gaussian units; --chiral.spin_flip_prefactor 12.566 is the spin-flip rate that
its authors print, and --chiral.weak_rate_prefactor changes that of capture.

{KEYS_HELP}"""


def add(commands: Commands) -> None:
    """Add the command to a parser."""
    parser = new_command(
        commands,
        "star",
        _star,
        "radial profiles of the crust, as CSV or netCDF, and their figure",
        epilog=_EPILOG,
    )
    add_case(parser)
    parser.add_argument(
        "--output",
        type=Path,
        metavar="CRUST.nc",
        help="netCDF file, which the background 'table' reads; default: CSV to stdout",
    )
    parser.add_argument(
        "--figure",
        type=Path,
        metavar="FIG.png",
        help="figure, its format by its suffix; default: <output>_rates.png",
    )
    parser.add_argument(
        "--age", type=_age, default=0.0, metavar="YEARS", help="age of a star that cools"
    )
    add_overwrite(parser)


def _age(text: str) -> float:
    """Type of an argument: an age in years."""
    try:
        age = float(text)
    except ValueError:
        age = math.nan
    if not 0.0 <= age < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of years from 0 on")
    return age


def _star(arguments: argparse.Namespace, changes: Mapping[str, Any]) -> int:
    from spectralcmi import build_background
    from spectralcmi.case.case_file import load_parameters
    from spectralcmi.case.files import input_paths, require_files
    from spectralcmi.runs.files import save_dataset

    parameters = load_parameters(arguments.case, changes)
    require_files(parameters)
    require_suffix(arguments.output, NETCDF, "a crust")
    require_suffix(arguments.figure, PICTURE, "a figure", "--figure")
    output, figure = arguments.output, arguments.figure
    inputs = input_paths(parameters, arguments.case)
    with contextlib.ExitStack() as stack:

        def claim(path: Path, option: str) -> None:
            overwrite = arguments.overwrite
            stack.enter_context(writable(path, overwrite=overwrite, inputs=inputs, option=option))

        if output is not None:
            claim(output, "--output")
        if figure is not None:
            claim(figure, "--figure")
        crust = build_background(parameters, time=arguments.age)
        if figure is None and output is not None and "chiral_fraction" in crust:
            figure = output.with_name(f"{output.stem}_rates.png")
            claim(figure, "--figure")
        caption = None if figure is None else _caption(figure, parameters, crust)
        if caption is not None:
            claim(caption, "--figure")
        if output is None:
            print_table(crust, "radius")
        else:
            save_dataset(crust, output)
            say(f"{output}: written; `spectralcmi plot {output} profiles` draws it")
        if figure is not None:
            _draw(parameters, crust, figure, caption)
    return DONE


def _caption(figure: Path, parameters: Parameters, crust: xr.Dataset) -> Path | None:
    """File of the caption of a figure, where there is something to say in it."""
    is_of_paper = hasattr(parameters.background, "temperature") and "density" in crust
    return figure.with_name(f"{figure.stem}_caption.txt") if is_of_paper else None


def _draw(parameters: Parameters, crust: xr.Dataset, path: Path, caption: Path | None) -> None:
    """Draw Fig. 1: at the paper's temperatures, or as it is if the crust has no temperature."""
    import matplotlib

    from spectralcmi.cli.plot import save_figure
    from spectralcmi.profiles.isotherms import build_isotherms, compared_with_paper
    from spectralcmi.view import plotting

    if hasattr(parameters.background, "temperature"):
        crust = build_isotherms(parameters)
    matplotlib.use("Agg")
    with matplotlib.rc_context(dict(plotting.STYLE)):
        save_figure(plotting.rates(crust), path)
    say(f"{path}: the chiral imbalance, as in the paper's Fig. 1")
    if caption is not None:
        sentences = compared_with_paper(crust)
        caption.write_text("\n".join(sentences) + "\n", encoding="utf-8")
        say(f"{caption}: its caption, where it differs from the paper")
        for sentence in sentences:
            say(sentence)
