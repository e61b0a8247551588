"""Claims C12 and C14: the energy that the chirality releases, and where it could come from."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np

from spectralcmi.constants import BOLTZMANN_CONSTANT, ERG_PER_MEV, JULIAN_YEAR, KILOMETRE
from spectralcmi.paper import measures
from spectralcmi.paper.dehman_pons_2024.evidence import of_paper, value_near
from spectralcmi.paper.dehman_pons_2024.profiles import crust_profiles
from spectralcmi.paper.verdicts import Finding, Results, measure

__all__ = ["SourceBudget", "contraction", "energy", "reservoir", "source_budget"]

METRE = 1e-3
"""[km]"""


@dataclass(frozen=True)
class SourceBudget:
    """What the crust has of what drives the chirality, at the paper's deviation from equilibrium.

    Attributes
    ----------
    electrons : float
    captures : float
        Net captures per second of a distant clock, Int e^Phi n_e Gamma_w_eff dV.
    deviation_energy, fermi_energy : float
        Sum n_e delta_mu and Sum n_e mu_e, seen from infinity [erg].
    captures_of_contraction : float
        Captures per electron that a contraction by one metre allows: the mean change of ln Y_e
        that matter undergoes which comes to lie a metre deeper.
    """

    electrons: float
    captures: float
    deviation_energy: float
    fermi_energy: float
    captures_of_contraction: float


@functools.cache
def source_budget(metric: str) -> SourceBudget:
    """Budget of the crust in the metric of the star or in flat space ("star", "flat")."""
    profiles = crust_profiles()
    radius = profiles["radius"].values
    curved = metric == "star"
    redshift = np.exp(profiles["metric_potential"].values) if curved else 1.0
    stretch = np.exp(profiles["metric_lambda"].values) if curved else 1.0
    volume = 4 * np.pi * radius**2 * stretch * KILOMETRE**3

    def total(density: np.ndarray) -> float:
        return float(np.trapezoid(density * volume, radius))

    number = profiles["electron_density"].values
    deviation = profiles["delta_mu"].values * BOLTZMANN_CONSTANT * profiles["temperature"].values
    fermi = profiles["electron_chemical_potential"].values * ERG_PER_MEV
    slope = np.abs(np.gradient(np.log(profiles["electron_fraction"].values), radius))
    electrons = total(number)
    return SourceBudget(
        electrons,
        total(redshift * number * profiles["weak_rate_effective"].values),
        total(redshift * number * deviation),
        total(redshift * number * fermi),
        total(number * slope) * METRE / electrons,
    )


def energy(results: Results, crust: str) -> Finding:
    """C12: energy that the chirality released, and what is left in the field."""
    runs = of_paper(results, crust)
    end = float(runs[crust]["time"][-1])
    released = measure(lambda run: value_near(run["chiral_energy_released"], end) / 1e50, runs)
    magnetic = measure(lambda run: value_near(measures.total_energy(run), end) / 1e50, runs)
    return Finding(
        f"released ({released:.2f})e50 erg, magnetic ({magnetic:.2f})e50 erg "
        f"({magnetic.value / released.value:.0%} of it) at {end:g} yr",
        bool(0.3 < released.value < 3),
    )


def reservoir(results: Results, crust: str) -> Finding:
    """C12b: what the crust holds of the energy released, and how fast it would be used up."""
    budget, run = source_budget(crust), of_paper(results, crust)[crust]
    end = float(run["time"][-1])
    released = float(run["chiral_energy_released"][-1])
    rate = budget.captures / budget.electrons
    return Finding(
        f"Σ n_e δμ = {budget.deviation_energy:.1e} erg, Σ n_e μ_e = {budget.fermi_energy:.1e} erg, "
        f"released {released:.1e} erg; {budget.electrons:.1e} electrons captured at "
        f"{budget.captures:.1e} /s, each once in {1 / rate:.0e} s, "
        f"{rate * end * JULIAN_YEAR:.0e} times in {end:g} yr",
        released < budget.deviation_energy,
    )


def contraction(results: Results, crust: str) -> Finding:
    """C14: captures per electron that a metre of contraction allows, against those required."""
    budget, run = source_budget(crust), of_paper(results, crust)[crust]
    end = float(run["time"][-1])
    required = budget.captures / budget.electrons * end * JULIAN_YEAR
    return Finding(
        f"allows {budget.captures_of_contraction:.0e} captures per electron, {end:g} yr of the "
        f"run take {required:.0e}",
        required < budget.captures_of_contraction,
    )
