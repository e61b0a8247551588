"""Crust of a cold neutron star from its equation of state, composition and temperature."""

from functools import lru_cache

import numpy as np

from spectralcmi.constants import FERMI
from spectralcmi.star.conductivity import electrical_conductivity
from spectralcmi.star.equation_of_state import BSK24
from spectralcmi.star.files import file_version, naming
from spectralcmi.star.profiles import (
    chiral_attributes,
    chiral_profiles,
    chiral_rates,
    electromagnetic_profiles,
)
from spectralcmi.star.structure import crust_profile, solve_star
from spectralcmi.star.tabulated import read_equation_of_state
from spectralcmi.star.temperature import read_cooling_history, read_temperature_profile


def neutron_star_radii(background):
    """Bottom of the crust and the sphere of the outer density.

    Parameters
    ----------
    background : object
        With equation_of_state, mass and outer_density, and crust_core_density ("auto" or
        fm-3) if it has one.

    Returns
    -------
    inner_radius, outer_radius : float [km]

    Raises
    ------
    ValueError
        If there is no such star or no such crust.
    """
    profile = _density_profile(background, _equation_of_state(background))
    return profile.inner_radius, profile.outer_radius


def neutron_star_profiles(background, chiral, radius, time):
    """Everything about the crust at given radii.

    Parameters
    ----------
    background, chiral : object
    radius : ndarray, shape (n,) [km]
    time : float [yr]
        Matters only if the background has a cooling_history.

    Returns
    -------
    profiles : dict of ndarray, shape (n,)
        In the units of `profiles.VARIABLES`.
    attributes : dict

    Raises
    ------
    ValueError
        If there is no such star, or a radius lies outside its crust.
    """
    equation_of_state = _equation_of_state(background)
    profile = _density_profile(background, equation_of_state)
    baryon_density = profile.baryon_density(radius)
    density = equation_of_state.density(baryon_density)
    temperature = crust_temperature(background, radius, density, time)
    profiles = {"density": density, "baryon_density": baryon_density, "temperature": temperature}
    profiles.update(_matter(background, equation_of_state, baryon_density, temperature))
    profiles.update(chiral_rates(profiles, temperature, chiral))
    profiles.update(chiral_profiles(profiles, chiral))
    star = solve_star(equation_of_state, background.mass)
    return profiles, {
        "background": "neutron_star",
        "equation_of_state": equation_of_state.name,
        "composition": background.composition,
        "stellar_radius_km": star.radius,
        "mass_solar": star.mass,
        "central_density_g_cm3": star.central_density,
        "inner_radius_km": profile.inner_radius,
        "outer_radius_km": profile.outer_radius,
        **chiral_attributes(chiral),
    }


def _equation_of_state(background):
    name = background.equation_of_state
    if name == BSK24.name:
        return BSK24
    chosen = getattr(background, "crust_core_density", "auto")
    with naming("equation_of_state", name):
        return read_equation_of_state(name, None if chosen == "auto" else chosen)


def _density_profile(background, equation_of_state):
    inner = equation_of_state.crust_core_density
    with naming("outer_density", background.outer_density):
        outer = equation_of_state.baryon_density(background.outer_density)
        if outer >= inner:
            raise ValueError(
                f"exceeds {equation_of_state.density(inner):.4g} g/cm3, "
                "the density of the bottom of the crust"
            )
    with naming("mass", background.mass):
        return crust_profile(equation_of_state, background.mass, inner, outer)


def _matter(background, equation_of_state, baryon_density, temperature):
    """Composition, electrons and what the field does in them."""
    composition = equation_of_state.composition(baryon_density, background.composition)
    conductivity = electrical_conductivity(
        baryon_density,
        temperature,
        composition.charge_number,
        composition.mass_number,
        composition.cell_mass_number,
        background.impurity_parameter,
        composition.inner_fraction,
    )
    electron_density = composition.electron_fraction * baryon_density / FERMI**3
    return {
        "electron_fraction": composition.electron_fraction,
        "charge_number": composition.charge_number,
        "mass_number": composition.mass_number,
        "cell_mass_number": composition.cell_mass_number,
        **electromagnetic_profiles(electron_density, conductivity),
    }


# --- temperature ------------------------------------------------------------------------------


def crust_temperature(background, radius, density, time):
    """Temperature of the crust: a number, a radial profile or the value of a cooling history.

    Parameters
    ----------
    background : object
        With temperature [K], or instead a temperature_profile or a cooling_history (files).
    radius : ndarray [km]
    density : ndarray, same shape [g cm-3]
    time : float [yr]

    Returns
    -------
    ndarray, same shape [K]

    Raises
    ------
    ValueError
        If both files are given, or one of them cannot be read or does not reach far enough.
    """
    profile = getattr(background, "temperature_profile", None)
    history = getattr(background, "cooling_history", None)
    if profile and history:
        raise ValueError(
            f"background.temperature_profile={profile!r} excludes cooling_history={history!r}"
        )
    if profile:
        with naming("temperature_profile", profile):
            return _temperature_profile(file_version(profile))(radius, density)
    if history:
        with naming("cooling_history", history):
            temperature = _cooling_history(file_version(history)).temperature(time)
    else:
        temperature = float(background.temperature)
    return np.full_like(density, temperature)


def temperature_change_times(background, end):
    """Times at which the crust has to be built again, because its temperature has moved.

    Parameters
    ----------
    background : object
        Any background; all but one with a cooling_history have no such times. Such a one has a
        temperature_step: a change by a factor of 1 + temperature_step, up or down, asks for new
        coefficients.
    end : float [yr]

    Returns
    -------
    ndarray, shape (number of times,) [yr]
        Rising, from after 0 to `end`; the same whatever the run has done before.

    Raises
    ------
    ValueError
        If the history cannot be read, ends too early, or the step is not positive.
    """
    history = getattr(background, "cooling_history", None)
    if not history:
        return np.empty(0)
    with naming("cooling_history", history):
        cooling = _cooling_history(file_version(history))
        return cooling.change_times(end, background.temperature_step)


def operator_age(background, time, end):
    """Age of the star for which its operators are to be built, constant between changes.

    Parameters
    ----------
    background : object
        Any background; only for one with a cooling_history does the age matter. Its
        temperature_step is that of `temperature_change_times`.
    time, end : float [yr]
        A time of the run (one of change belongs to what comes before) and the run's end.

    Returns
    -------
    float [yr]

    Raises
    ------
    ValueError
        If the history cannot be read, ends too early, or the step is not positive.
    """
    history = getattr(background, "cooling_history", None)
    if not history:
        return 0.0
    with naming("cooling_history", history):
        cooling = _cooling_history(file_version(history))
        return cooling.operator_age(time, end, background.temperature_step)


@lru_cache(maxsize=8)
def _temperature_profile(version):
    return read_temperature_profile(version[0])


@lru_cache(maxsize=8)
def _cooling_history(version):
    return read_cooling_history(version[0])
