"""The dataset of a run, read: its schema version, its parameters, its shell and its fields."""

from __future__ import annotations

from pathlib import Path

import xarray as xr

from spectralcmi.case.parameters import Parameters
from spectralcmi.case.versions import parameters_from_json, parameters_of_version_1
from spectralcmi.complex_parts import complex_variable
from spectralcmi.constants import FIELD_UNIT
from spectralcmi.fields.state import State, state_from_storage
from spectralcmi.grid.harmonics import Harmonics
from spectralcmi.grid.shell import Shell
from spectralcmi.grid.stored import stored_basis, stored_metric
from spectralcmi.profiles.given_table import recall_background
from spectralcmi.runs.files import RunFileError, load_group

#: Version 1 had one global expansion only; its files are read and gone on with.
SCHEMA_VERSION = 2
READABLE_VERSIONS = (1, 2)


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
