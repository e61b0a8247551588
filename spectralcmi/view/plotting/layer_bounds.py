"""Which part of the crust holds the field."""

from __future__ import annotations

import numpy as np
import xarray as xr

from spectralcmi.errors import InputError
from spectralcmi.view.field import field
from spectralcmi.view.plotting.quantities import COMPONENTS

#: Parts of a layer's thickness in which the energy is added up, and steps of its place.
STEPS = 10


def layer_bounds(dataset: xr.Dataset, snapshot: int, thickness: float) -> tuple[float, float]:
    """Radii between which a layer of given thickness has the most magnetic energy.

    Parameters
    ----------
    dataset : xarray.Dataset
        A run with snapshots.
    snapshot : int
    thickness : float
        [km]; of the whole crust where it is thicker than that.

    Returns
    -------
    bottom, top : float
        [km]

    Raises
    ------
    InputError
        If the thickness is not positive.
    """
    if not thickness > 0:
        raise InputError(f"thickness={thickness:g} km is not positive")
    inner, outer = (float(dataset.attrs[f"{end}_radius_km"]) for end in ("inner", "outer"))
    if thickness >= outer - inner:
        return inner, outer
    even = np.linspace(inner, outer, 1 + int(np.ceil(STEPS * (outer - inner) / thickness)))
    radius = np.unique(np.concatenate([dataset["radius"].values.clip(inner, outer), even]))
    node, weight = np.polynomial.legendre.leggauss(int(dataset["degree_of_lm"].max()) + 1)
    grid = field(dataset, snapshot, radius=radius, colatitude=np.arccos(node[::-1]))
    parts = sum((grid[name] ** 2 for name in COMPONENTS), start=xr.zeros_like(grid[COMPONENTS[0]]))
    square = parts.mean("longitude").values @ weight
    density = radius**2 * square
    pieces = np.diff(radius) * (density[1:] + density[:-1]) / 2
    below = np.concatenate([[0.0], np.cumsum(pieces)])
    bottom = even[even <= outer - thickness]
    held = np.interp(bottom + thickness, radius, below) - np.interp(bottom, radius, below)
    start = float(bottom[np.argmax(held)])
    return start, start + thickness
