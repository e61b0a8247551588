"""The magnetic field of a snapshot on a regular grid, evaluated exactly from its coefficients."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import xarray as xr

from spectralcmi.case.parameters import Chiral, parameters_from_json
from spectralcmi.grid.any_angles import vector_at, zonal_slope_at
from spectralcmi.grid.chebyshev import RadialBasis, RadialMap

#: Radii this close to a boundary, relative to it, lie on it: files and tables round.
SAME_RADIUS = 1e-9


def field(
    dataset: xr.Dataset,
    snapshot: int = -1,
    *,
    radius: np.ndarray | None = None,
    colatitude: np.ndarray | None = None,
    longitude: np.ndarray | None = None,
    curl: bool = False,
    k5: bool = False,
) -> xr.Dataset:
    """Magnetic field of a snapshot on a regular grid.

    The series of polynomials and spherical harmonics is summed at the points wanted, with no
    interpolation: the result is as exact as the snapshot.

    Parameters
    ----------
    dataset : xarray.Dataset
        A run; or one of its snapshots, ``dataset.sel(snapshot=100, method="nearest")``.
    snapshot : int
        Index of the snapshot, negative from the end; without meaning where one is selected.
    radius : array_like, optional
        [km], increasing; default: the radii of the dataset. Beyond the outer radius the potential
        field is given, with no current and no k5 (NaN).
    colatitude : array_like, optional
        [rad], poles included; default: 2 lmax + 1 from pole to pole.
    longitude : array_like, optional
        [rad]; default: 2 mmax + 2 around the axis, or a single 0 for an axisymmetric field.
    curl : bool
        Whether curl B is wanted too.
    k5 : bool
        Whether the chiral wavenumber is wanted too, with its response to E.B and its cutoff. The
        profiles of the crust are built again for it, from the parameters in the dataset.

    Returns
    -------
    xarray.Dataset
        ``B_r``, ``B_theta``, ``B_phi`` [G]; ``curl_B_r``, .. [G/km]; ``k5`` [1/km]; dimensions
        radius, colatitude, longitude; the time of the snapshot as the coordinate ``time`` [yr].

    Raises
    ------
    ValueError
        If there is no such snapshot, or a coordinate is out of its range.

    Notes
    -----
    B_r = l(l+1) P/r, and the tangential field has the potentials S = (1/r) d(rP)/dr and T; see
    `spectralcmi.grid.harmonics` for signs and normalisation.

    Examples
    --------
    >>> surface = field(dataset, radius=[12.4], longitude=[0.0])  # doctest: +SKIP
    >>> float(abs(surface["B_r"]).max())  # doctest: +SKIP
    """
    chosen = _Snapshot.of(dataset, snapshot)
    radius = chosen.radius if radius is None else _coordinate(radius, "radius")
    colatitude, longitude = chosen.angles(colatitude, longitude)
    grid = (("radius", radius), ("colatitude", colatitude), ("longitude", longitude))
    parts = chosen.radial_parts(radius)
    vectors = {"B": parts[:3], "curl_B": parts[3:]} if curl or k5 else {"B": parts[:3]}
    values = {
        name: vector_at(chosen.degree, chosen.order, components, colatitude, longitude)
        for name, components in vectors.items()
    }
    variables = _vector_variables(values["B"], "B", "G", "magnetic field")
    if curl:
        variables |= _vector_variables(values["curl_B"], "curl_B", "G/km", "curl of the field")
    if k5:
        wavenumber = chosen.chiral_wavenumber(radius, values["B"], values["curl_B"])
        variables["k5"] = (*_variable(wavenumber, "1/km", "chiral wavenumber"),)
    return xr.Dataset(variables, _coordinates(grid, chosen.time), chosen.attributes)


def flux_function(
    dataset: xr.Dataset, snapshot: int = -1, *, radius: np.ndarray, colatitude: np.ndarray
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
        {"units": "G km2", "long_name": "poloidal flux over 2 pi"},
    )


def chiral_wavenumber(
    field: tuple[np.ndarray, ...],
    curl: tuple[np.ndarray, ...],
    source: np.ndarray,
    feedback: np.ndarray,
    chiral: Chiral,
) -> np.ndarray:
    """Chiral wavenumber k5 at each point, from the field there.

    k5 = (k5_source + beta B.curl B)/(1 + beta B^2), then the cutoff at k5_max; as in the solver,
    see `spectralcmi.terms.electric_field`.

    Parameters
    ----------
    field, curl : tuple of three ndarray
        B [G] and curl B [G/km].
    source : ndarray
        k5 in a weak field, without cutoff [1/km].
    feedback : ndarray
        beta [G^-2].
    chiral : Chiral
        Section of the parameters.

    Returns
    -------
    ndarray
        [1/km]
    """
    product = sum(b * j for b, j in zip(field, curl, strict=True))
    square = sum(b * b for b in field)
    uncut = (source + feedback * product) / (1 + feedback * square)
    if chiral.cutoff == "hard":
        return np.clip(uncut, -chiral.k5_max, chiral.k5_max)
    return uncut / (1 + (uncut / chiral.k5_max) ** 8) ** 0.125


@dataclass(frozen=True)
class _Snapshot:
    """One snapshot of a run and where it lives.

    Parameters
    ----------
    dataset : xarray.Dataset
        Of one snapshot.
    basis : RadialBasis
        Its `storage_radius` is the radius of the dataset.
    """

    dataset: xr.Dataset
    basis: RadialBasis

    @classmethod
    def of(cls, dataset: xr.Dataset, snapshot: int) -> _Snapshot:
        for name in ("poloidal", "toroidal"):
            if name not in dataset:
                raise ValueError(f"the dataset has no variable {name}")
        attributes = dataset.attrs
        radial_map = RadialMap(
            float(attributes["inner_radius_km"]),
            float(attributes["outer_radius_km"]),
            float(attributes["map_parameter"]),
        )
        count = dataset.sizes["radius"]
        basis = RadialBasis(radial_map, count, 2 * count)
        return cls(_selected(dataset, snapshot), basis)

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
        kept = ("source", "Conventions", "field_conventions", "parameters")
        return {name: self.dataset.attrs[name] for name in kept if name in self.dataset.attrs}

    def angles(
        self, colatitude: np.ndarray | None, longitude: np.ndarray | None
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
            raise ValueError(f"colatitude={beyond[0]:g} rad is outside [0, pi]")
        return colatitude, _coordinate(longitude, "longitude")

    def poloidal(self, radius: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """p = r P [G km2], dp/dr and d2p/dr2 at radii, shape (radius, lm); potential outside."""
        p, slope, curvature = self._evaluated("poloidal", radius)
        outside = self._is_outside(radius)
        if outside.any():
            degree, r = self.degree, radius[outside, None]
            outer = self.basis.map.outer_radius
            surface = self.dataset["poloidal"].transpose("radius", "lm").values[-1] * outer
            p[outside] = surface * (outer / r) ** degree
            slope[outside] = -degree / r * p[outside]
            curvature[outside] = degree * (degree + 1) / r**2 * p[outside]
        return p, slope, curvature

    def radial_parts(self, radius: np.ndarray) -> tuple[np.ndarray, ...]:
        """Q, S, T of B [G] and of curl B [G/km] at radii, shape (radius, lm) each."""
        p, p_slope, p_curvature = self.poloidal(radius)
        t, t_slope, _ = self._evaluated("toroidal", radius)
        outside = self._is_outside(radius)
        t[outside] = t_slope[outside] = 0
        r, product = radius[:, None], self.degree * (self.degree + 1.0)
        return (
            product * p / r**2,
            p_slope / r,
            t / r,
            product * t / r**2,
            t_slope / r,
            (product * p / r**2 - p_curvature) / r,
        )

    def _evaluated(self, name: str, radius: np.ndarray) -> list[np.ndarray]:
        """A scalar times r, and its first two derivatives, at radii; at the surface beyond it."""
        radial_map = self.basis.map
        if np.any(radius < radial_map.inner_radius * (1 - SAME_RADIUS)):
            raise ValueError(
                f"radius={radius.min():.9g} km lies below the inner radius "
                f"{radial_map.inner_radius:.9g} km"
            )
        stored = self.dataset[name].transpose("radius", "lm").values * self.radius[:, None]
        coefficients = self.basis.coefficients_from_storage(stored)
        inside = np.clip(radius, radial_map.inner_radius, radial_map.outer_radius)
        x = np.clip(radial_map.coordinate(inside), -1, 1)
        return [matrix @ coefficients for matrix in self.basis.evaluation_at(x)]

    def _is_outside(self, radius: np.ndarray) -> np.ndarray:
        return radius > self.basis.map.outer_radius * (1 + SAME_RADIUS)

    def chiral_wavenumber(
        self, radius: np.ndarray, field: tuple[np.ndarray, ...], curl: tuple[np.ndarray, ...]
    ) -> np.ndarray:
        """k5 on the grid [1/km]."""
        from spectralcmi.profiles.crust import build_crust
        from spectralcmi.star.neutron_star import operator_age

        parameters = parameters_from_json(self.dataset.attrs["parameters"])
        background, chiral, radial_map = parameters.background, parameters.chiral, self.basis.map
        inside = np.clip(radius, radial_map.inner_radius, radial_map.outer_radius)
        # a star that cools does so in steps, and the run used the profiles of one of them
        age = operator_age(background, float(self.time), parameters.time.end)
        crust = build_crust(background, chiral, inside, age)
        absent = np.zeros(radius.size)

        def profile(name: str, wanted: bool) -> np.ndarray:
            values = crust[name].values if wanted and name in crust else absent
            return values[:, None, None]

        wavenumber = chiral_wavenumber(
            field,
            curl,
            profile("chiral_wavenumber", chiral.enabled),
            profile("anomaly_feedback", chiral.enabled and chiral.anomaly),
            chiral,
        )
        wavenumber[self._is_outside(radius)] = np.nan
        return wavenumber


def _selected(dataset: xr.Dataset, snapshot: int) -> xr.Dataset:
    """A dataset of one snapshot."""
    if "snapshot" not in dataset.dims:
        return dataset
    count = dataset.sizes["snapshot"]
    try:
        return dataset.isel(snapshot=range(count)[snapshot])
    except (IndexError, TypeError):
        times = ", ".join(f"{time:g}" for time in dataset["snapshot"].values)
        raise ValueError(
            f"snapshot={snapshot} is no index of the {count} snapshots, taken at {times or 'no'} "
            "yr; dataset.sel(snapshot=YEAR) chooses one by its time"
        ) from None


def _coordinate(values: np.ndarray, name: str) -> np.ndarray:
    """Values of a coordinate as an array; ValueError where they are no list of finite numbers."""
    values = np.atleast_1d(np.asarray(values, dtype=float))
    if values.ndim != 1 or values.size == 0 or not np.all(np.isfinite(values)):
        raise ValueError(f"{name} of shape {values.shape} is no list of finite numbers")
    return values


def _coordinates(grid: tuple[tuple[str, np.ndarray], ...], time: xr.DataArray) -> dict:
    units = {"radius": "km", "colatitude": "rad", "longitude": "rad"}
    coordinates = {
        name: (name, values, {"units": units[name], "long_name": name}) for name, values in grid
    }
    return {**coordinates, "time": ((), float(time), {"units": "yr", "long_name": "time"})}


def _vector_variables(
    values: tuple[np.ndarray, ...], symbol: str, units: str, long_name: str
) -> dict[str, tuple]:
    directions = ("r", "theta", "phi")
    words = ("radial", "southward", "eastward")
    return {
        f"{symbol}_{direction}": _variable(part, units, f"{long_name}, {word}")
        for part, direction, word in zip(values, directions, words, strict=True)
    }


def _variable(values: np.ndarray, units: str, long_name: str) -> tuple:
    return ("radius", "colatitude", "longitude"), values, {"units": units, "long_name": long_name}
