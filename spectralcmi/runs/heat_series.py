"""What is measured of the temperature along a run whose temperature is evolved.

Names are those of `spectralcmi.heat.cooling`; powers and energies are seen from infinity.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import xarray as xr

from spectralcmi.heat.radial import BUDGET, SIGNS

if TYPE_CHECKING:
    from spectralcmi.fields.state import State
    from spectralcmi.grid.shell import Shell
    from spectralcmi.runs.thermal import ThermalSample

JOULE, SUPPLY, PHOTON, ENVELOPE, CRUST, CORE = range(len(BUDGET))


class Measured(Protocol):
    """What a measurement is made of, see `spectralcmi.runs.series.Sample`."""

    @property
    def thermal(self) -> Any:
        """A `ThermalSample`: it is only asked for where the temperature is evolved."""


#: Series by name: (function of a sample, units, long name).
HEAT: dict[str, tuple[Callable[[Measured], float], str, str]] = {
    "T_b": (
        lambda s: s.thermal.star.end_temperatures(s.thermal.u)[1],
        "K",
        "temperature at the outer radius of the crust, as measured there",
    ),
    "T_core": (
        lambda s: s.thermal.star.end_temperatures(s.thermal.u)[0],
        "K",
        "temperature at the bottom of the crust, as measured there",
    ),
    "T_s_eff_inf": (
        lambda s: s.thermal.star.effective_temperature(s.thermal.powers[PHOTON]),
        "K",
        "effective temperature of the surface, seen from infinity",
    ),
    "L_gamma_inf": (
        lambda s: s.thermal.powers[PHOTON],
        "erg s^-1",
        "photon luminosity, seen from infinity",
    ),
    "L_nu_core_inf": (
        lambda s: s.thermal.powers[CORE],
        "erg s^-1",
        "neutrino luminosity of the core, seen from infinity",
    ),
    "L_nu_crust_inf": (
        lambda s: s.thermal.powers[CRUST],
        "erg s^-1",
        "neutrino luminosity of the crust, seen from infinity",
    ),
    "L_nu_envelope_inf": (
        lambda s: s.thermal.powers[ENVELOPE],
        "erg s^-1",
        "neutrino luminosity of the envelope, seen from infinity",
    ),
    "joule_power_inf": (
        lambda s: s.thermal.powers[JOULE],
        "erg s^-1",
        "heat that the field sets free, seen from infinity, Int e^(2 Phi) Q_J dV with what the "
        "angular dissipation takes",
    ),
    "thermal_energy": (
        lambda s: s.thermal.star.equation.energy(s.thermal.u),
        "erg",
        "thermal energy of crust and core, seen from infinity",
    ),
    "joule_energy": (
        lambda s: s.thermal.energies[JOULE],
        "erg",
        "time integral of joule_power_inf since the start",
    ),
    "core_supply_energy": (
        lambda s: s.thermal.energies[SUPPLY],
        "erg",
        "heat that a core of given temperature has supplied since the start",
    ),
    "photon_energy": (
        lambda s: s.thermal.energies[PHOTON],
        "erg",
        "time integral of L_gamma_inf since the start",
    ),
    "neutrino_energy": (
        lambda s: float(np.sum(s.thermal.energies[[ENVELOPE, CRUST, CORE]])),
        "erg",
        "time integral of the three neutrino luminosities since the start",
    ),
}

#: Beside them: the mean, over the interval before, of what the balance of the heat lacks.
RESIDUAL = (
    "heat_budget_residual",
    "erg s^-1",
    "change of thermal_energy minus what has come and gone, mean over the interval before, seen "
    "from infinity",
)


def gained(sample: Measured) -> float:
    """What the thermal energy should have gained since the start [erg]."""
    return float(SIGNS @ sample.thermal.energies)


# --- snapshots ----------------------------------------------------------------------------------

#: Variables of a snapshot by name: (dimensions, long name), all in K.
SNAPSHOT = {
    "temperature": (("radius",), "temperature of the crust, mean over the sphere, measured there"),
    "surface_temperature": (
        ("colatitude", "longitude"),
        "temperature of the surface above the envelope, as measured there",
    ),
    "temperature_lm": (("radius", "lm"), "temperature of the crust, T_lm(r), without its mean"),
}
#: Of them what there is only where the temperature depends on the angles.
LOCAL = ("temperature_lm",)


def temperatures_of(thermal: ThermalSample, field: State) -> dict[str, np.ndarray]:
    """The temperature of a snapshot, by the names of `SNAPSHOT`.

    Parameters
    ----------
    thermal : ThermalSample
    field : State
        At the same time.
    """
    parts = {
        "temperature": thermal.star.profile(thermal.u),
        "surface_temperature": thermal.star.surface_temperature(thermal.u, field),
    }
    if thermal.u.ndim > 1:
        star: Any = thermal.star  # one whose temperature depends on the angles
        parts["temperature_lm"] = star.coefficients_of_degrees(thermal.u)
    return parts


def surface_coordinates(shell: Shell) -> dict[str, tuple]:
    """Coordinates of the maps of the surface."""
    harmonics = shell.harmonics
    return {
        "colatitude": (
            "colatitude", harmonics.colatitude, {"units": "rad", "long_name": "colatitude"},
        ),
        "longitude": ("longitude", harmonics.longitude, {"units": "rad", "long_name": "longitude"}),
    }  # fmt: skip


def stored_temperatures(
    temperatures: list[dict[str, np.ndarray]], shell: Shell, is_local: bool
) -> dict[str, tuple]:
    """Variables of a dataset from `temperatures_of` each of its snapshots."""
    harmonics = shell.harmonics
    lengths = {
        "radius": shell.basis.storage_radius.size,
        "colatitude": harmonics.colatitude.size,
        "longitude": harmonics.longitude.size,
        "lm": harmonics.size,
    }
    variables = {}
    for name, (dims, long_name) in SNAPSHOT.items():
        if name in LOCAL and not is_local:
            continue
        shape = (len(temperatures), *(lengths[dim] for dim in dims))
        kind = complex if name in LOCAL else float
        values = np.array([part[name] for part in temperatures], dtype=kind).reshape(shape)
        variables[name] = (("snapshot", *dims), values, {"units": "K", "long_name": long_name})
    return variables


def stored_snapshots(dataset: xr.Dataset, template: xr.Dataset) -> list[dict[str, np.ndarray]]:
    """The temperatures of the snapshots of a dataset, for going on.

    Parameters
    ----------
    dataset : Dataset
    template : Dataset
        Of the run as it goes on: where its grid is another, they are interpolated to it. Nan where
        the run had no temperature, or other degrees.

    Returns
    -------
    list of dict
        As of `temperatures_of`.
    """
    count = dataset.sizes["snapshot"]
    parts: list[dict[str, np.ndarray]] = [{} for _ in range(count)]
    for name, (dims, _) in SNAPSHOT.items():
        if name not in template:
            continue
        shape = tuple(template.sizes[dim] for dim in dims)
        values = np.full((count, *shape), np.nan)
        same_degrees = "lm" not in dims or dataset.sizes["lm"] == template.sizes["lm"]
        if name in dataset and same_degrees:
            values = _on_grid(dataset[name], template, dims)
        for part, value in zip(parts, values, strict=True):
            part[name] = value
    return parts


def _on_grid(values: xr.DataArray, template: xr.Dataset, dims: tuple[str, ...]) -> np.ndarray:
    wanted = {dim: template[dim].values for dim in dims if dim != "lm"}
    dims = tuple(wanted)
    if all(np.array_equal(values[dim], wanted[dim]) for dim in dims):
        return values.values
    for dim in dims:
        if values.sizes[dim] == 1:  # an axisymmetric surface
            values = values.isel({dim: np.zeros(wanted[dim].size, dtype=int)})
            values = values.assign_coords({dim: wanted[dim]})
        else:
            values = values.interp({dim: wanted[dim]}, kwargs={"fill_value": "extrapolate"})
    return values.values
