"""Neutrino emissivities of the crust, in erg cm-3 s-1.

Pair annihilation and photoneutrinos are left out: from 1e10 g/cm3 on pairs are fewer by
exp(-mu_e/kT) and give less than 1e-19 erg cm-3 s-1 at 1e9 K.

References
----------
Yakovlev, Kaminker, Gnedin & Haensel, Phys. Rep. 354, 1 (2001): a review of all processes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.special import erf, exp1, zeta

from spectralcmi.constants import (
    ATOMIC_MASS_UNIT,
    ELECTRON_TEMPERATURE,
    FERMI,
    FINE_STRUCTURE_CONSTANT,
    HBAR_C,
    NEUTRON_REST_ENERGY,
)
from spectralcmi.star.superfluidity import bremsstrahlung_factor_like, pairing_emission_singlet
from spectralcmi.star.thermal_conductivity import electron_density

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

#: Baryon density of saturated nuclear matter [fm-3], a unit of the published formulas.
SATURATION_DENSITY = 0.16
_AXIAL_COUPLING = 1.26
# (G_F^2/hbar)(m_e c/hbar)^9 [erg cm-3 s-1] with today's G_F; printed as 1.023e23
_WEAK_EMISSIVITY = 1.0239e23
_PION_REST_ENERGY = 139.57  # MeV
_CHARGED_PION_WAVE_NUMBER = _PION_REST_ENERGY / (HBAR_C / FERMI)  # fm^-1


# --- electrons ------------------------------------------------------------------------------------


def plasmon_decay(momentum: ArrayLike, temperature: ArrayLike) -> np.ndarray:
    """Decay of plasmons into pairs of neutrinos.

    Q = 1.3858e21 t^9 (W_t + X Y/(X + Y)) e^-f, t = k_B T/m_e c^2: transverse plasmons, and
    longitudinal ones between two limits; f is the plasmon mass in units of k_B T.

    Parameters
    ----------
    momentum : array_like
        Fermi momentum x [m_e c].
    temperature : array_like [K]

    Returns
    -------
    ndarray, shapes broadcast [erg cm-3 s-1]

    References
    ----------
    Kantor & Gusakov, MNRAS 381, 1702 (2007). It agrees with Itoh et al., ApJS 102, 411 (1996), to
    4 %; see also `plasmon_decay_yakovlev`.
    """
    x, t = np.broadcast_arrays(momentum, np.asarray(temperature) / ELECTRON_TEMPERATURE)
    mass_density = ATOMIC_MASS_UNIT * electron_density(x)
    f = _plasmon_mass(x, t, mass_density)
    velocity, b6 = _plasmon_dispersion(x, t, mass_density)
    transverse = np.sqrt(2.0 * np.pi) * (1.0 + velocity**2 / 5.0) ** -1.5 * f**7.5
    transverse = transverse * np.exp(1.024 / (f**0.7886 + 0.2642))
    transverse = transverse + 4.0 * zeta(3) * b6 * f**6
    hot = (8.0 / 105.0 + (0.349 - 8.0 / 105.0) * velocity**10) * f**8
    hot = hot + 0.07839 * (1.0 + 0.1784 * velocity**2.5) ** 3.5 * f**9
    cold = np.sqrt(0.5 * np.pi) * (0.6 * velocity**2) ** -1.5 * f**7.5
    return 1.3858e21 * t**9 * (transverse + hot * cold / (hot + cold)) * np.exp(-f)


def plasmon_decay_yakovlev(momentum: ArrayLike, temperature: ArrayLike) -> np.ndarray:
    """Decay of plasmons into pairs of neutrinos in degenerate matter, by an older fit.

    Q = Q_c 0.9248/(96 pi^4 alpha) t^9 f^6 (16.23 + 4.604 f^1.5) e^-f, t = k_B T/m_e c^2,
    f = hbar omega_pe/k_B T, Q_c = (G_F^2/hbar)(m_e c/hbar)^9 = 1.024e23 erg cm-3 s-1.

    Parameters
    ----------
    momentum : array_like
        Fermi momentum x [m_e c].
    temperature : array_like [K]

    Returns
    -------
    ndarray, shapes broadcast [erg cm-3 s-1]
        10 to 18 % above `plasmon_decay` where f is 5 to 10, near the largest emissivity; they
        agree for a large one.

    References
    ----------
    Yakovlev et al. (2001), equation (38).
    """
    x, t = np.broadcast_arrays(momentum, np.asarray(temperature) / ELECTRON_TEMPERATURE)
    alpha = FINE_STRUCTURE_CONSTANT
    f = np.sqrt(4.0 * alpha * x**3 / (3.0 * np.pi * np.hypot(1.0, x))) / t
    shape = f**6 * (16.23 + 4.604 * f**1.5) * np.exp(-f)
    return _WEAK_EMISSIVITY * 0.9248 / (96.0 * np.pi**4 * alpha) * t**9 * shape


def _plasmon_mass(x: np.ndarray, t: np.ndarray, mass_density: np.ndarray) -> np.ndarray:
    """f of `plasmon_decay`: mass of transverse plasmons in units of k_B T."""
    alpha, energy = FINE_STRUCTURE_CONSTANT, np.hypot(1.0, x)
    degenerate = 4.0 * alpha * x**3 / (3.0 * np.pi * energy)
    damping = (1.0 + 0.433 * (t / np.sqrt(0.0645)) ** -1.793) ** -10
    hot = 4.0 * np.pi * alpha / 9.0 * 0.0645 * (t**2 / 0.0645 + 1.0 + 0.0645 / t**2) * damping
    k = 1.0 + 2.484e6 * mass_density**-0.6195
    c1 = 0.01139 * k / (1.0 + 9.632e-4 * k)
    c2 = 0.4372 + 1.614 * mass_density / (8.504e8 + mass_density)
    c = 1.0 - c2 * (c1 * t) ** 2 / (1.0 + (c1 * t) ** 2)
    d1 = 6.0 * x**2 * (1.0 + x**2) / (np.pi**2 * (2.0 * x**2 + 5.0))
    d2 = np.pi**2 / (6.0 * (energy - 1.0))
    correction = 1.0 - c * t**2 / (d1 * np.sqrt(1.0 + (d2 * t) ** 2))
    return np.sqrt(np.hypot(hot, degenerate * correction)) / t


def _plasmon_dispersion(
    x: np.ndarray, t: np.ndarray, mass_density: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """v* and b^6 of `plasmon_decay`: typical velocity and dispersion of the plasmons."""
    velocity = x / np.hypot(1.0, x)
    g = 9.079 * t**1.399 * mass_density**-0.06592
    v = np.cbrt((velocity**3 + g) / (1.0 + g))
    # 1 - v without cancellation: the logarithm below wants it.
    gap = (1.0 - velocity**3) / (1.0 + g) / (1.0 + v + v**2)
    logarithm = np.log((1.0 + v) / gap)
    b2 = 1.5 / v**2 * (1.0 - gap * (1.0 + v) / (2.0 * v) * logarithm)
    b6 = b2**3
    g2 = t**1.195 * mass_density**-0.1060
    return v, b6 + (3.375 - b6) * g2 / (0.3520 + g2)


def bremsstrahlung(
    ion_density: ArrayLike,
    charge_number: ArrayLike,
    mass_number: ArrayLike,
    temperature: ArrayLike,
    baryon_density: ArrayLike,
    inner_fraction: ArrayLike,
) -> np.ndarray:
    """Neutrino bremsstrahlung of electrons in collisions with nuclei.

    Q = 5.362e15 Z^2 n_34 T_9^6 (1 + 5.54e-3 Z + 7.37e-5 Z^2)
        [F(w + 4 alpha xi^2) - F(w - w1 + 4 alpha xi^2)],
    F(x) = (1/2)[sqrt(pi/x) erf(sqrt x) + ln x + E1(x)], n_34 = n_i/1e34 cm-3.

    Parameters
    ----------
    ion_density : array_like [cm-3]
    charge_number, mass_number : array_like
    temperature : array_like [K]
    baryon_density : array_like [fm-3]
    inner_fraction : array_like
        0 to take the radius of the protons of a nucleus from the fit of the outer crust,
        1.15 A^(1/3) fm, 1 from that of the inner crust, between them a mixture.

    Returns
    -------
    ndarray, shapes broadcast [erg cm-3 s-1]
        Uncertain by a factor of 3 to 7 at the bottom of the crust, where it is larger than
        `bremsstrahlung_kaminker`.

    References
    ----------
    Ofengeim, Kaminker & Yakovlev, EPL 106, 31002 (2014).
    """
    n, z = np.asarray(ion_density) / 1e34, np.asarray(charge_number, dtype=float)
    t9, mass = np.asarray(temperature) / 1e9, np.asarray(mass_number)
    radius = _proton_radius(n, z, mass, baryon_density, inner_fraction)
    xi = 0.06665 * radius * np.cbrt(z * n)
    coupling = 0.5798 * z**2 * np.cbrt(n) / t9
    w, w1 = _structure_exponents(z, xi, coupling, 0.9914 * t9 / z * np.sqrt(mass / n))
    screening = 4.0 * FINE_STRUCTURE_CONSTANT * xi**2
    shape = _bremsstrahlung_integral(w + screening)
    shape = shape - _bremsstrahlung_integral(w - w1 + screening)
    strength = 5.362e15 * z**2 * n * (1.0 + 5.54e-3 * z + 7.37e-5 * z**2)
    # Below 1e5 K the two integrals agree to rounding.
    return strength * t9**6 * np.maximum(shape, 0.0)


def _bremsstrahlung_integral(x: np.ndarray) -> np.ndarray:
    root = np.sqrt(x)
    return 0.5 * (np.sqrt(np.pi) / root * erf(root) + np.log(x) + exp1(x))


def _proton_radius(
    n: np.ndarray,
    z: np.ndarray,
    mass: np.ndarray,
    baryon_density: ArrayLike,
    inner_fraction: ArrayLike,
) -> np.ndarray:
    """Radius of the protons of a nucleus [fm], from the fits of the two crusts."""
    outer = 1.15 * np.cbrt(mass)
    baryons = np.asarray(baryon_density, dtype=float)
    cell = np.cbrt(3.0 / (4.0 * np.pi * n * 1e34)) / FERMI
    share = (0.1035 + 1.944 * baryons**0.5717) / (1.0 - 608.0 * baryons**3.143)
    inner = cell * (share + 0.0225 * z * baryons**1.26)
    return outer + inner_fraction * (inner - outer)


def _structure_exponents(
    z: np.ndarray, xi: np.ndarray, coupling: np.ndarray, tau: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """w and w1 of `bremsstrahlung`: vibrations of the ions, and what of them is elastic."""
    power = 1.0 + np.square(z / 35.5) / (1.0 + coupling / (223.0 * z))
    ts = 0.095 * (2.0 * tau / (0.095 * np.sqrt(tau**2 + 4.0))) ** (1.0 / power)
    gx = 0.5 + 0.002 * z * xi
    h = (1.52 + 0.9 * (1.0 - ts)) / (1.0 + 0.5 * xi)
    quantum = 1.0 + ts**gx * (coupling / (19.3 * z**1.7)) ** h
    gs = coupling * np.exp(-(ts**0.053) * (z / 11.3) ** (4.0 / 9.0) / quantum)
    b = 0.6 * np.cbrt(12.0 * np.pi**2) * 12.973 * z**0.8 / (1.0 + xi / z * gs / (200.0 + gs))
    weak = 1037.0 * (1.0 + gs / 204.0) ** -4 * gs ** (0.5 + 0.075 * xi) * z**-0.1
    b = b / np.sqrt(gs**2 + weak)
    w = b * (1.0 + 2.798 / (25.946 * ts) * np.exp(-9.1 * (ts + 216.0 / gs)))
    elastic = 12.973**2 * np.exp(-7.6 * (ts + 18.0 / gs))
    return w, 231.0 * b * ts / np.sqrt((231.0 * ts) ** 2 + elastic)


def bremsstrahlung_kaminker(density: ArrayLike, temperature: ArrayLike) -> np.ndarray:
    """Neutrino bremsstrahlung of electrons in the ground-state crust, by an older fit.

    lg Q = 11.204 + 7.304 y + 0.2976 r - 0.370 y^2 + 0.188 y r - 0.103 r^2 + 0.0547 y^2 r
           - 6.77 lg(1 + 0.228 rho/2.8e14), r = lg(rho/1e12 g cm-3), y = lg(T/1e8 K).

    Parameters
    ----------
    density : array_like
        1e9 to 1.4e14 [g cm-3].
    temperature : array_like
        5e7 to 2e9 [K].

    Returns
    -------
    ndarray, shapes broadcast [erg cm-3 s-1]

    References
    ----------
    Kaminker et al., A&A 343, 1009 (1999); Yakovlev et al. (2001), equation (76). The logarithm
    of the last term is decimal.
    """
    density = np.asarray(density)
    r, y = np.log10(density / 1e12), np.log10(np.asarray(temperature) / 1e8)
    logarithm = 11.204 + 7.304 * y + 0.2976 * r - 0.370 * y**2 + 0.188 * y * r - 0.103 * r**2
    logarithm = logarithm + 0.0547 * y**2 * r - 6.77 * np.log10(1.0 + 0.228 * density / 2.8e14)
    return 10.0**logarithm


def synchrotron(momentum: ArrayLike, temperature: ArrayLike, field: ArrayLike) -> np.ndarray:
    """Synchrotron emission of pairs of neutrinos by electrons in a magnetic field.

    Parameters
    ----------
    momentum : array_like
        Fermi momentum x [m_e c], large: many Landau levels are filled.
    temperature : array_like [K]
    field : array_like [G]

    Returns
    -------
    ndarray, shapes broadcast [erg cm-3 s-1]
        About 6e11 (B/1e14 G)^2 (T/1e8 K)^5 in the inner crust.

    References
    ----------
    Bezchastnov, Haensel, Kaminker & Yakovlev, A&A 328, 409 (1997).
    """
    x, t9 = np.asarray(momentum), np.asarray(temperature) / 1e9
    b13 = np.asarray(field) / 1e13
    z = 1.34 * b13 / (np.hypot(1.0, x) * t9)
    xi = 1.5 * z * x**3
    plus, minus = _synchrotron_functions(xi)
    shape = 27.0 * xi**4 / (512.0 * np.pi**2 * 1.0369) * (plus - 0.175 / 1.675 * minus)
    tail = 1.0 + 0.4228 * z + 0.1014 * z**2 + 0.00624 * z**3
    tail = tail / (1.0 + 0.4535 * np.cbrt(z) ** 2 + 0.03008 * z - 0.05043 * z**2 + 0.004314 * z**3)
    return 9.04e14 * b13**2 * t9**5 * shape * np.exp(-0.5 * z) * tail


def _synchrotron_functions(xi: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """F+ and F- of Bezchastnov et al."""
    y1, y2 = (
        (np.cbrt(1.0 + factor * np.cbrt(xi) ** 2) ** 2 - 1.0) ** 1.5 for factor in (3172.0, 172.2)
    )
    plus = (1.0 + 3.675e-4 * y1) ** 2 / (1.0 + 2.036e-4 * y1 + 7.405e-8 * y1**2) ** 4
    minus = 1.0 + 1.436e-2 * y2 + 1.024e-5 * y2**2 + 7.647e-8 * y2**3
    minus = minus / (1.0 + 3.356e-3 * y2 + 1.536e-5 * y2**2) ** 5
    return 44.01 * plus, 36.97 * minus


# --- free neutrons --------------------------------------------------------------------------------


def pairing_emission(
    wave_number: ArrayLike, temperature: ArrayLike, gap_parameter: ArrayLike
) -> np.ndarray:
    """Neutrinos from the formation of Cooper pairs of free neutrons, in the singlet state.

    Q = 1.17e21 (p_F/m_n c) 3 a F_A(v) T_9^7, a = (4/81)(v_F/c)^4 + g_A^2 (v_F/c)^2 (1 + 11/42):
    the vector channel is suppressed by conservation of the current, the axial one remains.

    Parameters
    ----------
    wave_number : array_like
        Fermi wave number [fm-1]; the effective mass is that of free neutrons.
    temperature : array_like [K]
    gap_parameter : array_like
        v, see `spectralcmi.star.superfluidity.singlet_gap_parameter`.

    Returns
    -------
    ndarray, shapes broadcast [erg cm-3 s-1]
        Published values of a differ by a factor of 2.

    References
    ----------
    Yakovlev, Kaminker & Levenfish, A&A 343, 650 (1999); Leinson & Perez, Phys. Lett. B 638, 114
    (2006): the vector channel.
    """
    velocity = np.asarray(wave_number) * (HBAR_C / FERMI / NEUTRON_REST_ENERGY)
    a = 4.0 / 81.0 * velocity**4 + _AXIAL_COUPLING**2 * velocity**2 * (1.0 + 11.0 / 42.0)
    t9 = np.asarray(temperature) / 1e9
    return (
        1.17e21 * velocity * 3.0 * a * pairing_emission_singlet(np.asarray(gap_parameter)) * t9**7
    )


def neutron_bremsstrahlung(
    wave_number: ArrayLike, temperature: ArrayLike, gap_parameter: ArrayLike
) -> np.ndarray:
    """Neutrino bremsstrahlung in collisions of free neutrons.

    Q = 7.5e19 (n_n/n_0)^(1/3) a 0.56 x 3 T_9^8 R(v), three flavours,
    a = 1 - (3/2) s atan(1/s) + s^2/(2 (1 + s^2)), s = m_pi c/(2 p_F).

    Parameters
    ----------
    wave_number, temperature, gap_parameter : array_like
        As of `pairing_emission`.

    Returns
    -------
    ndarray, shapes broadcast [erg cm-3 s-1]

    References
    ----------
    Yakovlev et al. (2001), equation (165) and section 4.4.
    """
    wave_number = np.asarray(wave_number, dtype=float)
    inverse = 2.0 * wave_number / _CHARGED_PION_WAVE_NUMBER
    square = inverse**2
    # Where 1/s is small the sum cancels to s^-4/5; its next term is -2 s^-6/7.
    arctangent = np.arctan(inverse) / np.where(inverse > 0.0, inverse, 1.0)
    series = square**2 * (0.2 - 2.0 * square / 7.0)
    exact = 1.0 - 1.5 * arctangent + 0.5 / (1.0 + square)
    a = np.where(inverse < 1e-2, series, exact)
    relative = wave_number / np.cbrt(3.0 * np.pi**2 * SATURATION_DENSITY)
    t9 = np.asarray(temperature) / 1e9
    factor = bremsstrahlung_factor_like(np.asarray(gap_parameter))
    return 7.5e19 * relative * a * 0.56 * 3.0 * t9**8 * factor
