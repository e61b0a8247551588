"""Command plot: figures from datasets."""

from pathlib import Path

from spectralcmi.cli.arguments import new_command
from spectralcmi.cli.exit_codes import DONE
from spectralcmi.cli.files import opened, writable


def add(commands):
    """Add the command to a parser."""
    parser = new_command(commands, "plot", _plot, "draw a figure from a dataset")
    parser.add_argument("file", type=Path, metavar="FILE.nc", help="dataset of a run or a crust")
    parser.add_argument(
        "kind", metavar="KIND", help="energies, spectra, budget (runs), profiles (crusts)"
    )
    parser.add_argument(
        "--output",
        type=Path,
        metavar="FIG.png",
        help="figure, its format by its suffix (png, pdf, svg); default: <file>_<kind>.png",
    )


def _plot(arguments, changes):
    import matplotlib

    from spectralcmi import plotting

    if arguments.kind not in plotting.KINDS:
        raise ValueError(f"plot: no kind {arguments.kind!r}; there are {', '.join(plotting.KINDS)}")
    path = arguments.file
    output = arguments.output or path.with_name(f"{path.stem}_{arguments.kind}.png")
    matplotlib.use("Agg")  # a file is all that is wanted, with or without a screen
    with opened(path) as dataset, matplotlib.rc_context(dict(plotting.STYLE)), writable(output):
        try:
            axes = plotting.KINDS[arguments.kind](dataset)
        except ValueError as error:
            raise ValueError(f"{path}: {error}, which {arguments.kind} needs") from None
        _save_figure(axes, output)
    return DONE


def _save_figure(axes, path):
    """Save the figure of some Axes, and forget it."""
    import matplotlib.pyplot as plt
    import numpy as np

    figure = np.ravel(axes)[0].figure
    try:
        figure.savefig(path)
    finally:
        plt.close(figure)
