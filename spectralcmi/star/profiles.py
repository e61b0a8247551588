"""What the induction equation needs along the radius, and how it follows from the electrons."""

import numpy as np

from spectralcmi.constants import (
    ELEMENTARY_CHARGE,
    FIELD_UNIT,
    JULIAN_YEAR,
    KILOMETRE,
    SPEED_OF_LIGHT,
)
from spectralcmi.star import rates

DIFFUSIVITY_UNIT = KILOMETRE**2 / JULIAN_YEAR  # cm2/s in one km2/yr

# name: (units, long name)
VARIABLES = {
    "density": ("g cm-3", "mass-energy density"),
    "baryon_density": ("fm-3", "baryon number density"),
    "electron_density": ("cm-3", "electron number density"),
    "electron_fraction": ("1", "electrons per baryon"),
    "charge_number": ("1", "protons per Wigner-Seitz cell"),
    "mass_number": ("1", "nucleons bound in the nucleus"),
    "cell_mass_number": ("1", "nucleons per Wigner-Seitz cell"),
    "temperature": ("K", "temperature"),
    "electron_chemical_potential": ("MeV", "electron chemical potential with rest energy"),
    "electrical_conductivity": ("s-1", "electrical conductivity"),
    "magnetic_diffusivity": ("km2 yr-1", "magnetic diffusivity"),
    "hall_prefactor": ("km2 yr-1 (1e12 G)-1", "Hall prefactor c/(4 pi e n_e)"),
    "collision_rate": ("s-1", "collision rate of electrons"),
    "spin_flip_rate": ("s-1", "rate of chirality flips"),
    "weak_rate": ("s-1", "electron capture rate"),
    "weak_rate_effective": ("s-1", "net electron capture rate out of beta equilibrium"),
    "chiral_fraction": ("1", "chiral imbalance per electron n5/n_e"),
    "chiral_chemical_potential": ("MeV", "chiral chemical potential"),
    "chiral_wavenumber": ("km-1", "chiral wave number of the source, without cutoff"),
    "chiral_wavelength": ("km", "chiral wavelength 2 pi/|k5|, without cutoff"),
    "anomaly_feedback": ("G-2", "weight of B.curl B in the chiral wave number"),
}

# What a reader of the file must know beside the long name.
COMMENTS = {
    "spin_flip_rate": "(m_e c^2/mu_e)^2 omega_p^2/(4 pi sigma) times spin_flip_prefactor; the "
    "prefactor of the published equation could not be read",
    "weak_rate": "G_F^2 (1 + 3 g_A^2)/(2 pi^3 hbar) times the Fermi integral and "
    "weak_rate_prefactor; the prefactor of the published equation could not be read",
}


def electromagnetic_profiles(electron_density, conductivity):
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


def chiral_rates(profiles, temperature, chiral):
    """Rates that make and destroy the chiral imbalance.

    Parameters
    ----------
    profiles : dict
        As of `electromagnetic_profiles`.
    temperature : float or ndarray [K]
    chiral : object
        With spin_flip_prefactor and weak_rate_prefactor.

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


def chiral_profiles(profiles, chiral):
    """The chiral imbalance that the rates leave, and how the field acts back on it.

    Parameters
    ----------
    profiles : dict
        With electron_density, electron_chemical_potential, magnetic_diffusivity, weak_rate and
        spin_flip_rate in the units of `VARIABLES`.
    chiral : object
        With delta_mu and convention.

    Returns
    -------
    dict of ndarray
        In the units of `VARIABLES`.
    """
    potential, flip = profiles["electron_chemical_potential"], profiles["spin_flip_rate"]
    weak_effective = rates.weak_rate_effective(profiles["weak_rate"], chiral.delta_mu)
    fraction = rates.chiral_fraction(weak_effective, flip)
    chiral_potential = rates.chiral_chemical_potential(potential, fraction)
    wavenumber = rates.chiral_wavenumber(chiral_potential, chiral.convention) * KILOMETRE
    feedback = rates.anomaly_feedback(
        potential,
        profiles["electron_density"],
        profiles["magnetic_diffusivity"] * DIFFUSIVITY_UNIT,
        flip,
        chiral.convention,
    )
    return {
        "weak_rate_effective": weak_effective,
        "chiral_fraction": fraction,
        "chiral_chemical_potential": chiral_potential,
        "chiral_wavenumber": wavenumber,
        "chiral_wavelength": chiral_wavelength(wavenumber),
        "anomaly_feedback": feedback,
    }


def chiral_wavelength(wavenumber):
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


def chiral_attributes(chiral):
    """What the chiral profiles depend on beside the star.

    Parameters
    ----------
    chiral : object

    Returns
    -------
    dict of str or float
    """
    return {
        "chiral_convention": chiral.convention,
        "delta_mu": float(chiral.delta_mu),
        "spin_flip_prefactor": float(chiral.spin_flip_prefactor),
        "weak_rate_prefactor": float(chiral.weak_rate_prefactor),
    }


def require_inside(radius, inner, outer):
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
        raise ValueError(
            f"radius={radius.min():.9g} to {radius.max():.9g} km leaves the crust, "
            f"{inner:.9g} to {outer:.9g} km"
        )
