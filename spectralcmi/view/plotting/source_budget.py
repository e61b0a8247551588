"""Figure of the source of chirality: the powers that it takes, against time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

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
    variables_of,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def source(dataset: xr.Dataset, ax: Axes | None = None) -> Axes:
    """Powers of the source of chirality by their size, and captures per electron.

    Parameters
    ----------
    dataset : xarray.Dataset
        A run, with ``beta_power``, ``weak_power``, ``spin_flip_power``, ``chiral_power`` and
        ``captures_per_electron`` along ``time``.
    ax : matplotlib.axes.Axes, optional
        Where to draw.

    Returns
    -------
    ax : matplotlib.axes.Axes
        The captures per electron until the end are written above it.
    """
    lines = (
        ("beta_power", r"captures, $\delta\mu\, n_e\Gamma_w$", "-", BLACK),
        ("weak_power", r"into chirality, $\mu_5 n_e\Gamma_w$", "--", BLUE),
        ("spin_flip_power", r"heat of spin flips, $\mu_5 n_5\Gamma_f$", ":", VERMILION),
        ("chiral_power", "into the magnetic field", "-.", GREEN),
    )
    powers = variables_of(dataset, *(name for name, *_ in lines))
    (captures,) = variables_of(dataset, "captures_per_electron")
    ax = single_axes(ax)
    for power, (_, label, style, colour) in zip(powers, lines, strict=True):
        ax.plot(dataset["time"], positive(np.abs(power)), style, color=colour, label=label)
    label_time_axis(ax, dataset)
    ax.set_yscale("log")
    ax.set_ylabel(rf"$|\mathrm{{power}}|$ [{unit_of(powers[0], 'erg s^-1')}]")
    last = float(captures[-1]) if captures.size else np.nan
    said = f"{last:.2g} captures per electron".replace("e+", "e") if np.isfinite(last) else ""
    legend_above(ax, title=said)
    return ax
