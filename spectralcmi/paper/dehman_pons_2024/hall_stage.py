"""Claims C6 to C9: saturation, parity and spectra once Hall drift acts, with and without it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import xarray as xr

from spectralcmi.paper import measures
from spectralcmi.paper.dehman_pons_2024 import cascade, summaries
from spectralcmi.paper.dehman_pons_2024.evidence import of_paper, of_parity, run_of, value_near
from spectralcmi.paper.verdicts import Finding, Results, measure

__all__ = [
    "LEAST_SHARE",
    "dipole_dominates",
    "even_degrees",
    "hall_alone",
    "hall_only_runs",
    "late_spectra",
    "saturation",
    "spectral_slope",
]

#: Least share of the energy of a degree whose split is judged: how one is split that Hall drift has
#: but begun to feed says nothing of the growth.
LEAST_SHARE = 1e-5


def saturation(results: Results, crust: str) -> Finding:
    """C6: the field at 200 yr and at the end, and whether it still grows."""
    runs = of_paper(results, crust)
    run = runs[crust]
    end = float(run["time"][-1])
    fields = [
        measure(lambda run, year=year: measures.value_at(run, "rms_field", year) / 1e16, runs)
        for year in (200.0, end)
    ]
    growing = fields[1].value * 1e16 / measures.value_at(run, "rms_field", end - 50)
    turns = measures.turning_points(run, 100.0)
    then = f"({fields[0]:.2f})e16 G at 200 yr, " if end > 200.0 else ""
    return Finding(
        f"B_rms {then}({fields[1]:.2f})e16 G at {end:g} yr, "
        f"a factor {growing:.2f} in the last 50 yr; {turns.size} turns of the toroidal share",
        bool(1 <= fields[1].value < 5 and growing < 1.05),
    )


def dipole_dominates(results: Results, crust: str) -> Finding:
    """C7: the share of l = 1 during growth, and the split of each degree."""
    runs = of_paper(results, crust)
    shares = [
        measure(lambda run, year=year: value_near(measures.dipole_share(run), year), runs)
        for year in (70.0, 100.0)
    ]
    split = [_largest_imbalance(runs[crust], year) for year in (70.0, 100.0)]
    return Finding(
        f"l = 1: {shares[0]:.4f} at 70 yr, {shares[1]:.4f} at 100 yr; |E_tor - E_pol|/E_l up to "
        f"{split[0]:.2g}, {split[1]:.2g} for l <= 10",
        bool(all(abs(s.value - 0.95) <= 0.05 for s in shares) and max(split) < 0.1),
    )


def _largest_imbalance(run: xr.Dataset, year: float) -> float:
    """Of the degrees up to 10 that hold any energy to speak of, `LEAST_SHARE`, at a year."""
    then = run.sel(time=[year], method="nearest")
    spectrum = (then["spectrum_poloidal"] + then["spectrum_toroidal"]).isel(time=0)
    imbalance = measures.imbalance_per_degree(run, year)
    judged = imbalance.where(spectrum > LEAST_SHARE * spectrum.sum())
    return float(judged.sel(degree=slice(1, 10)).max())


def even_degrees(results: Results, crust: str) -> Finding:
    """C8: the share of even degrees before Hall drift, after, and without it."""
    runs = of_paper(results, crust)
    late = float(runs[crust]["time"][-1])
    shares = [
        measure(lambda run, year=year: value_near(measures.even_degree_share(run), year), runs)
        for year in (70.0, 100.0, late)
    ]
    alone = of_parity(results, crust, "chiral only")
    without = float(measures.even_degree_share(alone).max())
    return Finding(
        f"{shares[0]:.4f} at 70 yr, {shares[1]:.4f} at 100 yr, {shares[2]:.3f} at {late:g} yr; "
        f"without Hall at most {without:.1g}",
        bool(shares[1].value < 0.05 and shares[2].value > 0.1 and without < 1e-20),
    )


def _cascades(results: Results, crust: str) -> dict[str, xr.Dataset]:
    """Runs whose late spectra are compared: one, but for the crust of the group."""
    if crust == "flat":
        return dict(results.get("hall_cascade", {}))
    run = results.get("paper", {}).get(crust)
    return {} if run is None else {f"lmax {run.sizes['degree']}": run}


def late_spectra(results: Results, crust: str) -> str | None:
    """A run whose spectrum can be averaged over the first interval of the Hall stage."""
    year = cascade.LATE[0][1]
    ends = [float(run["time"][-1]) for run in _cascades(results, crust).values()]
    group = "hall_cascade" if crust == "flat" else f"paper: {crust}"
    return None if max(ends, default=0.0) >= year else f"{group} to {year:g} yr"


def spectral_slope(results: Results, crust: str) -> Finding:
    """C8b: exponents of the late spectra, by run."""
    summary = cascade.hall_cascade(_cascades(results, crust))
    slopes = {}
    for name in summary["run"].values:
        chosen = summary.sel(run=name)
        fitted = np.flatnonzero(np.isfinite(chosen["slope"].values))
        if fitted.size:  # the last interval that the run has
            last = chosen.isel(interval=fitted[-1])
            slopes[name] = float(last["slope"]), float(last["slope_error"]), last["interval"].item()
    low, high = cascade.SLOPE_DEGREES
    if not slopes:
        return Finding(f"no energy in l = {low}..{high}", False)
    (first, (slope, error, interval)), *others = slopes.items()
    spectrum = _with_range(
        f"{slope:.2f} ± {error:.2f} ({first}, {interval})",
        {name: value for name, (value, *_) in others},
        "{:.2f}",
    )
    onset = summary["onset"].to_series().dropna()
    dipole = "still above 0.8"
    if onset.size:
        name, year = onset.index[0], onset.iloc[0]
        peak = float(summary["peak_degree"].sel(run=name))
        dipole = "below 0.8 at " + _with_range(
            f"{year:.0f} yr ({name}, energy at l = {peak:.0f})", dict(onset[1:]), "{:.0f} yr"
        )
    return Finding(
        f"exponent over l = {low}..{high}: {spectrum}. Share of l = 1 {dipole}",
        bool(all(abs(value + 2) < 0.4 for value, *_ in slopes.values())),
    )


def _with_range(text: str, others: Mapping[str, float], number: str) -> str:
    """The first run's value, and between which the others lie."""
    if not others:
        return text
    ends = (min(others, key=others.__getitem__), max(others, key=others.__getitem__))
    low, high = (f"{number.format(others[name])} ({name})" for name in ends)
    if len(others) == 1:
        return f"{text}, {low}"
    return f"{text}, from {low} to {high} in {len(others)} others"


def hall_alone(results: Results, crust: str) -> Finding:
    """C9: the share of odd degrees in the toroidal energy under Hall drift alone."""
    texts, largest = [], 0.0
    for name, run in _without_chiral_term(results, crust).items():
        energy = summaries.hall_only({name: run})["energy"].isel(run=0)
        toroidal = energy.sel(component="toroidal")
        odd = float((toroidal.sel(parity="odd") / toroidal.sum("parity"))[1:].max())
        share = float((toroidal.sum("parity") / energy.sum(["component", "parity"])).max())
        texts.append(f"{name}: {odd:.1g}, toroidal share up to {share:.1g}")
        largest = max(largest, odd)
    return Finding(
        "odd degrees in the toroidal energy, at most: " + "; ".join(texts), largest < 1e-20
    )


def _without_chiral_term(results: Results, crust: str) -> dict[str, xr.Dataset]:
    """Runs of one metric under Hall drift alone, of either group that has some."""
    start = f"{crust}, "
    runs = {
        f"1e14 G, {name.removeprefix(start)}": run
        for name, run in results.get("hall_only", {}).items()
        if name.startswith(start)
    }
    if run_of("parity", "Hall only")(results, crust) is None:
        runs["paper's start"] = of_parity(results, crust, "Hall only")
    return runs


def hall_only_runs(results: Results, crust: str) -> str | None:
    """Need of `hall_alone`: a run without the chiral term, of either group."""
    there = _without_chiral_term(results, crust)
    return None if there else f"hall_only: {crust}, or parity: Hall only"
