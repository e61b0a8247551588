"""Local stability of a stored field: growth against degree, far beyond the degrees of its run.

At one colatitude the field and the current of a snapshot are taken as functions of the radius
alone, and perturbations as waves along the meridian or the circle of latitude, of k = l/r: the
slab of `spectralcmi.linear.slab`, as fine as it takes. The radial field is left out, which
suits a layer thin against its distance from the poles and perturbations short against the star.

In the metric of a star its two factors, nearly constant across a layer, are those of the middle of
the layer: e^Lambda makes distances along the radius longer, e^Phi slows the growth seen from
infinity.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
import xarray as xr

from spectralcmi.build import local_coefficients
from spectralcmi.case.parameters import Parameters
from spectralcmi.constants import FIELD_UNIT
from spectralcmi.errors import InputError
from spectralcmi.grid.stored import stored_basis, stored_metric
from spectralcmi.linear.slab import Profiles, Slab
from spectralcmi.profiles.provider import CrustHistory
from spectralcmi.terms.closure import closure
from spectralcmi.terms.electric_field import LocalCoefficients
from spectralcmi.view.field import case_of, field

#: Along what perturbations may vary.
DIRECTIONS = ("theta", "phi")
#: Radii on which a field is looked at before its window is laid.
SURVEY_POINTS = 4001
#: The window holds what is stronger than this part of the strongest field, and this part of its
#: thickness more on each side.
WEAKEST, MARGIN = 0.01, 0.25
#: Elements of the first attempt in the length |B|/|J|, and at most.
ELEMENTS_PER_LENGTH, MOST_ELEMENTS = 10, 16384
#: Growth that a change is measured against at least, over the growth of the fastest chiral wave.
NEUTRAL = 0.01


class Response(NamedTuple):
    """k5 and its derivatives at points of a field.

    Attributes
    ----------
    wavenumber : ndarray
        k5 [1/km].
    to_work, to_square : ndarray
        dk5/d(B.curl B) [(1e12 G)^-2] and dk5/dB^2 [1/km (1e12 G)^-2].
    """

    wavenumber: np.ndarray
    to_work: np.ndarray
    to_square: np.ndarray


def chiral_response(work: np.ndarray, square: np.ndarray, local: LocalCoefficients) -> Response:
    """The closure of `spectralcmi.terms.closure` and its derivatives.

    Parameters
    ----------
    work, square : ndarray, shape (points,)
        B.curl B [(1e12 G)^2/km] and B^2 [(1e12 G)^2].
    local : LocalCoefficients
        On the same points.

    Returns
    -------
    Response

    Notes
    -----
    From x + b cut(x) = S: dk5 = cut' (dS - k5 db)/(1 + b cut'), with b = beta B^2,
    dS = beta d(B.curl B) and cut' = (1 - |k5/k5_max|^8)^(9/8) of the smooth cutoff.
    """
    feedback, maximum = local.anomaly_feedback, local.k5_max
    k5 = closure(work, square, local.chiral_wavenumber, feedback, maximum, local.smooth_cutoff)
    ratio = np.abs(k5) / maximum
    if local.smooth_cutoff:
        slope = np.maximum(1.0 - ratio**8, 0.0) ** 1.125
    else:
        slope = np.where(ratio < 1.0, 1.0, 0.0)
    to_work = slope * feedback / (1.0 + feedback * square * slope)
    return Response(k5, to_work, -k5 * to_work)


@dataclass(frozen=True, eq=False)
class LocalField:
    """The field of a snapshot along one radius, and the matter there.

    Parameters
    ----------
    dataset : Dataset
        One snapshot of a run.
    colatitude : float
        [degrees]
    parameters : Parameters
        Of the crust and the terms.
    response : callable
        k5 of a field, as `chiral_response`.
    feedback : bool
        Whether k5 responds to a perturbation, or is held fixed.
    """

    dataset: xr.Dataset
    colatitude: float
    parameters: Parameters
    response: Callable[[np.ndarray, np.ndarray, LocalCoefficients], Response] = chiral_response
    feedback: bool = True

    def horizontal(self, radius: np.ndarray) -> tuple[np.ndarray, ...]:
        """(B_theta, B_phi) [1e12 G] and (J_theta, J_phi) [1e12 G/km], shape (2, points) each."""
        vectors = field(
            self.dataset,
            radius=radius,
            colatitude=[np.deg2rad(self.colatitude)],
            longitude=[0.0],
            curl=True,
        )
        return tuple(
            np.array([vectors[f"{name}_{d}"].values[:, 0, 0] for d in DIRECTIONS]) / FIELD_UNIT
            for name in ("B", "curl_B")
        )

    def local(self, radius: np.ndarray) -> LocalCoefficients:
        """Coefficients of Ohm's law at radii."""
        crust = CrustHistory(self.parameters).crust(radius, float(self.dataset["snapshot"]))
        return local_coefficients(self.parameters, crust)

    def profiles(self, along: str, radius: np.ndarray) -> Profiles:
        """What Ohm's law needs, with x along a direction, at radii [km]."""
        magnetic, current = self.horizontal(radius)
        local = self.local(radius)
        found = self.response(
            np.sum(magnetic * current, axis=0), np.sum(magnetic**2, axis=0), local
        )
        responds = 1.0 if self.feedback else 0.0
        if along == "phi":  # r, phi and -theta are right-handed
            magnetic, current = (np.array([part[1], -part[0]]) for part in (magnetic, current))
        return Profiles(
            magnetic,
            current,
            local.magnetic_diffusivity,
            local.hall_prefactor,
            found.wavenumber,
            responds * found.to_work,
            responds * found.to_square,
        )

    @cached_property
    def _survey(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Radii of the shell, and |B| and |J| there."""
        basis = stored_basis(self.dataset.attrs, self.dataset.sizes["radius"])
        radius = np.linspace(basis.inner_radius, basis.outer_radius, SURVEY_POINTS)
        return radius, *(np.linalg.norm(part, axis=0) for part in self.horizontal(radius))

    @cached_property
    def layer(self) -> tuple[float, float]:
        """Radii between which the field is, with a margin [km]."""
        radius, strength, _ = self._survey
        if not strength.any():
            raise InputError(
                f"colatitude={self.colatitude:g}: the field has no horizontal component there"
            )
        inside = radius[strength > WEAKEST * strength.max()]
        margin = MARGIN * np.ptp(inside)
        return max(inside[0] - margin, radius[0]), min(inside[-1] + margin, radius[-1])

    @cached_property
    def centre(self) -> float:
        """Radius about which the energy of the horizontal field lies [km]."""
        radius, strength, _ = self._survey
        return float(np.average(radius, weights=strength**2))

    @cached_property
    def length(self) -> float:
        """Length |B|/|J| of the field, from their mean squares [km]."""
        _, strength, current = self._survey
        return float(np.sqrt(np.sum(strength**2) / np.sum(current**2)))

    @cached_property
    def metric_factors(self) -> tuple[float, float]:
        """e^Lambda and e^Phi in the middle of the field."""
        metric = stored_metric(self.dataset.attrs)
        if metric.is_flat:
            return 1.0, 1.0
        centre = np.array([self.centre])
        return (
            float(np.exp(metric.radial_potential(centre))[0]),
            float(np.exp(metric.potential(centre))[0]),
        )


def local_growth(
    dataset: xr.Dataset,
    degrees: Iterable[float],
    *,
    year: float | None = None,
    colatitude: float = 90.0,
    along: Sequence[str] = DIRECTIONS,
    window: tuple[float, float] | None = None,
    feedback: bool = True,
    tolerance: float = 0.02,
) -> xr.Dataset:
    """Growth of short perturbations at one place of a stored field, against their degree.

    Parameters
    ----------
    dataset : Dataset
        A run with snapshots, axisymmetric or not: the meridian of longitude 0 is taken.
    degrees : iterable of float
        Degrees l, of wave numbers l/r; in the thousands if need be.
    year : float, optional
        The snapshot nearest to it is taken; default: the last one.
    colatitude : float
        [degrees]
    along : sequence of {"theta", "phi"}
        Directions in which perturbations vary.
    window : (float, float), optional
        Radii at which perturbations vanish [km]; default: where the field falls to a hundredth of
        its largest, and a quarter of the thickness more.
    feedback : bool
        Whether k5 responds to the perturbation.
    tolerance : float
        The number of elements is doubled until growth rates change by less, relative to them.

    Returns
    -------
    Dataset
        Along `direction` and `degree`: `growth_rate` and `frequency` [1/yr] seen from infinity,
        perturbations being exp((growth_rate + i frequency) t + i k x); `change`, the relative
        change of the growth rate at the last doubling; `spacing`, of the elements then [km].

    Raises
    ------
    InputError
        For an argument that breaks a rule.
    """
    degrees = np.array(list(degrees), dtype=float)
    _check(dataset, degrees, colatitude, along, window)
    chosen = snapshot_of(dataset, year)
    place = LocalField(chosen, colatitude, case_of(dataset), feedback=feedback)
    ends = window or place.layer
    rows = [growth_of_field(place, way, ends, degrees, tolerance) for way in along]
    growth, change, spacing = (np.array(part) for part in zip(*rows, strict=True))
    dims = ("direction", "degree")

    def variable(values: np.ndarray, units: str, name: str) -> tuple:
        return dims, values, {"units": units, "long_name": name}

    return xr.Dataset(
        {
            "growth_rate": variable(growth.real, "julian_year^-1", "local growth rate"),
            "frequency": variable(growth.imag, "julian_year^-1", "angular frequency"),
            "change": variable(change, "1", "relative change when elements are halved"),
            "spacing": variable(spacing, "km", "length of the elements"),
        },
        {
            "direction": ("direction", list(along)),
            "degree": ("degree", degrees, {"units": "1", "long_name": "degree, k r"}),
        },
        {
            "time_yr": float(chosen["snapshot"]),
            "colatitude_degrees": colatitude,
            "window_km": list(ends),
            "radius_km": place.centre,
            "feedback": int(feedback),
        },
    )


def growth_of_field(
    place: LocalField,
    along: str,
    window: tuple[float, float],
    degrees: np.ndarray,
    tolerance: float = 0.02,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Growth of waves in one direction about a field along a radius.

    Parameters
    ----------
    place : LocalField
    along : {"theta", "phi"}
    window : (float, float)
        [km]
    degrees : ndarray, shape (degrees,)
    tolerance : float
        See `local_growth`.

    Returns
    -------
    growth : ndarray, complex, shape (degrees,)
        Growth rate + i frequency [1/yr].
    change, spacing : ndarray, shape (degrees,)
        See `local_growth`.
    """
    stretch, lapse = place.metric_factors
    count = int(ELEMENTS_PER_LENGTH * (window[1] - window[0]) / place.length)
    count = min(max(count, 32), MOST_ELEMENTS // 2)
    slabs: dict[int, Slab] = {}

    def slab(elements: int) -> Slab:
        if elements not in slabs:
            proper = stretch * window[0], stretch * window[1]
            slabs[elements] = Slab(
                lambda radius: place.profiles(along, radius / stretch), proper, elements
            )
        return slabs[elements]

    profiles = slab(count).profiles
    bound = float(np.max(profiles.magnetic_diffusivity * profiles.wavenumber**2)) / 4
    slowest = float(np.min(profiles.magnetic_diffusivity)) / (stretch * np.ptp(window)) ** 2
    expected = scale = max(bound, slowest)
    results = []
    for degree in degrees:
        wavenumber, elements = degree / place.centre, count
        growth = slab(elements).fastest(wavenumber, expected)
        while True:
            elements *= 2
            before, fine = growth, slab(elements)
            # where the same mode is found again, that was the fastest
            growth = fine.nearest(wavenumber, before)
            change = abs(growth.real - before.real) / max(abs(growth.real), NEUTRAL * scale)
            if change < tolerance or 2 * elements > MOST_ELEMENTS:
                break
            growth = fine.fastest(wavenumber, max(before.real, NEUTRAL * scale))
        expected = max(growth.real, NEUTRAL * scale)
        results.append((lapse * growth, change, np.ptp(window) / elements))
    growths, changes, spacings = (np.array(part) for part in zip(*results, strict=True))
    return growths, changes, spacings


def snapshot_of(dataset: xr.Dataset, year: float | None) -> xr.Dataset:
    """The snapshot of a run nearest to a year, by default the last.

    Parameters
    ----------
    dataset : Dataset
    year : float, optional
        [yr]

    Returns
    -------
    Dataset

    Raises
    ------
    InputError
        If there is none.
    """
    if "snapshot" not in dataset.dims:
        if "snapshot" in dataset.coords:
            return dataset
        raise InputError("the dataset has no snapshots: a run's is wanted")
    if dataset.sizes["snapshot"] == 0:
        raise InputError("the dataset has no snapshot")
    if year is None:
        return dataset.isel(snapshot=-1)
    if not np.isfinite(year):
        raise InputError(f"year={year} is not a finite number")
    return dataset.sel(snapshot=year, method="nearest")


def _check(
    dataset: xr.Dataset,
    degrees: np.ndarray,
    colatitude: float,
    along: Sequence[str],
    window: tuple[float, float] | None,
) -> None:
    """Raise InputError for an argument that breaks a rule."""
    if degrees.size == 0 or not np.all(degrees > 0) or not np.all(np.isfinite(degrees)):
        raise InputError(f"degrees={degrees.tolist()}: positive numbers, at least one, are wanted")
    if not 0.0 < colatitude < 180.0:
        raise InputError(f"colatitude={colatitude:g} degrees is not between 0 and 180")
    for way in along:
        if way not in DIRECTIONS:
            raise InputError(f"along={way!r} is none of {', '.join(DIRECTIONS)}")
    if not along:
        raise InputError("along is empty")
    if window is None:
        return
    basis = stored_basis(dataset.attrs, dataset.sizes["radius"])
    if not basis.inner_radius <= window[0] < window[1] <= basis.outer_radius:
        raise InputError(
            f"window={tuple(window)} km: two ascending radii from {basis.inner_radius:.6f} to "
            f"{basis.outer_radius:.6f} km are wanted"
        )
