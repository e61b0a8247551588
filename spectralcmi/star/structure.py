"""Hydrostatic structure of a cold, non-rotating star in general relativity.

Inside this module lengths are in km and mass, density and pressure are geometric: G m/c^2 in km,
G rho/c^2 and G P/c^4 in km^-2.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.polynomial import Chebyshev
from numpy.typing import ArrayLike
from scipy.fft import dct
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
