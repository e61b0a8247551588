"""Density and metric between two densities of a star as analytic functions of the radius."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.polynomial import Chebyshev
from numpy.typing import ArrayLike
from scipy.fft import dct

from spectralcmi.constants import SOLAR_MASS
from spectralcmi.star.equation_of_state import EquationOfState
from spectralcmi.star.structure import (
    SOLAR_MASS_LENGTH,
    Star,
    geometric_matter,
    slope_of_squared_radius,
    solve_star,
)


@dataclass(frozen=True, eq=False)
class CrustProfile:
    """Baryon density and metric as smooth functions of radius between two densities.

    Attributes
    ----------
    equation_of_state : EquationOfState
    squared_radius : numpy.polynomial.Chebyshev
        r^2 [km2] as a series in ln(n / fm-3), decreasing.
    geometric_mass : numpy.polynomial.Chebyshev
        Mass inside, G m/c^2 [km], as a series in ln(n / fm-3).
    gravitational_potential : numpy.polynomial.Chebyshev
        Phi of the metric -e^(2 Phi) c^2 dt^2 + e^(2 Lambda) dr^2 + r^2 dOmega^2, zero far away, as
        a series in ln(n / fm-3).
    inner_radius, outer_radius : float [km]
    """

    equation_of_state: EquationOfState
    squared_radius: Chebyshev
    geometric_mass: Chebyshev
    gravitational_potential: Chebyshev
    inner_radius: float
    outer_radius: float

    def baryon_density(self, radius: ArrayLike) -> np.ndarray:
        """Baryon density [fm-3] at radii [km] of any shape inside the profile.

        Raises
        ------
        ValueError
            If a radius lies outside the profile by more than rounding.
        """
        return np.exp(self._logarithm(radius))

    def potential(self, radius: ArrayLike) -> np.ndarray:
        """Phi [1] at radii [km] of any shape, as `baryon_density`."""
        return self.gravitational_potential(self._logarithm(radius))

    def radial_potential(self, radius: ArrayLike) -> np.ndarray:
        """Lambda = -ln(1 - 2 G m/(c^2 r))/2 [1] at radii [km] of any shape, as `baryon_density`."""
        mass = self.geometric_mass(self._logarithm(radius))
        return -0.5 * np.log1p(-2.0 * mass / np.asarray(radius, dtype=float))

    def metric_slopes(self, radius: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
        """dPhi/dr and dLambda/dr [1/km] at radii [km] of any shape, as `baryon_density`.

        dPhi/dr = G (m + 4 pi r^3 P/c^2) e^(2 Lambda)/(c^2 r^2) and
        dLambda/dr = G (4 pi r^3 rho - m) e^(2 Lambda)/(c^2 r^2).
        """
        radius = np.asarray(radius, dtype=float)
        logarithm = self._logarithm(radius)
        density, pressure, _ = geometric_matter(self.equation_of_state, logarithm)
        mass, shell = self.geometric_mass(logarithm), 4.0 * np.pi * radius**3
        denominator = radius * (radius - 2.0 * mass)
        return (mass + shell * pressure) / denominator, (shell * density - mass) / denominator

    def enclosed_mass(self, radius: ArrayLike) -> np.ndarray:
        """Gravitational mass inside radii [km] of any shape, in g, as `baryon_density`."""
        mass = self.geometric_mass(self._logarithm(radius))
        return mass * (SOLAR_MASS / SOLAR_MASS_LENGTH)

    def _logarithm(self, radius: ArrayLike) -> np.ndarray:
        """ln(n / fm-3) at radii."""
        radius = np.asarray(radius, dtype=float)
        margin = 1e-9 * self.outer_radius
        if np.any(radius < self.inner_radius - margin) or np.any(
            radius > self.outer_radius + margin
        ):
            raise ValueError(
                f"radius={radius.min():.9g} to {radius.max():.9g} km leaves the crust, "
                f"{self.inner_radius:.9g} to {self.outer_radius:.9g} km"
            )
        outside, inside = self.squared_radius.domain
        nodes = np.linspace(outside, inside, 1000)
        logarithm = np.interp(-(radius**2), -self.squared_radius(nodes), nodes)
        slope = self.squared_radius.deriv()
        # The table leaves an error of 1e-5 and each step squares it.
        for _ in range(3):
            logarithm = logarithm - (self.squared_radius(logarithm) - radius**2) / slope(logarithm)
        return logarithm


def crust_profile(
    equation_of_state: EquationOfState,
    mass: float,
    inner_density: float,
    outer_density: float,
    tolerance: float | None = None,
) -> CrustProfile:
    """Radial profile of the baryon density between two densities of a star.

    Parameters
    ----------
    equation_of_state : EquationOfState
    mass : float [solar masses]
    inner_density, outer_density : float
        Baryon densities at the two ends [fm-3], the inner one greater.
    tolerance : float, optional
        Relative tolerance of the integrator, by default that of the equation of state.

    Returns
    -------
    CrustProfile

    Notes
    -----
    The structure equations are solved again as integral equations on Chebyshev points in ln n,
    starting from the integrated star: what comes out is one analytic function accurate to
    rounding, without the breaks that the integrator's interpolant has between its steps.
    """
    densities = float(inner_density), float(outer_density)
    tolerance = tolerance or equation_of_state.tolerance
    return _crust_profile(equation_of_state, float(mass), *densities, tolerance)


@lru_cache(maxsize=16)
def _crust_profile(
    equation_of_state: EquationOfState,
    mass: float,
    inner_density: float,
    outer_density: float,
    tolerance: float,
) -> CrustProfile:
    star = solve_star(equation_of_state, mass, tolerance)
    domain = np.log([outer_density, inner_density])
    for degree in (64, 128, 256, 512, 1024, 2048):
        squared_radius, enclosed = _solve_integral_equations(star, domain, degree)
        tail = np.abs(squared_radius.coef[-degree // 8 :]).max()
        if tail < 1e-15 * np.abs(squared_radius.coef[0]):
            break
    outer, inner = np.sqrt(squared_radius(domain))
    potential = potential_series(star, domain, degree)
    return CrustProfile(
        star.equation_of_state, squared_radius, enclosed, potential, float(inner), float(outer)
    )


def _solve_integral_equations(
    star: Star, domain: np.ndarray, degree: int, iterations: int = 6
) -> list[Chebyshev]:
    """r^2 and G m/c^2 as Chebyshev series in ln n, by Picard iteration from the inner end."""
    nodes = _nodes(domain, degree)
    unknowns = star.profile(nodes)
    ends = star.profile(domain[1])
    matter = geometric_matter(star.equation_of_state, nodes)
    # An iteration reduces the error tenfold at least: gravity varies little across a crust.
    for _ in range(iterations):
        slope = slope_of_squared_radius(matter, *unknowns)
        growth = 2.0 * np.pi * np.sqrt(unknowns[0]) * matter[0] * slope
        series = [
            Chebyshev(_chebyshev_coefficients(values), domain=domain).integ(lbnd=domain[1]) + end
            for values, end in zip((slope, growth), ends, strict=True)
        ]
        unknowns = np.array([function(nodes) for function in series])
    return series


def potential_series(star: Star, domain: np.ndarray, degree: int) -> Chebyshev:
    """Phi as a Chebyshev series in ln n, by dPhi = -dP/(rho + P) from the vacuum outside.

    e^(2 Phi) = 1 - 2 G M/(c^2 R) at the surface of the star, where the pressure vanishes.
    """
    surface = np.log(star.equation_of_state.minimum_baryon_density)
    potential = 0.5 * np.log1p(-2.0 * star.mass * SOLAR_MASS_LENGTH / star.radius)
    if domain[0] > surface:
        layer = np.array([surface, domain[0]])
        potential -= _enthalpy(star.equation_of_state, layer, degree)(domain[0])
    return potential - _enthalpy(star.equation_of_state, domain, degree)


def _enthalpy(equation_of_state: EquationOfState, domain: np.ndarray, degree: int) -> Chebyshev:
    """Int dP/(rho + P) from the lower end of a range in ln n, as a Chebyshev series."""
    density, pressure, slope = geometric_matter(equation_of_state, _nodes(domain, degree))
    rate = slope * pressure / (density + pressure)
    return Chebyshev(_chebyshev_coefficients(rate), domain=domain).integ(lbnd=domain[0])


def _nodes(domain: np.ndarray, degree: int) -> np.ndarray:
    """Roots of the Chebyshev polynomial of a degree over a range, ascending."""
    angle = np.pi * (np.arange(degree, 0, -1) - 0.5) / degree
    return domain.mean() + 0.5 * (domain[1] - domain[0]) * np.cos(angle)


def _chebyshev_coefficients(values: np.ndarray) -> np.ndarray:
    """Chebyshev coefficients from values at the roots of T_n in ascending order."""
    coefficients = dct(values[::-1]) / len(values)
    coefficients[0] /= 2.0
    return coefficients
