"""Claims C10c and C16: dates and temperatures where the crust cools and the field heats it.

The runs are in the star's metric. Their temperature follows the heat equation from a hot birth on,
and whatever of the chirality depends on it follows with it; the deviation from equilibrium is held
in units of kT, as in all runs.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import xarray as xr

from spectralcmi.case.sections import NeutronStar
from spectralcmi.constants import KILOMETRE
from spectralcmi.paper import measures
from spectralcmi.paper.dehman_pons_2024.evidence import value_near
from spectralcmi.paper.dehman_pons_2024.plan import CONSTANTS
from spectralcmi.paper.dehman_pons_2024.profiles import crust_profiles
from spectralcmi.paper.dehman_pons_2024.summaries import PAPER_YEARS
from spectralcmi.paper.verdicts import AGREEMENT, Finding, Results
from spectralcmi.star.neutron_star import neutron_star_core

__all__ = [
    "HeatLosses",
    "cooled_dates",
    "cooled_scan_of",
    "inner_crust_temperature",
    "losses",
    "stable_temperature",
    "warm_run_of",
]

STATED = 1e9
"""Temperature of the crust in the paper [K]."""
STATED_UNTIL = 75.0
"""Year until which it is to have it: that of 1e15 G."""
INNER_CRUST = 1e13
"""Density at which the temperature is told [g/cm3]: there and below the field grows."""
TOLD_AT = (10.0, 25.0, 50.0, STATED_UNTIL)  # yr


@dataclass(frozen=True)
class HeatLosses:
    """What a crust of one temperature loses, seen from infinity [erg/s].

    Attributes
    ----------
    neutrinos : float
        Of the crust, Int e^(2 Phi) Q_nu dV.
    conduction : float
        Into the core, of heat that is set free at `INNER_CRUST`: the least, as what is set free
        deeper has a shorter way.
    core : float
        Neutrinos of a core as hot as the crust.
    """

    neutrinos: float
    conduction: float
    core: float


def losses(temperature: float, core: float) -> HeatLosses:
    """Losses of the paper's crust at a temperature, above a core at another [K], in the metric."""
    profiles = crust_profiles(temperature)
    radius, density = profiles["radius"].values, profiles["density"].values
    potential, stretch = profiles["metric_potential"].values, profiles["metric_lambda"].values
    area = 4 * np.pi * (radius * KILOMETRE) ** 2
    emission = area * np.exp(2 * potential + stretch) * profiles["neutrino_emissivity"].values
    resistance = np.exp(stretch - potential) / (area * profiles["thermal_conductivity"].values)
    below = density >= INNER_CRUST
    top = np.flatnonzero(below)[-1]
    fall = np.exp(potential[top]) * temperature - np.exp(potential[0]) * core
    whole = neutron_star_core(NeutronStar(), "none")
    return HeatLosses(
        float(np.trapezoid(emission, radius * KILOMETRE)),
        float(fall / np.trapezoid(resistance[below], radius[below] * KILOMETRE)),
        float(whole.neutrino_luminosity(np.exp(potential[0]) * temperature)),
    )


def inner_crust_temperature(run: xr.Dataset) -> xr.DataArray:
    """Temperature at `INNER_CRUST`, mean over the sphere, along the snapshots of a run [K]."""
    profiles = crust_profiles()
    logarithm = np.log(profiles["density"].values[::-1])
    radius = np.interp(np.log(INNER_CRUST), logarithm, profiles["radius"].values[::-1])
    return run["temperature"].interp(radius=radius)


def stable_temperature(results: Results, crust: str) -> Finding:
    """C16: temperature of the inner crust until 1e15 G, and what would hold it where it is said."""
    run = results["magneto_thermal"][crust]
    inner = inner_crust_temperature(run).rename(snapshot="time")
    told = [value_near(inner, year) for year in TOLD_AT]
    passed = measures.crossing_year(inner["time"], 1 / inner, 1 / STATED)
    needed = losses(STATED, value_near(run["T_core"], STATED_UNTIL))
    has = value_near(run["joule_power_inf"], STATED_UNTIL)
    temperatures = ", ".join(f"{value:.1e}" for value in told)
    years = ", ".join(f"{year:g}" for year in TOLD_AT)
    return Finding(
        f"{temperatures} K at {INNER_CRUST:.0e} g/cm³ at {years} yr, 1e9 K passed at "
        f"{passed:.0f} yr; held there the crust loses {needed.neutrinos:.1e} erg/s in neutrinos "
        f"and {needed.conduction:.1e} erg/s to the core (a core as hot {needed.core:.1e} erg/s); "
        f"the field gives {has:.1e} erg/s at {STATED_UNTIL:g} yr",
        bool(abs(told[-1] / STATED - 1) <= AGREEMENT),
    )


def cooled_dates(results: Results, crust: str) -> Finding:
    """C10c: years to 1e15 G over those of the paper, with each set of constants."""
    texts, agrees = [], False
    for constants in CONSTANTS:
        runs = {
            name[2]: run
            for name, run in results["cooling_scan"].items()
            if name[:2] == (crust, constants)
        }
        if not runs:
            continue
        years = {d: measures.year_of_field(runs[d]) for d in sorted(runs, reverse=True)}
        told = ", ".join(
            _date(year, deviation, runs[deviation]) for deviation, year in years.items()
        )
        ratios = {d: year / PAPER_YEARS[d] for d, year in years.items() if np.isfinite(year)}
        over = ", ".join(f"{ratio:.2f}" for ratio in ratios.values())
        texts.append(f"{constants} {told}" + (f", over the paper's {over}" if over else ""))
        near = [abs(ratio - 1) <= AGREEMENT for ratio in ratios.values()]
        agrees |= len(near) == len(years) and all(near)
    return Finding("; ".join(texts), agrees)


def _date(year: float, deviation: float, run: xr.Dataset) -> str:
    """The year of 1e15 G, or the field at the end of a run that does not reach it."""
    if np.isfinite(year):
        return f"{year:.{0 if year >= 100 else 1}f} ({deviation:g})"
    last = run.isel(time=-1)
    end, field = float(last["time"]), float(last["rms_field"])
    return f"none ({deviation:g}: {field:.0e} G at {end:g} yr)"


def warm_run_of(results: Results, crust: str) -> str | None:
    """Need of `stable_temperature`: the paper's run with a temperature of its own."""
    run = results.get("magneto_thermal", {}).get(crust)
    there = run is not None and float(run["time"][-1]) >= STATED_UNTIL
    return None if there else f"magneto_thermal: {crust} to {STATED_UNTIL:g} yr"


def cooled_scan_of(results: Results, crust: str) -> str | None:
    """Need of `cooled_dates`: a run of the scan in this crust."""
    there = any(name[0] == crust for name in results.get("cooling_scan", {}))
    return None if there else f"cooling_scan: {crust}"
