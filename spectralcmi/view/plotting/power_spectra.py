"""Figures of the energy per degree and per order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike

from spectralcmi.errors import InputError
from spectralcmi.view.plotting.legends import legend_above
from spectralcmi.view.plotting.style import (
    BLACK,
    BLUE,
    POLOIDAL,
    SEQUENTIAL,
    TOROIDAL,
    TOTAL,
    VERMILION,
    label_time_axis,
    positive,
    sequence_colours,
    single_axes,
    time_indices,
    unit_of,
    variables_of,
    year,
)
from spectralcmi.view.plotting.tails import mark_tails, starred

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.lines import Line2D

#: Component: (line style, width, colour at the last time).
COMPONENTS = (
    ("total", TOTAL, 1.5, BLACK),
    ("poloidal", POLOIDAL, 1.1, BLUE),
    ("toroidal", TOROIDAL, 1.3, VERMILION),
)
#: How far the colours of the first time are on their way to white.
PALEST = 0.7
#: Decades shown of a spectrum below its peak; what lies lower is round-off or not yet there.
DECADES = 6


def spectra(
    dataset: xr.Dataset, ax: Axes | None = None, times: Sequence[float] | None = None
) -> Axes:
    """Magnetic energy per degree at some times: total, poloidal and toroidal.

    The total is grey, the poloidal part blue and the toroidal red; times go from light to dark.

    A star marks years at which the highest degrees or radial polynomials hold more than a
    thousandth of the field.

    Parameters
    ----------
    dataset : xarray.Dataset
        A run, with ``spectrum_poloidal`` and ``spectrum_toroidal`` along ``time`` and ``degree``.
    ax : matplotlib.axes.Axes, optional
        Where to draw.
    times : sequence of float, optional
        Years, each drawn from the stored time nearest to it; without, those of the snapshots.

    Returns
    -------
    ax : matplotlib.axes.Axes
    """
    poloidal, toroidal = variables_of(dataset, "spectrum_poloidal", "spectrum_toroidal")
    ax = single_axes(ax)
    degree = dataset["degree"]
    indices = time_indices(dataset, times)
    years, note = _years(dataset, indices)
    totals = []
    shades = np.linspace(PALEST, 0.0, max(len(indices), 2))[-len(indices) :]
    for index, label, shade in zip(indices, years, shades, strict=True):
        pair = poloidal.isel(time=index), toroidal.isel(time=index)
        totals.append(pair[0] + pair[1])
        for values, (_, style, width, colour) in zip((totals[-1], *pair), COMPONENTS, strict=True):
            ax.plot(
                degree, positive(values), style, color=_paler(colour, shade), lw=width,
                **_dots(values),
            )  # fmt: skip
        ax.get_lines()[-3].set_label(label)
    ax.set_xscale("log")
    _plain_ticks(ax.xaxis)
    _finish_spectra(ax, totals, note, _components())
    ax.set_xlim(0.9, 1.1 * float(degree.max()))
    ax.set_xlabel(r"degree $\ell$")
    ax.set_ylabel(rf"$E_\ell$ [{unit_of(poloidal, 'erg')}]")
    return ax


def orders(
    dataset: xr.Dataset, ax: Axes | None = None, times: Sequence[float] | None = None
) -> Axes:
    """Magnetic energy per order at some times, of a run in three dimensions.

    Stars as of `spectra`.

    Parameters
    ----------
    dataset : xarray.Dataset
        A run, with ``spectrum_order`` along ``time`` and ``order``.
    ax : matplotlib.axes.Axes, optional
        Where to draw.
    times : sequence of float, optional
        Years, each drawn from the stored time nearest to it; without, those of the snapshots.

    Returns
    -------
    ax : matplotlib.axes.Axes

    Raises
    ------
    InputError
        If the run is axisymmetric.
    """
    (spectrum,) = variables_of(dataset, "spectrum_order")
    order = dataset["order"]
    if order.size == 1:
        raise InputError(
            "the run is axisymmetric: all of its energy, which `energies` draws, has the order 0"
        )
    ax = single_axes(ax)
    indices = time_indices(dataset, times)
    years, note = _years(dataset, indices)
    totals = [spectrum.isel(time=index) for index in indices]
    for total, label, colour in zip(totals, years, sequence_colours(len(indices)), strict=True):
        ax.plot(order, positive(total), "o-", color=colour, ms=3, label=label)
    _finish_spectra(ax, totals, note)
    ax.set_xlim(-0.5, float(order.max()) + 0.5)
    ax.locator_params("x", integer=True, min_n_ticks=1)
    ax.set_xlabel("order $m$")
    ax.set_ylabel(f"$E_m$ [{unit_of(spectrum, 'erg')}]")
    return ax


def spectrogram(dataset: xr.Dataset, ax: Axes | None = None) -> Axes:
    """Magnetic energy per degree, in colour, against time and degree.

    Thin vertical lines mark the years after which the highest degrees or radial polynomials hold
    more than a thousandth of the field.

    Parameters
    ----------
    dataset : xarray.Dataset
        A run, with ``spectrum_poloidal`` and ``spectrum_toroidal`` along ``time`` and ``degree``.
    ax : matplotlib.axes.Axes, optional
        Where to draw.

    Returns
    -------
    ax : matplotlib.axes.Axes
    """
    from matplotlib.colors import LogNorm

    poloidal, toroidal = variables_of(dataset, "spectrum_poloidal", "spectrum_toroidal")
    ax = single_axes(ax)
    total = np.asarray(poloidal + toroidal, dtype=float)
    degree, time = np.asarray(dataset["degree"]), np.asarray(dataset["time"])
    highest = float(total.max()) or 1.0
    peak = float(total.max(axis=1).min())
    lowest = max(peak / 10.0**DECADES, highest / 10.0 ** (3 * DECADES), 1e-300)
    # a column for each stored time, up to halfway to its neighbours
    edges = np.concatenate([time[:1], (time[1:] + time[:-1]) / 2, time[-1:]])
    mesh = ax.pcolormesh(
        edges,
        np.append(degree - 0.5, degree[-1] + 0.5),
        np.maximum(total.T, 1e-300),
        norm=LogNorm(lowest, highest),
        cmap=SEQUENTIAL,
        rasterized=True,
    )
    label_time_axis(ax, dataset)
    ax.set_yscale("log")
    ax.set_ylim(degree[0] - 0.3, degree[-1] + 0.5)
    ax.set_ylabel(r"degree $\ell$")
    ax.tick_params(which="both", direction="out", top=False, right=False)
    _plain_ticks(ax.yaxis)
    mark_tails(ax, dataset, colour="white")
    bar = ax.figure.colorbar(mesh, ax=ax, extend="min", pad=0.02)
    bar.set_label(rf"$E_\ell$ [{unit_of(poloidal, 'erg')}]")
    return ax


def _years(dataset: xr.Dataset, indices: list[int]) -> tuple[list[str], str]:
    """Labels of stored times, with a star where a tail is large, and what the star means."""
    times = [float(dataset["time"][index]) for index in indices]
    stars, note = starred(dataset, times)
    return [year(time) + star for time, star in zip(times, stars, strict=True)], note


def _plain_ticks(axis: Axis) -> None:
    """Ticks of a logarithmic axis of degrees at 1, 2, 5, 10, 20, .. as plain numbers."""
    from matplotlib.ticker import LogLocator, NullFormatter, StrMethodFormatter

    axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axis.set_major_formatter(StrMethodFormatter("{x:g}"))
    axis.set_minor_formatter(NullFormatter())


def _dots(spectrum: ArrayLike) -> dict[str, Any]:
    """Dots for a spectrum with gaps, since a line through a single degree shows nothing."""
    has_gaps = bool((np.asarray(spectrum) <= 0).any())
    return {"marker": "o", "markersize": 3} if has_gaps else {}


def _finish_spectra(
    ax: Axes, totals: list[xr.DataArray], note: str, more: Sequence[Line2D] = ()
) -> None:
    """Logarithmic ordinate that ends below every spectrum's peak, and the years above the Axes.

    With more lines to be explained after the years, and a note above them.
    """
    ax.set_yscale("log")
    peaks = [float(total.max()) for total in totals]
    if peaks and min(peaks) > 0:
        ax.set_ylim(bottom=min(peaks) / 10**DECADES)
    handles, _ = ax.get_legend_handles_labels()
    legend_above(ax, [*handles, *more], title=note)


def _paler(colour: str, shade: float) -> tuple[float, float, float]:
    """Colour on its way to white: itself at 0, white at 1."""
    from matplotlib.colors import to_rgb

    red, green, blue = (part + (1.0 - part) * shade for part in to_rgb(colour))
    return red, green, blue


def _components() -> list[Line2D]:
    """Lines for a legend that tell the components by their styles and colours."""
    from matplotlib.lines import Line2D

    return [
        Line2D([], [], color=_paler(colour, 0.0), ls=style, lw=width, label=name)
        for name, style, width, colour in COMPONENTS
    ]
