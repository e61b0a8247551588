"""Claims H1 to H6 of arXiv:2505.06196: what the start is, and how l = 1 grows from it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import xarray as xr

from spectralcmi.case.sections import RandomField, of_kind
from spectralcmi.paper import helical_measures, measures
from spectralcmi.paper.dehman_pons_2025.plan import MAIN, OFF
from spectralcmi.paper.helical_measures import alike, last, near
from spectralcmi.paper.verdicts import Finding, Measure, Results, measure
from spectralcmi.runs.dataset import parameters_of

__all__ = [
    "decay_time",
    "dipole_grows",
    "equipartition",
    "growth_of_dipole_energy",
    "optimum",
    "slow_decay",
    "spectrum",
    "stages",
]


def optimum(results: Results, variant: str) -> Finding:
    """H1: mu5 of the start against its radial wavenumber."""
    starts = helical_measures.starts(results["wavenumbers"], "wavenumber", "km^-1")
    largest, mean = starts["maximum_mu5"].values, starts["mean_absolute_mu5"].values
    text = "; ".join(
        f"{k:g} /km: {high:.1e}, {low:.1e}"
        for k, high, low in zip(starts["wavenumber"].values, largest, mean, strict=True)
    )
    top = int(np.argmax(largest))
    return Finding(f"largest, mean |μ5| [MeV] at k_r = {text}", 0 < top < largest.size - 1)


def slow_decay(results: Results, variant: str) -> Finding:
    """H2: what is left of the field with the chiral effect, and without."""
    runs = alike(results["starts"], MAIN)
    kept = measure(lambda run: last(run, "rms_field") / float(run["rms_field"][0]), runs)
    off = results["starts"][OFF]
    without = last(off, "rms_field") / float(off["rms_field"][0])
    end = float(off["time"][-1])
    return Finding(
        f"of 3e16 G {kept:.2f} is left after {end:g} yr with it, {without:.2f} without",
        np.log(kept.value) > 0.5 * np.log(without),
    )


def decay_time(results: Results, variant: str) -> Finding:
    """H2b: the time in which short waves decay without it."""
    run = next(iter(results["decay"].values()))
    field, end = run["rms_field"], float(run["time"][-1])
    half = near(run, "rms_field", end / 2)
    early = -end / 2 / np.log(half / float(field[0]))
    wavenumber = of_kind(parameters_of(run).initial, RandomField).radial_wavenumber
    return Finding(
        f"k_r = {wavenumber:g} /km: exp(-t/{early:.1f} yr) over the first {end / 2:g} yr",
        20.0 <= early <= 25.0,
    )


def dipole_grows(results: Results, variant: str) -> Finding:
    """H3: growth of l = 1 in the crust."""
    runs = alike(results["starts"], MAIN)
    run = runs[MAIN]
    end = float(run["time"][-1])
    growth = measure(growth_of_dipole_energy, runs)
    year = measure(
        lambda run: measures.crossing_year(run["time"], run["dipole_rms_field"], 1e14), runs
    )
    fields = ", ".join(
        f"{_in_1e14(runs, year):.2g} ({year:g} yr)"
        for year in (1.0, 10.0, 30.0, 100.0)
        if year <= end
    )
    off = results["starts"].get(OFF)
    without = f"; without it × {growth_of_dipole_energy(off):.1g}" if off is not None else ""
    return Finding(
        f"E(l = 1) × {growth:.1e} in {end:g} yr{without}; B(l = 1) in 1e14 G "
        f"{near(run, 'dipole_rms_field', 0.0) / 1e14:.2g} at the start, {fields}; 1e14 G at "
        f"{year:.1f} yr",
        growth.value > 100 and last(run, "dipole_rms_field") > 1e14,
    )


def growth_of_dipole_energy(run: xr.Dataset) -> float:
    """Energy of l = 1 at the end of a run over that of its start."""
    energy = helical_measures.dipole_energy(run)
    return float(energy[-1] / energy[0])


def _in_1e14(runs: Mapping[str, xr.Dataset], year: float) -> Measure:
    return measure(lambda run: near(run, "dipole_rms_field", year) / 1e14, runs)


def stages(results: Results, variant: str) -> Finding:
    """H4: as what power of time l = 1 grows first, and how fast it does later."""
    runs = alike(results["starts"], MAIN)
    run = runs[MAIN]
    end = float(run["time"][-1])
    middle = 20.0 if end > 40 else end / 2

    def folding(run: xr.Dataset) -> float:
        early, late = (near(run, "dipole_rms_field", year) for year in (middle, end))
        return (end - middle) / np.log(late / early)

    time = measure(folding, runs)
    return Finding(
        f"grows from the start, as t^{_first_exponent(run):.2f} up to 5 yr; e-folding time over "
        f"{middle:g}..{end:g} yr {time:.0f} yr",
        5.0 <= time.value <= 10.0,
    )


def _first_exponent(run: xr.Dataset) -> float:
    """n of B(l = 1) ~ t^n between the first stored year and the fifth."""
    inside = (run["time"].values > 0) & (run["time"].values <= 5.0)
    time, field = run["time"].values[inside], run["dipole_rms_field"].values[inside]
    return float(np.polyfit(np.log(time), np.log(field), 1)[0])


def spectrum(results: Results, variant: str) -> Finding:
    """H5: the slope of the late spectrum, and where its peak is."""
    runs = alike(results["starts"], MAIN)
    run = runs[MAIN]
    slope = measure(_late_slope, runs)
    peaks = float(run["peak_degree"][0]), float(run["peak_degree"][-1])
    return Finding(
        f"E_l ~ l^({slope:.2f}) over l = 1..10 at the end; most energy at l = {peaks[0]:g} at the "
        f"start, {peaks[1]:g} at the end",
        0.5 < slope.value < 1.5 and abs(peaks[1] - peaks[0]) <= 2,
    )


def _late_slope(run: xr.Dataset) -> float:
    end = float(run["time"][-1])
    return measures.spectral_slope(measures.mean_spectrum(run, 0.9 * end, end), 1, 10).value


def equipartition(results: Results, variant: str) -> Finding:
    """H6: toroidal share of l = 1 at 30 yr."""
    runs = alike(results["starts"], MAIN)

    def share(run: xr.Dataset) -> float:
        return float(helical_measures.dipole_toroidal_share(run).sel(time=30, method="nearest"))

    dipole = measure(share, runs)
    total = float(measures.toroidal_share(runs[MAIN]).sel(time=30, method="nearest"))
    return Finding(
        f"toroidal share at 30 yr: {dipole:.2f} of l = 1, {total:.2f} of all",
        0.4 < dipole.value < 0.6,
    )
