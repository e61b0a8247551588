"""Hydrostatic structure of a cold, non-rotating star in general relativity.

In this module and those built on it lengths are in km and mass, density and pressure are geometric:
G m/c^2 in km, G rho/c^2 and G P/c^4 in km^-2.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.polynomial import Chebyshev
from numpy.typing import ArrayLike
from scipy.integrate import solve_ivp
from scipy.optimize import OptimizeResult, brentq, minimize_scalar

from spectralcmi.constants import GRAVITATIONAL_CONSTANT, KILOMETRE, SOLAR_MASS, SPEED_OF_LIGHT
from spectralcmi.star.equation_of_state import EquationOfState

_DENSITY_UNIT = GRAVITATIONAL_CONSTANT / SPEED_OF_LIGHT**2 * KILOMETRE**2  # g/cm3 -> km^-2
_PRESSURE_UNIT = _DENSITY_UNIT / SPEED_OF_LIGHT**2  # dyn/cm2 -> km^-2
SOLAR_MASS_LENGTH = GRAVITATIONAL_CONSTANT * SOLAR_MASS / SPEED_OF_LIGHT**2 / KILOMETRE  # km


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
    profile: Callable[[ArrayLike], np.ndarray]

    @property
    def central_density(self) -> float:
        """Mass-energy density at the centre [g cm-3]."""
        return float(self.equation_of_state.density(self.central_baryon_density))

    def radius_at(self, baryon_density: float) -> float:
        """Radius [km] of the sphere on which the baryon density [fm-3] has the given value."""
        return float(np.sqrt(self.profile(np.log(baryon_density))[0]))


def geometric_matter(
    equation_of_state: EquationOfState, logarithm: ArrayLike
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """G rho/c^2 and G P/c^4 [km-2] and d ln P/d ln n against ln n."""
    density, pressure, slope = equation_of_state.barotrope(np.exp(logarithm))
    return density * _DENSITY_UNIT, pressure * _PRESSURE_UNIT, slope


def slope_of_squared_radius(
    matter: tuple[np.ndarray, np.ndarray, np.ndarray], squared_radius: np.ndarray, mass: np.ndarray
) -> np.ndarray:
    """d(r^2)/d ln n = -2 (1 - 2m/r) s P/((rho + P)(m/r^3 + 4 pi P)), with s = d ln P/d ln n."""
    density, pressure, slope = matter
    radius = np.sqrt(squared_radius)
    gravity = mass / (squared_radius * radius) + 4.0 * np.pi * pressure
    stretch = 1.0 - 2.0 * mass / radius
    return -2.0 * stretch * slope * pressure / ((density + pressure) * gravity)


def integrate_star(
    equation_of_state: EquationOfState,
    central_baryon_density: float,
    tolerance: float | None = None,
) -> Star:
    """Integrate the Tolman-Oppenheimer-Volkoff equations outwards from a central density.

    dP/dr = -G (rho + P/c^2)(m + 4 pi r^3 P/c^2)/(r (r - 2 G m/c^2)),  dm/dr = 4 pi r^2 rho,
    with ln n as the independent variable and (r^2, m) as unknowns: both are regular at the
    centre, and any density is reached exactly, without events.

    Parameters
    ----------
    equation_of_state : EquationOfState
    central_baryon_density : float [fm-3]
    tolerance : float, optional
        Relative tolerance of the integrator, by default that of the equation of state.

    Returns
    -------
    Star

    References
    ----------
    Oppenheimer & Volkoff, Phys. Rev. 55, 374 (1939).
    """
    tolerance = tolerance or equation_of_state.tolerance
    start = np.log(central_baryon_density)
    solution = _integrate_outwards(equation_of_state, start, tolerance, dense_output=True)
    squared_radius, mass = solution.y[:, -1]
    end = np.log(equation_of_state.minimum_baryon_density)

    def profile(logarithm: ArrayLike) -> np.ndarray:
        return solution.sol((start - logarithm) / (start - end))

    return Star(
        equation_of_state=equation_of_state,
        central_baryon_density=float(central_baryon_density),
        mass=float(mass / SOLAR_MASS_LENGTH),
        radius=float(np.sqrt(squared_radius)),
        profile=profile,
    )


def _integrate_outwards(
    equation_of_state: EquationOfState,
    starts: float | np.ndarray,
    tolerance: float,
    dense_output: bool = False,
) -> OptimizeResult:
    """Integrate one star or several at once, from ln n at the centre to the common surface.

    The independent variable is the share of the way in ln n, from 0 to 1; the unknowns are all
    r^2 followed by all m. One star is best given as a number: its arithmetic is the faster.
    """
    ways = np.log(equation_of_state.minimum_baryon_density) - starts

    def slopes(share: float, unknowns: np.ndarray) -> np.ndarray:
        # Trial steps out of a plateau of the pressure may overshoot; they are then rejected.
        unknowns = np.maximum(unknowns, least)
        squared_radius, mass = unknowns.reshape(2, *np.shape(starts))
        matter = geometric_matter(equation_of_state, starts + share * ways)
        slope = ways * slope_of_squared_radius(matter, squared_radius, mass)
        growth = 2.0 * np.pi * np.sqrt(squared_radius) * matter[0] * slope
        return np.array([slope, growth]).ravel()

    # A uniform sphere of 10 m: what it neglects is of order (10 m/R)^4, 1e-12.
    squared_radius = np.full_like(starts, 1e-4)
    matter = geometric_matter(equation_of_state, starts)
    mass = 4.0 / 3.0 * np.pi * matter[0] * squared_radius**1.5
    # Its edge lies 1e-6 of the way out; stars side by side need one and the same beginning.
    slope = ways * slope_of_squared_radius(matter, squared_radius, mass)
    # In a plateau of the pressure the radius hardly grows, and the beginning must stay one.
    first = min(np.min(squared_radius / slope), 1e-4)
    squared_radius = first * slope
    mass = 4.0 / 3.0 * np.pi * matter[0] * squared_radius**1.5
    unknowns = np.array([squared_radius, mass]).ravel()
    least = 0.5 * unknowns
    return solve_ivp(
        slopes,
        (first, 1.0),
        unknowns,
        method="DOP853",
        rtol=tolerance,
        atol=tolerance * unknowns,
        dense_output=dense_output,
    )


def _masses(
    equation_of_state: EquationOfState, logarithms: float | np.ndarray, tolerance: float
) -> np.ndarray:
    """Masses [solar masses] of stars with the given ln n at their centres."""
    solution = _integrate_outwards(equation_of_state, logarithms, tolerance)
    return solution.y[np.size(logarithms) :, -1] / SOLAR_MASS_LENGTH


# Searching for a mass needs many stars, each good to a few digits; the last step is exact.
_SEARCH_TOLERANCE = 1e-6


@lru_cache(maxsize=8)
def _mass_curve(equation_of_state: EquationOfState) -> tuple[np.ndarray, np.ndarray]:
    """ln n at the centre and mass of a row of stars, from light ones to the densest."""
    low = np.log(1.5 * equation_of_state.crust_core_density)
    high = np.log(equation_of_state.maximum_baryon_density)
    if high <= low:
        raise ValueError(
            f"the equation of state {equation_of_state.name} ends at {np.exp(high):.3g} fm-3: the "
            f"centre of the lightest star considered has {np.exp(low):.3g} fm-3"
        )
    logarithms = np.linspace(low, high, 24)
    return logarithms, _masses(equation_of_state, logarithms, 1e-5)


def _mass_polynomial(equation_of_state: EquationOfState, low: float, high: float) -> Chebyshev:
    """Mass against ln n at the centre, interpolated between two values of it."""
    return Chebyshev.interpolate(
        lambda logarithms: _masses(equation_of_state, logarithms, _SEARCH_TOLERANCE),
        8,
        domain=(low, high),
    )


@lru_cache(maxsize=8)
def maximum_mass(equation_of_state: EquationOfState) -> tuple[float, float]:
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
    logarithms, masses = _mass_curve(equation_of_state)
    heaviest = int(np.argmax(masses))
    if heaviest == len(masses) - 1:
        return float(masses[-1]), float(np.exp(logarithms[-1]))
    ends = logarithms[max(heaviest - 1, 0)], logarithms[heaviest + 1]
    polynomial = _mass_polynomial(equation_of_state, *ends)
    found = minimize_scalar(lambda x: -polynomial(x), bounds=ends, method="bounded")
    return float(-found.fun), float(np.exp(found.x))


def _bracket_of_mass(equation_of_state: EquationOfState, mass: float) -> tuple[float, float]:
    """Two logarithms of central density between which the stable branch passes the mass."""
    logarithms, masses = _mass_curve(equation_of_state)
    if mass < masses[0]:
        raise ValueError(
            f"{mass:g} solar masses are below {masses[0]:.3f}, the lightest star considered "
            f"for the equation of state {equation_of_state.name}"
        )
    stable = masses[: int(np.argmax(masses)) + 1]
    if mass < stable[-1]:
        above = int(np.argmax(stable > mass))
        return logarithms[above - 1], logarithms[above]
    most, density = maximum_mass(equation_of_state)
    if mass > most:
        what = "the maximum"
        if len(stable) == len(masses):
            what = "the mass at the highest density"
        raise ValueError(
            f"{mass:.9g} solar masses exceed {most:.6f}, {what} of the equation of state "
            f"{equation_of_state.name}"
        )
    return logarithms[len(stable) - 2], np.log(density)


def solve_star(
    equation_of_state: EquationOfState, mass: float, tolerance: float | None = None
) -> Star:
    """Build the stable star of a given gravitational mass.

    Parameters
    ----------
    equation_of_state : EquationOfState
    mass : float [solar masses]
    tolerance : float, optional
        Relative tolerance of the integrator, by default that of the equation of state.

    Returns
    -------
    Star

    Raises
    ------
    ValueError
        If no stable star of the equation of state has this mass.
    """
    tolerance = tolerance or equation_of_state.tolerance
    return _solve_star(equation_of_state, float(mass), tolerance)


@lru_cache(maxsize=16)
def _solve_star(equation_of_state: EquationOfState, mass: float, tolerance: float) -> Star:
    low, high = _bracket_of_mass(equation_of_state, mass)
    polynomial = _mass_polynomial(equation_of_state, low, high)
    # The coarse curve that gave the bracket may be off by more than the mass is from its ends.
    margin = 0.02 * (high - low)
    ends = low - margin, _heaviest(polynomial, low, high + margin)
    if polynomial(ends[1]) <= mass:
        # The maximum itself, to the accuracy of the search, where no slope leads anywhere.
        return integrate_star(equation_of_state, np.exp(ends[1]), tolerance)
    guess = brentq(lambda x: polynomial(x) - mass, *ends, xtol=1e-12)
    # A Newton step at full accuracy squares the error of the polynomial.
    excess = _masses(equation_of_state, guess, tolerance)[0] - mass
    central = min(guess - excess / polynomial.deriv()(guess), ends[1])
    return integrate_star(equation_of_state, np.exp(central), tolerance)


def _heaviest(polynomial: Chebyshev, low: float, high: float) -> float:
    """Where a mass polynomial is greatest: its upper end, unless it has turned over before."""
    slope = polynomial.deriv()
    return high if slope(high) >= 0.0 else brentq(slope, low, high, xtol=1e-12)
