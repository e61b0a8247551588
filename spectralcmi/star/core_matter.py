"""Matter of the core: nucleons, electrons and muons in beta equilibrium.

Composition and effective masses are fits to the equation of state BSk21, which agree with BSk24 to
1 %; they are used for any equation of state, since tables do not hold them. Densities in fm-3,
wave numbers in fm-1, temperatures in K.

References
----------
Potekhin et al., A&A 560, A48 (2013): BSk21 and the fits to its composition.
Goriely, Chamel & Pearson, Phys. Rev. C 82, 035804 (2010): the parameters of BSk21.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from spectralcmi.constants import (
    ELECTRON_REST_ENERGY,
    ERG_PER_MEV,
    FERMI,
    HBAR_C,
    NEUTRON_REST_ENERGY,
    PROTON_REST_ENERGY,
    SPEED_OF_LIGHT,
)
from spectralcmi.star.heat_capacity import degenerate_heat_capacity
from spectralcmi.star.superfluidity import (
    PROTON_GAPS,
    heat_capacity_factor_singlet,
    singlet_gap_parameter,
)

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

_MUON_REST_ENERGY = 105.6583755  # MeV
_HBAR_C_FM = HBAR_C / FERMI  # MeV fm
_MASS_UNIT = ERG_PER_MEV / SPEED_OF_LIGHT**2  # g per MeV


@dataclass(frozen=True)
class CoreMatter:
    """Matter of the core in beta equilibrium; all arrays have one shape.

    Attributes
    ----------
    baryon_density : ndarray [fm-3]
    neutron, proton, electron, muon : ndarray
        Fermi wave numbers [fm-1].
    neutron_mass, proton_mass : ndarray
        Effective masses over the rest masses of free nucleons.
    """

    baryon_density: np.ndarray
    neutron: np.ndarray
    proton: np.ndarray
    electron: np.ndarray
    muon: np.ndarray
    neutron_mass: np.ndarray
    proton_mass: np.ndarray


def core_matter(baryon_density: ArrayLike) -> CoreMatter:
    """Composition of the core, by fits to BSk21.

    Y_e = (0.00575 + 0.4983 n + 9.673 n^4)/(1 + 16.31 n^1.5 + 38.364 n^4),
    Y_mu = max(0, (-0.0365 + 0.247 n + 11.49 n^4)/(1 + 24.55 n^1.5 + 48.544 n^4)).

    Parameters
    ----------
    baryon_density : array_like, any shape
        n, from the bottom of the crust on [fm-3].

    Returns
    -------
    CoreMatter

    References
    ----------
    Potekhin et al., A&A 560, A48 (2013), section 3.
    """
    n = np.asarray(baryon_density, dtype=float)
    electrons = 0.00575 + 0.4983 * n + 9.673 * n**4
    electrons = electrons / (1.0 + 16.31 * n**1.5 + 38.364 * n**4)
    muons = -0.0365 + 0.247 * n + 11.49 * n**4
    muons = np.maximum(muons / (1.0 + 24.55 * n**1.5 + 48.544 * n**4), 0.0)
    protons = electrons + muons
    neutron, proton, electron, muon = (
        np.cbrt(3.0 * np.pi**2 * n * share) for share in (1.0 - protons, protons, electrons, muons)
    )
    return CoreMatter(
        n,
        neutron,
        proton,
        electron,
        muon,
        effective_mass(n, 1.0 - protons, NEUTRON_REST_ENERGY),
        effective_mass(n, protons, PROTON_REST_ENERGY),
    )


def effective_mass(
    baryon_density: ArrayLike, fraction: ArrayLike, rest_energy: float
) -> np.ndarray:
    """Effective mass of a nucleon over its rest mass.

    m/m* = 1 + n m c^2/(2 (hbar c)^2) D(Y),
    D = 396.131 [1.0324226 - 0.5648452 Y] - 1390.38 (0.5 + Y) - 100 n^0.5 [2 - 2.5 Y]
        - 150 n^(1/12) [-4.5 - 10.5 Y].

    Parameters
    ----------
    baryon_density : array_like [fm-3]
    fraction : array_like
        Y, the fraction of the nucleons that are of this kind.
    rest_energy : float [MeV]

    Returns
    -------
    ndarray, shapes broadcast
        0.797 at n = 0.16 and Y = 1/2.

    References
    ----------
    Goriely, Chamel & Pearson, Phys. Rev. C 82, 035804 (2010): the force BSk21.
    """
    n, y = np.asarray(baryon_density), np.asarray(fraction)
    strength = 396.131 * (1.0324226 - 0.5648452 * y) - 1390.38 * (0.5 + y)
    strength = strength - 100.0 * np.sqrt(n) * (2.0 - 2.5 * y)
    strength = strength + 150.0 * n ** (1.0 / 12.0) * (4.5 + 10.5 * y)
    return 1.0 / (1.0 + n * rest_energy / (2.0 * _HBAR_C_FM**2) * strength)


def core_heat_capacity(
    matter: CoreMatter, temperature: ArrayLike, proton_gap: str = "none"
) -> np.ndarray:
    """Heat capacity of degenerate neutrons, protons, electrons and muons.

    Parameters
    ----------
    matter : CoreMatter
    temperature : array_like [K]
    proton_gap : str
        Key of `spectralcmi.star.superfluidity.PROTON_GAPS`.

    Returns
    -------
    ndarray, shapes broadcast [erg cm-3 K-1]
    """
    v = proton_gap_parameter(matter, temperature, proton_gap)
    neutron = degenerate_heat_capacity(
        NEUTRON_REST_ENERGY * _MASS_UNIT * matter.neutron_mass, matter.neutron, temperature
    )
    proton = degenerate_heat_capacity(
        PROTON_REST_ENERGY * _MASS_UNIT * matter.proton_mass, matter.proton, temperature
    )
    leptons = sum(
        degenerate_heat_capacity(
            np.hypot(rest_energy, _HBAR_C_FM * wave_number) * _MASS_UNIT, wave_number, temperature
        )
        for rest_energy, wave_number in (
            (ELECTRON_REST_ENERGY, matter.electron),
            (_MUON_REST_ENERGY, matter.muon),
        )
    )
    return neutron + proton * heat_capacity_factor_singlet(v) + leptons


def proton_gap_parameter(matter: CoreMatter, temperature: ArrayLike, proton_gap: str) -> np.ndarray:
    """Gap over thermal energy of the protons, see `core_heat_capacity`."""
    critical = PROTON_GAPS[proton_gap].critical_temperature(matter.proton)
    return singlet_gap_parameter(temperature, critical)
