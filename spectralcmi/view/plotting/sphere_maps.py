"""Figure of the surface: the radial field on a Mollweide map."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from spectralcmi.view.field import field
from spectralcmi.view.plotting.style import (
    as_given,
    colour_bar,
    colour_mesh,
    panels,
    snapshot_indices,
    year,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: Snapshots drawn where no years are chosen.
MOST_PANELS = 6


def surface(
    dataset: xr.Dataset,
    ax: Axes | Sequence[Axes] | None = None,
    times: Sequence[float] | None = None,
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

    Returns
    -------
    ax : matplotlib.axes.Axes, or numpy.ndarray of them
    """
    most = MOST_PANELS if ax is None else np.size(np.asarray(ax, dtype=object))
    chosen = snapshot_indices(dataset, times, most)
    columns = min(len(chosen), 3 if len(chosen) != 4 else 2)
    axes = panels(ax, len(chosen), columns=columns, size=(3.6, 2.7))
    for panel, index in zip(axes, chosen, strict=True):
        draw_surface(panel, dataset, index)
    return as_given(ax, axes)


def draw_surface(ax: Axes, dataset: xr.Dataset, snapshot: int, cax: Axes | None = None) -> Axes:
    """Draw one panel of `surface`, with its colour bar below or on the Axes `cax`."""
    lmax, mmax = (int(dataset[name].max()) for name in ("degree_of_lm", "order_of_lm"))
    resolution = max(60, 2 * lmax)
    # equal steps of the auxiliary angle, from which everything follows in closed form
    auxiliary = np.linspace(np.pi / 2, -np.pi / 2, 2 * resolution + 1)
    longitude = np.linspace(-np.pi, np.pi, (4 * resolution if mmax > 0 else 60) + 1)
    grid = field(
        dataset, snapshot, radius=[float(dataset.attrs["outer_radius_km"])],
        colatitude=np.pi / 2 - latitude_of(auxiliary), longitude=longitude,
    )  # fmt: skip
    x, y = mollweide(auxiliary[:, None], longitude[None, :])
    mesh = colour_mesh(ax, x, y, grid["B_r"].values[0])
    _graticule(ax)
    ax.set_title(year(grid["time"]))
    colour_bar(mesh, ax, "$B_r$", "G", cax, shrink=0.6)
    return ax


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
