"""Backgrounds from Python: radial profiles that are a Dataset and no file.

Parameters name such a table by the digest of its content, ``dataset:`` and 32 digits. It is known
to the process that was given it, and to all that read the dataset of a run with it, which holds its
variables: a run goes on anywhere.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from spectralcmi.case.sections import GIVEN_DATASET, Table
from spectralcmi.errors import InputError
from spectralcmi.profiles.variables import VARIABLES

if TYPE_CHECKING:
    from spectralcmi.case.parameters import Parameters
    from spectralcmi.case.sections import Background

#: Where the dataset of a run has the radii, the variables and the attributes of its table.
_RADIUS, _PREFIX, _ATTRIBUTES = "background_radius", "background_", "background_attributes"
#: Attributes that a table is read with.
_KEPT = (
    "stellar_radius_km",
    "mass_solar",
    "spin_flip_prefactor",
    "weak_rate_prefactor",
    "chiral_convention",
)

_known: dict[str, xr.Dataset] = {}


def with_background(parameters: Parameters, background: xr.Dataset | None) -> Parameters:
    """Parameters of a case with a table that is a Dataset.

    Parameters
    ----------
    parameters : Parameters
    background : Dataset or None
        With the variables that `spectralcmi star` writes, see
        `spectralcmi.profiles.table.table_profiles`; None leaves the parameters as they are.

    Returns
    -------
    changed : Parameters
        Their metric is that of the table where the parameters want that of the star and the table
        has one, else flat.

    Raises
    ------
    InputError
        If it is no Dataset with a radius.
    """
    if background is None:
        return parameters
    if not isinstance(background, xr.Dataset) or "radius" not in background.variables:
        raise InputError(
            f"background is a {type(background).__name__}, not a Dataset with a radius, such as "
            "build_background gives"
        )
    has_metric = {"metric_potential", "metric_lambda"} <= set(background.data_vars)
    metric = parameters.metric.kind if has_metric else "flat"
    table = {"kind": "table", "file": _remembered(background)}
    return parameters.replace({"background": table, "metric": {"kind": metric}})


def is_given(background: Background) -> bool:
    """Whether a background is a table that is a Dataset."""
    return isinstance(background, Table) and background.file.startswith(GIVEN_DATASET)


def given_table(name: str) -> xr.Dataset:
    """The table that parameters name.

    Parameters
    ----------
    name : str

    Returns
    -------
    Dataset

    Raises
    ------
    ValueError
        If this process has not been given it.
    """
    if name not in _known:
        raise ValueError("no such table is here; open the run with open_run, which holds it")
    return _known[name]


def run_variables(background: Background) -> tuple[dict[str, tuple], dict[str, tuple], dict]:
    """What the dataset of a run holds of a table.

    Parameters
    ----------
    background : Background
        Section of the parameters.

    Returns
    -------
    variables, coordinates, attributes : dict
        Nothing unless the background is a table that is a Dataset.
    """
    if not (isinstance(background, Table) and is_given(background)):
        return {}, {}, {}
    table = given_table(background.file)
    variables = {
        f"{_PREFIX}{name}": (_RADIUS, variable.values, dict(variable.attrs))
        for name, variable in table.data_vars.items()
    }
    radius = table["radius"]
    coordinates = {_RADIUS: (_RADIUS, radius.values, dict(radius.attrs))}
    return variables, coordinates, {_ATTRIBUTES: json.dumps(table.attrs)}


def recall_background(dataset: xr.Dataset) -> None:
    """Make the table of a run known, if the dataset of the run holds one.

    Parameters
    ----------
    dataset : Dataset
        Of a run.
    """
    if _RADIUS not in dataset.variables or _ATTRIBUTES not in dataset.attrs:
        return
    variables = {
        name.removeprefix(_PREFIX): ("radius", dataset[name].values, dict(dataset[name].attrs))
        for name in map(str, dataset.data_vars)
        if dataset[name].dims == (_RADIUS,)
    }
    radius = dataset[_RADIUS]
    coordinates = {"radius": ("radius", radius.values, dict(radius.attrs))}
    attributes = json.loads(dataset.attrs[_ATTRIBUTES])
    _remembered(xr.Dataset(variables, coordinates, attributes))


def _remembered(dataset: xr.Dataset) -> str:
    """Name of a table that is known from now on; what is no part of one is left out."""
    names = [name for name in VARIABLES if name in dataset.data_vars]
    table = dataset.drop_encoding()[names].copy(deep=True)
    table = table.drop_vars(set(table.coords) - {"radius"})
    table.attrs = {key: _plain(dataset.attrs[key]) for key in _KEPT if key in dataset.attrs}
    content = hashlib.sha256(json.dumps(table.attrs, sort_keys=True).encode())
    for name in ("radius", *names):
        variable = table[name]
        content.update(f"{name} {variable.dims} {variable.attrs.get('units')}".encode())
        content.update(np.ascontiguousarray(variable.values, dtype=float).tobytes())
    name = f"{GIVEN_DATASET}{content.hexdigest()[:32]}"
    _known.setdefault(name, table)
    return name


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic | np.ndarray) else value
