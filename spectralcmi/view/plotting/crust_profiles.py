"""Figure of the crust: radial profiles against density."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from spectralcmi.view.plotting.style import (
    BLACK,
    COLUMN,
    PAGE,
    as_given,
    panels,
    positive,
    unit_of,
    variables_of,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: Variable of a crust: (symbol, unit where the variable names none).
QUANTITIES = {
    "chiral_fraction": (r"$n_5/n_e$", ""),
    "chiral_chemical_potential": (r"$\mu_5$", "MeV"),
    "chiral_wavelength": (r"$\lambda_5$", "km"),
    "electron_density": (r"$n_e$", "cm^-3"),
    "magnetic_diffusivity": (r"$\eta$", "km^2 julian_year^-1"),
    "hall_prefactor": (r"$f_\mathrm{h}$", "km^2 julian_year^-1 teragauss^-1"),
}


def profiles(
    dataset: xr.Dataset,
    ax: Axes | Sequence[Axes] | None = None,
    variables: Sequence[str] | None = None,
    **line: Any,
) -> Axes | np.ndarray:
    """Profiles of the crust against density: chiral asymmetry, and what carries currents.

    Parameters
    ----------
    dataset : xarray.Dataset
        A crust, with variables along ``radius``.
    ax : sequence of matplotlib.axes.Axes, optional
        Where to draw, one a variable; a second crust is compared by drawing it on the Axes of the
        first.
    variables : sequence of str, optional
        Names of the variables; default: those present of n5/n_e, mu5, lambda5, n_e, eta and f_h.
    **line
        Style of the lines, such as ``label`` and ``ls``.

    Returns
    -------
    ax : numpy.ndarray of matplotlib.axes.Axes
        One a variable, from top to bottom, then from left to right.
    """
    names = variables or [name for name in QUANTITIES if name in dataset] or QUANTITIES
    values = variables_of(dataset, *names)
    has_density = "density" in dataset and bool((dataset["density"] > 0).any())
    across = dataset["density" if has_density else "radius"]
    axes = _columns_of_three(ax, len(values))
    for panel, variable in zip(axes, values, strict=True):
        name = str(variable.name)
        symbol, unit = QUANTITIES.get(name, (name.replace("_", " "), ""))
        unit = unit_of(variable, unit)
        panel.plot(across, positive(abs(variable)), **{"color": BLACK} | line)
        panel.set_yscale("log")
        panel.set_xscale("log" if has_density else "linear")
        panel.set_ylabel(f"{symbol} [{unit}]" if unit not in ("", "1") else symbol)
        if panel.get_subplotspec() is None or panel.get_subplotspec().is_last_row():
            symbol, unit = (r"\rho", "g cm^-3") if has_density else ("r", "km")
            panel.set_xlabel(f"${symbol}$ [{unit_of(across, unit)}]")
    if ax is None and has_density:
        _add_radii(axes, dataset)
    return as_given(ax, axes)


def _columns_of_three(ax: Axes | Sequence[Axes] | None, count: int) -> np.ndarray:
    """Panels in columns of three, filled downwards."""
    columns = -(-count // 3)
    if ax is not None or columns == 1:
        return panels(ax, count, size=(COLUMN, 1.6), sharex=True)
    axes = panels(None, 3 * columns, columns, size=(PAGE / columns, 1.9), sharex=True)
    order = axes.reshape(3, columns).T.ravel()
    for spare in order[count:]:
        spare.remove()
    return order[:count]


def _add_radii(axes: np.ndarray, dataset: xr.Dataset) -> None:
    """Second abscissa with the radius, above the panels of the first row."""
    from matplotlib.ticker import FixedLocator, NullLocator, StrMethodFormatter

    rising = np.argsort(dataset["density"].values)
    logarithm = np.log(dataset["density"].values[rising])
    radius = dataset["radius"].values[rising]
    # the margins of the axis lie beyond the profile, which goes on in straight lines there
    reach = np.ptp(logarithm)
    slopes = np.gradient(radius, logarithm)[[0, -1]]
    far_logarithm = np.r_[logarithm[0] - reach, logarithm, logarithm[-1] + reach]
    far_radius = np.r_[radius[0] - reach * slopes[0], radius, radius[-1] + reach * slopes[1]]

    def to_radius(density: np.ndarray) -> np.ndarray:
        return np.interp(np.log(np.maximum(density, 1e-300)), far_logarithm, far_radius)

    def to_density(r: np.ndarray) -> np.ndarray:
        return np.exp(np.interp(r, far_radius[::-1], far_logarithm[::-1]))

    for panel in axes:
        if panel.get_subplotspec().is_first_row():
            panel.tick_params(which="both", top=False)
            top = panel.secondary_xaxis("top", functions=(to_radius, to_density))
            top.xaxis.set_major_locator(FixedLocator(_spread_radii(radius, logarithm)))
            top.xaxis.set_minor_locator(NullLocator())
            top.xaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
            top.set_xlabel("$r$ [km]")
            top.tick_params(direction="in")


def _spread_radii(radius: np.ndarray, logarithm: np.ndarray) -> list[float]:
    """Round radii far enough from each other on a logarithmic axis of the density."""
    from matplotlib.ticker import MaxNLocator

    candidates = MaxNLocator(12, steps=[1, 2, 5, 10]).tick_values(radius.min(), radius.max())
    candidates = candidates[(candidates > radius.min()) & (candidates < radius.max())]
    chosen, last = [], -np.inf
    # from the surface, where they lie far apart
    for r in sorted(candidates, reverse=True):
        place = np.interp(r, radius[::-1], logarithm[::-1])
        if place - last > 0.12 * np.ptp(logarithm):
            chosen.append(r)
            last = place
    return chosen
