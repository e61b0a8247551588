"""Figures of the star's heat: its temperatures and its luminosities against time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from spectralcmi.errors import InputError
from spectralcmi.view.plotting.legends import legend_above
from spectralcmi.view.plotting.style import (
    BLACK,
    BLUE,
    GREEN,
    VERMILION,
    label_time_axis,
    positive,
    single_axes,
    unit_of,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.lines import Line2D

#: Series: (label, line style, colour).
TEMPERATURES = {
    "T_core": (r"$T$ below the crust", "-", BLACK),
    "T_b": (r"$T_\mathrm{b}$", "--", BLUE),
    "T_s_eff_inf": (r"$T_\mathrm{s,eff}^\infty$", "-.", VERMILION),
}
LUMINOSITIES = {
    "L_gamma_inf": ("photons", "-", BLACK),
    "L_nu_core_inf": (r"$\nu$ of the core", "--", BLUE),
    "L_nu_crust_inf": (r"$\nu$ of the crust", "-.", GREEN),
    "joule_power_inf": ("heat of the field", ":", VERMILION),
}
#: Decades shown of the smallest luminosity, below its peak.
DECADES = 3
#: A time axis is logarithmic where the last time is as many times the first after birth.
LONG = 30.0


def cooling(dataset: xr.Dataset, ax: Axes | None = None) -> Axes:
    """Temperatures of the star against time: below and above the crust, and of the surface.

    Parameters
    ----------
    dataset : xarray.Dataset
        A run that evolves the temperature, or a cooling curve.
    ax : matplotlib.axes.Axes, optional
        Where to draw.

    Returns
    -------
    ax : matplotlib.axes.Axes
    """
    return _draw_series(dataset, ax, TEMPERATURES, "$T$")


def luminosity(dataset: xr.Dataset, ax: Axes | None = None) -> Axes:
    """Luminosities of the star, and the power that the field heats it with, against time.

    All of them as seen from infinity.

    Parameters
    ----------
    dataset : xarray.Dataset
        A run that evolves the temperature, or a cooling curve.
    ax : matplotlib.axes.Axes, optional
        Where to draw.

    Returns
    -------
    ax : matplotlib.axes.Axes
    """
    ax = _draw_series(dataset, ax, LUMINOSITIES, r"$L^\infty$")
    peaks = [values.max() for line in ax.get_lines() if (values := _finite(line)).size]
    if peaks and ax.get_ylim()[0] < min(peaks) / 10.0**DECADES:
        ax.set_ylim(bottom=min(peaks) / 10.0**DECADES)
    return ax


def _finite(line: Line2D) -> np.ndarray:
    values = np.asarray(line.get_ydata(), dtype=float)
    return values[np.isfinite(values)]


def _draw_series(
    dataset: xr.Dataset,
    ax: Axes | None,
    lines: dict[str, tuple[str, str, str]],
    symbol: str,
) -> Axes:
    """Draw those series that there are."""
    present = [name for name in lines if name in dataset]
    if not present:
        raise InputError(f"the dataset has no variable {next(iter(lines))}")
    ax = single_axes(ax)
    later = dataset.sel(time=dataset["time"] > 0)
    is_long = later.sizes["time"] > 0 and later["time"][-1] >= LONG * later["time"][0]
    shown = later if is_long else dataset
    for name in present:
        label, style, colour = lines[name]
        ax.plot(shown["time"], positive(shown[name]), style, color=colour, label=label)
    label_time_axis(ax, shown)
    if is_long:
        ax.set_xscale("log")
    ax.set_yscale("log")
    ax.set_ylabel(f"{symbol} [{unit_of(dataset[present[0]])}]")
    legend_above(ax)
    return ax
