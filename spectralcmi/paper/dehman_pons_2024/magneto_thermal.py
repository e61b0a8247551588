"""The paper's run with a temperature of its own: what is kept of it, and its figure.

Temperature and field through the crust, and the light curve beside that of the same star without a
magnetic field.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from spectralcmi.case.parameters import Parameters
from spectralcmi.heat.cooling import cooling_curve
from spectralcmi.paper.dehman_pons_2024.cooling_star import (
    STATED,
    STATED_UNTIL,
    inner_crust_temperature,
    losses,
)
from spectralcmi.paper.dehman_pons_2024.evidence import value_near
from spectralcmi.paper.dehman_pons_2024.plan import MAIN
from spectralcmi.paper.drawing import COLOURS, in_style, line_style, panels
from spectralcmi.paper.series import series, times, variable
from spectralcmi.view.plotting.radial_profiles import rms_profiles

if TYPE_CHECKING:  # imported where they are needed: pyplot chooses a window system when imported
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["draw", "summary"]

SERIES = {
    "rms_field": ("gauss", "root mean square field of the crust"),
    "T_b": ("K", "temperature at the outer radius of the crust"),
    "L_gamma_inf": ("erg s^-1", "photon luminosity seen from infinity"),
    "L_nu_crust_inf": ("erg s^-1", "neutrino luminosity of the crust seen from infinity"),
    "joule_power_inf": ("erg s^-1", "heat that the field sets free, seen from infinity"),
}
YEARS = (10.0, 25.0, 50.0, 75.0, 100.0, 150.0, 200.0, 300.0)
"""Of the numbers."""
RADII = 301
"""Of the maps: some 3 m apart, of waves of 20 m."""
CURVE_POINTS = 120
"""Of the light curve without a field."""
FAINTEST = 1e12
"""Field below which the map is of one colour [G]."""
LEAST_POWER = 1e32
"""At the bottom of the figure [erg/s]."""


def summary(runs: Mapping[str, xr.Dataset], parameters: Mapping[str, Parameters]) -> xr.Dataset:
    """Temperature, field and light of runs by crust, and the light of the star without a field.

    Parameters
    ----------
    runs : mapping
        Runs by crust.
    parameters : mapping
        Theirs.

    Returns
    -------
    Dataset
        `SERIES` along ``run`` and ``sample``, with ``sample_time``; at ``year``s the
        ``inner_temperature`` (at 1e13 g/cm3), field and luminosities; ``temperature`` and
        ``field`` of the first run along ``snapshot`` and ``radius``; ``luminosity_without_field``
        along ``cooling_time``; ``needed``, what holds the crust at 1e9 K.
    """
    name, run = next(iter(runs.items()))
    radius = np.linspace(run.attrs["inner_radius_km"], run.attrs["outer_radius_km"], RADII)
    known = run["radius"].values
    temperature = run["temperature"].interp(radius=np.clip(radius, known[0], known[-1]))
    profiles = [rms_profiles(run, i, radius) for i in range(run.sizes["snapshot"])]
    field = [np.hypot(profile["B_poloidal"], profile["B_toroidal"]) for profile in profiles]
    years = run["time"].values[1:]
    years = np.geomspace(years[0], years[-1], min(CURVE_POINTS, years.size))
    without = cooling_curve(parameters[name].replace({"resolution.lmax": 1}), years)
    needed = losses(STATED, value_near(run["T_core"], STATED_UNTIL))
    curves = {
        key: variable(("run", "sample"), series(runs, lambda r, k=key: r[k]), *told)
        for key, told in SERIES.items()
    }
    map_dims, table = ("snapshot", "radius"), ("run", "year")
    at_years = {
        f"{key}_at": variable(table, [_at_years(r[key]) for r in runs.values()], *told)
        for key, told in SERIES.items()
    }
    inner = [_at_years(inner_crust_temperature(r).rename(snapshot="time")) for r in runs.values()]
    return xr.Dataset(
        {
            "sample_time": times(runs, "run"),
            **curves,
            **at_years,
            "inner_temperature": variable(table, inner, "K", "temperature at 1e13 g/cm3"),
            "temperature": variable(map_dims, temperature, "K", "mean over the sphere"),
            "field": variable(map_dims, field, "gauss", "root mean square field over the sphere"),
            "luminosity_without_field": variable(
                "cooling_time", without["L_gamma_inf"], "erg s^-1", "of the star without a field"
            ),
            "needed": variable(
                (), needed.neutrinos + needed.conduction, "erg s^-1", "to hold the crust at 1e9 K"
            ),
        },
        {
            "run": list(runs),
            "year": list(YEARS),
            "snapshot": ("snapshot", run["snapshot"].values, {"units": "julian_year"}),
            "radius": ("radius", radius, {"units": "km"}),
            "cooling_time": ("cooling_time", years, {"units": "julian_year"}),
        },
    )


def _at_years(values: xr.DataArray) -> list[float]:
    return [value_near(values, year) for year in YEARS]


@in_style
def draw(dataset: xr.Dataset) -> Figure:
    """Temperature and field against radius and time, light curves, and the powers of the crust."""
    figure, ((hot, strong), (light, heat)) = panels(columns=2, rows=2)
    label = r"$T$ [K]"
    _map(hot, dataset, dataset["temperature"], "inferno", label)
    field = dataset["field"].clip(min=FAINTEST)
    _map(strong, dataset, field, "viridis", r"$B_\mathrm{rms}$ [G]")
    _draw_light(light, dataset)
    _draw_heat(heat, dataset.isel(run=0), float(dataset["needed"]))
    for ax in (light, heat):
        ax.set(yscale="log", xlabel="$t$ [yr]", ylabel=r"$L^\infty$ [erg/s]")
    light.legend()
    heat.legend(loc="lower right")
    return figure


def _map(ax: Axes, dataset: xr.Dataset, values: xr.DataArray, colours: str, label: str) -> None:
    from matplotlib.colors import LogNorm

    # the year of birth, 1e10 K, would leave no colours to the others
    values = values.isel(snapshot=slice(1, None)) if values.sizes["snapshot"] > 2 else values
    mesh = ax.pcolormesh(
        values["snapshot"], values["radius"], values.T, cmap=colours, norm=LogNorm(),
        shading="gouraud", rasterized=True,
    )  # fmt: skip
    ax.figure.colorbar(mesh, ax=ax, label=label)
    ax.set(xlabel="$t$ [yr]", ylabel="$r$ [km]")


def _draw_light(ax: Axes, dataset: xr.Dataset) -> None:
    for i, run in enumerate(dataset["run"].values):
        chosen = dataset.sel(run=run)
        label = "smooth" if run == MAIN else run.removeprefix(f"{MAIN}, ")
        ax.plot(
            chosen["sample_time"], chosen["L_gamma_inf"], label=f"photons, {label}",
            **line_style(i + 1),
        )  # fmt: skip
    without = dataset["luminosity_without_field"]
    ax.plot(
        dataset["cooling_time"], without, color="0.6", lw=2.2, label="photons, no field", zorder=0
    )
    # without the first days of a newborn star
    ax.set_ylim(0.5 * float(without.min()), 2 * float(without.max()))


def _draw_heat(ax: Axes, run: xr.Dataset, needed: float) -> None:
    lines = (("joule_power_inf", "heat of the field"), ("L_nu_crust_inf", "neutrinos of the crust"))
    for i, (name, label) in enumerate(lines, start=1):
        values = run[name].isel(sample=slice(1, None))
        ax.plot(run["sample_time"][1:], values, label=label, **line_style(i))
    ax.axhline(needed, color=COLOURS[0], lw=0.8, ls=":", label=r"to hold $10^9$ K")
    ax.set_ylim(bottom=LEAST_POWER)
