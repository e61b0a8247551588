"""Figure of a scan: lines or a heat map, by the number of parameters."""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from spectralcmi.errors import InputError
from spectralcmi.view.plotting.legends import legend_above
from spectralcmi.view.plotting.style import (
    SEQUENTIAL,
    label_time_axis,
    raised,
    sequence_colours,
    single_axes,
    unit_of,
    variables_of,
    year,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: Last parts of keys that say nothing without the section before.
COMMON = ("enabled", "kind", "file", "lmax")
#: Values of a parameter of which each has a tick.
MOST_TICKS = 8
#: Dimension of a scan that is a list.
POINT = "point"


def scan(dataset: xr.Dataset, ax: Axes | None = None, variable: str = "rms_field") -> Axes:
    """A quantity of many runs: against time and one parameter, or against two parameters.

    Parameters
    ----------
    dataset : xarray.Dataset
        A scan, with a dimension for each parameter, and ``time``.
    ax : matplotlib.axes.Axes, optional
        Where to draw.
    variable : str
        What to draw. One parameter: lines against time, or against the parameter for a variable
        without time. Two parameters: a heat map, of the last value where there is a time.

    Returns
    -------
    ax : matplotlib.axes.Axes
    """
    (values,) = variables_of(dataset, variable)
    values = values.compute()  # of a scan that has not been loaded
    parameters = [str(name) for name in values.dims if name != "time"]
    if not parameters:
        raise InputError(f"{variable} depends on no parameter: the dataset is not of a scan")
    if len(parameters) > 2:
        raise InputError(
            f"{variable} depends on {len(parameters)} parameters ({', '.join(parameters)}); one or "
            "two can be drawn, select the others"
        )
    ax = single_axes(ax)
    if len(parameters) == 2:
        _heat_map(ax, _in_order(_last(values).transpose(*parameters)))
        if "time" in values.dims:
            ax.set_title(f"at {year(dataset['time'][-1])}, or where a run ended before")
    elif "time" in values.dims:
        _lines_in_time(ax, dataset, _in_order(values.transpose(*parameters, "time")))
    else:
        _line(ax, _in_order(values))
    return ax


def _in_order(values: xr.DataArray) -> xr.DataArray:
    """Values along ascending parameters, or descending ones as they were scanned."""
    for dim in values.dims:
        parameter = _parameter(values, dim)
        if dim == "time" or not _is_number(parameter):
            continue
        steps = np.diff(parameter.values)
        if not (np.all(steps > 0) or np.all(steps < 0)):
            values = values.isel({dim: np.argsort(parameter.values, kind="stable")})
    return values


def _lines_in_time(ax: Axes, dataset: xr.Dataset, values: xr.DataArray) -> None:
    """A line for each value of the one parameter."""
    parameter = _parameter(values, values.dims[0])
    colours = sequence_colours(parameter.size)
    styles = ["-", "--", "-.", ":"]
    for i, colour in enumerate(colours):
        label = _text(parameter.values[i])
        ax.plot(dataset["time"], values[i], styles[i % 4], color=colour, label=label)
    label_time_axis(ax, dataset)
    _scale(ax, "y", values)
    ax.set_ylabel(_label(values))
    legend_above(ax, title=_parameter_label(parameter))


def _line(ax: Axes, values: xr.DataArray) -> None:
    parameter = _parameter(values, values.dims[0])
    ax.plot(_positions(parameter), values, "o-", color="black", ms=4)
    _parameter_axis(ax, "x", parameter)
    _scale(ax, "y", values)
    ax.set_ylabel(_label(values))


def _heat_map(ax: Axes, values: xr.DataArray) -> None:
    """Colour against the first parameter upwards and the second across."""
    from matplotlib.colors import LogNorm, Normalize

    up, across = (_parameter(values, name) for name in values.dims)
    norm = (LogNorm if _spans_decades(values) else Normalize)()
    mesh = ax.pcolormesh(_edges(across), _edges(up), np.asarray(values), norm=norm, cmap=SEQUENTIAL)
    _parameter_axis(ax, "x", across)
    _parameter_axis(ax, "y", up)
    bar = ax.figure.colorbar(mesh, ax=ax, pad=0.02)
    bar.set_label(_label(values))


def _last(values: xr.DataArray) -> xr.DataArray:
    """Last value along time that is one: runs may end early."""
    if "time" not in values.dims:
        return values
    filled = values.where(np.isfinite(values))
    index = xr.ufuncs.isfinite(values).cumsum("time").argmax("time")
    last = filled.isel(time=index).drop_vars("time", errors="ignore")
    return last.assign_attrs(values.attrs).rename(values.name)


def _parameter(values: xr.DataArray, dim: Hashable) -> xr.DataArray:
    """What varies along a dimension: its coordinate, or for a list of points all that changes."""
    if dim in values.coords:
        return values[dim]
    keys = [name for name, coordinate in values.coords.items() if coordinate.dims == (dim,)]
    if len(keys) == 1:
        return values[keys[0]]
    texts = [
        ", ".join(f"{key} = {_text(values[key].values[i])}" for key in keys) or str(i)
        for i in range(values.sizes[dim])
    ]
    return xr.DataArray(texts, dims=[dim], name=dim)


def _is_number(parameter: xr.DataArray) -> bool:
    return np.issubdtype(parameter.dtype, np.number)


def _positions(parameter: xr.DataArray) -> np.ndarray:
    """Where the values of a parameter lie on its axis: 0, 1, .. for those that are no numbers."""
    return np.asarray(parameter) if _is_number(parameter) else np.arange(parameter.size)


def _edges(parameter: xr.DataArray) -> np.ndarray:
    """Edges of the cells around the values of a parameter."""
    x = _positions(parameter).astype(float)
    if x.size == 1:
        return np.array([x[0] * 0.5, x[0] * 1.5]) if x[0] else np.array([-0.5, 0.5])
    if _spans_decades(parameter):
        return np.exp(_middles(np.log(x)))
    return _middles(x)


def _middles(x: np.ndarray) -> np.ndarray:
    half = np.diff(x) / 2
    return np.concatenate([[x[0] - half[0]], x[:-1] + half, [x[-1] + half[-1]]])


def _spans_decades(values: xr.DataArray) -> bool:
    """Whether values are positive and spread so far that a logarithmic axis suits them."""
    if not _is_number(values):
        return False
    finite = np.asarray(values, dtype=float)
    finite = finite[np.isfinite(finite)]
    return finite.size > 1 and finite.min() > 0 and finite.max() >= 10 * finite.min()


def _scale(ax: Axes, axis: str, values: xr.DataArray) -> None:
    ax.set(**{f"{axis}scale": "log" if _spans_decades(values) else "linear"})


def _parameter_axis(ax: Axes, axis: str, parameter: xr.DataArray) -> None:
    from matplotlib.ticker import NullLocator

    ax.set(**{f"{axis}label": _parameter_label(parameter)})
    if _is_number(parameter):
        _scale(ax, axis, parameter)
    if not _is_number(parameter) or parameter.size <= MOST_TICKS:
        texts = [_text(value) for value in parameter.values]
        ax.set(**{f"{axis}ticks": _positions(parameter), f"{axis}ticklabels": texts})
        getattr(ax, f"{axis}axis").set_minor_locator(NullLocator())


def _text(value: Any) -> str:
    if isinstance(value, bool | np.bool_):
        return str(value).lower()  # as in the case file
    if not isinstance(value, int | float | np.number):
        return str(value)
    mantissa, e, power = f"{value:g}".partition("e")
    if not e:
        return mantissa
    factor = "" if mantissa == "1" else rf"{mantissa}\times"
    return rf"${factor}10^{{{int(power)}}}$"


def _parameter_label(parameter: xr.DataArray) -> str:
    """Words of a parameter's key, with its unit."""
    if parameter.name == POINT:  # a list of points, whose labels hold the keys
        return ""
    section, _, last = str(parameter.name).rpartition(".")
    words = f"{section} {last}" if last in COMMON else last
    words = words.replace("_", " ").replace(".", " ").strip()
    unit = raised(parameter.attrs.get("case_units", parameter.attrs.get("units", "")))
    return f"{words} [{unit}]" if unit not in ("", "1") else words


def _label(variable: xr.DataArray) -> str:
    """Long name, or the name, with its unit."""
    name = variable.attrs.get("long_name", str(variable.name).replace("_", " "))
    unit = unit_of(variable)
    return f"{name} [{unit}]" if unit not in ("", "1") else name
