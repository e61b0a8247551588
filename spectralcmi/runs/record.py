"""What a run has measured so far, and the dataset that is made of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import xarray as xr

from spectralcmi import __version__
from spectralcmi.case.parameters import Parameters
from spectralcmi.constants import FIELD_UNIT, JULIAN_YEAR
from spectralcmi.fields.state import State
from spectralcmi.grid.shell import Shell
from spectralcmi.grid.stored import basis_attributes, metric_attributes
from spectralcmi.profiles.given_table import run_variables
from spectralcmi.runs.chirality import CAPTURES, attributes_of
from spectralcmi.runs.dataset import SCHEMA_VERSION
from spectralcmi.runs.diagnostics import DIAGNOSTICS, Diagnostic
from spectralcmi.runs.heat_series import (
    HEAT,
    RESIDUAL,
    gained,
    stored_temperatures,
    surface_coordinates,
    temperatures_of,
)
from spectralcmi.runs.own_diagnostics import OWN, lengths
from spectralcmi.runs.series import ACCUMULATED, INERTIA, POWER_UNIT, SERIES, Sample, Series
from spectralcmi.runs.tails import TAILS, small_until
from spectralcmi.runs.thermal import ThermalSample

CONVENTIONS = (
    "B = curl curl (P r_vec) + curl (T r_vec); orthonormal Y_lm with Condon-Shortley phase, orders "
    "m >= 0 of a real field; B_r = l(l+1) P/r; Gaussian CGS; energy balance: "
    "dE/dt = ohmic_power + chiral_power + angular_dissipation_power, E with the exterior"
)


@dataclass
class RunRecord:
    """Everything a run has measured so far.

    Attributes
    ----------
    parameters : Parameters
    shell : Shell
    series : dict of str to list
        Values of each diagnostic and series at `times`.
    times, snapshot_times : list of float
        [yr]
    snapshots : list of (ndarray, ndarray)
        P_lm [G km] and T_lm [G] on the storage radii, complex (order, lm).
    temperatures : list of dict
        Of each snapshot the variables of `spectralcmi.runs.heat_series.temperatures_of`, where the
        temperature is evolved.
    balance : tuple of float, or None
        Time, energy and integrated powers at the last sample.
    heat_balance : tuple of float, or None
        Thermal energy and what it should have gained at the last sample.
    attributes : dict
        Further attributes of the dataset, such as how the run ended.
    own : tuple of Diagnostic
        The user's own diagnostics, see `spectralcmi.runs.own_diagnostics`.
    """

    parameters: Parameters
    shell: Shell
    series: dict[str, list] = field(default_factory=dict)
    times: list[float] = field(default_factory=list)
    snapshot_times: list[float] = field(default_factory=list)
    snapshots: list[tuple[np.ndarray, np.ndarray]] = field(default_factory=list)
    temperatures: list[dict[str, np.ndarray]] = field(default_factory=list)
    balance: tuple[float, ...] | None = None
    heat_balance: tuple[float, ...] | None = None
    attributes: dict[str, str | float] = field(default_factory=dict)
    own: tuple[Diagnostic, ...] = ()

    @property
    def _diagnostics(self) -> dict[str, Diagnostic]:
        return {**DIAGNOSTICS, **{one.name: one for one in self.own}}

    def add(self, sample: Sample) -> None:
        """Measure all diagnostics of a sample."""
        # before anything is kept: one of the user's own may raise, and the run is saved without
        measured = {name: measure(sample.state) for name, measure in self._diagnostics.items()}
        self.times.append(sample.state.time)
        for name, value in measured.items():
            self.series.setdefault(name, []).append(value)
        for name, (function, _, _) in self._series_of_samples().items():
            self.series.setdefault(name, []).append(function(sample))
        if sample.thermal is not None:
            self.series.setdefault(RESIDUAL[0], []).append(self._heat_residual(sample))
        self.series.setdefault("budget_residual", []).append(self._residual(sample))
        self.series.setdefault("captures_per_electron", []).append(self._captures(sample))
        if sample.electrons is not None and "electron_number" not in self.attributes:
            self.attributes |= attributes_of(sample.electrons, sample.state.shell)

    def _residual(self, sample: Sample) -> float:
        """Mean over the interval since the last sample of dE/dt minus all powers [erg/s]."""
        now = (sample.state.time, sample.total_energy, float(sample.totals[:3].sum()))
        before, self.balance = self.balance, now
        if before is None or now[0] == before[0]:
            return 0.0
        change = (now[1] - before[1]) - (now[2] - before[2])
        return POWER_UNIT * change / (now[0] - before[0])

    def _series_of_samples(self) -> Series:
        thermal, hall = self.parameters.thermal, self.parameters.hall
        of_electrons = INERTIA if hall.enabled and hall.inertia else {}
        return {**SERIES, **(HEAT if thermal.enabled else {}), **of_electrons}

    def _heat_residual(self, sample: Sample) -> float:
        """Mean over the interval since the last sample of what the balance of heat lacks."""
        now = (self.series["thermal_energy"][-1], gained(sample))
        before, self.heat_balance = self.heat_balance, now
        if before is None or self.times[-1] == self.times[-2]:
            return 0.0
        lacking = (now[0] - before[0]) - (now[1] - before[1])
        return lacking / (JULIAN_YEAR * (self.times[-1] - self.times[-2]))

    def _captures(self, sample: Sample) -> float:
        """Captures per electron since the start [1], none where the crust has no rates."""
        before = self.series.get("captures_per_electron")
        if not before or sample.electrons is None:
            return 0.0
        # the rate changes only where the temperature or delta_mu does, a little at a time
        rate = sum(self.series[CAPTURES][-2:]) / 2
        years = self.times[-1] - self.times[-2]
        return before[-1] + rate * JULIAN_YEAR * years / sample.electrons.number(sample.state.shell)

    def add_snapshot(self, state: State, thermal: ThermalSample | None = None) -> None:
        """Keep the whole field, and the temperature where it is evolved."""
        self.snapshot_times.append(state.time)
        if thermal is not None:
            self.temperatures.append(temperatures_of(thermal, state))
        # in the units of the dataset, so that a stored field comes back bit by bit
        poloidal, toroidal = state.on_storage_points()
        self.snapshots.append((FIELD_UNIT * poloidal, FIELD_UNIT * toroidal))

    def note_changes(self, time: float, changed: Mapping[str, tuple], energy_ratio: float) -> None:
        """Keep in the attribute `changes` what changed, if anything did, when a run went on.

        Parameters
        ----------
        time : float
            When [yr].
        changed : mapping
            Old and new values by key.
        energy_ratio : float
            Magnetic energy after over that before, below 1 where the new resolution holds less.
        """
        if changed:
            noted = json.loads(str(self.attributes.get("changes", "[]")))
            entry = {"time": time, "changed": dict(changed), "energy_ratio": energy_ratio}
            self.attributes["changes"] = json.dumps([*noted, entry])

    def to_dataset(self) -> xr.Dataset:
        """The dataset of the run so far."""
        further, radii, of_table = run_variables(self.parameters.background)
        variables = {**self._series_variables(), **self._snapshot_variables(), **further}
        attributes = {
            "title": "Evolution of a neutron-star crustal magnetic field",
            "source": f"spectralcmi {__version__}",
            "Conventions": "CF-1.11",
            "field_conventions": CONVENTIONS,
            "schema_version": SCHEMA_VERSION,
            "spectralcmi_version": __version__,
            "parameters": self.parameters.to_json(),
            **basis_attributes(self.shell.basis),
            **metric_attributes(self.shell.metric),
            **self._star(),
            **self._heat(),
            **self._tails(),
            **of_table,
            **({OWN: " ".join(one.name for one in self.own)} if self.own else {}),
            **self.attributes,
        }
        return xr.Dataset(variables, {**self._coordinates(), **radii}, attributes)

    def _coordinates(self) -> dict[str, tuple]:
        harmonics, year = self.shell.harmonics, "julian_year"
        degrees = np.arange(1, harmonics.lmax + 1)
        orders = np.arange(0, harmonics.mmax + 1, harmonics.mres)
        radii, taken = self.shell.basis.storage_radius, np.array(self.snapshot_times)
        coordinates = {
            "time": _variable("time", np.array(self.times), year, "time"),
            "degree": _variable("degree", degrees, "1", "spherical-harmonic degree"),
            "order": _variable("order", orders, "1", "spherical-harmonic order"),
            "snapshot": _variable("snapshot", taken, year, "time of the snapshot"),
            "radius": _variable("radius", radii, "km", "radius"),
            "degree_of_lm": _variable("lm", harmonics.degree, "1", "degree of the coefficient"),
            "order_of_lm": _variable("lm", harmonics.order, "1", "order of the coefficient"),
        }
        if self.parameters.thermal.enabled:
            coordinates |= surface_coordinates(self.shell)
        return coordinates

    def _star(self) -> dict[str, float]:
        """The radius of the star, where it is known."""
        radius = self.shell.stellar_radius
        return {} if radius is None else {"stellar_radius_km": radius}

    def _heat(self) -> dict[str, str]:
        """What decides the temperature, where it is evolved."""
        thermal = self.parameters.thermal
        names = ("envelope", "neutron_gap", "proton_gap") if thermal.enabled else ()
        return {name: getattr(thermal, name) for name in names}

    def _tails(self) -> dict[str, float]:
        """Attributes of `TAILS`."""
        return {
            attribute: small_until(self.times, self.series.get(name, []))
            for attribute, name in TAILS.items()
        }

    def _series_variables(self) -> dict[str, tuple]:
        variables: dict[str, tuple] = {}
        length = lengths(self.shell)
        for name, declaration in self._diagnostics.items():
            shape = (len(self.times), *(length[dim] for dim in declaration.dims))
            values = np.array(self.series.get(name, [])).reshape(shape)
            dims = ("time", *declaration.dims)
            variables[name] = _variable(dims, values, declaration.units, declaration.long_name)
        series = self._series_of_samples()
        declared = {name: (units, long_name) for name, (_, units, long_name) in series.items()}
        if self.parameters.thermal.enabled:
            declared[RESIDUAL[0]] = RESIDUAL[1:]
        for name, (units, long_name) in {**declared, **ACCUMULATED}.items():
            values = np.array(self.series.get(name, []), dtype=float)
            variables[name] = _variable("time", values, units, long_name)
        return variables

    def _snapshot_variables(self) -> dict[str, tuple]:
        basis, harmonics = self.shell.basis, self.shell.harmonics
        shape = (len(self.snapshots), basis.storage_radius.size, harmonics.size)
        dims, variables = ("snapshot", "radius", "lm"), {}
        for part, name, units in ((0, "poloidal", "gauss km"), (1, "toroidal", "gauss")):
            values = np.empty(shape, dtype=complex)
            for i, snapshot in enumerate(self.snapshots):
                values[i] = snapshot[part]
            long_name = f"{name} scalar {'PT'[part]}_lm(r)"
            variables[name] = _variable(dims, values, units, long_name)
        if self.parameters.thermal.enabled:
            is_local = self.parameters.thermal.dimension == "full"
            variables |= stored_temperatures(self.temperatures, self.shell, is_local)
        return variables


def _variable(
    dims: str | tuple[str, ...], values: np.ndarray, units: str, long_name: str
) -> tuple[str | tuple[str, ...], np.ndarray, dict[str, str]]:
    return dims, values, {"units": units, "long_name": long_name}
