"""Radial profiles read from a file, such as the one that `build_crust` makes."""

from functools import lru_cache

import numpy as np
import xarray as xr

from spectralcmi.star.composition import monotone_interpolant
from spectralcmi.star.files import file_version, naming
from spectralcmi.star.profiles import (
    VARIABLES,
    chiral_attributes,
    chiral_profiles,
    chiral_wavelength,
    require_inside,
)
from spectralcmi.star.units import unit_factor

_FEWEST_POINTS = 4
_REQUIRED = ("magnetic_diffusivity", "hall_prefactor")
_POSITIVE = (
    "magnetic_diffusivity",
    "electron_density",
    "electron_chemical_potential",
    "spin_flip_rate",
    "density",
)
_NOT_NEGATIVE = ("hall_prefactor", "weak_rate")
# With these the chiral profiles follow the section [chiral]; without, the file's are taken.
_MICROPHYSICS = ("electron_density", "electron_chemical_potential", "weak_rate", "spin_flip_rate")


def table_radii(background):
    """First and last radius of a table.

    Parameters
    ----------
    background : object
        With file, the path of a netCDF file.

    Returns
    -------
    inner_radius, outer_radius : float [km]

    Raises
    ------
    ValueError
        If the table cannot be read or is impossible.
    """
    with naming("file", background.file):
        return _read(file_version(background.file))[0]


def table_profiles(background, chiral, radius, time):
    """Profiles of a table at given radii.

    Parameters
    ----------
    background : object
        With file, the path of a netCDF file with the dimension `radius` and variables named as
        in `profiles.VARIABLES`, in any units of the same kind: magnetic_diffusivity,
        hall_prefactor and either chiral_wavenumber (and anomaly_feedback, taken as 0 if absent)
        or electron_density, electron_chemical_potential, weak_rate and spin_flip_rate.
    chiral : object
        Its delta_mu, convention and prefactors count if the rates are in the file.
    radius : ndarray, shape (n,) [km]
    time : float
        Not used.

    Returns
    -------
    profiles : dict of ndarray, shape (n,)
        Every known variable of the file, in the units of `profiles.VARIABLES`.
    attributes : dict

    Raises
    ------
    ValueError
        If the table cannot be read or is impossible, or a radius lies outside it.

    Notes
    -----
    Positive variables are interpolated by their logarithms, all of them monotonically between
    the points and twice continuously differentiable.
    """
    with naming("file", background.file):
        (inner, outer), curves, attributes = _read(file_version(background.file))
        require_inside(radius, inner, outer)
        profiles = {name: curve(radius) for name, curve in curves.items()}
        profiles.update(_chirality(profiles, attributes, chiral))
    kept = {
        key: attributes[key] for key in ("stellar_radius_km", "mass_solar") if key in attributes
    }
    return profiles, {
        "background": "table",
        "inner_radius_km": inner,
        "outer_radius_km": outer,
        **chiral_attributes(chiral),
        **kept,
    }


def _chirality(profiles, attributes, chiral):
    """Chiral profiles by the section [chiral] where the rates allow it."""
    if all(name in profiles for name in _MICROPHYSICS):
        for rate in ("spin_flip", "weak_rate"):
            name = "spin_flip_rate" if rate == "spin_flip" else rate
            written = float(attributes.get(f"{rate}_prefactor", 1.0))
            profiles[name] = profiles[name] * getattr(chiral, f"{rate}_prefactor") / written
        return chiral_profiles(profiles, chiral)
    if "chiral_wavenumber" not in profiles:
        raise ValueError(f"lacks chiral_wavenumber, or else {', '.join(_MICROPHYSICS)}")
    wavenumber = profiles["chiral_wavenumber"]
    return {
        "chiral_wavelength": chiral_wavelength(wavenumber),
        "anomaly_feedback": profiles.get("anomaly_feedback", np.zeros_like(wavenumber)),
    }


@lru_cache(maxsize=8)
def _read(version):
    """Radii, functions of radius by name, and attributes of a file."""
    with xr.open_dataset(version[0], engine="h5netcdf") as dataset:
        absent = [name for name in ("radius", *_REQUIRED) if name not in dataset.variables]
        if absent:
            raise ValueError(f"lacks the variable {' and '.join(absent)}")
        radius = _in_units(dataset["radius"], "km")
        order = _ascending(radius)
        curves = {
            name: _curve(name, radius[order], _in_units(dataset[name], units)[order])
            for name, (units, _) in VARIABLES.items()
            # The wavelength follows from the wave number, and may be infinite.
            if name in dataset.data_vars and name != "chiral_wavelength"
        }
        return (float(radius.min()), float(radius.max())), curves, dict(dataset.attrs)


def _ascending(radius):
    """Slice that puts monotone radii in rising order."""
    if len(radius) < _FEWEST_POINTS:
        raise ValueError(f"radius has {len(radius)} points, fewer than {_FEWEST_POINTS}")
    steps = np.diff(radius)
    wrong = ~(steps * steps[0] > 0.0)
    if wrong.any():
        first = int(np.argmax(wrong))
        raise ValueError(
            f"radius must be monotone, but {radius[first + 1]:g} km follows {radius[first]:g} km"
        )
    if radius.min() <= 0.0:
        raise ValueError(f"radius={radius.min():g} km must be positive")
    return slice(None) if steps[0] > 0.0 else slice(None, None, -1)


def _in_units(variable, wanted):
    name = variable.name
    if variable.dims != ("radius",):
        raise ValueError(f"{name} has the dimensions {variable.dims}, not ('radius',)")
    if variable.dtype.kind not in "fiu":
        raise ValueError(f"{name} holds no real numbers")
    if "units" not in variable.attrs:
        raise ValueError(f"{name} has no attribute units, such as {wanted!r}")
    try:
        return variable.values * unit_factor(str(variable.attrs["units"]), wanted)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from error


def _curve(name, radius, values):
    """Smooth function of the radius through the points of a variable."""
    wrong = ~np.isfinite(values)
    if name in _POSITIVE:
        wrong |= ~(values > 0.0)
    if name in _NOT_NEGATIVE:
        wrong |= values < 0.0
    if wrong.any():
        first = int(np.argmax(wrong))
        rule = "be positive and finite" if name in _POSITIVE else "be finite and not negative"
        rule = rule if name in (*_POSITIVE, *_NOT_NEGATIVE) else "be finite"
        raise ValueError(f"{name}={values[first]:g} at radius={radius[first]:g} km must {rule}")
    if np.all(values > 0.0):
        logarithm = monotone_interpolant(radius, np.log(values))
        return lambda points: np.exp(logarithm(points))
    return monotone_interpolant(radius, values)
