"""Thermal conductivity of the crust without a magnetic field: electrons and the lattice.

Electrons are scattered by nuclei, impurities and each other. In a field, only the conductivity
along it is that without one; `gyration_product` tells how far the other components fall.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.special import exp1

from spectralcmi.constants import (
    BOLTZMANN_CONSTANT,
    ELECTRON_REST_ENERGY,
    ELEMENTARY_CHARGE,
    ERG_PER_MEV,
    FINE_STRUCTURE_CONSTANT,
    REDUCED_PLANCK_CONSTANT,
    SPEED_OF_LIGHT,
)
from spectralcmi.star.heat_capacity import coupling_parameter, crystal_heat_capacity

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike

    from spectralcmi.star.conductivity import ElectronScattering

    ElectronElectronRate = Callable[[ArrayLike, ArrayLike], np.ndarray]

#: a0 + a1 u^3, c0 + c1 u^2 and d0 + d1 u^4 of the fits of I_t and I_tl.
TRANSVERSE = (20.0, 450.0, 0.05067, 0.03216, 0.0254, 0.04127)
MIXED = (12.2, 25.2, 0.123636, 0.016234, 0.0762, 0.05714)


def electron_thermal_conductivity(
    scattering: ElectronScattering,
    charge_number: ArrayLike,
    temperature: ArrayLike,
    impurity_parameter: ArrayLike = 0.0,
    electron_electron: ElectronElectronRate | None = None,
) -> np.ndarray:
    """Thermal conductivity of degenerate electrons.

    kappa = pi^2 k_B^2 T n_e/(3 m_e* nu_kappa),
    nu_kappa = 4 Z alpha^2 mu_e/(3 pi hbar) [Lambda h + (Q_imp/Z^2) Lambda_imp] + nu_ee.

    Parameters
    ----------
    scattering : ElectronScattering
    charge_number : array_like
    temperature : array_like [K]
    impurity_parameter : array_like
        Q_imp, mean square deviation of Z.
    electron_electron : callable, optional
        Rate of collisions among the electrons; by default `electron_electron_rate`.

    Returns
    -------
    ndarray, shapes broadcast [erg cm-1 s-1 K-1]

    References
    ----------
    Potekhin, Baiko, Haensel & Yakovlev, A&A 346, 345 (1999); Gnedin, Yakovlev & Potekhin, MNRAS
    324, 725 (2001), appendix A; Shternin & Yakovlev, Phys. Rev. D 74, 043004 (2006).
    """
    x = scattering.momentum
    mass = _effective_mass(x)
    density = electron_density(x)
    impurities = impurity_parameter / np.square(charge_number)
    logarithm = scattering.coulomb_logarithm * inelastic_factor(scattering, charge_number)
    logarithm = logarithm + impurities * scattering.impurity_logarithm
    rate = 4.0 * np.asarray(charge_number) * FINE_STRUCTURE_CONSTANT**2 * mass * SPEED_OF_LIGHT**2
    rate = rate / (3.0 * np.pi * REDUCED_PLANCK_CONSTANT) * logarithm
    rate = rate + (electron_electron or electron_electron_rate)(x, temperature)
    heat = np.pi**2 * BOLTZMANN_CONSTANT**2 * np.asarray(temperature) / 3.0
    return heat * density / (mass * rate)


def electron_density(momentum: ArrayLike) -> np.ndarray:
    """Electrons per volume [cm-3] of a Fermi momentum [m_e c]: n_e = k_F^3/(3 pi^2)."""
    return np.asarray(momentum) ** 3 * _PER_CUBED_COMPTON_LENGTH / (3.0 * np.pi**2)


_PER_CUBED_COMPTON_LENGTH = (
    ELECTRON_REST_ENERGY * ERG_PER_MEV / (REDUCED_PLANCK_CONSTANT * SPEED_OF_LIGHT)
) ** 3  # cm^-3


def _effective_mass(momentum: np.ndarray) -> np.ndarray:
    """mu_e/c^2 [g]."""
    return np.hypot(1.0, momentum) * (ELECTRON_REST_ENERGY * ERG_PER_MEV / SPEED_OF_LIGHT**2)


def inelastic_factor(scattering: ElectronScattering, charge_number: ArrayLike) -> np.ndarray:
    """Coulomb logarithm for heat over that for charge.

    h = 1 + (G2/G0) 0.0105 (1 - 1/Z)(1 + pi alpha Z v^4)(1 + x_n^2 sqrt(2 Z)), with t = T/T_p,
    G2 = t/(t^2 + 0.0081)^1.5, G0 = t/sqrt(t^2 + t0^2) (1 + (Z/125)^2), t0 = 0.19/Z^(1/6).

    Parameters
    ----------
    scattering : ElectronScattering
    charge_number : array_like

    Returns
    -------
    ndarray, shapes broadcast
        1 far above the plasma temperature, where the law of Wiedemann and Franz holds; 3 to 6 in
        the cold inner crust.

    References
    ----------
    Potekhin et al., A&A 346, 345 (1999), appendix; Gnedin et al., MNRAS 324, 725 (2001),
    appendix A.
    """
    charge = np.asarray(charge_number, dtype=float)
    t, x = scattering.relative_temperature, scattering.momentum
    velocity = x / np.hypot(1.0, x)
    t0 = 0.19 / charge ** (1.0 / 6.0)
    ratio = np.sqrt(t**2 + t0**2) / ((t**2 + 0.0081) ** 1.5 * (1.0 + np.square(charge / 125.0)))
    born = 1.0 + np.pi * FINE_STRUCTURE_CONSTANT * charge * velocity**4
    size = 1.0 + scattering.nuclear_radius**2 * np.sqrt(2.0 * charge)
    return 1.0 + 0.0105 * ratio * (1.0 - 1.0 / charge) * born * size


def electron_electron_rate(
    momentum: ArrayLike,
    temperature: ArrayLike,
    transverse: tuple[float, ...] = TRANSVERSE,
) -> np.ndarray:
    """Collision rate of electrons with electrons, for heat.

    nu_ee = 36 alpha^2 hbar^2 c n_e/(pi m_e* k_B T) (I_l + I_t + I_tl), with u = v/c and
    th = sqrt(3) hbar omega_pe/(k_B T),
    I_l = (1/u)(0.1587 - 0.02538/(1 + 0.0435 th)) ln(1 + 128.56/(37.1 th + 10.83 th^2 + th^3)),
    I_t = u^3 (2.404/C + (C2 - 2.404/C)/(1 + 0.1 th u)) ln(1 + C/(A th u + th^2 u^2)),
    I_tl = u (18.52 u^2/C + (C2 - 18.52 u^2/C)/(1 + 0.1558 th^(1 - 0.75 u)))
           ln(1 + C/(A th + 10.83 th^2 u^2 + (th u)^(8/3))),  C = A exp(C1/C2).

    Parameters
    ----------
    momentum : array_like
        Fermi momentum [m_e c].
    temperature : array_like [K]
    transverse : tuple of six floats
        Constants of I_t.

    Returns
    -------
    ndarray, shapes broadcast [s-1]

    References
    ----------
    Shternin & Yakovlev, Phys. Rev. D 74, 043004 (2006).
    """
    x, heat = np.asarray(momentum), BOLTZMANN_CONSTANT * np.asarray(temperature)
    u, mass, density = x / np.hypot(1.0, x), _effective_mass(x), electron_density(x)
    plasma_frequency = np.sqrt(4.0 * np.pi * ELEMENTARY_CHARGE**2 * density / mass)
    theta = np.sqrt(3.0) * REDUCED_PLANCK_CONSTANT * plasma_frequency / heat
    constant = 36.0 * FINE_STRUCTURE_CONSTANT**2 * REDUCED_PLANCK_CONSTANT**2 * SPEED_OF_LIGHT
    prefactor = constant * density / (np.pi * mass * heat)
    integrals = _longitudinal_integral(u, theta) + _transverse_integral(u, theta, transverse)
    return prefactor * (integrals + _mixed_integral(u, theta))


def condegin_electron_electron_rate(momentum: ArrayLike, temperature: ArrayLike) -> np.ndarray:
    """The rate that the reference program CONDEGIN has in place of `electron_electron_rate`.

    It takes the constants of I_tl for I_t, and lowers the rate of partially degenerate electrons by
    (1 + y^2)/(1 + y + 0.4342 sqrt(t) y^2), with t = k_B T/(E_F - m_e c^2) and y = 25 t.

    Parameters
    ----------
    momentum, temperature : array_like
        As of `electron_electron_rate`.

    Returns
    -------
    ndarray, shapes broadcast [s-1]

    References
    ----------
    Cassisi, Potekhin, Pietrinferni, Catelan & Salaris, ApJ 661, 1094 (2007): partial degeneracy.
    """
    kinetic = (np.hypot(1.0, momentum) - 1.0) * ELECTRON_REST_ENERGY * ERG_PER_MEV
    t = BOLTZMANN_CONSTANT * np.asarray(temperature) / kinetic
    y = 25.0 * t
    lowered = (1.0 + y**2) / (1.0 + y + 0.4342 * np.sqrt(t) * y**2)
    return lowered * electron_electron_rate(momentum, temperature, MIXED)


def _longitudinal_integral(u: np.ndarray, theta: np.ndarray) -> np.ndarray:
    logarithm = np.log1p(128.56 / (37.1 * theta + 10.83 * theta**2 + theta**3))
    return (0.1587 - 0.02538 / (1.0 + 0.0435 * theta)) / u * logarithm


def _transverse_integral(
    u: np.ndarray, theta: np.ndarray, constants: tuple[float, ...]
) -> np.ndarray:
    a, c, c2 = _fit_parameters(u, constants)
    limit, x = 2.404 / c, theta * u
    return u**3 * (limit + (c2 - limit) / (1.0 + 0.1 * x)) * np.log1p(c / (a * x + x**2))


def _mixed_integral(u: np.ndarray, theta: np.ndarray) -> np.ndarray:
    a, c, c2 = _fit_parameters(u, MIXED)
    limit, x = 18.52 * u**2 / c, theta * u
    logarithm = np.log1p(c / (a * theta + 10.83 * x**2 + x ** (8.0 / 3.0)))
    return u * (limit + (c2 - limit) / (1.0 + 0.1558 * theta ** (1.0 - 0.75 * u))) * logarithm


def _fit_parameters(
    u: np.ndarray, constants: tuple[float, ...]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A, C = A exp(C1/C2) and C2."""
    a0, a1, c0, c1, d0, d1 = constants
    a, first, second = a0 + a1 * u**3, c0 + c1 * u**2, d0 + d1 * u**4
    return a, a * np.exp(first / second), second


def gyration_product(electrical_conductivity: ArrayLike, electrons: ArrayLike) -> np.ndarray:
    """omega_B tau of electrons per gauss, with the electrical relaxation time.

    omega_B tau/B = (e/(m_e* c)) (sigma m_e*/(e^2 n_e)) = sigma/(e c n_e)

    Parameters
    ----------
    electrical_conductivity : array_like [s-1]
    electrons : array_like
        Electron density [cm-3].

    Returns
    -------
    ndarray, shapes broadcast [G-1]

    References
    ----------
    Potekhin, Pons & Page, Space Sci. Rev. 191, 239 (2015), section 5: conductivity across a field,
    kappa/(1 + (omega_B tau)^2).
    """
    return np.divide(electrical_conductivity, electrons) / (ELEMENTARY_CHARGE * SPEED_OF_LIGHT)


def lattice_thermal_conductivity(
    scattering: ElectronScattering,
    charge_number: ArrayLike,
    mass_number: ArrayLike,
    temperature: ArrayLike,
) -> np.ndarray:
    """Thermal conductivity of the ions, by the vibrations of their lattice.

    1/kappa = 1/kappa_ie + 1/kappa_ii. Scattering by electrons: kappa_ie = C n_i k_B c_s l/3 with
    the heat capacity C of the crystal, c_s = k_B T_p/(3 hbar q), q = (6 pi^2 n_i)^(1/3),
    l = 8.32e5 (a_i/(1 + x^2)) (f/(Z L)) sqrt((x/1.00884)^3 A/Z),
    f = 0.014 + 0.03/(1 + e^(theta/5)), theta = T_p/T,
    L = (1/2)[E1(w y^2) - E1(w) - v^2 (e^(-w y^2) - e^-w)/w], y = q/(2 k_F),
    w = 1.683 sqrt(x/(A Z)) (1.4 e^(-9.1/theta) + 13/theta) + 43 x_n^2. Scattering by one another:
    kappa_ii = (k_B^2 T_p n_i a_i^2/hbar)
               sqrt(1/(Gamma^5 ln^2(2 + 0.57735/Gamma^1.5)) + 0.16 + (Gamma/77)^2 e^(2 theta/3)).

    It matters only where a strong field keeps the electrons from carrying heat across it.

    Parameters
    ----------
    scattering : ElectronScattering
    charge_number, mass_number : array_like
    temperature : array_like [K]

    Returns
    -------
    ndarray, shapes broadcast [erg cm-1 s-1 K-1]

    References
    ----------
    Chugunov & Haensel, MNRAS 381, 1143 (2007).
    """
    charge, mass = np.asarray(charge_number), np.asarray(mass_number)
    density = electron_density(scattering.momentum) / charge
    theta = 1.0 / scattering.relative_temperature
    plasma_temperature = theta * np.asarray(temperature)
    by_electrons = _phonon_electron_conductivity(
        scattering, charge, mass, density, plasma_temperature
    )
    coupling = coupling_parameter(density, charge, temperature)
    by_phonons = _phonon_phonon_conductivity(density, plasma_temperature, theta, coupling)
    return 1.0 / (1.0 / by_electrons + 1.0 / by_phonons)


def _phonon_electron_conductivity(
    scattering: ElectronScattering,
    charge: np.ndarray,
    mass: np.ndarray,
    ion_density: np.ndarray,
    plasma_temperature: np.ndarray,
) -> np.ndarray:
    """kappa_ie of `lattice_thermal_conductivity`."""
    x, theta = scattering.momentum, 1.0 / scattering.relative_temperature
    velocity = x / np.hypot(1.0, x)
    wave_number = np.cbrt(6.0 * np.pi**2 * ion_density)
    # k_F^3 = 3 pi^2 Z n_i: the ratio of the two wave numbers depends on Z alone.
    y = 0.5 * np.cbrt(2.0 / charge)
    w = 1.683 * np.sqrt(x / (mass * charge)) * (1.4 * np.exp(-9.1 / theta) + 13.0 / theta)
    w = w + 43.0 * scattering.nuclear_radius**2
    born = velocity**2 * (np.exp(-w * y**2) - np.exp(-w)) / w
    logarithm = 0.5 * (exp1(w * y**2) - exp1(w) - born)
    frozen = 0.014 + 0.03 / (1.0 + np.exp(np.minimum(theta / 5.0, _LARGEST_EXPONENT)))
    path = 8.32e5 * _cell_radius(ion_density) / (1.0 + x**2) * frozen / (charge * logarithm)
    path = path * np.sqrt((x / 1.00884) ** 3 * mass / charge)
    sound = BOLTZMANN_CONSTANT * plasma_temperature / (3.0 * REDUCED_PLANCK_CONSTANT * wave_number)
    capacity = crystal_heat_capacity(theta) * ion_density * BOLTZMANN_CONSTANT
    return capacity * sound * path / 3.0


def _phonon_phonon_conductivity(
    ion_density: np.ndarray,
    plasma_temperature: np.ndarray,
    theta: np.ndarray,
    coupling: np.ndarray,
) -> np.ndarray:
    """kappa_ii of `lattice_thermal_conductivity`."""
    gas = 1.0 / (coupling**5 * np.log(2.0 + 0.57735 / coupling**1.5) ** 2)
    frozen = np.exp(np.minimum(2.0 * theta / 3.0, _LARGEST_EXPONENT))
    root = np.sqrt(gas + 0.16 + np.square(coupling / 77.0) * frozen)
    unit = BOLTZMANN_CONSTANT**2 * plasma_temperature * ion_density / REDUCED_PLANCK_CONSTANT
    return unit * _cell_radius(ion_density) ** 2 * root


# In a cold crust the lattice hardly scatters itself; its exponentials would overflow.
_LARGEST_EXPONENT = 600.0


def _cell_radius(ion_density: np.ndarray) -> np.ndarray:
    """a_i [cm]."""
    return np.cbrt(3.0 / (4.0 * np.pi * ion_density))
