"""Figure of the growth of small perturbations about a stored state, against degree."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from spectralcmi.errors import InputError
from spectralcmi.view.plotting.legends import legend_above
from spectralcmi.view.plotting.style import BLUE, VERMILION, single_axes, unit_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: Direction of local perturbations: symbol and line style.
DIRECTIONS = {"theta": (r"\theta", "-"), "phi": (r"\varphi", "--")}
MARKERS = "osD^vP"


def growth(dataset: xr.Dataset, ax: Axes | None = None) -> Axes:
    """Growth rate of small perturbations against degree: local curves and global modes.

    Curves: perturbations along the meridian (solid) and along the circle of latitude (dashed) at
    one place. Marks: the fastest modes of each order at their mean degree, open at the run's
    resolution and filled at the finer one, joined by a line. The run's lmax is the vertical line.

    Parameters
    ----------
    dataset : xarray.Dataset
        Of `spectralcmi.stability`.
    ax : matplotlib.axes.Axes, optional

    Returns
    -------
    ax : matplotlib.axes.Axes
    """
    if "growth_rate" not in dataset or "resolution" not in dataset.dims:
        raise InputError("the dataset has no variable growth_rate of a stability")
    ax = single_axes(ax)
    if "local_growth_rate" in dataset:
        for direction in dataset["direction"].values:
            symbol, style = DIRECTIONS[str(direction)]
            rate = dataset["local_growth_rate"].sel(direction=direction)
            ax.plot(
                dataset["local_degree"],
                rate,
                ls=style,
                color=BLUE,
                label=f"local, along ${symbol}$",
            )
    for number, order in enumerate(dataset["order"].values):
        _draw_modes(ax, dataset.sel(order=order), int(order), MARKERS[number % len(MARKERS)])
    if "lmax" in dataset.attrs:
        ax.axvline(float(dataset.attrs["lmax"]), color="0.5", lw=0.7, label=r"$l_\mathrm{max}$")
    ax.axhline(0.0, color="0.8", lw=0.7, zorder=0)
    ax.set_xscale("log")
    ax.set_xlabel("$l$")
    ax.set_ylabel(f"growth rate [{unit_of(dataset['growth_rate'], 'julian_year^-1')}]")
    legend_above(ax)
    return ax


def _draw_modes(ax: Axes, modes: xr.Dataset, order: int, marker: str) -> None:
    """The fastest modes of an order, at each largest degree."""
    name = "all orders" if order < 0 else f"$m = {order}$"
    count = modes.sizes["resolution"]
    for limit in modes["lmax"].values:
        chosen = modes.sel(lmax=limit).transpose("resolution", ...)
        degree, rate = chosen["mean_degree"].values, chosen["growth_rate"].values
        ax.plot(degree, rate, color=VERMILION, lw=0.7)
        for place in range(count):
            is_finest = place == count - 1
            face = VERMILION if is_finest and count > 1 else "none"
            is_named = is_finest and limit == modes["lmax"].values[0]
            ax.plot(
                degree[place], rate[place], marker, color=VERMILION, mfc=face,
                label=f"global, {name}" if is_named else None,
            )  # fmt: skip
    if not np.all(np.isfinite(modes["growth_rate"])):
        raise InputError("the dataset has growth rates that are not finite")
