"""What spin-down does to beta equilibrium: in the crust, which it compresses, and in the core.

A star that slows down becomes rounder and denser. Where weak reactions follow too slowly, matter is
left out of beta equilibrium by delta_mu = mu_p + mu_e - mu_n: positive in the crust, where
compression raises mu_e, and eta = -delta_mu > 0 in the core.

Whatever the rates, each net capture uses an electron. What all of spin-down allows is about the
change of ln n; it bounds what any capture can supply to a chirality that spin flips undo.

References
----------
Reisenegger, ApJ 442, 749 (1995); Fernandez & Reisenegger, ApJ 625, 291 (2005): the core.
Spitkovsky, ApJ 648, L51 (2006): the torque of an aligned rotator in a magnetosphere of plasma.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.integrate import solve_ivp

from spectralcmi.constants import (
    BOLTZMANN_CONSTANT,
    BOLTZMANN_CONSTANT_MEV,
    JULIAN_YEAR,
    KILOMETRE,
    SPEED_OF_LIGHT,
    STEFAN_BOLTZMANN_CONSTANT,
)
from spectralcmi.errors import InputError
from spectralcmi.star.crust_profile import crust_profile
from spectralcmi.star.envelope import BASE_DENSITY, ENVELOPES, surface_gravity
from spectralcmi.star.structure import SOLAR_MASS_LENGTH, Star

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from spectralcmi.star.core import CoreThermal

KEPLER_FREQUENCY = 9653.0
"""Angular frequency Omega_K of an orbit at the surface of the default star [s-1]."""
PRESSURE_COEFFICIENT = 1.0
"""a_P of ln n = const - (3/4) a_P (Omega/Omega_K)^2; uncertain by half of itself."""
CORE_SUSCEPTIBILITY = 1e-60
"""Z_npe = -d eta/d(number of reactions) of the APR star of 1.4 solar masses [erg]."""
CORE_RESPONSE = -1.5e-13
"""W_npe = d eta/d(Omega^2) of the APR star of 1.4 solar masses [erg s2]."""

#: Coefficients of x^2, x^4, ... of F and of x, x^3, ... of H, with x = eta/kT, by powers of pi^2.
_LOSSES = (22020.0, 5670.0, 420.0, 9.0)
_REACTIONS = (14680.0, 7560.0, 840.0, 24.0)
_URCA = 11513.0
#: Relative tolerance of the core's evolution, and absolute one of eta/k [1e9 K].
_TOLERANCE, _SMALLEST = 1e-8, 1e-16
#: Unit of eta/k in it [K], and the year at which it begins: nothing has cooled or slowed down yet.
_KELVIN, _START = 1e9, 1e-6


@dataclass(frozen=True)
class Braking:
    """An aligned rotator of constant moment: P^2 = P_0^2 (1 + t/t_sd).

    Attributes
    ----------
    period : float
        P_0 [s].
    spin_down_time : float
        t_sd = P_0/(2 dP/dt) at birth [s].
    """

    period: float
    spin_down_time: float

    @classmethod
    def of_field(
        cls, period: float, polar_field: float, radius: float, moment_of_inertia: float
    ) -> Braking:
        """From the field that timing infers: P dP/dt = pi^2 R^6 B_p^2/(I c^3).

        Parameters
        ----------
        period : float [s]
        polar_field : float
            B_p = 2 m/R^3 [G].
        radius : float
            R [km].
        moment_of_inertia : float [g cm2]

        Returns
        -------
        Braking

        Raises
        ------
        InputError
            If one of them is not positive.
        """
        given = {
            "period": period,
            "polar_field": polar_field,
            "radius": radius,
            "moment_of_inertia": moment_of_inertia,
        }
        for name, value in given.items():
            if not 0 < value < np.inf:
                raise InputError(f"{name} = {value}: must be a positive number")
        moment = polar_field * (radius * KILOMETRE) ** 3
        rate = (np.pi * moment) ** 2 / (moment_of_inertia * SPEED_OF_LIGHT**3)
        return cls(period, period**2 / (2.0 * rate))

    def squared_frequency(self, time: ArrayLike) -> np.ndarray:
        """Omega^2 [s-2] at times [s]."""
        start = (2.0 * np.pi / self.period) ** 2
        return start / (1.0 + np.asarray(time) / self.spin_down_time)

    def squared_frequency_slope(self, time: ArrayLike) -> np.ndarray:
        """d(Omega^2)/dt = 2 Omega dOmega/dt [s-3] at times [s]."""
        return -self.squared_frequency(time) / (self.spin_down_time + np.asarray(time))


# --- crust ------------------------------------------------------------------------------------


def compression(squared_frequency: ArrayLike) -> np.ndarray:
    """Change of ln n until rotation has ceased, (3/4) a_P (Omega/Omega_K)^2.

    With minus the slope of Omega^2 in its place it is d ln n/dt.

    Parameters
    ----------
    squared_frequency : array_like, any shape [s-2]

    Returns
    -------
    ndarray, same shape
    """
    return 0.75 * PRESSURE_COEFFICIENT * np.asarray(squared_frequency) / KEPLER_FREQUENCY**2


def frozen_deviation(
    chemical_potential: ArrayLike, temperature: ArrayLike, compressed: ArrayLike
) -> np.ndarray:
    """delta_mu/kT of an element that is compressed without any reaction: mu_e/3 of ln n.

    Parameters
    ----------
    chemical_potential : array_like [MeV]
        mu_e.
    temperature : array_like [K]
    compressed : array_like
        Change of ln n.

    Returns
    -------
    ndarray, shapes broadcast
    """
    thermal = BOLTZMANN_CONSTANT_MEV * np.asarray(temperature)
    return np.asarray(chemical_potential) / 3.0 * np.asarray(compressed) / thermal


def crust_relaxation_time(
    chemical_potential: ArrayLike, temperature: ArrayLike, weak_rate: ArrayLike
) -> np.ndarray:
    """Time in which captures undo a small delta_mu: kT/(mu_e Gamma_w/3).

    Parameters
    ----------
    chemical_potential : array_like [MeV]
    temperature : array_like [K]
    weak_rate : array_like
        Gamma_w [s-1].

    Returns
    -------
    ndarray, shapes broadcast [s]
    """
    return 1.0 / frozen_deviation(chemical_potential, temperature, weak_rate)


def quasi_steady_deviation(compression_rate: ArrayLike, weak_rate: ArrayLike) -> np.ndarray:
    """delta_mu/kT at which captures keep up with compression: Gamma_w_eff = d ln n/dt.

    Parameters
    ----------
    compression_rate : array_like
        d ln n/dt [s-1].
    weak_rate : array_like
        Gamma_w [s-1].

    Returns
    -------
    ndarray, shapes broadcast
        Infinite where no rate is enough.
    """
    with np.errstate(divide="ignore"):
        share = np.minimum(np.asarray(compression_rate) / np.asarray(weak_rate), 1.0)
        return -np.log1p(-share)


def largest_chiral_fraction(
    captures: ArrayLike, duration: ArrayLike, spin_flip_rate: ArrayLike
) -> np.ndarray:
    """Mean n5/n_e that captures can hold for a while: captures/(duration Gamma_f).

    From n5 Gamma_f = n_e Gamma_w_eff, whatever Gamma_w is.

    Parameters
    ----------
    captures : array_like
        Net captures per electron in all.
    duration : array_like [s]
    spin_flip_rate : array_like
        Gamma_f [s-1].

    Returns
    -------
    ndarray, shapes broadcast
    """
    return np.asarray(captures) / (np.asarray(duration) * np.asarray(spin_flip_rate))


# --- core -------------------------------------------------------------------------------------


def modified_urca_losses(ratio: ArrayLike) -> np.ndarray:
    """F: neutrino losses of modified Urca out of equilibrium, relative to those in equilibrium.

    F = 1 + [22020 x^2/pi^2 + 5670 x^4/pi^4 + 420 x^6/pi^6 + 9 x^8/pi^8]/11513

    Parameters
    ----------
    ratio : array_like, any shape
        x = eta/kT.

    Returns
    -------
    ndarray, same shape

    References
    ----------
    Reisenegger (1995), appendix; Fernandez & Reisenegger (2005).
    """
    square = np.square(ratio) / np.pi**2
    return 1.0 + square * np.polynomial.polynomial.polyval(square, _LOSSES) / _URCA


def modified_urca_reactions(ratio: ArrayLike) -> np.ndarray:
    """H: net reactions of modified Urca, of L_nu/kT.

    H = [14680 x/pi^2 + 7560 x^3/pi^4 + 840 x^5/pi^6 + 24 x^7/pi^8]/11513

    Parameters
    ----------
    ratio : array_like, any shape
        x = eta/kT.

    Returns
    -------
    ndarray, same shape

    References
    ----------
    As of `modified_urca_losses`.
    """
    ratio = np.asarray(ratio, dtype=float)
    polynomial = np.polynomial.polynomial.polyval(np.square(ratio) / np.pi**2, _REACTIONS)
    return ratio / np.pi**2 * polynomial / _URCA


def core_relaxation_time(core: CoreThermal, temperature: ArrayLike) -> np.ndarray:
    """Time in which reactions undo a small eta: kT/(Z dGamma/dx).

    Parameters
    ----------
    core : CoreThermal
    temperature : array_like, any shape
        Redshifted, e^Phi T [K].

    Returns
    -------
    ndarray, same shape [yr]
    """
    thermal = BOLTZMANN_CONSTANT * np.asarray(temperature)
    slope = _REACTIONS[0] / (np.pi**2 * _URCA)
    rate = CORE_SUSCEPTIBILITY * slope * core.neutrino_luminosity(temperature) / thermal**2
    return 1.0 / (rate * JULIAN_YEAR)


def isothermal_photons(star: Star) -> Callable[[ArrayLike], np.ndarray]:
    """Photons of a star that is isothermal up to its envelope, of iron without a magnetic field.

    Parameters
    ----------
    star : Star

    Returns
    -------
    callable
        e^Phi T [K] -> L_gamma [erg s-1] as seen from far away.
    """
    matter = star.equation_of_state
    outer = matter.baryon_density(BASE_DENSITY)
    crust = crust_profile(matter, star.mass, matter.crust_core_density, outer)
    base_redshift = np.exp(crust.potential(crust.outer_radius))
    gravity = surface_gravity(star.mass, star.radius)
    squared_redshift = 1.0 - 2.0 * SOLAR_MASS_LENGTH * star.mass / star.radius
    area = 4.0 * np.pi * (star.radius * KILOMETRE) ** 2 * squared_redshift

    def luminosity(temperature: ArrayLike) -> np.ndarray:
        base = np.asarray(temperature) / base_redshift
        surface = ENVELOPES["ppp15"].surface_temperature(base, gravity)
        return area * STEFAN_BOLTZMANN_CONSTANT * surface**4

    return luminosity


@dataclass(frozen=True, eq=False)
class CoreEvolution:
    """A core on its way; all arrays of the shape of the times.

    Attributes
    ----------
    temperature : ndarray
        Redshifted, e^Phi T [K].
    imbalance : ndarray
        eta = mu_n - mu_p - mu_e, redshifted [erg].
    """

    temperature: np.ndarray
    imbalance: np.ndarray

    @property
    def ratio(self) -> np.ndarray:
        """eta/kT."""
        return self.imbalance / (BOLTZMANN_CONSTANT * self.temperature)


def core_evolution(
    core: CoreThermal,
    braking: Braking,
    photons: Callable[[np.ndarray], np.ndarray],
    times: ArrayLike,
    initial_temperature: float = 1e10,
) -> CoreEvolution:
    """Temperature and chemical imbalance of a core of modified Urca that slows down.

    d eta/dt = -Z dGamma + W d(Omega^2)/dt,
    C dT/dt = -L_nu F(eta/kT) - L_gamma + eta dGamma,   dGamma = (L_nu/kT) H(eta/kT).

    Parameters
    ----------
    core : CoreThermal
        All of its neutrinos are counted as of modified Urca.
    braking : Braking
    photons : callable
        L_gamma [erg s-1] of e^Phi T [K].
    times : array_like, shape (n,)
        Ascending, after 1e-6 yr [yr].
    initial_temperature : float
        e^Phi T at birth, in equilibrium [K].

    Returns
    -------
    CoreEvolution

    Raises
    ------
    InputError
        If the times do not ascend from 1e-6 yr.

    References
    ----------
    Fernandez & Reisenegger (2005), in the notation of theirs.
    """
    times = np.atleast_1d(np.asarray(times, dtype=float))
    if np.any(np.diff(times, prepend=_START) <= 0.0):
        raise InputError(f"times: must ascend from above {_START:g} yr")

    def slopes(logarithm: float, unknowns: np.ndarray) -> np.ndarray:
        time, temperature = np.exp(logarithm), np.exp(unknowns[0])
        thermal = BOLTZMANN_CONSTANT * temperature
        imbalance = BOLTZMANN_CONSTANT * _KELVIN * unknowns[1]
        ratio = imbalance / thermal
        losses = core.neutrino_luminosity(temperature)
        reactions = losses / thermal * modified_urca_reactions(ratio)
        drive = CORE_RESPONSE * braking.squared_frequency_slope(time)
        heat = imbalance * reactions - losses * modified_urca_losses(ratio) - photons(temperature)
        return time * np.array(
            [
                heat / (core.heat_capacity(temperature) * temperature),
                (drive - CORE_SUSCEPTIBILITY * reactions) / (BOLTZMANN_CONSTANT * _KELVIN),
            ]
        )

    ends = np.log(np.array([_START, *times]) * JULIAN_YEAR)
    solution = solve_ivp(
        slopes,
        (ends[0], ends[-1]),
        [np.log(initial_temperature), 0.0],
        method="LSODA",  # reactions are far faster than cooling while the core is hot
        t_eval=ends[1:],
        rtol=_TOLERANCE,
        atol=_SMALLEST,
    )
    temperature, imbalance = solution.y
    return CoreEvolution(np.exp(temperature), BOLTZMANN_CONSTANT * _KELVIN * imbalance)
