"""Figure of the layer that holds the field, unrolled: colatitude across, radius upwards."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from spectralcmi.view.field import flux_function
from spectralcmi.view.plotting.layer_bounds import layer_bounds
from spectralcmi.view.plotting.quantities import (
    SYMBOLS,
    is_axisymmetric,
    quantity,
    require_quantity,
    zonal_part,
)
from spectralcmi.view.plotting.style import (
    COLUMN,
    PAGE,
    as_given,
    colour_bar,
    colour_mesh,
    panels,
    raised,
    snapshot_indices,
    widest,
    year,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.collections import QuadMesh

#: What can be in colour.
COLOURED = ("B_phi", "B_r", "B_theta", "k5", "mu5")
#: Points of the meshes along the radius, and least number along the colatitude.
POINTS, FEWEST = 241, 361
#: Field lines drawn: levels of the flux function between its extremes in the layer.
LINES = 11
#: Snapshots drawn where no years are chosen.
MOST_PANELS = 4


def layer(
    dataset: xr.Dataset,
    ax: Axes | Sequence[Axes] | None = None,
    times: Sequence[float] | None = None,
    of: str = "B_phi",
    thickness: float = 0.1,
    common_scale: bool = False,
) -> Axes | np.ndarray:
    """The layer of the crust that holds the field: field lines over the toroidal field in colour.

    The meridional plane of `meridian`, of which only a layer is shown, unrolled: the axes are the
    colatitude and the radius.

    Parameters
    ----------
    dataset : xarray.Dataset
        A run with snapshots.
    ax : matplotlib.axes.Axes or sequence of them, optional
        Where to draw, one a snapshot.
    times : sequence of float, optional
        Years, each drawn from the snapshot nearest to it; without, the last snapshot on Axes that
        are given, and the last on a new one.
    of : {"B_phi", "B_r", "B_theta", "k5", "mu5"}
        What is in colour; of a field in three dimensions, that of its axisymmetric part.
    thickness : float
        Of the layer [km], the same for all panels: that with the largest magnetic energy at the
        last of the times.
    common_scale : bool
        Whether all panels have the colours of the one with the largest values.

    Returns
    -------
    ax : matplotlib.axes.Axes, or numpy.ndarray of them
    """
    require_quantity(of, COLOURED)
    most = 1 if ax is None else np.size(np.asarray(ax, dtype=object))
    chosen = snapshot_indices(dataset, times, most)
    columns = min(len(chosen), 2)
    axes = panels(
        ax, len(chosen), columns=columns, size=(COLUMN if columns == 1 else PAGE / 2, 2.7)
    )
    zonal = zonal_part(dataset)
    bounds = layer_bounds(zonal, chosen[-1], thickness)
    maps = [_map(zonal, index, of, bounds) for index in chosen]
    common = widest([values.attrs["limits"] for values in maps]) if common_scale else None
    symbol = SYMBOLS[of]
    if not is_axisymmetric(dataset):
        symbol = rf"$\langle {symbol.strip('$')}\rangle$"
    for panel, index, values in zip(axes, chosen, maps, strict=True):
        mesh = _draw_map(panel, values, common)
        _draw_lines(panel, zonal, index, values)
        _label(panel, year(values["time"]), bounds)
        colour_bar(mesh, panel, symbol, raised(values.attrs["units"]))
    return as_given(ax, axes)


def _map(zonal: xr.Dataset, snapshot: int, of: str, bounds: tuple[float, float]) -> xr.DataArray:
    """What is in colour, along radius and colatitude."""
    colatitude = np.linspace(0, np.pi, max(FEWEST, 8 * int(zonal["degree_of_lm"].max()) + 1))
    radius = np.linspace(*bounds, POINTS)
    return quantity(zonal, snapshot, of, radius, colatitude, [0.0]).isel(longitude=0)


def _draw_map(ax: Axes, values: xr.DataArray, limits: tuple[float, float] | None) -> QuadMesh:
    across, up = np.meshgrid(np.rad2deg(values["colatitude"]), values["radius"])
    return colour_mesh(ax, across, up, values.values, limits or values.attrs["limits"])


def _draw_lines(ax: Axes, zonal: xr.Dataset, snapshot: int, values: xr.DataArray) -> None:
    """Contours of the flux function in equal steps, negative ones dashed."""
    radius, colatitude = values["radius"].values, values["colatitude"].values
    flux = flux_function(zonal, snapshot, radius=radius, colatitude=colatitude).values
    low, high = float(flux.min()), float(flux.max())
    if high > low:
        levels = np.linspace(low, high, LINES + 2)[1:-1]
        styles = ["solid" if level >= 0 else "dashed" for level in levels]
        ax.contour(
            np.rad2deg(colatitude), radius, flux, levels=levels,
            colors="black", linewidths=0.5, linestyles=styles,
        )  # fmt: skip


def _label(ax: Axes, title: str, bounds: tuple[float, float]) -> None:
    ax.set_title(title)
    ax.set(xlim=(0, 180), ylim=bounds, xlabel=r"colatitude $\theta$ [°]", ylabel="$r$ [km]")
    ax.set_xticks([0, 45, 90, 135, 180])
    ax.ticklabel_format(axis="y", useOffset=False)
    ax.tick_params(direction="out", top=False, right=False)
