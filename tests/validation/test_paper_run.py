"""The headline physics: at small resolution in every test run, at the paper's in the slow tests."""

import numpy as np
import pytest

from spectralcmi.case.parameters import Parameters
from spectralcmi.constants import JULIAN_YEAR
from spectralcmi.paper.measures import (
    dipole_share,
    equipartition_year,
    even_degree_share,
    growth_rate,
    value_at,
    year_of_field,
)
from spectralcmi.runs.run import run
from spectralcmi.threads import Threads

BUDGET = "energy budget with the exterior field, residual per Ohmic loss, {}"
GLOBAL = {"resolution.radial_grid": "global"}
# few degrees, and half the order of a resolved global expansion: dates within years of the full
# run's, in seconds
# in flat space, for which the dates were found first
SMALL = {"metric.kind": "flat", "resolution.lmax": 8, "time.end": 110.0, "time.tolerance": 1e-5}
GRIDS = {
    "radial order 96": GLOBAL | {"resolution.radial_order": 96},
    "elements": {},
}


def evolved(**changes):
    return run(Parameters().replace(changes), threads=Threads(1))


def share_of_dipole(dataset, year):
    return float(dipole_share(dataset).sel(time=year, method="nearest"))


def budget_error(dataset):
    """Accumulated residual of the energy balance, per Ohmic loss."""
    intervals = np.diff(dataset["time"]) * JULIAN_YEAR
    residual = dataset["budget_residual"].values[1:] * intervals
    return np.abs(np.cumsum(residual)) / np.abs(dataset["ohmic_energy"].values[1:])


@pytest.fixture(scope="module", params=GRIDS)
def grid(request):
    return request.param


@pytest.fixture(scope="module")
def small(grid):
    return evolved(**SMALL, **GRIDS[grid])


def test_growth_to_magnetar_fields(small, validated, grid):
    # the bands of the full run
    assert 44 <= equipartition_year(small) <= 55
    assert 65 <= year_of_field(small) <= 82
    assert share_of_dipole(small, 70) > 0.95 and share_of_dipole(small, 100) > 0.9
    assert even_degree_share(small).sel(time=slice(0, 70)).max() < 0.05
    # the fastest rate is below that of linear theory, 0.175/yr at radial order 96
    assert 0.14 < growth_rate(small["time"], small["rms_field"]).max() < 0.175
    # the residual is that of the quadratures of a step, which its tolerance bounds
    limit = {"radial order 96": 1e-4, "elements": 1e-5}[grid]
    validated.error(BUDGET.format(f"110 yr, {grid}, lmax 8"), "0", budget_error(small)[-1], limit)


def test_both_radial_grids_tell_the_same_dates(validated):
    """Resolved in radius and in time, the small run is the same on elements."""
    # both dates are before 82 yr; later the field is strong and steps are short
    resolved = SMALL | {"time.tolerance": 1e-6, "time.end": 85.0}
    both = [evolved(**resolved | changes) for changes in ({}, GLOBAL)]
    for date in (equipartition_year, year_of_field):
        years = [date(dataset) for dataset in both]
        validated.error(
            "dates of equipartition and of 1e15 G, lmax 8, tolerance 1e-6, elements [yr]",
            "global expansion of order 192",
            years[0] - years[1],
            2e-2,
        )


@pytest.mark.parametrize("end", [30.0, 60.0])
def test_a_short_run_resolves_the_waves_of_its_end(end):
    """The rule for the elements looks at the end of the run: at 60 yr the waves rule the field."""
    fields = [
        float(evolved(**SMALL | {"time.end": end} | changes)["rms_field"][-1])
        for changes in ({}, GLOBAL)
    ]
    # a hundred times the tolerance: weak waves, in which the error of the whole is large, grow
    assert fields[0] == pytest.approx(fields[1], rel=3e-2)


def test_toroidal_energy_starts_quadratically(small):
    early = small.sel(time=slice(2, 6))
    slope = np.polyfit(np.log(early["time"]), np.log(early["energy_toroidal"]), 1)[0]
    # t^2 as long as the poloidal field hardly changes and nothing decays
    assert slope == pytest.approx(2, abs=0.2)
    energies = [value_at(small, "energy_poloidal", year) for year in (0, 6)]
    assert energies[1] == pytest.approx(energies[0], rel=0.1)


def test_feedback_slows_the_growth_before_hall_does(small, grid):
    free = evolved(**SMALL, **GRIDS[grid], **{"hall.enabled": False})
    for dataset in (small, free):
        rates = growth_rate(dataset["time"], dataset["rms_field"])
        assert rates[-1] < 0.4 * rates.max()
    fields = [value_at(dataset, "rms_field", 100) for dataset in (small, free)]
    assert fields[1] == pytest.approx(fields[0], rel=0.1)
    # without Hall drift the odd degrees stay alone
    assert even_degree_share(free).max() < 1e-12


@pytest.mark.parametrize("changes", [GLOBAL | {"resolution.radial_order": 32}, {}])
def test_hall_drift_alone_feeds_even_toroidal_degrees(changes):
    dataset = evolved(
        **{
            "chiral.enabled": False,
            "metric.kind": "flat",
            "resolution.lmax": 8,
            "initial.polar_field": 1e13,
            "time.end": 20.0,
        },
        **changes,
    )
    last = dataset.isel(time=-1)
    toroidal, poloidal = last["spectrum_toroidal"].values, last["spectrum_poloidal"].values
    assert toroidal[1] > 1e-8 * poloidal[0], "it is fed at all"
    assert toroidal[0::2].max() < 1e-20 * toroidal[1] and poloidal[1::2].max() < 1e-20 * poloidal[0]
    energy = dataset["energy_poloidal"] + dataset["energy_toroidal"] + dataset["energy_exterior"]
    assert np.all(np.diff(energy) < 0)


#: Flat space with a smooth crust; and what the paper's code has: the star's metric, layers and a
#: hard cutoff.
PAPERS_RUNS = {
    "flat, smooth": {"metric.kind": "flat"},
    "star's metric, layered, hard": {
        "metric.kind": "star",
        "background.composition": "layered",
        "chiral.cutoff": "hard",
    },
}


@pytest.fixture(scope="module", params=PAPERS_RUNS)
def paper(request):
    return request.param, run(Parameters().replace(PAPERS_RUNS[request.param]))


@pytest.mark.slow
def test_the_papers_run(paper, validated):
    name, paper = paper
    run_of, against = f"the paper's run, {name}: ", "Dehman & Pons"
    year = equipartition_year(paper)
    validated.between(f"{run_of}equipartition", f"{against}, 50 yr", year, 44, 55, "yr")
    year = year_of_field(paper)
    validated.between(f"{run_of}B_rms = 1e15 G", f"{against}, 75 yr", year, 65, 82, "yr")
    for year, low in ((70, 0.95), (100, 0.9)):
        validated.between(
            f"{run_of}share of l = 1 at {year} yr", against, share_of_dipole(paper, year), low, 1
        )
    # until Hall drift sets in: B_rms 5e15 G at 110 yr
    even = even_degree_share(paper).sel(time=slice(0, 110)).max()
    validated.between(f"{run_of}share of even degrees until 110 yr", against, even, 0, 0.05)
    for year in (200, 300):
        field = value_at(paper, "rms_field", year) / 1e16
        what = f"{run_of}B_rms at {year} yr"
        validated.between(what, f"{against}, a few 1e16 G", field, 0.5, 4, "x 1e16 G")
    validated.error(
        BUDGET.format(f"300 yr, the paper's run, {name}"), "0", budget_error(paper)[-1], 1e-5
    )
