"""Figure of the star's way through the diagram of period and period derivative."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from spectralcmi.constants import JULIAN_YEAR, KILOMETRE, SPEED_OF_LIGHT
from spectralcmi.view.plotting.legends import legend_above
from spectralcmi.view.plotting.style import BLACK, BLUE, VERMILION, single_axes, variables_of
from spectralcmi.view.spin_down import TORQUES, spin_down

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: Decades by which the frame is wider than the track on each side.
MARGIN = 0.7
#: Decades from the edge within which no line is labelled.
EDGE = 0.15


def p_pdot(dataset: xr.Dataset, ax: Axes | None = None) -> Axes:
    """Period derivative against period, with lines of equal age and of equal dipole field.

    Parameters
    ----------
    dataset : xarray.Dataset
        A run; how it spins is its case's section ``spin``.
    ax : matplotlib.axes.Axes, optional
        Where to draw.

    Returns
    -------
    ax : matplotlib.axes.Axes

    Notes
    -----
    The dotted lines are those of the usual inference, an orthogonal rotator with the torque of the
    run, without its redshift: B = 2 m/R^3.
    """
    from matplotlib.ticker import NullFormatter

    variables_of(dataset, "dipole_moment")
    spin = spin_down(dataset)
    ax = single_axes(ax)
    period, derivative = spin["period"].values, spin["period_derivative"].values
    shown = derivative > 0
    ax.plot(period[shown], derivative[shown], "-", color=VERMILION, lw=2.2)
    ax.set_xscale("log")
    ax.set_yscale("log")
    if shown.any():
        times, (first, last) = dataset["time"].values[shown], np.flatnonzero(shown)[[0, -1]]
        for index, filled in ((first, False), (last, True)):
            ax.plot(
                period[index],
                derivative[index],
                "o",
                color=VERMILION,
                mfc=VERMILION if filled else "white",
                label=f"{times[-1 if filled else 0]:g} yr",
            )
        _frame(ax, period[shown], derivative[shown])
        _lines(ax, spin)
        legend_above(ax)
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_minor_formatter(NullFormatter())  # the frame is wider than a decade
    ax.set_xlabel("$P$ [s]")
    ax.set_ylabel(r"$\dot P$")
    return ax


def _frame(ax: Axes, period: np.ndarray, derivative: np.ndarray) -> None:
    """Limits around the track."""
    factor = 10**MARGIN
    ax.set_xlim(period.min() / factor, period.max() * factor)
    ax.set_ylim(derivative.min() / factor, derivative.max() * factor)


def _lines(ax: Axes, spin: xr.Dataset) -> None:
    """Lines of equal characteristic age, dashed, and of equal timing field, dotted."""
    ends, heights = np.array(ax.get_xlim()), np.log10(ax.get_ylim())
    k0, k1, _ = TORQUES[spin.attrs["torque"]]
    cube = (spin.attrs["radius_km"] * KILOMETRE) ** 3
    inertia = spin.attrs["moment_of_inertia_g_cm2"]
    square = np.pi**2 * cube**2 * (k0 + k1) / (inertia * SPEED_OF_LIGHT**3)

    def draw(values: np.ndarray, style: str, colour: str, text: str, share: float) -> None:
        ax.plot(ends, values, style, color=colour, lw=0.7, zorder=0)
        place, height = (part[0] ** (1 - share) * part[1] ** share for part in (ends, values))
        if heights[0] + EDGE < np.log10(height) < heights[1] - EDGE:
            ax.annotate(
                text,
                (place, height),
                color=colour,
                fontsize="small",
                ha="center",
                va="center",
                bbox={"boxstyle": "square,pad=0.1", "fc": "white", "ec": "none"},
                zorder=1,
            )

    corners = [p / (2 * 10**h * JULIAN_YEAR) for p in ends for h in heights]
    for decade in _decades(min(corners), max(corners)):
        age = ends / (2 * 10.0**decade * JULIAN_YEAR)
        draw(age, "--", BLACK, f"$10^{{{decade}}}$ yr", 0.12)
    corners = [np.sqrt(p * 10**h / square) for p in ends for h in heights]
    for decade in _decades(min(corners), max(corners)):
        draw(square * 10.0 ** (2 * decade) / ends, ":", BLUE, f"$10^{{{decade}}}$ G", 0.85)
    ax.set_xlim(*ends)
    ax.set_ylim(*10**heights)


def _decades(low: float, high: float) -> range:
    """Powers of ten between two numbers."""
    return range(int(np.ceil(np.log10(low))), int(np.floor(np.log10(high))) + 1)
