"""Backgrounds given by a few numbers: a uniform shell and an analytic crust."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from spectralcmi.errors import InputError
from spectralcmi.star.profiles import electromagnetic_profiles, electron_rates, require_inside

if TYPE_CHECKING:
    from spectralcmi.case.sections import Chiral, GourgouliatosCumming, UniformShell


def uniform_shell_radii(background: UniformShell) -> tuple[float, float]:
    """Radii of a uniform shell.

    Parameters
    ----------
    background : UniformShell
        With inner_radius and outer_radius [km].

    Returns
    -------
    inner_radius, outer_radius : float [km]

    Raises
    ------
    ValueError
        Unless 0 < inner_radius < outer_radius.
    """
    inner, outer = float(background.inner_radius), float(background.outer_radius)
    if not 0.0 < inner < outer:
        raise InputError(
            f"background.inner_radius={inner:g} must lie between 0 and outer_radius={outer:g} km"
        )
    return inner, outer


def uniform_shell_profiles(
    background: UniformShell, chiral: Chiral, radius: np.ndarray, time: float
) -> tuple[dict[str, np.ndarray], dict[str, float | str]]:
    """The coefficients of a uniform shell at given radii.

    Parameters
    ----------
    background : UniformShell
        With magnetic_diffusivity [km2/yr], hall_prefactor [km2/yr per 1e12 G] and
        chiral_wavenumber [1/km].
    chiral : Chiral
        Not used: there are no rates.
    radius : ndarray, shape (n,) [km]
    time : float
        Not used.

    Returns
    -------
    profiles : dict of ndarray, shape (n,)
    attributes : dict

    Raises
    ------
    ValueError
        If a radius lies outside the shell.
    """
    inner, outer = uniform_shell_radii(background)
    require_inside(radius, inner, outer)
    uniform = np.ones_like(radius)
    return {
        "magnetic_diffusivity": background.magnetic_diffusivity * uniform,
        "hall_prefactor": background.hall_prefactor * uniform,
        "chiral_wavenumber": background.chiral_wavenumber * uniform,
    }, {"background": "uniform_shell", "inner_radius_km": inner, "outer_radius_km": outer}


_STELLAR_RADIUS = 10.0  # km
_DEPTH = 0.0463  # n_e would vanish this fraction of the radius above the surface
_DEFAULT_TEMPERATURE = 1e9  # K


def gourgouliatos_cumming_radii(background: GourgouliatosCumming) -> tuple[float, float]:
    """Radii of the analytic crust: 0.9 R to R with R = 10 km.

    Parameters
    ----------
    background : GourgouliatosCumming
        Not used.

    Returns
    -------
    inner_radius, outer_radius : float [km]

    References
    ----------
    Gourgouliatos & Cumming, MNRAS 438, 1618 (2014): the model of the crust.
    """
    return 0.9 * _STELLAR_RADIUS, _STELLAR_RADIUS


def gourgouliatos_cumming_profiles(
    background: GourgouliatosCumming, chiral: Chiral, radius: np.ndarray, time: float
) -> tuple[dict[str, np.ndarray], dict[str, float | str]]:
    """The analytic crust at given radii.

    n_e = 2.5e34 [(1.0463 R - r)/(0.0463 R)]^4 cm-3,  sigma = 2 n_e^(2/3) s-1

    Parameters
    ----------
    background : GourgouliatosCumming
        With temperature [K] if it has one; only the capture rate depends on it, weakly.
    chiral : Chiral
        Section of the parameters; the prefactors of the rates are read.
    radius : ndarray, shape (n,) [km]
    time : float
        Not used.

    Returns
    -------
    profiles : dict of ndarray, shape (n,)
    attributes : dict

    Raises
    ------
    ValueError
        If a radius lies outside the crust.

    References
    ----------
    Gourgouliatos & Cumming, MNRAS 438, 1618 (2014): the model of the crust.
    """
    inner, outer = gourgouliatos_cumming_radii(background)
    require_inside(radius, inner, outer)
    height = (1.0 + _DEPTH) * _STELLAR_RADIUS - radius
    electron_density = 2.5e34 * (height / (_DEPTH * _STELLAR_RADIUS)) ** 4
    temperature = float(getattr(background, "temperature", _DEFAULT_TEMPERATURE))
    profiles = electromagnetic_profiles(electron_density, 2.0 * np.cbrt(electron_density) ** 2)
    profiles["temperature"] = np.full_like(radius, temperature)
    profiles.update(electron_rates(profiles, temperature, chiral))
    return profiles, {
        "background": "gourgouliatos_cumming",
        "stellar_radius_km": _STELLAR_RADIUS,
        "inner_radius_km": inner,
        "outer_radius_km": outer,
    }
