"""What a run stores: the schema of its dataset, and how it is read and interpolated."""

from __future__ import annotations

import contextlib
import json
import math
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import numpy as np
import xarray as xr

from spectralcmi import __version__
from spectralcmi.case.parameters import (
    Parameters,
    parameters_from_json,
    parameters_of_version_1,
)
from spectralcmi.checksums import Integrity, integrity
from spectralcmi.complex_parts import complex_variable, with_parts
from spectralcmi.constants import FIELD_UNIT, JULIAN_YEAR
from spectralcmi.errors import InputError
from spectralcmi.fields.state import State, state_from_storage
from spectralcmi.grid.harmonics import Harmonics
from spectralcmi.grid.shell import Shell
from spectralcmi.grid.stored import (
    basis_attributes,
    metric_attributes,
    stored_basis,
    stored_metric,
)
from spectralcmi.netcdf_files import (
    ENGINE,
    DamagedFileError,
    MissingGroupError,
    NetcdfError,
    UnreadableFileError,
    load_netcdf,
    open_netcdf,
)
from spectralcmi.profiles.given_table import recall_background, run_variables
from spectralcmi.runs.chirality import CAPTURES, CHIRALITY, attributes_of
from spectralcmi.runs.diagnostics import DIAGNOSTICS, ENERGY_UNIT, Diagnostic
from spectralcmi.runs.heat_series import (
    HEAT,
    RESIDUAL,
    gained,
    stored_temperatures,
    surface_coordinates,
    temperatures_of,
)
from spectralcmi.runs.output_file import OutputFile, previous_generation
from spectralcmi.runs.own_diagnostics import OWN, lengths
from spectralcmi.runs.thermal import ThermalSample
from spectralcmi.terms.electric_field import ShellMeasures
from spectralcmi.terms.electrons import Electrons

#: Version 1 had one global expansion only; its files are read and gone on with.
SCHEMA_VERSION = 2
READABLE_VERSIONS = (1, 2)
CONVENTIONS = (
    "B = curl curl (P r_vec) + curl (T r_vec); orthonormal Y_lm with Condon-Shortley phase, orders "
    "m >= 0 of a real field; B_r = l(l+1) P/r; Gaussian CGS; energy balance: "
    "dE/dt = ohmic_power + chiral_power + angular_dissipation_power, E with the exterior"
)
POWER_UNIT = ENERGY_UNIT / JULIAN_YEAR
#: Up to this size of its tail a field counts as resolved.
SMALL_TAIL = 1e-3
#: Attributes that tell until when tails are small, and the series of the tails.
TAILS = {"tails_small_until_degree": "tail_degree", "tails_small_until_radius": "tail_radial"}

_WRITING = threading.Lock()


class RunFileError(InputError):
    """A file that is not a readable run; its text is one line."""


@dataclass(frozen=True)
class Sample:
    """What is known at an output time.

    Attributes
    ----------
    state : State
    summary : ShellMeasures
    rates, totals : ndarray, shape (quadratures,)
        Rates and integrals of the quadratures of `InductionModel`, times 8 pi.
    step : float
        Time step by which the run came here [yr].
    steps, rejected : int
    electrons : Electrons, optional
        Those of the crust at that time; None where it has no rates.
    convention : str
        Of the chiral effect, see `spectralcmi.terms.chiral.chiral_convention`.
    thermal : ThermalSample, optional
        Of a run whose temperature is evolved.
    inertial_square : float
        Energy of the electrons' inertia, in the unit of `totals`.
    """

    state: State
    summary: ShellMeasures
    rates: np.ndarray
    totals: np.ndarray
    step: float
    steps: int
    rejected: int
    electrons: Electrons | None = None
    convention: str = "textbook"
    thermal: ThermalSample | None = None
    inertial_square: float = 0.0

    @property
    def total_energy(self) -> float:
        """Energy of the field in the shell and outside and of the electrons, as `totals`."""
        return self.state.energy + self.inertial_square


def _volume_mean(sample: Sample, values: np.ndarray) -> float:
    shell = sample.state.shell
    return float(shell.proper_integral(values) / shell.volume)


#: Series that need more than the field: name -> (function of a sample, units, long name).
SERIES: dict[str, tuple[Callable[[Sample], float], str, str]] = {
    "maximum_field": (
        lambda s: FIELD_UNIT * float(np.sqrt(s.summary.maximum_square.max())),
        "gauss",
        "largest field on the quadrature grid, as measured there",
    ),
    "ohmic_power": (
        lambda s: POWER_UNIT * s.rates[0],
        "erg s^-1",
        "rate of change of the magnetic energy by Ohmic decay, negative, seen from infinity",
    ),
    "chiral_power": (
        lambda s: POWER_UNIT * s.rates[1],
        "erg s^-1",
        "rate of change of the magnetic energy by the chiral magnetic effect, seen from infinity",
    ),
    "angular_dissipation_power": (
        lambda s: POWER_UNIT * s.rates[2],
        "erg s^-1",
        "rate of change of the magnetic energy by angular dissipation, negative, seen from "
        "infinity",
    ),
    "ohmic_energy": (
        lambda s: ENERGY_UNIT * s.totals[0],
        "erg",
        "time integral of ohmic_power since the start",
    ),
    "chiral_energy": (
        lambda s: ENERGY_UNIT * s.totals[1],
        "erg",
        "time integral of chiral_power since the start",
    ),
    "angular_dissipation_energy": (
        lambda s: ENERGY_UNIT * s.totals[2],
        "erg",
        "time integral of angular_dissipation_power since the start",
    ),
    "chiral_energy_released": (
        lambda s: ENERGY_UNIT * s.totals[3],
        "erg",
        "chemical energy released since the start, seen from infinity, "
        "-Int Int e^(2 Phi) J5.E dV dt",
    ),
    "mean_k5": (
        lambda s: _volume_mean(s, s.summary.wavenumber),
        "km^-1",
        "mean of the chiral wavenumber after the cutoff, over the proper volume",
    ),
    "saturated_fraction": (
        lambda s: _volume_mean(s, s.summary.saturated),
        "1",
        "share of the proper volume where the chiral wavenumber exceeds the cutoff",
    ),
    **CHIRALITY,
    "time_step": (lambda s: s.step, "julian_year", "time step"),
    "accepted_steps": (lambda s: float(s.steps), "1", "accepted time steps since the start"),
    "rejected_steps": (lambda s: float(s.rejected), "1", "rejected time steps since the start"),
}


#: Beside them, where hall.inertia is not 0.
INERTIA: dict[str, tuple[Callable[[Sample], float], str, str]] = {
    "inertial_energy": (
        lambda s: ENERGY_UNIT * s.inertial_square,
        "erg",
        "energy of the electrons' inertia, Int e^(2 Phi) f_h hall.inertia J^2 dV/(8 pi), seen from "
        "infinity",
    ),
}

#: Series that need more than a sample: name -> (units, long name).
ACCUMULATED = {
    "budget_residual": (
        "erg s^-1",
        "change of energy minus all powers, mean over the interval before, seen from infinity",
    ),
    "captures_per_electron": (
        "1",
        "net captures since the start over the number of electrons, "
        "Int dt Int e^Phi n_e Gamma_w_eff dV / Int n_e dV",
    ),
}


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

    def _series_of_samples(self) -> dict[str, tuple[Callable[[Sample], float], str, str]]:
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
        harmonics, basis = self.shell.harmonics, self.shell.basis
        coordinates = {
            "time": ("time", np.array(self.times), {"units": "julian_year", "long_name": "time"}),
            "degree": (
                "degree",
                np.arange(1, harmonics.lmax + 1),
                {"units": "1", "long_name": "spherical-harmonic degree"},
            ),
            "order": (
                "order",
                np.arange(0, harmonics.mmax + 1, harmonics.mres),
                {"units": "1", "long_name": "spherical-harmonic order"},
            ),
            "snapshot": (
                "snapshot",
                np.array(self.snapshot_times),
                {"units": "julian_year", "long_name": "time of the snapshot"},
            ),
            "radius": (
                "radius",
                basis.storage_radius,
                {"units": "km", "long_name": "radius"},
            ),
            "degree_of_lm": (
                "lm",
                harmonics.degree,
                {"units": "1", "long_name": "degree of the coefficient"},
            ),
            "order_of_lm": (
                "lm",
                harmonics.order,
                {"units": "1", "long_name": "order of the coefficient"},
            ),
        }
        if self.parameters.thermal.enabled:
            coordinates |= surface_coordinates(self.shell)
        variables, radii, of_table = run_variables(self.parameters.background)
        attributes = {
            "title": "Evolution of a neutron-star crustal magnetic field",
            "source": f"spectralcmi {__version__}",
            "Conventions": "CF-1.11",
            "field_conventions": CONVENTIONS,
            "schema_version": SCHEMA_VERSION,
            "spectralcmi_version": __version__,
            "parameters": self.parameters.to_json(),
            **basis_attributes(basis),
            **metric_attributes(self.shell.metric),
            **self._star(),
            **self._heat(),
            **self._tails(),
            **of_table,
            **({OWN: " ".join(one.name for one in self.own)} if self.own else {}),
            **self.attributes,
        }
        variables = {**self._series_variables(), **self._snapshot_variables(), **variables}
        return xr.Dataset(variables, {**coordinates, **radii}, attributes)

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
            variables[name] = (
                ("time", *declaration.dims),
                np.array(self.series.get(name, [])).reshape(
                    len(self.times), *(length[dim] for dim in declaration.dims)
                ),
                {"units": declaration.units, "long_name": declaration.long_name},
            )
        series = self._series_of_samples()
        declared = {name: (units, long_name) for name, (_, units, long_name) in series.items()}
        if self.parameters.thermal.enabled:
            declared[RESIDUAL[0]] = RESIDUAL[1:]
        for name, (units, long_name) in {**declared, **ACCUMULATED}.items():
            values = np.array(self.series.get(name, []), dtype=float)
            variables[name] = ("time", values, {"units": units, "long_name": long_name})
        return variables

    def _snapshot_variables(self) -> dict[str, tuple]:
        shape = (
            len(self.snapshots),
            self.shell.basis.storage_radius.size,
            self.shell.harmonics.size,
        )
        variables = {}
        for part, name, units in ((0, "poloidal", "gauss km"), (1, "toroidal", "gauss")):
            values = np.empty(shape, dtype=complex)
            for i, snapshot in enumerate(self.snapshots):
                values[i] = snapshot[part]
            variables[name] = (
                ("snapshot", "radius", "lm"),
                values,
                {"units": units, "long_name": f"{name} scalar {'PT'[part]}_lm(r)"},
            )
        if self.parameters.thermal.enabled:
            is_local = self.parameters.thermal.dimension == "full"
            variables |= stored_temperatures(self.temperatures, self.shell, is_local)
        return variables


def small_until(times: Sequence[float], tail: Sequence[float]) -> float:
    """The last of the times up to which a tail is below `SMALL_TAIL` from the start on [yr].

    Parameters
    ----------
    times, tail : sequence of float
        A tail that was not measured, nan, does not count as small.

    Returns
    -------
    float
        nan where it is not small at the start.
    """
    small = np.append(np.asarray(tail, dtype=float) < SMALL_TAIL, False)
    count = int(np.argmin(small))
    return float(times[count - 1]) if count else math.nan


def write_netcdf(data: xr.Dataset | xr.DataTree, file: BinaryIO) -> None:
    """Write a dataset, or a tree of groups, to an open file; of complex variables the parts.

    Parameters
    ----------
    data : Dataset or DataTree
        Lazy arrays are computed a chunk at a time.
    file : file
        Of `spectralcmi.runs.output_file.OutputFile.write`.
    """
    if isinstance(data, xr.DataTree):
        groups = {path: node.to_dataset(inherit=False) for path, node in data.subtree_with_keys}
        data = xr.DataTree.from_dict({path: _as_stored(group) for path, group in groups.items()})
    else:
        data = _as_stored(data)
    with _WRITING, _without_cluster():
        data.to_netcdf(file, engine=ENGINE)  # type: ignore[call-overload]  # stubs forget files


def _as_stored(dataset: xr.Dataset) -> xr.Dataset:
    """A dataset as CF has it: no complex numbers, and coordinates that lack nothing."""
    stored = with_parts(dataset).copy()
    for name in stored.coords:
        stored[name].encoding = {**stored[name].encoding, "_FillValue": None}
    return stored


def save_dataset(dataset: xr.Dataset, path: str | Path) -> None:
    """Write a dataset to a file that is whole at every instant; writers of the same take turns.

    Parameters
    ----------
    dataset : Dataset
        How the files it comes from were stored does not matter to it.
    path : str or Path

    Raises
    ------
    OSError
        If that can't be done; the file is then as it was.
    """
    with OutputFile(path, wait=True) as output:
        output.write(lambda file: write_netcdf(dataset.drop_encoding(), file))


def _without_cluster() -> contextlib.AbstractContextManager:
    """Keep xarray from asking a Dask cluster, if there is one, for a lock by the name of a file.

    An open file hasn't got one. The setting is one for all threads, hence `_WRITING`.
    """
    dask = sys.modules.get("dask.config")
    return dask.set(scheduler="synchronous") if dask else contextlib.nullcontext()


def open_run(path: str | Path) -> xr.Dataset:
    """The dataset of a finished or interrupted run, in memory.

    Parameters
    ----------
    path : str or Path

    Returns
    -------
    Dataset

    Raises
    ------
    RunFileError
        If the file can't be read, is damaged or is not a run; one line.
    """
    dataset = load_group(path)
    version = dataset.attrs.get("schema_version")
    if version is None or "parameters" not in dataset.attrs:
        raise RunFileError(f"{path}: not written by spectralcmi")
    if version not in READABLE_VERSIONS:
        raise RunFileError(
            f"{path}: schema_version={version} is none of those read here, "
            f"{', '.join(map(str, READABLE_VERSIONS))}"
        )
    return dataset


def load_group(path: str | Path, group: str | None = None) -> xr.Dataset:
    """A group of a file, in memory; errors as `open_run`, but for what the group should hold."""
    with _naming(path, "{path}: not a readable run ({error})"):
        return load_netcdf(path, group)


def opened_dataset(path: str | Path) -> xr.Dataset:
    """A dataset of any kind whose variables are read when they are asked for.

    Parameters
    ----------
    path : str or Path

    Returns
    -------
    Dataset
        To be closed by the caller.

    Raises
    ------
    RunFileError
        If the file can't be read, is damaged or is not netCDF-4; one line.
    """
    with _naming(path, "{path}: {error}"):
        return open_netcdf(path)


@contextlib.contextmanager
def _naming(path: str | Path, unreadable: str) -> Iterator[None]:
    """Turn `NetcdfError` into RunFileError, with the way out of a damaged file."""
    try:
        yield
    except DamagedFileError as error:
        raise RunFileError(f"{path}: {error}; {_way_out(Path(path))}") from None
    except MissingGroupError as error:
        raise RunFileError(
            f"{path}: {error}, as in datasets that another program has saved"
        ) from None
    except UnreadableFileError as error:
        raise RunFileError(unreadable.format(path=path, error=error)) from None
    except NetcdfError as error:
        raise RunFileError(f"{path}: {error}") from None


def _way_out(path: Path) -> str:
    """What to do about a damaged file."""
    previous = previous_generation(path.resolve())
    try:
        is_whole = integrity(previous) is Integrity.WHOLE
    except OSError:
        is_whole = False
    if is_whole:
        return f"the generation before is whole: mv '{previous}' '{path}'"
    return "the way out is a copy of it, or to compute it again"


def parameters_of(dataset: xr.Dataset) -> Parameters:
    """The parameters that a dataset was made with, with every key of today.

    Parameters
    ----------
    dataset : Dataset
        Of a run of any of the `READABLE_VERSIONS`.

    Returns
    -------
    parameters : Parameters

    Raises
    ------
    ParameterError
        If they are not readable.
    """
    recall_background(dataset)
    read = parameters_of_version_1 if is_of_version_1(dataset) else parameters_from_json
    return read(dataset.attrs["parameters"])


def is_of_version_1(dataset: xr.Dataset) -> bool:
    """Whether a dataset has schema version 1, which knew fewer keys and no tails."""
    return dataset.attrs["schema_version"] == 1


def shell_of(dataset: xr.Dataset) -> Shell:
    """The shell that the fields of a dataset live in."""
    resolution = parameters_of(dataset).resolution
    harmonics = Harmonics(resolution.lmax, resolution.mmax, resolution.mres, resolution.dealiasing)
    basis = stored_basis(dataset.attrs, dataset.sizes["radius"])
    metric = stored_metric(dataset.attrs)
    return Shell(basis, harmonics, metric, dataset.attrs.get("stellar_radius_km"))


def field_at(dataset: xr.Dataset, snapshot: int, shell: Shell) -> State:
    """A snapshot as a state.

    Parameters
    ----------
    dataset : Dataset
    snapshot : int
        Its index.
    shell : Shell
        See `shell_of`.

    Returns
    -------
    State
    """
    chosen = dataset.isel(snapshot=snapshot)
    return state_from_storage(
        float(chosen["snapshot"]),
        shell,
        complex_variable(chosen["poloidal"]).values / FIELD_UNIT,
        complex_variable(chosen["toroidal"]).values / FIELD_UNIT,
    )


def same_radii(one: tuple[float, float], other: tuple[float, float]) -> bool:
    """Whether two shells have the same boundaries [km]; a table keeps fewer digits."""
    return max(abs(a - b) for a, b in zip(one, other, strict=True)) <= 1e-9 * one[1]


def last_field(path: str | Path, shell: Shell) -> State:
    """The last snapshot of a run, on its own shell.

    Parameters
    ----------
    path : str or Path
    shell : Shell
        Where the field is wanted.

    Returns
    -------
    State

    Raises
    ------
    RunFileError
        If the file is no run, has no snapshot, or its shell has other radii.
    """
    dataset = open_run(path)
    if dataset.sizes["snapshot"] == 0:
        raise RunFileError(f"{path}: no snapshot in it")
    source = shell_of(dataset)
    there, here = source.basis, shell.basis
    if not same_radii(
        (there.inner_radius, there.outer_radius), (here.inner_radius, here.outer_radius)
    ):
        raise RunFileError(
            f"{path}: radii {there.inner_radius:.6f}, {there.outer_radius:.6f} km are not "
            f"{here.inner_radius:.6f}, {here.outer_radius:.6f} km"
        )
    return field_at(dataset, -1, source)
