"""Crust of a cold neutron star from its equation of state, composition and temperature."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from spectralcmi.constants import FERMI
from spectralcmi.star.conductivity import electrical_conductivity
from spectralcmi.star.equation_of_state import BSK24, EquationOfState
from spectralcmi.star.files import file_version, naming
from spectralcmi.star.profiles import electromagnetic_profiles, electron_rates
from spectralcmi.star.structure import CrustProfile, crust_profile, solve_star
from spectralcmi.star.tabulated import read_equation_of_state
from spectralcmi.star.temperature import (
    CoolingHistory,
    read_cooling_history,
    read_temperature_profile,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from spectralcmi.case.sections import Background, Chiral, NeutronStar


def neutron_star_radii(background: NeutronStar) -> tuple[float, float]:
    """Bottom of the crust and the sphere of the outer density.

    Parameters
    ----------
    background : NeutronStar
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
    profile = neutron_star_structure(background)
    return profile.inner_radius, profile.outer_radius


def neutron_star_structure(background: NeutronStar) -> CrustProfile:
    """Baryon density, enclosed mass and metric of the crust as functions of the radius.

    Parameters
    ----------
    background : NeutronStar
        As of `neutron_star_radii`.

    Returns
    -------
    CrustProfile

    Raises
    ------
    ValueError
        If there is no such star or no such crust.
    """
    return _density_profile(background, _equation_of_state(background))


def neutron_star_jumps(background: NeutronStar) -> tuple[float, ...]:
    """Radii [km] at which the profiles jump: those of a layered composition, ascending."""
    if background.composition != "layered":
        return ()
    equation_of_state = _equation_of_state(background)
    profile = _density_profile(background, equation_of_state)
    limits = np.log(equation_of_state.layer_limits())
    outer, inner = profile.squared_radius.domain
    within = limits[(limits > outer) & (limits < inner)]
    return tuple(sorted(np.sqrt(profile.squared_radius(within)).tolist()))


def neutron_star_profiles(
    background: NeutronStar, chiral: Chiral, radius: np.ndarray, time: float
) -> tuple[dict[str, np.ndarray], dict[str, float | str]]:
    """Everything about the matter of the crust at given radii.

    Parameters
    ----------
    background : NeutronStar
    chiral : Chiral
        Section of the parameters; the prefactors of the rates are read.
    radius : ndarray, shape (n,) [km]
    time : float [yr]
        Matters only if the background has a cooling_history.

    Returns
    -------
    profiles : dict of ndarray, shape (n,)
        In the units of `spectralcmi.star.profiles.VARIABLES`.
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
    profiles.update(electron_rates(profiles, temperature, chiral))
    profiles["metric_potential"] = profile.potential(radius)
    profiles["metric_lambda"] = profile.radial_potential(radius)
    profiles["enclosed_mass"] = profile.enclosed_mass(radius)
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
    }


def _equation_of_state(background: NeutronStar) -> EquationOfState:
    name = background.equation_of_state
    if name == BSK24.name:
        return BSK24
    chosen = getattr(background, "crust_core_density", "auto")
    with naming("equation_of_state", name):
        return read_equation_of_state(name, None if chosen == "auto" else chosen)


def _density_profile(background: NeutronStar, equation_of_state: EquationOfState) -> CrustProfile:
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


def _matter(
    background: NeutronStar,
    equation_of_state: EquationOfState,
    baryon_density: np.ndarray,
    temperature: np.ndarray,
) -> dict[str, np.ndarray]:
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


def crust_temperature(
    background: NeutronStar, radius: np.ndarray, density: np.ndarray, time: float
) -> np.ndarray:
    """Temperature of the crust: a number, a radial profile or the value of a cooling history.

    Parameters
    ----------
    background : NeutronStar
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


def temperature_change_times(background: Background, end: float | None = None) -> np.ndarray:
    """Times at which the crust has to be built again, because its temperature has moved.

    Parameters
    ----------
    background : Background
        Any background; all but one with a cooling_history have no such times. Such a one has a
        temperature_step: a change by a factor of 1 + temperature_step, up or down, asks for new
        coefficients.
    end : float, optional [yr]
        Default: where the history ends.

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
        end = cooling.times[-1] if end is None else end
        return cooling.change_times(end, background.temperature_step)


def operator_age(background: Background, time: float, end: float) -> float:
    """Age of the star for which its operators are to be built, constant between changes.

    Parameters
    ----------
    background : Background
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
def _temperature_profile(version: tuple) -> Callable[..., np.ndarray]:
    return read_temperature_profile(version[0])


@lru_cache(maxsize=8)
def _cooling_history(version: tuple) -> CoolingHistory:
    return read_cooling_history(version[0])
