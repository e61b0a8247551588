"""Figures of quantities against time: energies and their budget."""

from __future__ import annotations

from typing import TYPE_CHECKING

import xarray as xr

from spectralcmi.view.plotting.legends import legend_above
from spectralcmi.view.plotting.style import (
    BLACK,
    BLUE,
    GREEN,
    POLOIDAL,
    TOROIDAL,
    TOTAL,
    VERMILION,
    label_time_axis,
    positive,
    single_axes,
    unit_of,
    variables_of,
)
from spectralcmi.view.plotting.tails import mark_tails

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def energies(dataset: xr.Dataset, ax: Axes | None = None) -> Axes:
    """Magnetic energy in the shell against time: total, poloidal and toroidal.

    Thin vertical lines mark the years after which the highest degrees or radial polynomials hold
    more than a thousandth of the field.

    Parameters
    ----------
    dataset : xarray.Dataset
        A run, with ``energy_poloidal`` and ``energy_toroidal`` along ``time``.
    ax : matplotlib.axes.Axes, optional
        Where to draw.

    Returns
    -------
    ax : matplotlib.axes.Axes
    """
    poloidal, toroidal = variables_of(dataset, "energy_poloidal", "energy_toroidal")
    ax = single_axes(ax)
    lines = (
        (poloidal + toroidal, "total", TOTAL, BLACK),
        (poloidal, "poloidal", POLOIDAL, BLUE),
        (toroidal, "toroidal", TOROIDAL, VERMILION),
    )
    for energy, label, style, colour in lines:
        ax.plot(dataset["time"], positive(energy), style, color=colour, label=label)
    label_time_axis(ax, dataset)
    ax.set_yscale("log")
    ax.set_ylabel(rf"$E_\mathrm{{mag}}$ [{unit_of(poloidal, 'erg')}]")
    legend_above(ax, above=mark_tails(ax, dataset))
    return ax


def budget(dataset: xr.Dataset, ax: Axes | None = None) -> Axes:
    """Every term of the magnetic energy's budget against time, by absolute value.

    The legend marks what takes energy from the field by a minus; where a term has either sign the
    line does not tell which. Thin vertical lines as of `energies`.

    Parameters
    ----------
    dataset : xarray.Dataset
        A run, with ``ohmic_power``, ``chiral_power``, ``angular_dissipation_power`` and
        ``budget_residual`` along ``time``.
    ax : matplotlib.axes.Axes, optional
        Where to draw.

    Returns
    -------
    ax : matplotlib.axes.Axes
    """
    lines = (
        ("chiral_power", "chiral", "-", BLACK),
        ("ohmic_power", "Ohmic", "--", BLUE),
        ("angular_dissipation_power", "angular dissipation", "-.", GREEN),
        ("budget_residual", "residual", ":", VERMILION),
    )
    powers = variables_of(dataset, *(name for name, *_ in lines))
    ax = single_axes(ax)
    for power, (name, label, style, colour) in zip(powers, lines, strict=True):
        is_loss = bool((power <= 0).all() and (power < 0).any()) and name != "budget_residual"
        sign = " (−)" if is_loss else ""
        ax.plot(dataset["time"], positive(abs(power)), style, color=colour, label=label + sign)
    label_time_axis(ax, dataset)
    ax.set_yscale("log")
    ax.set_ylabel(rf"$|\mathrm{{power}}|$ [{unit_of(powers[0], 'erg s^-1')}]")
    legend_above(ax, above=mark_tails(ax, dataset))
    return ax
