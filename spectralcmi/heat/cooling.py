"""A star that cools without a magnetic field, from its birth on."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike

from spectralcmi.build import build_shell
from spectralcmi.case.parameters import Parameters
from spectralcmi.constants import JULIAN_YEAR
from spectralcmi.errors import InputError
from spectralcmi.heat.advance import HeatIntegrator
from spectralcmi.heat.radial import BUDGET, SIGNS, RadialHeat
from spectralcmi.heat.star import initial_temperature, radial_heat, redshift_of

#: name: (units, long name)
VARIABLES: Mapping[str, tuple[str, str]] = {
    "T_b": ("K", "temperature at the outer radius, 1e10 g/cm3, local"),
    "T_core": ("K", "temperature at the bottom of the crust, local"),
    "T_s_eff_inf": ("K", "effective temperature of the surface, seen from infinity"),
    "L_gamma_inf": ("erg s^-1", "photon luminosity seen from infinity"),
    "L_nu_core_inf": ("erg s^-1", "neutrino luminosity of the core, seen from infinity"),
    "L_nu_crust_inf": ("erg s^-1", "neutrino luminosity of the crust, seen from infinity"),
    "L_nu_envelope_inf": ("erg s^-1", "neutrino luminosity of the envelope, seen from infinity"),
    "thermal_energy": ("erg", "thermal energy of crust and core, seen from infinity"),
    "heat_budget_residual": (
        "erg s^-1",
        "change of thermal_energy minus what has come and gone, mean since the time before, seen "
        "from infinity",
    ),
}
_LUMINOSITIES = {
    "photon": "L_gamma_inf",
    "core_neutrino": "L_nu_core_inf",
    "crust_neutrino": "L_nu_crust_inf",
    "envelope_neutrino": "L_nu_envelope_inf",
}


def cooling_curve(parameters: Parameters, times: ArrayLike | None = None) -> xr.Dataset:
    """Temperatures and luminosities of a star that cools without a magnetic field.

    Parameters
    ----------
    parameters : Parameters
        Of a neutron star, valid with thermal.enabled; of [thermal] everything but `enabled`,
        `dimension` and `lmax` is read. The grid is that of the case.
    times : array_like, shape (k,), optional
        Ascending, after 0 [yr]; by default 51 from 1 to 1e5 yr.

    Returns
    -------
    xarray.Dataset
        `VARIABLES` against time, and the local `temperature` against time and radius.

    Raises
    ------
    InputError
        If the times do not ascend from above 0, or the case excludes thermal.enabled: it has
        another background, a temperature of its own or no radial elements.

    Examples
    --------
    >>> import spectralcmi as cmi
    >>> curve = cooling_curve(cmi.Parameters(), [1.0, 10.0])
    >>> float(curve.T_b[1]) < float(curve.T_b[0]) < 1e9
    True

    Notes
    -----
    1e5 yr of the default star take 500 steps, half a second.
    """
    times = np.geomspace(1.0, 1e5, 51) if times is None else np.array(times, dtype=float)
    if times.ndim != 1 or not times.size or not np.all(np.diff(times, prepend=0.0) > 0):
        raise InputError("times: must ascend from above 0")
    parameters = parameters.replace(
        {"thermal.enabled": True, "thermal.dimension": "radial", "thermal.lmax": 0}
    )
    shell = build_shell(parameters)
    equation = radial_heat(parameters, shell)
    thermal = parameters.thermal
    start = equation.uniform(initial_temperature(parameters, equation.core))
    integrator = HeatIntegrator(equation, start, tolerance=thermal.tolerance)
    redshift = redshift_of(parameters, shell)
    series: dict[str, list[float]] = {name: [] for name in VARIABLES}
    profiles = []
    energy = equation.energy(start)
    heat = np.zeros_like(start)
    for time, length in zip(times, np.diff(times, prepend=0.0), strict=True):
        gained = float(SIGNS @ integrator.advance(float(time), heat))
        values = _state(equation, integrator.u, redshift)
        lacking = values["thermal_energy"] - energy - gained
        values["heat_budget_residual"] = lacking / (length * JULIAN_YEAR)
        energy = values["thermal_energy"]
        for name, value in values.items():
            series[name].append(value)
        profiles.append(_profile(equation, integrator.u))
    return _dataset(parameters, shell.basis.storage_radius, times, series, profiles)


def _state(equation: RadialHeat, u: np.ndarray, redshift: float) -> dict[str, float]:
    """Values of `VARIABLES` but the residual."""
    powers = dict(zip(BUDGET, equation.powers(u) / JULIAN_YEAR, strict=True))
    inner, outer = equation.end_temperatures(u)
    return {
        "T_b": outer,
        "T_core": inner,
        "T_s_eff_inf": equation.surface.effective_temperature(powers["photon"], redshift),
        **{name: float(powers[part]) for part, name in _LUMINOSITIES.items()},
        "thermal_energy": equation.energy(u),
    }


def _profile(equation: RadialHeat, u: np.ndarray) -> np.ndarray:
    """Local temperature [K] on the storage radii."""
    basis = equation.basis
    radius = basis.basis.storage_radius
    values = basis.basis.evaluate_toroidal(u[:, None], radius)[0][:, 0]
    return values / np.exp(basis.metric.potential(radius))


def _dataset(
    parameters: Parameters,
    radius: np.ndarray,
    times: np.ndarray,
    series: Mapping[str, list[float]],
    profiles: list[np.ndarray],
) -> xr.Dataset:
    thermal = parameters.thermal
    variables: dict[str, tuple] = {
        name: ("time", series[name], {"units": units, "long_name": long_name})
        for name, (units, long_name) in VARIABLES.items()
    }
    variables["temperature"] = (
        ("time", "radius"),
        np.array(profiles),
        {"units": "K", "long_name": "temperature, local"},
    )
    coordinates = {
        "time": ("time", times, {"units": "julian_year", "long_name": "time at infinity"}),
        "radius": ("radius", radius, {"units": "km", "long_name": "radius"}),
    }
    attributes = {
        "Conventions": "CF-1.11",
        "metric": parameters.metric.kind,
        "envelope": thermal.envelope,
        "neutron_gap": thermal.neutron_gap,
        "proton_gap": thermal.proton_gap,
    }
    return xr.Dataset(variables, coordinates, attributes)
