"""Radial profiles of the matter, and how they follow from its electrons."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from spectralcmi.constants import (
    ELEMENTARY_CHARGE,
    FIELD_UNIT,
    JULIAN_YEAR,
    KILOMETRE,
    SPEED_OF_LIGHT,
)
from spectralcmi.errors import InputError
from spectralcmi.star import rates

if TYPE_CHECKING:
    from spectralcmi.case.sections import Chiral

DIFFUSIVITY_UNIT = KILOMETRE**2 / JULIAN_YEAR  # cm2/s in one km2/yr

# name: (units, long name)
VARIABLES = {
    "density": ("g cm^-3", "mass-energy density"),
    "baryon_density": ("fm^-3", "baryon number density"),
    "electron_density": ("cm^-3", "electron number density"),
    "electron_fraction": ("1", "electrons per baryon"),
    "charge_number": ("1", "protons per Wigner-Seitz cell"),
    "mass_number": ("1", "nucleons bound in the nucleus"),
    "cell_mass_number": ("1", "nucleons per Wigner-Seitz cell"),
    "temperature": ("K", "temperature"),
    "electron_chemical_potential": ("MeV", "electron chemical potential with rest energy"),
    "electrical_conductivity": ("s^-1", "electrical conductivity"),
    "magnetic_diffusivity": ("km^2 julian_year^-1", "magnetic diffusivity"),
    "hall_prefactor": ("km^2 julian_year^-1 teragauss^-1", "Hall prefactor c/(4 pi e n_e)"),
    "collision_rate": ("s^-1", "collision rate of electrons"),
    "spin_flip_rate": ("s^-1", "rate of chirality flips"),
    "weak_rate": ("s^-1", "electron capture rate"),
    "heat_capacity": ("erg cm^-3 K^-1", "heat capacity per volume"),
    "thermal_conductivity": (
        "erg cm^-1 s^-1 K^-1",
        "thermal conductivity of the electrons without a magnetic field",
    ),
    "neutrino_emissivity": ("erg cm^-3 s^-1", "neutrino emissivity without a magnetic field"),
    "metric_potential": ("1", "metric potential Phi"),
    "metric_lambda": ("1", "radial metric potential Lambda"),
    "enclosed_mass": ("g", "gravitational mass inside the radius"),
}

#: Those of the heat equation.
HEAT = ("heat_capacity", "thermal_conductivity", "neutrino_emissivity")

# What a reader of the file must know beside the long name.
COMMENTS = {
    "heat_capacity": "electrons, ions and free neutrons, which pair as neutron_gap says",
    "neutrino_emissivity": "plasmon decay, bremsstrahlung of electrons and of free neutrons, and "
    "formation of neutron pairs as neutron_gap says",
    "spin_flip_rate": "(m_e c^2/mu_e)^2 omega_p^2/(4 pi sigma) times spin_flip_prefactor, and "
    "times 4 pi, as it is printed (arXiv:2505.06196, equation 7), with dehman_pons_2025",
    "weak_rate": "G_F^2 (1 + 3 g_A^2)/(2 pi^3 hbar) times the Fermi integral and "
    "weak_rate_prefactor: capture on free protons",
    "metric_potential": "ds^2 = -exp(2 Phi) c^2 dt^2 + exp(2 Lambda) dr^2 + r^2 dOmega^2, Phi zero "
    "far away",
    "metric_lambda": "exp(-2 Lambda) = 1 - 2 G m/(c^2 r)",
}


def electromagnetic_profiles(
    electron_density: np.ndarray, conductivity: np.ndarray
) -> dict[str, np.ndarray]:
    """Ohmic and Hall coefficients: eta = c^2/(4 pi sigma), f_h = c/(4 pi e n_e).

    Parameters
    ----------
    electron_density : ndarray [cm-3]
    conductivity : ndarray, same shape [s-1]

    Returns
    -------
    dict of ndarray
        In the units of `VARIABLES`.

    References
    ----------
    Dehman & Pons, arXiv:2408.05281, equation (5).
    """
    diffusivity = SPEED_OF_LIGHT**2 / (4.0 * np.pi * conductivity)
    hall = SPEED_OF_LIGHT / (4.0 * np.pi * ELEMENTARY_CHARGE * electron_density)
    return {
        "electron_density": electron_density,
        "electron_chemical_potential": rates.electron_chemical_potential(electron_density),
        "electrical_conductivity": conductivity,
        "magnetic_diffusivity": diffusivity / DIFFUSIVITY_UNIT,
        "hall_prefactor": hall * FIELD_UNIT / DIFFUSIVITY_UNIT,
    }


def electron_rates(
    profiles: Mapping[str, np.ndarray], temperature: float | np.ndarray, chiral: Chiral
) -> dict[str, np.ndarray]:
    """Rates at which electrons collide, flip their spin and are captured.

    Parameters
    ----------
    profiles : mapping of ndarray
        As of `electromagnetic_profiles`.
    temperature : float or ndarray [K]
    chiral : Chiral
        Section of the parameters; spin_flip_prefactor and weak_rate_prefactor are read.

    Returns
    -------
    dict of ndarray [s-1]
    """
    potential = profiles["electron_chemical_potential"]
    conductivity = profiles["electrical_conductivity"]
    return {
        "collision_rate": rates.collision_rate(potential, conductivity),
        "spin_flip_rate": rates.spin_flip_rate(potential, conductivity, chiral.spin_flip_prefactor),
        "weak_rate": rates.weak_rate(potential, temperature, chiral.weak_rate_prefactor),
    }


def require_inside(radius: np.ndarray, inner: float, outer: float) -> None:
    """Refuse radii outside a shell by more than rounding.

    Parameters
    ----------
    radius : ndarray [km]
    inner, outer : float [km]

    Raises
    ------
    ValueError
    """
    margin = 1e-9 * outer
    if np.any(radius < inner - margin) or np.any(radius > outer + margin):
        raise InputError(
            f"radius={radius.min():.9g} to {radius.max():.9g} km leaves the crust, "
            f"{inner:.9g} to {outer:.9g} km"
        )
