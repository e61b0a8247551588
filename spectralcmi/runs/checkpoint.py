"""Checkpoints: what a run is continued from, and how it is stored beside the run's dataset.

A file holds the dataset of `runs.dataset.open_run` and, in the group `checkpoint`, the field
with everything else the next step depends on. Both are written at once, see
`spectralcmi.runs.output_file`.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from spectralcmi import __version__
from spectralcmi.case.parameters import ParameterError, Parameters
from spectralcmi.checksums import Integrity, integrity
from spectralcmi.constants import FIELD_UNIT
from spectralcmi.fields.state import State, stored_on
from spectralcmi.grid.shell import Shell
from spectralcmi.runs.chirality import RESERVOIRS
from spectralcmi.runs.dataset import (
    READABLE_VERSIONS,
    SCHEMA_VERSION,
    field_at,
    open_run,
    parameters_of,
    shell_of,
)
from spectralcmi.runs.diagnostics import Diagnostic
from spectralcmi.runs.files import RunFileError, load_group, write_netcdf
from spectralcmi.runs.heat_series import stored_snapshots
from spectralcmi.runs.output_file import OutputFile
from spectralcmi.runs.own_diagnostics import gone_on_with
from spectralcmi.runs.record import RunRecord
from spectralcmi.runs.thermal import ThermalState

_log = logging.getLogger(__name__)

CHECKPOINT_GROUP = "checkpoint"
CONTROLLER = ("time", "step", "previous_error", "steps", "rejected")


@dataclass(frozen=True)
class Checkpoint:
    """What the next step depends on.

    The field is kept twice: as the coefficients that are stepped, and as the slots of the radial
    basis that they stand for. The first is the field to the last bit, but may be that of modes
    computed by a linear algebra library, and another library, or another machine, may well turn the
    sign of a mode.

    Attributes
    ----------
    coefficients : ndarray, shape (rows, columns)
        See `spectralcmi.fields.space.FieldSpace`.
    poloidal, toroidal : ndarray, shape (slots, columns)
        See `State`.
    totals : ndarray, shape (quadratures,)
        See `Integrator.totals`.
    controller : dict
        See `Integrator.controller`.
    balance : tuple of float
        See `RunRecord.balance`.
    thermal : ThermalState, optional
        Of a run whose temperature is evolved.
    heat_balance : tuple of float
        See `RunRecord.heat_balance`; empty without a temperature.
    """

    coefficients: np.ndarray
    poloidal: np.ndarray
    toroidal: np.ndarray
    totals: np.ndarray
    controller: dict[str, float]
    balance: tuple[float, ...]
    thermal: ThermalState | None = None
    heat_balance: tuple[float, ...] = ()

    def to_dataset(self, parameters: str) -> xr.Dataset:
        """As a dataset; numbers keep every bit.

        Parameters
        ----------
        parameters : str
            Those of the run, as JSON.
        """
        controller = np.array([float(self.controller[name]) for name in CONTROLLER])
        return xr.Dataset(
            {
                "coefficients": (("radial_mode", "column"), self.coefficients),
                "poloidal_polynomials": (("poloidal_slot", "column"), self.poloidal),
                "toroidal_polynomials": (("toroidal_slot", "column"), self.toroidal),
                "totals": ("quadrature", self.totals),
                "controller": ("controller_part", controller),
                "balance": ("balance_part", np.array(self.balance)),
                **self._thermal(),
            },
            attrs={
                "schema_version": SCHEMA_VERSION,
                "controller_parts": " ".join(CONTROLLER),
                "parameters": parameters,
            },
        )

    def _thermal(self) -> dict[str, tuple]:
        """Variables of the temperature, if there is one."""
        if self.thermal is None:
            return {}
        variables: dict[str, tuple] = {
            "heat_balance": ("heat_balance_part", np.array(self.heat_balance))
        }
        for name in ThermalState.names():
            values = np.asarray(getattr(self.thermal, name))
            dims = tuple(f"thermal_{name}_{axis}" for axis in range(values.ndim))
            variables[f"thermal_{name}"] = (dims, values)
        return variables


def _thermal_from(values: Mapping[Any, np.ndarray]) -> ThermalState | None:
    if "heat_balance" not in values:
        return None
    parts = {name: values[f"thermal_{name}"] for name in ThermalState.names()}
    content: dict[str, Any] = {name: v if v.ndim else float(v) for name, v in parts.items()}
    return ThermalState(**content)


def _checkpoint_from(dataset: xr.Dataset) -> Checkpoint:
    """The inverse of `Checkpoint.to_dataset`; KeyError or ValueError where something is missing."""
    names = dataset.attrs["controller_parts"].split()
    values = {name: dataset[name].values for name in dataset.data_vars}
    return Checkpoint(
        coefficients=values["coefficients"],
        poloidal=values["poloidal_polynomials"],
        toroidal=values["toroidal_polynomials"],
        totals=values["totals"],
        controller=dict(zip(names, values["controller"].tolist(), strict=True)),
        balance=tuple(values["balance"].tolist()),
        thermal=_thermal_from(values),
        heat_balance=tuple(values["heat_balance"].tolist()) if "heat_balance" in values else (),
    )


@dataclass(frozen=True)
class StoredRun:
    """A run as a file has it.

    Attributes
    ----------
    name : str
        The file, for messages.
    dataset : Dataset
    parameters : Parameters
    checkpoint : Checkpoint
    """

    name: str
    dataset: xr.Dataset
    parameters: Parameters
    checkpoint: Checkpoint

    @property
    def time(self) -> float:
        """The year of its checkpoint."""
        return self.checkpoint.controller["time"]

    @cached_property
    def shell(self) -> Shell:
        """The shell of its field."""
        return shell_of(self.dataset)

    @property
    def status(self) -> str:
        """How it stands: running, interrupted, diverged or complete."""
        return self.dataset.attrs["status"]

    def field(self) -> State:
        """The field to go on from."""
        checkpoint = self.checkpoint
        return State(self.time, self.shell, checkpoint.poloidal, checkpoint.toroidal)


def write_run(output: OutputFile, dataset: xr.Dataset, checkpoint: Checkpoint) -> None:
    """Store a run's dataset and a checkpoint.

    Parameters
    ----------
    output : OutputFile
    dataset : Dataset
    checkpoint : Checkpoint

    Raises
    ------
    OSError
        If that can't be done; the file is then as it was.
    """
    tree = xr.DataTree.from_dict(
        {"/": dataset, CHECKPOINT_GROUP: checkpoint.to_dataset(dataset.attrs["parameters"])}
    )
    output.write(lambda file: write_netcdf(tree, file))


def open_stored_run(path: str | Path) -> StoredRun:
    """A run to go on with.

    Parameters
    ----------
    path : str or Path

    Returns
    -------
    StoredRun

    Raises
    ------
    RunFileError
        If the file can't be read, is no run, or its parts disagree; one line.
    """
    dataset = open_run(path)
    try:
        parameters = parameters_of(dataset)
    except ParameterError as error:
        raise RunFileError(f"{path}: parameters not read: {error}") from None
    group = load_group(path, CHECKPOINT_GROUP)
    try:
        stored = StoredRun(str(path), dataset, parameters, _checkpoint_from(group))
        _require_agreement(stored, group.attrs)
    except (KeyError, ValueError, AttributeError) as error:
        reason = " ".join(str(error).split())
        raise RunFileError(f"{path}: no checkpoint to go on from ({reason[:120]})") from None
    return stored


def _require_agreement(stored: StoredRun, attributes: dict) -> None:
    """Raise ValueError where a checkpoint is not one of the run that it is stored with."""
    if attributes["schema_version"] not in READABLE_VERSIONS:
        raise ValueError(f"schema_version={attributes['schema_version']} is unknown")
    if attributes["parameters"] != stored.dataset.attrs["parameters"]:
        raise ValueError("its parameters are not those of the run")
    missing = set(CONTROLLER) - stored.checkpoint.controller.keys()
    if missing:
        raise ValueError(f"{sorted(missing)[0]} is missing")
    if stored.status not in ("running", "interrupted", "diverged", "complete"):
        raise ValueError(f"status={stored.status} is unknown")
    stored.field()  # a ValueError where the resolution is not that of the parameters
    wanted, found = stored.parameters.resolution.radial_functions, stored.shell.basis.order
    if wanted not in (None, found):
        raise ValueError(f"it has {found} radial functions and not {wanted}")
    checkpoint = stored.checkpoint
    columns = checkpoint.poloidal.shape[1]
    if checkpoint.coefficients.shape[1:] != (columns,):
        raise ValueError(f"coefficients.shape={checkpoint.coefficients.shape}")
    numbers = (checkpoint.coefficients, checkpoint.poloidal, checkpoint.toroidal, checkpoint.totals)
    if not all(np.isfinite(part).all() for part in numbers):
        raise ValueError("it holds numbers that are not finite")
    # a complete run has recorded up to its end, which the step after the checkpoint passes
    times, latest = stored.dataset["time"].values, stored.parameters.time.end
    if np.any(np.diff(times) <= 0) or (times.size and times[-1] > latest * (1 + 1e-9)):
        raise ValueError(f"its times are not ascending to {latest:g} yr")


def restored_record(
    stored: StoredRun,
    parameters: Parameters,
    shell: Shell,
    diagnostics: Sequence[Diagnostic] = (),
) -> RunRecord:
    """What a stored run has measured, for going on.

    Parameters
    ----------
    stored : StoredRun
    parameters : Parameters
    shell : Shell
        Of the run as it goes on. Where its resolution is another, snapshots are interpolated, and
        spectra have nothing at degrees and orders that were not there.
    diagnostics : sequence of Diagnostic
        The user's own, checked.

    Returns
    -------
    RunRecord

    Raises
    ------
    RunFileError
        If the run has a series that this version of the package doesn't know, or lacks what the
        version that wrote it stores.
    """
    dataset, record = stored.dataset, RunRecord(parameters, shell)
    if integrity(stored.name) is Integrity.UNKNOWN:
        _log.warning(
            "%s: has no checksum: whether it is whole is not known; what is saved next has one",
            stored.name,
        )
    _require_variables(stored, record.to_dataset())
    record.own = gone_on_with(dataset, diagnostics, stored.name)
    template = record.to_dataset()
    record.balance = stored.checkpoint.balance
    record.heat_balance = stored.checkpoint.heat_balance or None
    record.times = dataset["time"].values.tolist()
    unknown = dataset.data_vars.keys() - template.data_vars.keys()
    if unknown:
        raise RunFileError(f"{stored.name}: {min(map(str, unknown))} is unknown to this version")
    for name, variable in template.data_vars.items():
        if variable.dims[:1] == ("time",):
            record.series[str(name)] = list(_series(dataset, str(name), template))
    record.snapshot_times = dataset["snapshot"].values.tolist()
    record.snapshots = _snapshots(dataset, shell)
    if parameters.thermal.enabled:
        record.temperatures = stored_snapshots(dataset, template)
    for name in ("changes", "input_sha256", *RESERVOIRS):
        if name in dataset.attrs:
            record.attributes[name] = dataset.attrs[name]
    return record


def _require_variables(stored: StoredRun, template: xr.Dataset) -> None:
    """Raise RunFileError where the dataset lacks a variable; other versions may lack series."""
    same_version = stored.dataset.attrs.get("spectralcmi_version") == __version__
    for name, variable in template.variables.items():
        is_series = variable.dims[:1] == ("time",) and name != "time"
        if name not in stored.dataset.variables and (same_version or not is_series):
            raise RunFileError(f"{stored.name}: no run to go on with, it lacks {name}")


def _series(dataset: xr.Dataset, name: str, template: xr.Dataset) -> np.ndarray:
    """A series, on the degrees and orders of the template."""
    if name not in dataset:  # not measured then
        return np.full((dataset.sizes["time"], *template[name].shape[1:]), np.nan)
    wanted = {dim: template[dim] for dim in template[name].dims[1:]}
    # degrees and orders that were not there had nothing; of other radii nothing is known
    absent = np.nan if "radius" in wanted else 0.0
    return dataset[name].reindex(wanted, fill_value=absent).values


def _snapshots(dataset: xr.Dataset, shell: Shell) -> list[tuple[np.ndarray, np.ndarray]]:
    stored = list(zip(dataset["poloidal"].values, dataset["toroidal"].values, strict=True))
    source = shell_of(dataset)
    if source == shell:
        return stored
    fields = (field_at(dataset, i, source) for i in range(len(stored)))
    parts = (stored_on(field, shell) for field in fields)
    return [(FIELD_UNIT * poloidal, FIELD_UNIT * toroidal) for poloidal, toroidal in parts]


def stored_digests(dataset: xr.Dataset) -> dict[str, str]:
    """What `input_digests` gave for a run when it began."""
    return json.loads(dataset.attrs.get("input_sha256", "{}"))
