"""Figures of the energy per degree and per order."""

import numpy as np

from spectralcmi.view.plotting.style import (
    POLOIDAL,
    SEQUENTIAL,
    TOROIDAL,
    TOTAL,
    label_time_axis,
    positive,
    sequence_colours,
    single_axes,
    time_indices,
    unit_of,
    variables_of,
    year,
)

#: Decades shown of a spectrum below its peak; what lies lower is round-off or not yet there.
DECADES = 6


def spectra(dataset, ax=None, times=None):
    """Magnetic energy per degree at some times: total, poloidal and toroidal.

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
    totals = []
    for index, colour in zip(indices, sequence_colours(len(indices)), strict=True):
        pair = poloidal.isel(time=index), toroidal.isel(time=index)
        totals.append(pair[0] + pair[1])
        lines = ((totals[-1], TOTAL, 1.5), (pair[0], POLOIDAL, 1), (pair[1], TOROIDAL, 1))
        for values, style, width in lines:
            ax.plot(degree, positive(values), style, color=colour, lw=width, **_dots(values))
        ax.get_lines()[-3].set_label(year(dataset["time"][index]))
    ax.set_xscale("log")
    _plain_ticks(ax.xaxis)
    _finish_spectra(ax, totals, _components())
    ax.set_xlim(0.9, 1.1 * float(degree.max()))
    ax.set_xlabel(r"degree $\ell$")
    ax.set_ylabel(rf"$E_\ell$ [{unit_of(poloidal, 'erg')}]")
    return ax


def orders(dataset, ax=None, times=None):
    """Magnetic energy per order at some times.

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
    """
    (spectrum,) = variables_of(dataset, "spectrum_order")
    ax = single_axes(ax)
    order = dataset["order"]
    indices = time_indices(dataset, times)
    totals = [spectrum.isel(time=index) for index in indices]
    for index, total, colour in zip(indices, totals, sequence_colours(len(indices)), strict=True):
        ax.plot(
            order, positive(total), "o-", color=colour, ms=3, label=year(dataset["time"][index])
        )
    _finish_spectra(ax, totals)
    ax.set_xlim(-0.5, float(order.max()) + 0.5)
    ax.xaxis.get_major_locator().set_params(integer=True, min_n_ticks=1)
    ax.set_xlabel("order $m$")
    ax.set_ylabel(f"$E_m$ [{unit_of(spectrum, 'erg')}]")
    return ax


def spectrogram(dataset, ax=None):
    """Magnetic energy per degree, in colour, against time and degree.

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
    bar = ax.figure.colorbar(mesh, ax=ax, extend="min", pad=0.02)
    bar.set_label(rf"$E_\ell$ [{unit_of(poloidal, 'erg')}]")
    return ax


def _plain_ticks(axis):
    """Ticks of a logarithmic axis of degrees at 1, 2, 5, 10, 20, .. as plain numbers."""
    from matplotlib.ticker import LogLocator, NullFormatter, StrMethodFormatter

    axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axis.set_major_formatter(StrMethodFormatter("{x:g}"))
    axis.set_minor_formatter(NullFormatter())


def _dots(spectrum):
    """Dots for a spectrum with gaps, since a line through a single degree shows nothing."""
    has_gaps = bool((np.asarray(spectrum) <= 0).any())
    return {"marker": "o", "markersize": 3} if has_gaps else {}


def _finish_spectra(ax, totals, more=()):
    """Logarithmic ordinate that ends below every spectrum's peak, and the years above the Axes.

    With more lines to be explained, after the years.
    """
    ax.set_yscale("log")
    peaks = [float(total.max()) for total in totals]
    if peaks and min(peaks) > 0:
        ax.set_ylim(bottom=min(peaks) / 10**DECADES)
    # in rows above the Axes, where no curve can be hidden
    row = {"loc": "lower center", "bbox_to_anchor": (0.5, 1.0), "ncols": 5, "columnspacing": 1.0}
    handles, _ = ax.get_legend_handles_labels()
    ax.legend(handles=[*handles, *more], handlelength=2.0, **row)


def _components():
    """Lines for a legend that tell the components by their styles."""
    from matplotlib.lines import Line2D

    styles = (("total", TOTAL, 1.5), ("poloidal", POLOIDAL, 1), ("toroidal", TOROIDAL, 1))
    return [Line2D([], [], color="0.3", ls=s, lw=w, label=name) for name, s, w in styles]
