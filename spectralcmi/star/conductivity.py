"""Electrical conductivity of degenerate electrons that scatter off nuclei and impurities.

The effective-potential fits of Potekhin and collaborators, without a magnetic field. Inside this
module the electron mass, hbar and c are one (relativistic units), so temperatures are in
m_e c^2/k_B and lengths in Compton wavelengths of the electron.

Each formula is written out where it is used, with the part of the papers it is from. The numbers
the papers give their equations could not be looked up but for one; what holds the formulas in place
is the table of values of the authors' own program that the tests compare with.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import roots_legendre

from spectralcmi.constants import ELECTRON_COMPTON_LENGTH, ELECTRON_TEMPERATURE, FERMI

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

# The digits of the published fit, which goes with the table it is tested on.
_FINE_STRUCTURE_CONSTANT = 1.0 / 137.036
_ATOMIC_MASS_UNIT = 1822.9  # electron masses
_ATOMIC_UNIT_OF_RATE = 7.763e20  # s^-1, m_e c^2/hbar


def electrical_conductivity(
    baryon_density: ArrayLike,
    temperature: ArrayLike,
    charge_number: float | np.ndarray,
    mass_number: float | np.ndarray,
    cell_mass_number: float | np.ndarray,
    impurity_parameter: float | np.ndarray = 0.0,
    inner_fraction: float | np.ndarray | None = None,
) -> np.ndarray:
    """Electrical conductivity of the crust.

    sigma = alpha x^3 tau/(3 pi^2 sqrt(1 + x^2)),
    tau = x^3/(sqrt(1 + x^2) 4 pi n_i (Z alpha)^2 Lambda)    (hbar = m_e = c = 1).

    Parameters
    ----------
    baryon_density : array_like [fm-3]
    temperature : array_like [K]
    charge_number, mass_number, cell_mass_number : array_like
        Z, nucleons in the nucleus, nucleons in the Wigner-Seitz cell.
    impurity_parameter : array_like
        Q_imp, mean square deviation of Z.
    inner_fraction : array_like, optional
        0 to take the size of the nucleus from the fit of the outer crust, 1 from that of the
        inner crust, between them a mixture; by default 1 wherever a cell holds more nucleons
        than its nucleus.

    Returns
    -------
    ndarray, shape of all arguments broadcast together [s-1]

    References
    ----------
    Potekhin, Baiko, Haensel & Yakovlev, A&A 346, 345 (1999): sigma, tau and the Coulomb
    logarithm; Gnedin, Yakovlev & Potekhin, MNRAS 324, 725 (2001), appendix A: nuclei of finite
    size.
    """
    scattering = electron_scattering(
        baryon_density, temperature, charge_number, mass_number, cell_mass_number, inner_fraction
    )
    return conductivity_of(scattering, charge_number, impurity_parameter)


def conductivity_of(
    scattering: ElectronScattering,
    charge_number: float | np.ndarray,
    impurity_parameter: float | np.ndarray = 0.0,
) -> np.ndarray:
    """Electrical conductivity of a given scattering of electrons; see `electrical_conductivity`.

    Parameters
    ----------
    scattering : ElectronScattering
    charge_number, impurity_parameter : array_like

    Returns
    -------
    ndarray, shapes broadcast [s-1]
    """
    impurities = impurity_parameter / np.square(charge_number)
    logarithm = scattering.coulomb_logarithm + impurities * scattering.impurity_logarithm
    momentum = scattering.momentum
    energy = np.sqrt(1.0 + momentum**2)
    strength = charge_number * _FINE_STRUCTURE_CONSTANT
    time = momentum**3 / (energy * 4.0 * np.pi * scattering.ion_density * strength**2 * logarithm)
    conductivity = _FINE_STRUCTURE_CONSTANT * momentum**3 * time / (3.0 * np.pi**2 * energy)
    return conductivity * _ATOMIC_UNIT_OF_RATE


@dataclass(frozen=True)
class ElectronScattering:
    """How electrons scatter off nuclei and impurities; every array has the broadcast shape.

    Attributes
    ----------
    momentum : ndarray
        Fermi momentum x [m_e c].
    ion_density : ndarray [Compton wavelengths^-3]
    nuclear_radius : ndarray
        Radius of the nucleus over that of the cell.
    relative_temperature : ndarray
        T/T_p.
    coulomb_logarithm : ndarray
        Lambda for the electrical conductivity, see `coulomb_logarithm`.
    impurity_logarithm : ndarray
        The same for uncorrelated impurities, to be multiplied by Q_imp/Z^2.
    """

    momentum: np.ndarray
    ion_density: np.ndarray
    nuclear_radius: np.ndarray
    relative_temperature: np.ndarray
    coulomb_logarithm: np.ndarray
    impurity_logarithm: np.ndarray


def electron_scattering(
    baryon_density: ArrayLike,
    temperature: ArrayLike,
    charge_number: float | np.ndarray,
    mass_number: float | np.ndarray,
    cell_mass_number: float | np.ndarray,
    inner_fraction: float | np.ndarray | None = None,
) -> ElectronScattering:
    """What both conductivities of the electrons are made of.

    Parameters
    ----------
    baryon_density, temperature, charge_number, mass_number, cell_mass_number, inner_fraction
        As of `electrical_conductivity`.

    Returns
    -------
    ElectronScattering
    """
    momentum, ion_density = _electrons(baryon_density, charge_number, cell_mass_number)
    if inner_fraction is None:
        inner_fraction = np.where(np.greater(cell_mass_number, mass_number), 1.0, 0.0)
    radius = _nuclear_radius(momentum, charge_number, cell_mass_number, inner_fraction)
    matter = (
        ion_density,
        np.asarray(temperature) / ELECTRON_TEMPERATURE,
        charge_number,
        mass_number,
    )
    return ElectronScattering(
        momentum,
        ion_density,
        radius,
        _relative_temperature(*matter),
        coulomb_logarithm(momentum, *matter, radius),
        _impurity_logarithm(momentum),
    )


def _electrons(
    baryon_density: ArrayLike,
    charge_number: float | np.ndarray,
    cell_mass_number: float | np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Fermi momentum [m_e c] and ion density [Compton wavelengths^-3] of an ideal gas at T = 0.

    n_i = n_b/A_cell, x = (3 pi^2 Z n_i)^(1/3).
    """
    length = ELECTRON_COMPTON_LENGTH / FERMI
    ion_density = np.asarray(baryon_density) * length**3 / cell_mass_number
    return np.cbrt(3.0 * np.pi**2 * charge_number * ion_density), ion_density


def _nuclear_radius(
    momentum: np.ndarray,
    charge_number: float | np.ndarray,
    cell_mass_number: float | np.ndarray,
    inner_fraction: float | np.ndarray,
) -> np.ndarray:
    """Radius of the nucleus over that of the cell, from the fits of the two crusts.

    Outer crust: 1.15 A_cell^(1/3) fm, Kaminker et al., A&A 343, 1009 (1999). Inner crust:
    1.83 Z^(1/3) fm, Itoh & Kohyama, ApJ 275, 858 (1983), in Gnedin et al., MNRAS 324, 725 (2001),
    appendix A. Over the radius of the cell, (9 pi Z/4)^(1/3)/x Compton wavelengths, they are
    0.00155 (A_cell/Z)^(1/3) x and 0.00247 x.
    """
    outer = 0.00155 * np.cbrt(np.divide(cell_mass_number, charge_number)) * momentum
    return outer + inner_fraction * (0.00247 * momentum - outer)


def coulomb_logarithm(
    momentum: float | np.ndarray,
    ion_density: float | np.ndarray,
    temperature: float | np.ndarray,
    charge_number: float | np.ndarray,
    mass_number: float | np.ndarray,
    nuclear_radius: float | np.ndarray,
) -> np.ndarray:
    """Coulomb logarithm of electrons scattered by the vibrations of a crystal, or by a liquid.

    Lambda = [L0(s, w + w1) - L0(s, w1)] G(T/T_p), with Gamma = Z^2 alpha/(T a_i),
    t = T/T_p = (Z/Gamma) sqrt(A m_u a_i alpha/3), B = pi alpha Z v, q_i^2 = 3 Gamma/a_i^2,
    q_s^2 = [q_i^2 (1 + 0.06 Gamma) exp(-sqrt(Gamma)) + (4 alpha/pi) x sqrt(1 + x^2)] exp(-B),
    s = q_s^2/(2x)^2, w = 12.973 (2x)^2/q_i^2 (1 + 0.3333 B),
    w1 = 14.7327 r_n^2 (1 + 0.3333 B)(1 + (Z/13) sqrt(r_n)),
    G = t/sqrt(t^2 + t0^2) (1 + (Z/125)^2) exp(-(A0/4) 2.78 exp(-9.1 t)), t0 = 0.19/Z^(1/6),
    A0 = 1.683 sqrt(x/(A Z)).

    Parameters
    ----------
    momentum : array_like
        Fermi momentum x [m_e c].
    ion_density : array_like [Compton wavelengths^-3]
    temperature : array_like [m_e c^2/k_B]
    charge_number, mass_number : array_like
    nuclear_radius : array_like
        Radius of the nucleus over that of the cell.

    Returns
    -------
    ndarray, shape of all arguments broadcast together

    References
    ----------
    Potekhin et al., A&A 346, 345 (1999): the effective potential and its fit, s, w and G; in it
    equation (3) is the electron screening, the second part of q_s^2. Gnedin et al., MNRAS 324, 725
    (2001), appendix A1.1: w1.
    """
    alpha = _FINE_STRUCTURE_CONSTANT
    energy = np.sqrt(1.0 + momentum**2)
    velocity = momentum / energy
    cell_radius, coupling = _coupling(ion_density, temperature, charge_number)
    born = 1.0 + 0.3333 * np.pi * alpha * charge_number * velocity
    ion_screening = 3.0 * coupling / cell_radius**2
    screening = ion_screening * (1.0 + 0.06 * coupling) * np.exp(-np.sqrt(coupling))
    screening = screening + 4.0 * alpha / np.pi * momentum * energy
    screening = screening * np.exp(-np.pi * alpha * charge_number * velocity)
    s = screening / (2.0 * momentum) ** 2
    w = 12.973 * (2.0 * momentum) ** 2 / ion_screening * born
    size = 1.0 + charge_number / 13.0 * np.sqrt(nuclear_radius)
    w1 = 14.7327 * nuclear_radius**2 * born * size
    structure = screened_logarithm(s, w, w1, velocity)
    plasma = _relative_temperature(ion_density, temperature, charge_number, mass_number)
    return structure * _quantum_correction(plasma, momentum, charge_number, mass_number)


def _coupling(
    ion_density: float | np.ndarray,
    temperature: float | np.ndarray,
    charge_number: float | np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Radius of the cell, a_i, and coupling parameter, Gamma."""
    cell_radius = np.cbrt(3.0 / (4.0 * np.pi * ion_density))
    strength = np.square(charge_number) * _FINE_STRUCTURE_CONSTANT
    return cell_radius, strength / (temperature * cell_radius)


def _relative_temperature(
    ion_density: float | np.ndarray,
    temperature: float | np.ndarray,
    charge_number: float | np.ndarray,
    mass_number: float | np.ndarray,
) -> np.ndarray:
    """T/T_p = (Z/Gamma) sqrt(A m_u a_i alpha/3)."""
    cell_radius, coupling = _coupling(ion_density, temperature, charge_number)
    mass = mass_number * _ATOMIC_MASS_UNIT
    ratio = charge_number / coupling
    return ratio * np.sqrt(mass * cell_radius * _FINE_STRUCTURE_CONSTANT / 3.0)


def _quantum_correction(
    relative_temperature: float | np.ndarray,
    momentum: float | np.ndarray,
    charge_number: float | np.ndarray,
    mass_number: float | np.ndarray,
) -> float | np.ndarray:
    """Freezing of the ion vibrations below the plasma temperature, G(T/T_p).

    G and t0 of `coulomb_logarithm`, Potekhin et al., A&A 346, 345 (1999); 2.78 is the
    moment u_-1 of the phonon frequencies of a body-centred cubic crystal, as 12.973 is u_-2.
    """
    t = relative_temperature
    t0 = 0.19 / np.power(charge_number, 1.0 / 6.0)
    zero_point = 1.683 * np.sqrt(momentum / (mass_number * charge_number))
    frozen = np.exp(-0.25 * zero_point * 2.78 * np.exp(-9.1 * t))
    return t / np.sqrt(t**2 + t0**2) * (1.0 + np.square(charge_number / 125.0)) * frozen


def screened_logarithm(
    s: ArrayLike, w: ArrayLike, w1: ArrayLike, velocity: ArrayLike
) -> np.ndarray:
    """Integral over momentum transfers, L0(s, w + w1) - L0(s, w1).

    L0(s, W) = 1/2 integral from 0 to 1 of (1 - v^2 y)(1 - e^(-W y)) y/(y + s)^2 dy,
    with y = (q/2k_F)^2.

    Parameters
    ----------
    s : array_like
        Screening wave number squared over (2 k_F)^2, positive.
    w, w1 : array_like
        Exponents of the structure factor and of the form factor of the nucleus, positive.
    velocity : array_like
        Fermi velocity v [c].

    Returns
    -------
    ndarray, shape of all arguments broadcast together

    References
    ----------
    Potekhin et al., A&A 346, 345 (1999), appendix, and Gnedin et al., MNRAS 324, 725 (2001),
    appendix A1.1, who give this integral in closed form with exponential integrals.

    Notes
    -----
    The closed form cancels to nothing where W is small and overflows where s W is large; the
    difference of two of them loses further digits. With y = s (e^t - 1) the integrand is
    (1 - v^2 y) e^(-w1 y) (1 - e^(-w y)) (1 - e^-t)/2: positive, bounded and smooth in t,
    which 64 Gauss-Legendre points integrate to 1e-10 in any crust (to 1e-7 at s w = 1e5).
    """
    s, w, w1, velocity = (np.asarray(argument)[..., None] for argument in (s, w, w1, velocity))
    nodes, weights = _quadrature()
    width = np.log1p(1.0 / s)
    t = width * nodes
    y = s * np.expm1(t)
    integrand = (1.0 - velocity**2 * y) * np.exp(-w1 * y) * np.expm1(-w * y) * np.expm1(-t)
    return 0.5 * np.sum(width * weights * integrand, axis=-1)


@lru_cache(maxsize=1)
def _quadrature() -> tuple[np.ndarray, np.ndarray]:
    """Gauss-Legendre points and weights on (0, 1)."""
    nodes, weights = roots_legendre(64)
    return 0.5 * (nodes + 1.0), 0.5 * weights


def _impurity_logarithm(momentum: np.ndarray) -> np.ndarray:
    """Coulomb logarithm of uncorrelated impurities: L0 for W to infinity, electron screening.

    L0(s, infinity) with s = q_e^2/(2x)^2 = (alpha/pi) sqrt(1 + x^2)/x, of `screened_logarithm` and
    Potekhin et al., A&A 346, 345 (1999), equation (3) and appendix.
    """
    energy = np.sqrt(1.0 + momentum**2)
    s = _FINE_STRUCTURE_CONSTANT / np.pi * energy / momentum
    logarithm = np.log1p(1.0 / s)
    first = logarithm - 1.0 / (1.0 + s)
    second = 1.0 + s / (1.0 + s) - 2.0 * s * logarithm
    return 0.5 * (first - (momentum / energy) ** 2 * second)
