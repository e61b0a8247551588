"""Figure of the chiral imbalance in a crust, at one or several temperatures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from spectralcmi.view.plotting.style import (
    BLUE,
    GREEN,
    VERMILION,
    panels,
    positive,
    unit_of,
    variables_of,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: Variable: (symbol, what it is, unit where the variable names none, colour), by its axis.
CURVES = {
    "chiral_fraction": ("$n_5/n_e$", r"$= \Gamma_w^\mathrm{eff}/\Gamma_f$", "1", BLUE),
    "chiral_chemical_potential": (r"$\mu_5$", "", "MeV", VERMILION),
    "chiral_wavelength": (r"$\lambda_5$", "", "km", GREEN),
}
#: Places of the three families of curves in the height of the figure, so that they part.
HEIGHTS = {"chiral_fraction": 0.0, "chiral_chemical_potential": 1.0, "chiral_wavelength": 0.45}
STYLES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)), (0, (1, 3)))
SPARE_DECADES = 4
NAMED_AT = 0.1  # share of the abscissa
OUTWARD = 46  # points between the second and the third axis


def rates(dataset: xr.Dataset, ax: Axes | None = None) -> np.ndarray:
    """Chiral imbalance of the crust against density: n5/n_e, mu5 and lambda5 on three axes.

    Left axis, blue: the net rate of electron captures over that of spin flips, which is n5/n_e.
    Right axis, red: mu5. Second right axis, green: lambda5. Temperatures have line styles, from
    solid for the first: the paper's Fig. 1.

    Parameters
    ----------
    dataset : xarray.Dataset
        A crust with ``chiral_fraction``, ``chiral_chemical_potential`` and ``chiral_wavelength``
        along ``radius``, and along ``temperature`` if there are several.
    ax : matplotlib.axes.Axes, optional
        Where to draw; two more are laid over it.

    Returns
    -------
    ax : numpy.ndarray of matplotlib.axes.Axes, shape (3,)

    References
    ----------
    Dehman & Pons, arXiv:2408.05281, Fig. 1.
    """
    values = variables_of(dataset, *CURVES)
    has_density = "density" in dataset and bool((dataset["density"] > 0).any())
    across = dataset["density" if has_density else "radius"]
    left = panels(ax, 1, size=(5.2, 3.6))[0]
    axes = np.array([left, left.twinx(), left.twinx()])
    axes[2].spines["right"].set_position(("outward", OUTWARD))
    decades = max(_decades(variable) for variable in values) + SPARE_DECADES
    for panel, variable in zip(axes, values, strict=True):
        _draw_family(panel, across, variable)
        _set_limits(panel, variable, decades)
    left.set_xscale("log" if has_density else "linear")
    symbol, unit = (r"\rho", "g cm^-3") if has_density else ("r", "km")
    left.set_xlabel(f"${symbol}$ [{unit_of(across, unit)}]")
    left.set_xlim(float(across.min()), float(across.max()))
    _colour_spines(axes)
    _legend_of_temperatures(axes[2], dataset)
    return axes


def _rows(variable: xr.DataArray) -> list[xr.DataArray]:
    """Profiles of a variable, one a temperature."""
    if "temperature" not in variable.dims:
        return [variable]
    return [variable.isel(temperature=i) for i in range(variable.sizes["temperature"])]


def _draw_family(panel: Axes, across: xr.DataArray, variable: xr.DataArray) -> None:
    """Curves of one variable, their name and their axis in one colour."""
    symbol, meaning, unit, colour = CURVES[str(variable.name)]
    rows = [positive(abs(row)) for row in _rows(variable)]
    for number, row in enumerate(rows):
        panel.plot(across, row, ls=STYLES[number % len(STYLES)], color=colour)
    unit = unit_of(variable, unit)
    unit = "" if unit == "1" else f" [{unit}]"
    panel.set_yscale("log")
    panel.set_ylabel(f"{symbol} {meaning}".strip() + unit, color=colour)
    panel.tick_params(axis="y", which="both", colors=colour)
    _name_curves(panel, across, rows, symbol, colour)


def _name_curves(
    panel: Axes, across: xr.DataArray, rows: list[np.ndarray], symbol: str, colour: str
) -> None:
    """Write a symbol above the highest curve, near the end where densities are low."""
    place = int(np.argmin(abs(_share(across) - NAMED_AT)))
    highest = max((row[place] for row in rows if np.isfinite(row[place])), default=None)
    if highest is not None:
        panel.annotate(
            symbol, (float(across[place]), highest), xytext=(-4, 7), textcoords="offset points",
            ha="center", va="bottom", color=colour,
        )  # fmt: skip


def _share(across: xr.DataArray) -> np.ndarray:
    """Place of each point between the ends of the abscissa."""
    values = np.log(across.values) if across.name == "density" else across.values[::-1]
    return (values - values.min()) / np.ptp(values)


def _ends(variable: xr.DataArray) -> np.ndarray:
    """Logarithms of the least and the largest value that can be drawn; none: those of 1."""
    values = positive(abs(variable))
    values = values[np.isfinite(values)]
    return np.log10([values.min(), values.max()]) if values.size else np.zeros(2)


def _decades(variable: xr.DataArray) -> float:
    low, high = _ends(variable)
    return high - low


def _set_limits(panel: Axes, variable: xr.DataArray, decades: float) -> None:
    """As many decades for each family, which parts their curves by places of their own."""
    low, high = _ends(variable)
    spare = decades - (high - low)
    bottom = low - 0.3 - (spare - 0.6) * HEIGHTS[str(variable.name)]
    panel.set_ylim(10.0**bottom, 10.0 ** (bottom + decades))


def _colour_spines(axes: np.ndarray) -> None:
    """Let every axis have one side of the frame, in its colour."""
    left, *right = axes
    left.tick_params(which="both", right=False)
    left.spines["right"].set_visible(False)
    left.spines["left"].set_color(CURVES["chiral_fraction"][-1])
    for panel, (*_, colour) in zip(right, list(CURVES.values())[1:], strict=True):
        panel.spines["left"].set_visible(False)
        panel.spines["right"].set_color(colour)


def _legend_of_temperatures(panel: Axes, dataset: xr.Dataset) -> None:
    from matplotlib.lines import Line2D

    if "temperature" not in dataset.dims:
        return
    handles = [
        Line2D([], [], color="0.2", ls=STYLES[i % len(STYLES)], label=_kelvin(value))
        for i, value in enumerate(dataset["temperature"].values)
    ]
    panel.legend(
        handles=handles, loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=len(handles),
        handlelength=2.6,
    )  # fmt: skip


def _kelvin(temperature: float) -> str:
    mantissa, exponent = f"{float(temperature):.3e}".split("e")
    power = f"10^{{{int(exponent)}}}"
    mantissa = f"{float(mantissa):g}"
    return f"${power}$ K" if mantissa == "1" else rf"${mantissa}\times{power}$ K"
