"""Figure of the field against radius: the whole crust, and the layer that holds the field."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from spectralcmi.view.field import field
from spectralcmi.view.plotting.layer_bounds import layer_bounds
from spectralcmi.view.plotting.legends import legend_above
from spectralcmi.view.plotting.quantities import COMPONENTS, has_chirality
from spectralcmi.view.plotting.style import (
    BLACK,
    BLUE,
    COLUMN,
    POLOIDAL,
    TOROIDAL,
    VERMILION,
    panels,
    positive,
    snapshot_indices,
    year,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: Radii at which the layer is drawn, and the crust beside those of the dataset.
POINTS = 401
#: Below this part of the largest value a profile is not followed: decades.
DECADES = 6


def radial(
    dataset: xr.Dataset,
    ax: Sequence[Axes] | None = None,
    times: float | Sequence[float] | None = None,
    thickness: float = 0.1,
) -> np.ndarray:
    """Rms over the sphere of the field, its curl and k5 against radius, in the layer that holds it.

    The first panel is of the whole crust, where the layer is grey; those below are of the layer.
    J is curl B, without the factor c/(4 pi), and in a metric e^-Phi curl(e^Phi B).

    Parameters
    ----------
    dataset : xarray.Dataset
        A run with snapshots.
    ax : sequence of matplotlib.axes.Axes, optional
        Where to draw: four, or three without a chiral term.
    times : float, optional
        Year, drawn from the snapshot nearest to it; without, the last snapshot.
    thickness : float
        Of the layer [km]: that with the largest magnetic energy.

    Returns
    -------
    ax : numpy.ndarray of matplotlib.axes.Axes
        Of the field in the crust, then of field, curl B and k5 in the layer.
    """
    (snapshot,) = snapshot_indices(dataset, times, 1)
    has_k5 = has_chirality(dataset)
    bottom, top = layer_bounds(dataset, snapshot, thickness)
    axes = panels(ax, 4 if has_k5 else 3, size=(COLUMN, 1.35))
    inner, outer = (float(dataset.attrs[f"{end}_radius_km"]) for end in ("inner", "outer"))
    inside = np.linspace(bottom, top, POINTS)
    crust = np.unique(np.concatenate([dataset["radius"].values.clip(inner, outer), inside]))
    _draw_field(axes[0], rms_profiles(dataset, snapshot, crust))
    axes[0].axvspan(bottom, top, color="0.85", lw=0, zorder=0)
    axes[0].set_xlim(inner, outer)
    handles, _ = axes[0].get_legend_handles_labels()
    legend_above(axes[0], handles, title=year(dataset["snapshot"][snapshot]))
    layer = rms_profiles(dataset, snapshot, inside, has_k5)
    _draw_field(axes[1], layer)
    axes[2].plot(layer["radius"], positive(layer["curl_B"]), color=BLACK)
    axes[2].set(yscale="log", ylabel=r"$J_\mathrm{rms}$ [G km$^{-1}$]")
    if has_k5:
        axes[3].plot(layer["radius"], layer["k5"], color=BLACK)
        axes[3].set_ylabel(r"$k_{5,\mathrm{rms}}$ [km$^{-1}$]")
        axes[3].set_ylim(bottom=0.0)
    for panel in axes[1:]:
        panel.set_xlim(bottom, top)
        panel.ticklabel_format(axis="x", useOffset=False)
    for panel in (axes[0], axes[-1]):
        panel.set_xlabel("$r$ [km]")
    return axes


def rms_profiles(
    dataset: xr.Dataset, snapshot: int, radius: np.ndarray, k5: bool = False
) -> xr.Dataset:
    """Root mean squares over the sphere at radii.

    Parameters
    ----------
    dataset : xarray.Dataset
        A run with snapshots.
    snapshot : int
    radius : numpy.ndarray, shape (radius,)
        [km]
    k5 : bool
        Whether the chiral wavenumber is wanted, too.

    Returns
    -------
    xarray.Dataset
        ``B_poloidal`` and ``B_toroidal`` [G], ``curl_B`` [G/km] and ``k5`` [1/km].
    """
    chosen = dataset.isel(snapshot=[snapshot])
    # the points and weights of Gauss take the mean of a square of degree 2 lmax exactly
    node, weights = np.polynomial.legendre.leggauss(int(dataset["degree_of_lm"].max()) + 1)
    weight = xr.DataArray(weights / 2, dims="colatitude")

    def rms(grid: xr.Dataset, *names: str) -> xr.DataArray:
        squares = sum((grid[name] ** 2 for name in names[1:]), start=grid[names[0]] ** 2)
        return xr.ufuncs.sqrt((squares * weight).sum("colatitude").mean("longitude"))

    def at_nodes(run: xr.Dataset, **wanted: bool) -> xr.Dataset:
        return field(run, 0, radius=radius, colatitude=np.arccos(node[::-1]), **wanted)

    whole = at_nodes(chosen, curl=True, k5=k5)
    parts = {
        f"B_{name}": rms(at_nodes(chosen.assign({other: 0 * chosen[other]})), *COMPONENTS)
        for name, other in (("poloidal", "toroidal"), ("toroidal", "poloidal"))
    }
    parts["curl_B"] = rms(whole, *(f"curl_{name}" for name in COMPONENTS))
    if k5:
        parts["k5"] = rms(whole, "k5")
    return xr.Dataset(parts)


def _draw_field(ax: Axes, profiles: xr.Dataset) -> None:
    """Poloidal and toroidal part on a logarithmic ordinate."""
    lines = (("poloidal", POLOIDAL, BLUE), ("toroidal", TOROIDAL, VERMILION))
    for name, style, colour in lines:
        values = positive(profiles[f"B_{name}"])
        ax.plot(profiles["radius"], values, style, color=colour, label=name)
    ax.set(yscale="log", ylabel=r"$B_\mathrm{rms}$ [G]")
    largest = max(float(profiles[f"B_{name}"].max()) for name, *_ in lines)
    if largest > 0 and ax.get_ylim()[0] < largest / 10**DECADES:
        ax.set_ylim(bottom=largest / 10**DECADES)
