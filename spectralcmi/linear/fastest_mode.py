"""The fastest growing mode where its waves are too short for any global polynomial.

Without a cutoff the fastest waves of the default crust are millimetres long, 1e5 of them between
the core and the surface. `spectralcmi.linear.survey` tells where they are, and the splines of
`spectralcmi.linear.spline_problem`, on elements as fine as the waves, find them there.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import xarray as xr
from numpy.lib.stride_tricks import sliding_window_view

from spectralcmi.build import weak_field_wavenumber
from spectralcmi.case.parameters import Parameters
from spectralcmi.errors import InputError, InsufficientMemoryError
from spectralcmi.grid.metric import Metric
from spectralcmi.grid.splines import DEGREE, SplineBasis
from spectralcmi.linear.eigenmodes import attributes_of
from spectralcmi.linear.spline_problem import (
    assembled_problem,
    exterior_energy,
    quadrature_weights,
    spline_conditions,
)
from spectralcmi.linear.survey import Profiles, survey_of
from spectralcmi.memory import usable_memory
from spectralcmi.profiles.crust import build_crust, chosen_metric, crust_radii

#: Bytes of memory per unknown, measured at 1e6: half of it the matrix and its factors, the rest
#: Krylov vectors.
BYTES_PER_UNKNOWN = 870


def fastest_mode(
    parameters: Parameters,
    degree: int = 1,
    k5_max: float | None = None,
    *,
    elements_per_wavelength: float = 12.0,
    decay: float = 40.0,
) -> xr.Dataset:
    """Fastest growing mode of Ohmic decay with the chiral effect, for waves of any length.

    Parameters
    ----------
    parameters : Parameters
        Background, chiral term and boundaries are read; not the resolution.
    degree : int
        Spherical-harmonic degree.
    k5_max : float, optional
        Cutoff of k5 [1/km] in place of the parameters' own; `numpy.inf`: none.
    elements_per_wavelength : float
        Elements per wavelength 4 pi/k5 of the fastest local wave. The relative error of the growth
        rate falls as its eighth power; 12 leave 3e-9 of it (measured on the default crust).
    decay : float
        The shell is cut off where the mode has fallen to exp(-decay) of itself; infinite: never.

    Returns
    -------
    Dataset
        Numbers: `growth_rate`, `frequency` [1/yr], `growth_time` [yr]; `local_limit`
        max(eta k5^2)/4 [1/yr], which bounds the growth rate; `location` and `width` [km], mean
        radius and its standard deviation, weighted with B^2; `wavelength` [km], 2 pi over the
        root mean square of |curl B|/|B|; `density` [g cm-3] at the location, if the background
        has one; `unknowns`. Along `radius`, the ends of the elements: the complex eigenfunctions
        `poloidal` P [G km] and `toroidal` T [G], scaled as those of `spectralcmi.eigenmodes`.

    Raises
    ------
    ValueError
        If an argument is out of range.
    MemoryError
        If the problem would not fit; the text gives the size needed.

    Notes
    -----
    Banded shift-invert Arnoldi about the local limit. The cost grows with the number of
    wavelengths in the part of the shell that is kept: 0.3 s for the default crust with or without
    cutoff; for the whole of it without, 32 s and 0.8 GB at 12 elements a wavelength (7e5 unknowns),
    47 s and 1.0 GB at 17 (1e6), with the same growth rate to 1e-10.
    """
    k5_max = parameters.chiral.k5_max if k5_max is None else k5_max
    _check(degree, k5_max, elements_per_wavelength, decay)
    profiles = _profiles(parameters, k5_max)
    survey = survey_of(crust_radii(parameters.background), profiles)
    metric = chosen_metric(parameters.background, parameters.metric)
    threshold = survey.threshold()
    while True:
        interval = survey.interval(threshold, decay)
        basis = SplineBasis(
            interval[0], survey.breakpoints(interval, degree, elements_per_wavelength)
        )
        _require_memory(2 * basis.size)
        conditions = spline_conditions(parameters, degree, basis, survey.ends, metric)
        problem = assembled_problem(basis, profiles, degree, conditions, metric)
        rate, mode = problem.fastest()
        # a slower mode than the interval was made for reaches further
        if rate.real >= threshold or interval == survey.ends:
            break
        threshold = rate.real - (survey.local_limit - rate.real)
    dataset = _dataset(parameters, degree, basis, rate, mode, metric)
    limit = max(survey.local_limit, problem.bound)
    dataset["local_limit"] = _number(
        limit, "julian_year^-1", "largest local growth rate max(eta k5^2)/4"
    )
    dataset.attrs["k5_max"] = float(k5_max)
    return dataset


def _check(degree: int, k5_max: float, elements_per_wavelength: float, decay: float) -> None:
    if not isinstance(degree, int | np.integer) or degree < 1:
        raise InputError(f"degree={degree} is not an integer from 1")
    for name, value in (
        ("k5_max", k5_max),
        ("elements_per_wavelength", elements_per_wavelength),
        ("decay", decay),
    ):
        if not value > 0:
            raise InputError(f"{name}={value} is not positive")


def _profiles(parameters: Parameters, k5_max: float) -> Profiles:
    """Function from radii to eta and k5 after the cutoff."""
    chiral = parameters.chiral.model_copy(update={"k5_max": k5_max})

    def evaluate(radius: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        crust = build_crust(parameters.background, chiral, radius.ravel())
        wavenumber = weak_field_wavenumber(chiral, crust)
        diffusivity = crust["magnetic_diffusivity"].values
        return diffusivity.reshape(radius.shape), wavenumber.reshape(radius.shape)

    return evaluate


def _require_memory(unknowns: int) -> None:
    """Refuse what cannot be stored, with the size it would need."""
    needed = float(BYTES_PER_UNKNOWN) * unknowns
    if needed > usable_memory():
        raise InsufficientMemoryError(
            f"the fastest mode needs {unknowns:.3g} unknowns and {needed / 1e9:.1f} GB of memory, "
            f"and {usable_memory() / 1e9:.1f} GB are there"
        )


# --- result -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Moments:
    """Integrals over a mode."""

    energy: float
    phase: complex
    location: float
    width: float
    wavenumber: float


def _moments(basis: SplineBasis, degree: int, mode: np.ndarray, metric: Metric) -> _Moments:
    """Energy, direction in the complex plane, place and wave number of a mode.

    Integrals of |B|^2 and |curl B|^2, over the shell but for the energy, which includes the
    potential field outside.
    """
    product = degree * (degree + 1)
    local = [sliding_window_view(part, DEGREE + 1) for part in mode]
    square, sums = 0j, np.zeros(4)
    for tables in basis.blocks():
        elements = slice(tables.first, tables.first + len(tables.radius))
        p, p_slope, p_curvature, t, t_slope = (
            np.einsum("egj,ej->eg", table, local[part][elements])
            for part, table in (
                (0, tables.values),
                (0, tables.slopes),
                (0, tables.curvatures),
                (1, tables.values),
                (1, tables.slopes),
            )
        )
        radius = tables.radius
        _, p_slope, p_curvature = metric.poloidal_derivatives(radius, p, p_slope, p_curvature)
        _, t_slope = metric.toroidal_derivatives(radius, t, t_slope)
        weights, _ = quadrature_weights(tables, metric)
        radial, radial_current = (np.sqrt(product) / tables.radius * f for f in (p, t))
        current = np.sqrt(product) / tables.radius * radial - p_curvature
        field = np.array([radial, p_slope, t])
        density = weights * np.sum(np.abs(field) ** 2, axis=0)
        curl = np.abs(np.array([current, radial_current, t_slope])) ** 2
        depth = tables.radius - basis.inner_radius
        square += np.sum(weights * np.sum(field**2, axis=0))
        sums += [
            density.sum(),
            (density * depth).sum(),
            (density * depth**2).sum(),
            (weights * curl.sum(axis=0)).sum(),
        ]
    total, mean, variance = sums[0], sums[1] / sums[0], sums[2] / sums[0]
    exterior = exterior_energy(basis, degree, metric) * abs(mode[0, -1]) ** 2
    return _Moments(
        energy=product * (total + exterior),
        phase=square / abs(square) if square else 1.0,
        location=basis.inner_radius + mean,
        width=float(np.sqrt(max(variance - mean**2, 0.0))),
        wavenumber=float(np.sqrt(sums[3] / total)),
    )


def _number(value: float, units: str, long_name: str) -> tuple:
    return (), float(value), {"units": units, "long_name": long_name}


def _dataset(
    parameters: Parameters,
    degree: int,
    basis: SplineBasis,
    rate: complex,
    mode: np.ndarray,
    metric: Metric,
) -> xr.Dataset:
    moments = _moments(basis, degree, mode, metric)
    scaled = mode / np.sqrt(moments.phase * moments.energy)
    crust = build_crust(parameters.background, parameters.chiral, [moments.location])
    numbers = {
        "growth_rate": _number(rate.real, "julian_year^-1", "growth rate"),
        "frequency": _number(
            rate.imag, "julian_year^-1", "angular frequency, imaginary part of the eigenvalue"
        ),
        "growth_time": _number(1 / rate.real, "julian_year", "inverse of the growth rate"),
        "location": _number(moments.location, "km", "mean radius of the mode, weighted with B^2"),
        "width": _number(moments.width, "km", "standard deviation of the radius, likewise"),
        "wavelength": _number(
            2 * np.pi / moments.wavenumber, "km", "2 pi over the root mean square of |curl B|/|B|"
        ),
        "unknowns": _number(2 * basis.size, "1", "size of the eigenvalue problem"),
    }
    if "density" in crust:
        numbers["density"] = _number(
            float(crust["density"][0]), "g cm^-3", "mass density at the location"
        )
    radius = basis.radius
    profiles = {
        name: ("radius", basis.interpolate(part) / radius, {"units": units, "long_name": long_name})
        for name, part, units, long_name in (
            ("poloidal", scaled[0], "gauss km", "poloidal scalar P(r)"),
            ("toroidal", scaled[1], "gauss", "toroidal scalar T(r)"),
        )
    }
    coordinates = {
        "radius": ("radius", radius, {"units": "km", "long_name": "radius"}),
        "degree": ((), degree, {"units": "1", "long_name": "spherical-harmonic degree"}),
    }
    attributes = attributes_of(parameters, "Fastest growing mode of a neutron-star crust")
    return xr.Dataset({**numbers, **profiles}, coordinates, attributes)
