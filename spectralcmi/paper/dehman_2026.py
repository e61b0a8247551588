"""Magnetar dipoles from chiral anomalies without net helicity.

References
----------
Dehman, arXiv:2605.08068, Phys. Rev. D 114, 043001 (2026); what it claims is taken from its
abstract.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import xarray as xr

from spectralcmi.case.parameters import Parameters
from spectralcmi.case.sections import RandomField, of_kind
from spectralcmi.paper import helical_figures, helical_measures
from spectralcmi.paper.description import Paper
from spectralcmi.paper.helical_measures import alike, last, near
from spectralcmi.paper.helical_starts import FULL, QUICK, STARTS, finer, setting, start
from spectralcmi.paper.measures import MAGNETAR_DIPOLE
from spectralcmi.paper.verdicts import Finding, Need, Results, Statement, measure, run_named
from spectralcmi.runs.dataset import parameters_of

__all__ = ["PAPER", "cases"]

NONE, SIGNS, POLOIDAL = "no helicity", "random sign", "poloidal"
FIELDS = (3e14, 1e15, 3e15, 1e16, 3e16)
"""Of the starts whose growth is compared [G]."""
LONG = 600.0
"""Year to which two starts are followed, with the waves and degrees of the quick runs."""
SEEDS = (NONE, SIGNS)


def cases(quick: bool = False) -> dict[str, dict[Any, Parameters]]:
    """Runs by group and name.

    ``starts``: by how the helicity is distributed, some with another seed and a finer grid.
    ``fields``: the start without net helicity by its field strength. ``long``: two starts that are
    followed on.
    """
    scale = QUICK if quick else FULL
    starts = {name: start(scale, name) for name in STARTS}
    for name in SEEDS:
        starts[f"{name}: seed 1"] = start(scale, name, initial__seed=1)
    starts[f"{NONE}: finer"] = start(scale, NONE, **finer(scale))
    chosen = FIELDS[::2] if quick else FIELDS
    fields = {field: start(scale, NONE, initial__rms_field=field) for field in chosen}
    late = replace(QUICK, end=100.0 if quick else LONG)
    return {
        "starts": starts,
        "fields": fields,
        "long": {name: start(late, name) for name in (NONE, SIGNS)},
    }


def _summarise(
    group: str, runs: Mapping[Any, xr.Dataset], parameters: Mapping[Any, Parameters]
) -> dict[str, xr.Dataset]:
    if group == "fields":
        return {"onset": helical_measures.starts(runs, "rms_field", "gauss")}
    if group == "long":
        return {group: helical_measures.fields(runs)}
    summaries = {"fields": helical_measures.fields(runs)}
    if NONE in runs:
        summaries["spectra"] = helical_measures.spectra(runs[NONE])
    return summaries


def _dipoles(results: Results, variant: str) -> Finding:
    """Z1: l = 1 in the crust at the end, and outside, by start."""
    runs = results["starts"]
    names = [name for name in STARTS if name in runs]
    ends = {
        name: measure(lambda run: last(run, "dipole_rms_field") / 1e14, alike(runs, name))
        for name in names
    }
    years = {
        name: (runs[name]["time"].values[above[0]] if above.size else np.nan)
        for name in names
        for above in [np.flatnonzero(runs[name]["dipole_rms_field"].values >= MAGNETAR_DIPOLE)]
    }
    text = "; ".join(
        f"{name} {end:.2g}" + (f" (1e14 G at {years[name]:.0f} yr)" if end.value >= 1 else "")
        for name, end in ends.items()
    )
    outside = max(float(run["dipole_field"].max()) for run in runs.values())
    final = float(runs[names[0]]["time"][-1])
    return Finding(
        f"B(l = 1) in the crust in 1e14 G at {final:g} yr: {text}; the dipole outside at most "
        f"{outside:.1e} G",
        all(end.value >= 1 for end in ends.values()),
    )


def _local_helicity(results: Results, variant: str) -> Finding:
    """Z2: mean |k5| beside the mean of k5."""
    runs = alike(results["starts"], NONE)
    values = {
        name: measure(lambda run, n=name: float(run[n][0]), runs)
        for name in ("mean_absolute_k5", "rms_k5", "mean_k5")
    }
    absolute, rms, mean = values.values()
    fraction = float(runs[NONE]["fractional_helicity"][0])
    return Finding(
        f"at the start mean |k5| {absolute:.0f}, rms {rms:.0f}, mean {mean:.2g} /km; fractional "
        f"helicity {fraction:.1g}; at the end mean |k5| "
        f"{last(runs[NONE], 'mean_absolute_k5'):.0f}, mean {last(runs[NONE], 'mean_k5'):.2g} /km",
        abs(mean.value) < 0.1 * absolute.value,
    )


def _onset(results: Results, variant: str) -> Finding:
    """Z3: l = 1 at the end against the largest mu5 of the start, by field strength."""
    starts = helical_measures.starts(results["fields"], "rms_field", "gauss")
    potential, end = starts["maximum_mu5"].values, starts["last_dipole_rms_field"].values
    growth = end / starts["first_dipole_rms_field"].values
    text = "; ".join(
        f"{field:.0e} G: {mu5:.1e} MeV, {dipole:.1e} G (× {factor:.2g})"
        for field, mu5, dipole, factor in zip(
            starts["rms_field"].values, potential, end, growth, strict=True
        )
    )
    strong = potential[end >= MAGNETAR_DIPOLE]
    threshold = float(strong.min()) if strong.size else np.nan
    return Finding(f"{text}; 1e14 G from {threshold:.1e} MeV on", bool(1e-11 <= threshold <= 1e-10))


def _fate(results: Results, variant: str) -> Finding:
    """Z4: l = 1 and its helicity at late times."""
    texts, kept, helical = [], {}, {}
    for name in (NONE, SIGNS):
        run = results["long"][name]
        end = float(run["time"][-1])
        wavenumber = of_kind(parameters_of(run).initial, RandomField).radial_wavenumber
        share = helical_measures.dipole_helicity(run, wavenumber)
        kept[name] = last(run, "dipole_rms_field") / float(run["dipole_rms_field"].max())
        helical[name] = float(share[-1])
        years = [year for year in (30.0, 100.0, 300.0, 600.0) if year <= end]
        fields = ", ".join(f"{near(run, 'dipole_rms_field', y) / 1e14:.2g}" for y in years)
        shares = ", ".join(f"{float(share.sel(time=y, method='nearest')):.2f}" for y in years)
        texts.append(
            f"{name}: B(l = 1) {fields} e14 G, k H_1/8πE_1 {shares} at "
            f"{', '.join(f'{year:g}' for year in years)} yr"
        )
    stays = max(kept, key=kept.__getitem__)
    decays = min(kept, key=kept.__getitem__)
    return Finding(
        "; ".join(texts),
        kept[stays] > 0.8 and (kept[decays] > 0.8 or abs(helical[decays]) > abs(helical[stays])),
    )


def _distribution(results: Results, variant: str) -> Finding:
    """Z5: the spread of the outcome over starts, beside that over seeds."""
    runs = results["starts"]
    ends = {name: last(runs[name], "dipole_rms_field") for name in STARTS if name in runs}
    low, high = min(ends, key=ends.__getitem__), max(ends, key=ends.__getitem__)
    ratio = ends[high] / ends[low]
    seeds = max(
        max(values) / min(values)
        for name in SEEDS
        for values in [[last(run, "dipole_rms_field") for run in alike(runs, name).values()]]
        if values
    )
    return Finding(
        f"B(l = 1) from {ends[low]:.1e} G ({low}) to {ends[high]:.1e} G ({high}), a factor "
        f"{ratio:.0f}; over seeds and grids of one start {seeds:.1f}",
        ratio > 3 * seeds,
    )


_ALL: tuple[Need, ...] = tuple(run_named("starts", name) for name in STARTS)

CLAIMS = (
    Statement(
        "Z1",
        "dipoles of 1e14 G in decades, whatever the initial helicity",
        ">= 1e14 G",
        _dipoles,
        "agrees if l = 1 in the crust passes 1e14 G from every start; a purely poloidal field has "
        "no J.B and k5 = 0 for ever, and a field of the largest helicity is force-free, with "
        "k5 ~ k and nothing left to drive. The dipole outside passes it from none",
        _ALL,
    ),
    Statement(
        "Z2",
        "driven by local helicity that leaves a residual asymmetry",
        "-",
        _local_helicity,
        "agrees if the mean of |k5| is ten times that of k5 at the start",
        (run_named("starts", NONE),),
    ),
    Statement(
        "Z3",
        "sets in where the largest initial μ5 is a few 1e-11 MeV",
        ">= a few 1e-11 MeV",
        _onset,
        "agrees if the weakest start that passes 1e14 G has 1e-11 to 1e-10 MeV; l = 1 grows at "
        "less too, and the largest μ5 is that of spots with B ~ √D, which no grid resolves",
        tuple(run_named("fields", field) for field in (FIELDS[0], FIELDS[-1])),
    ),
    Statement(
        "Z4",
        "the dipole stays, or becomes helical and decays",
        "-",
        _fate,
        "with the waves and degrees of the quick runs; agrees if one keeps 0.8 of its largest, and "
        "one that does not is more helical",
        tuple(run_named("long", name) for name in (NONE, SIGNS)),
    ),
    Statement(
        "Z5",
        "the outcome depends on the distribution of helicity at birth",
        "-",
        _distribution,
        "agrees if starts differ three times as much as seeds",
        _ALL,
    ),
)
"""The claims in the order of the abstract."""


def _setting(quick: bool) -> str:
    return setting(quick, "Starts", note=" The claims are those of the abstract.")


PAPER = Paper(
    identifier="2605.08068",
    authors="Dehman",
    cases=cases,
    summarise=_summarise,
    figures={
        "fields": helical_figures.fields,
        "long": helical_figures.fields,
        "spectra": helical_figures.spectra,
        "onset": helical_figures.onset,
    },
    statements=CLAIMS,
    setting=_setting,
)
"""The paper, as it is registered."""
