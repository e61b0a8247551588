"""Figure of the surface: the radial field on a Mollweide map."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr
from scipy.interpolate import RegularGridInterpolator

from spectralcmi.errors import InputError
from spectralcmi.view.plotting.quantities import SYMBOLS, quantity, require_quantity
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

#: Snapshots drawn where no years are chosen.
MOST_PANELS = 6
#: What can be drawn.
MAPPED = ("B_r", "k5", "mu5", "temperature")


def surface(
    dataset: xr.Dataset,
    ax: Axes | Sequence[Axes] | None = None,
    times: Sequence[float] | None = None,
    of: str = "B_r",
    common_scale: bool = False,
) -> Axes | np.ndarray:
    """Radial field at the outer radius, on a Mollweide map with longitude 0 in the middle.

    Parameters
    ----------
    dataset : xarray.Dataset
        A run with snapshots.
    ax : matplotlib.axes.Axes or sequence of them, optional
        Where to draw, one a snapshot; plain Axes, the projection is done here.
    times : sequence of float, optional
        Years, each drawn from the snapshot nearest to it; without, the last snapshot on Axes that
        are given, and all snapshots (six at most) on new ones.
    of : {"B_r", "k5", "mu5", "temperature"}
        What is drawn instead of the radial field: the chiral wavenumber or chemical potential; or
        the temperature of the surface above the envelope, of a run that evolves it.
    common_scale : bool
        Whether all maps have the colours of the one with the largest values, and one bar.

    Returns
    -------
    ax : matplotlib.axes.Axes, or numpy.ndarray of them
    """
    require_quantity(of, MAPPED)
    most = MOST_PANELS if ax is None else np.size(np.asarray(ax, dtype=object))
    chosen = snapshot_indices(dataset, times, most)
    columns = min(len(chosen), 3 if len(chosen) != 4 else 2)
    width = COLUMN if columns == 1 else PAGE / columns
    axes = panels(ax, len(chosen), columns=columns, size=(width, 0.5 * width + 0.95))
    limits = surface_limits(dataset, chosen, of) if common_scale else None
    for panel, index in zip(axes, chosen, strict=True):
        mesh, label = _draw_map(panel, dataset, index, of, limits)
        if not common_scale:
            colour_bar(mesh, panel, *label, shrink=0.6)
    if common_scale:
        colour_bar(mesh, list(axes), *label, shrink=0.4)
    return as_given(ax, axes)


def surface_limits(dataset: xr.Dataset, snapshots: Sequence[int], of: str) -> tuple[float, float]:
    """Limits of the colours that several snapshots have in common."""
    return widest([_map(dataset, i, of)[-1].attrs["limits"] for i in snapshots])


def draw_surface(
    ax: Axes,
    dataset: xr.Dataset,
    snapshot: int,
    cax: Axes,
    of: str = "B_r",
    limits: tuple[float, float] | None = None,
) -> None:
    """Draw one panel of `surface`, with its colour bar on the Axes `cax`."""
    mesh, label = _draw_map(ax, dataset, snapshot, of, limits)
    colour_bar(mesh, ax, *label, cax)


def _draw_map(
    ax: Axes,
    dataset: xr.Dataset,
    snapshot: int,
    of: str,
    limits: tuple[float, float] | None,
) -> tuple[QuadMesh, tuple[str, str]]:
    """Draw a map; its colours, and their symbol with the radius and the unit."""
    auxiliary, longitude, values = _map(dataset, snapshot, of)
    x, y = mollweide(auxiliary[:, None], longitude[None, :])
    mesh = colour_mesh(ax, x, y, values.values, limits or values.attrs["limits"])
    _graticule(ax)
    ax.set_title(year(values["time"]))
    symbol = SYMBOLS[of]
    if of != "temperature":
        symbol += f" at {float(dataset.attrs['outer_radius_km']):.5g} km"
    else:
        symbol += " of the surface"
    return mesh, (symbol, raised(values.attrs["units"]))


def _map(
    dataset: xr.Dataset, snapshot: int, of: str
) -> tuple[np.ndarray, np.ndarray, xr.DataArray]:
    """Auxiliary angles and longitudes [rad], and what is drawn there, shape (angle, longitude)."""
    lmax, mmax = (int(dataset[name].max()) for name in ("degree_of_lm", "order_of_lm"))
    resolution = max(60, 2 * lmax)
    # equal steps of the auxiliary angle, from which everything follows in closed form
    auxiliary = np.linspace(np.pi / 2, -np.pi / 2, 2 * resolution + 1)
    longitude = np.linspace(-np.pi, np.pi, (4 * resolution if mmax > 0 else 60) + 1)
    colatitude = np.pi / 2 - latitude_of(auxiliary)
    if of == "temperature":
        return auxiliary, longitude, _temperature(dataset, snapshot, colatitude, longitude)
    radius = [float(dataset.attrs["outer_radius_km"])]
    values = quantity(dataset, snapshot, of, radius, colatitude, longitude)
    return auxiliary, longitude, values.isel(radius=0)


def _temperature(
    dataset: xr.Dataset, snapshot: int, colatitude: np.ndarray, longitude: np.ndarray
) -> xr.DataArray:
    """Temperature of the surface, interpolated between the points of the run."""
    if "surface_temperature" not in dataset:
        raise InputError("the dataset has no variable surface_temperature")
    stored = dataset["surface_temperature"].isel(snapshot=snapshot).sortby("longitude")
    around = stored["longitude"].values
    turns = np.concatenate([around - 2 * np.pi, around, around + 2 * np.pi])
    # the run's Gauss points have no poles, where the values next to them are taken
    rows = np.concatenate([[0.0], stored["colatitude"].values, [np.pi]])
    table = np.pad(np.tile(stored.values, 3), ((1, 1), (0, 0)), mode="edge")
    points = np.stack(np.meshgrid(colatitude, longitude, indexing="ij"), axis=-1)
    values = RegularGridInterpolator((rows, turns), table, bounds_error=False, fill_value=None)
    limits = float(stored.min()), float(stored.max())
    return xr.DataArray(
        values(points),
        {"time": float(dataset["snapshot"][snapshot])},
        ("colatitude", "longitude"),
        attrs={"units": "K", "limits": limits},
    )


def latitude_of(auxiliary: float | np.ndarray) -> np.ndarray:
    """Latitude where the Mollweide projection has an auxiliary angle, both in rad.

    sin(latitude) = (2 a + sin 2a)/pi; Snyder, Map Projections, USGS Professional Paper 1395
    (1987), eq. 31-4.
    """
    return np.arcsin(np.clip((2 * auxiliary + np.sin(2 * auxiliary)) / np.pi, -1, 1))


def mollweide(
    auxiliary: float | np.ndarray, longitude: float | np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Mollweide projection of the unit sphere.

    Parameters
    ----------
    auxiliary, longitude : numpy.ndarray
        [rad], of shapes that broadcast.

    Returns
    -------
    x, y : numpy.ndarray
        Within an ellipse of semi-axes 2 sqrt 2 and sqrt 2.
    """
    x = 2 * np.sqrt(2) / np.pi * longitude * np.cos(auxiliary)
    return x, np.sqrt(2) * np.sin(auxiliary) * np.ones_like(x)


def _graticule(ax: Axes) -> None:
    """Meridians each 60 and parallels each 30 degrees, and the outline."""
    auxiliary = np.linspace(-np.pi / 2, np.pi / 2, 181)
    for longitude in np.deg2rad([-120, -60, 0, 60, 120]):
        ax.plot(*mollweide(auxiliary, longitude), color="0.35", lw=0.3)
    latitude = latitude_of(auxiliary)
    for parallel in np.deg2rad([-60, -30, 0, 30, 60]):
        angle = np.interp(parallel, latitude, auxiliary)
        ax.plot(*mollweide(np.full(2, angle), np.array([-np.pi, np.pi])), color="0.35", lw=0.3)
    for side in (-np.pi, np.pi):
        ax.plot(*mollweide(auxiliary, side), color="black", lw=0.8, clip_on=False)
    ax.set_aspect("equal")
    ax.axis("off")
