"""Fields for ParaView: a grid of `spectralcmi.view.field.field` as a VTK file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import xarray as xr

from spectralcmi.errors import InputError, MissingPackageError

#: Files of structured grids that VTK writes.
SUFFIXES = (".vts", ".vtk")


def save_vtk(field: xr.Dataset, path: str | Path) -> None:
    """Write a field as a structured grid in Cartesian coordinates.

    Parameters
    ----------
    field : xarray.Dataset
        What `spectralcmi.field` gives. Longitudes that go around the axis in equal steps are
        closed; a single longitude makes a plane.
    path : str or path-like
        .vts (XML, compressed) or .vtk. Lengths in km; vectors ``B [G]`` and, where the field has
        it, ``curl_B [G/km]`` with Cartesian components; scalars as they are. In a metric a point
        at radius r, that of the area 4 pi r^2, lies at the distance r of the origin of the file.

    Raises
    ------
    ValueError
        If the suffix is another.
    ImportError
        If pyvista is not installed.
    """
    path = Path(path)
    if path.suffix not in SUFFIXES:
        raise InputError(f"{path}: the suffix is none of {', '.join(SUFFIXES)}")
    try:
        import pyvista
    except ImportError:
        raise MissingPackageError(
            f"{path}: needs pyvista, which `pip install 'spectralcmi[paraview]'` installs"
        ) from None
    points, values = cartesian(field)
    grid = pyvista.StructuredGrid(*points)
    for name, array in values.items():
        # VTK counts the first index fastest
        flat = array.reshape(*array.shape[:3], -1)
        columns = [flat[..., i].ravel(order="F") for i in range(flat.shape[-1])]
        grid.point_data[name] = np.stack(columns, axis=-1).squeeze()
    grid.field_data["TimeValue"] = [float(field["time"])]
    grid.save(path)


def cartesian(
    field: xr.Dataset,
) -> tuple[tuple[np.ndarray, np.ndarray, np.ndarray], dict[str, np.ndarray]]:
    """Points and values of a field in Cartesian coordinates.

    Parameters
    ----------
    field : xarray.Dataset
        As of `save_vtk`.

    Returns
    -------
    points : tuple of three ndarray, shape (radius, colatitude, longitude)
        x, y, z [km]; the first longitude once more at the end, where they go around.
    values : dict of str to ndarray
        Vectors of shape (radius, colatitude, longitude, 3) and scalars of shape (radius,
        colatitude, longitude), by name with unit.
    """
    field = _closed(field.transpose("radius", "colatitude", "longitude", ...))
    radius, colatitude, longitude = np.meshgrid(
        *(field[name].values for name in ("radius", "colatitude", "longitude")), indexing="ij"
    )
    sine, cosine = np.sin(colatitude), np.cos(colatitude)
    east, north = np.cos(longitude), np.sin(longitude)
    points = (radius * sine * east, radius * sine * north, radius * cosine)
    values, rest = {}, set(map(str, field.data_vars))
    for symbol in ("B", "curl_B"):
        names = [f"{symbol}_{direction}" for direction in ("r", "theta", "phi")]
        if rest.issuperset(names):
            v_r, v_theta, v_phi = (field[name].values for name in names)
            outward = v_r * sine + v_theta * cosine  # from the axis
            vector = (
                outward * east - v_phi * north,
                outward * north + v_phi * east,
                v_r * cosine - v_theta * sine,
            )
            values[_named(symbol, field[names[0]])] = np.stack(vector, axis=-1)
            rest -= set(names)
    values |= {_named(name, field[name]): field[name].values for name in sorted(rest)}
    return points, values


def _closed(field: xr.Dataset) -> xr.Dataset:
    """A field with its first longitude once more at the end, if they go around the axis."""
    longitude = field["longitude"].values
    around = longitude.size * np.diff(longitude[:2]).sum()
    if longitude.size < 3 or not np.isclose(around, 2 * np.pi, rtol=1e-6):
        return field
    first = field.isel(longitude=[0]).assign_coords(longitude=[longitude[0] + 2 * np.pi])
    return xr.concat([field, first], "longitude")


def _named(symbol: str, variable: xr.DataArray) -> str:
    return f"{symbol} [{variable.attrs.get('units', '1')}]"
