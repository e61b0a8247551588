"""Figures of the follow-up papers, each from one small dataset of `helical_measures`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from spectralcmi.paper.drawing import COLOURS, in_style, line_style, panels
from spectralcmi.paper.measures import MAGNETAR_DIPOLE
from spectralcmi.view import plotting
from spectralcmi.view.plotting.style import PAGE

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["energies", "fields", "onset", "spectra", "wavenumbers"]


@in_style
def fields(dataset: xr.Dataset) -> Figure:
    """l = 1 in the crust and the dipole outside against time, on the same axes, by start.

    Other seeds and grids of a start, which would cover it, are not drawn.
    """
    figure, ax = panels(width=PAGE, height=4.4)
    for i, run in enumerate(name for name in dataset["run"].values if ": " not in name):
        chosen = dataset.sel(run=run)
        time = chosen["sample_time"].where(chosen["sample_time"] > 0)
        colour = COLOURS[i % len(COLOURS)]
        ax.plot(time, chosen["dipole_rms_field"], color=colour, lw=1.8, label=run)
        outside = chosen["dipole_field"]
        ax.plot(time, outside.where(outside > 0), color=colour, lw=1.2, ls="--")
    ax.axhline(MAGNETAR_DIPOLE, color="0.7", lw=0.8)
    ax.set(xscale="log", yscale="log", xlabel="$t$ [yr]", ylabel="$B$ [G]")
    ax.set_ylim(bottom=1e7)
    _beside(ax, r"solid: rms of $\ell=1$ in the crust; dashed: dipole outside, at the pole")
    return figure


def _beside(ax: Axes, title: str) -> None:
    """A legend above the panel: lines cross all of it."""
    ax.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=3, title=title)


@in_style
def energies(dataset: xr.Dataset) -> Figure:
    """Energy in the crust and that of l = 1, with and without the chiral effect."""
    figure, axes = panels(columns=2)
    titles = ("all degrees", r"$\ell = 1$")
    for ax, name, title in zip(axes, ("energy", "dipole_energy"), titles, strict=True):
        for i, run in enumerate(dataset["run"].values):
            chosen = dataset.sel(run=run)
            ax.plot(chosen["sample_time"], chosen[name], label=run, **line_style(i))
        ax.set(yscale="log", xlabel="$t$ [yr]", ylabel=r"$E_\mathrm{mag}$ [erg]", title=title)
    axes[0].legend()
    return figure


@in_style
def spectra(dataset: xr.Dataset) -> Figure:
    """Energy per degree at some years, and the slopes that the papers name."""
    figure, ax = panels()
    plotting.spectra(dataset, times=list(dataset["time"].values), ax=ax)
    total = dataset["spectrum_poloidal"] + dataset["spectrum_toroidal"]
    top = float(total.max())
    ax.set_ylim(1e-9 * top, 5 * top)
    degree = np.array([1.0, 8.0])
    level = float(total.isel(time=-1).sel(degree=1)) * 3
    ax.plot(degree, level * degree, color="0.5", lw=1)
    ax.annotate(r"$\ell^{1}$", (degree[-1], level * degree[-1]), color="0.4")
    return figure


@in_style
def onset(dataset: xr.Dataset) -> Figure:
    """l = 1 at the end, and by how much it grew, against the largest mu5 of the start."""
    figure, (left, right) = panels(columns=2)
    growth = dataset["last_dipole_rms_field"] / dataset["first_dipole_rms_field"]
    left.plot(dataset["maximum_mu5"], dataset["last_dipole_rms_field"], "o-", color=COLOURS[1])
    left.axhline(MAGNETAR_DIPOLE, color="0.7", lw=0.8)
    left.set(ylabel=r"$B(\ell=1)$ in the crust at the end [G]")
    right.plot(dataset["maximum_mu5"], growth, "s-", color=COLOURS[2])
    right.axhline(1.0, color="0.7", lw=0.8)
    right.set(ylabel="over that of the start")
    for ax in (left, right):
        ax.set(xscale="log", yscale="log", xlabel=r"largest $\mu_5$ of the start [MeV]")
    return figure


@in_style
def wavenumbers(dataset: xr.Dataset) -> Figure:
    """Largest and mean mu5 of the start against its radial wavenumber."""
    figure, ax = panels()
    for i, (name, label) in enumerate(
        (("maximum_mu5", "largest"), ("mean_absolute_mu5", "mean absolute")), start=1
    ):
        ax.plot(dataset["wavenumber"], dataset[name], "o-", color=COLOURS[i], label=label)
    ax.set(xscale="log", yscale="log", xlabel="$k_r$ [1/km]", ylabel=r"$\mu_5$ [MeV]")
    ax.legend()
    return figure
