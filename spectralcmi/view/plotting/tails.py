"""Marks of what is resolved until when, from the tails of a run's expansions.

A tail is the share of the field in the highest degrees or the highest polynomials of the radius,
in amplitude: the series ``tail_degree`` and ``tail_radial``. The dataset names the years until
which they stay small in the attributes ``tails_small_until_degree`` and
``tails_small_until_radius``, nan where they are not small at the start; runs of old files name
none, and have no marks.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from spectralcmi.view.plotting.legends import text_size

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: A tail is small below this, as a figure says it.
LIMIT = "10$^{-3}$"
#: What is expanded in -> attribute of the dataset, and series.
TAILS = {
    "degree": ("tails_small_until_degree", "tail_degree"),
    "radius": ("tails_small_until_radius", "tail_radial"),
}
#: Points from the Axes to the first label, and distance of two in units of the size of the text.
GAP, ROW = 2.0, 1.5


def years_of_tails(dataset: xr.Dataset) -> dict[str, float]:
    """Years [yr] after which a tail is large, of those tails that are before the run ends.

    Parameters
    ----------
    dataset : xarray.Dataset
        A run.

    Returns
    -------
    dict of str to float
        By ``degree`` and ``radius``.
    """
    start, end = (float(dataset["time"][i]) for i in (0, -1))
    years = {}
    for what, (attribute, series) in TAILS.items():
        year = float(dataset.attrs.get(attribute, end))
        # nan too where nothing was measured at the start, of a run that an old file began
        if math.isnan(year) and series in dataset and np.isfinite(dataset[series][0]):
            year = start
        if year < end:
            years[what] = year
    return years


def mark_tails(ax: Axes, dataset: xr.Dataset, colour: str = "0.5") -> float:
    """Thin vertical lines at the years after which tails are large, named above the Axes.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Its abscissa is the time.
    dataset : xarray.Dataset
        A run; nothing is drawn for one whose tails are small throughout.
    colour : str
        Of the lines.

    Returns
    -------
    height : float
        Of the names above the Axes [points].
    """
    years = years_of_tails(dataset)
    middle = float(dataset["time"][0] + dataset["time"][-1]) / 2
    rows, size = sorted(set(years.values())), text_size()
    for row, year in enumerate(rows):
        text = _large([what for what, its_year in years.items() if its_year == year])
        # over a map, behind curves
        ax.axvline(year, color=colour, lw=0.7, ls=(0, (5, 3)), zorder=1.5)
        ax.annotate(
            rf"{text} $\rightarrow$",
            (year, 1.0), xycoords=ax.get_xaxis_transform(),
            xytext=(0.0, GAP + ROW * size * row), textcoords="offset points",
            ha="left" if year < middle else "right", va="bottom",
            fontsize=size, color="0.35", annotation_clip=False,
        )  # fmt: skip
    return ROW * size * len(rows) + GAP if rows else 0.0


def starred(dataset: xr.Dataset, times: list[float]) -> tuple[list[str], str]:
    """Stars for those times at which a tail is large, and what a star means.

    Parameters
    ----------
    dataset : xarray.Dataset
        A run.
    times : list of float
        [yr]

    Returns
    -------
    stars : list of str
        A star, or nothing, for each time.
    note : str
        Empty without stars.
    """
    years = years_of_tails(dataset)
    stars = ["*" if any(time > year for year in years.values()) else "" for time in times]
    large = [what for what, year in years.items() if max(times) > year]
    return stars, f"* {_large(large, 'or')}" if large else ""


def _large(tails: list[str], word: str = "and") -> str:
    """That tails are large, in words."""
    return f"tail{'s' * (len(tails) > 1)} in {f' {word} '.join(tails)} > {LIMIT}"
