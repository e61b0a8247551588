"""Figure of sections through the volume at a longitude: components of the field and k5."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from spectralcmi.errors import InputError
from spectralcmi.view.field import field
from spectralcmi.view.plotting.meridional_planes import note_below
from spectralcmi.view.plotting.quantities import (
    COMPONENTS,
    SYMBOLS,
    has_chirality,
    is_axisymmetric,
)
from spectralcmi.view.plotting.stretched_plane import StretchedPlane
from spectralcmi.view.plotting.style import (
    PAGE,
    ROUND_OFF,
    as_given,
    colour_bar,
    colour_mesh,
    limits_of,
    panels,
    raised,
    snapshot_indices,
    year,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

QUANTITIES = (*COMPONENTS, "k5")


def volume_slices(
    dataset: xr.Dataset,
    ax: Axes | Sequence[Axes] | None = None,
    times: float | Sequence[float] | None = None,
    longitude: float = 0.0,
    quantities: Sequence[str] | None = None,
    stretch: float | None = None,
) -> Axes | np.ndarray:
    """Components of the field and k5 in the meridional plane at a longitude.

    Parameters
    ----------
    dataset : xarray.Dataset
        A run with snapshots.
    ax : sequence of matplotlib.axes.Axes, optional
        Where to draw, one a quantity.
    times : float, optional
        Year, drawn from the snapshot nearest to it; without, the last snapshot.
    longitude : float
        [deg] of the right half; the left half is opposite, and left out where the field is
        axisymmetric.
    quantities : sequence of str, optional
        Of B_r, B_theta, B_phi and k5; default: all, without k5 where the chiral term is off or
        the file of the crust is gone. At the poles B_theta and B_phi of the two halves differ in
        sign, as their directions do.
    stretch : float, optional
        As of `meridian`.

    Returns
    -------
    ax : numpy.ndarray of matplotlib.axes.Axes, or the Axes given for one quantity
    """
    (snapshot,) = snapshot_indices(dataset, times, 1)
    quantities = quantities or QUANTITIES[: 4 if has_chirality(dataset) else 3]
    for name in quantities:
        if name not in QUANTITIES:
            raise InputError(f"quantity {name!r} is none of {', '.join(QUANTITIES)}")
    sides = (1,) if is_axisymmetric(dataset) else (1, -1)
    columns = len(quantities) if sides == (1,) else min(len(quantities), 2)
    width = PAGE / max(columns, 2 if len(sides) == 2 else 3)
    height = 0.95 + width * (2.0 if sides == (1,) else 1.0)
    axes = panels(ax, len(quantities), columns=columns, size=(width, height))
    plane = StretchedPlane.of(dataset, stretch)
    grid = field(
        dataset, snapshot, radius=plane.inside, colatitude=plane.colatitude,
        longitude=np.deg2rad([longitude, longitude + 180.0][: len(sides)]), k5="k5" in quantities,
    )  # fmt: skip
    largest = max(float(abs(grid[name]).max()) for name in COMPONENTS)
    for panel, name in zip(axes, quantities, strict=True):
        floor = ROUND_OFF * largest if name != "k5" else 0.0
        note = _draw_section(panel, plane, grid[name], sides, floor)
    if ax is None and note:
        note_below(axes[0].figure, [note])
    at = "" if sides == (1,) else f", longitude {longitude:g}°"
    axes[0].set_title(f"{year(grid['time'])}{at}")
    return as_given(ax, axes)


def _draw_section(
    ax: Axes, plane: StretchedPlane, values: xr.DataArray, sides: tuple[int, ...], floor: float
) -> str:
    """Draw one quantity in both halves of the plane, and its colour bar; a note on the scale."""
    radius, colatitude = values["radius"].values, values["colatitude"].values
    is_signed = values.name != "k5" or float(values.min()) < -1e-3 * float(values.max())
    turned = colatitude[::-1]
    if len(sides) == 2:  # from the north pole around by the right, and back by the left
        around = np.concatenate([values.values[..., 0], values.values[:, ::-1, 1]], axis=1)
        points = (plane.points(radius, colatitude), plane.points(radius, turned, -1))
        x, z = (np.concatenate([right, left], axis=1) for right, left in zip(*points, strict=True))
    else:
        around, (x, z) = values.values[..., 0], plane.points(radius, colatitude)
    limits = limits_of(around, is_signed=is_signed, round_off=floor)
    mesh = colour_mesh(ax, x, z, around, limits)
    note = plane.draw_frame(ax, sides)
    colour_bar(mesh, ax, SYMBOLS[str(values.name)], raised(values.attrs["units"]))
    return note
