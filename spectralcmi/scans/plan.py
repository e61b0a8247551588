"""The points of a scan: a grid or a list of parameter changes over a base case."""

from __future__ import annotations

import hashlib
import itertools
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from spectralcmi.case.case_file import load_parameters, read_toml
from spectralcmi.case.files import input_digests, require_files, with_absolute_files
from spectralcmi.case.parameters import ParameterError, Parameters, sections_with_key
from spectralcmi.case.quantities import unit_attributes
from spectralcmi.case.sections import GIVEN_DATASET, GivenStart, Table
from spectralcmi.case.stopping import SERIES, SERIES_OF_HEAT

#: Dimension of a scan that is a list.
POINT = "point"
#: Names that the dataset of a scan has anyway.
TAKEN = frozenset(
    {*SERIES, *SERIES_OF_HEAT, POINT, "time", "degree", "order", "snapshot", "radius", "lm"}
    | {"degree_of_lm", "order_of_lm", "poloidal", "toroidal", "status", "reason", "file", "retries"}
)
#: Points that are planned, and whose outcomes are held in memory.
LARGEST_NUMBER_OF_POINTS = 100_000


@dataclass(frozen=True)
class Plan:
    """What a scan is to run. Parameters are made when they are asked for, not kept.

    Parameters
    ----------
    base : Parameters
    keys : tuple of str
        Dotted keys that change.
    axes : tuple of tuples
        Grid: the values of each key. List: one axis, of a mapping of what is changed a point.
    is_grid : bool
    """

    base: Parameters
    keys: tuple[str, ...]
    axes: tuple[tuple, ...]
    is_grid: bool

    @property
    def dims(self) -> tuple[str, ...]:
        """Dimensions: the labels of the keys of a grid, or `POINT`."""
        return tuple(self.labels.values()) if self.is_grid else (POINT,)

    @cached_property
    def labels(self) -> dict[str, str]:
        """Short name of each key, ``delta_mu`` of ``chiral.delta_mu``.

        With its section where several have such a key, or the dataset such a variable.
        """
        return {key: _label(key) for key in self.keys}

    @property
    def shape(self) -> tuple[int, ...]:
        """Number of points along each dimension."""
        return tuple(len(axis) for axis in self.axes)

    def __len__(self) -> int:
        return math.prod(self.shape)

    def changes(self, index: int) -> dict[str, Any]:
        """What is changed at a point; the last dimension runs fastest."""
        place = np.unravel_index(index, self.shape)
        chosen = [axis[i] for axis, i in zip(self.axes, place, strict=True)]
        return dict(zip(self.keys, chosen, strict=True)) if self.is_grid else chosen[0]

    def parameters(self, index: int) -> Parameters:
        """Parameters of a point; a ParameterError names the point."""
        changes = self.changes(index)
        try:
            return with_absolute_files(self.base.replace(changes))
        except ParameterError as error:
            others = [f"{k} = {v}" for k, v in changes.items() if k != error.key]
            where = f" (where {', '.join(others)})" if others else ""
            raise ParameterError(error.key, error.value, f"{error.rule}{where}") from None

    @cached_property
    def names(self) -> list[str]:
        """A name for each point, the same whenever and in whichever scan it is run."""
        return [name for name, _ in self._identities]

    @cached_property
    def _identities(self) -> list[tuple[str, dict[str, str]]]:
        """Name of each point, and SHA-256 of its files by key."""
        identities = []
        for index in range(len(self)):
            parameters = self.parameters(index)
            digests = input_digests(parameters)
            identities.append((_point_name(parameters, digests), digests))
        return identities

    def digests(self, index: int) -> dict[str, str]:
        """What `input_digests` gave for a point when it was named."""
        return self._identities[index][1]

    def require_allowed(self) -> None:
        """Raise ParameterError if there are too many points, or one is not allowed or twice."""
        if len(self) > LARGEST_NUMBER_OF_POINTS:
            shape = " x ".join(map(str, self.shape))
            rule = f"{shape} points are more than {LARGEST_NUMBER_OF_POINTS}"
            raise ParameterError("scan", None, rule)
        for index in range(len(self)):
            parameters = self.parameters(index)
            _require_no_object(parameters)
            require_files(parameters)
        seen = set()
        for index, name in enumerate(self.names):
            if name in seen:
                raise ParameterError("scan", self.changes(index), "is there twice")
            seen.add(name)

    def coordinates(self) -> dict[str, xr.Variable]:
        """The values that change, along the dimensions of the scan."""
        columns: Sequence[Sequence] = self.axes
        dims = self.dims
        if not self.is_grid:
            points = [self.parameters(index) for index in range(len(self))]
            columns = [[_value(point, key) for point in points] for key in self.keys]
            dims = self.dims * len(self.keys)
        return {
            self.labels[key]: _coordinate(key, column, dim, self.parameters(0))
            for key, column, dim in zip(self.keys, columns, dims, strict=True)
        }


def grid(base: Parameters, values: Mapping[str, Iterable]) -> Plan:
    """All combinations of values.

    Parameters
    ----------
    base : Parameters
    values : mapping
        Values by dotted key.

    Returns
    -------
    Plan

    Raises
    ------
    ParameterError
        If there are no values, or a combination is not allowed.
    """
    axes = {key: _values(key, column) for key, column in _flattened(values).items()}
    _require_something(axes)
    plan = Plan(with_absolute_files(base), tuple(axes), tuple(axes.values()), is_grid=True)
    plan.require_allowed()
    return plan


def listed(base: Parameters, points: Sequence[Mapping[str, Any]]) -> Plan:
    """A list of points.

    Parameters
    ----------
    base : Parameters
    points : sequence of mappings
        What is changed at each, by dotted key; a key that a point lacks is as in the base.

    Returns
    -------
    Plan

    Raises
    ------
    ParameterError
        If there are no points, or one is not allowed.
    """
    rows = tuple(_flattened(point) for point in points)
    keys = tuple(dict.fromkeys(itertools.chain(*rows)))
    _require_something(keys)
    plan = Plan(with_absolute_files(base), keys, (rows,), is_grid=False)
    plan.require_allowed()
    return plan


def load_plan(path: str | Path, overrides: Mapping[str, Any] | None = None) -> Plan:
    """A scan from a file in TOML: a case with a table ``scan``.

    ::

        [scan]
        case = "crust.toml"           # optional: the case that the other tables here change

        [scan.grid]                   # every combination; or [scan.list]: side by side
        chiral.delta_mu = [1.0, 1e-2, 1e-4]
        hall.enabled = [true, false]

        [time]
        end = 50.0

    Parameters
    ----------
    path : str or Path
    overrides : mapping, optional
        Values of the base case by dotted key, which take precedence over the file's.

    Returns
    -------
    Plan

    Raises
    ------
    ParameterError
        Where the file cannot be read, is not TOML, or something in it breaks a rule.
    """
    sections = read_toml(path)
    scan = sections.pop("scan", None)
    if not isinstance(scan, dict):
        raise ParameterError("scan", scan, f"must be a table of keys in {path}")
    unknown = scan.keys() - {"case", "grid", "list"}
    if unknown:
        raise ParameterError(f"scan.{min(unknown)}", None, "unknown key (known: case, grid, list)")
    case = scan.get("case")
    if not (case is None or isinstance(case, str)):
        raise ParameterError("scan.case", case, "must be a string")
    if ("grid" in scan) == ("list" in scan):
        raise ParameterError("scan", None, f"needs either a grid or a list in {path}")
    base = load_parameters(
        None if case is None else Path(path).parent / case, {**sections, **(overrides or {})}
    )
    if "grid" in scan:
        return grid(base, _table("scan.grid", scan["grid"]))
    return listed(base, _rows(_flattened(_table("scan.list", scan["list"]))))


def _rows(columns: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Points from the values of each key, side by side."""
    values = {key: _values(key, column) for key, column in columns.items()}
    _require_something(values)
    for key, column in values.items():
        length = len(next(iter(values.values())))
        if len(column) != length:
            raise ParameterError(
                f"scan.list.{key}", None, f"has {len(column)} values, others have {length}"
            )
    return [dict(zip(values, row, strict=True)) for row in zip(*values.values(), strict=True)]


def _table(key: str, value: object) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise ParameterError(key, value, "must be a table of keys")
    return value


def _flattened(table: Mapping[str, Any]) -> dict[str, Any]:
    """Values by dotted key, where some may be in tables by section."""
    flat: dict[str, Any] = {}
    for key, value in table.items():
        nested = isinstance(value, Mapping) and "." not in key
        flat |= {f"{key}.{name}": v for name, v in value.items()} if nested else {key: value}
    return flat


def _values(key: str, column: object) -> tuple:
    if isinstance(column, str | Mapping) or not isinstance(column, Iterable):
        raise ParameterError(key, column, "must be a list of the values to scan")
    values = column.tolist() if isinstance(column, np.ndarray) else list(column)
    if not values:
        raise ParameterError(key, column, "must not be empty")
    # numbers of numpy's own types are no floats to those who look closely
    return tuple(value.item() if isinstance(value, np.generic) else value for value in values)


def _require_no_object(parameters: Parameters) -> None:
    """Raise ParameterError where parameters stand for what this process alone holds."""
    way = "is of this Python session, and other processes lack it; save it and name the file"
    background, start = parameters.background, parameters.initial
    if isinstance(background, Table) and background.file.startswith(GIVEN_DATASET):
        raise ParameterError("background.file", background.file, way)
    if isinstance(start, GivenStart):
        raise ParameterError("initial.kind", start.kind, way)


def _require_something(keys: Iterable) -> None:
    if not list(keys):
        raise ParameterError("scan", None, "changes nothing")


def _label(key: str) -> str:
    name = key.rpartition(".")[2]
    is_clear = name not in TAKEN and len(sections_with_key(name)) <= 1
    return name if is_clear else key.replace(".", "_")


def _value(parameters: Parameters, key: str) -> Any:
    """Value of a dotted key, None where the section, by its kind, lacks it."""
    section, _, name = key.partition(".")
    return getattr(getattr(parameters, section, None), name, None)


def _point_name(parameters: Parameters, digests: Mapping[str, str]) -> str:
    """The fingerprint of the parameters, and of the content of the files they name."""
    if not digests:
        return parameters.fingerprint()
    return hashlib.sha256(json.dumps([parameters.to_json(), digests]).encode()).hexdigest()[:32]


def _coordinate(key: str, values: Sequence, dim: str, example: Parameters) -> xr.Variable:
    """Values of a key, with its unit and meaning; lists and tables as JSON, none as NaN or null."""
    if all(isinstance(value, bool | int | float | None) for value in values):
        shown = [np.nan if value is None else value for value in values]
    else:
        shown = [v if isinstance(v, str) else json.dumps(v, default=dict) for v in values]
    section, _, name = key.partition(".")
    fields = type(getattr(example, section)).model_fields
    attributes = {"key": key}
    if name in fields:
        unit = fields[name].json_schema_extra["unit"]
        attributes |= {"long_name": fields[name].description, **unit_attributes(unit)}
    return xr.Variable(dim, np.array(shown), attributes)
