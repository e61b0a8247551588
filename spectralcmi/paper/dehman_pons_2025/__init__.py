"""Magnetar field dynamics shaped by chiral anomalies and helicity.

References
----------
Dehman & Pons, arXiv:2505.06196, Phys. Rev. Research 7, 033231 (2025).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import xarray as xr

from spectralcmi.case.parameters import Parameters
from spectralcmi.paper import helical_figures, helical_measures
from spectralcmi.paper.dehman_pons_2025.claims import CLAIMS
from spectralcmi.paper.dehman_pons_2025.plan import MAIN, OFF, cases
from spectralcmi.paper.description import Paper
from spectralcmi.paper.helical_starts import LITTLE, setting

__all__ = ["PAPER"]


def _summarise(
    group: str, runs: Mapping[Any, xr.Dataset], parameters: Mapping[Any, Parameters]
) -> dict[str, xr.Dataset]:
    if group == "starts":
        summaries = {"fields": helical_measures.fields(runs)}
        if MAIN in runs:
            summaries["spectra"] = helical_measures.spectra(runs[MAIN])
            pair = {name: runs[name] for name in (MAIN, OFF) if name in runs}
            summaries["energies"] = helical_measures.energies(pair)
        return summaries
    if group == "wavenumbers":
        return {group: helical_measures.starts(runs, "wavenumber", "km^-1")}
    if group == "hall":
        return {group: helical_measures.energies(runs)}
    return {}


def _setting(quick: bool) -> str:
    return setting(quick, more=f", helicity {LITTLE:g} of the largest")


PAPER = Paper(
    identifier="2505.06196",
    authors="Dehman & Pons",
    cases=cases,
    summarise=_summarise,
    figures={
        "fields": helical_figures.fields,
        "spectra": helical_figures.spectra,
        "energies": helical_figures.energies,
        "hall": helical_figures.energies,
        "wavenumbers": helical_figures.wavenumbers,
    },
    statements=CLAIMS,
    setting=_setting,
)
"""The paper, as it is registered."""
