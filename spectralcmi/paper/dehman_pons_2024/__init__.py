"""On the Origin of Magnetar Fields: Chiral Magnetic Instability in Neutron Star Crusts.

References
----------
Dehman & Pons, arXiv:2408.05281.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import xarray as xr

from spectralcmi.case.parameters import Parameters
from spectralcmi.case.sections import Dipole, NeutronStar, Resolution, of_kind
from spectralcmi.grid.breakpoints import functions_per_wavelength
from spectralcmi.paper.dehman_pons_2024 import cascade, figures, magneto_thermal, summaries
from spectralcmi.paper.dehman_pons_2024.claims import CLAIMS
from spectralcmi.paper.dehman_pons_2024.evidence import COLUMNS
from spectralcmi.paper.dehman_pons_2024.plan import MAIN, cases
from spectralcmi.paper.description import Paper, Plan
from spectralcmi.profiles.isotherms import build_isotherms

__all__ = ["PAPER", "summarise"]


def summarise(
    group: str, runs: Mapping[Any, xr.Dataset], parameters: Mapping[Any, Parameters]
) -> dict[str, xr.Dataset]:
    """Small datasets of a group of runs, by the figure that is drawn of each.

    Parameters
    ----------
    group : str
        See `plan.GROUPS`.
    runs : mapping
        Ended runs by name, at least one.
    parameters : mapping
        Parameters of all runs of the group by name.

    Returns
    -------
    summaries : dict of str to Dataset
        Without those whose runs are missing.
    """
    if group == "paper":
        if MAIN not in runs:
            return {}
        return {"fig2": summaries.energies(runs), "fig3": summaries.spectra(runs[MAIN])}
    if group == "resolution":
        linear = cascade.linear_growth({name: parameters[name] for name in runs})
        return {group: cascade.resolution(runs, linear)}
    if group == "hall_cascade":
        return {group: cascade.hall_cascade(runs)}
    if group == "magneto_thermal":
        return {group: magneto_thermal.summary(runs, parameters)}
    if group == "cooling_scan":
        return {group: summaries.delta_mu_scan(runs)}
    return {group: getattr(summaries, group)(runs)}


def _isotherms(groups: Plan) -> xr.Dataset:
    return build_isotherms(groups["paper"][MAIN])


def _setting(quick: bool) -> str:
    """How the runs were made, and what to think of quick ones."""
    base = cases(quick)["paper"][MAIN]
    background, chiral = of_kind(base.background, NeutronStar), base.chiral
    initial = of_kind(base.initial, Dipole)
    text = (
        f"Axisymmetric, lmax {base.resolution.lmax}, {_radii(base.resolution)}, tolerance "
        f"{base.time.tolerance:g}; {background.mass:g} solar masses at {background.temperature:g} "
        f"K (C10c and C16: a star that cools), δμ/kT = {chiral.delta_mu:g}, k5 = (2α/π) μ5/(ħc) up "
        f"to {chiral.k5_max:g} /km; from a dipole of {initial.polar_field:g} G at the pole, "
        "without noise. ± is the largest change with finer radii, angles or time steps. "
        "Composition and cutoff of k5 are smooth unless a cell says layered, hard; a verdict rests "
        "on what is named behind it."
    )
    if quick:
        text += (
            "\n\n**Quick run**: few degrees and coarse radii; the Hall stage, which takes more of "
            "both, is not to be trusted."
        )
    return text


def _radii(resolution: Resolution) -> str:
    """How finely the radius is resolved, in words."""
    wanted = resolution.functions_per_wavelength
    number = functions_per_wavelength(resolution.lmax) if wanted == "auto" else wanted
    return (
        f"radial elements of order {resolution.element_order} with {number:g} functions per "
        "wavelength of the fastest waves"
    )


PAPER = Paper(
    identifier="2408.05281",
    authors="Dehman & Pons",
    cases=cases,
    summarise=summarise,
    figures={
        **{name: getattr(figures, name) for name in figures.__all__},
        "magneto_thermal": magneto_thermal.draw,
        "cooling_scan": figures.delta_mu_scan,
    },
    statements=CLAIMS,
    setting=_setting,
    columns=COLUMNS,
    without_runs={"fig1": _isotherms},
)
"""The paper, as it is registered."""
