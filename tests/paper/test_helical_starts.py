"""The follow-up papers, 2505.06196 and 2605.08068: their measures and verdicts on made-up runs."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from spectralcmi.constants import JULIAN_YEAR
from spectralcmi.paper import dehman_2026, dehman_pons_2025, helical_measures
from spectralcmi.paper.dehman_pons_2025.plan import MAIN, OFF
from spectralcmi.paper.helical_starts import FULL, QUICK, STARTS, start
from spectralcmi.runs.dataset import SCHEMA_VERSION

VOLUME = 1.58e18  # cm3
DEGREES = np.arange(1, 13)


def made_up(growth=100.0, kept=0.7, outside=1e11, end=100.0, mu5=2e-11, toroidal=0.5, helical=0.0):
    """A run whose l = 1 grows by a factor as t^1, and whose field falls to a part of 3e16 G."""
    time = np.linspace(0.0, end, 201)
    rms = 3e16 * kept ** (time / end)
    dipole = 3e12 * (1 + (growth - 1) * time / end)
    total = rms**2 * VOLUME / (8 * np.pi)
    spectrum = total[:, None] * DEGREES**4.0 / np.sum(DEGREES[1:] ** 4.0)
    spectrum[:, 0] = dipole**2 * VOLUME / (8 * np.pi)
    helicity = 1e53 * np.exp(-time / 100)
    series = {
        "rms_field": rms,
        "dipole_rms_field": dipole,
        "dipole_field": np.linspace(0.0, outside, time.size),
        "dipole_timing_field": np.linspace(0.0, outside, time.size),
        "energy_poloidal": (1 - toroidal) * spectrum.sum(1),
        "energy_toroidal": toroidal * spectrum.sum(1),
        "peak_degree": np.full(time.size, 12.0),
        "magnetic_helicity": helicity,
        "helicity_production": -helicity / (100 * JULIAN_YEAR),
        "chirality": np.full(time.size, 1e40),
        "budget_residual": np.zeros(time.size),
        "ohmic_energy": -1e49 * time / end,
        "chiral_energy": 0.8e49 * time / end,
        "maximum_mu5": np.full(time.size, mu5),
        "mean_absolute_mu5": np.full(time.size, mu5 / 20),
        "mean_absolute_k5": np.full(time.size, 70.0),
        "rms_k5": np.full(time.size, 100.0),
        "mean_k5": np.full(time.size, 1.0),
        "fractional_helicity": np.zeros(time.size),
    }
    linked = helical * 8 * np.pi * spectrum / (QUICK.wavenumber * 1e-5) * time[:, None] / end
    return xr.Dataset(
        {
            "spectrum_poloidal": (("time", "degree"), (1 - toroidal) * spectrum),
            "spectrum_toroidal": (("time", "degree"), toroidal * spectrum),
            "helicity_spectrum": (("time", "degree"), linked),
            **{name: ("time", values) for name, values in series.items()},
        },
        {"time": time, "degree": DEGREES},
        {"parameters": start(QUICK, MAIN).to_json(), "schema_version": SCHEMA_VERSION},
    )


def row_of(paper, number, results):
    statement = next(s for s in paper.PAPER.statements if s.number == number)
    return statement.judged(results)


# The starts


def test_starts_differ_from_each_other_by_their_helicity_alone():
    base = start(FULL, MAIN)
    for name in STARTS:
        other = start(FULL, name)
        assert other.replace({"initial": base.initial.model_dump()}) == base


def test_starts_have_no_source_but_the_field():
    for name in STARTS:
        parameters = start(QUICK, name)
        assert parameters.chiral.delta_mu == 0 and not parameters.hall.enabled
        assert parameters.chiral.convention == "dehman_pons_2025"


def test_the_paper_s_wavenumber_is_resolved_by_three_polynomials_a_wave_at_least():
    for group in ("wavenumbers", "decay"):
        for parameters in dehman_pons_2025.cases()[group].values():
            waves = parameters.initial.radial_wavenumber * 0.876 / (2 * np.pi)
            # pi a wave is the limit of Chebyshev polynomials
            assert parameters.resolution.radial_order > 1.4 * np.pi * waves


# Measures


def test_a_helicity_balance_of_exact_rates_is_closed():
    run = made_up()
    # the trapezoidal rule on 200 intervals of 0.005 e-foldings: 0.005^2/12 = 2e-6 of the change
    assert helical_measures.helicity_error(run) < 5e-6
    wrong = run.assign(helicity_production=2 * run["helicity_production"])
    assert helical_measures.helicity_error(wrong) == pytest.approx(1 - np.exp(-1), rel=1e-3)


def test_runs_of_one_start_are_found_by_name():
    runs = dict.fromkeys(("a", "a: seed 1", "ab", "ab: finer"), 0)
    assert list(helical_measures.alike(runs, "a")) == ["a", "a: seed 1"]
    assert helical_measures.alike({"a: seed 1": 0}, "a") == {}


def test_helicity_of_the_dipole_is_one_of_a_helical_wave():
    share = helical_measures.dipole_helicity(made_up(helical=1.0), QUICK.wavenumber)
    np.testing.assert_allclose(share[[0, -1]], [0.0, 1.0], rtol=1e-12)  # round-off


# 2505.06196


def judged(number, run, off=None):
    starts = {MAIN: run, f"{MAIN}: seed 1": run, OFF: off or made_up(growth=0.3, kept=0.28)}
    return row_of(dehman_pons_2025, number, {"starts": starts})


@pytest.mark.parametrize(
    ("number", "run", "verdict"),
    [
        ("H2", {"kept": 0.7}, "agrees"),
        ("H2", {"kept": 0.4}, "differs"),
        ("H3", {"growth": 100.0}, "agrees"),
        ("H3", {"growth": 5.0}, "differs"),
        ("H4", {"growth": 100.0}, "differs"),  # linear in time
        ("H5", {}, "differs"),  # l^4
        ("H6", {"toroidal": 0.5}, "agrees"),
        ("H6", {"toroidal": 0.8}, "differs"),
        ("H7", {}, "agrees"),
        ("H8", {}, "agrees"),
        ("H12", {"outside": 1e11}, "differs"),
        ("H12", {"outside": 2e14}, "agrees"),
    ],
)
def test_claims_of_the_paper_on_helical_starts(number, run, verdict):
    assert judged(number, made_up(**run)).verdict == verdict


def test_growth_of_the_dipole_names_its_numbers():
    text = judged("H3", made_up(growth=100.0)).found[""].text
    assert "× 1.0e+04 ± 0 in 100 yr" in text and "without it × 0.09" in text
    assert "3 ± 0 (100 yr)" in text


@pytest.mark.parametrize(("potentials", "verdict"), [((1, 2, 3), "differs"), ((1, 3, 2), "agrees")])
def test_an_optimum_lies_inside(potentials, verdict):
    wavenumbers = (50.0, 100.0, 200.0)
    runs = {k: made_up(mu5=1e-11 * p) for k, p in zip(wavenumbers, potentials, strict=True)}
    assert row_of(dehman_pons_2025, "H1", {"wavenumbers": runs}).verdict == verdict


@pytest.mark.parametrize(("growth", "verdict"), [(1.2, "agrees"), (10.0, "differs")])
def test_hall_drift_that_feeds_the_dipole_is_noticed(growth, verdict):
    runs = {name: made_up(growth=1.0) for name in ("Hall only", "chiral only")}
    runs["Hall and chiral"] = made_up(growth=growth)
    assert row_of(dehman_pons_2025, "H10", {"hall": runs}).verdict == verdict


def test_the_field_of_saturation_is_that_of_the_paper_s_constants():
    row = row_of(dehman_pons_2025, "H9", {})
    assert row.verdict == "agrees"
    # D of eq. 10: 3.3e14 G at 1e10 g/cm3, 3.4e15 G at the bottom of the crust
    assert row.found[""].text.startswith("B_sat 3.") and "3.4e+15 G" in row.found[""].text


def test_what_takes_hours_is_not_tested():
    assert row_of(dehman_pons_2025, "H11", {}).verdict == "not tested"


# 2605.08068


def starts_of(**growth):
    runs = {name: made_up(growth=growth.get(name.split()[0], 100.0)) for name in STARTS}
    return runs | {f"{name}: seed 1": made_up(growth=110.0) for name in dehman_2026.SEEDS}


def test_every_start_must_reach_a_magnetar_s_dipole():
    assert row_of(dehman_2026, "Z1", {"starts": starts_of()}).verdict == "agrees"
    row = row_of(dehman_2026, "Z1", {"starts": starts_of(poloidal=0.5)})
    assert row.verdict == "differs"
    assert "poloidal 0.015" in row.found[""].text


def test_outcomes_that_differ_no_more_than_seeds_are_alike():
    assert row_of(dehman_2026, "Z5", {"starts": starts_of()}).verdict == "differs"
    assert row_of(dehman_2026, "Z5", {"starts": starts_of(poloidal=0.5)}).verdict == "agrees"


@pytest.mark.parametrize(("mu5", "verdict"), [(3e-11, "agrees"), (3e-12, "differs")])
def test_the_onset_is_judged_by_the_weakest_start_that_grows(mu5, verdict):
    runs = {
        3e14: made_up(growth=2.0, mu5=1e-13),
        1e16: made_up(growth=50.0, mu5=mu5),
        3e16: made_up(growth=100.0, mu5=10 * mu5),
    }
    row = row_of(dehman_2026, "Z3", {"fields": runs})
    assert row.verdict == verdict
    assert f"1e14 G from {mu5:.1e} MeV on" in row.found[""].text


def test_a_dipole_that_decays_must_be_the_more_helical_one():
    stays = made_up()
    falls = made_up(helical=0.5)
    falls["dipole_rms_field"] = falls["dipole_rms_field"][::-1].drop_vars("time")
    runs = {"no helicity": stays, "random sign": falls}
    assert row_of(dehman_2026, "Z4", {"long": runs}).verdict == "agrees"
    runs = {"no helicity": made_up(helical=0.9), "random sign": falls}
    assert row_of(dehman_2026, "Z4", {"long": runs}).verdict == "differs"


def test_local_helicity_is_more_than_its_mean():
    starts = {"starts": starts_of()}
    assert row_of(dehman_2026, "Z2", starts).verdict == "agrees"
    one_sign = starts_of()
    one_sign["no helicity"]["mean_k5"] = one_sign["no helicity"]["mean_absolute_k5"]
    assert row_of(dehman_2026, "Z2", {"starts": one_sign}).verdict == "differs"


# Figures


@pytest.mark.parametrize("paper", [dehman_pons_2025.PAPER, dehman_2026.PAPER])
def test_figures_are_drawn_of_every_group(paper):
    import matplotlib.pyplot as plt

    drawn = set()
    for group, runs in paper.cases(quick=True).items():
        made = {name: made_up(growth=20.0 + 5 * i) for i, name in enumerate(runs)}
        for name, dataset in paper.summarise(group, made, runs).items():
            figure = paper.figures[name](dataset)
            assert figure.axes[0].lines, name
            plt.close(figure)
            drawn.add(name)
    assert drawn == set(paper.figures)
