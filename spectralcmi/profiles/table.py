"""Radial profiles read from a file, such as the one that `build_crust` makes."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import xarray as xr
from scipy.interpolate import make_interp_spline

from spectralcmi.grid.metric import Metric
from spectralcmi.netcdf_files import load_netcdf
from spectralcmi.profiles.given_table import given_table, is_given
from spectralcmi.profiles.variables import VARIABLES
from spectralcmi.star.composition import monotone_interpolant
from spectralcmi.star.files import file_version, naming
from spectralcmi.star.profiles import require_inside
from spectralcmi.star.units import unit_factor
from spectralcmi.terms.chiral import CHIRAL_CONVENTIONS, MATTER

if TYPE_CHECKING:
    from spectralcmi.case.sections import Chiral, Table

Curve = Callable[[np.ndarray], np.ndarray]

_FEWEST_POINTS = 4
_REQUIRED = ("magnetic_diffusivity", "hall_prefactor")
_POSITIVE = (
    "magnetic_diffusivity",
    "electron_density",
    "electron_chemical_potential",
    "spin_flip_rate",
    "density",
    "enclosed_mass",
)
_METRIC = ("metric_potential", "metric_lambda")
_NOT_NEGATIVE = ("hall_prefactor", "weak_rate")


class _Content(NamedTuple):
    """What a file holds: its two radii, functions of the radius by name, metric, attributes."""

    radii: tuple[float, float]
    curves: dict[str, Curve]
    metric: Metric | None
    attributes: dict[str, Any]


def table_radii(background: Table) -> tuple[float, float]:
    """First and last radius of a table.

    Parameters
    ----------
    background : Table
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
        return _content(background).radii


def table_metric(background: Table) -> Metric | None:
    """Metric of a table.

    Parameters
    ----------
    background : Table
        With file, the path of a netCDF file.

    Returns
    -------
    Metric or None
        Series through the points of metric_potential and metric_lambda, and the vacuum of a mass
        outside with which metric_lambda is continuous; None if the file has neither.

    Raises
    ------
    ValueError
        If the table cannot be read, is impossible or has one of the two variables only.
    """
    with naming("file", background.file):
        return _content(background).metric


def table_profiles(
    background: Table, chiral: Chiral, radius: np.ndarray, time: float
) -> tuple[dict[str, np.ndarray], dict[str, float | str]]:
    """Profiles of a table at given radii.

    Parameters
    ----------
    background : Table
        With file, the path of a netCDF file with the dimension `radius` and variables named as
        in `spectralcmi.profiles.variables`, in any units of the same kind: magnetic_diffusivity,
        hall_prefactor and either chiral_wavenumber (and anomaly_feedback, taken as 0 if absent)
        or electron_density, electron_chemical_potential, weak_rate and spin_flip_rate.
    chiral : Chiral
        Section of the parameters; its prefactors multiply the rates, if they are in the file.
    radius : ndarray, shape (n,) [km]
    time : float
        Not used.

    Returns
    -------
    profiles : dict of ndarray, shape (n,)
        Every known variable of the file, in the units of `spectralcmi.profiles.variables`.
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
        (inner, outer), curves, _, attributes = _content(background)
        require_inside(radius, inner, outer)
        profiles = {name: curve(radius) for name, curve in curves.items()}
        profiles.update(_rates(profiles, attributes, chiral))
    kept: dict[str, float | str] = {
        key: attributes[key] for key in ("stellar_radius_km", "mass_solar") if key in attributes
    }
    return profiles, {
        "background": "table",
        "inner_radius_km": inner,
        "outer_radius_km": outer,
        **kept,
    }


def _rates(
    profiles: dict[str, np.ndarray], attributes: dict[str, Any], chiral: Chiral
) -> dict[str, np.ndarray]:
    """Rates with the prefactors of the section [chiral], if all that goes with them is there."""
    if all(name in profiles for name in MATTER):
        written = {
            name: _prefactor(name, attributes)
            for name in ("spin_flip_prefactor", "weak_rate_prefactor")
        }
        # the factor of a convention is put on again with the other chiral profiles
        convention = CHIRAL_CONVENTIONS.get(str(attributes.get("chiral_convention")))
        if convention is not None:
            written["spin_flip_prefactor"] *= convention.spin_flips
        flip = profiles["spin_flip_rate"] * chiral.spin_flip_prefactor
        weak = profiles["weak_rate"] * chiral.weak_rate_prefactor
        return {
            "spin_flip_rate": flip / written["spin_flip_prefactor"],
            "weak_rate": weak / written["weak_rate_prefactor"],
        }
    if "chiral_wavenumber" not in profiles:
        raise ValueError(f"lacks chiral_wavenumber, or else {', '.join(MATTER)}")
    return {}


def _prefactor(name: str, attributes: dict[str, Any]) -> float:
    """Prefactor that the rates of the file contain, one unless an attribute says otherwise."""
    value = np.asarray(attributes.get(name, 1.0))
    if value.size != 1 or value.dtype.kind not in "fiu":
        raise ValueError(f"the attribute {name} is no number")
    prefactor = float(value.ravel()[0])
    if not 0.0 < prefactor < np.inf:
        raise ValueError(f"the attribute {name}={prefactor:g} must be positive and finite")
    return prefactor


def _content(background: Table) -> _Content:
    """Content of a file, or of a Dataset."""
    if is_given(background):
        return _given(background.file)
    return _read(file_version(background.file))


@lru_cache(maxsize=8)
def _given(name: str) -> _Content:
    return _content_of(given_table(name))


@lru_cache(maxsize=8)
def _read(version: tuple) -> _Content:
    with load_netcdf(version[0], names={"radius", *VARIABLES}) as dataset:
        return _content_of(dataset)


def _content_of(dataset: xr.Dataset) -> _Content:
    absent = [name for name in ("radius", *_REQUIRED) if name not in dataset.variables]
    if absent:
        raise ValueError(f"lacks the variable {' and '.join(absent)}")
    radius = _in_units(dataset["radius"], "km")
    order = _ascending(radius)
    curves = {
        name: _curve(name, radius[order], _in_units(dataset[name], units)[order])
        for name, (units, _) in VARIABLES.items()
        # The wavelength follows from the wave number, and may be infinite.
        if name in dataset.data_vars and name not in ("chiral_wavelength", *_METRIC)
    }
    metric = _metric(dataset, radius[order], order)
    if metric is not None:
        curves |= dict(zip(_METRIC, (metric.potential, metric.radial_potential), strict=True))
    ends = float(radius.min()), float(radius.max())
    return _Content(ends, curves, metric, dict(dataset.attrs))


def _metric(dataset: xr.Dataset, radius: np.ndarray, order: slice) -> Metric | None:
    """Metric through the points of a file at ascending radii, if it has one."""
    present = [name for name in _METRIC if name in dataset.data_vars]
    if not present:
        return None
    if len(present) < len(_METRIC):
        (absent,) = set(_METRIC) - set(present)
        raise ValueError(f"has {present[0]} but lacks {absent}; a metric needs both")
    # the metric is an integral of the matter, smooth where that is not: high order pays
    degree = 5 if len(radius) > 5 else 3
    slopes, ends = [], []
    for name in _METRIC:
        values = _in_units(dataset[name], "1")[order]
        _require_allowed(name, radius, values)
        # differences to the outer end: a constant has no slope, not even of rounding
        spline = make_interp_spline(radius, values - values[-1], degree)
        slopes.append(spline.derivative())
        ends.append(float(values[-1]))
    return Metric.from_slopes(slopes[0], slopes[1], (ends[0], ends[1]), radius[0], radius[-1])


def _ascending(radius: np.ndarray) -> slice:
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


def _in_units(variable: xr.DataArray, wanted: str) -> np.ndarray:
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


def _curve(name: str, radius: np.ndarray, values: np.ndarray) -> Curve:
    """Smooth function of the radius through the points of a variable."""
    _require_allowed(name, radius, values)
    if np.all(values > 0.0):
        logarithm = monotone_interpolant(radius, np.log(values))
        return lambda points: np.exp(logarithm(points))
    return monotone_interpolant(radius, values)


def _require_allowed(name: str, radius: np.ndarray, values: np.ndarray) -> None:
    """Refuse values that the variable cannot have."""
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
