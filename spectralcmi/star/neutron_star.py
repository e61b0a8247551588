"""Crust of a cold neutron star from its equation of state, composition and temperature."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from spectralcmi.star.core import CoreThermal, core_thermal
from spectralcmi.star.crust_profile import CrustProfile, crust_profile
from spectralcmi.star.equation_of_state import BSK24, EquationOfState
from spectralcmi.star.files import file_version, naming
from spectralcmi.star.impurities import read_impurity_profile
from spectralcmi.star.profiles import HEAT, electromagnetic_profiles, electron_rates
from spectralcmi.star.structure import Star, solve_star
from spectralcmi.star.tabulated import read_equation_of_state
from spectralcmi.star.temperature import (
    CoolingHistory,
    read_cooling_history,
    read_temperature_profile,
)
from spectralcmi.star.thermal_matter import ThermalMatter

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike

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
    background: NeutronStar,
    chiral: Chiral,
    radius: np.ndarray,
    time: float,
    temperature: np.ndarray | None = None,
    neutron_gap: str = "sfb",
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
    temperature : ndarray, shape (n,), optional [K]
        In place of that of the background.
    neutron_gap : str
        See `spectralcmi.star.superfluidity`.

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
    structure = {name: values.copy() for name, values in _structure_at(profile, radius).items()}
    baryon_density = structure.pop("baryon_density")
    density = equation_of_state.density(baryon_density)
    if temperature is None:
        temperature = crust_temperature(background, radius, density, time)
    profiles = {"density": density, "baryon_density": baryon_density, "temperature": temperature}
    matter = _thermal_matter(background, equation_of_state, baryon_density, neutron_gap)
    profiles.update(_matter(matter, temperature))
    profiles.update(electron_rates(profiles, temperature, chiral))
    profiles.update(structure)
    star = solve_star(equation_of_state, background.mass)
    return profiles, {
        "background": "neutron_star",
        "equation_of_state": equation_of_state.name,
        "composition": background.composition,
        "neutron_gap": matter.neutron_gap,
        "stellar_radius_km": star.radius,
        "mass_solar": star.mass,
        "central_density_g_cm3": star.central_density,
        "inner_radius_km": profile.inner_radius,
        "outer_radius_km": profile.outer_radius,
    }


def _structure_at(profile: CrustProfile, radius: np.ndarray) -> dict[str, np.ndarray]:
    """Baryon density and metric at some radii."""
    return _structure_at_bytes(profile, np.asarray(radius, dtype=float).tobytes())


@lru_cache(maxsize=4)
def _structure_at_bytes(profile: CrustProfile, radius: bytes) -> dict[str, np.ndarray]:
    """As `_structure_at`: kept, since a star that cools is asked for the same radii at each step.

    It takes far longer than all that depends on the temperature.
    """
    radii = np.frombuffer(radius)
    return {
        "baryon_density": profile.baryon_density(radii),
        "metric_potential": profile.potential(radii),
        "metric_lambda": profile.radial_potential(radii),
        "enclosed_mass": profile.enclosed_mass(radii),
    }


def _equation_of_state(background: NeutronStar) -> EquationOfState:
    name = background.equation_of_state
    if name == BSK24.name:
        return BSK24
    chosen = getattr(background, "crust_core_density", "auto")
    with naming("equation_of_state", name):
        return read_equation_of_state(name, chosen if isinstance(chosen, float) else None)


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


def _matter(matter: ThermalMatter, temperature: np.ndarray) -> dict[str, np.ndarray]:
    """Composition, electrons and what field and heat do in them."""
    composition, heat = matter.composition, matter.profiles(temperature)
    return {
        "electron_fraction": composition.electron_fraction,
        "charge_number": composition.charge_number,
        "mass_number": composition.mass_number,
        "cell_mass_number": composition.cell_mass_number,
        **electromagnetic_profiles(matter.electron_density, heat["electrical_conductivity"]),
        **{name: heat[name] for name in HEAT},
    }


# --- heat ------------------------------------------------------------------------------------


def thermal_matter(
    background: NeutronStar, radius: ArrayLike, neutron_gap: str = "sfb"
) -> ThermalMatter:
    """The matter of the crust at given radii, ready to be evaluated at any temperature.

    Parameters
    ----------
    background : NeutronStar
    radius : array_like, any shape [km]
    neutron_gap : str
        Key of `spectralcmi.star.superfluidity.NEUTRON_GAPS`.

    Returns
    -------
    ThermalMatter

    Raises
    ------
    ValueError
        If there is no such star, or a radius lies outside its crust.
    """
    equation_of_state = _equation_of_state(background)
    baryon_density = _density_profile(background, equation_of_state).baryon_density(radius)
    return _thermal_matter(background, equation_of_state, baryon_density, neutron_gap)


def thermal_profiles(
    background: NeutronStar,
    radius: ArrayLike,
    temperature: ArrayLike,
    neutron_gap: str = "sfb",
) -> dict[str, np.ndarray]:
    """Coefficients of the heat equation at radii and temperatures.

    Parameters
    ----------
    background : NeutronStar
    radius, temperature : array_like
        [km] and [K], shapes that broadcast: (n, 1) and (m,) make a table.
    neutron_gap : str
        Key of `spectralcmi.star.superfluidity.NEUTRON_GAPS`.

    Returns
    -------
    dict of ndarray
        See `spectralcmi.star.thermal_matter.ThermalMatter.profiles`.

    Raises
    ------
    ValueError
        As in `thermal_matter`.
    """
    return thermal_matter(background, radius, neutron_gap).profiles(temperature)


def _thermal_matter(
    background: NeutronStar,
    equation_of_state: EquationOfState,
    baryon_density: np.ndarray,
    neutron_gap: str = "sfb",
) -> ThermalMatter:
    composition = equation_of_state.composition(baryon_density, background.composition)
    impurities = _impurity_parameter(background, equation_of_state, baryon_density)
    return ThermalMatter(baryon_density, composition, impurities, neutron_gap)


def _impurity_parameter(
    background: NeutronStar, equation_of_state: EquationOfState, baryon_density: np.ndarray
) -> float | np.ndarray:
    """Q_imp: a number, or a profile against the mass density."""
    profile = getattr(background, "impurity_profile", "")
    if not profile:
        return background.impurity_parameter
    with naming("impurity_profile", profile):
        return _impurity_profile(file_version(profile))(equation_of_state.density(baryon_density))


@lru_cache(maxsize=8)
def _impurity_profile(version: tuple) -> Callable[..., np.ndarray]:
    return read_impurity_profile(version[0])


def neutron_star_core(background: NeutronStar, proton_gap: str = "none") -> CoreThermal:
    """The core of the star as one isothermal body.

    Parameters
    ----------
    background : NeutronStar
    proton_gap : str
        Key of `spectralcmi.star.superfluidity.PROTON_GAPS`.

    Returns
    -------
    CoreThermal

    Raises
    ------
    ValueError
        If there is no such star.
    """
    return core_thermal(neutron_star(background), proton_gap)


def neutron_star(background: NeutronStar) -> Star:
    """The whole star: its mass and radius, and its structure down to the centre.

    Parameters
    ----------
    background : NeutronStar

    Returns
    -------
    Star

    Raises
    ------
    ValueError
        If there is no such star.
    """
    equation_of_state = _equation_of_state(background)
    with naming("mass", background.mass):
        return solve_star(equation_of_state, background.mass)


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
        return cooling.change_times(end, getattr(background, "temperature_step", 0.0))


def temperature_end(background: Background) -> float:
    """Year [yr] at which what is known of the temperature ends: that of a cooling_history.

    Parameters
    ----------
    background : Background
        Any background; infinite for all but one with a cooling_history.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        If the history cannot be read.
    """
    history = getattr(background, "cooling_history", None)
    if not history:
        return float("inf")
    with naming("cooling_history", history):
        return float(_cooling_history(file_version(history)).times[-1])


@lru_cache(maxsize=8)
def _temperature_profile(version: tuple) -> Callable[..., np.ndarray]:
    return read_temperature_profile(version[0])


@lru_cache(maxsize=8)
def _cooling_history(version: tuple) -> CoolingHistory:
    return read_cooling_history(version[0])
