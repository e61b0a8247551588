"""The magnetic field of a snapshot on a regular grid, evaluated exactly from its coefficients."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike

from spectralcmi.case.parameters import Parameters
from spectralcmi.case.versions import parameters_from_json, parameters_of_version_1
from spectralcmi.complex_parts import complex_variable
from spectralcmi.constants import HBAR_C, KILOMETRE
from spectralcmi.errors import InputError, InsufficientMemoryError
from spectralcmi.grid.any_angles import vector_at, zonal_slope_at
from spectralcmi.grid.metric import Metric, exterior_radial
from spectralcmi.grid.radial import RadialBasis
from spectralcmi.grid.stored import stored_basis, stored_metric
from spectralcmi.memory import usable_memory
from spectralcmi.profiles.given_table import recall_background

#: Radial, southward and eastward component, or the factors of a vector harmonic.
Vector = tuple[np.ndarray, np.ndarray, np.ndarray]
#: What xarray makes a variable of: dimensions, values and attributes.
Variable = tuple[tuple[str, ...], np.ndarray, dict[str, str]]

#: Numbers at a point while a field is summed: B, curl B, and what products of them take.
_NUMBERS_A_POINT = 12
#: Radii this close to a boundary, relative to it, lie on it: files and tables round.
SAME_RADIUS = 1e-9


def field(
    dataset: xr.Dataset,
    snapshot: int = -1,
    *,
    radius: ArrayLike | None = None,
    colatitude: ArrayLike | None = None,
    longitude: ArrayLike | None = None,
    curl: bool = False,
    k5: bool = False,
    mu5: bool = False,
) -> xr.Dataset:
    """Magnetic field of a snapshot on a regular grid.

    The series of polynomials and spherical harmonics is summed at the points wanted, with no
    interpolation: the result is as exact as the snapshot, whatever its radial basis. Across the
    breakpoints of radial elements B is continuous and the tangential part of curl B is not; there
    that of the element above is given.

    Parameters
    ----------
    dataset : xarray.Dataset
        A run; or one of its snapshots, ``dataset.sel(snapshot=100, method="nearest")``.
    snapshot : int
        Index of the snapshot, negative from the end; without meaning where one is selected.
    radius : array_like, optional
        [km], increasing; default: the radii of the dataset. Beyond the outer radius the
        current-free field is given, that of a vacuum in the metric of the run, with no k5 (NaN).
    colatitude : array_like, optional
        [rad], poles included; default: 2 lmax + 1 from pole to pole.
    longitude : array_like, optional
        [rad]; default: 2 mmax + 2 around the axis, or a single 0 for an axisymmetric field.
    curl : bool
        Whether curl B is wanted too; in a metric J = e^-Phi curl(e^Phi B), which takes its place in
        Ohm's law and k5.
    k5 : bool
        Whether the chiral wavenumber is wanted too, with its response to E.B and its cutoff. The
        profiles of the crust are built again for it, from the parameters in the dataset.
    mu5 : bool
        Whether the chiral chemical potential of that k5 is wanted too, hbar c k5/C with the
        constant C of the run.

    Returns
    -------
    xarray.Dataset
        ``B_r``, ``B_theta``, ``B_phi`` [G]; ``curl_B_r``, .. [G/km]; ``k5`` [1/km]; ``mu5``
        [MeV]; dimensions radius, colatitude, longitude; the time of the snapshot as the coordinate
        ``time`` [yr].

    Raises
    ------
    ValueError
        If there is no such snapshot, or a coordinate is out of its range.

    Notes
    -----
    B_r = l(l+1) P/r, and the tangential field has the potentials S = (e^-Lambda/r) d(rP)/dr and T;
    see `spectralcmi.grid.harmonics` for signs and normalisation, and `spectralcmi.grid.metric` for
    Phi and Lambda, which are zero in flat space. In a metric the radius is that of the area
    4 pi r^2, and components are those that an observer at rest measures along unit vectors.

    Examples
    --------
    >>> surface = field(dataset, radius=[12.4], longitude=[0.0])  # doctest: +SKIP
    >>> float(abs(surface["B_r"]).max())  # doctest: +SKIP
    """
    chosen = _Snapshot.of(dataset, snapshot)
    radius = chosen.radius if radius is None else _coordinate(radius, "radius")
    colatitude, longitude = chosen.angles(colatitude, longitude)
    grid = (("radius", radius), ("colatitude", colatitude), ("longitude", longitude))
    _require_memory([points.size for _, points in grid])
    vectors = dict(zip(("B", "curl_B"), chosen.radial_parts(radius), strict=True))
    if not (curl or k5 or mu5):
        del vectors["curl_B"]
    values = {
        name: vector_at(chosen.degree, chosen.order, components, colatitude, longitude)
        for name, components in vectors.items()
    }
    variables = _vector_variables(values["B"], "B", "gauss", "magnetic field")
    if curl:
        name = "curl of the field" if chosen.metric.is_flat else "e^-Phi curl(e^Phi B)"
        variables |= _vector_variables(values["curl_B"], "curl_B", "gauss km^-1", name)
    if k5 or mu5:
        wavenumber = chosen.chiral_wavenumber(radius, values["B"], values["curl_B"])
        if k5:
            variables["k5"] = _variable(wavenumber, "km^-1", "chiral wavenumber")
        if mu5:
            potential = chosen.potential_of_wavenumber * wavenumber
            variables["mu5"] = _variable(potential, "MeV", "chiral chemical potential")
    return xr.Dataset(variables, _coordinates(grid, chosen.time), chosen.attributes)


def _require_memory(shape: list[int]) -> None:
    """Raise InsufficientMemoryError for a grid that does not fit, before any of it is there."""
    needed, usable = 8.0 * _NUMBERS_A_POINT * math.prod(shape), usable_memory()
    if needed > usable:
        points = " x ".join(map(str, shape))
        raise InsufficientMemoryError(
            f"{points} points take {needed / 1e9:.3g} GB of memory, and {usable / 1e9:.3g} GB are "
            "there"
        )


def flux_function(
    dataset: xr.Dataset, snapshot: int = -1, *, radius: ArrayLike, colatitude: ArrayLike
) -> xr.DataArray:
    """Poloidal flux through the circle about the axis, over 2 pi.

    psi = r sin(theta) A_phi = -sin(theta) d(rP)/dtheta of the axisymmetric part of the field. Its
    contours are the poloidal field lines.

    Parameters
    ----------
    dataset, snapshot, radius, colatitude
        As of `field`.

    Returns
    -------
    xarray.DataArray
        ``flux_function`` [G km2] along radius and colatitude.

    Raises
    ------
    ValueError
        As `field`.
    """
    chosen = _Snapshot.of(dataset, snapshot)
    radius = _coordinate(radius, "radius")
    colatitude, _ = chosen.angles(colatitude, None)
    zonal = chosen.order == 0
    poloidal = chosen.poloidal(radius)[0][:, zonal].real
    slope = zonal_slope_at(chosen.degree[zonal], poloidal, colatitude)
    return xr.DataArray(
        -np.sin(colatitude) * slope,
        _coordinates((("radius", radius), ("colatitude", colatitude)), chosen.time),
        ("radius", "colatitude"),
        "flux_function",
        {"units": "gauss km^2", "long_name": "poloidal flux over 2 pi"},
    )


@dataclass(frozen=True)
class _Snapshot:
    """One snapshot of a run and where it lives.

    Parameters
    ----------
    dataset : xarray.Dataset
        Of one snapshot.
    basis : RadialBasis
        Its `storage_radius` is the radius of the dataset.
    metric : Metric
    """

    dataset: xr.Dataset
    basis: RadialBasis
    metric: Metric

    @classmethod
    def of(cls, dataset: xr.Dataset, snapshot: int) -> _Snapshot:
        for name in ("poloidal", "toroidal"):
            if name not in dataset:
                raise InputError(f"the dataset has no variable {name}")
        basis = stored_basis(dataset.attrs, dataset.sizes["radius"])
        return cls(_selected(dataset, snapshot), basis, stored_metric(dataset.attrs))

    @property
    def radius(self) -> np.ndarray:
        return self.basis.storage_radius

    @property
    def degree(self) -> np.ndarray:
        return self.dataset["degree_of_lm"].values

    @property
    def order(self) -> np.ndarray:
        return self.dataset["order_of_lm"].values

    @property
    def time(self) -> xr.DataArray:
        return self.dataset["snapshot"]

    @property
    def attributes(self) -> dict[str, str]:
        kept = ("source", "Conventions", "field_conventions", "metric", "parameters")
        title = {"title": "Magnetic field in the crust of a neutron star"}
        return title | {n: self.dataset.attrs[n] for n in kept if n in self.dataset.attrs}

    def angles(
        self, colatitude: ArrayLike | None, longitude: ArrayLike | None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Colatitudes and longitudes [rad], those wanted or enough to resolve the field."""
        lmax, mmax = int(self.degree.max()), int(self.order.max())
        if colatitude is None:
            colatitude = np.linspace(0, np.pi, 2 * lmax + 1)
        if longitude is None:
            count = 2 * mmax + 2 if mmax > 0 else 1
            longitude = 2 * np.pi * np.arange(count) / count
        colatitude = _coordinate(colatitude, "colatitude")
        beyond = colatitude[(colatitude < 0) | (colatitude > np.pi)]
        if beyond.size:
            raise InputError(f"colatitude={beyond[0]:g} rad is outside [0, pi]")
        return colatitude, _coordinate(longitude, "longitude")

    @cached_property
    def _slots(self) -> tuple[np.ndarray, np.ndarray]:
        """Coefficients of p = r P [G km2] and t = r T [G km] in the basis, shape (slots, lm)."""
        p, t = (
            complex_variable(self.dataset[name]).transpose("radius", "lm").values
            * self.radius[:, None]
            for name in ("poloidal", "toroidal")
        )
        return self.basis.poloidal_from_storage(p), self.basis.toroidal_from_storage(t)

    def poloidal(self, radius: np.ndarray) -> Vector:
        """p = r P [G km2] and its derivatives at radii, shape (radius, lm); current-free outside.

        Derivatives in the metric, see `spectralcmi.grid.shell.Shell`.
        """
        inside, outside = self._inside(radius), self._is_outside(radius)
        p, slope, curvature = self.metric.poloidal_derivatives(
            inside[:, None], *self.basis.evaluate_poloidal(self._slots[0], inside)
        )
        if outside.any():
            r, product = radius[outside, None], self.degree * (self.degree + 1.0)
            # p at the outer radius, where points outside have been moved to
            p[outside], slope[outside] = self._vacuum(radius[outside], p[outside])
            curvature[outside] = product / r**2 * p[outside]
        return p, slope, curvature

    def _vacuum(self, radius: np.ndarray, surface: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """p and e^-Lambda dp/dr at radii outside, from p at the outer radius."""
        size, outer = self.metric.schwarzschild_radius, self.basis.outer_radius
        if size == 0.0:
            p = surface * (outer / radius[:, None]) ** self.degree
            return p, -self.degree / radius[:, None] * p
        degrees, place = np.unique(self.degree, return_inverse=True)
        value, slope, _ = exterior_radial(degrees, radius, outer, size)
        along = np.sqrt(1.0 - size / radius)[:, None]
        return surface * value[:, place], surface * (along * slope)[:, place]

    def toroidal(self, radius: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """t = r T [G km] and its derivative in the metric at radii, (radius, lm); zero outside."""
        inside = self._inside(radius)
        t, slope = self.metric.toroidal_derivatives(
            inside[:, None], *self.basis.evaluate_toroidal(self._slots[1], inside)
        )
        outside = self._is_outside(radius)
        t[outside] = slope[outside] = 0
        return t, slope

    def radial_parts(self, radius: np.ndarray) -> tuple[Vector, Vector]:
        """Q, S, T of B [G] and of J, flat: curl B, [G/km] at radii, shape (radius, lm) each."""
        p, p_slope, p_curvature = self.poloidal(radius)
        t, t_slope = self.toroidal(radius)
        r, product = radius[:, None], self.degree * (self.degree + 1.0)
        current = product * p / r**2 - p_curvature
        current[self._is_outside(radius)] = 0  # but for rounding it is
        return (
            (product * p / r**2, p_slope / r, t / r),
            (product * t / r**2, t_slope / r, current / r),
        )

    def _inside(self, radius: np.ndarray) -> np.ndarray:
        """Radii, those beyond the surface moved to it; an error below the inner boundary."""
        basis = self.basis
        if np.any(radius < basis.inner_radius * (1 - SAME_RADIUS)):
            raise InputError(
                f"radius={radius.min():.9g} km lies below the inner radius "
                f"{basis.inner_radius:.9g} km"
            )
        return np.clip(radius, basis.inner_radius, basis.outer_radius)

    def _is_outside(self, radius: np.ndarray) -> np.ndarray:
        return radius > self.basis.outer_radius * (1 + SAME_RADIUS)

    @property
    def potential_of_wavenumber(self) -> float:
        """mu5 [MeV] of a k5 of 1/km, with the constant of the run."""
        from spectralcmi.terms.chiral import chiral_coefficient

        convention = case_of(self.dataset).chiral.convention
        return HBAR_C / KILOMETRE / chiral_coefficient(convention)

    def _temperature(self, radius: np.ndarray) -> np.ndarray:
        """Evolved temperature at radii [K], its mean over the sphere where it depends on angles.

        The run used that of the middle of an interval, a few per cent off.
        """
        return np.interp(radius, self.dataset["radius"].values, self.dataset["temperature"].values)

    def chiral_wavenumber(self, radius: np.ndarray, field: Vector, curl: Vector) -> np.ndarray:
        """k5 on the grid [1/km]."""
        from spectralcmi.profiles.provider import CrustHistory
        from spectralcmi.terms.closure import closure

        parameters = case_of(self.dataset)
        chiral = parameters.chiral
        # a star that cools does so in steps, and the run used the profiles of one of them
        inside = self._inside(radius)
        temperature = self._temperature(inside) if parameters.thermal.enabled else None
        crust = CrustHistory(parameters).crust(inside, float(self.time), temperature)
        absent = np.zeros(radius.size)

        def profile(name: str, wanted: bool) -> np.ndarray:
            values = crust[name].values if wanted and name in crust else absent
            return values[:, None, None]

        wavenumber = closure(
            sum(b * j for b, j in zip(field, curl, strict=True)),
            sum(b * b for b in field),
            profile("chiral_wavenumber", chiral.enabled),
            profile("anomaly_feedback", chiral.enabled and chiral.anomaly),
            chiral.k5_max,
            chiral.cutoff == "smooth",
        )
        wavenumber[self._is_outside(radius)] = np.nan
        return wavenumber


def case_of(dataset: xr.Dataset) -> Parameters:
    """Parameters of a run, also of one stored with schema version 1."""
    recall_background(dataset)
    is_old = dataset.attrs.get("schema_version") == 1
    read = parameters_of_version_1 if is_old else parameters_from_json
    return read(dataset.attrs["parameters"])


def _selected(dataset: xr.Dataset, snapshot: int) -> xr.Dataset:
    """A dataset of one snapshot."""
    if "snapshot" not in dataset.dims:
        return dataset
    count = dataset.sizes["snapshot"]
    try:
        return dataset.isel(snapshot=range(count)[snapshot])
    except (IndexError, TypeError):
        times = ", ".join(f"{time:g}" for time in dataset["snapshot"].values)
        raise InputError(
            f"snapshot={snapshot} is no index of the {count} snapshots, taken at {times or 'no'} "
            "yr; dataset.sel(snapshot=YEAR) chooses one by its time"
        ) from None


def _coordinate(values: ArrayLike, name: str) -> np.ndarray:
    """Values of a coordinate as an array; an error where they are no list of finite numbers."""
    values = np.atleast_1d(np.asarray(values, dtype=float))
    if values.ndim != 1 or values.size == 0 or not np.all(np.isfinite(values)):
        raise InputError(f"{name} of shape {values.shape} is no list of finite numbers")
    return values


def _coordinates(grid: tuple[tuple[str, np.ndarray], ...], time: xr.DataArray) -> dict[str, Any]:
    units = {"radius": "km", "colatitude": "rad", "longitude": "rad"}
    coordinates = {
        name: (name, values, {"units": units[name], "long_name": name}) for name, values in grid
    }
    return {**coordinates, "time": ((), float(time), {"units": "julian_year", "long_name": "time"})}


def _vector_variables(
    values: Vector, symbol: str, units: str, long_name: str
) -> dict[str, Variable]:
    directions = ("r", "theta", "phi")
    words = ("radial", "southward", "eastward")
    return {
        f"{symbol}_{direction}": _variable(part, units, f"{long_name}, {word}")
        for part, direction, word in zip(values, directions, words, strict=True)
    }


def _variable(values: np.ndarray, units: str, long_name: str) -> Variable:
    return ("radius", "colatitude", "longitude"), values, {"units": units, "long_name": long_name}
