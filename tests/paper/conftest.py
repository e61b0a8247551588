"""A paper of two tiny runs."""

from __future__ import annotations

import pytest
import xarray as xr

from spectralcmi.case.parameters import Parameters
from spectralcmi.paper.description import Paper
from spectralcmi.paper.drawing import panels
from spectralcmi.paper.verdicts import Finding, Statement, run_named

TINY = {
    "resolution.radial_grid": "global",
    "resolution.radial_order": 24,
    "resolution.lmax": 2,
    "time.end": 1.0,
    "output.snapshot_times": (),
}


def tiny_cases(quick=False):
    base = Parameters().replace({**TINY, "resolution.lmax": 2 if quick else 3})
    return {
        "growth": {"with": base, "without": base.replace({"chiral.enabled": False})},
        "again": {"with": base},
    }


def summarise(group, runs, parameters):
    last = [float(run["rms_field"][-1]) for run in runs.values()]
    return {group: xr.Dataset({"last": ("run", last)}, {"run": list(runs)})}


def draw(dataset):
    figure, ax = panels()
    ax.plot(dataset["last"])
    return figure


def compare(results, variant):
    with_it, without = (float(results["growth"][n]["rms_field"][-1]) for n in ("with", "without"))
    return Finding(f"{with_it:.3e} and {without:.3e} G", with_it > without)


@pytest.fixture
def tiny_paper() -> Paper:
    return Paper(
        identifier="0000.00000",
        authors="Nobody",
        cases=tiny_cases,
        summarise=summarise,
        figures={"growth": draw, "again": draw},
        statements=(
            Statement(
                "N1",
                "the chiral term feeds the field",
                "-",
                compare,
                "because",
                (run_named("growth", "with"), run_named("growth", "without")),
            ),
            Statement("N2", "light is seen", "-", None, "nothing radiates here"),
        ),
        setting=lambda quick: f"Tiny, {'quick' if quick else 'slow'}.",
    )
