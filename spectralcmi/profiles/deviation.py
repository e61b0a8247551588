"""The deviation from beta equilibrium over k_B T: one number, or a file over radius and time.

Between the times of a file it goes along straight lines. A run follows it in steps, see
`spectralcmi.profiles.provider`: at each time of the file, and in between as often as it moves by
`STEP` of its largest value then.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from spectralcmi.netcdf_files import load_netcdf
from spectralcmi.star.columns import read_columns
from spectralcmi.star.composition import monotone_interpolant
from spectralcmi.star.files import file_version, naming
from spectralcmi.star.units import unit_factor

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from spectralcmi.case.sections import Chiral

#: Change of the deviation, relative to its largest value, at which the source is built again.
STEP = 0.05
#: exp(-delta_mu) of the effective rate stays a number.
SMALLEST = -100.0
NETCDF = (".nc", ".nc4")
_KEY = "delta_mu_file"
_UNITS = {"time": "yr", "radius": "km", "density": "g cm-3", "delta_mu": "1"}


@dataclass(frozen=True, eq=False)
class DeviationTable:
    """delta_mu/(k_B T) at times and places of a file.

    Attributes
    ----------
    place : {"radius", "density"}
        What the columns are sorted by.
    places : ndarray, shape (places,)
        Rising [km or g cm-3].
    times : ndarray, shape (times,)
        Rising [yr]; a single zero where the file has none.
    values : ndarray, shape (times, places)
    """

    place: str
    places: np.ndarray
    times: np.ndarray
    values: np.ndarray

    def __post_init__(self) -> None:
        for name, numbers in ((self.place, self.places), ("time", self.times)):
            if not np.all(np.isfinite(numbers)) or np.any(np.diff(numbers) <= 0.0):
                raise ValueError(f"{name} must be finite, and none be there twice")
        if self.places.size < 2 or np.any(self.places <= 0.0):
            raise ValueError(f"{self.place} must hold two positive values or more")
        if self.times[0] < 0.0:
            raise ValueError(f"time={self.times[0]:g} yr must not be negative")
        wrong = ~(np.isfinite(self.values) & (self.values >= SMALLEST))
        if wrong.any():
            shown = self.values[wrong][0]
            raise ValueError(f"delta_mu={shown:g} must be finite and at least {SMALLEST:g}")

    @property
    def end(self) -> float:
        """The last year that it is known for; infinite where it does not change."""
        return float(self.times[-1]) if self.times.size > 1 else np.inf

    def at(self, radius: np.ndarray, density: np.ndarray | None, time: float) -> np.ndarray:
        """delta_mu/(k_B T) at places and a time; beyond the first and last of them it is constant.

        Parameters
        ----------
        radius : ndarray, shape (n,)
            [km]
        density : ndarray, shape (n,), or None
            [g cm-3]; None where the background has none.
        time : float
            [yr]

        Returns
        -------
        ndarray, shape (n,)

        Raises
        ------
        ValueError
            If the density is needed and not known.
        """
        place = radius if self.place == "radius" else density
        if place is None:
            raise ValueError("gives delta_mu against density, which this background has not")
        here = np.log(place)
        x = np.log(self.places)
        here = np.clip(here, x[0], x[-1])
        if self.times.size == 1:
            return monotone_interpolant(x, self.values[0])(here)
        left = int(np.clip(np.searchsorted(self.times, time, "right") - 1, 0, self.times.size - 2))
        before, after = self.times[left : left + 2]
        share = float(np.clip((time - before) / (after - before), 0.0, 1.0))
        values = (1.0 - share) * self.values[left] + share * self.values[left + 1]
        return monotone_interpolant(x, values)(here)

    def change_times(self, end: float | None) -> np.ndarray:
        """Years, after 0 and up to `end`, at which it has moved by `STEP`, and those of the file.

        Raises
        ------
        ValueError
            If the file ends before.
        """
        if self.times.size == 1:
            return np.empty(0)
        if end is not None and end > self.end:
            raise ValueError(f"ends at {self.end:g} yr, before {end:g} yr")
        times = np.concatenate([*self._subdivided(), self.times[-1:]])
        within = (times > 0.0) & (times <= (np.inf if end is None else end))
        return times[within]

    def _subdivided(self) -> Iterator[np.ndarray]:
        """Times of each interval of the file, its end left out."""
        for i in range(self.times.size - 1):
            pair = self.values[i : i + 2]
            largest, moved = np.abs(pair).max(), np.abs(np.diff(pair, axis=0)).max()
            count = int(np.ceil(moved / (STEP * largest))) if moved > 0.0 else 1
            yield np.linspace(self.times[i], self.times[i + 1], count + 1)[:-1]


def read_deviation(path: str | Path) -> DeviationTable:
    """Read delta_mu/(k_B T) from a file.

    Parameters
    ----------
    path : str or Path
        A text file with the header and columns ``radius [km], delta_mu`` or
        ``density [g cm-3], delta_mu``, and ``time [yr]`` before them where it changes, with the
        same places at every time; or a netCDF file with the variable ``delta_mu`` along radius or
        density, and time. Other units of the same kind are understood.

    Returns
    -------
    DeviationTable

    Raises
    ------
    ValueError
        If a column or unit is missing, or a value is impossible.
    OSError
        If the file cannot be read.
    """
    columns = _netcdf(path) if Path(path).suffix.lower() in NETCDF else _text(path)
    if ("radius" in columns) == ("density" in columns):
        raise ValueError("must have one of radius and density")
    place = "radius" if "radius" in columns else "density"
    if not columns["delta_mu"].size:
        raise ValueError("the file holds no line of numbers")
    along = columns.get("time", np.zeros_like(columns["delta_mu"]))
    times, places = np.unique(along), np.unique(columns[place])
    order = np.lexsort((columns[place], along))
    if order.size != times.size * places.size or np.any(
        columns[place][order].reshape(times.size, -1) != places
    ):
        raise ValueError(f"must hold the same values of {place} at every time, each once")
    values = columns["delta_mu"][order].reshape(times.size, places.size)
    return DeviationTable(place, places, times, values)


def _text(path: str | Path) -> dict[str, np.ndarray]:
    columns = read_columns(path, _UNITS, optional=("time", "radius", "density"))
    for name, values in columns.items():
        if np.isnan(values).any():
            raise ValueError(f"column {name} has missing numbers")
    return columns


def _netcdf(path: str | Path) -> dict[str, np.ndarray]:
    """The variable delta_mu of a file and its coordinates, a line for each value."""
    dataset = load_netcdf(path, names=_UNITS, decode_times=False)
    if "delta_mu" not in dataset.data_vars:
        raise ValueError("lacks the variable delta_mu")
    variable = dataset["delta_mu"]
    unknown = [str(name) for name in variable.dims if name not in _UNITS]
    if unknown:
        raise ValueError(f"delta_mu has the dimension {unknown[0]}, not time, radius or density")
    columns = {"delta_mu": _in_units(variable, "1").ravel()}
    for axis, name in enumerate(map(str, variable.dims)):
        if name not in variable.coords:
            raise ValueError(f"lacks the coordinate {name}")
        shape = [-1 if i == axis else 1 for i in range(variable.ndim)]
        values = _in_units(variable[name], _UNITS[name]).reshape(shape)
        columns[name] = np.broadcast_to(values, variable.shape).ravel()
    return columns


def _in_units(variable: xr.DataArray, wanted: str) -> np.ndarray:
    """Values in the unit wanted; without the attribute units they have no dimension."""
    if variable.dtype.kind not in "fiu":
        raise ValueError(f"{variable.name} holds no real numbers")
    try:
        factor = unit_factor(str(variable.attrs.get("units", "1")), wanted)
    except ValueError as error:
        raise ValueError(f"{variable.name}: {error}") from error
    return variable.values * factor


@lru_cache(maxsize=8)
def _table(version: tuple[str, int, int]) -> DeviationTable:
    return read_deviation(version[0])


def deviation(
    chiral: Chiral, radius: ArrayLike, density: np.ndarray | None, time: float
) -> np.ndarray | None:
    """Deviation from beta equilibrium over k_B T at some radii, where a file gives it.

    Parameters
    ----------
    chiral : Chiral
        Section of the parameters.
    radius, density : ndarray, shape (n,)
        [km], [g cm-3]; see `DeviationTable.at`.
    time : float
        [yr]

    Returns
    -------
    ndarray, shape (n,), or None
        None where delta_mu is one number.

    Raises
    ------
    InputError
        If the file cannot be read or is impossible.
    """
    if not chiral.delta_mu_file:
        return None
    with naming(_KEY, chiral.delta_mu_file, "chiral"):
        return _table(file_version(chiral.delta_mu_file)).at(np.asarray(radius), density, time)


def strongest_deviation(
    chiral: Chiral, radius: np.ndarray, density: np.ndarray | None
) -> np.ndarray | None:
    """As `deviation`, at each place that of all times with the fastest net captures."""
    if not chiral.delta_mu_file:
        return None
    with naming(_KEY, chiral.delta_mu_file, "chiral"):
        table = _table(file_version(chiral.delta_mu_file))
        values = np.array([table.at(np.asarray(radius), density, time) for time in table.times])
        fastest = np.abs(np.expm1(-values)).argmax(axis=0)
        return np.take_along_axis(values, fastest[None], axis=0)[0]


def deviation_change_times(chiral: Chiral, end: float | None = None) -> np.ndarray:
    """Years at which the deviation has moved; see `DeviationTable.change_times`.

    Parameters
    ----------
    chiral : Chiral
        Section of the parameters; without a delta_mu_file there are no such times.
    end : float, optional
        [yr]; default: where the file ends.

    Returns
    -------
    ndarray, shape (number of times,)
        Rising, the same whatever the end.

    Raises
    ------
    InputError
        If the file cannot be read or ends too early.
    """
    if not chiral.delta_mu_file:
        return np.empty(0)
    with naming(_KEY, chiral.delta_mu_file, "chiral"):
        return _table(file_version(chiral.delta_mu_file)).change_times(end)


def deviation_end(chiral: Chiral) -> float:
    """The last year [yr] that the deviation is known for; infinite where it does not change."""
    if not chiral.delta_mu_file:
        return np.inf
    with naming(_KEY, chiral.delta_mu_file, "chiral"):
        return _table(file_version(chiral.delta_mu_file)).end
