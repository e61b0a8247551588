"""The chiral magnetic effect: its constants, its source, and how the matter responds to the field.

A current along the field, (c/4 pi) k5 B, flows where electrons of one chirality outnumber those of
the other:

    c E = eta (curl B - k5 B) + ...
    n5  = (A E.B + n_e Gamma_w_eff)/Gamma_f,    mu5 = (mu_e/3) n5/n_e,    k5 = C mu5/(hbar c)

E.B = (eta/c)(B.curl B - k5 B^2), as the Hall field is normal to B. The quasi-steady n5 thus
responds to the field by k5 = k5_source + beta (B.curl B - k5 B^2): here are k5_source and beta, and
in `spectralcmi.terms.closure` the k5 that follows from them.

References
----------
Dehman & Pons, arXiv:2408.05281, equations (5)-(9).
Dehman & Pons, Phys. Rev. Research 7, 033231 (2025), arXiv:2505.06196, equations (1)-(7): the same
with all constants in print.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from spectralcmi.constants import (
    FINE_STRUCTURE_CONSTANT,
    HBAR_C,
    KILOMETRE,
    REDUCED_PLANCK_CONSTANT,
    SPEED_OF_LIGHT,
)
from spectralcmi.star.profiles import DIFFUSIVITY_UNIT
from spectralcmi.star.rates import weak_rate_effective

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from spectralcmi.case.sections import Chiral


class Convention(NamedTuple):
    """Constants of the chiral effect that belong together.

    Attributes
    ----------
    coefficient : float
        C in k5 = C mu5/(hbar c).
    energy_share : float
        Chemical energy of an electron that changes its chirality, over mu5: 1 where mu5 is half of
        mu_R - mu_L, 1/2 where it is the whole.
    spin_flips : float
        Factor on the spin-flip rate (m_e c^2/mu_e)^2 omega_p^2/(4 pi sigma).
    """

    coefficient: float
    energy_share: float = 1.0
    spin_flips: float = 1.0


#: The constants by the name of their convention.
CHIRAL_CONVENTIONS = {
    "textbook": Convention(2.0 * FINE_STRUCTURE_CONSTANT / np.pi),
    "dehman_pons": Convention(FINE_STRUCTURE_CONSTANT / (2.0 * np.pi)),
    "dehman_pons_2025": Convention(4.0 * FINE_STRUCTURE_CONSTANT, 0.5, 4.0 * np.pi),
}

#: Profiles of the matter that the source of the imbalance follows from.
MATTER = ("electron_density", "electron_chemical_potential", "weak_rate", "spin_flip_rate")

#: name: (units, long name) of the profiles that are made here
VARIABLES = {
    "delta_mu": ("1", "deviation from beta equilibrium over k_B T"),
    "weak_rate_effective": ("s^-1", "net electron capture rate out of beta equilibrium"),
    "chiral_fraction": ("1", "chiral imbalance per electron n5/n_e"),
    "chiral_chemical_potential": ("MeV", "chiral chemical potential"),
    "chiral_wavenumber": ("km^-1", "chiral wave number of the source, without cutoff"),
    "chiral_wavelength": ("km", "chiral wavelength 2 pi/|k5|, without cutoff"),
    "anomaly_feedback": ("gauss^-2", "weight of B.curl B in the chiral wave number"),
}


# --- conventions ------------------------------------------------------------------------------


def chiral_convention(convention: str) -> Convention:
    """The constants of a convention.

    Parameters
    ----------
    convention : {"textbook", "dehman_pons", "dehman_pons_2025"}
        textbook: C = 2 alpha/pi, Gaussian units. dehman_pons: C = alpha/(2 pi), the one choice that
        reproduces the paper's pair mu5 = 1e-10 MeV and lambda5 = 1e-2 km. dehman_pons_2025: what
        its successor prints, C = 4 alpha, A = 2 alpha/(pi hbar), a spin-flip rate without the 4 pi
        of Gaussian units, and mu5 the whole of mu_R - mu_L.

    Returns
    -------
    Convention

    Raises
    ------
    ValueError
        If the convention is unknown.

    References
    ----------
    Dehman & Pons, arXiv:2408.05281, text about equation (9).
    Dehman & Pons, arXiv:2505.06196, equations (3), (4) and (7).
    """
    if convention not in CHIRAL_CONVENTIONS:
        names = ", ".join(CHIRAL_CONVENTIONS)
        raise ValueError(f"convention={convention!r} is none of {names}")
    return CHIRAL_CONVENTIONS[convention]


def chiral_coefficient(convention: str) -> float:
    """The constant C in k5 = C mu5/(hbar c); parameters as of `chiral_convention`."""
    return chiral_convention(convention).coefficient


def anomaly_constant(convention: str = "textbook") -> float:
    """The constant A in dn5/dt = A E.B + ...: A = C/(4 pi hbar) over the energy share.

    Parameters
    ----------
    convention : {"textbook", "dehman_pons", "dehman_pons_2025"}

    Returns
    -------
    float [erg-1 s-1]

    Raises
    ------
    ValueError
        If the convention is unknown.

    Notes
    -----
    Energy fixes it: the chemical energy mu5 dn5, times the energy share of the convention, is what
    the current (c/4 pi) k5 B takes from or gives to the field, whatever C is.
    """
    constants = chiral_convention(convention)
    return constants.coefficient / (4.0 * np.pi * REDUCED_PLANCK_CONSTANT) / constants.energy_share


# --- the source and the response of the matter -------------------------------------------------


def chiral_fraction(rate_effective: ArrayLike, flip_rate: ArrayLike) -> np.ndarray:
    """Chiral imbalance n5/n_e where sources and spin flips balance: Gamma_w_eff/Gamma_f.

    Parameters
    ----------
    rate_effective, flip_rate : array_like [s-1]

    Returns
    -------
    ndarray, both shapes broadcast

    References
    ----------
    Dehman & Pons, arXiv:2408.05281, equation (7) without the term in E.B.
    """
    return np.divide(rate_effective, flip_rate)


def chiral_chemical_potential(chemical_potential: ArrayLike, fraction: ArrayLike) -> np.ndarray:
    """Chiral chemical potential of relativistic electrons: mu5 = (mu_e/3) n5/n_e.

    Parameters
    ----------
    chemical_potential : array_like [MeV]
    fraction : array_like
        n5/n_e.

    Returns
    -------
    ndarray, both shapes broadcast [MeV]

    References
    ----------
    Dehman & Pons, arXiv:2408.05281, equation (8).
    """
    return np.multiply(chemical_potential, fraction) / 3.0


def source_wavenumber(chiral_potential: ArrayLike, convention: str = "textbook") -> np.ndarray:
    """Wave number of a chiral chemical potential, C mu5/(hbar c): no response, no cutoff.

    Parameters
    ----------
    chiral_potential : array_like [MeV]
    convention : {"textbook", "dehman_pons", "dehman_pons_2025"}

    Returns
    -------
    ndarray, same shape [cm-1]

    Raises
    ------
    ValueError
        If the convention is unknown.

    See Also
    --------
    spectralcmi.terms.closure.closure : k5 as it is where there is a field.

    References
    ----------
    Dehman & Pons, arXiv:2408.05281, equation (9).
    """
    return chiral_coefficient(convention) * np.asarray(chiral_potential) / HBAR_C


def anomaly_feedback(
    chemical_potential: ArrayLike,
    electron_density: ArrayLike,
    magnetic_diffusivity: ArrayLike,
    flip_rate: ArrayLike,
    convention: str = "textbook",
) -> np.ndarray:
    """Weight beta of the field's own helicity production in the chiral wave number.

    beta = kappa A (eta/c)/Gamma_f, kappa = C mu_e/(3 n_e hbar c); see
    `spectralcmi.terms.closure`.

    Parameters
    ----------
    chemical_potential : array_like [MeV]
    electron_density : array_like [cm-3]
    magnetic_diffusivity : array_like [cm2 s-1]
    flip_rate : array_like [s-1]
    convention : {"textbook", "dehman_pons", "dehman_pons_2025"}

    Returns
    -------
    ndarray, all shapes broadcast [G-2]

    Raises
    ------
    ValueError
        If the convention is unknown.

    References
    ----------
    Dehman & Pons, arXiv:2408.05281, equations (5), (7)-(9), solved for k5.
    """
    density = np.multiply(3.0, electron_density)
    kappa = np.multiply(chiral_coefficient(convention), chemical_potential) / (density * HBAR_C)
    length = np.divide(magnetic_diffusivity, SPEED_OF_LIGHT)
    return np.divide(kappa * anomaly_constant(convention) * length, flip_rate)


def chiral_profiles(
    matter: Mapping[str, np.ndarray], chiral: Chiral, delta_mu: np.ndarray | None = None
) -> dict[str, np.ndarray]:
    """The chiral imbalance that the rates leave, and how the field acts back on it.

    Parameters
    ----------
    matter : mapping of ndarray, shape (radius,)
        With `MATTER` and magnetic_diffusivity, in the units of `spectralcmi.star.profiles`.
    chiral : Chiral
        Section of the parameters; delta_mu and convention are read.
    delta_mu : ndarray, shape (radius,), optional
        Deviation from beta equilibrium over k_B T; default: that of the section everywhere.

    Returns
    -------
    dict of ndarray, shape (radius,)
        `VARIABLES`, in their units.

    Raises
    ------
    ValueError
        If the convention is unknown.
    """
    potential, flip = matter["electron_chemical_potential"], matter["spin_flip_rate"]
    deviation = chiral.delta_mu if delta_mu is None else delta_mu
    weak_effective = weak_rate_effective(matter["weak_rate"], deviation)
    fraction = chiral_fraction(weak_effective, flip)
    chiral_potential = chiral_chemical_potential(potential, fraction)
    wavenumber = source_wavenumber(chiral_potential, chiral.convention) * KILOMETRE
    feedback = anomaly_feedback(
        potential,
        matter["electron_density"],
        matter["magnetic_diffusivity"] * DIFFUSIVITY_UNIT,
        flip,
        chiral.convention,
    )
    return {
        "delta_mu": np.broadcast_to(deviation, np.shape(potential)).astype(float),
        "weak_rate_effective": weak_effective,
        "chiral_fraction": fraction,
        "chiral_chemical_potential": chiral_potential,
        "chiral_wavenumber": wavenumber,
        "chiral_wavelength": chiral_wavelength(wavenumber),
        "anomaly_feedback": feedback,
    }


def prescribed_profiles(given: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The chiral profiles where the wave number of the source is prescribed.

    Parameters
    ----------
    given : mapping of ndarray, shape (radius,)
        With chiral_wavenumber [km-1]; anomaly_feedback [G-2], if it is there.

    Returns
    -------
    dict of ndarray, shape (radius,)
        chiral_wavenumber, chiral_wavelength [km] and anomaly_feedback, zero if not given: without
        rates the field cannot act back on the imbalance.
    """
    wavenumber = given["chiral_wavenumber"]
    return {
        "chiral_wavenumber": wavenumber,
        "chiral_wavelength": chiral_wavelength(wavenumber),
        "anomaly_feedback": given.get("anomaly_feedback", np.zeros_like(wavenumber)),
    }


def chiral_wavelength(wavenumber: np.ndarray) -> np.ndarray:
    """2 pi/|k5|, infinite where there is no chiral effect.

    Parameters
    ----------
    wavenumber : ndarray [km-1]

    Returns
    -------
    ndarray, same shape [km]
    """
    magnitude = np.abs(wavenumber)
    infinite = np.full_like(magnitude, np.inf)
    return np.divide(2.0 * np.pi, magnitude, out=infinite, where=magnitude > 0.0)
