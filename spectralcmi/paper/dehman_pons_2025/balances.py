"""Claims H7 to H13 of arXiv:2505.06196: what is kept, what limits k5, and what is seen outside."""

from __future__ import annotations

import numpy as np
import xarray as xr

from spectralcmi.constants import JULIAN_YEAR
from spectralcmi.paper import helical_measures, measures
from spectralcmi.paper.dehman_pons_2025.growth import growth_of_dipole_energy
from spectralcmi.paper.dehman_pons_2025.plan import MAIN, OFF, cases
from spectralcmi.paper.helical_measures import alike, last
from spectralcmi.paper.verdicts import Finding, Results, measure
from spectralcmi.profiles.crust import build_crust

__all__ = [
    "energy_balance",
    "hall_drift",
    "helicity_balance",
    "outside",
    "saturation_field",
    "three_dimensions",
]


def helicity_balance(results: Results, variant: str) -> Finding:
    """H7: dH/dt against E.B, and chirality against helicity."""
    run = results["starts"][MAIN]
    error = helical_measures.helicity_error(run)
    change, without = (_change_of_helicity(results["starts"][name]) for name in (MAIN, OFF))
    chirality = abs(float(run["chirality"][0]))
    helicity = abs(float(run["magnetic_helicity"][0]))
    ratio = chirality / helical_measures.helicity_as_chirality(helicity)
    return Finding(
        f"H changes by {change:.1%}, without the chiral effect by {without:.0%}; dH/dt = "
        f"-2 Int cE.B dV to {error:.0e} of H; Q5 = {chirality:.0e}, {ratio:.0e} of α H/(π ħ c)",
        error < 0.01 and ratio < 1e-15,
    )


def _change_of_helicity(run: xr.Dataset) -> float:
    helicity = run["magnetic_helicity"]
    return float(helicity[-1] / helicity[0] - 1)


def energy_balance(results: Results, variant: str) -> Finding:
    """H8: the energy that the field loses, and the work of both terms."""
    run = results["starts"][MAIN]
    energy = measures.total_energy(run)
    lost = float(energy[0] - energy[-1])
    missing = float(np.abs(_residual(run)).max()) / abs(last(run, "ohmic_energy"))
    return Finding(
        f"{lost:.1e} erg of {float(energy[0]):.1e} lost: Ohmic decay takes "
        f"{-last(run, 'ohmic_energy'):.1e} erg, of which the chiral effect gives back "
        f"{last(run, 'chiral_energy'):.1e}; the balance holds to {missing:.0e} of the former",
        missing < 0.05,
    )


def _residual(run: xr.Dataset) -> np.ndarray:
    """What the energy balance misses in all, along time [erg]."""
    intervals = np.diff(run["time"].values) * JULIAN_YEAR
    return np.cumsum(run["budget_residual"].values[1:] * intervals)


def saturation_field(results: Results, variant: str) -> Finding:
    """H9: the field above which E.B quenches k5, over the crust."""
    parameters = cases()["starts"][MAIN]
    feedback = build_crust(parameters.background, parameters.chiral)["anomaly_feedback"].values
    low, high = (float(limit(1 / np.sqrt(feedback))) for limit in (np.min, np.max))
    return Finding(f"B_sat {low:.1e}..{high:.1e} G", 0.2 < low / 1e14 < 5 and 0.5 < high / 5e15 < 2)


def hall_drift(results: Results, variant: str) -> Finding:
    """H10: energy of l = 1 with and without Hall drift."""
    runs = results["hall"]
    end = float(runs["chiral only"]["time"][-1])
    energy = {name: helical_measures.dipole_energy(run) for name, run in runs.items()}
    text = ", ".join(f"{name} {float(series[-1]):.1e}" for name, series in energy.items())
    first = float(energy["chiral only"][0])
    return Finding(
        f"E(l = 1) {first:.1e} erg at the start, after {end:g} yr: {text}; dipole outside "
        f"{last(runs['Hall and chiral'], 'dipole_field'):.1e} G with Hall drift, "
        f"{last(runs['chiral only'], 'dipole_field'):.1e} G without",
        float(energy["Hall and chiral"][-1]) < 2 * float(energy["chiral only"][-1]),
    )


def outside(results: Results, variant: str) -> Finding:
    """H12: l = 1 in the crust beside the dipole outside."""
    runs = alike(results["starts"], MAIN)
    inside, polar, timing = (
        measure(lambda run, name=name, unit=unit: float(run[name].max()) / unit, runs)
        for name, unit in (
            ("dipole_rms_field", 1e14),
            ("dipole_field", 1e12),
            ("dipole_timing_field", 1e12),
        )
    )
    others = [
        float(run["dipole_field"].max())
        for group in ("starts", "three_dimensions")
        for run in results.get(group, {}).values()
    ]
    return Finding(
        f"at most: l = 1 in the crust ({inside:.1f})e14 G, the dipole outside ({polar:.2f})e12 G, "
        f"what timing infers ({timing:.2f})e12 G; in all of {len(others)} runs without Hall drift "
        f"below {max(others):.0e} G",
        max(others) > 1e14,
    )


def three_dimensions(results: Results, variant: str) -> Finding:
    """H13: growth of l = 1 in three dimensions."""
    run = results["three_dimensions"][MAIN]
    end = float(run["time"][-1])
    growth = growth_of_dipole_energy(run)
    return Finding(
        f"lmax = mmax = {run.sizes['degree']}: E(l = 1) × {growth:.1e} in {end:g} yr, B(l = 1) "
        f"{last(run, 'dipole_rms_field'):.1e} G, outside {last(run, 'dipole_field'):.1e} G",
        growth > 10,
    )
