"""Neutrino emissivities of the core, in erg cm-3 s-1.

References
----------
Yakovlev, Kaminker, Gnedin & Haensel, Phys. Rep. 354, 1 (2001): all processes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from spectralcmi.star import superfluidity
from spectralcmi.star.core_matter import CoreMatter, proton_gap_parameter
from spectralcmi.star.neutrinos import SATURATION_DENSITY

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


def core_neutrino_emissivity(
    matter: CoreMatter, temperature: ArrayLike, proton_gap: str = "none"
) -> dict[str, np.ndarray]:
    """Neutrino emissivity of the core by processes.

    Parameters
    ----------
    matter : CoreMatter
    temperature : array_like [K]
    proton_gap : str
        Key of `spectralcmi.star.superfluidity.PROTON_GAPS`.

    Returns
    -------
    dict of ndarray, shapes broadcast [erg cm-3 s-1]
        modified_urca, nucleon_bremsstrahlung and direct_urca, which is zero except in heavy
        stars.
    """
    v = proton_gap_parameter(matter, temperature, proton_gap)
    t9 = np.asarray(temperature) / 1e9
    return {
        "modified_urca": modified_urca(matter, t9, v),
        "nucleon_bremsstrahlung": nucleon_bremsstrahlung(matter, t9, v),
        "direct_urca": direct_urca(matter, t9, v),
    }


def modified_urca(matter: CoreMatter, t9: np.ndarray, v: np.ndarray) -> np.ndarray:
    """Modified Urca processes with electrons and muons, neutron and proton branch.

    Neutron branch 8.1e21 (m_n*/m_n)^3 (m_p*/m_p) (n_p/n_0)^(1/3) T_9^8 1.13 x 0.68; proton
    branch times (m_p*/m_n*)^2 (k_e + 3 k_p - k_n)^2/(8 k_e k_p) where the bracket is positive;
    with muons k_mu for k_e, and both times k_mu/k_e.

    Parameters
    ----------
    matter : CoreMatter
    t9 : ndarray
        Temperature [1e9 K].
    v : ndarray
        Gap parameter of the protons.

    Returns
    -------
    ndarray, shapes broadcast [erg cm-3 s-1]

    References
    ----------
    Yakovlev et al. (2001), equations (140) and (142); its older prefactor is 8.55e21.
    """
    strength = 8.1e21 * 1.13 * 0.68 * matter.neutron_mass**3 * matter.proton_mass
    strength = strength * _relative(matter.proton)
    neutron_branch = superfluidity.modified_urca_neutron_factor(v)
    proton_branch = superfluidity.modified_urca_proton_factor(v)
    ratio = np.square(matter.proton_mass / matter.neutron_mass)
    total = 0.0
    for lepton in (matter.electron, matter.muon):
        excess = np.maximum(lepton + 3.0 * matter.proton - matter.neutron, 0.0)
        # k_mu cancels from the proton branch, which is closed where there are no muons.
        share = np.where(lepton > 0.0, excess**2, 0.0) / (8.0 * matter.electron * matter.proton)
        total = total + neutron_branch * lepton / matter.electron + proton_branch * ratio * share
    return strength * total * t9**8


def nucleon_bremsstrahlung(matter: CoreMatter, t9: np.ndarray, v: np.ndarray) -> np.ndarray:
    """Neutrino bremsstrahlung of nucleons, three flavours.

    nn 7.5e19 (m_n*/m_n)^4 (n_n/n_0)^(1/3) 0.59 x 0.56, np 1.5e20 (m_n* m_p*/(m_n m_p))^2
    (n_p/n_0)^(1/3) 1.06 x 0.66, pp 7.5e19 (m_p*/m_p)^4 (n_p/n_0)^(1/3) 0.11 x 0.7; all 3 T_9^8.

    Parameters
    ----------
    matter, t9, v
        As of `modified_urca`.

    Returns
    -------
    ndarray, shapes broadcast [erg cm-3 s-1]

    References
    ----------
    Yakovlev et al. (2001), equations (165) to (167).
    """
    neutron, proton = np.square(matter.neutron_mass), np.square(matter.proton_mass)
    unlike, like = (
        superfluidity.bremsstrahlung_factor_mixed(v),
        superfluidity.bremsstrahlung_factor_like(v),
    )
    of_neutrons = 7.5e19 * 0.59 * 0.56 * neutron**2 * _relative(matter.neutron)
    of_both = 1.5e20 * 1.06 * 0.66 * neutron * proton * _relative(matter.proton)
    of_protons = 7.5e19 * 0.11 * 0.7 * proton**2 * _relative(matter.proton)
    return 3.0 * t9**8 * (of_neutrons + of_both * unlike + of_protons * like)


def direct_urca(matter: CoreMatter, t9: np.ndarray, v: np.ndarray) -> np.ndarray:
    """Direct Urca processes, where protons and leptons have enough momentum for them.

    4.0e27 (m_n* m_p*/(m_n m_p)) (n_e/n_0)^(1/3) T_9^6 where k_p + k_e > k_n, and once more where
    k_p + k_mu > k_n.

    Parameters
    ----------
    matter, t9, v
        As of `modified_urca`.

    Returns
    -------
    ndarray, shapes broadcast [erg cm-3 s-1]

    References
    ----------
    Yakovlev et al. (2001), equation (120).
    """
    open_channels = sum(
        ((matter.proton + lepton > matter.neutron) & (lepton > 0.0)).astype(float)
        for lepton in (matter.electron, matter.muon)
    )
    strength = 4.0e27 * matter.neutron_mass * matter.proton_mass * _relative(matter.electron)
    return open_channels * strength * superfluidity.direct_urca_factor(v) * t9**6


def _relative(wave_number: np.ndarray) -> np.ndarray:
    """(n/n_0)^(1/3) of a species."""
    return wave_number / np.cbrt(3.0 * np.pi**2 * SATURATION_DENSITY)
