"""Hydrostatic structure of a cold, non-rotating star in general relativity.

Inside this module lengths are in km and mass, density and pressure are geometric: G m/c^2 in km,
G rho/c^2 and G P/c^4 in km^-2.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.polynomial import Chebyshev
from scipy.integrate import solve_ivp
from scipy.optimize import brentq, minimize_scalar

from spectralcmi.constants import GRAVITATIONAL_CONSTANT, KILOMETRE, SOLAR_MASS, SPEED_OF_LIGHT
from spectralcmi.star.equation_of_state import EquationOfState

_DENSITY_UNIT = GRAVITATIONAL_CONSTANT / SPEED_OF_LIGHT**2 * KILOMETRE**2  # g/cm3 -> km^-2
_PRESSURE_UNIT = _DENSITY_UNIT / SPEED_OF_LIGHT**2  # dyn/cm2 -> km^-2
_SOLAR_MASS_LENGTH = GRAVITATIONAL_CONSTANT * SOLAR_MASS / SPEED_OF_LIGHT**2 / KILOMETRE  # km

# Relative tolerance of the integrations: radii good to micrometres, so that differences between
# two of them (a crust a tenth of the star) lose nothing that a double can hold.
TOLERANCE = 1e-12


@dataclass(frozen=True)
class Star:
    """A star in hydrostatic equilibrium.

    Attributes
    ----------
    equation_of_state : EquationOfState
    central_baryon_density : float [fm-3]
    mass : float
        Gravitational mass [solar masses].
    radius : float
        Where the density falls to the least one of the equation of state [km]; for BSk24, whose
        fit begins at 1e6 g/cm3, 3 m below the sphere of vanishing pressure.
    profile : callable
        ln n -> (r^2 [km2], G m/c^2 [km]), from the centre to the least density of the equation
        of state; vectorised.
    """

    equation_of_state: EquationOfState
    central_baryon_density: float
    mass: float
    radius: float
    profile: Callable

    @property
    def central_density(self):
        """Mass-energy density at the centre [g cm-3]."""
        return float(self.equation_of_state.density(self.central_baryon_density))

    def radius_at(self, baryon_density):
        """Radius [km] of the sphere on which the baryon density [fm-3] has the given value."""
        return float(np.sqrt(self.profile(np.log(baryon_density))[0]))


def _geometric(equation_of_state, logarithm):
    density, pressure, slope = equation_of_state.barotrope(np.exp(logarithm))
    return density * _DENSITY_UNIT, pressure * _PRESSURE_UNIT, slope


def _slope_of_squared_radius(matter, squared_radius, mass):
    """d(r^2)/d ln n = -2 (1 - 2m/r) s P/((rho + P)(m/r^3 + 4 pi P)), with s = d ln P/d ln n."""
    density, pressure, slope = matter
    radius = np.sqrt(squared_radius)
    gravity = mass / (squared_radius * radius) + 4.0 * np.pi * pressure
    stretch = 1.0 - 2.0 * mass / radius
    return -2.0 * stretch * slope * pressure / ((density + pressure) * gravity)


def integrate_star(equation_of_state, central_baryon_density, tolerance=TOLERANCE):
    """Integrate the Tolman-Oppenheimer-Volkoff equations outwards from a central density.

    dP/dr = -G (rho + P/c^2)(m + 4 pi r^3 P/c^2)/(r (r - 2 G m/c^2)),  dm/dr = 4 pi r^2 rho,
    with ln n as the independent variable and (r^2, m) as unknowns: both are regular at the
    centre, and any density is reached exactly, without events.

    Parameters
    ----------
    equation_of_state : EquationOfState
    central_baryon_density : float [fm-3]
    tolerance : float
        Relative tolerance of the integrator.

    Returns
    -------
    Star

    References
    ----------
    Oppenheimer & Volkoff, Phys. Rev. 55, 374 (1939), equations (17) and (18).
    """
    solution = _integrate_outwards(equation_of_state, central_baryon_density, tolerance, True)
    squared_radius, mass = solution.y[:, -1]
    return Star(
        equation_of_state=equation_of_state,
        central_baryon_density=float(central_baryon_density),
        mass=float(mass / _SOLAR_MASS_LENGTH),
        radius=float(np.sqrt(squared_radius)),
        profile=solution.sol,
    )


def _integrate_outwards(equation_of_state, central_baryon_density, tolerance, dense_output):
    def slopes(logarithm, unknowns):
        matter = _geometric(equation_of_state, logarithm)
        slope = _slope_of_squared_radius(matter, *unknowns)
        return slope, 2.0 * np.pi * np.sqrt(unknowns[0]) * matter[0] * slope

    start = np.log(central_baryon_density)
    end = np.log(equation_of_state.minimum_baryon_density)
    # A uniform sphere of 10 m: what it neglects is of order (10 m/R)^4, 1e-12.
    squared_radius = 1e-4
    matter = _geometric(equation_of_state, start)
    mass = 4.0 / 3.0 * np.pi * matter[0] * squared_radius**1.5
    first = start + squared_radius / _slope_of_squared_radius(matter, squared_radius, mass)
    return solve_ivp(
        slopes,
        (first, end),
        (squared_radius, mass),
        method="DOP853",
        rtol=tolerance,
        atol=tolerance * np.array([squared_radius, mass]),
        dense_output=dense_output,
    )


# Searching for a mass needs many stars, each good to a few digits; the last steps are exact.
_SEARCH_TOLERANCE = 1e-6


def _mass_of(equation_of_state, logarithm, tolerance=_SEARCH_TOLERANCE):
    solution = _integrate_outwards(equation_of_state, np.exp(logarithm), tolerance, False)
    return solution.y[1, -1] / _SOLAR_MASS_LENGTH


@lru_cache(maxsize=8)
def maximum_mass(equation_of_state):
    """Largest mass of a stable star and the central density that gives it.

    Parameters
    ----------
    equation_of_state : EquationOfState

    Returns
    -------
    mass : float [solar masses]
    central_baryon_density : float [fm-3]

    Notes
    -----
    If the equation of state ends before the mass has turned over, its end is the answer.
    """
    low = np.log(2.0 * equation_of_state.crust_core_density)
    high = np.log(equation_of_state.maximum_baryon_density)
    found = minimize_scalar(
        lambda logarithm: -_mass_of(equation_of_state, logarithm),
        bounds=(low, high),
        method="bounded",
        options={"xatol": 1e-5},  # the mass is flat there: 1e-10 of it
    )
    return float(-found.fun), float(np.exp(found.x))


def _bracket_of_mass(equation_of_state, mass):
    """Two logarithms of central density between which the stable branch passes the mass."""
    low = np.log(1.5 * equation_of_state.crust_core_density)
    least = _mass_of(equation_of_state, low)
    if mass < least:
        raise ValueError(
            f"mass={mass:g} is below {least:.3f} solar masses, the lightest star considered "
            f"for the equation of state {equation_of_state.name}"
        )
    top = np.log(equation_of_state.maximum_baryon_density)
    while low < top:
        high = min(low + 0.3, top)
        greatest = _mass_of(equation_of_state, high)
        if greatest >= mass:
            return low, high
        if greatest < least or high == top:
            break
        low, least = high, greatest
    most, density = maximum_mass(equation_of_state)
    if mass > most:
        raise ValueError(
            f"mass={mass:g} exceeds {most:.3f} solar masses, the maximum of the equation of "
            f"state {equation_of_state.name}"
        )
    return low - 0.3, np.log(density)


def solve_star(equation_of_state, mass, tolerance=TOLERANCE):
    """Build the stable star of a given gravitational mass.

    Parameters
    ----------
    equation_of_state : EquationOfState
    mass : float [solar masses]
    tolerance : float
        Relative tolerance of the integrator and of the mass.

    Returns
    -------
    Star

    Raises
    ------
    ValueError
        If no stable star of the equation of state has this mass.
    """
    return _solve_star(equation_of_state, float(mass), float(tolerance))


@lru_cache(maxsize=16)
def _solve_star(equation_of_state, mass, tolerance):
    bracket = _bracket_of_mass(equation_of_state, mass)
    guess = brentq(
        lambda logarithm: _mass_of(equation_of_state, logarithm) - mass, *bracket, rtol=1e-8
    )
    # One Newton step at full accuracy squares the error of the search, about 1e-8.
    step = 1e-3
    rise = _mass_of(equation_of_state, guess + step) - _mass_of(equation_of_state, guess - step)
    excess = _mass_of(equation_of_state, guess, tolerance) - mass
    return integrate_star(equation_of_state, np.exp(guess - excess * 2.0 * step / rise), tolerance)


@dataclass(frozen=True)
class CrustProfile:
    """Baryon density as a smooth, invertible function of radius between two densities.

    Attributes
    ----------
    squared_radius : numpy.polynomial.Chebyshev
        r^2 [km2] as a series in ln(n / fm-3), decreasing.
    inner_radius, outer_radius : float [km]
    """

    squared_radius: Chebyshev
    inner_radius: float
    outer_radius: float

    def baryon_density(self, radius):
        """Baryon density [fm-3] at radii [km] of any shape inside the profile.

        Raises
        ------
        ValueError
            If a radius lies outside the profile by more than rounding.
        """
        radius = np.asarray(radius, dtype=float)
        margin = 1e-9 * self.outer_radius
        if np.any(radius < self.inner_radius - margin) or np.any(
            radius > self.outer_radius + margin
        ):
            raise ValueError(
                f"radius={radius.min():.9g} to {radius.max():.9g} km leaves the crust, "
                f"{self.inner_radius:.9g} to {self.outer_radius:.9g} km"
            )
        nodes = np.linspace(*self.squared_radius.domain, 1000)
        logarithm = np.interp(-(radius**2), -self.squared_radius(nodes), nodes)
        slope = self.squared_radius.deriv()
        # The table leaves an error of 1e-5 and each step squares it.
        for _ in range(3):
            logarithm -= (self.squared_radius(logarithm) - radius**2) / slope(logarithm)
        return np.exp(logarithm)


def crust_profile(equation_of_state, mass, inner_density, outer_density, tolerance=TOLERANCE):
    """Radial profile of the baryon density between two densities of a star.

    Parameters
    ----------
    equation_of_state : EquationOfState
    mass : float [solar masses]
    inner_density, outer_density : float
        Baryon densities at the two ends [fm-3], the inner one greater.
    tolerance : float
        Relative tolerance of the integrator.

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
    return _crust_profile(equation_of_state, float(mass), *densities, float(tolerance))


@lru_cache(maxsize=16)
def _crust_profile(equation_of_state, mass, inner_density, outer_density, tolerance):
    star = solve_star(equation_of_state, mass, tolerance)
    domain = np.log([outer_density, inner_density])
    for degree in 2 ** np.arange(6, 12):
        squared_radius = _solve_integral_equations(star, domain, degree)
        tail = np.abs(squared_radius.coef[-degree // 8 :]).max()
        if tail < 1e-15 * np.abs(squared_radius.coef[0]):
            break
    outer, inner = np.sqrt(squared_radius(domain))
    return CrustProfile(squared_radius, float(inner), float(outer))


def _solve_integral_equations(star, domain, degree, iterations=6):
    """r^2 as a Chebyshev series in ln n, by Picard iteration from the inner end."""
    angle = np.pi * (np.arange(degree, 0, -1) - 0.5) / degree
    nodes = domain.mean() + 0.5 * (domain[1] - domain[0]) * np.cos(angle)
    unknowns = star.profile(nodes)
    ends = star.profile(domain[1])
    matter = _geometric(star.equation_of_state, nodes)
    to_coefficients = _chebyshev_analysis(angle)
    # An iteration reduces the error tenfold at least: gravity varies little across a crust.
    for _ in range(iterations):
        slope = _slope_of_squared_radius(matter, *unknowns)
        growth = 2.0 * np.pi * np.sqrt(unknowns[0]) * matter[0] * slope
        series = [
            Chebyshev(to_coefficients @ values, domain=domain).integ(lbnd=domain[1]) + end
            for values, end in zip((slope, growth), ends, strict=True)
        ]
        unknowns = [function(nodes) for function in series]
    return series[0]


def _chebyshev_analysis(angle):
    """Matrix from values at the Chebyshev points cos(angle) to Chebyshev coefficients."""
    degree = len(angle)
    matrix = 2.0 / degree * np.cos(np.arange(degree)[:, None] * angle)
    matrix[0] /= 2.0
    return matrix
