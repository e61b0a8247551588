"""Figure of the two dipoles: the l = 1 field in the crust, and what is seen of it from outside."""

from __future__ import annotations

from typing import TYPE_CHECKING

import xarray as xr

from spectralcmi.view.plotting.legends import legend_above
from spectralcmi.view.plotting.style import (
    BLACK,
    BLUE,
    VERMILION,
    label_time_axis,
    positive,
    single_axes,
    unit_of,
    variables_of,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def dipoles(dataset: xr.Dataset, ax: Axes | None = None) -> Axes:
    """The l = 1 field inside the crust and the dipole outside against time.

    Parameters
    ----------
    dataset : xarray.Dataset
        A run, with ``dipole_rms_field``, ``dipole_field``, ``dipole_timing_field`` and
        ``rms_field`` along ``time``.
    ax : matplotlib.axes.Axes, optional
        Where to draw.

    Returns
    -------
    ax : matplotlib.axes.Axes
    """
    lines = (
        ("dipole_rms_field", r"$\ell=1$ in the crust, rms", "-", VERMILION, 2.2),
        ("rms_field", "all in the crust, rms", "-", BLACK, 0.7),
        ("dipole_field", "outside, at the pole", "--", BLUE, 2.2),
        ("dipole_timing_field", "as timing infers", ":", BLACK, 1.2),
    )
    fields = variables_of(dataset, *(name for name, *_ in lines))
    ax = single_axes(ax)
    for values, (_, label, style, colour, width) in zip(fields, lines, strict=True):
        ax.plot(dataset["time"], positive(values), style, color=colour, lw=width, label=label)
    label_time_axis(ax, dataset)
    ax.set_yscale("log")
    ax.set_ylabel(f"$B$ [{unit_of(fields[0], 'gauss')}]")
    legend_above(ax)
    return ax
