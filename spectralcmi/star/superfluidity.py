"""Pairing of nucleons: gaps, critical temperatures and what they do to heat and neutrinos.

Everything depends on the gap through v = Delta(T)/(k_B T), which is zero in normal matter.

References
----------
Ho, Elshamouty, Heinke & Potekhin, Phys. Rev. C 91, 015806 (2015), table II: the gaps.
Yakovlev, Kaminker, Gnedin & Haensel, Phys. Rep. 354, 1 (2001): v(T/T_c), equation (188), and the
reduction factors.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from spectralcmi.constants import BOLTZMANN_CONSTANT_MEV

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


@dataclass(frozen=True)
class GapModel:
    """Energy gap at zero temperature against the Fermi wave number.

    Delta(k) = D0 (k - k1)^2/((k - k1)^2 + k2) (k - k3)^2/((k - k3)^2 + k4) for k1 < k < k3,
    zero elsewhere.

    Attributes
    ----------
    amplitude : float
        D0 [MeV].
    lower_end, upper_end : float
        k1 and k3 [fm-1].
    lower_width, upper_width : float
        k2 and k4 [fm-2].
    temperature_ratio : float
        k_B T_c/Delta: 0.5669 for the singlet state 1S0, 0.1187 for the triplet state 3P2.
    """

    amplitude: float
    lower_end: float
    lower_width: float
    upper_end: float
    upper_width: float
    temperature_ratio: float

    def gap(self, wave_number: ArrayLike) -> np.ndarray:
        """Gap at zero temperature [MeV] at Fermi wave numbers [fm-1] of any shape."""
        wave_number = np.asarray(wave_number, dtype=float)
        below = np.square(wave_number - self.lower_end)
        above = np.square(wave_number - self.upper_end)
        rise, fall = below / (below + self.lower_width), above / (above + self.upper_width)
        inside = (wave_number > self.lower_end) & (wave_number < self.upper_end)
        return np.where(inside, self.amplitude * rise * fall, 0.0)

    def critical_temperature(self, wave_number: ArrayLike) -> np.ndarray:
        """T_c [K] at Fermi wave numbers [fm-1] of any shape; zero where nothing pairs."""
        return self.temperature_ratio * self.gap(wave_number) / BOLTZMANN_CONSTANT_MEV


_NORMAL = GapModel(0.0, 0.0, 1.0, 0.0, 1.0, 0.5669)

#: Singlet pairing of the free neutrons of the crust, the default first.
NEUTRON_GAPS: Mapping[str, GapModel] = {
    "sfb": GapModel(45.0, 0.10, 4.5, 1.55, 2.5, 0.5669),
    "none": _NORMAL,
}

#: Singlet pairing of the protons of the core, the default first.
PROTON_GAPS: Mapping[str, GapModel] = {
    "none": _NORMAL,
    "ccdk": GapModel(102.0, 0.0, 9.0, 1.3, 1.5, 0.5669),
}


def singlet_gap_parameter(temperature: ArrayLike, critical_temperature: ArrayLike) -> np.ndarray:
    """Gap over thermal energy in the singlet state.

    v = sqrt(1 - t) (1.456 - 0.157/sqrt(t) + 1.764/t), t = T/T_c; zero from T_c on.

    Parameters
    ----------
    temperature, critical_temperature : array_like [K]

    Returns
    -------
    ndarray, both shapes broadcast

    References
    ----------
    Yakovlev et al., Phys. Rep. 354, 1 (2001), equation (188).
    """
    t = _relative(temperature, critical_temperature)
    return np.sqrt(1.0 - t) * (1.456 - 0.157 / np.sqrt(t) + 1.764 / t)


def triplet_gap_parameter(temperature: ArrayLike, critical_temperature: ArrayLike) -> np.ndarray:
    """Gap over thermal energy in the triplet state with m = 0, at its least.

    v = sqrt(1 - t) (0.7893 + 1.188/t), t = T/T_c; zero from T_c on.

    Parameters
    ----------
    temperature, critical_temperature : array_like [K]

    Returns
    -------
    ndarray, both shapes broadcast

    References
    ----------
    Yakovlev et al., Phys. Rep. 354, 1 (2001), equation (188).
    """
    t = _relative(temperature, critical_temperature)
    return np.sqrt(1.0 - t) * (0.7893 + 1.188 / t)


def _relative(temperature: ArrayLike, critical_temperature: ArrayLike) -> np.ndarray:
    """T/T_c, but one in normal matter."""
    temperature, critical = np.broadcast_arrays(temperature, critical_temperature)
    paired = critical > temperature
    return np.divide(temperature, critical, out=np.ones(paired.shape), where=paired)


# --- reduction factors: one in normal matter ----------------------------------------------------


def heat_capacity_factor_singlet(v: np.ndarray) -> np.ndarray:
    """R_A: heat capacity of nucleons paired in the singlet state over that of normal ones.

    [0.4186 + sqrt(1.007^2 + (0.5010 v)^2)]^2.5 exp(1.456 - sqrt(1.456^2 + v^2)); it jumps to
    2.43 at T_c and is within 0.5 % of the integral over the spectrum of excitations.

    Parameters
    ----------
    v : ndarray
        `singlet_gap_parameter`.

    Returns
    -------
    ndarray, same shape

    References
    ----------
    Levenfish & Yakovlev, Astron. Rep. 38, 247 (1994), as in Yakovlev et al. (2001).
    """
    base = 0.4186 + np.hypot(1.007, 0.5010 * v)
    return np.where(v > 0.0, base**2.5 * _suppression(1.456, v), 1.0)


def heat_capacity_factor_triplet(v: np.ndarray) -> np.ndarray:
    """R_B: the same for the triplet state with m = 0.

    [0.6893 + sqrt(0.790^2 + (0.2824 v)^2)]^2 exp(1.934 - sqrt(1.934^2 + v^2))

    Parameters
    ----------
    v : ndarray
        `triplet_gap_parameter`.

    Returns
    -------
    ndarray, same shape

    References
    ----------
    Levenfish & Yakovlev, Astron. Rep. 38, 247 (1994), as in Yakovlev et al. (2001).
    """
    base = 0.6893 + np.hypot(0.790, 0.2824 * v)
    return np.where(v > 0.0, base**2 * _suppression(1.934, v), 1.0)


def direct_urca_factor(v: np.ndarray) -> np.ndarray:
    """Direct Urca process with one nucleon paired in the singlet state.

    [0.2312 + sqrt(0.7688^2 + (0.1438 v)^2)]^5.5 exp(3.427 - sqrt(3.427^2 + v^2))

    References
    ----------
    Levenfish & Yakovlev, Astron. Lett. 20, 43 (1994), as in Yakovlev et al. (2001), section 4.3.
    """
    return (0.2312 + np.hypot(0.7688, 0.1438 * v)) ** 5.5 * _suppression(3.427, v)


def modified_urca_neutron_factor(v: np.ndarray) -> np.ndarray:
    """Neutron branch of modified Urca with paired protons.

    (a^7.5 + b^5.5)/2 exp(3.437 - sqrt(3.437^2 + v^2)), a and b = 0.1477 + sqrt(0.8523^2 +
    (0.1175 v)^2) and the same with 0.1297.

    References
    ----------
    Yakovlev & Levenfish, A&A 297, 717 (1995), as in Yakovlev et al. (2001), section 4.4.
    """
    a, b = (0.1477 + np.hypot(0.8523, factor * v) for factor in (0.1175, 0.1297))
    return 0.5 * (a**7.5 + b**5.5) * _suppression(3.437, v)


def modified_urca_proton_factor(v: np.ndarray) -> np.ndarray:
    """Proton branch of modified Urca with paired protons.

    (0.2414 + sqrt(0.7586^2 + (0.1318 v)^2))^7 exp(5.339 - sqrt(5.339^2 + 4 v^2))

    References
    ----------
    Yakovlev & Levenfish, A&A 297, 717 (1995), as in Yakovlev et al. (2001), section 4.4.
    """
    return (0.2414 + np.hypot(0.7586, 0.1318 * v)) ** 7 * _suppression(5.339, 2.0 * v)


def bremsstrahlung_factor_mixed(v: np.ndarray) -> np.ndarray:
    """Neutron-proton bremsstrahlung with paired protons.

    [a exp(1.306 - sqrt(1.306^2 + v^2)) + 1.732 b^7 exp(3.303 - sqrt(3.303^2 + 4 v^2))]/2.732,
    a = 0.9982 + sqrt(0.0018^2 + (0.3815 v)^2), b = 0.3949 + sqrt(0.6051^2 + (0.2666 v)^2)

    References
    ----------
    Yakovlev & Levenfish, A&A 297, 717 (1995), as in Yakovlev et al. (2001), section 4.4.
    """
    a = 0.9982 + np.hypot(0.0018, 0.3815 * v)
    b = 0.3949 + np.hypot(0.6051, 0.2666 * v)
    return (a * _suppression(1.306, v) + 1.732 * b**7 * _suppression(3.303, 2.0 * v)) / 2.732


def bremsstrahlung_factor_like(v: np.ndarray) -> np.ndarray:
    """Bremsstrahlung of two nucleons of the kind that pairs.

    [c^2 exp(4.228 - sqrt(4.228^2 + 4 v^2)) + d^7.5 exp(7.762 - sqrt(7.762^2 + 9 v^2))]/2,
    c = 0.1747 + sqrt(0.8253^2 + (0.07933 v)^2), d = 0.7333 + sqrt(0.2667^2 + (0.1678 v)^2)

    References
    ----------
    Yakovlev & Levenfish, A&A 297, 717 (1995), as in Yakovlev et al. (2001), section 4.4.
    """
    c = 0.1747 + np.hypot(0.8253, 0.07933 * v)
    d = 0.7333 + np.hypot(0.2667, 0.1678 * v)
    return 0.5 * (c**2 * _suppression(4.228, 2.0 * v) + d**7.5 * _suppression(7.762, 3.0 * v))


def pairing_emission_singlet(v: np.ndarray) -> np.ndarray:
    """F_A: neutrinos from the formation of pairs in the singlet state; zero in normal matter.

    (0.602 v^2 + 0.5942 v^4 + 0.288 v^6) sqrt(0.5547 + sqrt(0.4453^2 + 0.0113 v^2))
    exp(2.245 - sqrt(2.245^2 + 4 v^2)), within 1 % of its integral.

    References
    ----------
    Yakovlev, Kaminker & Levenfish, A&A 343, 650 (1999), as in Yakovlev et al. (2001), section 3.
    """
    square = np.square(v)
    polynomial = square * (0.602 + square * (0.5942 + square * 0.288))
    root = np.sqrt(0.5547 + np.sqrt(0.4453**2 + 0.0113 * square))
    return polynomial * root * _suppression(2.245, 2.0 * v)


def pairing_emission_triplet(v: np.ndarray) -> np.ndarray:
    """F_B: the same for the triplet state with m = 0.

    (1.204 v^2 + 3.733 v^4 + 0.3191 v^6)/(1 + 0.3511 v^2) (0.7591 + sqrt(0.2409^2 + 0.3145 v^2))^2
    exp(0.4616 - sqrt(0.4616^2 + 4 v^2))

    References
    ----------
    Yakovlev, Kaminker & Levenfish, A&A 343, 650 (1999), as in Yakovlev et al. (2001), section 3.
    """
    square = np.square(v)
    rational = square * (1.204 + square * (3.733 + square * 0.3191)) / (1.0 + 0.3511 * square)
    root = 0.7591 + np.sqrt(0.2409**2 + 0.3145 * square)
    return rational * root**2 * _suppression(0.4616, 2.0 * v)


def _suppression(scale: float, v: np.ndarray) -> np.ndarray:
    """exp(a - sqrt(a^2 + v^2)): one without a gap, e^-v for a large one."""
    return np.exp(scale - np.hypot(scale, v))
