"""Heat capacity of the crust per volume: electrons, ions and free neutrons.

Densities in cm-3, wave numbers in fm-1, temperatures in K, heat capacities in erg cm-3 K-1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.polynomial import Polynomial

from spectralcmi.constants import (
    ATOMIC_MASS_UNIT,
    BOLTZMANN_CONSTANT,
    ELEMENTARY_CHARGE,
    ERG_PER_MEV,
    FERMI,
    REDUCED_PLANCK_CONSTANT,
    SPEED_OF_LIGHT,
)

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

#: Coupling parameters between which the ions change from a liquid to a crystal.
MELTING = (160.0, 190.0)

_FREQUENCIES = (0.932446, 0.334547, 0.265764)
_N = Polynomial(
    [1.0, 0.1839, 0.593586, 5.4814e-3, 5.01813e-4, 0.0, 3.9247e-7, 0.0, 5.8356e-11]
)  # fmt: skip
_D = Polynomial(
    [261.66, 0.0, 7.07997, 0.0, 0.0409484, 3.97355e-4, 5.11148e-5, 2.19749e-6, 0.0,
     4.757014e-3 * 3.9247e-7, 0.0, 4.7770935e-3 * 5.8356e-11]
)  # fmt: skip
_LIQUID = (-0.9070, 0.62954, 0.27710, 0.00456, 211.6, -1e-4, 0.00462)


def degenerate_heat_capacity(
    mass: ArrayLike, wave_number: ArrayLike, temperature: ArrayLike
) -> np.ndarray:
    """Heat capacity of degenerate fermions of spin 1/2.

    c_v = k_B^2 T m* k_F/(3 hbar^2)

    Parameters
    ----------
    mass : array_like
        Effective mass m* [g]; of relativistic particles mu/c^2.
    wave_number : array_like [fm-1]
    temperature : array_like [K]
        Far below the Fermi temperature. For the electrons of a crust the error is 7e-4 at
        1e10 g/cm3 and 1e9 K, 6e-3 at 3e9 K, 5e-5 at 1e12 g/cm3.

    Returns
    -------
    ndarray, shapes broadcast [erg cm-3 K-1]

    References
    ----------
    Haensel, Potekhin & Yakovlev, Neutron Stars 1 (Springer, 2007), section 2.3.
    """
    slope = BOLTZMANN_CONSTANT**2 / (3.0 * REDUCED_PLANCK_CONSTANT**2 * FERMI)
    return slope * np.multiply(mass, wave_number) * np.asarray(temperature)


def electron_heat_capacity(
    chemical_potential: ArrayLike, wave_number: ArrayLike, temperature: ArrayLike
) -> np.ndarray:
    """Heat capacity of degenerate electrons, see `degenerate_heat_capacity`.

    Parameters
    ----------
    chemical_potential : array_like
        With rest energy [MeV].
    wave_number : array_like [fm-1]
    temperature : array_like [K]

    Returns
    -------
    ndarray, shapes broadcast [erg cm-3 K-1]
    """
    mass = np.multiply(chemical_potential, ERG_PER_MEV / SPEED_OF_LIGHT**2)
    return degenerate_heat_capacity(mass, wave_number, temperature)


def plasma_temperature(
    ion_density: ArrayLike, charge_number: ArrayLike, mass_number: ArrayLike
) -> np.ndarray:
    """Plasma temperature of the ions: k_B T_p = hbar sqrt(4 pi Z^2 e^2 n_i/(A m_u)).

    Parameters
    ----------
    ion_density : array_like [cm-3]
    charge_number : array_like
    mass_number : array_like
        Nucleons that move with an ion; those of the nucleus, so that no free neutron is dragged
        along, which in the inner crust could raise the heat capacity by up to a factor of 3.

    Returns
    -------
    ndarray, shapes broadcast [K]
    """
    charge = ELEMENTARY_CHARGE * np.asarray(charge_number)
    square = (
        4.0
        * np.pi
        * charge**2
        * np.asarray(ion_density)
        / np.multiply(mass_number, ATOMIC_MASS_UNIT)
    )
    return REDUCED_PLANCK_CONSTANT * np.sqrt(square) / BOLTZMANN_CONSTANT


def coupling_parameter(
    ion_density: ArrayLike, charge_number: ArrayLike, temperature: ArrayLike
) -> np.ndarray:
    """Coulomb over thermal energy of the ions: Gamma = Z^2 e^2/(a_i k_B T).

    Parameters
    ----------
    ion_density : array_like [cm-3]
    charge_number : array_like
    temperature : array_like [K]

    Returns
    -------
    ndarray, shapes broadcast
    """
    inverse_radius = np.cbrt(4.0 * np.pi * np.asarray(ion_density) / 3.0)
    charge = ELEMENTARY_CHARGE * np.asarray(charge_number)
    return charge**2 * inverse_radius / (BOLTZMANN_CONSTANT * np.asarray(temperature))


def crystal_heat_capacity(relative_plasma_temperature: ArrayLike) -> np.ndarray:
    """Heat capacity per ion, in k_B, of a harmonic body-centred cubic Coulomb crystal.

    Parameters
    ----------
    relative_plasma_temperature : array_like
        theta = T_p/T, any positive number.

    Returns
    -------
    ndarray, same shape
        3 - theta^2/12 for a small one, 12/(0.0047770935 theta^3) for a large one.

    References
    ----------
    Baiko, Potekhin & Yakovlev, Phys. Rev. E 64, 057402 (2001).
    """
    theta = np.asarray(relative_plasma_temperature, dtype=float)
    n, n1, n2 = (_N.deriv(order)(theta) for order in range(3))
    d, d1, d2 = (_D.deriv(order)(theta) for order in range(3))
    curved = (n2 * d - n * d2) / d**2 - 2.0 * d1 * (n1 * d - n * d1) / d**3
    total = theta**2 * curved
    for frequency in _FREQUENCIES:
        x = frequency * theta
        total = total + np.square(x / np.expm1(-x)) * np.exp(-x)
    return total


def liquid_heat_capacity(coupling: ArrayLike) -> np.ndarray:
    """Heat capacity per ion, in k_B, of a classical one-component Coulomb liquid.

    C = 3/2 + u - Gamma du/dGamma with the excess energy per ion and k_B T
    u = Gamma^1.5 [A1/sqrt(A2 + Gamma) + A3/(1 + Gamma)] + B1 Gamma^2/(B2 + Gamma)
        + B3 Gamma^2/(B4 + Gamma^2).

    Parameters
    ----------
    coupling : array_like
        Gamma, up to where the liquid freezes, 175.

    Returns
    -------
    ndarray, same shape

    References
    ----------
    Potekhin & Chabrier, Phys. Rev. E 62, 8554 (2000).
    """
    g = np.asarray(coupling, dtype=float)
    a1, a2, a3, b1, b2, b3, b4 = _LIQUID
    # u - Gamma du/dGamma of each of the four terms.
    first = a1 * g**1.5 * (-0.5 + 0.5 * g / (a2 + g)) / np.sqrt(a2 + g)
    second = a3 * g**1.5 * (-0.5 + g / (1.0 + g)) / (1.0 + g)
    third = b1 * g**2 * (-1.0 + g / (b2 + g)) / (b2 + g)
    fourth = b3 * g**2 * (-1.0 + 2.0 * g**2 / (b4 + g**2)) / (b4 + g**2)
    return 1.5 + first + second + third + fourth


def ion_heat_capacity(
    ion_density: ArrayLike,
    charge_number: ArrayLike,
    mass_number: ArrayLike,
    temperature: ArrayLike,
) -> np.ndarray:
    """Heat capacity of the ions, a crystal or a liquid.

    The crystal melts at Gamma = 175; between those of `MELTING` one formula passes smoothly into
    the other, since nothing here resolves the jump.

    Parameters
    ----------
    ion_density : array_like [cm-3]
    charge_number, mass_number : array_like
    temperature : array_like [K]

    Returns
    -------
    ndarray, shapes broadcast [erg cm-3 K-1]
    """
    theta = plasma_temperature(ion_density, charge_number, mass_number) / np.asarray(temperature)
    coupling = coupling_parameter(ion_density, charge_number, temperature)
    liquid, crystal = MELTING
    share = np.clip((coupling - liquid) / (crystal - liquid), 0.0, 1.0)
    share = share**3 * (10.0 - 15.0 * share + 6.0 * share**2)
    capacity = share * crystal_heat_capacity(theta)
    capacity += (1.0 - share) * liquid_heat_capacity(np.minimum(coupling, crystal))
    return BOLTZMANN_CONSTANT * np.asarray(ion_density) * capacity
