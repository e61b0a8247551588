"""Figure of the distribution of the chiral wavenumber over the volume of the crust."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from spectralcmi.errors import InputError
from spectralcmi.grid.stored import stored_metric
from spectralcmi.view.field import field
from spectralcmi.view.plotting.legends import legend_above
from spectralcmi.view.plotting.style import (
    raised,
    sequence_colours,
    single_axes,
    snapshot_indices,
    year,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: Bars of the histogram, and decades below its largest value.
BINS, DECADES = 48, 6
#: Radii that are looked at, of an axisymmetric field and of one in three dimensions.
RADII = (801, 161)
_SYMBOLS = {"k5": r"|k_5|", "mu5": r"|\mu_5|"}


def histogram(
    dataset: xr.Dataset,
    ax: Axes | None = None,
    times: Sequence[float] | None = None,
    of: str = "k5",
) -> Axes:
    """Share of the proper volume against |k5| or |mu5|, positive solid and negative dashed.

    Parameters
    ----------
    dataset : xarray.Dataset
        A run with snapshots.
    ax : matplotlib.axes.Axes, optional
        Where to draw.
    times : sequence of float, optional
        Years, each drawn from the snapshot nearest to it; without, all.
    of : {"k5", "mu5"}
        After the cutoff; mu5 with the constant of the run.

    Returns
    -------
    ax : matplotlib.axes.Axes
    """
    if of not in _SYMBOLS:
        raise InputError(f"of={of!r} is none of {', '.join(_SYMBOLS)}")
    chosen = snapshot_indices(dataset, times)
    ax = single_axes(ax)
    inner, outer = (float(dataset.attrs[f"{end}_radius_km"]) for end in ("inner", "outer"))
    radius = np.linspace(inner, outer, RADII[int(dataset["order_of_lm"].max()) > 0])
    grids = [field(dataset, i, radius=radius, k5=of == "k5", mu5=of == "mu5") for i in chosen]
    largest = max(float(abs(grid[of]).max()) for grid in grids) or 1.0
    edges = largest * np.logspace(-DECADES, 0, BINS + 1)
    edges[-1] *= 1.0 + 1e-12  # rounding must not leave out the largest
    for grid, colour in zip(grids, sequence_colours(len(grids)), strict=True):
        values, weights = grid[of].values.ravel(), _volumes(grid, dataset).ravel()
        for sign, style in ((1, "-"), (-1, "--")):
            share = np.histogram(sign * values, edges, weights=weights)[0]
            label = year(grid["time"]) if sign > 0 else None
            ax.stairs(share, edges, color=colour, ls=style, label=label)
    ax.set_xscale("log")
    ax.set_yscale("log")
    ax.set_xlabel(f"${_SYMBOLS[of]}$ [{raised(grids[0][of].attrs['units'])}]")
    ax.set_ylabel("share of the volume")
    legend_above(ax)
    return ax


def _volumes(grid: xr.Dataset, dataset: xr.Dataset) -> np.ndarray:
    """Share of the proper volume of each point of a grid, shape (radius, colatitude, longitude)."""
    radius, colatitude = grid["radius"].values, grid["colatitude"].values
    length = np.exp(stored_metric(dataset.attrs).radial_potential(radius)) * _widths(radius)
    ring = np.sin(colatitude) * _widths(colatitude)
    around = np.ones(grid.sizes["longitude"])
    volume = (radius**2 * length)[:, None, None] * ring[:, None] * around
    return volume / volume.sum()


def _widths(points: np.ndarray) -> np.ndarray:
    """Widths of the cells about points: weights of the trapezium rule."""
    steps = np.diff(points)
    return np.concatenate([steps[:1], steps[:-1] + steps[1:], steps[-1:]]) / 2.0
