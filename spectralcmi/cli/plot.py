"""Command plot: figures and movies from datasets."""

from __future__ import annotations

import argparse
import contextlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from spectralcmi.cli.arguments import Commands, add_overwrite, new_command
from spectralcmi.cli.exit_codes import DONE
from spectralcmi.cli.files import MOVIE, PICTURE, not_written, opened, require_suffix, writable
from spectralcmi.cli.messages import say
from spectralcmi.errors import InputError

if TYPE_CHECKING:
    import numpy as np
    import xarray as xr
    from matplotlib.axes import Axes

# as in spectralcmi.view.plotting, which is not imported for a help text
KINDS = {
    "energies": "magnetic energy in the shell against time",
    "spectra": "energy per degree at the times of the snapshots, or at --times",
    "spectrogram": "energy per degree against time, in colour",
    "orders": "energy per order at the times of the snapshots, or at --times",
    "meridian": "poloidal field lines over the toroidal field, one a snapshot; --times, --of",
    "layer": "the layer that holds the field, unrolled: field lines over --of; --times",
    "radial": "rms field, curl B and k5 against radius, in the crust and the layer; --times YEAR",
    "surface": "radial field at the surface on Mollweide maps, one a snapshot; --times, --of",
    "volume_slices": "B_r, B_theta, B_phi and k5 in the plane at --longitude; --times YEAR",
    "budget": "every term of the energy balance, and its residual, against time",
    "dipoles": "the l = 1 field inside the crust and the dipole outside against time",
    "p_pdot": "period derivative against period of the star, see [spin] of the case",
    "source": "powers of the source of chirality against time, and captures per electron",
    "helicity": "how helical each degree is at the times of the snapshots, or at --times",
    "exponents": "running exponents of the energy and the integral scale against each other",
    "slopes": "slope of the energy per degree over the lowest degrees against time",
    "histogram": "|k5| over the volume at the times of the snapshots, or at --times; --of mu5",
    "cooling": "temperatures of a star whose temperature is evolved, against time",
    "luminosity": "its luminosities, and the heat of the field, against time",
    "profiles": "the crust: chiral asymmetry, electron density, diffusivity, Hall prefactor",
    "rates": "the crust: n5/n_e, mu5 and lambda5 on three axes, as the paper's Fig. 1",
    "growth": "growth of small perturbations against degree, of `spectralcmi stability`",
    "scan": "--variable of many runs: lines (one parameter) or a heat map (two)",
    "movie": "the snapshots one after the other, of meridian or surface (--of); GIF or MP4",
}

_EPILOG = """\
Examples:
  spectralcmi plot runs/paper.nc energies
  spectralcmi plot runs/paper.nc meridian --times 0,100,200 --output field.pdf
  spectralcmi plot runs/paper.nc movie --of surface --output surface.gif
  spectralcmi star --output crust.nc && spectralcmi plot crust.nc profiles
All of them are functions of spectralcmi.plot too, which take and return matplotlib Axes."""


def add(commands: Commands) -> None:
    """Add the command to a parser."""
    width = max(map(len, KINDS))
    kinds = "".join(f"  {kind:{width}}  {text}\n" for kind, text in KINDS.items())
    parser = new_command(
        commands, "plot", _plot, "draw a figure or a movie from a dataset",
        epilog=f"Kinds:\n{kinds}\n{_EPILOG}",
    )  # fmt: skip
    parser.add_argument(
        "file", type=Path, metavar="FILE.nc", help="dataset of a run, a crust or a scan"
    )
    parser.add_argument("kind", metavar="KIND", help="one of those below")
    parser.add_argument(
        "--output",
        type=Path,
        metavar="FIG.png",
        help="file, its format by its suffix (png, pdf, svg; movies: gif, mp4); "
        "default: <file>_<kind>.png, movies .gif",
    )
    add_overwrite(parser)
    options = parser.add_argument_group("what is drawn")
    options.add_argument(
        "--times", type=_numbers, metavar="YEARS",
        help="years, separated by commas; the stored times nearest to them are drawn",
    )  # fmt: skip
    options.add_argument(
        "--longitude", type=float, metavar="DEGREES", help="longitude of a plane; default: 0"
    )
    options.add_argument(
        "--stretch", type=float, metavar="FACTOR",
        help="how much thicker than it is the crust is drawn; 1: to scale",
    )  # fmt: skip
    options.add_argument(
        "--variable", metavar="NAME", help="variable of a scan; default: rms_field"
    )
    options.add_argument(
        "--of",
        metavar="KIND",
        help="what a movie shows, meridian (default) or surface; what meridian, layer, surface "
        "and histogram draw, k5 or mu5; meridian and surface: temperature",
    )
    options.add_argument(
        "--thickness", type=float, metavar="KM", help="of the layer; default: 0.1 km"
    )
    options.add_argument(
        "--common-scale", action="store_true", default=None, dest="common_scale",
        help="the same colours in all panels or frames",
    )  # fmt: skip


def _plot(arguments: argparse.Namespace, changes: Mapping[str, Any]) -> int:
    import matplotlib

    from spectralcmi.view import plotting

    if arguments.kind not in KINDS:
        raise InputError(f"plot: no kind {arguments.kind!r}; there are {', '.join(KINDS)}")
    path, is_movie = arguments.file, arguments.kind == "movie"
    require_suffix(arguments.output, *((MOVIE, "a movie") if is_movie else (PICTURE, "a figure")))
    draw: Callable[..., Any] = plotting.movie if is_movie else plotting.KINDS[arguments.kind]
    options = _options(arguments, draw)
    suffix = "gif" if is_movie else "png"
    output = arguments.output or path.with_name(f"{path.stem}_{arguments.kind}.{suffix}")
    matplotlib.use("Agg")  # a file is all that is wanted, with or without a screen
    style = matplotlib.rc_context(dict(plotting.STYLE))
    with (
        opened(path) as dataset,
        style,
        writable(output, overwrite=arguments.overwrite, inputs=[path]),
        _named(path, arguments.kind),
    ):
        _require_kind(dataset, path, arguments.kind)
        if is_movie:
            plotting.save_movie(dataset, output, **options)
        else:
            save_figure(draw(dataset, **options), output)
    say(f"{output}: written")
    return DONE


def _require_kind(dataset: xr.Dataset, path: Path, kind: str) -> None:
    """Raise InputError for a kind of figure that is not of such a dataset."""
    from spectralcmi.runs.dataset import READABLE_VERSIONS

    if "scanned" in dataset.attrs and kind != "scan":
        raise InputError(
            f"{path}: is of a scan, which `spectralcmi plot {path} scan` draws; {kind} is of one "
            "run, such as the files that its variable 'file' names"
        )
    version = dataset.attrs.get("schema_version", READABLE_VERSIONS[-1])
    if version not in READABLE_VERSIONS:
        raise InputError(
            f"{path}: schema_version={version} is not one of those drawn here, "
            f"{', '.join(map(str, READABLE_VERSIONS))}"
        )


def _options(arguments: argparse.Namespace, draw: Callable[..., Any]) -> dict[str, Any]:
    """Options of a kind that were given; InputError for one that it does not know."""
    import inspect

    names = ("times", "longitude", "stretch", "variable", "of", "thickness", "common_scale")
    given = {n: getattr(arguments, n) for n in names if getattr(arguments, n) is not None}
    for name in given:
        if name not in inspect.signature(draw).parameters:
            raise InputError(f"plot: {arguments.kind} takes no --{name.replace('_', '-')}")
    return given


@contextlib.contextmanager
def _named(path: Path, kind: str) -> Iterator[None]:
    """Say in which file something is missing, and for which kind."""
    try:
        yield
    except InputError as error:
        if str(error).startswith("the dataset has no"):
            raise InputError(f"{path}: {error}, which {kind} needs") from None
        raise


def _numbers(text: str) -> list[float]:
    """Numbers separated by commas."""
    try:
        return [float(part) for part in text.split(",")]
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not like 0,50,100") from None


def save_figure(axes: Axes | np.ndarray, path: Path) -> None:
    """Save the figure of some Axes, whole or not at all, in the style that is set; forget it."""
    import matplotlib.pyplot as plt
    import numpy as np

    from spectralcmi.runs.output_file import OutputFile

    figure = np.ravel(np.asarray(axes, dtype=object))[0].figure
    try:
        with OutputFile(path, wait=True) as output:
            output.write(lambda file: figure.savefig(file, format=path.suffix[1:].lower()))
    except OSError as error:
        raise not_written(str(path), error) from None
    finally:
        plt.close(figure)
