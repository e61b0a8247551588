"""Which runs a claim rests on, and what is missing of them, by crust.

Each claim is measured in flat space and in the star's metric, rates and dates also with layers of
nuclides and a hard cutoff of k5, as the paper has them. The verdict rests on the first crust that
has its runs; the order is that of likeness to the paper, which has the star's metric, nuclides in
layers and |k5| bounded as it stands, and is not chosen by the outcome.
"""

from __future__ import annotations

import xarray as xr

from spectralcmi.paper.dehman_pons_2024.plan import MAIN, refinements
from spectralcmi.paper.verdicts import Columns, Need, Results

__all__ = [
    "BY_CRUST",
    "BY_METRIC",
    "COLUMNS",
    "ONLY_STAR",
    "STAR_CRUSTS",
    "of_paper",
    "of_parity",
    "paper_until",
    "run_of",
    "value_near",
]

BY_METRIC = ("star", "flat")
BY_CRUST = ("star, layered, hard", "star", "flat, layered, hard", "flat")
ONLY_STAR = ("star",)
"""Of a group that is run in one metric."""
STAR_CRUSTS = ("star, layered, hard", "star")
"""Of a group whose star has a temperature of its own, and therefore its own metric."""

COLUMNS: Columns = {
    "flat": {"flat": "", "flat, layered, hard": "layered, hard: "},
    "star's metric": {"star": "", "star, layered, hard": "layered, hard: "},
}


def of_paper(results: Results, crust: str) -> dict[str, xr.Dataset]:
    """The paper's run of a crust, and the finer ones."""
    return refinements(results["paper"], crust)


def of_parity(results: Results, crust: str, name: str) -> xr.Dataset:
    """A run of the group `parity`: that of the main crust has the name alone."""
    return results["parity"][name if crust == MAIN else f"{crust}, {name}"]


def value_near(series: xr.DataArray, year: float) -> float:
    """A series at the stored year nearest to one; NaN where the run ends before it."""
    time = series["time"].values
    return float(series.sel(time=year, method="nearest")) if year <= time[-1] else float("nan")


def paper_until(year: float = 0.0) -> Need:
    """The paper's run of a crust at the usual resolution, up to some year."""

    def need(results: Results, crust: str) -> str | None:
        run = results.get("paper", {}).get(crust)
        there = run is not None and float(run["time"][-1]) >= year
        return None if there else f"paper: {crust} to {year:g} yr"

    return need


def run_of(group: str, name: str) -> Need:
    """One run of a group: that of the main crust has the name alone, others theirs before it."""

    def need(results: Results, crust: str) -> str | None:
        full = name if crust == MAIN else f"{crust}, {name}"
        return None if full in results.get(group, {}) else f"{group}: {full}"

    return need
