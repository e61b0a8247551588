"""Figures of helicity and decay: how helical each degree is, running exponents, slopes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from spectralcmi.view.helicity import realizability, running_exponents, spectral_slope
from spectralcmi.view.plotting.legends import legend_above
from spectralcmi.view.plotting.style import (
    BLACK,
    label_time_axis,
    sequence_colours,
    single_axes,
    time_indices,
    variables_of,
    year,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: Degrees that a slope is fitted to, fewer where a run has fewer.
SLOPE_DEGREES = 10


def helicity(
    dataset: xr.Dataset, ax: Axes | None = None, times: Sequence[float] | None = None
) -> Axes:
    """How helical each degree is at some times, k H_l/(2 E_l), between its limits -1 and 1.

    Parameters
    ----------
    dataset : xarray.Dataset
        A run, with ``helicity_spectrum`` and ``rms_spectrum`` along ``time`` and ``degree``.
    ax : matplotlib.axes.Axes, optional
        Where to draw.
    times : sequence of float, optional
        Years, each drawn from the stored time nearest to it; without, those of the snapshots.

    Returns
    -------
    ax : matplotlib.axes.Axes

    See Also
    --------
    spectralcmi.view.helicity.realizability : what k is.
    """
    variables_of(dataset, "helicity_spectrum", "rms_spectrum")
    ratio = realizability(dataset)
    ax = single_axes(ax)
    indices = time_indices(dataset, times)
    for index, colour in zip(indices, sequence_colours(len(indices)), strict=True):
        label = year(dataset["time"][index])
        ax.plot(ratio["degree"], ratio.isel(time=index), ".-", color=colour, lw=1, label=label)
    ax.axhline(0.0, color="0.5", lw=0.7, zorder=1)
    ax.set_xlabel(r"degree $\ell$")
    ax.set_ylabel(r"$k_\ell H_\ell/(2E_\ell)$")
    limit = 1.1 * float(np.abs(ratio).max()) or 1.0
    ax.set_ylim(-min(limit, 1.05), min(limit, 1.05))
    legend_above(ax)
    return ax


def exponents(dataset: xr.Dataset, ax: Axes | None = None) -> Axes:
    """Running exponents in the plane of p and q, E ~ t^-p and integral scale ~ t^q, early to late.

    Parameters
    ----------
    dataset : xarray.Dataset
        A run, with ``energy_poloidal``, ``energy_toroidal`` and ``integral_scale``.
    ax : matplotlib.axes.Axes, optional
        Where to draw.

    Returns
    -------
    ax : matplotlib.axes.Axes
        Bars are standard errors of the fits; a dashed line is p = 2 (1 - 2 q), of all fields that
        decay self-similarly by Hall drift.

    References
    ----------
    Brandenburg, arXiv:2006.12984 and arXiv:2211.14197.
    """
    variables_of(dataset, "energy_poloidal", "energy_toroidal", "integral_scale")
    fits = running_exponents(dataset)
    ax = single_axes(ax)
    there = np.flatnonzero(np.isfinite(fits["p"]) & np.isfinite(fits["q"]))
    for index, colour in zip(there, sequence_colours(there.size), strict=True):
        fit = fits.isel(time=index)
        ends = [float(fit["time"])] if index in there[[0, -1]] else []
        ax.errorbar(
            float(fit["q"]), float(fit["p"]), float(fit["p_error"]), float(fit["q_error"]),
            fmt="o", ms=3, color=colour, elinewidth=0.7,
            label=f"{ends[0]:.3g} yr" if ends else None,
        )  # fmt: skip
    (low, high), heights = ax.get_xlim(), ax.get_ylim()
    ax.plot([low, high], [2 - 4 * low, 2 - 4 * high], "--", color=BLACK, lw=0.8, zorder=1)
    ax.set(xlim=(low, high), ylim=heights, xlabel="$q$", ylabel="$p$")
    if there.size:
        legend_above(ax)
    return ax


def slopes(dataset: xr.Dataset, ax: Axes | None = None) -> Axes:
    """Slope of the energy per degree over the lowest degrees against time, with its error.

    Parameters
    ----------
    dataset : xarray.Dataset
        A run, with ``spectrum_poloidal`` and ``spectrum_toroidal``.
    ax : matplotlib.axes.Axes, optional
        Where to draw.

    Returns
    -------
    ax : matplotlib.axes.Axes
    """
    variables_of(dataset, "spectrum_poloidal", "spectrum_toroidal")
    last = min(int(dataset["degree"].max()), SLOPE_DEGREES)
    fit = spectral_slope(dataset, range(1, last + 1))
    ax = single_axes(ax)
    time, slope, error = dataset["time"], fit["slope"], fit["slope_error"]
    ax.fill_between(time, slope - error, slope + error, color="0.85", lw=0)
    ax.plot(time, slope, "-", color=BLACK, label=rf"$\ell = 1 \ldots {last}$, with standard error")
    label_time_axis(ax, dataset)
    ax.set_ylabel(r"slope of $E_\ell$")
    legend_above(ax)
    return ax
