"""What a run stores: the schema of its dataset, and how it is read and interpolated."""

from __future__ import annotations

import contextlib
import json
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import numpy as np
import xarray as xr

from spectralcmi import __version__
from spectralcmi.case.parameters import Parameters, parameters_from_json
from spectralcmi.constants import FIELD_UNIT, JULIAN_YEAR
from spectralcmi.fields.state import State, state_from_storage
from spectralcmi.grid.chebyshev import radial_basis
from spectralcmi.grid.harmonics import Harmonics
from spectralcmi.grid.shell import Columns, Shell
from spectralcmi.runs.diagnostics import DIAGNOSTICS, ENERGY_UNIT
from spectralcmi.runs.output_file import OutputFile
from spectralcmi.terms.electric_field import ShellSummary

ENGINE = "h5netcdf"
SCHEMA_VERSION = 1
CONVENTIONS = (
    "B = curl curl (P r_vec) + curl (T r_vec); orthonormal Y_lm with Condon-Shortley phase, orders "
    "m >= 0 of a real field; B_r = l(l+1) P/r; Gaussian CGS; energy balance: "
    "dE/dt = ohmic_power + chiral_power + angular_dissipation_power, E with the exterior"
)
POWER_UNIT = ENERGY_UNIT / JULIAN_YEAR

_WRITING = threading.Lock()


class RunFileError(ValueError):
    """A file that is not a readable run; its text is one line."""


@dataclass(frozen=True)
class Sample:
    """What is known at an output time.

    Attributes
    ----------
    state : State
    summary : ShellSummary
    rates, totals : ndarray, shape (4,)
        Rates and integrals of the quadratures of `InductionEquation`, times 8 pi.
    step : float
        Next time step [yr].
    steps, rejected : int
    """

    state: State
    summary: ShellSummary
    rates: np.ndarray
    totals: np.ndarray
    step: float
    steps: int
    rejected: int

    @property
    def total_energy(self) -> float:
        """Magnetic energy in the shell and outside, in the unit of `totals`."""
        return float(sum(part.sum() for part in self.state.square_integrals))


def _volume_mean(sample: Sample, values: np.ndarray) -> float:
    shell = sample.state.shell
    return float(shell.integral(values) / shell.volume)


#: Series that need more than the field: name -> (function of a sample, units, long name).
SERIES: dict[str, tuple[Callable[[Sample], float], str, str]] = {
    "maximum_field": (
        lambda s: FIELD_UNIT * float(np.sqrt(s.summary.maximum_square.max())),
        "G",
        "largest field on the quadrature grid",
    ),
    "ohmic_power": (
        lambda s: POWER_UNIT * s.rates[0],
        "erg/s",
        "rate of change of the magnetic energy by Ohmic decay, negative",
    ),
    "chiral_power": (
        lambda s: POWER_UNIT * s.rates[1],
        "erg/s",
        "rate of change of the magnetic energy by the chiral magnetic effect",
    ),
    "angular_dissipation_power": (
        lambda s: POWER_UNIT * s.rates[2],
        "erg/s",
        "rate of change of the magnetic energy by angular dissipation, negative",
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
        "chemical energy released since the start, -Int Int J5.E dV dt",
    ),
    "mean_k5": (
        lambda s: _volume_mean(s, s.summary.wavenumber),
        "1/km",
        "volume mean of the chiral wavenumber after the cutoff",
    ),
    "saturated_fraction": (
        lambda s: _volume_mean(s, s.summary.saturated),
        "1",
        "share of the volume where the chiral wavenumber exceeds the cutoff",
    ),
    "time_step": (lambda s: s.step, "yr", "time step"),
    "accepted_steps": (lambda s: float(s.steps), "1", "accepted time steps since the start"),
    "rejected_steps": (lambda s: float(s.rejected), "1", "rejected time steps since the start"),
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
    balance : tuple of float, or None
        Time, energy and integrated powers at the last sample.
    attributes : dict
        Further attributes of the dataset, such as how the run ended.
    """

    parameters: Parameters
    shell: Shell
    series: dict[str, list] = field(default_factory=dict)
    times: list[float] = field(default_factory=list)
    snapshot_times: list[float] = field(default_factory=list)
    snapshots: list[tuple[np.ndarray, np.ndarray]] = field(default_factory=list)
    balance: tuple[float, float, float] | None = None
    attributes: dict[str, str] = field(default_factory=dict)

    def add(self, sample: Sample) -> None:
        """Measure all diagnostics of a sample."""
        self.times.append(sample.state.time)
        for name, measure in DIAGNOSTICS.items():
            self.series.setdefault(name, []).append(measure(sample.state))
        for name, (function, _, _) in SERIES.items():
            self.series.setdefault(name, []).append(function(sample))
        self.series.setdefault("budget_residual", []).append(self._residual(sample))

    def _residual(self, sample: Sample) -> float:
        """Mean over the interval since the last sample of dE/dt minus all powers [erg/s]."""
        now = (sample.state.time, sample.total_energy, float(sample.totals[:3].sum()))
        before, self.balance = self.balance, now
        if before is None or now[0] == before[0]:
            return 0.0
        change = (now[1] - before[1]) - (now[2] - before[2])
        return POWER_UNIT * change / (now[0] - before[0])

    def add_snapshot(self, state: State) -> None:
        """Keep the whole field."""
        self.snapshot_times.append(state.time)
        # in the units of the dataset, so that a stored field comes back bit by bit
        self.snapshots.append(tuple(FIELD_UNIT * part for part in state.on_storage_points()))

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
            noted = json.loads(self.attributes.get("changes", "[]"))
            entry = {"time": time, "changed": dict(changed), "energy_ratio": energy_ratio}
            self.attributes["changes"] = json.dumps([*noted, entry])

    def to_dataset(self) -> xr.Dataset:
        """The dataset of the run so far."""
        harmonics, basis = self.shell.harmonics, self.shell.basis
        coordinates = {
            "time": ("time", np.array(self.times), {"units": "yr", "long_name": "time"}),
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
                {"units": "yr", "long_name": "time of the snapshot"},
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
        attributes = {
            "title": "Evolution of a neutron-star crustal magnetic field",
            "source": f"spectralcmi {__version__}",
            "Conventions": "CF-1.11",
            "field_conventions": CONVENTIONS,
            "schema_version": SCHEMA_VERSION,
            "spectralcmi_version": __version__,
            "parameters": self.parameters.to_json(),
            "inner_radius_km": basis.map.inner_radius,
            "outer_radius_km": basis.map.outer_radius,
            "map_parameter": basis.map.map_parameter,
            **self.attributes,
        }
        return xr.Dataset(
            {**self._series_variables(), **self._snapshot_variables()}, coordinates, attributes
        )

    def _series_variables(self) -> dict[str, tuple]:
        variables = {}
        for name, declaration in DIAGNOSTICS.items():
            variables[name] = (
                ("time", *declaration.dims),
                np.array(self.series.get(name, [])).reshape(
                    len(self.times), *(self._length(dim) for dim in declaration.dims)
                ),
                {"units": declaration.units, "long_name": declaration.long_name},
            )
        residual = (
            None,
            "erg/s",
            "change of energy minus all powers, mean over the interval before",
        )
        for name, (_, units, long_name) in {**SERIES, "budget_residual": residual}.items():
            values = np.array(self.series.get(name, []), dtype=float)
            variables[name] = ("time", values, {"units": units, "long_name": long_name})
        return variables

    def _length(self, dim: str) -> int:
        harmonics = self.shell.harmonics
        return harmonics.lmax if dim == "degree" else harmonics.mmax // harmonics.mres + 1

    def _snapshot_variables(self) -> dict[str, tuple]:
        shape = (len(self.snapshots), self.shell.basis.order, self.shell.harmonics.size)
        variables = {}
        for part, name, units in ((0, "poloidal", "G km"), (1, "toroidal", "G")):
            values = np.empty(shape, dtype=complex)
            for i, snapshot in enumerate(self.snapshots):
                values[i] = snapshot[part]
            variables[name] = (
                ("snapshot", "radius", "lm"),
                values,
                {"units": units, "long_name": f"{name} scalar {'PT'[part]}_lm(r)"},
            )
        return variables


def write_netcdf(data: xr.Dataset | xr.DataTree, file: BinaryIO) -> None:
    """Write a dataset, or a tree of groups, to an open file.

    Parameters
    ----------
    data : Dataset or DataTree
        Lazy arrays are computed a chunk at a time.
    file : file
        Of `spectralcmi.runs.output_file.OutputFile.write`.
    """
    with _WRITING, _without_cluster():
        data.to_netcdf(file, engine=ENGINE)


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
        If the file can't be read or is not a run; one line.
    """
    dataset = load_group(path)
    version = dataset.attrs.get("schema_version")
    if version is None or "parameters" not in dataset.attrs:
        raise RunFileError(f"{path}: not written by spectralcmi")
    if version != SCHEMA_VERSION:
        raise RunFileError(
            f"{path}: schema_version={version} is not {SCHEMA_VERSION}, the one read here"
        )
    return dataset


def load_group(path: str | Path, group: str | None = None) -> xr.Dataset:
    """A group of a file, in memory; errors as `open_run`, but for what the group should hold."""
    if not Path(path).is_file():
        raise RunFileError(f"{path}: no such file")
    try:
        with xr.open_dataset(path, engine=ENGINE, group=group) as dataset:
            return dataset.load()
    except Exception as error:  # h5py raises a dozen kinds for damaged files
        reason = " ".join(str(error).split()) or type(error).__name__
        raise RunFileError(f"{path}: not a readable run ({reason[:120]})") from None


def parameters_of(dataset: xr.Dataset) -> Parameters:
    """The parameters that a dataset was made with."""
    return parameters_from_json(dataset.attrs["parameters"])


def shell_of(dataset: xr.Dataset) -> Shell:
    """The shell that the fields of a dataset live in."""
    resolution = parameters_of(dataset).resolution
    basis = radial_basis(
        float(dataset.attrs["inner_radius_km"]),
        float(dataset.attrs["outer_radius_km"]),
        resolution.radial_order,
        float(dataset.attrs["map_parameter"]),
    )
    return Shell(basis, Harmonics(resolution.lmax, resolution.mmax, resolution.mres))


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
        chosen["poloidal"].values / FIELD_UNIT,
        chosen["toroidal"].values / FIELD_UNIT,
    )


def have_same_radii(one: Shell, other: Shell) -> bool:
    """Whether two shells have the same boundaries."""
    a, b = one.basis.map, other.basis.map
    differences = (a.inner_radius - b.inner_radius, a.outer_radius - b.outer_radius)
    return max(map(abs, differences)) <= 1e-9 * a.outer_radius  # a table keeps fewer digits


def last_field(path: str | Path, shell: Shell) -> State:
    """The last snapshot of a run, interpolated spectrally to a shell.

    Parameters
    ----------
    path : str or Path
    shell : Shell
        Where the field is wanted; degrees and orders it lacks are dropped, the file's others too.

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
    if not have_same_radii(source, shell):
        there, here = source.basis.map, shell.basis.map
        raise RunFileError(
            f"{path}: radii {there.inner_radius:.6f}, {there.outer_radius:.6f} km are not "
            f"{here.inner_radius:.6f}, {here.outer_radius:.6f} km"
        )
    return interpolate(field_at(dataset, -1, source), shell)


def interpolate(state: State, shell: Shell) -> State:
    """A state on another shell of the same radii, spectrally, up or down in resolution."""
    basis, source = shell.basis, state.shell.basis
    x = source.map.coordinate(basis.storage_radius)
    to_points = source.evaluation_at(np.clip(x, -1, 1))[0]
    old, new = state.shell.columns, shell.columns
    # a column is known by its degree, order, and whether it is the second of its pair
    key = {k: i for i, k in enumerate(_column_keys(old))}
    pairs = [(i, key[k]) for i, k in enumerate(_column_keys(new)) if k in key]
    there, here = np.array([j for _, j in pairs]), np.array([i for i, _ in pairs])
    parts = []
    for coefficients in (state.poloidal, state.toroidal):
        values = np.zeros((basis.order, new.count))
        values[:, here] = to_points @ coefficients[:, there]
        parts.append(basis.coefficients_from_storage(values))
    return State(state.time, shell, *parts)


def _column_keys(columns: Columns) -> list[tuple[int, int, bool]]:
    imaginary = np.zeros(columns.count, dtype=bool)
    imaginary[columns.imaginary[columns.imaginary >= 0]] = True
    return list(
        zip(columns.degree.tolist(), columns.order.tolist(), imaginary.tolist(), strict=True)
    )
