"""What all figures share: settings, colours, line styles, units, panels and colour bars."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike

from spectralcmi.errors import InputError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.collections import QuadMesh
    from matplotlib.colorbar import Colorbar

#: Widths of one column and of a page of the journals [inch]; no new figure is wider.
COLUMN, PAGE = 3.4, 7.0
#: Height of a figure, relative to the width of a column.
HEIGHT = 0.82

STYLE: MappingProxyType[Any, Any] = MappingProxyType(  # keys are literals to matplotlib
    {
        "figure.figsize": (COLUMN, HEIGHT * COLUMN),
        "figure.constrained_layout.use": True,
        "savefig.dpi": 300,
        "font.size": 8.5,  # the smallest text, "small", is 7.1 points
        "axes.labelsize": 9,
        "axes.titlesize": 9,
        "legend.fontsize": 7.5,
        "legend.frameon": False,
        "xtick.direction": "in",
        "ytick.direction": "in",
        "xtick.top": True,
        "ytick.right": True,
        "lines.linewidth": 1.3,
        "pdf.fonttype": 42,  # letters stay letters: journals refuse Type 3 fonts
        "svg.fonttype": "none",  # and can be edited and searched
    }
)
"""Matplotlib settings of the figures that the command line saves, at the width of a column."""

BLACK, BLUE, VERMILION, GREEN = "#000000", "#0072B2", "#D55E00", "#009E73"
#: Names in units as they are printed.
_PRINTED = {"julian_year": "yr", "teragauss": "(1e12 G)", "gauss": "G", "k_B T": r"$k_\mathrm{B}T$"}

TOTAL, POLOIDAL, TOROIDAL = "-", "-.", ":"
#: Orange is positive and purple, the darker in grey, negative.
DIVERGING, SEQUENTIAL = "PuOr_r", "viridis"
#: A field below this part of the snapshot's largest is round-off, and drawn as zero.
ROUND_OFF = 1e-12


@contextlib.contextmanager
def style(width: float = COLUMN, height: float | None = None) -> Iterator[None]:
    """Draw in the style of the command line's figures, whatever the settings outside.

    Parameters
    ----------
    width : float
        Of a figure with one panel [inch]: 3.4 is a column of most journals, 7 their page. Figures
        with several panels have their own widths, up to a page.
    height : float, optional
        [inch]

    Examples
    --------
    >>> import spectralcmi as cmi
    >>> with cmi.style(width=3.4):  # doctest: +SKIP
    ...     cmi.plot.energies(dataset).figure.savefig("energies.pdf")
    """
    import matplotlib

    height = height or HEIGHT * min(width, 1.4 * COLUMN)
    with matplotlib.rc_context({**STYLE, "figure.figsize": (width, height)}):
        yield


def variables_of(dataset: xr.Dataset, *names: str) -> tuple[xr.DataArray, ...]:
    """Variables of a dataset, or an error that names the missing one."""
    for name in names:
        if name not in dataset:
            raise InputError(f"the dataset has no variable {name}")
    return tuple(dataset[name] for name in names)


def panels(
    ax: Axes | Sequence[Axes] | None,
    count: int,
    columns: int = 1,
    size: tuple[float, float] | None = None,
    **options: Any,
) -> np.ndarray:
    """Axes to draw on: those given, or new ones.

    Parameters
    ----------
    ax : matplotlib.axes.Axes, sequence of them, or None
    count : int
        Number of panels.
    columns : int
        Number of panels in a row.
    size : tuple of float, optional
        Width and height of one panel [inch]; smaller where the figure would be wider than a page.
    **options
        For `matplotlib.pyplot.subplots`.

    Returns
    -------
    axes : numpy.ndarray of matplotlib.axes.Axes, shape (count,)
    """
    if ax is not None:
        axes = np.ravel(np.asarray(ax, dtype=object))
        if axes.size != count:
            raise InputError(f"{axes.size} Axes are given for {count} panels")
        return axes
    import matplotlib.pyplot as plt  # here, because it chooses a window system when imported

    width, height = size or plt.rcParams["figure.figsize"]
    shrink = min(1.0, PAGE / (columns * width)) if columns > 1 else 1.0
    rows = -(-count // columns)
    _, axes = plt.subplots(
        rows,
        columns,
        figsize=(columns * width * shrink, rows * height * shrink),
        squeeze=False,
        layout="constrained",
        **options,
    )
    axes = axes.ravel()
    for spare in axes[count:]:
        spare.remove()
    return axes[:count]


def single_axes(ax: Axes | None) -> Axes:
    """Axes given, or new ones."""
    return panels(ax, 1)[0]


def as_given(ax: Axes | Sequence[Axes] | None, axes: np.ndarray) -> Axes | np.ndarray:
    """What a function of several panels returns: single Axes if it was given single Axes."""
    is_single = ax is not None and np.ndim(np.asarray(ax, dtype=object)) == 0
    return axes[0] if is_single else axes


def positive(values: ArrayLike) -> np.ndarray:
    """Values with a gap where a logarithmic axis has no place for them."""
    return np.where(np.asarray(values) > 0, values, np.nan)


def unit_of(variable: xr.DataArray, default: str = "") -> str:
    """Unit of a variable with its exponents raised: ``g cm-3`` and ``g/cm3`` alike."""
    return raised(variable.attrs.get("units", default))


def raised(unit: str) -> str:
    """Unit with its exponents raised, and its names as they are printed."""
    for name, printed in _PRINTED.items():
        unit = unit.replace(name, printed)
    unit = re.sub(r"^1/(\w+)$", r"\1-1", unit)
    unit = re.sub(r"\b1e(\d+)", r"10$^{\1}$", unit)
    return re.sub(r"(?<=[A-Za-z)])\^?(-?\d+)", r"$^{\1}$", unit)


def label_time_axis(ax: Axes, dataset: xr.Dataset) -> None:
    """Label the abscissa as time and let it end where the data do."""
    time = dataset["time"]
    ax.set_xlabel(f"$t$ [{unit_of(time, 'julian_year')}]")
    if time.size > 1:
        ax.set_xlim(float(time[0]), float(time[-1]))


def time_indices(dataset: xr.Dataset, times: ArrayLike | None) -> list[int]:
    """Indices of the stored times nearest to some years, each once, in order.

    Without years, those of the snapshots; without snapshots, five equally spaced.
    """
    stored = np.asarray(dataset["time"], dtype=float)
    if times is None and "snapshot" in dataset.coords:
        times = np.atleast_1d(np.asarray(dataset["snapshot"], dtype=float))
    if times is None:
        times = np.linspace(stored[0], stored[-1], 5)
    return _nearest(stored, times)


def snapshot_indices(
    dataset: xr.Dataset, times: ArrayLike | None, most: int | None = None
) -> list[int]:
    """Indices of the snapshots nearest to some years, each once, in order.

    Parameters
    ----------
    dataset : xarray.Dataset
    times : sequence of float, optional
        [yr]; without, all.
    most : int, optional
        Number of snapshots wanted at most, where no years are given; 1 is the last.

    Returns
    -------
    list of int
    """
    if "snapshot" not in dataset.dims or dataset.sizes["snapshot"] == 0:
        raise InputError("the dataset has no snapshot")
    stored = np.asarray(dataset["snapshot"], dtype=float)
    if times is not None:
        return _nearest(stored, times)
    count = min(stored.size, most or stored.size)
    if count == 1:
        return [stored.size - 1]
    return [int(i) for i in np.linspace(0, stored.size - 1, count).round()]


def _nearest(stored: np.ndarray, times: ArrayLike) -> list[int]:
    times = np.atleast_1d(np.asarray(times, dtype=float))
    return sorted({int(np.argmin(abs(stored - time))) for time in times})


def sequence_colours(count: int) -> np.ndarray:
    """Colours from dark to light, early to late; the palest would vanish on white paper."""
    from matplotlib import colormaps

    return colormaps[SEQUENTIAL](np.linspace(0.0, 0.85, count))


def year(time: float | xr.DataArray) -> str:
    """Time of a snapshot as people say it."""
    return f"{float(time):.4g} yr"


def power_of_ten(largest: float) -> int:
    """Power of ten to take out of numbers up to `largest`, 0 where they read well as they are."""
    if not largest > 0:
        return 0
    power = int(np.floor(np.log10(float(f"{largest:.3g}"))))  # as it will be written
    return 0 if -1 <= power <= 2 else power


def colour_mesh(
    ax: Axes,
    x: np.ndarray,
    y: np.ndarray,
    values: np.ndarray,
    limits: tuple[float, float],
) -> QuadMesh:
    """Draw values on a mesh, diverging where the limits have both signs, else sequential.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    x, y, values : numpy.ndarray, shape (m, n)
    limits : tuple of float
        Of the colours, see `limits_of`.

    Returns
    -------
    mesh : matplotlib.collections.QuadMesh
        Of the values without the power of ten that `colour_bar` writes.
    """
    low, high = limits
    is_blank = high <= max(low, 0.0)
    power = 0 if is_blank else power_of_ten(high)
    scaled = np.zeros_like(values) if is_blank else values / 10.0**power
    # Any: what the colour bar needs goes with it
    mesh: Any = ax.pcolormesh(
        x,
        y,
        scaled,
        cmap=DIVERGING if low < 0 or is_blank else SEQUENTIAL,
        vmin=-1.0 if is_blank else low / 10.0**power,
        vmax=1.0 if is_blank else high / 10.0**power,
        shading="gouraud",
        rasterized=True,  # half a million triangles are no vector graphics
    )
    mesh.power = power
    mesh.is_blank = is_blank
    return mesh


def limits_of(
    values: np.ndarray, *, is_signed: bool = True, round_off: float = 0.0
) -> tuple[float, float]:
    """Limits of the colours of values: centred on zero, or from zero.

    Parameters
    ----------
    values : numpy.ndarray
    is_signed : bool
        Whether both signs occur.
    round_off : float
        Values below it are zero.

    Returns
    -------
    low, high : float
        Both zero where nothing is larger than `round_off`.
    """
    largest = float(np.nanmax(np.abs(values)))
    largest = largest if largest > round_off else 0.0
    return (-largest if is_signed else 0.0, largest)


def widest(limits: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """Limits that hold others, of maps with a common scale."""
    return min(low for low, _ in limits), max(high for _, high in limits)


def colour_bar(
    mesh: Any,
    ax: Axes | Sequence[Axes],
    symbol: str,
    unit: str,
    cax: Axes | None = None,
    **options: Any,
) -> Colorbar:
    """Colour bar of `colour_mesh` below its Axes, with the limits and the middle marked."""
    power = f"10$^{{{mesh.power}}}$ " if mesh.power else ""
    options = {"location": "bottom", "aspect": 22, "pad": 0.03, "shrink": 0.85} | options
    if cax is not None:
        options = {"cax": cax, "orientation": "horizontal"}
    figure = np.ravel(np.asarray(ax, dtype=object))[0].figure
    bar = figure.colorbar(mesh, ax=None if cax is not None else ax, **options)
    low, high = mesh.get_clim()
    ticks = [0.0] if mesh.is_blank else [low, (low + high) / 2, high]
    # as many digits as tell the limits from each other
    digits = 3 if low <= 0 else int(np.clip(3 - np.log10(1 - low / high), 3, 6))
    bar.set_ticks(ticks, labels=[f"{tick:.{digits}g}".replace("-", "−") for tick in ticks])
    bar.ax.tick_params(direction="out", top=False, length=2, labelsize="small")
    bar.outline.set_linewidth(0.5)
    bar.set_label(f"{symbol} [{power}{unit}]")
    return bar
