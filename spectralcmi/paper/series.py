"""Runs side by side in one small dataset: variables with units, series of different length."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike

__all__ = ["Measured", "Variable", "numbers", "series", "stacked", "times", "variable"]

Dims = str | tuple[str, ...]
Variable = tuple[Dims, np.ndarray, dict[str, str]]
Measured = Callable[[xr.Dataset], Any]
"""A number or a series of a run."""


def variable(dims: Dims, values: ArrayLike, units: str, long_name: str) -> Variable:
    """A variable of a dataset, in numbers."""
    return dims, np.asarray(values, dtype=float), {"units": units, "long_name": long_name}


def stacked(series: Sequence[ArrayLike]) -> np.ndarray:
    """Rows of different length in one array, NaN behind the shorter ones."""
    rows = [np.asarray(row, dtype=float) for row in series]
    out = np.full((len(rows), max((row.size for row in rows), default=0)), np.nan)
    for place, row in zip(out, rows, strict=True):
        place[: row.size] = row
    return out


def series(runs: Mapping[Any, xr.Dataset], function: Measured) -> np.ndarray:
    """A series of each run, shape (runs, samples), NaN behind the shorter ones."""
    return stacked([np.asarray(function(run)) for run in runs.values()])


def times(runs: Mapping[Any, xr.Dataset], dim: str) -> Variable:
    """The years of the series of each run."""
    return variable((dim, "sample"), series(runs, lambda run: run["time"]), "julian_year", "time")


def numbers(runs: Mapping[Any, xr.Dataset], function: Measured) -> list[float]:
    """A number of each run."""
    return [float(function(run)) for run in runs.values()]
