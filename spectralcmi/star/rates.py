"""Rates at which electrons are captured, collide and flip their spin.

What they do to the chiral imbalance is told in `spectralcmi.terms.chiral`.

Both rates are those of Gaussian units and of the theory that the paper cites. The papers print the
collision rate as omega_p^2/sigma, without the 4 pi that belongs there in Gaussian units: a
`spin_flip_prefactor` of 4 pi is what is printed. That of the capture rate is a parameter too.

References
----------
Dehman & Pons, arXiv:2408.05281, equations (9)-(11).
Dehman & Pons, arXiv:2505.06196, equation (7): the spin-flip rate in print.
"""

from __future__ import annotations

from functools import lru_cache
from math import factorial
from typing import TYPE_CHECKING

import numpy as np

from spectralcmi.constants import (
    BOLTZMANN_CONSTANT_MEV,
    ELECTRON_REST_ENERGY,
    FINE_STRUCTURE_CONSTANT,
    HBAR_C,
    REDUCED_PLANCK_CONSTANT_MEV,
)

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

# The paper's values, not the newest: its rates depend on them.
FERMI_COUPLING = 1.166e-11  # MeV^-2
AXIAL_COUPLING = 1.25
CAPTURE_THRESHOLD = 1.2933  # MeV, m_n - m_p


def electron_chemical_potential(electron_density: ArrayLike) -> np.ndarray:
    """Chemical potential of degenerate electrons with their rest energy.

    mu_e^2 = (hbar c)^2 (3 pi^2 n_e)^(2/3) + (m_e c^2)^2

    Parameters
    ----------
    electron_density : array_like, any shape [cm-3]

    Returns
    -------
    ndarray, same shape [MeV]

    References
    ----------
    Haensel, Potekhin & Yakovlev, Neutron Stars 1 (Springer, 2007), section 2.1.2: ideal electrons
    at zero temperature.
    """
    momentum = HBAR_C * np.cbrt(3.0 * np.pi**2 * np.asarray(electron_density))
    return np.hypot(momentum, ELECTRON_REST_ENERGY)


def collision_rate(chemical_potential: ArrayLike, electrical_conductivity: ArrayLike) -> np.ndarray:
    """Collision rate of the electrons: nu = omega_p^2/(4 pi sigma) = e^2 n_e/(m_e* sigma).

    (hbar omega_p)^2 = 4 alpha (p_F c)^3/(3 pi mu_e)

    Parameters
    ----------
    chemical_potential : array_like
        mu_e = m_e* c^2, with rest energy [MeV].
    electrical_conductivity : array_like [s-1]

    Returns
    -------
    ndarray, both shapes broadcast [s-1]

    References
    ----------
    Dehman & Pons, arXiv:2408.05281, text below equation (9): the same for p_F c = mu_e, which is
    0.6 % more at 1e10 g/cm3.
    """
    potential = np.asarray(chemical_potential, dtype=float)
    momentum_squared = potential**2 - ELECTRON_REST_ENERGY**2
    plasma_frequency_squared = (
        momentum_squared**1.5
        / potential
        * (4.0 * FINE_STRUCTURE_CONSTANT / (3.0 * np.pi * REDUCED_PLANCK_CONSTANT_MEV**2))
    )
    return plasma_frequency_squared / (4.0 * np.pi * np.asarray(electrical_conductivity))


def spin_flip_rate(
    chemical_potential: ArrayLike, electrical_conductivity: ArrayLike, prefactor: float = 1.0
) -> np.ndarray:
    """Rate at which scattering turns one chirality into the other: (m_e c^2/mu_e)^2 nu.

    Parameters
    ----------
    chemical_potential : array_like [MeV]
    electrical_conductivity : array_like [s-1]
    prefactor : float
        Multiplies the rate; 4 pi gives the printed one, see above.

    Returns
    -------
    ndarray, both shapes broadcast [s-1]

    References
    ----------
    Dehman & Pons, arXiv:2408.05281, equation (9).
    """
    rate = collision_rate(chemical_potential, electrical_conductivity)
    return prefactor * np.square(np.divide(ELECTRON_REST_ENERGY, chemical_potential)) * rate


def fermi_integral(
    chemical_potential: ArrayLike, temperature: ArrayLike, threshold: float = CAPTURE_THRESHOLD
) -> np.ndarray:
    """Phase space of electron capture at finite temperature.

    I = integral from w to infinity of E^2 (E - w)^2/(1 + exp((E - mu_e)/kT)) dE
      = 24 (kT)^5 F_4 + 12 w (kT)^4 F_3 + 2 w^2 (kT)^3 F_2,
    with the Fermi-Dirac integrals F_j((mu_e - w)/kT) normalised to exp at large negative
    argument. In the degenerate limit I approaches mu_e^5/5.

    Parameters
    ----------
    chemical_potential : array_like [MeV]
    temperature : array_like [K]
    threshold : float [MeV]
        w.

    Returns
    -------
    ndarray, both shapes broadcast [MeV5]

    References
    ----------
    Dehman & Pons, arXiv:2408.05281, equation (11).
    """
    heat = BOLTZMANN_CONSTANT_MEV * np.asarray(temperature, dtype=float)
    degeneracy = np.subtract(chemical_potential, threshold) / heat
    return (
        24.0 * heat**5 * fermi_dirac_integral(4, degeneracy)
        + 12.0 * threshold * heat**4 * fermi_dirac_integral(3, degeneracy)
        + 2.0 * threshold**2 * heat**3 * fermi_dirac_integral(2, degeneracy)
    )


def fermi_dirac_integral(order: int, degeneracy: ArrayLike) -> np.ndarray:
    """Complete Fermi-Dirac integral of whole order, to rounding.

    F_j(eta) = 1/j! integral from 0 to infinity of t^j/(1 + exp(t - eta)) dt

    Parameters
    ----------
    order : int
        j, from 0 to 5.
    degeneracy : array_like, any shape
        eta.

    Returns
    -------
    ndarray, same shape

    Notes
    -----
    For eta <= 0 it is the alternating series sum of (-1)^(k+1) e^(k eta)/k^(j+1), summed by
    linear acceleration. For eta > 0 the reflection formula adds a polynomial in eta:
    F_j(eta) = (-1)^j F_j(-eta) + 2 sum over k of d(2k) eta^(j+1-2k)/(j+1-2k)!,
    d(0) = 1/2, d(2) = pi^2/12, d(4) = 7 pi^4/720, d(6) = 31 pi^6/30240.

    References
    ----------
    NIST Digital Library of Mathematical Functions, section 25.12;
    Cohen, Rodriguez Villegas & Zagier, Exp. Math. 9, 3 (2000), algorithm 1.
    """
    degeneracy = np.asarray(degeneracy, dtype=float)
    weights = _acceleration_weights()
    k = np.arange(1, len(weights) + 1)
    terms = np.exp(-np.abs(degeneracy)[..., None] * k) / k ** float(order + 1)
    series = terms @ weights
    positive = np.maximum(degeneracy, 0.0)
    eta_values = (0.5, np.pi**2 / 12.0, 7.0 * np.pi**4 / 720.0, 31.0 * np.pi**6 / 30240.0)
    polynomial = sum(
        2.0 * eta_values[(order + 1 - power) // 2] * positive**power / factorial(power)
        for power in range(order + 1, -1, -2)
    )
    return np.where(degeneracy > 0.0, polynomial + (-1.0) ** order * series, series)


@lru_cache(maxsize=1)
def _acceleration_weights(count: int = 26) -> np.ndarray:
    """Signed weights of the terms of an alternating series; the error is below 5.8^-count."""
    total = (3.0 + 8.0**0.5) ** count
    total = 0.5 * (total + 1.0 / total)
    b, c = -1.0, -total
    weights = []
    for k in range(count):
        c = b - c
        weights.append(c / total)
        b *= (k + count) * (k - count) / ((k + 0.5) * (k + 1.0))
    return np.array(weights)


def weak_rate(
    chemical_potential: ArrayLike, temperature: ArrayLike, prefactor: float = 1.0
) -> np.ndarray:
    """Electron capture rate: G_F^2 (1 + 3 g_A^2)/(2 pi^3 hbar) I(mu_e, T).

    Parameters
    ----------
    chemical_potential : array_like [MeV]
    temperature : array_like [K]
    prefactor : float
        Multiplies the rate.

    Returns
    -------
    ndarray, both shapes broadcast [s-1]

    References
    ----------
    Dehman & Pons, arXiv:2408.05281, equation (10).
    """
    strength = FERMI_COUPLING**2 * (1.0 + 3.0 * AXIAL_COUPLING**2)
    strength = strength / (2.0 * np.pi**3 * REDUCED_PLANCK_CONSTANT_MEV)
    return prefactor * strength * fermi_integral(chemical_potential, temperature)


def weak_rate_effective(rate: ArrayLike, delta_mu: ArrayLike) -> np.ndarray:
    """Capture less its inverse, out of equilibrium: Gamma_w (1 - exp(-delta_mu/kT)).

    Parameters
    ----------
    rate : array_like [s-1]
    delta_mu : array_like
        Deviation from beta equilibrium in units of k_B T.

    Returns
    -------
    ndarray, both shapes broadcast [s-1]

    References
    ----------
    Dehman & Pons, arXiv:2408.05281, equation (12).
    """
    return -np.expm1(np.negative(delta_mu)) * np.asarray(rate)
