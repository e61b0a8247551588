"""What the figures of all papers share: lines, panels, and how a figure is saved.

What is compared has its own line style or marker besides its colour, so that it can be read in
grey.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import xarray as xr

from spectralcmi.view import plotting
from spectralcmi.view.plotting.style import COLUMN, HEIGHT, PAGE

if TYPE_CHECKING:  # imported where they are needed: pyplot chooses a window system when imported
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = [
    "COLOURS",
    "MARKERS",
    "curves",
    "in_style",
    "legend_below",
    "line_style",
    "panels",
    "save_figure",
]

COLOURS = ("#000000", "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#777777")
LINES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)), (0, (1, 2)), (0, (8, 2)), (0, (3, 1)))
MARKERS = "os^Dv<>P*X"


def in_style(draw: Callable[[xr.Dataset], Figure]) -> Callable[[xr.Dataset], Figure]:
    """Let a function draw in the package's style."""

    @functools.wraps(draw)
    def drawn(dataset: xr.Dataset) -> Figure:
        import matplotlib as mpl

        with mpl.rc_context(dict(plotting.STYLE)):
            return draw(dataset)

    return drawn


def panels(
    columns: int = 1,
    rows: int = 1,
    height: float = HEIGHT * COLUMN,
    width: float | None = None,
    **options: Any,
) -> tuple[Figure, Any]:
    """Figure and Axes.

    Parameters
    ----------
    columns, rows : int
    height : float
        Of a row [inch].
    width : float, optional
        Of the figure [inch]; default: a column of a journal, or its page for several panels.
    **options
        Of `matplotlib.pyplot.subplots`.
    """
    import matplotlib.pyplot as plt

    width = width or (COLUMN if columns == 1 else PAGE)
    return plt.subplots(rows, columns, figsize=(width, height * rows), **options)


def legend_below(ax: Axes, **options: Any) -> None:
    """A legend below a panel that lines cross all of."""
    ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.2), fontsize="small", **options)


def save_figure(figure: Figure, path: str | Path, dots_per_inch: float | None = None) -> None:
    """Save a figure by the suffix of its path, in the package's style, and forget it."""
    import matplotlib.pyplot as plt

    with plt.rc_context(dict(plotting.STYLE)):
        figure.savefig(path, dpi=dots_per_inch or plt.rcParams["savefig.dpi"])
    plt.close(figure)


def line_style(number: int) -> dict[str, Any]:
    """Colour and dashes of a line among others; sixteen differ."""
    line = LINES[(number + number // len(COLOURS)) % len(LINES)]
    return {"color": COLOURS[number % len(COLOURS)], "ls": line, "lw": 1.3}


def curves(ax: Axes, dataset: xr.Dataset, name: str, label: Callable[[Any], str] = str) -> None:
    """A line for each run, against its own sample times."""
    dim = next(d for d in dataset[name].dims if d != "sample")
    for i, run in enumerate(dataset[dim].values):
        chosen = dataset.sel({dim: run})
        values = chosen[name].where(chosen[name] > 0)
        ax.plot(chosen["sample_time"], values, label=label(run), **line_style(i))
    ax.set_xlabel("$t$ [yr]")
