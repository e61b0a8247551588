"""Claims C2 to C5: how the field grows, and when Hall drift begins to matter."""

from __future__ import annotations

import numpy as np

from spectralcmi.paper import measures
from spectralcmi.paper.dehman_pons_2024.evidence import of_paper, of_parity
from spectralcmi.paper.verdicts import Finding, Results, measure

__all__ = ["equipartition", "exponential_growth", "first_power", "hall_sets_in", "strong_field"]


def first_power(results: Results, crust: str) -> Finding:
    """C2: the exponent of the toroidal energy while it is small."""
    runs = of_paper(results, crust)
    exponent = measure(lambda run: measures.first_power_law(run).value, runs)
    fit = measures.first_power_law(runs[crust])
    if not fit.samples:
        return Finding("too few samples to fit a power", False)
    poloidal = runs[crust]["energy_poloidal"].sel(time=slice(0, fit.end))
    change = float(abs(poloidal / poloidal[0] - 1).max())
    return Finding(
        f"E_tor ~ t^({exponent:.2f}) over {fit.start:g}..{fit.end:g} yr; "
        f"E_pol constant to {change:.1g}",
        bool(abs(exponent.value - 2) < 0.2 and change < 0.01),
    )


def equipartition(results: Results, crust: str) -> Finding:
    """C3: the year of equipartition, and whether the parts stay alike."""
    runs = of_paper(results, crust)
    year = measure(measures.equipartition_year, runs)
    if not year.value < 100.0:
        return Finding("E_tor below 0.9 E_pol until 100 yr", False)
    growth = runs[crust].sel(time=slice(year.value, 100.0))
    share = measures.toroidal_share(growth)
    return Finding(
        f"E_tor = 0.9 E_pol at {year:.1f} yr; toroidal share "
        f"{float(share.min()):.3f}..{float(share.max()):.3f} from then to 100 yr",
        bool(year.agrees_with(50) and float(abs(share - 0.5).max()) < 0.05),
    )


def exponential_growth(results: Results, crust: str) -> Finding:
    """C4: the rate over the exponential window."""
    runs = of_paper(results, crust)
    rate = measure(lambda run: measures.exponential_growth(run).value, runs)
    fit = measures.exponential_growth(runs[crust])
    energy = measures.exponential_growth(
        runs[crust].assign(total=measures.total_energy(runs[crust])), "total"
    )
    return Finding(
        f"field {rate:.4f} /yr, energy {energy.value:.3f} /yr, fitted over "
        f"{fit.start:g}..{fit.end:g} yr",
        rate.agrees_with(0.15),
    )


def strong_field(results: Results, crust: str) -> Finding:
    """C5: the year of 1e15 G."""
    year = measure(measures.year_of_field, of_paper(results, crust))
    if not np.isfinite(year.value):
        return Finding("B_rms below 1e15 G", False)
    return Finding(f"B_rms = 1e15 G at {year:.1f} yr", year.agrees_with(75))


def hall_sets_in(results: Results, crust: str) -> Finding:
    """C5b: the year from which a run without Hall drift differs."""
    with_hall, without = (
        of_parity(results, crust, name) for name in ("Hall and chiral", "chiral only")
    )
    change = abs(with_hall["rms_field"] / without["rms_field"] - 1)
    year = measures.crossing_year(with_hall["time"], change, 0.1)
    onset = measure(measures.onset_year, of_paper(results, crust))
    when = (
        f"at {year:.0f} yr ({measures.value_at(with_hall, 'rms_field', year):.1e} G)"
        if np.isfinite(year)
        else f"nowhere up to {float(with_hall['time'][-1]):g} yr"
    )
    below = f"below 0.8 at {onset:.0f} yr" if np.isfinite(onset.value) else "still above 0.8"
    return Finding(
        f"B_rms differs by 10 % from the run without Hall {when}; share of l = 1 {below}",
        bool(year < 100),
    )
