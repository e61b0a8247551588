"""The crust as the solver sees it: radial profiles of every coefficient, as one Dataset."""

import numpy as np
import xarray as xr

from spectralcmi.constants import (
    ELEMENTARY_CHARGE,
    FERMI,
    JULIAN_YEAR,
    KILOMETRE,
    SPEED_OF_LIGHT,
)
from spectralcmi.star import rates
from spectralcmi.star.composition import composition_bsk24
from spectralcmi.star.conductivity import electrical_conductivity
from spectralcmi.star.equation_of_state import BSK24
from spectralcmi.star.structure import crust_profile, solve_star

DIFFUSIVITY_UNIT = KILOMETRE**2 / JULIAN_YEAR  # cm2/s in one km2/yr
FIELD_UNIT = 1e12  # G
DEFAULT_POINTS = 401

# name: (units, long name)
VARIABLES = {
    "density": ("g cm-3", "mass-energy density"),
    "baryon_density": ("fm-3", "baryon number density"),
    "electron_density": ("cm-3", "electron number density"),
    "electron_fraction": ("1", "electrons per baryon"),
    "charge_number": ("1", "protons per Wigner-Seitz cell"),
    "mass_number": ("1", "nucleons bound in the nucleus"),
    "cell_mass_number": ("1", "nucleons per Wigner-Seitz cell"),
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


def crust_radii(background):
    """Radii between which the background is defined.

    Parameters
    ----------
    background : object
        Attributes as the keys of the case file's section [background].

    Returns
    -------
    inner_radius, outer_radius : float [km]

    Raises
    ------
    ValueError
        If the background cannot be built.
    """
    return _background(background.kind)[0](background)


def build_crust(background, chiral, radius=None):
    """Radial profiles of everything that the induction equation needs.

    Parameters
    ----------
    background : object
        Attributes as the keys of the case file's section [background].
    chiral : object
        Attributes as the keys of the case file's section [chiral]; delta_mu, convention and the
        two prefactors are read.
    radius : array_like, shape (n,), optional
        Where to evaluate the profiles [km]; by default 401 points from end to end. The profiles
        are evaluated there, not interpolated to there.

    Returns
    -------
    xarray.Dataset
        Dimension `radius`, the variables of `VARIABLES` as far as the background has them.
        `chiral_wavenumber` is k5 without the term in E.B and without cutoff; with it
        k5 = (chiral_wavenumber + anomaly_feedback B.curl B)/(1 + anomaly_feedback B^2).

    Raises
    ------
    ValueError
        If the background cannot be built or a radius lies outside it.
    """
    if radius is None:
        radius = np.linspace(*crust_radii(background), DEFAULT_POINTS)
    radius = np.array(radius, dtype=float)
    profiles, attributes = _background(background.kind)[1](background, chiral, radius)
    return _dataset(radius, profiles, attributes)


def _background(kind):
    if kind not in BACKGROUNDS:
        raise ValueError(f"background.kind={kind!r} is none of {', '.join(BACKGROUNDS)}")
    return BACKGROUNDS[kind]


def _dataset(radius, profiles, attributes):
    unknown = set(profiles) - set(VARIABLES)
    if unknown:
        raise ValueError(f"variables {sorted(unknown)} have no declared units")
    variables = {
        name: ("radius", profiles[name], {"units": units, "long_name": long_name})
        for name, (units, long_name) in VARIABLES.items()
        if name in profiles
    }
    coordinates = {"radius": ("radius", radius, {"units": "km", "long_name": "radius"})}
    return xr.Dataset(variables, coordinates, {"Conventions": "CF-1.11", **attributes})


# --- a neutron star ---------------------------------------------------------------------------


def _neutron_star_profile(background):
    equation_of_state = _equation_of_state(background.equation_of_state)
    inner = equation_of_state.crust_core_density
    outer = equation_of_state.baryon_density(background.outer_density)
    if outer >= inner:
        raise ValueError(
            f"background.outer_density={background.outer_density:g} g/cm3 exceeds "
            f"{equation_of_state.density(inner):.4g}, the density of the bottom of the crust"
        )
    return crust_profile(equation_of_state, background.mass, inner, outer)


def _equation_of_state(name):
    if name != BSK24.name:
        raise ValueError(f"background.equation_of_state={name!r} is not {BSK24.name!r}")
    return BSK24


def _neutron_star_radii(background):
    profile = _neutron_star_profile(background)
    return profile.inner_radius, profile.outer_radius


def _neutron_star(background, chiral, radius):
    equation_of_state = _equation_of_state(background.equation_of_state)
    profile = _neutron_star_profile(background)
    baryon_density = profile.baryon_density(radius)
    star = solve_star(equation_of_state, background.mass)
    profiles = _matter(baryon_density, equation_of_state, background)
    profiles.update(_chirality(profiles, background.temperature, chiral))
    return profiles, {
        "background": "neutron_star",
        "equation_of_state": equation_of_state.name,
        "stellar_radius_km": star.radius,
        "mass_solar": star.mass,
        "central_density_g_cm3": star.central_density,
        "inner_radius_km": profile.inner_radius,
        "outer_radius_km": profile.outer_radius,
        "chiral_convention": chiral.convention,
    }


def _matter(baryon_density, equation_of_state, background):
    """Composition, electrons and what the field does in them."""
    composition = composition_bsk24(baryon_density, background.composition)
    electron_density = composition.electron_fraction * baryon_density / FERMI**3
    conductivity = electrical_conductivity(
        baryon_density,
        background.temperature,
        composition.charge_number,
        composition.mass_number,
        composition.cell_mass_number,
        background.impurity_parameter,
        composition.inner_fraction,
    )
    return {
        "density": equation_of_state.density(baryon_density),
        "baryon_density": baryon_density,
        "electron_density": electron_density,
        "electron_fraction": composition.electron_fraction,
        "charge_number": composition.charge_number,
        "mass_number": composition.mass_number,
        "cell_mass_number": composition.cell_mass_number,
        **_electromagnetism(electron_density, conductivity),
    }


def _electromagnetism(electron_density, conductivity):
    diffusivity = SPEED_OF_LIGHT**2 / (4.0 * np.pi * conductivity)
    hall = SPEED_OF_LIGHT / (4.0 * np.pi * ELEMENTARY_CHARGE * electron_density)
    return {
        "electron_chemical_potential": rates.electron_chemical_potential(electron_density),
        "electrical_conductivity": conductivity,
        "magnetic_diffusivity": diffusivity / DIFFUSIVITY_UNIT,
        "hall_prefactor": hall * FIELD_UNIT / DIFFUSIVITY_UNIT,
    }


def _chirality(profiles, temperature, chiral):
    """Rates, and the chiral imbalance that they leave in the absence of a field."""
    potential = profiles["electron_chemical_potential"]
    conductivity = profiles["electrical_conductivity"]
    flip = rates.spin_flip_rate(potential, conductivity, chiral.spin_flip_prefactor)
    weak = rates.weak_rate(potential, temperature, chiral.weak_rate_prefactor)
    weak_effective = rates.weak_rate_effective(weak, chiral.delta_mu)
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
        "collision_rate": rates.collision_rate(potential, conductivity),
        "spin_flip_rate": flip,
        "weak_rate": weak,
        "weak_rate_effective": weak_effective,
        "chiral_fraction": fraction,
        "chiral_chemical_potential": chiral_potential,
        "chiral_wavenumber": wavenumber,
        "chiral_wavelength": _wavelength(wavenumber),
        "anomaly_feedback": feedback,
    }


def _wavelength(wavenumber):
    """2 pi/|k5|, infinite where there is no chiral effect."""
    magnitude = np.abs(wavenumber)
    infinite = np.full_like(magnitude, np.inf)
    return np.divide(2.0 * np.pi, magnitude, out=infinite, where=magnitude > 0.0)


# --- a shell of uniform matter ----------------------------------------------------------------


def _uniform_shell_radii(background):
    inner, outer = background.inner_radius, background.outer_radius
    if not 0.0 < inner < outer:
        raise ValueError(
            f"background.inner_radius={inner:g} must lie between 0 and outer_radius={outer:g} km"
        )
    return float(inner), float(outer)


def _uniform_shell(background, chiral, radius):
    inner, outer = _uniform_shell_radii(background)
    _require_inside(radius, inner, outer)
    uniform = np.ones_like(radius)
    wavenumber = background.chiral_wavenumber * uniform
    return {
        "magnetic_diffusivity": background.magnetic_diffusivity * uniform,
        "hall_prefactor": background.hall_prefactor * uniform,
        "chiral_wavenumber": wavenumber,
        "chiral_wavelength": _wavelength(wavenumber),
        # Without rates the field cannot act back on the imbalance.
        "anomaly_feedback": 0.0 * uniform,
    }, {"background": "uniform_shell", "inner_radius_km": inner, "outer_radius_km": outer}


def _require_inside(radius, inner, outer):
    margin = 1e-9 * outer
    if np.any(radius < inner - margin) or np.any(radius > outer + margin):
        raise ValueError(
            f"radius={radius.min():.9g} to {radius.max():.9g} km leaves the shell, "
            f"{inner:.9g} to {outer:.9g} km"
        )


# kind: (radii of a background, profiles of a background)
BACKGROUNDS = {
    "neutron_star": (_neutron_star_radii, _neutron_star),
    "uniform_shell": (_uniform_shell_radii, _uniform_shell),
}
